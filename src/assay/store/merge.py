"""Merges the records of a paper from several sources into one, the same in whatever order they arrived.

Every field keeps its source, and each kind of field has its own rule for which of two readings is kept:

- what a new version changes (title, abstract, comment and the like): the higher arXiv version, then the more trusted
  source. Only arXiv and its news feed know versions; what any other source says counts as of version 1;
- whether the paper is withdrawn: what arXiv, its news feed or Hugging Face said last, by the date since which it holds
  and not by when we read it;
- everything else (authors, categories, links): the more trusted source, then the higher version.

Between two readings that are alike in all that, the later one wins, then the one stored last. An empty value replaces
a filled one only if it comes from a source that leaves nothing out.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from assay.papers.models import Paper
from assay.store.schema import moment_text

BEST_FIRST = ("arxiv", "huggingface", "arxiv-news", "catalogue", "assay", "digest-sections", "digest-table")
"""The sources from the most to the least trusted. A source that is not named here ranks as `assay` does."""

_KNOW_VERSIONS: Final = {"arxiv", "arxiv-news"}
_KNOW_WITHDRAWALS: Final = {"arxiv", "arxiv-news", "huggingface"}
"""Others hand on what one of these said once; anybody can have edited a file."""
_CHANGE_WITH_VERSION: Final = {"version", "updated", "title", "abstract", "comment", "journal_ref", "doi"}
_COMPLETE: Final = {"arxiv": {"comment", "journal_ref", "doi", "withdrawn"}}
"""By source, the fields that it always gives where they exist: left empty, they say that there is nothing."""

_EMPTY: Final[tuple[object, ...]] = (None, "", [])

Order = tuple[Any, ...]


class Attribution(NamedTuple):
    """Where the value of a field comes from."""

    trust: int
    """The source's rank; higher is better. Stored ranks may be those of an older Assay: see `_read`."""
    source: str
    version: int
    """The arXiv version; 0 where the source does not say."""
    moment: str
    """When it was read, as comparable text. Of ``withdrawn``, since when it holds, and then when it was read."""

    def order(self, field: str) -> Order:
        """The place of a field's value: of two, the one with the greater place is kept."""
        if field == "withdrawn":
            return self.source in _KNOW_WITHDRAWALS, self.moment, self.trust, self.source, self.version
        if field in _CHANGE_WITH_VERSION:
            version = max(self.version, 1) if self.source in _KNOW_VERSIONS else 1
            return version, self.trust, self.source, self.moment, self.version
        return self.trust, self.source, self.version, self.moment


def attribution_of(source: str, paper: Paper, moment: str) -> Attribution:
    """The attribution of all fields of ``paper``: its source, its version, and as text the moment it was read."""
    return Attribution(_trust(source), source, paper.version or 0, moment)


def merge(
    record: Mapping[str, Any], provenance: Mapping[str, list[Any]], paper: Paper, attribution: Attribution
) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """Merge ``paper`` into a record. Returns the new record, and the attribution of each of its fields.

    Records hold filled fields only, as JSON values; a field that a source says is empty has an attribution alone. Both
    mappings may be empty at first, and neither is changed.
    """
    complete = _COMPLETE.get(attribution.source, set())
    told = {
        field: value
        for field, value in paper.model_dump(mode="json").items()
        if value not in _EMPTY or field in complete
    }
    filled = {field: value for field, value in told.items() if value not in _EMPTY}
    attributions = {field: list(_of_field(field, paper, attribution)) for field in told}
    return merge_records(record, provenance, filled, attributions)


def merge_records(
    record: Mapping[str, Any],
    provenance: Mapping[str, list[Any]],
    other: Mapping[str, Any],
    other_provenance: Mapping[str, list[Any]],
) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """Merge the ``other`` record of a paper into one, field by field; of two values of equal rank the other is kept.

    A field whose source is not known is filled only where there is none.
    """
    fields, attributions = dict(record), dict(provenance)
    for field in dict.fromkeys([*other_provenance, *other]):
        if field not in other_provenance:
            fields.setdefault(field, other[field])
            continue
        new = _read(other_provenance[field])
        if field in attributions and _read(attributions[field]).order(field) > new.order(field):
            continue
        attributions[field] = list(new)
        if field in other:
            fields[field] = other[field]
        else:
            fields.pop(field, None)
    return fields, attributions


def _of_field(field: str, paper: Paper, attribution: Attribution) -> Attribution:
    """The attribution of one field: of a withdrawal, or that there is none, it says since when that holds."""
    since = paper.withdrawn or paper.updated
    if field != "withdrawn" or since is None:
        return attribution
    return attribution._replace(moment=f"{moment_text(since)} {attribution.moment}")


def _read(stored: list[Any]) -> Attribution:
    """An attribution as it was stored, with the rank that its source has today."""
    attribution = Attribution(*stored)
    return attribution._replace(trust=_trust(attribution.source))


def _trust(source: str) -> int:
    return -BEST_FIRST.index(source if source in BEST_FIRST else "assay")
