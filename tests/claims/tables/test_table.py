"""Tables are read by rows and columns, and what a sentence says of them is judged."""

import os
import subprocess
import sys

import pytest

from assay.claims.tables.claims import table_claims
from assay.claims.tables.figures import judge_figure
from assay.claims.tables.meanings import table_meaning
from assay.claims.tables.table import is_table, read_table, table_of
from assay.claims.tables.verdicts import judge

SCORES = """Accuracy (%) on four benchmarks.
Model | ToyBench | LakeBench | PondBench | BayBench
TideCache | 61.0 | 52.0 | 40.1 | 33.0
GPT-4o | 75.0 | 60.0 | 42.0 | 20.0
Gullwing (ours) | 70.0 | 64.0 | 44.0 | 35.5
Human | 90.0 | 91.0 | 92.0 | 93.0"""
COSTS = """Quality and cost.
Method | F1 | Training time (s) | WER
TideCache | 71.2 | 62.0 | 12.0
Gullwing | 74.4 | 95.0 | 9.5"""
ABLATION = """Ablation study.
Variant | F1 | Latency (ms)
Gullwing | 80.0 | 12
w/o tides | 76.0 | 11
w/o blocks | 79.0 | 14"""
SIZES = """Perplexity by the size of a block.
Block size | ToyText | LakeText
16 | 12.1 | 20.3
32 | 11.5 | 19.0
64 | 11.0 | 18.2"""


def state(sentence: str, table: str = SCORES) -> str | None:
    return judge(sentence, read_table(table), own="Gullwing").state


def test_a_cell_knows_its_names_and_its_place() -> None:
    table = read_table(SCORES)
    cell = next(cell for cell in table.cells if cell.text == "64.0")
    assert dict(cell.labels) == {"row 0": "Gullwing (ours)", "column 0": "LakeBench"}
    assert SCORES[cell.start : cell.start + 4] == "64.0"
    assert table.metric(cell) == "Accuracy"


def test_a_header_that_two_metrics_share_is_two_names() -> None:
    rows = [["", "Small P", "Small R", "Large P", "Large R"], ["Gullwing", "0.5", "0.6", "[BOLD] 0.7", "0.8 ± 0.1"]]
    cells = table_of("Results.", rows).cells
    assert [(cell.labels["column 0"], cell.labels["column 1"]) for cell in cells] == [
        ("Small", "P"),
        ("Small", "R"),
        ("Large", "P"),
        ("Large", "R"),
    ]
    assert [cell.bold for cell in cells] == [False, False, True, False]
    assert float(cells[3].value) == 0.8


def test_spanning_headers_and_headings_between_rows() -> None:
    table = read_table(
        "Results.\n | ToyBench |  | LakeBench | \n | F1 | EM | F1 | EM\n"
        "Base models | | | | \nTideCache | 1.5 | 2.5 | 3.5 | 4.5"
    )
    assert dict(table.cells[3].labels) == {
        "row 0": "TideCache",
        "section": "Base models",
        "column 0": "LakeBench",
        "column 1": "EM",
    }


def test_names_that_are_left_out_below_are_those_above() -> None:
    table = table_of("T.", [["Data", "Metric", "Gullwing"], ["ToyBench", "F1", "3.5"], ["[EMPTY]", "EM", "2.5"]])
    assert [cell.labels["row 0"] for cell in table.cells] == ["ToyBench", "ToyBench"]


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,024", 1024), (".5", 0.5), ("−2.1%", -2.1), ("83.7 (0.2)", 83.7), ("4m per epoch", 4), ("12.02∗", 12.02)],
)
def test_cells_that_are_figures(text: str, value: float) -> None:
    assert float(table_of("T.", [["Model", "F1"], ["Gullwing", text]]).cells[0].value) == value


@pytest.mark.parametrize("text", ["-", "54.8/55.5/53.2", "3D", "2.10-5", "yes"])
def test_cells_that_are_none(text: str) -> None:
    assert table_of("T.", [["Model", "F1"], ["Gullwing", text], ["TideCache", "1.0"]]).cells[-1].text == "1.0"
    assert len(table_of("T.", [["Model", "F1"], ["Gullwing", text], ["TideCache", "1.0"]]).cells) == 1


def test_prose_is_no_table() -> None:
    assert not is_table("Gullwing is |fast|.\nIt is small.")
    assert is_table(SCORES)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Gullwing reaches 64.0 on LakeBench.", "supported"),
        ("Gullwing reaches 60.0 on LakeBench.", "misattributed"),  # GPT-4o's
        ("Gullwing reaches 70.0 on LakeBench.", "misattributed"),  # on ToyBench
        ("Our method reaches 44.0 on PondBench.", "supported"),
        ("Our method reaches 42.0 on PondBench.", "misattributed"),
        ("Gullwing beats GPT-4o by 4.0 points on LakeBench.", "supported"),
        ("Gullwing beats GPT-4o by 5.0 points on LakeBench.", "contradicted"),
    ],
)
def test_figures(sentence: str, expected: str) -> None:
    assert state(sentence) == expected


