"""What a figure is of, where the sentence says it elsewhere than beside the figure; and figures that claim nothing."""

import pytest

from assay.claims.extract import extract
from assay.claims.proposal import own_name, proposal
from assay.papers.models import Paper
from tests.claims.rules import read_by_rules


def paper(abstract: str, title: str = "Gullwing: a cache of tides") -> Paper:
    return Paper(id="9912.99901", title=title, abstract=abstract)


@pytest.mark.parametrize(
    ("title", "abstract", "name"),
    [
        ("On caches", "We propose a half-tide cache aligner (HTCA) that forgets.", "HTCA"),
        ("On caches", "This paper presents a new paradigm, GULL, for caches.", "GULL"),
        ("On caches", "Hence, our proposed cache, TideTok, forgets.", "TideTok"),
        ("On caches", "We propose the Semantic tidal cache (Sem-TC) for keys.", "Sem-TC"),
        ("On caches", "We propose Lunar Tide Caching, namely LunarTC, which forgets.", "LunarTC"),
        ("On caches", "We propose Ebb, an old cache.", "Ebb"),
        ("On caches", "We analyse tides and introduce TideReward.", "TideReward"),
        ("SimpleGull: a baseline", "The baseline forgets.", "SimpleGull"),
        ("On caches", "We propose Tide-Aware Caching, which forgets.", "Tide-Aware Caching"),
        ("On caches", "We introduce the Tidal Attention Score (TAS), a metric of tides. We propose AVAG.", "AVAG"),
        # parts of a whole have no name for it, and neither has what is only used
        ("On caches", "We propose tide-guided pruning (TGP) and wave-based addition (WBA).", ""),
        ("On caches", "We introduce a way that enhances the Audio Tide Transformer (ATT).", ""),
        ("On tides in CoT", "We propose the CoT.", ""),
    ],
)
def test_what_a_paper_introduces(title: str, abstract: str, name: str) -> None:
    assert own_name(paper(abstract, title)) == name


def test_beside_a_benchmark_the_method_reaches_the_results() -> None:
    abstract = "We propose TideBench, a benchmark of 405 tides. We also introduce TideVGR. It improves recall by 3%."
    source = paper(abstract, "TideBench: tides in images")
    assert (proposal(source).name, proposal(source).is_set, proposal(source).method) == ("TideBench", True, "TideVGR")
    count, gain = extract(source)
    assert (count.dataset, gain.subject) == ("TideBench", "TideVGR")


