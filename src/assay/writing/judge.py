"""Asks a language model about what the rules could not decide in a summary, and holds its answer to the paper.

That is a figure, or a sentence that compares. The model sees the one sentence of the summary and the few sentences and
rows of the paper that may tell of it. What it says counts as an opinion, never as a finding, and only if the evidence
that it names stands in the paper.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from assay.claims.context import Figure, Sentence, Text, content_stems
from assay.claims.source import ABSTRACT, Source, source_of
from assay.claims.tables.table import is_table
from assay.papers.findings import Check, ComparisonFinding, FigureFinding, Opinion, OpinionState, State
from assay.papers.mathematics import to_text
from assay.papers.models import Paper, Parts, Place
from assay.papers.passages import Passage
from assay.papers.text import fold
from assay.writing.chat import Chat
from assay.writing.errors import NoAnswer, NotRecorded, Unreachable
from assay.writing.material import Material
from assay.writing.prompts import ask_about_comparison, ask_for_opinion
from assay.writing.question import Message


class Judgement(BaseModel):
    """A model's answer. The evidence comes first: who has looked for it judges better."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    evidence: Annotated[str, Field(max_length=1000)]
    verdict: OpinionState


class Dropped(NamedTuple):
    """An answer that does not count."""

    why: str


@dataclass(frozen=True)
class Doubt:
    """A figure that the rules left unsupported, or a comparison that they did not judge, and the question about it."""

    finding: FigureFinding | ComparisonFinding
    messages: tuple[Message, ...]
    candidates: tuple[tuple[Text, Sentence], ...]
    """The sentences of the paper that are quoted in the question."""
    source: Source
    """All texts of the paper, without orders to their reader."""


def find_doubts(check: Check, parts: Parts, paper: Paper, passages: Sequence[Passage] = ()) -> Iterator[Doubt]:
    """Find the figures and comparisons of a checked summary that a model can be asked about.

    These are the unsupported figures for which the paper has a sentence that shares words with the summary's and has a
    figure of that sort, and the unchecked comparisons with which a table or a sentence of the abstract shares some, and
    which do not stand in the abstract themselves. Of the others no text at hand tells, and nobody could judge them.

    Args:
        check: what the rules say.
        parts: the summary that was checked.
        paper: the paper that it was checked against.
        passages: its full text, where that is at hand.
    """
    unsupported = [finding for finding in check.figures if finding.state is State.UNSUPPORTED]
    unchecked = [
        finding
        for finding in check.comparisons
        if finding.state is State.UNCHECKED and finding.text not in paper.abstract
    ]
    if not unsupported and not unchecked:
        return
    material = Material.of(paper, passages)
    source = source_of(material.paper, material.passages)
    texts = {part: Text.of(part, _text_of(parts, part)) for part in {finding.part for finding in unsupported}}
    for finding in unsupported:
        figure = next((each for each in texts[finding.part].figures if each.quantity.start == finding.start), None)
        candidates = _candidates(figure, source, foreign=check.language != "en") if figure else ()
        if figure and candidates:
            sentence, start = figure.sentence, figure.sentence.start
            place = (finding.start - start, finding.end - start)
            messages = ask_for_opinion(sentence.words, place, to_text(material.paper.title), _lines(candidates))
            yield Doubt(finding, tuple(messages), candidates, source)
    for comparison in unchecked:
        candidates = _rows_and_sentences(comparison.text, source)
        if candidates:
            messages = ask_about_comparison(comparison.text, to_text(material.paper.title), _lines(candidates))
            yield Doubt(comparison, tuple(messages), candidates, source)


async def judge(chat: Chat, doubt: Doubt) -> Opinion | Dropped:
    """Ask the model about one figure or comparison.

    Returns:
        Its opinion, with the sentence of the paper that it goes by; or why its answer does not count: it is not of the
        schema, its evidence does not stand in the paper, or has no figure to support one with.

    Raises:
        Denied: if the endpoint will answer no question.
        BudgetSpent: if the question could cost more than is left.
        Unreachable: if the endpoint is down or busy for longer than there is patience.
        NotRecorded: if only recorded answers count, and there is none.
    """
    try:
        answer = await chat.ask(doubt.messages, Judgement)
    except (Unreachable, NotRecorded):
        raise
    except NoAnswer as error:
        return Dropped(error.reason)
    model, (evidence, verdict) = chat.endpoint.model, (answer.value.evidence, answer.value.verdict)
    if verdict == "cannot tell":
        return Opinion(model=model, state=verdict)
    if not evidence.strip():
        return Dropped(f"{verdict}, but without evidence")
    found = _find_quote(evidence, doubt)
    if found is None:
        return Dropped(f"{verdict}, but its evidence does not stand in the paper: {evidence!r}")
    text, sentence = found
    if isinstance(doubt.finding, FigureFinding) and not sentence.figures and verdict != "contradicted":
        return Dropped(f"{verdict}, but its evidence has no figure: {evidence!r}")
    place = Place(part=text.name, start=sentence.start, end=sentence.end)
    return Opinion(model=model, state=verdict, quote=sentence.words, place=place)


_MOST_CANDIDATES = 8
_LONGEST = 1000
"""Characters of a sentence that is quoted. What is longer is a listing or a formula, not a sentence."""
_FEWEST_WORDS = 4
"""Words that part of a sentence needs to be evidence: fewer stand in any paper."""


