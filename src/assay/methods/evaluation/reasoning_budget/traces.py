"""Reads traces of reasoning, as any API gives them, and says how each went wrong and what less thinking had cost.

The labels are found by phrases, and understand nothing: they are for counting over many traces, and for finding those
to read.
"""

import json
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

from assay.methods._intervals import Estimate, mean_interval
from assay.methods.evaluation.reasoning_budget.answers import check_answer, words_of

Record = Mapping[str, Any]

_GIVES_UP = re.compile(
    r"\bi(?:'ll| will| have to| must| should)? (?:just )?give up\b|\bi(?:'m| am)? giving up\b|\bi(?:'m| am) stuck\b"
    r"|\bi (?:can't|cannot|can not|couldn't) (?:find|figure|solve|think of|come up)\b"
    r"|\bi(?:'ll| will| have to| need to) (?:just )?guess\b"
    r"|\bi(?:'m| am) (?:not able|unable) to (?:find|figure|solve)\b"
)
_VIOLATION = re.compile(
    r"\b(?:doesn't|does not|don't|do not|didn't|did not) (?:quite |really |seem to )?"
    r"(?:fit|work|match|satisfy|make sense)\b"
    r"|\b(?:isn't|is not|not) (?:really |actually )?a (?:real |valid |proper )?(?:word|answer|country|name)\b"
    r"|\bbut (?:that|this|it)(?:'s| is) (?:wrong|incorrect|not right|not correct)\b"
)
_SAYS = re.compile(r"\banswer (?:is|(?:could|might|must|would|should) be)[:\s]+([^.\n,;!?]+)")
_NEAR = 200
"""Characters behind a name within which it is said to break a rule, on the same line (ours)."""


@dataclass(frozen=True)
class Trace:
    """What a model thought and then answered."""

    thinking: str
    answer: str
    """Behind the thinking; empty where it did not end."""
    tokens: int
    """Of thinking."""
    finished: bool = True
    """Whether the thinking ended."""
    gold: tuple[str | tuple[str, ...], ...] = ()
    """What a right answer must have; see `check_answer`."""
    id: str = ""
    question: str = ""
    """What several traces may be of; they are one cluster. The id, if there is nothing else."""

    @property
    def right(self) -> bool:
        """Whether it ended with a right answer."""
        return self.finished and check_answer(self.answer, self.gold, end=None)

    @property
    def first_right(self) -> int | None:
        """The token of thinking with which what is right was first there; estimated by characters."""
        if not check_answer(self.thinking, self.gold, end=None):
            return None
        ends = [each.end() for each in re.finditer(r"\w+", self.thinking)]
        # What is there stays there, so that the first word with which it is can be searched for by halves.
        word = bisect_left(
            range(len(ends)), x=True, key=lambda n: check_answer(self.thinking[: ends[n]], self.gold, end=None)
        )
        return ceil(self.tokens * ends[word] / len(self.thinking))


@dataclass(frozen=True)
class Labels:
    """What a trace shows."""

    gave_up: bool
    """It says that it gives up, and answers all the same."""
    out_of_thin_air: bool
    """The answer is nowhere in the thinking."""
    knows_wrong: bool
    """The answer is one that the thinking said to break a rule."""
    switches: int
    """How often "the answer is ..." was said of another one than before."""
    unfinished: bool
    """The thinking did not end."""


def label_trace(trace: Trace) -> Labels:
    """Label a trace by the phrases in it."""
    thinking = _plain(trace.thinking)
    answer = words_of(trace.answer)
    named = _named(trace.answer)
    return Labels(
        gave_up=trace.finished and bool(answer) and bool(_GIVES_UP.search(f"{thinking}\n{_plain(trace.answer)}")),
        out_of_thin_air=trace.finished and bool(named) and not any(_has(thinking, each) for each in named),
        knows_wrong=trace.finished and any(_breaks_a_rule(thinking, each) for each in named),
        switches=_count_switches(_SAYS.findall(thinking)),
        unfinished=not trace.finished,
    )


