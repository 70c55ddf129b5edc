"""``assay mcp``: answers agents over MCP."""

import signal
from typing import Annotated

import typer

from assay.cli import Reader, Session, app, session
from assay.cli.log import Log, logged


@app.command()
def mcp(
    context: typer.Context,
    write: Annotated[
        bool, typer.Option("--write", help="Let agents star papers and write notes; else they may only ask.")
    ] = False,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Answer over HTTP at /mcp on this port, not over stdio.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Where to listen, with --port; 127.0.0.1 if left out.")] = None,
    log: Log = None,
    _reader: Reader = None,
) -> None:
    """Answer agents over MCP: search, papers, days, claims, results, and whether a text is true to its papers.

    An agent's settings name this command: it speaks over standard input and output. With --port it is a server for
    several; on another --host than this machine each reader needs a token, as in `assay serve`.
    """
    here = session(context)
    if port is None and host is not None:
        raise ValueError("--host is where to listen with --port")
    with logged(here, log):
        _serve(here, write=write, port=port, host=host or "127.0.0.1")


def _serve(here: Session, *, write: bool, port: int | None, host: str) -> None:
    _need_mcp()
    from assay.cli.serve import access_of, answer, open_desk
    from assay.web.agent import make_agent_app, make_agent_server

    with open_desk(here) as desk:
        if port is None:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a thread that waits for input lets nothing else end us
            make_agent_server(desk, here.reader_name, may_write=write).run()
        else:

            def say(at: str) -> None:
                here.tell(f"Agents are answered at {at}mcp", "serving", on=here.err, address=f"{at}mcp")

            agents = make_agent_app(desk, access_of(here, host), may_write=write)
            answer(agents, desk, host, port, say)


def _need_mcp() -> None:
    from importlib.util import find_spec

    missing = [name for name in ("mcp", "prometheus_client") if find_spec(name) is None]
    if missing:
        raise ValueError(f"agents are answered by {', '.join(missing)}: pip install 'assay-papers[mcp]'")
