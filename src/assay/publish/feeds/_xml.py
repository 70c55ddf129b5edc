"""What the formats in XML share: elements whose text is legal, the document, moments."""

from datetime import UTC, datetime
from email.utils import format_datetime
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from assay.papers.escape import legal_in_xml

GENERATOR = "Assay"
ATOM = "http://www.w3.org/2005/Atom"


def add(parent: Element, tag: str, text: str = "", /, **attributes: str) -> Element:
    """Add an element with its text."""
    element = SubElement(parent, tag, {name: legal_in_xml(value) for name, value in attributes.items()})
    element.text = legal_in_xml(text) or None
    return element


def document(root: Element) -> str:
    """The whole document."""
    indent(root, space=" ")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def rfc3339(moment: datetime) -> str:
    """A moment as Atom and JSON Feed write it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc822(moment: datetime) -> str:
    """A moment as RSS writes it."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)
