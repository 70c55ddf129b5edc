"""Learn from labelled summaries which words of a sentence go with which of its figures."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.claims.context import Figure, Sentence
from assay.claims.weighing.attachment import KINDS, MOST, Attachment, Learnt, words_of
from assay.claims.weighing.cues import cues
from assay.claims.weighing.signs import partners

STEPS = 150
_RATE = 0.05
_DECAY = 1e-4
_CHOICE = 0.3
"""What the choice among the paper's figures counts in the loss beside whether the figure is of something else."""
_FEWEST = 5
"""Words beside figures that have a cue which is learnt from."""
_PLAINLY = -3.0
"""Two figures that fit so much worse the other way round stand right, and are not pulled farther; as if alone."""
NOTHING = Learnt({}, 0.0, dict.fromkeys(KINDS, 0.0))
"""Before anything is learnt."""
_BETWEEN, _A_STEP = -1.0, -0.3
"""What a figure between, and a step farther away, add to a logit before anything is learnt."""


class LineUp(NamedTuple):
    """A labelled figure of a summary with the paper's of its value, and others that it may have been taken from."""

    abstract: Sequence[Figure]
    """The paper's figures."""
    figure: Figure
    reference: Figure
    rivals: list[Figure]
    is_amiss: bool
    """Whether the paper's figure is of something else."""


def learn(line_ups: Sequence[LineUp]) -> Learnt:
    """What each cue says of a word's going with a figure, learnt from end to end.

    A figure fits one of the paper by the words that go with both. Where it is right, it must fit that better than the
    rivals; where it is of something else, one of the rivals better.
    """
    torch.manual_seed(0)
    table = _Table()
    for number, line_up in enumerate(line_ups):
        table.add(number, line_up)
    model = _Model(table, torch.tensor([each.is_amiss for each in line_ups]))
    optimizer = torch.optim.Adam(model.parameters(), lr=_RATE)
    for _ in range(STEPS):
        loss = model.loss()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return model.learnt()


def written(learnt: Learnt) -> bytes:
    """The file that Assay reads."""
    rounded = {name: round(value, 3) for name, value in sorted(learnt.cues.items()) if abs(value) >= 0.001}
    kinds = {name: round(value, 3) for name, value in learnt.kinds.items()}
    whole = {"cues": rounded, "none": round(learnt.none, 3), "kinds": kinds}
    return (json.dumps(whole, ensure_ascii=False, indent=0) + "\n").encode()


@dataclass
class _Table:
    """Line-ups as numbers: words beside figures with their cues, pairs of figures by the words that both have."""

    cues: dict[str, int] = field(default_factory=dict)
    beside: list[list[int]] = field(default_factory=list)
    """The cues of a place of a word beside a figure."""
    cells: list[int] = field(default_factory=list)
    """The cell, a word with a figure, that each of those is a place of."""
    words: list[int] = field(default_factory=list)
    """The word of each cell: its figures share it out."""
    shared: list[tuple[int, int, int, int]] = field(default_factory=list)
    """Pair, the cells of both sides, and the kind of the word that they share."""
    rarity: list[float] = field(default_factory=list)
    """Of those words."""
    candidates: list[tuple[int, int, bool]] = field(default_factory=list)
    """Line-up, pair, and whether it is the paper's figure of the same value."""
    swaps: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    """Line-up, and the pairs of figure and reference, partner and rival, figure and rival, partner and reference."""
    _cell_of: dict[tuple[Sentence, str], int] = field(default_factory=dict)
    _pair_of: dict[tuple[Figure, Figure], int] = field(default_factory=dict)
    _words: int = 0

    def add(self, number: int, up: LineUp) -> None:
        """Take in a line-up."""
        abstract = Attachment(up.abstract, NOTHING)
        own = self._pair(abstract, up.figure, up.reference)
        self.candidates.append((number, own, True))
        for rival in up.rivals:
            other = self._pair(abstract, up.figure, rival)
            self.candidates.append((number, other, False))
            for partner in partners(up.figure, rival):
                along, across = (self._pair(abstract, partner, each) for each in (rival, up.reference))
                self.swaps.append((number, own, along, other, across))

    def _pair(self, abstract: Attachment, figure: Figure, reference: Figure) -> int:
        pair = figure, reference
        if pair not in self._pair_of:
            number = self._pair_of[pair] = len(self._pair_of)
            theirs = words_of(reference.sentence)
            for key in words_of(figure.sentence):
                if key in theirs:
                    ours, its = (self._cell(each, key) for each in pair)
                    self.shared.append((number, ours, its, KINDS.index(key[0])))
                    self.rarity.append(abstract.rarity(key))
        return self._pair_of[pair]

    def _cell(self, figure: Figure, key: str) -> int:
        sentence = figure.sentence
        if (sentence, key) not in self._cell_of:
            first = self._cell_of[sentence, key] = len(self.words)
            self.words += [self._words] * len(sentence.figures)
            self._words += 1
            for place in words_of(sentence)[key]:
                for number in range(len(sentence.figures)):
                    self.cells.append(first + number)
                    self.beside.append([self._cue(each) for each in cues(sentence, place, number)])
        return self._cell_of[sentence, key] + sentence.figures.index(figure)

    def _cue(self, name: str) -> int:
        return self.cues.setdefault(name, len(self.cues))

    @property
    def pairs(self) -> int:
        """How many pairs of figures there are."""
        return len(self._pair_of)


