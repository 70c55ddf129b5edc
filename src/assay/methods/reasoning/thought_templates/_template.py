"""One thought template: a way to solve a kind of problem, in steps without numbers, with an example of its use."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_NUMBER = re.compile(r"\d+")


class TemplateError(ValueError):
    """A template or its library contradicts the schema; the message says where, from the file down to the field."""


@dataclass(frozen=True)
class Example:
    """A problem that was solved with a template."""

    problem: str
    steps: tuple[str, ...]
    answer: str


@dataclass(frozen=True)
class Template:
    """A way to solve a kind of problem. The field's names in a file, those of the official code, stand behind each."""

    name: str
    """``template_name``: what it is called; a plan finds it by that."""
    steps: tuple[str, ...]
    """``reason_flow``: what is done, in order. No numbers: those of an example would be copied into answers."""
    kind: str = ""
    """``template_type``: a formula, a property, a method ..."""
    tags: tuple[str, ...] = ()
    """``knowledge_tag``."""
    description: str = ""
    """``description``."""
    scenarios: tuple[str, ...] = ()
    """``application_scenario``: when it is of use."""
    example: Example | None = None
    """``example_application``: a problem, its steps and its answer, which may have numbers."""

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise TemplateError("field template_name: it is empty")
        if not self.steps:
            raise TemplateError(f"template {self.name!r}, field reason_flow: there is no step")
        for at, step in enumerate(self.steps, 1):
            if not step.strip():
                raise TemplateError(f"template {self.name!r}, field reason_flow: step {at} is empty")
            if number := _NUMBER.search(step):
                raise TemplateError(
                    f"template {self.name!r}, field reason_flow: step {at} has the number {number[0]}; templates hold "
                    "no numbers, so write what the number is, and keep it in example_application"
                )

    @classmethod
    def from_record(cls, record: Any) -> "Template":
        """The template that a mapping is.

        Raises:
            TemplateError: A field is missing, unknown, or of another type.
        """
        if not isinstance(record, Mapping):
            raise TemplateError(f"it is {type(record).__name__}: give a mapping with {', '.join(_FIELDS)}")
        name = record.get("template_name")
        where = f"template {name!r}, " if isinstance(name, str) and name.strip() else ""
        if unknown := sorted(set(map(str, record)) - set(_FIELDS)):
            raise TemplateError(f"{where}field {unknown[0]}: there is no such field among {', '.join(_FIELDS)}")
        fields = {own: _read(where, record, key, many=many) for key, (own, many) in _FIELDS.items() if own != "example"}
        return cls(**fields, example=_read_example(where, record.get("example_application")))

    def to_record(self) -> dict[str, Any]:
        """The mapping that `from_record` reads."""
        record: dict[str, Any] = {}
        for key, (own, many) in _FIELDS.items():
            value = getattr(self, own)
            if own != "example":
                record[key] = list(value) if many else value
            elif self.example:
                record[key] = {
                    "example_problem": self.example.problem,
                    "solution_steps": list(self.example.steps),
                    "final_answer": self.example.answer,
                }
        return record


_FIELDS = {
    "template_name": ("name", False),
    "template_type": ("kind", False),
    "knowledge_tag": ("tags", True),
    "description": ("description", False),
    "application_scenario": ("scenarios", True),
    "reason_flow": ("steps", True),
    "example_application": ("example", False),
}
"""The fields of a record: what they are called here, and whether they are lists of texts."""
_NEEDED = ("template_name", "reason_flow", "example_problem", "solution_steps", "final_answer")


def _read(where: str, record: Mapping[str, Any], key: str, *, many: bool) -> Any:
    """A text, or a tuple of texts; empty where the field may be left out and is."""
    value = record.get(key)
    if value is None and key not in _NEEDED:
        return () if many else ""
    if not many and isinstance(value, str):
        return value
    if many and isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(v, str) for v in value):
        return tuple(value)
    what = "a list of texts" if many else "a text"
    raise TemplateError(f"{where}field {key}: {'it is missing' if value is None else f'{value!r} is not {what}'}")


def _read_example(where: str, value: Any) -> Example | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise TemplateError(f"{where}field example_application: {value!r} is not a mapping")
    where = f"{where}field example_application, "
    return Example(
        _read(where, value, "example_problem", many=False),
        _read(where, value, "solution_steps", many=True),
        _read(where, value, "final_answer", many=False),
    )
