import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assay.papers.formulas import find_formulas
from assay.papers.mathematics import as_typed, read_plain, to_text

FIGURES = {
    r"is $\sim$3x faster": "is ~3x faster",
    r"wins $>$90\% of games": "wins >90% of games",
    r"costs $3\times10^{-4}$ dollars": "costs 3×10⁻⁴ dollars",
    r"costs $3 \times 10^{-4}$ dollars": "costs 3×10⁻⁴ dollars",
    r"$10^-4$ and $10^{12}$": "10⁻⁴ and 10¹²",
    r"scores 83.7$\pm$0.2": "scores 83.7±0.2",
    r"from $71.2_{\pm 0.3}$ to $83.7 \pm 0.2$": "from 71.2±0.3 to 83.7±0.2",
    r"by 5\%--10\%": "by 5%–10%",
    r"1\,000 images and $10{,}000$ more": "1\u202f000 images and 10,000 more",
    r"reaches $\geq$ 95%": "reaches ≥ 95%",
    r"gains $\approx$5 points": "gains ≈5 points",
    r"small models (\leq3B parameters)": "small models (≤3B parameters)",
    r"by $\times$3": "by ×3",
    r"$\mathbf{2.5\times}$ faster": "2.5× faster",
    r"\textbf{83.7}\% and $\textbf{91}$": "83.7% and 91",
    r"\frac{1}{4} of it, $1\frac{1}{2}$ times": "1/4 of it, 1 1/2 times",
    r"$\frac{a+b}{4}$": "(a+b)/4",
    r"3.6\times inference speed, 64\times 64": "3.6× inference speed, 64×64",
    r"3\times10^{-4} and Λ_{24}": "3×10⁻⁴ and Λ₂₄",
    r"from $\sim$$5\%$ to $$12\%$$": "from ~5% to 12%",
    r"\bf{83.7} and {\bf 91}": "83.7 and 91",
    r"$71.2_{0.3}$, $\pi_{0.5}$, $L_\infty$": "71.2_(0.3), π_0.5, L_∞",
    r"63.2\textsubscript{$\pm$0.4} and 10\textsuperscript{$-4$}": "63.2±0.4 and 10⁻⁴",
    r"63.2\textsubscript{\,$\pm$0.4}": "63.2\u202f±0.4",
    "sim5x faster, sim2times and\nsim30 of 1.3B sim14B (leq3B)": "~5x faster, ~2× and\n~30 of 1.3B ~14B (≤3B)",
    "by 4.5times\nspeedup, 5--12times less (2times)": "by 4.5×\nspeedup, 5–12× less (2×)",
    "256times256 pixels, up to times5": "256×256 pixels, up to ×5",
    "66.3 %rightarrow72.9 % and 83.7pm0.2 at 3times10^{-4}": "66.3 %→72.9 % and 83.7±0.2 at 3×10⁻⁴",
    "textbf{83.7} in mathcal{O}(n), text{Score}": "83.7 in O(n), Score",
    r"$64 \times 64$ pixels": "64×64 pixels",
    r"$p<0.05$": "p<0.05",
    r"360{\deg} views, 90$^\circ$": "360° views, 90°",
    r"약 $\sim$3배 빠르다": "약 ~3배 빠르다",
}
UNITS = {
    r"in \SI{3.5}{\hour} on \qty{80}{\giga\byte}": "in 3.5 h on 80 GB",
    r"\SIrange{10}{20}{\percent} of \numrange{3}{7}, \num{1.2e-9}": "10% to 20% of 3 to 7, 1.2×10⁻⁹",
    r"\si{\milli\second}, \SI{5}{}, our \unit": r"ms, 5, our \unit",
    r"The \texorpdfstring{$\beta$-wing}{beta-wing} of 12": "The β-wing of 12",
}
FORMULAS = {
    r"H$_2$O and $\mathrm{CO_2}$": "H₂O and CO₂",
    r"Reaching $\mathcal{O}(n\log n)$": "Reaching O(n log n)",
    r"$O(\log(n))$": "O(log(n))",
    r"$\alpha$-Softmax": "α-Softmax",
    r"$R^2$ of $F_1$": "R² of F₁",
    r"$\mathbb{R}^d$": "ℝᵈ",
    r"$x_{max}$ and $x_{i+1}$": "x_max and xᵢ₊₁",
    r"the $5^{th}$": "the 5th",
    r"$e^{x+yz}$": "e^(x+yz)",
    r"$\sqrt{n}$, $\sqrt{n+1}$, $\sqrt[3]{n}$": "√n, √(n+1), ³√n",
    r"$\text{Score}_{\text{avg}}$": "Score_avg",
    r"\(n^2\) and $\left(x\right)$": "n² and (x)",
    r"$k$NN with $n$-grams, Pass@$k$": "kNN with n-grams, Pass@k",
    r"$\{0,1\}$ and $X\rightarrow Y$": "{0,1} and X→Y",
    r"$\operatorname{softmax}(x)$": "softmax(x)",
    r"$\bigstar$ and $\mathring{A}$": "★ and A\u030a",
    r"${\Theta}(40K)$, {\Theta}(40K)": "Θ(40K), Θ(40K)",
}
PROSE = {
    r"caf\'e, na\"{\i}ve, M\"uller, \'Etude": "café, naïve, Müller, Étude",
    r"\DJ\d{\u{a}}ng Nguy\~{\^e}n, Nguy{\~{\^{e}}}n, Nguy\~\^en, \d\u{a}, \'\ae, \'{\ae}, \'{\i}": (
        "Đặng Nguyễn, Nguyễn, Nguyễn, ặ, ǽ, ǽ, í"
    ),
    r"\textbraceleft{}a\textbraceright{}, \textperiodcentered{}": "{a}, ·",
    r"\L ukasz, \L{}ukasz, Erd\H{o}s, Gar\c con, Gar\c{c}on, S\o ren": "Łukasz, Łukasz, Erdős, Garçon, Garçon, Søren",
    r"\textbf{bold \emph{and} more}, \textsc{Gull}": "bold and more, Gull",
    r"\url{https://a.org/x_y}": "https://a.org/x_y",
    r"\href{https://a.org/x\_y}{here}": "here (https://a.org/x_y)",
    r"Table~2 of Gull~et al.": "Table 2 of Gull et al.",
    "``quotes'' and --- dashes --- here": "“quotes” and — dashes — here",
    "the\n''plug-in'' way": "the\n“plug-in” way",
    r"A\&B, a\_b, C\#": "A&B, a_b, C#",
    r"{G}ull and {\em Tide}": "Gull and Tide",
    r"said \"only this\" twice": 'said "only this" twice',
    r"tokens (\ie, pieces)": "tokens (i.e., pieces)",
    r"x\textsuperscript{2}": "x²",
    r"parts\textemdash small ones": "parts—small ones",
}
AS_WRITTEN = [
    "costs $500 and $2 more",
    "from $5-$10, US$5 to US$7, A$5/US$3",
    "$5 million (US$)",
    "$5k–$10k",
    "our \\method wins, \\method{x_1} too",
    "${x$ broken}, $x}$",
    "S^2R and snake_case and pi_0",
    "sim2real, sim3D, 3 times as many times, at 3 pm, context{x}, sometimes, a_times5",
    "~40%, 10~20%, 2B~7B, 3%~5%, 서울~부산",
    "run --json now",
    "the set {0, 1} and a link{https://a.org/b}",
    "https://a.org/~me/x--y?a=$b",
    r"C:\new\table",
    "약 $5에서 시작해 $9까지",
]


