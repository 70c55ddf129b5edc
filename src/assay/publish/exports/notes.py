"""Reads and renews a note of a vault: what Assay wrote stands above a line, what the reader wrote below it.

Properties that are not Assay's, and ``tags`` and ``aliases``, which people add to, stay as they are too. Where somebody
wrote above the line, the note is left alone: nothing that a reader wrote is ever lost.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

_LINE = re.compile(r"^%% assay ([0-9a-f]{16})\b[^\n]*%%[^\S\n]*\r?(?:\n|\Z)", re.MULTILINE)
_FRONT = re.compile(r"\A\ufeff?---[^\S\n]*\r?\n(.*?)^---[^\S\n]*\r?(?:\n|\Z)", re.MULTILINE | re.DOTALL)
_PROPERTY = re.compile(r"^([^\s#:\-\[\]{}\"'][^:\n]*|\"[^\"\n]*\"|'[^'\n]*')\s*:(?:\s|$)")
_WRITTEN_ONCE = ("tags", "aliases")


class LeftAloneError(ValueError):
    """A note that is not renewed, and in words why."""


@dataclass(frozen=True)
class Note:
    """A note as it stands in a vault."""

    properties: Mapping[str, str]
    """By name, the lines that it takes up."""
    body: str
    """What Assay wrote."""
    mark: str
    """Of which body the line was written."""
    own: str
    """What stands below the line, to the byte."""


def read_note(path: Path) -> Note:
    """Read a note.

    Raises:
        LeftAloneError: if it is not UTF-8, or has no properties or no line: then it is none of ours any more.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise LeftAloneError("it is not UTF-8 text") from None
    front = _FRONT.match(text)
    if front is None:
        raise LeftAloneError("its properties at the top are gone")
    line = _LINE.search(text, front.end())
    if line is None:
        raise LeftAloneError("the line that begins with '%% assay' is gone")
    return Note(_properties(front[1]), text[front.end() : line.start()], line[1], text[line.end() :])


def property_of(path: Path, name: str) -> str:
    """A property of a note that is a single text, such as ``arxiv``; empty where it has none, or is no note."""
    try:
        text = path.read_bytes().decode("utf-8")
    except (UnicodeDecodeError, OSError):
        return ""
    front = _FRONT.match(text)
    lines = _properties(front[1]).get(name, "") if front else ""
    return lines.partition(":")[2].strip().strip("\"'")


def new_note(properties: Mapping[str, Any], body: str, *, words: str, heading: str) -> str:
    """The text of a note that is not there yet.

    Args:
        properties: by name; what is empty is left out.
        body: what Assay writes, in Markdown.
        words: what the line says to the reader.
        heading: of the part that is hers.
    """
    front = "".join(_property(name, value) for name, value in properties.items() if value)
    return f"---\n{front}---\n{_until_line(body, words)}\n## {heading}\n\n"


def renewed(note: Note, properties: Mapping[str, Any], body: str, *, words: str) -> str:
    """The text of a note with what Assay writes renewed; the arguments are those of `new_note`.

    Raises:
        LeftAloneError: if somebody wrote into what Assay wrote.
    """
    if _mark(note.body) != note.mark:
        raise LeftAloneError("somebody wrote above the line that begins with '%% assay'")
    hers = {name: lines for name, lines in note.properties.items() if name not in properties or name in _WRITTEN_ONCE}
    front = "".join(_property(name, value) for name, value in properties.items() if value and name not in _WRITTEN_ONCE)
    return f"---\n{front}{''.join(hers.values())}---\n{_until_line(body, words)}{note.own}"


def _until_line(body: str, words: str) -> str:
    text = f"\n{body.strip()}\n\n"
    return f"{text}%% assay {_mark(text)}: {words} %%\n"


def _mark(body: str) -> str:
    """Of what Assay wrote; programs that keep notes in step may change how lines end."""
    return sha256("\n".join(body.split()).encode()).hexdigest()[:16]


def _property(name: str, value: Any) -> str:
    # JSON is YAML, and quotes whatever YAML would take for a date, a number or a mapping.
    return f"{name}: {json.dumps(value, ensure_ascii=False)}\n"


def _properties(front: str) -> dict[str, str]:
    """The lines of each property; comments and whatever else stands there go with the one before."""
    properties: dict[str, str] = {}
    name = ""
    for line in front.splitlines(keepends=True):
        if match := _PROPERTY.match(line):
            name = match[1].strip("\"'").strip()
        properties[name] = properties.get(name, "") + line
    return properties
