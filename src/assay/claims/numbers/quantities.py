"""Reads the numbers in English or Korean prose: their value, their unit, and what sort of number each is.

A digit inside a name (``GPT-4o``, ``Qwen2-VL``, ``Claude 3.5 Sonnet``) belongs to the name and is no quantity; what is
left is a figure, the size of a model, a context length, a setting such as ``8-step``, a year, or a mere label such as
``Table 2``. Offsets are always those of the text as it was given, LaTeX and Markdown included.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from assay.claims.numbers.bounds import bound_of
from assay.claims.numbers.joining import join, mark_shares
from assay.claims.numbers.multiples import FACTOR, is_multiple
from assay.claims.numbers.numerals import numerals
from assay.claims.numbers.quantity import Quantity
from assay.claims.numbers.sorts import Number, Sort, sort_of
from assay.claims.numbers.units import (
    CURRENCIES,
    NUMBER,
    SCALES,
    exponent_after_ten,
    exponent_of,
    mark_groups,
    measure_of,
    unit_of,
)
from assay.papers.mathematics import Plain, read_plain

__all__ = ["Figure", "Quantity", "count_words", "figures", "measure_of", "quantities"]


class Figure(NamedTuple):
    """A number as written and the unit it was given, in one spelling for all languages."""

    value: Decimal
    unit: str

    def __str__(self) -> str:
        return f"{self.value.normalize():f}{self.unit}"


def figures(text: str) -> list[Figure]:
    """Every number in ``text`` outside of names, in the order written: what a translation must carry too.

    ``1,250`` and ``1250`` are the same figure, and so are ``200K`` and ``200,000``, ``2.5x``, ``2.5 times`` and
    ``2.5배``, ``4%p`` and ``4 percentage points``, and ``1/4`` and ``4분의 1``. Units are ``%``, ``points`` and ``x``;
    others belong to the words of a language. The two ends of a range are two figures, and share the unit that follows
    it. Numbers in words are none: a translator may write them as digits, and the other way round.
    """
    result = []
    for quantity in quantities(text, labels=True):
        unit = quantity.unit if quantity.unit in {"%", "points", "x"} else ""
        ends = (quantity.low, quantity.high) if quantity.is_range else (quantity.value,)
        result += [Figure(abs(end), unit) for end in ends]
        result += [Figure(quantity.deviation, unit)] if quantity.deviation is not None else []
    return result


def quantities(text: str, *, labels: bool = False, words: bool = False) -> list[Quantity]:
    r"""Every quantity in ``text``, in order.

    Args:
        text: prose in English or Korean; LaTeX (``12.5\%``, ``$2.3\times$``) and Markdown may stand in it.
        labels: whether to return labels, years and version numbers too.
        words: whether to return those in words too: multiples and fractions (``twice``, ``a third of``, ``an order of
            magnitude``, ``두 배``, ``절반``), and numbers with a unit or of a million and more (``two hours``). Mere
            counts such as ``three`` are `count_words`.
    """
    if not words and not re.search(r"\d", text):
        return []
    plain = _plain(text)
    found = _read(plain.text) if words else mark_shares(plain.text, join(plain.text, list(_read_digits(plain.text))))
    return [
        _placed(quantity, plain)
        for quantity in found
        if not _is_count_in_words(quantity) and (labels or quantity.sort not in {Sort.LABEL, Sort.YEAR, Sort.VERSION})
    ]


def count_words(text: str) -> list[Quantity]:
    """The counts in words, ``two`` to ``ninety-nine``, ``a dozen``, ``세 가지``: a summary may write them as digits."""
    plain = _plain(text)
    return [_placed(quantity, plain) for quantity in _read(plain.text) if _is_count_in_words(quantity)]


def _placed(quantity: Quantity, plain: Plain) -> Quantity:
    """The quantity with its place in the text as it was given."""
    return replace(quantity, start=plain.starts[quantity.start], end=plain.ends[quantity.end - 1])


def _is_count_in_words(quantity: Quantity) -> bool:
    return quantity.in_words and not quantity.unit and not quantity.grain


@lru_cache(maxsize=256)
def _read(text: str) -> list[Quantity]:
    """Every number in a plain text, in digits and in words."""
    digits = join(text, list(_read_digits(text)))
    return mark_shares(text, _merge(digits, [each.quantity for each in numerals(text)]))


def _merge(digits: list[Quantity], words: list[Quantity]) -> list[Quantity]:
    """Both in order; where a number in words holds one in digits, the words count: ``2 orders of magnitude``."""
    covered = deque(sorted(words, key=lambda quantity: quantity.start))
    kept = list(covered)
    for each in digits:
        while covered and covered[0].end <= each.start:
            covered.popleft()
        if not covered or each.end <= covered[0].start:
            kept.append(each)
    return sorted(kept, key=lambda quantity: quantity.start)


# A full-width letter, digit or sign is the ordinary one, and a mark of Markdown is none of the text's.
_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


@lru_cache(maxsize=256)
def _plain(text: str) -> Plain:
    """The text as a reader sees it, one number's groups parted by thin spaces, each character with its place."""
    plain = read_plain(text)
    spots = [match.span() for match in _MARKDOWN.finditer(plain.text)]
    seen, starts, ends = plain.text, list(plain.starts), list(plain.ends)
    for start, end in reversed(spots):
        seen = seen[:start] + seen[end:]
        del starts[start:end]
        del ends[start:end]
    return Plain(mark_groups(seen.translate(_FULL_WIDTH)), starts, ends)


_MARKDOWN: Final = re.compile(r"\*\*|`")

