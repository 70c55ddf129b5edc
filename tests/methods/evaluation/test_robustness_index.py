"""The robustness index: counts against a plain loop, chance, groups, intervals, the shortcut test, what is refused."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone  # type: ignore[import-untyped]
from tests.methods.pages import run_example

from assay.methods.evaluation.robustness_index import (
    RobustnessAudit,
    balanced,
    compare_models,
    plot_over_k,
    robustness_index,
    shortcut_test,
    subtract_means,
)


@pytest.fixture(autouse=True)
def _few_draws_warn() -> Iterator[None]:
    """Labels that are not balanced warn in many of these tests on purpose."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="pairs of target and confounder have")
        yield


def planted(wanted: float, unwanted: float, *, n: int = 200, seed: int = 0) -> tuple[Any, Any, Any]:
    """Embeddings in which either label is a direction of this length, in noise of 1; five of each, balanced."""
    rng = np.random.default_rng(seed)
    cells = np.arange(n) % 25
    target, confounder = cells // 5, cells % 5
    directions = rng.normal(size=(10, 20))
    rows = rng.normal(size=(n, 20)) + wanted * directions[target] + unwanted * directions[5 + confounder]
    return rows, target, confounder


def plain_counts(rows: Any, target: Any, confounder: Any, groups: Any, k: int) -> list[int]:
    """SS, SO, OS and OO in plain loops."""
    counts = [0, 0, 0, 0]
    unit = [row / np.sqrt((row**2).sum()) for row in rows]
    for i, own in enumerate(unit):
        others = [j for j in range(len(rows)) if groups[j] != groups[i]]
        nearest = sorted(others, key=lambda j: -float(own @ unit[j]))[:k]
        for j in nearest:
            counts[2 * (target[j] != target[i]) + (confounder[j] != confounder[i])] += 1
    return counts


@settings(max_examples=15)
@given(st.integers(0, 99), st.integers(1, 9), st.integers(1, 4))
def test_both_indices_are_those_of_a_plain_loop(seed: int, k: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(30, 3))
    target, confounder, groups = rng.integers(0, 3, 30), np.arange(30) % 2, np.arange(30) // size
    ss, so, os, oo = plain_counts(rows, target, confounder, groups, k)
    audit = RobustnessAudit(k=k)
    audit.fit(rows, target, confounder, groups)
    assert [each.sum() for each in audit.counts()] == [ss, so, os, oo]
    assert audit.index_.value == pytest.approx((ss + so) / (ss + os))
    assert audit.curve_[-1] == pytest.approx(audit.index_.value)
    share = robustness_index(rows, target, confounder, groups, k=k, definition="share")
    assert share.value == pytest.approx(so / (so + os))
    assert audit.companions_["out-of-distribution"] == pytest.approx(so / (so + oo))


def test_labels_of_any_kind_are_the_same_labels() -> None:
    rows, target, confounder = planted(0.5, 0.5, n=50)
    torch = pytest.importorskip("torch")
    index = robustness_index(rows, target, confounder, k=5)
    assert robustness_index(torch.tensor(rows), torch.tensor(target), torch.tensor(confounder), k=5) == index
    assert robustness_index(rows.tolist(), [f"kind {each}" for each in target], confounder.tolist(), k=5) == index


def test_random_embeddings_give_chance_and_chance_is_not_always_one() -> None:
    rng = np.random.default_rng(0)
    target, confounder = rng.integers(0, 2, 1500), rng.integers(0, 10, 1500)
    audit = RobustnessAudit().fit(rng.normal(size=(1500, 30)), target, confounder)
    assert audit.chance_ == pytest.approx(5.0, rel=0.05)
    assert audit.index_.value == pytest.approx(audit.chance_, rel=0.05)
    even = RobustnessAudit().fit(rng.normal(size=(1500, 30)), *planted(0, 0, n=1500)[1:])
    assert 0.95 < even.index_.value < 1.05
    assert even.chance_ == pytest.approx(1.0)


def test_what_organises_the_space_is_told() -> None:
    good = RobustnessAudit(k=20).fit(*planted(1.5, 0.2))
    bad = RobustnessAudit(k=20).fit(*planted(0.5, 1.5))
    assert bad.index_.high < 1 < good.index_.low
    assert good.exceeds(bad).low > 0 > bad.exceeds(good).high
    assert bad.confounder_accuracy_.value > bad.target_accuracy_.value
    assert bad.error_share_ is not None
    assert bad.error_share_.low > 2 * bad.error_chance_
    share = robustness_index(*planted(0.5, 1.5), k=20, definition="share")
    assert share.value < 0.5 < robustness_index(*planted(1.5, 0.2), k=20, definition="share").value


