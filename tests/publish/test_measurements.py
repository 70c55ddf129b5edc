"""A measurement as people see it: in words, on a page, in a picture."""

import io
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import html5lib
import pytest
from rich.console import Console
from syrupy.assertion import SnapshotAssertion

from assay.papers.comparison import Arm, Comparison
from assay.papers.measurement import Curve, Evidence, Line, Measurement
from assay.papers.models import Claim
from assay.papers.verdict import Verdict
from assay.publish.measurements import (
    compared_table,
    effect_claimed,
    effect_measured,
    fill_in,
    interval,
    markdown_page,
    markdown_table,
    markdown_tally,
    print_measurement,
    row,
    verdict_label,
)
from assay.publish.plot import arms_svg, curves_svg, effects_svg, plot_measurements
from assay.publish.site import Site, render
from tests.papers.measured import TIMES, measurement
from tests.publish.sample import CLAIMS, sample_day, sample_dossiers

MISSED = measurement(
    comparison=TIMES.model_copy(update={"ratio": 1.02, "candidate": 0.39, "ratio_interval": (0.98, 1.05)}),
    beside=(Comparison(metric="error", better="lower", candidate=0.5, at_most=0.06),),
)
UNTESTED = measurement(missing="a GPU", comparison=None, evidence=None, model="", differs=(), beside=())
NAN = float("nan")
CURVED = measurement(
    curves=(
        Curve(
            name="time of a call against length",
            unit="s",
            along="tokens",
            at=(512.0, 1024.0, 8192.0),
            lines=(
                Line(name="", values=(0.1, 0.2, 1.6), low=(0.1, 0.19, 1.5), high=(0.11, 0.22, 1.8)),
                Line(name="dense <&>", values=(0.1, 0.4, NAN), low=(0.1, 0.4, NAN), high=(0.1, 0.4, NAN)),
            ),
        ),
    )
)


def test_in_words(snapshot: SnapshotAssertion) -> None:
    out = io.StringIO()
    console = Console(file=out, width=80, color_system=None)
    for each in (measurement(), MISSED, UNTESTED):
        print_measurement(console, each, stale="measured with earlier code" if each is MISSED else "")
    assert out.getvalue() == snapshot


def of(fields: dict[str, object], compared: dict[str, object]) -> Measurement:
    """A measurement of a claim that is spelled out here."""
    whole = {"key": "it", "value": 2.0, "unit": "", "kind": "absolute", "metric": "accuracy", "source": "abstract"}
    figures = {"metric": "m", "better": "higher", "baseline": Arm(name="b", value=10.0), "candidate": 11.0}
    return measurement(
        claimed=Claim.model_validate(whole | fields), comparison=Comparison.model_validate(figures | compared)
    )