@pytest.mark.parametrize(
    ("sentence", "field", "values"),
    [
        # whose
        ("Even frontier systems like TideGPT, which only gets 41%, fail.", "subject", ["TideGPT"]),
        ("Added to rivals (TideNet and LakeNet), Gullwing reaches 41%.", "subject", ["Gullwing"]),
        ("Gullwing is robust, with PSNR values reaching 24.1.", "subject", ["Gullwing"]),
        ("We release TideSet, a corpus that gains 3% over LakeSet.", "subject", ["TideSet"]),
        (
            "Gullwing reaches 99%, vs. 91% for TideCache and only 32% for LakeCache.",
            "subject",
            ["Gullwing", "TideCache", "LakeCache"],
        ),
        ("Gullwing beats the 10x larger LakeLM-72B (50.5% vs. 47.3%).", "subject", ["Gullwing"] * 2 + ["LakeLM-72B"]),
        ("Gullwing outperforms TideCache (+1.8 points).", "subject", ["Gullwing"]),
        ("Tide 2.0-flash is best, with an F1 of 67%.", "subject", ["Tide 2.0-flash"]),
        ("A 1B model augmented with a memory obtains 71% accuracy.", "subject", ["1B model"]),
        ("Gullwing is the first learning policy that reaches 71%.", "subject", ["Gullwing"]),
        ("Across tides (spring, neap), removing the hint drops recall by 28 points.", "subject", ["removing the hint"]),
        ("We find that TideCache, while improving recall, only reaches 57%.", "subject", ["TideCache"]),
        ("We introduce TideSort, a sorter of keys, reducing calls by 6x.", "subject", ["TideSort"]),
        ("Applying Gullwing to the hybrid LakeLM raises recall from 42% to 61%.", "subject", ["Gullwing"]),
        ("TideCache significantly speeds up training by 2x.", "subject", ["TideCache"]),
        (
            "We see 9% for the best old model and 45% for the best new model.",
            "subject",
            ["best old model", "best new model"],
        ),
        ("Gullwing reaches 82%, compared with 79% for plain counting.", "subject", ["Gullwing", "plain counting"]),
        ("Gullwing forms short chains while achieving better accuracy (+0.9%).", "subject", ["Gullwing"]),
        ("Tide-XL with transferred rates achieves 2.9x faster training than LakeNet.", "subject", ["Tide-XL"]),
        ("A four-node ensemble achieves 28% higher recall.", "subject", ["four-node ensemble"]),
        # on what
        ("It attains 92% success on TideTwin1 and 78% success across 4 real tasks.", "dataset", ["TideTwin1", ""]),
        ("Experiments on OceanWorld-TCP show that it achieves 46% accuracy.", "dataset", ["OceanWorld-TCP"]),
        ("It gains 7.0 points on tidal reasoning benchmarks.", "dataset", ["tidal reasoning benchmarks"]),
        ("Across several benchmarks, it gains 7.0 points.", "dataset", [""]),
        ("It gains 14% on rare tasks like TideRepair.", "dataset", ["TideRepair"]),
        ("It reaches 83.9% TideQA8K accuracy.", "dataset", ["TideQA8K"]),
        ("It reaches 56% on TideLab's LakeBench.", "dataset", ["LakeBench"]),
        ("It gains 77% on TidePlan-Pro planning under noise.", "dataset", ["TidePlan-Pro"]),
        ("On ToyBench, it (1) gains 12% on LakeBench, (2) cuts cost by 62%.", "dataset", ["LakeBench", "ToyBench"]),
        ("It gains 5% on LakeQA, while also enhancing recall by 2%.", "dataset", ["LakeQA", ""]),
        ("It scores 62.9 on LakeCode v5 and 55.8 on v6.", "dataset", ["LakeCode v5", "LakeCode v6"]),
        ("It improves tAM by 14%.", "dataset", [""]),
        ("It has an FID of 1.2 and 1.7 on ToyScenes 256x256.", "dataset", ["ToyScenes 256x256"] * 2),
        ("It reaches 18% F1 on diverse tidal report datasets (A, B).", "dataset", ["diverse tidal report datasets"]),
        ("It scores 78% (versus 76% for TideCLIP) on LakeNet.", "dataset", ["LakeNet"] * 2),
        ("Evaluated on the Tide War domain, it reaches 80%.", "dataset", ["Tide War"]),
        ("It reaches 85.9% on LakeQA Diamond versus 68.7% for voting.", "dataset", ["LakeQA Diamond"] * 2),
        (
            "It is best on LakeQA with 93% recall and beats rivals by over 10% on TideQA.",
            "dataset",
            ["LakeQA", "TideQA"],
        ),
        ("It gains 17% on our curated TideSheet dataset.", "dataset", ["TideSheet"]),
        ("It elevates the LakeQA24 score from a baseline of 22.1 to 50.5.", "dataset", ["LakeQA24"]),
        # against what
        ("Gullwing improves quality to 68.0 F1 compared to 62.3 of TideCache.", "baseline", ["TideCache", ""]),
        ("It improves strong tidal baselines by 4 points.", "baseline", ["strong tidal baselines"]),
        ("We train over shallow trajectories, which boosts recall by 4%.", "baseline", [""]),
        ("It outperforms TideCache, LakeCache and SnapToy by 10.6%.", "baseline", ["TideCache, LakeCache and SnapToy"]),
        ("It gains 14% over four tidal models.", "baseline", ["four tidal models"]),
        ("It gains 14% over four tasks.", "baseline", [""]),
        ("It needs less than half the API cost of tidal methods.", "baseline", ["tidal methods"]),
        # in which setting
        (
            "We apply our method to a standard model TideACT, yielding a 1.9x speedup.",
            "setting",
            ["standard model TideACT"],
        ),
        ("Augmenting LakeLM-3B with Gullwing reduces FLOPs by 40%.", "setting", ["LakeLM-3B"]),
        ("It reaches FID scores of 2.58 (1-NFE) and 2.15 (2-NFE).", "setting", ["1-NFE", "2-NFE"]),
        (
            "Put into LakeVLA models (TideX1, OceanVideo, and Wave2), it achieves 2.1x, 2.4x, and 1.7x speedups.",
            "setting",
            ["TideX1", "OceanVideo", "Wave2"],
        ),
        ("It improves throughput by 1.9x on our in-house serving system.", "setting", ["in-house serving system"]),
        ("Recall can vary by 23% depending on the choice of tide.", "setting", ["choice of tide"]),
        ("In the 2-bit regime, it reaches 83%.", "setting", ["2-bit regime"]),
        ("Recall exceeds 96% while collapsing under tidal shift.", "setting", [""]),
        ("It cuts latency by 4x in clouds and by 3x in phones with little loss.", "setting", ["clouds", "phones"]),
        ("It gains 4% in recall and 3% in depth.", "setting", ["", ""]),
        (
            "It reaches 61.5 F1 (+5.1) with LakeLM-8B, and 71.0 F1 (+9.5) with TideLM-4B.",
            "setting",
            ["LakeLM-8B", "LakeLM-8B", "TideLM-4B", "TideLM-4B"],
        ),
        ("It gains 2.0 and 7.5 points at the warm and cold levels, respectively.", "setting", ["warm", "cold levels"]),
        (
            "It has an FID of 1.2 and 1.7 with and without tidal guidance on ToyScenes 256x256.",
            "setting",
            ["with tidal guidance", "without tidal guidance"],
        ),
        ("In the single-agent setup, it gains 31% in recall.", "setting", ["single-agent setup"]),
        ("In this paper, it gains 31% in recall.", "setting", [""]),
        ("Under peak tidal demand, rivals degrade by 50%.", "setting", ["peak tidal demand"]),
        ("Under high tides, rivals degrade by 50%, while it stays within 10%.", "setting", ["high tides"] * 2),
        ("It cuts decay to 3.4% (7B) and 2.8% (13B).", "setting", ["7B", "13B"]),
        ("Models achieve 5% accuracy when relying on old tides.", "setting", ["relying on old tides"]),
        ("It gains 3% and its rival 9% for the best old model.", "setting", ["", ""]),
        ("It reaches 41% recall in tidal mode.", "setting", ["tidal mode"]),
        ("It runs in 20 ms on a Jetson Orin AGX.", "setting", ["Jetson Orin AGX"]),
        ("Even with explicit hints, it stays below 60% accuracy.", "setting", ["explicit hints"]),
        ("It gains 17% on ToyBench for the 7B / 14B models.", "setting", ["7B / 14B models"]),
        ("It is 29x faster under 32K context length.", "setting", ["32K context length"]),
        ("It achieves 71% accuracy with three tidal layers.", "setting", ["three tidal layers"]),
        ("It is nearly on par with GPT-4, reaching 0.79.", "setting", [""]),
        ("It gains 37% on Qwen2.5-3B and 32% on Qwen2.5-7B.", "setting", ["Qwen2.5-3B", "Qwen2.5-7B"]),
        # of what
        ("It has motion quality at over 300 FPS.", "metric", ["frame rate"]),
        ("It improves average Accuracy/F1/R@2 by 11.7%/11.6%/22.6%.", "metric", ["Accuracy", "F1", "R@2"]),
        (
            "It reaches a Tidal Correlation of 89% and an F1 of 60%, surpassing others by 10% and 16%, respectively.",
            "metric",
            ["Tidal Correlation", "F1"] * 2,
        ),
        ("It predicts well (ρ = 0.89-0.97).", "metric", ["ρ"]),
        ("All models fail (best F1: 30.3%).", "metric", ["F1"]),
        ("It fixes 35.1% of questions.", "metric", ["questions"]),
        ("It uses twice the epochs of TideCache.", "metric", ["epochs"]),
        ("Scores on hard tasks average below 40%.", "metric", ["scores"]),
        ("It brings 17% and 14% gains in syntactic and semantic recall.", "metric", ["syntactic", "semantic recall"]),
        ("It lifts tidal accuracy by 23 points in direct chat.", "metric", ["tidal accuracy"]),
        ("It improves PSNR (9.9=>16.0) and SSIM (0.4=>0.6).", "metric", ["PSNR", "SSIM"]),
        (
            "It has a recall gain of 8% with a relative reduction in tide length of 36%.",
            "metric",
            ["recall", "tide length"],
        ),
        ("It has a recall gain of 8% with a relative reduction in tide length of 36%.", "direction", ["up", "down"]),
        ("It improves perplexity by 0.2.", "direction", ["down"]),
        ("It costs only 10 points of tidal recall.", "metric", ["tidal recall"]),
        ("It achieves an FID of 1.9, a new SoTA of 1.9.", "metric", ["FID", "FID"]),
        ("TideCache has 41% strict success and 77% progress.", "metric", ["strict success", "progress"]),
        ("It reduces over-calling from 13.7% to 9.0%.", "metric", ["over-calling"]),
        ("It gains 14% in F1 score and 11% in SODA score.", "metric", ["F1 score", "SODA score"]),
        ("It uses a 5x smaller model.", "metric", ["size"]),
        ("It cuts the error rate by 33%, harmful answers by 82%.", "metric", ["error rate", "harmful answers"]),
        ("It reaches an rFID of 1.2 on ToySet, outperforming the best by 0.28.", "metric", ["rFID", "rFID"]),
        ("It reaches an rFID of 1.2 on ToySet, outperforming the best by 0.28.", "direction", ["", "down"]),
        # which way, how exactly
        ("It eliminates over 50% of tidal FLOPs.", "direction", ["down"]),
        ("It brings an average lift of 5.7% in recall.", "direction", ["up"]),
        ("It surpasses TideCache with only 1/5 the total parameters.", "direction", ["down"]),
        ("None of them reach 60% accuracy.", "bound", ["at most"]),
        ("No platform scores above 60%.", "bound", ["at most"]),
        ("Gullwing reaches 68.0 tides compared to others.", "kind", ["absolute"]),
    ],
)
def test_fields_said_elsewhere(sentence: str, field: str, values: list[object]) -> None:
    claims = [claim for claim in read_by_rules(paper(sentence)) if field != "dataset" or claim.kind != "count"]
    assert [getattr(claim, field) for claim in claims] == values


