"""Reads where a paper appeared: out of arXiv's journal reference, where its form is certain, or of the comment."""

import re
from typing import NamedTuple

from assay.papers.text import normalise


class Venue(NamedTuple):
    """A journal or proceedings in which a paper appeared."""

    kind: str
    """``article`` or ``inproceedings``."""
    fields: dict[str, str]
    """BibTeX's fields, in plain text; the year is one of them."""


def read_venue(journal_ref: str) -> Venue | None:
    """The venue that a journal reference names; ``None`` where it is of no form that is read with certainty."""
    reference = normalise(journal_ref).rstrip(".")
    for kind, pattern in _FORMS:
        if match := pattern.fullmatch(reference):
            return Venue(kind, {name: value.replace("–", "-") for name, value in match.groupdict().items() if value})
    return None


def acceptance(comment: str) -> str:
    """Where a paper was accepted, as its authors' comment has it; empty if the comment says nothing of it.

    Of ``12 pages, 3 figures. Accepted at ToyConf 2099; code at ...`` it is ``Accepted at ToyConf 2099``.
    """
    return next((clause for clause in map(str.strip, _BETWEEN_CLAUSES.split(comment)) if _ACCEPTED.match(clause)), "")


_BETWEEN_CLAUSES = re.compile(r"[;,]|(?<!Proc)(?<!Conf)(?<!Trans)(?<!Int)(?<!\bJ)[.!](?=\s|$)")
_ACCEPTED = re.compile(
    r"(?i:(?:this (?:paper|work) )?(?:(?:is|was|has been|will be) )?"
    r"(?:accepted (?:at|to|by|for|in|as)|to appear|appear(?:s|ed|ing)? (?:at|in)|published (?:at|in)|presented at"
    r"|(?:in )?proceedings of)\b)"
    r"|[A-Z][a-z]*[A-Z][A-Za-z]*[ -]?(?:['’]\d\d|(?:19|20)\d\d)\b"  # ToyConf 2099
)


_NAME = r"[A-Z][\w.&:'’/ -]*?[\w.]"
_ANY_YEAR = r"(?:19|20)\d\d"
_YEAR = rf"\(?(?P<year>{_ANY_YEAR})\)?"
_VOLUME = rf"(?:vol(?:ume)?\.? ?)?(?P<volume>(?!{_ANY_YEAR}\b)\d+)"
_NUMBER = r"(?:(?:\(|, ?(?:no|issue|number)\.? ?)(?P<number>\d+(?:-\d+)?)\)?)?"
_PAGES = r"(?:pp?\.? ?|pages? )?(?P<pages>[A-Z]?\d+(?:[-–]{1,2}[A-Z]?\d+)?)"
_PROCEEDINGS = r"(?:Proc(?:eedings|\.)(?: of)?|Advances in)(?: the)?(?: \d+(?:st|nd|rd|th))?"
_ACRONYM = r"(?: \([A-Z]+\))?"
_FORMS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        # Journal of Toys 12(3), 45-67 (2024), and with "vol." and the like
        ("article", rf"(?P<journal>{_NAME}),? {_VOLUME}{_NUMBER}[,:] ?{_PAGES},? {_YEAR}"),
        # Toy Lett. 12 (2024) 45-67
        ("article", rf"(?P<journal>{_NAME}),? {_VOLUME}{_NUMBER} \((?P<year>{_ANY_YEAR})\),? {_PAGES}"),
        # Transactions on Toys, 2024
        (
            "article",
            rf"(?P<journal>(?:(?:IEEE|ACM) )?(?:Transactions (?:on|of)|Journal of) [A-Z][\w& -]*?){_ACRONYM},? {_YEAR}",
        ),
        # Proceedings of the 41st Conference on Toys, pages 1-12, 2024
        (
            "inproceedings",
            rf"(?:In:? )?(?P<booktitle>{_PROCEEDINGS} {_NAME}{_ACRONYM})(?:, {_PAGES})?(?:, ?| (?=\()){_YEAR}",
        ),
    )
)
