"""Puts the errata log into words: claims that changed with a paper's text, and claims on which sources disagree."""

from collections.abc import Mapping
from types import MappingProxyType

from rich.console import Console
from rich.text import Text

from assay.claims.errata import Change, Errata, Erratum
from assay.papers.escape import terminal_prose as safe
from assay.papers.ids import abs_url
from assay.papers.models import Claim, Paper
from assay.publish.claims import claim_figure, conflict_line, metric
from assay.publish.labels import label
from assay.publish.particulars import withdrawal


def what_changed(change: Change, language: str) -> str:
    """One change in words: ``41.2% is now 43.1%: accuracy, ToyBench``."""
    before, after = (claim and claim_figure(claim, language) for claim in (change.before, change.after))
    if before and after:
        words = label("erratum.is_now", language, before=before, after=after)
    else:
        words = label(f"erratum.{change.what}", language, figure=after or before)
    claim = change.after or change.before
    assert claim is not None  # noqa: S101 - a change has at least one of the two
    return f"{words}: {_what(claim)}"


def since_when(erratum: Erratum, language: str) -> str:
    """What brought a change: the version, where it is known, and the day it was read."""
    name = (
        label("erratum.changed_in", language, version=erratum.version)
        if erratum.version
        else label("erratum.changed", language)
    )
    return f"{name} ({erratum.seen})" if erratum.seen else name


def disagreement(claim: Claim, language: str) -> str:
    """In words, what other sources give for a claim."""
    return f"{claim_figure(claim, language)} {metric(claim)}; {conflict_line(claim, language)}"


def print_errata(
    console: Console, errata: Errata, language: str, papers: Mapping[str, Paper] = MappingProxyType({})
) -> None:
    """Print the log: what changed, by paper and version; then where sources disagree.

    Args:
        console: where to.
        errata: the log.
        language: of the fixed words.
        papers: records of its papers, by id, which tell of those that were withdrawn.
    """
    for erratum in errata.changes:
        head = _head(erratum.paper, erratum.title, since_when(erratum, language))
        if erratum.paper in papers and (words := withdrawal(papers[erratum.paper], language)):
            head.append(f"  {words}", style="bold red")
        console.print(head)
        for change in erratum.changes:
            console.print(Text(f"  {safe(what_changed(change, language))}"))
    for conflict in errata.conflicts:
        console.print(_head(conflict.paper, conflict.title, str(conflict.day or "")))
        console.print(Text(f"  {safe(disagreement(conflict.claim, language))}", style="yellow"))
    if not errata.changes and not errata.conflicts:
        console.print(label("erratum.none", language))


def _head(paper: str, title: str, when: str) -> Text:
    return Text.assemble((paper, f"cyan link {abs_url(paper)}"), " ", (safe(title), "bold"), (f"  {when}", "dim"))


def _what(claim: Claim) -> str:
    return ", ".join(filter(None, [metric(claim), claim.dataset]))
