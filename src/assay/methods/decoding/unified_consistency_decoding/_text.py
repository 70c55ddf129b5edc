"""Consistency distillation of text: from any state of a block the model learns to foresee what its refining ends in.

An answer and the states of its blocks go through one pass as one row: prompt and answer first, then of each block the
state that was drawn, and the end of its segment where that is not the answer itself. A mask lets each state see the
text before its block and itself alone, so that it is computed as if it stood there. The prompt is read once for all.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from assay.methods._branches import REARRANGEABLE, refuse_model
from assay.methods._traits import Trait, refuse_traits
from assay.methods.decoding.unified_consistency_decoding._jacobi import Block, JacobiAnswer
from assay.methods.decoding.unified_consistency_decoding._masks import additive

_METHOD = "Consistency distillation"


@dataclass(frozen=True)
class Leap:
    """A state of a block, and the end of its segment, which is to be foreseen from it."""

    block: Block
    at: int
    end: int

    @property
    def state(self) -> list[int]:
        """What the block had come to."""
        return self.block.states[self.at]

    @property
    def target(self) -> list[int]:
        """What it came to at the end of the segment."""
        return self.block.states[self.end]

    @property
    def is_to_the_answer(self) -> bool:
        """Whether the segment ends in what greedy decoding writes."""
        return self.end == len(self.block.states) - 1

    @property
    def places(self) -> range:
        """Places of the block that count: behind the first token in which state and target differ."""
        first = next(at for at, (a, b) in enumerate(zip(self.state, self.target, strict=True)) if a != b)
        return range(first + 1, len(self.state))


@dataclass(frozen=True)
class TextLoss:
    """The two parts of the loss and their sum, each a scalar in nats a token."""

    loss: Tensor
    """``consistency + ar_weight * ar``."""
    consistency: Tensor
    """Soft cross-entropy of the model at a state against itself at the segment's end; 0 where nothing was to leap."""
    ar: Tensor
    """Cross-entropy of the answers, which keeps the model what it is."""


@dataclass(frozen=True)
class TextConsistency:
    """The loss of a model's text on its own trajectories; called with the model and some of its `JacobiAnswer`."""

    segments: int = 4  # official code, 512 pixels, first stage; 1 in the last
    """Into which the refining of each block is cut."""
    ar_weight: float = 10.0  # official code
    """Of the answer's own cross-entropy beside the consistency."""
    most_repeats: int = 10  # official code drops blocks in which a token stands ten times
    """Blocks whose answer has a token so often are no lesson."""

    def __post_init__(self) -> None:
        if self.segments < 1:
            raise ValueError(f"segments is {self.segments}: give 1 or more")
        if not self.ar_weight >= 0:
            raise ValueError(f"ar_weight is {self.ar_weight}: give 0 or more")
        if self.most_repeats < 2:
            raise ValueError(f"most_repeats is {self.most_repeats}: give 2 or more")

    def __call__(self, model: Any, answers: Sequence[JacobiAnswer], *, seed: int = 0) -> TextLoss:
        """The loss, with a graph to the model's weights; a state of each block is drawn.

        Args:
            model: A decoder-only model of transformers with full attention, or PEFT's around one.
            answers: That the model wrote before it was taught.
            seed: Of the draw: another one each step.

        Raises:
            ValueError: There is no answer, one without tokens, or the model cannot be read in rows of states.
        """
        return self.of_leaps(model, answers, self.draw(answers, seed=seed))

    def draw(self, answers: Sequence[JacobiAnswer], *, seed: int) -> list[list[Leap]]:
        """A leap of each block that has more than one state, answer by answer."""
        draw = random.Random(seed)  # noqa: S311 - a draw, not a secret
        return [
            [self._leap(block, draw) for block in answer.blocks if len(block.states) > 1 and not self._repeats(block)]
            for answer in answers
        ]

    def of_leaps(self, model: Any, answers: Sequence[JacobiAnswer], leaps: Sequence[Sequence[Leap]]) -> TextLoss:
        """The loss of leaps that were drawn before; `draw` and errors as in a call."""
        _refuse(model, answers)
        rows = [_Row(answer, its) for answer, its in zip(answers, leaps, strict=True)]
        logits = _read(model, rows)
        at = _indices(rows, logits.device)
        ar = cross_entropy(logits[at["row"], at["before"]].float(), at["token"])
        consistency = ar.new_zeros(())
        if len(at["state"]):
            target = logits[at["leap_row"], at["target"]].detach().float().softmax(-1)
            consistency = cross_entropy(logits[at["leap_row"], at["state"]].float(), target)
        return TextLoss(consistency + self.ar_weight * ar, consistency, ar)

    def _leap(self, block: Block, draw: random.Random) -> Leap:
        last = len(block.states) - 1
        at = draw.randrange(last)
        return Leap(block, at, segment_end(at, last, self.segments))

    def _repeats(self, block: Block) -> bool:
        return Counter(block.states[-1]).most_common(1)[0][1] >= self.most_repeats


