"""The spellings of numbers, scales and units in English and Korean prose, and the one spelling of each unit."""

import re
from functools import cache
from typing import Final

# A thin or a no-break space may part the groups of a number; so may any in `mark_groups`.
_GROUP_SPACE = "\u2009\u202f"
_DIGITS = (
    rf"\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?(?![\d])|\d{{1,3}}(?:[{_GROUP_SPACE}]\d{{3}})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?"
)
_MEASURES: Final = {
    "tokens/s": r"tokens?\s*(?:/|per)\s*s(?:ec(?:ond)?)?",
    "GPU hours": r"(?:[AHV]\d{2,3}\s)?[GT]PU[- ](?:hours?|시간)",
    "GPU days": r"(?:[AHV]\d{2,3}\s)?[GT]PU[- ]days?",
    "µs": r"[µμ]s|microseconds?|마이크로초",
    "ms": r"milliseconds?|msec|ms|밀리초",
    "s": r"seconds?|secs?|s|초(?![당기반록])",
    "min": r"minutes?|mins?|분(?![의기])",
    "h": r"hours?|hrs?|h|시간(?!당)",
    "days": r"days?",
    "weeks": r"weeks?",
    "months": r"months?",
    "years": r"years?(?=\s(?:of|worth)\b)|(?<!\d\d\d\d)년(?=\s?(?:동안|간|치|분|에\s?걸|에서|으로|[이을]\s|이?나\s))",
    "decades": r"decades?",
    "MB/s": r"MB/s|MBps|megabytes? per second",
    "GB/s": r"GB/s|GBps|gigabytes? per second",
    "TB/s": r"TB/s|TBps|terabytes? per second",
    "Mbps": r"Mbps|Mbit/s|megabits? per second",
    "kbps": r"kbps|kbit/s|kilobits? per second",
    "bps": r"bps|bits? per second",
    "KB": r"KB|KiB|kilobytes?|킬로바이트",
    "MB": r"MB|MiB|megabytes?|메가바이트",
    "GB": r"GB|GiB|gigabytes?|기가바이트|G(?=\s(?:of\s)?(?:HBM|V?RAM|memory))",
    "TB": r"TB|TiB|terabytes?|테라바이트",
    "PFLOPS": r"PFLOP[sS]?(?:/s)?",
    "TFLOPS": r"TFLOP[sS]?(?:/s)?",
    "GFLOPS": r"GFLOP[sS]?(?:/s)?",
    "TOPS": r"TOPS",
    "FPS": r"FPS|fps|frames?\s*(?:per|/)\s*s(?:ec(?:ond)?)?",
    "kHz": r"kHz",
    "Hz": r"Hz",
    "dB": r"dB",
    "kWh": r"kWh|kilowatt[- ]hours?",
    "kW": r"kW",
    "W": r"W|watts?",
    "mm": r"mm|millimet(?:er|re)s?|밀리미터",
    "cm": r"cm|centimet(?:er|re)s?|센티(?:미터)?",
    "m": r"met(?:er|re)s?|미터|(?<=\d\s)m(?!\s(?:[a-z]+\s)?(?:param|sampl|imag|token|pair|video|frame))",
    "km": r"km|kilomet(?:er|re)s?|킬로미터",
    "USD": r"USD|(?:US )?dollars?|달러",
    "cents": r"(?:US )?cents?|센트",
    "bits": r"bits?|비트",
    "p": r"(?<=\d\d\d)p",
    "percentile": r"(?:st|nd|rd|th) percentile",
}
# A longer one stands before a shorter one that begins it.
_UNITS: Final = {
    "points": r"%p|%-?\s?points?|percentage[- ]points?|퍼센트\s?포인트|%\s?포인트|points?|pts?|pp|포인트",
    "%": r"%|percent(?:age)?|per\s?cent|퍼센트|프로(?=[가-힣\s])",
    "x": r"x|X|×|times|folds?(?![\s-]cross)|배(?![치포열터송율선수])",
} | _MEASURES
SCALES: Final = {
    "thousand": 3, "million": 6, "billion": 9, "trillion": 12, "k": 3, "m": 6, "b": 9, "t": 12,
    "천억": 11, "백억": 10, "십억": 9, "천만": 7, "백만": 6, "십만": 5, "천": 3, "백": 2, "만": 4, "억": 8, "조": 12,
}  # fmt: skip
_KOREAN_SCALES = r"천억|백억|십억|천만|백만|십만|천|백(?![분신인])|만(?![나약큼])|억|조(?![건합각])"
_UNIT = "|".join(rf"(?P<u{n}>{pattern})" for n, pattern in enumerate(_UNITS.values()))
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_POWER = (
    rf"10(?:\^\{{?(?P<caret>[-−]?\d{{1,2}})\}}?|(?P<raised>[⁻⁺]?[{_SUPERSCRIPTS}]{{1,2}})|(?P<lost>[−-]\d{{1,2}}))"
    r"(?![\d.]\d|\w)"
)
NUMBER: Final = re.compile(
    rf"(?P<sign>(?<![\w)\]%])[+\-−±](?=\d))?(?<![\d.])(?P<money>[$€£]\s?|\b(?:USD|US\$|EUR)\s?)?(?P<number>{_DIGITS})(?:\s?[x×·*]\s?{_POWER}|[eE](?P<scientific>[-−+]?\d{{1,2}})(?![A-Za-z0-9_]|\.\d))?"
    # In "1/4만" the syllable is a particle: "only".
    rf"(?:(?P<scale>[KMBTkmb](?![a-zA-Z0-9])|[KMBTkmb](?=\+)"
    rf"|\s?-?(?:thousand|million|billion|trillion)(?![a-z])|(?<!\d/\d)(?<!\d/\d\d)(?:{_KOREAN_SCALES}))\s?\+?)?"
    rf"(?P<plus>\+)?(?P<gap>\s?-?)(?:(?:{_UNIT})(?![A-Za-z0-9]))?"
)
_FOLLOWING_UNIT = re.compile(rf"(?P<gap>[\s-]?)(?:{_UNIT})(?![A-Za-z0-9])")

