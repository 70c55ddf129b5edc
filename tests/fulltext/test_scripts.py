"""What is set high or low beside a number stays apart from it, in each form."""

import re

import pytest

from assay.fulltext import html, latex
from assay.fulltext.scripts import join_digit_groups
from tests.fulltext import gullwing

SEEN = {  # LaTeX, HTML, and what a reader is shown
    "a spread in text": (r"95.3\textsubscript{0.2}", "95.3<sub>0.2</sub>", "95.3 ± 0.2"),
    "a spread in a formula": ("95.3$_{0.2}$", '95.3<math alttext="_{0.2}"></math>', "95.3 ± 0.2"),
    "a spread with its sign": (r"$95.3_{\pm 0.2}$", r'<math alttext="95.3_{\pm 0.2}"></math>', "95.3 ± 0.2"),
    "a spread in brackets": (r"95.3\textsubscript{(0.2)}", "95.3<sub>(0.2)</sub>", "95.3 (0.2)"),
    "a change": (r"$95.3_{+2.1}$", r'<math alttext="95.3_{+2.1}"></math>', "95.3 (+2.1)"),
    "an interval": ("$95.3^{+0.2}_{-0.1}$", '<math alttext="95.3^{+0.2}_{-0.1}"></math>', "95.3 (+0.2) (-0.1)"),
    "a footnote": (r"71.4\textsuperscript{2}", "71.4<sup>2</sup>", "71.4"),
    "a footnote of a name": ("OntoNotes 5.0$^6$", 'OntoNotes 5.0<math alttext="^{6}"></math>', "OntoNotes 5.0"),
    "a star": ("71.4$^{*}$", "71.4<sup>*</sup>", "71.4*"),
    "a power in text": (r"10\textsuperscript{4}", "10<sup>4</sup>", "10^4"),
    "a power in a formula": ("$10^6$", "<math><msup><mn>10</mn><mn>6</mn></msup></math>", "10^6"),
    "a negative power": ("$3 10^{-31}$", "<math><mn>3 10</mn><msup><mi></mi><mn>-31</mn></msup></math>", "3 10^-31"),
    "a unit": (r"5 m\textsuperscript{2}", "5 m<sup>2</sup>", "5 m^2"),
    "a variable": ("$R^2$", "<math><msup><mi>R</mi><mn>2</mn></msup></math>", "R^2"),
    "a molecule": (r"CO\textsubscript{2}", "CO<sub>2</sub>", "CO2"),
    "an ordinal": (r"1\textsuperscript{st}", "1<sup>st</sup>", "1st"),
    "a number of a version": (r"GPT-4\textsuperscript{1}", "GPT-4<sup>1</sup>", "GPT-4^1"),
    "a thousand": (r"12\,345", "12\u2009345", "12,345"),
    "a per cent": (r"95.3\,\%", "95.3\u2009%", "95.3 %"),
    "a mixed number": (r"$1\frac{1}{2}$", "<math><mn>1</mn><mfrac><mn>1</mn><mn>2</mn></mfrac></math>", "1 1/2"),
}


@pytest.mark.parametrize("what", SEEN)
def test_in_latex(what: str) -> None:
    written, _, seen = SEEN[what]
    body = rf"{written} x \begin{{table}}\caption{{{written}}}\begin{{tabular}}{{lc}} y & {written} \\ \end{{tabular}}"
    source = rf"\documentclass{{article}}\begin{{document}}\section{{One}}{body}\end{{table}}\end{{document}}"
    text = latex.parse(source.encode(), gullwing.PAPER, None)
    assert text.sections[0].text == f"{seen} x"
    assert (text.tables[0].caption, text.tables[0].rows) == (seen, (("y", seen),))


@pytest.mark.parametrize("what", SEEN)
def test_in_html(what: str) -> None:
    _, written, seen = SEEN[what]
    page = f"<p>{written} x</p><table><tr><td>y</td><td>{written}</td></tr></table>"
    text = html.parse(f"<html><body>{page}</body></html>".encode(), gullwing.PAPER, None)
    assert text.sections[0].text == f"{seen} x"
    assert text.tables[0].rows == (("y", seen),)


@pytest.mark.parametrize(
    ("text", "joined"),
    [("1\u202f234\u202f567", "1,234,567"), ("12\u20093456", "12\u20093456"), ("3.5\u2009123", "3.5\u2009123")],
)
def test_thin_spaces_join_groups_of_three(text: str, joined: str) -> None:
    assert join_digit_groups(text) == joined


@pytest.mark.parametrize("base", ["95.3", "95", "7", "0.5", "12,345", r"3\%"])
@pytest.mark.parametrize("script", ["0.2", "2", "12", "+1.5", "-3", "(4)", r"\pm 1", "a", "*", "2,3"])
def test_no_script_ever_glues_two_numbers(base: str, script: str) -> None:
    for form in (r"%s\textsubscript{%s}", r"%s\textsuperscript{%s}", "$%s_{%s}$", "$%s^{%s}$", "%s$_{%s}$"):
        whole = r"\documentclass{article}\begin{document}" + form % (base, script) + r"\end{document}"
        shown = latex.parse(whole.encode(), gullwing.PAPER, None).sections[0].text
        plain = re.escape(base.replace("\\", ""))
        assert re.match(rf"{plain}(?![\w.])|{plain}[_^]", shown), (form, shown)
