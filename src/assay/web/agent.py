"""What agents ask over MCP: the papers, their claims, what was measured of them, and whether a text is true to them.

Every answer is a record, so that an agent gets fields and not prose. To write (stars, notes, new papers) is allowed
only where the server was started so.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Annotated, Literal, TypeVar

import anyio.to_thread
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import ToolAnnotations
from pydantic import Field
from starlette.types import ASGIApp

from assay import __version__
from assay.claims.report import CheckedText
from assay.digest.adding import Fetched, bring_in, fetch_papers
from assay.digest.checking import check_text
from assay.papers.catalogue import paper_id, room_of
from assay.papers.ids import abs_url
from assay.papers.mathematics import to_text
from assay.papers.models import ALL_PARTS, Claim, Dossier, Noun, PaperId, Parts
from assay.publish.results import ResultRow, result_rows
from assay.reader.mine import MyPaper, Wanted, describe, my_list
from assay.reader.records import Mark
from assay.reader.shelf import Shelf
from assay.store import ClaimQuery, LedgerLine
from assay.web.access import Access
from assay.web.desk import Desk
from assay.web.gate import Gate
from assay.web.limits import Limits

Answer = TypeVar("Answer")

_GUIDE = """\
Assay has the day's AI papers, the figures that they claim with the sentence each stands in, and what was measured of \
them on real machines. Before you cite a figure of a paper, check_text tells whether the paper has it, and of what. \
results tells whether a claim was seen when it was tried; "evidence" says how much such a measurement is worth."""


class Briefly(Noun):
    """A paper in a line."""

    id: PaperId
    title: str
    day: date | None = None
    """The latest day that listed it."""
    votes: int | None = None
    line: str = ""
    """What it says, in a sentence; or the words around what was looked for."""


class Told(Noun):
    """A paper, as far as it is known."""

    id: PaperId
    title: str
    authors: tuple[str, ...]
    name: str = ""
    """Short name, if its method is in Assay's catalogue."""
    link: str
    code: str = ""
    days: tuple[date, ...] = ()
    abstract: str = ""
    summary: dict[str, str] = Field(default_factory=dict)
    """The parts of its summary, in the language that was asked for."""
    summary_by: str = ""
    """Who wrote it: catalogue, model, extractive or digest."""
    claims: tuple[Claim, ...] = ()
    results: tuple[ResultRow, ...] = ()


class Listed(Noun):
    """The papers of a day."""

    day: date
    state: str
    """Whether the list is whole: closed, provisional, partial and so on."""
    papers: tuple[Briefly, ...]


