"""Run this claim: starts trials in processes of their own, and shows how far they are and what they came to."""

import shutil
from collections.abc import AsyncIterator
from functools import cache
from importlib.util import find_spec
from typing import Annotated, Literal
from urllib.parse import urlencode

import anyio
from anyio.to_thread import run_sync
from fastapi import APIRouter, Body, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import Field

from assay.papers.catalogue import entry_of
from assay.papers.models import Line, Noun, PaperId
from assay.trials import Trial, discover
from assay.web.asking import AtDesk, Reader
from assay.web.rendering import render
from assay.web.runs import Asked, Run, Runs, Size

api = APIRouter(prefix="/api/runs", tags=["runs"])
router = APIRouter(include_in_schema=False)
_LOOK = 0.3
"""Seconds between two looks at how far a run is."""
_PATIENCE = 20.0
"""Seconds that a cancelled run gets to end."""


class Wanted(Noun):
    """A run that somebody wants."""

    paper: PaperId
    claim: Annotated[str, Field(max_length=100)] = ""
    """A key of the paper's claims; empty for all of them."""
    size: Size = "quick"
    device: Literal["cpu", "cuda"] = "cpu"
    model: Annotated[Line, Field(max_length=500)] = ""
    """For trials that are handed a pretrained model: a folder, a GGUF file or a hub's id; empty for the usual one."""


class Log(Noun):
    """What a run said."""

    text: str
    """The end of it, if it is long."""


@api.get("")
def list_runs(desk: AtDesk, who: Reader) -> list[Run]:
    """List the latest runs, the last first."""
    del who
    return desk.runs.all()


@api.post("", status_code=201)
def start_run(desk: AtDesk, who: Reader, wanted: Annotated[Wanted, Body()]) -> Run:
    """Start the trials of a paper or of one of its claims; they begin when the device is free."""
    _need_torch()
    entry = entry_of(wanted.paper)
    trials = _trials_of(wanted)
    return desk.runs.start(
        Asked(
            paper=entry.id,
            name=entry.name,
            claim=wanted.claim,
            trials=tuple(trial.id for trial in trials),
            size="cuda" if wanted.device == "cuda" and wanted.size == "cpu" else wanted.size,
            device=wanted.device,
            model=wanted.model,
            reader=who,
            at=desk.now(),
        )
    )


def _known(desk: AtDesk, who: Reader, key: str) -> Run:
    del who
    try:
        return desk.runs.get(key)
    except KeyError:
        raise HTTPException(404, f"there is no run {key[:100]}") from None


Known = Annotated[Run, Depends(_known)]
"""The run that an address names; 404 if there is none."""


@api.get("/{key}")
def get_run(run: Known) -> Run:
    """Say how far a run is, and what it came to."""
    return run


@api.post("/{key}/cancel")
async def cancel_run(desk: AtDesk, who: Reader, run: Known) -> Run:
    """End a run of one's own. Its draft stays: the same run, started again, goes on from there."""
    if run.asked.reader != who:
        raise HTTPException(403, "this run is another reader's")
    await run_sync(desk.runs.cancel, run.id)
    with anyio.move_on_after(_PATIENCE):
        async for latest in _looks(desk.runs, run.id):
            run = latest
    if not run.progress.state.is_over:
        await run_sync(desk.runs.kill, run.id)
    return run


@api.get("/{key}/log")
def get_log(desk: AtDesk, run: Known) -> Log:
    """Show the end of what a run said."""
    return Log(text=desk.runs.log(run.id))


@api.get("/{key}/events", response_class=EventSourceResponse)
async def follow_run(desk: AtDesk, run: Known) -> AsyncIterator[ServerSentEvent]:
    """Tell how far a run is each time that changes, until it is over."""
    before = ""
    async for latest in _looks(desk.runs, run.id):
        if (text := latest.progress.model_dump_json()) != before:
            yield ServerSentEvent(raw_data=text, event="progress")
            before = text
        if desk.is_closing:  # whoever follows asks again, of the next server
            return


async def _looks(runs: Runs, key: str) -> AsyncIterator[Run]:
    """A run as it is now, again and again until it is over, or its folder gone."""
    while True:
        try:
            run = await run_sync(runs.get, key)
        except KeyError:
            return
        yield run
        if run.progress.state.is_over:
            return
        await anyio.sleep(_LOOK)


@router.get("/runs/")
def show_runs(request: Request, desk: AtDesk, who: Reader) -> HTMLResponse:
    """Show all runs, and a form for another."""
    del who
    values = {
        "runs": desk.runs.all(50),
        "papers": _papers(),
        "devices": _devices(),
        "missing": _missing(),
        "wanted": {name: request.query_params.get(name, "")[:500] for name in Wanted.model_fields},
    }
    return HTMLResponse(render(request, "runs/index.html", "runs.html", values))


@router.get("/runs/{key}/")
def show_run(request: Request, desk: AtDesk, who: Reader, run: Known) -> HTMLResponse:
    """Show one run while it goes on, and what it came to."""
    asked = run.asked.model_dump(include=set(Wanted.model_fields), exclude_defaults=True)
    again = asked | ({"size": "cpu"} if run.asked.size == "cuda" else {})  # the device says so
    values = {
        "run": run,
        "is_own": run.asked.reader == who,
        "log": desk.runs.log(run.id),
        "again": urlencode(again),
    }
    return HTMLResponse(render(request, f"runs/{run.id}/index.html", "run.html", values))


def _trials_of(wanted: Wanted) -> list[Trial]:
    trials = [trial for trial in _trials() if trial.paper == entry_of(wanted.paper).id]
    if not trials:
        raise HTTPException(404, f"{wanted.paper} has no trial yet")
    chosen = [trial for trial in trials if wanted.claim in {"", trial.claim}]
    if not chosen:
        claims = ", ".join(dict.fromkeys(trial.claim for trial in trials))
        raise HTTPException(422, f"no trial measures {wanted.claim!r} of {wanted.paper} (there are: {claims})")
    if wanted.size == "long":
        chosen = [trial for trial in chosen if trial.long]
    if wanted.model:
        chosen = [trial for trial in chosen if trial.pretrained]
    if not chosen:
        what = "is handed a pretrained model" if wanted.model else "has a size of up to an hour"
        raise HTTPException(422, f"no trial of {wanted.paper} {what}")
    return chosen


@cache
def _trials() -> tuple[Trial, ...]:
    return discover()


def _papers() -> list[tuple[str, str, list[str]]]:
    """The papers that have trials: id, short name, and the claims that are measured."""
    claims: dict[str, dict[str, None]] = {}
    for trial in _trials():
        claims.setdefault(trial.paper, {})[trial.claim] = None
    return sorted(((paper, entry_of(paper).name, list(own)) for paper, own in claims.items()), key=lambda each: each[1])


def _devices() -> list[str]:
    return ["cpu", "cuda"] if shutil.which("nvidia-smi") else ["cpu"]


def _missing() -> list[str]:
    return [name for name in ("torch", "transformers") if find_spec(name) is None]


def _need_torch() -> None:
    if missing := _missing():
        raise HTTPException(501, f"running trials needs {', '.join(missing)}: pip install 'assay-papers[run]'")
