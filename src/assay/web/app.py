"""Puts the local app together: the gate, the pages, and what pages and programs ask for under ``/api``."""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from threading import Thread

import anyio.to_thread
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from assay import __version__
from assay.papers.faults import place, words
from assay.papers.models import Noun
from assay.reader.ordering import load_ahead
from assay.web import (
    adding,
    checking,
    comparing,
    for_me,
    interests,
    login,
    marks,
    mine,
    pages,
    running,
    searching,
)
from assay.web.access import Access
from assay.web.desk import Desk
from assay.web.faults import is_ours
from assay.web.gate import Gate, wants_page
from assay.web.limits import Limits
from assay.web.metrics import Metrics
from assay.web.observing import Observed
from assay.web.operating import ROUTES
from assay.web.rendering import path_of, render

_THREADS = 12
"""So many requests are worked on at the same time; the others wait for their turn."""

_APIS = (
    marks.router,
    interests.router,
    adding.router,
    mine.api,
    searching.api,
    running.api,
    checking.api,
    comparing.api,
)
_PAGES = (login.router, for_me.router, searching.router, mine.router, running.router, checking.router, comparing.router)
"""Of these, each page has an address in every language."""


_REFUSALS = {
    400: "What was sent cannot be read.",
    401: "Nobody knows who asks.",
    403: "This reader may not.",
    404: "It is not there.",
    413: "Too much was sent.",
    422: "What was asked for makes no sense.",
    429: "Too often.",
    503: "What is kept here cannot be read or written now.",
}

_log = logging.getLogger("assay.web")


class Trouble(Noun):
    """Why a request was refused."""

    detail: str
    """In one line: what is wrong, and where."""


def make_app(desk: Desk, access: Access | None = None, limits: Limits | None = None) -> FastAPI:
    """The app over an archive, for any ASGI server.

    Args:
        desk: what it shows and writes to.
        access: who may ask; this machine alone, without a token, if left out.
        limits: how often.
    """
    rules, rates = access or Access(), limits or Limits()

    @asynccontextmanager
    async def run(_app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
        Thread(target=load_ahead, daemon=True).start()
        yield
        desk.close()

    app = FastAPI(
        title="Assay",
        version=__version__,
        description="The day's AI papers, their claims, and what was measured of them.",
        lifespan=run,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        responses={status: {"model": Trouble, "description": why} for status, why in _REFUSALS.items()},
    )
    app.state.desk, app.state.access, app.state.limits = desk, rules, rates
    app.state.metrics = Metrics(desk)
    app.add_middleware(Gate, access=rules, limits=rates, languages=desk.languages[1:])
    app.add_middleware(Observed, metrics=app.state.metrics, names_readers=bool(rules.tokens))
    app.add_exception_handler(RequestValidationError, _refuse_input)
    app.add_exception_handler(ValueError, _refuse_value)
    app.add_exception_handler(HTTPException, _refuse_request)
    app.router.routes.extend(ROUTES)
    for router in _APIS:
        app.include_router(router)
    for router in _PAGES:
        for language in ("", *desk.languages[1:]):
            app.include_router(router, prefix=language and f"/{language}")
    app.include_router(pages.router)  # last: it takes every address that is left
    return app


async def _refuse_input(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it is registered for this alone
    first = error.errors()[0]
    return _refuse(request, 422, ": ".join(filter(None, [place(first), words(first)])))


async def _refuse_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for this alone
    return _refuse(request, error.status_code, error.detail, error.headers)


async def _refuse_value(request: Request, error: Exception) -> Response:
    assert isinstance(error, ValueError)  # noqa: S101 - it is registered for this alone
    if is_ours(error, request.app.state.desk.home):  # nobody asked wrongly, and what it says names files of the server
        _log.error("storage failed", extra={"id": request.state.request_id}, exc_info=error)
        why = f"what is kept here cannot be read or written now; the log says why, under {request.state.request_id}"
        return _refuse(request, 503, why)
    return _refuse(request, 422, " ".join(str(error).split()))


def _refuse(request: Request, status: int, why: str, headers: Mapping[str, str] | None = None) -> Response:
    """Why a request is not answered: as a page for people, as JSON for programs."""
    if wants_page(request):
        page = render(request, path_of(request), "trouble.html", {"status": status, "why": why})
        return HTMLResponse(page, status, headers)
    return JSONResponse({"detail": why}, status, headers)
