"""``assay serve``: the local app, in a browser."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli import Reader, Session, app, session
from assay.cli.log import Log, logged

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from assay.sources.client import Client
    from assay.store import Store
    from assay.web.access import Access
    from assay.web.desk import Desk

_PATIENCE = 20.0
"""Seconds to wait for a busy source while somebody looks at the page."""


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Where to listen; other machines reach it at 0.0.0.0.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any free one.")] = 8765,
    log: Log = None,
    _reader: Reader = None,
) -> None:
    """Serve the archive as a local app: read, star, search, check a text, run a trial; until it is stopped.

    It answers on this machine alone and asks for no password. On another --host each reader needs a token, which the
    settings name: ASSAY_TOKEN_ANNA=... is Anna's.
    """
    here = session(context)
    with logged(here, log):
        _need_server()
        from assay.web.app import make_app

        def say(at: str) -> None:
            here.tell(f"Assay is at {at}  (Ctrl-C ends it)", "serving", on=here.err, address=at)

        access = access_of(here, host)
        with open_desk(here) as desk:
            answer(make_app(desk, access), desk, host, port, say)


def answer(app: "ASGIApp", desk: "Desk", host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve an app over a desk until Ctrl-C.

    Raises:
        ValueError: if it cannot listen there.
    """
    from assay.web.serving import serve

    def let_go() -> None:
        desk.is_closing = True

    serve(app, host, port, say=say, stop=let_go)


@contextmanager
def open_desk(here: Session) -> "Iterator[Desk]":
    """What the app and agents ask, over the archive and the readers' things of this home."""
    from assay.cli.embedder import nearness_of
    from assay.cli.trials import known_measurements
    from assay.web.desk import Desk

    with here.store() as store, nearness_of(here) as near:
        desk = Desk(
            store,
            here.settings.home,
            database=here.settings.database_url,
            measured=lambda: known_measurements(here),
            languages=_languages(here),
            glossary=here.settings.glossary,
            near=near,
            connect=lambda: _connect(here, store),
            arxiv_url=here.settings.arxiv_url,
        )
        try:
            yield desk
        finally:
            desk.close()


def access_of(here: Session, host: str) -> "Access":
    """Who may ask a server on that host.

    Raises:
        ValueError: if other machines reach it, and no reader has a token.
    """
    from assay.web.access import Access

    tokens = {name: token.get_secret_value() for name, token in here.settings.token.items()}
    secret = here.settings.metrics_token
    return Access(host, here.reader_name, tokens, secret.get_secret_value() if secret else "")


def _connect(here: Session, store: "Store") -> "Client":
    """What asks arXiv while a reader waits in her browser: at its pace, but not for long."""
    from dataclasses import replace

    from assay.sources.client import Client

    pace = here.settings.pace()
    return Client(
        pace=replace(pace, total=30, attempts=2, patience=min(pace.patience, _PATIENCE)),
        contact=here.settings.contact,
        locks=here.settings.locks,
        cached=store.last_snapshot,
    )


def _languages(here: Session) -> tuple[str, ...]:
    """The reader's own languages first; the pages are there in English and Korean."""
    return tuple(dict.fromkeys([each for each in here.settings.languages if each in {"en", "ko"}] + ["en", "ko"]))


def _need_server() -> None:
    from importlib.util import find_spec

    needed = ("fastapi", "uvicorn", "python_multipart", "prometheus_client")
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise ValueError(f"the app needs {', '.join(missing)}: pip install 'assay-papers[web]'")