def test_the_mean_of_each_confounder_taken_away_restores_the_index() -> None:
    rows, target, confounder = planted(1.0, 2.0)
    before, clean = robustness_index(rows, target, confounder, k=20), robustness_index(*planted(1.0, 0.0), k=20)
    after = robustness_index(subtract_means(rows, confounder), target, confounder, k=20)
    assert before.value < 1 < clean.value
    assert after.value > 0.9 * clean.value


def test_records_of_the_own_group_are_no_neighbours_and_equal_ones_of_others_are() -> None:
    """Forgetting the group inflates what shares both labels, and draws the ratio towards 1."""
    rows, target, confounder = planted(0.3, 0.3, n=100)
    twice, labels = np.repeat(rows, 4, axis=0), (np.repeat(target, 4), np.repeat(confounder, 4))
    groups = np.repeat([f"slide {i}" for i in range(100)], 4)
    kept = RobustnessAudit(k=3).fit(twice, *labels)
    dropped = RobustnessAudit(k=3).fit(twice, *labels, groups=groups)
    assert kept.index_.value == 1.0  # the copies share both labels
    assert (groups[dropped.neighbours_] != groups[:, None]).all()
    assert (kept.neighbours_ != np.arange(400)[:, None]).all()  # equal rows, and none is its own neighbour


def test_an_index_without_a_group_is_that_of_the_other_records() -> None:
    rows, target, confounder = planted(0.5, 0.5, n=60)
    groups = np.arange(60) // 3
    audit = RobustnessAudit(k=7).fit(rows, target, confounder, groups)
    for group in (0, 4, 19):
        others = groups != group
        without = robustness_index(rows[others], target[others], confounder[others], groups[others], k=7)
        assert audit.left_out_[group] == pytest.approx(without.value)


def test_an_interval_over_groups_covers() -> None:
    """Patches of a slide lie together: the index of many draws of slides is what intervals have to cover."""

    def draw(seed: int) -> tuple[Any, ...]:
        rng = np.random.default_rng(seed)
        slides = np.repeat(np.arange(40), 8)
        shifts = rng.normal(size=(40, 6))[slides]
        target, confounder = slides % 2, slides // 2 % 2
        rows = shifts + 0.2 * rng.normal(size=(320, 6)) + 0.8 * np.eye(6)[target]
        return rows, target, confounder, slides

    draws = [RobustnessAudit(k=20).fit(*draw(seed)) for seed in range(30)]
    truth = np.mean([each.index_.value for each in draws])
    covered = np.mean([each.index_.low <= truth <= each.index_.high for each in draws])
    assert covered > 0.9
    assert all(each.index_.clusters == 40 and each.index_.items == 320 for each in draws)


def test_the_shortcut_costs_accuracy_where_the_confounder_is_in_the_embeddings_only() -> None:
    clean, tinted = (shortcut_test(*planted(0.6, size, n=600), repeats=2) for size in (0.0, 2.0))
    assert [round(each.home_share, 2) for each in clean] == [0.2, 0.6, 0.9, 1.0]
    assert clean[0].change == 0
    assert abs(clean[-1].change) < 0.1
    assert tinted[-1].change < -0.25
    assert tinted[-1].accuracy.high < tinted[0].accuracy.low


def test_the_shortcut_test_never_trains_on_a_group_that_it_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    from assay.methods.evaluation.robustness_index import shortcut

    groups = np.arange(400) // 50 * 25 + np.arange(400) % 25  # two records each, of one pair of labels
    seen: list[tuple[Any, Any]] = []

    def classify(rows: Any, targets: Any, train: Any, test: Any, strength: float) -> Any:
        seen.append((train, test))
        assert len(set(np.bincount(targets[train]).tolist())) == 1  # as many of each target
        return np.ones(len(test))

    monkeypatch.setattr(shortcut, "_classify", classify)
    shortcut_test(*planted(1, 1, n=400), groups=groups, repeats=2)
    assert len({len(train) for train, _ in seen[:4]}) == 1
    assert not any(set(groups[train]) & set(groups[test]) for train, test in seen)


