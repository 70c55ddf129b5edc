"""Commands that LaTeX sources define for themselves: how long they hold, what arguments they take, what they set."""

import pytest

from assay.fulltext import latex
from assay.fulltext.model import FullText
from tests.fulltext import gullwing
from tests.fulltext.gullwing import archive


def read(files: dict[str, str]) -> FullText:
    return latex.parse(archive(files), gullwing.PAPER, None)


def words(body: str, preamble: str = "") -> str:
    text = read({"main.tex": rf"\documentclass{{article}}{preamble}\begin{{document}}{body}\end{{document}}"})
    assert text.notes == ()
    return text.sections[0].text


GROUPS = {
    r"\def\x{1}{\def\x{2.5}\x, }\x": "2.5, 1",
    r"\newcommand{\x}{1}\begingroup\renewcommand{\x}{2.5}\x, \endgroup\x": "2.5, 1",
    r"\begin{center}\newcommand{\x}{5}\x\end{center}\newcommand{\x}{6}\x": "5 6",
    r"\def\x{1}\textbf{\def\x{5}\x}\x": "51",
    r"\newif\ifgull{\gulltrue\ifgull 5\fi}\ifgull 6\else 7\fi": "5 7",
    r"{\gdef\x{2.5}}\x, {\global\def\y{7}}\y, {\xdef\z{8}}\z": "2.5, 7, 8",
    r"{\def\x{1}\gdef\x{2}}\x": "2",
}
EXPANDED = {
    r"\def\y{3}\edef\x{\y.5}\def\y{4}\x": "3.5",
    r"\def\x{2}\edef\x{\x.5}\x": "2.5",
    r"\def\y{1}\edef\x{\noexpand\y}\def\y{6}\x": "6",
    r"\newif\ifa\atrue\edef\x{\ifa 5\else 6\fi}\afalse\x": "5",
    r"\edef\x#1{<#1>}\x{5}": "<5>",
}
DELIMITED = {
    r"\def\x#1.#2;{#2 and #1}\x 12.34;, rest": "34 and 12, rest",
    r"\def\x#1\stop{<#1>}\x a 5 b\stop c": "<a 5 b> c",
    r"\def\x#1.{(#1)}\x {a.b}. c": "(a.b) c",
    r"\def\x[#1]{(#1)}\x[5] c": "(5) c",
    r"\def\x #1 #2{(#1|#2)}\x 56 7": "(56|7)",
    r"\def\x#1#2;{(#1|#2)}\x{56}78;9": "(56|78)9",
    r"\def\x#1;{(#1)}\x 5 never ends": "()5 never ends",
}


@pytest.mark.parametrize("source", [*GROUPS, *EXPANDED, *DELIMITED])
def test_definitions(source: str) -> None:
    assert words(source) == (GROUPS | EXPANDED | DELIMITED)[source]


def test_what_a_preamble_defines_in_braces_stays() -> None:
    assert words(r"\x", r"\AtSomeHook{\newcommand{\x}{5}}") == "5"


def test_a_definition_in_a_cell_ends_with_it() -> None:
    table = r"""\begin{table}\newcommand{\x}{9}\begin{tabular}{ccc}\x & {\renewcommand{\x}{1}\x} & \x \\
        \renewcommand{\x}{3}\x & \x & 2\end{tabular}\caption{A \x}\end{table}"""
    text = read({"main.tex": rf"\documentclass{{article}}\begin{{document}}{table}\end{{document}}"})
    assert [(each.caption, each.rows) for each in text.tables] == [("A 9", (("9", "1", "9"), ("3", "9", "2")))]


@pytest.mark.parametrize(
    ("definition", "use"),
    [
        (r"\newcommand{\head}[2]{\title{#1}\author{#2}}", r"\head{Gullwing}{Ada}"),
        (r"\newcommand{\head}[2]{\setlength{\parskip}{1pt}\title{#1}\author{#2}\maketitle}", r"\head{Gullwing}{Ada}"),
        (r"\def\head#1#2{\gdef\@title{#1}\gdef\@author{#2}}", r"\head{Gullwing}{Ada}"),
        (r"\newcommand{\head}[2][]{\vskip 2pt\gdef\own@title{#2}}", r"\head[Short]{Gullwing}"),
        (r"\newcommand{\head}{\title{Gullwing}\maketitle}", r"\head"),
    ],
)
@pytest.mark.parametrize("is_in_body", [True, False])
def test_a_title_that_a_command_of_the_papers_own_class_sets(definition: str, use: str, *, is_in_body: bool) -> None:
    begin = rf"\begin{{document}}{use}" if is_in_body else rf"{use}\begin{{document}}"
    body = r"\begin{abstract}Two wings.\end{abstract}\section{One}Folds.\end{document}"
    main = rf"\documentclass{{own}}{begin}{body}"
    text = read({"own.cls": definition, "main.tex": main})
    assert (text.title, text.sections[-1].text) == ("Gullwing", "Folds.")


@pytest.mark.parametrize(
    ("command", "read_as"),
    [
        (r"\InputIfFileExists{part}{It is there. }{It is {not} there.}", "It is there. It has 6."),
        (r"\InputIfFileExists{none}{It is there.}{It is {not} there: \input{part}}", "It is not there: It has 6."),
        (r"\IfFileExists{part.tex}{\input{part}}{None.}", "It has 6."),
        (r"\IfFileExists{none.tex}{\input{none}}{None.}", "None."),
        (r"\IfFileExists{none}{}{\IfFileExists{part}{\input{part}}{None.}}", "It has 6."),
    ],
)
def test_texts_that_depend_on_a_file(command: str, read_as: str) -> None:
    main = rf"\documentclass{{article}}\begin{{document}}{command}\end{{document}}"
    text = read({"main.tex": main, "part.tex": "It has 6."})
    assert (text.sections[0].text, text.notes) == (read_as, ())


@pytest.mark.parametrize(
    ("formula", "text"),
    [("7.1^{+0.2}_{-0.3}", "7.1 (+0.2) (-0.3)"), ("7_{-3}^{+2}", "7 (+2) (-3)"), ("x_i^2", "x_i^2")],
)
def test_two_sided_scripts(formula: str, text: str) -> None:
    assert words(f"${formula}$") == text
