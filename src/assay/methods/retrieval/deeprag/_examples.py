"""Questions with their answers, to learn from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Example:
    """A question with the answers that are right."""

    question: str
    answers: tuple[str, ...]
    documents: tuple[str, ...] = ()
    """What tells the answer, if that is known: for questions of which no search finds it."""

    def __post_init__(self) -> None:
        if not self.question.strip():
            raise ValueError("the question is empty")
        if not self.answers or not all(each.strip() for each in self.answers):
            raise ValueError(f"{self.question!r} has no answer, or an empty one")


def read_examples(path: str | Path) -> list[Example]:
    """Read questions from a file of JSON lines: ``question``, ``answers`` (or one ``answer``), ``documents``.

    Raises:
        ValueError: A line is no such record; the message names file and line.
        OSError: The file cannot be read.
    """
    examples = []
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            examples.append(_example(json.loads(line)))
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
    if not examples:
        raise ValueError(f"{path} has no questions")
    return examples


def _example(record: Any) -> Example:
    if not isinstance(record, Mapping) or not isinstance(record.get("question"), str):
        raise ValueError("this is no record with a text in 'question'")
    answers = record.get("answers", record.get("answer"))
    return Example(record["question"], _texts(answers, "answers"), _texts(record.get("documents", []), "documents"))


def _texts(value: Any, name: str) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, Sequence) or not all(isinstance(each, str) for each in value):
        raise ValueError(f"'{name}' is neither a text nor a list of texts")
    return tuple(value)
