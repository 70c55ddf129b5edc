"""What a summary compares in words is held against the tables of its paper, where it is plain and they tell."""

import pytest

from assay.claims.check import check
from assay.claims.report import CheckedSummary
from assay.papers.findings import Check, State
from assay.papers.models import Paper, Parts
from assay.papers.passages import Passage

PAPER = Paper(id="9912.99901", title="Gullwing: pruning a cache by tides", abstract="Gullwing prunes a cache.")
SCORES = """Table 1: Accuracy on three benchmarks.
Model | ToyBench | LakeBench | PondBench
TideCache | 61.0 | 52.0 | 40.1
GPT-4o | 75.0 | 60.0 | 42.0
Gullwing | 70.0 | 64.0 | 44.0"""
SIZES = """Table 2: Accuracy and latency of Gullwing.
Cache size | Accuracy | Latency (ms)
1K | 60.1 | 11
2K | 63.0 | 19
4K | 66.2 | 37
8K | 70.0 | 70"""
PARTS = """Table 3: Parts of Gullwing, on ToyBench.
Model | Accuracy
Gullwing | 70.0
w/o folding | 66.0
w/o tides | 71.0"""
PASSAGES = [Passage("Table 1", SCORES), Passage("Table 2", SIZES), Passage("Table 3", PARTS)]


def checked(sentence: str, language: str = "en") -> Check:
    return check(Parts(result=sentence), PAPER, language=language, passages=PASSAGES)


@pytest.mark.parametrize(
    ("sentence", "state", "table"),
    [
        ("Gullwing outperforms every baseline on 2 of 3 benchmarks.", "supported", "Table 1"),
        ("Gullwing outperforms every baseline on all three benchmarks.", "contradicted", "Table 1"),
        ("Gullwing outperforms GPT-4o on ToyBench.", "contradicted", "Table 1"),
        ("Gullwing is second to GPT-4o on ToyBench.", "supported", "Table 1"),
        ("The method has the highest accuracy on LakeBench.", "supported", "Table 1"),
        ("Gullwing has the highest accuracy on ToyBench.", "contradicted", "Table 1"),
        ("TideCache trails GPT-4o on all three benchmarks.", "supported", "Table 1"),
        ("Gullwing outperforms GPT-4o on LakeBench, but not on ToyBench.", "supported", "Table 1"),
        ("Gullwing outperforms GPT-4o on LakeBench but not on PondBench.", "contradicted", "Table 1"),
        ("Accuracy improves as the cache size grows.", "supported", "Table 2"),
        ("Accuracy falls as the cache size grows.", "contradicted", "Table 2"),
        ("Removing folding hurts accuracy.", "supported", "Table 3"),
        ("Removing tides hurts accuracy.", "contradicted", "Table 3"),
    ],
)
def test_plain_comparisons_are_judged_by_the_table_that_has_the_rows(sentence: str, state: str, table: str) -> None:
    [finding] = checked(sentence).comparisons
    assert (finding.state.value, finding.table, finding.text) == (state, table, sentence)
    assert sentence[finding.start : finding.end] == sentence
    assert finding.rows[0] in SCORES + SIZES + PARTS
    assert len(finding.rows) > 1


@pytest.mark.parametrize(
    "sentence",
    [
        "Gullwing outperforms TideCache because it folds its wings.",
        "Gullwing outperforms GPT-4o on longer questions.",
        "Heron outperforms Osprey on ToyBench.",
        "Gullwing is not outperformed by GPT-4o on LakeBench.",
        "Gullwing, beaten by GPT-4o on ToyBench, is a cache.",
        "Gullwing may outperform GPT-4o on ToyBench.",
        "Gullwing was designed to outperform GPT-4o on ToyBench.",
        "Gullwing almost outperforms GPT-4o on ToyBench.",
        "It is unclear whether Gullwing outperforms GPT-4o on ToyBench.",
        "Until now GPT-4o outperformed Gullwing on LakeBench.",
        "Gullwing sometimes outperforms GPT-4o on ToyBench.",
        "Gullwing beats neither TideCache nor GPT-4o on LakeBench.",
        "TideCache outperforms GPT-4o on no benchmark.",
        "Gullwing outperforms GPT-4 on ToyBench.",  # another model
        "Gullwing 2 outperforms GPT-4o on ToyBench.",
        "Fine-tuned Gullwing outperforms GPT-4o on ToyBench.",
        "Gullwing is the best open model on ToyBench.",
        "Gullwing is one of the best models on ToyBench.",
        "Among open models, Gullwing achieves the highest accuracy on ToyBench.",
        "The method starts from the best checkpoint on ToyBench.",
        "Gullwing keeps the highest scores on ToyBench.",
        "Gullwing improves GPT-4o on ToyBench.",  # is it put into it?
        "GPT-4o with Gullwing outperforms GPT-4o on ToyBench.",
        "Gullwing outperforms TideCache on all languages.",
        "Gullwing outperforms TideCache on all nine benchmarks.",
        "Gullwing outperforms TideCache on both benchmarks.",
        "Gullwing has better calibration than GPT-4o on ToyBench.",
        "Gullwing has a better FVD than GPT-4o.",
        "Gullwing's biggest improvement over TideCache is on PondBench.",
        "Gullwing outperforms TideCache as much as GPT-4o does.",
        "Gullwing does not outperform any baseline on ToyBench.",
        "“Gullwing outperforms GPT-4o on ToyBench” is a myth.",
        "Gullwing outperforms all baselines.",  # on two of three
    ],
)
def test_what_is_not_plain_or_no_table_tells_is_unchecked(sentence: str) -> None:
    assert [each.state for each in checked(sentence).comparisons if each.state is not State.UNCHECKED] == []


