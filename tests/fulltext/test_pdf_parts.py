"""Tables of several parts under one caption, and cells of several lines, in PDFs that LaTeX sets."""

import shutil
import subprocess
from collections.abc import Callable

import pytest

from assay.fulltext import pdf as reader
from assay.fulltext.model import FullText
from tests.fulltext import gullwing
from tests.fulltext.pdfs import Text, pdf

SCORES = r"""\begin{tabular}{lcc}\toprule Model & EM & F1\\\midrule Tern & 61.5 & 62.5\\ Gull & 63.5 & 64.5\\\bottomrule
\end{tabular}"""
COSTS = r"""\begin{tabular}{lccc}\toprule System & One & Two & Three\\\midrule Tern & 71.5 & 72.5 & 70.1\\
Gull & 73.5 & 74.5 & 70.2\\\bottomrule\end{tabular}"""
SMALL = r"\begin{tabular}{lc}\hline C & 3.5\\ D & 4.5\\\hline\end{tabular}"
OPEN = r"\begin{tabular}{lc} System & Cost\\ Tern & 13.5\\ Gull & 14.5\end{tabular}"
PROSE = r"""Terns wait for the tide, and it comes, as everybody knows who was there. They carry what they have caught,
and no one counts it until the light is gone. Terns wait for the tide, and it comes. \par """

READ = {
    SCORES: [["Model", "EM", "F1"], ["Tern", "61.5", "62.5"], ["Gull", "63.5", "64.5"]],
    COSTS: [["System", "One", "Two", "Three"], ["Tern", "71.5", "72.5", "70.1"], ["Gull", "73.5", "74.5", "70.2"]],
    SMALL: [["C", "3.5"], ["D", "4.5"]],
    OPEN: [["System", "Cost"], ["Tern", "13.5"], ["Gull", "14.5"]],
}
A, B, C = "(a) On the first lake", "(b) On the second", "(c) Nowhere"
SUBTABLE = r"\begin{subtable}{\textwidth}\centering"
FIRST = rf"{SUBTABLE}{SCORES}\caption{{On the first lake}}\end{{subtable}}"
SECOND = rf"{SUBTABLE}{COSTS}\caption{{On the second}}\end{{subtable}}"
CAPTION = r"\caption{Both lakes.}"
STACKED = {
    "labels and caption below": (
        rf"{SCORES}\\{A}\\[3mm]{COSTS}\\{B}{CAPTION}",
        [SCORES, A, COSTS, B],
    ),
    "labels below, caption above": (rf"{CAPTION}{SCORES}\\{A}\\[3mm]{COSTS}\\{B}", [SCORES, A, COSTS, B]),
    "labels and caption above": (rf"{CAPTION}{A}\\{SCORES}\\[5mm]{B}\\{COSTS}", [A, SCORES, B, COSTS]),
    "three, labels above, caption below": (
        rf"{A}\\[2mm]{SMALL}\\[1cm]{B}\\[2mm]{OPEN}\\[5mm]{C}\\[2mm]{SCORES}{CAPTION}",
        [A, SMALL, B, OPEN, C, SCORES],
    ),
    "three without labels": (rf"{CAPTION}{SMALL}\\[3mm]{COSTS}\\[3mm]{SCORES}", [SMALL, COSTS, SCORES]),
    "two without labels": (rf"{SCORES}\\[3mm]{COSTS}{CAPTION}", [SCORES, COSTS]),
    "subtables": (
        rf"{FIRST}\\{SECOND}{CAPTION}",
        [SCORES, A, COSTS, B],
    ),
}
WRAPPED = {
    r"""\small\begin{tabular}{p{1.6cm}p{3.6cm}r}\toprule System & Description & EM\\\midrule Tern & Considerable
    improvements throughout, notwithstanding 7 extraordinarily complicated circumstances & 61.5\\ Gull & Short & 62.5\\
    Recurrent transformers throughout & Uncharacteristically straightforward representations & 63.5\\\bottomrule
    \end{tabular}""": [
        ["System", "Description", "EM"],
        [
            "Tern",
            "Considerable improvements throughout, notwithstanding 7 extraordinarily complicated circumstances",
            "61.5",
        ],
        ["Gull", "Short", "62.5"],
        ["Recurrent transformers throughout", "Uncharacteristically straightforward representations", "63.5"],
    ],
    r"""\small\begin{tabular}{p{3.2cm}p{3.2cm}}\toprule Question & Answer\\\midrule Which extraordinarily complicated
    representations & Considerable improvements notwithstanding circumstances of 12 birds\\ Who straightforwardly caught
    the fish & Everybody who recurrently counted\\\bottomrule\end{tabular}""": [
        ["Question", "Answer"],
        [
            "Which extraordinarily complicated representations",
            "Considerable improvements notwithstanding circumstances of 12 birds",
        ],
        ["Who straightforwardly caught the fish", "Everybody who recurrently counted"],
    ],
    r"""\setlength{\tabcolsep}{3pt}\begin{tabular}{lccc}\toprule Name & Code & Data & Free\\\midrule
    \multicolumn{4}{l}{All of the lakes that are deep}\\ Tern & yes & no & yes\\ Gull & no & no & yes\\\bottomrule
    \end{tabular}""": [
        ["Name", "Code", "Data", "Free"],
        ["All of the lakes that are deep", "", "", ""],
        ["Tern", "yes", "no", "yes"],
        ["Gull", "no", "no", "yes"],
    ],
    r"""\begin{tabular}{lcc}\toprule Model & EM & F1\\\midrule
    Tern & \makecell{61.5\\{\scriptsize$\pm$0.3}} & \makecell{62.5\\{\scriptsize$\pm$0.4}}\\
    Gull & \makecell{63.5\\{\scriptsize$\pm$0.5}} & \makecell{64.5\\{\scriptsize$\pm$0.6}}\\\bottomrule
    \end{tabular}""": [
        ["Model", "EM", "F1"],
        ["Tern", "61.5 ±0.3", "62.5 ±0.4"],
        ["Gull", "63.5 ±0.5", "64.5 ±0.6"],
    ],
}


