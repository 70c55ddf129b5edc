"""What stands around a figure in its sentence, and which names there are surely its own.

A claim's data set and baseline are the likeliest names of its sentence. Shown without the sentence they have to be more
than likely: no other figure and no new clause may stand between them and the figure.
"""

import re
from typing import Final, NamedTuple

from assay.papers.models import Claim


def sure_dataset(claim: Claim) -> str:
    """The claim's data set if the sentence surely measures the figure on it; else empty."""
    around = around_figure(claim)
    name = claim.dataset
    words = _DIMENSIONS.sub("", name)
    is_kind = " " in name and words == words.lower()
    if around is None or not name or is_kind or _shares_words(name, f"{claim.metric} {claim.subject}"):
        return ""
    if not _is_whole(name, claim.quote) or ("respectively" in claim.quote and re.search(r",|\sand\s", name)):
        return ""
    beside = _ON_A_NAME.match(around.after)
    if beside is not None and beside["name"] not in name:
        return ""
    if name in around.after:
        between = around.after[: around.after.index(name)]
        return name if "," not in between and _reaches(between) else ""
    at = around.before.rfind(name)
    if at < 0 or _TRAINED_ON.search(around.before[:at]) or not _ON.search(around.before[:at]):
        return ""
    # Named before the first figure, a data set holds for the whole sentence.
    opens = not NUMBER.search(_without_names(around.before[:at]))
    return name if opens or _reaches(around.before[at + len(name) :]) else ""


_DIMENSIONS: Final = re.compile(r"\b\d[A-Z](?:/\d[A-Z])*\b")
"""Capitals that make no name: ``three 3D/4D reading benchmarks`` is a kind of data set, and none of its own."""


def sure_baseline(claim: Claim) -> str:
    """The claim's baseline if the sentence surely compares the figure with it; else empty."""
    around = around_figure(claim)
    name = claim.baseline
    if around is None or not name or _IS_CUT.search(name):
        return ""
    if name in around.after:
        return name if _reaches(around.after[: around.after.index(name)], commas=True) else ""
    at = around.before.rfind(name)
    if at < 0 or _COMPARED_BEHIND.search(around.after):
        return ""
    opens = _COMPARED_WITH.search(around.before[:at]) is not None
    return name if opens or _reaches(around.before[at + len(name) :]) else ""


def _is_whole(name: str, quote: str) -> bool:
    """Whether the quote has the name of a data set whole, and not as a member of a list that has others."""
    at = quote.find(name)
    following, preceding = quote[at + len(name) :], quote[:at]
    if at < 0 or re.match(
        r"\w|[.+-]\w|,\s\d+(?:,|\sand\b)|(?:,\s(?:[A-Z][\w-]*\s?){1,4}(?:,|and\b)|,?\sand\s[A-Z])", following
    ):
        return False
    if "respectively" not in quote and re.search(r"\b[A-Z][\w-]+(?:,|,?\sand)\s$", preceding):
        return False
    # A single word with a capital may be any name: it is a data set's where something is measured "on" it.
    is_plain = re.fullmatch(r"[A-Z][a-z]+", name) is not None
    return not is_plain or re.search(r"\b(?:on|across)\s(?:the\s)?$", preceding, re.IGNORECASE) is not None


_COMPARED_BEHIND: Final = re.compile(r"\b(?:compared\s(?:to|with)|relative\sto)\s")
"""What a figure is compared with stands behind it, and not before."""


class Around(NamedTuple):
    """The words of a quote around its figure."""

    before: str
    after: str


NUMBER: Final = re.compile(r"(?<![\w.@-])\d[\d,]*(?:\.\d+)?")
_UNIT: Final = re.compile(
    r"\s?(?:\\?%|[x×](?!\w)|times\b|\$?\\times\$?|-?fold\b|pp\b|(?:percentage\s|absolute\s)?points?\b)?"
    r"(?:\s?\$?(?:±|\\pm)\$?\s?\d[\d.]*)?\$?(?:\s?\([^)]*\))?"
)


def around_figure(claim: Claim) -> Around | None:
    """The words around the figure, if it stands in the quote in digits and is not part of a name."""
    ends = [abs(end) for end in claim.ends]
    for match in NUMBER.finditer(claim.quote):
        if ends and float(match[0].replace(",", "")) in ends[-1:]:
            before = claim.quote[: match.start()]
            unit = _UNIT.match(claim.quote, match.end())
            if re.search(r"(?<!^)\b[A-Z]\w*\s$", before):
                return None  # Fusion 360
            return Around(before, claim.quote[unit.end() if unit else match.end() :])
    return None


def _without_names(text: str) -> str:
    """The text without words that mix letters and digits, such as ``MATH-500``."""
    return re.sub(r"[^\W\d_][\w.-]*\d[\w.-]*|\b20[12]\d\b", "", text)


_BREAK: Final = re.compile(
    r";|,?\s(?:while|whereas|but)\s|,\sand\s(?!\d)|\sand\s(?:\w+ly\s)?\w+(?:s|es)\s(?:a|an|the|up|over)\s"
)


def _reaches(between: str, *, commas: bool = False) -> bool:
    """Whether what stands between a figure and a name leaves them together: no other figure, no new clause."""
    if _BREAK.search(between) or NUMBER.search(_without_names(between)):
        return False
    return commas or between.count(",") <= 1


def _shares_words(one: str, other: str) -> bool:
    return not set(re.findall(r"[\w.-]+", one.lower())).isdisjoint(re.findall(r"[\w.-]+", other.lower()))


_TRAINED_ON: Final = re.compile(
    r"\b(?:train|tun|learn|built|build|construct|initiali[sz]|pre-?train|distill)\w*\s(?:\w+\s)?(?:on|from|with|using)\s(?:the\s)?$",
    re.IGNORECASE,
)
_ON: Final = re.compile(r"(?:\b(?:on|across|in|at|for|of|and|under|over)|,)\s(?:the\s|our\s)?$", re.IGNORECASE)
_ON_A_NAME: Final = re.compile(r"\s?(?:[\w@-]+\s){0,4}?(?:on|across)\s(?:the\s|both\s)?(?P<name>[A-Z][\w-]+)")
_IS_CUT: Final = re.compile(
    r"^(?:those|that|it|them|these|this|which|what|others?)\b|^[a-z]+ing\b|\sand\s[a-z]|ed$|\W$"
)
"""What names no rival: it points back, it is what was done, or it is only a part of a name or more than one."""
_COMPARED_WITH: Final = re.compile(
    r"\b(?:compared|relative|comparison)\s(?:to|with)\s(?:the\s|a\s|an\s)?$", re.IGNORECASE
)
