"""Tables of LaTeX: every number in its own cell, and nothing there that is none of the table's."""

import pytest

from assay.fulltext.model import Table
from tests.fulltext.test_latex import read_source

OWN = r"""\newcommand{\row}[3]{#1 & #2 & #3 \\}\newcommand{\best}[1]{\cellcolor{green!25}\textbf{#1}}\def\B{\bfseries}
\newcolumntype{N}[1]{>{\centering}p{#1}}\newenvironment{own}[1]{\begin{table}\caption{#1}\begin{tabular}{lc}}%
{\end{tabular}\end{table}}"""


def rows(specification: str, body: str) -> tuple[tuple[str, ...], ...]:
    text = read_source(rf"\begin{{table}}\begin{{tabular}}{{{specification}}}{body}\end{{tabular}}\end{{table}}", OWN)
    (table,) = text.tables
    assert text.sections[0].text == ""
    return table.rows


RULES = r"""\hline\hline
\toprule[1pt]
\cmidrule(lr){1-2}
\cmidrule[0.5pt](l{2pt}r{3pt}){2-2} \cmidrule(r){1-1}
\Xhline{2\arrayrulewidth}
\hhline{|--|}
\cdashline{1-2}[2pt/2pt]
\hdashline
\specialrule{1pt}{2pt}{3pt}
\noalign{\hrule height 1pt}
\noalign{\vskip 2mm}
\addlinespace[3pt]
\Xcline{1-2}{2pt}
\hlineB{2}
\arrayrulecolor{gray!50}\midrule
\rowcolor{gray!20}
\rowcolor[HTML]{EFEFEF}[0pt][1pt]
\morecmidrules\cmidrule{1-2}"""


@pytest.mark.parametrize("rule", RULES.splitlines())
def test_rules_leak_nothing(rule: str) -> None:
    body = rf"{rule} A & 1 \\[2pt] {rule} B & 2 \\* {rule} C & 3 \\ [0.5ex] {rule}"
    for specification in ("lc", r"|>{\raggedright\arraybackslash}p{3cm}|c|", r"N{2cm} *{1}{r}"):
        assert rows(specification, body) == (("A", "1"), ("B", "2"), ("C", "3"))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (r"\multirow{2}{*}{5}", "5"),
        (r"\multirow[c]{2}[-2pt]{1cm}[3pt]{5}", "5"),
        (r"\multirowcell{2}[1pt][c]{5}", "5"),
        (r"\multicolumn{1}{@{}c|}{5}", "5"),
        (r"\makecell[l]{5\\6}", "5 6"),
        (r"\shortstack{5\\6}", "5 6"),
        (r"\thead{5\\6}", "5 6"),
        (r"\diagbox[width=3cm]{Row}{Column}", "Row Column"),
        (r"\rotatebox[origin=c]{90}{5}", "5"),
        (r"\resizebox{1cm}{!}{5}", "5"),
        (r"\adjustbox{max width=2cm}{5}", "5"),
        (r"\scalebox{0.8}[1.2]{5}", "5"),
        (r"\raisebox{-2pt}[0pt][3pt]{5}", "5"),
        (r"\parbox[t]{2cm}{5}", "5"),
        (r"\cellcolor[gray]{0.9}5", "5"),
        (r"\best{5}", "5"),
        (r"\textcolor[rgb]{0.1,0.2,0.3}{5}", "5"),
        (r"\colorbox{blue!10}{5}", "5"),
        (r"\phantom{0}5", "5"),
        (r"5\tnote{a}", "5"),
        (r"5\footnotemark[1]", "5"),
        (r"\hspace{2mm}5\hspace{-1mm}", "5"),
        (r"\num{1.5e3}", "1.5×10^3"),
        (r"\tablenum{5.0}", "5.0"),
        (r"5~\ding{51}", "5 ✓"),
        (r"\begin{tabular}[c]{@{}c@{}}5\\6\end{tabular}", "5 6"),
        (r"\tikz[baseline]{\node[inner sep=2pt]{x};}5", "5"),
        (r"\begin{CJK}{UTF8}{min}凧\end{CJK} 5", "凧 5"),
        (r"\texorpdfstring{$5$}{five}", "5"),
        (r"[5]", "[5]"),
        (r"\underset{\pm 0.2}{95.3}", "95.3 ± 0.2"),
        (r"\stackanchor{95.3}{0.2}", "95.3 (0.2)"),
        (r"95.3{\scriptsize$\pm$0.2}", "95.3 ±0.2"),
        (r"95.3{\tiny$0.2$}", "95.3 0.2"),
        (r"\textbf{95.3}\textcolor{red}{$+$1.2}", "95.3 +1.2"),
        (r"95.3\raisebox{-2pt}{0.2}", "95.3 0.2"),
        (r"\textcolor{red}{95.3}\%", "95.3%"),
        (r"\small 95\scalebox{0.8}{.3}", "95 .3"),
        (r"\res{95.3}{0.2}", "95.3 0.2"),
        (r"\includegraphics[width=2cm]{a.png}", ""),
    ],
)
def test_cells(cell: str, text: str) -> None:
    assert rows("lc", rf"A & {cell} \\ B & 7") == (("A", text), ("B", "7"))