@pytest.mark.parametrize(
    ("fields", "compared", "claimed", "found", "around"),
    [
        (
            {"value": 2.87, "unit": "x", "kind": "times", "bound": "at most", "metric": "speed"},
            {"unit": "s", "better": "lower", "candidate": 8.0, "ratio": 1.25, "ratio_interval": (1.1, 1.3)},
            *("up to 2.87x", "1.25x", "1.1 to 1.3"),
        ),
        (
            {"value": 0.34, "unit": "x", "kind": "times", "better": "lower", "metric": "time"},
            {"unit": "s", "better": "lower", "candidate": 4.0, "ratio": 2.5, "ratio_interval": (2.0, 4.0)},
            *("0.34x", "0.4x", "0.25 to 0.5"),
        ),
        (
            {"value": 61.0, "unit": "%", "kind": "relative", "better": "lower", "direction": "down", "metric": "time"},
            {"unit": "s", "better": "lower", "candidate": 5.0, "ratio": 2.0, "ratio_interval": (1.6, 2.5)},
            *("−61%", "−50%", "−60 to −37.5"),
        ),
        (
            {"value": 3.6, "unit": "points", "kind": "points", "direction": "up"},
            {"unit": "%", "candidate": 12.5, "ratio": 1.25, "difference_interval": (1.0, 3.0)},
            *("+3.6 points", "+2.5 points", "1 to 3"),
        ),
        (
            {"value": 25.76, "better": "lower", "baseline_value": 26.73, "metric": "perplexity"},
            {"better": "lower", "candidate": 8.6, "ratio": 10 / 8.6, "ratio_interval": (1.0, 1.25)},
            *("0.964x", "0.86x", "0.8 to 1"),
        ),
        ({"value": 0.5, "baseline_value": -0.5}, {"candidate": 12.0, "ratio": 1.2}, *("+1", "+2", "")),
        (
            {"value": 41.4, "unit": "GB"},
            {"unit": "GB", "interval": (10.5, 11.5), "baseline": None},
            *("41.4 GB", "11 GB", "10.5 to 11.5"),
        ),
        (
            {"value": None, "kind": "trend", "direction": "up", "along": "thinking budget"},
            {"candidate": 0.25, "interval": (0.1, 0.3), "baseline": None, "is_slope": True},
            *("↗", "0.25", "0.1 to 0.3"),
        ),
    ],
)
def test_effects_in_words(
    fields: dict[str, object], compared: dict[str, object], claimed: str, found: str, around: str
) -> None:
    it = of(fields, compared)
    assert (effect_claimed(it.claimed), effect_measured(it), interval(it)) == (claimed, found, around)


@pytest.mark.parametrize(
    ("fields", "compared", "said"),
    [
        (
            {"value": 1.5, "unit": "x", "kind": "times", "metric": "speed"},
            {"unit": "s", "better": "lower", "candidate": 20.0, "ratio": 0.5},
            "m 0.5x as fast as b (paper 1.5x)",
        ),
        (
            {"value": 2.0, "unit": "x", "kind": "times", "metric": "speed", "direction": "down"},
            {"unit": "s", "better": "lower", "candidate": 25.0, "ratio": 0.4},
            "m 2.5x as slow as b (paper 2x)",
        ),
        (
            {"value": 0.34, "unit": "x", "kind": "times", "better": "lower", "metric": "time"},
            {"unit": "s", "better": "lower", "candidate": 20.0, "ratio": 0.5},
            "m 2x of b (paper 0.34x)",
        ),
        (
            {"value": 61.0, "unit": "%", "kind": "relative", "direction": "up", "metric": "speed"},
            {"unit": "s", "better": "lower", "candidate": 5.0, "ratio": 2.0},
            "speed, by m +100% against b (paper +61%)",
        ),
        (
            {"value": 15.0, "unit": "tokens/s", "baseline_value": 10.0, "metric": "throughput"},
            {"unit": "s", "better": "lower", "candidate": 8.0, "ratio": 1.25},
            "throughput, by m 1.25x of b (paper 1.5x)",
        ),
        (
            {
                "value": 50.0,
                "unit": "%",
                "kind": "relative",
                "better": "lower",
                "direction": "down",
                "metric": "errors",
            },
            {"better": "lower", "candidate": 0.0},
            "m −100% against b (paper −50%)",
        ),
        (
            {"value": 2.0, "unit": "x", "kind": "times", "better": "lower", "direction": "down", "metric": "memory"},
            {"unit": "B", "better": "lower", "candidate": 4.0, "ratio": 2.5},
            "m 2.5x as small as b (paper 2x)",
        ),
        (
            {"value": 0.0, "unit": "%", "better": "lower", "baseline_value": 89.3, "metric": "attacks"},
            {"unit": "%", "better": "lower", "candidate": 1.0, "ratio": 10.0},
            "m −90% against b (paper −100%)",
        ),
    ],
)
def test_the_words_agree_with_the_verdict(fields: dict[str, object], compared: dict[str, object], said: str) -> None:
    assert row(of(fields, compared)) == f"{said} · simulated"


def test_the_measured_effect_lies_within_its_interval() -> None:
    """Also where only the ratio's interval was kept, and the claim is in points."""
    points = of(
        {"value": 3.6, "unit": "points", "kind": "points", "direction": "up"},
        {"unit": "%", "candidate": 12.0, "ratio": 1.2, "ratio_interval": (0.9, 1.3)},
    )
    assert row(points).startswith("m +2 points [−1 to 3] against b")


