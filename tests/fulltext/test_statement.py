"""Which paper a file says it is."""

import pytest

from assay.fulltext.statement import stated_id
from assay.papers.ids import ArxivId
from tests.fulltext.pdfs import Text, pdf


def page(*lines: str) -> bytes:
    return pdf([[Text(line, 72, 700 - 20 * number, 10) for number, line in enumerate(lines)]])


def test_arxiv_stamps_its_pdfs() -> None:
    stamp = "arXiv:9912.99901v3  [cs.CL]  2 Dec 2099"
    assert stated_id(page("A Toy Paper", stamp, "as in arXiv:9912.99902 and arXiv:9912.99903v1."), "pdf") == ArxivId(
        "9912.99901", 3
    )
    assert stated_id(page("arXiv:hep-th/9901001v1 [hep-th] 1 Jan 1999"), "pdf") == ArxivId("hep-th/9901001", 1)


@pytest.mark.parametrize(
    "data",
    [
        page("A Toy Paper", "as in arXiv:9912.99902."),
        page("arXiv:9912.99901v3 [cs.CL] 2 Dec 2099", "arXiv:9912.99902v1 [cs.CL] 2 Dec 2099"),
        b"%PDF-1.5\nnot really",
    ],
    ids=["cited", "two stamps", "broken"],
)
def test_a_pdf_without_one_stamp_says_nothing(data: bytes) -> None:
    assert stated_id(data, "pdf") is None


@pytest.mark.parametrize(
    "head",
    [
        '<base href="/html/9912.99901v2/">',
        '<link rel="canonical" href="https://arxiv.org/abs/9912.99901v2"/>',
        "<meta property='og:url' content='https://arxiv.org/html/9912.99901v2'>",
    ],
)
def test_a_page_names_itself_in_its_head(head: str) -> None:
    page = (
        f'<!doctype html><html><head>{head}</head><body><a href="https://arxiv.org/abs/9912.99902">x</a></body></html>'
    )
    assert stated_id(page.encode(), "html") == ArxivId("9912.99901", 2)


def test_a_page_that_only_cites_says_nothing() -> None:
    page = '<!doctype html><html><body><a href="https://arxiv.org/abs/9912.99902">x</a> 9912.99901v2</body></html>'
    assert stated_id(page.encode(), "html") is None


def test_a_latex_source_says_nothing() -> None:
    assert stated_id(rb"\documentclass{article} % arXiv:9912.99901v2 [cs.CL]", "latex") is None
