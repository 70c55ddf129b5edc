"""Rewards of steps: read while a search goes on, labels to train them on, whether they know this policy's errors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from transformers.modeling_layers import GenericForTokenClassification

from assay.methods._branches import Branches, Sampling, Usage
from assay.methods._calibration import auroc
from assay.methods._intervals import Estimate, bootstrap_interval
from assay.methods._scorers import as_step_scorer, check_scores
from assay.methods.reasoning._step_rewards import StepLabels
from assay.methods.reasoning.compute_optimal_tts._policy import TITLE, Candidate, Policy, Solution

LEAST_AUC = 0.6
"""Below it a search is not guided by its rewards (ours)."""


class Judge(Protocol):
    """Scores the steps of lines while they grow; line n is the judge's row n."""

    def select(self, rows: Sequence[int]) -> None:
        """Go on with these rows."""

    def score(self, lines: Sequence[Candidate]) -> None:
        """Score the steps that have no score yet."""


def make_judge(
    policy: Policy, rewards: Any, tokenizer: Any, prompts: Sequence[Sequence[int]], usage: Usage | None
) -> Judge:
    """What scores steps: on the policy's tokens, each read once, where that is possible; otherwise on texts."""
    if isinstance(rewards, GenericForTokenClassification):
        own = policy.tokenizer
        if tokenizer is None or own is None or tokenizer.get_vocab() == own.get_vocab():
            return _CachedJudge(rewards, prompts, usage)
    return _TextJudge(policy, rewards, tokenizer, prompts)


class _CachedJudge:
    """A token classifier that reads each token of the policy once."""

    def __init__(self, classifier: Any, prompts: Sequence[Sequence[int]], usage: Usage | None) -> None:
        if classifier.config.num_labels > 2:
            raise ValueError(f"the rewards have {classifier.config.num_labels} labels: give a classifier of one or two")
        self.branches = Branches.read(classifier, prompts, method=TITLE, usage=usage)

    def select(self, rows: Sequence[int]) -> None:
        self.branches = self.branches.select(rows)

    def score(self, lines: Sequence[Candidate]) -> None:
        new = [line.steps[len(line.scores) :] for line in lines]
        read = self.branches.read_ahead([[token for step in steps for token in step] for steps in new])
        for line, steps, logits in zip(lines, new, read, strict=True):
            ends = list(accumulate(map(len, steps)))
            at_ends = logits[ends].float()
            good = at_ends[:, 0].sigmoid() if at_ends.shape[-1] == 1 else at_ends.softmax(-1)[:, 1]
            texts = [str(step) for step in steps]
            line.scores += check_scores(good, texts, name="the reward model")


class _TextJudge:
    """Whatever scores the steps of an answer as texts; every step is read anew for each one behind it."""

    def __init__(self, policy: Policy, rewards: Any, tokenizer: Any, prompts: Sequence[Sequence[int]]) -> None:
        self.policy = policy
        self.prompts = [policy.text(prompt) for prompt in prompts]
        self.scorer = as_step_scorer(rewards, tokenizer or policy.tokenizer, name="the reward model")

    def select(self, rows: Sequence[int]) -> None:
        self.prompts = [self.prompts[row] for row in rows]

    def score(self, lines: Sequence[Candidate]) -> None:
        unscored = [at for at, line in enumerate(lines) if len(line.scores) < len(line.steps)]
        asked = [(self.prompts[at], [self.policy.text(step) for step in lines[at].steps]) for at in unscored]
        for at, scores in zip(unscored, self.scorer(asked), strict=True):
            lines[at].scores = [*lines[at].scores, *scores[len(lines[at].scores) :]]


def score_again(
    policy: Policy, solutions: Sequence[Solution], rewards: Any, *, tokenizer: Any = None, usage: Usage | None = None
) -> list[Solution]:
    """The same candidates with the scores of other rewards; nothing is written anew, and no answer is decided.

    Raises:
        ScoreError: A score is missing or no finite number.
    """
    renewed = []
    for solution in solutions:
        copies = [candidate.copy() for candidate in solution.candidates]
        for copy, old in zip(copies, solution.candidates, strict=True):
            copy.scores, copy.answer = [], old.answer
        if copies:
            judge = make_judge(policy, rewards, tokenizer, [solution.prompt], usage)
            judge.select([0] * len(copies))
            judge.score(copies)
        renewed.append(Solution(solution.prompt, copies, is_finished=solution.is_finished, tokens=solution.tokens))
    return renewed


# Labels

Check = Callable[[int, list[str]], Sequence[float]]
"""The label of each step, 1 good and 0 bad, of the number of a prompt and the steps of an answer to it."""


def label_steps(policy: Policy, solutions: Sequence[Solution], check: Check) -> list[StepLabels]:
    """Label the steps of all candidates by a check that is exact; what `train_step_rewards` learns from.

    Raises:
        ValueError: The check gives another number of labels than there are steps.
    """
    return [
        _labelled(solution.prompt, candidate, check(number, [policy.text(step) for step in candidate.steps]))
        for number, solution in enumerate(solutions)
        for candidate in solution.candidates
        if candidate.steps
    ]


