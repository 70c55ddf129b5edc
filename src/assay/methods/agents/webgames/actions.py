"""Actions as BrowserGym writes them: one call of a known function, with plain values, such as ``click('a12')``.

Nothing is executed as Python: the call is parsed, and anything else is refused in words that an agent can read.
"""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NEEDED = object()

ACTIONS: dict[str, dict[str, tuple[type, Any]]] = {
    "noop": {"wait_ms": (float, 1_000.0)},
    "send_msg_to_user": {"text": (str, _NEEDED)},
    "report_infeasible": {"reason": (str, _NEEDED)},
    "click": {"bid": (str, _NEEDED), "button": (str, "left"), "modifiers": (list, [])},
    "dblclick": {"bid": (str, _NEEDED), "button": (str, "left"), "modifiers": (list, [])},
    "hover": {"bid": (str, _NEEDED)},
    "fill": {"bid": (str, _NEEDED), "value": (str, _NEEDED)},
    "clear": {"bid": (str, _NEEDED)},
    "check": {"bid": (str, _NEEDED)},
    "uncheck": {"bid": (str, _NEEDED)},
    "select_option": {"bid": (str, _NEEDED), "options": (str, _NEEDED)},
    "focus": {"bid": (str, _NEEDED)},
    "press": {"bid": (str, _NEEDED), "key_comb": (str, _NEEDED)},
    "drag_and_drop": {"from_bid": (str, _NEEDED), "to_bid": (str, _NEEDED)},
    "scroll": {"delta_x": (float, _NEEDED), "delta_y": (float, _NEEDED)},
    "keyboard_press": {"key": (str, _NEEDED)},
    "keyboard_type": {"text": (str, _NEEDED)},
    "mouse_move": {"x": (float, _NEEDED), "y": (float, _NEEDED)},
    "mouse_click": {"x": (float, _NEEDED), "y": (float, _NEEDED), "button": (str, "left")},
    "mouse_dblclick": {"x": (float, _NEEDED), "y": (float, _NEEDED), "button": (str, "left")},
    "mouse_down": {"x": (float, _NEEDED), "y": (float, _NEEDED), "button": (str, "left")},
    "mouse_up": {"x": (float, _NEEDED), "y": (float, _NEEDED), "button": (str, "left")},
    "mouse_drag_and_drop": {
        "from_x": (float, _NEEDED), "from_y": (float, _NEEDED), "to_x": (float, _NEEDED), "to_y": (float, _NEEDED),
    },
    "goto": {"url": (str, _NEEDED)},
    "go_back": {},
    "go_forward": {},
    "new_tab": {},
    "tab_close": {},
    "tab_focus": {"index": (float, _NEEDED)},
}  # fmt: skip
"""Names and arguments of BrowserGym's high-level actions that a page may be worked with, and their defaults."""
_LONGEST = 10_000
_LONGEST_WAIT = 60_000.0


class ActionError(ValueError):
    """An action that cannot be taken; the message tells the agent why."""


@dataclass(frozen=True)
class Action:
    """What an agent does."""

    name: str
    arguments: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.arguments[name]


def read_action(text: str) -> Action:
    """The action that a text calls for.

    Raises:
        ActionError: It is not one call of a known action with fitting values.
    """
    if len(text) > _LONGEST:
        raise ActionError(f"the action has {len(text)} characters; at most {_LONGEST} are read")
    try:
        call = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ActionError(f"{_shorten(text)!r} is no call of an action, such as click('12')") from None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise ActionError(f"{_shorten(text)!r} is no call of an action, such as click('12')")
    name = call.func.id
    if name not in ACTIONS:
        raise ActionError(f"there is no action {name!r}; there are {', '.join(ACTIONS)}")
    wanted = ACTIONS[name]
    try:
        given = [ast.literal_eval(each) for each in call.args]
        named = {str(each.arg): ast.literal_eval(each.value) for each in call.keywords}
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise ActionError(f"{name} takes plain values only") from None
    if len(given) > len(wanted) or set(named) - set(wanted) or set(named) & set(list(wanted)[: len(given)]):
        raise ActionError(f"{name} takes {', '.join(wanted) or 'nothing'}")
    values = dict(zip(wanted, given, strict=False)) | named
    return Action(name, {key: _fit(name, key, *how, values) for key, how in wanted.items()})


def find_action(text: str) -> str:
    """The first call of an action in what a model says, or all of it if there is none."""
    match = re.search(rf"\b(?:{'|'.join(ACTIONS)})\((?:[^()'\"]|'[^'\n]*'|\"[^\"\n]*\")*\)", text)
    return match[0] if match else text.strip()


def _fit(action: str, name: str, kind: type, default: Any, values: Mapping[str, Any]) -> Any:
    value = values.get(name, default)
    if value is _NEEDED:
        raise ActionError(f"{action} lacks {name}")
    if name.endswith("bid") and isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if kind is float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1e6:
            raise ActionError(f"{action}: {name} is {value!r}, and must be a number up to a million")
        return min(float(value), _LONGEST_WAIT) if name == "wait_ms" else float(value)
    if not isinstance(value, kind):
        raise ActionError(f"{action}: {name} is {value!r}, and must be a {'text' if kind is str else 'list'}")
    if name == "button" and value not in {"left", "right", "middle"}:
        raise ActionError(f"{action}: button is {value!r}, and must be left, right or middle")
    return value


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:80]}..."
