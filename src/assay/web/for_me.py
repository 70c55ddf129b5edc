"""For me: a day in the reader's own order, each paper with the reason why; of a new reader it asks what she wants."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from assay.publish.site.lines import day_lines
from assay.reader.day import is_about_nothing_of_hers, is_by_votes, only_unread, with_marks, without_hidden
from assay.reader.following import check_phrase
from assay.reader.interests import Phrase
from assay.reader.ordering import arranged
from assay.web.asking import AtDesk, Reader
from assay.web.desk import Desk
from assay.web.rendering import address_of, language_of, render

router = APIRouter(include_in_schema=False)


@router.get("/for-me/")
def show_latest(request: Request, desk: AtDesk, who: Reader, *, unread: bool = False) -> HTMLResponse:
    """Show the latest day with papers."""
    day = next((day for day, count in reversed(desk.days()) if count), None)
    if day is None:
        return HTMLResponse(render(request, "for-me/index.html", "for-me.html", {"day": None}))
    return HTMLResponse(_page(request, desk, who, day, "for-me/index.html", unread=unread))


@router.get("/for-me/{day}/")
def show_day(request: Request, desk: AtDesk, who: Reader, day: date, *, unread: bool = False) -> HTMLResponse:
    """Show a day."""
    if day not in dict(desk.days()):
        raise HTTPException(404, f"nothing is known of {day}")
    return HTMLResponse(_page(request, desk, who, day, f"for-me/{day}/index.html", unread=unread))


@router.post("/for-me/phrases")
def want_phrases(
    request: Request, desk: AtDesk, who: Reader, phrases: Annotated[str, Form(max_length=2_000)]
) -> RedirectResponse:
    """Keep the phrases that a reader typed, with commas or ends of lines between them, and order the day by them."""
    wanted = [Phrase(text=text) for text in phrases.replace("\n", ",").split(",") if text.strip()]
    if not wanted:
        raise ValueError("there is no phrase in it: write words such as KV cache, robot manipulation")
    for phrase in wanted:
        check_phrase(phrase)  # all of them, before any is kept
    for phrase in wanted:
        desk.shelf(who).want(phrase)
    return RedirectResponse(address_of(request, "for-me/"), 303)


def _page(request: Request, desk: Desk, reader: str, when: date, path: str, *, unread: bool) -> str:
    """The page of a day: made again only if the day, the order, or what she did with its papers has changed."""
    day, beside = desk.day(when), _beside(desk, when)
    ranked = desk.order(reader, day)
    own = with_marks(day, desk.shelf(reader))
    measured = {paper.id: found for paper in day.papers if (found := desk.measurements().get(paper.id))}

    def write() -> str:
        shown = without_hidden(arranged(own, ranked))
        unread_ones = only_unread(shown)
        values: dict[str, Any] = {
            "day": unread_ones if unread else shown,
            "lines": day_lines(unread_ones if unread else shown, measured),
            "count": len(shown.papers),
            "new": len(unread_ones.papers),
            "unread": unread,
            "left_out": len(day.papers) - len(shown.papers),
            "is_new_reader": is_by_votes(ranked),
            "is_by_votes": is_about_nothing_of_hers(ranked),
            **beside,
        }
        return render(request, path, "for-me.html", values)

    key = reader, language_of(request), path, unread
    return desk.own_html.get(key, (day, ranked, own.marks, measured, beside), write)


def _beside(desk: Desk, day: date) -> dict[str, date | None]:
    """The days with papers before and after a day."""
    full = [each for each, count in desk.days() if count]
    older = [each for each in full if each < day]
    newer = [each for each in full if each > day]
    return {"older": older[-1] if older else None, "newer": newer[0] if newer else None}
