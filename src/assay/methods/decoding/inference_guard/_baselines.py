"""What InferenceGuard is compared with: best of N and beams, by reward, less a weighted cost, within the budget."""

from collections.abc import Sequence
from dataclasses import replace

from assay.methods._branches import Branches
from assay.methods._models import Model
from assay.methods.decoding.inference_guard._budget import Answer, Cost, Reward, budget_left, within
from assay.methods.decoding.inference_guard._guard import InferenceGuard, Prompt
from assay.methods.decoding.inference_guard._search import TITLE, Candidate, weighted


def sample_answers(
    guard: InferenceGuard, prompts: Sequence[Prompt], *, length: int, seed: int = 0
) -> list[list[Candidate]]:
    """N whole answers of the model alone to each prompt, charged and scored.

    Args:
        guard: Whose model, cost, reward and settings it takes.
        prompts: As for `InferenceGuard.generate`.
        length: Tokens of an answer, at most.
        seed: Of the samples.
    """
    writer = replace(guard.writer, config=replace(guard.config, block=length))
    samples = guard.config.samples
    answers: list[list[Candidate]] = []
    for number, batch in enumerate(guard.batches(guard.hunts(prompts))):
        read = Branches.read(guard.model, [hunt.tokens for hunt in batch], method=TITLE, usage=guard.usage)
        rows = [row for row in range(len(batch)) for _ in range(samples)]
        written = writer.write(
            read.select(rows), [Answer(batch[row].prompt) for row in rows], [batch[row].budget for row in rows],
            length=length, seed=seed + number,
        )  # fmt: skip
        answers += [written[start : start + samples] for start in range(0, len(written), samples)]
    return answers


def ask_answers(  # noqa: PLR0913 - all but the first two are keywords
    model: Model,
    prompts: Sequence[str],
    *,
    cost: Cost,
    reward: Reward,
    budget: float,
    samples: int = 16,
    length: int = 256,
    temperature: float = 1.0,
    seed: int = 0,
) -> list[list[Candidate]]:
    """The same of any model that answers prompts, an endpoint too; cost and reward read texts.

    Args:
        model: See `assay.methods._models.as_model`.
        prompts: To answer.
        cost: A `TextCost`, or one of your own on texts.
        reward: A `text_reward`, or one of your own on texts.
        budget: Of each answer.
        samples: Answers of each prompt.
        length: Tokens of an answer, at most.
        temperature: Of the samples.
        seed: Of the samples.
    """
    texts = model.answer(
        [prompt for prompt in prompts for _ in range(samples)], tokens=length, temperature=temperature, seed=seed
    )
    answers = [Answer(prompts[b // samples], text=text, ended=True) for b, text in enumerate(texts)]
    charged = [replace(each, costs=tuple(costs)) for each, costs in zip(answers, cost(answers), strict=True)]
    left = [budget_left(budget, each.costs) for each in charged]
    all_ = [
        Candidate(each, left[b], float(within(left[b])), value, b)
        for b, (each, value) in enumerate(zip(charged, reward(charged), strict=True))
    ]
    return [all_[start : start + samples] for start in range(0, len(all_), samples)]


def best_of(candidates: Sequence[Candidate], *, weight: float = 0.0) -> Candidate:
    """The answer with the highest reward, less `weight` times its cost; within the budget or not."""
    return max(candidates, key=weighted(weight).score)


def best_within(candidates: Sequence[Candidate]) -> Candidate | None:
    """The answer with the highest reward of those within the budget; ``None``, a refusal, where there is none."""
    return max((each for each in candidates if within(each.left)), key=lambda each: each.value, default=None)


def beam_search(
    guard: InferenceGuard, prompts: Sequence[Prompt], *, length: int, weight: float = 0.0, seed: int = 0
) -> list[Candidate]:
    """The guard's own search with no budget: by reward, less `weight` times the cost so far.

    With a critic, the reward to come is that critic's. The beam by the budget alone, without what the critic says of
    safety, is the guard with ``rule="budget"``.

    Args:
        guard: Whose model, cost, reward, settings and critic it takes.
        prompts: As for `InferenceGuard.generate`.
        length: Tokens of an answer, at most.
        weight: Of the cost.
        seed: Of the samples.

    Returns:
        The best answer to each prompt, within the budget or not.
    """
    hunts = guard.hunts(prompts)
    guard.hunt(hunts, weighted(weight), length=length, seed=seed)
    return [hunt.ended[0] for hunt in hunts]
