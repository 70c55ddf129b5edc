"""Plans: what is varied, what is held, what is measured, in which groups; checked before anything is run."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self

Value = str | int | float | bool
Settings = Mapping[str, Value]

CONTROL, EXPERIMENTAL = "control", "experimental"
SEED = "seed"
"""The variable that a script is handed beside those of its plan."""

_LARGEST = 2**1000  # whole numbers may be larger than any that a machine computes with
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class PlanError(ValueError):
    """A plan is no controlled experiment; the message says what is wrong with it."""


@dataclass(frozen=True)
class Measure:
    """A dependent variable: what a run has to give, and what of it would be absurd."""

    name: str
    unit: str = ""
    """As results must state it; empty for a bare number."""
    least: float = -math.inf
    """No honest run gives less."""
    most: float = math.inf
    whole: bool = False
    """Whether it is a count."""
    tolerance: float = 0.0
    """By which two runs of the same settings and seed may differ, as a share of the larger one: 0 where all that the
    script does follows from its seed; some for what is timed."""

    def __post_init__(self) -> None:
        _check_name(self.name)
        if not self.least <= self.most:
            raise PlanError(f"{self.name} lies between {self.least} and {self.most}: give the smaller one first")
        if not 0 <= self.tolerance < 1:
            raise PlanError(f"the tolerance of {self.name} is {self.tolerance}: give a share from 0 to below 1")

    def doubt(self, value: object) -> str:
        """Why a value cannot be one of this measure; empty if it can."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"{self.name} is {value!r}, which is no number"
        if abs(value) >= _LARGEST or not math.isfinite(value):
            return f"{self.name} is {str(value)[:20]}, which is no finite number"
        if not self.least <= value <= self.most:
            return f"{self.name} is {value:g}, which is not between {self.least:g} and {self.most:g}"
        return f"{self.name} is {value:g}, which is no count" if self.whole and value != int(value) else ""

    def alike(self, one: object, two: object) -> bool:
        """Whether two values are the same: to the bit, or within the tolerance."""
        if json.dumps(one) == json.dumps(two):
            return True
        if not isinstance(one, int | float) or not isinstance(two, int | float):
            return False
        return abs(one - two) <= self.tolerance * max(abs(one), abs(two))


@dataclass(frozen=True)
class Partition:
    """One cell of a plan: the settings that its script is run with."""

    plan: str
    group: Literal["control", "experimental"]
    number: int
    """Within its group, from 1."""

    @property
    def key(self) -> str:
        """What the store calls it: ``plan-1/control-1``."""
        return f"{self.plan}/{self.group}-{self.number}"


