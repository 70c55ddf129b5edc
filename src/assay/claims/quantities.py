"""Reads the numbers in English or Korean prose: their value, their unit, and what sort of number each is.

A digit inside a name (``GPT-4o``, ``Qwen2-VL``, ``Claude 3.5 Sonnet``) belongs to the name and is no quantity; what is
left is a figure, the size of a model, a context length, a setting such as ``8-step``, a year, or a mere label such as
``Table 2``. Offsets are always those of the text as it was given, LaTeX and Markdown included.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from itertools import zip_longest
from typing import Final, NamedTuple

from assay.claims.sorts import Number, Sort, sort_of
from assay.papers.models import Bound


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text, or a range of numbers."""

    start: int
    end: int
    """``text[start:end]`` is the number with its unit, without the words that qualify it."""
    low: Decimal
    high: Decimal
    """Equal to ``low`` unless it is a range."""
    unit: str
    """``%``, ``points``, ``x``, a unit of measurement in one spelling (``ms``, ``GB``, ``USD``, ``tokens/s``), or
    empty."""
    sort: Sort
    bound: Bound = ""
    sign: str = ""
    """``+`` or ``-`` where one is written."""

    @property
    def value(self) -> Decimal:
        """The number; of a range, its upper end."""
        return self.high

    @property
    def is_range(self) -> bool:
        """Whether two ends are given."""
        return self.low != self.high


class Figure(NamedTuple):
    """A number as written and the unit it was given, in one spelling for all languages."""

    value: Decimal
    unit: str

    def __str__(self) -> str:
        return f"{self.value.normalize():f}{self.unit}"


def figures(text: str) -> list[Figure]:
    """Every number in ``text`` outside of names, in the order written: what a translation must carry too.

    ``1,250`` and ``1250`` are the same figure, and so are ``200K`` and ``200,000``, ``2.5x``, ``2.5 times`` and
    ``2.5배``, and ``4%p`` and ``4 percentage points``. Units are ``%``, ``points`` and ``x``; others belong to the
    words of a language. The two ends of a range are two figures, and share the unit that follows it.
    """
    result = []
    for quantity in quantities(text, labels=True):
        unit = quantity.unit if quantity.unit in {"%", "points", "x"} else ""
        ends = (quantity.low, quantity.high) if quantity.is_range else (quantity.value,)
        result += [Figure(abs(end), unit) for end in ends]
    return result


def quantities(text: str, *, labels: bool = False, words: bool = False) -> list[Quantity]:
    r"""Every quantity in ``text``, in order.

    Args:
        text: prose in English or Korean; LaTeX (``12.5\%``, ``$2.3\times$``) and Markdown may stand in it.
        labels: whether to return labels, years and version numbers too.
        words: whether to return multiples in words too: ``twice``, ``halves``, ``ten times``, ``an order of
            magnitude``.
    """
    if not words and not re.search(r"\d", text):
        return []
    plain = _Plain.of(text)
    not_prose = deque(match.span() for match in _NOT_PROSE.finditer(plain.text))
    numbers: list[Quantity] = []
    for match in _NUMBER.finditer(plain.text):
        while not_prose and not_prose[0][1] <= match.start():
            not_prose.popleft()
        if not_prose and not_prose[0][0] <= match.start():
            continue
        quantity = _read_number(plain.text, match)
        if quantity is not None:
            numbers.append(quantity)
    numbers = _share_bounds(plain.text, _share_units(plain.text, numbers))
    numbers = list(_join_ranges(plain.text, list(_join_fractions(plain.text, numbers))))
    if words:
        numbers = sorted([*numbers, *_multiples_in_words(plain.text)], key=lambda quantity: quantity.start)
    return [
        replace(quantity, start=plain.starts[quantity.start], end=plain.ends[quantity.end - 1])
        for quantity in numbers
        if labels or quantity.sort not in {Sort.LABEL, Sort.YEAR, Sort.VERSION}
    ]


def count_words(text: str) -> list[Quantity]:
    """The number words of an English text, ``two`` to ``twelve``: a summary may write them as digits."""
    return [
        Quantity(match.start(), match.end(), Decimal(value), Decimal(value), "", Sort.FIGURE)
        for match in _COUNT_WORD.finditer(text)
        for value in [_COUNT_WORDS.index(match[0].lower()) + 2]
    ]


