"""Reads the XML of a form with the line of every element, and refuses all that XML can do beyond elements and text."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.parsers import expat

_LONGEST, _DEEPEST = 1 << 20, 16


@dataclass(frozen=True)
class Fault:
    """What is wrong with a form, and where."""

    line: int
    kind: str
    """One of `KINDS`."""
    words: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.words}"


class FormError(ValueError):
    """A form is refused; the message has one line for each fault, with file and line."""

    def __init__(self, faults: Iterable[Fault], file: str = "") -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))
        self.file = file
        super().__init__("\n".join(f"{file or 'form'}:{fault.line}: {fault.words}" for fault in self.faults))


@dataclass(frozen=True)
class Element:
    """An element of a form."""

    tag: str
    line: int
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element"] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What stands in it, without the white space around."""
        return "".join(self.texts).strip()


def read_xml(text: str) -> Element:
    """The root of an XML document that is nothing but elements, attributes and text.

    Raises:
        FormError: It is no XML, too long or too deep, or has a document type: entities could be defined there.
    """
    if len(text) > _LONGEST:
        raise FormError([Fault(1, "xml", f"it has {len(text):,} characters: a form has at most {_LONGEST:,}")])
    parser = expat.ParserCreate("utf-8")
    root: list[Element] = []
    above: list[Element] = []

    def refuse(*_: object) -> None:
        words = "it has a document type: a form has none, since that is where entities are defined"
        raise FormError([Fault(parser.CurrentLineNumber, "doctype", words)])

    def start(tag: str, attributes: dict[str, str]) -> None:
        element = Element(tag, parser.CurrentLineNumber, attributes)
        (above[-1].children if above else root).append(element)
        above.append(element)
        if len(above) > _DEEPEST:
            raise FormError([Fault(element.line, "xml", f"elements stand more than {_DEEPEST} deep in each other")])

    def collect(data: str) -> None:
        above[-1].texts.append(data)

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: above.pop()
    parser.CharacterDataHandler = collect
    try:
        parser.Parse(text.encode(), True)  # noqa: FBT003 - it takes no keyword
    except expat.ExpatError as error:
        words = f"it is no XML: {expat.ErrorString(error.code)}"
        raise FormError([Fault(error.lineno, "xml", words)]) from None
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise FormError([Fault(line, "xml", "it is no XML: half a letter stands in it")]) from None
    return root[0]


def find_form(answer: str, tag: str) -> str:
    """The form in what a model wrote, on the lines where it stands there.

    Raises:
        FormError: There is none.
    """
    start, end = answer.find(f"<{tag}"), answer.rfind(f"</{tag}>")
    if start < 0:
        raise FormError([Fault(1, "xml", f"there is no <{tag}> in the answer")])
    form = answer[start:] if end < start else answer[start : end + len(tag) + 3]
    return "\n" * answer.count("\n", 0, start) + form
