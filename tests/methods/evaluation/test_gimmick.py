"""GIMMICK's grid: origins are asked for without a second right option, and intervals by group respect clusters."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.methods.evaluation.conftest import RunHarness, RunInspect
from tests.methods.pages import run_example

from assay.methods.evaluation.gimmick import (
    ALL,
    Condition,
    GroupedItem,
    GroupReport,
    ask,
    conditions,
    evaluate,
    grouped_items,
    inspect_task,
    matches,
    origin_items,
    prompt_of,
    read_harness_samples,
    write_harness_tasks,
)

REGIONS = {f"{region}{i}": region for region in ("north", "south", "east") for i in range(6)}
THING = {"id": "t", "title": "A dance", "countries": ["north1", "south2"], "event": "e"}
PLAIN, HINTED = Condition(), Condition(hint=("region",))


def facts(count: int = 40) -> list[dict[str, Any]]:
    """Half of them of each region; two of each country."""
    return [
        {
            "id": i,
            "question": f"Number {i}?",
            "answer": f"answer {i}",
            "region": ("north", "south")[i % 2],
            "country": f"c{i // 4}{i % 2}",
        }
        for i in range(count)
    ]


def read(count: int = 40) -> list[GroupedItem]:
    return grouped_items(facts(count), groups="region", cluster="country", hints={"region": "region"})


def knows_the_north(prompt: str) -> str:
    """The right answer of northern questions; of southern ones only with the hint."""
    number = int(prompt.split()[1].rstrip("?"))
    return f"It is Answer {number}." if number % 2 == 0 or "Hint" in prompt else "I do not know."


# Items


@given(
    st.integers(0, 10_000),
    st.booleans(),
    st.lists(st.sampled_from(sorted(REGIONS)), min_size=1, max_size=4, unique=True),
)
def test_origins_have_one_right_option(seed: int, hard: bool, countries: list[str]) -> None:
    """Seen from the record alone: the target once, and no other place that the thing comes from."""
    items = origin_items([THING | {"countries": countries}], REGIONS, hard=hard, seed=seed)
    assert [item.answers for item in items] == [(country,) for country in countries]
    for item in items:
        assert [each for each in item.choices if each in countries] == list(item.answers)
        assert len(set(item.choices)) == 4
        assert item.groups == (REGIONS[item.answers[0]],)
        own = {REGIONS[each] for each in countries}
        left = [each for each in REGIONS if REGIONS[each] in own and each not in countries]
        if hard and len(left) >= 3:
            assert {REGIONS[each] for each in item.choices} <= own
    assert len({item.cluster for item in items}) == 1


def test_letters_are_even_and_draws_depend_on_the_item_alone() -> None:
    things = [THING | {"id": i, "countries": [sorted(REGIONS)[i % 18]]} for i in range(800)]
    items = origin_items(things, REGIONS)
    places = Counter(item.choices.index(item.answers[0]) for item in items)
    assert all(places[place] == pytest.approx(200, abs=45) for place in range(4))
    assert [item.choices for item in origin_items(things[::-1], REGIONS)] == [item.choices for item in items][::-1]
    regions = origin_items(things[:30], REGIONS | {"far": "west"}, level="region")
    assert all(set(item.choices) == {"north", "south", "east", "west"} for item in regions)


@pytest.mark.parametrize(
    ("change", "how", "words"),
    [
        ({"countries": []}, {}, "record 't' has no 'countries'"),
        ({"countries": ["atlantis"]}, {}, "record 't' is from 'atlantis', which is not among the 18 places"),
        ({"title": ""}, {}, "record 't' has neither 'title' nor an image"),
        ({}, {"level": "region"}, "record 't' leaves 1 places that it is not from: 3 wrong options"),
        ({}, {"level": "village"}, "level is 'village'"),
        ({}, {"level": "region", "hard": True}, "regions have no region of their own"),
    ],
)
def test_origins_that_cannot_be_asked_for_are_refused(change: Any, how: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        origin_items([THING | change], REGIONS, **how)


@pytest.mark.parametrize(
    ("change", "how", "words"),
    [
        ({"region": None}, {}, "record 1 has no 'region'"),
        ({"region": []}, {}, "record 1 belongs to no group"),
        ({"answer": " "}, {}, "record 1 has an empty answer"),
        ({"options": ["a", "b"]}, {"choices": "options"}, "record 1 has the answer 'answer 1', which is not one of"),
        ({}, {"image": "picture"}, "record 1 has no 'picture'"),
    ],
)
def test_records_that_cannot_be_read_are_named(change: Any, how: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        grouped_items([facts(2)[1] | change], groups="region", **how)


# Asking


def test_a_condition_shows_what_it_says() -> None:
    (item, _) = origin_items([THING], REGIONS, question="Where from?")
    assert prompt_of(item, HINTED) == "A dance.\nWhere from?\nHint: the region is north, south."
    assert [
        str(each) for each in conditions(image=[True], title=[True, False], hint=["none", ("region", "country")])
    ] == [
        "image + title, hint: none",
        "image + title, hint: region + country",
        "image, hint: none",
        "image, hint: region + country",
    ]
    for condition, words in (
        (Condition(title=False), "asked with neither image nor title"),
        (Condition(image=True), "has no image, which the condition"),
        (Condition(hint=("country",)), "has no hint 'country': it has region"),
    ):
        with pytest.raises(ValueError, match=words):
            prompt_of(item, condition)


@pytest.mark.parametrize(
    ("text", "answer", "exact", "begins", "contains"),
    [
        ("Bogotá.", "bogota", True, True, True),
        ("New Delhi is it", "New Delhi", False, True, True),
        ("It is New Delhi", "New Delhi", False, False, True),
        ("A cat", "A", False, True, True),
        ("America", "A", False, False, False),
        ("", "A", False, False, False),
        ("...", "A", False, False, False),
    ],
)
def test_answers_are_compared_as_whole_words(text: str, answer: str, exact: bool, begins: bool, contains: bool) -> None:
    assert [matches(text, [answer], how) for how in ("exact", "begins", "contains")] == [exact, begins, contains]
    with pytest.raises(ValueError, match="matches are exact, begins or contains, not 'fuzzy'"):
        matches(text, [answer], "fuzzy")  # type: ignore[arg-type]


def test_a_score_that_is_a_code_for_an_error_is_refused() -> None:
    with pytest.raises(ValueError, match=r"item '0' has the score -1.0: give shares"):
        ask(str.upper, read(2), [PLAIN], scorer=lambda text, item: -1)
    mixed = [*read(1), *origin_items([THING], REGIONS)]
    with pytest.raises(ValueError, match="some items have options and others have none"):
        ask(str.upper, mixed, [PLAIN])


def test_a_model_that_sees_is_shown_the_picture() -> None:
    items = grouped_items([each | {"picture": each["id"]} for each in facts(8)], groups="region", image="picture")
    scores = ask(lambda prompt, image: f"answer {image}", items, [Condition(image=True)])
    assert scores[Condition(image=True)] == [1.0] * 8
    options = [each | {"picture": each["id"], "options": [each["answer"], "no"]} for each in facts(8)]
    chosen = grouped_items(options, groups="region", image="picture", choices="options")
    scores = ask(lambda prompt, image: "A" if image else "B", chosen, [Condition(image=True)])
    assert scores[Condition(image=True)] == [0.0] + [1.0] * 7


# The report


def test_gaps_gains_and_what_a_hint_closes() -> None:
    report = evaluate(knows_the_north, read(), [PLAIN, HINTED], reference="north")
    assert (report.score("north", PLAIN).value, report.score("south", PLAIN).value) == (1, 0)
    assert report.score(ALL, PLAIN).value == report.macro(PLAIN).value == 0.5
    assert report.gap("south", PLAIN).value == report.gain("south", HINTED, PLAIN).value == 1
    assert report.gap_closed("south", HINTED, PLAIN).value == 1
    assert report.gap("south", HINTED).value == report.gain("north", HINTED, PLAIN).value == 0
    assert report.worst_gap(PLAIN)[0] == "south"
    assert report.score("south", PLAIN).clusters == 10
    assert report.warnings == [
        f"{group} has 10 clusters, fewer than 30: its intervals are rough" for group in ("north", "south")
    ]
    assert len(report.table()) == 3 + 1 + 3 + 1 + 3
    assert {"model", "condition", "figure", "group", "value", "low", "high"} <= set(report.table()[0])


def test_an_item_counts_in_each_of_its_groups_and_once_in_all() -> None:
    items = origin_items([THING, THING | {"id": "u", "countries": ["north3"]}], REGIONS)
    both = GroupedItem("b", "?", ("x",), ("north", "south"), "c")
    report = GroupReport((*items, both), {PLAIN: [0, 0, 0, 1]}, "north")
    assert report.score("north", PLAIN).items == 3
    assert report.score("south", PLAIN).value == 0.5
    assert report.score(ALL, PLAIN).items == 4
    assert report.gap("south", PLAIN).clusters == 3


def test_a_report_can_be_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    report = evaluate(knows_the_north, read(), [PLAIN, HINTED], reference="north")
    assert report.plot(tmp_path / "gaps.svg").read_text(encoding="utf-8").startswith("<?xml")


@pytest.mark.parametrize(
    ("items", "scores", "reference", "words"),
    [
        ([], {}, "north", "a report needs items"),
        (read(4), {PLAIN: [1.0]}, "north", "'title, hint: none' has 1 scores for 4 items"),
        (read(4), {PLAIN: [1, 0, float("nan"), 0]}, "north", "item '2' has the score nan"),
        (read(4)[::2], {PLAIN: [1, 0]}, "north", "all items are of one group, north"),
        (read(4), {PLAIN: [1, 0, 1, 0]}, "west", "no item is of the group 'west': there are north, south"),
    ],
)
def test_what_cannot_be_compared_is_refused(items: Any, scores: Any, reference: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        GroupReport(tuple(items), scores, reference)


def test_a_group_that_is_not_there_is_refused_before_the_model_is_asked() -> None:
    def never(prompt: str) -> str:
        raise AssertionError(prompt)

    with pytest.raises(ValueError, match="no item is of the group 'west'"):
        evaluate(never, read(), [PLAIN], reference="west")


def test_intervals_over_clusters_cover_where_naive_ones_do_not() -> None:
    """Two regions at 70 and 55.28 %, 60 events of four questions each, which hang together strongly."""
    rng = np.random.default_rng(0)
    hits = {"clusters": 0, "questions": 0}
    for _ in range(200):
        items, scores = [], []
        for region, level in (("rich", 1.6), ("poor", 0.35)):
            for event in range(60):
                share = 1 / (1 + np.exp(-level - 2.5 * rng.standard_normal()))
                items += [GroupedItem(f"{region}{event}", "?", ("x",), (region,), f"{region}{event}")] * 4
                scores += [float(each) for each in rng.random(4) < share]
        apart = [GroupedItem(f"{i}", "?", ("x",), item.groups, f"{i}") for i, item in enumerate(items)]
        for name, those in (("clusters", items), ("questions", apart)):
            gap = GroupReport(tuple(those), {PLAIN: scores}, "rich").gap("poor", PLAIN)
            hits[name] += gap.low <= TRUE_GAP <= gap.high
    assert hits["clusters"] / 200 >= 0.91
    assert hits["questions"] / 200 <= 0.87


def _share(level: float) -> float:
    draws = np.random.default_rng(1).standard_normal(400_000)
    return float(np.mean(1 / (1 + np.exp(-level - 2.5 * draws))))


TRUE_GAP = _share(1.6) - _share(0.35)


# The harness and inspect_ai


def options(count: int = 6) -> list[GroupedItem]:
    things = [THING | {"id": i, "countries": [sorted(REGIONS)[3 * i % 18]]} for i in range(count)]
    return origin_items(things, REGIONS)


def test_the_harness_runs_each_condition(tmp_path: Path, run_harness: RunHarness) -> None:
    items, grid = options(), [PLAIN, HINTED]
    tasks = write_harness_tasks(items, grid, tmp_path, "origin")
    assert list(tasks) == ["origin_title_hint_none", "origin_title_hint_region"]
    name = "origin_title_hint_region"
    results = run_harness(tmp_path, name)
    assert "Hint: the region is" in results["samples"][name][0]["arguments"][0][0]
    report = read_harness_samples(items, {name: HINTED}, results["samples"], reference="north")
    assert report.score(ALL, HINTED).value == pytest.approx(results["results"][name]["acc,none"])
    with pytest.raises(ValueError, match="the samples of origin_title_hint_none lack item"):
        read_harness_samples(items, tasks, results["samples"], reference="north")
    with pytest.raises(ValueError, match="item '0' has no options"):
        write_harness_tasks(read(1), grid, tmp_path, "open")
    with pytest.raises(ValueError, match="shows images, and these tasks are of text"):
        write_harness_tasks(items, [Condition(image=True)], tmp_path, "seen")


def test_inspect_scores_by_group(run_inspect: RunInspect) -> None:
    items = options()
    right = [f"ANSWER: {item.as_choice('').letter}" for item in items]
    log = run_inspect(inspect_task(items, HINTED), [*right[:3], *["ANSWER: none"] * 3])
    values = {name: metric.value for name, metric in log.results.scores[0].metrics.items()}
    for group in {item.groups[0] for item in items}:
        those = [i < 3 for i, item in enumerate(items) if item.groups == (group,)]
        assert values[group] == pytest.approx(sum(those) / len(those))


def test_the_example_on_its_page() -> None:
    run_example("gimmick")
