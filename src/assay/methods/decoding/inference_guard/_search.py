"""The search: blocks of tokens are sampled from several beams, charged, scored, and the best admissible ones go on.

All prompts of a batch go forward together, a block at a time. A candidate is a row of one batch with its budget beside
it, so that what goes on takes its own budget along.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from assay.methods._branches import Adjust, Branches, Sampling, Usage, Written, end_tokens
from assay.methods._scorers import ScoreError, check_scores
from assay.methods.decoding.inference_guard._budget import Answer, Cost, Reward, budget_left, within
from assay.methods.decoding.inference_guard._config import GuardConfig
from assay.methods.decoding.inference_guard._critic import Critic, Samples

TITLE = "InferenceGuard"


@dataclass(frozen=True)
class Candidate:
    """An answer on its way, with what is known of it."""

    answer: Answer
    left: float
    """Of the budget."""
    chance: float
    """Of a safe end, by the critic; 1 or 0 of an answer that has ended, or where there is no critic."""
    value: float
    """Reward so far and, by the critic, to come."""
    row: int = 0
    """In the batch that it was written in."""


@dataclass(frozen=True)
class Rule:
    """Which candidates may go on, and which of them are best."""

    admits: Callable[[Sequence[Candidate]], list[bool]]
    """Of all candidates of one prompt, those that have ended among them."""
    score: Callable[[Candidate], float] = lambda each: each.value
    guards: bool = True
    """Whether nothing that overdraws its budget ever goes on."""


def rule_of(config: GuardConfig, critic: Critic | None) -> Rule:
    """The rule that the settings name.

    Raises:
        ValueError: It needs a critic, and there is none.
    """
    name = config.rule
    if name == "auto":
        name = "budget" if critic is None else "relative" if critic.base_safe < 0.6 else "absolute"
    if name == "budget":
        return Rule(lambda all_: [within(each.left) for each in all_])
    if critic is None:
        raise ValueError(f"the rule {name!r} asks a critic: call fit_critic first, or set rule='budget'")
    if name == "absolute":
        return Rule(lambda all_: [within(each.left) and each.chance > 0.5 for each in all_])

    def admit(candidates: Sequence[Candidate]) -> list[bool]:
        going_on = [each.chance for each in candidates if within(each.left) and not each.answer.ended]
        least = config.share * max(going_on, default=0.0)
        return [within(each.left) and (each.answer.ended or each.chance >= least) for each in candidates]

    return Rule(admit)


def weighted(weight: float) -> Rule:
    """A baseline's rule: the reward less `weight` times the cost, whatever the budget; at 0 the reward alone."""
    return Rule(
        lambda all_: [True] * len(all_), lambda each: each.value - weight * sum(each.answer.costs), guards=False
    )


@dataclass
class Hunt:
    """The search for one prompt's answer."""

    prompt: str
    tokens: tuple[int, ...]
    """Of the prompt."""
    budget: float
    live: list[Candidate] = field(default_factory=list)
    ended: list[Candidate] = field(default_factory=list)
    redrawn: int = 0
    """Blocks that were sampled again."""
    last: Answer = field(default_factory=Answer)
    """The best of those that went on last."""
    failed: list[Candidate] = field(default_factory=list)
    """The candidates of the step at which none could go on."""


Watch = Callable[[Hunt, list[Candidate], list[Candidate]], None]
"""Sees the candidates of a step and those of them that go on, of each prompt."""