def test_records_of_unequal_pairs_warn_and_can_be_balanced() -> None:
    rows, target, confounder = planted(1, 1)
    most = np.r_[0:200, 0:200:25]
    with pytest.warns(UserWarning, match="pairs of target and confounder have 8 to 16 records"):
        RobustnessAudit(k=5).fit(rows[most], target[most], confounder[most])
    kept = balanced(target[most], confounder[most])
    assert len(kept) == 200
    assert RobustnessAudit(k=5).fit(rows[most][kept], target[most][kept], confounder[most][kept]).warnings_ == ()
    with pytest.raises(ValueError, match="no record has the target 'b' and the confounder 1"):
        balanced(["a", "a", "b"], [0, 1, 0])


def test_the_tables_name_the_definition_and_the_plot_is_drawn(tmp_path: Path) -> None:
    rows, target, confounder = planted(1, 0.5)
    table = compare_models({"one": rows, "two": rows[:, :5]}, target, confounder, k=10, definition="share")
    assert [row["model"] for row in table] == ["one"] * 4 + ["two"] * 4
    assert table[0]["figure"] == "robustness index (share) at 10 neighbours"
    assert table[0]["low"] <= table[0]["value"] <= table[0]["high"]
    audit = RobustnessAudit(k=10).fit(rows, target, confounder)
    plot_over_k({"one": audit}, tmp_path / "index.svg")
    assert (
        b"robustness index (ratio)" in (tmp_path / "index.svg").read_bytes() or (tmp_path / "index.svg").stat().st_size
    )
    assert clone(audit).get_params() == audit.get_params()
    with pytest.raises(ValueError, match="one or more audits, all of one definition"):
        plot_over_k({}, tmp_path / "none.svg")
    with pytest.raises(ValueError, match="the same records and groups"):
        audit.exceeds(RobustnessAudit(k=9).fit(rows, target, confounder))


def with_value(value: float) -> Any:
    rows = planted(1, 1, n=50)[0]
    rows[7] = value
    return rows


LABELS = planted(1, 1, n=50)[1:]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((with_value(np.nan), *LABELS), "the embedding of record 7 has NaN or infinite values"),
        ((with_value(0.0), *LABELS), "the embedding of record 7 is all zero"),
        ((with_value(1.0)[0], *LABELS), "embeddings have the shape"),
        ((with_value(1.0), LABELS[0][:9], LABELS[1]), "there are 50 embeddings and 9 targets"),
        ((with_value(1.0), ["a"] * 50, LABELS[1]), "all records have the target 'a': give two or more targets"),
        ((with_value(1.0), LABELS[0], [0] * 50), "all records have the confounder 0"),
        ((with_value(1.0), [None, *LABELS[0][1:]], LABELS[1]), "record 0 has no target: it is None"),
        ((with_value(1.0), LABELS[0], [*LABELS[1][1:], float("nan")]), "record 49 has no confounder: it is nan"),
        ((with_value(1.0), *LABELS, ["a"] * 48 + ["b"] * 2), "k is 9, but record 0 has 2 others outside of its group"),
    ],
)
def test_bad_input_is_refused_by_name(arguments: tuple[Any, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        RobustnessAudit(k=9).fit(*arguments)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"k": 0}, "k is 0: give 1 or more"),
        ({"k": 50}, "k is 50, but record 0 has 49 others"),
        ({"definition": "odds"}, "definition is 'odds': give 'ratio'"),
    ],
)
def test_bad_settings_are_refused(how: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        RobustnessAudit(**how).fit(*planted(1, 1, n=50))


def test_an_index_without_a_value_is_refused_and_not_infinite() -> None:
    rows = np.array([[1, 0.0], [1, 0.1], [0.0, 1], [0.1, 1]])
    with pytest.raises(ValueError, match=r"the index \(ratio\) has no value: no neighbour shares the confounder"):
        RobustnessAudit(k=1).fit(rows, ["a", "a", "b", "b"], [0, 1, 0, 1])
    with pytest.raises(ValueError, match="home_shares are"):
        shortcut_test(*planted(1, 1), home_shares=[0.1])
    with pytest.raises(ValueError, match="half of the groups lack a pair"):
        shortcut_test(*planted(1, 1, n=25))


def test_the_page_runs() -> None:
    run_example("robustness_index")
