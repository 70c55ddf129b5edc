"""The catalogue is complete, says the same in both languages, and has a source for every figure."""

import json
import re
import unicodedata
from decimal import Decimal
from pathlib import Path

import pytest

from assay.claims.check import check
from assay.claims.numbers.quantities import Figure, figures
from assay.papers.catalogue import FOLDER, Entry, read_entry
from assay.papers.findings import State
from assay.papers.models import ALL_PARTS, Claim, Fact, ends_of
from assay.papers.text import normalise

FILES = sorted(FOLDER.glob("*/*.toml"))


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def entry(request: pytest.FixtureRequest) -> Entry:
    return read_entry(request.param)


def test_every_part_is_written_in_both_languages(entry: Entry) -> None:
    assert set(entry.summary) >= {"en", "ko"}
    for language, parts in entry.summary.items():
        for part in ALL_PARTS:
            assert getattr(parts, part), f"{language}.{part} is empty"
    assert entry.claims or entry.facts


def test_both_languages_carry_the_same_figures(entry: Entry) -> None:
    for part in ALL_PARTS:
        english, korean = (set(figures(getattr(entry.summary[language], part))) for language in ("en", "ko"))
        assert english == korean, f"{part}: {_join(english ^ korean)} stand in one language only"


def test_korean_is_korean(entry: Entry) -> None:
    for part in ALL_PARTS:
        text = getattr(entry.summary["ko"], part)
        hangul = sum("가" <= ch <= "힣" for ch in text)
        assert hangul > 0.25 * len(text), part
        stray = [ch for ch in text if unicodedata.name(ch, "").startswith(("CJK", "HIRAGANA", "KATAKANA"))]
        assert not stray, f"{part}: {stray}"


def test_every_figure_has_a_source(entry: Entry, shared: Path) -> None:
    abstract = _abstracts(shared).get(entry.id, "")
    digest = _digests(shared).get(entry.id, "")
    notes = _notes_on_paper(entry, shared)
    texts = {"abstract": [abstract], "digest": [digest], "both": [abstract, digest], "paper": [notes]}
    everything: list[Claim | Fact] = [*entry.claims, *entry.facts]
    for statement in everything:
        for text in texts[statement.source]:
            for end in statement.ends:
                assert _stands_in(end, text), f"{statement.key}: {end} does not stand in {statement.source}"
        for other in statement.conflicts:
            for end in ends_of(other.value):
                assert _stands_in(end, texts[other.source][0]), f"{statement.key}: {end} not in {other.source}"
    sourced_values = _values(f"{abstract}\n{digest}\n{notes}\n{entry.title}")
    # A rival's figure that we read ourselves is recorded with its place.
    record_values = {Decimal(repr(value)) for record in entry.records for value in ends_of(record.value)}
    values = {value.normalize() for value in sourced_values | record_values}
    for claim in entry.claims:
        for end in (*(claim.between or ()), *ends_of(claim.baseline_value)):
            assert abs(Decimal(repr(end))).normalize() in values, f"{claim.key}: {end} stands nowhere"
    for language in ("en", "ko"):
        for figure in figures(entry.summary[language].text()):
            assert figure.value in sourced_values, f"{language}: {figure} stands in no source"


def test_claims_are_of_the_metric_and_not_of_its_change(entry: Entry) -> None:
    """So that `better` and `direction` mean the same in every claim: less time is time that goes down."""
    for claim in entry.claims:
        words = set(re.findall(r"[a-z-]+", claim.metric.lower()))
        assert not words & _CHANGES, f"{claim.key}: {claim.metric}"
        if claim.kind in {"relative", "points", "times"}:
            assert claim.direction, f"{claim.key}: which way does the {claim.metric} go?"
        if claim.between is not None and claim.direction:
            rises = claim.between[0] < claim.between[1]
            assert rises == (claim.direction == "up"), f"{claim.key}: {claim.between} does not go {claim.direction}"
        assert not claim.baseline_value or claim.baseline, f"{claim.key}: whose figure is {claim.baseline_value}?"


_CHANGES = set(
    "reduction reductions gain gains improvement improvements increase decrease drop speedup speed-up".split()
)


def test_every_figure_of_ours_is_recorded(entry: Entry) -> None:
    """With nothing at hand but what we noted: so a reader who has collected nothing sees the state of each figure."""
    for language, parts in entry.summary.items():
        result = check(parts, entry.paper(), language=language, claims=entry.evidence())
        missing = [each for each in result.figures if each.state is not State.SUPPORTED]
        assert not missing, f"{language}: {', '.join(f'{each.part}: {each.text}' for each in missing)}"


def test_what_is_recorded_of_the_abstract_stands_there(entry: Entry, shared: Path) -> None:
    abstract = _abstracts(shared).get(entry.id)
    if abstract is None:
        pytest.skip("no abstract of it is recorded")
    for record in entry.records:
        if record.at == "abstract":
            for end in ends_of(record.value):
                assert _stands_in(end, abstract), f"{end} does not stand in the abstract"


