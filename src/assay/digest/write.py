"""Has papers summarised by a model, many at a time, and stores each summary as soon as it is checked."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from assay.digest.summarise import Extractive
from assay.papers.models import Origin, Paper, Summary
from assay.papers.passages import Passage
from assay.store import Store
from assay.store.texts import hash_of
from assay.writing.endpoint import BudgetSpent, Chat, Denied
from assay.writing.prompts import EDITION
from assay.writing.terms import Glossary
from assay.writing.writer import Written, write


@dataclass(frozen=True)
class Outcome:
    """The result for one paper."""

    paper: str
    title: str
    languages: tuple[str, ...]
    """The languages in which the paper now has a summary by the model; none if the reader sees an extractive one."""
    notes: tuple[str, ...]
    """What could not be published, and why."""
    complete: bool
    """Whether it has one in every language that was asked for."""


@dataclass(frozen=True)
class Run:
    """The results for all papers."""

    outcomes: tuple[Outcome, ...] = ()
    """In the order in which they were done."""
    held: tuple[str, ...] = ()
    """Papers that had such a summary before."""
    left: tuple[str, ...] = ()
    """Papers that were not reached."""
    stopped: str = ""
    """Why the run stopped before these papers."""


async def write_summaries(
    store: Store,
    chat: Chat,
    papers: Sequence[Paper],
    *,
    languages: Mapping[str, Glossary],
    passages: Callable[[Paper], Sequence[Passage]] = lambda _: (),
    again: bool = False,
    done: Callable[[str], None] = lambda _: None,
) -> Run:
    """Have ``papers`` summarised, and store each summary as soon as it is checked.

    A paper that has one by this model in all languages, of this edition of our instructions and of the same abstract,
    is left alone; so is one that another process has finished meanwhile. What could not be published is replaced by an
    extractive summary that says why. Where the endpoint denies all questions, or the budget is spent, the papers in
    hand are finished as far as possible and no other is begun.

    Args:
        store: where papers come from and summaries go.
        chat: the model's endpoint.
        papers: each with an abstract.
        languages: the languages besides English, with their glossaries.
        passages: returns the full text of a paper, as far as it is at hand.
        again: ask again even where there is a summary.
        done: called with a paper's id when it is done, whatever the result.
    """
    codes = ["en", *(language for language in languages if language != "en")]
    queue = iter(papers)
    outcomes: list[Outcome] = []
    unchanged: list[str] = []
    unreached_ids: set[str] = set()
    stop_reasons: list[str] = []

    async def worker() -> None:
        for paper in queue:
            if stop_reasons:
                unreached_ids.add(paper.id)
            elif not again and _has_summary(store, paper, chat.endpoint.model, codes):
                unchanged.append(paper.id)
                done(paper.id)
            else:
                try:
                    answer = await write(chat, paper, passages(paper), languages=languages)
                except (BudgetSpent, Denied) as error:
                    stop_reasons.append(str(error))
                    unreached_ids.add(paper.id)
                    continue
                store.add(summaries=[_summary(paper, answer, chat.endpoint.model)])
                outcomes.append(_outcome(paper, answer, codes))
                done(paper.id)

    # Twice as many papers in hand as requests may be open: while one paper's answer is read, another's is on its way,
    # and papers are finished in about the order in which they are begun.
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(2 * chat.endpoint.concurrency):
                group.create_task(worker())
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors
    unreached = tuple(paper.id for paper in papers if paper.id in unreached_ids)
    return Run(tuple(outcomes), tuple(unchanged), unreached, stop_reasons[0] if stop_reasons else "")


def question_key(paper: Paper) -> str:
    """The key of the question that a model is asked about a paper: the edition of our prompts, and the text's hash."""
    return f"{EDITION}:{hash_of(paper)}"


def _has_summary(store: Store, paper: Paper, model: str, codes: Sequence[str]) -> bool:
    return any(
        summary.origin is Origin.MODEL
        and summary.source == model
        and summary.written_from == question_key(paper)
        and summary.languages.keys() >= set(codes)
        for summary in store.summaries([paper.id]).get(paper.id, ())
    )


def _summary(paper: Paper, answer: Written, model: str) -> Summary:
    if answer.languages:
        return Summary(
            paper=paper.id,
            origin=Origin.MODEL,
            source=model,
            languages=answer.languages,
            note="; ".join(answer.notes),
            written_from=question_key(paper),
        )
    note = f"{model}: {'; '.join(answer.notes)}; sentences of the abstract instead"
    return Extractive().summarise(paper).model_copy(update={"note": note, "written_from": question_key(paper)})


def _outcome(paper: Paper, answer: Written, codes: Sequence[str]) -> Outcome:
    languages = tuple(language for language in codes if language in answer.languages)
    return Outcome(paper.id, paper.title, languages, answer.notes, complete=len(languages) == len(codes))
