"""Claims are extracted from prose: every figure with its metric, data set and baseline, and no other number."""

from time import perf_counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assay.claims.extract import extract
from assay.claims.proposal import own_name
from assay.papers.models import Claim, Paper
from assay.papers.passages import Passage
from tests.claims.rules import read_by_rules
from tests.papers.formats.hostile import hostile_text


def paper(abstract: str, title: str = "Gullwing: a cache of tides") -> Paper:
    return Paper(id="9912.99901", title=title, abstract=abstract)


def only(abstract: str) -> Claim:
    (claim,) = extract(paper(abstract))
    return claim


@pytest.mark.parametrize(
    ("sentence", "kind", "value", "unit", "metric"),
    [
        ("Gullwing reaches an accuracy of 86.7% on ToyBench.", "absolute", 86.7, "%", "accuracy"),
        ("It achieves 57.1% success rate on ToyBench.", "absolute", 57.1, "%", "success rate"),
        ("It scores 0.69 on ToyBench.", "absolute", 0.69, "", "scores"),
        ("Gullwing improves accuracy by 12% on ToyBench.", "relative", 12, "%", "accuracy"),
        (r"It cuts GPU memory usage by 40\%.", "relative", 40, "%", "GPU memory usage"),
        ("It shows an absolute gain of 3.4% in recall.", "points", 3.4, "points", "recall"),
        ("It improves citation F1 by 5.3 points.", "points", 5.3, "points", "citation F1"),
        ("It leads by +2.6 on ToyBench.", "points", 2.6, "points", "performance"),
        (r"Gullwing is $2.3\times$ faster than full caching.", "times", 2.3, "x", "speed"),
        ("It needs 3 times fewer tokens than before.", "times", 3, "x", "tokens"),
        ("It is twice as fast, doubling throughput.", "times", 2, "x", None),
        ("Gullwing runs 2.5x-5x faster.", "times", (2.5, 5.0), "x", "speed"),
        ("We release a dataset of 12K questions.", "count", 12_000, "", "questions"),
        ("It spans 1.5 million image-text pairs.", "count", 1_500_000, "", "image-text pairs"),
        ("Training takes 3 hours.", "absolute", 3, "h", "time"),
        ("It costs only $20.", "absolute", 20, "USD", "costs"),
    ],
)
def test_kind_value_unit_and_metric(sentence: str, kind: str, value: float, unit: str, metric: str | None) -> None:
    claim = extract(paper(sentence))[0]
    assert (claim.kind, claim.value, claim.unit) == (kind, value, unit)
    assert metric is None or claim.metric == metric


@pytest.mark.parametrize(
    "sentence",
    [
        "We compare with GPT-4o, Claude 3.5 Sonnet, Qwen2.5-7B-Instruct and o1-mini on MATH-500.",
        "Published in 2024, see arXiv:2411.04330v2 and https://example.org/v2/page3.",
        "The layers stand in a 1:3 ratio, as in a 10B A1B mixture, and PlayNet 8B follows.",
        "It is supported by ICC(2,1) = some value (95% CI: 0.250-0.610).",
        "A 7B model with a context of 128K tokens is quantised to 4-bit.",
        "It has two parts: (1) a cache and (2) a table, as Table 2 and Section 3 show.",
        "We report pass@1 and top-5 in an 8-step schedule on 8xA100 at 512x512.",
        "",
    ],
)
def test_what_is_no_claim(sentence: str) -> None:
    assert extract(paper(sentence)) == ()


def test_both_ends_of_a_change_are_kept_and_the_change_is_worked_out() -> None:
    end, gain = extract(paper("Gullwing raises accuracy from 0.572 to 0.708, a relative gain of 30.9%."))
    assert end.between == (0.572, 0.708)
    assert (end.value, end.kind, end.direction) == (0.708, "absolute", "up")
    assert (gain.kind, gain.between) == ("relative", (0.572, 0.708))
    assert gain.recomputed == pytest.approx(23.776, abs=0.001)
    assert gain.adds_up is False


