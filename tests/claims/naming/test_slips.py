"""A name with a slip is found, and no other name of the paper's field is taken for one."""

import pytest

from assay.claims.naming.names import Vocabulary
from assay.claims.naming.slips import nearest_name

# The name of a summary and the names that the paper has; the last is the one meant.
SLIPS = [
    ("GullDiT-30", "GullDiT-3D"),
    ("DiT-30", "DiT-3D"),
    ("AMC28", "AMC23"),
    ("Toyomni30", "Toyomni3D"),
    ("Gull3.5-98", "Gull3.5-9B"),
    ("ToyBench-Dew", "ToyBench-Dev"),
    ("Tidmo-12B", "Tidmo-72B"),
    ("T1DER0-PRO", "TIDERO-PRO"),
    ("ToyNet-5O", "ToyNet-50"),
    ("LakeVid-I3B", "LakeVid-13B"),
    ("KiteQA-Hard2O", "KiteQA-Hard20"),
    ("TideCoder-2Z", "TideCoder-22"),
    ("GullVL-6B-lnstruct2", "GullVL-6B-Instruct2"),
    ("Toy8ench2", "ToyBench2"),
    ("LakeBemch", "LakeBench"),
    ("GulwingNet", "GullwingNet"),
    ("KiteScene-Outdor", "KiteScene-Outdoor"),
    ("ToyNet-Larqe", "ToyNet-Large"),
    ("ToyMATH-050", "ToyMATH-500"),
    ("LakeFormer-31B", "LakeFormer-13B"),
    ("TideCahce", "TideCache"),
    ("ToyNeXT-Videp", "ToyNeXT-Video"),
    ("KiteLM-1.1-88", "KiteLM-1.1-8B"),
    ("GPT-40-mini", "GPT-4o-mini"),
    ("ToyBench-Verifled", "ToyBench-Verified"),
    ("SAILOR-1G", "SAILOR-16"),
    ("GullwingAgcnt", "GullwingAgent"),
    ("ToyHop-QuadQA", "ToyHop-QuodQA"),
    ("KITE-Bemch", "KITE-Bench"),
    ("LakeVid-2D26", "LakeVid-2026"),
    ("TideNet-104B", "TideNet-109B"),
    ("GulEval", "GullEval"),
    ("ToyVision-rnini", "ToyVision-mini"),
    ("ScienceToyOA", "ScienceToyQA"),
    ("VToyBench-Iong", "VToyBench-Long"),
    ("TideSeek-v8", "TideSeek-v3"),
    ("Gullmini-3.7-Pro", "Gullmini-3.1-Pro"),
    ("GAP-Date", "GAP-Data"),
    ("TidalWN", "TidalWM"),
    ("ToyQA-Tset", "ToyQA-Test"),
    ("GSM8toy-Platnium", "GSM8toy-Platinum"),
    ("GULLWNGLAKE", "GULLWINGLAKE"),
    ("AlfaTide", "AlphaTide"),
    ("TideLight2", "TideLite2"),
    ("ImagNet", "ImageNet"),
    ("Tern2.5-LV", "Tern2.5-VL"),
    ("ToysViewQA", "ToyViewsQA"),
]
NAMES = [
    # another version, year, size or member of a family
    ("AIME25", "AIME24"),
    ("AMC22", "AMC23"),
    ("WMT19", "WMT14"),
    ("WMT18", "WMT13"),
    ("ToyCOCO-2017", "ToyCOCO-2014"),
    ("Tidmo-7B", "Tidmo-72B"),
    ("GullVL-32B", "GullVL-72B"),
    ("LakeLM-8B", "LakeLM-3B"),
    ("KiteVL2.5-38B", "KiteVL2.5-78B"),
    ("KiteVL-26B", "KiteVL-76B"),
    ("Qwen3-30B", "Qwen3-32B"),
    ("Qwen2", "Qwen2.5"),
    ("GPT-4", "GPT-4o"),
    ("GPT-4.1", "GPT-4.5"),
    ("YOLOv8", "YOLOv3"),
    ("Claude-4.6-Sonnet", "Claude-4.5-Sonnet"),
    ("Claude-4.6-Sonnet", "Claude-4.0-Sonnet"),
    ("GullBot-M0", "GullBot-N0"),
    ("ToyLM-1B", "ToyLM-7B"),
    ("Toy2.5-VL", "Toy2.0-VL"),
    ("VGG16", "VGG19"),
    ("ToyKinetics-600", "ToyKinetics-400"),
    ("ToyNet-101", "ToyNet-152"),
    ("ToyBench-Test", "ToyBench-Text"),
    ("ToyBench-Lite", "ToyBench-Life"),
    ("TideCode-7B", "TideCoder-7B"),
    ("ToyBench-Hard", "ToyBench-Easy"),
    ("KiteQA-Image", "KiteQA-Images"),
    ("GullVL-Audio", "GullVL-Video"),
    ("LakeBench-Pro", "LakeBench-Pre"),
    # one name in two spellings, or names that have little in common
    ("Gullwing2", "GULLWING-2"),
    ("LLaMA-3", "Llama3"),
    ("ToyB", "ToyC"),
    ("DRPO", "GRPO"),
    ("RTX-4080", "RTX-4060"),
    ("MathVista", "MathVerse"),
    ("MMMU-Pro", "MMLU-Pro"),
    ("GeoEval", "GenEval"),
    ("MSBench", "MMBench"),
    ("SphereToy-H", "SphereToy-L"),
    ("HQTIDE-LSTM", "QTIDE-LSTM"),
    ("GSPO-based", "GRPO-based"),
    ("LlamaToy-XXL", "LlamaToy-XL"),
    ("ModernVBERT", "ModernBERT"),
    ("iOSLake", "OSLake"),
    ("VideoToyLLM", "VideoToyLM"),
    ("VBench-I2V", "VBench-T2V"),
    ("Toy3.5-9B", "Toy3.5-4B"),
    ("TideBench", "LakeBench"),
    ("PPO2", "DPO2"),
    ("LLaDA", "LLaMA"),
    ("MathVerse", "MathVista"),
    ("ToyBenches", "ToyBench"),
    ("TideSkills-QA", "TideSkill-QA2"),
    ("o3", "o1"),
]


