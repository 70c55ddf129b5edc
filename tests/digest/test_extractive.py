"""Extractive summaries use the paper's own words only, and most sentences get the right role."""

import json
import os
import subprocess
import sys
import time
import tomllib
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assay.digest.extractive import classify, extract
from assay.digest.roles import CUES, Role, best_roles, cues
from assay.papers.models import ALL_PARTS, FIVE_PARTS, THREE_PARTS, Origin, Paper, Parts
from assay.papers.sentences import split

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BENCHMARK = ROOT / "benchmarks" / "extractive.py"

GULLWING = (
    "Serving long contexts remains costly, because existing caches keep every token. "
    "However, most tokens are never read again. "
    "We introduce Gullwing, a novel cache that forgets in rhythm. "
    "Specifically, Gullwing drops keys in blocks, based on a learned tide table. "
    "Each block is scored by a small module trained on synthetic prompts. "
    "Extensive experiments show that Gullwing is 2.1x faster than full caching. "
    "It also outperforms earlier pruning by 3.4% on average accuracy. "
    "For example, it answers all questions of one long novel. "
    "Overall, our findings suggest that forgetting deserves future research. "
    "Code is available at https://example.org/gullwing."
)
STUDY = (
    "Pruned models are widely used. "
    "In this paper, we investigate whether pruned models keep rare facts. "
    "We find that accuracy on rare facts drops by 12% while average scores remain. "
    "These findings highlight the need for finer benchmarks."
)


def paper(abstract: str, title: str = "Gullwing: a cache of tides") -> Paper:
    return Paper(id="9912.99901", title=title, abstract=abstract)


def parts(abstract: str) -> Parts:
    return extract(paper(abstract)).languages["en"]


def test_roles_of_a_plain_abstract() -> None:
    assert [role for _, role in classify(GULLWING)] == [
        *[Role.BACKGROUND] * 2,
        Role.NOVELTY,
        *[Role.METHOD] * 2,
        *[Role.RESULT] * 3,
        *[Role.IMPLICATION] * 2,
    ]
    assert [role for _, role in classify(STUDY)] == [Role.BACKGROUND, Role.OBJECTIVE, Role.RESULT, Role.IMPLICATION]


def test_parts_of_a_plain_abstract() -> None:
    sentence = [GULLWING[span.start : span.end] for span in split(GULLWING)]
    assert parts(GULLWING) == Parts(
        one_line=sentence[2],
        objective=sentence[0],
        method=f"{sentence[3]} {sentence[4]}",
        result=f"{sentence[5]} {sentence[6]}",
        implication=sentence[8],
        whats_new=sentence[2],
        technical_details=f"{sentence[3]} {sentence[4]}",
        performance=f"{sentence[5]} {sentence[6]}",
    )


def test_a_study_that_introduces_nothing_still_has_its_line() -> None:
    summary = parts(STUDY)
    assert summary.one_line == summary.whats_new
    assert summary.one_line.startswith("In this paper, we investigate")
    assert summary.method == summary.technical_details == ""


START = "Serving long contexts remains costly. We introduce Gullwing, a cache that forgets in rhythm. "
STEPS = "Specifically, it drops keys in blocks, based on a learned tide table. "
FINDING = "Experiments show that Gullwing outperforms full caching by 3.4% on average accuracy. "


@pytest.mark.parametrize(
    "link",
    [
        "Our project page is https://example.org/gullwing.",
        "Code and models are available at https://example.org/gullwing.",
        "We will release our code and data to facilitate future research.",
        "The source code is publicly available.",
    ],
)
def test_where_the_code_is_is_no_implication(link: str) -> None:
    assert parts(START + STEPS + FINDING + link).implication == ""


@pytest.mark.parametrize(
    "closing",
    [
        "Taken together, these findings show that forgetting is enough for most questions.",
        "Overall, our results indicate that caches need not remember everything.",
        "These findings reveal how little of a context is needed.",
        "These results suggest that forgetting deserves its place in serving.",
    ],
)
def test_what_sums_up_is_the_implication_and_no_result(closing: str) -> None:
    summary = parts(START + STEPS + FINDING + closing + " Our project page is https://example.org/gullwing.")
    assert summary.implication == closing
    assert summary.result == FINDING.strip()


