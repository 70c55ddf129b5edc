"""Pairs of plans to learn from (stage 2): the better of two is the one that solves more problems of the same kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from assay.methods._answers import same_answer
from assay.methods.reasoning.thought_templates._plan import Plan
from assay.methods.reasoning.thought_templates._reasoner import TemplateReasoner
from assay.methods.reasoning.thought_templates._solution import PlanError, ReasoningError

Similar = Sequence[tuple[str, str]]
"""Problems like another one, each with its right answer."""


@dataclass(frozen=True)
class ScoredPlan:
    """A plan, and how many similar problems it solves."""

    text: str
    """As the navigator wrote it."""
    reward: float
    """R(T): the share of similar problems that the reasoner solves by it, within [0, 1]."""


@dataclass
class TrajectoryPairs:
    """What there is to learn from, and what was left out."""

    records: list[dict[str, Any]] = field(default_factory=list)
    """With ``prompt``, ``chosen`` and ``rejected``, as TRL's `DPOTrainer` takes them."""
    plans: list[list[ScoredPlan]] = field(default_factory=list)
    """Of each problem, the best first, each text once."""
    ties: int = 0
    """Problems without a record: no two of their plans are a margin apart."""
    unreadable: int = 0
    """Sampled texts that hold no plan."""


class PairsError(ReasoningError):
    """Something failed half-way; `pairs` are those of the problems before."""

    def __init__(self, message: str, pairs: TrajectoryPairs, error: Exception) -> None:
        super().__init__(message, error.solutions if isinstance(error, ReasoningError) else [])
        self.pairs = pairs


def build_trajectory_pairs(  # noqa: PLR0913 - all but the first three are keywords
    problems: Sequence[str],
    similar: Sequence[Similar],
    reasoner: TemplateReasoner,
    *,
    n: int = 8,
    margin: float = 0.25,
    most: int = 1,
    temperature: float = 0.7,
    is_right: Callable[[str, str], bool] = same_answer,
    allow_itself: bool = False,
    conversational: bool = True,
    batch: int = 16,
    seed: int = 0,
) -> TrajectoryPairs:
    """Sample plans for each problem, try them on similar ones, and pair the better with the worse.

    Args:
        problems: Of each, the navigator's plans are sampled.
        similar: For each problem, others like it with their answers: what a plan is tried on.
        reasoner: Its navigator is what will learn, its reasoner stays as it is.
        n: Plans of a problem (ours).
        margin: By which rewards of a pair differ, at least (ours).
        most: Pairs of a problem, those furthest apart first (ours).
        temperature: Of the samples (ours; of the paper's later model, 0.7).
        is_right: Compares an answer with the right one.
        allow_itself: Whether a problem may be among those like it. Its own answer then leaks into the rewards.
        conversational: Whether prompt and plans are messages of a chat, as a chat model will read them; else texts.
        batch: Problems at once.
        seed: Of the samples.

    Raises:
        ValueError: There is nothing to try a plan on, a problem is among those like it, or a setting is senseless.
        PairsError: A model or `is_right` failed; it holds the pairs of the problems before.
    """
    _check(problems, similar, n=n, margin=margin, most=most, batch=batch, allow_itself=allow_itself)
    pairs = TrajectoryPairs()
    for start in range(0, len(problems), batch):
        part = problems[start : start + batch]
        try:
            drawn = reasoner.draw_plans(part, n=n, temperature=temperature, seed=seed + start)
            scored = _score(drawn, similar[start : start + batch], reasoner, is_right, seed=seed + start)
        except Exception as error:
            raise PairsError(f"behind {start} of {len(problems)} problems: {error}", pairs, error) from error
        pairs.unreadable += sum(plan is None for row in drawn for _, plan in row)
        for problem, plans in zip(part, scored, strict=True):
            records = _pair(reasoner, problem, plans, margin, most, conversational=conversational)
            pairs.plans.append(plans)
            pairs.records += records
            pairs.ties += not records
    return pairs