CURRENCIES: Final = {"$": "USD", "USD": "USD", "US$": "USD", "€": "EUR", "EUR": "EUR", "£": "GBP"}


def unit_of(match: re.Match[str]) -> str:
    """The unit that a match of `NUMBER` has, in one spelling; empty for none."""
    return next((name for n, name in enumerate(_UNITS) if match[f"u{n}"]), "")


def unit_at(text: str, at: int) -> tuple[str, int, bool]:
    """The unit that stands in ``text`` right after ``at``, its end, and whether a hyphen ties it; empty for none."""
    match = _FOLLOWING_UNIT.match(text, at)
    return (unit_of(match), match.end(), match["gap"] == "-") if match else ("", at, False)


@cache
def measure_of(unit: str) -> str:
    """A unit in the one spelling of quantities: ``s`` for ``seconds``; empty for what is counted, as ``tasks``."""
    match = NUMBER.fullmatch(f"1 {unit}")
    return unit_of(match) if match else ""


def exponent_of(match: re.Match[str]) -> int | None:
    """The power of ten that a match of `NUMBER` is multiplied with: -4 of ``3×10⁻⁴``; ``None`` where none is."""
    written = match["caret"] or match["raised"] or match["lost"] or match["scientific"]
    return _integer(written) if written else None


def exponent_after_ten(rest: str) -> tuple[int, int] | None:
    """The exponent that follows a ten in ``rest``, and its length: (7, 2) of ``^7``; ``None`` where none does."""
    match = _EXPONENT.match(rest)
    return (_integer(match[1] or match[2]), match.end()) if match else None


_EXPONENT = re.compile(rf"\^\{{?([-−]?\d{{1,2}})\}}?(?!\d)|([⁻⁺]?[{_SUPERSCRIPTS}]{{1,2}})")
_TO_DIGITS = str.maketrans(_SUPERSCRIPTS + "⁻⁺−", "0123456789-+-")


def _integer(written: str) -> int:
    return int(written.translate(_TO_DIGITS))


def mark_groups(text: str) -> str:
    """Part groups of three digits by thin spaces where the words around show one number: ``12 345 kites``.

    The text keeps its length.
    """
    if not _SPACED_GROUPS.search(text):
        return text
    return _SPACED_GROUPS.sub(lambda match: match[0].replace(" ", "\u2009").replace("\u00a0", "\u2009"), text)


# Lower-case words on both sides: not a row of a table, nor "ToyNet 2 300 times".
_SPACED_GROUPS = re.compile(
    r"(?:(?<=[a-z가-힣][ (])|(?<![^\n]))[1-9]\d{0,2}(?:[ \u00a0]\d{3})+(?=[ \u00a0]?[a-z가-힣]{2})"
)
