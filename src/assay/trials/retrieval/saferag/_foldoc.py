"""Entries of FOLDOC as a corpus, a text a sentence, and questions on who made a thing: all of its entry is golden."""

import re
from collections.abc import Sequence
from functools import cache
from random import Random

from assay.methods.retrieval.saferag import Question, Snippet
from assay.testbed.prose import foldoc
from assay.testbed.tasks.makers import maker_questions, things_made

LEAST, MOST = 6, 12
"""Sentences of an entry that is asked about: as many as are retrieved, and no endless ones."""
_SHORTEST, _LONGEST = 30, 200
"""Characters of a sentence."""
_SENTENCE = re.compile(r"(?<=[.?!])\s+")
_TAG = re.compile(r"<[^>]*>\s*|\([^)]*\)\s*|/[^/ ]+/\s+")


@cache
def entries() -> dict[str, tuple[Snippet, ...]]:
    """The sentences of each entry, by its title."""
    found = {}
    for entry in foldoc().entries:
        title, _, body = entry.text.partition("\n")
        sentences = (_TAG.sub("", each).strip() for each in _SENTENCE.split(" ".join(body.split())))
        fitting = dict.fromkeys(each for each in sentences if _SHORTEST <= len(each) <= _LONGEST)
        found[title] = tuple(Snippet(each, f"{title}#{n}", title) for n, each in enumerate(list(fitting)[:MOST]))
    return found


def questions(number: int, *, seed: int) -> list[Question]:
    """Questions on things whose entry has sentences enough, one of which names the maker.

    Raises:
        ValueError: There are fewer, or FOLDOC is not to be had.
    """
    made = []
    for each in maker_questions(len(things_made()), seed=seed):
        golden = entries().get(each.made.thing, ())
        wrong = tuple(option for option in each.options if option != each.made.maker)
        if len(golden) >= LEAST and any(each.made.maker in snippet.text for snippet in golden):
            made.append(Question(each.question, each.made.maker, golden, wrong))
    if len(made) < number:
        raise ValueError(f"there are {len(made)} questions on entries of {LEAST} sentences, not {number}")
    return made[:number]


def corpus(asked: Sequence[Question], others: int, *, seed: int) -> list[Snippet]:
    """The golden texts of these questions, and about so many sentences of other entries."""
    texts = [snippet for question in asked for snippet in question.golden]
    taken = {question.golden[0].title for question in asked}
    rest = [title for title in sorted(entries()) if title not in taken]
    Random(f"{seed} corpus").shuffle(rest)  # noqa: S311 - a draw, not a secret
    beside: list[Snippet] = []
    for title in rest:
        if len(beside) >= others:
            break
        beside += entries()[title]
    return texts + beside
