"""Programs are scheduled by what they have received: queues, process table, balancer and simulator."""

import json
import sys
from heapq import heappop, heappush
from itertools import count
from math import inf
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.methods.serving.autellix import (
    Balancer,
    Call,
    Policy,
    Prefix,
    ProcessTable,
    Program,
    Scheduler,
    Step,
    on_ray,
    read_programs,
    simulate,
)

EXAMPLE = [Program.chain(name, 0.0, calls) for name, calls in
           {"A": [4, 3, 1, 1], "B": [3, 3, 4], "C": [1, 2], "D": [4]}.items()]  # fmt: skip


def serve_step_by_step(programs: list[Program], policy: Policy, batch: int) -> dict[str, float]:
    """The plain reference: whole seconds, one after the other; in each the first of all calls run."""
    coming: list[tuple[float, int, Program, int]] = []
    ties, places = count(), count()
    received: dict[str, float] = {}
    longest: dict[str, float] = {}
    chains: dict[tuple[str, int], float] = {}
    ended: dict[tuple[str, int], float] = {}
    active: list[dict[str, Any]] = []
    for program in sorted(programs, key=lambda each: each.arrives):
        for at, step in enumerate(program.calls):
            if not step.parents:
                heappush(coming, (program.arrives + step.gap, next(ties), program, at))
    now = 0.0
    while coming or active:
        while coming and coming[0][0] <= now:
            _, _, program, at = heappop(coming)
            parents = [chains[program.id, parent] for parent in program.calls[at].parents]
            before = {"plas": received.get(program.id, 0.0), "atlas": max(parents, default=0.0)}.get(policy.name, 0.0)
            active.append({"program": program, "at": at, "before": before, "queue": policy.queue_of(before), "used": 0,
                           "place": next(places), "left": program.calls[at].seconds})  # fmt: skip
        active.sort(key=lambda call: (call["queue"], call["place"]))
        now += 1
        for call in active[:batch]:
            call["left"] -= 1
            call["used"] += 1
            if call["used"] >= policy.quanta[call["queue"]]:
                call["queue"], call["used"], call["place"] = call["queue"] + 1, 0, next(places)
        for call in [each for each in active[:batch] if each["left"] <= 0]:
            active.remove(call)
            program, at = call["program"], call["at"]
            seconds = program.calls[at].seconds
            received[program.id] = received.get(program.id, 0.0) + seconds
            chains[program.id, at] = call["before"] + seconds
            longest[program.id] = max(longest.get(program.id, 0.0), chains[program.id, at])
            ended[program.id, at] = now
            for child, step in enumerate(program.calls):
                if at in step.parents and all((program.id, parent) in ended for parent in step.parents):
                    heappush(coming, (now + step.gap, next(ties), program, child))
    return {program.id: max(ended[program.id, at] for at in range(len(program.calls))) - program.arrives
            for program in programs}  # fmt: skip


@st.composite
def workloads(draw: st.DrawFn) -> list[Program]:
    programs = []
    for number in range(draw(st.integers(1, 5))):
        steps: list[Step] = []
        for at in range(draw(st.integers(1, 4))):
            parents = draw(st.sets(st.integers(0, at - 1), max_size=2)) if at else set()
            gap, seconds = draw(st.integers(0, 2)), draw(st.integers(1, 6))
            steps.append(Step(seconds, tuple(sorted(parents)), gap))
        programs.append(Program(str(number), draw(st.integers(0, 6)), tuple(steps)))
    return programs


@settings(max_examples=60)
@given(workloads(), st.sampled_from(["fcfs", "mlfq", "plas", "atlas"]), st.integers(1, 3), st.integers(1, 4))
def test_the_simulator_agrees_with_single_steps(programs: list[Program], name: str, batch: int, quantum: int) -> None:
    policy = Policy(name, boundaries=(2, 4, 8), quanta=(quantum, 2 * quantum, 4 * quantum), beta=inf)
    outcome = simulate(programs, policy=policy, batch=batch)
    assert outcome.seconds == pytest.approx(serve_step_by_step(programs, policy, batch))
    assert all(outcome.seconds[each.id] >= each.alone - 1e-9 for each in programs)
    assert len(outcome.order) == sum(len(each.calls) for each in programs)


