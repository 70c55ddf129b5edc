"""A slip in a name that a paper has coined is found wherever it is, and a variant of the name is none."""

import pytest

from assay.claims.naming.names import Vocabulary

ABSTRACT = (
    "We introduce TideSearcher, a retriever. We propose Gull-Morpheus, its teacher. We release TideSet-10k, a corpus. "
    "We present ToyScore-v3 and a new diagnostic benchmark Reef-Bench with 12 tasks. "
    "Stepwise Tidal Rank Policy Optimization (STRPO) trains it. We further develop Metric-L. "
    "We test on ToyNet, LakePort and KiteScenes, with GRPO-based tuning, on ToyViewsQA, on "
    "MARIC-III, against Harbourmaster, in Tidal 360 and by Tern2.5-VL and J2-EVAL, as BLEU says."
)
PAPER = Vocabulary(["TideSearcher: Searching the Tide", ABSTRACT], own="TideSearcher")


def slips(text: str) -> list[tuple[str, str]]:
    return [(name.text, near) for name, near in PAPER.foreign(text) if near]


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("TideSeacher", "TideSearcher"),
        ("TideSaercher", "TideSearcher"),
        ("TIDESERCHER", "TideSearcher"),
        ("TydeSearcher", "TideSearcher"),
        ("Gull-Morfeus", "Gull-Morpheus"),
        ("TideSet-100k", "TideSet-10k"),
        ("ToyScore-v4", "ToyScore-v3"),
        ("Reefs-Bench", "Reef-Bench"),
        ("Reaf-Bench", "Reef-Bench"),
        ("SPTRO", "STRPO"),
        ("SRTPO", "STRPO"),
        ("Metrics-L", "Metric-L"),
        ("GPRO", "GRPO"),
        ("ToysViewQA", "ToyViewsQA"),
        ("MARC-III", "MARIC-III"),
        ("Habourmaster", "Harbourmaster"),
        ("Tidal 306", "Tidal 360"),
        ("Tern2.5-LV", "Tern2.5-VL"),
        ("J2-EVAR", "J2-EVAL"),
        ("BLUE", "BLEU"),
    ],
)
def test_a_slip_is_found_in_both_languages(slip: str, meant: str) -> None:
    assert slips(f"It reads much of {slip} in a day.") == [(slip, meant)]
    assert slips(f"하루 만에 {slip}의 성능을 넘어섰다.") == [(slip, meant)]


@pytest.mark.parametrize(
    "name",
    [
        "TideSearcher-L",
        "TideSearcher-Large",
        "tidesearcher",
        "TIDE-SEARCHER",
        "ToyScore-v2",
        "TideSet-20k",
        "DRPO",
        "GSPO",
        "MMMU-Pro",
        "LLaDA",
        "LakeScape",
        "KiteWorlds",
        "Harbourmasters",
        "Tidal 475",
        "Tern2.5-7B",
        "LLM-based",
        "FID 3.42",
        "over 10K",
    ],
)
def test_another_name_is_no_slip(name: str) -> None:
    assert slips(f"It reads much of {name} in a day.") == []
    assert slips(f"하루 만에 {name}의 성능을 넘어섰다.") == []


def test_a_plural_is_english_and_no_korean() -> None:
    assert slips("Two TideSearchers are trained.") == []
    assert slips("TideSearchers는 빠르다.") == [("TideSearchers", "TideSearcher")]


def test_a_summary_that_has_the_name_too_means_two_things() -> None:
    assert slips("Gull-Morpheus and Gull-Morfeus differ.") == []
    assert slips("Gull-Morfeus reads more.") == [("Gull-Morfeus", "Gull-Morpheus")]


def test_a_word_that_opens_a_sentence_is_no_slip_of_a_short_name() -> None:
    paper = Vocabulary(["Whale: A Model", "We introduce Whale, a model."], own="Whale")
    assert not [near for _, near in paper.foreign("While it reads, Whale rests.") if near]
    assert not [near for _, near in paper.foreign("While it reads, it rests.") if near]


@pytest.mark.parametrize(
    ("text", "slip", "meant"),
    [
        ("Of ToyNet, LakePort and KiteScape the last is hard.", "KiteScape", "KiteScenes"),
        ("ToyNet과 LakePort, KiteScapes에서 낫다.", "KiteScapes", "KiteScenes"),
    ],
)
def test_the_company_of_a_name_tells_what_was_meant(text: str, slip: str, meant: str) -> None:
    assert slips(text) == [(slip, meant)]


def test_a_name_that_merely_begins_alike_is_no_slip() -> None:
    assert slips("KiteScape is harder than LakePort.") == []
    assert slips("Of ToyNet, LakePort, KiteScenes and KiteScape the last is hard.") == []


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("GTP 5.4 Pro", "GPT 5.4 Pro"),
        ("GTP-4", "GPT-4"),
        ("Qwne3-8B", "Qwen3-8B"),
        ("Kimmi-K2", "Kimi-K2"),
        ("DeepSeak-V3", "DeepSeek-V3"),
        ("Cluade 4.5 Sonnet", "Claude 4.5 Sonnet"),
    ],
)
def test_a_family_of_models_is_known_where_the_paper_does_not_name_it(name: str, meant: str) -> None:
    assert slips(f"It reads more than {name} does.") == [(name, meant)]
    assert slips(f"{name}보다 낫다.") == [(name, meant)]


@pytest.mark.parametrize("name", ["LLaDA-8B", "Groq 3", "Gamma 2", "Llama 3.1", "Gemma-3", "Gemini 3 Pro", "Phi-4"])
def test_another_family_is_no_slip(name: str) -> None:
    assert slips(f"It reads more than {name} does.") == []