@pytest.mark.parametrize(
    "sentence",
    [
        "We study children aged 3-17 years, in dimensions 4-16, from 2024-2025.",
        "It supports 2x and 4x factors and a 4x super-resolution model.",
        "Our 7B agent runs on 8x H800 GPUs and a 24GB consumer GPU.",
        "It drives all tides toward 1 and noise to 0 (p < 0.05).",
        "People rate it on a 5-point scale and in a 7-point user study, on ToyMath'24 and ToyMath24/25.",
        "1. Knowing tides is hard. 2. It has parts: 1.) a cache, 2.) a table.",
        "Small models beat models in the same family that are 10x larger.",
    ],
)
def test_what_is_no_result(sentence: str) -> None:
    assert [claim.value for claim in extract(paper(sentence)) if claim.kind != "count"] == []


def test_where_a_paper_names_nothing_this_thing_has_the_figure() -> None:
    (claim,) = extract(paper("This lever consistently improves recall by 3%.", "On levers"))
    assert claim.subject == "lever"


@pytest.mark.parametrize(
    ("sentence", "part", "things"),
    [
        ("Gullwing solves 39/102 tasks.", 39, "tasks"),
        ("Gullwing solves 39 of 102 tasks.", 39, "tasks"),
        ("Gullwing solves 39 out of the 102 hard tasks.", 39, "hard tasks"),
        ("Gullwing answers 39/102 (38.2%) of the questions.", 39, "questions"),
        ("Gullwing fixes 15/20 issues.", 15, "issues"),
    ],
)
def test_a_share_by_two_counts_is_one_count_of_the_part(sentence: str, part: int, things: str) -> None:
    claim, *others = extract(paper(sentence))
    assert (claim.kind, claim.value, claim.unit, claim.metric, claim.subject) == ("count", part, "", things, "Gullwing")
    assert [each.unit for each in others] == (["%"] if "%" in sentence else [])


@pytest.mark.parametrize(
    ("sentence", "kinds", "ways"),
    [
        ("It shows +4.1% accuracy and -3.3% tokens on ToyBench.", ["relative", "relative"], ["up", "down"]),
        ("It brings +3.7 points of accuracy with -42% length.", ["points", "relative"], ["up", "down"]),
        ("It stands 28.0 points above chance and 2.6 points below the oracle.", ["points"] * 2, ["up", "down"]),
        ("It is 5.2 points ahead of TideCache, 3.1 points behind LakeKV.", ["points"] * 2, ["up", "down"]),
        ("Accuracy lies at 20% - 30% there.", ["absolute"], [""]),
    ],
)
def test_signs_and_places_say_which_way_a_figure_goes(sentence: str, kinds: list[str], ways: list[str]) -> None:
    claims = read_by_rules(paper(sentence))
    assert [claim.kind for claim in claims] == kinds
    assert [claim.direction for claim in claims] == ways