def test_seconds_of_training_are_no_f1() -> None:
    assert state("TideCache reaches an F1 of 62.0.", COSTS) == "misattributed"
    assert state("TideCache reaches an F1 of 71.2.", COSTS) == "supported"


def test_one_figure_of_a_sentence() -> None:
    sentence = "Gullwing reaches 70.0 on ToyBench and 60.0 on LakeBench."
    table = read_table(SCORES)
    right = judge_figure(sentence, sentence.index("70.0"), table, own="Gullwing")
    wrong = judge_figure(sentence, sentence.index("60.0"), table, own="Gullwing")
    assert (right.state, wrong.state) == ("supported", "misattributed")
    assert "GPT-4o | 75.0 | 60.0 | 42.0 | 20.0" in wrong.quote


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Gullwing outperforms TideCache on all benchmarks.", "supported"),
        ("Gullwing does not outperform TideCache.", "contradicted"),
        ("TideCache outperforms Gullwing.", "contradicted"),
        ("TideCache is outperformed by Gullwing on LakeBench.", "supported"),
        ("TideCache lags behind GPT-4o on ToyBench.", "supported"),
        ("Gullwing consistently outperforms GPT-4o.", "contradicted"),
        ("Gullwing outperforms all baselines on 3 of 4 benchmarks.", "supported"),
        ("Gullwing outperforms every baseline on four of four benchmarks.", "contradicted"),
        ("Compared with GPT-4o, Gullwing is better on LakeBench.", "supported"),
        ("GPT-4o is better on LakeBench than on BayBench.", "supported"),
        ("Gullwing achieves the highest accuracy on LakeBench.", "supported"),
        ("TideCache achieves the best accuracy on BayBench.", "contradicted"),
        ("The best model on ToyBench is GPT-4o.", "supported"),
        ("Gullwing is second only to GPT-4o on ToyBench.", "supported"),
        ("Gullwing is second only to TideCache on ToyBench.", "contradicted"),
        ("Gullwing is second to GPT-4o on ToyBench.", "supported"),
        ("Gullwing outperforms all other methods on all benchmarks.", "contradicted"),
        ("The method is the most accurate on LakeBench.", "supported"),
        ("TideCache has the lowest accuracy on PondBench.", "supported"),
    ],
)
def test_comparisons(sentence: str, expected: str) -> None:
    assert state(sentence) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "Gullwing outperforms Heron on ToyBench.",  # not in the table
        "Gullwing is better than GPT-4o.",  # in three of four
        "Gullwing is comparable to GPT-4o on ToyBench.",
        "Gullwing has a lower perplexity than GPT-4o on LakeBench.",
        "We thank our reviewers.",
        "GPT-4o with tools outperforms Gullwing on LakeBench.",
    ],
)
def test_what_cannot_be_told_is_not_decided(sentence: str) -> None:
    assert judge(sentence, read_table(SCORES), own="Gullwing", boldness=1).state is None


GRID = """Test results.
Language | System | Lake WER | Lake RTF | Pond WER | Pond RTF
German | TideASR | 12.1 | 0.4 | 20.0 | 0.41
 | Gullwing | 10.0 | 0.9 | 17.5 | 0.95
Finnish | TideASR | 15.5 | 0.4 | 25.1 | 0.42
 | Gullwing | 15.9 | 0.9 | 22.0 | 0.93"""


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Gullwing has a lower WER than TideASR on German.", "supported"),
        ("Gullwing has a lower WER than TideASR in both languages.", "contradicted"),
        ("The WER on Pond is higher than on Lake.", "supported"),
        ("For Finnish, the WER of Gullwing is 22.0% on Pond.", "supported"),
        ("For Finnish, the WER of Gullwing is 25.1% on Pond.", "misattributed"),
        ("For German, the WER of Gullwing is 22.0% on Pond.", "misattributed"),
        ("Gullwing reduces the WER of TideASR from 12.1 to 10.0 for German on Lake.", "supported"),
        ("For Swedish, Gullwing has a lower WER than TideASR.", None),
        ("Gullwing has a lower WER than TideASR on longer recordings.", None),
        ("The gap between Gullwing and TideASR grows with the length of a recording.", None),
        ("In Table 7, Gullwing has a lower WER than TideASR on German.", "supported"),
    ],
)
def test_tables_with_names_on_all_sides(sentence: str, expected: str | None) -> None:
    assert state(sentence, GRID) == expected


def test_sentences_about_other_tables_are_not_decided() -> None:
    sentence = "In Table 7, Gullwing has a lower WER than TideASR on German."
    assert state(sentence, "Table 7: " + GRID) == "supported"
    assert state(sentence, "Table 3: " + GRID) is None