def _text_of(parts: Parts, part: str) -> str:
    """A part of a summary by the name that findings have for it."""
    text: str = parts.other[part] if part in parts.other else getattr(parts, part)
    return text


def _candidates(figure: Figure, source: Source, *, foreign: bool) -> tuple[tuple[Text, Sentence], ...]:
    """The sentences of a paper that may tell of a figure, in the paper's order; none if no such figure is among them.

    Rare words in common count for most, those next to the figure twice, and a figure that may be the same for more.
    Where a summary in another language shares no words, any sentence of the abstract with such a figure may be the one.
    """
    sentences = [(text, each) for text in source.texts for each in text.sentences if each.end - each.start <= _LONGEST]
    counts = Counter(stem for _, sentence in sentences for stem in sentence.stems)
    ranked: list[tuple[float, int]] = []
    telling: set[int] = set()
    for number, (text, sentence) in enumerate(sentences):
        shared = figure.sentence.stems & sentence.stems
        may_tell = any(_may_tell_of(figure, each) for each in sentence.figures)
        is_near = bool(shared) or (foreign and text.name in ABSTRACT)
        if text.name == "title" or not (len(shared) > 1 or (may_tell and is_near)):
            continue
        score = sum(math.log(1 + len(sentences) / counts[stem]) * (1 + (stem in figure.around)) for stem in shared)
        has_unit = any(each.amount.unit == figure.amount.unit for each in sentence.figures)
        ranked.append((score + 2 * may_tell + has_unit, -number))
        if may_tell:
            telling.add(number)
    chosen = sorted(-number for _, number in sorted(ranked, reverse=True)[:_MOST_CANDIDATES])
    return tuple(sentences[number] for number in chosen) if telling.intersection(chosen) else ()


def _rows_and_sentences(words: str, source: Source) -> tuple[tuple[Text, Sentence], ...]:
    """The sentences of the abstract that share words with a sentence, and the rows of the tables that share most.

    Of a long table the rows that share none are left out first.
    """
    stems = {stem for _, stem in content_stems(words, 0, len(words))}
    counts = Counter(stem for text in source.texts for stem in _all_stems(text))
    weight = {stem: math.log(1 + len(source.texts) / counts[stem]) for stem in stems if counts[stem]}
    tables = [text for text in source.texts if is_table(text.text)]
    scores = {text.name: sum(weight[stem] for stem in stems & _all_stems(text)) for text in tables}
    nearest = sorted((text for text in tables if scores[text.name] > 0), key=lambda text: -scores[text.name])
    rows = [(text, row) for text in nearest[:_MOST_TABLES] for row in text.sentences if _headings(text, row)]
    nearest_rows = sorted(range(len(rows)), key=lambda at: (not stems & rows[at][1].stems, at))[:_MOST_ROWS]
    rows = [rows[at] for at in sorted(nearest_rows)]
    abstract = [(text, each) for text in source.texts if text.name == "abstract" for each in text.sentences]
    sentences = [(text, each) for text, each in abstract if len(stems & each.stems) > 1]
    return tuple(each for each in (*sentences, *rows) if each[1].end - each[1].start <= _LONGEST)


_MOST_TABLES = 2
_MOST_ROWS = 24


def _all_stems(text: Text) -> frozenset[str]:
    return frozenset(stem for sentence in text.sentences for stem in sentence.stems)


def _lines(candidates: Sequence[tuple[Text, Sentence]]) -> list[tuple[str, str, str]]:
    """The sentences and rows as a question has them: where each stands, the headings of a row, its words."""
    return [(text.name, _headings(text, each), to_text(each.words)) for text, each in candidates]


_SHARES = frozenset({"%", "points", "x"})
"""Units in which one and the same thing can be said."""


def _may_tell_of(figure: Figure, reference: Figure) -> bool:
    """Whether a figure of the paper is of a form that may say the same as one of the summary, or otherwise.

    Sizes of models tell nothing of scores, seconds nothing of per cent, and "two stages" only of counts.
    """
    ours, theirs = figure.amount, reference.amount
    if ours.sort is not theirs.sort:
        return False
    if reference.is_word and not theirs.unit:
        return not ours.unit and (figure.is_number or not theirs.is_count)
    if not ours.unit or ours.unit in _SHARES:
        return not theirs.unit or theirs.unit in _SHARES
    return bool(theirs.unit) and theirs.unit not in _SHARES - {"x"}


def _headings(text: Text, sentence: Sentence) -> str:
    """Of a row of a table, its caption and headings, without which its cells say nothing; else nothing."""
    if "\n" not in text.text:
        return ""
    caption_and_head = "\n".join(text.text.split("\n")[:2])
    return to_text(caption_and_head[:_LONGEST]) if sentence.start >= len(caption_and_head) else ""


def _find_quote(quote: str, doubt: Doubt) -> tuple[Text, Sentence] | None:
    """The sentence of the paper that a quote stands in, those of the question first; formulas as read or as TeX."""
    words = fold(quote)
    everything = ((text, sentence) for text in doubt.source.texts for sentence in text.sentences)
    for text, sentence in (*doubt.candidates, *everything):
        for whole in dict.fromkeys((fold(sentence.words), fold(to_text(sentence.words)))):
            if words == whole or (len(words.split()) >= _FEWEST_WORDS and f" {words} " in f" {whole} "):
                return text, sentence
    return None
