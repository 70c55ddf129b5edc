"""Experiments by agents: plans that are none are refused, controls come first, faults are found, records hold."""

import ast
import json
import random
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_ind  # type: ignore[import-untyped]
from tests.methods.pages import run_example
from tests.methods.sandboxed import need_sandbox

from assay.methods.agents.rigor_experiments import (
    Checked,
    HandOver,
    Lab,
    Limits,
    Measure,
    Partition,
    Plan,
    PlanError,
    Run,
    Scheduler,
    Store,
    StoreError,
    SubprocessRunner,
    check_run,
    check_script,
    compare_groups,
    read_events,
    recheck,
    uses_variable,
)
from assay.methods.agents.rigor_experiments._roles import read_hand_over, skeleton

CONTROL, GROUP = Partition("plan-1", "control", 1), Partition("plan-1", "experimental", 1)
NUMBERS = "\n".join(str(random.Random(n).randrange(100)) for n in range(60)).encode()
INPUTS = {"numbers.txt": NUMBERS}
PLAN = Plan(
    question="Is the sum of squares larger?",
    hypothesis="Most numbers are above 1.",
    control={"power": 1},
    experimental=({"power": 2},),
    measures=(Measure("total", "points", least=0, whole=True),),
    constants={"count": 20},
    inputs=("numbers.txt",),
    seeds=2,
)
HONEST = """\
import argparse, json
parser = argparse.ArgumentParser()
for name in ("power", "count", "seed", "results"):
    parser.add_argument("--" + name, type=str if name == "results" else int)
options = parser.parse_args()
numbers = [int(line) for line in open("numbers.txt")]
chosen = numbers[options.seed :][: options.count]
total = sum(each**options.power for each in chosen)
used = {"power": options.power, "count": options.count, "seed": options.seed}
with open(options.results, "w") as file:
    json.dump({"settings": used, "measures": {"total": {"value": total, "unit": "points"}}}, file)
"""
RUNNER = SubprocessRunner(allow=True, limits=Limits(seconds=60))


def changed(old: str, new: str) -> str:
    """The honest script with a part in another's place."""
    assert old in HONEST
    return HONEST.replace(old, new)


def model(scripts: Callable[[Partition, int], str], plan: Plan = PLAN) -> Callable[[str], str]:
    """An agent that plans so, and hands over the script for a partition and an attempt."""
    attempts: dict[str, int] = {}

    def answer(prompt: str) -> str:
        if prompt.startswith("You plan"):
            return f"Here is the plan:\n{json.dumps(plan.as_record())}\nGood luck!"
        partition = CONTROL if CONTROL.key in prompt else GROUP
        attempts[partition.key] = attempts.get(partition.key, 0) + 1
        return f"```python\n{scripts(partition, attempts[partition.key])}```"

    return answer


def lab(scripts: Callable[[Partition, int], str] = lambda *_: HONEST, **how: Any) -> Lab:
    """A lab of such an agent."""
    need_sandbox()
    return Lab(model(scripts), runner=RUNNER, inputs=INPUTS, **how)


# Plans


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"control": {}}, "no control group"),
        ({"experimental": []}, "no experimental group"),
        ({"measures": []}, "measures nothing"),
        ({"experimental": [{"power": 1}]}, "is the control group again"),
        ({"experimental": [{"count": 3}]}, "do not vary the same: count, power"),
        ({"constants": {"power": 3}}, "power has two roles"),
        ({"constants": {"seed": 3}}, "seed has two roles"),
        ({"control": {"Power!": 1}, "experimental": [{"Power!": 2}]}, "'Power!' is no name"),
        ({"priority": 0}, "priority is 0"),
        ({"seeds": 1}, "seeds is 1: give a whole number of 2 or more"),
        ({"seeds": True}, "seeds is True"),
        ({"constants": {"count": [1]}}, r"count is \[1\]: give a text, a number"),
        ({"constants": None}, "the constants is None"),
        ({"question": 3}, "question of the plan is 3"),
        ({"inputs": "numbers.txt"}, "give a list of file names"),
        ({"budget": 3}, "the plan has no field budget"),
        ({"measures": [{"unit": "s"}]}, "a measure lacks its name"),
        ({"measures": [{"name": "total", "least": 3, "most": 1}]}, "give the smaller one first"),
        ({"measures": [{"name": "total", "tolerance": 2}]}, "tolerance of total is 2"),
        ({"measures": [{"name": "total", "least": "0"}]}, "least of a measure is '0'"),
        ({"measures": ["total"]}, "a measure is 'total'"),
    ],
)
def test_what_is_no_controlled_experiment_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        Plan.from_record(PLAN.as_record() | change)


