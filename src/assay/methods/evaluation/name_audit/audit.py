"""The audit: what is asked with and without names, of whom, how often; and the answers, read."""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assay.methods._models import as_model
from assay.methods.evaluation.name_audit.names import check_names
from assay.methods.evaluation.name_audit.questions import NAMED, QUESTIONS, Frame, check_questions
from assay.methods.evaluation.name_audit.reading import ByStatements, Reader, without_name
from assay.methods.evaluation.name_audit.report import AuditReport
from assay.methods.evaluation.name_audit.statements import check_statements

Record = dict[str, Any]
_STEP = 64
"""Questions that are asked before progress is told."""


@dataclass(frozen=True)
class NameAudit:
    """Questions for suggestions, asked under names and without one."""

    names: Mapping[str, Sequence[str]]
    """By culture, as the reader's statements call it."""
    questions: Mapping[str, Sequence[str]] = field(default_factory=lambda: QUESTIONS)
    """By facet."""
    reader: Reader = field(default_factory=ByStatements)
    """Tells which cultures an answer presumes."""
    frame: Frame = NAMED
    """How the name is given."""
    samples: int = 1
    """Answers under each name to each question. More names tell more than more samples (ours)."""
    bare_samples: int = 10
    """Answers without a name to each question: all cultures are held against these (ours)."""
    temperature: float = 1.0
    """Of the sampling; at 0 one sample is all there is. Ours; the paper has each model's own."""
    tokens: int = 150
    """Of an answer, at most (ours)."""
    share_names: bool = False
    """Whether one name may stand under several cultures."""

    def __post_init__(self) -> None:
        check_names(self.names, share=self.share_names)
        check_questions(self.questions)
        if self.samples < 1 or self.bare_samples < 1 or self.tokens < 1:
            raise ValueError(
                f"samples, bare_samples and tokens are {self.samples}, {self.bare_samples} and {self.tokens}: give 1 "
                "or more of each"
            )
        if not self.temperature >= 0:
            raise ValueError(f"temperature is {self.temperature}: give 0 or more")
        if self.temperature == 0 and (self.samples > 1 or self.bare_samples > 1):
            raise ValueError("at temperature 0 all answers to a prompt are one: give samples=1 and bare_samples=1")
        if self.temperature > 0 and self.bare_samples < 2:
            raise ValueError(
                "bare_samples is 1: it takes two answers without a name to see how far they differ by luck"
            )
        if isinstance(self.reader, ByStatements):
            check_statements(self.reader.statements, cultures=self.cultures, facets=tuple(self.questions))

    @property
    def cultures(self) -> tuple[str, ...]:
        """Of the names."""
        return tuple(self.names)

    def prompts(self) -> list[Record]:
        """What is asked, one record for each answer: those without a name first, their ``culture`` and ``name`` empty.

        Where the frame gives the culture and no name, ``name`` numbers its draws, as many as there are names.
        """
        asked = [(facet, number, text) for facet, own in self.questions.items() for number, text in enumerate(own)]
        bare = [
            _record("", "", facet, number, sample, self.frame.without_name(text))
            for facet, number, text in asked
            for sample in range(self.bare_samples)
        ]
        named = [
            _record(culture, name if self.frame.has_name else f"{culture} {place + 1}", facet, number, sample,
                    self.frame.with_name(text, name, culture))
            for culture, names in self.names.items()
            for place, name in enumerate(names)
            for facet, number, text in asked
            for sample in range(self.samples)
        ]  # fmt: skip
        return bare + named

    def run(self, model: Any, *, seed: int = 0, progress: Callable[[int, int], None] | None = None) -> AuditReport:
        """Ask a model everything, and read its answers.

        Args:
            model: Whatever `as_model` takes.
            seed: Of the sampling.
            progress: Told how many answers of how many are there.

        Raises:
            ModelError: There is no answer.
        """
        asked, records = as_model(model), self.prompts()
        for start in range(0, len(records), _STEP):
            part = records[start : start + _STEP]
            answers = asked.answer(
                [each["prompt"] for each in part], tokens=self.tokens, temperature=self.temperature, seed=seed + start
            )
            for record, answer in zip(part, answers, strict=True):
                record["answer"] = answer
            if progress:
                progress(start + len(part), len(records))
        return self.read(records, model=asked.name)

    def read(self, records: Iterable[Mapping[str, Any]], *, model: str = "") -> AuditReport:
        """The report of answers that were given elsewhere: records as `prompts` makes them, each with its ``answer``.

        Raises:
            ValueError: A record lacks a field, or its culture or facet is not in this audit; it is named.
        """
        rows = [_checked(each, place, self) for place, each in enumerate(records)]
        pairs = [(row["facet"], without_name(row["answer"], row["name"])) for row in rows]
        for row, presumed in zip(rows, self.reader(pairs), strict=True):
            row["presumed"] = sorted(presumed)
        _warn_if_names_change_nothing(rows)
        return AuditReport(model, self.cultures, tuple(self.questions), tuple(rows))


def _record(culture: str, name: str, facet: str, number: int, sample: int, prompt: str) -> Record:
    return {
        "id": f"{culture or 'nobody'}/{name or '-'}/{facet} {number + 1}/{sample + 1}",
        "culture": culture,
        "name": name,
        "facet": facet,
        "question": number,
        "sample": sample,
        "prompt": prompt,
    }


def _checked(record: Mapping[str, Any], place: int, audit: NameAudit) -> Record:
    named = f"record {record.get('id', place)!r}"
    for key in ("culture", "name", "facet", "question", "sample", "answer"):
        if key not in record:
            raise ValueError(f"{named} has no {key!r}: it has {', '.join(map(repr, record)) or 'nothing'}")
    if not isinstance(record["answer"], str):
        raise ValueError(f"{named} has the answer {record['answer']!r}: give text")
    if bool(record["culture"]) != bool(record["name"]):
        raise ValueError(
            f"{named} has the name {record['name']!r} and the culture {record['culture']!r}: give both or none"
        )
    if record["culture"] and record["culture"] not in audit.names:
        raise ValueError(f"{named} is of the culture {record['culture']!r}: this audit has {', '.join(audit.cultures)}")
    if record["facet"] not in audit.questions:
        raise ValueError(f"{named} is of the facet {record['facet']!r}: this audit has {', '.join(audit.questions)}")
    return dict(record)


def _warn_if_names_change_nothing(rows: Sequence[Record]) -> None:
    """Warn where all names got one answer to every question: a cache that knows no names answers so."""
    answers: dict[tuple[str, int], set[str]] = {}
    people: set[str] = set()
    for row in rows:
        if row["name"]:
            answers.setdefault((row["facet"], row["question"]), set()).add(row["answer"])
            people.add(row["name"])
    if len(people) > 1 and answers and all(len(each) == 1 for each in answers.values()):
        warnings.warn("all names were answered alike, word for word: does a cache leave the name out?", stacklevel=3)
