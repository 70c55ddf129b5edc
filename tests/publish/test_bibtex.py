"""BibTeX entries that BibTeX can read."""

import pytest

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
        (r"A \method for S^2R", r"A \textbackslash{}method for {S\textasciicircum{}2R}"),
    ],
)
def test_a_title_is_latex_again(title: str, latex: str) -> None:
    assert f"  title = {{{latex}}},\n" in bibtex_entry(Paper(id="9912.00001", title=title))