def label_by_values(
    policy: Policy,
    solutions: Sequence[Solution],
    is_right: Callable[[int, str], bool],
    *,
    rollouts: int = 4,
    tokens: int = 512,
    temperature: float = 0.7,
    seed: int = 0,
    usage: Usage | None = None,
) -> list[StepLabels]:
    """Label each step by the share of rollouts from there that end right, where no step can be checked by itself.

    Args:
        policy: Goes on with each beginning; all side by side.
        solutions: Whose candidates are labelled.
        is_right: Whether a whole text is right, of the number of its prompt.
        rollouts: From each step.
        tokens: Of one, at most.
        temperature: Of sampling.
        seed: Of sampling.
        usage: What the rollouts cost.
    """
    if rollouts < 1 or tokens < 1:
        raise ValueError(f"{rollouts} rollouts of {tokens} tokens say nothing: give 1 or more of each")
    answers = [(number, each) for number, solution in enumerate(solutions) for each in solution.candidates]
    open_ends = {}  # beginnings that are gone on with, once each
    for number, each in answers:
        for end in list(accumulate(map(len, each.steps)))[: len(each.steps) - each.is_finished]:
            open_ends[number, tuple(_flat(each.steps)[:end])] = 0.0
    values: dict[tuple[int, tuple[int, ...]], float] = dict(open_ends)
    if open_ends:
        begun = [[*solutions[number].prompt, *beginning] for number, beginning in open_ends]
        rows = Branches.read(policy.model, begun, method=TITLE, usage=usage)
        rows = rows.select([at for at in range(len(begun)) for _ in range(rollouts)])
        written = rows.write(tokens, sampling=Sampling(temperature), stop=policy.ends_answer, seed=seed)
        for at, (number, beginning) in enumerate(open_ends):
            ends = written[at * rollouts : (at + 1) * rollouts]
            right = [is_right(number, policy.text([*beginning, *end.tokens])) for end in ends]
            values[number, beginning] = sum(right) / rollouts
    rows_of_labels = []
    for number, each in answers:
        if not each.steps:
            continue
        flat, labels = _flat(each.steps), []
        for at, end in enumerate(accumulate(map(len, each.steps))):
            last = each.is_finished and at == len(each.steps) - 1
            labels.append(float(is_right(number, each.text)) if last else values[number, tuple(flat[:end])])
        rows_of_labels.append(_labelled(solutions[number].prompt, each, labels))
    return rows_of_labels


def _labelled(prompt: Sequence[int], candidate: Candidate, values: Sequence[float]) -> StepLabels:
    ends = [len(prompt) + end for end in accumulate(map(len, candidate.steps))]
    return StepLabels([*prompt, *_flat(candidate.steps)], ends, [float(value) for value in values])


def _flat(steps: Sequence[Sequence[int]]) -> list[int]:
    return [token for step in steps for token in step]


# Whether they are worth searching with


@dataclass(frozen=True)
class RewardsCheck:
    """How well rewards tell right answers of a policy from wrong ones."""

    auc: Estimate
    """The chance that a right answer has the better score, 0.5 for no knowledge; its interval is over prompts."""
    steps_auc: Estimate | None = None
    """The same of steps, where their labels are known."""

    def require(self, least: float = LEAST_AUC) -> None:
        """Refuse to search with rewards that know too little.

        Raises:
            ValueError: The area under the curve is below `least`.
        """
        if self.auc.value < least:
            raise ValueError(
                f"the rewards tell right answers of this policy from wrong ones with an AUC of {self.auc.value:.2f}, "
                f"below {least:g}: vote by majority, or train them on this policy's own answers"
            )


def check_rewards(
    candidates: Sequence[Candidate],
    right: Sequence[bool],
    *,
    prompts: Sequence[int] | None = None,
    step_labels: Sequence[Sequence[float]] | None = None,
    seed: int = 0,
) -> RewardsCheck:
    """Check rewards on answers of the policy that is searched with, a hundred say.

    Args:
        candidates: With scores.
        right: Whether the answer of each is.
        prompts: Which prompt each answers; each its own by default.
        step_labels: Of each step of each, 1 good and 0 bad.
        seed: Of the bootstrap.

    Raises:
        ValueError: There are right answers alone or wrong ones alone, or some have no scores.
    """
    if len(candidates) != len(right):
        raise ValueError(f"{len(candidates)} candidates come with {len(right)} results: give one for each")
    if any(len(each.scores) != len(each.steps) for each in candidates):
        raise ValueError("some candidates have no scores: search with the rewards, or use score_again")
    scored = [at for at, each in enumerate(candidates) if each.scores]
    clusters = [at if prompts is None else prompts[at] for at in scored]
    last = [candidates[at].scores[-1] for at in scored]
    answers = _area(last, [right[at] for at in scored], clusters, seed)
    steps = None
    if step_labels is not None:
        labels = [label > 0.5 for at in scored for label in step_labels[at]]
        scores = [score for at in scored for score in candidates[at].scores]
        groups = [cluster for at, cluster in zip(scored, clusters, strict=True) for _ in candidates[at].scores]
        steps = _area(scores, labels, groups, seed) if 0 < sum(labels) < len(labels) else None
    return RewardsCheck(answers, steps)


def _area(scores: ArrayLike, right: ArrayLike, clusters: Sequence[int], seed: int) -> Estimate:
    values, truth = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=bool)
    if truth.all() or not truth.any():
        raise ValueError(f"{int(truth.sum())} of {len(truth)} answers are right: an AUC needs some of both")

    def area(drawn: NDArray[np.intp]) -> float:
        drawn_area = auroc(values[drawn], truth[drawn])
        return 0.5 if np.isnan(drawn_area) else drawn_area  # a draw of one kind alone shows nothing

    return bootstrap_interval(area, len(values), clusters, repeats=500, seed=seed)
