r"""AdaptiveStep: cut answers into steps where the model was least sure, reward the steps, guide single tokens.

From "AdaptiveStep: Automatically Dividing Reasoning Step through Model Confidence" (arXiv 2502.13943). Line breaks and
fixed lengths put the borders of steps where nothing is decided. Let c_t be the probability that the model gave to the
token which it wrote at t; over a sample of answers tau is the quantile of 2 % of all c_t. A step begins at every token
with c_t < tau, and the answer's end ends the last one. Each beginning of an answer up to a border is gone on with J
times; it is good if one of these comes to the right end ("hard"), or as good as the share of them that do ("soft"). A
model of step rewards learns that, chooses among N answers, and guides greedy decoding: where the policy's highest
probability is below a threshold, it chooses among the M likeliest tokens.

Use::

    splitter = ConfidenceSplitter.fit([answer.log_probs for answer in written])                # .threshold
    answers = [Steps(prompt, each.tokens, splitter.ends(each.log_probs)) for each in written]  # or `completion_steps`
    labelled = label_by_rollouts(model, answers, verify, tokenizer=tokenizer)     # .values; .as_record: TRL's format
    rewards = train_step_rewards(model, [each.labels() for each in labelled])     # a token classifier of transformers
    best = max(candidates, key=lambda each: reduce_scores(scores[each]))          # of `score_steps`
    guided = GuidedDecoding(threshold=0.55)(model, tokenizer, prompts, rewards)

Two thresholds, two quantities: a splitter's is compared with the probability of the token that was *written*, which may
be an unlikely one at a temperature above 0; that of guided decoding with the *highest* probability.

Departures from paper and official code, and why. There is no tag: the reward of a step is read at its last token, so
that a token classifier of transformers does it and no tokenizer needs a new word. The first token of an answer makes no
border, since it is always uncertain and an empty step has no reward. Beginnings that several answers share are gone on
with once. The end of an answer is verified and not gone on with. The official code guides from texts, a request a
token; here policy and rewards each read a token once, where they have one vocabulary. A reward that fails is an error
there too silently skipped; here it ends the run, with what was written.
"""

from assay.methods.reasoning._step_rewards import (
    StepLabels,
    StepTraining,
    reduce_scores,
    score_steps,
    train_step_rewards,
)
from assay.methods.reasoning.adaptive_step._guide import GuidedAnswer, GuidedDecoding, GuideError, reference_guided
from assay.methods.reasoning.adaptive_step._label import (
    LabelError,
    LabelledSteps,
    Rollouts,
    Steps,
    drop_settled,
    label_by_rollouts,
)
from assay.methods.reasoning.adaptive_step._split import (
    ConfidenceSplitter,
    completion_steps,
    ends_after,
    ends_every,
    read_log_probs,
    step_texts,
)

__all__ = [
    "ConfidenceSplitter",
    "GuideError",
    "GuidedAnswer",
    "GuidedDecoding",
    "LabelError",
    "LabelledSteps",
    "Rollouts",
    "StepLabels",
    "StepTraining",
    "Steps",
    "completion_steps",
    "drop_settled",
    "ends_after",
    "ends_every",
    "label_by_rollouts",
    "read_log_probs",
    "reduce_scores",
    "reference_guided",
    "score_steps",
    "step_texts",
    "train_step_rewards",
]