def test_no_figure_of_ours_is_unsupported(entry: Entry, shared: Path) -> None:
    paper = entry.paper().model_copy(update={"abstract": normalise(_abstracts(shared).get(entry.id, ""))})
    if not paper.abstract:
        pytest.skip("no abstract of it is recorded")
    for language, parts in entry.summary.items():
        result = check(parts, paper, language=language, claims=entry.evidence())
        wrong = [each for each in result.figures if each.state is not State.SUPPORTED]
        assert not wrong, (
            f"{language}: {', '.join(f'{each.part}: {each.text} {each.state} ({each.why})' for each in wrong)}"
        )
        assert not result.crossed
        assert not [name.text for name in result.names if name.near]


def test_the_words_are_our_own(entry: Entry, shared: Path) -> None:
    theirs = _shingles(_abstracts(shared).get(entry.id, "") + "\n" + _digests(shared).get(entry.id, ""))
    for language in ("en", "ko"):
        copies = _shingles(entry.summary[language].text()) & theirs
        assert not copies, f"{language}: copied: {min(copies)}"


def _notes_on_paper(entry: Entry, shared: Path) -> str:
    """What others read in the full text and wrote down: the paper's card, and the audits of our catalogue."""
    card = (shared / "papers" / f"{entry.id}.md").read_text(encoding="utf-8")
    short = entry.id.partition(".")[2]
    audits = [path.read_text(encoding="utf-8") for path in sorted((shared / "faults").glob("catalogue-*.md"))]
    lines = [line for audit in audits for line in audit.splitlines()]
    # A row without an id continues the rows of the paper above it.
    rows, ours = [], False
    for line in lines:
        match = re.search(r"\b(?:\d{4}\.)?(\d{5})\b", line) if line.startswith("|") else None
        ours = match[1] == short if match else ours and line.startswith("|")
        if ours or short in line:
            rows.append(line)
    return "\n".join([card, *rows])


def _join(numbers: set[Figure]) -> str:
    return ", ".join(sorted(map(str, numbers)))


_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_TWICE = re.compile(r"\b(?:twice|doubl(?:e[sd]?|ing))\b", re.IGNORECASE)


def _values(text: str) -> set[Decimal]:
    # Names count here: a figure may be part of a name on one side only ("Qwen2.5-7B" and "a 7B model").
    bare = {
        Decimal(number.replace(",", ""))
        for number in re.findall(r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?|(?<!\d)\.\d+", text)
    }
    bare |= {Decimal(_WORDS.index(word)) for word in re.findall(r"[a-z]+", text.lower()) if word in _WORDS}
    bare |= {Decimal(2)} if _TWICE.search(text) else set()
    suffixes = {
        Decimal(number) * 10 ** {"k": 3, "m": 6, "b": 9, "t": 12}[scale.lower()]
        for number, scale in re.findall(r"(\d+(?:\.\d+)?)\s*([KMBTkmbt])(?![a-z])", text)
    }
    words = {"million": 6, "billion": 9, "trillion": 12}
    in_words = {
        Decimal(number) * 10 ** words[word.lower()]
        for number, word in re.findall(r"(\d+(?:\.\d+)?)\s*-?(million|billion|trillion)", text, re.IGNORECASE)
    }
    korean = {Decimal(number) * 10**4 for number in re.findall(r"(\d+(?:\.\d+)?)만", text)}
    powers = {Decimal(10) ** int(power) for power in re.findall(r"10\^(\d+)", text)}
    return bare | suffixes | in_words | korean | powers | {figure.value for figure in figures(text)}


def _stands_in(value: float, text: str) -> bool:
    return abs(Decimal(repr(value))).normalize() in {number.normalize() for number in _values(text)}


def _shingles(text: str, length: int = 9) -> set[str]:
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[i : i + length]) for i in range(len(words) - length + 1)}


def _abstracts(shared: Path) -> dict[str, str]:
    abstracts: dict[str, str] = {}
    for path in sorted((shared / "corpus").glob("hf_*/*.json")):
        for listing in json.loads(path.read_text(encoding="utf-8")):
            abstracts[listing["paper"]["id"]] = listing["paper"]["summary"]
    return abstracts


def _digests(shared: Path) -> dict[str, str]:
    digests: dict[str, str] = {}
    for path in sorted((shared / "seeds").glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        blocks = text.split("\n### ") if text.startswith("## Daily") else text.split("\n| ")
        for block in blocks:
            match = re.search(r"arxiv\.org/abs/(\d{4}\.\d{5})", block)
            if match:
                digests[match[1]] = digests.get(match[1], "") + "\n" + re.sub(r"\(?https?://\S+", "", block)
    return digests
