"""Questions with four options out of real data: words of WordNet, terms of FOLDOC, capitals and currencies.

A wrong option is of the right one's kind, an animal beside animals, a capital beside capitals of its continent, so that
it cannot be told by its form; and it is no answer itself: no synonym, nothing broader or narrower, no currency that two
countries share. Each question's options are drawn from a hash of the seed and its id: that of one is the same whichever
others are asked. The right option's place is drawn as well.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from random import Random
from typing import TypeVar

from assay.testbed.prose import foldoc
from assay.testbed.tasks.country_facts import country_facts
from assay.testbed.wordnet import Sense, is_kind_of, noun_senses

OPTIONS = 4
_Fellow = TypeVar("_Fellow")


@dataclass(frozen=True)
class ChoiceQuestion:
    """A question with options, one of them right."""

    id: str
    question: str
    choices: tuple[str, ...]
    answer: int
    """The number of the right option, from 0."""
    about: str
    """What it is about, such as a country: questions that share it are no draws of their own."""

    def as_record(self) -> dict[str, object]:
        """As a row of a data set."""
        return {
            "id": self.id,
            "question": self.question,
            "choices": list(self.choices),
            "answer": self.answer,
            "about": self.about,
        }


def draw_choice_questions(source: str, number: int, *, seed: int = 0) -> list[ChoiceQuestion]:
    """Questions of one source, the same for the same seed; a smaller number gives the first of them.

    Args:
        source: One of `SOURCES`.
        number: How many.
        seed: Of the options and of the order.

    Raises:
        NotFetchedError: The data is not here and not to be fetched.
        ValueError: There is no such source, or it has fewer questions.
    """
    if source not in SOURCES:
        raise ValueError(f"no questions are made from {source!r}: choose {', '.join(SOURCES)}")
    questions = SOURCES[source]()
    if number > len(questions):
        raise ValueError(f"{source} has {len(questions):,} questions, not {number:,}")
    ordered = sorted(questions, key=lambda each: _hash(seed, each.question.id))
    return [each.drawn(seed) for each in ordered[:number]]


@dataclass(frozen=True)
class _Draft:
    """A question whose wrong options are not drawn yet."""

    question: ChoiceQuestion
    """With the right option alone."""
    wrong: Callable[[Random], list[str]]
    """Three that are wrong."""

    def drawn(self, seed: int) -> ChoiceQuestion:
        random = Random(_hash(seed, self.question.id))  # noqa: S311 - a draw, not a secret
        choices = self.wrong(random)
        place = random.randrange(OPTIONS)
        choices.insert(place, self.question.choices[0])
        return replace(self.question, choices=tuple(choices), answer=place)


def _hash(seed: int, name: str) -> int:
    return int.from_bytes(sha256(f"{seed} {name}".encode()).digest()[:8])


# Words


_FEWEST_USES = 8
"""Of a word in the sense asked for: rarer ones a small model cannot know."""


@cache
def _word_drafts() -> tuple[_Draft, ...]:
    """Which word has this gloss? Words that people use, in their most frequent sense."""
    by_subject: dict[int, list[tuple[str, Sense]]] = defaultdict(list)
    best: dict[str, int] = defaultdict(int)
    senses_of: dict[str, set[int]] = defaultdict(set)
    for sense in noun_senses().values():
        for word, uses in zip(sense.words, sense.uses, strict=True):
            best[word] = max(best[word], uses)
            senses_of[word].add(sense.number)
    for sense in noun_senses().values():
        word, uses = max(zip(sense.words, sense.uses, strict=True), key=lambda pair: pair[1])
        if (
            uses >= _FEWEST_USES
            and uses == best[word]
            and word.isascii()
            and word.isalpha()
            and word.islower()
            and 20 <= len(sense.gloss) <= 120
            and not any(_stem(each) in sense.gloss.lower() for each in sense.words)
        ):
            by_subject[sense.subject].append((word, sense))

    def wrong(word: str, sense: Sense, random: Random) -> list[str]:
        fellows = [
            (other, fellow)
            for other, fellow in random.sample(by_subject[sense.subject], len(by_subject[sense.subject]))
            if other != word and not senses_of[other] & senses_of[word] and _stem(other) not in sense.gloss.lower()
        ]
        return _first(
            fellows,
            lambda pair: not is_kind_of(pair[1], sense) and not is_kind_of(sense, pair[1]),
            lambda pair: pair[0],
        )

    return tuple(
        _Draft(
            ChoiceQuestion(f"wordnet-{sense.number}", f'Which word means "{sense.gloss}"?', (word,), 0, word),
            lambda random, word=word, sense=sense: wrong(word, sense, random),  # type: ignore[misc]
        )
        for fellows in by_subject.values()
        if len(fellows) >= 3 * OPTIONS
        for word, sense in fellows
    )


def _stem(word: str) -> str:
    """What forms of a word have in common, roughly: its first five letters."""
    return word.lower()[:5]


# Terms


_TERM = re.compile(r"^(?P<names>[^\n]+)\n<(?P<subject>[\w ]+)>\s+(?P<says>[^./][^.]{40,220}[a-z]{2}\.)(?=\s|$)")


@cache
def _term_drafts() -> tuple[_Draft, ...]:
    """Which term of computing is described? The first sentence of an entry of FOLDOC, which names it nowhere."""
    by_subject: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for entry in foldoc().entries:
        match = _TERM.match(entry.text)
        # An entry that begins with other names for the same thing could be asked for by any of them.
        if match is None or match["names"].lower() != entry.headword.lower() or len(entry.headword) > 30:
            continue
        says = re.sub(r"^\([^)]*\)\s*", "", match["says"])
        words = [word for word in re.findall(r"\w+", entry.headword.lower()) if len(word) > 2]
        initials = "".join(word[0] for word in words)
        if words and not any(word[:4] in says.lower() for word in words) and f"({initials.upper()})" not in says:
            by_subject[match["subject"]].append((match["names"], says))

    def wrong(name: str, subject: str, random: Random) -> list[str]:
        fellows = random.sample(by_subject[subject], len(by_subject[subject]))
        return _first(fellows, lambda pair: pair[0].lower() != name.lower(), lambda pair: pair[0])

    return tuple(
        _Draft(
            ChoiceQuestion(f"foldoc-{name}", f'Which term of computing means "{says}"?', (name,), 0, name),
            lambda random, name=name, subject=subject: wrong(name, subject, random),  # type: ignore[misc]
        )
        for subject, fellows in by_subject.items()
        if len(fellows) >= 3 * OPTIONS
        for name, says in fellows
    )


# Countries


@cache
def _country_drafts(relation: str) -> tuple[_Draft, ...]:
    """The capital or the currency of a country; wrong ones are of its continent, as far as there are enough."""
    continents: Mapping[str, str] = {fact.subject: fact.object for fact in country_facts("continent")}
    facts = country_facts(relation)

    def wrong(subject: str, answer: str, random: Random) -> list[str]:
        here = [each for each in facts if continents.get(each.subject) == continents.get(subject)]
        there = [each for each in facts if each not in here]
        fellows = random.sample(here, len(here)) + random.sample(there, len(there))
        return _first(fellows, lambda fact: fact.object != answer, lambda fact: fact.object)

    return tuple(
        _Draft(
            ChoiceQuestion(f"{relation}-{fact.subject}", fact.question, (fact.object,), 0, fact.subject),
            lambda random, fact=fact: wrong(fact.subject, fact.object, random),  # type: ignore[misc]
        )
        for fact in facts
    )


def _first(fellows: Sequence[_Fellow], wrong: Callable[[_Fellow], bool], text: Callable[[_Fellow], str]) -> list[str]:
    """The first three texts that differ, of fellows that are wrong."""
    texts: list[str] = []
    for fellow in fellows:
        if wrong(fellow) and text(fellow) not in texts:
            texts.append(text(fellow))
        if len(texts) == OPTIONS - 1:
            return texts
    raise ValueError(f"there are only {len(texts)} wrong options, not {OPTIONS - 1}")


SOURCES: dict[str, Callable[[], tuple[_Draft, ...]]] = {
    "words": _word_drafts,
    "terms": _term_drafts,
    "capitals": lambda: _country_drafts("capital"),
    "currencies": lambda: _country_drafts("currency"),
}
"""WordNet's glosses, FOLDOC's entries, and GeoNames' capitals and currencies."""