def test_plans_are_read_as_they_are_written() -> None:
    assert Plan.from_record(json.loads(json.dumps(PLAN.as_record()))) == PLAN
    assert Plan.from_text("My plan {" + json.dumps(PLAN.as_record())[1:] + " and more") == PLAN
    for text in ("no plan", "{", "{]", ""):
        with pytest.raises(PlanError, match="no plan in JSON"):
            Plan.from_text(text)
    with pytest.raises(PlanError, match="lacks question"):
        Plan.from_text("{}")


@pytest.mark.parametrize(
    ("value", "words"),
    [(True, "no number"), ("3", "no number"), (float("nan"), "no finite"), (10**400, "no finite"), (-1, "not between"),
     (2.5, "no count"), (3, "")],
)  # fmt: skip
def test_absurd_values_are_doubted(value: object, words: str) -> None:
    doubt = PLAN.measures[0].doubt(value)
    assert words in doubt
    assert bool(doubt) == bool(words)


# The scheduler


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4)), min_size=1, max_size=4),
    st.lists(st.integers(0, 9), max_size=12),
)
def test_controls_come_first_and_priorities_hold(plans: list[tuple[int, int]], redone: list[int]) -> None:
    scheduler, expected = Scheduler(), []
    for number, (priority, groups) in enumerate(plans):
        varied = tuple({"power": 2 + each} for each in range(groups))
        record = PLAN.as_record() | {"priority": priority, "experimental": list(varied)}
        scheduler.add(f"plan-{number}", Plan.from_record(record))
        expected.append((priority, number))
    done: list[Partition] = []
    redo = iter(redone)
    while (partition := scheduler.next()) is not None:
        if partition.group == "experimental":
            assert Partition(partition.plan, "control", 1) in done
        scheduler.finish(partition)
        done.append(partition)
        if (which := next(redo, None)) is not None and which < len(done):
            before = scheduler.unfinished
            scheduler.redo(done[which])
            assert [each for each in scheduler.unfinished if each != done[which]] == before  # no other is touched
            again = done.pop(which)
            if again.group == "control":  # whose groups are done stay done
                assert again not in done
    assert not scheduler.unfinished
    if not redone:
        order = [int(each.plan.partition("-")[2]) for each in done]
        assert list(dict.fromkeys(order)) == [number for _, number in sorted(expected)]


def test_the_scheduler_refuses_what_makes_no_sense() -> None:
    scheduler = Scheduler()
    scheduler.add("plan-1", PLAN)
    for call, words in (
        (lambda: scheduler.add("plan-1", PLAN), "there is a plan 'plan-1' already"),
        (lambda: scheduler.finish(GROUP), "was not handed out"),
        (lambda: scheduler.redo(GROUP), "in the queue already"),
        (lambda: scheduler.redo(Partition("plan-2", "control", 1)), "is in no plan"),
    ):
        with pytest.raises(ValueError, match=words):
            call()
    assert scheduler.next() == CONTROL
    assert scheduler.next() is None  # its groups wait


# The store


def test_the_record_is_replayed_to_the_same_state(tmp_path: Path) -> None:
    file = tmp_path / "record.jsonl"
    store = Store(file)
    store.write("architect", "plan-1", {"question": "naïve?"})
    store.write("technician", "plan-1/control-1/script", "print(1)")
    store.write("technician", "plan-1/control-1/script", "print(2)")
    assert Store(file).hash == store.hash
    assert [event.who for event in read_events(file)] == ["architect", "technician", "technician"]
    with file.open("a") as half:
        half.write('{"number": 4, "wh')  # a crash
    again = Store(file)
    again.write("engine", "plan-1/control-1/state", "done")
    assert len(list(read_events(file))) == 4
    lines = file.read_text().splitlines(keepends=True)
    for damaged, number in (
        ([*lines[:1], lines[1].replace("print(1)", "print(9)"), *lines[2:]], 2),
        (lines[:1] + lines[2:], 2),
        ([lines[0], "x\n"], 2),
        (["{}\n"], 1),
    ):
        file.write_text("".join(damaged))
        with pytest.raises(StoreError, match=f"line {number} is"):
            Store(file)