@pytest.mark.parametrize(("name", "meant"), SLIPS)
def test_a_slip_is_found(name: str, meant: str) -> None:
    paper = Vocabulary([f"We compare Gullwing with {meant} on OddSet7."])
    found = {each.text: near for each, near in paper.foreign(f"The score of {name} is higher.")}
    assert found.get(name) == meant


@pytest.mark.parametrize(("name", "other"), NAMES)
def test_another_name_is_no_slip(name: str, other: str) -> None:
    paper = Vocabulary([f"We compare Gullwing with {other} on OddSet7."])
    assert [near for _, near in paper.foreign(f"The score of {name} is higher.") if near] == []


def test_a_summary_that_has_both_names_means_two_things() -> None:
    paper = Vocabulary(["We train Tidmo-72B."])
    assert not [near for _, near in paper.foreign("Tidmo-12B and Tidmo-72B are trained.") if near]
    assert [near for _, near in paper.foreign("Tidmo-12B is trained.")] == ["Tidmo-72B"]


def test_no_benchmark_is_of_a_later_year_than_the_paper() -> None:
    texts, summary = ["We test on AIME25."], "It solves AIME26, and AIME24 before."
    assert not [near for _, near in Vocabulary(texts).foreign(summary) if near]
    assert not [near for _, near in Vocabulary(texts, year=2026).foreign(summary) if near]
    found = [(name.text, near) for name, near in Vocabulary(texts, year=2025).foreign(summary) if near]
    assert found == [("AIME26", "AIME25")]


def test_a_full_text_tells_which_sizes_there_are() -> None:
    abstract = "We train GullVL-72B. "
    name = "GullVL-32B is trained."
    assert not [near for _, near in Vocabulary([abstract]).foreign(name) if near]
    assert [near for _, near in Vocabulary([abstract, "Words follow. " * 2000]).foreign(name)] == ["GullVL-72B"]


@pytest.mark.parametrize(
    ("name", "candidates", "expected"),
    [
        ("GPT-40", ["GPT-4o"], "GPT-4o"),
        ("GPT-40", [], "GPT-4o"),
        ("gpt-40-mini", [], "GPT-4o-mini"),
        ("Mistral-GPT-40", [], "GPT-4o"),
        ("ol-mini", [], "o1-mini"),
        ("03-mini", ["Gullwing"], "o3-mini"),
        ("ToyBench-1O", ["ToyBench-10"], "ToyBench-10"),
        ("GulwingNet", ["GullwingNet"], "GullwingNet"),
        ("GPT-4O", ["GPT-4o"], ""),
        ("GPT4o", ["GPT-4o"], ""),
        ("Llama-3", ["LLaMA-3"], ""),
        ("Qwen2.5", ["Qwen2"], ""),
        ("GPT-4", ["GPT-4o"], ""),
        ("ToyB", ["ToyC"], ""),
    ],
)
def test_nearest_name(name: str, candidates: list[str], expected: str) -> None:
    assert nearest_name(name, candidates) == expected


@pytest.mark.parametrize(("name", "meant"), [("TIDDIX", "TIDIX"), ("TIXIX", "TIDIX"), ("A-TIDIX", ""), ("TIDIXS", "")])
def test_a_letter_inside_the_papers_own_name_is_a_slip_and_one_around_it_is_not(name: str, meant: str) -> None:
    paper = Vocabulary(["TIDIX prunes a cache."], own="TIDIX")
    assert [near for _, near in paper.foreign(f"{name} is fast.") if near] == [meant] * bool(meant)