def test_a_row_can_be_understood_from_itself() -> None:
    perplexity = of(
        {"value": 25.76, "better": "lower", "baseline_value": 26.73, "metric": "perplexity"},
        {
            "metric": "perplexity",
            "better": "lower",
            "baseline": Arm(name="Pre-LN", value=100.0),
            "candidate": 86.0,
            "others": (Arm(name="DeepNorm", value=48.0),),
            "ratio": 100 / 86,
        },
    ).model_copy(update={"evidence": Evidence.TRAINED_HERE})
    assert row(perplexity) == "perplexity 0.86x of Pre-LN (paper 0.964x) · trained here · DeepNorm 0.48x"
    assert row(measurement()) == (
        "time of a call 4x [3.8 to 4.3] as fast as dense (paper 2.5–5x) · simulated · window <8> 2x"
    )
    assert row(UNTESTED) == "attention speed: not testable here: a GPU"
    assert verdict_label(perplexity) == "seen"
    wide = measurement(comparison=TIMES.model_copy(update={"ratio_interval": (2.0, 4.3)}))
    assert verdict_label(wide) == "undecided: seen or direction seen"
    assert verdict_label(wide, "ko") == "판정 보류: 관찰됨 또는 방향은 관찰됨"


def test_measurements_of_old_are_read_and_judged_by_todays_rule() -> None:
    """Nothing that was kept before comparisons were records of their own is lost."""
    now = json.loads(measurement().model_dump_json())
    moved = {
        key: now["comparison"][key] for key in ("metric", "unit", "better", "baseline", "candidate", "others", "ratio")
    }
    gone = ["comparison", "beside", "evidence", "model", "own_setting", "differs"]
    gone += ["verdict", "verdict_between", "verdict_reason"]
    old = {key: value for key, value in now.items() if key not in gone} | moved
    old |= {"spread": [3.8, 4.3], "verdict": "holds", "setting": "scaled down: 8K tokens"}
    old["scores"] = [{"name": "error", "unit": "", "better": "lower", "candidate": 0.05, "others": [], "at_most": 0.06}]
    read = Measurement.model_validate_json(json.dumps(old))
    assert read == measurement(evidence=None, model="")
    assert read.verdict is Verdict.SEEN
    missing = old | {"candidate": None, "baseline": None, "ratio": None, "spread": None, "missing": "a GPU"}
    read = Measurement.model_validate_json(json.dumps(missing | {"setting": "not measured", "scores": []}))
    assert read == UNTESTED


def test_two_machines_side_by_side(snapshot: SnapshotAssertion) -> None:
    out = io.StringIO()
    other = MISSED.model_copy(update={"machine": MISSED.machine.model_copy(update={"name": "other-cpu-8"})})
    Console(file=out, width=100, color_system=None).print(compared_table([measurement(), other], "toy-cpu-2"))
    assert out.getvalue() == snapshot


def test_the_papers_page_shows_claimed_beside_measured() -> None:
    pages = dict(
        render(Site(days=[sample_day()], papers=sample_dossiers(), measurements={"9912.00001": [measurement()]}))
    )
    for root, words in (("", ("seen", "Claimed and measured")), ("ko/", ("관찰됨", "주장과 측정"))):
        page = pages[f"{root}paper/9912.00001/index.html"]
        html5lib.HTMLParser(strict=True).parse(page)
        shown = " ".join("".join(html5lib.parse(page, namespaceHTMLElements=False).itertext()).split())
        for text in (*words, "4x [3.8 to 4.3]", "2.5–5x", "window <8>200 ms", "toy-cpu-2"):
            assert text in shown
        assert shown.index(words[1]) < shown.index("블록을 토큰 하나로" if root else "Blocks are averaged"), (
            "claims first"
        )


