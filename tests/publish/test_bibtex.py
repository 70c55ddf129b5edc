"""BibTeX entries that BibTeX can read."""

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