@pytest.mark.parametrize(
    ("sentence", "adds_up"),
    [
        ("It improves accuracy by 23.6%, from 0.572 to 0.708.", True),
        ("It improves accuracy from 0.572 to 0.708 (+23.8%).", True),
        ("It improves accuracy from 57.2% to 70.8%, a gain of 13.6 points.", True),
        ("It improves accuracy from 57.2% to 70.8%, a gain of 15 points.", False),
        ("It cuts memory from 207 GB to 17 GB, achieving a 92% reduction.", True),
        ("It cuts latency from 120 ms to 40 ms, 3x faster.", True),
        ("It cuts latency from 120 ms to 40 ms, 5x faster.", False),
        ("It cuts latency from 120 ms to 40 ms, by up to 80%.", None),
        ("It cuts latency from 120 ms to 40 ms and gains 5% accuracy.", None),
        ("It runs from 4x to 100x faster.", None),
    ],
)
def test_a_change_is_held_against_its_two_ends(sentence: str, adds_up: bool | None) -> None:
    assert {claim.adds_up for claim in extract(paper(sentence))} - {None} == {adds_up} - {None}


def test_a_factor_that_falls_is_a_change_and_one_that_rises_is_how_far_a_change_reaches() -> None:
    (falls,) = extract(paper("Gullwing reduces the mean premium from 3.31x (tides_base) to 2.38x."))
    (reaches,) = extract(paper("It runs from 4x to 100x faster."))
    assert (falls.value, falls.between, falls.direction) == (2.38, (3.31, 2.38), "down")
    assert (reaches.value, reaches.between) == ((4, 100), None)
    (stays,) = extract(paper("The speedup goes from 2.0x to 2x."))
    assert (stays.value, stays.between) == (2, (2, 2))


@pytest.mark.parametrize(
    ("words", "bound"),
    [("up to 5%", "at most"), ("over 5%", "at least"), ("more than 5%", "at least"), ("~5%", "about"), ("5%", "")],
)
def test_how_exactly_it_is_meant(words: str, bound: str) -> None:
    assert only(f"Gullwing improves accuracy by {words}.").bound == bound


@pytest.mark.parametrize(
    ("sentence", "baseline", "direction"),
    [
        ("Gullwing outperforms SnapToy by 4% on ToyBench.", "SnapToy", "up"),
        ("It reduces latency by 30% compared to full caching.", "full caching", "down"),
        ("It is 3x faster than SnapToy.", "SnapToy", "up"),
        ("Compared with earlier caches, it saves 12% memory.", "earlier caches", "down"),
        ("It lags behind humans by 40%.", "humans", "down"),
        ("A gain of 5% over 12 tasks.", "", "up"),
    ],
)
def test_against_what_and_which_way(sentence: str, baseline: str, direction: str) -> None:
    claim = extract(paper(sentence))[0]
    assert (claim.baseline, claim.direction) == (baseline, direction)


def test_a_list_shares_what_is_said_once() -> None:
    gains = paper("It gains up to 5.7% in accuracy on ToyBench, 10.3% on ToyBench-Hard, and 24.4% on BigToy.")
    claims = read_by_rules(gains)
    assert [claim.value for claim in claims] == [5.7, 10.3, 24.4]
    assert {claim.kind for claim in claims} == {"relative"}
    assert {claim.metric for claim in claims} == {"accuracy"}
    assert [claim.dataset for claim in claims] == ["ToyBench", "ToyBench-Hard", "BigToy"]


def test_quotes_stand_where_they_say() -> None:
    abstract = "Caches are slow. Gullwing is 2x faster. It needs 5 GB. We thank everybody."
    for claim in extract(paper(abstract)):
        assert claim.place is not None
        assert abstract[claim.place.start : claim.place.end] == claim.quote
        assert claim.source == "abstract"


def test_the_full_text_adds_what_the_abstract_does_not_say() -> None:
    source = paper("Gullwing is 2x faster than full caching.")
    claims = extract(
        source, [Passage("Results", "Gullwing is 2x faster than full caching. Accuracy is 81.5% on ToyBench.")]
    )
    assert [(claim.value, claim.source) for claim in claims] == [(2, "abstract"), (81.5, "paper")]
    assert claims[1].place is not None
    assert claims[1].place.part == "Results"


