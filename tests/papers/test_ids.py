"""Every way of writing an arXiv id leads to the same key, and nothing else is taken for one."""

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.papers.ids import (
    ArxivId,
    abs_url,
    huggingface_url,
    is_arxiv_id,
    is_bare_id,
    name_some,
    parse_arxiv_id,
    pdf_url,
    read_key,
    thumbnail_url,
)

new_ids = st.builds(
    lambda year, month, number: f"{year:02}{month:02}.{number:0{4 if year < 15 else 5}}",
    st.integers(8, 99),
    st.integers(1, 12),
    st.integers(1, 9999),
)
old_ids = st.builds(
    lambda archive, year, month, number: f"{archive}/{year:02}{month:02}{number:03}",
    st.sampled_from(["hep-ph", "math", "cs", "cond-mat", "q-bio", "math-ph"]),
    st.integers(0, 99),
    st.integers(1, 12),
    st.integers(1, 999),
)
FORMS = """
{}
 {}
{}.
{},
"{}"
[{}]
({})
【{}】
- {}
arXiv:{}
arxiv: {}
arXiv {}
arXiv.{}
arXiv/{}
arXiv{}
arXiv:{} [cs.LG]
arXiv:{}  [cs.LG]  25 Feb 2025
arXiv:{} (cs)
{} [math.GT]
[{}] Gullwing: Toys That Fly
[Gullwing](https://arxiv.org/abs/{})
Gullwing: Toys That Fly https://arxiv.org/abs/{}
arXiv preprint arXiv:{}, 2025.
arXiv preprint arXiv:{} (2025)
Cite as: arXiv:{} [cs.LG]
CoRR, abs/{}, 2025
eprint = {{{}}},
{}.pdf
arXiv-{}.tar.gz
https://arxiv.org/abs/{}
http://arxiv.org/abs/{}
<https://arxiv.org/abs/{}>
https://arxiv.org/abs/{}.
//arxiv.org/abs/{}
arxiv.org/abs/{}
www.arxiv.org/abs/{}
https://www.arxiv.org/pdf/{}
https://arxiv.org/pdf/{}.pdf
https://export.arxiv.org/abs/{}
https://export.arxiv.org/e-print/{}
http://export.arxiv.org/api/query?id_list={}
https://arxiv.org/html/{}
https://arxiv.org/html/{}#S3.T1
https://arxiv.org/src/{}/anc/toys.txt
https://arxiv.org/format/{}
https://arxiv.org/bibtex/{}
https://arxiv.org/ftp/arxiv/papers/2502/{}.pdf
https://arxiv.org/search/?query={}&searchtype=all
https://arxiv.org/abs/{}?context=cs.LG#tab
https://arxiv.org/abs/{}/
https://ARXIV.org/abs/{}
https%3A%2F%2Farxiv.org%2Fabs%2F{}
https://www.google.com/url?q=https://arxiv.org/abs/{}&sa=D
https://web.archive.org/web/2025/https://arxiv.org/abs/{}
https://doi.org/10.48550/arXiv.{}
https://dx.doi.org/10.48550/arXiv.{}
doi:10.48550/arXiv.{}
10.48550/ARXIV.{}
oai:arXiv.org:{}
https://huggingface.co/papers/{}
https://huggingface.co/papers/{}#community
https://huggingface.co/api/papers/{}
https://huggingface.co/papers/{}.md
https://hf.co/papers/{}
https://huggingface.co/models?other=arxiv:{}
<a href="https://arxiv.org/abs/{}">
https://www.alphaxiv.org/abs/{}
https://alphaxiv.org/ko/overview/{}
https://papers.cool/arxiv/{}
https://papers.cool/arxiv/kimi?paper={}
https://scirate.com/arxiv/{}
https://api.semanticscholar.org/arXiv:{}
https://api.semanticscholar.org/graph/v1/paper/ARXIV:{}
https://www.emergentmind.com/papers/{}
https://paperswithcode.com/paper/{}
https://ui.adsabs.harvard.edu/abs/arXiv:{}
https://ar5iv.labs.arxiv.org/html/{}
https://ar5iv.org/abs/{}
"""


@pytest.mark.parametrize("form", FORMS.strip("\n").split("\n"))
@settings(max_examples=20)
@given(key=new_ids | old_ids, version=st.none() | st.integers(1, 120))
def test_every_form_gives_the_same_key(form: str, key: str, version: int | None) -> None:
    text = form.format(key if version is None else f"{key}v{version}")
    assert parse_arxiv_id(text) == ArxivId(key, version)
    assert is_arxiv_id(text)


@pytest.mark.parametrize(
    ("text", "key", "version"),
    [
        ("2502.18137V1", "2502.18137", 1),
        ("２５０２．１８１３７", "2502.18137", None),
        ("ａｒＸｉｖ：２５０２.１８１３７ｖ２", "2502.18137", 2),
        ("2502\u200b.18137\ufeff", "2502.18137", None),
        ("math.GT/0309136", "math/0309136", None),
        ("arXiv:math.GT/0309136v2", "math/0309136", 2),
        ("https://arxiv.org/abs/math.GT/0309136", "math/0309136", None),
        ("cs.CL/0001001", "cs/0001001", None),
        ("CS/0001001", "cs/0001001", None),
        ("hep\u2011ph/0601001", "hep-ph/0601001", None),
        ("DBLP:journals/corr/abs-2502-18137", "2502.18137", None),
        ("https://dblp.org/rec/journals/corr/abs-2502-18137.html", "2502.18137", None),
        ("https://ui.adsabs.harvard.edu/abs/2025arXiv250218137E/abstract", "2502.18137", None),
        ("[2502.18137](https://arxiv.org/abs/2502.18137)", "2502.18137", None),
        ("arXiv:2502.18137 [cs.LG] (or arXiv:2502.18137v1 [cs.LG] for this version)", "2502.18137", None),
    ],
)
def test_other_spellings(text: str, key: str, version: int | None) -> None:
    assert parse_arxiv_id(text) == ArxivId(key, version)


