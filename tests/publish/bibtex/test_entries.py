"""A paper as a BibTeX entry: its fields, its key, its title as LaTeX, and where it appeared."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assay.papers.mathematics import to_text
from assay.papers.models import Paper
from assay.publish.bibtex import bibtex_entries, bibtex_entry

FIRST_OF_MAY = datetime(2099, 5, 1, tzinfo=UTC)


def test_an_entry() -> None:
    paper = Paper(
        id="9912.00001",
        title="LoRA & 5% more: a_study of GPT-4o",
        authors=("Ada Example", "The Toy and Sample Team"),
        categories=("cs.CL", "cs.AI"),
        published=FIRST_OF_MAY,
    )
    assert bibtex_entry(paper) == "\n".join(
        [
            "@misc{example2099_9912_00001,",
            r"  title = {{LoRA \& 5\% more: a\_study of GPT-4o}},",
            "  author = {Ada Example and {The Toy and Sample Team}},",
            "  year = {2099},",
            "  month = may,",
            "  eprint = {9912.00001},",
            "  archivePrefix = {arXiv},",
            "  primaryClass = {cs.CL},",
            "  doi = {10.48550/arXiv.9912.00001},",
            "  url = {https://arxiv.org/abs/9912.00001},",
            "}",
        ]
    )


@pytest.mark.parametrize(("key", "year"), [("9911.00007", 2099), ("hep-th/9911007", 1999), ("math/0309136", 2003)])
def test_the_year_of_an_id(key: str, year: int) -> None:
    entry = bibtex_entry(Paper(id=key, title="Toys"))
    assert f"  year = {{{year}}},\n" in entry
    assert f"@misc{{arxiv{year}_" in entry


@pytest.mark.parametrize(
    ("comment", "note"),
    [
        ("Accepted at ToyConf 2099", "Accepted at ToyConf 2099"),
        ("12 pages, 3 figures. To appear in Toys & Gulls; code at https://example.org", r"To appear in Toys \& Gulls"),
        ("ToyConf'99 (Oral), 9 pages", "ToyConf'99 (Oral)"),
        ("This paper has been accepted to Proc. ToyConf, Vienna", "This paper has been accepted to Proc. ToyConf"),
        ("Accepted by $\\mu$Toys", r"Accepted by $\mu$Toys"),
        ("12 pages, 3 figures", ""),
        ("Submitted to ToyConf 2099", ""),
        ("Code accepted in 2 of 3 runs", ""),
    ],
)
def test_where_it_was_accepted_is_a_note(comment: str, note: str) -> None:
    paper = Paper(id="9912.00001", title="Toys", comment=comment)
    assert re.findall(r"note = \{(.*)\},", bibtex_entry(paper)) == ([note] if note else [])
    journal = paper.model_copy(update={"journal_ref": "Somewhere, in Toys"})
    assert re.findall(r"note = \{(.*)\},", bibtex_entry(journal)) == ["Somewhere, in Toys"]


@pytest.mark.parametrize(
    ("title", "latex"),
    [
        (r"Reaching $O(n \log n)$ with $\alpha$-Softmax", r"Reaching $O(n \log n)$ with $\alpha$-Softmax"),
        (r"$\mathcal{L}_2$ Toys, H$_2$O and GPT-4o", r"$\mathcal{L}_2$ Toys, H$_2$O and GPT-4o"),
        (r"Gains of $>$90\% at \$5 & $7", r"Gains of $>$90\% at \$5 \& \$7"),
        (r"An Erd\H{o}s--R\'enyi {G}ull at \(90% x\)", r"An Erd{\H{o}}s--R{\'e}nyi Gull at $90\% x$"),
        (r"The set $\{0,1\}$ at $\{n$", r"The set $\lbrace 0,1\rbrace $ at $\lbrace n$"),
        (r"A \method for S^2R", r"A \textbackslash{}method for S\textasciicircum{}2R"),
        ("αβ-Gulls at 3×10⁻⁴ and $α + 1$", r"$\alpha\beta$-Gulls at 3$\times$10$^{-4}$ and $\alpha + 1$"),
        ("“Toys” – Łukasz’ “best” café, 语言 #1", r"``Toys'' -- {\L}ukasz' ``best'' caf{\'e}, 语言 \#1"),
        (r"\alpha-Gulls", r"$\alpha$-Gulls"),
        ("Recall@$k${x}", r"Recall@$k$x"),
    ],
)
def test_a_title_is_latex_again(title: str, latex: str) -> None:
    assert f"  title = {{{{{latex}}}}},\n" in bibtex_entry(Paper(id="9912.00001", title=title))


@settings(max_examples=60)
@given(st.text(alphabet="aB1 $\\{}_^%&#~@éα²", min_size=1, max_size=30).filter(str.strip))
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


@settings(max_examples=40)
@given(
    st.lists(
        st.sampled_from("Gull toy 5% a_b #1 R&D café Đông Ňőł α ≤ → $x_i$ $\\alpha$ a–b “a” 语言 ~".split()), min_size=1
    )
)
def test_a_title_reads_as_it_did(words: list[str]) -> None:
    title = " ".join(words)
    entry = bibtex_entry(Paper(id="9912.00001", title=title))
    latex = re.search(r"  title = \{\{(.*)\}\},\n", entry)
    assert latex is not None
    assert to_text(latex[1]) == to_text(title)


def test_a_paper_has_the_same_key_alone_and_among_others() -> None:
    papers = [
        Paper(id=key, title="Toys", authors=(author,))
        for key, author in {
            "9912.00001": "Ada Example",
            "9912.00002": "Ada Example",
            "math.GT/0309136": "Łukasz Đặng-Øre",
            "9912.00003": "김철수",
            "9912.00004": "Toy Team",
            "9912.00005": "Ада Пример",
        }.items()
    ]
    together = bibtex_entries([*papers, papers[0]])
    assert together == "\n\n".join(map(bibtex_entry, papers))
    assert re.findall(r"^@\w+\{(.*),$", together, re.MULTILINE) == [
        "example2099_9912_00001",
        "example2099_9912_00002",
        "dangore2003_math_0309136",
        "arxiv2099_9912_00003",
        "toyteam2099_9912_00004",
        "arxiv2099_9912_00005",
    ]


@pytest.mark.parametrize(
    ("journal_ref", "start", "fields"),
    [
        (
            "Toy Letters 12(3), 45-67 (2098)",
            "@article",
            {"journal": "Toy Letters", "volume": "12", "number": "3", "pages": "45-67", "year": "2098"},
        ),
        (
            "Journal of Toys, vol. 7, no. 2, pp. 1--9, 2098",
            "@article",
            {"journal": "Journal of Toys", "volume": "7", "number": "2", "pages": "1--9", "year": "2098"},
        ),
        (
            "Phys. Toy. D 76, 013009 (2098)",
            "@article",
            {"journal": "Phys. Toy. D", "volume": "76", "pages": "013009", "year": "2098"},
        ),
        ("Transactions on Toy Research, 2098", "@article", {"journal": "Transactions on Toy Research", "year": "2098"}),
        (
            "Proceedings of the 41st Conference on Toys & Gulls, pages 1-12, 2098",
            "@inproceedings",
            {"booktitle": r"Proceedings of the 41st Conference on Toys \& Gulls", "pages": "1-12", "year": "2098"},
        ),
        ("ToyConf 2098 (oral), Lake City", "@misc", {"note": "ToyConf 2098 (oral), Lake City", "year": "2099"}),
        ("ToyConf 2098, 1-10, 2098", "@misc", {"note": "ToyConf 2098, 1-10, 2098", "year": "2099"}),
        ("Toy Letters, to appear", "@misc", {"note": "Toy Letters, to appear", "year": "2099"}),
        ("accepted 5% of 2098", "@misc", {"note": r"accepted 5\% of 2098", "year": "2099"}),
        ("", "@misc", {"year": "2099"}),
    ],
)
def test_a_venue_is_named_where_it_is_certain(journal_ref: str, start: str, fields: dict[str, str]) -> None:
    entry = bibtex_entry(
        Paper(id="9912.00001", title="T", authors=("A B",), published=FIRST_OF_MAY, journal_ref=journal_ref)
    )
    assert entry.startswith(start + "{")
    names = "journal", "booktitle", "volume", "number", "pages", "year", "note"
    assert dict(re.findall(rf"  ({'|'.join(names)}) = \{{(.*)\}},", entry)) == fields
    assert ("month = may" in entry) == ("10.48550/arXiv.9912.00001" in entry) == (start == "@misc")


def test_a_withdrawn_paper_says_so_and_names_no_venue() -> None:
    paper = Paper(id="9912.00001", title="T", withdrawn=FIRST_OF_MAY, journal_ref="Toy Letters 1, 2 (2098)")
    assert bibtex_entry(paper).startswith("@misc{arxiv2099_9912_00001,\n")
    assert "  note = {Withdrawn},\n" in bibtex_entry(paper)
    assert "Letters" not in bibtex_entry(paper)


@pytest.mark.parametrize(
    ("doi", "field"),
    [
        ("10.1000/toy_1", "10.1000/toy_1"),
        ("https://doi.org/10.1000/toy.1(2)<3>", "10.1000/toy.1(2)<3>"),
        ("10.1000/a 10.1000/b", "10.1000/a"),
        ("no doi", "10.48550/arXiv.9912.00001"),
        ("", "10.48550/arXiv.9912.00001"),
    ],
)
def test_a_doi_is_left_as_it_is(doi: str, field: str) -> None:
    assert f"  doi = {{{field}}},\n" in bibtex_entry(Paper(id="9912.00001", title="T", doi=doi))