@pytest.mark.parametrize(
    ("title", "abstract", "name"),
    [
        ("Gullwing: a cache of tides", "Gullwing forgets.", "Gullwing"),
        ("A cache of tides", "We introduce GullWing, a cache.", "GullWing"),
        ("A cache of tides", "It is a cache, called Gull.", "Gull"),
        ("On caches: a survey", "We survey caches.", ""),
    ],
)
def test_what_a_paper_calls_its_own(title: str, abstract: str, name: str) -> None:
    assert own_name(paper(abstract, title)) == name


@given(hostile_text | st.text())
@example(f"Gullwing improves accuracy on ToyBench from 3% to {'9' * 400}%.")
@example(f"Gullwing improves accuracy on ToyBench by {'9' * 28}T%.")
def test_any_text_gives_claims_with_keys_of_their_own(text: str) -> None:
    claims = extract(paper(text))
    assert len({claim.key for claim in claims}) == len(claims)
    assert [Claim.model_validate_json(claim.model_dump_json()) for claim in claims] == [*claims]
    assert claims == extract(paper(text))


@pytest.mark.parametrize(
    ("sentence", "metrics"),
    [
        ("It cuts training cost by >300x and training time by >70x.", ["training cost", "training time"]),
        ("It raises hits per query from 2.1 to 4.4 and accuracy from 61.2% to 70.4%.", ["hits per query", "accuracy"]),
        ("It gains +3.2% exact@8 and +2.1% pass@8, and +9.4% exact@8 on geometry.", ["exact@8", "pass@8", "exact@8"]),
        ("Accuracy rises from 71.2% to 83.7%.", ["accuracy"]),
        ("Gullwing scores 52.0% on ToyBench.", ["score"]),
        ("Its accuracy is 72.4% with 1.3B parameters, beating larger ones by 2.1 points.", ["accuracy", "accuracy"]),
        ("It beats TideCache by 2.1% in recall.", ["recall"]),
        ("It decodes 12,500 tokens per second.", ["throughput"]),
    ],
)
def test_each_figure_has_its_own_metric(sentence: str, metrics: list[str]) -> None:
    assert [claim.metric for claim in extract(paper(sentence))] == metrics


