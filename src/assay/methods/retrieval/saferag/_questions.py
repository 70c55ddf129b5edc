"""Questions on a corpus with the texts that answer them, and how both are read from files."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from assay.methods.retrieval._search import Snippet
from assay.methods.retrieval.saferag._matching import contains

T = TypeVar("T")


@dataclass(frozen=True)
class Question:
    """A question, its answer, and the golden texts: those of the corpus that help to answer it."""

    text: str
    answer: str
    """As it stands in one of the golden texts."""
    golden: tuple[Snippet, ...]
    wrong: tuple[str, ...] = ()
    """Wrong answers of the same kind: the other options, and what a conflict puts in the answer's place."""

    def __post_init__(self) -> None:
        for name in ("text", "answer"):
            if not getattr(self, name).strip():
                raise ValueError(f"a question's {name} is empty")
        if not any(contains(each.text, self.answer) for each in self.golden):
            raise ValueError(f"the answer {self.answer!r} stands in no golden text of {self.text!r}")
        if both := [each for each in self.wrong if not each.strip() or contains(each, self.answer)]:
            raise ValueError(f"{both[0]!r} is no wrong answer to {self.text!r}: the right one is {self.answer!r}")

    @property
    def options(self) -> tuple[str, ...]:
        """The right answer and the wrong ones."""
        return (self.answer, *self.wrong)

    @property
    def telling(self) -> Snippet:
        """The first golden text with the answer."""
        return next(each for each in self.golden if contains(each.text, self.answer))


def read_corpus(file: Path | str) -> tuple[list[Snippet], list[str]]:
    """Read the texts of a corpus: lines of JSON with ``text``, and ``id`` and ``title`` where there are any.

    Returns:
        The texts, whose ``url`` is the ``id``, or else ``file:line``; and of each line that is none, where and why.

    Raises:
        ValueError: The file cannot be read, or none of its lines is a text.
    """
    seen: dict[str, int] = {}

    def make(record: dict[str, Any], line: int) -> Snippet:
        text = _string(record, "text")
        if not any(map(str.isalnum, text)):
            raise ValueError("the document has no word in it")
        name = _string(record, "id", default=f"{Path(file).name}:{line}")
        if seen.setdefault(name, line) != line:
            raise ValueError(f"the id {name!r} is that of line {seen[name]} too")
        return Snippet(text, name, _string(record, "title", default=""))

    return _read_lines(file, make, "text")


def read_questions(file: Path | str, corpus: Sequence[Snippet]) -> tuple[list[Question], list[str]]:
    """Read questions on a corpus: lines of JSON with ``question``, ``answer``, ``golden`` (ids) and ``wrong``.

    Returns:
        The questions; and of each line that is none, where and why.

    Raises:
        ValueError: The file cannot be read, or none of its lines is a question.
    """
    by_name = {each.url: each for each in corpus}

    def make(record: dict[str, Any], _line: int) -> Question:
        names = _strings(record, "golden")
        if missing := [name for name in names if name not in by_name]:
            raise ValueError(f"the golden text {missing[0]!r} is not in the corpus")
        golden = tuple(by_name[name] for name in names)
        return Question(_string(record, "question"), _string(record, "answer"), golden, _strings(record, "wrong"))

    return _read_lines(file, make, "question")


def _read_lines(file: Path | str, make: Callable[[dict[str, Any], int], T], what: str) -> tuple[list[T], list[str]]:
    try:
        lines = Path(file).read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{file} cannot be read: {error}") from error
    made, refused = [], []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            made.append(make(_record(line), number))
        except ValueError as error:
            refused.append(f"{file}:{number}: {error}")
    if not made:
        raise ValueError(f"{file} has no {what} that can be used; {refused[0] if refused else 'it is empty'}")
    return made, refused


def _record(line: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON: {error.msg} at column {error.colno}") from error
    if not isinstance(record, dict):
        raise ValueError(f"no record but {type(record).__name__}")
    return record


def _string(record: dict[str, Any], key: str, *, default: str | None = None) -> str:
    value = record.get(key, default)
    if not isinstance(value, str):
        raise ValueError(f"{key} is missing" if value is None else f"{key} is {value!r}, no text")
    return value


def _strings(record: dict[str, Any], key: str) -> tuple[str, ...]:
    values = record.get(key, [])
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise ValueError(f"{key} is {values!r}, no list of texts")
    return tuple(values)