@pytest.mark.parametrize(("written", "seen"), [*FIGURES.items(), *UNITS.items(), *FORMULAS.items(), *PROSE.items()])
def test_a_reader_sees_unicode(written: str, seen: str) -> None:
    assert to_text(written) == seen


@pytest.mark.parametrize("text", AS_WRITTEN)
def test_money_and_what_is_not_known_stay_as_written(text: str) -> None:
    assert to_text(text) == text


def test_money_and_formulas_are_told_apart_in_one_text() -> None:
    assert to_text(r"It costs $5, gains $\sim$3x, and \$500 buys $n$ more.") == (
        "It costs $5, gains ~3x, and $500 buys n more."
    )


def test_what_is_typed_has_no_raised_or_lowered_characters() -> None:
    assert as_typed(r"CO$_2$, $F_1$, VLM$^2$-Bench, ＧＰＴ－４, $\pi_0$") == "CO2, F1, VLM2-Bench, GPT-4, π0"


def test_each_character_knows_its_place() -> None:
    text = r"wins $>$90\% at $3\times10^{-4}$ and \frac{1}{4}"
    plain = read_plain(text)

    def written(seen: str) -> str:
        at = plain.text.index(seen)
        return text[plain.starts[at] : plain.ends[at + len(seen) - 1]]

    assert written("90%") == r"90\%"
    assert written("3×10⁻⁴") == r"3\times10^{-4}"
    assert written("1/4") == r"\frac{1}{4}"
    assert plain.between(0, len(text)) == plain.text
    assert plain.between(text.index("3"), text.index(" and")) == "3×10⁻⁴"


def test_formulas_stand_where_the_text_has_them() -> None:
    text = r"Is $ \alpha $ or \(b\) worth $5 or \$6 in $c_1$?"
    assert [text[f.inner_start : f.inner_end] for f in find_formulas(text)] == [r"\alpha", "b", "c_1"]


@given(st.text(alphabet="ab1 \\$${}{}^_~%.,-'\"`eéH한", max_size=60))
@example(r"\frac{1}{")
@example(r"$\sqrt$")
@example(r"$^{}_{}$")
@example(r"\'")
def test_any_text_is_read_with_places_in_order(text: str) -> None:
    plain = read_plain(text)
    assert len(plain.text) == len(plain.starts) == len(plain.ends)
    assert list(plain.starts) == sorted(plain.starts)
    assert all(0 <= start <= end <= len(text) for start, end in zip(plain.starts, plain.ends, strict=True))


@pytest.mark.parametrize(
    "piece", ["$", "{", "$x{", r"\frac{", r"\'", r"\d{", r"\d{\u", "~a", r"\"a ", "$a b", r"$\frac", "^{"]
)
def test_hostile_texts_are_read_in_linear_time(piece: str) -> None:
    start = time.process_time()  # what else the machine does counts for nothing
    read_plain(piece * (60_000 // len(piece)))
    assert time.process_time() - start < 4
