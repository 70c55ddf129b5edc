"""Finds the arXiv id in what people paste: links, citations, the stamp on a PDF, a browser's title, a file's name.

A text is read if it names one paper and all that stands around the id is of a known form; else it is refused with the
reason. An id that merely occurs in a sentence is not read: a search for "2502.18137 and more" is a search.
"""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

_ARCHIVES: Final = """acc-phys adap-org alg-geom ao-sci astro-ph atom-ph bayes-an chao-dyn chem-ph cmp-lg comp-gas
    cond-mat cs dg-ga funct-an gr-qc hep-ex hep-lat hep-ph hep-th math math-ph mtrl-th nlin nucl-ex nucl-th patt-sol
    physics plasm-ph q-alg q-bio quant-ph solv-int supr-con"""
"""The archives of arXiv before April 2007."""
_MONTH = r"(?:0[1-9]|1[0-2])"
ID: Final = (
    # From April 2007 on the number of a paper has four digits, from January 2015 on five.
    rf"(?:(?P<new>(?:1[5-9]|[2-9]\d){_MONTH}\.\d{{5}}|(?:07(?:0[4-9]|1[0-2])|(?:0[89]|1[0-4]){_MONTH})\.\d{{4}})"
    rf"|(?P<archive>{'|'.join(_ARCHIVES.split())})(?:\.[A-Za-z][A-Za-z-]*)?/(?P<number>\d\d{_MONTH}\d{{3}}))"
    r"(?:v(?P<version>[1-9]\d{0,3}))?"
)
"""A bare id; `key_of` gives the paper's key."""

_MOST_CHARACTERS = 2_000


def key_of(match: re.Match[str]) -> str:
    """The key of the paper whose id was matched: without version, and without a subject class."""
    return match["new"] or f"{match['archive'].lower()}/{match['number']}"


def find_id(text: str) -> re.Match[str]:
    """The match of `ID` for the one paper that a text names.

    Raises:
        ValueError: if the text is no form of an arXiv id, or names several papers; one line says why.
    """
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"not an arXiv id: a text of {len(text)} characters (an id looks like 2502.18137)")
    plain = _plain(text)
    mentions = list(_MENTION.finditer(plain))
    keys = list(dict.fromkeys(map(key_of, mentions)))
    if len(keys) > 1:
        raise ValueError(f"not an arXiv id but {len(keys)} of them, {', '.join(keys[:3])}: give one at a time")
    for mention in mentions:
        if _is_known_form(plain[: mention.start()], plain[mention.end() :]):
            return mention
    raise ValueError(f"not an arXiv id or a link to one: {excerpt(text)!r} ({_reason(plain, keys)})")


def find_ids(text: str) -> Iterator[re.Match[str]]:
    """The matches of `ID` for all papers that a longer text mentions, in its order."""
    return _MENTION.finditer(text)


def excerpt(text: str) -> str:
    """What a message shows of a text that may be long."""
    return text if len(text) <= 80 else text[:77] + "..."


_MENTION = re.compile(rf"(?<!\d)(?<!\d\.){ID}(?!\d)", re.ASCII | re.IGNORECASE)
_VERSION_ZERO = re.compile(r"\dv0+(?!\d)", re.ASCII | re.IGNORECASE)
_ANY_NUMBER = re.compile(rf"(?<![\d.])(\d\d){_MONTH}\.(\d{{3,7}})(?!\d|\.\d)", re.ASCII)
_NO_MONTH = re.compile(r"(?<![\d.])\d\d(00|1[3-9]|[2-9]\d)\.\d{4,5}(?![\d.])", re.ASCII)


def _reason(plain: str, keys: list[str]) -> str:
    if _VERSION_ZERO.search(plain):
        return "versions count from 1"
    if keys:
        return f"if you mean {keys[0]}, give that alone"
    if match := _ANY_NUMBER.search(plain):
        return _wrong_digits(int(match[1]), len(match[2]))
    if match := _NO_MONTH.search(plain):
        return f"an id begins with its year and month: there is no month {match[1]}"
    return "an id looks like 2502.18137"


def _wrong_digits(year: int, digits: int) -> str:
    """Why an id of a year with so many digits after the point is none."""
    if year >= 15:
        return f"since January 2015 ids have five digits after the point, not {digits}"
    if digits == 4:
        return "before April 2007 ids named their archive, as hep-ph/0601001 does"
    return f"before January 2015 ids have four digits after the point, not {digits}"


# What stands around the id.

