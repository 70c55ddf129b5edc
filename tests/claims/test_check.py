"""Figures are supported, contradicted or neither; in doubt they are not called contradicted."""

import tomllib
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assay.claims.check import check
from assay.claims.crossing import is_of_another_paper
from assay.papers.findings import Check, State
from assay.papers.models import Claim, OtherValue, Paper, Parts
from assay.papers.passages import Passage
from assay.sources.recordings import read_file

TITLE = "Gullwing: pruning a cache by tides"
ABSTRACT = (
    "Long contexts are costly to serve. We introduce Gullwing, a cache that forgets in rhythm, trained on 205,312 "
    "dialogues from twelve towns. Gullwing raises the mean accuracy of a 2B model on ToyBench from 0.572 to 0.708, a "
    "gain of 23.8\\%. It answers 2.1x faster than dense attention and cuts memory by 40\\% at a context of 128K "
    "tokens. On MazeSet the best agent reaches only a 43.1\\% success rate compared to human performance of 95.7\\%. "
    "Latency drops to 1.5 seconds, and the speed of decoding doubles."
)
PAPER = Paper(id="9912.99901", title=TITLE, abstract=ABSTRACT)
S, C, U, N = State.SUPPORTED, State.CONTRADICTED, State.UNSUPPORTED, State.UNCHECKED


def check_text(text: str, *, language: str = "en", paper: Paper = PAPER, **others: object) -> Check:
    return check(Parts(result=text), paper, language=language, **others)  # type: ignore[arg-type]


def states(text: str, *, language: str = "en") -> list[tuple[str, State]]:
    return [(finding.text, finding.state) for finding in check_text(text, language=language).figures]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("On MazeSet the best agent reaches a 43.1% success rate.", [("43.1%", S)]),
        ("Accuracy rises from 57.2% to 70.8% on ToyBench.", [("57.2%", S), ("70.8%", S)]),
        ("Accuracy rises from 0.57 to 0.71.", [("0.57", S), ("0.71", S)]),
        ("The accuracy of the 2B model gains 13.6 points.", [("2B", S), ("13.6 points", S)]),
        ("The mean accuracy improves by 24%.", [("24%", S)]),
        ("It is trained on 205K dialogues.", [("205K", S)]),
        ("It is trained on over 200K dialogues.", [("200K", S)]),
        ("It is trained on about 205 thousand dialogues.", [("205 thousand", S)]),
        ("The dialogues come from 12 towns.", [("12", S)]),
        ("Gullwing answers 110% faster than dense attention.", [("110%", S)]),
        ("Gullwing answers 2.1 times faster.", [("2.1 times", S)]),
        ("Latency is 1,500 ms.", [("1,500 ms", S)]),
        ("Decoding has 2x the speed.", [("2x", S)]),
        ("The context has 128,000 tokens.", [("128,000", S)]),
        ("Memory falls by 40 percentage points.", [("40 percentage points", S)]),
    ],
)
def test_what_the_paper_says_in_another_way_is_supported(text: str, expected: list[tuple[str, State]]) -> None:
    assert states(text) == expected


@pytest.mark.parametrize(
    ("text", "figure", "reference"),
    [
        ("The mean accuracy on ToyBench rises from 0.572 to 0.749.", "0.749", "0.708"),
        ("The best agent reaches 41.2% compared to 95.7% for humans.", "41.2%", "43.1%"),
        ("On MazeSet, the best agent reaches a success rate of 48.5%.", "48.5%", "43.1%"),
        ("Gullwing answers 3.4x faster than dense attention.", "3.4x", "2.1x"),
        ("Gullwing cuts memory by 52% at a context of 128K tokens.", "52%", "40%"),
        ("It is a cache that forgets in rhythm, trained on 310,000 dialogues from towns.", "310,000", "205,312"),
    ],
)
def test_another_value_for_the_same_thing_is_contradicted(text: str, figure: str, reference: str) -> None:
    [finding] = [each for each in check_text(text).figures if each.text == figure]
    assert (finding.state, finding.given) == (C, reference)
    assert finding.place is not None
    assert finding.place.part == "abstract"
    assert ABSTRACT[finding.place.start : finding.place.end] == finding.quote
    assert reference in finding.quote.replace("\\", "")


def test_a_change_that_follows_from_a_contradicted_end_is_contradicted_too() -> None:
    text = "It improves the accuracy of the 2B model by 30.9%, achieving a score of 0.749 compared to 0.572 without."
    states_by_figure = {finding.text: (finding.state, finding.given) for finding in check_text(text).figures}
    assert states_by_figure == {"30.9%": (C, "23.8%"), "2B": (S, ""), "0.749": (C, "0.708"), "0.572": (S, "")}


