"""What a clause says is read from its words alone."""

import pytest

from assay.claims.tables.comparisons import denies, read, says_something


@pytest.mark.parametrize(
    ("clause", "form", "sense"),
    [
        ("Gullwing outperforms TideCache", "compared", "better"),
        ("Gullwing lags behind TideCache", "compared", "worse"),
        ("Gullwing has a higher accuracy than TideCache", "compared", "up"),
        ("Gullwing is on par with TideCache", "compared", "equal"),
        ("Gullwing has the lowest accuracy", "extreme", "down"),
        ("Accuracy peaks at four layers", "extreme", "better"),
        ("Removing tides hurts", "changed", "worse"),
        ("The accuracy drops without tides", "changed", "down"),
    ],
)
def test_forms_and_senses(clause: str, form: str, sense: str) -> None:
    statement = read(clause, {"accuracy"})[0]
    assert (statement.form, statement.sense) == (form, sense)
    assert says_something(clause)


@pytest.mark.parametrize(
    "clause",
    [
        "Gullwing offers better user experiences",  # no result
        "Gullwing trains with the same data",
        "the best practice is to prune",
        "Gullwing hardly outperforms TideCache",
        "the gap between Gullwing and TideCache is larger on ToyBench",  # changes are compared
        "Gullwing is best among the baselines",  # no open contest
        "Gullwing is the best of the two",
    ],
)
def test_what_states_nothing_about_results(clause: str) -> None:
    assert read(clause, {"accuracy"}) == []


def test_how_much_is_said() -> None:
    assert read("Gullwing does not outperform TideCache")[0].negated
    assert read("Gullwing is outperformed by TideCache")[0].passive
    assert read("Gullwing has the second best accuracy")[0].rank == 2
    assert read("Gullwing is better in most cases")[0].quantifier == "most"
    assert read("Gullwing is consistently better")[0].quantifier == "all"
    assert read("Gullwing is better on three of 4 benchmarks")[0].count == (3, 4)
    assert read("Gullwing is significantly better")[0].hedged
    assert read("Gullwing brings only a small improvement over TideCache")[0].slight


def test_denials() -> None:
    assert denies("Gullwing never reaches it")
    assert denies("There is no gain")
    assert not denies("Gullwing reaches it")
