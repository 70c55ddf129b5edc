"""Asks a language model about what the rules could not decide in a report, many questions at a time."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from assay.claims.report import CheckedSummary, CheckReport, DroppedOpinion, Judging
from assay.papers.findings import ComparisonFinding, FigureFinding, Opinion, State
from assay.papers.models import Paper, Parts
from assay.papers.passages import Passage
from assay.writing.chat import Chat
from assay.writing.errors import BudgetSpent, Denied, NotRecorded, Unreachable
from assay.writing.judge import Doubt, Dropped, find_doubts, judge


@dataclass
class Doubts:
    """What a model can be asked about in a report; `notice` is given to the functions that check."""

    by_finding: dict[tuple[int, FigureFinding | ComparisonFinding], Doubt] = field(default_factory=dict)
    """By the number of the summary in the report, and the finding."""
    hopeless: int = 0
    """Unsupported figures and unchecked comparisons that no text at hand can tell of."""
    _summaries: int = 0

    def notice(self, checked: CheckedSummary, parts: Parts, paper: Paper, passages: Sequence[Passage]) -> None:
        """Collect the doubts of the next summary."""
        doubts = list(find_doubts(checked.check, parts, paper, passages))
        self.by_finding |= {(self._summaries, doubt.finding): doubt for doubt in doubts}
        unchecked = sum(each.state is State.UNCHECKED for each in checked.check.comparisons)
        self.hopeless += checked.check.count(State.UNSUPPORTED) + unchecked - len(doubts)
        self._summaries += 1

    def questions(self, limit: int | None = None) -> list[Doubt]:
        """The first ``limit`` questions, each once: a digest says the same in several parts."""
        return list({_key(doubt): doubt for doubt in reversed(self.by_finding.values())}.values())[::-1][:limit]


async def add_opinions(
    chat: Chat,
    report: CheckReport,
    doubts: Doubts,
    *,
    limit: int | None = None,
    done: Callable[[], None] = lambda: None,
) -> CheckReport:
    """Add a model's opinions to the unsupported figures and unchecked comparisons of a report; no state changes.

    Where the endpoint answers nothing any more, or the budget is spent, the rest is left and the report says why.

    Args:
        chat: the model's endpoint.
        report: what the rules say.
        doubts: what can be asked about in it.
        limit: most questions to ask.
        done: called after each question.

    Raises:
        EndpointError: if the endpoint has not answered a single question, and will not.
    """
    results: dict[str, Opinion | Dropped] = {}
    stop_reasons: list[str] = []
    queue = iter(doubts.questions(limit))

    async def worker() -> None:
        for doubt in queue:
            if stop_reasons:
                return
            try:
                results[_key(doubt)] = await judge(chat, doubt)
            except NotRecorded as error:
                results[_key(doubt)] = Dropped(error.reason)
            except BudgetSpent as error:
                stop_reasons.append(str(error))
            except (Denied, Unreachable) as error:
                stop_reasons.append(str(error))
                if not results:
                    raise
            done()

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(chat.endpoint.concurrency):
                group.create_task(worker())
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors
    return _with_results(report, doubts, results, chat, stop_reasons[0] if stop_reasons else "")


def _with_results(
    report: CheckReport, doubts: Doubts, results: dict[str, Opinion | Dropped], chat: Chat, stopped: str
) -> CheckReport:
    summaries: list[CheckedSummary] = []
    dropped: list[DroppedOpinion] = []
    given: Counter[type] = Counter()
    left = 0
    for number, summary in enumerate(report.summaries):
        check = summary.check
        findings: list[FigureFinding | ComparisonFinding] = []
        for finding in check.findings:
            doubt = doubts.by_finding.get((number, finding))
            result = results.get(_key(doubt)) if doubt else None
            if isinstance(result, Dropped):
                dropped.append(
                    DroppedOpinion(paper=check.paper, language=check.language, figure=finding.text, why=result.why)
                )
            left += doubt is not None and result is None
            is_opinion = isinstance(result, Opinion)
            given[type(finding)] += is_opinion
            findings.append(finding.model_copy(update={"opinion": result}) if is_opinion else finding)
        figures = tuple(each for each in findings if isinstance(each, FigureFinding))
        comparisons = tuple(each for each in findings if isinstance(each, ComparisonFinding))
        checked = check.model_copy(update={"figures": figures, "comparisons": comparisons})
        summaries.append(summary.model_copy(update={"check": checked}))
    spent = chat.budget.spent
    judging = Judging(
        model=chat.endpoint.model,
        figures=given[FigureFinding],
        comparisons=given[ComparisonFinding],
        dropped=tuple(dropped),
        hopeless=doubts.hopeless,
        left=left,
        stopped=stopped,
        requests=spent.requests,
        tokens_in=spent.tokens_in,
        tokens_out=spent.tokens_out,
        recorded=spent.cached,
    )
    return report.model_copy(update={"summaries": tuple(summaries), "judging": judging})


def _key(doubt: Doubt) -> str:
    """What makes two questions the same: their words, which hold the sentence and the material."""
    return doubt.messages[-1]["content"]