@pytest.mark.parametrize("form", ["svg", "png"])
def test_a_plot(tmp_path: Path, form: str) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / f"plot.{form}"
    plot_measurements([measurement(), MISSED, UNTESTED], path)
    if form == "svg":
        assert ET.parse(path).getroot().tag.endswith("svg")
    else:
        assert path.read_bytes().startswith(b"\x89PNG")


def test_a_curve_in_words() -> None:
    out = io.StringIO()
    print_measurement(Console(file=out, width=120, color_system=None), CURVED)
    shown = " ".join(out.getvalue().split())
    assert "tokens 512 / 1,024 / 8,192 toy_attention 100 ms / 200 ms / 1.6 s dense <&> 100 ms / 400 ms / –" in shown


def test_a_papers_page_of_results(snapshot: SnapshotAssertion) -> None:
    untested = CLAIMS[1].model_copy(update={"not_testable": "the weights of a model that is not public"})
    pictures = {id(CURVED): "toy_attention-speed.svg"}
    page = markdown_page("Toy Attention", [CURVED, MISSED, UNTESTED], pictures, [untested])
    assert page == snapshot
    document = "before\n<!-- results -->\nold\n<!-- end of results -->\nafter\n"
    results = markdown_tally([CURVED, MISSED]) + "\n" + markdown_table([CURVED, MISSED])
    assert fill_in(document, results, "results") == snapshot


def test_all_effects_in_one_picture() -> None:
    pytest.importorskip("matplotlib")
    light, dark = (effects_svg([measurement(), MISSED, UNTESTED], dark=dark) for dark in (False, True))
    assert light == effects_svg([measurement(), MISSED, UNTESTED])
    assert light != dark
    for picture in (light, dark):
        words = "".join(ET.fromstring(picture).itertext())
        for text in ("claimed effect", "measured effect", "seen", "not seen", "simulated"):
            assert text in words
    nothing = {"candidate": 0.0, "ratio": None, "ratio_interval": None}
    to_nothing = measurement(comparison=TIMES.model_copy(update=nothing))  # a ratio without an end
    assert effects_svg([measurement(), MISSED, to_nothing]) == light
    with pytest.raises(ValueError, match="no measurement has an effect"):
        effects_svg([UNTESTED])


def test_a_curve_as_a_picture_and_on_the_papers_page(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = curves_svg(CURVED)
    assert picture == curves_svg(CURVED)
    assert ET.fromstring(picture).tag.endswith("svg")
    plot_measurements([CURVED, UNTESTED], tmp_path / "plot.svg")
    assert (tmp_path / "plot.svg").read_text(encoding="utf-8").count('id="axes_') == 2
    files = dict(render(Site(days=[sample_day()], papers=sample_dossiers(), measurements={"9912.00001": [CURVED]})))
    path = "paper/9912.00001/speed-toy-cpu-2-cpu.svg"
    assert files[path] == picture
    for page in ("paper/9912.00001/index.html", "ko/paper/9912.00001/index.html"):
        html5lib.HTMLParser(strict=True).parse(files[page])
        assert f'src="{"../" * page.count("/")}{path}"' in files[page]
        assert "<td>400 ms</td><td>–</td>" in files[page]
    with pytest.raises(ValueError, match="speed has no curves"):
        curves_svg(measurement())


def test_all_arms_as_a_picture_on_the_page_of_results() -> None:
    pytest.importorskip("matplotlib")
    picture = arms_svg([measurement(), UNTESTED, MISSED])
    assert picture == arms_svg([measurement(), MISSED])
    assert ET.fromstring(picture).tag.endswith("svg")
    assert picture.count('id="axes_') == 2
    assert picture.count("claimed<") == 2
    page = markdown_page("Toy Attention", [measurement()], {}, [], overview="toy.svg")
    assert page.index("](toy.svg)") < page.index("\n## ")


def test_what_cannot_be_plotted(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"written as \.svg or \.png"):
        plot_measurements([measurement()], tmp_path / "plot.gif")
    with pytest.raises(ValueError, match="nothing to plot"):
        plot_measurements([UNTESTED], tmp_path / "plot.svg")
