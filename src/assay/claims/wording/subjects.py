"""Reads from the words around a figure whose it is."""

import re

from assay.claims.wording.phrases import PROPER, Around

_OURS = re.compile(
    r"\b(?:our|this|the\sproposed)\s(?:[\w-]+\s)?(?:method|approach|model|framework|system|algorithm|pipeline|technique|"
    r"benchmark|dataset)s?\b",
    re.IGNORECASE,
)
_NAME_AND_VERB = re.compile(
    rf"(?!(?:Results|Experiments|Evaluation)\b)(?P<phrase>{PROPER})\s"
    r"(?:further\s|also\s|consistently\s|significantly\s|successfully\s|even\s)*"
    r"(?:achiev\w+|outperform\w*|improv\w+|surpass\w*|reduc\w+|attain\w*|reach\w*|yields?|obtain\w*|deliver\w*|exceeds?|"
    r"gains?|boosts?|increas\w+|accelerat\w+|comprises|contains|consists|includes|scores?|solves?|generates?|offers|provides|"
    r"requires|exhibits|shows|enables|lag)\b"
)


def subject(around: Around, name: str) -> str:
    """Whose figure it is: the name before the verb, else the paper's own ``name``, else ``our method`` and the like."""
    if match := re.match(rf"\s?\((?P<phrase>{PROPER})\)", around.right):
        return match["phrase"]
    if matches := list(_NAME_AND_VERB.finditer(around.left)):
        return matches[-1]["phrase"]
    ours = list(_OURS.finditer(around.left))
    return name or (ours[-1][0] if ours else "")
