"""Merges the records of a paper from several sources into one, the same in whatever order they arrive.

Every field keeps its source. A later value from an equal or a more trusted source replaces it; where two readings of
one source differ, the higher arXiv version wins, then the later reading, then the one stored last. An empty value never
replaces a filled one.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from assay.papers.models import Paper

BEST_FIRST = ("arxiv", "huggingface", "catalogue", "assay", "digest-sections", "digest-table")
"""The sources from the most to the least trusted. A source that is not named here ranks as `assay` does."""


class Attribution(NamedTuple):
    """The source of a field's value, as a rank: the value with the greater one is kept."""

    trust: int
    source: str
    version: int
    moment: str


def attribution_of(source: str, paper: Paper, moment: str) -> Attribution:
    """The attribution of all fields of ``paper``: its source, its version, and as text the moment it was read."""
    place = BEST_FIRST.index(source if source in BEST_FIRST else "assay")
    return Attribution(-place, source, paper.version or 0, moment)


def merge(
    record: Mapping[str, Any], provenance: Mapping[str, list[Any]], paper: Paper, attribution: Attribution
) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """Merge ``paper`` into a record. Returns the new record, and the attribution of each of its fields.

    Records hold filled fields only, as JSON values; both mappings may be empty at first, and neither is changed.
    """
    fields, attributions = dict(record), dict(provenance)
    for field, value in paper.model_dump(mode="json").items():
        if value in (None, "", []):
            continue
        if field not in attributions or Attribution(*attributions[field]) <= attribution:
            fields[field], attributions[field] = value, list(attribution)
    return fields, attributions
