"""Plans: what a navigator writes about a problem, as JSON, read strictly."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Query = tuple[str, str, str]
"""Category, direction and method: what a library is searched for."""
_QUERY = ("category", "direction", "method")


class UnreadableError(ValueError):
    """A text that holds no plan; the message says what it lacks."""


@dataclass(frozen=True)
class Step:
    """Something to be done."""

    instruction: str
    query: Query | None = None
    """Of the template that this step is to be done by, where it has one of its own."""


@dataclass(frozen=True)
class Plan:
    """How a problem is to be solved."""

    query: Query
    """Of the template that all of it is done by."""
    steps: tuple[Step, ...]
    """In order; none if the template's own are to be taken."""
    text: str = ""
    """As the navigator wrote it."""


def read_plan(text: str, *, most: int) -> Plan:
    """The plan in a text.

    It is the first object of JSON in it: ``category``, ``direction``, ``method``, and ``steps``, each of which is a
    text, or an object with an ``instruction`` and a ``method`` (and, where they differ from the plan's, ``category``
    and ``direction``) that a template of its own is looked for by.

    Args:
        text: As a model wrote it; what stands around the JSON is left out.
        most: Steps, at most.

    Raises:
        UnreadableError: There is none.
    """
    content = next((each for each in _json_in(text) if isinstance(each, Mapping)), None)
    if content is None:
        raise UnreadableError("there is no object of JSON in it")
    query = tuple(_text(content, name) for name in _QUERY)
    return Plan((query[0], query[1], query[2]), _steps(content.get("steps", []), query, most), text)


def read_steps(text: str, query: Sequence[str], *, most: int) -> tuple[Step, ...]:
    """The steps in a text: the first list of JSON in it, or that of its ``steps``; see `read_plan`.

    Raises:
        UnreadableError: There are none.
    """
    for content in _json_in(text):
        if isinstance(content, Mapping):
            content = content.get("steps")  # noqa: PLW2901 - a plan in which only the steps count
        if isinstance(content, list):
            return _steps(content, query, most)
    raise UnreadableError("there is no list of JSON in it")


def _json_in(text: str) -> Iterator[Any]:
    """Objects and lists of JSON that a text holds, one after the other."""
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        if text[at] in "{[":
            try:
                content, at = decoder.raw_decode(text, at)
            except RecursionError:  # a model that writes nothing but brackets; to go on would take very long
                return
            except ValueError:
                at += 1
                continue
            yield content
        else:
            at += 1


def _steps(content: Any, query: Sequence[str], most: int) -> tuple[Step, ...]:
    if not isinstance(content, list):
        raise UnreadableError(f"steps are {content!r}: a list is needed")
    if len(content) > most:
        raise UnreadableError(f"it has {len(content)} steps: at most {most} are taken")
    return tuple(_step(each, query) for each in content)


def _step(content: Any, query: Sequence[str]) -> Step:
    if isinstance(content, str) and content.strip():
        return Step(content.strip())
    if not isinstance(content, Mapping):
        raise UnreadableError(f"the step {content!r} is neither a text nor an object")
    method = _text(content, "method")
    category, direction = (_text(content, name) if name in content else query[at] for at, name in enumerate(_QUERY[:2]))
    instruction = _text(content, "instruction") if "instruction" in content else method
    return Step(instruction, (category, direction, method))


def _text(content: Mapping[str, Any], name: str) -> str:
    value = content.get(name)
    if not isinstance(value, str) or not value.strip():
        raise UnreadableError(f"{name} is {value!r}: a text is needed" if name in content else f"{name} is missing")
    return value.strip()
