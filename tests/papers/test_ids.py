"""Every way of writing an arXiv id leads to the same key, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.papers.ids import (
    ArxivId,
    abs_url,
    huggingface_url,
    is_arxiv_id,
    parse_arxiv_id,
    pdf_url,
    thumbnail_url,
)

new_ids = st.builds(
    lambda year, month, number, width: f"{year:02}{month:02}.{number:0{width}}",
    st.integers(7, 99),
    st.integers(1, 12),
    st.integers(1, 9999),
    st.sampled_from([4, 5]),
)
old_ids = st.builds(
    lambda archive, year, month, number: f"{archive}/{year:02}{month:02}{number:03}",
    st.sampled_from(["hep-ph", "math.GT", "cs", "cond-mat", "q-bio", "cs.CL"]),
    st.integers(0, 99),
    st.integers(1, 12),
    st.integers(1, 999),
)
FORMS = [
    "{}",
    " {}\n",
    "arXiv:{}",
    "arxiv: {}",
    "https://arxiv.org/abs/{}",
    "http://arxiv.org/abs/{}",
    "arxiv.org/abs/{}",
    "https://www.arxiv.org/pdf/{}",
    "https://arxiv.org/pdf/{}.pdf",
    "https://export.arxiv.org/abs/{}",
    "https://arxiv.org/html/{}",
    "https://arxiv.org/abs/{}?context=cs.LG#tab",
    "https://arxiv.org/abs/{}/",
    "https://ARXIV.org/abs/{}",
    "https://doi.org/10.48550/arXiv.{}",
    "doi:10.48550/arXiv.{}",
    "10.48550/ARXIV.{}",
    "oai:arXiv.org:{}",
    "https://huggingface.co/papers/{}",
    "https://huggingface.co/api/papers/{}",
    "https://huggingface.co/papers/{}.md",
    "https://hf.co/papers/{}",
    "https://www.alphaxiv.org/abs/{}",
    "https://ar5iv.labs.arxiv.org/html/{}",
    "https://ar5iv.org/abs/{}",
]


@pytest.mark.parametrize("form", FORMS)
@given(key=new_ids | old_ids, version=st.none() | st.integers(1, 120))
def test_every_form_gives_the_same_key(form: str, key: str, version: int | None) -> None:
    text = form.format(key if version is None else f"{key}v{version}")
    assert parse_arxiv_id(text) == ArxivId(key, version)
    assert is_arxiv_id(text)


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
        "2502.18137v0",
        "2502.18137v",
        "2502.18137 and more",
        "x2502.18137",
        "https://example.org/abs/2502.18137",
        "https://arxiv.org.example.org/abs/2502.18137",
        "https://evil.org/arxiv.org/abs/2502.18137",
        "https://arxiv.org/list/cs/2502.18137",
        "２５０２.１８１３７",
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


@given(st.text())
def test_any_text_is_an_id_or_refused(text: str) -> None:
    if is_arxiv_id(text):
        assert parse_arxiv_id(text).id.isascii()
    else:
        with pytest.raises(ValueError, match="not an arXiv id"):
            parse_arxiv_id(text)
