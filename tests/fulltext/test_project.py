"""Archives of LaTeX: which file is the paper, and what it takes in from where."""

import pytest

from assay.fulltext import latex
from assay.fulltext.model import FullText
from tests.fulltext import gullwing
from tests.fulltext.gullwing import archive

PAPER = r"""\documentclass{article}\title{Gullwing}\begin{document}\begin{abstract}Two wings.\end{abstract}
\section{One}First. %s \section{Last}It wins by 10.5 points.\end{document}"""
TABLE = r"\begin{table}\caption{Scores}\begin{tabular}{lc} Gullwing & 83.9 \\ \end{tabular}\end{table}"
OWN_DOCUMENT = r"\documentclass[../main]{subfiles}\newcommand{\best}{84.2}\begin{document}%s\end{document} Not printed."


def read(files: dict[str, str]) -> FullText:
    return latex.parse(archive(files), gullwing.PAPER, None)


@pytest.mark.parametrize(
    ("command", "files"),
    [
        (r"\input{tables/scores}", {"tables/scores.tex": TABLE}),
        (r"\input tables/scores ", {"tables/scores.tex": TABLE}),
        (r"\input{tables/scores.txt} {Then.}", {"tables/scores.txt": TABLE}),
        (r"\include{tables/scores}", {"tables/scores.tex": TABLE}),
        (r"\subfile{tables/scores}", {"tables/scores.tex": OWN_DOCUMENT % TABLE}),
        (r"\subfile{a/b}", {"a/b.tex": OWN_DOCUMENT % r"\input{scores}", "a/scores.tex": TABLE}),
        (r"\import{tables/}{scores}", {"tables/scores.tex": r"\input{part}", "tables/part.tex": TABLE}),
        (r"\subimport{a/}{b}", {"a/b.tex": r"\subimport{c/}{d}", "a/c/d.tex": TABLE}),
        (
            r"\includestandalone[width=3cm]{scores}",
            {"scores.tex": OWN_DOCUMENT.replace("subfiles", "standalone") % TABLE},
        ),
        (r"\newcommand{\folder}{tables}\input{\folder/scores}", {"tables/scores.tex": TABLE}),
        (r"\input{scores}", {"tables/Scores.tex": TABLE}),
        (r"\InputIfFileExists{scores}{}{}", {"scores.tex": TABLE}),
        (r"\input{scores}", {"scores.tex": TABLE + r"\endinput Not printed."}),
        (r"\ifx\x\undefined\input{scores}\fi", {"scores.tex": TABLE}),
        (r"\sbox{\kept}{\input{scores}}\usebox{\kept}", {"scores.tex": TABLE}),
    ],
)
def test_files_that_are_taken_in(command: str, files: dict[str, str]) -> None:
    text = read({"main.tex": PAPER % command} | files)
    assert [section.heading for section in text.sections] == ["One", "Last"]
    assert [(table.label, table.rows) for table in text.tables] == [("Table 1", (("Gullwing", "83.9"),))]
    assert "Not printed" not in str(text)
    assert text.notes == ()


def test_a_paper_in_a_folder_takes_in_what_is_beside_it() -> None:
    text = read({"paper/main.tex": PAPER % r"\input{sections/scores}", "paper/sections/scores.tex": TABLE})
    assert [table.label for table in text.tables] == ["Table 1"]


def test_the_preamble_and_the_ends_may_be_files() -> None:
    head, _, rest = (PAPER % TABLE).partition(r"\section{One}")
    files = {
        "head.tex": head,
        "main.tex": r"\input{head}\section{One}" + rest.replace(r"\end{document}", r"\input{foot}"),
    }
    files["foot.tex"] = r"\end{document}"
    for own in (
        files,
        {"preamble.tex": r"\documentclass{article}", "main.tex": r"\input{preamble}" + PAPER[23:] % TABLE},
    ):
        text = read(
            own | {"cover-letter.tex": r"\documentclass{letter}\title{L}\begin{document}Dear editor\end{document}"}
        )
        assert text.title == "Gullwing"
        assert [section.heading for section in text.sections if section.heading] == ["One", "Last"]
        assert text.notes == ("left out 'cover-letter.tex': another document",)


