"""Reads works in Zotero's own fields, as `assay.sources.zotero` fetches them, as references."""

from collections.abc import Mapping
from typing import Any

from assay.reader.interests import Reference
from assay.reader.references import make_reference


def zotero_reference(item: Mapping[str, Any]) -> Reference:
    """The reference of a work.

    Raises:
        ValueError: if it has no title.
    """
    text = {name: value for name, value in item.items() if isinstance(value, str)}
    people = [person for person in item.get("creators") or () if isinstance(person, dict)]
    authors = [person for person in people if person.get("creatorType") == "author"] or people
    return make_reference(
        title=text.get("title", ""),
        abstract=text.get("abstractNote", ""),
        authors=[
            str(each.get("name") or f"{each.get('firstName') or ''} {each.get('lastName') or ''}") for each in authors
        ],
        date=text.get("date", ""),
        doi=text.get("DOI", ""),
        places=[*(text.get(name, "") for name in ("archiveID", "url")), *_extra_lines(text.get("extra", ""))],
        tags=[str(tag.get("tag") or "") for tag in item.get("tags") or () if isinstance(tag, dict)],
    )


def _extra_lines(extra: str) -> list[str]:
    """The lines of the field where Zotero keeps what has no field of its own, such as ``arXiv:2502.18137 [cs]``."""
    return [line.strip() for line in extra.splitlines()]
