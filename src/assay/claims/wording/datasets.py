"""Reads from the words around a figure on which benchmark or data set it was measured."""

import re
from collections.abc import Iterator

from assay.claims.wording.phrases import PROPER, Around

_DATASET_WORD = r"(?:benchmarks?|data\s?sets?|leaderboards?|test\ssets?|suite|corpus|tasks?|problems?|dataset)"
_ON = re.compile(
    r"\b(?:[Oo]n|[Aa]cross|from|in|at)\s(?:the\s|both\s|our\s|standard\s|challenging\s|popular\s)*"
    rf"(?P<phrase>{PROPER}(?:(?:,\s|\sand\s|,\sand\s){PROPER})*)"
)
_SET_NAME = re.compile(
    rf"(?P<phrase>{PROPER})\s{_DATASET_WORD}\b|\b(?:data\s?set|benchmark|corpus|suite|test\sset)s?(?:\s(?:called|named))?,?\s(?P<after>{PROPER})"
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
_IN_BRACKETS = re.compile(r"^\s?\((?P<phrase>[A-Z][\w@.+-]+(?:\s[A-Z0-9][\w.+-]*)?(?:\sand\s[A-Z][\w.-]+)?)\)")


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
    yield from _dataset_names(_ON, around.near_right)
    yield from _dataset_names(_IN_BRACKETS, around.right[:60])
    for text in (around.near_left, around.left):
        for pattern in (_ON, _SET_NAME):
            yield from reversed(_dataset_names(pattern, text))


def _dataset_names(pattern: re.Pattern[str], text: str) -> list[str]:
    """The names that ``pattern`` finds, those of models left out."""
    names = [
        (match["phrase"] or match.groupdict().get("after") or "").strip(" .,;:'") for match in pattern.finditer(text)
    ]
    return [name for name in names if not _MODEL.match(name)]
