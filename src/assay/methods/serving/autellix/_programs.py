"""Workloads: programs of calls, made in code or read from a file of one JSON object a line."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.methods.serving.autellix._policy import check_seconds


@dataclass(frozen=True)
class Step:
    """One call of a program."""

    seconds: float
    """That it runs, without its waiting and without the reading of its prompt where that is counted by itself."""
    parents: tuple[int, ...] = ()
    """The calls whose answers it needs, by their position in the program; each stands before it."""
    gap: float = 0.0
    """Seconds after its last parent until it is asked: a tool's time, or a person's."""
    prompt: int = 0
    """Tokens that it reads; those of its program's earlier calls are its beginning."""
    answer: int = 0
    """Tokens that it writes."""


@dataclass(frozen=True)
class Program:
    """An agent's run: its calls, and when it comes."""

    id: str
    arrives: float
    calls: tuple[Step, ...]

    def __post_init__(self) -> None:
        where = f"program {self.id!r}"
        if not self.calls:
            raise ValueError(f"{where} has no calls")
        check_seconds(f"{where}: arrives", self.arrives)
        for at, step in enumerate(self.calls):
            check_seconds(f"{where}, call {at}: seconds", step.seconds)
            check_seconds(f"{where}, call {at}: gap", step.gap)
            for parent in step.parents:
                if not 0 <= parent < at:
                    what = "there is none" if not 0 <= parent < len(self.calls) else "it comes later or is itself"
                    raise ValueError(f"{where}, call {at}: its parent is call {parent}, and {what}")
            if step.prompt < 0 or step.answer < 0:
                raise ValueError(f"{where}, call {at}: tokens below 0")

    @classmethod
    def chain(cls, id: str, arrives: float, seconds: Sequence[float], *, gap: float = 0.0) -> "Program":  # noqa: A002 - the field's name
        """A program of one thread: each call follows the one before, `gap` seconds after it."""
        calls = [
            Step(each, (at - 1,) if at else (), gap if at else 0.0) for at, each in enumerate(seconds)
        ]  # fmt: skip
        return cls(id, arrives, tuple(calls))

    @property
    def work(self) -> float:
        """Seconds of all its calls."""
        return sum(step.seconds for step in self.calls)

    @property
    def alone(self) -> float:
        """Seconds that it takes where no call ever waits, but for the reading of prompts."""
        ends: list[float] = []
        for step in self.calls:
            ends.append(max((ends[parent] for parent in step.parents), default=0.0) + step.gap + step.seconds)
        return max(ends)


def read_programs(path: Path | str) -> list[Program]:
    """Read a workload, a JSON object a line: ``id``, ``arrives`` and ``calls``, each of these with a `Step`'s fields.

    Raises:
        ValueError: A line is no such object, with the file, the line and what is wrong.
    """
    path = Path(path)
    programs: dict[str, Program] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            program = _program(json.loads(line))
        except ValueError as error:
            raise ValueError(f"{path}: line {number}: {error}") from None
        if program.id in programs:
            raise ValueError(f"{path}: line {number}: there is a program {program.id!r} before it")
        programs[program.id] = program
    if not programs:
        raise ValueError(f"{path} has no programs")
    return list(programs.values())


def _program(record: Any) -> Program:
    if not isinstance(record, Mapping) or not isinstance(record.get("calls"), list):
        raise ValueError("this is no object with a list of calls")
    steps = []
    for at, call in enumerate(record["calls"]):
        known = set(Step.__dataclass_fields__)
        if not isinstance(call, Mapping) or "seconds" not in call or set(call) - known:
            raise ValueError(f"call {at} is no object of seconds and perhaps {', '.join(sorted(known - {'seconds'}))}")
        parents = call.get("parents", [])
        whole = [call.get("prompt", 0), call.get("answer", 0), *(parents if isinstance(parents, list) else [None])]
        if not all(isinstance(each, int) and not isinstance(each, bool) for each in whole):
            raise ValueError(f"call {at}: parents are a list of positions, prompt and answer whole numbers of tokens")
        steps.append(Step(**{**call, "parents": tuple(parents)}))
    return Program(str(record.get("id", "")), record.get("arrives", 0.0), tuple(steps))
