"""Each name in a clause has a role there, which the words before it tell."""

import pytest

from assay.claims.tables.comparisons import read
from assay.claims.tables.reading import Reading
from assay.claims.tables.roles import place
from assay.claims.tables.table import read_table
from tests.claims.tables.samples import SCORES


def roles(sentence: str) -> dict[str, str]:
    reading = Reading(sentence, read_table(SCORES), "Gullwing")
    clause = reading.clauses[0]
    placed = place(clause, read(clause.text, {"accuracy"})[0], reading.mentions, sentence)
    return {sentence[each.mention.start : each.mention.end]: each.role for each in placed}


@pytest.mark.parametrize(
    ("sentence", "subjects", "objects"),
    [
        ("Gullwing outperforms TideCache and GPT-4o on LakeBench.", {"Gullwing"}, {"TideCache", "GPT-4o"}),
        ("Compared to GPT-4o, Gullwing is better on LakeBench.", {"Gullwing"}, {"GPT-4o"}),
        ("Compared with GPT-4o and TideCache, Gullwing is better.", {"Gullwing"}, {"GPT-4o", "TideCache"}),
        ("On LakeBench, Gullwing is better than TideCache.", {"Gullwing"}, {"TideCache"}),
        ("Gullwing brings gains from TideCache.", {"Gullwing"}, {"TideCache"}),
        ("Gullwing is similar to TideCache on LakeBench.", {"Gullwing"}, {"TideCache"}),
        ("The accuracy of Gullwing is higher than that of TideCache.", {"Gullwing"}, {"TideCache"}),
        ("Unlike GPT-4o, Gullwing outperforms TideCache.", {"Gullwing"}, {"GPT-4o", "TideCache"}),
        ("Gullwing is second only to TideCache.", {"Gullwing"}, {"TideCache"}),
        ("Comparing Gullwing with TideCache shows that it is better.", set(), {"TideCache"}),
    ],
)
def test_who_is_compared_with_whom(sentence: str, subjects: set[str], objects: set[str]) -> None:
    found = roles(sentence)
    assert {name for name, role in found.items() if role == "subject"} == subjects
    assert {name for name, role in found.items() if role == "object"} == objects


def test_where_by_whom_and_by_what_means() -> None:
    assert roles("TideCache is outperformed by Gullwing on LakeBench.") == {
        "TideCache": "subject",
        "Gullwing": "agent",
        "LakeBench": "scope",
    }
    assert roles("With Gullwing, accuracy is better than on LakeBench.")["Gullwing"] == "means"