def make_agent_server(desk: Desk, who: str | Callable[[Context], str], *, may_write: bool = False) -> MCPServer:
    """The MCP server over a desk.

    Args:
        desk: what it answers from.
        who: the reader whose list it is, or what tells that of a request.
        may_write: whether agents may star papers, write notes and bring papers into the archive.
    """
    server = MCPServer("assay", title="Assay", instructions=_GUIDE, version=__version__, log_level="WARNING")
    reads = ToolAnnotations(read_only_hint=True, open_world_hint=False)
    writes = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True)

    def reader(context: Context) -> str:
        return who if isinstance(who, str) else who(context)

    @server.tool(annotations=reads)
    async def search(
        query: Annotated[str, Field(max_length=1_000, description='Words, "phrases", -excluded, author:"Song Han".')],
        limit: Annotated[int, Field(ge=1, le=100)] = 10,
        since: date | None = None,
        until: date | None = None,
        room: Annotated[str, Field(description="A room of the catalogue, such as attention; empty for all.")] = "",
    ) -> list[Briefly]:
        """Find papers by title, author, abstract or summary, in English and Korean; the best first."""
        return await _at(_search, desk, query, limit, since, until, room)

    @server.tool(annotations=reads)
    async def paper(
        paper: Annotated[str, Field(description="An arXiv id, any link to it, or a short name such as sparge_attn.")],
        language: Literal["en", "ko"] = "en",
    ) -> Told:
        """Tell all that is known of a paper: abstract, summary, every claim with its quote, and what was measured."""
        return await _at(_tell, desk, paper, language)

    @server.tool(annotations=reads)
    async def day(
        day: Annotated[date | None, Field(description="A day; the latest that has papers if left out.")] = None,
        language: Literal["en", "ko"] = "en",
    ) -> Listed:
        """List the papers of a day, each with its votes and one line."""
        return await _at(_list, desk, day, language)

    @server.tool(annotations=reads)
    async def claims(  # noqa: PLR0913 - each is a filter
        *,
        metric: Annotated[
            str, Field(description="Words of what was measured; speed, latency and speedup are one.")
        ] = "",
        dataset: Annotated[str, Field(description="Words of what it was measured on.")] = "",
        baseline: Annotated[str, Field(description="Words of what it is compared with.")] = "",
        paper: str = "",
        unit: Annotated[str, Field(description="Such as x, % or points.")] = "",
        least: float | None = None,
        most: float | None = None,
        since: date | None = None,
        until: date | None = None,
        limit: Annotated[int, Field(ge=1, le=500)] = 50,
    ) -> list[LedgerLine]:
        """List the figures that papers claim, each with the sentence that it stands in; the latest papers first."""
        query = ClaimQuery(
            paper=_id(paper) if paper else None,
            unit=unit or None,
            least=least,
            most=most,
            metric=metric,
            dataset=dataset,
            baseline=baseline,
            since=since,
            until=until,
        )
        return await _at(desk.store.ledger, query, limit)

    @server.tool(name="check_text", annotations=reads)
    async def check(
        text: Annotated[str, Field(max_length=20_000, description="What to check, in English or Korean.")],
        papers: Annotated[list[str], Field(max_length=50, description="What it is about, if it does not say so.")] = [],  # noqa: B006 - the schema needs it
    ) -> CheckedText:
        """Check every figure of a text against the papers that it is about.

        Each is supported, contradicted (the paper gives another), misattributed (it stands there, of something else),
        unsupported (it is nowhere in what was read) or unchecked, with the paper's own sentence.
        """
        return await _at(check_text, desk.store, text, papers)

    @server.tool(annotations=reads)
    async def results(
        paper: Annotated[str, Field(description="An arXiv id, link or short name; empty for all papers.")] = "",
    ) -> list[ResultRow]:
        """Tell what was measured of papers' claims: claimed effect beside the measured one, verdict and evidence."""
        return await _at(_results, desk, paper)

    @server.tool(annotations=reads)
    async def my_papers(
        context: Context,
        *,
        query: Annotated[str, Field(max_length=1_000)] = "",
        starred: bool = False,
    ) -> list[MyPaper]:
        """List the reader's own papers: what she starred, read, tagged and noted, the latest first."""
        wanted = Wanted(query=query, starred=starred)
        return await _at(lambda: my_list(desk.shelf(reader(context)), desk.store, wanted))

    if may_write:

        @server.tool(annotations=writes)
        async def star(context: Context, paper: str, *, on: bool = True) -> MyPaper:
            """Star a paper of the archive for the reader, or take the star away."""
            return await _at(lambda: _star(desk, reader(context), paper, on=on))

        @server.tool(annotations=writes)
        async def note(
            context: Context,
            paper: str,
            text: Annotated[str, Field(min_length=1, max_length=20_000)],
        ) -> MyPaper:
            """Write a note about a paper for the reader, beside those that it has."""
            return await _at(_note, desk, reader(context), paper, text)

        @server.tool(annotations=writes)
        async def add(
            context: Context, paper: Annotated[str, Field(description="An arXiv id, any link to it, or a short name.")]
        ) -> MyPaper:
            """Bring a paper into the archive and the reader's list; one that is not there is asked for at arXiv."""
            return await _at(_add, desk, reader(context), paper)

    return server


