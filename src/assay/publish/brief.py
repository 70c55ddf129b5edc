"""A paper of a day in a few lines of plain text: what mail and chat show of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from assay.papers.findings import Check
from assay.papers.ids import abs_url, huggingface_url
from assay.papers.mathematics import to_text
from assay.papers.models import Claim, DayPaper
from assay.papers.text import normalise
from assay.publish.checks import MARKS
from assay.publish.chips import chip_comparison, chip_figure, chip_words, chips_of
from assay.publish.labels import choose_languages, label, origin_line
from assay.publish.once import each_once
from assay.publish.particulars import links, listed_before, remarks, withdrawal
from assay.publish.prose import mark_figures

_MOST_FIGURES = 3
"""So many claims are shown of a paper."""


@dataclass(frozen=True)
class Told:
    """What is told of a paper in one language."""

    language: str
    lines: tuple[str, ...]
    """The summary in a line and its result, figures that the paper does not support marked, and the sentences of them
    that a table tells otherwise; or that there is none."""
    origin: str = ""
    """How the summary came about; empty for one of ours."""


@dataclass(frozen=True)
class Brief:
    """A paper in a few lines. All of them are Unicode text of one line, LaTeX read."""

    paper: str
    """Its arXiv id."""
    place: int
    title: str
    address: str
    """Its page at arXiv."""
    particulars: tuple[str, ...] = ()
    notice: str = ""
    """That it was withdrawn."""
    why: str = ""
    """Why it stands where it does, for a day in a reader's own order."""
    told: tuple[Told, ...] = ()
    figures: tuple[tuple[str, str], ...] = ()
    """Claims that may stand alone: the figure, and what it is of."""
    links: dict[str, str] = field(default_factory=dict)
    """Other addresses, by their names."""


def tell_paper(paper: DayPaper, languages: Sequence[str], why: str = "") -> Brief:
    """A paper in a few lines: labels in the first language, the summary in each."""
    first = languages[0]
    return Brief(
        paper=paper.id,
        place=paper.rank,
        title=plain(paper.title),
        address=abs_url(paper.id),
        particulars=tuple(_particulars(paper, first)),
        notice=withdrawal(paper, first),
        why=plain(why),
        told=tuple(_tell(paper, language) for language in _languages(paper, languages)),
        figures=tuple(_figure(claim, first) for claim in chips_of(paper, _MOST_FIGURES)),
        links={"Hugging Face": huggingface_url(paper.id)} | links(paper, first),
    )


def _languages(paper: DayPaper, languages: Sequence[str]) -> list[str]:
    """The languages to tell a paper in. That a summary is missing is said only where all that were asked for are."""
    return [each for each in languages if each in paper.summary] or choose_languages(paper.summary, languages[:1])


def _particulars(paper: DayPaper, language: str) -> Iterator[str]:
    if paper.votes is not None:
        yield label("votes", language, n=paper.votes)
    if paper.authors:
        yield plain(paper.authors[0]) + (f" +{len(paper.authors) - 1}" if len(paper.authors) > 1 else "")
    yield from filter(None, [plain(paper.organisation), paper.room])
    if paper.added_since:
        yield label("added_since", language)
    yield from filter(None, [listed_before(paper, language), *map(plain, remarks(paper))])


def _tell(paper: DayPaper, language: str) -> Told:
    summary = paper.summary.get(language)
    if summary is None:
        return Told(language, (label("no_summary", language),))
    check = paper.checks.get(language)
    parts = each_once(summary, checked=check is not None)
    lead = next((part for part in ("one_line", "whats_new", "prose") if getattr(parts, part)), "")
    result = "result" if parts.result else "performance"
    shown = [part for part in (lead, result) if part]
    lines = dict.fromkeys(_marked(check, part, getattr(parts, part)) for part in shown)
    wrong = [each for each in check.wrong_comparisons if each.part in shown] if check else []
    lines |= dict.fromkeys(
        label("check.table_tells_otherwise", language, table=each.table, sentence=plain(each.text)) for each in wrong
    )
    return Told(language, tuple(filter(None, lines)), origin_line(paper, language))


def _marked(check: Check | None, part: str, text: str) -> str:
    """A part of a summary with a mark after each figure that the paper does not support."""
    marked = ""
    for piece in mark_figures(check, part, text):
        marked += piece.text
        if piece.finding is not None and piece.finding.state in MARKS:
            marked += f" ({MARKS[piece.finding.state]})"
    return normalise(marked)


def _figure(claim: Claim, language: str) -> tuple[str, str]:
    words = [plain(chip_words(claim)), plain(chip_comparison(claim, language))]
    return chip_figure(claim, language), ", ".join(filter(None, words))


def plain(text: str) -> str:
    """A text as one line of Unicode, its LaTeX read."""
    return normalise(to_text(text))
