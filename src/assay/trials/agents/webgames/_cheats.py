"""Ways to get a code without doing the task, each with all that it could want but the environment's key.

Every cheat knows the moves that win. It is let loose on an episode of its own and brings back a text, which is judged
as an agent's answer. That the same moves win where the environment signs the actions is seen beside, or else the cheats
would only show that the moves were wrong.
"""

import http.client
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from assay.methods.agents.webgames.browser import Browser, Window
from assay.methods.agents.webgames.game import Move, Moves, Step, StepClock
from assay.methods.agents.webgames.server import CODE, SEAT, Episode, GameServer
from assay.methods.agents.webgames.tasks import make_game
from assay.methods.agents.webgames.trace import Act, sign


@dataclass
class Cheater:
    """Who wants the code of an episode, and has its browser and its cookie."""

    server: GameServer
    episode: Episode
    window: Window | None = None

    def ask(
        self, method: str, name: str, body: str = "", *, seated: bool = True, signature: str = ""
    ) -> tuple[int, str]:
        """Status and text of the server's answer."""
        connection = http.client.HTTPConnection(self.server.origin.removeprefix("http://"), timeout=60)
        headers = {"Cookie": f"{SEAT}={self.episode.seat}"} if seated else {}
        headers |= {"Signature": signature} if signature else {}
        try:
            path = name if name.startswith("/") else f"/{self.episode.ticket}/{name}"
            connection.request(method, path, body.encode(), headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def winning(self) -> Iterator[tuple[Act, Move | None]]:
        """The acts and moves that win the task, found by playing it alone from the same seed."""
        clock = StepClock()
        twin = make_game(self.episode.game.name, self.episode.difficulty, self.episode.seed, clock)
        moves = Moves()
        for number, step in enumerate(twin.solve()):
            act, move = honest_act(number, step), moves.of(step)
            clock.pass_by(act.waits)
            if move is not None:
                twin.play(move)
            yield act, move

    def post(self, move: Move, *, seated: bool = True) -> str:
        """Report a move, as the page would."""
        return self.ask("POST", "move", as_json(move), seated=seated)[1]


def as_json(move: Move) -> str:
    """A move as the page's script sends it."""
    return json.dumps({"kind": move.kind, "target": move.target, "value": move.value, "fields": dict(move.fields)})


def honest_act(number: int, step: Step) -> Act:
    """What an environment would sign for a step of a solution."""
    verb, *rest = step
    names = {"right": "click", "drag": "drag_and_drop", "key": "keyboard_press", "down": "mouse_down", "up": "mouse_up",
             "wait": "noop", "point": "mouse_click", "tab": "tab_focus", "open": "click"}  # fmt: skip
    act = Act(number, names.get(verb, str(verb)), (str(rest[0]),) if rest and isinstance(rest[0], str) else ())
    match verb:
        case "right":
            return replace(act, value="right")
        case "drag":
            return replace(act, onto=(str(rest[1]),))
        case "key":
            return replace(act, value=str(rest[0]))
        case "wait":
            return replace(act, waits=float(rest[0]))
        case "point":
            return replace(act, at=(int(rest[1]), int(rest[2])))
        case _:
            return act


def play_honestly(cheater: Cheater) -> str:
    """The control, and no cheat: each move has its signed act before it."""
    shown = ""
    for act, move in cheater.winning():
        signature = cheater.server.signature(cheater.episode, act.as_bytes())
        cheater.ask("POST", "act", act.as_bytes().decode(), seated=False, signature=signature)
        shown = cheater.post(move) if move is not None else shown
    return shown


def _read_source(cheater: Cheater) -> str:
    """Everything that the server gives, and the first code in it."""
    names = ("", "view", "view?at=", "picture", "at-leaf0", "at-tower0", "/page.js", "/page.css", "/", "code", "state")
    code = CODE.search("\n".join(cheater.ask("GET", name)[1] for name in names))
    return code[0] if code else ""


def _answer_everything(cheater: Cheater) -> str:
    return cheater.ask("GET", "view")[1] + " ".join(f"{a}{b}{c}A-AAAA-AAAA" for a in "AB" for b in "AB" for c in "AB")


def _without_cookie(cheater: Cheater) -> str:
    return "".join(cheater.post(move, seated=False) for _, move in cheater.winning() if move is not None)


def _with_cookie(cheater: Cheater) -> str:
    return "".join(cheater.post(move) for _, move in cheater.winning() if move is not None)


def _with_own_signature(cheater: Cheater) -> str:
    shown = ""
    for act, move in cheater.winning():
        signature = sign(b"a key of my own", "act", cheater.episode.ticket, act.as_bytes())
        cheater.ask("POST", "act", act.as_bytes().decode(), signature=signature)
        shown += cheater.post(move) if move is not None else ""
    return shown


def _with_replayed_signatures(cheater: Cheater) -> str:
    """Signatures of another session, which played the same task from the same seed."""
    other = cheater.server.open(cheater.episode.game.name, cheater.episode.difficulty, cheater.episode.seed)
    shown = ""
    for act, move in cheater.winning():
        signature = cheater.server.signature(other, act.as_bytes())
        cheater.ask("POST", "act", act.as_bytes().decode(), signature=signature)
        shown += cheater.post(move) if move is not None else ""
    return shown


def _with_code_of_another(cheater: Cheater) -> str:
    """The code of another session, which solved the same task from the same seed."""
    other = cheater.server.open(cheater.episode.game.name, cheater.episode.difficulty, cheater.episode.seed)
    return play_honestly(Cheater(cheater.server, other))


def _after_waiting(cheater: Cheater) -> str:
    """Actions that are signed, but only wait; then the moves."""
    shown = ""
    for number, (act, move) in enumerate(cheater.winning()):
        waits = Act(number, "noop", waits=act.waits if act.waits is not None else 500.0)
        signature = cheater.server.signature(cheater.episode, waits.as_bytes())
        cheater.ask("POST", "act", waits.as_bytes().decode(), signature=signature)
        shown += cheater.post(move) if move is not None else ""
    return shown


def _all_but_the_last(cheater: Cheater) -> str:
    """All actions but the one that finishes, whose move comes from a script."""
    plan = list(cheater.winning())
    shown = ""
    for place, (act, move) in enumerate(plan):
        if place < len(plan) - 1:
            signature = cheater.server.signature(cheater.episode, act.as_bytes())
            cheater.ask("POST", "act", act.as_bytes().decode(), signature=signature)
        shown += cheater.post(move) if move is not None else ""
    return shown


def _by_the_pages_script(cheater: Cheater) -> str:
    assert cheater.window is not None  # noqa: S101
    bodies = [as_json(move) for _, move in cheater.winning() if move is not None]
    return str(cheater.window.page.evaluate(_REPORTS, bodies))


def _by_false_events(cheater: Cheater) -> str:
    """Elements are clicked, filled and hovered over by a script."""
    assert cheater.window is not None  # noqa: S101
    page = cheater.window.page
    for _, move in cheater.winning():
        if move is not None:
            page.evaluate(_EVENTS, {"target": move.target, "fields": dict(move.fields), "key": move.value})
    page.evaluate("() => window.settled()")
    return str(page.content())


_REPORTS = """
async bodies => {
  let all = "";
  for (const body of bodies) all += await (await fetch("move", {method: "POST", body})).text();
  return all;
}
"""
_EVENTS = """
({target, fields, key}) => {
  const find = name => document.querySelector(`[data-name="${name}"]`);
  for (const [name, value] of Object.entries(fields)) if (find(name)) find(name).value = value;
  const e = find(target) || document.body;
  for (const kind of ["mouseover", "mousedown", "mouseup", "click", "contextmenu"])
    e.dispatchEvent(new MouseEvent(kind, {bubbles: true}));
  e.click();
  document.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
}
"""

CONTROL = "no cheat"
CHEATS: dict[str, Callable[[Cheater], str]] = {
    "reads all that is served": _read_source,
    "answers with many codes": _answer_everything,
    "calls the checker without the cookie": _without_cookie,
    "calls the checker with the cookie": _with_cookie,
    "signs acts with a key of its own": _with_own_signature,
    "replays another session's signatures": _with_replayed_signatures,
    "answers another session's code": _with_code_of_another,
    "waits, and reports the moves": _after_waiting,
    "leaves out the last action": _all_but_the_last,
}
"""Those that need no browser."""
CHEATS_IN_PAGE: dict[str, Callable[[Cheater], str]] = {
    "lets the page's script report": _by_the_pages_script,
    "makes events by a script": _by_false_events,
}


def count_cheats(
    tasks: Iterable[tuple[str, str, int]], server: GameServer, browser: Browser, in_page: Callable[[str], bool]
) -> dict[str, list[bool]]:
    """Of each cheat, and of `CONTROL`, whether it got a right answer, by episode.

    Args:
        tasks: Task, difficulty and seed of each.
        server: Which plays them.
        browser: For the cheats that run in a page.
        in_page: For which tasks those are tried too.
    """
    got: dict[str, list[bool]] = {name: [] for name in (CONTROL, *CHEATS, *CHEATS_IN_PAGE)}
    window = browser.open(f"{server.origin}/page.css")
    for task, difficulty, seed in tasks:
        cheats = CHEATS | {CONTROL: play_honestly} | (CHEATS_IN_PAGE if in_page(task) else {})
        for name, cheat in cheats.items():
            episode = server.open(task, difficulty, seed)
            if name in CHEATS_IN_PAGE:
                window.start(server.address(episode), {SEAT: episode.seat})
            got[name].append(episode.judge(cheat(Cheater(server, episode, window))) == "right")
            server.close(episode)
    window.close()
    return got
