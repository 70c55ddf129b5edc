"""Whether two figures may be of one thing, as far as their form and the words around them tell."""

import re
from decimal import Decimal

from assay.claims.context import Figure, Sentence
from assay.claims.meanings.counting import is_slip
from assay.claims.numbers.agreement import Agreement, Amount
from assay.claims.numbers.sorts import Sort


def are_alike(ours: Amount, theirs: Amount) -> bool:
    """Whether two amounts that differ may be of one thing, as far as unit, form and order of size tell."""
    return (
        ours.sort == theirs.sort
        and ours.sort in {Sort.FIGURE, Sort.SIZE}
        and ours.unit == theirs.unit
        and (ours.low == ours.high) == (theirs.low == theirs.high)
        and (ours.grain >= 1) == (theirs.grain >= 1)
        and (ours.bound == theirs.bound or "at most" not in {ours.bound, theirs.bound})
        and ours.high != theirs.high
        and bool(theirs.high)
        and not is_within(ours, theirs)
        and (Decimal("0.5") <= ours.high / theirs.high <= 2 or have_same_digits(ours.high, theirs.high))
    )


def is_within(ours: Amount, theirs: Amount) -> bool:
    """Whether an amount keeps to the bound that the paper gives: 2.07 to *more than two*."""
    if ours.bound == theirs.bound or is_slip(ours.high, theirs.high):
        return False
    return (theirs.bound == "at least" and ours.low > theirs.high) or (
        theirs.bound == "at most" and ours.high < theirs.low
    )


def have_same_digits(one: Decimal, other: Decimal) -> bool:
    """Whether two numbers have the same digits in another order: a slip in typing."""
    digits = [sorted(map(str, each.normalize().as_tuple().digits)) for each in (one, other)]
    return digits[0] == digits[1] and one != other


def are_exchanged(ours: Amount, theirs: Amount) -> bool:
    """Whether two amounts have the same digits in another order, or the point in another place.

    Three digits in another order are no accident, nor are two of which only the point has moved.
    """
    if not all(each.grain and each.grain.as_tuple().digits[:1] == (1,) for each in (ours, theirs)):
        return False  # a fraction is written in no digits of its own
    if ours.low < ours.high and theirs.low < theirs.high:
        return (ours.high == theirs.high and have_same_digits(ours.low, theirs.low)) or (
            ours.low == theirs.low and have_same_digits(ours.high, theirs.high)
        )
    if ours.low == ours.high and theirs.low < theirs.high:
        ends = [theirs._replace(low=end, high=end) for end in (theirs.low, theirs.high)]
        return all(end.high != ours.high for end in ends) and any(are_exchanged(ours, end) for end in ends)
    if ours.high == theirs.high or ours.low < ours.high:
        return False
    digits = [str(int(each.high / each.grain)) for each in (ours, theirs)]
    bare = [each.rstrip("0") for each in digits]
    if bare[0] == bare[1]:
        return len(bare[0]) > 1 and max(ours.high, theirs.high) <= _MOST * min(ours.high, theirs.high)
    return min(map(len, digits)) >= _LONG_ENOUGH and sorted(digits[0]) == sorted(digits[1])


_LONG_ENOUGH, _MOST = 3, 1000


def are_two_swapped(ours: Amount, theirs: Amount) -> bool:
    """Whether two amounts of two digits have them the other way round: 6.2 and 2.6. That may be an accident."""
    if not ours.grain or ours.grain != theirs.grain or ours.low < ours.high or theirs.low < theirs.high:
        return False
    digits = [str(int(each.high / each.grain)) for each in (ours, theirs)]
    return len(digits[0]) == len("62") and digits[0] == digits[1][::-1] != digits[1]


# The limits of likeness from which two figures with the same words around them are of one thing, and by how much the
# likest must stand out.
ALIKE = 0.5
CLEARLY = 0.1


def likeness(figure: Figure, reference: Figure) -> float:
    """How alike the surroundings of two figures are, from 0 to 1, by the content words that they share."""
    overlap, close = len(figure.around & reference.around), len(figure.near & reference.near)
    if overlap < 3 or not close:
        return 0.0
    smaller = min(len(figure.around), len(reference.around))
    return (overlap / smaller + 2 * close / (len(figure.near) + len(reference.near))) / 2


def is_about_the_same(figure: Figure, reference: Figure, agrees: Agreement) -> bool:
    """Whether two figures that agree are of the same thing, as far as their agreement leaves that in doubt."""
    if agrees is Agreement.CONVERTED:
        return bool(figure.near & reference.near)
    if agrees is Agreement.WEAK:
        return bool(figure.around & reference.around)
    if is_common(figure, reference):
        unlike = figure.count_noun and reference.count_noun and not set(figure.count_noun) & set(reference.count_noun)
        return len(figure.around & reference.around) > bool(unlike)
    return True


def is_likely_source(figure: Figure, reference: Figure) -> bool:
    """Whether the summary can mean this figure of the full text: it is a rare one, or has a word in common with it.

    A table's words are those of all its lines.
    """
    return len(reference.amount.high.normalize().as_tuple().digits) >= 4 or bool(
        figure.around & reference.sentence.context
    )


def is_common(figure: Figure, reference: Figure) -> bool:
    """Whether two equal figures may be equal by chance: small whole numbers without a unit."""
    return (
        not figure.amount.unit
        and figure.amount.grain == 1
        and reference.amount.high <= 30
        and figure.amount.sort is not Sort.SIZE
    )


def is_mean(figure: Figure) -> bool:
    """Whether a figure is said to be a mean."""
    return re.search(r"\b(?:average|mean|overall)", figure.before[-60:] + figure.after[:40]) is not None


def is_versus(figure: Figure) -> bool:
    """Whether it stands in brackets with another one, so that the words before are of either: ``(0.79 vs. 0.76)``."""
    opened = re.search(r"\([^()]*$", figure.before)
    closed = re.match(r"[^()]*\)", figure.after)
    if opened is None or closed is None:
        return False
    return re.search(r"\s(?:v\.?s?\.?|versus|against)\s", opened[0] + figure.text + closed[0]) is not None


def is_of_what_was_named(figure: Figure) -> bool:
    """Whether it is one of several that a pronoun gives to what was named before: ``lifts them to 0.74 and 0.66``."""
    return _TO_THEM.search(figure.before[-60:]) is not None


_TO_THEM = re.compile(r"\b(?:them|both|these|those)\s(?:up\s|down\s)?(?:to|by|at|from)\s[^;:]{0,40}$")


def sizes(sentence: Sentence) -> set[Decimal]:
    """The model sizes and context lengths that a sentence names."""
    return {figure.amount.high for figure in sentence.figures if figure.amount.sort in {Sort.SIZE, Sort.LENGTH}}


def about(figure: Amount) -> Decimal:
    """A grain that allows for ends that were rounded before the change was worked out."""
    return max(figure.grain, figure.high * Decimal("0.03"))
