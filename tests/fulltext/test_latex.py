"""LaTeX sources, well-meant and not."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.fulltext import latex
from assay.fulltext.model import FullText
from assay.fulltext.tex import readable
from tests.fulltext import gullwing
from tests.fulltext.gullwing import archive


def read_source(body: str, preamble: str = "") -> FullText:
    source = f"\\documentclass{{article}}{preamble}\\begin{{document}}\\section{{One}}{body}\\end{{document}}"
    return latex.parse(source.encode(), gullwing.PAPER, None)


def words(body: str, preamble: str = "") -> str:
    return dict(read_source(body, preamble).passages()).get("One", "")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (r"up by 12.5\% and $2.3\times$", "up by 12.5% and 2.3×"),
        (r"$\frac{a+b}{2}$ of $10^{-3}$", "(a+b)/2 of 10^-3"),
        (r"Erd\H{o}s, na\"{\i}ve, caf\'e", "Erdős, naïve, café"),
        (r"a~\cite{x}, b \citep[see][p.~2]{y}.", "a, b."),
        (r"\textbf{bold} {\em and} \texttt{code}", "bold and code"),
        (r"\href{https://example.org}{here}\footnote{Or there.}", "here (Or there.)"),
        (r"``quoted'' -- so---here", "“quoted” – so—here"),
        ("50\\% % a remark\nof 100\\%", "50% of 100%"),
        (r"\verb|a_b{c}| and \begin{verbatim}x & y\end{verbatim}", "a_b{c} and x & y"),
        (r"\begin{itemize}[left=0pt]\item one\item[b] two\end{itemize}", "one two"),
        (r"\vspace{-2mm}\includegraphics[width=3cm]{a.png}seen", "seen"),
        (r"\unknowncommand{its text} stays", "its text stays"),
        (r"$x \iff y$ \iftrue yes \else no \fi", "x ⇔ y yes"),
        (r"\[ E = m c^2 \]", "E = m c^2"),
    ],
)
def test_prose(source: str, text: str) -> None:
    assert words(source) == text


@pytest.mark.parametrize(
    ("definition", "use", "text"),
    [
        (r"\newcommand{\model}{Gull\xspace}", r"\model is", "Gull is"),
        (r"\newcommand*\pct[1]{#1\%}", r"\pct{7}", "7%"),
        (r"\newcommand{\say}[2][Hello]{#1 #2}", r"\say{you}, \say[Bye]{me}", "Hello you, Bye me"),
        (r"\def\pair#1#2{#2 #1}", r"\pair{a}{b}", "b a"),
        (r"\NewDocumentCommand{\twice}{m}{#1 #1}", r"\twice{so}", "so so"),
        (r"\DeclareMathOperator{\toy}{toy}", r"$\toy x$", "toy x"),
        (r"\newif\iflong \longtrue", r"\iflong long\else short\fi", "long"),
        (r"\let\old\textbf", r"\old{kept}", "kept"),
        (r"\renewcommand{\section}[1]{}", r"as it was", "as it was"),
    ],
)
def test_macros_of_the_paper(definition: str, use: str, text: str) -> None:
    assert words(use, definition) == text


@pytest.mark.parametrize(
    "hiding",
    [
        r"\textcolor{white}{%s}",
        r"{\color{white}%s}",
        r"\color[rgb]{1,1,1}%s\color{black}",
        r"\textcolor[HTML]{FEFEFE}{%s}",
        r"\textcolor{white!98!black}{%s}",
        r"\textcolor{ground}{%s}",
        r"{\fontsize{0.1pt}{0.1pt}\selectfont %s}",
        r"\phantom{%s}",
        r"\scalebox{0.01}{%s}",
        r"\section*{\textcolor{white}{%s}}",
    ],
)
def test_what_nobody_sees(hiding: str) -> None:
    text = read_source(f"Seen. {hiding % gullwing.HIDDEN} Seen too.", r"\definecolor{ground}{gray}{0.99}")
    assert [(each.kind, each.text) for each in text.suspicions] == [("hidden text", gullwing.HIDDEN)]
    whole = " ".join(passage for _, passage in text.passages())
    assert "kestrel" not in whole
    assert "Seen. " in whole
    assert "Seen too." in whole


@pytest.mark.parametrize(
    "source",
    [
        r"\textcolor{blue}{%s}",
        r"\colorbox{black}{\color{white}%s}",
        r"{\color{white!20!black}%s}",
        r"\begin{tcolorbox}[colback=black]\textcolor{white}{%s}\end{tcolorbox}",
        r"{\tiny %s}",
    ],
)
def test_what_can_be_seen(source: str) -> None:
    assert words(source % "All of this is seen.") == "All of this is seen."


def test_phantoms_that_line_up_digits_are_not_suspicious() -> None:
    text = read_source(r"\begin{tabular}{r}\phantom{0}7 \\ 12\end{tabular}\phantom{ab}")
    assert text.suspicions == ()
    assert text.tables[0].rows == (("7",), ("12",))


def test_characters_that_nothing_draws() -> None:
    tags = "".join(chr(0xE0000 + ord(ch)) for ch in gullwing.HIDDEN)
    text = read_source(f"Seen.{tags}")
    assert [each.text for each in text.suspicions] == [gullwing.HIDDEN]


def test_cells_that_span_others() -> None:
    text = read_source(
        r"\begin{table}\begin{tabular}{lcc}\hline \multirow{2}{*}{Model} & \multicolumn{2}{c}{Score} \\ \cline{2-3}"
        r" & A & \begin{tabular}{c}B\\C\end{tabular} \\ Gullwing & $84.2_{\pm 0.3}$ & \underline{1\,250} \\ \hline"
        r"\end{tabular}\caption*{Without number.}\end{table}"
    )
    (table,) = text.tables
    assert (table.label, table.caption) == ("", "Without number.")
    assert table.rows == (
        ("Model", "Score", ""),
        ("", "A", "B C"),
        ("Gullwing", "84.2 ± 0.3", "1,250"),
    )


def test_two_tables_side_by_side() -> None:
    one, two = (rf"\begin{{tabular}}{{c}}{cell}\end{{tabular}}" for cell in ("left", "right"))
    above = read_source(rf"\begin{{table*}}\caption{{A}}{one}\caption{{B}}{two}\end{{table*}}")
    below = read_source(rf"\begin{{table*}}{one}\caption{{A}}{two}\caption{{B}}\end{{table*}}")
    for text in (above, below):
        assert [(table.label, table.caption, table.rows) for table in text.tables] == [
            ("Table 1", "A", (("left",),)),
            ("Table 2", "B", (("right",),)),
        ]


def test_a_table_longer_than_a_page() -> None:
    text = read_source(
        r"\begin{longtable}{ll}\caption{Long.}\\ Name & Score \\ \endfirsthead Name & Score \\ \endhead"
        r" Gullwing & 7 \\ \end{longtable}"
    )
    (table,) = text.tables
    assert (table.label, table.caption) == ("Table 1", "Long.")
    assert table.rows == (("Name", "Score"), ("Gullwing", "7"))


def test_of_several_documents_the_paper() -> None:
    other = r"\documentclass{letter}\begin{document}\title{Letter} " + "Dear editor. " * 200 + r"\end{document}"
    paper = r"\documentclass{article}\title{Paper}\begin{document}\begin{abstract}A.\end{abstract}B.\end{document}"
    files = {"a.tex": other, "b.tex": paper}
    assert latex.parse(archive(files), gullwing.PAPER, None).title == "Paper"
    files_with_directive = {**files, "00README.XXX": "a.tex toplevelfile\n"}
    assert latex.parse(archive(files_with_directive), gullwing.PAPER, None).title == "Letter"
    files_with_directive = {**files, "00README.json": '{"sources": [{"filename": "a.tex", "usage": "toplevel"}]}'}
    assert latex.parse(archive(files_with_directive), gullwing.PAPER, None).title == "Letter"


def test_one_file_gzipped() -> None:
    source = rb"\documentclass{article}\begin{document}\section{One}Alone, in \'etude.\end{document}"
    assert latex.parse(gzip.compress(source), gullwing.PAPER, None).sections[0].text == "Alone, in étude."


def test_latin_1() -> None:
    source = "\\documentclass{article}\\begin{document}Übung\\end{document}".encode("latin-1")
    assert latex.parse(source, gullwing.PAPER, None).sections[0].text == "Übung"


def test_a_pdf_for_a_source() -> None:
    assert latex.parse(gzip.compress(gullwing.as_pdf()), gullwing.PAPER, None).form == "pdf"


def test_paths_that_leave_the_archive() -> None:
    files = {
        "main.tex": r"\documentclass{article}\begin{document}Here. \input{/etc/passwd}\input{../up}\input up2"
        r"\include{link}\end{document}",
        "../up.tex": "escaped",
        "/etc/passwd": "escaped",
    }
    text = latex.parse(archive(files, links={"link.tex": "/etc/passwd"}), gullwing.PAPER, None)
    assert text.sections[0].text == "Here."
    notes = "\n".join(text.notes)
    for path in ("'../up.tex'", "'/etc/passwd'", "'../up'", "'link.tex'", "'up2'"):
        assert f"left out {path}" in notes


def test_files_that_take_each_other_in() -> None:
    files = {
        "main.tex": r"\documentclass{article}\begin{document}A \input{b} \end{document}",
        "b.tex": r"B \input{c}",
        "c.tex": r"C \input{b} \input{main}",
    }
    text = latex.parse(archive(files), gullwing.PAPER, None)
    assert text.sections[0].text == "A B C"
    assert text.notes == ("left out 'b': it includes itself", "left out 'main': it includes itself")


def test_files_that_multiply() -> None:
    begin, end = r"\documentclass{article}\begin{document}", r"\end{document}"
    files = {"main.tex": begin + r"\input{f0}" * 10 + end}
    files |= {f"f{n}.tex": rf"\input{{f{n + 1}}}" * 10 for n in range(8)}
    files["f8.tex"] = "x" * 10_000
    with pytest.raises(ValueError, match="more than 16 MiB"):
        latex.parse(archive(files), gullwing.PAPER, None)


def test_a_file_that_unpacks_without_end() -> None:
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(300)) + packer.flush()
    assert len(bomb) < 2**19
    with pytest.raises(ValueError, match="unpacks to more than 256 MiB"):
        latex.parse(bomb, gullwing.PAPER, None)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no LaTeX document"),
        (b"withdrawn by the author", "no LaTeX document"),
        (gullwing.latex()[:300], "not a whole gzip file"),
        (b"\x1f\x8b" + bytes(100), "not a whole gzip file"),
        (gzip.compress(gzip.decompress(gullwing.latex())[:700]), "not a whole archive"),
        (rb"\documentclass{a}\begin{document}" + b"{" * 10_000_000, "nested without end"),
        (rb"\documentclass{a}\def\a{\b\b}\def\b{\a\a}\begin{document}\a\end{document}", "nested without end"),
        (
            rb"\documentclass{a}\def\a#1{#1#1#1#1#1#1#1#1#1#1}\begin{document}" + rb"\a{" * 9 + b"x" + b"}" * 9,
            "expand without end",
        ),
    ],
)
def test_what_cannot_be_read(data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        latex.parse(data, gullwing.PAPER, None)


PIECES = st.sampled_from(
    [*"{}[]$&%~^_#\\ \n", "\\begin{table}", "\\end{table}", "\\begin{tabular}", "\\end{tabular}", "\\caption", "\\\\",
     "\\if", "\\iffalse", "\\fi", "\\else", "\\def", "\\newcommand", "\\a", "\\textcolor", "white", "\\verb", "\\input",
     "\\section", "\\cite", "\\frac", "\\footnote", "\\multicolumn", "1", "word ", "\\begin{longtable}", "\\endhead"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=40).map("".join))
def test_whatever_stands_there_gives_a_text_or_a_reason(body: str) -> None:
    try:
        text = read_source(f"x {body}")
    except ValueError as error:
        assert str(error)  # noqa: PT017 - either is right
    else:
        assert FullText.model_validate_json(text.model_dump_json()) == text


@given(st.text(alphabet="\\{}^_$&% abc12\\times.", max_size=60))
def test_any_formula_is_read(formula: str) -> None:
    readable(formula)


def test_formulas() -> None:
    assert readable(r"2.3\times") == "2.3×"
    assert readable(r"\mathcal{L}_{\text{toy}}") == "L_toy"
    assert readable(r"\mathbf{12.5\%}\pm 0.1") == "12.5%± 0.1"
