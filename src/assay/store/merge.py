"""One paper out of what several sources say of it, the same whatever order they are heard in.

Every field remembers who said it. It is replaced by what an equal or a better source says later; where two readings
of one source differ, the higher arXiv version wins, then the later reading, then what was stored last. Nothing
filled is ever replaced by nothing.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from assay.papers.models import Paper

BEST_FIRST = ("arxiv", "huggingface", "catalogue", "assay", "digest-sections", "digest-table")
"""Whom to believe about a paper. A source that is not named here is believed as `assay` is."""


class Teller(NamedTuple):
    """Who said a field; the greater one is believed."""

    trust: int
    source: str
    version: int
    moment: str


def teller(source: str, paper: Paper, moment: str) -> Teller:
    """Who says what ``paper`` says: its source, its arXiv version, and the moment it was read as comparable text."""
    place = BEST_FIRST.index(source if source in BEST_FIRST else "assay")
    return Teller(-place, source, paper.version or 0, moment)


def merge(
    record: Mapping[str, Any], provenance: Mapping[str, list[Any]], paper: Paper, said_by: Teller
) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """The record of a paper, and who said which field, once ``paper`` has been heard too.

    Records hold filled fields only, as JSON values; both may be empty at first. What is given is left as it is.
    """
    merged, tellers = dict(record), dict(provenance)
    for field, value in paper.model_dump(mode="json").items():
        if value in (None, "", []):
            continue
        if field not in tellers or Teller(*tellers[field]) <= said_by:
            merged[field], tellers[field] = value, list(said_by)
    return merged, tellers
