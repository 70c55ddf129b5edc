"""Have papers summarised by a model, many at a time; each summary is stored as soon as it is there."""

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
    """What became of one paper."""

    paper: str
    title: str
    languages: tuple[str, ...]
    """In which it now has a summary by the model; none if the reader sees sentences of the abstract."""
    notes: tuple[str, ...]
    """What could not be published, and why."""
    complete: bool
    """Whether it has one in every language that was wanted."""


@dataclass(frozen=True)
class Run:
    """What became of all of them."""

    outcomes: tuple[Outcome, ...] = ()
    """In the order in which they were done."""
    held: tuple[str, ...] = ()
    """Papers that had their summary before."""
    left: tuple[str, ...] = ()
    """Papers that were not reached."""
    stopped: str = ""
    """Why they were not."""


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
        chat: who is asked.
        papers: each with an abstract.
        languages: those wanted besides English, with their glossaries.
        passages: gives the full text of a paper, as far as it is at hand.
        again: ask anew even where there is a summary.
        done: called with a paper's id when it is done, whatever came of it.
    """
    wanted = ["en", *(language for language in languages if language != "en")]
    queue = iter(papers)
    outcomes: list[Outcome] = []
    held: list[str] = []
    left: set[str] = set()
    stopped: list[str] = []

    async def worker() -> None:
        for paper in queue:
            if stopped:
                left.add(paper.id)
            elif not again and _is_held(store, paper, chat.endpoint.model, wanted):
                held.append(paper.id)
                done(paper.id)
            else:
                try:
                    written = await write(chat, paper, passages(paper), languages=languages)
                except (BudgetSpent, Denied) as error:
                    stopped.append(str(error))
                    left.add(paper.id)
                    continue
                store.add(summaries=[_summary(paper, written, chat.endpoint.model)])
                outcomes.append(_outcome(paper, written, wanted))
                done(paper.id)

    # Twice as many papers in hand as requests may be open: while one paper's answer is read, another's is on its way,
    # and papers are finished in about the order in which they are begun.
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(2 * chat.endpoint.concurrency):
                group.create_task(worker())
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
    not_reached = tuple(paper.id for paper in papers if paper.id in left)
    return Run(tuple(outcomes), tuple(held), not_reached, stopped[0] if stopped else "")


def written_from(paper: Paper) -> str:
    """What identifies the question that a model was asked about a paper."""
    return f"{EDITION}:{hash_of(paper)}"


def _is_held(store: Store, paper: Paper, model: str, wanted: Sequence[str]) -> bool:
    return any(
        summary.origin is Origin.MODEL
        and summary.source == model
        and summary.written_from == written_from(paper)
        and summary.languages.keys() >= set(wanted)
        for summary in store.summaries([paper.id]).get(paper.id, ())
    )


def _summary(paper: Paper, written: Written, model: str) -> Summary:
    if written.languages:
        return Summary(
            paper=paper.id,
            origin=Origin.MODEL,
            source=model,
            languages=written.languages,
            note="; ".join(written.notes),
            written_from=written_from(paper),
        )
    note = f"{model}: {'; '.join(written.notes)}; sentences of the abstract instead"
    return Extractive().summarise(paper).model_copy(update={"note": note, "written_from": written_from(paper)})


def _outcome(paper: Paper, written: Written, wanted: Sequence[str]) -> Outcome:
    languages = tuple(language for language in wanted if language in written.languages)
    return Outcome(paper.id, paper.title, languages, written.notes, complete=len(languages) == len(wanted))
