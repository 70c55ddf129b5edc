"""BibTeX entries that BibTeX can read."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assay.papers.models import Paper
from assay.publish.bibtex import bibtex_entry


def test_an_entry() -> None:
    paper = Paper(
        id="9912.00001",
        title="LoRA & 5% more: a_study of GPT-4o",
        authors=("Ada Example", "The Toy and Sample Team"),
        categories=("cs.CL", "cs.AI"),
    )
    assert bibtex_entry(paper) == "\n".join(
        [
            "@misc{example1999_9912_00001,",
            r"  title = {{LoRA} \& 5\% more: a\_study of {GPT-4o}},",
            "  author = {Ada Example and {The Toy and Sample Team}},",
            "  year = {1999},",
            "  eprint = {9912.00001},",
            "  archivePrefix = {arXiv},",
            "  primaryClass = {cs.CL},",
            "  url = {https://arxiv.org/abs/9912.00001},",
            "}",
        ]
    )


@pytest.mark.parametrize(
    ("title", "latex"),
    [
        (r"Reaching $O(n \log n)$ with $\alpha$-Softmax", r"Reaching {$O(n \log n)$} with {$\alpha$-Softmax}"),
        (r"$\mathcal{L}_2$ Toys, H$_2$O and GPT-4o", r"{$\mathcal{L}_2$} Toys, {H$_2$O} and {GPT-4o}"),
        (r"Gains of $>$90\% at \$5 & $7", r"Gains of {$>$90\%} at \$5 \& \$7"),
        (r"An Erd\H{o}s--R\'enyi {G}ull at \(90% x\)", r"An Erdős–Rényi Gull at {$90\% x$}"),
        (r"The set $\{0,1\}$ at $\{n$", r"The set {$\lbrace 0,1\rbrace $} at {$\lbrace n$}"),
        (r"A \method for S^2R", r"A \textbackslash{}method for {S\textasciicircum{}2R}"),
    ],
)
def test_a_title_is_latex_again(title: str, latex: str) -> None:
    assert f"  title = {{{latex}}},\n" in bibtex_entry(Paper(id="9912.00001", title=title))


@given(st.text(alphabet="aB1 $\\{}_^%&#~", min_size=1, max_size=30).filter(str.strip))
@example(r"$\{$ a}")
@example(r"$a\\$ b")
def test_no_title_breaks_an_entry(title: str) -> None:
    entry = bibtex_entry(Paper(id="9912.00001", title=title))
    line = next(line for line in entry.split("\n") if line.startswith("  title = "))
    depths = [0]
    for ch in line:
        depths.append(depths[-1] + {"{": 1, "}": -1}.get(ch, 0))
    assert depths[-1] == 0
    assert min(depths[line.index("{") + 1 : -2]) > 0
    assert not re.search(r"(?<!\\)(?:\\\\)*[%&#]", line)
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\$", line)) % 2 == 0