@dataclass(frozen=True)
class _Plain:
    """A text without the marks of LaTeX and Markdown, and where each of its characters stands in the original."""

    text: str
    starts: list[int]
    ends: list[int]

    @classmethod
    def of(cls, text: str) -> "_Plain":
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        at = 0
        for match in _MARKS.finditer(text):
            pieces.append(text[at : match.start()])
            starts += range(at, match.start())
            ends += range(at + 1, match.start() + 1)
            mark = _PLAIN_MARK.get(match[0], "") if match.lastgroup != "dollar" else "$"
            pieces.append(mark)
            starts += [match.start()] * len(mark)
            ends += [match.end()] * len(mark)
            at = match.end()
        pieces.append(text[at:])
        starts += range(at, len(text))
        ends += range(at + 1, len(text) + 1)
        return cls("".join(pieces), starts, ends)


_PLAIN_MARK: Final = {
    r"\%": "%",
    r"\times": "×",
    r"{\times}": "×",
    r"\cdot": "×",
    r"\sim": "~",
    r"\approx": "~",
    r"\le": "≤",
    r"\leq": "≤",
    r"\ge": "≥",
    r"\geq": "≥",
    r"\,": " ",
    r"\deg": "°",
    "{,}": ",",
    r"\$": "$",
}
# LaTeX commands that lost their backslash in some recordings: "sim5x", "leq3B".
_LOST_MARK = re.compile(r"(?<![A-Za-z\\])(?:sim|approx|leq?|geq?)$")
# A dollar sign before a number is money where no LaTeX formula is closed by another one.
_MARKS = re.compile(
    r"\{,\}|\{\\times\}|\\(?:%|times|cdot|sim|approx|leq?|geq?|deg|,|\$)(?![a-z])"
    r"|\\(?:text|math)[a-z]{2}\{|[{}]|\*\*|`"
    r"|(?P<dollar>\$(?=\s?\d)(?![^\s$][^$]{0,60}(?<!\s)\$(?!\d)))|\$"
)

# Links, arXiv ids, DOIs, e-mail addresses, file names: no number in them is prose. A match may not begin inside a word.
_NOT_PROSE = re.compile(
    r"https?://\S+|www\.\S+|(?<![\w.-])[\w-]{1,40}(?:\.[\w-]{1,40}){0,3}\.(?:com|org|net|io|ai|edu|gov|dev)\b(?:/\S*)?|\b[\w.-]{1,40}@[\w.-]{1,60}"
    r"|\b(?:arxiv:?\s?)?\d{4}\.\d{4,5}(?:v\d+)?\b(?!\s*(?:%|x\b))|\b10\.\d{4,}/\S+",
    re.IGNORECASE,
)

