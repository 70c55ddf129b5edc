"""Writes authors as BibTeX reads them: people by first and last name, teams in braces, ``others`` for "et al."."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from assay.papers.mathematics import to_text
from assay.papers.symbols import LETTERS
from assay.papers.typesetting import typeset


class Author(NamedTuple):
    """An author by the parts of the name, in Unicode; one that is not taken apart is all ``family``."""

    family: str
    given: str = ""
    particle: str = ""
    """``van der``."""
    suffix: str = ""
    """``Jr.``"""
    is_whole: bool = False
    """A team, a single word, a name of a script that puts the family first, or ``others`` for "et al."."""


def read_authors(names: Sequence[str]) -> list[Author]:
    """The authors by the parts of their names; ``others`` comes last where a name says "et al."."""
    authors = list(_authors(names))
    people = [_taken_apart(name) for name in authors if name != _OTHERS]
    return [*people, *([Author(_OTHERS, is_whole=True)] if _OTHERS in authors and people else [])]


def author_field(names: Sequence[str]) -> str:
    """The names joined by ``and``; ``others`` comes last where a name says "et al."."""
    authors = list(_authors(names))
    people = [_as_bibtex(name) for name in authors if name != _OTHERS]
    return " and ".join([*people, *([_OTHERS] if _OTHERS in authors and people else [])])


def family_name(names: Sequence[str]) -> str:
    """The first author's family name, or a team's whole name, in lower-case ASCII; empty if the script is not Latin."""
    first = next((name for name in _authors(names) if name != _OTHERS), "")
    ascii_name = re.sub(r"[^a-z0-9]", "", _without_accents(first if _is_team(first) else _family(first)).lower())
    return ascii_name[:40] if re.search("[a-z]", ascii_name) else ""


_OTHERS = "others"
_AND_OTHERS = re.compile(
    r"(?:(?:^|[\s,;]+)(?:and\s+)?et\.?\s*al\b\.?|(?:^|(?:^|[\s,;]+)and\s+|[,;]\s*)others)$", re.IGNORECASE
)
_AFFILIATION = re.compile(r"(?<=\w)\s*\([^()]*\)$")
_TEAM_WORD = (
    "team|teams|group|collaboration|collaborations|consortium|lab|labs|laboratory|laboratories|contributors|community"
    "|project|initiative|authors|foundation|institute|university|committee|research|alliance|network|society|inc|ltd"
    "|gmbh|llc|corporation|deepmind|intelligence|robotics|technologies|(?-i:AI)"
)
_TEAM = re.compile(
    rf"\b(?:{_TEAM_WORD})\b\.?\s*(?:\([^()]*\))?$|^the\s|[&/]|\s(?:of|for)\s|(?:팀|연구실|연구소|团队|團隊|实验室|チーム)$",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv)\.?", re.IGNORECASE)
_PARTICLES = frozenset(
    """van von der den de del della di da dos das do du d la le las los ter ten te zu zum zur af av al el bin ibn
    st""".split()
)
_FAMILY_FIRST = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
"""Hangul, Hanzi and Kana: family names come first there, and are not abbreviated."""


def _authors(names: Sequence[str]) -> Iterator[str]:
    """The authors one by one, in Unicode: a team and its first member may share an entry, "et al." may end one."""
    for name in names:
        text = re.sub(r"[\s~]+", " ", to_text(name)).strip(" ,;:")
        bare = _AND_OTHERS.sub("", text).strip(" ,;:")
        if not _is_team(bare):
            bare = _AFFILIATION.sub("", bare)
        for author in _parts(bare):
            if any(ch.isalnum() for ch in author):
                yield author
        if _AND_OTHERS.search(text):
            yield _OTHERS


def _parts(text: str) -> list[str]:
    team, colon, member = text.partition(": ")
    if colon and _is_team(team):
        return [team.strip(), *_parts(member.strip())]
    people = text.split(" and ")
    if len(people) > 1 and all(len(each.split()) > 1 and not _is_team(each) for each in people):
        return people
    return [text]


def _is_team(name: str) -> bool:
    # To BibTeX any word "and" parts two people.
    return _TEAM.search(name) is not None or "and" in name.lower().split()


def _taken_apart(name: str) -> Author:
    if _is_team(name) or len(name.split()) == 1 or _FAMILY_FIRST.search(name):
        return Author(name, is_whole=True)
    before, comma, after = (part.strip() for part in name.partition(","))
    if comma and not _SUFFIX.fullmatch(after):
        *particle, family = before.split()
        if not _is_inverted(before, after):
            return Author(name, is_whole=True)
        return Author(family, after, " ".join(particle))
    words, suffix = _split_suffix(name)
    start = 0 if words[0] in _PARTICLES else _start_of_family(words)
    end = next((at for at in range(start, len(words) - 1) if not words[at][0].islower()), len(words) - 1)
    return Author(" ".join(words[end:]), " ".join(words[:start]), " ".join(words[start:end]), suffix)


def _as_bibtex(name: str) -> str:
    words = name.split()
    if _is_team(name) or (len(words) > 1 and _FAMILY_FIRST.search(name)):
        return f"{{{typeset(name)}}}"
    before, comma, after = (part.strip() for part in name.partition(","))
    if comma and not _SUFFIX.fullmatch(after):
        return typeset(name) if _is_inverted(before, after) else f"{{{typeset(name)}}}"
    return _by_parts(*_split_suffix(name))


def _is_inverted(family: str, given: str) -> bool:
    """Whether this is a name as libraries write it: ``van der Toy, Ada``."""
    return bool(given) and "," not in given and all(word in _PARTICLES for word in family.split()[:-1])


def _split_suffix(name: str) -> tuple[list[str], str]:
    *words, last = name.replace(",", " ").split()
    return (words, last) if len(words) > 1 and _SUFFIX.fullmatch(last) else ([*words, last], "")


def _by_parts(words: list[str], suffix: str) -> str:
    # BibTeX takes a word in lower case for a particle, with which the family name begins; braces keep it from that.
    if len(words) > 1 and words[0][0].islower() and words[0].lower() not in _PARTICLES:
        given = f"{{{typeset(words[0])}}}"
    else:
        given = typeset(words[0])
    latex = [given, *map(typeset, words[1:])]
    if not suffix:
        return " ".join(latex)
    start = _start_of_family(words)
    return f"{' '.join(latex[start:])}, {typeset(suffix)}, {' '.join(latex[:start])}"


def _start_of_family(words: Sequence[str]) -> int:
    return next((at for at, word in enumerate(words) if at and word[0].islower()), len(words) - 1)


def _family(name: str) -> str:
    before, comma, after = (part.strip() for part in name.partition(","))
    if comma and not _SUFFIX.fullmatch(after):
        return before.split()[-1]
    words, _ = _split_suffix(name) if name else ([""], "")
    return words[-1]


def _without_accents(name: str) -> str:
    letters = {letter: {"dj": "d", "DJ": "d", "dh": "d", "DH": "d"}.get(key, key) for key, letter in LETTERS.items()}
    plain = "".join(letters.get(ch, ch) for ch in unicodedata.normalize("NFKD", name))
    return "".join(ch for ch in plain if not unicodedata.combining(ch))
