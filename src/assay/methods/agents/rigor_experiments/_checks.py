"""What only runs can tell of a script: each rule is a run, or a comparison of runs, and no model has a say in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from assay.methods.agents.rigor_experiments._plan import EXPERIMENTAL, SEED, Partition, Plan, Settings, Value
from assay.methods.agents.rigor_experiments._runner import RESULTS, Run, SubprocessRunner
from assay.methods.agents.rigor_experiments._scripts import Finding, check_script


@dataclass(frozen=True)
class HandOver:
    """What a technician hands over: a script, and whatever else lay in the folder."""

    script: str
    files: Mapping[str, bytes]

    def as_record(self) -> dict[str, object]:
        """As JSON has it; of the other files only the names."""
        return {"script": self.script, "files": sorted(self.files)}


@dataclass(frozen=True)
class Checked:
    """The runs that count, one for each seed, and what was found."""

    runs: tuple[Run, ...]
    findings: tuple[Finding, ...]
    contradicts_control: bool = False
    """Whether script and control group's script give different figures for the same settings: either may be wrong."""


@dataclass(frozen=True)
class Checks:
    """The rules, on one plan and its inputs."""

    plan: Plan
    runner: SubprocessRunner
    inputs: Mapping[str, bytes]

    def check(
        self, partition: Partition, given: HandOver, control: tuple[HandOver, Sequence[Run]] | None = None
    ) -> Checked:
        """Check what was handed over for a partition, cheapest first: what is found early spares the runs that follow.

        1. Without a run: `check_script`.
        2. A run for each seed in a folder that holds nothing but script and inputs: it ends well and writes all
           measures as finite numbers in their units and bounds, and says that it used what it was told to.
        3. The first of them again: the same figures, within each measure's tolerance.
        4. With other constants, and with other inputs, some figure moves.
        5. Of an experimental group: with the control group's settings it gives the control group's figures, and with
           its own it gives others.

        Args:
            partition: Of the plan.
            given: The script.
            control: For an experimental group, what the control group was handed and ran.
        """
        findings = check_script(self.plan, given.script)
        if findings:
            return Checked((), tuple(findings))
        settings = self.plan.settings(partition)
        runs = []
        for seed in range(self.plan.seeds):
            runs.append(run := self._run(given.script, settings, seed))
            if findings := list(check_run(self.plan, run, handed=given.files)):
                return Checked(tuple(runs), tuple(findings))
        for rule in (self._again, self._constants, self._inputs):
            if finding := rule(given.script, settings, runs[0]):
                return Checked(tuple(runs), (finding,))
        if partition.group == EXPERIMENTAL and control:
            if finding := self._contradiction(given.script, control):
                return Checked(tuple(runs), (finding,), contradicts_control=True)
            if not self.plan.may_not_move and self._same(runs, control[1]):
                findings = [Finding("ignored variable", "all figures are those of the control group, to the bit")]
        return Checked(tuple(runs), tuple(findings))

    def _run(self, script: str, settings: Settings, seed: int = 0, inputs: Mapping[str, bytes] | None = None) -> Run:
        return self.runner.run(script, settings, seed=seed, inputs=self.inputs if inputs is None else inputs)

    def _again(self, script: str, settings: Settings, first: Run) -> Finding | None:
        again = self._run(script, settings)
        for measure in self.plan.measures:
            one, two = first.value(measure.name), again.value(measure.name)
            if not measure.alike(one, two):
                return Finding("not reproducible", f"{measure.name} is {one!r}, and {two!r} in a second run of seed 0")
        return None

    def _constants(self, script: str, settings: Settings, first: Run) -> Finding | None:
        """Whether any constant that is a number moves any figure, in this group or another."""
        numbers = {
            name: value
            for name, value in self.plan.constants.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        }
        if not numbers:
            return None
        for group, before in self._groups(script, settings, first):
            for name, value in numbers.items():
                if self._moved(before, self._run(script, {**group, name: _other(value)})):
                    return None
        names = ", ".join(numbers)
        return Finding("hard-coded figure", f"no figure moves when constants change ({names}), in any group")

    def _inputs(self, script: str, settings: Settings, first: Run) -> Finding | None:
        """Whether other inputs move any figure, in this group or another."""
        if not self.inputs:
            return None
        others = {name: _without_a_third(content) for name, content in self.inputs.items()}
        for group, before in self._groups(script, settings, first):
            if self._moved(before, self._run(script, group, inputs=others)):
                return None
        return Finding("mock data", f"no figure moves when {', '.join(self.inputs)} loses a third, in any group")

    def _groups(self, script: str, settings: Settings, first: Run) -> Iterator[tuple[Settings, Run]]:
        """The group's own settings, then those of the others, with what the script gives there."""
        yield settings, first
        for each in (self.plan.control, *self.plan.experimental):
            other = {**self.plan.constants, **each}
            if other != settings:
                yield other, self._run(script, other)

    def _moved(self, before: Run, after: Run) -> bool:
        return any(before.value(each.name) != after.value(each.name) for each in self.plan.measures)

    def _contradiction(self, script: str, control: tuple[HandOver, Sequence[Run]]) -> Finding | None:
        """Whether the script gives other figures than the control group's with the settings of that."""
        handed, runs = control
        if handed.script == script:
            return None
        exchanged = self._run(script, runs[0].settings)
        for measure in self.plan.measures:
            one, two = runs[0].value(measure.name), exchanged.value(measure.name)
            if not measure.alike(one, two):
                where = f"with the control group's settings it gives {measure.name} {two!r}"
                return Finding("swapped value", f"{where}, and the control group has {one!r}")
        return None

    def _same(self, runs: Sequence[Run], others: Sequence[Run]) -> bool:
        pairs = list(zip(runs, others, strict=True))
        return all(one.value(each.name) == two.value(each.name) for one, two in pairs for each in self.plan.measures)