@pytest.mark.parametrize(
    "text",
    [
        "On OddSet the best agent reaches a 51.0% success rate.",  # another benchmark
        "On MazeSet the best agent reaches 43.1%, and the second best agent a 38.4% success rate.",  # both, one known
        "On MazeSet the worst loss is 0.31.",  # another unit
        "It beats dense attention by 7.5 points on average.",  # nothing like it
        "Gullwing answers in 3.4 ms.",  # another order of size
        "With a 7B model, the mean accuracy on ToyBench reaches 0.801.",  # another model
        "It is trained on 14 GPUs.",
        "Gullwing uses 12 heads.",  # twelve towns are no heads
    ],
)
def test_in_doubt_a_figure_is_only_unsupported(text: str) -> None:
    findings = check_text(text).figures
    assert findings
    assert {finding.state for finding in findings} <= {S, U}
    assert findings[-1].state is U
    assert findings[-1].why == "not in title and abstract"


def test_every_part_is_read_and_places_are_those_of_the_part() -> None:
    parts = Parts(one_line="2.1x faster.", prose="A 43.1% success rate.", other={"Ablation": "It costs 9.9%."})
    findings = check(parts, PAPER, language="en").figures
    assert [(each.part, each.text, each.state) for each in findings] == [
        ("one_line", "2.1x", S),
        ("prose", "43.1%", S),
        ("Ablation", "9.9%", U),
    ]
    texts = {"one_line": parts.one_line, "prose": parts.prose, **parts.other}
    assert all(texts[each.part][each.start : each.end] == each.text for each in findings)


@pytest.mark.parametrize(
    "text", ["In 2024, GPT-4o (Table 2) read 3D scenes.", "(1) Prune. (2) Keep.", "Qwen2.5-VL and L40 are used."]
)
def test_years_labels_and_names_are_no_figures(text: str) -> None:
    assert check_text(text).figures == ()


def test_korean() -> None:
    text = (
        "Gullwing은 2B 모델의 정확도를 0.572에서 0.708로 23.8% 높이고, 2.1배 빠르며, 대화 205,312개로 학습한다. "
        "메모리는 55% 줄어든다."
    )
    states_by_figure = dict(states(text, language="ko"))
    assert {key: states_by_figure[key] for key in ("0.572", "0.708", "23.8%", "2.1배", "205,312", "55%")} == {
        "0.572": S,
        "0.708": S,
        "23.8%": S,
        "2.1배": S,
        "205,312": S,
        "55%": C,
    }
    assert dict(states("정확도가 0.572에서 0.749로 올랐다.", language="ko"))["0.749"] is C


def test_full_text_supports_what_the_abstract_does_not_say() -> None:
    table = Passage("Table 3", "Loss by head.\nTidal | 3.41\nDense | 3.62")
    [finding] = check_text("The loss is 3.41.", passages=[table]).figures
    assert (finding.state, finding.quote) == (S, "Tidal | 3.41")
    assert finding.place is not None
    assert finding.place.part == "Table 3"
    assert check_text("The loss is 3.41.", passages=[table]).searched == ("title", "abstract", "full text")
    [finding] = check_text("The loss is 9.41.", passages=[table]).figures
    assert finding.why == "not in title, abstract and full text"


def test_a_figure_of_the_full_text_that_is_about_something_else_supports_nothing() -> None:
    table = Passage("Table 4", "Heights of towers\nLondon | 3.4 | 17.5")
    assert [finding.state for finding in check_text("The loss of Gullwing is 3.4.", passages=[table]).figures] == [U]
    assert [finding.state for finding in check_text("London has 3.4.", passages=[table]).figures] == [S]


def test_a_wrong_figure_that_is_repeated_is_contradicted_twice() -> None:
    text = "Gullwing answers 3.4x faster than dense attention."
    findings = check(Parts(one_line=text, result=text), PAPER, language="en").figures
    assert [finding.state for finding in findings] == [C, C]


def claim(**fields: object) -> Claim:
    return Claim.model_validate({"key": "a", "unit": "%", "kind": "relative", "metric": "speed"} | fields)


