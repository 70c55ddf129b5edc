"""Makes a reference out of what a library says of a work, and knows two records of one work for what they are."""

import re
from collections.abc import Iterable, Sequence

from assay.papers.ids import is_arxiv_id, parse_arxiv_id
from assay.papers.text import fold, normalise
from assay.reader.interests import Reference
from assay.store.searching.names import comma_turned


def make_reference(
    *,
    title: str,
    abstract: str = "",
    authors: Iterable[str] = (),
    date: str = "",
    doi: str = "",
    places: Sequence[str] = (),
    tags: Iterable[str] = (),
) -> Reference:
    """Make a reference whose key is that of the work.

    Args:
        title: its title.
        abstract: its abstract.
        authors: names with the family name first or last; first, it has a comma after it.
        date: text that begins with the year, or has one in it.
        doi: its DOI, also as a link.
        places: where an arXiv id may stand alone: an eprint number, a link, a note.
        tags: words that a reader filed it under.

    Raises:
        ValueError: if it has no title.
    """
    title = normalise(title)
    if not fold(title):
        raise ValueError("it has no title")
    doi = re.sub(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", "", normalise(doi), flags=re.IGNORECASE)
    arxiv_id = next((parse_arxiv_id(text).id for text in (*places, doi) if text and is_arxiv_id(text)), "")
    year = re.search(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)", date, re.ASCII)
    return Reference(
        key=arxiv_id or doi.lower() or fold(title),
        title=title,
        abstract=normalise(abstract),
        authors=tuple(normalise(comma_turned(name)) for name in authors if normalise(name)),
        year=int(year[0]) if year else None,
        doi=doi,
        arxiv_id=arxiv_id,
        tags=tuple(dict.fromkeys(filter(None, map(normalise, tags)))),
    )


def merge_references(kept: Sequence[Reference], new: Iterable[Reference]) -> tuple[list[Reference], int]:
    """All works of two lists, each once; and how many of the new ones were not kept.

    Two records are of one work if they share the arXiv id, the DOI or, where neither tells them apart, the title. The
    first record stays, with what it lacks from the others.
    """
    works: dict[int, Reference] = {}
    places: dict[str, int] = {}
    count = 0
    for number, each in enumerate((*kept, *new)):
        place = next(
            (places[name] for name in _names(each) if name in places and _may_be(each, works[places[name]])), -1
        )
        if place < 0:
            place = len(works)
            works[place] = each
            count += number >= len(kept)
        else:
            works[place] = combine(works[place], each)
        places.update((name, place) for name in _names(works[place]))
    return list(works.values()), count


def combine(first: Reference, second: Reference) -> Reference:
    """A work with what its record lacks from another record of it."""
    lacking = {name: value for name, value in second if not getattr(first, name)}
    fuller = first.model_copy(update=lacking | {"tags": tuple(dict.fromkeys([*first.tags, *second.tags]))})
    return fuller.model_copy(update={"key": fuller.arxiv_id or fuller.doi.lower() or fold(fuller.title)})


def _names(work: Reference) -> list[str]:
    """What a work may be known by, the surest first."""
    names = [f"arxiv {work.arxiv_id}" if work.arxiv_id else "", f"doi {work.doi.lower()}" if work.doi else ""]
    return [*filter(None, names), f"title {fold(work.title)}"]


def _may_be(one: Reference, other: Reference) -> bool:
    """Whether nothing says that they are two works: a preprint has another DOI than the paper that it became."""
    return not (one.arxiv_id and other.arxiv_id and one.arxiv_id != other.arxiv_id)
