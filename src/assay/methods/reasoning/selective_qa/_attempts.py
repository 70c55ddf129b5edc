"""Attempts: a question answered under one thinking budget, with how sure the model was; kept as lines of JSON."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from math import exp
from pathlib import Path
from typing import Any, Literal

from assay.methods._files import written_whole

Kind = Literal["sum", "mean", "min"]
"""Which confidence: of all tokens of the answer together, of a token on the average, of the least likely one."""


@dataclass(frozen=True)
class Attempt:
    """The answer to one question under one budget."""

    id: str
    """Of the question."""
    answer: str
    """Empty where there was none."""
    right: bool
    confidence: float
    """The probability of the answer's tokens together, within [0, 1]; 0 where the answer is empty."""
    budget: int = 0
    """Tokens of thinking that were granted."""
    confidence_mean: float | None = None
    """The geometric mean of the tokens' probabilities; the same as `confidence` where it is not known."""
    confidence_min: float | None = None
    """The least of the tokens' probabilities; the same as `confidence` where it is not known."""
    gold: str = ""
    """The right answer."""
    answer_tokens: int = 0
    """That the confidence is of."""
    thinking_tokens: int = 0
    """That were thought in fact."""
    natural_stop: bool = False
    """Whether the model had ended its thinking by itself."""
    closed: bool = True
    """Whether the answer came to an end before its tokens were used up."""
    split: str = ""
    """``calibration`` or ``test``, where questions are split already."""

    def __post_init__(self) -> None:
        for name in ("confidence", "confidence_mean", "confidence_min"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise ValueError(f"{name} of question {self.id!r} is {value}: give a probability within [0, 1]")
        if self.budget < 0:
            raise ValueError(f"the budget of question {self.id!r} is {self.budget}: give 0 or more tokens")

    def how_sure(self, kind: Kind) -> float:
        """One of the three confidences; 0 of an empty answer."""
        if not self.answer:
            return 0.0
        value = {"sum": self.confidence, "mean": self.confidence_mean, "min": self.confidence_min}[kind]
        return self.confidence if value is None else value


def write_attempts(path: str | Path, attempts: Iterable[Attempt]) -> None:
    """Keep attempts, one a line of JSON; the file is written whole or not at all."""
    with written_whole(path) as file:
        file.write_text("".join(f"{json.dumps(asdict(each))}\n" for each in attempts), encoding="utf-8")


def read_attempts(source: str | Path | Iterable[Mapping[str, Any]]) -> list[Attempt]:
    """Attempts out of a file of JSON lines, or of records.

    A record has ``id``, ``answer``, ``right`` and ``confidence`` or, in its place, ``logprob_sum`` in nats (and, if
    known, ``logprob_mean`` and ``logprob_min``); the other fields of `Attempt` may be left out, and further ones are.

    Raises:
        ValueError: A line is no JSON, lacks a field or has one that is no probability; the message says which line.
    """
    records: Iterable[Any]
    if isinstance(source, str | Path):
        lines = Path(source).read_text(encoding="utf-8").splitlines()
        records = (_parse(line, at) for at, line in enumerate(lines, 1) if line.strip())
    else:
        records = source
    return [_attempt(record, at) for at, record in enumerate(records, 1)]


def _parse(line: str, at: int) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise ValueError(f"attempt {at} is no JSON: {error}") from None


def _attempt(record: Any, at: int) -> Attempt:
    if not isinstance(record, Mapping):
        raise ValueError(f"attempt {at} is {type(record).__name__}: give a record with id, answer, right, confidence")
    fields = {name: record[name] for name in Attempt.__dataclass_fields__ if record.get(name) is not None}
    for name, own in (("logprob_sum", ""), ("logprob_mean", "_mean"), ("logprob_min", "_min")):
        if record.get(name) is not None:
            fields.setdefault(f"confidence{own}", exp(record[name]))
    if missing := {"id", "answer", "right", "confidence"} - set(fields):
        raise ValueError(f"attempt {at} lacks {', '.join(sorted(missing))}")
    if fields["right"] not in (True, False):
        raise ValueError(f"attempt {at}: right is {fields['right']!r}: say true or false")
    fields |= {"id": str(fields["id"]), "answer": str(fields["answer"]), "right": bool(fields["right"])}
    return Attempt(**fields)