def segment_end(at: int, last: int, segments: int) -> int:
    """The end of the segment that state `at` lies in, of states 0 to `last` in so many segments of like length."""
    return next(end for part in range(segments) if (end := ceil((part + 1) * last / segments)) > at)


@dataclass
class _Row:
    """An answer and its leaps in one row: tokens, positions, who sees whom, and what is to be compared."""

    answer: JacobiAnswer
    leaps: Sequence[Leap]
    ids: list[int] = field(init=False)
    positions: list[int] = field(init=False)
    sees: Tensor = field(init=False)
    """(S, S)"""
    pairs: list[tuple[int, int]] = field(default_factory=list)
    """Places whose logits are to be alike: behind a state, behind its target."""

    def __post_init__(self) -> None:
        prompt = len(self.answer.prompt)
        self.ids = [*self.answer.prompt, *self.answer.tokens]
        self.positions = list(range(len(self.ids)))
        whole = len(self.ids)
        size = whole + sum(len(leap.state) * (1 if leap.is_to_the_answer else 2) for leap in self.leaps)
        self.sees = torch.zeros(size, size, dtype=torch.bool)
        self.sees[:whole, :whole] = torch.ones(whole, whole).tril().bool()
        for start, end in self.answer.images:
            self.sees[start:end, start:end] = True
        for leap in self.leaps:
            start = prompt + leap.block.start
            state = self._add(leap.state, start)
            target = start if leap.is_to_the_answer else self._add(leap.target, start)
            self.pairs += [(state + place - 1, target + place - 1) for place in leap.places]

    def _add(self, tokens: Sequence[int], start: int) -> int:
        """Put a state behind all else, to be read as if it stood at `start`; returns its place."""
        at, end = len(self.ids), len(self.ids) + len(tokens)
        self.ids += tokens
        self.positions += range(start, start + len(tokens))
        self.sees[at:end, :start] = True
        self.sees[at:end, at:end] = torch.ones(len(tokens), len(tokens)).tril().bool()
        return at


def _read(model: Any, rows: Sequence[_Row]) -> Tensor:
    """Logits (B, S, vocabulary) of all rows in one pass; what fills up a shorter row sees itself alone."""
    longest = max(len(row.ids) for row in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    positions = torch.zeros_like(ids)
    sees = torch.eye(longest, dtype=torch.bool).repeat(len(rows), 1, 1)
    for b, row in enumerate(rows):
        size = len(row.ids)
        ids[b, :size], positions[b, :size] = torch.tensor(row.ids), torch.tensor(row.positions)
        sees[b, :size, :size] = row.sees
    device = model.device
    logits: Tensor = model(
        input_ids=ids.to(device),
        position_ids=positions.to(device),
        attention_mask=additive(sees.to(device), model.dtype),
        use_cache=False,
    ).logits
    return logits


def _indices(rows: Sequence[_Row], device: torch.device) -> dict[str, Tensor]:
    """Of each token of an answer its row, the place before it and itself; of each pair its row and both places."""
    tokens = [
        (b, len(row.answer.prompt) + place - 1, token)
        for b, row in enumerate(rows)
        for place, token in enumerate(row.answer.tokens)
    ]
    pairs = [(b, *pair) for b, row in enumerate(rows) for pair in row.pairs]
    columns = {
        **dict(zip(("row", "before", "token"), zip(*tokens, strict=True), strict=True)),
        **dict(zip(("leap_row", "state", "target"), zip(*pairs, strict=True) if pairs else ((), (), ()), strict=True)),
    }
    return {name: torch.tensor(column, dtype=torch.long, device=device) for name, column in columns.items()}


def _refuse(model: Any, answers: Sequence[JacobiAnswer]) -> None:
    """Nothing to learn from, and models whose layers would not heed the mask."""
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    refuse_model(base, method=_METHOD)
    refuse_traits(base, method=_METHOD, supports=REARRANGEABLE - {Trait.SLIDING})
    if not answers or not all(answer.tokens for answer in answers):
        raise ValueError(
            f"{_METHOD} needs answers of a token at least: {[len(each.tokens) for each in answers]} tokens"
        )
