"""Turns the bytes of a file or an answer into text, and XML into its elements, safely."""

import codecs
import re
from xml.etree import ElementTree as ET

MAX_BYTES = 64 * 2**20


def decode(data: bytes) -> str:
    """The text in ``data``, without its byte order mark.

    The encoding is what a byte order mark says (UTF-8, UTF-16 or UTF-32), else what XML declares, else UTF-8.

    Raises:
        ValueError: if the bytes are not text in that encoding, or XML declares one that is not known.
    """
    encoding = encoding_of(data)
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise ValueError(f"not {encoding.upper()} text (byte {error.start})") from error


def encoding_of(data: bytes) -> str:
    """The encoding of ``data``, by a name that Python knows; see `decode`.

    Raises:
        ValueError: if XML declares an encoding that is not known.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    declaration = _DECLARATION.match(data)
    if declaration is None:
        return "utf-8"
    name = declaration[1].decode("ascii")
    try:
        "".encode(name)  # refuses what is a codec but no encoding of text, as a look-up does not
        return codecs.lookup(name).name
    except (LookupError, ValueError) as error:
        raise ValueError(f"it declares the encoding {name!r}, which is not known") from error


def parse_xml(data: bytes) -> ET.Element:
    """The root of an XML document that has no document type: no entity can be defined, so none can blow up.

    Raises:
        ValueError: if it is too long, has a document type, or is not XML.
    """
    if len(data) > MAX_BYTES:
        raise ValueError(f"XML of {len(data)} bytes is not read")
    text = decode(data)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError("not an arXiv feed: it has a document type declaration")
    try:
        return ET.fromstring(text)  # noqa: S314 - see above
    except (ET.ParseError, ValueError) as error:
        raise ValueError(f"not XML: {error}") from error


_MARKS = (  # UTF-32 first: its mark begins like that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARATION = re.compile(
    rb"""\s{0,99}<\?xml\s[^>]{0,200}?\bencoding\s{0,9}=\s{0,9}["']([A-Za-z][A-Za-z0-9._-]{0,39})["']"""
)
