"""What help a model has in the trials, as decisions of the solver that are settled in advance, and its answers counted.

Models this small do not decide when to look something up or to calculate. What is measured is what the help is worth
once it is used; the solver carries it out, batches it and counts it.
"""

import re
from collections.abc import Callable, Sequence

from assay.methods._intervals import paired_interval
from assay.methods.reasoning.lottery_llm import Decisions, Desk, Entry, Limits, Request
from assay.trials import Bench

GROUPS = 5
"""Into which questions are dealt; what differs between groups is luck, and gives intervals."""
LIMITS = Limits(depth=12, seconds=24 * 3_600)
"""Out of the way: a slow machine is not to give other answers."""
Prompt = Callable[[str, Sequence[str]], str]
"""Of a question and what was found for it."""


def closed_book(prompt: Prompt) -> Decisions:
    """The model alone."""
    return Decisions(
        can_use_external=_never, need_divide=_never, solve=lambda question, desk, _: desk.ask(prompt(question, ())),
        verify=_unchecked,
    )  # fmt: skip


def open_book(prompt: Prompt) -> Decisions:
    """The question is looked up, and the model reads what was found."""

    def solve(question: str, desk: Desk, entries: Sequence[Entry]) -> str:
        return desk.ask(prompt(question, [entry.value for entry in entries if entry.kind == "document"]))

    return Decisions(
        can_use_external=_always, requests=lambda question, _: [Request(question)], solve=solve, verify=_unchecked
    )


def with_calculator(prompt: Prompt, read_expression: Callable[[str], str]) -> Decisions:
    """The model names an expression, and the calculator's result is the answer; none where it cannot be calculated."""

    def requests(question: str, desk: Desk) -> list[Request]:
        expression = read_expression(desk.ask(prompt(question, ())))
        return [Request(tool="calculate", arguments={"expression": expression})]

    return Decisions(
        can_use_external=_always,
        requests=requests,
        solve=lambda _question, _desk, entries: "".join(entry.value for entry in entries if entry.verdict.passed),
        verify=_unchecked,
    )


def number_of(text: str) -> str:
    """The last whole number in a text, without commas and zeros in front; empty if there is none."""
    numbers = re.findall(r"\d[\d,]*", text)
    return str(int(numbers[-1].replace(",", ""))) if numbers else ""


def by_group(right: Sequence[bool]) -> list[float]:
    """Per cent of the right answers of each group; question n is of group n modulo their number."""
    parts = [right[group::GROUPS] for group in range(GROUPS)]
    return [100.0 * sum(part) / len(part) for part in parts if part]


def show_gain(bench: Bench, name: str, ours: Sequence[bool], theirs: Sequence[bool]) -> None:
    """How much more of the same questions one arm gets right than another, with the ends of its interval."""
    gain = paired_interval([float(each) for each in ours], [float(each) for each in theirs]).scaled(100)
    ends = {"gain": gain.value, "low end of its 95 % interval": gain.low, "high end": gain.high}
    bench.score(name, ends, candidate="gain", unit="points", better="higher")


def _always(question: str, desk: Desk) -> bool:  # noqa: ARG001
    return True


def _never(question: str, desk: Desk) -> bool:  # noqa: ARG001
    return False


def _unchecked(question: str, answer: str, desk: Desk) -> bool:  # noqa: ARG001
    return bool(answer)