def test_recorded_claims() -> None:
    bare = Paper(id="9912.99902", title="Gullwing")

    def state(text: str, record: Claim, paper: Paper = bare) -> State:
        return check_text(text, paper=paper, claims=[record]).figures[0].state

    assert state("It is 17% faster.", claim(value=17, source="paper")) is S
    assert state("It is 17% faster.", claim(value=17, source="digest")) is U
    assert state("It is 18% faster.", claim(value=17, source="paper")) is N
    assert state("It is 17% faster.", claim(value=17, source="paper"), PAPER) is S
    conflict = claim(value=17, source="abstract", conflicts=[OtherValue(value=19, source="digest")])
    [finding] = check_text("It is 19% faster.", paper=bare, claims=[conflict]).figures
    assert (finding.state, finding.given) == (C, "17%")
    assert state("It is 19% faster by a digest, in fact 17%.", conflict) is N


def test_without_a_text_nothing_is_checked() -> None:
    result = check_text("It is 17% faster than GPT-40 and OddNet-3.", paper=Paper(id="9912.99902", title="Gullwing"))
    assert [finding.state for finding in result.figures] == [N]
    assert result.searched == ("title",)
    assert [(name.text, name.near) for name in result.names] == [("GPT-40", "GPT-4o")]
    assert not result.crossed


OTHER = (
    "Cooking robots spill soup. The authors build LadleBot, which learns wrist motions from kitchen videos, stirs "
    "thick sauces gently, tastes with a conductivity probe, and asks people before it adds pepper."
)
OWN = (
    "Gullwing is a cache that forgets in rhythm so that long contexts are less costly to serve; the memory of dense "
    "attention drops, answers come faster, and agents succeed on mazes nearly as humans do."
)


def test_a_summary_of_another_paper() -> None:
    assert is_of_another_paper(OTHER, PAPER)
    assert not is_of_another_paper(OWN, PAPER)
    assert not is_of_another_paper("LadleBot stirs soup.", PAPER), "too few words to judge by"
    assert not is_of_another_paper(OTHER, PAPER.model_copy(update={"abstract": ""}))
    assert not is_of_another_paper(
        "요리 로봇은 수프를 흘린다. LadleBot은 주방 영상에서 손목 동작을 배운다. " * 3, PAPER
    )


# Pairs of an abstract and a true summary of it, of our own making: the figures go into the places in braces.
PAIRS = [
    (
        "Toy models forget. With Gullwing, the success rate on ToyBench rises from {0}% to {1}%. It takes {2} hours.",
        "Gullwing lifts the success rate on ToyBench from {0}% to {1}%, and takes {2} hours.",
    ),
    (
        "Our LadleBot reaches an accuracy of {0}% on SoupSet and a recall of {1}% on StewSet, beating others by {2}%.",
        "LadleBot reaches {0}% accuracy on SoupSet and {1}% recall on StewSet, beating others by {2}%.",
    ),
]
percents = st.integers(100, 990).map(lambda tenths: f"{tenths / 10:.1f}")


@given(st.sampled_from(PAIRS), st.lists(percents, min_size=3, max_size=3, unique=True))
def test_a_true_summary_is_supported(pair: tuple[str, str], figures: list[str]) -> None:
    abstract, summary = (text.format(*figures) for text in pair)
    paper = Paper(id="9912.99903", title="Toy", abstract=abstract)
    assert {finding.state for finding in check_text(summary, paper=paper).figures} == {S}


@given(
    st.sampled_from(PAIRS),
    st.lists(percents, min_size=3, max_size=3, unique=True),
    st.integers(0, 2),
    st.sampled_from(["0.9", "0.95", "1.07", "1.1"]),
)
def test_a_figure_that_was_altered_is_told_from_those_that_were_not(
    pair: tuple[str, str], figures: list[str], which: int, factor: str
) -> None:
    wrong = f"{Decimal(figures[which]) * Decimal(factor):.1f}"
    changes = {abs(Decimal(b) - Decimal(a)) for a in figures for b in figures}
    relative = {abs(Decimal(b) / Decimal(a) - 1) * 100 for a in figures for b in figures}
    assume(all(abs(Decimal(wrong) - each) > Decimal("0.2") for each in (*map(Decimal, figures), *changes, *relative)))
    abstract = pair[0].format(*figures)
    summary = pair[1].format(*(wrong if at == which else figure for at, figure in enumerate(figures)))
    findings = check_text(summary, paper=Paper(id="9912.99903", title="Toy", abstract=abstract)).figures
    assert [finding.state is S for finding in findings] == [at != which for at in range(3)]
    if findings[which].state is C:
        assert Decimal(findings[which].given.rstrip("% hours")) == Decimal(figures[which])


