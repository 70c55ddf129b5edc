"""Says in a reader's language what a check goes by: its reasons are written in English where they are found."""

import re
from collections.abc import Sequence
from typing import Final

from assay.publish.labels import label


def ground(why: str, language: str) -> str:
    """The reason of a finding in a language; as it is where the language has no words for it.

    Args:
        why: as a finding has it, in English.
        language: the code of the reader's.
    """
    if why in _WORDS:
        return label(f"ground.{why.replace(' ', '_')}", language)
    for name, pattern in _SENTENCES:
        if match := pattern.fullmatch(why):
            values = match.groupdict()
            if "where" in values:
                values["where"] = _places(values["where"], language)
            return label(f"ground.{name}", language, **values)
    return why


def given_of(given: str, language: str) -> str:
    """What a paper gives a figure of, and not what the summary does, in a language: ``latency, not memory``."""
    if given.startswith("not "):
        return label("ground.not", language, ours=given.removeprefix("not "))
    theirs, parted, ours = given.rpartition(", not ")
    return label("ground.not_of", language, theirs=theirs, ours=ours) if parted else given


def _places(where: str, language: str) -> str:
    """The texts that were searched: ``title, abstract and full text v2``."""
    names = {"title": label("title", language), "abstract": label("abstract", language)}
    full = label("full_text", language)
    *texts, last = [names.get(text, text.replace("full text", full)) for text in re.split(r", | and ", where)]
    return label("ground.and", language, first=", ".join(texts), last=last) if texts else last


_WORDS: Final = frozenset(
    {
        "bound",
        "comparison",
        "context",
        "count",
        "data set",
        "denial",
        "direction",
        "end",
        "exchanged",
        "in a name",
        "kind",
        "method",
        "metric",
        "name",
        "side",
        "size",
        "unit",
    }
)
_SENTENCES: Final[Sequence[tuple[str, re.Pattern[str]]]] = [
    (name, re.compile(pattern))
    for name, pattern in (
        ("not_in", r"not in (?P<where>(?:title|abstract|full text).*)"),
        ("no_text", r"no text of the paper is at hand"),
        ("same_thing", r"the same thing, another figure"),
        ("same_words", r"the same words, another figure"),
        ("other_order", r"its digits in another order"),
        ("only_digest", r"only in a digest"),
        ("recorded", r"recorded: (?P<metric>.+)"),
        ("from_to", r"from (?P<start>.+) to (?P<end>.+)"),
        ("between", r"between (?P<start>.+) and (?P<end>.+)"),
        ("leaves_of", r"what (?P<amount>.+) leaves of (?P<whole>.+)"),
        ("leaves", r"what (?P<amount>.+) leaves"),
        ("about", r"about (?P<figure>.+)"),
        ("beside", r"beside (?P<end>.+), the paper has (?P<figure>.+)"),
        ("not_at_most", r"not at most (?P<figure>.+)"),
    )
]
