"""Unpacks what a paper's source comes in: an archive in any of the usual formats, or one file.

Nothing is written to disk, and a path that leads out of the archive is left out.
"""

import bz2
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import IO, NamedTuple, Protocol

from assay.fulltext.model import Form

MOST_TEXT = 16 * 2**20
"""Characters that the sources of one paper may have."""


class Archive(NamedTuple):
    """The files of a source, and what was left out of them."""

    texts: dict[str, str]
    """The text files by their path; a single file without an archive is ``main.tex``."""
    paths: frozenset[str]
    """The paths of all files."""
    notes: list[str]


def unpack(data: bytes) -> Archive:
    """The files of an e-print, or of an archive that somebody else packed.

    Raises:
        ValueError: if it is too large, not whole, or in a format that cannot be read.
    """
    if name := unreadable_format(data):
        raise ValueError(f"it is {name}, which cannot be read here")
    if data.startswith(b"PK\x03\x04"):
        return _collect(_zip_members(data))
    try:
        tarfile.TarInfo.frombuf(data[:512], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return Archive({"main.tex": decode(data[:MOST_TEXT])}, frozenset({"main.tex"}), [])
    return _collect(_tar_members(data))


def decompress(data: bytes) -> bytes:
    """The content of a file compressed by gzip, xz or bzip2; any other as it is.

    Raises:
        ValueError: if it is too large or not whole.
    """
    for name, magic, start in _COMPRESSIONS:
        if data.startswith(magic):
            return _decompress(data, name, start())
    return data


def unreadable_format(data: bytes) -> str:
    """The name of a format that nothing here can read, or empty."""
    if data.startswith(b"PK\x03\x04") and b"word/" in data[:4096]:
        return "a Word document"
    return next((name for magic, name in _UNREADABLE.items() if data.startswith(magic)), "")


def form_of(data: bytes) -> Form:
    """The form of a file by its first bytes: a PDF, an HTML page, or else a LaTeX source, packed or not."""
    if data[:1024].lstrip().startswith(b"%PDF-"):
        return "pdf"
    if data.startswith((*(magic for _, magic, _ in _COMPRESSIONS), b"PK\x03\x04")):
        return "latex"
    return "html" if _HTML.match(decode(data[:4096])) else "latex"


def decode(data: bytes) -> str:
    """The text of a file: in UTF-8 or UTF-16, or else in the encoding that it names, or else in Latin-1."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if b"\x00" in data[:64] and (encoding := _utf_16_without_mark(data[:64])):
        return data.decode(encoding, "replace")
    text = data.decode("utf-8-sig", "replace")
    wrong = text.count("\ufffd")
    if wrong == 0 or 2 * wrong < len(data) - len(text):  # a few broken characters among many that are none
        return text
    named = _ENCODING.search(data[:8192]) or _CJK_ENCODING.search(data)
    if named:
        name = named[1].decode("ascii").lower()
        try:
            return data.decode(_ENCODINGS.get(name, name), "replace")
        except LookupError:
            pass
    return data.decode("latin-1")


def _utf_16_without_mark(start: bytes) -> str:
    """Which way round UTF-16 is, where every second byte of Latin letters is zero; empty for what is none."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    if min(even, odd) or max(even, odd) < len(start) // 4:
        return ""
    return "utf-16-le" if odd else "utf-16-be"


def inside(path: str) -> str | None:
    """The path in its plain form, or ``None`` for one that leads out of the archive."""
    parts: list[str] = []
    posix = PurePosixPath(path.replace("\\", "/"))
    if posix.is_absolute() or re.match(r"[A-Za-z]:", path):
        return None
    for part in posix.parts:
        if part != "..":
            parts.append(part)
        elif parts:
            parts.pop()
        else:
            return None
    return str(PurePosixPath(*parts))


class _Member(NamedTuple):
    """A file of an archive: its path, its size, whether it is a link, and how to read it."""

    path: str
    size: int
    is_link: bool
    stream: IO[bytes] | None


def _collect(members: Iterator[_Member]) -> Archive:
    texts: dict[str, str] = {}
    paths: set[str] = set()
    notes: list[str] = []
    size = 0
    try:
        for number, member in enumerate(members):
            if number == _MOST_MEMBERS:
                raise ValueError(f"it holds more than {_MOST_MEMBERS} files")
            path = None if ".." in PurePosixPath(member.path.replace("\\", "/")).parts else inside(member.path)
            if path is None or member.is_link:
                notes.append(f"left out {member.path!r}: a link, or a path that leaves the archive")
                continue
            paths.add(path)
            is_source = path.lower().endswith(_SOURCES) or path in DIRECTIVES
            if member.stream is None or not (is_source or _may_be_text(path, member.size)):
                continue
            content = member.stream.read(MOST_TEXT + 1)
            size += len(content) if is_source else 0
            if size > MOST_TEXT:
                raise ValueError(f"its text files have more than {MOST_TEXT // 2**20} MiB")
            texts[path] = decode(content)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ValueError(f"not a whole archive: {error}") from error
    return Archive(texts, frozenset(paths), notes)


def _may_be_text(path: str, size: int) -> bool:
    """Whether a paper may take this file in as text: a list of numbers, a style file, a bibliography."""
    suffix = PurePosixPath(path).suffix.lower()
    return size <= _LARGEST_OTHER and (suffix in _OTHERS or not suffix)


def _tar_members(data: bytes) -> Iterator[_Member]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for member in archive:
            if member.isfile() or member.issym() or member.islnk():
                is_link = not member.isfile() or member.islnk()
                stream = None if is_link else archive.extractfile(member)
                yield _Member(member.name, member.size, is_link, stream)


def _zip_members(data: bytes) -> Iterator[_Member]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist():
            if member.is_dir():
                continue
            if member.flag_bits & 1:
                raise ValueError("it is a zip file with a password")
            is_link = member.external_attr >> 28 == _LINK
            try:
                with archive.open(member) as stream:
                    yield _Member(member.filename, member.file_size, is_link, stream)
            except NotImplementedError as error:
                raise ValueError(f"it is a zip file that cannot be unpacked here: {error}") from error


def _decompress(data: bytes, name: str, unpacker: "_Unpacker") -> bytes:
    try:
        content = unpacker.decompress(data, _MOST_BYTES + 1)
    except (zlib.error, lzma.LZMAError, OSError, EOFError) as error:
        raise ValueError(f"not a whole {name} file: {error}") from error
    if len(content) > _MOST_BYTES:
        raise ValueError(f"it unpacks to more than {_MOST_BYTES // 2**20} MiB")
    if not unpacker.eof:
        raise ValueError(f"not a whole {name} file: it ends too early")
    return content


class _Unpacker(Protocol):
    """What unpacks a stream, from any of the three libraries."""

    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


_COMPRESSIONS: tuple[tuple[str, bytes, Callable[[], _Unpacker]], ...] = (
    ("gzip", b"\x1f\x8b", lambda: zlib.decompressobj(wbits=31)),
    ("xz", b"\xfd7zXZ\x00", lambda: lzma.LZMADecompressor(memlimit=2**28)),
    ("bzip2", b"BZh", bz2.BZ2Decompressor),
)
_UNREADABLE = {
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\x28\xb5\x2f\xfd": "a file packed by zstd",
    b"\x1f\x9d": "a file packed by compress",
    b"PK\x05\x06": "an empty zip file",
    b"%!PS": "a PostScript file",
    b"\xd0\xcf\x11\xe0": "a Word document",
    b"{\\rtf": "an RTF document",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
}
DIRECTIVES = ("00README.json", "00README.yaml", "00README.XXX", "00README")
"""Files in which an author tells arXiv what is what."""

_MOST_BYTES = 256 * 2**20
_MOST_MEMBERS = 10_000
_LARGEST_OTHER = 2**20
_LINK = 0xA  # the kind of file in a zip file's attributes
_SOURCES = (".tex", ".ltx", ".latex")
_OTHERS = frozenset(
    ".txt .sty .cls .def .cfg .clo .inc .tikz .pgf .pdf_tex .bbl .dat .val .num .out .macros .ins .table .tab".split()
)
_HTML = re.compile(
    r"\s*(?:<!--(?:[^-]|-(?!->))*-->\s*|<\?[^>]*>\s*)*<(?:!doctype\s+html|html|head|body|article|main|div|h1|p|table|title|meta)\b",
    re.IGNORECASE,
)
_ENCODING = re.compile(
    rb"(?:\\usepackage\s*\[\s*|charset\s*=\s*[\"']?|<\?xml[^>]{0,80}encoding\s*=\s*[\"']?)([A-Za-z][\w-]+)"
    rb"(?=\s*\]\s*\{inputenc|[\"';\s/>])",
    re.IGNORECASE,
)
_CJK_ENCODING = re.compile(rb"\\begin\s*\{CJK\*?\}\s*\{([A-Za-z0-9-]+)\}")
_ENCODINGS = {
    "latin1": "latin-1", "latin2": "iso8859-2", "latin9": "iso8859-15", "ansinew": "cp1252", "applemac": "mac-roman",
    "gb": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "bg5": "big5", "jis": "shift_jis", "sjis": "shift_jis",
    "ks": "euc-kr", "utf8": "latin-1", "utf8x": "latin-1",
}  # fmt: skip
"""What TeX calls an encoding, and what Python does; a file that says UTF-8 and is none is taken for Latin-1."""
