"""Answers a question by way of smaller ones, each from memory or from a search."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from assay.methods.retrieval._search import SearchError, Snippet
from assay.methods.retrieval.deeprag._wording import Path, Step, Wording, one_line
from assay.methods.retrieval.deeprag._writers import Asking, Line, Writer, together, without, writer_of


@dataclass(frozen=True)
class Draft:
    """An answer from memory, on which a rule of one's own decides."""

    question: str
    steps: tuple[Step, ...]
    sub_question: str
    line: Line
    """The answer, with the confidence that the model has in it."""


Source = Callable[[str, int], Sequence[Snippet | str]]
"""A `Search`, or what gives plain texts as one gives snippets."""
Rule = Callable[[Draft], bool]
"""Whether to search after all."""


@dataclass(frozen=True)
class DeepRAG:
    """A controller: the model asks itself smaller questions, and says at each whether it searches.

    What is not as it should be stands in `Path.odd`, and goes on: a line that is none of the wording's ends the steps
    where a step was due, as does a sub-question that was asked before, and counts as a search, the safe side, where a
    decision was; a line that was cut is taken as it is.
    """

    model: Any
    """What `as_model` takes or makes; or a `Writer`."""
    search: Source
    wording: Wording = field(default_factory=Wording)
    decide: Literal["model", "never", "always"] | Rule = "model"
    """Who decides: the model, as it was trained to; or a rule, on an answer from memory that is then always written."""
    top: int = 3
    """Documents of a search (official code)."""
    most_steps: int = 6
    """Sub-questions, after which the answer is forced (official code: 6 for HotpotQA, 10 for 2WikiMultihopQA)."""
    tokens: int = 64
    """Of a line, at most (ours)."""

    def __post_init__(self) -> None:
        for name in ("top", "most_steps", "tokens"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}: give 1 or more")
        if not callable(self.decide) and self.decide not in ("model", "never", "always"):
            raise ValueError(f"decide is {self.decide!r}: 'model', 'never', 'always', or a rule of your own")
        self.writer  # noqa: B018 - a model that cannot be used is refused here

    @cached_property
    def writer(self) -> Writer:
        """What lets the model go on with texts."""
        return writer_of(self.model)

    def answer(self, question: str) -> Path:
        """Answer a question.

        Raises:
            ValueError: The question is empty.
            SearchError: The search failed.
            ModelError: The model gives no answer.
        """
        return self.answer_all([question])[0]

    def answer_all(self, questions: Sequence[str]) -> list[Path]:
        """Answer questions side by side: see `answer`."""
        askings = [self._answer(clean_question(each, self.writer)) for each in questions]
        return together(self.writer, askings, self.tokens)

    def _answer(self, question: str) -> Asking[Path]:
        wording = self.wording
        text = self.writer.begin(wording.prompt(question))
        steps: list[Step] = []
        odd: list[str] = []
        while len(steps) < self.most_steps:
            line = yield from _ask(text, odd)
            if (said := wording.read(line.text, wording.conclude)) is not None:
                return Path(question, tuple(steps), wording.final(said), tuple(odd))
            asked = wording.read(line.text, wording.ask)
            if not asked or asked in [step.question for step in steps]:
                odd.append(line.text)
                break
            steps.append((yield from self._take_step(text, question, steps, asked, odd)))
            text += wording.step(steps[-1])
        line = yield from _ask(text + wording.conclude, odd)
        return Path(question, tuple(steps), wording.final(line.text), tuple(odd))

    def _take_step(self, text: str, question: str, steps: list[Step], asked: str, odd: list[str]) -> Asking[Step]:
        wording = self.wording
        text += wording.asked(asked)
        if self.decide == "model":
            line = yield from _ask(text, odd)
            if said := wording.read(line.text, wording.recall):
                return Step(asked, said)
            if wording.read(line.text, wording.search) is None:
                odd.append(line.text)
        elif self.decide != "always":
            line = yield from _ask(text + wording.recall, odd)
            if self.decide == "never" or not self.decide(Draft(question, tuple(steps), asked, line)):
                return Step(asked, line.text.strip())
        documents = find(self.search, asked, self.top, self.writer)
        line = yield from _ask(text + wording.found(documents) + wording.recall, odd)
        return Step(asked, line.text.strip(), documents)


def _ask(text: str, odd: list[str]) -> Asking[Line]:
    """The line behind a text, which is noted if it was cut."""
    (line,) = yield [text]
    if line.cut:
        odd.append(line.text)
    return line


def clean_question(question: str, writer: Writer) -> str:
    """A question in one line, without the model's own marks.

    Raises:
        ValueError: Nothing is left.
    """
    cleaned = one_line(without(question, writer.marks))
    if not cleaned:
        raise ValueError("the question is empty")
    return cleaned


def find(search: Source, query: str, top: int, writer: Writer) -> tuple[str, ...]:
    """What a search finds, a line each, without the model's own marks; empty texts are left out.

    Raises:
        SearchError: The search failed.
    """
    try:
        found = list(search(query, top))[:top]
    except SearchError:
        raise
    except Exception as error:
        why = one_line(str(error)) or type(error).__name__
        raise SearchError(f"the search for {query!r} failed: {why}") from error
    lines = (one_line(without(str(each), writer.marks)) for each in found)
    return tuple(line for line in lines if line)
