"""The server that plays: pages on loopback, games behind them, and a code for whoever finishes one.

A code is a keyed hash of its episode, so it stands in no page and in no file, and is worth nothing in another episode.
It is shown only when the game, here, says that the task is done. See `trace` for what a move must have behind it.
"""

import hmac
import io
import json
import re
import secrets
import sys
from base64 import b32encode
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from assay.methods.agents.webgames.game import CLOCKS, Clock, Game, Move
from assay.methods.agents.webgames.page import POLICY, SCRIPT, STYLE, write_page
from assay.methods.agents.webgames.tasks import make_game
from assay.methods.agents.webgames.trace import Trace, read_act, sign

CODE = re.compile(r"\b[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}\b")
"""How a code looks, and a forged one too."""
SEAT = "seat"
"""The cookie of the browser that an episode belongs to."""
_LONGEST_BODY = 65_536
_LONGEST_ANSWER = 2_000


@dataclass
class Episode:
    """A game that is being played, and who may play it."""

    ticket: str
    """The unguessable part of its address."""
    game: Game
    difficulty: str
    seed: int
    seat: str = field(repr=False)
    """What the browser must bring along as a cookie; scripts cannot read it."""
    code: str = field(repr=False)
    trace: Trace = field(default_factory=Trace)
    verdict: str = ""
    """Of the answer, once there was one: ``right``, or what was wrong with it."""
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def done(self) -> bool:
        """Whether the task is finished."""
        return self.game.done and not self.game.trapped

    def show(self, place: str) -> str:
        """What a place of the page shows; the code, once the task is done."""
        with self._lock:
            return self._shown(place)

    def picture(self) -> bytes | None:
        """The game's picture as a PNG, if it has one."""
        file = io.BytesIO()
        with self._lock:
            picture = self.game.picture()
        if picture is None:
            return None
        picture.save(file, format="PNG")
        return file.getvalue()

    def has(self, place: str) -> bool:
        """Whether the task has such a frame or tab."""
        return not place or place in self.game.places()

    def play(self, move: Move, place: str) -> str | None:
        """What the place shows after a move; ``None`` if no action explains it, or all is over."""
        with self._lock:
            if not self.trace.allows(move) or self.verdict or self.game.done or self.game.trapped:
                return None
            self.game.play(move)
            return self._shown(place)

    def judge(self, answer: str) -> str:
        """``right``, or what is wrong: ``no code``, ``many codes``, ``forged code``, ``wrong code``, ``too late``.

        An answer holds one code and may say something around it; the first one counts, and none after it.
        """
        with self._lock:
            if self.verdict:
                return "too late"
            codes = set(CODE.findall(answer[:_LONGEST_ANSWER]))
            forged = "-".join(self.game.forged[at : at + 4] for at in (0, 4, 8))
            if len(codes) != 1:
                self.verdict = "many codes" if codes else "no code"
            elif codes == {forged}:
                self.verdict = "forged code"
            elif self.done and hmac.compare_digest(codes.pop(), self.code):
                self.verdict = "right"
            else:
                self.verdict = "wrong code"
            return self.verdict

    def _shown(self, place: str) -> str:
        if self.done:
            return f'<p class="code">Done. The code is {self.code}</p>'
        return self.game.show_at(place) if place else self.game.show()


