"""Puzzles are seeded and proved, their pictures differ; the protocol reads what is said and no more; reports add up."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.methods.evaluation.conftest import RunHarness, RunInspect
from tests.methods.pages import run_example

from assay.methods._models import ModelError, as_model
from assay.methods.evaluation.puzzle_vqa import (
    FAMILIES,
    KINDS,
    RUNGS,
    Puzzle,
    Reply,
    TwoStage,
    ends_in,
    evaluate,
    extraction_prompt,
    graded,
    inspect_task,
    make,
    make_one,
    named_option,
    prompt_of,
    solve,
    write_harness_task,
)

HEXAGONS = make(["colour_hexagon"], 40)


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_is_proved_by_a_solver_that_reads_the_words_alone(kind: str) -> None:
    for puzzle in make([kind], 12, seed=3):
        assert solve(kind, puzzle.caption, puzzle.question) == puzzle.answer, puzzle.id
        assert puzzle.answer in puzzle.choices
        assert len(set(puzzle.choices)) == len(puzzle.choices) in (2, 3, 4)
        assert puzzle.answer not in puzzle.deduction.partition("should be")[0].split()[-1:]
        assert "should be" in puzzle.deduction


def test_there_are_the_kinds_of_both_families() -> None:
    assert {family: len(kinds) for family, kinds in FAMILIES.items()} == {"abstract": 10, "algorithmic": 18}
    assert len(make("abstract", 2)) == 20
    with pytest.raises(ValueError, match=r"no kind of puzzle is named 'sudoku' \(there are: colour_hexagon, "):
        make("sudoku")
    with pytest.raises(ValueError, match="n is 0: give 1 or more"):
        make(n=0)
    with pytest.raises(ValueError, match="no kind of puzzle is named 'sudoku'"):
        solve("sudoku", "", "")


def test_a_puzzle_is_the_same_whatever_others_are_made() -> None:
    assert make(["maze", "clock"], 3)[4] == make_one("clock", 1)
    assert make_one("clock", 1) != make_one("clock", 1, seed=1)
    assert make_one("clock", 1).image(64).tobytes() == make_one("clock", 1).image(64).tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_differ_and_have_their_size(kind: str) -> None:
    one, other = (make_one(kind, number).image(96) for number in (0, 1))
    assert one.size == (96, 96)
    assert one.tobytes() != other.tobytes()
    with pytest.raises(ValueError, match="size is 63"):
        make_one(kind, 0).image(63)


def test_neither_the_place_nor_the_size_of_an_option_gives_the_answer_away() -> None:
    places = Counter(puzzle.choices.index(puzzle.answer) for puzzle in make(["colour_hexagon"], 400))
    assert sum((count - 100) ** 2 / 100 for count in places.values()) < 16.3  # chi-square of 3 degrees, 0.1 %
    numbers = [puzzle for puzzle in make(["tower_of_hanoi"], 400) if int(puzzle.answer) > 4]
    ranks = Counter(sorted(map(int, puzzle.choices)).index(int(puzzle.answer)) for puzzle in numbers)
    share = len(numbers) / 4
    assert sum((count - share) ** 2 / share for count in ranks.values()) < 16.3


@pytest.mark.parametrize(
    ("text", "count", "option"),
    [
        ("So it is (B).", 4, 1),
        ("(A) or (B)", 4, None),
        ("(B), again (B)", 4, None),  # exactly one match, as in the paper
        ("It is B.", 4, None),
        ("(D)", 3, None),  # three options have no D
        ("", 4, None),
    ],
)
def test_the_first_stage_counts_one_bracketed_letter(text: str, count: int, option: int | None) -> None:
    assert named_option(text, count) == option


@pytest.mark.parametrize(
    ("text", "answer", "right"),
    [
        ("3 + 4 = 7", "7", True),
        ("7 is more than 4", "7", False),
        ("The answer is 12.", "1", False),  # "1" is not in "12"
        ("It is 2:35", "2:35", True),
        ("It is 12:35", "2:35", False),
        ("At 2:35 it was 4", "4", True),
        ("Not red.\nBlue.", "blue", True),
        ("Blue.\nNo, bluegreen.", "blue", False),
        ("", "blue", False),
    ],
)
def test_an_open_answer_is_read_at_its_end(text: str, answer: str, right: bool) -> None:
    assert ends_in(text, answer) is right


def test_a_second_stage_offers_the_letters_that_there_are() -> None:
    puzzle = make_one("size_cycle", 0)
    prompt = prompt_of(puzzle, "choice")
    reply = Reply(puzzle, "choice", "image", prompt, "Hm, sizes.")
    assert extraction_prompt(reply) == f"{prompt} Hm, sizes.\n\nTherefore, among (A) (B) (C), the answer is:"
    assert prompt.endswith("\n\nAnswer: Let's think step by step.")


def test_the_ladder_tells_more_at_each_rung_and_never_the_answer() -> None:
    puzzle = HEXAGONS[0]
    told = [prompt_of(puzzle, "open", rung=rung, think=False) for rung in RUNGS]
    assert [puzzle.caption in each for each in told] == [False, True, True, True]
    assert [puzzle.explanation in each for each in told] == [False, False, True, True]
    assert told[3].splitlines()[2].endswith("should be")


class Scripted:
    """Clean answers at first for 70 %, two letters for 20 %, a word alone for 10 %; told to pick, most are right."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, prompt: str) -> str:
        puzzle = next(each for each in HEXAGONS if prompt_of(each, "choice", rung="caption") in prompt)
        letter = "ABCD"[puzzle.choices.index(puzzle.answer)]
        if "Therefore, among" in prompt:
            self.calls += 1
            return letter if self.calls % 20 else "(A) (B)"
        place = HEXAGONS.index(puzzle) % 10
        return f"It is ({letter})." if place < 7 else "(A) or (B)?" if place < 9 else puzzle.answer