@pytest.mark.parametrize(
    "table",
    [
        "Table 5: Comparison.\nModel | FVD\nGPT-4o | 40.1\nGullwing | 34.0",  # which way is better?
        "Table 5: Statistics of the data, accuracy of labels.\nModel | Accuracy\nGPT-4o | 40.1\nGullwing | 34.0",
        "Table 5: Accuracy.\nModel | ToyBench\nGPT-4o | 40.1\nGullwing | 40.1",  # a tie
        "Table 5: Accuracy.\nModel | ToyBench\nGPT-4o | -\nGullwing | 40.1",
        "Table 5: Accuracy.\nModel | Accuracy\nGullwing | 50.0\nGullwing | 70.0\nGPT-4o | 60.0",  # which Gullwing?
        "Table 5: Accuracy.\nModel | Size | Accuracy\nGullwing | 1B | 50.0\nGullwing | 7B | 70.0\nGPT-4o | 7B | 60.0",
        "Table 5: Accuracy.",
        "Table 5: Accuracy.\n | \n | ",
        "Table 5: Accuracy.\nModel | A | B\nGPT-4o | 1.0 | 2.0\nGullwing | 2.0 | 1.0",  # one each
    ],
)
def test_a_table_that_does_not_tell_decides_nothing(table: str) -> None:
    parts = Parts(result="Gullwing is better than GPT-4o.")
    [finding] = check(parts, PAPER, language="en", passages=[Passage("Table 5", table)]).comparisons
    assert finding.state is State.UNCHECKED


@pytest.mark.parametrize(
    ("sentence", "state"),
    [
        ("Gullwing has the lowest latency.", "contradicted"),
        ("Gullwing has a lower latency than GPT-4o.", "supported"),
        ("Gullwing outperforms GPT-4o in latency.", "supported"),
        ("TideCache outperforms Gullwing in latency.", "supported"),
        ("Gullwing beats TideCache in both latency and F1.", "contradicted"),
        ("In F1, TideCache trails Gullwing.", "supported"),
        ("Gullwing ranks first in F1.", "supported"),
        ("GPT-4o is outperformed by Gullwing in F1.", "supported"),
    ],
)
def test_of_costs_less_is_better(sentence: str, state: str) -> None:
    rows = "Model | Latency (ms) | F1\nTideCache | 12 | 50.0\nGPT-4o | 40 | 61.0\nGullwing (ours) | 20 | 66.0"
    passages = [Passage("Table 6", f"Table 6: Costs.\n{rows}")]
    [finding] = check(Parts(result=sentence), PAPER, language="en", passages=passages).comparisons
    assert finding.state.value == state


def test_korean_sentences_are_not_judged() -> None:
    assert checked("Gullwing은 ToyBench에서 GPT-4o보다 better이다.", "ko").comparisons == ()


def test_where_two_tables_disagree_nothing_is_said() -> None:
    other = SCORES.replace("Table 1", "Table 4").replace("70.0", "80.0").replace("three", "three harder")
    passages = [*PASSAGES, Passage("Table 4", other)]
    result = check(Parts(result="Gullwing outperforms GPT-4o on ToyBench."), PAPER, language="en", passages=passages)
    assert [each.state for each in result.comparisons] == [State.UNCHECKED]


def test_a_sentence_of_the_abstract_is_not_held_against_a_table() -> None:
    sentence = "Gullwing outperforms GPT-4o on ToyBench."
    paper = PAPER.model_copy(update={"abstract": f"We prune a cache. {sentence}"})
    result = check(Parts(result=sentence), paper, language="en", passages=PASSAGES)
    assert [each.state for each in result.comparisons] == [State.UNCHECKED]


def test_a_summary_with_a_wrong_comparison_is_in_trouble() -> None:
    for sentence, is_in_trouble in (
        ("Gullwing outperforms GPT-4o on ToyBench.", True),
        ("Gullwing outperforms GPT-4o on LakeBench.", False),
    ):
        summary = CheckedSummary(source="digest-table", title=PAPER.title, check=checked(sentence))
        assert summary.is_in_trouble is is_in_trouble