def make_agent_app(desk: Desk, access: Access, *, may_write: bool = False, limits: Limits | None = None) -> ASGIApp:
    """The MCP server over HTTP, at ``/mcp``, behind the app's own gate.

    Args:
        desk: what it answers from.
        access: who may ask, and whose things are shown to whom.
        may_write: as in `make_agent_server`.
        limits: how often.
    """

    def reader(context: Context) -> str:
        request = context.request_context.request
        assert request is not None  # noqa: S101 - it came over HTTP
        name: str = request.state.reader
        return name

    app = make_agent_server(desk, reader, may_write=may_write).streamable_http_app(
        json_response=True,
        stateless_http=True,
        # The gate has looked at hosts and origins already.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    return Gate(app, access, limits or Limits())


async def _at(answer: Callable[..., Answer], *given: object) -> Answer:
    """Work an answer out beside the event loop; what makes no sense is told to the agent in words."""
    try:
        return await anyio.to_thread.run_sync(partial(answer, *given))
    except ValueError as error:
        raise ToolError(" ".join(str(error).split())) from error


def _id(paper: str) -> str:
    try:
        return paper_id(paper)
    except ValueError as error:
        raise ToolError(" ".join(str(error).split())) from error


def _search(desk: Desk, query: str, limit: int, since: date | None, until: date | None, room: str) -> list[Briefly]:
    hits = desk.store.search(query, limit=limit, since=since, until=until, room=room_of(room) if room else None)
    return [
        Briefly(
            id=hit.id, title=to_text(hit.title), day=hit.day, line=hit.snippet.replace("\x02", "").replace("\x03", "")
        )
        for hit in hits
    ]


def _known(desk: Desk, paper: str) -> Dossier:
    key = paper_id(paper)
    dossier = desk.dossier(key)
    if dossier is None:
        raise ValueError(f"{key} is not in the archive")
    return dossier


def _tell(desk: Desk, paper: str, language: str) -> Told:
    dossier = _known(desk, paper)
    record, shown = dossier.paper, language if language in dossier.summary else next(iter(dossier.summary), "")
    parts = dossier.summary.get(shown)
    return Told(
        id=record.id,
        title=to_text(record.title),
        authors=tuple(record.authors),
        name=dossier.name,
        link=abs_url(record.id),
        code=record.code_url or "",
        days=tuple(dossier.days),
        abstract=to_text(record.abstract),
        summary={part: to_text(text) for part in ALL_PARTS if (text := getattr(parts, part))} if parts else {},
        summary_by=dossier.summary_origin[shown].value if shown else "",
        claims=dossier.claims,
        results=tuple(result_rows(desk.measurements().get(record.id, ()))),
    )


def _list(desk: Desk, day: date | None, language: str) -> Listed:
    days = [each for each, count in desk.store.days() if count]
    wanted = day or max(days, default=None)
    if wanted is None:
        raise ValueError("the archive has no papers yet; `assay collect` brings some in")
    known = desk.day(wanted)
    papers = [
        Briefly(id=each.id, title=to_text(each.title), votes=each.votes, line=_line(each.summary, language))
        for each in known.papers
    ]
    return Listed(day=wanted, state=known.state.value, papers=tuple(papers))


def _line(summary: Mapping[str, Parts], language: str) -> str:
    parts = summary.get(language) or next(iter(summary.values()), None)
    return to_text(parts.one_line) if parts else ""


def _results(desk: Desk, paper: str) -> list[ResultRow]:
    if not paper:
        return result_rows(each for group in desk.measurements().values() for each in group)
    return result_rows(desk.measurements().get(paper_id(paper), ()))


def _star(desk: Desk, reader: str, paper: str, *, on: bool) -> MyPaper:
    return _changed(desk, reader, paper, lambda shelf, key: (shelf.mark if on else shelf.unmark)([key], Mark.STARRED))


def _note(desk: Desk, reader: str, paper: str, text: str) -> MyPaper:
    return _changed(desk, reader, paper, lambda shelf, key: shelf.note(key, text))


def _add(desk: Desk, reader: str, paper: str) -> MyPaper:
    key = paper_id(paper)

    def fetch(missing: list[str]) -> Fetched:
        if desk.connect is None:
            raise ValueError(f"{key} is not in the archive, and this server asks nobody")
        with desk.connect() as client:
            return fetch_papers(desk.store, client, missing, base_url=desk.arxiv_url)

    for why in bring_in(desk.store, [key], fetch).refused.values():
        raise ValueError(f"{key}: {why}")
    return _changed(desk, reader, key, lambda shelf, key: shelf.mark([key], Mark.ADDED))


def _changed(desk: Desk, reader: str, paper: str, change: Callable[[Shelf, str], object]) -> MyPaper:
    key, shelf = _known(desk, paper).paper.id, desk.shelf(reader)
    change(shelf, key)
    return describe([key], shelf, desk.store)[0]
