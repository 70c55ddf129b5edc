"""Unicode written as LaTeX reads as it did, and leaves alone what LaTeX has no command for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.papers.mathematics import to_text
from assay.papers.typesetting import typeset, typeset_formula


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("café Ňina Erdős", r"caf{\'e} {\v{N}}ina Erd{\H{o}}s"),
        ("Łukasz Øre Groß ıİ", r"{\L}ukasz {\O}re Gro{\ss} {\i}{\.I}"),
        ("Nguyễn Đặng", r"Nguy{\~{ê}}n {\DJ}{\d{ă}}ng"),
        ("αβ × 3⁻⁴, x₁₂, ℝ² ≤ ∞", r"$\alpha\beta$ $\times$ 3$^{-4}$, x$_{12}$, $\mathbb{R}^{2}$ $\leq$ $\infty$"),
        ("50% R&D_1 #2 $5", r"50\% R\&D\_1 \#2 \$5"),
        ("“a” ‘b’ – — … 90° §", r"``a'' `b' -- --- {\ldots} 90{\textdegree} {\S}"),
        ("김철수 例子 Ада λόγος 🦆", "김철수 例子 Ада λόγος 🦆"),
        ("", ""),
    ],
)
def test_text(text: str, latex: str) -> None:
    assert typeset(text) == latex


@pytest.mark.parametrize(
    ("formula", "latex"),
    [
        (r"\alpha + 1", r"\alpha + 1"),
        ("α + βx", r"\alpha + \beta x"),
        (r"\{x\} 90%", r"\lbrace x\rbrace  90\%"),
        ("x²", "x^{2}"),
    ],
)
def test_a_formula(formula: str, latex: str) -> None:
    assert typeset_formula(formula) == latex


@given(st.text(alphabet="aZ1 .,:;()éÉöñçőłØßđĐğşấễặÅ%&#_αβΩ≤×²₂"))
def test_it_reads_as_it_did(text: str) -> None:
    assert to_text(typeset(text)) == text


@given(st.text())
def test_braces_are_in_pairs(text: str) -> None:
    depth = 0
    for ch in typeset(text):
        depth += {"{": 1, "}": -1}.get(ch, 0)
        assert depth >= 0
    assert depth == 0