@settings(max_examples=30)
@given(workloads(), st.sampled_from(["mlfq", "plas", "atlas"]))
def test_a_single_queue_is_first_come_first_served(programs: list[Program], name: str) -> None:
    assert simulate(programs, policy=Policy(name, boundaries=()), batch=2) == simulate(programs, policy="fcfs", batch=2)


@settings(max_examples=30)
@given(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=5), min_size=1, max_size=5))
def test_on_chains_the_longest_chain_is_the_sum(lengths: list[list[int]]) -> None:
    programs = [Program.chain(str(at), float(at), each) for at, each in enumerate(lengths)]
    assert simulate(programs, policy="atlas", batch=2) == simulate(programs, policy="plas", batch=2)


def test_the_papers_example() -> None:
    waits = {name: sum(simulate(EXAMPLE, policy=name, batch=2).waited.values()) for name in ("fcfs", "mlfq", "plas")}
    assert waits["fcfs"] == 18  # as in the figure
    assert waits["plas"] < waits["fcfs"]  # 12 there, by queues that are not published


def test_where_all_come_at_once_and_calls_are_alike_no_order_gains() -> None:
    programs = [Program.chain(str(at), 0.0, [3.0] * (1 + at % 5)) for at in range(30)]
    policy = Policy("plas", quanta=(1e9,) * 7)
    means = [simulate(programs, policy=each, batch=4).mean for each in (policy, Policy("fcfs"))]
    assert means[0] == pytest.approx(means[1], rel=0.01)


def test_priorities_follow_the_longest_chain() -> None:
    table = ProcessTable()
    scheduler = Scheduler(Policy("atlas"), table)

    def run(name: str, parents: tuple[str, ...] | None, seconds: float) -> float:
        call = Call("p", name, parents)
        scheduler.arrive(call, 0.0)
        scheduler.charge(scheduler.take(0.0), seconds)
        scheduler.finish(call, seconds)
        return call.priority

    assert run("root", (), 3.0) == 0
    assert run("short", ("root",), 1.0) == 3
    assert run("long", ("root",), 5.0) == 3
    assert run("joined", ("short", "long"), 1.0) == 8  # max(3 + 1, 3 + 5)
    assert run("unknown", None, 1.0) == 9  # the program's longest chain
    assert table.rows["p"].service == 11
    assert table.priority(Policy("plas"), "p") == 11
    with pytest.raises(ValueError, match="program 'p' has no finished call 'nobody'"):
        scheduler.arrive(Call("p", "orphan", ("nobody",)), 0.0)


def test_a_call_moves_down_as_it_uses_up_its_quantum_and_keeps_its_place_otherwise() -> None:
    scheduler = Scheduler(Policy("mlfq", boundaries=(2, 4), quanta=(2, 4)))
    first, second = Call("a"), Call("b")
    scheduler.arrive(first, 0.0)
    scheduler.arrive(second, 0.0)
    assert scheduler.take(0.0) is first
    assert not scheduler.charge(first, 1.0)
    scheduler.put_back(first, 1.0)
    assert scheduler.peek() is first
    scheduler.take(1.0)
    assert scheduler.charge(first, 1.0)
    scheduler.put_back(first, 2.0)
    assert scheduler.waiting == [second, first]
    assert scheduler.room(first) == 4
    assert first.queue == 1


def test_programs_that_waited_too_long_are_lifted() -> None:
    table = ProcessTable()
    scheduler = Scheduler(Policy("plas", beta=2.0), table)
    table.row("old", 0.0).service = 10.0
    late, fresh = Call("old"), Call("new")
    scheduler.arrive(late, 0.0)
    assert late.queue == 3
    assert scheduler.late_at(0.0) == 20
    scheduler.arrive(fresh, 19.0)
    assert scheduler.lift(19.9) == 0
    assert scheduler.peek() is fresh
    assert scheduler.lift(20.0) == 1
    assert scheduler.waiting == [fresh, late]  # among the first, behind those who were there
    never = Scheduler(Policy("plas", beta=inf), table)
    never.arrive(Call("old"), 0.0)
    assert never.lift(1e9) == 0


