"""The lab: a question goes in, models plan and write, and between them stand a scheduler, rules and a record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.methods._models import ModelError, as_model
from assay.methods.agents.rigor_experiments import _store as stores
from assay.methods.agents.rigor_experiments._analysis import Effect, compare_groups
from assay.methods.agents.rigor_experiments._checks import Checked, Checks, HandOver, check_run
from assay.methods.agents.rigor_experiments._plan import CONTROL, Partition, Plan, PlanError
from assay.methods.agents.rigor_experiments._report import Report
from assay.methods.agents.rigor_experiments._roles import Roles
from assay.methods.agents.rigor_experiments._runner import Run, SubprocessRunner
from assay.methods.agents.rigor_experiments._scheduler import Scheduler
from assay.methods.agents.rigor_experiments._scripts import Finding
from assay.methods.agents.rigor_experiments._store import Store

_PLAN = "plan-1"


class Lab:
    """Answers questions by controlled experiments.

    Args:
        model: Plans and writes scripts: what `as_model` takes, or an `Endpoint`.
        runner: Runs the scripts, if it is allowed to.
        inputs: Files that experiments work on: contents, or paths to read.
        store: Where all is kept; an experiment that was interrupted goes on from what is there.
        reviewer: A model that reads scripts and results, and may refuse them.
        rules: Whether the rules in code decide as well. Without them a script runs where it was handed over, and its
            figures are taken as they come: that is how a plain loop of agents works, to compare with.
        attempts: Hand-overs of one partition, at most.
        max_steps: Answers of models, at most; what is not done by then is told in the report.
    """

    def __init__(
        self,
        model: Any,
        *,
        runner: SubprocessRunner,
        inputs: Mapping[str, bytes | Path] | None = None,
        store: Store | None = None,
        reviewer: Any = None,
        rules: bool = True,
        attempts: int = 3,
        max_steps: int = 20,
    ) -> None:
        for name, value in (("attempts", attempts), ("max_steps", max_steps)):
            if value < 1:
                raise ValueError(f"{name} is {value}: give 1 or more")
        files = inputs or {}
        self.inputs = {name: each.read_bytes() if isinstance(each, Path) else each for name, each in files.items()}
        self.roles = Roles(as_model(model), None if reviewer is None else as_model(reviewer), tuple(self.inputs))
        self.runner, self.rules, self.attempts, self.max_steps = runner, rules, attempts, max_steps
        self.store = store if store is not None else Store()

    def experiment(self, question: str) -> Report:
        """Answer a question.

        Raises:
            ValueError: Running scripts is not allowed or not possible here, or the store holds another question.
            ModelError: A model does not answer.
        """
        if not self.runner.allow:
            raise ValueError("scripts are not run unless you allow it: SubprocessRunner(allow=True)")
        return _Experiment(self, question).run()

    def validate(self, plan: Plan, script: str, *, partition: Partition | None = None) -> Checked:
        """Check a script by the rules alone, without any model: good for continuous integration.

        Args:
            plan: What it is to measure.
            script: Of the control group, or of `partition`.
            partition: Whose script it is; it is not compared with the control group's.
        """
        return self._checks(plan).check(partition or Partition(_PLAN, "control", 1), HandOver(script, {}))

    def _checks(self, plan: Plan) -> Checks:
        return Checks(plan, self.runner, {name: self.inputs[name] for name in plan.inputs})


@dataclass
class _Experiment:
    """One question under way."""

    lab: Lab
    question: str
    steps: int = 0
    given: dict[str, HandOver] = field(default_factory=dict)
    runs: dict[str, tuple[Run, ...]] = field(default_factory=dict)
    findings: dict[str, tuple[Finding, ...]] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def run(self) -> Report:
        plan = self._plan()
        scheduler = Scheduler()
        if plan is not None:
            scheduler.add(_PLAN, plan, done=self._take_up(plan))
            while self.steps < self.lab.max_steps and (partition := scheduler.next()):
                self._work(plan, partition, scheduler)
        return self._report(plan, scheduler)

    def _plan(self) -> Plan | None:
        """The plan in the store, or a new one."""
        if kept := self.lab.store.get(_PLAN):
            plan = Plan.from_record(kept["plan"])
            if kept["question"] != self.question:
                raise ValueError(f"the store holds the experiment on {kept['question']!r}: give this one another store")
            return plan
        trouble = ""
        for _ in range(self.lab.attempts):
            self.steps += 1
            try:
                plan = self.lab.roles.plan(self.question, trouble)
            except PlanError as error:
                trouble = str(error)
                continue
            self.lab.store.write(stores.ARCHITECT, _PLAN, {"question": self.question, "plan": plan.as_record()})
            return plan
        self.failed[_PLAN] = trouble
        return None

    def _take_up(self, plan: Plan) -> list[str]:
        """What an earlier run of this experiment finished."""
        done = []
        for partition in plan.partitions(_PLAN):
            if self.lab.store.get(f"{partition.key}/state") == "done":
                record = self.lab.store.get(f"{partition.key}/script")
                self.given[partition.key] = HandOver(record["script"], dict.fromkeys(record["files"], b""))
                self.runs[partition.key] = tuple(Run(**each) for each in self.lab.store.get(f"{partition.key}/runs"))
                done.append(partition.key)
        return done

    def _work(self, plan: Plan, partition: Partition, scheduler: Scheduler) -> None:
        """One hand-over of one partition."""
        key, store = partition.key, self.lab.store
        self.attempts[key] = self.attempts.get(key, 0) + 1
        self.steps += 1
        trouble = "; ".join(map(str, self.findings.get(key, ())[-2:]))
        try:
            given = self.lab.roles.script(plan, partition, trouble)
        except ModelError:
            raise
        except ValueError as error:
            checked = Checked((), (Finding("missing results", str(error)),))
        else:
            store.write(stores.TECHNICIAN, f"{key}/script", given.as_record())
            checked = self._check(plan, partition, given)
            self.given[key] = given
        store.write(stores.ENGINE, f"{key}/runs", [run.as_record() for run in checked.runs])
        store.write(stores.ENGINE, f"{key}/findings", [vars(each) for each in checked.findings])
        if not checked.findings:
            self.runs[key] = checked.runs
            store.write(stores.ENGINE, f"{key}/state", "done")
            scheduler.finish(partition)
            return
        self.findings[key] = (*self.findings.get(key, ()), *checked.findings)
        if self.attempts[key] >= self.lab.attempts:
            self.failed[key] = f"refused {self.attempts[key]} times, at last for: {checked.findings[-1]}"
            return
        control = Partition(_PLAN, "control", 1)
        if checked.contradicts_control and self._may_redo(control):
            self.findings[control.key] = (*self.findings.get(control.key, ()), *checked.findings)
            store.write(stores.ENGINE, f"{control.key}/state", "to be redone")
            scheduler.redo(control)
        scheduler.redo(partition)

    def _may_redo(self, partition: Partition) -> bool:
        """Whether a partition that is done has attempts left."""
        return partition.key in self.runs and self.attempts.get(partition.key, 0) < self.lab.attempts

    def _check(self, plan: Plan, partition: Partition, given: HandOver) -> Checked:
        lab, control = self.lab, Partition(_PLAN, "control", 1).key
        if lab.rules:
            other = (self.given[control], self.runs[control]) if control in self.runs else None
            checked = lab._checks(plan).check(partition, given, other)  # noqa: SLF001 - its own lab's
        else:
            inputs = {name: lab.inputs[name] for name in plan.inputs}
            settings = plan.settings(partition)
            checked = Checked(
                tuple(
                    lab.runner.run(given.script, settings, seed=seed, inputs=inputs, files=given.files)
                    for seed in range(plan.seeds)
                ),
                (),
            )
        if not checked.findings and lab.roles.reviewer is not None:
            self.steps += 1
            refusal = lab.roles.review(plan, partition, given, checked.runs)
            lab.store.write(stores.REVIEWER, f"{partition.key}/review", refusal or "accepted")
            if refusal:
                return Checked(checked.runs, (Finding("reviewer", refusal),))
        return checked

    def _report(self, plan: Plan | None, scheduler: Scheduler) -> Report:
        unfinished = dict(self.failed)
        for each in scheduler.unfinished:
            waits = each.group != CONTROL and Partition(_PLAN, "control", 1).key not in self.runs
            why = "it waits for the control group" if waits else f"the {self.lab.max_steps} steps are used up"
            unfinished.setdefault(each.key, why)
        effects = _effects(plan, self.runs, unfinished) if plan else ()
        if plan:
            told = {"verdict": effects[0].direction if effects else "no answer", "unfinished": unfinished}
            if self.lab.store.get("report") != told:
                self.lab.store.write(stores.ENGINE, "report", told)
        return Report(
            self.question, plan, effects, self.findings, self.attempts, unfinished, self.steps, self.lab.store.hash
        )


def _effects(plan: Plan, runs: Mapping[str, Sequence[Run]], unfinished: Mapping[str, str]) -> tuple[Effect, ...]:
    """The effect of each group that is done; of figures that are none there is no effect."""
    control, *groups = (each.key for each in plan.partitions(_PLAN))
    effects = []
    for group in groups:
        if {control, group} & set(unfinished) or not {control, group} <= set(runs):
            continue
        for measure in plan.measures:
            one, two = ([run.value(measure.name) for run in runs[key]] for key in (control, group))
            if not any(measure.doubt(each) and "number" in measure.doubt(each) for each in (*one, *two)):
                effects.append(compare_groups(measure.name, group, one, two))
    return tuple(effects)


def recheck(store: Store, *, runner: SubprocessRunner, inputs: Mapping[str, bytes]) -> list[tuple[str, Finding]]:
    """Run every script of a finished experiment again, and compare with what its record says.

    Args:
        store: The record.
        runner: Runs the scripts.
        inputs: The files of the experiment; other contents than then are found out.

    Raises:
        ValueError: The store holds no plan, or a script may not be run.
    """
    if not (kept := store.get(_PLAN)):
        raise ValueError("the store holds no plan")
    plan, found = Plan.from_record(kept["plan"]), list[tuple[str, Finding]]()
    for partition in plan.partitions(_PLAN):
        if store.get(f"{partition.key}/state") != "done":
            continue
        script = store.get(f"{partition.key}/script")["script"]
        for record in store.get(f"{partition.key}/runs"):
            before = Run(**record)
            again = runner.run(script, before.settings, seed=before.seed, inputs={n: inputs[n] for n in plan.inputs})
            findings = list(check_run(plan, again))
            for measure in plan.measures:
                one, two = before.value(measure.name), again.value(measure.name)
                if not findings and not measure.alike(one, two):
                    findings.append(Finding("not reproducible", f"{measure.name} was {one!r}, and is {two!r}"))
            found += [(partition.key, each) for each in findings]
    return found
