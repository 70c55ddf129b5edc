"""Prompt-to-Leaderboard, P2L (Frick et al. 2025, arXiv 2502.14855): a leaderboard of its own for each prompt.

**Idea.** An arena's leaderboard is one strength for each model, averaged over everybody's prompts. Here the strengths
are a function of the prompt: an encoder reads it, and a linear head gives the strengths, trained on the same votes by
the same likelihood. Sums of them rank models on any set of prompts, and a linear programme over them routes within a
budget.

**Equations.** For a prompt z the head gives beta(z) in R^M, and eta(z) where it knows ties. With d = beta_w - beta_l
and s the logistic function:

- ``bt``: P(w beats l) = s(d). Ties are refused.
- ``bt-tie``: the same; a tie counts as half a win for each.
- ``rk`` (Rao and Kupper): P(w) = s(d - e), P(tie) = 1 - s(d - e) - s(-d - e), e = 10 log(1 + exp((eta - 22.5) / 10)).
- ``grk`` (grounded): with pi = exp(beta), theta = exp(eta) + 1.000001, P(w) = pi_w / (pi_w + theta pi_l + 1) and
  P(both bad) = 1 / (1 + pi_w + pi_l); the rest is a tie. Here beta is absolute: 0 is as good as not usable.

**Aggregation.** Over prompts, the one beta whose s(beta_i - beta_j) are nearest in cross-entropy to the mean of the
prompts' own; the mean of beta(z) would be another thing.

**Routing** (Theorem 1). With win rates W_ij = s(beta_i - beta_j), opponents drawn by q and costs c, sample from the
p that maximises p' W q with p' c <= budget. It never mixes more than two models.

**Encoders.** Any function from texts to vectors: a frozen sentence encoder needs no GPU, and its head is a convex
problem. `Backbone` is the paper's: a model of transformers that reads the prompt and a token behind it, at which the
hidden state is taken; `Tuning` trains it along with the head. Without an encoder the head is a constant, which is the
marginal Bradley-Terry fit of usual leaderboards.

**Departures.** Strengths of ``bt``, ``bt-tie`` and ``rk`` are known up to a constant for each prompt: they are
centred. The head is penalised, by a weight that is chosen on held-out prompts unless given. The official router takes a
negative score for a budget that cannot be met, and does not normalise q; here the solver's own status counts.

**Use**::

    votes = Votes.from_records(records)  # prompt, model_a, model_b, winner
    p2l = PromptToLeaderboard(encoder).fit(votes)
    p2l.leaderboard("write a haiku"); p2l.aggregate(prompts)
    Router(p2l, costs={...}).route("prove it", max_cost=5.0)
"""

from assay.methods.evaluation.prompt_to_leaderboard._backbone import Backbone
from assay.methods.evaluation.prompt_to_leaderboard._estimator import PromptToLeaderboard, Tuning
from assay.methods.evaluation.prompt_to_leaderboard._likelihood import HEADS, outcome_chances
from assay.methods.evaluation.prompt_to_leaderboard._proxy import RoutingProxy, Upstream
from assay.methods.evaluation.prompt_to_leaderboard._router import Router, UnfulfillableError
from assay.methods.evaluation.prompt_to_leaderboard._votes import Votes

__all__ = [
    "HEADS",
    "Backbone",
    "PromptToLeaderboard",
    "Router",
    "RoutingProxy",
    "Tuning",
    "UnfulfillableError",
    "Upstream",
    "Votes",
    "outcome_chances",
]
