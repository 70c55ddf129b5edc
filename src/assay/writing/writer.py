"""Lets a model summarise a paper: one record in English, checked and repaired at most once, then other languages.

What is published as written by a model holds no figure and no name that the paper does not have. Other
summaries are not published, and the notes say why.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from assay.papers.models import Paper, Parts
from assay.papers.passages import Passage
from assay.writing.answers import Answer
from assay.writing.chat import Chat
from assay.writing.errors import CutOff, NoAnswer, TooLong, Unreachable, WrongShape
from assay.writing.material import Material
from assay.writing.prompts import ask_again, ask_for_record, ask_for_rendering
from assay.writing.question import Message
from assay.writing.record import Record, Rendering
from assay.writing.render import compare
from assay.writing.review import Fault, Weight, review, without_faults
from assay.writing.scripts import language_name
from assay.writing.terms import Glossary, terms_in

W = TypeVar("W", Record, Rendering)


@dataclass(frozen=True)
class Written:
    """The summaries of one paper that passed the checks, and notes on those that did not."""

    languages: dict[str, Parts] = field(default_factory=dict)
    """What may be published, by ISO 639-1 code; empty if nothing may. English is in it if anything is."""
    notes: tuple[str, ...] = ()
    """What could not be published, and why, each on a line."""
    recorded: datetime | None = None
    """When the model wrote the English record, if that was recorded before; ``None`` if it has written it now."""


async def write(
    chat: Chat,
    paper: Paper,
    passages: Sequence[Passage] = (),
    *,
    languages: Mapping[str, Glossary] | None = None,
) -> Written:
    """Summarise ``paper`` in English and in other languages.

    The record takes one request, and one more if anything is wrong with it. Sentences that are still wrong then are
    taken out; if that empties a part, or the whole is not to be trusted, nothing is published. Every other language
    takes one request, and one more if needed; one that is still wrong is left out.

    Args:
        chat: the model.
        paper: has an abstract.
        passages: its full text, as far as it is at hand.
        languages: other languages than English that are wanted, each with its glossary.

    Raises:
        Denied: if the endpoint will answer no question.
        BudgetSpent: if a question could cost more than is left.
        Unreachable: if the endpoint is down for everybody.
    """
    material = Material.of(paper, passages)
    try:
        record, notes, recorded = await _record(chat, material)
    except NoAnswer as error:
        if isinstance(error, Unreachable) and error.down:
            raise
        return Written(notes=(error.reason,))
    if record is None:
        return Written(notes=notes, recorded=recorded)
    glossaries = {language: glossary for language, glossary in (languages or {}).items() if language != "en"}
    renderings = await asyncio.gather(*(_rendering(chat, record, *each) for each in glossaries.items()))
    translations = {
        language: parts for language, (parts, _) in zip(glossaries, renderings, strict=True) if parts is not None
    }
    return Written({"en": record} | translations, (*notes, *(note for _, note in renderings if note)), recorded)


async def _record(chat: Chat, material: Material) -> tuple[Parts | None, tuple[str, ...], datetime | None]:
    """The record with nothing wrong left in it, or none; what was taken out, or why there is none; when recorded."""

    def faults_of(record: Record) -> list[Fault]:
        return review(record.parts(), material, record.figures)

    notes: tuple[str, ...] = ()
    room = chat.endpoint.context_tokens - chat.endpoint.max_output_tokens
    try:
        answer, faults = await _ask_twice(chat, ask_for_record(material, room=room), Record, faults_of)
    except TooLong:
        if not material.passages:
            raise
        notes = ("written from the abstract alone: with the full text it is too long for the model",)
        abstract_only = Material(material.paper, (), material.orders)
        answer, faults = await _ask_twice(chat, ask_for_record(abstract_only, room=room), Record, faults_of)
    recorded = answer.created if answer.cached else None
    parts: Parts | None = answer.value.parts()
    while parts is not None and (bad := [fault for fault in faults if fault.weight is not Weight.STYLE]):
        if any(fault.weight is Weight.SUMMARY for fault in bad):
            return None, tuple(_reasons(bad)), recorded
        notes += tuple(f"a sentence was taken out, {reason}" for reason in _reasons(bad))
        parts = without_faults(parts, bad)
        if parts is None:
            return None, tuple(_reasons(bad)), recorded
        # What is left is read again: a sentence can be wrong without the one before it.
        faults = review(parts, material)
    return parts, notes, recorded


async def _rendering(chat: Chat, record: Parts, language: str, glossary: Glossary) -> tuple[Parts | None, str]:
    """The record in a language, or none and why."""

    def faults_of(rendering: Rendering) -> list[Fault]:
        return compare(record, rendering.parts(), language, glossary)

    messages = ask_for_rendering(record, language, terms_in(record.text(), glossary))
    try:
        answer, faults = await _ask_twice(chat, messages, Rendering, faults_of)
    except NoAnswer as error:
        return None, f"no {language_name(language)}: {error.reason}"
    bad = [fault for fault in faults if fault.weight is not Weight.STYLE]
    if bad:
        return None, f"no {language_name(language)}: {'; '.join(_reasons(bad))}"
    return answer.value.parts(), ""


async def _ask_twice(
    chat: Chat, messages: list[Message], schema: type[W], faults_of: Callable[[W], list[Fault]]
) -> tuple[Answer[W], list[Fault]]:
    """Ask; where something is wrong with the answer, say what, and ask once more. The better answer, with its faults.

    Raises:
        NoAnswer: if there is no answer of the right shape at all.
    """
    try:
        answer = await chat.ask(messages, schema)
    except (WrongShape, CutOff) as error:
        shape = (
            "it was cut off: write less" if isinstance(error, CutOff) else f"it is not of the schema: {error.reason}"
        )
        again = await chat.ask(ask_again(messages, error.text, [shape]), schema)
        return again, faults_of(again.value)
    faults = faults_of(answer.value)
    if not faults:
        return answer, faults
    try:
        again = await chat.ask(ask_again(messages, answer.text, [fault.words for fault in faults]), schema)
    except NoAnswer:
        return answer, faults
    remaining = faults_of(again.value)
    # A repair that makes it worse is not taken.
    return (again, remaining) if _badness(remaining) <= _badness(faults) else (answer, faults)


def _badness(faults: Sequence[Fault]) -> tuple[int, int, int]:
    weights = [fault.weight for fault in faults]
    return weights.count(Weight.SUMMARY), weights.count(Weight.SENTENCE), weights.count(Weight.STYLE)


_MOST_REASONS = 3


def _reasons(faults: Sequence[Fault]) -> list[str]:
    """The faults in words, each once, and no more than a reader wants to know."""
    reasons = list(dict.fromkeys(fault.words for fault in faults))
    more = len(reasons) - _MOST_REASONS
    return reasons[:_MOST_REASONS] + ([f"and {more} more"] if more > 0 else [])
