"""Finds for a question the steps with the fewest searches that lead to its answer."""

import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import heappop, heappush
from typing import Any

from assay.methods.retrieval.deeprag._controller import Source, clean_question, find
from assay.methods.retrieval.deeprag._examples import Example
from assay.methods.retrieval.deeprag._wording import Path, Step, Wording, one_line
from assay.methods.retrieval.deeprag._writers import Asking, Writer, together, writer_of

Decompose = Callable[[str, Sequence[Step]], str | None]
"""The next sub-question of a question behind some steps; None where it can be answered."""
IsRight = Callable[[str, Sequence[str]], bool]
"""Whether an answer is one of those that are right."""

_PUNCTUATION = str.maketrans("", "", string.punctuation)


def same_words(answer: str, right: Sequence[str]) -> bool:
    """Whether an answer is one of these, without regard to case, articles and punctuation (exact match)."""
    return _words(answer) in [_words(each) for each in right]


def _words(text: str) -> str:
    words = re.sub(r"\b(?:a|an|the)\b", " ", text.casefold().translate(_PUNCTUATION)).split()
    return " ".join(words) or text.casefold().strip()  # "A" and "C++" are answers too


@dataclass(frozen=True)
class Tree:
    """What the search for the steps of a question came to."""

    example: Example
    path: Path | None
    """The first right one, which has the fewest searches that any has; None if none was found."""
    answers: int
    """Intermediate answers that were written."""
    cut: bool
    """Whether the search was ended by `most_answers`, with paths left."""
    given: bool = False
    """Whether the path is right with the example's own documents alone."""


@dataclass(frozen=True)
class BinaryTreeSearch:
    """Tries both ways at each sub-question, from memory and from a search, those with the fewest searches first."""

    model: Any
    """See `DeepRAG.model`: whose memory it is."""
    search: Source
    wording: Wording = field(default_factory=Wording)
    decompose: Decompose | None = None
    """Writes the sub-questions, as a larger model does in the paper's first stage; the model itself by default."""
    is_right: IsRight = same_words
    """Exact match (ours); the official code takes it for right if either contains the other."""
    top: int = 3
    """Documents of a search (official code)."""
    most_steps: int = 6
    """Sub-questions of a path (ours: the official code bounds searches alone)."""
    most_searches: int = 6
    """Of a path (official code: 6 for HotpotQA, 10 for 2WikiMultihopQA)."""
    most_answers: int = 64
    """Intermediate answers to a question, over all paths (ours)."""
    tokens: int = 64
    """Of a line, at most (ours)."""

    def __post_init__(self) -> None:
        for name, least in (("top", 1), ("most_steps", 1), ("most_searches", 0), ("most_answers", 1), ("tokens", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}: give {least} or more")
        self.writer  # noqa: B018 - a model that cannot be used is refused here

    @cached_property
    def writer(self) -> Writer:
        """What lets the model go on with texts."""
        return writer_of(self.model)

    def run(self, examples: Sequence[Example]) -> list[Tree]:
        """Search for the steps of each question, side by side.

        Where no path is right, the example's own documents, if it has some, take the place of what is found.

        Raises:
            SearchError: The search failed.
            ModelError: The model gives no answer.
        """
        return together(self.writer, [self._run(each) for each in examples], self.tokens)

    def _run(self, example: Example) -> Asking[Tree]:
        question = clean_question(example.question, self.writer)
        tree = yield from self._grow(example, question, self.search, self.top)
        if tree.path is None and example.documents:
            given = example.documents
            again = yield from self._grow(example, question, lambda *_: given, len(given))
            answers, cut = tree.answers + again.answers, tree.cut or again.cut
            tree = Tree(example, again.path, answers, cut=cut, given=again.path is not None)
        return tree

    def _grow(self, example: Example, question: str, search: Source, top: int) -> Asking[Tree]:
        """Follow paths in the order of their searches, of equals the longest and latest."""
        wording = self.wording
        begin = self.writer.begin(wording.prompt(question))
        # A path that waits: searches with its last step's, order; steps, its last sub-question, whether that searches.
        waiting: list[tuple[int, int, tuple[Step, ...], str, bool]] = []
        answers = order = 0
        path: tuple[Step, ...] = ()
        while True:
            text = begin + "".join(map(wording.step, path))
            asked = yield from self._next_question(question, path, text)
            if asked is None:
                (line,) = yield [text + wording.conclude]
                answer = wording.final(line.text)
                if self.is_right(answer, example.answers):
                    return Tree(example, Path(question, path, answer), answers, cut=False)
            else:
                searches = sum(step.searched for step in path)
                for searching in (True, False):
                    if searches + searching <= self.most_searches:
                        order -= 1
                        heappush(waiting, (searches + searching, order, path, asked, searching))
            step = None
            while step is None:
                if not waiting or answers == self.most_answers:
                    return Tree(example, None, answers, cut=bool(waiting))
                _, _, before, asked, searching = heappop(waiting)
                documents = find(search, asked, top, self.writer) if searching else None
                step = yield from self._take_step(begin, before, asked, documents)
                answers += 1
            path = (*before, step)

    def _next_question(self, question: str, path: tuple[Step, ...], text: str) -> Asking[str | None]:
        if len(path) == self.most_steps:
            return None
        if self.decompose is not None:
            return one_line(self.decompose(question, path) or "") or None
        (line,) = yield [text]
        asked = self.wording.read(line.text, self.wording.ask)
        return asked if asked and asked not in [step.question for step in path] else None

    def _take_step(
        self, begin: str, path: tuple[Step, ...], asked: str, documents: tuple[str, ...] | None
    ) -> Asking[Step | None]:
        """The step that this way gives; None where it leads nowhere."""
        wording = self.wording
        found = "" if documents is None else wording.found(documents)
        (line,) = yield [begin + "".join(map(wording.step, path)) + wording.asked(asked) + found + wording.recall]
        answer = line.text.strip()
        return None if line.cut or answer in ("", wording.nothing) else Step(asked, answer, documents)