_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d])|\d+(?:\.\d+)?"
# The units of measurement in one spelling. A longer one stands before a shorter one that begins it.
_MOST_DIGITS: Final = 28  # all that a `Decimal` computes with
_MEASURES: Final = {
    "tokens/s": r"tokens?\s*(?:/|per)\s*s(?:ec(?:ond)?)?",
    "GPU hours": r"(?:[AHV]\d{2,3}\s)?[GT]PU[- ](?:hours?|시간)",
    "GPU days": r"(?:[AHV]\d{2,3}\s)?[GT]PU[- ]days?",
    "ms": r"milliseconds?|msec|ms|밀리초",
    "s": r"seconds?|secs?|s|초(?![당기반록])",
    "min": r"minutes?|mins?|분(?!의)",
    "h": r"hours?|hrs?|h|시간(?!당)",
    "days": r"days?",
    "weeks": r"weeks?",
    "months": r"months?",
    "KB": r"KB|KiB|kilobytes?",
    "MB": r"MB|MiB|megabytes?",
    "GB": r"GB|GiB|gigabytes?|G(?=\s(?:of\s)?(?:HBM|V?RAM|memory))",
    "TB": r"TB|TiB|terabytes?",
    "PFLOPS": r"PFLOP[sS]?(?:/s)?",
    "TFLOPS": r"TFLOP[sS]?(?:/s)?",
    "GFLOPS": r"GFLOP[sS]?(?:/s)?",
    "TOPS": r"TOPS",
    "FPS": r"FPS|fps|frames?\s*(?:per|/)\s*s(?:ec(?:ond)?)?",
    "kHz": r"kHz",
    "Hz": r"Hz",
    "dB": r"dB",
    "kW": r"kW",
    "mm": r"mm|millimet(?:er|re)s?",
    "cm": r"cm|centimet(?:er|re)s?",
    "km": r"km|kilomet(?:er|re)s?",
    "USD": r"USD|(?:US )?dollars?|달러",
    "percentile": r"(?:st|nd|rd|th) percentile",
}
_UNITS: Final = {
    "points": r"%p|%-?\s?points?|percentage[- ]points?|퍼센트\s?포인트|%\s?포인트|points?|pts?|pp|포인트",
    "%": r"%|percent(?:age)?|per\s?cent|퍼센트|프로(?=[가-힣\s])",
    "x": r"x|X|×|times|folds?|배",
} | _MEASURES
_SCALES: Final = {
    "thousand": 3, "million": 6, "billion": 9, "trillion": 12, "k": 3, "m": 6, "b": 9, "t": 12,
    "천만": 7, "백만": 6, "십억": 9, "천": 3, "만": 4, "억": 8, "조": 12,
}  # fmt: skip
_UNIT = "|".join(rf"(?P<u{n}>{pattern})" for n, pattern in enumerate(_UNITS.values()))
_NUMBER = re.compile(
    rf"(?P<sign>(?<![\w)\]%])[+\-−±](?=\d))?(?<![\d.])(?P<dollar>\$\s?)?(?P<number>{_DIGITS})"
    rf"(?:(?P<scale>[KMBTkmb](?![a-zA-Z0-9])|[KMBTkmb](?=\+)"
    rf"|\s?-?(?:thousand|million|billion|trillion)(?![a-z])|천만|백만|십억|천|만(?![나약])|억|조(?![건합각]))\s?\+?)?"
    rf"(?P<plus>\+)?(?P<gap>\s?-?)(?:(?:{_UNIT})(?![A-Za-z0-9]))?"
)


@cache
def measure_of(unit: str) -> str:
    """A unit in the one spelling of quantities: ``s`` for ``seconds``; empty for what is counted, as ``tasks``."""
    match = _NUMBER.fullmatch(f"1 {unit}")
    return next((name for n, name in enumerate(_UNITS) if match[f"u{n}"]), "") if match else ""


def _read_number(text: str, match: re.Match[str]) -> Quantity | None:
    """The number of ``match`` as a quantity; ``None`` if it belongs to a name or is longer than any figure."""
    sign, dollar, scale = match["sign"] or "", match["dollar"] or "", match["scale"] or ""
    unit = next((name for n, name in enumerate(_UNITS) if match[f"u{n}"]), "")
    number_at = match.start("number")
    start = number_at - len(dollar) - (len(sign) if sign != "±" else 0)
    end = match.end() if unit else max(match.end("scale"), match.end("plus"), match.end("number"))
    before = text[max(0, start - 40) : start]
    number = Number(
        digits=match["number"],
        scale="".join(filter(str.isalpha, scale)).lower(),
        unit=unit,
        hyphen=(match["gap"] or "").endswith("-"),
        before=_LOST_MARK.sub(lambda mark: _PLAIN_MARK["\\" + mark[0]], before),
        after=text[end : end + 60],
    )
    sort = sort_of(number)
    digits = number.digits.replace(",", "")
    if sort is Sort.NAME or len(digits) > _MOST_DIGITS or (sign == "-" and re.search(r"\w$", before)):
        return None
    if sort is Sort.SETTING and unit == "x":
        unit, end = "", match.end("number")
    if unit == "%" and re.match(r"\s?\(?absolute\b", number.after):
        unit = "points"
    value = Decimal(digits)
    if number.scale:
        value *= Decimal(10) ** _SCALES[number.scale]
    if power := re.match(r"\^(\d{1,2})(?!\d)", number.after) if number.digits == "10" else None:
        value, end = value ** int(power[1]), end + power.end()
    value = -value if sign in {"-", "−"} else value
    plus = "+" if match["plus"] or scale.endswith("+") else number.after
    return Quantity(
        start,
        end,
        value,
        value,
        "USD" if dollar else unit,
        sort,
        _bound(number.before, plus),
        sign.replace("−", "-").strip("±"),
    )


