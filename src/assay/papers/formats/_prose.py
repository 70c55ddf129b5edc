"""Splits a digest's running summary into the parts of a summary, where its own words say which part is which."""

import re
from collections.abc import Iterable

from assay.papers.models import FIVE_PARTS, Parts
from assay.papers.text import normalise

_PREAMBLE = re.compile(
    r"\s*(?:(?:Sure|Okay|OK|Certainly|Of course)[,.!]?\s+)?[Hh]ere(?:['’]s| is)\s[^.]{0,60}?\b[Ss]ummary\b"
    r"(?:[^\n]{0,300}?:(?=\s{2})|[^:\n]{0,200}:)\s+"
)
_BOLD = re.compile(r"(?<!\\)\*\*(?=\S)(.+?)(?<![\s\\])\*\*")

# A new part starts where a sentence does.
_START = r"(?:\A|(?<=[.!?:;])\s+|(?<=[.!?][\"')\]])\s+)"
_ROMAN = re.compile(rf"{_START}\(?(?P<number>i|ii|iii|iv|v)\)\s+")
_NUMERALS = ("i", "ii", "iii", "iv", "v")

_WHOSE = r"(?:The |This |Its |A |One )?(?:paper's |study's |research's |authors' )?"
_RANK = r"(?:[Mm]ain |[Pp]rimary |[Kk]ey |[Cc]ore |[Cc]entral |[Oo]verall |[Pp]rincipal |[Pp]rinciple )"
_AIM = r"(?:[Oo]bjectives?|[Qq]uestions?|[Aa]ims?|[Gg]oals?)"
# Openings with a verb are those of any first sentence too, so they count only after one: hence (?<=\s).
_OPENINGS = {
    "objective": rf"{_WHOSE}{_RANK}?(?:[Rr]esearch )?{_AIM}\b(?:(?:/| or | and ){_AIM}\b)?"
    r"|(?<=\s)The (?:research|study) (?:aim|seek|sought|investigate|address|explore|examine)(?:s|ed)?\b",
    "method": rf"{_WHOSE}{_RANK}?(?:[Rr]esearch )?[Mm]ethodolog(?:y|ies)\b"
    rf"|{_WHOSE}{_RANK}(?:[Mm]ethods?|[Aa]pproach(?:es)?|[Tt]echniques?)\b",
    "result": rf"{_WHOSE}{_RANK}(?:quantitative |experimental |empirical )?(?:[Rr]esults?|[Ff]indings?)\b"
    r"|Results?(?=:)|(?<=\s)(?:The )?(?:[Ee]xperimental |[Ee]mpirical )?[Rr]esults (?:[a-z]+ly )?"
    r"(?:show|demonstrate|indicate|reveal|suggest)(?:ed)?\b",
    "implication": rf"{_WHOSE}{_RANK}(?:practical )?[Ii]mplications?\b|Implications?\b"
    r"|(?<=\s)(?:For )?AI (?:practitioners|engineers)\b",
}
_PART = "|".join(f"(?P<{part}>{opening})" for part, opening in _OPENINGS.items())
_LABEL_END = r"(?P<label>(?: used| employed| for [\w/ ,-]{1,60})?:\s+)?"
_OPENING = re.compile(rf"{_START}(?:{_PART}){_LABEL_END}")
_LABEL = re.compile(rf"\s*(?:{_PART}){_LABEL_END}")
_SENTENCE = re.compile(r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)(?<!vs\.)(?<!al\.)\s+(?=[A-Z])")
_FINDING = re.compile(
    r"\b(?:achiev|attain|boost|demonstrat|exceed|improv|increas|outperform|reach|reduc|reveal|show|surpass|yield)"
    r"(?:e|es|ed|s|ing)?\b"
)


def split_prose(text: str) -> Parts:
    """Sort a running summary into parts by its labels, or by stock openings at the start of sentences.

    It understands ``i) .. v)``, labels such as ``Primary results:`` and openings such as "The main research
    objective is". What comes before the first of them is the one line; a label goes, an opening stays, since it
    is part of its sentence. Where a method is marked and no result, the result starts at the first later sentence
    there that tells a finding: summaries without such a mark are written that way. A text with fewer than two marks
    is left whole, as prose. A model's preamble ("Here is a concise summary:") and the asterisks of bold words are
    dropped; nothing else is.
    """
    text = _BOLD.sub(r"\1", _PREAMBLE.sub("", text, count=1))
    return _by_numerals(text) or _by_openings(text) or _parts([("prose", text)])


def _by_numerals(text: str) -> Parts | None:
    marks: list[re.Match[str]] = []
    for match in _ROMAN.finditer(text):
        if len(marks) < len(_NUMERALS) and match["number"] == _NUMERALS[len(marks)]:
            marks.append(match)
    if len(marks) < 3:
        return None
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    pieces = [("one_line", text[: marks[0].start()])]
    for part, mark, end in zip(FIVE_PARTS, marks, ends, strict=False):
        pieces.append((part, _strip_label(text[mark.end() : end])))
    return _parts(pieces)


def _by_openings(text: str) -> Parts | None:
    marks = list(_OPENING.finditer(text))
    if len({_part(mark) for mark in marks}) < 2:
        return None
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    pieces = [("one_line", text[: marks[0].start()])]
    for mark, end in zip(marks, ends, strict=True):
        pieces.append((_part(mark), text[mark.end() if mark["label"] else mark.start() : end]))
    if not any(part == "result" for part, _ in pieces):
        pieces = [split for part, piece in pieces for split in _method_and_result(part, piece)]
    return _parts(pieces)


def _method_and_result(part: str, text: str) -> list[tuple[str, str]]:
    if part == "method":
        for gap in _SENTENCE.finditer(text):
            following = _SENTENCE.split(text[gap.end() :], maxsplit=1)[0]
            if _FINDING.search(following):
                return [("method", text[: gap.start()]), ("result", text[gap.end() :])]
    return [(part, text)]


def _part(mark: re.Match[str]) -> str:
    return next(part for part in _OPENINGS if mark[part] is not None)


def _strip_label(text: str) -> str:
    match = _LABEL.match(text)
    return text[match.end() :] if match and match["label"] else text


def _parts(pieces: Iterable[tuple[str, str]]) -> Parts:
    texts: dict[str, str] = {}
    for part, text in pieces:
        texts[part] = normalise(f"{texts.get(part, '')} {text}")
    return Parts.model_validate(texts)
