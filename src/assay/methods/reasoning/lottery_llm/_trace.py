"""What comes of a question: limits that it is solved within, the tree of attempts, the solution and its cost."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from assay.methods._answers import same_answer
from assay.methods.reasoning.lottery_llm._memory import Entry, Memory, Verdict

How = Literal["external", "divided", "direct", "remembered", "refused", "unfinished"]


@dataclass(frozen=True)
class Limits:
    """Where the solver stops; what it has then is answered from directly."""

    depth: int = 4
    """Of sub-questions; the question itself is at 0 (ours: the paper has no limit)."""
    nodes: int = 64
    """Attempts at questions, all depths together."""
    calls: int = 200
    """Of the model."""
    seconds: float = 600.0
    """After which nothing but the last answer is asked for. Questions side by side share the time."""
    tool_seconds: float = 10.0
    """Of one call of a tool."""

    def __post_init__(self) -> None:
        for name, least in (("depth", 0), ("nodes", 1), ("calls", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}: give {least} or more")
        for name in ("seconds", "tool_seconds"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}: give seconds above 0")


@dataclass
class Cost:
    """What answering a question has cost."""

    calls: int = 0
    """Of the model."""
    read: int | None = None
    """Tokens of prompts; nothing where the model comes without its tokenizer."""
    written: int | None = None
    """Tokens of replies."""
    nodes: int = 0
    tools: int = 0
    """Calls of tools, failed ones included."""
    retrievals: int = 0
    seconds: float = 0.0


@dataclass
class Node:
    """An attempt at a question, with the attempts at its parts: the trace is a tree of these."""

    question: str
    depth: int = 0
    trial: int = 0
    how: How = "unfinished"
    answer: str = ""
    verdict: Verdict = field(default_factory=lambda: Verdict(passed=False))
    evidence: list[Entry] = field(default_factory=list)
    parts: list["Node"] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_record(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "question": self.question,
            "trial": self.trial,
            "how": self.how,
            "answer": self.answer,
            "passed": self.verdict.passed,
            "reason": self.verdict.reason,
            "evidence": [entry.text for entry in self.evidence],
            "notes": list(self.notes),
            "parts": [part.as_record() for part in self.parts],
        }

    def __str__(self) -> str:
        mark = "passed" if self.verdict.passed else "not passed"
        line = f"{'  ' * self.depth}{self.question} -> {self.answer or 'nothing'} ({self.how}, {mark})"
        return "\n".join([line, *map(str, self.parts)])


@dataclass(frozen=True)
class Solution:
    """An answer and how it came about."""

    question: str
    answer: str
    verdict: Verdict
    trace: tuple[Node, ...]
    """One tree for each trial."""
    memory: Memory
    cost: Cost
    truncated: str = ""
    """Which limit was reached; empty if none."""

    @property
    def passed(self) -> bool:
        """Whether the verifier accepts the answer."""
        return self.verdict.passed


class SolverError(ValueError):
    """The model, a decision or the retriever's answer broke; what was found until then is kept."""

    def __init__(self, message: str, partial: Solution, solutions: Sequence[Solution] = ()) -> None:
        super().__init__(message)
        self.partial = partial
        """Of the question that broke."""
        self.solutions = tuple(solutions) or (partial,)
        """Of all questions that were asked together, in their order."""


def select(nodes: Sequence[Node]) -> Node:
    """The best of several attempts: one that passed, then the highest score, then the most frequent, then the first.

    Attempts without an answer come last.
    """
    if not nodes:
        return Node("")

    def votes(node: Node) -> int:
        return sum(same_answer(node.answer, other.answer) for other in nodes)

    return max(nodes, key=lambda node: (bool(node.answer), node.verdict.passed, node.verdict.score, votes(node)))