@pytest.mark.parametrize(
    ("sentence", "field", "values"),
    [
        ("In ToyBench, it improves accuracy from 61.2% to 70.4%.", "dataset", ["ToyBench"]),
        ("On LakeBench, Gullwing achieves an F1 of 71.3.", "dataset", ["LakeBench"]),
        ("It gains 2.6 and 3.2 points on ToyQA and LakeQA, respectively.", "dataset", ["ToyQA", "LakeQA"]),
        (
            "Gullwing scores 52.0%, 41.0% and 25.5% on ToyBench Lite, Full, and Hard, respectively.",
            "dataset",
            ["ToyBench Lite", "ToyBench Full", "ToyBench Hard"],
        ),
        ("Across 45 benchmarks, Gullwing improves accuracy by 3.2%.", "dataset", ["", ""]),
        ("GPT-4o and TideVL-3 reach only 31.0% and 22.5% on ToyBench.", "subject", ["GPT-4o", "TideVL-3"]),
        ("On ToyBench, the best-performing model achieves only 38% accuracy.", "subject", ["best-performing model"]),
        ("Gullwing scores 61%, while TideCache needs 12 hours.", "subject", ["Gullwing", "TideCache"]),
        ("Accuracy in ToyEval improves by +3.46 (ORPO) and +8.27 (ASFT).", "subject", ["ORPO", "ASFT"]),
        (
            "It reduces latency by 26% and memory by 70% compared with TideCache.",
            "baseline",
            ["TideCache", "TideCache"],
        ),
        ("Using Llama-3-8B, it answers 2.1x faster on a single A100.", "setting", ["Llama-3-8B, A100"]),
        ("At 4x compression, accuracy drops by only 1.3 points.", "setting", ["4x compression"]),
        ("It improves F1 by 3.1 under noisy retrieval.", "setting", ["noisy retrieval"]),
        ("Our model gains 2.1 points over all 8B models.", "setting", [""]),
        ("TideVL-3 achieves only 37.4% success.", "metric", ["success"]),
        ("The labels show 83.3% unanimous consensus.", "metric", ["unanimous consensus"]),
        ("Gullwing attains an ICC of 0.55, with a ToyScore of 0.91.", "metric", ["ICC", "ToyScore"]),
        ("It lowers false alarms in most wordings, by 3.1 points against TideCache.", "metric", ["false alarms"]),
        ("It is 39x smaller than TideCache.", "metric", ["size"]),
        ("It shows 36.8% relative improvement in clean settings.", "metric", ["performance"]),
        ("It shows 36.8% relative improvement in clean settings.", "setting", ["clean settings"]),
        ("It runs with an overhead of less than 7%.", "metric", ["overhead"]),
        ("It needs 205ms average response time, and 74KB peak memory.", "metric", ["time", "peak memory"]),
        ("It brings +5.4%/+2.7% higher accuracy.", "metric", ["accuracy", "accuracy"]),
        ("It improves ToyMath 2025 from 36.9 to 40.3.", "dataset", ["ToyMath 2025"]),
        (
            "It beats rivals (71.0% vs. 56.7% on ToyBench, 88% vs. 68% on LakeBench).",
            "dataset",
            ["ToyBench"] * 2 + ["LakeBench"] * 2,
        ),
        ("We use two architectures, OpenToy and PlayNet, gaining +24% on OpenToy.", "dataset", [""]),
        ("We use two architectures, OpenToy and PlayNet, gaining +24% on OpenToy.", "setting", ["OpenToy"]),
        ("It gains 4.1% on ToyVLA backbones.", "dataset", [""]),
        ("Gull-Wing Training (GWT) is up to 3x faster.", "subject", ["Gull-Wing Training"]),
        ("TideVL-3, known as one of the strongest models, achieves 32%.", "subject", ["TideVL-3"]),
        ("TideVL-3 stays below (human: 77% vs. TideVL-3: 17%).", "subject", ["human", "TideVL-3"]),
        ("It turns caches into hybrid models, which reduces cost by 75%.", "subject", [""]),
        ("ReGull-3B and ReGull-7B outperform all instruct models by 9% and 8%.", "subject", ["ReGull-3B", "ReGull-7B"]),
        ("It runs at 3.5x the speed of the dense model.", "baseline", ["dense model"]),
        ("It runs at 3.5x the speed of the dense model.", "direction", ["up"]),
        (
            "It outperforms TideCache on most tasks, and at equal loss it yields a 2.5x reduction in time.",
            "baseline",
            [""],
        ),
        ("It outperforms training from scratch by 4%.", "baseline", ["training from scratch"]),
        ("It reaches a final loss of 0.0028.", "direction", [""]),
        ("It brings a 0.49% average absolute gain.", "kind", ["points"]),
        ("Its frequency grows only 2.0%.", "kind", ["relative"]),
        ("It has 1,828 carefully annotated images.", "kind", ["count"]),
        (
            "It improves Tide-Bench from 80% to 95%, and LakeWorld from 45% to 65%.",
            "dataset",
            ["Tide-Bench", "LakeWorld"],
        ),
        ("It improves Tide-Bench from 80% to 95%.", "metric", ["value"]),
        ("It reduces absorption (by 65%) and composition (by 15%).", "metric", ["absorption", "composition"]),
        ("It beats TideCache by 9% in Dynamic Degree, and 8% in ToyReward.", "metric", ["Dynamic Degree", "ToyReward"]),
        (
            "It has a 76.7% success rate on robots and 4.44 average length on ToyBench.",
            "metric",
            ["success rate", "length"],
        ),
        ("It boosts GPT-4.1 by +7.8% on ToyBench.", "setting", ["GPT-4.1"]),
        ("It boosts GPT-4.1 by +7.8% on ToyBench.", "metric", ["performance"]),
        ("On ToyQA and LakeQA demonstrate gains: memory falls by 41%.", "dataset", ["ToyQA and LakeQA"]),
        ("Our best model, TideVL-3, fully solves 55.4% of the tasks.", "subject", ["TideVL-3"]),
        ("TideVL-3 scores 94.5%, surpassing PlayNet's 93.2%.", "subject", ["TideVL-3", "PlayNet"]),
        ("TideVL-3 reaches 1.68, landing close to PlayNet-13B (1.67).", "subject", ["TideVL-3", "PlayNet-13B"]),
        (
            "TideVL-3 leads in images (0.56 FID) and in video generation (1.81 FVD).",
            "subject",
            ["TideVL-3", "TideVL-3"],
        ),
        ("It beats TideCache with 9% better quality, 7% stronger control.", "metric", ["quality", "control"]),
        ("It lowers loss by 0.2 on average and increases recall by 2%.", "metric", ["loss", "recall"]),
        ("It improves recall by +8 points on GPT-5 and +25 points on Qwen3.", "setting", ["GPT-5", "Qwen3"]),
        ("It outperforms TideCache, achieving over a threefold boost.", "baseline", ["TideCache"]),
        ("TideVL-3 reaches FID 1.54 and PlayNet reaches 1.92.", "subject", ["TideVL-3", "PlayNet"]),
        ("Streaming runs at 23 FPS on a single H100 GPU.", "setting", ["a single H100 GPU"]),
        ("An attacker still gets a 15% ASR.", "metric", ["ASR"]),
        ("It slashes peak memory by 41%.", "direction", ["down"]),
        ("It gains up to 5.7% on ToyQA, 10.3% on LakeQA.", "bound", ["at most", "at most"]),
    ],
)
def test_fields_go_with_their_own_figures(sentence: str, field: str, values: list[str]) -> None:
    assert [getattr(claim, field) for claim in read_by_rules(paper(sentence))] == values


