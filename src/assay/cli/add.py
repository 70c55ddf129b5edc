"""``assay add``: brings any paper into the archive and into a reader's list."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli import Json, Reader, Session, app, session
from assay.papers.models import Line, Noun, PaperId, Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.digest.adding import Fetched
    from assay.fulltext import FullText
    from assay.papers.ids import ArxivId
    from assay.papers.models import Paper
    from assay.reader.interests import Reference
    from assay.store import Store


class AddReport(Noun):
    """What became of all that was to be added."""

    papers: tuple[PaperId, ...] = ()
    """Those that are in the reader's list now."""
    new: tuple[PaperId, ...] = ()
    """Those of them that were not in the archive."""
    from_file: tuple[PaperId, ...] = ()
    """Those of the new ones that arXiv could not be asked about: all that is known of them is what a file says."""
    works: tuple[Line, ...] = ()
    """Titles of works without an arXiv id: the archive cannot hold them, so they are kept in her library alone."""
    refused: tuple[Refusal, ...] = ()
    """What could not be added, and why."""


@app.command()
def add(
    context: typer.Context,
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="ID|URL|FILE...",
            help="arXiv ids, any links to them, short names; or files: a PDF, an HTML page or LaTeX source of a paper, "
            "BibTeX, or what `assay import` reads.",
        ),
    ],
    paper: Annotated[
        str | None, typer.Option("--as", metavar="ID", help="Which paper the one file is, where it does not say so.")
    ] = None,
    _reader: Reader = None,
    as_json: Json = False,
) -> None:
    """Add papers to the archive and to your list, whether a day lists them or not.

    Papers that are not here are asked for at arXiv. Without a network, what is here already can be added, and what a
    file says of its own paper; the rest is named. Exit code 1 says that something could not be added.
    """
    from assay.papers.ids import parse_arxiv_id

    here = session(context)
    files = [Path(each) for each in what if Path(each).is_file()]
    if paper is not None and (len(what) != 1 or not files):
        raise ValueError("--as goes with one file")
    own_id = None if paper is None else parse_arxiv_id(paper)
    wanted = _Wanted()
    names = [each for each in what if not Path(each).is_file()]
    wanted.ids += _ids_of(here, names)
    with here.store() as store:
        for file in files:
            wanted.read(store, file, own_id)
        report = _add(here, store, wanted)
    if as_json:
        here.json(report.model_dump_json())
    else:
        _print(here, report)
    if report.refused:
        raise typer.Exit(1)


def _ids_of(here: Session, names: "Sequence[str]") -> list[str]:
    """The ids of papers.

    Raises:
        ValueError: if one of the names is a folder, or neither an id nor a file.
    """
    from assay.cli.naming import read_names

    for name in names:
        if Path(name).is_dir():
            raise ValueError(f"{name} is a folder; `assay import` reads folders")
    return list(read_names(here, names))


@dataclass
class _Wanted:
    """What is to be added, as far as it is known before arXiv is asked."""

    ids: list[str] = field(default_factory=list)
    texts: "list[tuple[Path, FullText]]" = field(default_factory=list)
    works: "list[Reference]" = field(default_factory=list)
    known: "dict[str, Paper]" = field(default_factory=dict)
    """What files say of their own papers, for want of arXiv."""
    files: dict[str, Path] = field(default_factory=dict)
    """By paper, the file that names it."""
    new: set[str] = field(default_factory=set)
    """Papers that came into the archive with a recording."""
    refused: list[Refusal] = field(default_factory=list)

    def read(self, store: "Store", file: Path, paper: "ArxivId | None") -> None:
        """Read a file of any of the kinds; what cannot be read is refused.

        Raises:
            ValueError: if ``paper`` says what a file is that is not the text of a paper.
        """
        data = file.read_bytes()
        is_full_text = _is_full_text(data)
        if paper is not None and not is_full_text:
            raise ValueError(f"--as goes with the text of a paper, which {file} is not")
        try:
            if is_full_text:
                self._read_full_text(file, data, paper)
            elif file.suffix.lower() == ".bib" or data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"@", b"%")):
                self._read_bibtex(file)
            else:
                self._import(store, file)
        except ValueError as error:
            self.refused.append(Refusal(file=str(file), why=str(error).removeprefix(f"{file}: ")))

    def refusal(self, paper: str, why: str) -> Refusal:
        """Say of a paper that it cannot be added, with the file that named it."""
        file = self.files.get(paper)
        return Refusal(file=str(file or paper), why=f"{paper}: {why}" if file else why)

    def _read_full_text(self, file: Path, data: bytes, paper: "ArxivId | None") -> None:
        from assay.cli.fulltext import read_text_of
        from assay.digest.adding import paper_of_text

        own = paper or _id_of_file(file, data)
        text = read_text_of(file, own.id, own.version)
        self.ids.append(own.id)
        self.files[own.id] = file
        self.texts.append((file, text))
        if described := paper_of_text(text):
            self.known[own.id] = described

    def _read_bibtex(self, file: Path) -> None:
        from assay.digest.adding import paper_of_reference
        from assay.reader.bibtex import read_bibtex
        from assay.sources.recordings import read_text

        works = read_bibtex(read_text(file))
        if not works.references and not works.refused:
            raise ValueError("there is no work in it")
        self.refused += [Refusal(file=str(file), line=line, why=why) for line, why in works.refused.items()]
        for work in works.references:
            if work.arxiv_id:
                self.ids.append(work.arxiv_id)
                self.files[work.arxiv_id] = file
                self.known[work.arxiv_id] = paper_of_reference(work)
            else:
                self.works.append(work)

    def _import(self, store: "Store", file: Path) -> None:
        from assay.digest.ingest import import_files
        from assay.sources.recordings import read_file

        ids = [paper.id for reading in read_file(file) for paper in reading.papers]
        self.new |= set(ids) - store.papers(ids).keys()
        self.refused += import_files(store, [file]).refused
        self.ids += ids


