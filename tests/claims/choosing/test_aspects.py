"""How a figure is meant: the rules' reading stays unless the encoder is sure, and the unit goes with the kind."""

from collections.abc import Mapping

import numpy as np
import pytest

from assay.claims.choosing.aspects import choose_aspects
from assay.claims.choosing.encoder import ASPECTS
from assay.claims.encoders.transformer import Floats
from assay.papers.models import Claim


def heard(sure: float = 3.0, **meant: str) -> Mapping[str, Floats]:
    """What an encoder says that is so sure of what is named, and knows nothing of the rest."""
    said = {name: np.zeros(len(ways), np.float32) for name, ways in ASPECTS.items()}
    for name, way in meant.items():
        said[name][ASPECTS[name].index(way)] = sure
    return said


def claim(**fields: object) -> Claim:
    read = {"key": "a", "value": 3.2, "unit": "%", "kind": "absolute", "metric": "accuracy", "source": "abstract"}
    return Claim.model_validate(read | fields)


def choose(read: Claim, written: str, said: Mapping[str, Floats], metric: str = "accuracy") -> dict[str, str]:
    """What is chosen, which a claim may hold."""
    chosen = choose_aspects(read, written, metric, said)
    Claim.model_validate({**read.model_dump(), **chosen})
    return chosen


def test_the_rules_stay_where_it_knows_nothing_or_is_hardly_surer() -> None:
    kept = {"kind": "absolute", "unit": "%", "direction": "", "bound": ""}
    assert choose(claim(), "3.2%", heard()) == kept
    assert choose(claim(), "3.2%", heard(sure=0.5, kind="relative", direction="up")) == kept
    assert choose(claim(kind="count", unit=""), "3", heard(kind="absolute"))["kind"] == "count"


@pytest.mark.parametrize(
    ("unit", "kind", "written", "other", "fitting"),
    [
        ("%", "absolute", "3.2%", "relative", "%"),
        ("%", "absolute", "3.2%", "points", "points"),
        ("", "absolute", "3.2", "points", "points"),
        ("", "absolute", "3.2", "times", "x"),
        ("%", "relative", "3.2%", "absolute", "%"),
        ("points", "points", "3.2%", "absolute", "%"),
        ("points", "points", "3.2 percent", "relative", "%"),
    ],
)
def test_the_unit_goes_with_the_kind(unit: str, kind: str, written: str, other: str, fitting: str) -> None:
    chosen = choose(claim(unit=unit, kind=kind), written, heard(kind=other, direction="up"))
    assert chosen == {"kind": other, "unit": fitting, "direction": "up", "bound": ""}


@pytest.mark.parametrize(
    ("unit", "kind", "value", "written", "other"),
    [
        ("ms", "absolute", 3.2, "3.2 ms", "points"),
        ("x", "times", 3.2, "3.2x", "relative"),
        ("x", "times", 3.2, "3.2x", "points"),
        # Whoever writes points means points, and of a bare figure of a list nobody knows the unit.
        ("points", "points", 3.2, "3.2 percentage points", "relative"),
        ("points", "points", 3.2, "3.2 pp", "times"),
        ("points", "points", 3.2, "3.2 pts", "absolute"),
        ("points", "points", 3.2, "3.2", "times"),
        # Nothing is 0 times as much, or -0.5 times.
        ("", "absolute", 0.0, "0", "times"),
        ("", "absolute", -0.5, "-0.5", "times"),
    ],
)
def test_a_kind_that_the_figure_cannot_be_of_is_not_believed(
    unit: str, kind: str, value: float, written: str, other: str
) -> None:
    chosen = choose(claim(unit=unit, kind=kind, value=value), written, heard(kind=other))
    assert (chosen["kind"], chosen["unit"], chosen["direction"]) == (kind, unit, "")


def test_both_ends_of_a_change_say_more_than_words() -> None:
    ends = claim(between=(2.1, 3.2), direction="up")
    assert choose(ends, "3.2%", heard(kind="points", direction="down", bound="about")) == {"bound": "about"}


def test_a_direction_of_another_kind_or_metric_needs_no_sure_contradiction() -> None:
    change = claim(kind="relative", direction="down")
    hardly = dict(heard(kind="absolute"), direction=np.array([0.1, 0.0, 0.0], np.float32))
    assert choose(change, "3.2%", hardly)["direction"] == ""
    improved = claim(kind="relative", direction="up", metric="performance")
    told = heard(sure=0.1, direction="down")
    assert choose(improved, "3.2%", told, metric="perplexity")["direction"] == "down"
    assert choose(improved, "3.2%", told, metric="accuracy")["direction"] == "up"