def test_a_pair_with_a_slash_is_two_figures_and_a_fraction_is_one() -> None:
    pair = read_by_rules(paper("It reaches 41.3/52.6 mIoU on ToyScenes and LakeScenes."))
    assert [(claim.value, claim.metric, claim.dataset) for claim in pair] == [
        (41.3, "mIoU", "ToyScenes"),
        (52.6, "mIoU", "LakeScenes"),
    ]
    [share] = read_by_rules(paper("It lowers FLOPs to 1/5 of dense caching."))
    assert (share.value, share.unit, share.metric, share.baseline) == (0.2, "x", "FLOPs", "dense caching")
    assert only("Judges give it 8.69/10.").value == 8.69


def test_latex_is_read_as_it_is_seen_and_quoted_as_it_stands() -> None:
    sentence = r"Gullwing reaches $83.7_{\pm 0.2}$ on ToyBench and is $\sim$3x faster than TideCache."
    score, speed = extract(paper(sentence))
    assert (score.value, score.dataset, speed.value, speed.bound) == (83.7, "ToyBench", 3, "about")
    assert score.quote == speed.quote == sentence


@pytest.mark.parametrize(
    ("sentence", "field", "values"),
    [
        # whose: the noun phrase before the verb
        ("We show that tidal sorting improves recall by 4%.", "subject", ["tidal sorting"]),
        ("Removing the placebo drops recall by 4%.", "subject", ["Removing the placebo"]),
        ("Full rewriting with TideSet yields a 4% gain.", "subject", ["Full rewriting with TideSet"]),
        ("Gullwing is new. The method reaches 71%, and our model improves by 3%.", "subject", ["Gullwing", "Gullwing"]),
        ("Gullwing is new. It brings relative gains of 4% on Qwen3.", "subject", ["Gullwing"]),
        ("Tests find high speed, with the strongest setups reaching 6.9x.", "subject", ["strongest setups"]),
        ("Although humans achieve 93%, TideVL-3 gets 63%.", "subject", ["humans", "TideVL-3"]),
        (
            "GPT-5 leads at 45%, followed by Qwen3 (43%) and Gemini-2 (42%).",
            "subject",
            ["GPT-5", "Qwen3", "Gemini-2"],
        ),
        ("Gullwing beats the dense policy (F1: 0.64 vs. 0.62).", "subject", ["Gullwing", "dense policy"]),
        (
            "It matches the dense policy (0.23) and slightly exceeds a sparse one (0.21).",
            "subject",
            ["dense policy", "sparse one"],
        ),
        ("Most are hard (78% for GPT-5 and 69% for Qwen3).", "subject", ["GPT-5", "Qwen3"]),
        (
            "Gullwing removes 75% noise against 20% (TideNet) and 10% (t-Edit).",
            "subject",
            ["Gullwing", "TideNet", "t-Edit"],
        ),
        ("Gullwing shows a +7% AP gain on LakeSet and a +9% boost on TideSet.", "subject", ["Gullwing", "Gullwing"]),
        (
            "Gullwing learns on ToyBench, reaches 4.7 on LakeBench, and gets 92% agreement.",
            "subject",
            ["Gullwing", "Gullwing"],
        ),
        ("Our backbone, TideNet, achieves 83% accuracy.", "subject", ["TideNet"]),
        # in which setting
        (
            "With 4-bit weights, it reaches 20 FPS on ordinary laptop CPUs.",
            "setting",
            ["4-bit weights, ordinary laptop CPUs"],
        ),
        ("Accuracy rises from 80% to 94% through feedback by people.", "setting", ["feedback"]),
        ("When reading torn pages, it improves accuracy by 5%.", "setting", ["reading torn pages"]),
        ("It cuts latency by 26x on 128k contexts.", "setting", ["128k contexts"]),
        ("It has 1.6x lower latency than NVIDIA A100.", "setting", [""]),
        ("It improves GPT-4o and Qwen3 by 6.4 and 7.2, respectively.", "setting", ["GPT-4o", "Qwen3"]),
        (
            "It improves recall by 5 and 7 points through TideClaw and Lakehand, respectively.",
            "setting",
            ["TideClaw", "Lakehand"],
        ),
        ("It gains 4% across eight domains.", "setting", [""]),
        ("It improves pass@1 by 3.7 points and pass@64 by 4.6 points.", "setting", ["", ""]),
        ("It reaches a 57% success rate (Pass@32).", "setting", ["Pass@32"]),
        ("Runs differ, with Claude-3.5 reaching a score of 8.6.", "setting", [""]),
        # of what
        ("It keeps tidal drift to 0.13.", "metric", ["tidal drift"]),
        ("It increases the depth of its cache to 9.1.", "metric", ["depth"]),
        ("It increases the depth of its cache to 9.1.", "direction", ["up"]),
        ("It has a Word Error Rate (WER) of 0.16.", "metric", ["Word Error Rate"]),
        ("It brings even larger improvements of over 5.3 points.", "metric", ["performance"]),
        ("Rivals suffer, with readability dropping by 30%.", "metric", ["readability"]),
        ("It reaches a pass@1 accuracy of 59%.", "metric", ["accuracy"]),
        ("It has 14% fewer over-refusals than TideCache.", "metric", ["over-refusals"]),
        ("It shows a 31% improvement in comparison to TideCache.", "metric", ["performance"]),
        ("Gullwing reduces 42% in labelling costs.", "metric", ["labelling costs"]),
        ("It accelerates mixing by 25%.", "metric", ["mixing speed"]),
        ("It reaches FID 2.65 and Inception Score 9.63.", "metric", ["FID", "Inception Score"]),
        ("It learns faster with reduced token usage (-3%).", "metric", ["token usage"]),
        ("It lifts the overall average across an eight-part suite by 19%.", "metric", ["performance"]),
        ("ToySort attains 75% noise removal against 20% before.", "metric", ["noise removal", "noise removal"]),
        ("It gains 24% in tag quality and 13% in clean acceptance.", "metric", ["tag quality", "clean acceptance"]),
        ("It brings +2.9% CTR, +3.7% IPV.", "metric", ["CTR", "IPV"]),
        ("It gains 7% in three variants of LakeNet.", "metric", ["performance"]),
        ("It improves Tide-Bench by 2.6 points.", "metric", ["performance"]),
        # on what
        ("It gains 10% on English benchmarks.", "dataset", [""]),
        ("It improves Tide-Bench by 2.6 points.", "dataset", ["Tide-Bench"]),
        ("It scores on TideQA(73.8), LakeQA(86.8).", "dataset", ["TideQA", "LakeQA"]),
        ("It gains on sets including TideVOC (+3.6%, +1.5% recall).", "dataset", ["TideVOC", "TideVOC"]),
        (
            "It ranks first on TideBench with 93% recall and exceeds the best by 10% on LakeBench.",
            "dataset",
            ["TideBench", "LakeBench"],
        ),
        ("After training on the TideSet, accuracy rises from 34% to 40%.", "dataset", [""]),
        ("It takes 4 seconds on an NVIDIA H100 in BF16.", "dataset", [""]),
        ("It beats TideCache by 6% in three variants of LakeNet with a probe.", "dataset", ["LakeNet"]),
        ("It reaches 98% across 30 ToyWorld tasks.", "dataset", ["ToyWorld"]),
        (
            "It improves recall on ToyBench from 82 to 88 and on LakeBench from 43 to 46.",
            "dataset",
            ["ToyBench", "LakeBench"],
        ),
        ("It gains on two sets (e.g., LakeQA, +2.7 points).", "dataset", ["LakeQA"]),
        # against what
        ("It outperforms dense tuning and reduces cost by 35%.", "baseline", ["dense tuning"]),
        ("It gains 16% over the strongest baseline and non-zero success.", "baseline", ["strongest baseline"]),
        (
            "It beats TideCache by 12% and surpasses a sparse baseline by 9%.",
            "baseline",
            ["TideCache", "sparse baseline"],
        ),
        ("It gains 11.6 and 11.1 points over TideCUA and LakeCUA, respectively.", "baseline", ["TideCUA", "LakeCUA"]),
        ("It improves recall by 23%, from 11% to 34%, over TideCache.", "baseline", ["TideCache", "TideCache"]),
        ("It loses 13% on average against the joint in-context baseline.", "baseline", ["joint in-context baseline"]),
        ("It needs only 15% of the parameters compared to TideCache.", "baseline", ["TideCache"]),
        # which way, of which kind
        ("It lifts recall from 53 to 86, above GPT-5 (82) and Qwen3 (74).", "direction", ["up", "", ""]),
        ("It improves recall up to 12%.", "kind", ["relative"]),
        ("It beats cutting-edge rivals by 16%.", "direction", ["up"]),
        ("It reduces tokens by more than 97%.", "direction", ["down"]),
        ("It improves PSNR by 3.9 dB.", "direction", ["up"]),
        ("It shows clear gains on ToyBench (3.1%).", "kind", ["relative"]),
        ("It improves recall, boosting up to 13% on LakeSet.", "kind", ["relative"]),
        ("Latency falls from 13.5s for repeated reading to 5.1s.", "between", [(13.5, 5.1)]),
    ],
)
def test_fields_of_the_kinds_that_other_abstracts_showed(sentence: str, field: str, values: list[object]) -> None:
    claims = [
        claim
        for claim in read_by_rules(paper(sentence))
        if field != "dataset" or claim.kind != "count" or claim.dataset
    ]
    assert [getattr(claim, field) for claim in claims] == values


def test_a_short_name_in_brackets_is_what_a_paper_calls_its_own() -> None:
    assert own_name(paper("We propose Half-Tide Caching (HTC), a cache.", "On caches")) == "HTC"


def test_a_long_run_of_capitals_is_read_in_linear_time() -> None:
    start = perf_counter()
    extract(paper("Tide " * 4000 + " 3%"))
    assert perf_counter() - start < 2


def test_a_table_claims_by_rows_and_columns() -> None:
    table = "Accuracy of both birds.\nBird | ToyBench | BayBench\nOsprey | 88.6 | 65.0\nGullwing | 71.3 | 59.1"
    claims = extract(paper("We introduce Gullwing."), [Passage("Table 1", table)])
    assert [(each.value, each.subject, each.dataset, each.metric) for each in claims][1:3] == [
        (65.0, "Osprey", "BayBench", "Accuracy"),
        (71.3, "Gullwing", "ToyBench", "Accuracy"),
    ]