@pytest.mark.parametrize(
    ("specification", "body", "read"),
    [
        ("l r@{.}l", r"A & \multicolumn{2}{c}{F1} \\ x & 95&3", (("A", "F1"), ("x", "95.3"))),
        (r"l r@{${}\pm{}$}l", r"A & \multicolumn{2}{c}{F1} \\ x & 95.3 & 0.2", (("A", "F1"), ("x", "95.3 ± 0.2"))),
        (r"l@{\hspace{2mm}}c", "x & 5", (("x", "5"),)),
        (r"@{\extracolsep{4pt}}l@{|}c!{\vrule width 1pt}c", "x & 5 & 6", (("x", "5", "6"),)),
        ("l c@{ (}c@{)}", r"A & \multicolumn{2}{c}{F1} \\ x & 95.3 & 0.2", (("A", "F1"), ("x", "95.3 (0.2)"))),
        (r"l D{.}{.}{2}", r"x & 95.3^{*}", (("x", "95.3*"),)),
        (r"l >{$}c<{$}", r"x & 10^6", (("x", "10^6"),)),
        ("lcc", r"\row{x}{1}{2}\row{y}{3}{4}", (("x", "1", "2"), ("y", "3", "4"))),
        ("l S", r"{M} & {A} \\ x & 91.2 +- 0.3", (("M", "A"), ("x", "91.2 ± 0.3"))),
        ("l S[table-format=1.1e1]", r"x & 1.5e9 \\ y & {--}", (("x", "1.5×10^9"), ("y", "–"))),
        ("l S", r"x & \B 88.0(2)", (("x", "88.0(2)"),)),
        ("l S[separate-uncertainty]", "x & 88.0(2)", (("x", "88.0 ± 0.2"),)),
        ("lc", r"x & 1 \tabularnewline y & 2 \cr", (("x", "1"), ("y", "2"))),
        ("lc", r"\iffalse w & 0 \\ \fi x & 1", (("x", "1"),)),
        ("lcc", r"x & \multicolumn{2}{c}{both} \\ y & 1 & 2", (("x", "both", ""), ("y", "1", "2"))),
    ],
)  # fmt: skip
def test_columns(specification: str, body: str, read: tuple[tuple[str, ...], ...]) -> None:
    assert rows(specification, body) == read


