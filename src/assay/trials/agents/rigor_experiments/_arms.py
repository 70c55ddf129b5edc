"""Four ways to check what agents hand over, on the same episodes: nobody, a reviewer, the rules, both."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from assay.methods.agents.rigor_experiments import Lab, Report, Run, SandboxError, SubprocessRunner
from assay.methods.agents.rigor_experiments._plan import Settings
from assay.trials import Bench
from assay.trials.agents.rigor_experiments._faults import FAULTS, Episode
from assay.trials.agents.rigor_experiments._questions import inputs, questions
from assay.trials.agents.rigor_experiments._server import RoleServer, playing

PLAIN, REVIEWER, RULES, BOTH = "plain loop", "reviewer", "rules", "rules and reviewer"
ARMS: Mapping[str, tuple[bool, bool]] = {
    PLAIN: (False, False),
    REVIEWER: (False, True),
    RULES: (True, False),
    BOTH: (True, True),
}
"""Of each arm, whether rules decide, and whether a reviewer does."""


@dataclass(frozen=True)
class RememberingRunner(SubprocessRunner):
    """Makes the same run once for all arms. Within an arm a second one is a run of its own, as it must be."""

    kept: dict[Any, Run] = field(default_factory=dict)
    times: dict[Any, int] = field(default_factory=dict)

    def run(
        self,
        script: str,
        settings: Settings,
        *,
        seed: int,
        inputs: Mapping[str, bytes],
        files: Mapping[str, bytes] = {},
    ) -> Run:
        """See `SubprocessRunner.run`."""
        key = (script, str(settings), seed, str([hash(each) for each in inputs.values()]), str(sorted(files)))
        self.times[key] = number = self.times.get(key, 0) + 1
        if (key, number) not in self.kept:
            run = super().run(script, settings, seed=seed, inputs=inputs, files=files)
            self.kept[key, number] = run
        return self.kept[key, number]

    def begin(self) -> None:
        """Begin an arm."""
        self.times.clear()


def play(bench: Bench, episodes: Iterable[Episode], what: str) -> list[dict[str, Any]]:
    """Every episode in every arm, as a row: what was noticed, what the verdict is, and what it took."""
    runner, data = RememberingRunner(allow=True), inputs()
    rows = []
    with playing() as server:
        try:
            for episode in bench.progress(list(episodes), what):
                rows += [_row(server, runner, data, episode, arm) for arm in ARMS]
        except SandboxError as error:
            bench.not_testable(str(error))
    return rows


def _row(
    server: RoleServer, runner: RememberingRunner, data: Mapping[str, bytes], episode: Episode, arm: str
) -> dict[str, Any]:
    rules, reviewed = ARMS[arm]
    model = server.play(episode)
    runner.begin()
    lab = Lab(model, runner=runner, inputs=data, rules=rules, reviewer=model if reviewed else None)
    report = lab.experiment(episode.question.plan.question)
    found = [each for findings in report.findings.values() for each in findings]
    return {
        "arm": arm,
        "question": episode.question.name,
        "fault": episode.fault,
        "noticed": _first_was_refused(report, episode) if episode.fault else bool(found),
        "named": any(each.kind == episode.fault for each in found),
        "right": report.verdict == episode.question.truth,
        "runs": sum(runner.times.values()),
        "answers": report.steps,
    }


def _first_was_refused(report: Report, episode: Episode) -> bool:
    """Whether the faulty hand-over was sent back, or one of the two."""
    if episode.in_both:
        return bool(report.findings)
    return bool(report.findings.get("plan-1/control-1" if episode.in_control else "plan-1/experimental-1"))


def faulty(
    *, disguised: bool, in_both: bool = False, kinds: int = len(FAULTS), asked: int = 4, seeds: int = 3
) -> list[Episode]:
    """An episode of each kind of fault in each question."""
    return [
        Episode(question, fault, disguised, in_both)
        for question in questions(0, seeds)[:asked]
        for fault in list(FAULTS)[:kinds]
    ]


def clean(count: int, asked: int = 4, seeds: int = 3) -> list[Episode]:
    """Episodes without a fault, each with constants of its own."""
    return [Episode(questions(number // asked, seeds)[number % asked], seed=number) for number in range(count)]


def share(rows: Iterable[Mapping[str, Any]], what: str, **where: Any) -> float:
    """The per cent of rows of which something is so, among those that are as told."""
    chosen = [bool(row[what]) for row in rows if all(row[name] == value for name, value in where.items())]
    return 100 * sum(chosen) / len(chosen)