def check_run(plan: Plan, run: Run, *, handed: Mapping[str, bytes] | None = None) -> Iterator[Finding]:
    """Check one run: how it ended, and what its results say.

    Args:
        plan: What it was to measure.
        run: In a folder that held nothing but script and inputs.
        handed: What lay beside the script when it was handed over.
    """
    if run.ended != "by itself" or run.exit_code != 0:
        how = f"exit code {run.exit_code}" if run.ended == "by itself" else f"over its limit of {run.ended}"
        yield Finding("crash", f"it ended with {how}: {_last_line(run.errors)}")
        return
    if "Traceback (most recent call last)" in run.errors:
        yield Finding("crash", f"it went on after an error: {_last_line(run.errors)}")
        return
    if run.problem:
        if RESULTS in (handed or {}):
            yield Finding("stale results", f"results were handed over with it, and it writes none: {run.problem}")
        else:
            yield Finding("missing results", run.problem)
        return
    for measure in plan.measures:
        entry = run.entry(measure.name)
        if entry.get("value") is None:
            yield Finding("missing results", f"there is no {measure.name} among its results")
        elif (unit := entry.get("unit", "")) != measure.unit:
            yield Finding("wrong unit", f"{measure.name} is in {unit!r}, and is to be in {measure.unit!r}")
        elif doubt := measure.doubt(entry["value"]):
            yield Finding("no number" if "number" in doubt else "wrong unit", doubt)
    told = {**run.settings, SEED: run.seed}
    for name, value in told.items():
        if run.used.get(name) != value:
            yield Finding("swapped value", f"it was told {name} {value!r}, and used {run.used.get(name)!r}")
            return


def _other(value: Value) -> Value:
    """Another number of the same kind, not far from this one."""
    if isinstance(value, int):
        return value - max(1, value // 3) if value > 1 else value + 1
    return value * 0.8 if value else 0.1  # type: ignore[operator]


def _without_a_third(content: bytes) -> bytes:
    """An input without every third line; of one line, or none, without its last third."""
    lines = content.splitlines(keepends=True)
    if len(lines) < 3:
        return content[: 2 * len(content) // 3]
    return b"".join(line for number, line in enumerate(lines) if number % 3 != 1)


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2].strip()[:300] or "it says nothing"