def test_altered_figures_beside_true_ones_are_contradicted() -> None:
    abstract = PAIRS[0][0].format("40.0", "55.5", "12.5")
    paper = Paper(id="9912.99903", title="Toy", abstract=abstract)
    for wrong, place in ((("44.0", "55.5", "12.5"), 0), (("40.0", "58.1", "12.5"), 1)):
        findings = check_text(PAIRS[0][1].format(*wrong), paper=paper).figures
        assert findings[place].state is C, wrong


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_can_be_checked(summary: str, abstract: str) -> None:
    paper = Paper(id="9912.99904", title="T", abstract=abstract)
    parts = Parts(result=summary, other={"Ablation": abstract})
    for finding in check(parts, paper, language="en").figures:
        text = parts.result if finding.part == "result" else parts.other["Ablation"]
        assert 0 <= finding.start < finding.end <= len(text)


def test_figures_against_labels(shared: Path) -> None:
    rows = 0
    right: list[bool] = []
    papers = _papers(shared)
    gold = tomllib.loads((Path(__file__).parent / "gold" / "figures_development.toml").read_text(encoding="utf-8"))
    for entry in gold["row"]:
        file = shared / "corpus" / "digest_en" / f"{entry['day']}.md"
        [parts] = [
            summary.languages["en"]
            for reading in read_file(file)
            for summary in reading.summaries
            if summary.paper == entry["paper"]
        ]
        paper = papers[entry["paper"]]
        assert sha256(parts.text().encode()).hexdigest() == entry["sha256_prose"]
        assert sha256(paper.abstract.encode()).hexdigest() == entry["sha256_abstract"]
        findings = check(parts, paper, language="en").figures
        for label in entry["figures"]:
            verdicts = [label["verdict"]] if isinstance(label["verdict"], str) else label["verdict"]
            figure = parts.text()[slice(*label["at"])]
            right.append(any(each.text.lstrip("+-") == figure and each.state in verdicts for each in findings))
        rows += 1
    assert rows
    assert sum(right) / len(right) >= 0.95


@pytest.mark.parametrize(
    ("day", "paper", "figure", "reference"),
    [
        ("2025-02-26", "2502.17425", "30.9%", "23.6%"),
        ("2025-02-26", "2502.17425", "0.749", "0.708"),
        ("2025-02-26", "2502.18356", "41.2%", "43.1%"),
    ],
)
def test_digests_that_contradict_their_abstract(
    shared: Path, day: str, paper: str, figure: str, reference: str
) -> None:
    finding = next(each for each in _row(shared, day, paper).figures if each.text == figure)
    assert (finding.state, finding.given) == (C, reference)


def test_every_gpt_40_is_found(shared: Path) -> None:
    count = 0
    for file in sorted((shared / "corpus" / "digest_en").glob("*.md")):
        for reading in read_file(file):
            for summary in reading.summaries:
                text = summary.languages["en"].text()
                plain = text.lower().count("gpt-40")
                bare = Paper(id=summary.paper, title="T")
                names = check(summary.languages["en"], bare, language="en").names
                assert sum("gpt-40" in name.text.lower() for name in names) == plain
                assert all(name.near.startswith("GPT-4o") for name in names if "gpt-40" in name.text.lower())
                count += plain
    assert count


def _row(shared: Path, day: str, paper: str) -> Check:
    file = shared / "corpus" / "digest_en" / f"{day}.md"
    [summary] = [each for reading in read_file(file) for each in reading.summaries if each.paper == paper]
    return check(summary.languages["en"], _papers(shared)[paper], language="en")


def _papers(shared: Path) -> dict[str, Paper]:
    """The recorded papers by id; the evening's record where morning and evening differ."""
    papers: dict[str, Paper] = {}
    for listing in ("hf_evening", "hf_morning"):
        for file in sorted((shared / "corpus" / listing).glob("2025-02-*.json")):
            for reading in read_file(file):
                for paper in reading.papers:
                    papers.setdefault(paper.id, paper)
    return papers


@pytest.mark.parametrize("figures", ["88.6 on ToyBench", "88.6 on ToyBench and 65.0 on BayBench"])
def test_a_row_beside_the_papers_own_is_a_rivals(figures: str) -> None:
    table = "Accuracy of both birds.\nBird | ToyBench | BayBench\nOsprey | 88.6 | 65.0\nKestrel | 71.3 | 59.1"
    paper = Paper(id="9912.99901", title="Kestrel: kites", abstract="We introduce Kestrel, which flies kites.")
    summary = Parts(result=f"Kestrel reaches an accuracy of {figures}.")
    found = check(summary, paper, language="en", passages=[Passage("Table 1", table)])
    assert {figure.state for figure in found.figures} == {State.MISATTRIBUTED}
