"""What the agent did, told to the server by the environment alone: without it no move of a page counts.

A page's script can be made to say anything. So whoever steps the browser signs each action before it takes place, with
a key that neither pages nor agents ever see, and the server lets a page's move count only if the agent's last action
can have caused it, and only once.

What that cannot keep out: someone who runs scripts of their own in the page *and* lets the environment act may make a
task easier, by enlarging a button, say. They cannot leave an action out.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from assay.methods.agents.webgames.game import Move

_CAUSES = {
    "click": {"click", "dblclick", "mouse_click", "mouse_dblclick", "mouse_up", "press", "keyboard_press"},
    "context": {"click", "mouse_click", "mouse_down"},
    "hover": {"hover", "mouse_move", "click", "mouse_click"},
    "point": {"click", "mouse_click"},
    "press": {"mouse_down", "click", "mouse_click"},
    "release": {"mouse_up", "click", "mouse_click"},
    "drop": {"drag_and_drop", "mouse_drag_and_drop"},
    "key": {"press", "keyboard_press"},
    "scroll": {"scroll", "press", "keyboard_press", "click", "hover", "focus"},
}
"""By the kind of a move, the actions that can be behind it."""
_SCROLLING = {"PageDown", "End", "ArrowDown", "Space"}
_PIXELS = 2
"""How far a point that is reported may be from where the mouse was: borders and rounding."""


@dataclass(frozen=True)
class Act:
    """An action of the agent, and what it is about to meet."""

    number: int
    """From 0 on, in the episode."""
    name: str
    """Of the action, such as ``click``."""
    path: tuple[str, ...] = ()
    """Names of the element under it and of those around that."""
    onto: tuple[str, ...] = ()
    """Of a drag, the same of where it ends."""
    value: str = ""
    """The keys that are pressed, or the mouse's button."""
    at: tuple[int, int] | None = None
    """Where the mouse hits the element, in pixels from its corner."""
    waits: float | None = None
    """Milliseconds that it waits; ``None`` if it does not."""

    def as_bytes(self) -> bytes:
        """What is signed."""
        return json.dumps(asdict(self), sort_keys=True).encode()


def read_act(record: Mapping[str, Any]) -> Act:
    """The act of a JSON object.

    Raises:
        ValueError: It is none.
    """
    try:
        path, onto = (tuple(map(str, record[name])) for name in ("path", "onto"))
        at = None if record["at"] is None else (int(record["at"][0]), int(record["at"][1]))
        waits = None if record["waits"] is None else float(record["waits"])
        return Act(int(record["number"]), str(record["name"]), path, onto, str(record["value"]), at, waits)
    except (KeyError, TypeError, IndexError):
        raise ValueError("that is no act: number, name, path, onto, value, at and waits are needed") from None


def sign(key: bytes, *parts: str | bytes) -> str:
    """A signature over parts, told apart by their lengths."""
    digest = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


@dataclass
class Trace:
    """The acts of an episode so far, and what was reported that none of them explains."""

    acts: list[Act] = field(default_factory=list)
    refused: list[Move] = field(default_factory=list)
    _used: set[tuple[str, str]] = field(default_factory=set)

    def add(self, act: Act) -> None:
        """Note the act that takes place next.

        Raises:
            ValueError: Its number is not the next one: it was replayed, or one is missing.
        """
        if act.number != len(self.acts):
            raise ValueError(f"act {act.number} is not the next one, which is {len(self.acts)}")
        self.acts.append(act)
        self._used = set()

    def allows(self, move: Move) -> bool:
        """Whether the last act can have caused the move, and has not done so already; then it has now."""
        once = (move.kind, move.target)
        allowed = bool(self.acts) and once not in self._used and _explains(self.acts[-1], move)
        if allowed:
            self._used.add(once)
        else:
            self.refused.append(move)
        return allowed


def _explains(act: Act, move: Move) -> bool:
    if act.name not in _CAUSES.get(move.kind, set()):
        return False
    met = move.target in act.path
    fits = {
        "key": chord(act.value) == chord(move.value),
        "scroll": act.name not in {"press", "keyboard_press"} or act.value in _SCROLLING,
        "release": True,
        "drop": met and move.value in act.onto,
        "point": met and _is_near(move.value, act.at),
        "context": met and act.value == "right",
    }
    return fits.get(move.kind, met and act.value != "right")


def chord(keys: str) -> str:
    """A chord of keys in one spelling: held keys in a fixed order, the last one in lower case."""
    *held, last = keys.split("+") if keys != "+" else ["+"]
    return "+".join([key for key in ("Control", "Shift", "Alt", "Meta") if key in held] + [last.lower()])


def _is_near(value: str, at: tuple[int, int] | None) -> bool:
    x, _, y = value.partition(",")
    return at is not None and all(
        each.lstrip("-").isdigit() and abs(int(each) - wanted) <= _PIXELS
        for each, wanted in zip((x, y), at, strict=True)
    )