_OPEN = r"\s*(?:an?\s|the\s)?[(+~$]?\s?$"  # what may stand between such words and the number
_BOUNDS: Final[tuple[tuple[Bound, re.Pattern[str]], ...]] = (
    (
        "at most",
        re.compile(
            r"(?:\bup\s?to(?: an? (?:\w+ ){0,2}of)?|\bas (?:much|many|high|fast|long) as|\bat most"
            r"|\bmaximum of|\bmax\.?|\b(?:no|not) (?:more|greater|longer) than"
            rf"|\b(?:less|fewer|lower|smaller|shorter) than|\bunder|\bbelow|\bwithin|[<≤]|최대|최고){_OPEN}",
            re.IGNORECASE,
        ),
    ),
    (
        "at least",
        re.compile(
            # "an improvement over 7 baselines", "averaged over 10 runs" bound nothing.
            r"(?:(?<!improvement )(?<!improvements )(?<!gain )(?<!gains )(?<!speedup )(?<!boost )(?<!increase )"
            r"(?<!averaged )(?<!tokens )(?<!performance )\bover|\b(?:more|greater|higher|larger|longer|better) than"
            r"|\bat least|\babove|\bexceed(?:s|ed|ing)?|\bbeyond|\b(?:no|not) (?:less|fewer) than"
            rf"|\bas (?:few|little|low) as|\bminimum of|[>≥]|최소){_OPEN}",
            re.IGNORECASE,
        ),
    ),
    (
        "about",
        re.compile(
            r"(?:[~∼≈≃]|\b(?:about|around|approximately|approx\.?|nearly|almost|roughly|circa|close to|some"
            rf"|an? estimated)|약|거의|대략){_OPEN}",
            re.IGNORECASE,
        ),
    ),
)
_BOUNDS_AFTER: Final[tuple[tuple[Bound, re.Pattern[str]], ...]] = (
    ("at least", re.compile(r"\+|\s?or (?:more|higher|above)\b|[가-힣]{0,2}\s?(?:이상|넘|초과)")),
    ("at most", re.compile(r"\s?or (?:less|fewer|lower)\b|[가-힣]{0,2}\s?(?:이하|미만|까지)")),
)


def _bound(before: str, rest: str) -> Bound:
    for bound, pattern in _BOUNDS:
        if pattern.search(before):
            return bound
    return next((bound for bound, pattern in _BOUNDS_AFTER if pattern.match(rest)), "")


_SHARING = re.compile(
    r"(?:\b(?:by|of|to|from|than|with|over|about|around|and|nearly|approximately|achiev\w+|reach\w+|gains?|attain\w+|obtain\w+"
    r"|improv\w+|average)|,|/)\s?[~(]?$"
)


def _share_units(text: str, numbers: list[Quantity]) -> list[Quantity]:
    """Give a bare number the unit that a list shares: ``by 2.1 and 3.2 points``."""
    result = list(numbers)
    for n in range(len(result) - 2, -1, -1):
        here, following = result[n], result[n + 1]
        between = text[here.end : following.start]
        if (
            not here.unit
            and following.unit in {"%", "points", "x"}
            and here.sort is Sort.FIGURE
            and re.fullmatch(r"\s?(?:,|/|,?\s?and|,?\s?or|&|와|과|,\s?그리고)\s?", between)
            and _SHARING.search(text, max(0, here.start - 20), here.start)
        ):
            result[n] = replace(here, unit=following.unit)
    return result


def _share_bounds(text: str, numbers: list[Quantity]) -> list[Quantity]:
    """Let a bound hold for all members of a list: ``over 50 objects and 100 prompts``."""
    result = list(numbers)
    for n, here in enumerate(numbers[1:], 1):
        before = result[n - 1]
        if (
            before.bound in {"at least", "at most"}
            and not here.bound
            and (before.unit, before.sort) == (here.unit, here.sort)
        ):
            between = text[before.end : here.start]
            if re.fullmatch(
                r"\s?(?:(?:on|in|for|of)\s)?(?:[\w-]+ ){0,3}?[\w-]*(?:,|,?\s?\band|,?\s?\bor|/)\s?", between
            ):
                result[n] = replace(here, bound=before.bound)
    return result


