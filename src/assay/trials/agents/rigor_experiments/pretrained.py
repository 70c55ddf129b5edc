"""What a small model manages of a technician's work: it is given a plan, and writes the scripts."""

import json
from typing import Any

from assay.methods.agents.rigor_experiments import Lab, SandboxError, SubprocessRunner
from assay.testbed.pretrained import LanguageModel
from assay.trials import Bench, trial
from assay.trials.agents.rigor_experiments._arms import PLAIN, RULES
from assay.trials.agents.rigor_experiments._questions import Question, inputs, questions


@trial("2502.16069", claim="correct-answers-gain", pretrained=True)
def scripts_of_a_model(bench: Bench) -> None:
    """Answers of a small model's own scripts, taken as they come and behind the rules."""
    asked, tokens = bench.pick(quick=1, cpu=4), bench.pick(quick=16, cpu=320)
    lm = bench.on_pretrained(
        f"{asked} questions with known answers instead of 46; the model writes the scripts, up to {tokens} tokens "
        "each, and is told what was found, once; the plans are given; the baseline is a loop without checks"
    )
    rows: list[dict[str, Any]] = bench.once("scripts", lambda: _rows(bench, lm, questions(0)[:asked], tokens))
    arms = (PLAIN, RULES)
    right = {arm: [100.0 * row["right"] for row in rows if row["arm"] == arm] for arm in arms}
    bench.claim(
        bench.compare("questions answered rightly", right, candidate=RULES, baseline=PLAIN, unit="%", better="higher")
    )
    for name, what in (
        ("questions answered wrongly", "wrong"),
        ("hand-overs that held a script", "scripts"),
        ("hand-overs accepted", "accepted"),
    ):
        better = "lower" if what == "wrong" else "higher"
        shares = {arm: [100.0 * row[what] for row in rows if row["arm"] == arm] for arm in arms}
        bench.score(name, shares, candidate=RULES, unit="%", better=better)  # type: ignore[arg-type]


def _rows(bench: Bench, lm: LanguageModel, asked: list[Question], tokens: int) -> list[dict[str, Any]]:
    """Each question in both arms; what the model writes to a prompt is kept, so that both hear the same at first."""
    heard: dict[str, str] = {}
    rows = []
    for question in bench.progress(asked, "questions"):

        def answer(prompt: str, question: Question = question) -> str:
            if prompt.startswith("You plan"):
                return json.dumps(question.plan.as_record())
            if prompt not in heard:
                heard[prompt] = lm.answer(lm.prompt(prompt), new=tokens)
            return heard[prompt]

        for arm, rules in ((PLAIN, False), (RULES, True)):
            lab = Lab(answer, runner=SubprocessRunner(allow=True), inputs=inputs(), rules=rules, attempts=2)
            try:
                report = lab.experiment(question.plan.question)
            except SandboxError as error:
                bench.not_testable(str(error))
            tries = sum(report.attempts.values())
            scripts = sum(event.key.endswith("/script") for event in lab.store.events)
            rows.append(
                {
                    "arm": arm,
                    "right": report.verdict == question.truth,
                    "wrong": report.verdict not in (question.truth, "no answer"),
                    "scripts": scripts / tries,
                    "accepted": sum(event.value == "done" for event in lab.store.events) / tries,
                }
            )
    return rows
