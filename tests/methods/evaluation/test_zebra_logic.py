"""ZebraLogic: every puzzle has one solution and no needless clue; answers are read, scored, chosen and rewarded."""

import builtins
import json
from collections.abc import Callable
from dataclasses import replace
from itertools import permutations, product
from math import factorial, log10
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.methods.evaluation.conftest import RunHarness, RunInspect
from tests.methods.pages import run_example

from assay.methods.evaluation import zebra_logic
from assay.methods.evaluation.zebra_logic import (
    SIZES,
    Attribute,
    Clue,
    Puzzle,
    bucket,
    cell_reward,
    conflicts,
    evaluate,
    find_needless,
    generate,
    generate_suite,
    inspect_task,
    pass_at,
    puzzle_reward,
    read_table,
    score,
    select,
    solve,
    write_harness_task,
)
from assay.methods.evaluation.zebra_logic.puzzles import EXAMPLE, EXAMPLE_REASONING, KINDS
from assay.methods.evaluation.zebra_logic.solving import Sat, Search, _PlainSat

NAMES = Attribute("Name", ("Ada", "Bo", "Cy"), "{value}")
PETS = Attribute("Pet", ("cat", "dog", "owl"))
TOY = Puzzle((NAMES, PETS), (), ((0, 1, 2), (2, 0, 1)), "toy")
"""Ada has the owl, Bo the cat, Cy the dog."""


def answer(*rows: dict[str, Any]) -> str:
    return json.dumps({"solution": {f"House {n}": row for n, row in enumerate(rows, 1)}})


RIGHT = [{"Name": "Ada", "Pet": "owl"}, {"Name": "Bo", "Pet": "cat"}, {"Name": "Cy", "Pet": "dog"}]
HALF = [RIGHT[0], {"Name": "Bo", "Pet": "dog"}, {"Name": "Cy", "Pet": "cat"}]


# Puzzles


def brute_force(puzzle: Puzzle) -> list[tuple[tuple[int, ...], ...]]:
    """Every table that the clues allow, by trying all of them."""
    solutions = []
    for table in product(permutations(range(puzzle.houses)), repeat=len(puzzle.attributes)):
        at = {(n, value): house for n, row in enumerate(table) for house, value in enumerate(row, 1)}
        if all(c.allows(at[c.a], c.b if isinstance(c.b, int) else at[c.b]) for c in puzzle.clues):
            solutions.append(table)
    return solutions


@settings(max_examples=12)
@given(st.sampled_from([(2, 2), (2, 5), (3, 2), (3, 4), (4, 2)]), st.integers(0, 10_000))
def test_one_solution_and_no_needless_clue_by_trying_all_tables(size: tuple[int, int], seed: int) -> None:
    puzzle = generate(*size, seed=seed)
    assert brute_force(puzzle) == [puzzle.solution]
    for index in range(len(puzzle.clues)):
        assert len(brute_force(replace(puzzle, clues=puzzle.clues[:index] + puzzle.clues[index + 1 :]))) > 1
    assert find_needless(puzzle) == []


def test_large_puzzles_are_minimal_too_and_the_solvers_agree() -> None:
    puzzle = generate(6, 5, seed=3)
    assert find_needless(puzzle) == []
    everything = range(len(puzzle.clues))
    for checker in (Sat(puzzle.clues, puzzle.solution), _PlainSat(puzzle.clues, puzzle.solution)):
        with checker:
            assert checker.is_unique(everything)
            assert not checker.is_unique(everything[1:])


def test_a_draw_depends_on_seed_and_item_alone() -> None:
    few, many = generate_suite(per_size=1, sizes=[(3, 3), (4, 2)]), generate_suite(per_size=3, sizes=[(4, 2), (3, 3)])
    assert {each.id: each for each in many} | {each.id: each for each in few} == {each.id: each for each in many}
    assert len({each.text for each in many}) == 6
    assert generate(4, 2, seed=0, item=1) != generate(4, 2, seed=1, item=0)


def test_without_python_sat_the_same_puzzles_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    with_sat = generate(4, 4, seed=5)

    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr("assay.methods.evaluation.zebra_logic.solving.import_module", missing)
    assert generate(4, 4, seed=5) == with_sat
    with pytest.raises(ValueError, match="pip install python-sat"):
        conflicts(with_sat)


def test_sizes_buckets_and_search_spaces() -> None:
    by_bucket: dict[str, int] = {}
    for size in SIZES:
        by_bucket[bucket(*size)] = by_bucket.get(bucket(*size), 0) + 1
    assert by_bucket == {"small": 8, "medium": 7, "large": 5, "extra large": 5}
    puzzle = generate(3, 4)
    assert puzzle.search_space == factorial(3) ** 4
    assert puzzle.size == "3*4"
    assert puzzle.as_record()["log10_search_space"] == pytest.approx(4 * log10(6))