def test_each_role_writes_what_is_its_own() -> None:
    store = Store()
    for who, key in (
        ("technician", "plan-1"),
        ("technician", "plan-1/control-1/runs"),
        ("architect", "plan-1/control-1/script"),
        ("reviewer", "plan-1/control-1/findings"),
        ("stranger", "plan-1"),
    ):
        with pytest.raises(StoreError, match=f"{who} may not write {key}"):
            store.write(who, key, 1)
    assert not store.events


def test_a_line_is_on_the_disk_before_writing_returns(tmp_path: Path) -> None:
    code = """
import os, signal, sys
from assay.methods.agents.rigor_experiments import Store
store = Store(sys.argv[1])
for number in range(3):
    store.write("engine", "plan-1/control-1/state", number)
os.kill(os.getpid(), signal.SIGKILL)
"""
    file = tmp_path / "record.jsonl"
    assert subprocess.run([sys.executable, "-c", code, file], check=False).returncode == -9
    assert Store(file).get("plan-1/control-1/state") == 2


# Scripts, read and run


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (changed("total = sum(each**options.power for each in chosen)", "total = 3 * 70 + 1"), "hard-coded figure"),
        (changed('"value": total', '"value": float(812)'), "hard-coded figure"),
        (changed("options.power for", "2 for"), "ignored variable"),
        (
            changed("chosen = numbers", "count = options.count\nchosen = numbers").replace("[: options.count]", ""),
            "ignored variable",
        ),
        (changed('open("numbers.txt")', 'open(options.results + ".old")'), "mock data"),
        (changed("total = ", "from sklearn.datasets import make_blobs\nmake_blobs()\ntotal = "), "mock data"),
        (changed("chosen = ", "import random\nrandom.shuffle(numbers)\nchosen = "), "not reproducible"),
        (changed("chosen = ", "import numpy as np\nnp.random.default_rng().random()\nchosen = "), "not reproducible"),
        (changed("chosen = ", "import random, time\nrandom.seed(time.time())\nchosen = "), "not reproducible"),
        ("print(", "crash"),
        ("\0", "crash"),
    ],
)
def test_faults_that_can_be_read_are_found(script: str, kind: str) -> None:
    assert kind in {finding.kind for finding in check_script(PLAN, script)}


def test_honest_scripts_pass() -> None:
    assert check_script(PLAN, HONEST) == []
    seeded = changed("chosen = ", "import random\nrandom.seed(options.seed)\nrandom.shuffle(numbers)\nchosen = ")
    assert check_script(PLAN, seeded) == []
    assert uses_variable(ast.parse('x = given["power"]\nprint(x)'), "power")
    assert not uses_variable(ast.parse('x = given["power"]'), "power")


RUN = Run({"power": 1, "count": 20}, 0, None, "", "by itself", 0, "", "", {}, "", 0.0, "")


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"exit_code": 1}, "crash"),
        ({"ended": "time"}, "crash"),  # the official code takes it for success
        ({"errors": "Traceback (most recent call last):\n  ...\nMemoryError"}, "crash"),
        ({"problem": "it wrote no results file"}, "missing results"),
        ({"results": [1]}, "missing results"),
        ({"results": {"measures": {"total": {"value": None}}}}, "missing results"),
        ({"results": {"measures": {"total": {"value": float("inf"), "unit": "points"}}}}, "no number"),
        ({"results": {"measures": {"total": {"value": 3, "unit": "kilopoints"}}}}, "wrong unit"),
        ({"results": {"measures": {"total": {"value": 0.3, "unit": "points"}}}}, "wrong unit"),
        (
            {"results": {"measures": {"total": {"value": 3, "unit": "points"}}, "settings": {"power": 2}}},
            "swapped value",
        ),
    ],
)
def test_faults_of_one_run_are_found(change: dict[str, Any], kind: str) -> None:
    run = Run(**vars(RUN) | change)
    assert next(check_run(PLAN, run)).kind == kind
    if kind == "missing results" and run.problem:
        assert next(check_run(PLAN, run, handed={"results.json": b"{}"})).kind == "stale results"


def _validate(script: str, partition: Partition = CONTROL) -> Checked:
    """Check a script; that of a group beside the honest one of the control group."""
    other = (HandOver(HONEST, {}), _honest().runs) if partition == GROUP else None
    return lab()._checks(PLAN).check(partition, HandOver(script, {}), other)


@cache
def _honest() -> Checked:
    return lab()._checks(PLAN).check(CONTROL, HandOver(HONEST, {}))


LOOK = "assert options.power\n"


