"""Plain comparisons beside invented tables: what is decided is right, and a third of what could be decided is."""

import json
from collections import Counter
from pathlib import Path

import pytest

from assay.claims.tables.plain import Told, judge_plain
from assay.claims.tables.table import read_table

GOLD = Path(__file__).parent / "gold" / "plain_comparisons.jsonl"
"""Sentences of five readers, three of whom looked for where the judge fails; of *open* ones the table does not tell."""


def state(told: Told | None) -> str:
    return "open" if told is None else "right" if told.holds else "wrong"


def test_what_is_decided_is_right() -> None:
    counts: Counter[tuple[str, str]] = Counter()
    wrongly = []
    for line in GOLD.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        table = read_table(case["table"])
        for sentence, label in case["sentences"].items():
            said = state(judge_plain(sentence, table, own=case["own"]))
            counts[label, said] += 1
            if said not in {"open", label}:
                wrongly.append((label, said, sentence))
    assert wrongly == []
    decided = counts["right", "right"] + counts["wrong", "wrong"]
    could_be = sum(number for (label, _), number in counts.items() if label != "open")
    assert decided >= 0.33 * could_be


TABLE = """Table 1: Accuracy on three benchmarks.
Method | LakeBench | PondBench | RiverQA | Latency (ms)
TideCache | 60.2 | 71.5 | 55.0 | 40
Pelican | 62.8 | 74.9 | 57.3 | 55
Gullwing (ours) | 64.0 | 73.6 | 59.8 | 25"""


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("Gullwing outperformed both baselines on LakeBench.", "right"),
        ("Gullwing outperforms the baselines on PondBench.", "wrong"),
        ("On LakeBench and RiverQA, Gullwing has the highest accuracy.", "right"),
        ("Our method is best on two of three benchmarks.", "right"),
        ("Gullwing leads on most benchmarks.", "right"),
        ("Gullwing has the lowest latency, ahead of TideCache.", "right"),
        ("Gullwing is faster than Pelican.", "right"),
        ("Pelican ranks second on RiverQA.", "right"),
        ("Pelican achieves the second-best accuracy on PondBench.", "wrong"),
        ("Gullwing has the best accuracy on LakeBench, followed by Pelican.", "right"),
        ("Gullwing has the best accuracy on LakeBench, followed by TideCache.", "wrong"),
        ("Gullwing reaches 64.0 on LakeBench, outperforming Pelican by 1.2 points.", "right"),
        ("Gullwing beats Pelican on RiverQA (59.8 vs. 57.3).", "right"),
        ("The best method on PondBench is Pelican.", "right"),
        ("Gullwing trails Pelican on PondBench but beats it on RiverQA.", "right"),
        ("Compared with Pelican, Gullwing has a lower latency.", "right"),
        ("Gullwing outperforms Pelican on LakeBench but not on PondBench.", "right"),
        ("Gullwing outperforms Pelican on all benchmarks but PondBench.", "open"),
        ("Gullwing outperforms Pelican.", "open"),
        ("Gullwing outperforms Pelican by 5 points on LakeBench.", "open"),
        ("Only Gullwing outperforms TideCache on LakeBench.", "open"),
    ],
)
def test_the_forms(sentence: str, said: str) -> None:
    assert state(judge_plain(sentence, read_table(TABLE))) == said


ABLATION = """Table 2: Parts of Gullwing.
Variant | Accuracy | Latency (ms)
Gullwing (full) | 80.3 | 42
w/o folding | 77.2 | 35
Gullwing + tides | 81.0 | 50"""


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("Removing folding hurts accuracy.", "right"),
        ("Without folding, accuracy rises.", "wrong"),
        ("Removing folding hurts accuracy by 3.1 points.", "open"),
        ("Adding tides improves accuracy.", "open"),  # to what? *Gullwing (full)* is not *Gullwing*
    ],
)
def test_parts(sentence: str, said: str) -> None:
    assert state(judge_plain(sentence, read_table(ABLATION))) == said


@pytest.mark.parametrize(
    ("column", "sentence", "said"),
    [
        ("Memory", "Gullwing outperforms Pelican.", "open"),  # a task, or its cost?
        ("Memory", "Gullwing outperforms Pelican on all three tasks.", "right"),
        ("Memory (GB)", "Gullwing outperforms Pelican on both tasks.", "right"),
        ("Memory (GB)", "Gullwing needs more memory than Pelican.", "right"),
        ("MemoryQA", "Gullwing outperforms Pelican on all three tasks.", "right"),
        ("Year", "Gullwing has the highest accuracy on both tasks.", "right"),
        ("ECE", "Gullwing outperforms Pelican.", "open"),  # of calibration less is better
    ],
)
def test_a_column_of_another_measure(column: str, sentence: str, said: str) -> None:
    rows = f"Method | LakeQA | PondQA | {column}\nPelican | 60.2 | 71.5 | 3\nGullwing | 64.0 | 73.6 | 8"
    assert state(judge_plain(sentence, read_table(f"Table 3: Accuracy on tasks.\n{rows}"))) == said
