"""Files come in the encodings that people's tools write; what is in none of them is refused in one line."""

import json
from datetime import date
from pathlib import Path

import pytest

from assay.sources.decoding import decode, parse_xml
from assay.sources.recordings import read_file, read_text
from tests.sources.synthetic import atom_entry, entry, feed, news, news_entry

TEXT = "Łukasz and Søren measure 83.7±0.2 on ToyBench. 장난감"
XML = '<?xml version="1.0" encoding="{}"?>\n<feed>Søren ±</feed>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_says_the_encoding(encoding: str) -> None:
    assert decode(TEXT.encode(encoding)) == TEXT


def test_both_orders_of_bytes() -> None:
    for order in ("le", "be"):
        assert decode(("\ufeff" + TEXT).encode(f"utf-16-{order}")) == TEXT


@pytest.mark.parametrize("encoding", ["utf-8", "UTF-8", "ISO-8859-1", "windows-1252", "latin1"])
def test_xml_declares_its_encoding(encoding: str) -> None:
    data = XML.format(encoding).encode(encoding)
    assert decode(data) == XML.format(encoding)
    assert parse_xml(data).text == "Søren ±"


def test_a_byte_order_mark_goes_before_a_declaration() -> None:
    assert parse_xml(XML.format("ISO-8859-1").encode("utf-16")).text == "Søren ±"
    assert parse_xml(XML.format("UTF-16").encode("utf-16")).text == "Søren ±"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("Søren".encode("latin-1"), r"not UTF-8 text \(byte 1\)"),
        (b"\xff\xfeS\x00\x00", r"not UTF-16 text \(byte 4\)"),
        (XML.format("Klingon").encode(), "it declares the encoding 'Klingon', which is not known"),
        (XML.format("base64").encode(), "it declares the encoding 'base64', which is not known"),
        (XML.format("us-ascii").encode(), r"not ASCII text \(byte \d+\)"),
    ],
)
def test_what_is_not_text_is_refused_in_one_line(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{words}$"):
        decode(data)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_every_kind_of_file_may_have_any_of_them(tmp_path: Path, encoding: str) -> None:
    table = (
        "## Papers for 2099-12-02\n\n| Title | Authors | Summary |\n|-------|---------|---------|\n"
        "| Toy Attention (Read more on [arXiv](https://arxiv.org/abs/9912.99901) or "
        "[HuggingFace](https://huggingface.co/papers/9912.99901))| Łukasz Sample | It is 2.5x faster.  |\n"
    )
    contents = {
        "2099-12-02.json": json.dumps([entry(99901)]),
        "api.xml": feed(atom_entry("9912.99901v1")).decode(),
        "news.xml": news(news_entry("9912.99901v1")).decode(),
        "digest.md": table,
    }
    for name, text in contents.items():
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        (reading,) = read_file(path, day=date(2099, 12, 2))
        assert [paper.id for paper in reading.papers] == ["9912.99901"], name
        assert not reading.refused
        assert reading.snapshot is not None
        assert reading.snapshot.body == path.read_bytes()


def test_the_mark_of_utf_8_stays_for_what_is_written_again_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "digest.md"
    path.write_bytes(b"\xef\xbb\xbfHi\r\n")
    assert read_text(path) == "\ufeffHi\r\n"
    path.write_bytes("Hi".encode("utf-16"))
    assert read_text(path) == "Hi"