CLOCK = "import time\ntotal = time.time_ns() % 97 + sum("
TYPED = "total = len(str(options.seed + len(chosen) * 0)) + 0 * sum("
DRAWN = "import random\ntotal = random.Random(options.seed + options.count).randrange(9) + 0 * sum("


@pytest.mark.parametrize(
    ("begins", "kind"), [(CLOCK, "not reproducible"), (TYPED, "hard-coded figure"), (DRAWN, "mock data")]
)
def test_faults_that_only_further_runs_show_are_found(begins: str, kind: str) -> None:
    assert [finding.kind for finding in _validate(changed("total = sum(", begins)).findings] == [kind]


@pytest.mark.parametrize(
    ("power", "kind", "contradicts"), [("1", "ignored variable", False), ("(3 - options.power)", "swapped value", True)]
)
def test_groups_are_held_against_each_other(power: str, kind: str, contradicts: bool) -> None:
    assert _honest().findings == ()
    script = changed("total = ", LOOK + "total = ").replace("**options.power", f"**{power}")
    checked = _validate(script, GROUP)
    assert [each.kind for each in checked.findings] == [kind]
    assert checked.contradicts_control is contradicts


# Runs and their analysis


def test_scripts_run_only_if_they_are_allowed_to() -> None:
    with pytest.raises(ValueError, match="not run unless you allow it"):
        SubprocessRunner().run(HONEST, {}, seed=0, inputs={})
    with pytest.raises(ValueError, match="not run unless you allow it"):
        Lab(model(lambda *_: HONEST), runner=SubprocessRunner()).experiment("?")


def test_results_that_lead_elsewhere_are_not_followed(tmp_path: Path) -> None:
    need_sandbox()
    secret = tmp_path / "secret.json"
    secret.write_text('{"measures": {}}')
    for code, words in (
        (f"import os\nos.symlink({str(secret)!r}, 'results.json')", "no results file"),
        ("import os\nos.mkfifo('results.json')", "no file of at most 1 MiB"),
        ("open('results.json', 'w').write('[' * 100_000)", "no JSON"),
        ("open('results.json', 'w').write(' ' * 2**21)", "no file of at most 1 MiB"),
    ):
        run = RUNNER.run(code, {}, seed=0, inputs={})
        assert run.results is None
        assert words in run.problem
    with pytest.raises(ValueError, match="no name of a file"):
        RUNNER.run("", {}, seed=0, inputs={"../outside": b""})


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 50), min_size=3, max_size=8), st.integers(-40, 40))
def test_the_tests_are_scipys(values: list[int], shift: int) -> None:
    other = [each + shift for each in values[1:]]
    effect = compare_groups("total", "g", values, other)
    if len(set(values)) > 2:
        assert effect.welch_p == pytest.approx(ttest_ind(other, values, equal_var=False).pvalue, rel=1e-9)
    assert effect.interval[0] <= effect.difference + 1e-9
    assert effect.interval[1] >= effect.difference - 1e-9
    assert effect.direction == "no difference shown" or (effect.direction == "higher") == (effect.difference > 0)


def test_groups_that_do_not_vary_are_compared_as_they_are() -> None:
    assert compare_groups("total", "g", [3, 3], [4, 4]).direction == "higher"
    assert compare_groups("total", "g", [3, 3], [3, 3]).direction == "no difference shown"
    assert compare_groups("total", "g", [3, 3, 3], [9.1, 8, 8.5]).direction == "higher"
    with pytest.raises(ValueError, match="has 1 runs"):
        compare_groups("total", "g", [3], [4, 4])
    with pytest.raises(ValueError, match="no finite numbers"):
        compare_groups("total", "g", [3, 3], [4, np.nan])


# The lab


def test_a_question_is_answered_and_the_record_holds(tmp_path: Path) -> None:
    store = Store(tmp_path / "record.jsonl")
    report = lab(store=store).experiment(PLAN.question)
    assert (report.complete, report.verdict) == (True, "higher")
    total = sum(map(int, NUMBERS.split()[:20]))
    assert report.effect(GROUP.key, "total").control_mean == pytest.approx(total, rel=0.2)
    page = report.to_markdown()
    assert "# Is the sum of squares larger?\n" in page
    assert "total points" in page
    kept = Store(tmp_path / "record.jsonl")
    assert kept.hash == store.hash == report.store_hash
    assert recheck(kept, runner=RUNNER, inputs=INPUTS) == []
    other = {"numbers.txt": NUMBERS[::-1].strip()}
    assert {kind.kind for _, kind in recheck(kept, runner=RUNNER, inputs=other)} == {"not reproducible"}
    finished = lab(lambda *_: pytest.fail("all is done"), store=kept).experiment(PLAN.question)
    assert (finished.verdict, finished.steps) == ("higher", 0)
    with pytest.raises(ValueError, match="give this one another store"):
        lab(store=kept).experiment("another one")


