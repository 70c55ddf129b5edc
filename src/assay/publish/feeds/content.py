"""What an entry of a feed shows of a paper: its claims with their state, its summary, its links, as HTML.

Feed readers keep few elements, no styles and no MathML, so that formulas are in Unicode here.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from assay.papers.ids import abs_url, huggingface_url, pdf_url
from assay.papers.mathematics import to_text
from assay.papers.measurement import Measurement
from assay.papers.models import ALL_PARTS, Claim, Dossier
from assay.publish.checks import tally, warnings
from assay.publish.chips import chip_figure, chip_words, leading_claims
from assay.publish.claims import comparison_line, conflict_line, where_it_stands
from assay.publish.labels import choose_languages, label, origin_line
from assay.publish.measurements import row, verdict_label
from assay.publish.once import summary_once
from assay.publish.particulars import links, remarks, withdrawal
from assay.publish.prose import marked_text

MOST_CLAIMS = 8
"""So many claims are shown of a paper."""


class Told(NamedTuple):
    """A summary in one language, part by part."""

    language: str
    lead: str
    """The summary in a line."""
    parts: list[tuple[str, str]]
    """Each other part with its label."""
    notes: list[str]
    """What has to be said of it: how it came about, what came of the check."""

    @property
    def first(self) -> str:
        """What it says first; empty where there is nothing."""
        return self.lead or next((text for _, text in self.parts), "")


def claim_particulars(claim: Claim, language: str) -> str:
    """In words, what a claim is compared with, its setting, where it stands, and whether sources agree."""
    conflict = conflict_line(claim, language)
    words = [
        to_text(comparison_line(claim, language)),
        to_text(claim.setting),
        where_it_stands(claim, language),
        label("claim.conflict", language, others=conflict) if conflict else "",
    ]
    return "; ".join(filter(None, words))


def tell_summary(dossier: Dossier, language: str) -> Iterator[Told]:
    """The summary in the language; where there is none, that there is none, and the summary in another language."""
    for shown in choose_languages(dossier.summary, (language,)):
        if shown not in dossier.summary:
            yield Told(shown, "", [], [label("no_summary", shown)])
            continue
        check = dossier.checks.get(shown)
        summary = summary_once(dossier, shown)
        texts = {part: marked_text(check, part, getattr(summary, part)) for part in (*ALL_PARTS, "prose")}
        parts = [(label(f"part.{part}", language), text) for part, text in texts.items() if text and part != "one_line"]
        parts += [(name, to_text(text)) for name, text in summary.other.items()]
        notes = [origin_line(dossier, shown)]
        notes += [*warnings(check, shown), tally(check, shown)] if check else []
        yield Told(shown, texts["one_line"], parts, list(filter(None, notes)))


def entry_html(
    dossier: Dossier,
    told: Sequence[Told],
    language: str,
    *,
    measurements: Sequence[Measurement] = (),
    why: str = "",
) -> str:
    """A paper as the content of an entry.

    Args:
        dossier: the paper.
        told: its summary, from `tell_summary`.
        language: of all other words.
        measurements: what trials found of it.
        why: why it stands in a reader's own feed.
    """
    paper = dossier.paper
    addresses = {"arXiv": abs_url(paper.id), "PDF": pdf_url(paper.id), "Hugging Face": huggingface_url(paper.id)}
    claims = [
        (chip_figure(claim, language), to_text(chip_words(claim)), claim_particulars(claim, language))
        for claim in leading_claims(dossier, MOST_CLAIMS)
    ]
    return _template().render(
        t=_words_of(language),
        language=language,
        notice=withdrawal(paper, language),
        why=why,
        told=told,
        abstract="" if dossier.summary else to_text(paper.abstract),
        claims=claims,
        measured=[(verdict_label(each, language), row(each, language)) for each in measurements],
        remarks=[to_text(line) for line in remarks(paper)],
        links=addresses | links(paper, language),
    )


def _words_of(language: str) -> Any:
    return lambda name: label(name, language)


@cache
def _template() -> Template:
    return templates().get_template("entry.html")


def templates() -> Environment:
    """The templates of the content of entries."""
    return Environment(
        loader=PackageLoader("assay.publish.feeds"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