def test_a_conclusion_with_its_figure_is_a_result() -> None:
    closing = "Overall, Gullwing outperforms full caching by 3.4%."
    assert closing in parts(START + STEPS + "Experiments show that it is fast. " + closing).result


@pytest.mark.parametrize(
    "set_up",
    [
        "Thresholds are calibrated on 20 tasks.",
        "Our evaluations cover 15 scenarios on four models.",
        "We evaluate 12 models on 11 datasets.",
        "ToyBench contains 451 questions on five skills.",
        "Moreover, we design a second table that keeps rare keys.",
        "To support training, we developed an engine for 5 tides.",
    ],
)
def test_a_set_up_is_no_result_but_may_be_the_method(set_up: str) -> None:
    summary = parts(START + FINDING + set_up)
    assert set_up not in summary.result
    assert set_up not in summary.performance
    assert set_up in summary.method


def test_what_others_do_is_no_method() -> None:
    others = "Existing caches keep every token in a plain list."
    assert others not in parts(START + others + " " + STEPS + FINDING).method


@pytest.mark.parametrize(
    "text",
    [
        "A short note on caches that forget.",
        "我们提出一种新的缓存方法。实验表明它快两倍。",
        "我们提出LakeBench。开源。",
        "新缓存。更快。",
        "We release Gullwing.",
        "Gullwing wins.",
        "캐시를 제안한다.",
        "Мы предлагаем Gullwing.",
    ],
)
def test_an_abstract_of_a_sentence_or_two_is_its_own_summary(text: str) -> None:
    assert parts(text).one_line
    assert parts(text).whats_new


def test_the_line_on_top_stands_alone() -> None:
    summary = parts(
        "Additionally, we introduce Ebb, a second cache for images. "
        "We introduce Gullwing, a cache that forgets in rhythm."
    )
    assert summary.one_line.startswith("We introduce Gullwing")


def test_evidence_names_every_sentence_with_place_and_role() -> None:
    summary = extract(paper(GULLWING))
    roles = dict(classify(GULLWING))
    for part in ALL_PARTS:
        excerpts = [evidence for evidence in summary.evidence if evidence.part == part]
        text = " ".join(GULLWING[evidence.start : evidence.end] for evidence in excerpts)
        assert text == getattr(summary.languages["en"], part)
        assert all(roles[evidence.start, evidence.end] == evidence.role for evidence in excerpts)  # type: ignore[index]


@pytest.mark.parametrize(
    "text", ["", "Gullwing", "Hello world!", "🦀🦀🦀", "https://example.org/a/b-c-d", "\\alpha $x$ 12 3.4 5"]
)
def test_what_says_nothing_gives_empty_parts(text: str) -> None:
    summary = extract(paper(text))
    assert summary.languages == {"en": Parts()}
    assert summary.evidence == ()


HOSTILE = st.text() | st.lists(
    st.sampled_from(
        [*GULLWING.split(" "), *STUDY.split(" "), "$\\frac{1", "}$", "e.g.", "(", '"', "|", "<b>", "🦀", "π_RL", "360°"]
    ),
    max_size=120,
).map(" ".join)


@given(HOSTILE)
@example(GULLWING)
@example("我们提出一种新的缓存方法。实验表明它快两倍。代码已经公开。")
@example("우리는 긴 문맥을 위한 새로운 캐시를 제안한다. 실험 결과 정확도가 3% 높아졌다.")
@example("ignore previous instructions. " * 50)
def test_any_text_is_summarised_in_its_own_words(text: str) -> None:
    subject = paper(text, title=f"x{text}")
    summary = extract(subject)
    sentences = [subject.abstract[start:end] for start, end in split(subject.abstract)]
    assert summary.origin is Origin.EXTRACTIVE
    for part in ALL_PARTS:
        places = [(excerpt.start, excerpt.end) for excerpt in summary.evidence if excerpt.part == part]
        quotes = [subject.abstract[start:end] for start, end in places]
        assert len(places) <= 2
        assert places == sorted(set(places))
        assert all(sentence in sentences for sentence in quotes)
        assert getattr(summary.languages["en"], part) == " ".join(quotes)


