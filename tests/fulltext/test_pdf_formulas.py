"""What stands above or below its line in a PDF: two-sided spreads, indices, fractions; at all sizes that LaTeX has."""

import shutil
import subprocess

import pytest

from assay.fulltext import pdf as reader
from assay.fulltext.model import FullText
from assay.fulltext.scripts import two_sided
from tests.fulltext import gullwing
from tests.fulltext.pdfs import Text, pdf

SIZES = ("normalsize", "small", "footnotesize", "scriptsize", "tiny")
ROWS = r"""\begin{tabular}{lcc}\toprule System & ToyBench & LakeBench\\\midrule
Tern & $64.3^{+1.1}_{-0.9}$ & $x_{i}^{2}$\\ Plover & $52.7_{-0.4}^{+0.6}$ & 5.1$\substack{+0.2\\-0.1}$\\
Gull & $41.0^{+2}_{-3}$ & $\frac{3}{4}$\\\bottomrule\end{tabular}"""
TABLE = (
    ("System", "ToyBench", "LakeBench"),
    ("Tern", "64.3 (+1.1) (−0.9)", "x^2_i"),
    ("Plover", "52.7 (+0.6) (−0.4)", "5.1 (+0.2) (−0.1)"),
    ("Gull", "41.0 (+2) (−3)", "3/4"),
)
PROSE = r"""Terns wait for the tide, and it comes. We reach 64.3$^{+1.1}_{-0.9}$ points, 52.7$_{-0.4}^{+0.6}$ of them,
and $W_{ij}^{(k)}$. Half is $\frac{1}{2}$, a third $\tfrac{1}{3}$, then $\frac{a+b}{2n}$ of 7$\frac{1}{4}$,
30$\frac{1}{5}$30 or \nicefrac{3}{8}; the share is $\frac{12}{35}=0.343$, or $\frac{x_1^2}{y_3}$,
$\frac{\frac{1}{6}}{7}$,
$\frac{1+\frac{2}{5}}{9}$, and $\dfrac{11}{13}$ of them. \[ R = \frac{2.5}{7.5} + \frac{3}{4}\frac{5}{6} \] It stands
\[ \frac{1.5}{8.5} \] alone. """
READ = (
    "We reach 64.3 (+1.1) (−0.9) points, 52.7 (+0.6) (−0.4) of them, and W^((k))_ij. Half is 1/2, a third 1/3, then "
    "(a+b)/2n of 7 1/4, 30 1/5 30 or 3/8; the share is 12/35 = 0.343, or (x^2_1)/y3, (1/6)/7, (1+ 2/5)/9, and 11/13 "
    "of them. R = 2.5/7.5 + 3/4 5/6 It stands 1.5/8.5 alone."
)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> FullText:
    if not shutil.which("pdflatex"):
        pytest.skip("pdflatex is not installed")
    folder = tmp_path_factory.mktemp("formulas")
    tables = "".join(
        rf"\begin{{table}}[h]\caption{{At {size}.}}\centering\{size} {ROWS}\end{{table}}" for size in SIZES
    )
    (folder / "paper.tex").write_text(
        r"\documentclass[10pt]{article}\usepackage[margin=1in]{geometry}\usepackage{booktabs,amsmath,nicefrac}"
        rf"\begin{{document}}\section{{Forms}}{PROSE}{tables}\end{{document}}",
        encoding="utf-8",
    )
    command = ["pdflatex", "-interaction=batchmode", "paper.tex"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
    return reader.parse((folder / "paper.pdf").read_bytes(), gullwing.PAPER, None)


def test_two_sided_scripts_and_fractions_in_prose(compiled: FullText) -> None:
    assert READ in compiled.sections[0].text
    assert compiled.notes == ()


@pytest.mark.parametrize("number", range(len(SIZES)), ids=SIZES)
def test_two_sided_scripts_and_fractions_in_a_table(compiled: FullText, number: int) -> None:
    assert compiled.tables[number].rows == TABLE


@pytest.mark.parametrize(
    ("before", "up", "down", "text"),
    [
        ("7.1", "+0.2", "-0.3", " (+0.2) (-0.3)"),
        ("7", "+2", "−3", " (+2) (−3)"),
        ("x", "2", "i", "^2_i"),
        ("x", "2", "1", "^2_1"),
        ("71.4", "a", "0.2", " ± 0.2"),
    ],
)
def test_two_sided(before: str, up: str, down: str, text: str) -> None:
    assert two_sided(before, up, down) == text


LINE = "Terns wait for the tide, and it comes, as everybody knows who was there."


def read(*texts: Text, bars: list[str]) -> FullText:
    return reader.parse(
        pdf([[Text(LINE, 72, 740, 10), *texts, Text(LINE, 72, 640, 10)]], grounds={0: bars}), gullwing.PAPER, None
    )


def test_a_fraction_whose_parts_have_lines_of_their_own_is_counted() -> None:
    above = (Text("12", 120, 710, 7), Text("34", 120, 703.5, 7))
    text = read(Text("It is", 92, 698, 10), *above, Text("5", 122, 695, 7), bars=["0.4 w 120 700.5 m 128 700.5 l S"])
    assert text.sections[0].text.endswith(f"It is 12 34 5 {LINE}")
    assert text.notes == ("a fraction stays as the parts above and below the bar, one after the other: page 1",)


def test_a_line_under_a_header_is_no_bar() -> None:
    cells = (Text("81", 120, 700, 10), Text("93", 120, 688, 10), Text("64", 120, 676, 10))
    text = read(*cells, bars=[f"0.4 w 120 {y} m 131.1 {y} l S" for y in (710, 698, 686)])
    assert text.sections[0].text.endswith(f"81 93 64 {LINE}")
