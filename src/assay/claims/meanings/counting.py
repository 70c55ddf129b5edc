"""Reads what a bare number counts: the thing by its key in the table of words, or else the noun that follows it.

``3,120 videos`` and ``비디오 3,120개`` count *video*; ``317 kernels`` counts *~kernel*, a noun that the table lacks.
"""

import re
from collections.abc import Sequence
from decimal import Decimal

from assay.claims.context import Figure
from assay.claims.span import Span

RAW = "~"
"""What the key of a noun that the table of words lacks begins with."""


def counted(figure: Figure, nouns: Sequence[Span]) -> str:
    """What a bare number counts: the noun after it, in Korean the one before it or after its counter."""
    at, to = figure.quantity.start, figure.quantity.end
    text = figure.sentence.text
    if text.startswith("-scale", to):
        return ""
    before = [noun for noun in nouns if noun.end <= at <= noun.end + 6 and _FROM_NOUN.fullmatch(text[noun.end : at])]
    before = [noun for noun in before if not _IS_COUNTED.search(text[figure.sentence.start : noun.start])]
    if before and re.match(r"\s?[가-힣]", text[to : to + 2]):
        return before[-1].key
    if _BARE_BEFORE.search(text[figure.sentence.start : at]) and _COUNTER_OF.match(text[to:]):
        return ""  # "병원 48곳의 문서" are 48 of what stands before
    plural = _plural(figure)
    if plural is not None:
        plural = next((noun for noun in nouns if noun.start < plural.end and plural.start < noun.end), plural)
    for noun in nouns:
        if to <= noun.start <= to + 45 and _TO_NOUN.fullmatch(text[to : noun.start]):
            if plural and plural.end < noun.start:
                break  # "seven encoders of videos"
            heads = [
                each
                for each in nouns
                if 0 <= each.start - noun.end <= 25
                and _TO_HEAD.fullmatch(text[noun.end : each.start])
                and not _IS_VERB.match(text, each.end)  # "28 models answers 48.3%"
            ]
            return heads[-1].key if heads else noun.key
    return plural.key if plural else ""


def is_raw(thing: str) -> bool:
    """Whether a counted thing is a noun that the table of words lacks."""
    return thing.startswith(RAW)


def _plural(figure: Figure) -> Span | None:
    """The first plural noun of the English phrase that follows a number, as a thing."""
    phrase = _PHRASE.match(figure.after)
    found: Span | None = None
    for word in re.finditer(r"[A-Za-z][\w&]*", phrase[0]) if phrase else ():
        singular = _singular(word[0].lower())
        if singular:
            start = figure.quantity.end + word.start()
            found = Span(start, start + len(word[0]), RAW + singular[:8])
        elif found is not None:
            break
    return found


def _singular(word: str) -> str:
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return ""
    if word in {"series", "species"}:
        return word
    return word[:-3] + "y" if word.endswith("ies") else word.removesuffix("s")


_TWO_KINDS = r"[a-z][a-z-]*(?<!s)(?<!people)(?<!children)(?<!men)(?<!data)(?<!media)\sand\s"
"""The first of two words for one thing: the *diverse* of ``26 diverse and hard tasks``."""
_PHRASE = re.compile(
    rf"(?:\s{_TWO_KINDS}(?=[a-z]))?"
    r"(?:[ -]?(?<=[ -])"
    r"(?!(?:for|with|from|and|or|over|across|that|this|its|the|an?|are|was|were|is|than|on|in|to|of|by|per|as|"
    r"at|has|have|while|but|which|respectively|times|percent|seconds|minutes|hours|days|weeks|months|years)\b)[A-Za-z][\w&/]*){1,5}"
)
_TO_NOUN = re.compile(
    rf"[+\s-]*(?:{_TWO_KINDS})?"
    r"(?:(?!(?:and|or|on|in|to|with|for|from|by|across|of|is|are|was|were|per|than|each)\b)[A-Za-z][\w-]*,?\s|(?:[개명편건종장]|가지)(?:의|\s)\s?|[가-힣]{1,6}(?<![을를은는에서로와과며고])\s){0,4}"
)
_TO_HEAD = re.compile(r"[\s-](?:(?!(?:of|for|in|on|with|per|from|to|by)\b)[a-z]+\s)?|-answer\s")
_IS_VERB = re.compile(r"\s(?:about\s|only\s)?[~$]?\d")
_BARE_BEFORE = re.compile(
    r"(?<![가-힣])(?!(?:모두|최대|최소|평균|각각|무려|전체|겨우|거의|현재|새|또는|그리고)\s)[가-힣]{1,8}(?<![은는이가을를의에서로와과도만며고])\s$"
)
_COUNTER_OF = re.compile(r"\s?(?:여\s?)?(?:개|종|명|편|건|장|가지|쌍|곳|대)(?:의|에서|에)\s")
_IS_COUNTED = re.compile(r"\d(?:\s?(?:개|종|명|편|건|장|가지|쌍|곳|대)(?:의)?\s)?$")
"""It has a number of its own: the families of ``4개 계열 7개 모델`` and of ``4계열을 7개 언어로``."""
_FROM_NOUN = re.compile(r"(?:[은는이가를을\s]|약|총){0,4}")


def is_slip(one: Decimal, other: Decimal) -> bool:
    """Whether two numbers differ as by a slip in typing: digits exchanged, or one that is not the last one another."""
    ours, theirs = (str(int(each.scaleb(_PLACES))) for each in (one, other))
    while ours.endswith("0") and theirs.endswith("0"):
        ours, theirs = ours[:-1], theirs[:-1]
    if ours == theirs:
        return one != other and max(one, other) <= 1000 * min(one, other)  # the point in another place
    if len(ours) != len(theirs):
        return False
    apart = [n for n, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b]
    is_exchanged = sorted(ours) == sorted(theirs) and len(ours) > 1
    return is_exchanged or (len(apart) == 1 and len(ours) >= _LONG and apart[0] < len(ours) - 1)


_LONG = 4
_PLACES = 6