def _named(answer: str) -> list[str]:
    """What an answer names: what it says the answer is, or in bold, or all of it where it is short."""
    plain = _plain(answer)
    found = [*_SAYS.findall(plain), *re.findall(r"\*\*(.+?)\*\*", plain), *re.findall(r"\\boxed\{(.+?)\}", plain)]
    found = found or [plain.strip()]
    return [words for each in found if 0 < len(words := " ".join(words_of(each))) <= 60]


def _has(thinking: str, named: str) -> bool:
    return f" {named} " in f" {' '.join(words_of(thinking))} "


def _breaks_a_rule(thinking: str, named: str) -> bool:
    """Whether it was said close behind the name that it breaks a rule."""
    places = [each.end() for each in re.finditer(rf"\b{re.escape(named)}\b", thinking)]
    return bool(places) and any(_VIOLATION.search(thinking[at : at + _NEAR].partition("\n")[0]) for at in places)


def _count_switches(said: Sequence[str]) -> int:
    names = [" ".join(words_of(each)) for each in said]
    return sum(before != after for before, after in pairwise(names))


def _plain(text: str) -> str:
    return text.casefold().replace("’", "'")


# Reading


def read_traces(
    records: str | Path | Iterable[Record],
    *,
    end: str = "</think>",
    count: Callable[[str], int] | None = None,
    estimate: bool = False,
) -> list[Trace]:
    """Read traces from a JSONL file, or from mappings.

    A record has the model's text, or an answer of an OpenAI-compatible API as it came, its thinking apart
    (``reasoning_content`` or ``reasoning``) or in the text before `end`; and ``gold``, a phrase or a list of them. Of
    ``id``, ``question`` and the tokens of thinking (``thinking_tokens``, or the API's ``usage``) what is there is read.

    Args:
        records: The file, or the records.
        end: What ends the thinking within a text.
        count: Counts the tokens of a text, where a record does not tell.
        estimate: Whether four characters are taken for a token where nothing else tells.

    Raises:
        ValueError: A record has no text, no gold or no count of tokens; it is named.
    """
    traces = []
    for place, record in enumerate(_records(records)):
        named = f"record {record['id']!r}" if record.get("id") not in (None, "") else f"record {place}"
        message, why, usage = _message(record, named)
        text = message.get("content") or ""
        thinking = message.get("reasoning_content") or message.get("reasoning")
        finished = why != "length" or bool(thinking is not None and text)
        if thinking is None:
            before, mark, behind = text.rpartition(end)
            finished = bool(mark)
            thinking, text = (before, behind) if mark else (behind, "")
            thinking = thinking.rpartition("<think>")[2]
        tokens = record.get("thinking_tokens", usage)
        if tokens is None:
            if count is None and not estimate:
                raise ValueError(
                    f"{named} does not tell the tokens of its thinking: give thinking_tokens, count= or estimate=True"
                )
            tokens = count(thinking) if count else len(thinking) // 4
        gold, name = _gold(record, named), str(record.get("id", place))
        traces.append(Trace(thinking, text, int(tokens), finished, gold, name, str(record.get("question", ""))))
    return traces


