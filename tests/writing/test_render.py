"""A record and its renderings: what our own translators wrote passes, what is changed in it is noticed."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from assay.papers.catalogue import catalogue
from assay.papers.models import ALL_PARTS, Parts
from assay.writing.record import Record, Rendering
from assay.writing.render import compare
from assay.writing.review import Weight
from assay.writing.scripts import script_faults
from assay.writing.terms import read_glossary, terms_in
from tests.writing import toys

KOREAN = read_glossary("ko")


def record(**spoilt: str) -> Parts:
    return Record.model_validate(toys.record() | spoilt).parts()


def faults(language: str = "ko", *, of: Parts | None = None, **spoilt: Any) -> list[str]:
    """What a reader would be told is wrong with the Korean toy, once parts of it are replaced."""
    other = Rendering.model_validate(toys.korean() | spoilt).parts()
    glossary = KOREAN if language == "ko" else {}
    return [fault.words for fault in compare(of or record(), other, language, glossary) if fault.weight != "style"]


def test_what_we_translated_ourselves_is_hardly_ever_refused() -> None:
    """Of 80 catalogue entries, two have a Latin acronym in Korean that their English spells out."""
    refusals = {
        entry.id: [
            fault.words
            for fault in compare(entry.summary["en"], entry.summary["ko"], "ko", KOREAN)
            if fault.weight is Weight.SUMMARY
        ]
        for entry in catalogue().values()
    }
    assert {key: words for key, words in refusals.items() if words} == {
        "2501.18636": ["it names DoS, which the record does not"],
        "2502.16794": ["it names iEEG, which the record does not"],
    }


def test_the_translation_of_another_paper_is_always_refused() -> None:
    entries = list(catalogue().values())
    for one, other in pairwise(entries):
        wrong = compare(one.summary["en"], other.summary["ko"], "ko", KOREAN)
        assert any(fault.weight is Weight.SUMMARY for fault in wrong), (one.id, other.id)


def test_english_passes_for_no_other_language() -> None:
    for entry in list(catalogue().values())[::8]:
        english = entry.summary["en"]
        for language in ("ko", "ja", "zh", "ru", "ar", "de", "fr"):
            wrong = [fault for fault in compare(english, english, language, {}) if fault.weight is Weight.SUMMARY]
            assert {fault.part for fault in wrong} == set(ALL_PARTS), (entry.id, language)


def test_the_right_translation_passes() -> None:
    assert faults() == []


@pytest.mark.parametrize(
    ("part", "text", "reason"),
    [
        ("result", "ToyBench 정확도는 41.2%이고 DenseToy는 38.0%다. 디코딩은 2.1배 빠르다.", "lacks 41.1%"),
        ("result", "ToyBench 정확도는 41.1%p이고 DenseToy는 38.0%다. 디코딩은 2.1배 빠르다.", "lacks 41.1%"),
        ("result", "ToyBench 정확도는 41.1%이고 DenseToy는 38.0%다. 디코딩은 빠르다.", "lacks 2.1x"),
        ("result", "ToyBench 정확도는 41.1%이고 DenseToy는 38.0%다. 디코딩은 2.1% 빠르다.", "lacks 2.1x"),
        ("objective", "긴 문맥은 서빙 비용이 90% 크다. 안전하게 잊는 캐시를 목표로 한다.", "it has 90%"),
        ("objective", "긴 문맥은 GPT-4o에서 비용이 크다. 안전하게 잊는 캐시를 목표로 한다.", "it names GPT-4o"),
        ("objective", "긴 문맥은 서빙 비용이 크다。 安全하게 잊는 캐시다.", "another script: 安 全"),
        ("objective", "긴 문맥은 서빙 コスト가 크다. 안전하게 잊는 캐시다.", "another script: コ ス"),
        ("objective", "Long contexts are costly to serve.", "not written in Korean"),
        ("objective", "長い文脈は費用がかかる。", "not written in Korean"),
        ("objective", "", "it is missing"),
        ("objective", "긴 문맥은 비용이 크다. https://gull.example/ 참고.", "a link"),
        ("objective", "긴 문맥은 <b>비용</b>이 크다.", "HTML"),
        (
            "method",
            "어탠션이 잦아든 64토큰 블록을 캐시에서 버린다. 다시 학습하지 않는다.",
            "written 어텐션, not 어탠션",
        ),
    ],
)
def test_what_is_changed_is_noticed(part: str, text: str, reason: str) -> None:
    change: dict[str, Any] = {part: text}
    messages = faults(**change)
    assert any(reason in words for words in messages), messages


def test_a_name_that_is_lost_is_noticed() -> None:
    spoilt: dict[str, Any] = {
        part: text.replace("DenseToy", "기준선") for part, text in toys.korean().items() if "DenseToy" in text
    }
    assert any("lacks DenseToy" in words for words in faults(**spoilt))


def test_a_part_that_the_record_leaves_empty_stays_empty() -> None:
    assert faults(of=record(implication="")) == ["implication: the record has no such part"]
    assert faults(of=record(implication=""), implication="") == []


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        ("2.5x faster", "2.5배 빠르다"),
        ("2.5 times faster", "2.5배 빠르다"),
        ("by 23.6%", "23.6% 오른다"),
        ("by 4 points", "4%p 오른다"),
        ("by 4 percentage points", "4퍼센트포인트 오른다"),
        ("from 2.5x to 5x", "2.5배에서 5배까지"),
        ("1,250 papers", "논문 1250편"),
    ],
)
def test_figures_are_equal_across_spellings(english: str, korean: str) -> None:
    wrong = faults(of=record(objective=f"It changes {english}."), objective=f"그것은 {korean}.")
    assert wrong == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ko", "어텐션 블록을 건너뛰는 방법이다."),
        ("ja", "注意のブロックを飛ばす手法である。"),
        ("zh", "该方法跳过注意力块。"),
        ("ru", "Метод пропускает блоки внимания."),
        ("de", "Die Methode überspringt Blöcke der Aufmerksamkeit."),
        ("el", "Η μέθοδος παραλείπει μπλοκ προσοχής."),
        ("xx", "Words of a language that nobody told us about."),
    ],
)
def test_a_language_in_its_own_script(language: str, text: str) -> None:
    assert list(script_faults(text, language)) == []
    others = {"ko", "ja", "zh", "ru", "el", "ar"} - {language}
    for other in others - ({"ja"} if language == "zh" else set()):
        assert list(script_faults(text, other)), other


def test_chinese_is_not_japanese() -> None:
    assert list(script_faults("该方法跳过注意力块。", "ja")) == ["it has no kana and so is not Japanese"]


def test_a_foreign_name_that_the_record_has_may_stay() -> None:
    assert list(script_faults("데이터셋 이름은 漢字다.", "ko", source="The data set is called 漢字.")) == []


# Glossaries.


def test_terms_are_found_as_words() -> None:
    terms = terms_in("Two benchmarks, a reward model; no tokenless encoderless thing.", KOREAN)
    assert {"benchmark", "reward model", "model"} == set(terms)


def test_a_reader_has_the_last_word(tmp_path: Path) -> None:
    (tmp_path / "ko.toml").write_text('Attention = { write = "주의", not = ["어텐션"] }\n', encoding="utf-8")
    (tmp_path / "xx.toml").write_text('cache = { write = "kasha" }\n', encoding="utf-8")
    assert read_glossary("ko", tmp_path)["attention"].write == "주의"
    assert read_glossary("ko", tmp_path)["benchmark"].write == "벤치마크"
    assert set(read_glossary("xx", tmp_path)) == {"cache"}
    assert read_glossary("yy", tmp_path / "nowhere") == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("attention = [", "not TOML"),
        ('attention = { write = "" }', "attention.write"),
        ('attention = { writes = "주의" }', "attention"),
        ("attention = 3", "attention"),
    ],
)
def test_a_glossary_that_is_none(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "ko.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=reason) as error:
        read_glossary("ko", tmp_path)
    assert "ko.toml" in str(error.value)


def test_our_own_summaries_keep_to_our_glossary() -> None:
    """The catalogue and the glossary are the same house's."""
    for entry in catalogue().values():
        text = entry.summary["ko"].text()
        assert not [never for term in KOREAN.values() for never in term.never if never in text], entry.id