def test_two_stages_find_what_one_leaves_unread() -> None:
    one, two = (
        evaluate(Scripted(), items=HEXAGONS, formats=["choice"], rungs=["caption"], protocol=TwoStage(stages=stages))
        for stages in (1, 2)
    )
    assert one.accuracy("choice").value == pytest.approx(0.7)
    assert two.accuracy("choice").value == pytest.approx(1.0)
    needed, gained = two.second_stage()
    assert needed.value == gained.value == pytest.approx(0.3)
    unclear = next(reply for reply in two.replies if reply.second_prompt)
    assert unclear.text  # both stages are kept
    assert unclear.second_text


def test_the_table_adds_up_and_a_grader_without_a_verdict_is_counted_apart() -> None:
    puzzles = make(["colour_hexagon", "clock"], 5)
    verdicts = iter(["[correct]", "[incorrect]", "hm"] * 10)
    report = evaluate(
        lambda prompt, image: "(A)", items=puzzles, rungs=["image"], size=64, grader=lambda prompt: next(verdicts)
    )
    rows = {(row["concept"], row["figure"]): row for row in report.table()}
    assert rows["all", "answers without a verdict"]["value"] == report.ungraded == 3
    assert rows["all", "accuracy, open"]["items"] == 7
    assert rows["all", "accuracy, open"]["value"] == pytest.approx(4 / 7)
    gap = rows["all", "choice above open"]
    assert gap["low"] <= gap["value"] <= gap["high"]
    assert {"colours", "clock"} < {concept for concept, _ in rows}
    assert [graded(text) for text in ("[Correct]", "[incorrect]", "yes", "[correct] [incorrect]")] == [
        True, False, None, None,
    ]  # fmt: skip


def broken(**fields: Any) -> Puzzle:
    return Puzzle(**{each: getattr(HEXAGONS[0], each) for each in HEXAGONS[0].__dataclass_fields__} | fields)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"formats": ["essay"]}, "no format is 'essay'"),
        ({"rungs": ["video"]}, "no rung is 'video'"),
        ({"rungs": []}, "give a rung: image, caption"),
        ({"items": []}, "there are no puzzles"),
        ({"items": [broken(choices=("red",))]}, "puzzle 'colour_hexagon-0-0' has 1 options"),
        ({"items": [broken(answer="pink")]}, "puzzle 'colour_hexagon-0-0' has the answer 'pink', which is none"),
        ({"items": [broken(choices=("red", "red"))]}, "puzzle 'colour_hexagon-0-0' has an option twice"),
    ],
)
def test_what_cannot_be_asked_is_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        evaluate(lambda prompt, image: "", **{"items": HEXAGONS[:1]} | arguments)


def test_a_model_of_text_is_not_shown_pictures() -> None:
    with pytest.raises(ModelError, match="takes no image: give a function of"):
        evaluate(as_model(lambda prompt: "", name="text"), items=HEXAGONS[:1], rungs=["image"])
    with pytest.raises(ValueError, match="stages is 3"):
        TwoStage(stages=3)
    with pytest.raises(ValueError, match="tokens is 0"):
        TwoStage(tokens=0)


def test_records_make_a_data_set_with_pictures() -> None:
    datasets = pytest.importorskip("datasets")
    rows = datasets.Dataset.from_list([each.record(size=64) for each in HEXAGONS[:2]])
    assert rows[1]["answer"] == HEXAGONS[1].answer
    assert rows[0]["image"].size == (64, 64)


def test_the_harness_runs_it(run_harness: RunHarness, tmp_path: Path) -> None:
    folder = write_harness_task(tmp_path / "puzzles", make(["clock"], 3), protocol=TwoStage(tokens=4))
    results = run_harness(folder, "puzzle_vqa")["results"]["puzzle_vqa"]
    assert results["named,none"] == 0.0
    with pytest.raises(ValueError, match="shows no pictures"):
        write_harness_task(tmp_path / "no", HEXAGONS, rung="image")


def test_inspect_runs_both_stages(run_inspect: RunInspect) -> None:
    puzzles = HEXAGONS[:2]
    letters = [f"({'ABCD'[each.choices.index(each.answer)]})" for each in puzzles]
    log = run_inspect(inspect_task(puzzles, size=64), [letters[0], "Hm.", letters[1]])
    assert [len(sample.messages) for sample in log.samples] == [2, 4]
    assert [sample.scores["puzzle_vqa"].value for sample in log.samples] == [1.0, 1.0]


def test_the_page_runs() -> None:
    run_example("puzzle_vqa")