def _records(records: str | Path | Iterable[Record]) -> Iterator[Record]:
    if not isinstance(records, str | Path):
        for place, record in enumerate(records):
            if not isinstance(record, Mapping):
                raise ValueError(f"record {place} is a {type(record).__name__}: give mappings")
            yield record
        return
    for number, line in enumerate(Path(records).read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                yield dict(json.loads(line).items())
            except (ValueError, AttributeError):
                name = Path(records).name
                raise ValueError(f"line {number} of {name} is no JSON object: {line[:60]!r}") from None


def _message(record: Record, named: str) -> tuple[Mapping[str, Any], str, int | None]:
    """The message in a record, why it ended, and the tokens of its thinking where an API tells them."""
    given = record.get("response", record)
    answer: Record = given if isinstance(given, Mapping) else {"content": given}
    try:
        if "choices" in answer:
            choice = answer["choices"][0]
            details = (answer.get("usage") or {}).get("completion_tokens_details") or {}
            return dict(choice["message"]), str(choice.get("finish_reason")), details.get("reasoning_tokens")
    except (LookupError, TypeError, ValueError, AttributeError):
        raise ValueError(f"{named} has choices without a message") from None
    content = answer.get("content", answer.get("text", answer.get("output")))
    if not isinstance(content, str):
        raise ValueError(f"{named} has no text: give content, text, output, or a response with choices")
    return {**answer, "content": content}, str(answer.get("finish_reason")), None


def _gold(record: Record, named: str) -> tuple[str | tuple[str, ...], ...]:
    gold = record.get("gold")
    if not gold or not isinstance(gold, str | Sequence):
        raise ValueError(f"{named} has no gold: give the phrases that a right answer must have")
    parts = re.split(r"[,;]", gold) if isinstance(gold, str) else gold
    return tuple(each.strip() if isinstance(each, str) else tuple(each) for each in parts)


# Over many traces


@dataclass(frozen=True)
class BudgetCurve:
    """What would have been right had each trace been cut off at a budget. Traces of one question are a cluster."""

    traces: tuple[Trace, ...]

    def accuracy(self, budget: float) -> Estimate:
        """The share of traces that ended by then, with a right answer."""
        return self._mean([each.right and each.tokens <= budget for each in self.traces])

    def ceiling(self, budget: float) -> Estimate:
        """The share in whose thinking what is right was there by then: what a wrap-up can win at most."""
        first = [each.first_right for each in self.traces]
        return self._mean(
            [
                (at is not None and at <= budget) or (each.right and each.tokens <= budget)
                for at, each in zip(first, self.traces, strict=True)
            ]
        )

    def plateau(self, share: float = 0.95) -> int:
        """The least budget with this share of the accuracy that there is without one.

        Raises:
            ValueError: `share` is none, or no trace is right.
        """
        if not 0 < share <= 1:
            raise ValueError(f"share is {share}: give a number above 0, at most 1")
        tokens = sorted(each.tokens for each in self.traces if each.right)
        if not tokens:
            raise ValueError("no trace is right, so that there is no plateau")
        return tokens[ceil(share * len(tokens) - 1e-9) - 1]

    def table(self, budgets: Sequence[float]) -> list[dict[str, Any]]:
        """A row for each budget and figure, in per cent."""
        figures = {"accuracy": self.accuracy, "ceiling": self.ceiling}
        return [
            {"budget": budget, "figure": name, "unit": "%"} | figure(budget).scaled(100).as_record()
            for budget in budgets
            for name, figure in figures.items()
        ]

    def _mean(self, right: Sequence[bool]) -> Estimate:
        return mean_interval([float(each) for each in right], _questions(self.traces))


def budget_curve(traces: Sequence[Trace]) -> BudgetCurve:
    """What budgets would have left of the accuracy of traces that are finished, from one run of each.

    Raises:
        ValueError: There are none, or one has no gold.
    """
    if not traces:
        raise ValueError("there are no traces")
    for place, each in enumerate(traces):
        if not each.gold:
            raise ValueError(f"trace {each.id or place!r} has no gold, so that nothing says what is right")
    return BudgetCurve(tuple(traces))


def label_table(traces: Sequence[Trace]) -> list[dict[str, Any]]:
    """How often each label is there, in per cent of traces, and how often a trace switches, with intervals."""
    labels = [label_trace(each) for each in traces]
    rows = []
    for name in ("gave_up", "out_of_thin_air", "knows_wrong", "unfinished"):
        estimate = mean_interval([float(getattr(each, name)) for each in labels], _questions(traces))
        rows.append({"label": name, "unit": "%"} | estimate.scaled(100).as_record())
    switches = mean_interval([float(each.switches) for each in labels], _questions(traces))
    return [*rows, {"label": "switches", "unit": ""} | switches.as_record()]


def _questions(traces: Sequence[Trace]) -> list[str | int]:
    return [each.question or each.id or place for place, each in enumerate(traces)]
