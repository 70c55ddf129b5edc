"""Small models that learn one kind of puzzle here: one sees the picture, the other reads the caption or does not."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from assay.methods.evaluation.puzzle_vqa import Puzzle

SIDE = 64
"""Pixels of a picture, each way."""


class Sight(nn.Module):
    """Three convolutions and a head that knows where in the picture something is."""

    def __init__(self, answers: int) -> None:
        super().__init__()
        widths = (3, 16, 32, 32)
        layers = [each for a, b in pairwise(widths)
                  for each in (nn.Conv2d(a, b, 3, stride=2, padding=1), nn.ReLU())]  # fmt: skip
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Linear(32 * 64, 64), nn.ReLU(), nn.Linear(64, answers))

    def forward(self, images: Tensor) -> Tensor:
        """[n, 3, 64, 64] to logits [n, answers]."""
        logits: Tensor = self.body(images)
        return logits


class Reader(nn.Module):
    """A transformer over the words of a caption."""

    def __init__(self, words: int, length: int, answers: int, width: int = 64) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(words, width), nn.Parameter(0.1 * torch.randn(length, width))
        layer = nn.TransformerEncoderLayer(width, 4, 2 * width, dropout=0.0, batch_first=True, norm_first=True)
        self.body = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(width, answers)

    def forward(self, ids: Tensor) -> Tensor:
        """[n, length] to logits [n, answers]."""
        logits: Tensor = self.head(self.body(self.words(ids) + self.places).mean(1))
        return logits


def pictures(puzzles: Sequence[Puzzle]) -> Tensor:
    """[puzzles, 3, 64, 64], from -1 to 1."""
    stacked = np.stack([np.asarray(puzzle.image(SIDE)) for puzzle in puzzles])
    return torch.tensor(stacked).permute(0, 3, 1, 2).float() / 127.5 - 1


def words(puzzles: Sequence[Puzzle], known: Sequence[str], *, blind: bool = False) -> Tensor:
    """[puzzles, length]: the words of captions by their numbers in `known`; all 0 for who is not shown them."""
    ids = torch.tensor([[known.index(word) for word in split(puzzle)] for puzzle in puzzles])
    return torch.zeros_like(ids) if blind else ids


def split(puzzle: Puzzle) -> list[str]:
    """The words of a caption."""
    return puzzle.caption.replace(",", "").replace(".", "").split()


def learn(
    make: Callable[[], nn.Module],
    inputs: Tensor,
    answers: Tensor,
    *,
    epochs: int,
    seed: int,
    look: Callable[[nn.Module], None],
    rate: float = 1e-3,
) -> None:
    """Train a model from a seed, and look at it after each epoch."""
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = make()
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    for _ in range(epochs):
        model.train()
        for batch in torch.randperm(len(inputs), generator=generator).split(32):
            optimiser.zero_grad()
            cross_entropy(model(inputs[batch]), answers[batch]).backward()
            optimiser.step()
        model.eval()
        look(model)


@torch.no_grad()
def by_format(model: nn.Module, inputs: Tensor, puzzles: Sequence[Puzzle], names: Sequence[str]) -> tuple[float, float]:
    """Per cent right of the same logits: over all answers, and over each puzzle's options alone."""
    logits = torch.cat([model(part) for part in inputs.split(256)])
    right = torch.tensor([names.index(puzzle.answer) for puzzle in puzzles])
    among = torch.full_like(logits, -torch.inf)
    for place, puzzle in enumerate(puzzles):
        among[place, [names.index(option) for option in puzzle.choices]] = 0.0
    return _share(logits.argmax(1) == right), _share((logits + among).argmax(1) == right)


def sight(answers: int) -> Callable[[], nn.Module]:
    """What makes a model that sees."""
    return partial(Sight, answers)


def reader(vocabulary: int, length: int, answers: int) -> Callable[[], nn.Module]:
    """What makes a model that reads."""
    return partial(Reader, vocabulary, length, answers)


def _share(flags: Tensor) -> float:
    return 100.0 * float(flags.float().mean())