def _is_full_text(data: bytes) -> bool:
    """Whether a file is the text of a paper: a PDF, an HTML page, or a LaTeX source, packed or not."""
    from assay.fulltext import form_of

    if form_of(data) != "latex":
        return True
    is_packed = not data[:512].isascii() and b"\x00" in data[:512]
    return is_packed or b"\\documentclass" in data or b"\\begin{document}" in data


def _id_of_file(file: Path, data: bytes) -> "ArxivId":
    """Which paper a file is, as its name or the file itself states.

    Raises:
        ValueError: if nothing says which.
    """
    from assay.fulltext import form_of
    from assay.fulltext.statement import stated_id
    from assay.papers.ids import is_arxiv_id, parse_arxiv_id

    if is_arxiv_id(file.name):
        return parse_arxiv_id(file.name)
    stated = stated_id(data, form_of(data))
    if stated is None:
        raise ValueError("nothing in it says which paper of arXiv's it is: name it with --as 2502.18137")
    return stated


def _add(here: Session, store: "Store", wanted: _Wanted) -> AddReport:
    """Ask arXiv for what is not here, keep the full texts, and put all of it into the reader's list."""
    from functools import partial

    from assay.cli.fulltext import store_text
    from assay.digest.adding import bring_in
    from assay.digest.ledger import bring_up_to_date
    from assay.reader.records import Mark

    ids = list(dict.fromkeys(wanted.ids))
    brought = bring_in(store, ids, partial(_fetch, here, store), known=wanted.known)
    wanted.refused += [wanted.refusal(key, why) for key, why in brought.refused.items()]
    for file, text in wanted.texts:
        if text.paper in brought.papers:
            try:
                store_text(store, text, file)
            except ValueError as error:
                wanted.refused.append(Refusal(file=str(file), why=str(error).removeprefix(f"{file}: ")))
    bring_up_to_date(store)
    with here.shelf() as shelf:
        shelf.mark(brought.papers, Mark.ADDED)
        shelf.merge_library(wanted.works)
    return AddReport(
        papers=brought.papers,
        new=tuple(key for key in brought.papers if key in brought.new or key in wanted.new),
        from_file=brought.from_file,
        works=tuple(work.title for work in wanted.works),
        refused=tuple(wanted.refused),
    )


def _fetch(here: Session, store: "Store", papers: list[str]) -> "Fetched":
    from assay.cli.progress import bar
    from assay.digest.adding import fetch_papers
    from assay.sources.client import Client

    settings = here.settings
    with (
        bar(here, "ask arXiv") as progress,
        Client(
            pace=settings.pace(),
            contact=settings.contact,
            locks=settings.locks,
            cached=store.last_snapshot,
            report=here.say,
        ) as client,
    ):
        return fetch_papers(store, client, papers, base_url=settings.arxiv_url, progress=progress)


def _print(here: Session, report: AddReport) -> None:
    from assay.papers.escape import terminal_prose as safe

    with here.store() as store:
        papers = store.papers(report.papers)
    for key, paper in papers.items():
        news = "new in the archive" if key in report.new else "in the archive already"
        if key in report.from_file:
            news = f"new in the archive, as its file describes it; `assay refresh {key}` asks arXiv"
        here.out.print(f"in your list: {key}  {safe(paper.title)}  ({news})", markup=False, soft_wrap=True)
    for title in report.works:
        here.out.print(f"in your library, not being on arXiv: {safe(title)}", markup=False, soft_wrap=True)
    for refusal in report.refused:
        place = f"{refusal.file}:{refusal.line}" if refusal.line else refusal.file
        here.err.print(f"not added: {place}: {refusal.why}", markup=False, style="yellow", soft_wrap=True)