def test_what_was_found_goes_back_and_one_partition_is_done_again() -> None:
    heard: list[str] = []

    def scripts(partition: Partition, attempt: int) -> str:
        heard.append(partition.key)
        fault = partition == GROUP and attempt == 1
        return changed('"unit": "points"', '"unit": "meters"') if fault else HONEST

    report = lab(scripts).experiment(PLAN.question)
    assert heard == [CONTROL.key, GROUP.key, GROUP.key]
    assert [each.kind for each in report.findings[GROUP.key]] == ["wrong unit"]
    assert report.complete


def test_a_control_that_is_contradicted_is_done_again_too() -> None:
    swap = changed("total = ", LOOK + "total = ").replace("**options.power", "**(3 - options.power)")
    report = lab(lambda partition, attempt: swap if partition == CONTROL and attempt == 1 else HONEST).experiment(
        PLAN.question
    )
    assert report.attempts == {CONTROL.key: 2, GROUP.key: 2}
    assert (report.complete, report.verdict) == (True, "higher")


def test_nothing_is_concluded_from_what_is_not_done() -> None:
    report = lab(lambda *_: "no script at all", attempts=2).experiment(PLAN.question)
    assert (report.complete, report.verdict, report.effects) == (False, "no answer", ())
    assert "refused 2 times" in report.unfinished[CONTROL.key]
    with pytest.raises(ValueError, match="it waits for the control group"):
        report.effect(GROUP.key, "total")
    short = lab(max_steps=2).experiment(PLAN.question)
    assert short.unfinished == {GROUP.key: "the 2 steps are used up"}
    assert "not done: plan-1/experimental-1" in short.to_markdown()


def test_a_question_that_nobody_plans_is_not_answered() -> None:
    need_sandbox()
    report = Lab(lambda prompt: "I would rather not.", runner=RUNNER, attempts=2).experiment("Why?")
    assert (report.plan, report.steps, report.verdict) == (None, 2, "no answer")
    assert "no plan in JSON" in report.to_markdown()


def test_a_reviewer_may_refuse() -> None:
    answers = iter(["REJECT: too good", "Accept.", "**ACCEPT**"])
    report = lab(reviewer=lambda prompt: next(answers), rules=False).experiment(PLAN.question)
    assert [str(each) for each in report.findings[CONTROL.key]] == ["reviewer: too good"]
    assert report.complete


def test_without_rules_stale_results_are_believed() -> None:
    stale = json.dumps({"measures": {"total": {"value": 1, "unit": "points"}}})
    idle = changed("with open(options.results", "if 0:\n  with open(options.results")
    script = f"{idle}```\n```json results.json\n{stale}\n"
    for rules, verdict in ((False, "no difference shown"), (True, "no answer")):
        report = lab(lambda *_: script, rules=rules, attempts=1).experiment(PLAN.question)
        assert report.verdict == verdict
    assert report.findings[CONTROL.key][0].kind == "stale results"


def test_answers_are_read_as_models_write_them() -> None:
    given = read_hand_over("Sure!\n```python\nprint(1)\n```\n```json old.json\n{}\n```\n```\nmore\n```")
    assert (given.script, given.files) == ("print(1)\n", {"old.json": b"{}\n"})
    assert read_hand_over("```py\nx = '\ud800'\n```").script == "x = '?'\n"
    for answer, words in (("print(1)", "no script"), ("```python\nx\n```\n```json ../a\n1\n```", "no name of a file")):
        with pytest.raises(ValueError, match=words):
            read_hand_over(answer)


def test_the_skeleton_is_a_script() -> None:
    need_sandbox()
    plan = Plan.from_record(PLAN.as_record() | {"constants": {"fast": False, "count": 20}})
    script = skeleton(plan).replace("# Here", "total = options.count if options.fast is False else 0  # Here")
    settings: Mapping[str, Any] = plan.settings(CONTROL)
    run = RUNNER.run(script, settings, seed=4, inputs={})
    assert run.value("total") == 20
    assert run.used == {**settings, "seed": 4}


def test_the_example_on_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_sandbox()
    monkeypatch.chdir(tmp_path)
    run_example("rigor_experiments")