def test_a_long_program_is_not_starved_for_ever() -> None:
    programs = [Program.chain("long", 0.0, [5, 5]), *(Program.chain(str(at), at, [1]) for at in range(120))]
    starved = simulate(programs, policy=Policy("plas", beta=inf))
    assert starved.waited["long"] == 0
    kept = {beta: simulate(programs, policy=Policy("plas", beta=beta), batch=1).seconds["long"] for beta in (2.0, inf)}
    assert kept[2.0] < 60 < kept[inf]


def test_rows_are_forgotten_but_for_active_programs() -> None:
    table = ProcessTable(ttl=10, most=3)
    table.row("busy", 0.0).active = 1
    for at, name in enumerate("abcd"):
        table.row(name, float(at))
    assert set(table.rows) == {"busy", "c", "d"}
    assert table.expire(12.5) == 1
    assert set(table.rows) == {"busy", "d"}


def test_long_calls_go_where_their_program_was_read() -> None:
    table, balancer = ProcessTable(), Balancer()
    row = table.row("p", 0.0)
    assert balancer.choose(row, 100, {"a": 2, "b": 1}) == "b"
    assert row.engine is None
    assert balancer.choose(row, 3_000, {"a": 2, "b": 1}) == "b"
    assert balancer.choose(row, 3_000, {"a": 0, "b": 9}) == "b"
    assert balancer.choose(row, 2_048, {"a": 0, "b": 9}) == "a"
    assert balancer.choose(row, 3_000, {"a": 0}) == "a"  # the other is away
    turns = Balancer("round robin")
    assert [turns.choose(row, 9, {"a": 0, "b": 0}) for _ in range(3)] == ["a", "b", "a"]
    with pytest.raises(ValueError, match="no engine can be chosen"):
        balancer.choose(row, 1, {})


def test_what_an_engine_has_read_is_not_read_again() -> None:
    calls = (Step(1.0, (), prompt=3_000, answer=100), Step(1.0, (0,), prompt=3_200, answer=100))
    programs = [Program("p", 0.0, calls)]
    nothing = simulate(programs, prefix=Prefix(0.001), engines=2)
    assert nothing.seconds["p"] == pytest.approx(3.0 + 1 + 3.2 + 1)
    kept = simulate(programs, prefix=Prefix(0.001, kept=9_000, shared=200), engines=2)
    assert kept.seconds["p"] == pytest.approx(2.8 + 1 + 0.1 + 1)
    assert kept.reused == pytest.approx((200 + 3_100) / 6_200)
    later = (calls[0], Step(1.0, (0,), gap=1.0, prompt=3_200))
    two = [Program("p", 0.0, later), Program("q", 0.5, later)]
    assert simulate(two, prefix=Prefix(0.001, kept=9_000)).reused == pytest.approx(6_200 / 12_400)
    assert simulate(two, prefix=Prefix(0.001, kept=4_000)).reused == pytest.approx(3_100 / 12_400)  # q's, the last used


def test_replicas_are_ranked_as_the_balancer_says() -> None:
    routing = on_ray.Routing()
    long = {"messages": [{"role": "user", "content": "x" * 10_000}]}
    loads = {"one": 3.0, "two": 1.0, "three": 2.0}
    assert routing.rank([long | {"program_id": "p"}], {}, loads) == [["two"], ["three", "one"]]
    moved = loads | {"two": 9.0}
    assert routing.rank([long | {"program_id": "p"}], {}, moved) == [["two"], ["three", "one"]]
    assert routing.rank(["short"], {"program_id": "p"}, moved) == [["three"], ["one", "two"]]
    assert routing.rank([long], {}, moved)[0] == ["three"]
    assert routing.rank([], {}, {}) == []
    assert routing.rank([], {}, {"one": 1.0}) == [["one"]]

    new = on_ray.Routing()  # nothing is known of new replicas: programs are spread over them
    homes = [new.rank([long | {"program_id": name}], {}, {"one": 0.0, "two": 0.0})[0][0] for name in "abcdab"]
    assert homes == ["one", "two", "one", "two", "one", "two"]

    request = SimpleNamespace(headers={"x-program-id": "q", "content-length": "9000"})
    assert on_ray.read_request([request], {}) == ("q", 2_250)