OTHER = PAPER.replace("Gullwing", "TideCache") % ("Much more text. " * 200)


@pytest.mark.parametrize(
    "others",
    [
        {"old/main.tex": OTHER},
        {"rebuttal.tex": OTHER},
        {"main_old.tex": OTHER},
        {"template.tex": OTHER},
        {"slides.tex": OTHER.replace("{article}", "{beamer}")},
        {"figure.tex": OTHER.replace("{article}", "{standalone}")},
        {"other.tex": OTHER.replace("%s", "").replace("First.", r"\input{a}\input{b}\input{c}")},
    ],
)
def test_what_is_not_the_paper(others: dict[str, str]) -> None:
    text = read({"main.tex": PAPER % ("Some more text. " * 150), **others})
    assert text.title == "Gullwing"
    assert "Much more" not in str(text)


def test_a_supplement_is_read_behind_the_paper() -> None:
    supplement = PAPER.replace("One", "Proofs").replace("Gullwing", "Supplement") % TABLE
    text = read({"main.tex": PAPER % TABLE, "main_supp.tex": supplement})
    assert text.title == "Gullwing"
    assert [section.heading for section in text.sections] == ["One", "Last", "Proofs", "Last"]
    assert [table.label for table in text.tables] == ["Table 1", "Table 2"]


def test_a_list_of_references_tells_which_document_was_built() -> None:
    files = {"a.tex": PAPER.replace("Gullwing", "Draft") % "x" * 9, "b.tex": PAPER % "", "b.bbl": ""}
    assert read(files).title == "Gullwing"


@pytest.mark.parametrize(
    ("style", "use", "text"),
    [
        (r"\newcommand{\bird}{Kestrel}", r"\bird{} flies", "Kestrel flies"),
        (r"\def\gain#1{#1\%}", r"\gain{10.5}", "10.5%"),
        (r"\RequirePackage{inner}", r"\best points", "84.2 points"),
        (r"\newif\ifdraft\drafttrue \newcommand{\x}{5}", r"\x", "5"),
        (r"\renewcommand{\section}{\@startsection{x}}\def\@maketitle{junk}", "as it was", "as it was"),
        (r"\newacronym{kv}{KV}{kite value}", r"\gls{kv} and \gls{kv}", "kite value (KV) and KV"),
    ],
)
def test_style_files_of_the_paper(style: str, use: str, text: str) -> None:
    files = {"own.sty": style, "inner.sty": r"\newcommand{\best}{84.2\xspace}"}
    main = r"\documentclass{article}\usepackage{amsmath,own}\begin{document}\section{One}" + use + r"\end{document}"
    assert read({"main.tex": main, **files}).sections[0].text == text
    as_class = main.replace("{article}", "{own}").replace(r"\usepackage{amsmath,own}", "")
    assert read({"main.tex": as_class, "own.cls": style, "inner.sty": files["inner.sty"]}).sections[0].text == text


def test_only_what_includeonly_names() -> None:
    text = read({"main.tex": r"\includeonly{a}" + PAPER % r"\include{a}\include{b}", "a.tex": "Aa.", "b.tex": "Bb."})
    assert text.sections[0].text == "First. Aa."
    assert text.notes == (r"left out 'b': \includeonly does not name it",)


def test_what_was_left_out_is_counted() -> None:
    body = r"\fpeval{1+2} \fpeval{3} \csvautotabular{a.csv} \std{95.3}{0.2} \input{gone} \input{\where/x}"
    text = read({"main.tex": PAPER % body})
    assert text.notes == (
        "left out 'gone': it is not there",
        r"left out '\\where/x': its path is a macro that is not known",
        r"left out 2 times what \fpeval computes or fetches",
        r"left out once what \csvautotabular computes or fetches",
        r"\std is not known: its arguments are kept as text one after the other, once",
    )
    assert "95.3 0.2" in text.sections[0].text


def test_comments_without_an_end_take_no_time() -> None:
    text = read({"main.tex": PAPER % r"\begin{comment} x \end{comment}" + r"\begin{comment}" * 50_000})
    assert [section.heading for section in text.sections] == ["One", "Last"]