@dataclass(frozen=True)
class Plan:
    """A controlled experiment.

    Raises:
        PlanError: There is no control group, a name has two roles or is none, groups have other variables than the
            control group, an experimental group is the control group again, or nothing is measured.
    """

    question: str
    hypothesis: str
    control: Settings
    """The value of each independent variable in the control group."""
    experimental: tuple[Settings, ...]
    """The same variables with other values: each group differs from the control group in at least one."""
    measures: tuple[Measure, ...]
    constants: Settings
    """What is the same in all groups."""
    inputs: tuple[str, ...] = ()
    """Names of the files that scripts work on."""
    seeds: int = 3
    """Runs of each group, with the seeds 0, 1, 2 ..."""
    priority: int = 1
    """1 is first."""
    may_not_move: bool = False
    """Whether the figures may be the same in all groups, to the bit: else it counts as a script that ignores them."""

    def __post_init__(self) -> None:
        if not self.control:
            raise PlanError("the plan has no control group: give the value of each independent variable there")
        if not self.experimental:
            raise PlanError("the plan has no experimental group: give at least one")
        if not self.measures:
            raise PlanError("the plan measures nothing: give at least one measure")
        roles = [*self.control, *self.constants, *(each.name for each in self.measures), SEED]
        for name in roles:
            _check_name(name)
        if twice := sorted({name for name in roles if roles.count(name) > 1}):
            raise PlanError(
                f"{twice[0]} has two roles: a name is an independent variable, a constant, a measure or seed"
            )
        self._check_groups()
        given = [each for settings in (self.control, *self.experimental, self.constants) for each in settings.items()]
        for name, value in given:
            if not isinstance(value, str | int | float | bool):
                raise PlanError(f"{name} is {value!r}: give a text, a number, true or false")
        for name, least in (("seeds", 2), ("priority", 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise PlanError(f"{name} is {value!r}: give a whole number of {least} or more")

    def _check_groups(self) -> None:
        for number, group in enumerate(self.experimental, 1):
            if set(group) != set(self.control):
                names = ", ".join(sorted(set(group) ^ set(self.control)))
                raise PlanError(f"experimental group {number} and the control group do not vary the same: {names}")
            if all(group[name] == self.control[name] for name in group):
                raise PlanError(f"experimental group {number} is the control group again: vary something")

    @property
    def variables(self) -> tuple[str, ...]:
        """All that a script is handed, but for the seed."""
        return (*self.constants, *self.control)

    def partitions(self, plan: str) -> list[Partition]:
        """Its cells, the control group first."""
        cells = [Partition(plan, "experimental", number) for number in range(1, len(self.experimental) + 1)]
        return [Partition(plan, "control", 1), *cells]

    def settings(self, partition: Partition) -> dict[str, Value]:
        """What the script of a partition is run with, but for the seed."""
        varied = self.control if partition.group == CONTROL else self.experimental[partition.number - 1]
        return {**self.constants, **varied}

    def with_priority(self, priority: int) -> Self:
        """The same at another place of the queue."""
        return replace(self, priority=priority)

    def as_record(self) -> dict[str, Any]:
        """As JSON has it; `from_record` reads it. Infinite bounds are left out."""
        record = asdict(self)
        for measure in record["measures"]:
            for end in ("least", "most"):
                if math.isinf(measure[end]):
                    del measure[end]
        return record | {"measures": list(record["measures"]), "experimental": [dict(g) for g in self.experimental]}

    @classmethod
    def from_record(cls, record: object) -> Self:
        """Read a plan.

        Raises:
            PlanError: Fields are missing, unknown or of another type, or it is no controlled experiment.
        """
        known = {name: each.default for name, each in cls.__dataclass_fields__.items()}
        record = _mapping(record, "the plan")
        if unknown := sorted(set(record) - set(known)):
            raise PlanError(f"the plan has no field {unknown[0]}: it has {', '.join(known)}")
        needed = ("question", "hypothesis", "control", "experimental", "measures", "constants")
        if missing := [name for name in needed if name not in record]:
            raise PlanError(f"the plan lacks {', '.join(missing)}")
        for name, kind in (("question", str), ("hypothesis", str), ("experimental", list), ("measures", list)):
            if not isinstance(record[name], kind):
                raise PlanError(f"{name} of the plan is {record[name]!r}: give a {kind.__name__}")
        inputs = record.get("inputs", [])
        if not isinstance(inputs, list | tuple) or not all(isinstance(each, str) for each in inputs):
            raise PlanError(f"inputs of the plan are {inputs!r}: give a list of file names")
        groups = tuple(_mapping(each, f"experimental group {i}") for i, each in enumerate(record["experimental"], 1))
        return cls(
            **record
            | {
                "control": _mapping(record["control"], "the control group"),
                "constants": _mapping(record["constants"], "the constants"),
                "experimental": groups,
                "measures": tuple(map(_measure, record["measures"])),
                "inputs": tuple(inputs),
            }
        )

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read a plan out of what a model wrote: the first JSON object in it.

        Raises:
            PlanError: There is none, or it is no plan.
        """
        start = text.find("{")
        try:
            record, _ = json.JSONDecoder().raw_decode(text[max(start, 0) :])
        except ValueError as error:
            raise PlanError(f"there is no plan in JSON: {error}") from None
        return cls.from_record(record)


def _measure(record: object) -> Measure:
    record = _mapping(record, "a measure")
    if unknown := sorted(set(record) - set(Measure.__dataclass_fields__)):
        raise PlanError(f"a measure has no field {unknown[0]}: it has {', '.join(Measure.__dataclass_fields__)}")
    if not isinstance(record.get("unit", ""), str):
        raise PlanError(f"the unit of a measure is {record['unit']!r}: give a text")
    for name in ("least", "most", "tolerance"):
        value = record.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise PlanError(f"{name} of a measure is {value!r}: give a number")
    if "name" not in record:
        raise PlanError("a measure lacks its name")
    return Measure(**record)


def _mapping(record: object, what: str) -> dict[str, Any]:
    if not isinstance(record, Mapping) or not all(isinstance(name, str) for name in record):
        raise PlanError(f"{what} is {record!r}: give an object with names"[:300])
    return dict(record)


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise PlanError(f"{name!r} is no name of a variable: small letters, digits and underscores")
