"""The preference leakage score is the paper's, its interval covers, and files and judges are read as they are meant."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.methods.pages import run_example

from assay.methods.evaluation.preference_leakage import (
    AnswerPair,
    Judgment,
    ask_for_verdicts,
    compare_answers,
    compare_letters,
    compare_likelihoods,
    judging_task,
    leakage_by_category,
    leakage_report,
    leakage_score,
    measure_leakage,
    read_alpaca_eval,
    read_arena_hard,
    read_inspect_judgments,
    tell_students_apart,
)

STUDENTS = ("S_i", "S_j")
# Table 1 of the paper: what GPT-4o, Gemini and LLaMA give, and the score as it is printed.
GOLDEN = [
    ((55.1, 36.8), (63.2, 44.9), 18.4),  # AlpacaEval: GPT-4o and Gemini
    ((43.1, 22.6), (77.4, 56.9), 23.4),  # not a cell: another judge's rates
    ((39.5, 22.6), (77.4, 60.5), 19.8),  # AlpacaEval: LLaMA and Gemini
    ((38.4, 18.2), (42.0, 27.0), 28.7),  # Arena-Hard, with ties
    ((14.6, 9.2), (59.4, 55.4), 13.1),
    ((49.8, 22.0), (44.5, 21.2), 37.1),
]


def as_in_the_paper(first: tuple[float, float], second: tuple[float, float]) -> float:
    """The formula of section 3.3, word by word."""
    excess = []
    for own, other in (first, second):
        average = (own + other) / 2
        excess.append((own - average) / average)
    return 100 * sum(excess) / 2


@pytest.mark.parametrize(("first", "second", "printed"), [row for row in GOLDEN if row[2] != 23.4])
def test_the_papers_cells_come_out(first: Any, second: Any, printed: float) -> None:
    assert leakage_score(first, second) == pytest.approx(printed, abs=0.1)


def test_the_average_is_over_judges_and_a_tie_is_no_win() -> None:
    own, other, theirs, given = 14.6, 9.2, 59.4, 55.4
    by_students = [
        (own - (own + given) / 2) / ((own + given) / 2),
        (theirs - (theirs + other) / 2) / ((theirs + other) / 2),
    ]
    assert leakage_score((own, other), (theirs, given)) != pytest.approx(100 * sum(by_students) / 2, abs=1)
    halves = leakage_score((38.4 + 34.6 / 2, 18.2 + 39.8 / 2), (42.0 + 39.8 / 2, 27.0 + 34.6 / 2))
    assert halves == pytest.approx(17.7, abs=0.1)


@given(*[st.floats(0.01, 1.0)] * 4)
def test_it_is_the_formula_symmetric_and_bounded(a: float, b: float, c: float, d: float) -> None:
    score = leakage_score((a, b), (c, d))
    assert score == pytest.approx(as_in_the_paper((a, b), (c, d)), abs=1e-9)
    assert score == pytest.approx(leakage_score((c, d), (a, b)), abs=1e-9)
    assert leakage_score((a, a), (c, c)) == pytest.approx(0, abs=1e-9)
    assert -100 <= score <= 100


def judged(judge: str, wins: Sequence[tuple[float, float]], *, students: Any = STUDENTS, **more: Any) -> list[Judgment]:
    return [Judgment(str(at), judge, students, win, **more) for at, win in enumerate(wins)]


def drawn(rates: Sequence[float], count: int, rng: np.random.Generator) -> list[tuple[float, float]]:
    kinds = [(1.0, 0.0), (0.0, 1.0), (0.0, 0.0)]
    return [kinds[at] for at in rng.choice(3, size=count, p=rates)]


def test_judgments_are_counted_whichever_student_is_named_first() -> None:
    rng = np.random.default_rng(0)
    first, second = drawn([0.5, 0.3, 0.2], 200, rng), drawn([0.3, 0.4, 0.3], 200, rng)
    rows = judged("i", first) + judged("j", [(b, a) for a, b in second], students=STUDENTS[::-1])
    leakage = measure_leakage(rows, ("i", "j"), STUDENTS, repeats=200)
    shares = [np.mean(np.array(each), axis=0) for each in (first, second)]
    assert leakage.score.value == pytest.approx(
        as_in_the_paper((shares[0][0], shares[1][0]), (shares[1][1], shares[0][1]))
    )
    assert [(rates.judge, rates.win) for rates in leakage.rates] == [("i", shares[0][0]), ("j", shares[1][0])]
    assert leakage.rates[0].tie == pytest.approx(1 - sum(shares[0]))
    assert leakage.score.low < leakage.score.value < leakage.score.high
    turned = measure_leakage(rows, ("j", "i"), STUDENTS[::-1], repeats=200)
    assert turned.score.value == pytest.approx(leakage.score.value)


def test_intervals_cover_and_the_test_keeps_its_level() -> None:
    rng = np.random.default_rng(1)
    truth = as_in_the_paper((0.5, 0.35), (0.55, 0.4))
    covered, small = 0, 0
    for _ in range(25):
        rows = judged("i", drawn([0.5, 0.4, 0.1], 120, rng)) + judged("j", drawn([0.35, 0.55, 0.1], 120, rng))
        score = measure_leakage(rows, ("i", "j"), STUDENTS, repeats=100).score
        covered += score.low <= truth <= score.high
        alike = judged("i", drawn([0.45, 0.45, 0.1], 60, rng)) + judged("j", drawn([0.45, 0.45, 0.1], 60, rng))
        small += measure_leakage(alike, ("i", "j"), STUDENTS, repeats=100).p_value <= 0.1
    assert covered >= 20
    assert small <= 7


def test_clusters_widen_the_interval() -> None:
    rng = np.random.default_rng(2)
    wins = {judge: np.repeat(drawn([0.5, 0.5, 0], 20, rng), 10, axis=0) for judge in "ij"}
    rows, loose = (
        [
            Judgment(
                str(at), judge, STUDENTS, (float(win[0]), float(win[1])), cluster=str(at // 10) if clustered else ""
            )
            for judge in "ij"
            for at, win in enumerate(wins[judge])
        ]
        for clustered in (True, False)
    )
    narrow, wide = (measure_leakage(each, ("i", "j"), STUDENTS, repeats=300) for each in (loose, rows))
    assert wide.score.value == narrow.score.value
    assert (wide.score.clusters, narrow.score.clusters) == (20, 200)
    assert wide.score.high - wide.score.low > 2 * (narrow.score.high - narrow.score.low)
    assert wide.p_value > narrow.p_value


def test_few_wins_tell_nothing() -> None:
    rows = judged("i", [(1, 0)] * 9 + [(0, 1)]) + judged("j", [(1, 0)] * 8 + [(0, 1)] * 2)
    score = measure_leakage(rows, ("i", "j"), STUDENTS, repeats=50).score
    assert (score.low, score.high) == (-100, 100)


def test_a_report_has_every_pair_and_judges_that_are_kin_to_none() -> None:
    rng = np.random.default_rng(3)
    rows: list[Judgment] = []
    for judge, win in (("gpt", 0.6), ("gem", 0.3), ("mini", 0.5), ("other", 0.45)):
        rows += judged(judge, drawn([win, 0.9 - win, 0.1], 150, rng))
    report = leakage_report(
        rows, {"gpt": "S_i", "gem": {"S_j": "same model"}, "mini": {"S_i": "same family"}}, repeats=100
    )
    table = {row["judges"]: row for row in report.table()}
    assert set(table) == {"gpt & gem", "gem & mini"}
    assert table["gpt & gem"]["kinship"] == "same model"
    assert table["gem & mini"]["kinship"] == "same model & same family"
    assert table["gpt & gem"]["value"] > table["gem & mini"]["value"] > 0
    assert table["gpt & gem"]["p_adjusted"] >= table["gpt & gem"]["p_value"]
    assert report.by_kinship() == {"same model": table["gpt & gem"]["value"]}
    others = {row["judge"]: row for row in report.verdicts}
    assert others["other"]["kinship"] == ("none", "none")
    assert others["gpt"]["kinship"] == ("same model", "none")


def test_categories_are_scored_by_themselves() -> None:
    rng = np.random.default_rng(4)
    rows: list[Judgment] = []
    for at, (category, win) in enumerate((("code", 0.7), ("talk", 0.45))):
        for judge, rate in (("i", win), ("j", 0.9 - win)):
            wins = drawn([rate, 1 - rate, 0], 100, rng)
            rows += [Judgment(f"{at}-{n}", judge, STUDENTS, each, category) for n, each in enumerate(wins)]
    scores = leakage_by_category(rows, ("i", "j"), STUDENTS, repeats=50)
    assert scores["code"].score.value > scores["talk"].score.value + 20


# Files


def arena(path: Path, games: Sequence[Any], **more: Any) -> Path:
    rows = [
        {"question_id": f"q{n}", "model": "S_j", "judge": "gpt", "games": [{"score": each} for each in game]} | more
        for n, game in enumerate(games)
    ]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def test_arena_hard_is_won_in_both_orders(tmp_path: Path) -> None:
    """In the first game A is the baseline, in the second the model."""
    games = [("A>>B", "B>A"), ("B>A", "A>>B"), ("A>B", "A>B"), ("A=B", "A>B"), ("B>>A", "A>B")]
    rows = read_arena_hard(arena(tmp_path / "a.jsonl", games), baseline="S_i", categories={"q0": "code"})
    assert [row.wins for row in rows] == [(1, 0), (0, 1), (0, 0), (0, 0), (0, 1)]
    assert {row.students for row in rows} == {("S_i", "S_j")}
    assert (rows[0].category, rows[0].judge, rows[0].prompt) == ("code", "gpt", "q0")
    named = arena(tmp_path / "b.jsonl", games, baseline="S_k")
    assert read_arena_hard(named, judge="me")[0].students == ("S_k", "S_j")
    assert read_arena_hard(named, judge="me")[0].judge == "me"


@pytest.mark.parametrize(
    ("games", "words"),
    [
        ([("A>B", "C>B")], r"line 1: question q0: the verdict is 'C>B'"),
        ([("A>B", "B>A"), ("A>B",)], r"line 2: question q1 has 1 games: both orders are needed"),
        ([(None, "B>A")], r"line 1: game 0 of question q0 has no verdict but None"),
    ],
)
def test_arena_hard_that_is_not_whole_is_refused_by_its_record(tmp_path: Path, games: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_arena_hard(arena(tmp_path / "a.jsonl", games), baseline="S_i")
    with pytest.raises(ValueError, match="give baseline=, for the record has no baseline"):
        read_arena_hard(arena(tmp_path / "a.jsonl", [("A>B", "B>A")]))


def test_a_missing_verdict_is_a_tie_where_that_is_asked_for(tmp_path: Path) -> None:
    path = arena(tmp_path / "a.jsonl", [(None, "B>A")])
    assert read_arena_hard(path, baseline="S_i", unread_as_tie=True)[0].wins == (0, 0)


def alpaca(path: Path, values: Sequence[Any], field: str = "preference") -> Path:
    rows = [
        {"instruction": f"p{n}", "generator_1": "S_i", "generator_2": "S_j", "annotator": "gem", field: value}
        for n, value in enumerate(values)
    ]
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def test_alpaca_eval_prefers_the_second_at_two(tmp_path: Path) -> None:
    rows = read_alpaca_eval(alpaca(tmp_path / "a.json", [1, 2, 1.5, 0]))
    assert [row.wins for row in rows] == [(1, 0), (0, 1), (0, 0), (0, 0)]
    assert rows[0].judge == "gem"
    weighed = read_alpaca_eval(alpaca(tmp_path / "b.json", [1.25, 1.5]))
    assert [row.wins for row in weighed] == [(0.75, 0.25), (0.5, 0.5)]
    controlled = read_alpaca_eval(alpaca(tmp_path / "c.json", [0.25, 1.0], "glm_preference"), field="glm_preference")
    assert [row.wins for row in controlled] == [(0.75, 0.25), (0, 1)]


@pytest.mark.parametrize(
    ("value", "words"),
    [(2.5, "record 2: 'p1' has the preference 2.5"), (None, "record 2: 'p1' has the preference None")],
)
def test_a_preference_that_is_none_is_refused(tmp_path: Path, value: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_alpaca_eval(alpaca(tmp_path / "a.json", [1, value]))


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"a": 1}\n{"b"', encoding="utf-8")
    with pytest.raises(ValueError, match="line 2 is no JSON"):
        read_arena_hard(tmp_path / "a.jsonl")
    (tmp_path / "b.json").write_text("[]", encoding="utf-8")
    with pytest.raises(ValueError, match="has no records"):
        read_alpaca_eval(tmp_path / "b.json")


# Judges

ANSWERS = {"S_i": ["aa", "b", "cc"], "S_j": ["a", "bbb", "cc"]}


def test_a_judge_of_lengths_and_one_of_positions() -> None:
    def longer(pairs: Sequence[AnswerPair]) -> list[str]:
        sizes = [(len(pair.first), len(pair.second)) for pair in pairs]
        return ["tie" if a == b else "A>>B" if a > b else "B>A" for a, b in sizes]

    prompts = ["p", "q", "r"]
    rows = compare_answers(longer, prompts, ANSWERS, name="long", categories=["x", "y", "x"])
    assert [row.wins for row in rows] == [(1, 0), (0, 1), (0, 0)]
    assert [row.category for row in rows] == ["x", "y", "x"]
    first = compare_answers(lambda pairs: ["A"] * len(pairs), prompts, ANSWERS, name="first")
    assert {row.wins for row in first} == {(0, 0)}
    leaning = compare_answers(lambda pairs: [0.75] * len(pairs), prompts, ANSWERS, name="leaning")
    assert {row.wins for row in leaning} == {(0.5, 0.5)}


class Likely:
    """Finds short answers, and the letter A, likelier."""

    name = "likely"

    def answer(self, prompts: Sequence[str], **how: Any) -> list[str]:
        return [f"Well. [[A>B]] no, [[{'A=B' if 'q' in prompt else 'B>A'}]]" for prompt in prompts]

    def log_likelihoods(self, prompts: Sequence[str], continuations: Sequence[str]) -> list[tuple[float, int]]:
        return [(-float(len(each) ** 2) + (each == "A"), len(each)) for each in continuations]


def test_judges_by_words_by_letter_and_by_likelihood() -> None:
    pairs = [AnswerPair("p", "a", "bbb"), AnswerPair("q", "aa", "a")]
    assert ask_for_verdicts(Likely(), question="{prompt}")(pairs) == ["B>A", "A=B"]
    assert compare_letters(Likely())(pairs) == pytest.approx([1 / (1 + np.exp(-1))] * 2)
    assert compare_likelihoods(Likely())(pairs) == ["A>B", "B>A"]


def test_students_are_told_apart_by_their_words_on_unmet_prompts() -> None:
    texts = {"S_i": [f"indeed topic{n}" for n in range(40)], "S_j": [f"well topic{n}" for n in range(40)]}
    assert tell_students_apart(texts).value == 1
    same = {student: [f"topic{n}" for n in range(40)] for student in STUDENTS}
    assert tell_students_apart(same).value == 0.5


# inspect_ai


def test_inspect_runs_the_judge_and_its_log_is_read(run_inspect: Any) -> None:
    task = judging_task(["p", "q"], {"S_i": ["a", "b"], "S_j": ["c", "d"]})
    log = run_inspect(task, ["First. [[A>>B]]", "[[B>A]]", "[[A>B]] or rather [[A=B]]", "[[A > B]]"])
    rows = read_inspect_judgments(log.location, judge="gpt", categories={"p": "code"})
    assert [(row.prompt, row.students, row.wins, row.category) for row in rows] == [
        ("p", STUDENTS, (1, 0), "code"), ("q", STUDENTS, (0, 0), "")
    ]  # fmt: skip
    assert log.results.scores[0].metrics["mean"].value == pytest.approx((1 + 1 + 0.5 + 0) / 4)
    assert read_inspect_judgments(log.location)[0].judge == "mockllm/model"


def test_a_log_without_a_verdict_is_refused_by_its_sample(run_inspect: Any) -> None:
    log = run_inspect(judging_task(["p"], {"S_i": ["a"], "S_j": ["c"]}), ["[[A>B]]", "I like [[both]]."])
    with pytest.raises(ValueError, match="sample 0-1: the judge gives no verdict on 'p'"):
        read_inspect_judgments(log.location)
    assert read_inspect_judgments(log.location, unread_as_tie=True)[0].wins == (0, 0)
    with pytest.raises(ValueError, match="give two students"):
        judging_task(["p"], {"S_i": ["a"]})


# What it refuses

GOOD = judged("i", [(1, 0), (0, 1)]) + judged("j", [(1, 0), (0, 1)])


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (GOOD[:3], "'i' judged 1 prompts that 'j' did not, '1' among them"),
        ([*GOOD, GOOD[0]], "'i' judged '0' twice"),
        (GOOD[:2], "'j' judged no answers of 'S_i' and 'S_j'"),
        (judged("i", [(1, 0), (0, 0)]) + judged("j", [(1, 0), (0, 0)]), "neither 'i' nor 'j' lets 'S_j' win once in 2"),
    ],
)
def test_judgments_that_have_no_score_are_refused(rows: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        measure_leakage(rows, ("i", "j"), STUDENTS)


def test_calls_that_mean_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="'p' is about 'a' twice"):
        Judgment("p", "i", ("a", "a"), (1, 0))
    with pytest.raises(ValueError, match="has the wins"):
        Judgment("p", "i", STUDENTS, (0.9, 0.9))
    with pytest.raises(ValueError, match="is both judges"):
        measure_leakage(GOOD, ("i", "i"), STUDENTS)
    with pytest.raises(ValueError, match="no judge lets the first student win"):
        leakage_score((0, 0), (1, 1))
    with pytest.raises(ValueError, match="win rates are"):
        leakage_score((-1, 0), (1, 1))
    with pytest.raises(ValueError, match="'k' is related, but judged nothing: the judges are i, j"):
        leakage_report(GOOD, {"k": "S_i"})
    with pytest.raises(ValueError, match="'S_k' is in no judgment"):
        leakage_report(GOOD, {"i": "S_k"})
    with pytest.raises(ValueError, match="no two related judges"):
        leakage_report(GOOD, {"i": "S_i"})
    with pytest.raises(ValueError, match="'0' has no category"):
        leakage_by_category(GOOD, ("i", "j"), STUDENTS)
    with pytest.raises(ValueError, match="give two"):
        compare_answers(lambda pairs: [], ["p"], {"S_i": ["a"]}, name="i")
    with pytest.raises(ValueError, match="'S_j' has 0 answers to 1 prompts"):
        compare_answers(lambda pairs: [], ["p"], {"S_i": ["a"], "S_j": []}, name="i")
    with pytest.raises(ValueError, match="'i' gives 0 verdicts on 1 pairs"):
        compare_answers(lambda pairs: [], ["p"], {"S_i": ["a"], "S_j": ["b"]}, name="i")
    with pytest.raises(ValueError, match="the judge 'i' on 'p': the verdict is 'C'"):
        compare_answers(lambda pairs: ["C"], ["p"], {"S_i": ["a"], "S_j": ["b"]}, name="i")
    with pytest.raises(ValueError, match="gives no verdict on 'p'"):
        ask_for_verdicts(Mute())([AnswerPair("p", "a", "b")])
    with pytest.raises(ValueError, match="give two or more students"):
        tell_students_apart({"S_i": ["a"] * 9})


class Mute(Likely):
    name = "mute"

    def answer(self, prompts: Sequence[str], **how: Any) -> list[str]:
        return ["I cannot say."] * len(prompts)


def test_the_page_on_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_example("preference_leakage")
