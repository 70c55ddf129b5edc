r"""InferenceGuard (Ji et al. 2025, arXiv 2502.01208): answers within a budget of costs, searched for block by block.

**Idea.** A reward less a weighted cost keeps harm low on average; a policy has to hold for each answer. So the budget
that is left becomes part of the state: once it is overdrawn, nothing makes up for it. A critic on the model's last
hidden state foresees which answers will end within it, where what costs comes long after what caused it.

**Budget.** With cost c_t of token t, budget d and discount gamma (the paper's z, equation from memory):

    z_0 = d,    z_{t+1} = (z_t - c_t) / gamma,    safe: z_t >= 0 for all t

Costs are 0 or more, so the last z decides. Here gamma^t * z_t is carried, which has the same sign and stays bounded.

**Critic.** Two heads on (last hidden state, share of budget left, share of length written): the logit of a safe end
under the model alone, and the reward to come. Loss = BCE(end) + 0.05 * MSE(reward). Samples are k answers of the frozen
model to each prompt, seen at the end of each block.

**Search.** From K beams N blocks of tokens are sampled, charged and scored: value = reward so far + reward to come. The
K best *admissible* candidates go on; admissible is what keeps within the budget and, by the critic, may end so. While
none is, tokens of the rejected blocks are made less likely and the block is sampled again, M times. If then none keeps
within the budget, the prompt is refused. The answer that is returned is charged anew as a whole before it leaves.

**Shapes.** P prompts, N samples, one batch of up to P * N rows; states (P * N, width), logits (P * N, vocabulary).
Costs are in the cost's own unit, rewards in the reward's; `Answer.log_probs` in nats.

**What is sure.** No answer is returned that overdraws its budget *by the given cost*; `Certificate.check` charges it
anew. The paper's "almost surely" is of the exact optimum. The critic has no proof: it makes refusals rarer, never
answers safer than the budget makes them. What the cost does not see is not guarded against.

**Departures.** The paper puts a large penalty n on what overdraws, and returns the best beam in any case; here nothing
overdrawn goes on and a prompt may be refused. The threshold of one half rejects nearly all where the model alone is
seldom safe: the rule ``relative`` is ours, and where the critic rejects all, those within the budget go on that it
thinks the safest. What is pushed down is a token's share of the rejected blocks, and neither what ends a text nor what
has no letter or digit. The critic's samples are at the ends of blocks, not at every token. Only an excerpt of the
official code's README could be read.

**Use.**::

    guard = InferenceGuard(model, tokenizer, cost=TextCost(Keywords(["damn", "shut up"])),
                           reward=text_reward(reward_model, reward_tokenizer), config=GuardConfig(budget=0))
    report = guard.fit_critic(prompts, length=128)
    for answer in guard.generate(prompts, length=128):
        print(answer.text, answer.refused, answer.certificate.as_dict())
"""

from assay.methods.decoding.inference_guard._baselines import (
    ask_answers,
    beam_search,
    best_of,
    best_within,
    sample_answers,
)
from assay.methods.decoding.inference_guard._budget import (
    Answer,
    Certificate,
    Cost,
    Keywords,
    Reward,
    TextCost,
    TokenCost,
    budget_left,
    mean_log_likelihood,
    text_reward,
)
from assay.methods.decoding.inference_guard._config import GuardConfig
from assay.methods.decoding.inference_guard._critic import Critic, CriticReport, CriticTraining
from assay.methods.decoding.inference_guard._guard import Guarded, GuardError, InferenceGuard
from assay.methods.decoding.inference_guard._search import Candidate

__all__ = [
    "Answer",
    "Candidate",
    "Certificate",
    "Cost",
    "Critic",
    "CriticReport",
    "CriticTraining",
    "GuardConfig",
    "GuardError",
    "Guarded",
    "InferenceGuard",
    "Keywords",
    "Reward",
    "TextCost",
    "TokenCost",
    "ask_answers",
    "beam_search",
    "best_of",
    "best_within",
    "budget_left",
    "mean_log_likelihood",
    "sample_answers",
    "text_reward",
]
