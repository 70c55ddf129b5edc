"""Who made it: things of computing and the people who made them, out of FOLDOC, asked for within a long story.

The story names several other things before it asks about one, as a long question does, so that a search for all of it
finds all of them. The wrong options are the makers of those other things: what such a search finds speaks for them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from random import Random

from assay.testbed.prose import foldoc

OPTIONS = 4
_VERBS = "invented|designed|developed|written|created|coined|implemented|introduced|proposed|devised|built|conceived"
_PERSON = r"[A-Z][a-z]{2,}(?: [A-Z]\.)*(?: (?:van|von|de))? [A-Z][a-z]{2,}(?:-[A-Z][a-z]+)?(?![\w ]* (?:Inc|Corp|Ltd))"
_MADE = re.compile(
    rf"\b({_VERBS})\b[^.,;()]{{0,40}}?\bby (?:the )?(?:hacker |programmer |Dr\.? |Prof(?:essor|\.)? )?({_PERSON})"
)
_NO_PERSONS = frozenset(
    "Academy Acorn Adobe Advanced American Apple Army Associates Bell Beranek Blue Bolt Borland British Bureau "
    "Burroughs Business Carnegie Center Centre Commodore Communications Company Computer Computers Consortium "
    "Control Corp Corporation Cray Data Defense Department Design Development Digital Electric Electronics "
    "Engineering European Foonly Force Foundation France Free General Glass Graphics Group Hewlett Honeywell "
    "Information Institute Instruments Intel International Laboratories Laboratory Labs Limited Looking Lotus "
    "Machines Mellon Micro Microsystems Motorola National Navy Network Networks New North Novell Office Open "
    "Operation Packard Press Products Project Research Science Semiconductor Services Silicon Sinclair Software "
    "Solutions South Standard Standards State Studio Studios Sun Systems Team Technologies Technology Telecom "
    "Telecommunication Telegraph Texas The Union University Western Wolfram Works Xerox".split()
)
_LONGEST = 240
"""Characters of what is said of a thing."""
_SENTENCE = re.compile(r"(?<=[.?!])\s+")
_TAG = re.compile(r"^<[^>]*>\s*|\([^)]*\)\s*|<[^>]*>")


@dataclass(frozen=True)
class Made:
    """A thing, who made it, and the sentence that says so."""

    thing: str
    verb: str
    maker: str
    text: str


@dataclass(frozen=True)
class MakerQuestion:
    """A story that ends in a question with options, one of them right."""

    made: Made
    question: str
    """``Who designed Smalltalk?``"""
    story: str
    """What stands before it, and the question itself."""
    options: tuple[str, ...]
    answer: int
    """The number of the right option, from 0."""


@cache
def things_made() -> tuple[Made, ...]:
    """Things with the one person who is said to have made them, none of whom made two of them.

    Raises:
        ValueError: FOLDOC is not to be had.
    """
    work = foldoc()
    if work.name != "FOLDOC":
        raise ValueError(f"who made what stands in FOLDOC, in whose place are {work.name}")
    found: dict[str, Made] = {}
    for entry in work.entries:
        title, _, body = entry.text.partition("\n")
        sentences = (_TAG.sub("", " ".join(each.split())) for each in _SENTENCE.split(body[:600]))
        for sentence in sentences:
            match = _MADE.search(sentence)
            if match and len(sentence) <= _LONGEST and not _NO_PERSONS & set(re.split(r"[ -]", match[2])):
                text = sentence if _names(entry.headword, sentence) else f"{title}: {sentence}"
                found.setdefault(match[2], Made(title, match[1], match[2], text))
                break
    return tuple(sorted(found.values(), key=lambda made: made.thing))


def passages(least: int = 60) -> tuple[str, ...]:
    """What can be found: of every entry of FOLDOC the title with its first words, and each sentence on a maker."""
    told = {made.thing: made.text for made in things_made()}
    texts = []
    for entry in foldoc().entries:
        title, _, body = entry.text.partition("\n")
        first = " ".join(body.split())[:_LONGEST]
        text = (
            told.get(title) or f"{title}: {_TAG.sub('', first.rpartition(' ')[0] if len(first) == _LONGEST else first)}"
        )
        if len(text) >= least:
            texts.append(text)
    return tuple(dict.fromkeys(texts))


def maker_questions(number: int, *, others: int = 8, seed: int = 0) -> list[MakerQuestion]:
    """Questions on who made a thing, the same for the same seed; a smaller number gives the first of them.

    Args:
        number: How many.
        others: Things that the story names beside it, three or more.
        seed: Of the order, the stories and the options.

    Raises:
        ValueError: There are fewer questions, `others` is too small, or FOLDOC is not to be had.
    """
    every = sorted(things_made(), key=lambda made: sha256(f"{seed} {made.thing}".encode()).digest())
    if number > len(every):
        raise ValueError(f"there are {len(every)} questions on makers, not {number}")
    if others < OPTIONS - 1:
        raise ValueError(f"{others} other things: the {OPTIONS - 1} wrong options are makers of theirs")
    return [_question(made, every, others, seed) for made in every[:number]]


def _question(made: Made, every: Sequence[Made], others: int, seed: int) -> MakerQuestion:
    random = Random(int.from_bytes(sha256(f"{seed} story {made.thing}".encode()).digest()[:8]))  # noqa: S311 - a draw
    beside = random.sample([each for each in every if each is not made], others)
    options = [each.maker for each in beside[: OPTIONS - 1]]
    place = random.randrange(OPTIONS)
    options.insert(place, made.maker)
    named = random.sample(beside, others)
    half = others // 2
    question = f"Who {_past(made.verb)} {made.thing}?"
    story = (
        "I am putting the papers of an old computing department in order. "
        f"The first box is about {_listed(named[:half])}, and the second about {_listed(named[half:])}. "
        f"Between them lies a page on {made.thing}, and its author cannot be read any more. {question}"
    )
    return MakerQuestion(made, question, story, tuple(options), place)


def _listed(things: Sequence[Made]) -> str:
    names = [each.thing for each in things]
    return f"{', '.join(names[:-1])} and {names[-1]}" if names[1:] else names[0]


def _past(verb: str) -> str:
    return "wrote" if verb == "written" else verb


def _names(headword: str, sentence: str) -> bool:
    return headword.casefold() in sentence.casefold()
