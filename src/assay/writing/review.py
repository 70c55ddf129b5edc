"""Finds what is wrong with a summary that a model wrote, and removes the faulty sentences."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from assay.claims.check import check
from assay.claims.crossing import content_words
from assay.papers.findings import FigureFinding, State
from assay.papers.models import ALL_PARTS, Parts
from assay.papers.sentences import split
from assay.papers.text import fold
from assay.writing.material import Material
from assay.writing.record import FigureUsed
from assay.writing.scripts import script_faults


class Weight(StrEnum):
    """How bad a fault is that the model did not repair."""

    STYLE = "style"
    """It was worth a second turn, and is no reason to withhold the summary."""
    SENTENCE = "sentence"
    """The sentence that it stands in has to go."""
    SUMMARY = "summary"
    """Nothing of the summary can be trusted."""


class Fault(NamedTuple):
    """One thing that is wrong with a summary."""

    weight: Weight
    words: str
    """What it is, to be read by the model that has to repair it and by the reader of the digest."""
    part: str = ""
    start: int = 0
    end: int = 0
    """Where it stands in that part."""


def review(summary: Parts, material: Material, figures: Sequence[FigureUsed] = ()) -> list[Fault]:
    """Find what is wrong with an English summary of a paper.

    Figures that the paper does not have, or has otherwise, and names that it does not have are faults; so are links,
    markup, words about the task itself, a summary of another paper, in another language, or one that does what a
    sentence of the paper told it to. Runs of a dozen words of the paper, and quotes that do not stand there, are
    worth a second turn.

    Args:
        summary: what the model wrote.
        material: what the paper says.
        figures: what the model says that it took its figures from.
    """
    return [
        *_figures_and_names(summary, material),
        *_language(summary, material),
        *(fault for part, text in nonempty_parts(summary) for fault in find_clutter(part, text)),
        *_empty_words(summary),
        *_obedience(summary, material),
        *_copies(summary, material),
        *_misquotes(figures, material),
    ]


def without_faults(summary: Parts, faults: Iterable[Fault]) -> Parts | None:
    """Remove the faulty sentences of a summary; ``None`` if a part would lose all of its sentences.

    A part that has nothing right left in it says that the model did not understand the paper.
    """
    texts = dict(nonempty_parts(summary))
    for part, text in nonempty_parts(summary):
        wrong = [fault for fault in faults if fault.part == part and fault.weight is Weight.SENTENCE]
        sentences = [
            text[span.start : span.end]
            for span in split(text)
            if not any(fault.start < span.end and span.start < fault.end for fault in wrong)
        ]
        if not sentences:
            return None
        texts[part] = " ".join(sentences)
    return Parts(**texts)


def nonempty_parts(summary: Parts) -> list[tuple[str, str]]:
    """The parts that say something, with their names."""
    return [(part, getattr(summary, part)) for part in ALL_PARTS if getattr(summary, part)]


def find_clutter(part: str, text: str) -> Iterator[Fault]:
    """Find what has no place in a summary in any language: links, markup, words about the task."""
    for pattern, words in _CLUTTER:
        for match in pattern.finditer(text):
            yield Fault(Weight.SENTENCE, f"{part}: {words}: {match[0]!r}", part, *match.span())


_CLUTTER = (
    (re.compile(r"\b\w+://\S+|\bwww\.\S+|\b(?:javascript|mailto):\S+", re.IGNORECASE), "a link"),
    (re.compile(r"\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|ai|dev|app|xyz|co|me)\b(?:/\S*)?", re.IGNORECASE), "a link"),
    (re.compile(r"</?[A-Za-z!][^<>]*>|&(?:#\d+|#x[0-9a-f]+|lt|gt|quot|amp);", re.IGNORECASE), "HTML"),
    (re.compile(r"\]\([^)]*\)|!\[|```|\*\*\w|__\w+__|^#{1,6} |\{\{|\{%|<\|"), "markup"),
    (
        re.compile(
            r"^(?:sure|certainly|of course|okay|here(?: is|['’]s| are))\b[^.]*|\bas an? (?:AI|language model|LLM),"
            r"|\bI(?:['’]m| am)? (?:cannot|can['’]t|sorry)\b",
            re.IGNORECASE,
        ),
        "words about the task",
    ),
)


def _figures_and_names(summary: Parts, material: Material) -> Iterator[Fault]:
    result = check(summary, material.paper, language="en", passages=material.passages)
    if result.crossed:
        yield Fault(Weight.SUMMARY, "it reads like a summary of another paper")
    for figure in result.figures:
        if figure.state is not State.SUPPORTED:
            words = _about(figure, result.searched)
            yield Fault(Weight.SENTENCE, f"{figure.part}: {words}", figure.part, figure.start, figure.end)
    for each in result.wrong_comparisons:
        words = f"{each.part}: {each.table} tells otherwise: {each.text!r}"
        yield Fault(Weight.SENTENCE, words, each.part, each.start, each.end)
    for name in result.names:
        suggestion = f"; the paper has {name.near}" if name.near else ""
        words = f"{name.part}: the paper does not name {name.text}{suggestion}"
        yield Fault(Weight.SENTENCE, words, name.part, name.start, name.end)


def _about(figure: FigureFinding, searched: Sequence[str]) -> str:
    if figure.state is State.MISATTRIBUTED:
        return f"{figure.text} stands in the paper, of something else ({figure.given})"
    if figure.state is State.CONTRADICTED and figure.given:
        return f"{figure.text} is not what the paper gives, which is {figure.given}"
    if figure.state is State.CONTRADICTED:
        return f"{figure.text} contradicts the paper" + (f": {figure.why}" if figure.why else "")
    return f"{figure.text} stands nowhere in the paper ({', '.join(searched) or 'no text at hand'})"


def _language(summary: Parts, material: Material) -> Iterator[Fault]:
    source = "".join(material.texts)
    for part, text in nonempty_parts(summary):
        for words in script_faults(text, "en", source=source):
            yield Fault(Weight.SUMMARY, f"{part}: {words}", part, 0, len(text))


_FEWEST_WORDS = 30
"""Content words that a summary has at least, each counted once. Our own have 73 or more."""
_MOST_ALIKE = 2
"""Parts that may share a sentence. In our own no two do."""


def _empty_words(summary: Parts) -> Iterator[Fault]:
    """A model that says one thing over and over has found another task than ours."""
    if len(content_words(summary.text())) < _FEWEST_WORDS:
        yield Fault(Weight.SUMMARY, "it says too little for a summary")
    sentences = Counter(
        sentence
        for _, text in nonempty_parts(summary)
        for sentence in {fold(text[start:end]) for start, end in split(text)}
    )
    if sentences and max(sentences.values()) > _MOST_ALIKE:
        yield Fault(Weight.SUMMARY, "it says the same in several parts")


_LEAST_OBEDIENCE = 0.5


def _obedience(summary: Parts, material: Material) -> Iterator[Fault]:
    """Sentences at least half of whose words stand in an instruction to the reader and nowhere else in the paper."""
    order_words = {word for text in material.orders for word in fold(text).split()}
    order_words -= {word for text in material.texts for word in fold(text).split()}
    for part, text in nonempty_parts(summary) if order_words else ():
        for start, end in split(text):
            words = fold(text[start:end]).split()
            if sum(word in order_words for word in words) >= _LEAST_OBEDIENCE * max(len(words), 1):
                message = f"{part}: it does what a sentence in the paper tells its reader: {text[start:end]!r}"
                yield Fault(Weight.SUMMARY, message, part, start, end)


_RUN = 12
"""Words in a row that nobody writes twice by accident."""


def _copies(summary: Parts, material: Material) -> Iterator[Fault]:
    runs = {run for text in material.texts for run in _runs(text)}
    for part, text in nonempty_parts(summary):
        copy = next((run for run in _runs(text) if run in runs), None)
        if copy:
            words = f"{part}: copied from the paper, write it in your own words: {' '.join(copy)!r}"
            yield Fault(Weight.STYLE, words, part, 0, len(text))


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    words = fold(text).split()
    return (tuple(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1))


def _misquotes(figures: Sequence[FigureUsed], material: Material) -> Iterator[Fault]:
    paper_text = fold(" ".join(material.texts)) if figures else ""
    for figure in figures:
        if fold(figure.quote) not in paper_text:
            words = f"figures: {figure.value} {figure.unit}: its quote does not stand in the paper: {figure.quote!r}"
            yield Fault(Weight.STYLE, words)