_LOOK_ALIKES: Final = {
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},  # full-width characters
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2212"), "-"),
    **dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"), ""),  # what nobody sees
    **dict(zip(map(ord, "\u3010\u3011\u300c\u300d\u3002\u3001"), "[][].,", strict=True)),
}
_OTHER_SPELLINGS: Final = (
    (re.compile(r"\babs-(\d{4})-(\d{4,5})\b", re.ASCII), r"abs/\1.\2"),  # DBLP's keys
    (re.compile(r"\b\d{4}arXiv(\d{4})(\d{5})[A-Z]\b", re.ASCII), r"arXiv:\1.\2"),  # ADS' bibcodes
)
_OPENING, _CLOSING = " <([{\"'`“”‘’«»*_-•,;:", " >)]}\"'`“”‘’«»*_.,;:!?"


def _plain(text: str) -> str:
    """The text on one line, in ASCII where it has look-alikes, without percent-encoding and enclosing marks."""
    line = " ".join(unquote(text).translate(_LOOK_ALIKES).split())
    for pattern, spelling in _OTHER_SPELLINGS:
        line = pattern.sub(spelling, line)
    return line.lstrip(_OPENING).rstrip(_CLOSING)


def _is_known_form(before: str, after: str) -> bool:
    # Of a link within a link the inner one counts: it is what the outer leads to.
    link = before.removeprefix("//").rpartition("://")[2]
    if _LINK_BEFORE.fullmatch(link):
        return _LINK_AFTER.fullmatch(after) is not None
    return _CITED_BEFORE.fullmatch(before) is not None and _CITED_AFTER.fullmatch(after) is not None


_ARXIV_PATH = (
    r"(?:(?:abs|pdf|html|format|ps|dvi|e-print|src|bibtex|tb|ftp/arxiv/papers/\d{4})/"
    r"|(?:api/query|search/\w*)\?(?:[^#\s]*[&=])?)"
)
_ANY_PATH = r"(?:[\w:.@~-]+/)*+(?:[\w.-]*+\?(?:[^#\s]*[&=])?)?"
_SITES: Final = {
    r"(?:[a-z\d-]+\.)*?arxiv\.org": _ARXIV_PATH,
    r"(?:huggingface\.co|hf\.co)": r"(?:(?:api/)?papers/|(?:models|datasets|spaces)\?other=)",
    r"(?:dx\.)?doi\.org": "",
    r"(?:[a-z\d-]+\.)*?(?:adsabs\.harvard\.edu|alphaxiv\.org|ar5iv\.org|arxiv-sanity-lite\.com|bytez\.com|catalyzex\.com"
    r"|connectedpapers\.com|crossref\.org|datacite\.org|dblp\.org|emergentmind\.com|inspirehep\.net|openalex\.org"
    r"|papers\.cool|paperswithcode\.com|scirate\.com|semanticscholar\.org|takara\.ai|themoonlight\.io)": _ANY_PATH,
}
"""The sites that file papers under their arXiv ids, each with the path before the id."""
_MARK = r"(?:(?:doi:\s?)?10\.48550/arxiv\.|arxiv\s?[:./_-]?\s?)?"
_ANY_CASE = re.ASCII | re.IGNORECASE
_LINK_BEFORE = re.compile(
    rf"(?:www\.)?(?:{'|'.join(f'{site}(?::443)?/{path}' for site, path in _SITES.items())}){_MARK}", _ANY_CASE
)
_LINK_AFTER = re.compile(r"(?:\.(?:pdf|md|html))?(?:[/?#&)\]\s].*)?", _ANY_CASE)
_CITED_BEFORE = re.compile(
    r"/?(?:(?:arxiv(?:\.org)?|oai|doi|dblp|journals|corr|abs|pdf|html|cite as|e-?prints?|preprint|id)"
    rf"[\s:=,./{{\"(\[_-]*+)*+{_MARK}",
    _ANY_CASE,
)
_DATE = (
    r"(?:\d{4}-\d\d-\d\d"
    r"|(?:\d{1,2} )?(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*+\.? )?[(\[]?(?:19|20)\d\d)"
)
_CITED_AFTER = re.compile(
    r"(?:\.(?:pdf|md|html?|tex|txt|zip|tar\.gz|gz))?"
    r"(?:\].*"  # a title after an id in brackets, as arXiv's pages name themselves
    rf"|[\s,;.)}}\"]*+(?:[\[(][a-z-]++(?:\.[a-z-]++)?[\])]?)?[\s,;.]*+(?:{_DATE})?[\s)\].,]*+"
    r"(?:\(or arxiv:.*|for this version.*)?)",
    _ANY_CASE,
)
