"""A changed claim of a new version is reported once, and new words for an old claim are no erratum."""

from hypothesis import given
from hypothesis import strategies as st

from assay.claims.errata import Change, changes, compare_claims
from assay.papers.models import Claim, Paper
from assay.publish.errata import what_changed


def claim(key: str, value: float, *, metric: str = "accuracy", dataset: str = "ToyBench", **fields: str) -> Claim:
    defaults = {"unit": "%", "kind": "absolute", "source": "abstract"}
    return Claim.model_validate({"key": key, "value": value, "metric": metric, "dataset": dataset} | defaults | fields)


def summarise_changes(rows: tuple[Change, ...]) -> list[tuple[str, float | None, float | None]]:
    def figure(claim: Claim | None) -> float | None:
        return None if claim is None else claim.ends[0]

    return [(change.what, figure(change.before), figure(change.after)) for change in rows]


def test_a_claim_of_the_same_thing_is_matched_whatever_its_place() -> None:
    before = [claim("a", 41.2), claim("b", 70, dataset="OtherBench"), claim("c", 5, metric="error")]
    after = [claim("x", 72, dataset="OtherBench"), claim("y", 43.1), claim("z", 9, metric="recall")]
    assert summarise_changes(compare_claims(before, after)) == [
        ("changed", 41.2, 43.1),
        ("changed", 70, 72),
        ("vanished", 5, None),
        ("appeared", None, 9),
    ]


def test_the_same_sentence_with_another_figure_is_the_same_claim() -> None:
    before = [claim("a", 41.2, quote="Gullwing solves 41.2% of it."), claim("b", 50, quote="Heron has 50%.")]
    after = [claim("a", 60, quote="Heron has 60%."), claim("b", 1_043.1, quote="Gullwing solves 1,043.1% of it.")]
    assert summarise_changes(compare_claims(before, after)) == [("changed", 41.2, 1_043.1), ("changed", 50, 60)]


def test_two_figures_that_change_places_are_two_changes() -> None:
    before = [claim("a", 41.2), claim("b", 43.1, dataset="OtherBench")]
    after = [claim("a", 43.1), claim("b", 41.2, dataset="OtherBench")]
    assert summarise_changes(compare_claims(before, after)) == [("changed", 41.2, 43.1), ("changed", 43.1, 41.2)]


def test_other_words_for_the_same_figure_are_no_erratum() -> None:
    assert (
        compare_claims([claim("a", 41.2, metric="accuracy")], [claim("b", 41.2, metric="share of solved tasks")]) == ()
    )
    assert compare_claims([claim("a", 41.2), claim("b", 41.2)], [claim("a", 41.2)]) == ()


_claims = st.lists(
    st.builds(
        lambda value, metric, dataset: claim("k", value, metric=metric, dataset=dataset),
        st.integers(1, 4),
        st.sampled_from(["accuracy", "error"]),
        st.sampled_from(["", "ToyBench"]),
    ),
    max_size=5,
).map(lambda claims: [each.model_copy(update={"key": f"k{n}"}) for n, each in enumerate(claims)])


@given(before=_claims, after=_claims)
def test_no_claim_is_reported_twice_and_nothing_changes_back_and_forth(before: list[Claim], after: list[Claim]) -> None:
    differences = compare_claims(before, after)
    for side in ([c.before.key for c in differences if c.before], [c.after.key for c in differences if c.after]):
        assert len(set(side)) == len(side)
    assert all(change.before.value != change.after.value for change in differences if change.before and change.after)
    assert compare_claims(before, before) == ()
    back = compare_claims(after, before)
    assert sum(c.what == "appeared" for c in differences) == sum(c.what == "vanished" for c in back)


def test_two_versions_of_an_abstract() -> None:
    first = Paper(
        id="9912.99901",
        title="Gullwing: Toy Attention",
        abstract="We present Gullwing. Gullwing reaches an accuracy of 41.2% on ToyBench. It is "
        "2.5x faster than Heron.",
    )
    second = first.model_copy(
        update={"abstract": first.abstract.replace("41.2%", "43.1%").replace("Gullwing is", "It is")}
    )
    (change,) = changes(first, second)
    assert what_changed(change, "en").startswith("41.2% is now 43.1%: ")
    assert changes(first, first) == ()
