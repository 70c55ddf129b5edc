"""Check a text: every figure of what a reader pastes, held against the papers that it speaks of."""

from functools import partial
from typing import Annotated, Any

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync
from fastapi import APIRouter, Body, Form, HTTPException, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import Field

from assay.claims.report import CheckedText
from assay.digest.checking import MOST_CHARACTERS, check_text
from assay.papers.findings import State
from assay.papers.models import Noun
from assay.publish.checked_text import WRONG, basis_line, mark_text, place_words, reason_line
from assay.publish.checks import SIGNS
from assay.publish.grounds import ground
from assay.web.adding import add_paper
from assay.web.asking import AtDesk, Reader
from assay.web.desk import Desk
from assay.web.faults import fault_of
from assay.web.rendering import language_of, render

api = APIRouter(prefix="/api", tags=["claims"])
router = APIRouter(include_in_schema=False)

_AT_ONCE = 2
"""So many texts are checked at the same time: each keeps a core busy. The others wait and keep no thread."""
_turns: RunVar[CapacityLimiter] = RunVar("texts that are checked")

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
Name = Annotated[str, Field(max_length=500)]


class Pasted(Noun):
    """A text that somebody wants to have checked."""

    text: Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS, examples=["2502.18137 is 2.5x faster."])]
    """In English or Korean; a summary, a paragraph, a post, a digest."""
    papers: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    """What it is about: arXiv ids, links, short names, or titles and names of papers; none if the text says it."""


@api.post("/check")
async def post_check(desk: AtDesk, who: Reader, pasted: Annotated[Pasted, Body()]) -> CheckedText:
    """Check every figure of a text against the papers that it speaks of; nothing is kept.

    Each is supported, contradicted, misattributed, unsupported or unchecked, with the paper's own sentence.
    """
    del who
    return await _check(desk, pasted.text, pasted.papers)


@router.get("/check/")
def show_form(request: Request, who: Reader, paper: Annotated[str, Query(max_length=500)] = "") -> HTMLResponse:
    """Ask for a text."""
    del who
    return _page(request, {"paper": paper})


@router.post("/check/")
async def show_checked(
    request: Request,
    desk: AtDesk,
    who: Reader,
    *,
    text: Annotated[str, Form()] = "",
    paper: Annotated[str, Form(max_length=500)] = "",
    choice: Annotated[str, Form(max_length=500)] = "",
    add: Annotated[str, Form(max_length=500)] = "",
) -> HTMLResponse:
    """Show a text with every figure marked.

    Of two papers that may be meant, ``choice`` is the one that the reader took; ``add`` is one to be got from arXiv.
    """
    if not request.headers.get("content-type", "").startswith(_FORMS):
        raise HTTPException(415, "this address takes what its form sends; programs ask /api/check")
    asked = {"text": text, "paper": choice or paper}
    try:
        if add:
            await run_sync(add_paper, desk, who, add)
        checked = await _check(desk, text, [asked["paper"]] if asked["paper"].strip() else [])
    except (ValueError, HTTPException) as error:
        fault = error.detail if isinstance(error, HTTPException) else fault_of(error)
        return await run_sync(partial(_page, request, asked, fault=fault, status=422))
    return await run_sync(partial(_page, request, asked, checked=checked))


async def _check(desk: Desk, text: str, papers: "tuple[str, ...] | list[str]") -> CheckedText:
    try:
        turns = _turns.get()
    except LookupError:
        turns = CapacityLimiter(_AT_ONCE)
        _turns.set(turns)
    desk.count("checks")
    return await run_sync(check_text, desk.store, text, papers, limiter=turns)


def _page(
    request: Request, asked: dict[str, str], *, checked: CheckedText | None = None, fault: str = "", status: int = 200
) -> HTMLResponse:
    language = language_of(request)
    marked = mark_text(checked) if checked else []
    values: dict[str, Any] = {
        "asked": {"text": "", **asked},
        "most": MOST_CHARACTERS,
        "fault": fault,
        "checked": checked,
        "marked": marked,
        "wrong": [(each.stretch, piece) for each in marked for piece in each.figures(*WRONG)],
        "unfound": [(each.stretch, piece) for each in marked for piece in each.figures(State.UNSUPPORTED)],
        "signs": SIGNS,
        "states": State,
        "basis": lambda stretch: basis_line(stretch, language),
        "ground": lambda why: ground(why, language),
        "why": lambda finding, stretch: reason_line(finding, stretch, language),
        "place": lambda place: place_words(place, language),
    }
    return HTMLResponse(render(request, "check/index.html", "check.html", values), status)
