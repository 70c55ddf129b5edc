"""Serves an app on a port of this machine until it is stopped, which takes no longer than seconds."""

import logging
import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress
from types import FrameType

from starlette.types import ASGIApp
from uvicorn import Config, Server
from uvicorn.config import LOGGING_CONFIG

_GRACE = 5
"""Seconds that requests under way get to end."""


def serve(app: ASGIApp, host: str, port: int, *, say: Callable[[str], None], stop: Callable[[], None]) -> None:
    """Answer until Ctrl-C.

    Args:
        app: what answers.
        host: where it listens, by name or address.
        port: 0 for any that is free.
        say: is told each address, once it is answered there.
        stop: is called as soon as no more is answered, so that whoever waits for news is let go.

    Raises:
        ValueError: if it cannot listen there.
    """
    with ExitStack() as sockets:
        listening = [sockets.enter_context(each) for each in _listen(host, port)]
        # Only one of the two readers of HTTP bounds how long a head may be.
        config = Config(
            app,
            http="h11",
            ws="none",
            log_level="warning",
            # Where there is a log already, all goes into that.
            log_config=None if logging.getLogger().handlers else LOGGING_CONFIG,
            server_header=False,
            timeout_graceful_shutdown=_GRACE,
        )
        with suppress(KeyboardInterrupt):
            _Server(config, say, stop).run(listening)


def _listen(host: str, port: int) -> list[socket.socket]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        sockets = [socket.create_server(address[:2], family=family) for family, *_, address in found]
    except OSError as error:
        why = f"{error.strerror}".partition(" (")[0]
        raise ValueError(f"cannot listen on {host}, port {port}: {why}") from error
    for each in sockets:  # else each answer after the first of a connection waits 40 ms for its own second half
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sockets


class _Server(Server):
    def __init__(self, config: Config, say: Callable[[str], None], stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._say, self._stop = say, stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for each in sockets or ():
            host, port = each.getsockname()[:2]
            self._say(f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._stop()
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # what is cut off from here on is no error
        super().handle_exit(sig, frame)