@pytest.mark.parametrize(
    "environment",
    [
        r"\begin{tabular*}{\textwidth}[t]{@{\extracolsep{\fill}}lc}%s\end{tabular*}",
        r"\begin{tabularx}{0.5\textwidth}{lX}%s\end{tabularx}",
        r"\begin{tabulary}{3cm}{LC}%s\end{tabulary}",
        r"\begin{tabu} to 3cm {lX[2,c]}%s\end{tabu}",
        r"\begin{tblr}{colspec={lc}, hlines, row{1}={font=\bfseries}}%s\end{tblr}",
        r"\begin{tblr}[caption={x}]{Q[l,m]c}%s\end{tblr}",
        r"\begin{NiceTabular}{lc}[hvlines]%s\end{NiceTabular}",
        r"\begin{supertabular}{lc}%s\end{supertabular}",
        r"$\begin{array}{lc}%s\end{array}$",
        r"\resizebox{\linewidth}{!}{\begin{tabular}{lc}%s\end{tabular}}",
        r"\begin{adjustbox}{width=3cm}\begin{tabular}{lc}%s\end{tabular}\end{adjustbox}",
        r"\begin{threeparttable}[b]\begin{tabular}{lc}%s\end{tabular}\end{threeparttable}",
        r"\begin{tabular}{c}\begin{tabular}{lc}%s\end{tabular}\end{tabular}",
        r"\sbox{\x}{\begin{tabular}{lc}%s\end{tabular}}\usebox{\x}",
        r"\tikz{\node{\begin{tabular}{lc}%s\end{tabular}};}",
    ],
)
def test_environments(environment: str) -> None:
    text = read_source(r"\begin{table}\caption{A}" + environment % r"x & 1 \\ y & 2" + r"\end{table}")
    assert [(table.label, table.caption, table.rows) for table in text.tables] == [
        ("Table 1", "A", (("x", "1"), ("y", "2")))
    ]
    assert text.sections[0].text == ""


FLOATS = {
    r"\begin{center}\captionof{table}{A}@1\end{center} Text. @2\captionof{table}{B} Text.": "1 A|2 B",
    r"\begin{table}\caption{A}@1\end{table}\begin{table}@2\caption{B}\end{table}": "1 A|2 B",
    r"\begin{figure}\caption{F}@1\captionof{table}{A}@2\captionof{table}{B}\end{figure}": "1 A|2 B",
    r"\begin{table}\begin{subtable}{1cm}\caption{a}@1\end{subtable}\begin{subtable}{1cm}@2\caption{b}\end{subtable}"
    r"\caption{M}\end{table}": "1a M (a) a|1b M (b) b",
    r"\begin{table}\caption{M}\subfloat[a]{@1}\subfloat[b]{@2}\end{table}": "1a M (a) a|1b M (b) b",
    r"\begin{table}\subcaptionbox{a}{@1}\subcaptionbox{b}{@2}\caption{M}\end{table}": "1a M (a) a|1b M (b) b",
    r"\begin{table}\ttabbox{\caption{A}}{@1}\ttabbox{\caption{B}}{@2}\end{table}": "1 A|2 B",
    r"\begin{wraptable}{r}{3cm}\caption{A}@1\end{wraptable}\begin{SCtable}@2\caption{B}\end{SCtable}": "1 A|2 B",
    r"\begin{longtable}{lc}\caption{A}\\ \endfirsthead \caption[]{A (continued)}\\ \endhead x & 1 \end{longtable}"
    r"\begin{table}\caption{B}@2\end{table}": "1 A|2 B",
    r"\begin{deluxetable*}{lc}[t!]\tablecaption{A\label{t}}\tablewidth{0pt}\startdata x & 1 \enddata\tablecomments{No.}"
    r"\end{deluxetable*}\begin{table}\tabcaption{B}@2\end{table}": "1 A|2 B",
    r"\begin{longtblr}[caption={A}]{colspec={lc}} x & 1 \end{longtblr}\begin{own}{B} y & 2 \end{own}": "1 A|2 B",
    r"\setcounter{table}{4}\begin{table}\caption{A}@1\end{table}\renewcommand{\thetable}{S\arabic{table}}"
    r"\setcounter{table}{0}\begin{table}\caption{B}@2\end{table}": "5 A|S1 B",
    r"\numberwithin{table}{section}\begin{table}\caption{A}@1\end{table}\appendix\section{T}\begin{table}\caption{B}@2"
    r"\end{table}": "1.1 A|A.1 B",
}


@pytest.mark.parametrize("body", FLOATS)
def test_each_caption_has_its_own_rows(body: str) -> None:
    def seen(table: Table) -> str:
        return f"{table.label.removeprefix('Table ')} {table.caption}"

    one, two = (rf"\begin{{tabular}}{{lc}}{cells}\end{{tabular}}" for cells in ("x & 1", "y & 2"))
    text = read_source(body.replace("@1", one).replace("@2", two), OWN)
    assert "|".join(map(seen, text.tables)) == FLOATS[body]
    assert [table.rows for table in text.tables] == [(("x", "1"),), (("y", "2"),)]