@given(new_ids | old_ids)
def test_our_own_links_are_read_back(key: str) -> None:
    for link in (abs_url, pdf_url, huggingface_url):
        assert parse_arxiv_id(link(key)) == ArxivId(key)
    assert thumbnail_url(key).endswith(f"/{key}.png")
    assert parse_arxiv_id(parse_arxiv_id(key).id).id == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2502",
        "2513.01234",
        "2500.01234",
        "2502.123",
        "2502.123456",
        "2502.1813",
        "1501.0123v2",
        "https://arxiv.org/abs/2502.1813v1",
        "2502.18137v0",
        "2502.18137v",
        "2502.18137 and more",
        "x2502.18137",
        "https://example.org/abs/2502.18137",
        "https://arxiv.org.example.org/abs/2502.18137",
        "https://evil.org/arxiv.org/abs/2502.18137",
        "https://arxiv.org/list/cs/2502.18137",
        "https://arxiv.org@example.org/abs/2502.18137",
        "10.1109/TOYS.2025.12345",
        "toys/0601001",
        "math/0313001",
        "2502.18137 2502.18138",
        "[2502.18137](https://arxiv.org/abs/2502.18138)",
        "https://arxiv.org/abs/2502.18137?next=2502.18138",
        "math/0309136 or cs/0309136",
        "٢٥02.١٨١٣٧",
        "https://huggingface.co/paperſ/2502.18137",
        "2502.18137\n2502.18138",
        "../2502.18137",
        "2502.18137v" + "9" * 5000,
        "9" * 100_000,
    ],
)
def test_anything_else_is_refused_in_one_line(text: str) -> None:
    assert not is_arxiv_id(text)
    with pytest.raises(ValueError, match="not an arXiv id") as caught:
        parse_arxiv_id(text)
    assert len(str(caught.value)) < 250
    assert "\n" not in str(caught.value)


def test_a_bare_id_has_nothing_around_it() -> None:
    assert all(map(is_bare_id, ("2502.18137", "2502.18137v2", "math.GT/0309136")))
    assert not any(map(is_bare_id, ("2502.18137.", "arXiv:2502.18137", " 2502.18137", "2502.18137V2", "")))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2513.01234", "there is no month 13"),
        ("arXiv:2500.01234v2 [cs.LG]", "there is no month 00"),
        ("2502.18137v0", "versions count from 1"),
        ("2502.1813", "since January 2015 ids have five digits after the point, not 4"),
        ("arXiv:2502.181377 [cs.LG]", "since January 2015 ids have five digits after the point, not 6"),
        ("1412.12345v1", "before January 2015 ids have four digits after the point, not 5"),
        ("0703.1234", "before April 2007 ids named their archive"),
        ("https://arxiv.org/abs/1501.0123v2", "since January 2015 ids have five digits after the point"),
        ("see 2502.18137 and more", "if you mean 2502.18137, give that alone"),
        ("2502.18137, 2502.18138 and cs/0309136", "3 of them, 2502.18137, 2502.18138, cs/0309136"),
    ],
)
def test_a_refusal_says_why(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match="not an arXiv id") as caught:
        parse_arxiv_id(text)
    assert reason in str(caught.value)


@pytest.mark.parametrize("part", ["a/", "a.", ",", " ", "&=", "arxiv ", "https://", "2502.18137 ", "([", "0"])
@pytest.mark.parametrize("form", ["{}2502.18137x", "https://papers.cool/{}2502.18137x", "2502.18137{}x", "{}"])
def test_no_text_takes_long_to_refuse(part: str, form: str) -> None:
    before = process_time()
    is_arxiv_id(form.format(part * (1_900 // len(part))))
    assert process_time() - before < 0.5, "some 1,000 times what it takes"


def test_what_an_older_version_stored_stays_readable() -> None:
    for key in ("2502.1813", "0704.12345", "0601.1234"):
        assert not is_arxiv_id(key)
        assert read_key(key) == key
    assert read_key("https://arxiv.org/abs/2502.18137v2") == "2502.18137"
    for text in ("2513.1813", "2502.181", "arXiv:2502.1813", "2502.1813v1", "toys"):
        with pytest.raises(ValueError, match="not an arXiv id"):
            read_key(text)


def test_of_many_ids_a_few_are_named() -> None:
    ids = [f"9912.{number:05}" for number in range(1, 1_008)]
    assert name_some(ids, most=2) == "9912.00001, 9912.00002 and 1,005 more"
    assert name_some(ids[:2], most=2) == "9912.00001, 9912.00002"
    assert name_some([]) == ""


@given(st.text())
def test_any_text_is_an_id_or_refused(text: str) -> None:
    if is_arxiv_id(text):
        assert parse_arxiv_id(text).id.isascii()
    else:
        with pytest.raises(ValueError, match="not an arXiv id"):
            parse_arxiv_id(text)