def rows(parts: list[str]) -> list[list[str]]:
    """The rows of tables and the labels between them, as wide as the widest of them."""
    read = [row for part in parts for row in READ.get(part, [[part]])]
    width = max(map(len, read))
    return [row + [""] * (width - len(row)) for row in read]


@pytest.fixture(scope="module")
def compile_tables(tmp_path_factory: pytest.TempPathFactory) -> Callable[[list[str]], FullText]:
    if not shutil.which("pdflatex"):
        pytest.skip("pdflatex is not installed")

    def compile_now(tables: list[str]) -> FullText:
        folder = tmp_path_factory.mktemp("tables")
        body = "".join(rf"\begin{{table}}[h]\centering {table}\end{{table}}{PROSE}" for table in tables)
        packages = "booktabs,subcaption,makecell"
        (folder / "paper.tex").write_text(
            rf"\documentclass[10pt]{{article}}\usepackage[margin=1in]{{geometry}}\usepackage{{{packages}}}"
            rf"\begin{{document}}\section{{Lakes}}{PROSE}{body}\end{{document}}",
            encoding="utf-8",
        )
        command = ["pdflatex", "-interaction=batchmode", "paper.tex"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
        return reader.parse((folder / "paper.pdf").read_bytes(), gullwing.PAPER, None)

    return compile_now


def test_tables_above_each_other_under_one_caption(compile_tables: Callable[[list[str]], FullText]) -> None:
    text = compile_tables([table for table, _ in STACKED.values()])
    tables = [[list(row) for row in table.rows] for table in text.tables]
    assert dict(zip(STACKED, tables, strict=True)) == {name: rows(parts) for name, (_, parts) in STACKED.items()}
    assert text.notes == ()


def test_cells_of_several_lines(compile_tables: Callable[[list[str]], FullText]) -> None:
    text = compile_tables([rf"\caption{{It is so.}}{table}" for table in WRAPPED])
    assert [[list(row) for row in table.rows] for table in text.tables] == list(WRAPPED.values())


def test_a_part_that_is_not_found_is_noted() -> None:
    lines = [(72, 740, "Terns wait for the tide, and it comes, as everybody knows."), (72, 700, "Table 1: Both lakes.")]
    cells = [(120, 680, "Tern"), (220, 680, "61.5"), (120, 667, "Gull"), (220, 667, "63.5"), (120, 650, "(b) Second")]
    cells += [(120, 636, "Plover"), (220, 636, "71.5"), (120, 623, "Dunlin"), (220, 623, "73.5")]
    below = [(72, 500, "Terns wait for the tide, and it comes, as everybody knows.")]
    text = reader.parse(pdf([[Text(words, x, y, 10) for x, y, words in lines + cells + below]]), gullwing.PAPER, None)
    assert len(text.tables[0].rows) == 5
    assert text.notes == ("found no rows of part (a) of Table 1",)