def reward_plan(
    plan: Plan, similar: Similar, reasoner: TemplateReasoner, *, is_right: Callable[[str, str], bool] = same_answer
) -> float:
    """R(T) of one plan: the share of similar problems that the reasoner solves by it."""
    ((scored,),) = _score([[("", plan)]], [similar], reasoner, is_right, seed=0)
    return scored.reward


def _check(
    problems: Sequence[str], similar: Sequence[Similar], *, margin: float, allow_itself: bool, **counts: int
) -> None:
    for name, least in (("n", 2), ("most", 1), ("batch", 1)):
        if counts[name] < least:
            raise ValueError(f"{name} is {counts[name]}: give {least} or more")
    if not 0 < margin <= 1:
        raise ValueError(f"margin is {margin}: give a difference of two shares, above 0 and at most 1")
    if len(problems) != len(similar):
        raise ValueError(f"{len(problems)} problems come with {len(similar)} lists of similar ones: give one for each")
    for problem, others in zip(problems, similar, strict=True):
        if not others:
            raise ValueError(f"nothing is like the problem {problem!r}: give it problems to try plans on")
        if not allow_itself and any(_plain(other) == _plain(problem) for other, _ in others):
            raise ValueError(
                f"the problem {problem!r} is among those like it: a plan is to be judged on others; take it out, or "
                "set allow_itself=True"
            )


def _score(
    drawn: Sequence[Sequence[tuple[str, Plan | None]]],
    similar: Sequence[Similar],
    reasoner: TemplateReasoner,
    is_right: Callable[[str, str], bool],
    *,
    seed: int,
) -> list[list[ScoredPlan]]:
    """Try each plan on each similar problem, all of them side by side."""
    plans = [{text: plan for text, plan in row if plan is not None} for row in drawn]
    tried = [
        (plan, problem, answer)
        for row, others in zip(plans, similar, strict=True)
        for plan in row.values()
        for problem, answer in others
    ]
    try:
        solutions = reasoner.solve_many([each[1] for each in tried], plans=[each[0] for each in tried], seed=seed)
    except PlanError as error:  # of some, a plan could not be merged or revised: these do not solve their problem
        solutions = error.solutions
    right = iter([_verdict(is_right, each.answer, gold) for each, (_, _, gold) in zip(solutions, tried, strict=True)])
    scored = [
        [ScoredPlan(text, sum(next(right) for _ in others) / len(others)) for text in row]
        for row, others in zip(plans, similar, strict=True)
    ]
    return [sorted(row, key=lambda each: -each.reward) for row in scored]


def _verdict(is_right: Callable[[str, str], bool], answer: str, gold: str) -> bool:
    verdict = is_right(answer, gold)
    if verdict not in (True, False):
        raise ValueError(f"is_right gives {verdict!r} for the answer {answer!r}: give True or False")
    return bool(verdict)


def _pair(
    reasoner: TemplateReasoner,
    problem: str,
    plans: Sequence[ScoredPlan],
    margin: float,
    most: int,
    *,
    conversational: bool,
) -> list[dict[str, Any]]:
    """Records of the pairs that are a margin apart, the widest first."""
    # Rewards are shares: a margin of 0.3 is not to be missed by a rounding.
    apart = [(a, b) for a, b in combinations(plans, 2) if a.reward - b.reward >= margin - 1e-9]
    apart.sort(key=lambda pair: pair[1].reward - pair[0].reward)
    prompt = reasoner.prompts.plan(problem, reasoner.library, reasoner.max_steps)
    records = [{"prompt": prompt, "chosen": better.text, "rejected": worse.text} for better, worse in apart[:most]]
    if not conversational:
        return list(records)
    return [
        {key: [{"role": "user" if key == "prompt" else "assistant", "content": text}] for key, text in record.items()}
        for record in records
    ]


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