def _join_fractions(text: str, numbers: list[Quantity]) -> Iterator[Quantity]:
    """Make one quantity of a fraction such as ``1/4``; of ``8.69/10`` only the score is a figure."""
    is_denominator = False
    for here, after in zip_longest(numbers, numbers[1:]):
        is_numerator = (
            after is not None and text[here.end : after.start] == "/" and not here.unit and here.sort is Sort.FIGURE
        )
        if is_denominator:
            is_denominator = False
            continue
        is_denominator = is_numerator
        if is_numerator and after.value not in {5, 10, 100} and 0 < here.value < after.value:
            share = (here.value / after.value).quantize(Decimal("0.0001")).normalize()
            yield replace(here, end=after.end, low=share, high=share, unit="x")
        else:
            yield here


def _join_ranges(text: str, numbers: list[Quantity]) -> Iterator[Quantity]:
    """Make one quantity of the two ends of a range; the two ends of a change stay two."""
    at = 0
    while at < len(numbers):
        here = numbers[at]
        if at + 1 < len(numbers) and (span := _range(text, here, numbers[at + 1])):
            here = span
            at += 1
        at += 1
        yield here


def _range(text: str, low: Quantity, high: Quantity) -> Quantity | None:
    """The range that two quantities in succession make, if they make one."""
    between = text[low.end : high.start + (high.sign == "-")]
    top = abs(high.high)
    if low.unit not in {"", high.unit} or Sort.SETTING in {low.sort, high.sort} or low.sign == "-" or low.high >= top:
        return None
    hyphen = re.fullmatch(r"\s?[-–—~∼]\s?", between)
    if not (len(between) == 1 or low.unit) if hyphen else not _is_span(text, between, low, high):
        return None
    bottom = low.low
    if not low.unit and low.sort is Sort.FIGURE and re.search(r"[KMBT]$", text[high.start : high.end]):
        bottom *= Decimal(10) ** _SCALES[text[high.end - 1].lower()]  # "10-20K"
        bottom = bottom if bottom < top else low.low
    return replace(high, start=low.start, low=bottom, high=top, bound=low.bound or high.bound, sign=low.sign)


def _is_span(text: str, between: str, low: Quantity, high: Quantity) -> bool:
    """Whether two numbers with a word between them are the ends of one range, not those of a change."""
    before = text[max(0, low.start - 30) : low.start]
    match between.strip():
        case "and":
            return re.search(r"\bbetween (?:about |roughly |approximately )?[+$(~]?$", before) is not None
        case "to":
            change = re.search(r"\bfrom (?:an? )?[\w-]*\s?[~$]?$", before)
            return bool(high.unit) and low.sort is Sort.FIGURE and change is None
        case "에서":
            return high.unit == "x"
    return False


_COUNT_WORDS = "two three four five six seven eight nine ten eleven twelve".split()
_COUNT_WORD = re.compile(rf"\b(?:{'|'.join(_COUNT_WORDS)})\b", re.IGNORECASE)
_IN_WORDS = re.compile(
    r"(?<![\w-])(?:(?P<double>twice|double[sd]|double(?=\s(?:the|its|their|that))|doubling|twofold)|(?P<triple>thrice|triple[sd]|tripling)"
    r"|(?P<quadruple>quadruple[sd])|(?P<half>halv(?:e[sd]?|ing)|in half|by half)"
    rf"|(?P<number>{'|'.join(_COUNT_WORDS)})[- ](?:times|fold)"
    rf"|(?:(?P<several>{'|'.join(_COUNT_WORDS)})|an?|one) orders?[- ]of[- ]magnitude)\b",
    re.IGNORECASE,
)


def _multiples_in_words(text: str) -> Iterator[Quantity]:
    for match in _IN_WORDS.finditer(text):
        if match[0][0].isupper() and re.search(r"\w\s?$", text[: match.start()][-2:]):
            continue  # part of a name
        if match["number"]:
            value = Decimal(_COUNT_WORDS.index(match["number"].lower()) + 2)
        elif match["double"] or match["triple"] or match["quadruple"]:
            value = Decimal(2 if match["double"] else 3 if match["triple"] else 4)
        elif match["half"]:
            value = Decimal("0.5")
        else:
            value = Decimal(10) ** (_COUNT_WORDS.index(match["several"].lower()) + 2 if match["several"] else 1)
        before = text[max(0, match.start() - 40) : match.start()]
        yield Quantity(match.start(), match.end(), value, value, "x", Sort.FIGURE, _bound(before, ""))
