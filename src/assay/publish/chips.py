"""Chooses the few claims that a day shows of a paper, and words them: no figure rather than a wrong one.

What people wrote into our catalogue is shown as it stands there. What the rules of `assay.claims.extract` read out of a
text is shown only if it may stand alone (`assay.publish.leading`): a change of a named metric, those with a baseline
first, then scores of the paper's own method on a named data set. Everything else stays in the paper's table of claims.
How often what is shown is right is measured by ``benchmarks/chips.py``.
"""

from collections.abc import Iterator, Sequence

from assay.papers.models import Claim, DayPaper, Dossier
from assay.publish.around import sure_baseline, sure_dataset
from assay.publish.claims import claim_figure, comparison_line, metric
from assay.publish.leading import SCORE, is_a_score, is_change, may_lead


def chips(claims: Sequence[Claim], own: str, most: int | None = None) -> list[Claim]:
    """The claims of a paper that a day shows, the most telling first.

    Args:
        claims: all claims of the paper, in its own order.
        own: words that name the paper's own method, such as `own_words`: they tell it from a rival.
        most: how many at most; ``None`` for all that may be shown.

    Those that were read out of a text come without a setting, and without a data set or a
    baseline that their sentence does not bear out.
    """
    catalogued = [claim for claim in claims if not _is_read(claim)]
    read = [_with_what_is_sure(claim) for claim in claims if _is_read(claim) and may_lead(claim, claims, own)]
    return [*catalogued, *_each_once(sorted(read, key=_rank))][:most]


def chips_of(paper: DayPaper, most: int | None = None) -> list[Claim]:
    """The claims that a day shows of one of its papers, as in `chips`; none of one that was taken back."""
    return [] if paper.withdrawn else chips(paper.claims, own_words(paper), most)


def leading_claims(dossier: Dossier, most: int | None = None) -> list[Claim]:
    """The claims of a paper that may be shown by themselves, as in `chips`; none of one that was taken back."""
    return [] if dossier.paper.withdrawn else chips(dossier.claims, own_words(dossier), most)


def own_words(paper: DayPaper | Dossier) -> str:
    """The title and what the summary says of what is new: where a paper names its own method."""
    title = paper.title if isinstance(paper, DayPaper) else paper.paper.title
    lines = [line for parts in paper.summary.values() for line in (parts.one_line, parts.whats_new)]
    return " ".join([title, *lines])


def chip_figure(claim: Claim, language: str = "en") -> str:
    """The figure on a chip; that something becomes so many times less is said by an arrow: ``↓ 10x``."""
    words = claim_figure(claim, language)
    return f"↓ {words}" if claim.kind == "times" and claim.direction == "down" and _is_read(claim) else words


def chip_dataset(claim: Claim) -> str:
    """The data set that a chip names: of scores and their changes, which mean little without it."""
    return claim.dataset if _is_read(claim) else ""


def chip_words(claim: Claim) -> str:
    """What the figure on a chip is of, as one line: the metric, and the data set if it names one."""
    return " · ".join(filter(None, [metric(claim), chip_dataset(claim)]))


def chip_comparison(claim: Claim, language: str = "en") -> str:
    """What the change on a chip is a change from, in words; empty for what was catalogued, and for a score."""
    return comparison_line(claim, language) if _is_read(claim) and (claim.baseline or claim.between) else ""


def _is_read(claim: Claim) -> bool:
    """Whether the claim was read out of a text by rules, and not written down by people."""
    return claim.place is not None


def _with_what_is_sure(claim: Claim) -> Claim:
    sure = {"dataset": sure_dataset(claim), "baseline": sure_baseline(claim), "setting": ""}
    return claim.model_copy(update=sure | ({"metric": SCORE} if is_a_score(claim) else {}))


def _rank(claim: Claim) -> tuple[bool, bool]:
    """A change before a score, and one with a baseline before one without; else in the order of the paper."""
    return not (is_change(claim) and (claim.baseline or claim.between is not None)), not is_change(claim)


def _each_once(claims: Sequence[Claim]) -> Iterator[Claim]:
    """Leave out what says again, in another form, how one metric did on one data set against one baseline."""
    seen: set[tuple[str, str, str]] = set()
    for claim in claims:
        key = (claim.metric.lower(), claim.dataset, claim.baseline)
        if key not in seen:
            seen.add(key)
            yield claim
