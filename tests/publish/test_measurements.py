"""A measurement as people see it: in words, on a page, in a picture."""

import io
from pathlib import Path
from xml.etree import ElementTree as ET

import html5lib
import pytest
from rich.console import Console
from syrupy.assertion import SnapshotAssertion

from assay.papers.measurement import Arm, Curve, Line, Score, Verdict
from assay.publish.measurements import compared_table, markdown_details, measured_figure, print_measurement
from assay.publish.plot import curves_svg, plot_measurements
from assay.publish.site import Site, render
from tests.papers.measured import measurement
from tests.publish.sample import CLAIMS, sample_day, sample_dossiers

MISSED = measurement(
    verdict=Verdict.DOES_NOT_HOLD,
    ratio=1.02,
    candidate=0.39,
    spread=(0.98, 1.05),
    scores=(Score(name="error", better="lower", candidate=0.5, at_most=0.06),),
)
UNTESTED = measurement(
    verdict=Verdict.NOT_TESTABLE, missing="a GPU", candidate=None, baseline=None, ratio=None, spread=None, others=()
)
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
        print_measurement(console, each, stale="method, trial or testbed have changed since" if each is MISSED else "")
    assert out.getvalue() == snapshot


def test_a_claim_of_times_shows_the_ratio_and_others_the_value() -> None:
    assert measured_figure(measurement()) == "4x (3.8 to 4.3)"
    relative = measurement(
        claimed=CLAIMS[1], unit="%", better="higher", baseline=Arm(name="dense", value=16.0), candidate=20.0
    )
    assert measured_figure(relative) == "+25 %"
    assert measured_figure(relative.model_copy(update={"baseline": None})) == "20 %"
    assert measured_figure(UNTESTED) == "–"


def test_two_machines_side_by_side(snapshot: SnapshotAssertion) -> None:
    out = io.StringIO()
    other = MISSED.model_copy(update={"machine": MISSED.machine.model_copy(update={"name": "other-cpu-8"})})
    Console(file=out, width=100, color_system=None).print(compared_table([measurement(), other], "toy-cpu-2"))
    assert out.getvalue() == snapshot


def test_the_papers_page_shows_claimed_beside_measured() -> None:
    pages = dict(
        render(Site(days=[sample_day()], papers=sample_dossiers(), measurements={"9912.00001": [measurement()]}))
    )
    for root, words in (("", ("holds", "Claimed and measured")), ("ko/", ("성립", "주장과 측정"))):
        page = pages[f"{root}paper/9912.00001/index.html"]
        html5lib.HTMLParser(strict=True).parse(page)
        for text in (*words, "4x (3.8 to 4.3)", "2.5–5x", "window &lt;8&gt;: 200 ms", "toy-cpu-2"):
            assert text in page


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
    details = markdown_details([CURVED])
    assert "  - time of a call against length, along 512 / 1,024 / 8,192 tokens:\n" in details
    assert "    - dense <&>: 100 ms / 400 ms / –\n" in details


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


def test_what_cannot_be_plotted(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"written as \.svg or \.png"):
        plot_measurements([measurement()], tmp_path / "plot.gif")
    with pytest.raises(ValueError, match="nothing to plot"):
        plot_measurements([UNTESTED], tmp_path / "plot.svg")
