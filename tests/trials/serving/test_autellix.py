"""The trials of Autellix run, and notice when programs that have received much go first."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from assay.methods.serving.autellix import Policy, ProgramGateway
from assay.papers.measurement import Evidence
from assay.papers.verdict import Verdict
from assay.trials import discover, run_trial
from assay.trials.serving import autellix as trials
from assay.trials.serving.autellix import _gateways, _loads
from assay.trials.serving.autellix._servers import Scripted
from tests.trials.scores import claimed, score


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.13965")} == {
        "worked_example": "waiting-example",
        "sustained": "program-throughput",
        "kept": "over-plain-vllm",
        "thousand_programs": "program-throughput",
        "before_llama": "over-optimised-vllm",
    }


def test_what_is_simulated_is_seen() -> None:
    example = run_trial(trials.worked_example)
    assert example.verdict is Verdict.DIRECTION_SEEN
    assert claimed(example).candidate < 18
    borne = run_trial(trials.sustained, quick=True)
    assert borne.evidence is Evidence.SIMULATED
    assert borne.verdict is Verdict.DIRECTION_SEEN
    against = score(borne, "mean slowdown at load 0.9")
    assert against.baseline is not None
    assert against.candidate < against.baseline.value


def test_the_opposite_order_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that have received nothing begin in the last queue."""
    monkeypatch.setattr(Policy, "queue_of", lambda self, service: 0 if service else len(self.boundaries))
    assert run_trial(trials.sustained, quick=True).verdict is Verdict.NOT_SEEN
    assert run_trial(trials.worked_example).verdict is Verdict.NOT_SEEN


def test_what_is_kept_saves_reading() -> None:
    measurement = run_trial(trials.kept, quick=True)
    reused = score(measurement, "of what is read")
    least = {arm.name: arm.value for arm in reused.others}["FCFS, prefixes kept"]
    assert reused.candidate > least > 20


def test_the_gateway_answers_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the order is worth and a call costs depends on the machine's other work; that all is answered does not."""
    monkeypatch.setattr(_gateways, "added_milliseconds", lambda pairs: [1.0] * pairs)
    measurement = run_trial(trials.thousand_programs, quick=True)
    assert score(measurement, "calls without an answer").met
    assert score(measurement, "of 12 calls of a server that is killed").met


def test_a_real_servers_rounds_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def scripted(slots: int) -> Iterator[str]:
        with Scripted(slots=slots, seconds_per_token=0.001) as server:
            yield server.url

    @contextmanager
    def in_this_process(*backends: str, policy: str, width: int, boundaries: Sequence[float] = ()) -> Iterator[str]:
        with ProgramGateway(backends, policy=policy, max_inflight=width) as gateway:
            yield gateway.base_url

    monkeypatch.setattr(_gateways, "gateway", in_this_process)
    monkeypatch.setattr(trials, "llama_server", scripted)
    monkeypatch.setattr(trials, "lacks", lambda _: "")
    measurement = run_trial(trials.before_llama, quick=True)
    assert score(measurement, "calls without an answer").met
    assert claimed(measurement).metric == "mean latency by token"
    monkeypatch.setattr(trials, "lacks", lambda _: "no xllamacpp here")
    assert run_trial(trials.before_llama, quick=True).verdict is Verdict.NOT_TESTABLE


def test_the_load_that_is_borne_lies_between_those_that_were_tried() -> None:
    loads = (0.5, 0.7, 0.9)
    assert _loads.load_at(1.2, loads, (1.0, 1.1, 1.3)) == pytest.approx(0.8)
    assert _loads.load_at(1.2, loads, (1.0, 1.1, 1.1)) == 0.9
    assert _loads.load_at(1.2, loads, (1.3, 1.4, 1.5)) == 0.5
