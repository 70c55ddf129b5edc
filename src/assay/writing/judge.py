"""Asks a language model about what the rules could not decide in a summary, and holds its answer to the paper.

That is a figure, or a sentence that compares. The model sees the one sentence of the summary and the few sentences and
rows of the paper that may tell of it, by number. What it says counts as an opinion, never as a finding, and only if it
names the lines that decide, and does not support the contrary as well.
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
from assay.papers.findings import Check, ComparisonFinding, FigureFinding, Opinion, OpinionState, Quote, State
from assay.papers.mathematics import to_text
from assay.papers.models import Paper, Parts, Place
from assay.papers.passages import Passage
from assay.writing.chat import Chat
from assay.writing.contraries import another_figure, turned_round
from assay.writing.errors import NoAnswer, NotRecorded, Unreachable
from assay.writing.material import Material
from assay.writing.prompts import ask_about_comparison, ask_for_opinion
from assay.writing.question import Message

_MOST_LINES = 12
"""Lines of a question that a model may go by: who is best of all, takes the row of each."""


class Judgement(BaseModel):
    """A model's answer. The lines that decide come first: who has looked for them judges better."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lines: Annotated[list[Annotated[int, Field(ge=1, le=99)]], Field(max_length=_MOST_LINES)]
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
    """The sentences and rows of the paper that are quoted in the question, numbered from one."""
    contrary: tuple[Message, ...] = ()
    """The same question about the contrary; empty if none can be made."""


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
            title, lines = to_text(material.paper.title), _lines(candidates)
            other = another_figure(sentence.words, place)
            contrary = ask_for_opinion(*other, title, lines) if other else []
            messages = ask_for_opinion(sentence.words, place, title, lines)
            yield Doubt(finding, tuple(messages), candidates, tuple(contrary))
    for comparison in unchecked:
        candidates = _rows_and_sentences(comparison.text, source)
        if candidates:
            title, lines = to_text(material.paper.title), _lines(candidates)
            turned = turned_round(comparison.text)
            contrary = ask_about_comparison(turned, title, lines) if turned else []
            messages = ask_about_comparison(comparison.text, title, lines)
            yield Doubt(comparison, tuple(messages), candidates, tuple(contrary))


async def judge(chat: Chat, doubt: Doubt) -> Opinion | Dropped:
    """Ask the model about one figure or comparison.

    What it calls supported is asked once more, turned into its contrary, where one can be made: a model that supports
    both has not looked.

    Returns:
        Its opinion, with the sentences of the paper that it goes by; or why its answer does not count: it is not of the
        schema, names no line of the question or one without a figure, or supports the contrary as well.

    Raises:
        Denied: if the endpoint will answer no question.
        BudgetSpent: if the question could cost more than is left.
        Unreachable: if the endpoint is down or busy for longer than there is patience.
        NotRecorded: if only recorded answers count, and there is none.
    """
    answer = await _ask(chat, doubt, doubt.messages)
    if isinstance(answer, Dropped) or answer.state != "supported" or not doubt.contrary:
        return answer
    contrary = await _ask(chat, doubt, doubt.contrary)
    if isinstance(contrary, Dropped):
        return Dropped(f"supported, but of the contrary: {contrary.why}")
    return Dropped("supported, but so it calls the contrary") if contrary.state == "supported" else answer


async def _ask(chat: Chat, doubt: Doubt, messages: Sequence[Message]) -> Opinion | Dropped:
    try:
        answer = await chat.ask(messages, Judgement)
    except (Unreachable, NotRecorded):
        raise
    except NoAnswer as error:
        return Dropped(error.reason)
    verdict, numbers = answer.value.verdict, list(dict.fromkeys(answer.value.lines))
    if verdict == "cannot tell":
        return Opinion(model=chat.endpoint.model, state=verdict)
    if not numbers:
        return Dropped(f"{verdict}, but by no line of the paper")
    if max(numbers) > len(doubt.candidates):
        return Dropped(f"{verdict}, by line {max(numbers)}, where the last one is {len(doubt.candidates)}")
    lines = [doubt.candidates[number - 1] for number in numbers]
    has_figure = any(sentence.figures for _, sentence in lines)
    if isinstance(doubt.finding, FigureFinding) and not has_figure and verdict != "contradicted":
        return Dropped(f"{verdict}, by lines without a figure: {lines[0][1].words!r}")
    quotes = tuple(
        Quote(text=sentence.words, place=Place(part=text.name, start=sentence.start, end=sentence.end))
        for text, sentence in lines
    )
    return Opinion(model=chat.endpoint.model, state=verdict, quotes=quotes)


_MOST_CANDIDATES = 8
_LONGEST = 1000
"""Characters of a sentence that is quoted. What is longer is a listing or a formula, not a sentence."""


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
