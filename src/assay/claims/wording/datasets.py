"""Reads from the words around a figure on which benchmark or data set it was measured."""

import re
from collections.abc import Iterator

from assay.claims.wording.phrases import PROPER, Around

_DATASET_WORD = r"(?:benchmarks?|data\s?sets?|leaderboards?|test\ssets?|suite|corpus|tasks?|problems?|dataset)"
_NAMES = rf"{PROPER}(?:(?:(?:,\s{PROPER}){{0,4}},?\s(?:and|&)\s{PROPER})|)"
"""A name, or a list of names that ends in "and": a comma alone may part a name from the subject."""
_ON = re.compile(
    r"\b(?:[Oo]n|[Aa]cross|[Ii]n|[Aa]t|from)\s(?:(?:the|both|our|a|challenging|popular|standard|public|full)\s)*"
    rf"(?P<phrase>{_NAMES})"
)
_SET_NAME = re.compile(
    rf"(?P<phrase>{PROPER})\s{_DATASET_WORD}\b|\b(?:data\s?set|benchmark|corpus|suite|test\sset)s?(?:(?:,?\s(?:called|named|dubbed))?\s(?P<after>{PROPER})"
    rf"|,\s(?P<apposed>{PROPER})(?=,|\s(?:which|with|that|comprising|consisting)\b))"
)
_MODEL = re.compile(
    r"(?:GPT|Llama|Qwen|Mistral|Gemini|Claude|DeepSeek|Gemma|Phi|OpenAI|o\d|[GC]PU|NVIDIA|RTX|A100|H100|"
    r"Stable Diffusion|FLUX|LLM)",
    re.IGNORECASE,
)
_APPOSITION = re.compile(
    rf"(?P<phrase>{PROPER}),?\s(?:is\s)?(?:a|an|the|our)\s[^,;.]{{0,70}}?\b(?:data\s?set|benchmark|corpus|suite|test\sset|collection)\b"
)
_OUR_SET = re.compile(
    r"\b(?:[Oo]ur|[Tt]his|[Tt]he)\s(?:[\w-]+\s){0,2}?(?:data\s?set|benchmark|corpus|suite|test\sset)\b|^It\s"
)
_JUST_BEFORE = re.compile(
    rf"(?:[(,:]|\band|\bon)\s?(?P<phrase>{PROPER}):?\s\(?$"
    rf"|(?P<after>{PROPER})\s(?:scores?|accuracy|success\srate|win\srate|overall\sscore)\s(?:of\s)?(?:over\s|about\s|up\sto\s)?$"
)
_IN_BRACKETS = re.compile(r"^\s?\((?P<phrase>[A-Z][\w.+-]+(?:\s[A-Z0-9][\w.+-]*)?(?:\sand\s[A-Z][\w.-]+)?)\)")


def dataset(around: Around, name: str, *, count: bool) -> str:
    """The benchmark or data set named for a figure; empty if none is. ``name`` is the paper's own name."""
    return next(_datasets(around, name, count=count), "")


def _datasets(around: Around, name: str, *, count: bool) -> Iterator[str]:
    """What may be the data set, the likeliest first."""
    if count:
        yield from reversed(_dataset_names(_APPOSITION, around.left) or _dataset_names(_SET_NAME, around.left))
        if name and _OUR_SET.search(around.left):
            yield name
    yield from _dataset_names(_JUST_BEFORE, around.near_left)
    yield from _dataset_names(_ON, _own_clause(around.near_right))
    if not _dataset_names(_ON, around.left[-120:]):
        yield from _dataset_names(_IN_BRACKETS, around.right[:60])
    for text in (around.near_left, around.left):
        for pattern in (_ON, _SET_NAME):
            yield from reversed(_dataset_names(pattern, text))


_NEXT_CLAUSE = re.compile(
    r"[;]|\b(?:while|whereas)\b|,\s(?:and|but)\s(?:is|it|the|achiev\w+|reach\w+|reduc\w+)\b|\sand\s(?:is|it|reduc\w+)\b"
)


def _own_clause(right: str) -> str:
    """What stands to the right of a figure until another clause begins."""
    end = _NEXT_CLAUSE.search(right)
    return right[: end.start()] if end else right


def _dataset_names(pattern: re.Pattern[str], text: str) -> list[str]:
    """The names that ``pattern`` finds, those of models left out."""
    names = [
        (match["phrase"] or match.groupdict().get("after") or match.groupdict().get("apposed") or "").strip(" .,;:'")
        for match in pattern.finditer(text)
    ]
    return [name for name in names if not _MODEL.match(name)]