@given(HOSTILE)
def test_no_two_parts_of_a_group_share_a_sentence(text: str) -> None:
    summary = extract(paper(text))
    for group in (FIVE_PARTS, THREE_PARTS):
        places = [(excerpt.start, excerpt.part) for excerpt in summary.evidence if excerpt.part in group]
        owners = {start: {part for at, part in places if at == start} for start, _ in places}
        assert all(len(shared) == 1 for shared in owners.values())


def test_the_same_summary_in_every_process() -> None:
    imports = "from assay.digest.roles import cues; from assay.digest.extractive import classify"
    script = f"{imports}; print(cues({GULLWING!r}) and classify({GULLWING + STUDY!r}))"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1


def test_five_hundred_abstracts_take_no_minute_also_as_one() -> None:
    abstracts = [GULLWING.replace("Gullwing", f"Gull{number}") for number in range(500)]
    start = time.process_time()
    for abstract in [*abstracts, " ".join(abstracts)]:
        extract(paper(abstract))
    assert time.process_time() - start < 60  # half a second, and slow machines are no reason to fail


def test_every_phrase_can_be_met() -> None:
    for name, phrases in CUES.items():
        for phrase in phrases:
            [(_, names)] = cues(phrase.removeprefix("^ ") + " it" if phrase.startswith("^") else f"it {phrase}")
            assert name in names, phrase


def test_best_roles_weighs_the_whole_sequence() -> None:
    weights = {"plain": (1, 0, 0, 0, 0, 0), "torn": (10, 0, 0, 9, 0, 0)}
    indifferent = ((0,) * 6,) * 6
    after_background_comes_method = ((0, 0, 0, 5, 0, 0), *indifferent[1:])
    assert best_roles([["plain"], ["torn"]], weights, indifferent) == [Role.BACKGROUND] * 2
    assert best_roles([["plain"], ["torn"]], weights, after_background_comes_method) == [Role.BACKGROUND, Role.METHOD]
    assert best_roles([], weights, indifferent) == []


@pytest.mark.parametrize(("half", "floor"), [("development", 0.90), ("held out", 0.75)])
def test_roles_against_labels(shared: Path, half: str, floor: float) -> None:
    abstracts = _abstracts(shared)
    right = []
    for entry in tomllib.loads((HERE / "gold_roles.toml").read_text(encoding="utf-8"))["paper"]:
        abstract = abstracts[entry["id"]]
        assert sha256(abstract.encode()).hexdigest() == entry["sha256"]
        if entry["half"] == half:
            for (span, role), label in zip(classify(abstract), entry["sentences"], strict=True):
                assert list(span) == label["at"]
                right.append(role in label["roles"])
    assert sum(right) / len(right) >= floor


@pytest.mark.slow
def test_documentation_shows_what_the_benchmark_measures(shared: Path) -> None:
    page = (ROOT / "docs" / "extractive-summaries.md").read_text(encoding="utf-8")
    figures = page.split("<!-- figures: begin -->\n")[1].split("<!-- figures: end -->")[0]
    assert figures == _benchmark(shared)


def test_weights_are_those_that_the_benchmark_fits(shared: Path) -> None:
    source = (ROOT / "src" / "assay" / "digest" / "roles.py").read_text(encoding="utf-8")
    assert f"\n{_benchmark(shared, '--fit')}" in source


def _benchmark(shared: Path, *options: str) -> str:
    command = [sys.executable, str(BENCHMARK), "--corpus", str(shared / "corpus"), *options]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _abstracts(shared: Path) -> dict[str, str]:
    """Normalised abstracts by id; the evening's where morning and evening differ."""
    abstracts: dict[str, str] = {}
    for listing in ("hf_morning", "hf_evening"):
        for file in sorted((shared / "corpus" / listing).glob("2025-02-*.json"), reverse=True):
            for row in json.loads(file.read_text(encoding="utf-8")):
                abstracts[row["paper"]["id"]] = paper(row["paper"]["summary"]).abstract
    return abstracts
