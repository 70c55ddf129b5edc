"""The small pictures show what was measured where it belongs: on one scale with the claim, better to the right."""

import re
from xml.etree import ElementTree as ET

import pytest

from assay.publish.site.drawing import effect_svg, effects_svg, reach
from tests.papers.measured import TIMES, measurement
from tests.publish.site.sample import AS_CLAIMED, NOT_SEEN, RISING, SEEN_HERE

UNTESTED = measurement(missing="a GPU", comparison=None, evidence=None, model="", differs=(), beside=())


def places(picture: str) -> dict[str, float]:
    """Where things are from left to right: the claim, the line of no change, what was measured."""
    root = ET.fromstring(picture)
    found = {"measured": float(root.find("circle").get("cx"))}  # type: ignore[union-attr,arg-type]
    for path in root.findall("path"):
        found.setdefault(path.get("class", ""), float(re.findall(r"M(-?[\d.]+)", path.get("d", ""))[0]))
    return found


@pytest.mark.parametrize(
    ("each", "how"), [(SEEN_HERE, "reached"), (NOT_SEEN, "missed"), (RISING, "reached"), (UNTESTED, "open")]
)
def test_how_far_a_measurement_gets(each: object, how: str) -> None:
    assert reach(each) == how  # type: ignore[arg-type]


def test_a_claim_that_is_reached_lies_left_of_what_was_measured() -> None:
    at = places(effect_svg(SEEN_HERE))
    assert at["neutral"] < at["target"] == at["reach"] < at["measured"] < 240


def test_what_is_worse_than_the_baseline_lies_left_of_no_change() -> None:
    at = places(effect_svg(NOT_SEEN))
    assert 0 < at["measured"] < at["neutral"] < at["target"]


def test_measurements_of_a_claim_share_a_scale() -> None:
    alone = places(effect_svg(SEEN_HERE)), places(effect_svg(NOT_SEEN))
    together = [places(effect_svg(each, (SEEN_HERE, NOT_SEEN))) for each in (SEEN_HERE, NOT_SEEN)]
    assert alone[0]["target"] != alone[1]["target"]
    assert together[0]["target"] == together[1]["target"]
    assert together[1]["measured"] < together[0]["neutral"] < together[0]["measured"]


def test_a_trend_points_the_claimed_way_from_no_change() -> None:
    at = places(effect_svg(RISING))
    assert at["claimed"] == at["neutral"] < at["measured"]


def test_what_has_no_figure_has_no_picture() -> None:
    assert effect_svg(UNTESTED) == ""
    assert effects_svg([UNTESTED], lambda _: "x", ("a", "b")) == ""


def test_every_effect_is_a_point_that_leads_to_its_claim() -> None:
    beyond = measurement(comparison=TIMES.model_copy(update={"ratio": 900.0, "ratio_interval": None}))
    picture = effects_svg([SEEN_HERE, NOT_SEEN, AS_CLAIMED, beyond], lambda each: f"#{each.claim}", ("x <&>", "y"))
    root = ET.fromstring(picture)
    links = root.findall("a")
    assert sorted(link.get("href", "") for link in links) == ["#share", "#speed", "#speed", "#speed"]
    assert {link.get("tabindex") for link in links} == {"-1"}, "the gallery says the same to whoever uses keys"
    assert "x <&>" in "".join(root.itertext())
    heights = [float(dot.get("cy", "0")) for link in links for dot in link.findall("circle")]
    assert min(heights) == 10, "what lies beyond the picture stands at its edge"
