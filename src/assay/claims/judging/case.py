"""A figure of a summary beside the paper's figure of the same value: what either is said to be of."""

import re
from dataclasses import dataclass

from assay.claims.context import Figure
from assay.claims.meanings import things
from assay.claims.meanings.counting import is_raw
from assay.claims.naming.named import VARIANT, are_one, same
from assay.claims.numbers.agreement import agreement, are_of_one_unit
from assay.claims.source import Source

_HANGUL = re.compile(r"[가-힣]")


def is_in_korean(figure: Figure) -> bool:
    """Whether the sentence of a figure is in Korean."""
    return _HANGUL.search(figure.sentence.words) is not None


@dataclass(frozen=True)
class Disagreement:
    """In what two sentences that give one figure disagree."""

    field: str
    """One of metric, data set, method, side, name, size, count, comparison, end, direction, denial, bound, kind,
    context; a side is what is compared, or what it is compared with."""
    ours: str
    """What the summary gives it of."""
    theirs: str
    """What the paper gives it of."""
    rival: Figure | None = None
    """The paper's figure of what the summary gives it of, where that is known."""


class Case:
    """A figure of a summary and one of the paper that has its value."""

    def __init__(self, figure: Figure, reference: Figure, source: Source) -> None:
        self.figure, self.reference, self.source = figure, reference, source
        self.ours, self.theirs = source.reader.read(figure), source.reader.read(reference)

    def has_figure(self, thing: str) -> bool:
        """Whether the paper ties a thing to another figure than this one."""
        return any(
            are_of_one_unit(other.amount, self.reference.amount) and not agreement(self.figure.amount, other.amount)
            for name, others in self.source.figures_of.items()
            if name == thing or (not _is_exact(thing) and not _is_exact(name) and are_one(name, thing))
            for other in others
        )

    def has_level(self, name: str) -> bool:
        """Whether the paper gives a level of a name, another one than this figure, in its unit."""
        return any(
            are_of_one_unit(other.amount, self.reference.amount)
            and not other.is_change
            and not agreement(self.figure.amount, other.amount)
            for other in self.source.figures_of.get(name, ())
        )

    def are_one(self, name: str, other: str) -> bool:
        """Whether two names may be of one thing: one is a part of the other, and the paper has no level of each."""
        both = {name, other} <= self.source.figures_of.keys() and not self.is_change
        return name == other or (are_one(name, other) and (not both or self._is_completed(name, other)))

    def _is_completed(self, name: str, other: str) -> bool:
        """Whether the summary says elsewhere what makes one name the other: ``in Gullwing ... on the full set``."""
        rest = other.removeprefix(name).strip("-")
        return rest != other and len(rest) > 2 and rest in same(self.figure.sentence.words).replace(other, "")

    def is_exchanged_with(self, rival: Figure) -> bool:
        """Whether the summary gives the value of another figure of the paper beside this one."""
        if agreement(self.figure.amount, rival.amount):
            return False
        return any(agreement(other.amount, rival.amount) for other in self.figure.sentence.figures)

    def counts_exchanged(self) -> bool:
        """Whether the summary counts what the paper counts here by the number of another thing of the sentence."""
        read, thing = self.source.reader.read, self.theirs.counted
        if not thing or self.ours.counted == thing or self.figure.is_elliptical:
            return False
        for other in self.figure.sentence.figures:
            if other is self.figure or not other.is_number or read(other).counted != thing:
                continue
            if agreement(other.amount, self.reference.amount):
                continue
            is_rare = other.amount.high >= RARE
            rivals = [each for _, each in self.source.abstract()] if is_rare else self.reference.sentence.figures
            for rival in rivals:
                if rival.is_number and agreement(other.amount, rival.amount) and read(rival).counted not in {"", thing}:
                    return True
        return False

    @property
    def counts_something_else(self) -> bool:
        """Whether it is a bare number that does not, as far as can be told, count the same."""
        is_count = self.figure.is_number and self.reference.is_number
        return is_count and not things.count_alike(self.ours.counted, self.theirs.counted)

    @property
    def may_count_the_same(self) -> bool:
        """Whether either side leaves open what a bare number counts."""
        return not self.ours.counted or not self.theirs.counted

    @property
    def is_in_points(self) -> bool:
        """Whether both sides give points, or the paper a change with its sign: ``+27.2%``."""
        units = {self.figure.amount.unit, self.reference.amount.unit}
        return units == {"points"} or (units == {"%"} and self.reference.quantity.sign == "+")

    @property
    def is_setting(self) -> bool:
        """Whether it is set and not measured, on either side: ``at a 5% budget``."""
        return self.figure.is_setting or self.reference.is_setting

    @property
    def is_change(self) -> bool:
        """Whether the figure tells a change, on either side."""
        return any(each.is_change or each.amount.unit == "x" for each in (self.figure, self.reference))


def _is_exact(thing: str) -> bool:
    """Whether a key is no name that may be written longer or shorter."""
    return thing in things.ALL or is_raw(thing) or thing.startswith(VARIANT)


RARE = 100
"""A count from which on two are hardly equal by chance."""