# LaTeX commands that lost their backslash in some recordings: "sim5x", "leq3B".
_LOST_MARK: Final = re.compile(r"(?<![A-Za-z\\])(?:sim|approx|leq?|geq?)$")
_LOST: Final = {"sim": "~", "approx": "~", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥"}

# Links, arXiv ids, DOIs, e-mail addresses, file names: no number in them is prose. A match may not begin inside a word.
_NOT_PROSE = re.compile(
    r"https?://\S+|www\.\S+|(?<![\w.-])[\w-]{1,40}(?:\.[\w-]{1,40}){0,3}\.(?:com|org|net|io|ai|edu|gov|dev)\b(?:/\S*)?|\b[\w.-]{1,40}@[\w.-]{1,60}"
    r"|\b(?:arxiv:?\s?)?\d{4}\.\d{4,5}(?:v\d+)?\b(?!\s*(?:%|x\b))|\b10\.\d{4,}/\S+",
    re.IGNORECASE,
)
_RATE: Final = re.compile(r"(?:\brate(?:\sof|\s?=)?\s|\blr\s?=?\s?|학습률[은이을]?\s)$", re.IGNORECASE)
_MOST_DIGITS: Final = 28  # all that a `Decimal` computes with
_LONGEST: Final = 140
_CROSS_BEFORE = re.compile(r"(?:^|(?<=[^\d\s)%]\s)|(?<=[(,]))×\s?$")  # "by ×3", but not "2 × 3"


def _read_digits(text: str) -> Iterator[Quantity]:
    """The numbers in digits, each by itself."""
    not_prose = deque(match.span() for match in _NOT_PROSE.finditer(text))
    for match in NUMBER.finditer(text):
        while not_prose and not_prose[0][1] <= match.start():
            not_prose.popleft()
        if not_prose and not_prose[0][0] <= match.start():
            continue
        quantity = _read_number(text, match)
        if quantity is not None:
            yield quantity


def _is_in_metres(number: Number) -> bool:
    """Whether the letter after a number is no million: ``an L2 error of 0.32m``."""
    if _COUNTED.match(number.after):
        return False
    is_length = _LENGTH_BEFORE.search(number.before) is not None
    return number.digits.startswith("0.") or (is_length and sort_of(number) is not Sort.SIZE)


_LENGTH_BEFORE = re.compile(
    r"(?:\b(?:errors?|L2|distances?|deviations?|ADE|FDE|RMSE|MAE|heights?|depths?|radius|metres|meters|displacements?)\b|오차|거리|높이|깊이)[^.;]{0,30}$"
)
_COUNTED = re.compile(r"\+?[\s-](?:[a-z-]+\s)?(?:[a-z-]{3,}s|params?|parameter|model)\b")


def _is_too_long(digits: str) -> bool:
    return len(digits) > _LONGEST or len(digits.replace(".", "").strip("0")) > _MOST_DIGITS


def _read_number(text: str, match: re.Match[str]) -> Quantity | None:
    """The number of ``match`` as a quantity; ``None`` if it belongs to a name or is longer than any figure."""
    sign, money, scale = match["sign"] or "", match["money"] or "", match["scale"] or ""
    unit, power = CURRENCIES.get(money.strip(), "") or unit_of(match), exponent_of(match)
    number_at = match.start("number")
    start = number_at - len(money) - (len(sign) if sign != "±" else 0)
    written = max(map(match.end, ("scale", "plus", "number", "caret", "raised", "lost", "scientific")))
    end = match.end() if unit_of(match) else written
    before = text[max(0, start - 40) : start]
    number = Number(
        digits=match["number"],
        scale="".join(filter(str.isalpha, scale)).lower(),
        unit=unit,
        hyphen=(match["gap"] or "").endswith("-"),
        before=_LOST_MARK.sub(lambda mark: _LOST[mark[0]], before),
        after=text[end : end + 60],
    )
    sort = sort_of(number)
    digits = re.sub(r"[,\s]", "", number.digits)
    if match["scientific"] and _RATE.search(before):
        return None  # a learning rate is set, and no result
    if sort is Sort.NAME or _is_too_long(digits) or (sign == "-" and re.search(r"\w$", before)):
        return None
    if unit == "x" and (sort is Sort.SETTING or not is_multiple(text, match.end("gap"), end)):
        unit, end = "", written
    if unit == "%" and re.match(r"\s?\(?absolute\b", number.after):
        unit = "points"
    if not unit and not power and (cross := _CROSS_BEFORE.search(before)):
        start, unit = start - len(cross[0]), "x"
    elif number.bare and sort is Sort.FIGURE and FACTOR.search(before):
        unit = "x"
    value, grain = Decimal(digits), Decimal(1).scaleb(-len(digits.partition(".")[2]))
    if scale == "m" and not unit and _is_in_metres(number):
        unit, sort = "m", Sort.FIGURE
    elif number.scale:
        value, grain = value * Decimal(10) ** SCALES[number.scale], grain * Decimal(10) ** SCALES[number.scale]
    if power is not None:
        value, grain = value * Decimal(10) ** power, grain * Decimal(10) ** power
    elif number.digits == "10" and (raised := exponent_after_ten(number.after)):
        value, end = value ** raised[0], end + raised[1]
        grain = value
    value = -value if sign in {"-", "−"} else value
    plus = "+" if match["plus"] or scale.endswith("+") else number.after
    return Quantity(
        start,
        end,
        value,
        value,
        unit,
        sort,
        bound_of(number.before, plus),
        sign.replace("−", "-").strip("±"),
        grain,
    )