class _Model(nn.Module):
    """Shares words out among figures, and fits figures by the words that go with both."""

    def __init__(self, table: _Table, is_amiss: Tensor) -> None:
        super().__init__()
        self.table, self.is_amiss = table, is_amiss
        self.weight = nn.EmbeddingBag(len(table.cues), 1, mode="sum")
        self.at_first = torch.tensor([[_at_first(name)] for name in table.cues])
        nn.init.zeros_(self.weight.weight)
        self.kinds, self.none = nn.Parameter(torch.zeros(len(KINDS))), nn.Parameter(torch.zeros(()))
        self.scale, self.head = nn.Parameter(torch.zeros(())), nn.Parameter(torch.tensor([1.0, 1.0, -1.0, -1.0]))
        lengths = torch.tensor([0, *(len(each) for each in table.beside)])
        self.bag, self.starts = _numbers(cue for each in table.beside for cue in each), lengths.cumsum(0)[:-1]
        self.cells, self.words = _numbers(table.cells), _numbers(table.words)
        self.shared = [_numbers(each[at] for each in table.shared) for at in range(4)]
        self.rarity = torch.tensor(table.rarity)
        self.line_up, self.pair = (_numbers(each[at] for each in table.candidates) for at in range(2))
        self.is_own = torch.tensor([each[2] for each in table.candidates])
        self.swapped = torch.tensor(table.swaps, dtype=torch.long).reshape(-1, 5)

    def _fits(self) -> Tensor:
        """How well the figures of each pair fit."""
        values = functional.embedding_bag(self.bag, self.weight.weight + self.at_first, self.starts, mode="sum")[:, 0]
        logits = torch.full((len(self.words),), -MOST).scatter_reduce(0, self.cells, values, "amax")
        likely = logits.clamp(max=MOST).exp()
        total = torch.zeros(len(self.words)).index_add(0, self.words, likely) + self.none.exp()
        shares = likely / total[self.words]
        pair, ours, theirs, kind = self.shared
        both = shares[ours] * shares[theirs] * self.rarity * self.kinds.exp()[kind]
        return torch.zeros(self.table.pairs).index_add(0, pair, both)

    def loss(self) -> Tensor:
        """Of the choice among the paper's figures, and of whether the figure is of something else."""
        fits, count = self._fits(), len(self.is_amiss)
        of = fits[self.pair]
        own = torch.zeros(count).index_add(0, self.line_up[self.is_own], of[self.is_own])
        rivals = self.line_up[~self.is_own]
        most = torch.zeros(count).scatter_reduce(0, rivals, of[~self.is_own], "amax")
        number, straight, along, other, across = self.swapped.T
        swap = fits[other] + fits[across] - fits[straight] - fits[along]
        swap = torch.full((count,), _PLAINLY).scatter_reduce(0, number, swap, "amax")
        logit = self.head[0] * (most - own) + self.head[1] * swap + self.head[2] * own + self.head[3]
        told = torch.zeros(count, dtype=torch.bool).index_fill(0, rivals, value=True)
        scaled = self.scale.exp() * of
        highest = torch.zeros(count).scatter_reduce(0, self.line_up, scaled.detach(), "amax")
        odds = (scaled - highest[self.line_up]).exp()
        total = torch.zeros(count).index_add(0, self.line_up, odds)
        right = torch.zeros(count).index_add(0, self.line_up[self.is_own], odds[self.is_own]) / total
        chosen = torch.where(self.is_amiss, 1 - right, right).clamp(1e-5)
        binary = functional.binary_cross_entropy_with_logits(logit[told], self.is_amiss[told].float())
        decay = _DECAY * (self.weight.weight**2).sum()
        return binary - _CHOICE * chosen[told].log().mean() + decay

    @torch.no_grad()
    def learnt(self) -> Learnt:
        """What Assay reads, of cues that are seen often enough."""
        seen = torch.bincount(self.bag, minlength=len(self.table.cues)).tolist()
        often = torch.tensor([count >= _FEWEST for count in seen])[:, None]
        weights = (torch.where(often, self.weight.weight, 0.0) + self.at_first)[:, 0].tolist()
        kinds = dict(zip(KINDS, self.kinds.exp().tolist(), strict=True))
        return Learnt(dict(zip(self.table.cues, weights, strict=True)), float(self.none), kinds)


def _at_first(cue: str) -> float:
    _, what, much, *more = cue.split()
    if what == "step":
        return 0.0 if more else _A_STEP * int(much)
    return _BETWEEN * int(much) if much.isdigit() else 0.0


def _numbers(values: Iterable[int]) -> Tensor:
    return torch.tensor(list(values), dtype=torch.long)
