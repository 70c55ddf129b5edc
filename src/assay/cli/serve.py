"""``assay serve``: the local app, in a browser."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli import Session, app, session

if TYPE_CHECKING:
    from socket import socket

    from uvicorn import Server


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Where to listen; other machines reach it at 0.0.0.0.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any free one.")] = 8765,
) -> None:
    """Serve the archive as a local app: read, star, search, check a text, run a trial; until it is stopped.

    It answers on this machine alone and asks for no password. On another --host each reader needs a token, which the
    settings name: ASSAY_TOKEN_ANNA=... is Anna's.
    """
    here = session(context)
    _need_server()
    import uvicorn

    from assay.cli.trials import known_measurements
    from assay.web.access import Access
    from assay.web.app import make_app
    from assay.web.desk import Desk

    tokens = {name: token.get_secret_value() for name, token in here.settings.token.items()}
    access = Access(host, here.settings.reader if here.reader is None else here.reader, tokens)
    with here.store() as store:
        desk = Desk(
            store,
            here.settings.home,
            database=here.settings.database_url,
            measured=lambda: known_measurements(here),
            languages=_languages(here),
            glossary=here.settings.glossary,
        )
        config = uvicorn.Config(make_app(desk, access), host=host, port=port, log_level="warning", server_header=False)
        announce(uvicorn.Server(config), lambda address: here.say(f"Assay is at {address}  (Ctrl-C ends it)")).run()


def announce(server: "Server", say: Callable[[str], None]) -> "Server":
    """Let a server say its address once it listens there, whatever port it was given."""
    begin = server.startup

    async def begin_and_say(sockets: "list[socket] | None" = None) -> None:
        await begin(sockets)
        for each in server.servers:
            for listening in each.sockets:
                host, port = listening.getsockname()[:2]
                say(f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/")

    server.startup = begin_and_say  # type: ignore[method-assign]
    return server


def _languages(here: Session) -> tuple[str, ...]:
    """The reader's own languages first; the pages are there in English and Korean."""
    return tuple(dict.fromkeys([each for each in here.settings.languages if each in {"en", "ko"}] + ["en", "ko"]))


def _need_server() -> None:
    from importlib.util import find_spec

    missing = [name for name in ("fastapi", "uvicorn", "python_multipart") if find_spec(name) is None]
    if missing:
        raise ValueError(f"the app needs {', '.join(missing)}: pip install 'assay-papers[web]'")
