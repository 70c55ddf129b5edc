"""Handwritten digits that are described in sentences, and sentences that ask for a digit to be drawn.

A description tells five things, ``this is a bold seven that leans to the left , drawn wide , with most of its ink at
the top``, and a request two of them, ``draw an odd digit that leans to the left``: much is left open, as it is by
requests for pictures. Were all told, there would be nothing to choose, and one step would draw as well as many. Which
digit it is comes from its label; all else is measured, and so can be measured of an image that a model drew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import torch
from torch import Tensor

from assay.testbed.images import Digits

TRAITS = {
    "digit": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "ink": ("thin", "plain", "bold"),
    "lean": ("right", "upright", "left"),
    "width": ("narrow", "wide"),
    "weight": ("top", "bottom"),
}
"""What is told of an image, and the words for it, from little to much."""
_PARITY = ("even", "odd")
_LEANS = ("leans to the right", "stands upright", "leans to the left")


def description(traits: Sequence[int]) -> list[str]:
    """What one says of an image with these traits, in words; the number of words depends on them."""
    digit, ink, _, width, weight = (words[at] for words, at in zip(TRAITS.values(), traits, strict=True))
    lean = _LEANS[traits[2]]
    return f"this is a {ink} {digit} that {lean} , drawn {width} , with most of its ink at the {weight}".split()


def request(traits: Sequence[int]) -> list[str]:
    """What one says to have such an image drawn, in words: its digit is odd or even, and leans this way."""
    return f"draw an {_PARITY[traits[0] % 2]} digit that {_LEANS[traits[2]]}".split()


def asked_for(traits: Tensor) -> Tensor:
    """(n, 2) what a request says of images with traits (n, 5)."""
    return torch.stack([traits[:, 0] % 2, traits[:, 2]], dim=1)


_OTHERS = "this is a that leans stands to the , drawn with most of its ink at draw an digit"
WORDS = tuple(dict.fromkeys([*_OTHERS.split(), *chain(*TRAITS.values()), *_PARITY]))
"""All words of all sentences."""
LONGEST = len(description((0, 0, 0, 0, 0)))
"""Words of a description, at most."""


def traits_told(words: Sequence[str]) -> list[int]:
    """What a description says of an image; -1 for a trait of which it says nothing, or two things."""
    told = [{names.index(word) for word in words if word in names} for names in TRAITS.values()]
    return [each.pop() if len(each) == 1 else -1 for each in told]


@dataclass(frozen=True)
class DigitJudge:
    """Tells the traits of images, by digits whose labels are known: what is much ink is more than most of them have."""

    known: Digits
    levels: int
    """Of grey, into which all images are cut."""

    def codes(self, digits: Digits) -> Tensor:
        """Levels (n, 64) of real digits, from 0 on."""
        return digits.images.flatten(1).mul(self.levels - 1).round().long()

    def traits_of(self, digits: Digits) -> Tensor:
        """(n, 5) of real digits: each is what its label says."""
        return torch.cat([digits.labels[:, None], self._measured(self.codes(digits))], dim=1)

    def traits(self, codes: Tensor) -> Tensor:
        """(n, 5) of images (n, 64) that somebody drew: which digit each is, a classifier says."""
        pixels = codes.cpu() / (self.levels - 1)
        labels = torch.as_tensor(self._classifier.predict(pixels.numpy()))
        return torch.cat([labels[:, None], self._measured(codes.cpu())], dim=1)

    @cached_property
    def _classifier(self) -> Any:
        """A support vector machine: 98 % of other real digits right."""
        from sklearn.svm import SVC  # type: ignore[import-untyped]  # noqa: PLC0415 - slow to import

        return SVC().fit((self.codes(self.known) / (self.levels - 1)).numpy(), self.known.labels.numpy())

    @cached_property
    def _bounds(self) -> list[Tensor]:
        """Between the words for each measure, so that each is as frequent among the known digits."""
        counts = [len(words) for words in list(TRAITS.values())[1:]]
        measures = _measures(self.codes(self.known))
        return [
            torch.quantile(values, torch.arange(1, count).double() / count)
            for values, count in zip(measures.T, counts, strict=True)
        ]

    def _measured(self, codes: Tensor) -> Tensor:
        """(n, 4)."""
        columns = zip(self._bounds, _measures(codes).T.contiguous(), strict=True)
        return torch.stack([torch.bucketize(values, bounds) for bounds, values in columns], dim=1)


def _measures(codes: Tensor) -> Tensor:
    """(n, 4) ink, columns to the right for each row down, spread over columns, mean row; zeros where nothing is."""
    grey = codes.double().view(-1, 8, 8)
    ink = grey.sum((1, 2)).clamp(min=1e-9)
    places = torch.arange(8).double()
    rows, columns = grey.sum(2), grey.sum(1)
    row, column = rows @ places / ink, columns @ places / ink
    down, right = places - row[:, None], places - column[:, None]
    along = torch.einsum("nrc,nr,nc->n", grey, down, right)
    lean = along / (rows * down**2).sum(1).clamp(min=1e-9)
    return torch.stack([ink, lean, ((columns * right**2).sum(1) / ink).sqrt(), row], dim=1)