@dataclass(frozen=True)
class Writer:
    """What writes blocks and charges them: the model with its cost and reward."""

    model: PreTrainedModel
    tokenizer: Any
    """``None`` where cost and reward read token ids alone."""
    cost: Cost
    reward: Reward
    config: GuardConfig

    def write(
        self,
        branches: Branches,
        answers: Sequence[Answer],
        budgets: Sequence[float],
        *,
        length: int,
        seed: int,
        adjust: Adjust | None = None,
        critic: Critic | None = None,
    ) -> list[Candidate]:
        """Write a block behind each row and say what came of it.

        Args:
            branches: A row for each answer; they are written on.
            answers: None of them ended.
            budgets: Of each answer, from its first token on.
            length: Tokens at which an answer ends in any case.
            seed: Of the sampling.
            adjust: See `Branches.write`.
            critic: Asked of what has not ended.
        """
        sampling = Sampling(self.config.temperature, self.config.top_p)
        room = [min(self.config.block, length - len(each.tokens)) for each in answers]
        written = branches.write(room, sampling=sampling, seed=seed, adjust=adjust)
        longer = self.charge([self._longer(one, new, length) for one, new in zip(answers, written, strict=True)])
        left = [
            budget_left(budget, each.costs, self.config.discount) for budget, each in zip(budgets, longer, strict=True)
        ]
        so_far = self.rewards(longer)
        chances = [float(within(each)) for each in left]
        to_come = [0.0] * len(longer)
        unfinished = [b for b, each in enumerate(longer) if not each.ended]
        if critic is not None and unfinished:
            shares = [share_left(left[b], budgets[b]) for b in unfinished]
            time = len(longer[unfinished[0]].tokens) / length  # blocks go forward together
            for b, chance, rest in zip(
                unfinished, *critic.foresee(branches.states[unfinished], shares, time), strict=True
            ):
                chances[b], to_come[b] = (chance if within(left[b]) else 0.0), rest
        return [Candidate(each, left[b], chances[b], so_far[b] + to_come[b], row=b) for b, each in enumerate(longer)]

    def charge(self, answers: Sequence[Answer]) -> list[Answer]:
        """The answers with the costs of their new tokens.

        Raises:
            ScoreError: The cost gave another number of costs than there are new tokens.
        """
        given = self.cost(answers)
        for answer, costs in zip(answers, given, strict=True):
            if len(costs) != answer.uncharged:
                raise ScoreError(f"{self.cost.name} gave {len(costs)} costs for {len(answer.tokens)} tokens, of which "
                                 f"{len(answer.costs)} were charged before")  # fmt: skip
        return [replace(each, costs=(*each.costs, *costs)) for each, costs in zip(answers, given, strict=True)]

    def rewards(self, answers: Sequence[Answer]) -> list[float]:
        """The reward of each answer so far."""
        return check_scores(
            self.reward(answers), [each.text or str(each.tokens) for each in answers], name="the reward"
        )

    def _longer(self, answer: Answer, new: Written, length: int) -> Answer:
        tokens = (*answer.tokens, *new.tokens)
        text = "" if self.tokenizer is None else self.tokenizer.decode(list(tokens), skip_special_tokens=True)
        return replace(
            answer,
            tokens=tokens,
            log_probs=(*answer.log_probs, *new.log_probs),
            text=text,
            ended=new.ended == "eos" or len(tokens) >= length,
        )


def share_left(left: float, budget: float) -> float:
    """What is left as the critic sees it: the share of the budget, not below -1."""
    return max(left / budget, -1.0) if budget > 0 else min(max(left, -1.0), 0.0)


def search(
    writer: Writer,
    hunts: Sequence[Hunt],
    *,
    rule: Rule,
    length: int,
    critic: Critic | None = None,
    seed: int = 0,
    usage: Usage | None = None,
    watch: Watch | None = None,
) -> None:
    """Search for the answer of each prompt; what comes of it stands in the hunts.

    Args:
        writer: Of the blocks.
        hunts: One for each prompt, new ones.
        rule: Says what goes on.
        length: Tokens of an answer, at most.
        critic: Asked wherever a block ends.
        seed: Of the samples.
        usage: To count on.
        watch: Sees every step.
    """
    prompts = [hunt.tokens for hunt in hunts]
    branches = Branches.read(writer.model, prompts, method=TITLE, usage=usage, keeps_states=critic is not None)
    for row, hunt in enumerate(hunts):
        hunt.live = [Candidate(Answer(hunt.prompt), hunt.budget, 1.0, 0.0, row)]
    first_seed = seed * 1_000_003
    while going := [hunt for hunt in hunts if hunt.live]:
        step = _Step(writer, branches, going, length, critic, first_seed)
        step.draw_until_admitted(rule)
        for hunt, mine in zip(going, step.by_hunt(), strict=True):
            best = choose(rule, hunt.ended, mine, writer.config.beams)
            if watch is not None:
                watch(hunt, mine, best)
            hunt.ended = [each for each in best if each.answer.ended]
            hunt.live = [each for each in best if not each.answer.ended]
            hunt.last, hunt.failed = (best[0].answer, []) if best else (hunt.last, mine)
        rows = [each.row for hunt in hunts for each in hunt.live]
        if rows:
            branches = step.drawn.select(rows)
            places = iter(range(len(rows)))
            for hunt in hunts:
                hunt.live = [replace(each, row=next(places)) for each in hunt.live]
        first_seed += 1 + writer.config.attempts


