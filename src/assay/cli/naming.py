"""How a reader names papers in her commands: by id, link or short name, or by the numbers of the list shown last."""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from assay.cli import Session

if TYPE_CHECKING:
    from assay.store import Store


def read_names(here: Session, names: Iterable[str]) -> dict[str, str]:
    """The papers that a reader names, each once, by id; with the place of those that she named by a number.

    A place is ``3 of 2025-02-26``: another list may have been shown elsewhere since, so that it is always told.

    Raises:
        ValueError: if one of the names is no paper, or a number that was not shown to her.
    """
    from assay.papers.catalogue import paper_id
    from assay.reader.numbering import is_number

    papers: dict[str, str] = {}
    for name in names:
        if not is_number(name):
            papers.setdefault(paper_id(name), "")
            continue
        shown = here.last_list()
        if shown is None:
            raise ValueError(
                f"{name} is a number of a list, and none was shown to you yet: `assay digest` shows a day, "
                "`assay start` one in your own order"
            )
        for number, paper in shown.choose(name).items():
            papers.setdefault(paper, f"{number} of {shown.name}")
    return papers


def check_stored(papers: Collection[str], store: "Store") -> None:
    """Make sure that papers, given by id, are in the archive.

    Raises:
        ValueError: if one is not.
    """
    stored = store.papers(papers)
    if missing := [key for key in papers if key not in stored]:
        verb, them = ("is", "it") if len(missing) == 1 else ("are", "them")
        raise ValueError(
            f"{', '.join(missing)} {verb} not in the archive; `assay add {' '.join(missing)}` brings {them} in"
        )