def test_the_figure_of_a_comparison_is_judged_with_it() -> None:
    assert state("Our model outperforms TideCache by 12.0 points on LakeBench.") == "supported"
    assert state("Our model outperforms TideCache by 13.5 points on LakeBench.") == "contradicted"


def test_bolder_rules_decide_more() -> None:
    sentence = "GPT-4o is better than TideCache."  # in three of four
    bold = [judge(sentence, read_table(SCORES), boldness=boldness).state for boldness in range(5)]
    assert bold == sorted(bold, key=lambda each: each is not None)
    assert bold[0] is None
    assert bold[-1] == "supported"


def test_less_is_better_where_it_is() -> None:
    assert state("Gullwing performs better than TideCache in terms of WER.", COSTS) == "supported"
    assert state("Gullwing has a higher WER than TideCache.", COSTS) == "contradicted"
    assert state("TideCache has the best WER.", COSTS) == "contradicted"


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Removing tides reduces F1 by 4.0 points.", "supported"),
        ("Removing tides improves F1.", "contradicted"),
        ("F1 increases when tides are removed.", "contradicted"),
        ("Removing blocks improves latency.", "contradicted"),
        ("Removing blocks increases latency.", "supported"),
    ],
)
def test_what_a_part_is_worth(sentence: str, expected: str) -> None:
    assert state(sentence, ABLATION) == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Perplexity improves as the block size grows.", "supported"),
        ("Perplexity increases with larger block sizes.", "contradicted"),
        ("Perplexity on ToyText is lower than on LakeText.", "supported"),
    ],
)
def test_what_rises_with_what(sentence: str, expected: str) -> None:
    assert state(sentence, SIZES) == expected


def test_transposed_tables_are_read_alike() -> None:
    table = "Accuracy.\nBenchmark | TideCache | Gullwing\nToyBench | 61.0 | 70.0\nLakeBench | 52.0 | 64.0"
    assert state("Gullwing outperforms TideCache on both benchmarks.", table) == "supported"
    meaning = table_meaning(table, table.index("64.0"), own="Gullwing")
    assert meaning is not None
    assert (meaning.subject, meaning.dataset, meaning.metric) == ("Gullwing", "LakeBench", "Accuracy")


def test_what_a_cell_is_of() -> None:
    meaning = table_meaning(SCORES, SCORES.index("60.0") + 1)
    assert meaning is not None
    assert (meaning.subject, meaning.dataset, meaning.metric) == ("GPT-4o", "LakeBench", "Accuracy")
    assert meaning.setting == "Accuracy (%) on four benchmarks."
    assert table_meaning(SCORES, 0) is None
    assert table_meaning("Gullwing reaches 64.0.", 17) is None


def test_claims_of_a_table() -> None:
    claims = list(table_claims(COSTS, "Table 2", own="Gullwing"))
    assert [(claim.value, claim.subject, claim.metric, claim.better) for claim in claims[:3]] == [
        (71.2, "TideCache", "F1", "higher"),
        (62.0, "TideCache", "Training time (s)", "lower"),
        (12.0, "TideCache", "WER", "lower"),
    ]
    assert all(claim.place and COSTS[claim.place.start : claim.place.end] == claim.quote for claim in claims)


RANKED = """Distances to the true map; the best figure of each column is bold.
Method | Lake | Pond
TideCache | 0.40 | 0.52
Gullwing | **0.21** | **0.33**
GPT-4o | 0.66 | 0.61"""
TWO_HEADERS = """Results.
Correlation | Small | Large
Sound | 0.12 | 0.15
Image | 0.40 | 0.45
Error | Small | Large
Sound | 1.45 | 1.43
Image | 1.20 | 1.15"""


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Gullwing performs better than TideCache.", "supported"),
        ("TideCache performs better than Gullwing on Pond.", "contradicted"),
        ("Gullwing achieves the best result on Lake.", "supported"),
    ],
)
def test_what_is_bold_tells_which_end_is_better(sentence: str, expected: str) -> None:
    assert state(sentence, RANKED) == expected
    assert state(sentence, RANKED.replace("**", "")) is None  # distances of what, the caption does not say


def test_a_header_within_the_table_names_the_columns_anew() -> None:
    cells = read_table(TWO_HEADERS).cells
    assert [cell.labels["section"] for cell in cells] == ["Correlation"] * 4 + ["Error"] * 4
    assert state("For Image, Large has a lower error than Small.", TWO_HEADERS) == "supported"
    assert state("For Image, Small has a lower error than Large.", TWO_HEADERS) == "contradicted"