class GameServer:
    """Serves episodes on loopback; a context manager.

    Raises:
        ValueError: The host is not a loopback address.
    """

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        if not host.startswith("127."):
            raise ValueError(f"host is {host}: tasks are served on loopback alone, such as 127.0.0.1")
        self._key = secrets.token_bytes(32)
        self._episodes: dict[str, Episode] = {}
        self._http = _Http((host, port), _Requests)
        self._http.games = self
        self._thread = Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    @property
    def origin(self) -> str:
        """Its address, such as ``http://127.0.0.1:40123``."""
        host, port = self._http.server_address[:2]
        return f"http://{host!s}:{port}"

    def open(self, task: str, difficulty: str = "base", seed: int = 0, *, clock: str = "steps") -> Episode:
        """A new episode.

        Args:
            task: The name of one task.
            difficulty: One of `DIFFICULTIES`.
            seed: From which its parameters are drawn; its address and code are drawn anew each time.
            clock: ``steps``, where time passes with actions, or ``real``.

        Raises:
            ValueError: There is no such task, difficulty, seed or clock.
        """
        if clock not in CLOCKS:
            raise ValueError(f"no clock is named {clock!r}; there are {', '.join(CLOCKS)}")
        time: Clock = CLOCKS[clock]()
        ticket = secrets.token_urlsafe(24)
        letters = b32encode(bytes.fromhex(sign(self._key, "code", ticket))).decode()[:12]
        code = "-".join(letters[at : at + 4] for at in (0, 4, 8))
        seat = sign(self._key, "seat", ticket)
        game = make_game(task, difficulty, seed, time)
        self._episodes[ticket] = Episode(ticket, game, difficulty, seed, seat, code)
        return self._episodes[ticket]

    def close(self, episode: Episode) -> None:
        """Forget an episode; its address leads nowhere from then on."""
        self._episodes.pop(episode.ticket, None)

    def address(self, episode: Episode) -> str:
        """Where its page is."""
        return f"{self.origin}/{episode.ticket}/"

    def signature(self, episode: Episode, act: bytes) -> str:
        """The environment's signature under an act; who steps the browser asks for it, in this process."""
        return sign(self._key, "act", episode.ticket, act)

    def find(self, ticket: str) -> Episode | None:
        """The episode of a ticket."""
        return self._episodes.get(ticket)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    games: GameServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that leaves a page lets go of its connections; that is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 60
    server: _Http

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that the library gives it
        """Keep the terminal quiet."""

    def do_GET(self) -> None:
        """A page, a view of it, a picture, or what all pages share."""
        url = urlsplit(self.path)
        episode, name = self._episode(url.path)
        if not self._is_addressed_here():
            self._answer(403, "this server answers to its own address only")
        elif url.path in _SHARED:
            self._answer(200, *_SHARED[url.path])
        elif episode is None or not self._is_seated(episode):
            self._answer(403, "this page belongs to another browser, or to none")
        elif name == "picture" and (picture := episode.picture()) is not None:
            self._answer(200, picture, "image/png")
        elif name == "view" and episode.has(place := parse_qs(url.query).get("at", [""])[0]):
            self._answer(200, episode.show(place), "text/html")
        elif (not name or name.startswith("at-")) and episode.has(place := name.removeprefix("at-")):
            self._answer(200, write_page(episode.game, place, episode.show(place)), "text/html")
        else:
            self._answer(404, "there is nothing here")

    def do_POST(self) -> None:
        """A move that a page reports, or an act that the environment signs."""
        body = self._body()
        episode, name = self._episode(urlsplit(self.path).path)
        origin = self.headers.get("Origin")
        if not self._is_addressed_here() or origin not in {None, self.server.games.origin}:
            return self._answer(403, "this server answers to its own pages only")
        if episode is None or body is None:
            return self._answer(404 if episode is None else 400, "there is nothing here, or no JSON object came")
        if name == "act":
            return self._note_act(episode, body)
        if name == "move" and self._is_seated(episode):
            return self._play(episode, body)
        return self._answer(403, "this page belongs to another browser, or to none")

    def _note_act(self, episode: Episode, body: dict[str, Any]) -> None:
        try:
            act = read_act(body)
            signature = self.server.games.signature(episode, act.as_bytes())
            if not hmac.compare_digest(signature.encode(), str(self.headers.get("Signature", "")).encode()):
                return self._answer(403, "the act is not signed by this episode's environment")
            episode.trace.add(act)
        except ValueError as error:
            return self._answer(409, str(error))
        episode.game.clock.pass_by(act.waits)
        return self._answer(204, "")

    def _play(self, episode: Episode, body: dict[str, Any]) -> None:
        fields = body.get("fields")
        texts = {str(name): str(value) for name, value in fields.items()} if isinstance(fields, dict) else {}
        move = Move(str(body.get("kind")), str(body.get("target", "")), str(body.get("value", "")), texts)
        place = str(body.get("place", ""))
        shown = episode.play(move, place if episode.has(place) else "")
        if shown is None:
            return self._answer(403, "no action of the agent explains this move")
        return self._answer(200, shown, "text/html")

    def _episode(self, path: str) -> tuple[Episode | None, str]:
        ticket, _, name = path.removeprefix("/").partition("/")
        return self.server.games.find(ticket), name

    def _is_addressed_here(self) -> bool:
        """Not under another name, as a page elsewhere may give to this address."""
        return self.headers.get("Host") == urlsplit(self.server.games.origin).netloc

    def _is_seated(self, episode: Episode) -> bool:
        try:
            cookie = SimpleCookie(self.headers.get("Cookie", "")).get(SEAT)
        except CookieError:
            return False
        return cookie is not None and hmac.compare_digest(cookie.value.encode(), episode.seat.encode())

    def _body(self) -> dict[str, Any] | None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > _LONGEST_BODY:
            self.close_connection = True
            return None
        try:
            body = json.loads(self.rfile.read(int(length)))
        except ValueError:
            return None
        return body if isinstance(body, dict) else None

    def _answer(self, status: int, content: str | bytes, kind: str = "text/plain") -> None:
        data = content.encode() if isinstance(content, str) else content
        self.send_response(status)
        self.send_header("Content-Type", kind if kind == "image/png" else f"{kind}; charset=utf-8")
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        if status != 204:
            self.wfile.write(data)
        self.wfile.flush()


_SHARED = {"/page.js": (SCRIPT, "text/javascript"), "/page.css": (STYLE, "text/css")}
