"""One search for all methods: N lines side by side in one batch, over one cache."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from assay.methods._answers import vote
from assay.methods._branches import GREEDY, Branches, Sampling, Usage
from assay.methods._scorers import ScoreError
from assay.methods.reasoning._step_rewards import Reduce, reduce_scores
from assay.methods.reasoning.compute_optimal_tts._policy import TITLE, Candidate, Policy, Prompt, SearchError, Solution
from assay.methods.reasoning.compute_optimal_tts._rewards import Judge, make_judge

Method = Literal["greedy", "majority", "best_of_n", "beam", "dvts"]
TREES = ("beam", "dvts")
_VOTES = ("majority", "max", "sum")
_SCORES = ("last", "min", "mean", "product")


@dataclass(frozen=True)
class SearchConfig:
    """How many lines are spent, and how."""

    method: Method = "beam"
    n: int = 16
    """Lines side by side (paper: 4, 16, 64, 256). Greedy has one."""
    width: int = 4
    """M: how often a line of a beam or of DVTS is gone on with (code)."""
    score: Reduce = "last"
    """An answer's score from its steps' (paper: last, min, mean; product is ours). Lines of a tree are always dropped
    by their last step (code)."""
    vote: Literal["majority", "max", "sum"] = "sum"
    """Who wins: the answer of most candidates, of the best, or with most score (paper: Majority, PRM-Max, PRM-Vote)."""
    temperature: float = 0.7
    """Of sampling (code); greedy has none."""
    top_p: float = 1.0
    """The likeliest tokens that together have this probability (code: 1)."""
    top_k: int = 0
    """So many of the likeliest; 0: all (code: all)."""
    steps: int = 40
    """Of a line in a tree, at most (code)."""
    step_tokens: int = 2048
    """Of a step in a tree, at most (code)."""
    tokens: int = 8192
    """Of an answer, at most (code)."""
    keeps_siblings: bool = False
    """Whether lines of a tree that ended and were then dropped vote too, as search-and-learn has it."""

    def __post_init__(self) -> None:
        if self.method not in ("greedy", "majority", "best_of_n", *TREES):
            raise ValueError(f"method is {self.method!r}: choose greedy, majority, best_of_n, beam or dvts")
        if self.vote not in _VOTES or self.score not in _SCORES:
            known = f"{', '.join(_VOTES)} and {', '.join(_SCORES)}"
            raise ValueError(f"vote is {self.vote!r} and score {self.score!r}: choose of {known}")
        for name in ("n", "width", "steps", "step_tokens", "tokens"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}: that is below one step, give 1 or more")
        if self.method in TREES and self.n % self.width:
            raise ValueError(f"n is {self.n} and width {self.width}: {self.method} needs a multiple of the width")
        sampling = Sampling(self.temperature, self.top_p, self.top_k)
        if self.method != "greedy" and self.n > 1 and sampling.temperature == 0:
            raise ValueError(f"{self.n} lines at temperature 0 are all the same: give a temperature, or take greedy")

    @property
    def sampling(self) -> Sampling:
        """How tokens are chosen."""
        return GREEDY if self.method == "greedy" else Sampling(self.temperature, self.top_p, self.top_k)

    @property
    def trees(self) -> int:
        """Of a prompt."""
        return self.n // self.width if self.method == "dvts" else 1

    @property
    def keep(self) -> int:
        """Lines that a tree keeps."""
        return 1 if self.method == "dvts" else self.n // self.width

    @property
    def needs_rewards(self) -> bool:
        """Whether steps are scored."""
        return self.method not in ("greedy", "majority")


def search(
    policy: Policy,
    prompts: Sequence[Prompt],
    config: SearchConfig | None = None,
    rewards: Any = None,
    *,
    rewards_tokenizer: Any = None,
    seed: int = 0,
    usage: Usage | None = None,
    rewards_usage: Usage | None = None,
) -> list[Solution]:
    """Answer each prompt with the lines that the configuration allows it.

    Args:
        policy: What writes.
        prompts: Texts or token ids; all of them and their lines are one batch.
        config: The method and what it may spend.
        rewards: What scores steps: a token classifier of transformers, or a function of (prompt, steps) that gives a
            score for each step. Greedy and majority need none, and give scores where there is one.
        rewards_tokenizer: Of the classifier, if it is not the policy's. With another vocabulary it reads texts.
        seed: The same seed and prompts give the same answers on the same machine.
        usage: What the policy costs.
        rewards_usage: What the rewards cost, where they share the policy's tokens.

    Raises:
        SearchError: A score is missing or no finite number, or cannot be a vote; what was written is on the error.
        ValueError: The method needs rewards and there are none; or a model cannot be read row by row.
    """
    config = config or SearchConfig()
    if config.needs_rewards and rewards is None:
        raise ValueError(f"{config.method} chooses by the scores of steps: give rewards, or take majority")
    texts = [policy.ids(prompt) for prompt in prompts]
    if not texts:
        return []
    rows = Branches.read(policy.model, texts, method=TITLE, usage=usage)
    judge = None if rewards is None else make_judge(policy, rewards, rewards_tokenizer, texts, rewards_usage)
    forest = [_Tree(number, config.keep) for number in range(len(texts)) for _ in range(config.trees)]
    grow = _grow_trees if config.method in TREES else _write_whole
    error = ""
    try:
        grow(policy, config, rows, judge, forest, seed)
    except ScoreError as wrong:
        error, judge = str(wrong), None
    solutions = _collect(policy, texts, forest)
    try:
        decided = [decide(policy, config, solution, scored=judge is not None) for solution in solutions]
    except ScoreError as wrong:
        error = error or str(wrong)
    if error:
        unscored = [decide(policy, config, solution, scored=False) for solution in solutions]
        raise SearchError(error, unscored)
    return decided


@dataclass
class _Tree:
    """Lines of a prompt that compete with each other."""

    prompt: int
    keep: int
    ended: list[Candidate] = field(default_factory=list)
    """Its answers; of those that are written whole, all."""
    siblings: list[Candidate] = field(default_factory=list)
    beginnings: list[Candidate] = field(default_factory=list)
    """How far it came, where no line ended."""
    written: int = 0


def _write_whole(
    policy: Policy, config: SearchConfig, rows: Branches, judge: Judge | None, forest: list[_Tree], seed: int
) -> None:
    """Write all answers to their ends, and score them."""
    lines_of = 1 if config.method == "greedy" else config.n
    place = [tree.prompt for tree in forest for _ in range(lines_of)]
    lines = [Candidate() for _ in place]
    rows = rows.select(place)
    for line, each in zip(
        lines, rows.write(config.tokens, sampling=config.sampling, stop=policy.ends_answer, seed=seed), strict=True
    ):
        line.add(each, policy, whole=True)
    for prompt, line in zip(place, lines, strict=True):
        forest[prompt].written += len(line.tokens)
        forest[prompt].ended.append(line)
    if judge is not None:
        judge.select(place)
        judge.score(lines)


def _grow_trees(
    policy: Policy, config: SearchConfig, rows: Branches, judge: Judge | None, forest: list[_Tree], seed: int
) -> None:
    """Write a step of every line, score it, drop the worst, branch the best, until all that are kept have ended."""
    assert judge is not None  # noqa: S101 - `search` refuses trees without rewards
    owners = [tree for tree in forest for _ in range(tree.keep * config.width)]
    parents = [tree.prompt for tree in owners]
    lines = [Candidate() for _ in owners]
    for step in range(config.steps):
        rows = rows.select(parents)
        judge.select(parents)
        budgets = [min(config.step_tokens, config.tokens - len(line.tokens)) for line in lines]
        written = rows.write(budgets, sampling=config.sampling, stop=policy.ends_step, seed=seed + 7919 * step)
        for line, owner, each in zip(lines, owners, written, strict=True):
            owner.written += len(each.tokens)
            line.add(each, policy, whole=False)
            if not line.ended and len(line.tokens) >= config.tokens:
                line.ended = "length"
        for tree in forest:
            if mine := [line for line, owner in zip(lines, owners, strict=True) if owner is tree]:
                tree.beginnings = mine
        judge.score(lines)
        kept = [at for tree in forest for at in _prune(config, tree, lines, owners)]
        if not kept:
            return
        parents = [at for at in kept for _ in range(config.width)]
        owners = [owners[at] for at in parents]
        lines = [lines[at].copy() for at in parents]


def _prune(config: SearchConfig, tree: _Tree, lines: Sequence[Candidate], owners: Sequence[_Tree]) -> list[int]:
    """Which lines of a tree are gone on with; those of the best that ended are its answers, and keep their places."""
    pool: dict[tuple[int, ...], int] = {}
    for at, (line, owner) in enumerate(zip(lines, owners, strict=True)):
        if owner is tree and line.ended != "length":
            pool.setdefault(tuple(line.tokens), at)  # twins count once
    free = tree.keep - len(tree.ended)
    best = sorted(pool.values(), key=lambda at: -_last(lines[at]))
    if best:
        tree.beginnings = [lines[at] for at in best]
    taken, rest = best[:free], best[free:]
    tree.ended += [lines[at] for at in taken if lines[at].is_finished]
    if config.keeps_siblings:
        tree.siblings += [lines[at] for at in rest if lines[at].is_finished]
    return [at for at in taken if not lines[at].is_finished]


def _last(line: Candidate) -> float:
    """The score of the last step; below all others where there is none (code: -1)."""
    return line.scores[-1] if line.scores else -1.0


def _collect(policy: Policy, prompts: Sequence[list[int]], forest: Sequence[_Tree]) -> list[Solution]:
    """What all trees of each prompt came to."""
    solutions = []
    for number, prompt in enumerate(prompts):
        trees = [tree for tree in forest if tree.prompt == number]
        ended = [line for tree in trees for line in (*tree.ended, *tree.siblings)]
        candidates = ended or [line for tree in trees for line in tree.beginnings]
        for line in candidates:
            line.answer = policy.answer(line.text)
        finished = any(line.is_finished for line in candidates)
        written = sum(tree.written for tree in trees)
        solutions.append(Solution(prompt, candidates, is_finished=finished, tokens=written))
    return solutions


def decide(policy: Policy, config: SearchConfig, solution: Solution, *, scored: bool | None = None) -> Solution:
    """The same solution with its answer: by the vote of its finished candidates, without those that have none.

    Args:
        policy: Says which answers are the same.
        config: How scores are reduced and votes counted; majority and greedy count heads.
        solution: With its candidates; where none was finished, the best beginning is read.
        scored: Whether they have scores; looked up by default.

    Raises:
        ScoreError: A score is below 0, and votes are to be weighted by it.
    """
    candidates = solution.candidates
    scored = all(each.scores for each in candidates if each.answer) if scored is None else scored
    weights = [reduce_scores(each.scores, config.score) if scored and each.scores else 0.0 for each in candidates]
    is_finished = any(each.is_finished for each in candidates)
    voters = [at for at, each in enumerate(candidates) if each.answer.strip() and each.is_finished >= is_finished]
    best = max(voters or range(len(candidates)), key=lambda at: weights[at], default=-1)
    answer, share = (candidates[best].answer, 1.0) if best >= 0 else ("", 0.0)
    how = config.vote if config.needs_rewards and scored else "majority"
    if voters and is_finished and how != "max":
        answers = [candidates[at].answer for at in voters]
        if how == "sum" and min(weights) < 0:
            raise ScoreError(f"the score {min(weights)} is no weight of a vote: give scores of 0 and more, or vote max")
        counts = [weights[at] for at in voters] if how == "sum" else None
        answer, share = vote(answers, counts, equal=policy.equal)
        best = max(
            (at for at in voters if policy.equal(candidates[at].answer, answer)), key=lambda at: weights[at], default=-1
        )
    return Solution(solution.prompt, candidates, answer, best, share, is_finished, solution.tokens)