def test_more_houses_and_attributes_bring_more_conflicts() -> None:
    small, large = (sum(conflicts(generate(n, n, item=item)) for item in range(3)) for n in (3, 6))
    assert large > 2 * small
    puzzle = generate(5, 5)
    assert conflicts(puzzle) == conflicts(puzzle)


def test_each_kind_of_clue_has_words_of_its_own_and_its_meaning() -> None:
    true = {
        "found_at": {(2, 2)},
        "not_at": {(1, 2), (2, 4)},
        "same_house": {(3, 3)},
        "direct_left": {(1, 2)},
        "direct_right": {(2, 1)},
        "side_by_side": {(1, 2), (2, 1)},
        "left_of": {(1, 2), (1, 3)},  # neighbours, too
        "right_of": {(2, 1), (3, 1)},
        "one_between": {(1, 3), (3, 1)},
        "two_between": {(1, 4), (4, 1)},
    }
    assert list(true) == list(KINDS)
    assert len(set(KINDS.values())) == len(KINDS)
    for kind, pairs in true.items():
        clue = Clue(kind, (0, 0), (1, 0))
        allowed = {pair for pair in product(range(1, 5), repeat=2) if clue.allows(*pair)}
        assert pairs <= allowed
        assert ((1, 1) in allowed) == (kind in {"found_at", "same_house"})
    assert not Clue("direct_left", (0, 0), (1, 0)).allows(1, 3)
    words = [TOY.words(Clue(kind, (0, 0), (1, 1))) for kind in list(KINDS)[2:]]
    assert words[1] == "`Ada` is directly left of the person whose pet is `dog`."
    assert words[4] == "`Ada` is somewhere to the left of the person whose pet is `dog`."
    assert TOY.words(Clue("not_at", (1, 2), 3)) == "The person whose pet is `owl` is not in house 3."


def test_what_a_model_is_asked() -> None:
    assert solve(EXAMPLE).solution == EXAMPLE.solution
    puzzle = generate(3, 4)
    assert not {value for each in puzzle.attributes for value in each.values} & {
        value for each in EXAMPLE.attributes for value in each.values
    }
    prompt = puzzle.prompt()
    assert puzzle.text in prompt
    assert EXAMPLE.answer(EXAMPLE_REASONING) in prompt
    assert "reasoning" not in puzzle.prompt(reasoning=False)
    for attribute in puzzle.attributes:  # in alphabetical order: where a value stands says nothing
        assert ", ".join(f"`{value}`" for value in sorted(attribute.values)) in puzzle.text
    assert score(puzzle, puzzle.answer("since ...")).solved


