"""What digests got wrong: only figures that a digest gave and the paper does not, of the latest month that has any."""

from datetime import date

from assay.claims.errata import Conflict, Errata
from assay.papers.findings import ComparisonFinding, State
from assay.papers.models import Dossier, Origin, OtherValue
from assay.publish.site.wrong import Wrong, of_latest_month, wrong_figures
from tests.publish.sample import CLAIMS, sample_dossiers, sample_errata


def test_a_claim_that_a_digest_has_otherwise() -> None:
    [wrong] = wrong_figures(sample_errata(), [])
    assert wrong == Wrong(
        paper="9912.00001",
        title="Toy Attention",
        day=date(2099, 12, 2),
        said="30.9%",
        given="23.6%",
        of="error ↓",
        key="error",
    )


def test_papers_that_disagree_with_themselves_are_no_digests_fault() -> None:
    claim = CLAIMS[1].model_copy(update={"conflicts": (OtherValue(value=30.9, source="paper"),)})
    only_digest = CLAIMS[1].model_copy(update={"source": "digest"})
    conflicts = tuple(
        Conflict(paper="9912.00001", title="Toy Attention", day=date(2099, 12, 2), claim=each)
        for each in (claim, only_digest)
    )
    assert wrong_figures(Errata(conflicts=conflicts), []) == []


def test_a_digests_own_summary_that_the_paper_contradicts() -> None:
    ours = sample_dossiers()[0]
    theirs = Dossier.model_validate(ours.model_dump() | {"summary_origin": {"en": Origin.DIGEST, "ko": Origin.DIGEST}})
    assert wrong_figures(Errata(), [ours]) == [], "our own summary is not a digest"
    [wrong] = wrong_figures(Errata(), [theirs])
    assert (wrong.said, wrong.given, wrong.key) == ("2.5배", "2.4x", "")


def test_a_digests_comparison_that_a_table_tells_otherwise() -> None:
    ours = sample_dossiers()[0]
    found = ComparisonFinding(
        part="result", start=0, end=9, text="A beats $B$.", state=State.CONTRADICTED, table="Table 1"
    )
    checks = {"en": ours.checks["en"].model_copy(update={"figures": (), "comparisons": (found,)})}
    theirs = ours.model_copy(update={"summary_origin": {"en": Origin.DIGEST}, "checks": checks})
    [wrong] = wrong_figures(Errata(), [theirs])
    assert (wrong.said, wrong.given, wrong.table) == ("A beats B.", "", "Table 1")


def test_only_the_latest_month() -> None:
    each = wrong_figures(sample_errata(), [])[0]
    older = Wrong(paper="1", title="t", day=date(2099, 11, 30), said="1", given="2")
    assert of_latest_month([each, older]) == [each]
    assert of_latest_month([]) == []
