"""A source in whatever it was packed, and what is refused by its name."""

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable

import pytest

from assay.fulltext import FullText, form_of, html, latex
from assay.fulltext.archive import decode, inside
from tests.fulltext import gullwing

TAR = gzip.decompress(gullwing.latex())
PACKED: dict[str, Callable[[], bytes]] = {
    "zip": gullwing.zipped,
    "tar.xz": lambda: lzma.compress(TAR),
    "tar.bz2": lambda: bz2.compress(TAR),
    "tar": lambda: TAR,
    "UTF-16": lambda: gullwing.MAIN.replace("\\input{sections/method}", gullwing.METHOD).encode("utf-16"),
    "page with a mark": lambda: b"\xef\xbb\xbf" + gullwing.html(),
    "page with a remark": lambda: b"<!-- made by a -machine -->\n<?xml version='1.0'?>\n" + gullwing.html(),
    "packed page": lambda: gzip.compress(gullwing.html()),
    "page in UTF-16": lambda: gullwing.HTML.encode("utf-16"),
    "page in UTF-16 without a mark": lambda: gullwing.HTML.encode("utf-16-le"),
}


def read(data: bytes) -> FullText:
    parse = html.parse if form_of(data) == "html" else latex.parse
    return parse(data, gullwing.PAPER, None)


@pytest.mark.parametrize("packing", PACKED)
def test_however_it_is_packed_it_says_the_same(packing: str) -> None:
    text = read(PACKED[packing]())
    assert text.form == ("html" if "page" in packing else "latex")
    assert text.title == "Gullwing: A Cache With Two Wings"
    assert [table.rows for table in text.tables] == [gullwing.ROWS]


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (b"Rar!\x1a\x07", "a RAR archive"),
        (b"\x28\xb5\x2f\xfd", "packed by zstd"),
        (b"%!PS-Adobe-2.0", "a PostScript file"),
        (b"PK\x03\x04" + bytes(26) + b"word/document.xml", "a Word document"),
        (b"PK\x03\x04" + bytes(40), "not a whole archive"),
        (b"\x89PNG", "an image"),
    ],
)
def test_what_cannot_be_read_is_named(start: bytes, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        read(start + bytes(600))


def test_a_zip_file_that_unpacks_without_end() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("main.tex", bytes(20 * 2**20))
    with pytest.raises(ValueError, match="more than 16 MiB"):
        read(packed.getvalue())


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("风筝".encode(), "风筝"),
        ("\\begin{CJK}{GBK}{song}风筝".encode("gb18030"), "\\begin{CJK}{GBK}{song}风筝"),
        ("\\usepackage[latin2]{inputenc}Łódź".encode("iso8859-2"), "\\usepackage[latin2]{inputenc}Łódź"),
        ('<meta charset="shift_jis">凧'.encode("shift_jis"), '<meta charset="shift_jis">凧'),
        ("Étude, naïve café".encode("latin-1"), "Étude, naïve café"),
        ("Étude, naïve café ".encode() * 9 + b"\xe9", "Étude, naïve café " * 9 + "\ufffd"),
    ],
)
def test_encodings(data: bytes, text: str) -> None:
    assert decode(data) == text


@pytest.mark.parametrize(
    ("path", "plain"),
    [("a/./b.tex", "a/b.tex"), ("a/../b.tex", "b.tex"), ("../b.tex", None), ("/b.tex", None), ("C:/b.tex", None)],
)
def test_paths_stay_inside(path: str, plain: str | None) -> None:
    assert inside(path) == plain