def test_a_record_is_read_back() -> None:
    datasets = pytest.importorskip("datasets")
    puzzles = generate_suite(per_size=1, sizes=[(2, 3), (4, 5)])
    rows = datasets.Dataset.from_list([each.as_record() for each in puzzles])
    for puzzle, row in zip(puzzles, rows, strict=True):
        again = Puzzle.from_record(row)
        assert again == puzzle
        assert again.id == puzzle.id
        assert again.text == puzzle.text
        with pytest.raises(ValueError, match=f"record '{puzzle.id}' has no 'clues', so it is no puzzle"):
            Puzzle.from_record({key: value for key, value in row.items() if key != "clues"})
        with pytest.raises(ValueError, match=f"record '{puzzle.id}' is no puzzle"):
            Puzzle.from_record(row | {"rows": [["1", "x"], ["2"]]})


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: generate(1, 3), "n_houses is 1: give 2 to 6"),
        (lambda: generate(7, 3), "n_houses is 7"),
        (lambda: generate(3, 11), "n_attributes is 11: give 2 to 10"),
        (lambda: generate_suite(per_size=0), "per_size is 0"),
        (lambda: Puzzle((Attribute("Name", ("Ada",)),), (), id="p"), "puzzle 'p' has 1 house: two or more"),
        (lambda: replace(TOY, attributes=(NAMES, replace(PETS, values=("cat", "dog")))), "'toy' has 2 of Pet for 3"),
        (lambda: replace(TOY, attributes=(NAMES, replace(PETS, values=("cat", "dog", " Ada")))), "value 'ada' twice"),
        (lambda: replace(TOY, attributes=(NAMES, replace(PETS, name="name"))), "two attributes of one name"),
        (lambda: replace(TOY, clues=(Clue("near", (0, 0), 1),)), "clue 1 of puzzle 'toy' is of the kind 'near'"),
        (lambda: replace(TOY, clues=(Clue("found_at", (0, 0), 4),)), "clue 1 of puzzle 'toy' is about house 4"),
        (lambda: replace(TOY, clues=(Clue("left_of", (0, 0), (2, 0)),)), r"is about \(2, 0\), which is none"),
        (lambda: replace(TOY, solution=((0, 0, 1), (0, 1, 2))), "a solution of another shape"),
        (lambda: replace(TOY, solution=()).rows, "puzzle 'toy' was not solved"),
        (
            lambda: solve(replace(TOY, clues=(Clue("found_at", (0, 0), 1), Clue("not_at", (0, 0), 1)))),
            "puzzle 'toy' has no solution: its clues contradict each other",
        ),
        (
            lambda: solve(replace(TOY, clues=(Clue("found_at", (0, 0), 1),))),
            "puzzle 'toy' has more than one solution: in house 2 may be Bo, dog, or Bo, owl",
        ),
        (lambda: evaluate(str, puzzles=[]), "0 puzzles and 1 answers to each"),
        (lambda: inspect_task([]), "no puzzles for a task"),
    ],
)
def test_what_is_no_puzzle_is_refused(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()


def test_a_reasoner_that_may_not_guess_stops() -> None:
    puzzles = [generate(5, 5, item=item) for item in range(6)]
    searches = [Search(each.clues, houses=5, attributes=5, budget=0) for each in puzzles]
    solved = [next(each.solutions(), None) is not None for each in searches]
    assert 0 < sum(solved) < 6
    assert not any(each.guesses for each in searches)


# Answers


@pytest.mark.parametrize(
    ("output", "parsed", "right"),
    [
        (answer(*RIGHT), True, 6),
        ("Let me see {x}. " + answer(*RIGHT) + " I am sure.", True, 6),
        (answer(*HALF) + "\nNo, wait:\n" + answer(*RIGHT), True, 6),  # the last of two
        (answer(*RIGHT) + ' {"note": "done"}', True, 6),
        (answer(*RIGHT) + ' {"solution": ', True, 6),  # the last complete one
        (json.dumps({"answer": json.loads(answer(*RIGHT))}), True, 6),  # within another object
        ('{"reasoning": "a } or { in a string", ' + answer(*RIGHT)[1:], True, 6),
        (answer({"Name": " ADA ", "Pet": "`Owl`"}, {"name": "Bo", "PET": ["cat", "dog"]}, RIGHT[2]), True, 6),
        (answer({"Name": None, "Pet": "owl"}, *RIGHT[1:]), True, 5),  # a null cell
        (answer({"Name": ["Ada"], "Pet": []}, *RIGHT[1:]), True, 5),
        (answer(RIGHT[0], RIGHT[1]), True, 4),  # a missing house
        (answer({"Name": "Ada"}, *RIGHT[1:]), True, 5),  # a missing column
        ('{"solution": {"House 1": "Ada"}}', True, 0),
        ('{"solution": "Ada"}', False, 0),
        ("I give up.", False, 0),
        ("", False, 0),
        ('{"a":' * 5_000, False, 0),
    ],
)
def test_how_an_answer_is_read(output: str, parsed: bool, right: int) -> None:
    result = score(TOY, output)
    assert (result.parsed, result.right, result.cells) == (parsed, right, 6)
    assert result.solved == (right == 6)
    assert result.cell_accuracy == right / 6
    assert (read_table(output) is not None) == parsed


@settings(max_examples=60)
@given(st.text(alphabet='{}[]":,solution 1aA\n', max_size=60))
def test_no_answer_is_an_error(output: str) -> None:
    score(TOY, output)


def test_the_modes_of_selection() -> None:
    wrong = answer({"Name": "Bo", "Pet": "dog"}, {"Name": "Ada", "Pet": "cat"}, RIGHT[2])  # 3 right
    outputs = ["none", wrong, answer(*HALF), answer(*HALF), answer(*RIGHT)]
    assert not select(TOY, outputs, "single").parsed
    assert select(TOY, outputs, "best of n").solved
    assert select(TOY, outputs, "most common").right == 4
    # Cell by cell the cat is in house 2 (twice each with the dog: the first that was counted), the dog in 3.
    assert select(TOY, outputs, "majority of cells").right == 6
    assert select(TOY, outputs, "reward", rewards=[9, 5, 1, 1, 2]).right == 3  # the first has no table
    assert not select(TOY, ["none"] * 2, "majority of cells").parsed
    # One valid answer for one puzzle changes nothing for the next.
    assert select(TOY, ["none", answer(*HALF)], "best of n").right == 4
    assert select(TOY, outputs, "best of n").solved


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: select(TOY, []), "puzzle 'toy' has no answers"),
        (lambda: select(TOY, [answer(*RIGHT)], "reward"), "puzzle 'toy' has 1 answers and 0 rewards"),
        (lambda: select(TOY, [answer(*RIGHT)], "best"), "mode is 'best'"),  # type: ignore[arg-type]
        (lambda: pass_at(3, right=1, of=2), "tell nothing of the best of 3"),
        (lambda: cell_reward(["a", "b"], header=[TOY.header], rows=[TOY.rows]), "2 completions are of 1 puzzles"),
        (lambda: cell_reward([None], header=[TOY.header], rows=[TOY.rows]), "completion 0 is None"),
    ],
)
def test_what_cannot_be_chosen_is_refused(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def test_the_best_of_k_without_bias() -> None:
    assert pass_at(1, right=3, of=8) == pytest.approx(3 / 8)
    assert pass_at(8, right=1, of=8) == 1
    assert pass_at(2, right=1, of=4) == pytest.approx(1 / 2)
    assert pass_at(4, right=0, of=8) == 0


def test_rewards_as_trl_calls_them() -> None:
    completions = [answer(*RIGHT), answer(*HALF), "nothing"]
    columns: dict[str, Any] = {"header": [TOY.header] * 3, "rows": [TOY.rows] * 3, "size": ["3*2"] * 3}
    assert cell_reward(prompts=["?"] * 3, completions=completions, **columns) == pytest.approx([1, 4 / 6, 0])
    chats = [[{"role": "assistant", "content": each}] for each in completions]
    assert puzzle_reward(completions=chats, completion_ids=[[1]] * 3, trainer_state=None, **columns) == [1, 0, 0]


# Models


def test_a_model_is_evaluated_by_bucket() -> None:
    puzzles = generate_suite(per_size=3, sizes=[(2, 2), (3, 4)])
    answers = {each.prompt(): each.answer() for each in puzzles if each.houses == 2}
    told: list[tuple[int, int]] = []
    report = evaluate(
        lambda prompt: answers.get(prompt, "no"),
        puzzles=puzzles,
        samples=4,
        progress=lambda done, of: told.append((done, of)),
    )
    assert report.solved().value == 0.5
    assert report.solved().clusters == 6  # puzzles, not answers
    assert report.solved("small").value == report.cells("small").value == 1
    assert report.parsed("medium").value == 0
    assert report.solved_by_one_of(4).value == 0.5
    assert told == [(4, 6), (6, 6)]
    assert [(row["bucket"], row["figure"], row["value"]) for row in report.table()][:4] == [
        ("all", "puzzles solved", 50.0),
        ("all", "right cells", 50.0),
        ("all", "answers with a table", 50.0),
        ("small", "puzzles solved", 100.0),
    ]
    with pytest.raises(ValueError, match="no puzzle is in the bucket 'large'"):
        report.solved("large")


def test_the_harness_runs_the_task(tmp_path: Path, run_harness: RunHarness) -> None:
    puzzles = generate_suite(per_size=1, sizes=[(2, 2), (3, 4)])
    write_harness_task(tmp_path / "zebra", puzzles, name="zebra", tokens=4)
    results = run_harness(tmp_path, "zebra")["results"]["zebra"]
    assert {
        name: results[f"{name},none"] for name in ("solved", "cells", "parsed", "solved_small", "solved_medium")
    } == (dict.fromkeys(("solved", "cells", "parsed", "solved_small", "solved_medium"), 0))


def test_what_the_harness_counts() -> None:
    record = generate(2, 2).as_record()
    counts = zebra_logic.tasks.figures(record, generate(2, 2).answer())
    assert counts == {"solved": 1, "cells": 1, "parsed": 1, "solved_small": 1}


def test_inspect_runs_the_task(run_inspect: RunInspect) -> None:
    puzzles = generate_suite(per_size=1, sizes=[(2, 2), (3, 4)])
    log = run_inspect(inspect_task(puzzles), [puzzles[0].answer(), "no"])
    found = {name: metric.value for each in log.results.scores for name, metric in each.metrics.items()}
    assert found["small"] == 1
    assert found["medium"] == 0
    assert found["accuracy"] == 0.5


def test_nothing_heavy_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = builtins.__import__

    def check(name: str, *rest: Any, **more: Any) -> Any:
        assert name.partition(".")[0] not in {"torch", "transformers", "datasets", "lm_eval", "inspect_ai"}
        return kept(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", check)
    puzzle = generate(3, 3)
    assert score(puzzle, puzzle.answer()).solved


def test_the_page_on_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_example("zebra_logic")
