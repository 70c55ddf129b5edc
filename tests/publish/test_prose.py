"""Formulas in what the outputs show: cut out whole, and figures marked inside them."""

import pytest

from assay.papers.findings import Check, FigureFinding, State
from assay.publish.mathml import mathml
from assay.publish.prose import mark_figures, split_formulas


def check_of(text: str, *figures: str) -> Check:
    findings = [
        FigureFinding(
            part="result",
            text=figure,
            value=1,
            unit="",
            kind="absolute",
            start=text.index(figure),
            end=text.index(figure) + len(figure),
            state=State.UNSUPPORTED,
        )
        for figure in figures
    ]
    return Check(paper="9912.00001", language="en", figures=tuple(findings))


def test_a_text_is_prose_and_formulas_in_turn() -> None:
    pieces = split_formulas(r"Costs \$5 at $O(n^2)$, $\sim$3x.")
    assert pieces == [("Costs $5 at ", ""), ("O(n²)", "O(n^2)"), (", ", ""), ("~", r"\sim"), ("3x.", "")]


@pytest.mark.parametrize(
    ("text", "figures", "marked"),
    [
        (r"costs $3\times10^{-4}$ dollars", [r"3\times10^{-4}"], ["3×10⁻⁴"]),
        (r"costs $3\times10^{-4}$ dollars", [r"$3\times10^{-4}$ dollars"], ["3×10⁻⁴ dollars"]),
        (r"is $\sim$3x faster", ["3x"], ["3x"]),
        (r"is $\sim$3x faster", [r"$\sim$3x"], ["~3x"]),
        (r"gains \textbf{12}\% more", [r"12}\%"], ["12%"]),
        (r"from $71.2 \to 83.7$ now", ["71.2", "83.7"], ["71.2", "83.7"]),
    ],
)
def test_a_figure_is_marked_where_it_is_seen(text: str, figures: list[str], marked: list[str]) -> None:
    shown = list(mark_figures(check_of(text, *figures), "result", text))
    assert [each.text for each in shown if each.finding] == marked
    assert "".join(each.text for each in shown) == "".join(piece.text for piece in split_formulas(text))


def test_a_formula_with_a_figure_in_it_stays_whole_where_the_figure_is_all_of_it() -> None:
    text = r"costs $3\times10^{-4}$ dollars"
    [_, figure, _] = mark_figures(check_of(text, r"3\times10^{-4}"), "result", text)
    assert [piece.latex for piece in figure.pieces] == [r"3\times10^{-4}"]


def test_formulas_are_mathml_and_signs_are_text() -> None:
    html = str(mathml(r"A & B: $L_2$ is $>$90\% of H$_2$O"))
    assert html.startswith("A &amp; B: <math")
    assert "<msub><mi>L</mi><mn>2</mn></msub></mrow></math> is &gt;90% of H₂O" in html
    assert 'alttext="L₂"' in html
    assert "xmlns" not in html
    assert mathml(r"$16\text{K}$ of $\mathrm{CO_2}$ by $\textsc{Gull}$") == "16K of CO₂ by Gull"


@pytest.mark.parametrize(
    "formula",
    [
        r"\text{<script>alert(1)</script>}",
        r"\text{&lt;script&gt;alert(1)&lt;/script&gt;}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{background:url(//evil.example/x)}{x_1}",
        r"\class{x}{y_1}",
        r"x_1\text{' onclick='alert(1)}",
        r"\def\a{xx}\def\b{\a\a}\b_1",
        r"x_{" + "{" * 150 + "}" * 150 + "}",
    ],
)
def test_a_hostile_formula_does_nothing(formula: str) -> None:
    html = str(mathml(f"a ${formula}$ b"))
    assert "<script" not in html
    assert not any(name in html.partition("alttext")[0] for name in ("href=", "style=", "class=", "onclick="))
    assert html.startswith("a ")
    assert html.endswith(" b")


@pytest.mark.parametrize("formula", [r"x_1^", r"\left( x_1", r"\method_1", r"\sqrt", r"x_1_2", r"\begin{array}{l}x_1"])
def test_a_formula_that_cannot_be_set_is_text(formula: str) -> None:
    assert "<math" not in str(mathml(f"a ${formula}$ b"))
