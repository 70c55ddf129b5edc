"""Tells a disagreement in the words of the two sentences: names as they are written there, and words whole."""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from assay.claims.context import Figure, content_stems
from assay.claims.judging.case import Disagreement
from assay.claims.meanings.counting import RAW
from assay.claims.meanings.lexicon import concepts
from assay.claims.naming.named import VARIANT, same
from assay.claims.numbers.sorts import Sort

_LETTER: Final = "A-Za-zÀ-ɏ0-9"
_TOKEN: Final = re.compile(rf"[{_LETTER}]+(?:[.+/@'’]+(?!s(?![{_LETTER}]))[{_LETTER}]+)*\+*|[-_‐‑–]")
_WORD: Final = re.compile(rf"[{_LETTER}]+(?:-[{_LETTER}]+)*")
_LONGEST: Final = 13
"""Tokens of a name, with its hyphens."""
_MOST: Final = 4
"""Words that are told of a side."""
_OF_THINGS: Final = frozenset(("metric", "data set", "method", "name", "size", "count", "comparison", "context"))
"""Fields whose sides are names and words of the texts, and not this checker's own."""
_VERBS: Final = frozenset(("has", "have", "had", "covers", "contains", "includes", "comprises"))
_ITS_OWN: Final = "the paper's own"
_SIZES: Final = {10**9: "B", 10**6: "M"}


def tell(disagreement: Disagreement, figure: Figure, reference: Figure, paper: Sequence[str]) -> str:
    """What the paper gives a figure of, and not what the summary does: ``MMSI-Bench, not MindCube (which has 41.2%)``.

    Args:
        disagreement: Its sides are one thing, or several with commas or *and* between them.
        figure: the summary's.
        reference: the paper's.
        paper: its texts, for names that neither sentence has in full.
    """
    theirs, ours = disagreement.theirs, disagreement.ours
    if disagreement.field in _OF_THINGS:
        theirs, ours = _spell(theirs, reference, paper), _spell(ours, figure, paper)
    rival = disagreement.rival
    if ours and rival is not None and all(each.text != rival.text for each in figure.sentence.figures):
        ours += f" (which has {rival.text.replace(chr(92), '')})"
    return ", ".join(filter(None, [theirs, f"not {ours}" if ours else ""]))


def _spell(things: str, figure: Figure, paper: Sequence[str]) -> str:
    """Things in the spelling of a figure's sentence, or else of the paper; those that stand near the figure."""
    found: dict[str, int] = {}
    for thing in re.split(r", | and ", things):
        written, distance = _written(thing, figure, paper)
        # A number that stands beside it tells nobody what it is of, nor does the verb.
        if re.search(r"[^\W\d]", written) and written.lower() not in _VERBS:
            found[written] = min(distance, found.get(written, distance))
    told: list[str] = []
    for written in sorted(found, key=lambda each: (-len(each), found[each])):
        if not any(_is_part(written, each) for each in told):
            told.append(written)
    *others, last = sorted(told, key=found.__getitem__)[:_MOST] or [""]
    return " and ".join(filter(None, [", ".join(others), last]))


def _is_part(word: str, other: str) -> bool:
    """Whether a word is one of another thing, or the same in another form: question of questions."""
    words = re.split(r"[\s-]", other.lower())
    return word.lower() in words or _stems(word) <= _stems(other)


def _stems(text: str) -> set[str]:
    return {stem for _, stem in content_stems(text, 0, len(text))} or {text.lower()}


def _written(thing: str, figure: Figure, paper: Sequence[str]) -> tuple[str, int]:
    """A thing as it is written, and how far from the figure."""
    if thing == _ITS_OWN:
        return thing, 0
    key = thing.removeprefix(VARIANT).removeprefix(RAW)
    if key.isdigit() and (size := next((each for each in _SIZES if int(key) >= each), 0)):
        sizes = (each for each in figure.sentence.figures if each.amount.sort is Sort.SIZE)
        written = next((each.text for each in sizes if each.amount.high == int(key)), "")
        return written or f"{int(key) / size:g}{_SIZES[size]}", 0
    sentence = figure.sentence
    places = list(_places(key, sentence.words))
    if places:
        at = figure.quantity.start - sentence.start
        return min(((sentence.words[start:end], abs(start - at)) for start, end in places), key=lambda each: each[1])
    elsewhere = (text[start:end] for text in paper for start, end in _places(key, text))
    words = (_written(word, figure, paper)[0] for word in key.split(" "))
    return next(elsewhere, None) or (" ".join(words) if " " in key else key), len(sentence.words)


def _places(key: str, text: str) -> Iterator[tuple[int, int]]:
    """Where a text has a name of that key, a word with that stem, or one that the dictionary has under it."""
    tokens = list(_TOKEN.finditer(text)) if key else []
    for at, first in enumerate(tokens):
        if first[0][0].isalnum():
            runs = accumulate(
                tokens[at : at + _LONGEST], lambda run, token: (run[0], token.end()), initial=first.span()
            )
            yield from (run for run in dict.fromkeys(runs) if same(text[slice(*run)]) == key)
    words = list(_WORD.finditer(text))
    stems = {start for start, stem in content_stems(text, 0, len(text)) if stem == key}
    yield from (word.span() for word in words if word.start() in stems)
    for each in concepts(text, 0, len(text)):
        if each.key == key and text[each.start].isascii():  # of "meta-planner", all of it
            whole = (word.span() for word in words if word.start() <= each.start < word.end())
            yield next(whole, (each.start, each.end))
