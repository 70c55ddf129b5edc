"""What digests got wrong: figures and comparisons that a digest gave and the paper does not, beside the paper's own."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from assay.claims.errata import Errata
from assay.papers.findings import State
from assay.papers.mathematics import to_text
from assay.papers.models import Dossier, Origin
from assay.publish.claims import claim_figure, figure, metric


@dataclass(frozen=True)
class Wrong:
    """One figure or comparison that a digest gave otherwise than the paper."""

    paper: str
    title: str
    day: date
    said: str
    """What the digest gave."""
    given: str
    """What the paper gives; empty where that could not be told in a figure."""
    of: str = ""
    """What the figure is of."""
    key: str = ""
    """Of the claim that it stands beside; empty where there is none."""
    table: str = ""
    """The table that a comparison goes against; empty for a figure."""


def wrong_figures(errata: Errata, papers: Iterable[Dossier]) -> list[Wrong]:
    """Every figure and comparison that a digest got wrong, the latest day first."""
    found = {(each.paper, each.said, each.given): each for each in [*_of_claims(errata), *_of_summaries(papers)]}
    return sorted(found.values(), key=lambda each: (each.day, each.paper), reverse=True)


def of_latest_month(wrong: Sequence[Wrong]) -> list[Wrong]:
    """Those of the latest month that has any."""
    return [each for each in wrong if (each.day.year, each.day.month) == (wrong[0].day.year, wrong[0].day.month)]


def _of_claims(errata: Errata) -> Iterator[Wrong]:
    """Claims of which a digest has another figure than the paper."""
    for conflict in errata.conflicts:
        claim = conflict.claim
        said = [figure(other.value, claim.unit) for other in claim.conflicts if other.source == "digest"]
        if said and conflict.day and claim.source != "digest":
            yield Wrong(
                paper=conflict.paper,
                title=conflict.title,
                day=conflict.day,
                said=", ".join(said),
                given=claim_figure(claim),
                of=metric(claim),
                key=claim.key,
            )


def _of_summaries(papers: Iterable[Dossier]) -> Iterator[Wrong]:
    """Figures and comparisons of an archived digest's summary that the paper contradicts."""
    for dossier in papers:
        for language, check in dossier.checks.items():
            if dossier.summary_origin.get(language) is Origin.DIGEST and dossier.days:
                for finding in check.figures:
                    if finding.state is State.CONTRADICTED:
                        yield Wrong(
                            paper=dossier.paper.id,
                            title=dossier.paper.title,
                            day=dossier.days[0],
                            said=finding.text,
                            given=finding.given,
                        )
                for comparison in check.wrong_comparisons:
                    yield Wrong(
                        paper=dossier.paper.id,
                        title=dossier.paper.title,
                        day=dossier.days[0],
                        said=to_text(comparison.text),
                        given="",
                        table=comparison.table,
                    )
