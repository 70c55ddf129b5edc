"""LaTeX sources, well-meant and not."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.fulltext import latex
from assay.fulltext.formula import readable
from assay.fulltext.model import FullText
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


UNITS = {
    r"\SI{3.5}{\hour} on \qty{80}{\giga\byte}": "3.5 h on 80 GB",
    r"\num{1024}, \num{1.2e9} and \num[round-mode=places]{12.3(4)}": "1024, 1.2×10^9 and 12.3(4)",
    r"\qtyproduct{3 x 4}{\metre} of \numproduct{2 x 3.5 x 8}": "3 m × 4 m of 2 × 3.5 × 8",
    r"It gains \sout{1.1}2.2 and \st{3}\textbf{4} points": "It gains 1.1 2.2 and 3 4 points",
    r"\SIrange{10}{20}{\percent} of \numrange{3}{7}, \qtyrange{5}{9}{\watt}": "10% to 20% of 3 to 7, 5 W to 9 W",
    r"\numlist{1;2;3}, \SIlist{1;2}{\GB}, \ang{45}, \si{\milli\second}": "1, 2 and 3, 1 GB and 2 GB, 45°, ms",
    r"\sisetup{separate-uncertainty}\num{12.3(4)}": "12.3 ± 0.4",
    r"\DeclareSIUnit{\token}{tokens}\SI{5}{\token\per\second}": "5 tokens/s",
}
TERMS = {
    r"\newacro{kv}[KV]{kite value}The \ac{kv}, \acp{kv}, \acl{kv}": "The kite value (KV), KVs, kite value",
    r"\gls{moe} and \Glspl{moe}, \acrlong{moe}.\newacronym{moe}{MOE}{mixture}": "mixture (MOE) and MOEs, mixture.",
    r"\DeclareAcronym{kv}{short = KV, long = {kite, value}}\ac{kv}": "kite, value (KV)",
    r"\gls{unknown}": "unknown",
}
CONDITIONS = {
    r"\newtoggle{x}\toggletrue{x}\iftoggle{x}{yes}{no}": "yes",
    r"\newbool{x}\notbool{x}{yes}{no}": "yes",
    r"\ifthenelse{\equal{a}{a}}{yes}{no}\ifthenelse{\not\boolean{x}}{a}{b}": "yesb",
    r"\ifx\undefined\nothing yes\else no\fi \ifdefined\nothing no\else yes\fi": "yes yes",
    r"\ifnum 1<2 yes\else no\fi\ifodd 2 no\else yes\fi": "yes yes",
    r"\newcommand{\year}{1}\ifcase\year 5\or 6 \iftrue a\fi\or 7\fi.": "6 a.",
    r"\ifcase 3 5\or 6\else 7\fi \ifcase 2 5\or 6\fi.": "7 .",
    r"\newif\iflong\longtrue\unless\iflong 5\else 6\fi": "6",
    r"\def\wing{}\ifcsname wing\endcsname 5\else 6\fi, \ifcsname wings\endcsname 7\else 8\fi": "5, 8",
    r"\newtoggle{x}\toggletrue{x}\def\wing{}\ifx\wing\undefined 5\else 6\fi": "6",
    r"\excludecomment{note}\begin{note}5\end{note}yes": "yes",
    r"\newenvironment{note}{\comment}{\endcomment}\begin{note}5\end{note}yes": "yes",
    r"\NewDocumentCommand{\x}{s O{7} m}{\IfBooleanTF{#1}{star}{#2}#3}\x{a}\x*[1]{b}": "7astarb",
    r"\DeclareDocumentCommand\x{m g}{#1\IfNoValueTF{#2}{}{#2}}\x{a}\x{b}{c}": "abc",
    r"\newcommandx{\x}[2][1=7]{#1#2}\x{a}\x[8]{b}": "7a8b",
    r"\expandafter\newcommand\csname x\endcsname{5}\x": "5",
    r"\let\oldtiny\tiny\renewcommand{\tiny}{\oldtiny\itshape}\tiny 5": "5",
    r"\providecommand{\x}{5}\providecommand{\x}{6}\x": "5",
    r"\def\method{Gull}\method@10": "Gull@10",
}
LAYOUT = {
    r"\vskip 6pt It\hskip 2em plus 1fil minus 1em is\kern 3pt 5.": "It is 5.",
    r"\parskip=4pt \parindent 0pt \looseness=-1 \hspace{2mm}5": "5",
    r"\setlength{\parskip}{4pt}\linespread{0.9}\linebreak[4]\vspace*{-2mm}5": "5",
    r"\begin{CJK*}{UTF8}{gbsn}风筝\end{CJK*} \begin{otherlanguage}{german}Drachen\end{otherlanguage}": "风筝 Drachen",
    r"\begin{lstlisting}[numbers=left,caption={C}]f(1)\end{lstlisting}": "f(1)",
    r"\begin{minted}[a=b]{c}g(2)\end{minted}": "g(2)",
    r"\lstinline[a=b]|up 5| \mintinline{c}{down(3)} \lstinputlisting[language=C]{a.c}": "up 5 down(3)",
    r"\tikz[baseline=(a.base)]\node[inner sep=.4pt] (a) {1}; Launch \tikz{\draw (0,1);}it": "Launch it",
    r"\begin{tikzpicture}[scale=2]\node{3};\end{tikzpicture}seen": "seen",
    r"$\left.x\right|_{0}$ $\binom{5}{2}$ $\substack{1\\2}$": "x|_0 (5 choose 2) 1 2",
    r"\hbox to 3em{5} \makebox[2em][r]{6} \todo[inline]{7}": "5 6",
    r"\begin{gullbox}[title=A, width=3cm]5\end{gullbox} \gull[x]{6}": "5 6",
    r"\textminus0.3, $\blacktriangledown 2.1$, \textuparrow5, 7\textdagger": "-0.3, ▼ 2.1, ↑5, 7†",
    r"\begin{description}\item[Accuracy] is 5\end{description}": "Accuracy is 5",
    r"\begin{theorem}[Nice] It holds.\end{theorem}": "[Nice] It holds.",
}


@pytest.mark.parametrize("source", [*UNITS, *TERMS, *CONDITIONS, *LAYOUT])
def test_commands_of_packages(source: str) -> None:
    assert words(source) == (UNITS | TERMS | CONDITIONS | LAYOUT)[source]


def test_conditions_that_cannot_be_told_are_counted() -> None:
    source = r"\documentclass{article}\begin{document}\section{One}\ifnum\value{wing}>1 5\else 6\fi.\end{document}"
    text = latex.parse(source.encode(), gullwing.PAPER, None)
    assert [section.text for section in text.sections] == ["6."]
    assert text.notes == ("took the second text of a condition that cannot be told, once",)


@pytest.mark.parametrize(
    ("front", "title", "abstract"),
    [
        (r"\title[Short]{Gullwing}\begin{document}\section*{Abstract}Two wings.", "Gullwing", "Two wings."),
        (r"\title{Gullwing}\begin{document}\abstract{Two wings.}", "Gullwing", "Two wings."),
        (r"\title{Gullwing}\begin{document}\abstract{Two}{wings}{a}{b}{c}", "Gullwing", "Two wings a b c"),
        (r"\begin{document}\twocolumn[\aistatstitle{Gullwing}\aistatsauthor{A}\aistatsaddress{B}]", "Gullwing", ""),
        (r"\begin{document}\mlsystitle{Gullwing}\mlsystitlerunning{G}\mlsysauthor{A}{1}", "Gullwing", ""),
        (r"\newtitle{Other}\title{Gullwing}\begin{document}\toyauthor{A. B.}\toyaddress{C}", "Gullwing", ""),
        (r"\title{\texorpdfstring{$\beta$-wing}{beta-wing}}\begin{document}", "β-wing", ""),
    ],
)
def test_titles_and_abstracts_of_templates(front: str, title: str, abstract: str) -> None:
    source = rf"\documentclass{{article}}{front}\section{{One}}Seen.\end{{document}}"
    text = latex.parse(source.encode(), gullwing.PAPER, None)
    assert (text.title, text.abstract) == (title, abstract)
    assert [section.text for section in text.sections if section.text] == ["Seen."]


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
