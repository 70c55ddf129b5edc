"""Reads numbers that are written in words, in English and Korean: multiples, fractions, amounts and mere counts.

``three times faster``, ``a fivefold increase``, ``a third of the cost``, ``two hours``, ``half a million``; ``두 배``,
``절반``, ``세 가지``. What gives no number, such as ``several times``, ``dozens of`` or ``수십 배``, is none.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from assay.claims.numbers.bounds import bound_of
from assay.claims.numbers.joining import fraction_grain
from assay.claims.numbers.multiples import FACTOR, is_multiple
from assay.claims.numbers.quantity import Quantity
from assay.claims.numbers.sorts import Number, Sort, sort_of
from assay.claims.numbers.units import SCALES, unit_at


class Numeral(NamedTuple):
    """A number in words."""

    quantity: Quantity
    is_count: bool
    """Whether it counts things, and has neither a unit nor a scale: ``three benchmarks``."""


def numerals(text: str) -> list[Numeral]:
    """Every number in words in ``text``, in order; none lies within another."""
    found: list[Numeral] = []
    for read in (
        _fractions,
        _parts_of,
        _halves,
        _magnitudes,
        _verbs,
        _numbers,
        _korean_fractions,
        _korean_parts,
        _korean_sums,
        _korean_numbers,
    ):
        starts = [each.quantity.start for each in found]
        additions = [
            each for each in read(text) if _is_free(each.quantity, found, bisect_right(starts, each.quantity.start))
        ]
        found = sorted([*found, *additions], key=lambda each: each.quantity.start)
    return found


def _is_free(quantity: Quantity, found: Sequence[Numeral], at: int) -> bool:
    """Whether no number is read yet where ``quantity`` stands, between those before and from ``at`` on."""
    is_after = at == 0 or found[at - 1].quantity.end <= quantity.start
    return is_after and (at == len(found) or quantity.end <= found[at].quantity.start)


_ONES: Final = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_VALUES: Final = (
    {word: Decimal(n) for n, word in enumerate(_ONES, 1)}
    | {word: Decimal(10 * n) for n, word in enumerate(_TENS, 2)}
    | {f"{tens}-{ones}": Decimal(10 * n + m) for n, tens in enumerate(_TENS, 2) for m, ones in enumerate(_ONES[:9], 1)}
    | {"a hundred": Decimal(100), "a thousand": Decimal(1000), "a dozen": Decimal(12), "hundred": Decimal(100)}
)
_BIG: Final = {"dozen": Decimal(12), "hundred": Decimal(100), **{
    word: Decimal(10) ** SCALES[word] for word in ("thousand", "million", "billion", "trillion")
}}  # fmt: skip
_WORD = rf"(?:(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_ONES[:9])}))?|{'|'.join(sorted(_ONES, key=len, reverse=True))})"
_OWN = r"(?<![\w-])"  # a word by itself, and no piece of a name such as Pick-Double


def _quantity(
    text: str,
    span: tuple[int, int],
    value: Decimal,
    unit: str,
    *,
    low: Decimal | None = None,
    grain: Decimal,
    sort: Sort = Sort.FIGURE,
) -> Quantity:
    start, end = span
    bound = bound_of(text[max(0, start - 40) : start], text[end : end + 20])
    return Quantity(start, end, value if low is None else low, value, unit, sort, bound, grain=grain, in_words=True)


def _value(word: str) -> Decimal:
    return _VALUES[re.sub(r"[- ]+", "-", word.lower())]


# Fractions and halves.

_PARTS: Final = {
    "half": 2, "halves": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "fifteenth": 15, "sixteenth": 16, "twentieth": 20,
    "thirtieth": 30, "thirty-second": 32, "fortieth": 40, "fiftieth": 50, "sixty-fourth": 64, "hundredth": 100,
    "thousandth": 1000,
}  # fmt: skip
_FRACTION = re.compile(
    rf"{_OWN}(?P<part>an?|the\s(?:remaining|other)|{'|'.join(_ONES[:9])})[- ]"
    rf"(?P<whole>{'|'.join(list(_PARTS)[2:])})(?P<many>s)?(?![\w-])",
    re.IGNORECASE,
)
_OF: Final = re.compile(
    r"\s(?:of|the|that|its|their|as|less|fewer|more|lower|smaller|cheaper|shorter|faster|reduction|were)\b",
    re.IGNORECASE,
)
_TO_A_PART: Final = re.compile(
    r"\b(?:by|to|about|only|roughly|nearly|almost|just|around|over|than|least|most|(?:little|few|much|many)\sas"
    r"|solv(?:es?|ed|ing)|los(?:es?|t|ing)|keep(?:s|ing)?|kept|gain(?:s|ed)?|reach(?:es|ed)?|sav(?:es?|ed)|miss(?:es|ed)?)\s$",
    re.IGNORECASE,
)
_NO_NOUN: Final = re.compile(r"\s?(?:[,.;:)]|$)|\s(?:is|are|was|were|have|has|had|fail\w*|go|goes|stays?|remains?)\b")
_HUNDREDTH: Final = Decimal("0.01")


def _fraction(text: str, span: tuple[int, int], part: Decimal, whole: Decimal) -> Quantity:
    share = (part / whole).quantize(Decimal("0.0001")).normalize()
    return _quantity(text, span, share, "x", grain=fraction_grain(share))


def _fractions(text: str) -> Iterator[Numeral]:
    """``a third of``, ``two thirds``, ``three-quarters``; but no ``a third stage``."""
    for match in _FRACTION.finditer(text):
        part = _VALUES.get(match["part"].lower(), Decimal(1))
        whole = Decimal(_PARTS[match["whole"].lower()])
        if part >= whole or (part > 1) != bool(match["many"]):
            continue
        is_other = match["part"].lower().startswith("the")
        follows = _OF.match(text, match.end()) or (is_other and _NO_NOUN.match(text, match.end()))
        if part == 1 and not follows and not _TO_A_PART.search(text[max(0, match.start() - 12) : match.start()]):
            continue
        if part == 1 and re.match(r"\sof\s(?:these|those|our)\s\w+\sis\b", text[match.end() : match.end() + 40]):
            continue
        yield Numeral(_fraction(text, match.span(), part, whole), is_count=False)


_PART_OF = re.compile(
    rf"{_OWN}(?P<part>{'|'.join(_ONES[:9])})\s(?:in|out\sof)\s(?:every\s)?(?P<whole>{'|'.join(_ONES[2:10])}|twenty)(?![\w-])",
    re.IGNORECASE,
)


def _parts_of(text: str) -> Iterator[Numeral]:
    """``one in five``, ``two out of three``; but no ``one in two``, which may be steps."""
    for match in _PART_OF.finditer(text):
        part, whole = _value(match["part"]), _value(match["whole"])
        if part < whole:
            yield Numeral(_fraction(text, match.span(), part, whole), is_count=False)


_HALF = re.compile(
    rf"{_OWN}(?P<half>(?<!first )(?<!second )(?<!other )(?<!latter )(?<!former )(?<!upper )(?<!lower )"
    r"(?<!left )(?<!right )(?<!each )(?<!and a )(?<!remaining )half)"
    r"(?:(?:\san?\s|-(?=million|billion|trillion))(?P<scale>million|billion|trillion|hour|minute|second|day|dozen)\b"
    r"|(?![\w-]))",
    re.IGNORECASE,
)
_HALF_OF: Final = re.compile(
    r"\s(?:of\s|the\s|that\s|its\s|their\s|our\s|as\s|an?\s|those\s|these\s|what\s|to\s|compared)|\s?[,.;)]|$",
    re.IGNORECASE,
)
_IN_HALF: Final = re.compile(
    r"\b(?:by|in|to|only|about|just|roughly|nearly|almost|around|over|than|least|most"
    r"|uses?|takes?|needs?|at|with|one) $",
    re.IGNORECASE,
)


def _halves(text: str) -> Iterator[Numeral]:
    """``half the cost``, ``cut by half``, ``half a million``; but no ``second half``."""
    for match in _HALF.finditer(text):
        scale = (match["scale"] or "").lower()
        if scale in _BIG:
            value = _BIG[scale] / 2
            sort = _sort_in_words(text, match.span(), "0.5", scale)
            yield Numeral(_quantity(text, match.span(), value, "", grain=value / 5, sort=sort), is_count=False)
        elif scale:
            unit, end, _ = unit_at(text, match.start("scale"))
            yield Numeral(
                _quantity(text, (match.start(), end), Decimal("0.5"), unit, grain=Decimal("0.1")), is_count=False
            )
        elif _HALF_OF.match(text, match.end()) or _IN_HALF.search(text[max(0, match.start() - 12) : match.start()]):
            yield Numeral(_quantity(text, match.span(), Decimal("0.5"), "x", grain=_HUNDREDTH), is_count=False)


# Multiples.

_MAGNITUDE = re.compile(
    rf"{_OWN}(?:(?P<low>one|two|three|\d)(?:\s?[-–]\s?|\s(?:to|or)\s))?"
    rf"(?:(?P<several>{_WORD}|\d(?:\.\d)?)|an?)[- ]orders?[- ]of[- ]magnitude\b",
    re.IGNORECASE,
)


def _magnitudes(text: str) -> Iterator[Numeral]:
    """``an order of magnitude``, ``2 orders of magnitude``, ``one to two orders of magnitude``."""
    for match in _MAGNITUDE.finditer(text):
        low, high = (_small(match[name]) for name in ("low", "several"))
        if high is None or high > _MOST_ORDERS:
            continue
        value = (Decimal(10) ** high).quantize(Decimal(1)) if high == high.to_integral_value() else Decimal(10) ** high
        bottom = Decimal(10) ** low if low is not None and match["low"] and low < high else None
        yield Numeral(_quantity(text, match.span(), value, "x", low=bottom, grain=value / 10), is_count=False)


_MOST_ORDERS: Final = 15


def _small(written: str | None) -> Decimal | None:
    if not written:
        return Decimal(1)
    if written[0].isdigit():
        return Decimal(written)
    return _VALUES.get(written.lower())


_VERB = re.compile(
    rf"{_OWN}(?:(?P<two>twice|doubl(?:e[ds]?|ing))|(?P<three>thrice|tripl(?:e[ds]?|ing))|(?P<four>quadrupl(?:e[ds]?|ing))"
    r"|(?P<half>halv(?:e[sd]?|ing)))(?![\w-])",
    re.IGNORECASE,
)
_OBJECT: Final = re.compile(
    r"\s(?:the|its|their|our|this|that|both|every|what|from(?=\s\d)|to|when|compared)\b", re.IGNORECASE
)
_NEARLY: Final = re.compile(
    r"\b(?:nearly|almost|roughly|about|approximately|than|effectively|even|close\sto)\s$", re.IGNORECASE
)


def _verbs(text: str) -> Iterator[Numeral]:
    """``twice``, ``doubles the throughput``, ``tripled``, ``halving``; but no ``object triples``, no ``run twice``."""
    for match in _VERB.finditer(text):
        word = match[0].lower()
        before = text[max(0, match.start() - 16) : match.start()]
        if match[0][0].isupper() and re.search(r"\w\s?$", before):
            continue  # part of a name
        has_object = _OBJECT.match(text, match.end()) or _NEARLY.search(before)
        if word in {"double", "triple", "triples", "quadruple", "quadruples", "halve", "halves"} and not has_object:
            continue
        if word == "doubles" and text[match.end() : match.end() + 4] == " as ":
            continue
        if word in {"twice", "thrice"} and not is_multiple(text, *match.span()):
            continue
        value = Decimal(2 if match["two"] else 3 if match["three"] else 4) if not match["half"] else Decimal("0.5")
        grain = _HUNDREDTH if match["half"] else Decimal(1)
        yield Numeral(_quantity(text, match.span(), value, "x", grain=grain), is_count=False)


# Numbers with a unit or a scale, and counts.

_NUMBER = re.compile(
    rf"{_OWN}(?:(?P<low>{_WORD})(?:-?\s(?:to|or)\s|-to-)|(?<=between )(?P<from>{_WORD})\sand\s)?"
    rf"(?:(?P<number>{_WORD})(?P<half>[- ]and[- ]a[- ]half)?"
    r"(?:[- ](?P<scale>(?:hundred[- ])?(?:thousand|million|billion)|dozen|hundred|trillion)(?!s))?"
    r"|an?\s(?P<alone>(?:hundred\s)?(?:thousand|million|billion)|dozen|hundred|trillion))(?P<fold>-?fold(?![\s-]cross))?(?!\w)",
    re.IGNORECASE,
)


_IS: Final = re.compile(r"\b(?:is|are|was|were)\s(?:\w+ly\s)?$")


def _numbers(text: str) -> Iterator[Numeral]:
    """``three times faster``, ``two-and-a-half-fold``, ``two hours``, ``a million images``; and counts."""
    for match in _NUMBER.finditer(text):
        if (
            match["fold"]
            and _IS.search(text[max(0, match.start() - 20) : match.start()])
            and not _OF.match(text, match.end())
        ):
            continue  # "our contributions are threefold"
        number = _value(match["number"]) if match["number"] else Decimal(1)
        *hundred, scale = re.split(r"[- ]", (match["scale"] or match["alone"] or "").lower())
        factor = _BIG.get(scale, Decimal(1)) * (_BIG["hundred"] if hundred else 1)
        half = Decimal("0.5") if match["half"] else Decimal(0)
        value = (number + half) * factor
        first = match["low"] or match["from"]
        low = _value(first) * factor if first else None
        unit, end, hyphen = ("x", match.end(), False) if match["fold"] else unit_at(text, match.end())
        if unit == "x" and not match["fold"] and not is_multiple(text, match.end() + 1, end):
            unit, end = "", match.end()
        if unit and not match["fold"] and not _is_spelt_out(text, match.end(), end):
            unit, end = "", match.end()
        if not unit and FACTOR.search(text[max(0, match.start() - 40) : match.start()]):
            unit = "x"
        if low is not None and low >= value:
            low = None
        start = match.start() if low is not None or not first else match.start("number")
        grain = factor if not half else Decimal("0.1") * factor
        if unit:
            sort = _sort(text, (start, end), value, unit, hyphen=hyphen)
            yield Numeral(_quantity(text, (start, end), value, unit, low=low, grain=grain, sort=sort), is_count=False)
        elif factor >= _BIG["million"]:
            sort = _sort_in_words(text, (start, end), str(number), scale)
            quantity = _quantity(text, (start, end), value, "", low=low, grain=factor, sort=sort)
            yield Numeral(quantity, is_count=False)
        elif value > 1 and not half and text[end : end + 6].lower() != "-fold":
            yield Numeral(_quantity(text, (start, end), value, "", grain=Decimal(0)), is_count=True)


def _sort_in_words(text: str, span: tuple[int, int], digits: str, scale: str) -> Sort:
    """The sort of a number of millions or more that is written in words."""
    start, end = span
    before, after = text[max(0, start - 40) : start], text[end : end + 60]
    return sort_of(Number(digits, scale, "", hyphen=False, before=before, after=after))


def _is_spelt_out(text: str, at: int, end: int) -> bool:
    """Whether a unit after a number in words is a word too, and ``points`` are points of a percentage."""
    unit = text[at:end].strip(" -").lower()
    return len(unit) > 2 and (unit not in {"point", "points", "pts"} or _APART.match(text, end) is not None)


_APART: Final = re.compile(r"\s(?:ahead|behind|above|below|higher|lower|better|worse|more|less)\b")


def _sort(text: str, span: tuple[int, int], value: Decimal, unit: str, *, hyphen: bool) -> Sort:
    start, end = span
    sort = sort_of(Number(str(value), "", unit, hyphen, text[max(0, start - 40) : start], text[end : end + 60]))
    return sort if sort is Sort.SETTING else Sort.FIGURE


# Korean.

_NATIVE_ONES: Final = "한 두 세 네 다섯 여섯 일곱 여덟 아홉".split()
_NATIVE_TENS: Final = {
    "열": 10, "스물": 20, "서른": 30, "마흔": 40, "쉰": 50, "예순": 60, "일흔": 70, "여든": 80, "아흔": 90,
}  # fmt: skip
_NATIVE: Final = (
    {word: n for n, word in enumerate(_NATIVE_ONES, 1)}
    | _NATIVE_TENS
    | {tens + ones: n + m for tens, n in _NATIVE_TENS.items() for m, ones in enumerate(_NATIVE_ONES, 1)}
    | {"스무": 20, "석": 3, "넉": 4}
)
_SINO: Final = {"십": 10, "백": 100, "천": 1000, "이십": 20, "삼십": 30, "오십": 50}
_ALONE: Final = {"둘": 2, "셋": 3, "넷": 4}
_OF_ONE_FORM: Final = frozenset(_NATIVE_ONES[4:])
"""They are the same before a noun and by themselves: ``다섯 개``, ``다섯이다``."""
_NUMBERS_OF: Final = _NATIVE | _SINO | _ALONE
_PAIRS: Final = {"한두": (1, 2), "두세": (2, 3), "서너": (3, 4), "네댓": (4, 5)}
_NATIVE_WORD = "|".join(sorted([*_NATIVE, *_PAIRS], key=len, reverse=True))
_KOREAN = re.compile(
    rf"(?<![가-힣\w])(?:(?P<native>{_NATIVE_WORD})(?P<gap>\s?)"
    rf"|(?P<sino>{'|'.join(sorted(_SINO, key=len, reverse=True))})(?:\s?(?=배|\s?(?:개|명|건|장|편|종)(?![가-힣]))"
    r"|(?<=천)(?P<thousand>\s)(?=[가-힣]))"
    r"|(?P<alone>둘|셋|넷)(?=(?:[은이을의에만도]|로|이다|에서|으로|만이|까지)?(?:[\s,.]|$)))"
)
_STANDS_ALONE: Final = re.compile(r"(?:[은이을만도]|이고|이며|이다|으로|뿐이?[며고다]?)?(?:[,.]|$|\s(?!번째))")
_COUNTER: Final = re.compile(r"(?:가지|개|명|종|대|편|장|쌍|단계|건|권|곳|차례|번|회|가족|모델|종류|군데|차원)(?!째)")
_DIGITS_OF: Final = {word: n for n, word in enumerate("일이삼사오육칠팔구십", 1)}
_KOREAN_FRACTION = re.compile(
    r"(?<![가-힣\w])(?P<whole>[이삼사오육칠팔구십])\s?분의\s?(?P<part>[일이삼사오육칠팔구])(?![가-힣]{2})"
)
_KOREAN_HALF = re.compile(r"(?<![가-힣])(?:절반|반(?=으로\s?(?:줄|감소|단축|낮|축소|절감)))")


def _korean_fractions(text: str) -> Iterator[Numeral]:
    """``절반``, ``반으로 줄``, ``삼분의 일``."""
    for match in _KOREAN_HALF.finditer(text):
        yield Numeral(_quantity(text, match.span(), Decimal("0.5"), "x", grain=_HUNDREDTH), is_count=False)
    for match in _KOREAN_FRACTION.finditer(text):
        part, whole = (Decimal(_DIGITS_OF[match[name]]) for name in ("part", "whole"))
        if part < whole:
            yield Numeral(_fraction(text, match.span(), part, whole), is_count=False)


_KOREAN_PART = re.compile(
    rf"(?<![가-힣\w])(?:(?:열에\s(?P<part>하나|둘|셋|넷|{'|'.join(_NATIVE_ONES[4:])}))"
    rf"|(?P<whole>셋|넷|{'|'.join(_NATIVE_ONES[4:])}|열)(?:\s(?:중|가운데)(?:에서?)?|에)\s하나)(?=[은를도꼴의만,.\s]|가\s|로|정도|쯤|[이을]\s|이다|$)"
)


def _korean_parts(text: str) -> Iterator[Numeral]:
    """``열에 여섯``, ``다섯 중 하나``: parts of a small whole."""
    for match in _KOREAN_PART.finditer(text):
        part = Decimal((_NUMBERS_OF | {"하나": 1})[match["part"] or "하나"])
        whole = Decimal(_NUMBERS_OF[match["whole"]] if match["whole"] else 10)
        yield Numeral(_fraction(text, match.span(), part, whole), is_count=False)


_KOREAN_SUM = re.compile(
    r"(?<![가-힣\w])(?P<thousands>[이삼사오육칠팔구]?천)?(?P<hundreds>[이삼사오육칠팔구]?백)?(?P<tens>[이삼사오육칠팔구]?십)?"
    rf"(?:(?P<ones>[일이삼사오육칠팔구])|(?P<native>{'|'.join(sorted(_NATIVE, key=len, reverse=True))}))?"
    r"(?P<scale>만|억)?"
    r"(?=여?\s?(?:가지|개|명|종|대|편|장|쌍|단계|건|권|곳|차례|번|회|배|문항|시간|달러)(?!째))"
)


def _korean_sums(text: str) -> Iterator[Numeral]:
    """A count of several places: ``이백쉰 개``, ``팔백여 개``, ``천만 장``."""
    for match in _KOREAN_SUM.finditer(text):
        places = [match[name] for name in ("thousands", "hundreds", "tens", "ones", "native", "scale")]
        if sum(each is not None for each in places) < _SEVERAL and not _has_digit(match):
            continue  # one place is read by itself
        value = sum(
            (_DIGITS_OF.get(written[0], 1) if written[1:] else 1) * size
            for written, size in zip(places[:3], (1000, 100, 10), strict=True)
            if written
        )
        value += _DIGITS_OF[match["ones"]] if match["ones"] else 0
        value += _NATIVE[match["native"]] if match["native"] else 0
        amount = Decimal(value or 1) * Decimal(10) ** (SCALES[match["scale"]] if match["scale"] else 0)
        unit, end, _ = unit_at(text, match.end())
        if unit in {"x", "h", "USD"}:
            yield Numeral(_quantity(text, (match.start(), end), amount, unit, grain=Decimal(1)), is_count=False)
        else:
            yield Numeral(_quantity(text, match.span(), amount, "", grain=Decimal(0)), is_count=True)


_SEVERAL: Final = 2


def _has_digit(match: re.Match[str]) -> bool:
    """Whether a single place has a digit of its own: the ``팔백`` of ``팔백 개``."""
    return any(len(match[name] or "") > 1 for name in ("thousands", "hundreds", "tens"))


def _korean_numbers(text: str) -> Iterator[Numeral]:
    """``두 배``, ``두세 배``, ``다섯 시간``; and counts such as ``세 가지``, ``열두 개``, but no ``첫 번째``."""
    for match in _KOREAN.finditer(text):
        word = match["native"] or match["sino"] or match["alone"]
        pair = _PAIRS.get(word)
        value = Decimal(pair[1] if pair else _NUMBERS_OF[word])
        low = Decimal(pair[0]) if pair else None
        unit, end, _ = unit_at(text, match.end())
        if unit in {"x", "h", "days", "months"} and value > 1:
            yield Numeral(_quantity(text, (match.start(), end), value, unit, low=low, grain=Decimal(1)), is_count=False)
        elif value > 1 and not pair and _is_korean_count(text, match):
            span = (match.start(), match.start() + len(word))
            yield Numeral(_quantity(text, span, value, "", grain=Decimal(0)), is_count=True)


def _is_korean_count(text: str, match: re.Match[str]) -> bool:
    if match["alone"] or match["thousand"] or _COUNTER.match(text, match.end()):
        return True
    if match["native"] in _OF_ONE_FORM and not match["gap"] and _STANDS_ALONE.match(text, match.end()):
        return True
    return (
        bool(match["gap"])
        and re.match(r"[가-힣A-Za-z]", text[match.end() : match.end() + 1]) is not None
        and (re.match(r"번째|째|자릿", text[match.end() : match.end() + 2]) is None)
    )
