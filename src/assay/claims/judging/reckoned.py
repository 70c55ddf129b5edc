"""Figures that follow from counts, sizes and amounts of the paper: products, sums, rests, parts, ratios of sizes.

Each is told as what it is (*in all*, *the other*, *its size*), and follows from figures that belong together: the
summary gives them, or one of them and the paper another that counts the same or shares its words.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import combinations, permutations
from typing import NamedTuple

from assay.claims.context import Figure, Sentence, Text
from assay.claims.judging.derived import Derived, Supported, fits_told, go_together, is_fraction
from assay.claims.numbers.agreement import are_of_one_unit
from assay.claims.numbers.sorts import Sort
from assay.claims.source import Source


class Size(NamedTuple):
    """The size of a model, where it stands alone or in a name."""

    value: Decimal
    sentence: Sentence
    text: Text
    name: str = ""
    """The name that it stands in."""


def named_size(figure: Figure, source: Source) -> Size | None:
    """The size that a name of the paper has: the 0.5B of ``Toy-0.5B``."""
    if figure.amount.sort is not Sort.SIZE or figure.amount.low != figure.amount.high:
        return None
    named = _NAME_BEFORE.search(figure.before)
    bearer = re.split(r"[\d.-]", named[1])[0].lower() if named else ""
    for each in _sizes_in_names(source.texts):
        if each.value == figure.amount.high and each.name.lower().startswith(bearer):
            return each
    return None


_NAME_BEFORE = re.compile(r"(?<![A-Za-z])([A-Z][\w.-]*)\s\(?$")


def _sizes_in_names(texts: Sequence[Text]) -> Iterator[Size]:
    for text in texts:
        for sentence in text.sentences:
            for match in _SIZED.finditer(sentence.words):
                scale = 9 if match["scale"] == "B" else 6
                yield Size(Decimal(match["size"]).scaleb(scale), sentence, text, match[0])


_SIZED = re.compile(r"(?<![\w.-])[A-Za-z][\w.]*(?:-[\w.]+)*?-(?P<size>\d+(?:\.\d+)?)(?P<scale>[BM])(?![A-Za-z0-9])")


def _sizes(texts: Sequence[Text]) -> list[Size]:
    """All sizes of models, in names and alone."""
    alone = [
        Size(figure.amount.high, figure.sentence, text)
        for text in texts
        for figure in text.figures
        if figure.amount.sort is Sort.SIZE and figure.amount.low == figure.amount.high
    ]
    return [*alone, *_sizes_in_names(texts)]


def ratio_of_sizes(figure: Figure, source: Source, texts: Sequence[Text]) -> tuple[Size, str] | None:
    """How many times as large one model of the paper is as another that the summary or the paper sets beside it."""
    told = figure.amount
    clause = figure.before[-40:] + " # " + figure.after[:30]
    if told.unit != "x" or told.low != told.high or told.high <= 1 or not _OF_SIZE.search(clause):
        return None
    known = _sizes(source.texts)
    beside = {each.value for each in _sizes(texts) if each.sentence is figure.sentence} & {each.value for each in known}
    for one, other in permutations(known, 2):
        is_given = one.value in beside and other.value in beside
        is_compared = (
            one.sentence is other.sentence and len(beside) <= 1 and (not beside or beside & {one.value, other.value})
        )
        if other.value > one.value > 0 and (is_given or is_compared) and _is_times(figure, other.value / one.value):
            return other, f"{_short(other.value)} to {_short(one.value)}"
    return None


def _short(value: Decimal) -> str:
    scale = 9 if value >= 10**9 else 6
    return f"{value.scaleb(-scale).normalize():f}{'B' if scale == 9 else 'M'}"


_OF_SIZE = re.compile(
    r"\b(?:size|larger|bigger|smaller|as\s(?:large|big|small)|parameters)\b|큰|크[고다며기]|작|크기|파라미터|규모|덩치"
)


def _is_times(figure: Figure, value: Decimal) -> bool:
    if figure.amount.bound:
        return fits_told(figure, value)
    step = min(figure.amount.grain or Decimal(1), Decimal(1))
    return abs(value - figure.amount.high) * 2 <= max(step, Decimal("0.03") * figure.amount.high)


def product(figure: Figure, supported: Supported) -> Derived | None:
    """What two or three counts that the summary gives make together: 416 pairs of 8 models and 52 tasks."""
    told = figure.amount
    if not figure.is_number or told.low != told.high or told.sort is not Sort.FIGURE:
        return None
    is_told = _MADE.search(figure.before[-30:] + " # " + figure.after[:30]) is not None
    if not is_told and told.high < _TELLING:
        return None
    counts = {
        reference: text
        for other, (text, reference) in supported.items()
        if other is not figure and other.is_number and other.amount.low == other.amount.high > 1
    }
    for size in (2, 3):
        for factors in combinations(counts, size):
            value = Decimal(1)
            for each in factors:
                value *= each.amount.high
            if value == told.high and len({each.amount.high for each in factors}) == size:
                why = " times ".join(each.text for each in factors)
                return Derived(counts[factors[0]], factors[0], why)
    return None


_TELLING = 100
"""From here on a count is hardly a product by chance."""
_MADE = re.compile(
    r"\b(?:combinations?|combos?|pairs?|pairings?|cells|configurations?|in\sall|altogether|in\stotal|a\stotal\sof|i\.e\.|that\sis)\b"
    r"|조합|짝|합쳐|모두|총\s|즉|곧\s"
)


def rest_of_counts(figure: Figure, source: Source, supported: Supported) -> Derived | None:
    """What one count leaves of another, told as the rest: ``the other 25`` of 30 languages of which 5 were read."""
    told = figure.amount
    is_rare = len(told.high.normalize().as_tuple().digits) >= _MANY
    if told.unit in {"x", "%", "points"} or told.low != told.high or not told.high:
        return None
    if not _OTHERS.search(figure.before[-25:]) and not (
        is_rare and _OUTSIDE.search(figure.before[-25:] + figure.after[:35])
    ):
        return None
    given = {reference: text for other, (text, reference) in supported.items() if other is not figure}
    for whole, text in given.items():
        parts = [each for each in given if each is not whole]
        parts += [each for _, each in source.abstract() if is_rare or each.sentence is whole.sentence]
        for part in parts:
            is_alike = whole.amount.unit == part.amount.unit == told.unit and whole.amount.sort == part.amount.sort
            if is_alike and whole.amount.high - part.amount.high == told.high and part.amount.high:
                return Derived(text, whole, f"what {part.text} leaves of {whole.text}")
    return None


_MANY = 3
_OTHERS = re.compile(r"\b(?:other|remaining|rest|leav(?:es|ing))\s(?:of\s)?$|나머지\s(?:[가-힣]+\s)?$")
_OUTSIDE = re.compile(
    r"\b(?:outside|beyond|excluded|left\sout|do\snot|are\snot|were\snot)\b|제외|뺀|빼면|빠진|나머지|밖|외의|않"
)


def spread(figure: Figure, supported: Supported) -> Derived | None:
    """How far the two ends of a range are apart that the summary gives: 27.5 points for 26.5 to 54.0 %."""
    told = figure.amount
    if told.low != told.high or not _SPREAD.search(figure.before[-20:] + " # " + figure.after[:25]):
        return None
    for text, reference in supported.values():
        theirs = reference.amount
        is_alike = are_of_one_unit(told, theirs) or {told.unit, theirs.unit} <= {"", "%", "points"}
        if theirs.low < theirs.high and is_alike and theirs.high - theirs.low == told.high:
            return Derived(text, reference, f"the ends of {reference.text}")
    return None


_SPREAD = re.compile(r"\b(?:apart|spread|gap|difference|range|between)\b|차이|격차|벌어|폭")


def more_of_the_same(figure: Figure, source: Source, supported: Supported) -> Derived | None:
    """By how much two counts of one thing differ, of which the summary gives one: 11 more models than 8."""
    told = figure.amount
    if told.unit or told.low != told.high or not told.high or not _MORE.match(figure.after):
        return None
    for text, first in supported.values():
        thing = source.reader.read(first).counted
        for _, second in source.abstract() if first.is_number and thing else ():
            is_alike = second.is_number and source.reader.read(second).counted == thing
            if is_alike and abs(first.amount.high - second.amount.high) == told.high:
                return Derived(text, first, f"between {first.text} and {second.text}")
    return None


_MORE = re.compile(r"\s(?:[a-z]+\s)?(?:more|fewer)\b|\s?(?:개|명|건|장|종|편|곳)(?:나|가|를)?\s(?:더|덜|많|적)")


def part_of_whole(figure: Figure, source: Source, supported: Supported) -> Derived | None:
    """The part that one amount of the abstract is of another which the summary gives: a fifth for 27 of 133 tasks.

    The second one counts the same, or has the summary's words around it.
    """
    told = figure.amount
    if told.low != told.high or not (is_fraction(figure) or (told.unit == "%" and not figure.is_change)):
        return None
    if told.unit == "%" and not _PART.match(figure.after) and not _PART_BEFORE.search(figure.before[-30:]):
        return None
    for other, (text, given) in supported.items():
        if other is figure or given.is_change or given.amount.unit in {"x", "%", "points"} or not _is_level(given):
            continue
        for _, second in source.abstract():
            is_alike = are_of_one_unit(second.amount, given.amount) and _is_level(second) and not second.is_change
            if not is_alike or not 0 < second.amount.high != given.amount.high > 0:
                continue
            part, whole = sorted((given, second), key=lambda each: each.amount.high)
            value = part.amount.high / whole.amount.high
            fits = (
                abs(value * 100 - told.high) * 2 <= max(told.grain, Decimal(1))
                if told.unit == "%"
                else fits_told(figure, value)
            )
            if fits and _belong_together(figure, part, whole, source, supported):
                return Derived(text, part, f"{part.text} of {whole.text}")
    return None


def _is_level(figure: Figure) -> bool:
    return figure.amount.low == figure.amount.high and figure.amount.sort in {Sort.FIGURE, Sort.SIZE}


def _belong_together(figure: Figure, part: Figure, whole: Figure, source: Source, supported: Supported) -> bool:
    """Whether a part and a whole are of one thing, and the figure tells of the part."""
    counts = [source.reader.read(each).counted for each in (part, whole)]
    if part.is_number and whole.is_number and "" not in counts and counts[0] != counts[1]:
        return False
    if any(reference is part for _, reference in supported.values()):
        return any(reference is whole for _, reference in supported.values()) or counts[0] == counts[1] != ""
    ours, theirs = source.reader.read(figure), source.reader.read(part)
    things = ours.topic.own & theirs.topic.any | ours.concepts.own & theirs.concepts.any | figure.near & part.near
    is_shared = bool(things) or go_together(figure, part, source, {})
    return is_shared and (not part.is_number or counts[0] == counts[1] != "")


_PART = re.compile(r"\s(?:of|share)\b|\s?(?:의|를|가|만|쯤|정도|에\s해당)")
_PART_BEFORE = re.compile(r"(?:중|가운데)(?:에서)?\s(?:[가-힣]+\s){0,2}$")