@pytest.mark.parametrize(
    "sentence",
    [
        "More than 90% of the questions of ToyBench are short.",  # not of a figure in the table
        "The best result achieved by TideCache is 61.0 on ToyBench.",  # the best of its own
        "GPT-4o is the best of the two baselines on LakeBench.",
        "We report the best results of TideCache on ToyBench.",
        "TideCache-Large outperforms Gullwing on ToyBench.",  # another model
        "Combining GPT-4o with TideCache gives the best accuracy on ToyBench.",
        "Gullwing has an accuracy that is lower than 80% on LakeBench.",  # than a number
        "If tides were known, Gullwing would reach 60.0 on LakeBench.",
        "The accuracy of TideCache and Gullwing is 70.0 and 61.0 on ToyBench, respectively.",
        "TideCache degrades more than Gullwing on ToyBench.",  # changes are compared
        "The worst score obtained by Gullwing is 70.0 on ToyBench.",  # the figure is there, what is said of it is not
        "If tides were known, Gullwing would be better than GPT-4o on ToyBench.",
        "Gullwing outperforms TideCache because it folds its wings.",  # why, no table tells
        "Gullwing outperforms TideCache, whereas GPT-4o is four times as slow.",  # as much of it as is read is right
        "Only Gullwing outperforms TideCache on ToyBench.",
        "Gullwing has a shorter delay than TideCache on ToyBench.",  # of accuracies
        "Gullwing outperforms TideCache on ToyBench, but not on LakeBench.",
    ],
)
def test_doubtful_sentences_are_not_decided(sentence: str) -> None:
    assert state(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("It is worth noting that TideCache lags behind GPT-4o on ToyBench.", "supported"),  # *it* is no model
        ("TideCache is even outperformed by GPT-4o on ToyBench.", "supported"),
        ("Gullwing is evaluated on four benchmarks. GPT-4o has the highest accuracy on ToyBench.", "supported"),
        ("GPT-4o is best on ToyBench. gullwing outperforms TideCache on LakeBench.", "supported"),
    ],
)
def test_who_is_spoken_of(sentence: str, expected: str) -> None:
    assert state(sentence) == expected


def test_a_part_that_is_not_used_is_removed() -> None:
    assert state("Not using tides decreases F1.", ABLATION) == "supported"
    assert state("Not using tides increases F1.", ABLATION) == "contradicted"
    assert state("If tides are removed, F1 suffers a 4.0 F1 point degradation.", ABLATION) != "misattributed"


def test_a_change_that_others_have_contradicts_nothing() -> None:
    assert state("Gullwing beats GPT-4o by 12.0 points on LakeBench.") is None  # over TideCache
    assert state("Gullwing beats GPT-4o by 4.5 points on LakeBench.") == "contradicted"


def test_figures_that_stand_in_the_order_of_names() -> None:
    assert state("TideCache and Gullwing reach 61.0 and 70.0 on ToyBench, respectively.") == "supported"
    assert state("TideCache and Gullwing reach 70.0 and 61.0 on ToyBench, respectively.") != "supported"


def test_alike_is_relative_to_the_others() -> None:
    table = "Success rate.\nModel | Rate\nTideCache | 38.0\nGullwing | 34.0\nGPT-4o | 51.0\nHeron | 12.0"
    assert state("TideCache and Gullwing have a comparable rate.", table) is None
    assert state("TideCache has a rate comparable to Heron.", table) == "contradicted"


WITHOUT = """Accuracy.
Setting | ToyBench
no pretraining | 61.0
pretraining | 70.0
pretraining + tides | 72.0"""


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("No pretraining is worse than pretraining.", "supported"),
        ("Using no pretraining is better than pretraining on ToyBench.", "contradicted"),
        ("Pretraining outperforms no pretraining.", "supported"),
        ("Pretraining does not outperform no pretraining.", "contradicted"),
        ("No pretraining reaches 61.0.", "supported"),
    ],
)
def test_a_negation_in_a_name_denies_nothing(sentence: str, expected: str) -> None:
    assert state(sentence, WITHOUT) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "Gullwing outperforms GPT-4o on all benchmarks except LakeBench.",  # it is ToyBench
        "Gullwing outperforms TideCache on all benchmarks except PondBench.",
        "Gullwing hardly outperforms TideCache on LakeBench.",
    ],
)
def test_exceptions_and_what_is_hardly_so_are_not_decided(sentence: str) -> None:
    assert state(sentence) is None


def test_names_are_found_alike_in_every_process() -> None:
    table = "Results.\nModel | Accuracy (test) | Recall (test)\nGullwing | 70.0 | 61.0\nTideCache | 60.0 | 51.0"
    imports = "from assay.claims.tables.names import names_of; from assay.claims.tables.table import read_table"
    script = f"{imports}; print(names_of(read_table({table!r})).find('Gullwing has a good acc.')[1].labels)"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert outputs == {"frozenset({'Accuracy (test)'})\n"}
