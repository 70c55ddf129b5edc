"""Words with a slip of the key or of the eye are told by the paper's own word, and other words are let be."""

import pytest

from assay.claims.naming.names import Vocabulary

PAPER = Vocabulary(
    [
        "Gullwing 2.1 and its variant Flow-of-Tides run on a GT210 card with Harbour Vision.",
        "On DPG-Lakes and ToySkill they beat TideCache R1 in casual use, as Friends of the cache know.",
    ]
)


@pytest.mark.parametrize(
    ("text", "slip", "meant"),
    [
        ("It beats Gullwing 2.l by 3 points.", "Gullwing 2.l", "Gullwing 2.1"),
        ("TideCache Rl에서 3포인트 오른다.", "TideCache Rl", "TideCache R1"),
        ("Flow-0f-Tides는 빠르다.", "Flow-0f-Tides", "Flow-of-Tides"),
        ("A GT21O card is enough.", "GT21O", "GT210"),
        ("Harbour Viison에서 낫다.", "Viison", "Vision"),
        ("Gullwnig is fast.", "Gullwnig", "Gullwing"),
        ("Gulwing is fast.", "Gulwing", "Gullwing"),
        ("ToySkil에서 61%다.", "ToySkil", "ToySkill"),
        ("It wins on DGP-Lakes.", "DGP-Lakes", "DPG-Lakes"),
    ],
)
def test_a_slip_is_told_by_what_was_meant(text: str, slip: str, meant: str) -> None:
    assert [(name.text, near) for name, near in PAPER.foreign(text)] == [(slip, meant)]


@pytest.mark.parametrize(
    "text",
    [
        "Gullwing 2.1 runs on a GT210 card; GULLWING 2.1 is flow-of-tides.",
        "Causal use of friends, at 210 or 2.1 of 10.",
        "Visions of a harbour and Friendly caches.",
    ],
)
def test_other_words_are_no_slips(text: str) -> None:
    assert not [near for _, near in PAPER.foreign(text) if near]
