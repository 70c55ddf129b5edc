"""A sentence is cut into the parts that say one thing each."""

import pytest

from assay.claims.tables.clauses import clauses


@pytest.mark.parametrize(
    ("sentence", "parts"),
    [
        (
            "As Table 2 shows, Gullwing outperforms TideCache, but GPT-4o is better on ToyBench.",
            ["Gullwing outperforms TideCache", "GPT-4o is better on ToyBench."],
        ),
        ("Although TideCache is fast, Gullwing outperforms it.", ["Gullwing outperforms it."]),
        ("We find that Gullwing is best, because tides help.", ["Gullwing is best"]),
        ("TideCache is fast and GPT-4o outperforms Heron.", ["TideCache is fast", "GPT-4o outperforms Heron."]),
        ("TideCache and GPT-4o outperform Heron.", ["TideCache and GPT-4o outperform Heron."]),
        ("Gullwing is better on all benchmarks but ToyBench.", ["Gullwing is better on all benchmarks but ToyBench."]),
    ],
)
def test_parts_of_a_sentence(sentence: str, parts: list[str]) -> None:
    found = clauses(sentence)
    assert [clause.text.strip(" ,") for clause in found] == parts
    assert all(sentence[clause.start : clause.end] == clause.text for clause in found)


def test_a_clause_knows_its_exception() -> None:
    clause = clauses("Gullwing is better on all benchmarks except ToyBench.")[0]
    assert clause.excepts
    assert clause.text[clause.except_at :].strip() == "ToyBench."
    assert not clauses("Gullwing is better on all benchmarks.")[0].excepts