class _Step:
    """One block of every search that goes on: `samples` candidates each, in the order of the searches."""

    def __init__(
        self, writer: Writer, branches: Branches, hunts: Sequence[Hunt], length: int, critic: Critic | None, seed: int
    ) -> None:
        self.writer, self.branches, self.hunts, self.length, self.critic = writer, branches, hunts, length, critic
        self.seed = seed
        self.samples = writer.config.samples
        self.parents = [hunt.live[i % len(hunt.live)] for hunt in hunts for i in range(self.samples)]
        self.drawn, self.candidates = self._draw(range(len(self.parents)), 0, None)

    def by_hunt(self) -> list[list[Candidate]]:
        """The candidates of each search."""
        starts = range(0, len(self.candidates), self.samples)
        return [self.candidates[start : start + self.samples] for start in starts]

    def draw_until_admitted(self, rule: Rule) -> None:
        """Sample again where nothing may go on, with what stood in the rejected blocks made less likely."""
        pushed: dict[int, Counter[int]] = {}
        for attempt in range(1, self.writer.config.attempts + 1):
            groups = self.by_hunt()
            stuck = [h for h, hunt in enumerate(self.hunts) if not any(rule.admits([*hunt.ended, *groups[h]]))]
            if not stuck:
                return
            for h in stuck:
                self.hunts[h].redrawn += self.samples
                pushed[h] = pushed.get(h, Counter()) + rejected_tokens(self.writer, groups[h], self.hunts[h].live)
            rows = [h * self.samples + i for h in stuck for i in range(self.samples)]
            again, fresh = self._draw(rows, attempt, self._push(rows, pushed))
            self.drawn.put(rows, again)
            for row, each in zip(rows, fresh, strict=True):
                self.candidates[row] = each

    def _draw(self, rows: Sequence[int], attempt: int, adjust: Adjust | None) -> tuple[Branches, list[Candidate]]:
        """Write a block behind the parents of these rows."""
        parents = [self.parents[row] for row in rows]
        part = self.branches.select([parent.row for parent in parents])
        new = self.writer.write(
            part,
            [parent.answer for parent in parents],
            [self.hunts[row // self.samples].budget for row in rows],
            length=self.length,
            seed=self.seed + attempt,
            adjust=adjust,
            critic=self.critic,
        )
        return part, [replace(each, row=row) for each, row in zip(new, rows, strict=True)]

    def _push(self, rows: Sequence[int], pushed: Mapping[int, Counter[int]]) -> Adjust:
        """Lower each token's logit by the share of rejected blocks that it stood in, summed over the attempts."""
        by_text: dict[tuple[int, ...], Counter[int]] = {}
        for row in rows:
            hunt = row // self.samples
            by_text[(*self.hunts[hunt].tokens, *self.parents[row].answer.tokens)] = pushed[hunt]
        written = 0

        def adjust(texts: Sequence[Sequence[int]], logits: Tensor) -> Tensor:
            """Rows are told by the text that they began with; searches that share it share what is pushed."""
            nonlocal written
            lowered = logits.float().clone()
            for b, text in enumerate(texts):
                if counts := by_text[tuple(text[: len(text) - written])]:
                    tokens = torch.tensor(list(counts), device=logits.device)
                    shares = torch.tensor(list(counts.values()), device=logits.device) / self.samples
                    lowered[b, tokens] -= self.writer.config.push * shares
            written += 1
            return lowered

        return adjust


def choose(rule: Rule, ended: Sequence[Candidate], drawn: Sequence[Candidate], beams: int) -> list[Candidate]:
    """The candidates of one prompt that go on, best first; none where all of them overdraw the budget.

    Where the critic rejects all, those within the budget go on that it thinks the safest.
    """
    pool = [*ended, *drawn]
    admitted = [each for each, good in zip(pool, rule.admits(pool), strict=True) if good]
    if admitted or not rule.guards:
        return sorted(admitted, key=rule.score, reverse=True)[:beams]
    return sorted((each for each in pool if within(each.left)), key=lambda each: each.chance, reverse=True)[:beams]


def rejected_tokens(writer: Writer, rejected: Sequence[Candidate], before: Sequence[Candidate]) -> Counter[int]:
    """In how many rejected blocks each token stood; what ends a text or has no letter or digit does not count."""
    start = len(before[0].answer.tokens)
    ends = end_tokens(writer.model)
    counts: Counter[int] = Counter()
    for each in rejected:
        counts.update(set(each.answer.tokens[start:]) - ends)
    if writer.tokenizer is not None:
        for token in list(counts):
            if not any(letter.isalnum() for letter in writer.tokenizer.decode([token])):
                del counts[token]
    return counts


def collect(
    writer: Writer,
    hunts: Sequence[Hunt],
    *,
    length: int,
    seed: int = 0,
    usage: Usage | None = None,
    begun: Sequence[Answer] | None = None,
) -> Samples:
    """Let the model write one answer for each hunt on its own, and keep what a critic learns from.

    Args:
        writer: Of the blocks.
        hunts: A row each; a prompt with several rollouts comes several times.
        length: Tokens of an answer, at most.
        seed: Of the samples.
        usage: To count on.
        begun: What stands behind each prompt already, all of one length, charged.
    """
    answers = list(begun) if begun is not None else [Answer(hunt.prompt) for hunt in hunts]
    budgets = [hunt.budget for hunt in hunts]
    prompts = [(*hunt.tokens, *answer.tokens) for hunt, answer in zip(hunts, answers, strict=True)]
    branches = Branches.read(writer.model, prompts, method=TITLE, usage=usage, keeps_states=True)
    numbers = {name: number for number, name in enumerate(dict.fromkeys(hunt.tokens for hunt in hunts))}
    rows = list(range(len(hunts)))
    seen: list[tuple[int, Tensor, float, float, float]] = []
    step = 0
    while rows:
        new = writer.write(
            branches, [answers[row] for row in rows], [budgets[row] for row in rows], length=length,
            seed=seed * 1_000_003 + step,
        )  # fmt: skip
        for row, each in zip(rows, new, strict=True):
            answers[row] = each.answer
        going = [b for b, each in enumerate(new) if not each.answer.ended]
        if not going:
            break
        branches = branches.select(going)
        states = branches.states.float().cpu()
        rows = [rows[b] for b in going]
        for b, row in enumerate(rows):
            each = new[going[b]]
            time = len(each.answer.tokens) / length
            seen.append((row, states[b], share_left(each.left, budgets[row]), time, each.value))
        step += 1
    if not seen:
        raise ValueError(f"no answer was longer than a block of {writer.config.block} tokens: nothing to learn from")
    finals = writer.rewards(answers)
    safe = [
        within(budget_left(budget, each.costs, writer.config.discount))
        for budget, each in zip(budgets, answers, strict=True)
    ]
    return Samples(
        states=torch.stack([state for _, state, *_ in seen]),
        left=torch.tensor([left for _, _, left, _, _ in seen]),
        time=torch.tensor([time for *_, time, _ in seen]),
        safe=torch.tensor([float(safe[row]) for row, *_ in seen]),
        rest=torch.tensor([finals[row] - so_far for row, _, _, _, so_far in seen]),
        prompts=torch.tensor([numbers[hunts[row].tokens] for row, *_ in seen]),
        rollouts=torch.tensor([row for row, *_ in seen]),
        ends=tuple(safe),
    )