def test_the_router_of_ray_is_refused_without_ray_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ValueError, match=r"needs Ray Serve: pip install 'ray\[serve\]'"):
        _ = on_ray.ProgramRouter


def test_workloads_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "workload.jsonl"
    good = {"id": "p", "arrives": 1, "calls": [{"seconds": 2}, {"seconds": 1, "parents": [0], "gap": 0.5, "prompt": 9}]}
    file.write_text(json.dumps(good) + "\n\n", encoding="utf-8")
    assert read_programs(file) == [Program("p", 1, (Step(2), Step(1, (0,), 0.5, 9)))]
    wrong: list[tuple[Any, str]] = [
        ("{", "Expecting property name"),
        ([], "no object with a list of calls"),
        ({"id": "q", "calls": []}, "has no calls"),
        ({"id": "q", "calls": [{"parents": []}]}, "call 0 is no object of seconds"),
        ({"id": "q", "calls": [{"seconds": 1, "tokens": 3}]}, "call 0 is no object of seconds"),
        ({"id": "q", "calls": [{"seconds": -1}]}, "program 'q', call 0: seconds is -1"),
        ({"id": "q", "arrives": "now", "calls": [{"seconds": 1}]}, "program 'q': arrives is 'now'"),
        ({"id": "q", "calls": [{"seconds": 1, "parents": "a"}]}, "parents are a list of positions"),
        (
            {"id": "q", "calls": [{"seconds": 1, "parents": [0]}]},
            "its parent is call 0, and it comes later or is itself",
        ),
        ({"id": "q", "calls": [{"seconds": 1, "parents": [7]}]}, "its parent is call 7, and there is none"),
        (good, "there is a program 'p' before it"),
    ]
    for record, words in wrong:
        line = record if isinstance(record, str) else json.dumps(record)
        file.write_text(f"{json.dumps(good)}\n{line}\n", encoding="utf-8")
        with pytest.raises(ValueError, match=f"{file}: line 2: .*{words}"):
            read_programs(file)
    file.write_text("\n", encoding="utf-8")
    with pytest.raises(ValueError, match="has no programs"):
        read_programs(file)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": "sjf"}, "the policy is 'sjf': choose one of fcfs, mlfq, plas, atlas"),
        ({"boundaries": (2, 2)}, r"each has to be above the one before"),
        ({"boundaries": (0, 2)}, r"above 0"),
        ({"boundaries": (2, inf)}, "the last boundary is infinite"),
        ({"quanta": (1, 2)}, "7 queues have 2 quanta"),
        ({"boundaries": (2,), "quanta": (0, 1)}, "the quanta are"),
        ({"beta": 0}, "beta is 0"),
    ],
)
def test_policies_that_are_none_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Policy(**options)


def test_other_settings_that_are_refused() -> None:
    refusals: list[tuple[Any, str]] = [
        (lambda: simulate([]), "there are no programs"),
        (lambda: simulate([EXAMPLE[0], EXAMPLE[0]]), "two of one id"),
        (lambda: simulate(EXAMPLE, batch=0), "batches of 0"),
        (lambda: simulate(EXAMPLE, switch=-1.0), "-1.0 s a switch"),
        (lambda: Balancer("nearest"), "the rule is 'nearest'"),
        (lambda: Balancer(short=-1), "short is -1"),
        (lambda: Prefix(-1.0), "give figures of 0 or more"),
        (lambda: ProcessTable(ttl=0), "ttl is 0"),
        (lambda: Scheduler(Policy()).take(0.0), "nobody waits"),
    ]
    for call, words in refusals:
        with pytest.raises(ValueError, match=words):
            call()
