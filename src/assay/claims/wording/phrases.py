"""The noun phrases and names of English prose, as far as the rules about figures need them."""

import re
from typing import NamedTuple


class Around(NamedTuple):
    """A figure's surroundings within its sentence."""

    left: str
    right: str
    near_left: str
    """What stands between the figure before this one and this one; all of ``left`` for the first."""
    near_right: str
    """What stands between this one and the next; all of ``right`` for the last."""


STOP = (
    r"on|for|across|over|compared|while|when|whereas|with|and|or|to|by|than|at|from|in|using|under|without|against|as|that|"
    r"which|who|is|are|was|were|be|has|have|had|can|could|may|will|but|relative|versus|vs|via|through|during|of|if|after|before|"
    r"respectively|averaged|per|where|both|we|it|its|our|their|this|these|those|only|even|achieves?|outperforms?|among|within|"
    r"demonstrating|showing|surpassing|exceeding|indicating|covering|spanning|comprising|collected|including|paired|designed|"
    r"sourced|generated|drawn|derived|annotated|ranging|enabling|making"
)
_WORD = r"[A-Za-z][\w@.'’/+-]*\w|[A-Za-z]"
PHRASE = rf"(?:(?!(?:{STOP})\b)(?:{_WORD})\s?){{1,5}}"
_LEAD = r"(?:(?:a|an|the|its|their|our|this|all|other|average|overall|mean|total|up|consistent|significant)\s)*"


def phrase(text: str) -> str:
    """The noun phrase at the beginning of ``text``, articles left out; empty if there is none."""
    match = re.match(rf"\s*{_LEAD}(?P<phrase>{PHRASE})", text)
    return "" if match is None else match["phrase"].strip()


PROPER = (
    r"(?<![\w-])(?!(?:Our|The|We|This|These|It|In|On|For|With|To|A|An|Its|Their|All|Each|Both|Across|Using|Over|By|While|When|Under|At|From|However|Moreover|Notably|Overall|Compared|LLMs?|AI)\b)"
    r"(?:[A-Z][\w@.+'-]*|[a-z]+[A-Z][\w.+-]*|[a-z]+\d[\w.+-]*)"
    r"(?:(?:\s|-)(?:[A-Z][\w@.+'-]*|\d+(?:\.\d+)?[A-Z]?(?![\w%])|v\d+))*"
)
