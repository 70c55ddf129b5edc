"""Has papers summarised by a model, many at a time, and stores each summary as soon as it is checked."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from assay.digest.day import read_dossier
from assay.digest.summarise import summarise
from assay.papers.models import Line, Noun, Origin, Paper, PaperId, Parts, Summary
from assay.papers.passages import Passage
from assay.store import Store
from assay.store.texts import hash_of
from assay.writing.budget import Spent
from assay.writing.chat import Chat
from assay.writing.errors import BudgetSpent, Denied, EndpointError, Unreachable
from assay.writing.prompts import EDITION
from assay.writing.scripts import language_name
from assay.writing.terms import Glossary
from assay.writing.writer import Written, write


class Outcome(Noun):
    """The result for one paper."""

    paper: PaperId
    title: Line
    languages: tuple[str, ...]
    """The languages in which the model has now written a summary that could be used."""
    notes: tuple[str, ...]
    """What could not be published, and why."""
    complete: bool
    """Whether it has one in every language that was asked for."""
    shown: Origin | None = None
    """Where the model's summary could not be used, the origin of the one that a reader is shown instead: an earlier one
    by a model, our own, or the sentences of the abstract."""
    recorded: date | None = None
    """The day on which the model wrote it, if its answer was recorded before; ``None`` if it has written it now."""


class Run(Noun):
    """The results for all papers."""

    outcomes: tuple[Outcome, ...] = ()
    """In the order in which they were done."""
    held: tuple[PaperId, ...] = ()
    """Papers that had such a summary before."""
    left: tuple[PaperId, ...] = ()
    """Papers that were not reached."""
    stopped: str = ""
    """Why the run stopped before these papers."""


class RunReport(Run):
    """A run, with what was asked and what it has cost."""

    model: str
    """By its name at the endpoint."""
    address: str
    """The endpoint's."""
    without_abstract: tuple[PaperId, ...] = ()
    """Papers that nothing can be asked about."""
    remarks: tuple[str, ...] = ()
    """What a reader should know of the answers: which were recorded before, what the server does not do."""
    spent: Spent
    seconds: float


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
    extractive summary that says why. Where the endpoint denies all questions or is down, or the budget is spent, the
    papers in hand are finished as far as possible and no other is begun.

    Args:
        store: where papers come from and summaries go.
        chat: the model's endpoint.
        papers: each with an abstract.
        languages: the languages besides English, with their glossaries.
        passages: returns the full text of a paper, as far as it is at hand.
        again: ask again even where there is a summary.
        done: called with a paper's id when it is done, whatever the result.

    Raises:
        EndpointError: if the endpoint has not answered about a single paper, and will not.
    """
    codes = ["en", *(language for language in languages if language != "en")]
    queue = iter(papers)
    outcomes: list[Outcome] = []
    unchanged: list[str] = []
    unreached_ids: set[str] = set()
    stops: list[EndpointError] = []

    async def worker() -> None:
        for paper in queue:
            if stops:
                unreached_ids.add(paper.id)
            elif not again and _has_summary(store, paper, chat.endpoint.model, codes):
                unchanged.append(paper.id)
                done(paper.id)
            else:
                try:
                    answer = await write(chat, paper, passages(paper), languages=languages)
                except (BudgetSpent, Denied, Unreachable) as error:
                    stops.append(error)
                    unreached_ids.add(paper.id)
                    continue
                kept = _kept(store, paper, answer, chat.endpoint.model)
                store.add(summaries=[_summary(paper, answer, kept, chat.endpoint.model)])
                outcomes.append(_outcome(store, paper, answer, kept, codes))
                done(paper.id)

    # Twice as many papers in hand as requests may be open: while one paper's answer is read, another's is on its way,
    # and papers are finished in about the order in which they are begun.
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(2 * chat.endpoint.concurrency):
                group.create_task(worker())
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors
    if stops and not outcomes and not isinstance(stops[0], BudgetSpent):
        raise stops[0]
    unreached = tuple(paper.id for paper in papers if paper.id in unreached_ids)
    return Run(
        outcomes=tuple(outcomes),
        held=tuple(unchanged),
        left=unreached,
        stopped=str(stops[0]) if stops else "",
    )


def question_key(paper: Paper) -> str:
    """The key of the question that a model is asked about a paper: the edition of our prompts, and the text's hash."""
    return f"{EDITION}:{hash_of(paper)}"


def _has_summary(store: Store, paper: Paper, model: str, codes: Sequence[str]) -> bool:
    earlier = _earlier(store, paper, model)
    return earlier is not None and earlier.languages.keys() >= set(codes)


def _earlier(store: Store, paper: Paper, model: str) -> Summary | None:
    """The stored summary of this paper by this model, of the same instructions and the same abstract."""
    for summary in store.summaries([paper.id]).get(paper.id, ()):
        if (summary.origin, summary.source, summary.written_from) == (Origin.MODEL, model, question_key(paper)):
            return summary
    return None


def _kept(store: Store, paper: Paper, answer: Written, model: str) -> dict[str, Parts]:
    """The languages of the model's earlier summary that it has not written now, by code: they are not lost."""
    earlier = _earlier(store, paper, model) if answer.languages else None
    return {code: parts for code, parts in earlier.languages.items() if code not in answer.languages} if earlier else {}


def _notes(answer: Written, kept: Iterable[str]) -> tuple[str, ...]:
    return (*answer.notes, *(f"{language_name(code)} is of an earlier summary" for code in kept))


def _summary(paper: Paper, answer: Written, kept: Mapping[str, Parts], model: str) -> Summary:
    if answer.languages:
        return Summary(
            paper=paper.id,
            origin=Origin.MODEL,
            source=model,
            languages=answer.languages | dict(kept),
            note="; ".join(_notes(answer, kept)),
            written_from=question_key(paper),
        )
    note = f"{model}: {'; '.join(answer.notes)}; sentences of the abstract instead"
    return summarise(paper).model_copy(update={"note": note, "written_from": question_key(paper)})


def _outcome(store: Store, paper: Paper, answer: Written, kept: Mapping[str, Parts], codes: Sequence[str]) -> Outcome:
    languages = tuple(language for language in codes if language in answer.languages)
    dossier = None if languages else read_dossier(store, paper.id)
    return Outcome(
        paper=paper.id,
        title=paper.title,
        languages=languages,
        notes=_notes(answer, kept),
        complete=len(languages) == len(codes),
        shown=dossier.summary_origin.get("en") if dossier else None,
        recorded=answer.recorded.date() if answer.recorded else None,
    )
