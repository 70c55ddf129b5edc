"""A chip shows a change with its baseline or a score of the paper's own, and no figure rather than a wrong one."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from assay.claims.extract import extract
from assay.papers.models import Claim, Paper, Place
from assay.publish.chips import chip_comparison, chip_dataset, chip_figure, chips

ROOT = Path(__file__).parents[2]
OWN = "Gullwing: pruning a cache by tides"


def claim(quote: str, **fields: object) -> Claim:
    """A claim as the rules read one out of an abstract."""
    known = {"key": "claim", "value": 12.0, "unit": "%", "kind": "relative", "direction": "up", "metric": "accuracy"}
    place = Place(part="abstract", start=0, end=len(quote))
    return Claim.model_validate({**known, "source": "abstract", "quote": quote, "place": place, **fields})


def leads(quote: str, **fields: object) -> bool:
    """Whether the claim is shown."""
    return bool(chips([claim(quote, **fields)], OWN))


def score(quote: str, value: float, dataset: str = "ToyBench", **fields: object) -> bool:
    """Whether a score is shown."""
    return leads(quote, value=value, kind="absolute", direction="", dataset=dataset, **fields)


def test_a_change_of_a_named_metric_is_shown() -> None:
    assert leads("Gullwing improves accuracy by 12% over full caching.")
    assert leads("Gullwing improves accuracy by 12%.", baseline="")


@pytest.mark.parametrize("metric", ["value", "performance", "figure", "clean settings", "state-of-the-art models"])
def test_a_change_of_nothing_in_particular_is_not(metric: str) -> None:
    assert not leads(f"Gullwing improves {metric} by 12%.", metric=metric)


def test_a_change_without_direction_or_for_the_worse_is_not() -> None:
    assert not leads("Accuracy differs by 12%.", direction="")
    assert not leads("On harder questions accuracy drops by 12%.", direction="down")
    assert not leads("Gullwing cuts accuracy losses, reducing variance by 12%.", metric="variance", direction="up")
    assert leads("Gullwing reduces latency by 12%.", metric="latency", better="lower", direction="down")


def test_a_count_a_length_and_a_set_up_are_not() -> None:
    assert not leads("ToyBench has 12 questions.", kind="count", unit="", direction="", metric="questions")
    assert not leads(
        "The set holds 146.8 hours of speech.", value=146.8, kind="absolute", unit="h", metric="time", direction=""
    )
    assert not leads("Gullwing prunes at 12% sparsity.", kind="absolute", direction="", metric="sparsity")
    assert not leads("It holds even when using 12% fewer tokens.", metric="tokens", direction="down", better="lower")


def test_a_score_needs_a_data_set_and_must_be_the_papers_own() -> None:
    assert score("Gullwing achieves 71.2% accuracy on ToyBench.", 71.2)
    assert not score("Gullwing achieves 71.2% accuracy.", 71.2, dataset="")
    assert not score("GPT-4o achieves only 31.0% accuracy on ToyBench.", 31.0, subject="GPT-4o")
    assert not score("Even the strongest model reaches 31.0% accuracy on ToyBench.", 31.0)
    assert not score("Gullwing achieves 71.2% accuracy on ToyBench, approaching Kestrel (73.0%).", 73.0)
    assert not score("Existing caches reach 41.0% accuracy on ToyBench.", 41.0)
    assert score("Gull-7B achieves 71.2% accuracy on ToyBench.", 71.2, subject="Gullwing-7B")


def test_a_number_in_a_name_is_no_figure() -> None:
    assert not score("A Gullwing model reaches new scores on Fusion 360.", 360, dataset="Fusion", metric="score")


def test_a_range_a_level_and_two_counts_are_no_change() -> None:
    assert not leads("Flip rates range from 17% to 97%.", value=97, between=(17, 97), metric="flip rates")
    assert leads("Gullwing raises flip rates from 17% to 97%.", value=97, between=(17, 97), metric="flip rates")
    assert not leads("Accuracy spans 12 points across methods.", kind="points", unit="points")
    assert not leads("Models show up to 12% accuracy differences.")
    counts = {"value": 119, "unit": "", "kind": "absolute", "between": (29, 119), "metric": "language support"}
    assert not leads("Gullwing extends language support from 29 to 119 languages.", **counts)
    assert not leads("Gullwing keeps 95% recall on one node, and 12% recall on two.", metric="recall")
    assert not leads("Gullwing keeps 95% coverage on one group, and 12% recall downstream.", metric="recall")
    assert not leads("Accuracy goes with size (rho = +12%).")
    down = {"metric": "memory", "direction": "down", "better": "lower"}
    assert not leads("Gullwing compresses memory to 12%.", **down)
    assert leads("Gullwing compresses memory by up to 12%.", **down)
    assert not leads("Gullwing cuts memory by 502%.", value=502, **down)


def test_a_list_of_changes_keeps_the_verb_before_it() -> None:
    assert leads("Gullwing improves recall by 9% on ToyBench and accuracy in 12% of cases.", value=12)
    down = {"metric": "indicator", "direction": "up"}
    assert not leads("The first indicator is reduced by 9%, and the second indicator by 12%.", **down)


def test_what_a_baseline_costs_is_no_metric() -> None:
    times = {"value": 70, "unit": "x", "kind": "times", "direction": "down"}
    assert not leads("Only an agent closes the gap, at 70x the baseline cost.", metric="baseline cost", **times)
    assert not leads("Fragments inflate decode latency by up to 70x.", metric="latency", **times)


def test_another_metric_right_behind_a_change_is_its_own() -> None:
    assert not leads("It has a driving score of 36 and a 12% success rate improvement.", metric="driving score")
    assert leads("It has a driving score of 36 and a 12% success rate improvement.", metric="success rate")
    assert not leads("Gullwing is 24% better in one and 12% in MT Bench.")


def test_what_the_figure_is_followed_by_is_what_it_is_of() -> None:
    assert not leads("Gullwing enhances quality and enables 3x extrapolation.", value=3, unit="x", kind="times")
    assert not leads("ToyBench is 100x larger than LakeBench.", value=100, unit="x", kind="times", metric="size")
    assert not leads("Gullwing is faster, outperforming TideCache by 12%.", metric="speed")
    assert leads("Gullwing outperforms TideCache by 12% in accuracy.", baseline="TideCache")


def test_a_change_in_another_metric_of_the_same_kind_is_not() -> None:
    quote = "Gullwing beats TideCache by 8% in camera accuracy and 12% in depth accuracy."
    assert not leads(quote, metric="camera accuracy")
    assert leads("Gullwing has a 12% improvement in depth accuracy.", metric="depth accuracy")


@pytest.mark.parametrize("metric", ["Kestrel3-Coder-Max", "LakeBench", "RealTide-Bench"])
def test_a_model_or_a_benchmark_is_no_metric(metric: str) -> None:
    assert not leads(f"Gullwing improves {metric} by 12%.", metric=metric)


def test_a_threshold_that_a_share_reaches_is_not() -> None:
    times = {"value": 1.2, "unit": "x", "kind": "times", "metric": "speed"}
    assert not leads("Of all kernels, 31.6% of the generated ones achieve at least a 1.2x speedup.", **times)
    assert not leads("This 1.2x speedup rate rises further.", **times)
    assert leads("Its kernels achieve a 1.2x speedup.", **times)


def test_figures_side_by_side_are_not() -> None:
    for value in (7.0, 12.0):
        assert not leads("On recall and accuracy Gullwing beats TideCache by 7% and 12%.", value=value)


def test_what_something_costs_and_how_large_it_is_are_not() -> None:
    quote = "Removing texture costs 12% accuracy."
    assert not leads(quote, direction="down", metric="texture costs")
    assert not leads("Its model size grows by 12%.", metric="model size")
    assert leads("Gullwing reduces memory costs 12% on average.", metric="memory costs", direction="down")


def test_a_rival_of_the_statement_before_is_left_out_where_another_stands_behind() -> None:
    quote = "It gains 5% over TideCache, and 12% accuracy compared with LakeKV."
    [chip] = chips([claim(quote, baseline="TideCache")], OWN)
    assert chip.baseline == ""
    [chip] = chips([claim(quote, baseline="LakeKV")], OWN)
    assert chip.baseline == "LakeKV"


def test_a_description_with_digits_names_no_data_set() -> None:
    [chip] = chips([claim("It gains 12% accuracy on three 3D/4D tasks.", dataset="three 3D/4D tasks")], OWN)
    assert chip.dataset == ""
    [chip] = chips([claim("It gains 12% accuracy on GSM8K test set.", dataset="GSM8K test set")], OWN)
    assert chip.dataset == "GSM8K test set"
    [chip] = chips([claim("On GSM8K, 12% accuracy is gained.", dataset="GSM8K")], OWN)
    assert chip.dataset == "GSM8K"


def test_half_a_metric_is_not() -> None:
    quote = "Gullwing reduces the Shoal Distance (SD9) by 12%."
    assert not leads(quote, metric="Shoal Distance (SD9", better="lower", direction="down")


def test_what_costs_more_is_not() -> None:
    quote = "The answers of Kestrel come at 750 times the computational cost."
    assert not leads(quote, value=750, unit="x", kind="times", metric="cost", direction="")


def test_what_something_takes_is_not() -> None:
    more = "With 12% extra computation Gullwing improves recall."
    assert not leads(more, metric="extra computation")
    left = "Gullwing reaches that using just 12% GPU memory of full caching."
    assert not leads(left, metric="GPU memory", direction="down", better="lower")
    assert leads("Gullwing reduces GPU memory by 12%.", metric="GPU memory", direction="down", better="lower")


def test_a_whole_number_that_counts_is_no_score() -> None:
    assert not score("It reaches a high F1 on 4 different data sets.", 4, unit="", metric="F1")


def test_a_setting_that_is_told_like_a_change_is_not() -> None:
    quote = "Gullwing with 4x cache compression keeps every answer."
    assert not leads(quote, value=4, unit="x", kind="times", metric="cache", direction="down")


def test_figures_of_a_list_must_have_been_told_apart() -> None:
    quote = "Gullwing improves recall and throughput by 12% and 30%, respectively."
    mixed = [claim(quote, metric="throughput"), claim(quote, value=30.0, metric="recall")]
    dealt = [claim(quote, metric="recall"), claim(quote, value=30.0, metric="throughput")]
    assert chips(mixed, OWN) == []
    assert [each.value for each in chips(dealt, OWN)] == [12.0, 30.0]


def test_names_that_the_sentence_does_not_bear_out_are_left_out() -> None:
    trained = claim("Trained on LakeSet, Gullwing improves accuracy by 12%.", dataset="LakeSet")
    another = claim("Gullwing beats TideCache by 3 points, and improves accuracy by 12%.", baseline="TideCache")
    opening = claim("On ToyBench, Gullwing improves recall by 3 points and accuracy by 12%.", dataset="ToyBench")
    assert chip_dataset(chips([trained], OWN)[0]) == ""
    assert chip_comparison(chips([another], OWN)[0]) == ""
    assert chip_dataset(chips([opening], OWN)[0]) == "ToyBench"


@pytest.mark.parametrize(
    "baseline", ["those generated", "training", "the best rival and non-zero success", "caches accelerated"]
)
def test_half_a_rival_is_left_out(baseline: str) -> None:
    shown = chips([claim(f"Gullwing improves accuracy by 12% over {baseline}.", baseline=baseline)], OWN)
    assert [each.baseline for each in shown] == [""]


@pytest.mark.parametrize(
    ("quote", "dataset"),
    [
        ("On ToyBench, LakeBench Hard, and SeaBench, Gullwing improves accuracy by 12%.", "ToyBench"),
        ("Gullwing improves accuracy by 12%, and on LakeBench it keeps up.", "LakeBench"),
        ("Gullwing improves accuracy by 12% on LakeBench v1.6.", "LakeBench v1"),
        ("In Vision mode Gullwing improves accuracy by 12%.", "Vision"),
        ("Gullwing improves recall by 3 points on ToyBench and accuracy by 12% on LakeBench.", "ToyBench"),
    ],
)
def test_a_data_set_that_is_not_surely_its_own_is_left_out(quote: str, dataset: str) -> None:
    assert [chip_dataset(each) for each in chips([claim(quote, dataset=dataset)], OWN)] == [""]


def test_a_change_with_its_baseline_comes_first_and_nothing_twice() -> None:
    abstract = (
        "Gullwing achieves 71.2% accuracy on ToyBench. It reduces latency by 26%. "
        "It improves recall by 12% over TideCache. Again, it improves recall by 12% over TideCache."
    )
    shown = chips(extract(Paper(id="9912.99901", title=OWN, abstract=abstract)), OWN, 3)
    assert [each.metric for each in shown] == ["recall", "latency", "accuracy"]
    assert chip_figure(shown[1]) == "−26%"


def test_so_many_times_less_has_an_arrow() -> None:
    fewer = claim(
        "Gullwing needs 10x fewer parameters.", value=10, unit="x", kind="times", metric="parameters", direction="down"
    )
    assert [chip_figure(each) for each in chips([fewer], OWN)] == ["↓ 10x"]


def test_what_people_catalogued_is_shown_as_it_stands() -> None:
    size = Claim(key="size", value=1000, kind="count", metric="questions", source="abstract")
    assert chips([size], OWN) == [size]
    assert (chip_figure(size), chip_dataset(size), chip_comparison(size)) == ("1,000", "", "")


def test_chips_against_labels(shared: Path) -> None:
    labels = ROOT / "tests" / "publish" / "gold_chips.toml"
    command = [sys.executable, "benchmarks/chips.py", str(labels), "--held-out", "--corpus", str(shared / "corpus")]
    table = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    [row] = [line for line in table.splitlines() if line.startswith("| chips right")]
    development, _, held_out, _ = map(float, re.findall(r"\| (\d\.\d+)", row))
    assert development >= 0.95
    assert held_out >= 0.8
