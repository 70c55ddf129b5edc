"""The plain reference of the search's bookkeeping: one candidate at a time, from nothing, without a cache."""

from collections.abc import Sequence

import torch

from assay.methods._patching import evaluating
from assay.methods.decoding.inference_guard._budget import Answer, Reward, within
from assay.methods.decoding.inference_guard._config import GuardConfig
from assay.methods.decoding.inference_guard._critic import Critic
from assay.methods.decoding.inference_guard._search import Candidate, share_left


def reference_candidate(
    model: torch.nn.Module,
    prompt: Sequence[int],
    answer: Answer,
    costs: Sequence[float],
    *,
    reward: Reward,
    config: GuardConfig,
    length: int,
    critic: Critic | None,
) -> Candidate:
    """What is known of a candidate, by a whole pass over its text and a loop over its costs.

    Args:
        model: Of the search.
        prompt: Token ids.
        answer: What was written; its own costs are not looked at.
        costs: Of each of its tokens.
        reward: Of the search.
        config: Of the search.
        length: Tokens of an answer, at most.
        critic: Of the search.
    """
    z = config.budget  # the paper's: z_{t+1} = (z_t - cost_t) / discount
    left, factor = config.budget, 1.0
    for cost in costs:
        left -= factor * cost
        z = (z - cost) / config.discount
        factor *= config.discount
    assert within(left) == (z >= -1e-6), "the rescaled budget has another sign"  # noqa: S101 - it is a reference
    (value,) = reward([answer])
    chance = float(within(left))
    if critic is not None and not answer.ended:
        with torch.no_grad(), evaluating(model):
            ids = torch.tensor([[*prompt, *answer.tokens]])
            states = model(ids, output_hidden_states=True).hidden_states[-1][:, -1]
        share = share_left(left, config.budget)
        (chance,), (rest,) = critic.foresee(states, [share], len(answer.tokens) / length)
        chance, value = (chance if within(left) else 0.0), value + rest
    return Candidate(answer, left, chance, value)


def reference_choice(candidates: Sequence[Candidate], config: GuardConfig, *, rule: str) -> list[Candidate]:
    """The candidates of one prompt that go on, best first, by the rule's words."""
    inside = [each for each in candidates if within(each.left)]
    admitted = []
    for each in inside:
        if rule == "budget" or each.answer.ended:
            good = rule != "absolute" or each.chance > 0.5
        elif rule == "absolute":
            good = each.chance > 0.5
        else:
            good = all(each.chance >= config.share * other.chance for other in inside if not other.answer.ended)
        if good:
            admitted.append(each)
    if admitted:
        return sorted(admitted, key=lambda each: -each.value)[: config.beams]
    return sorted(inside, key=lambda each: -each.chance)[: config.beams]
