"""Words that go through three small changes: tasks that a small pretrained model can do in steps and not at once.

``biggest``, without its degree, as its contrary, in the comparative: ``smaller``. SmolLM2-135M-Instruct does most of
the changes for most words when it is shown three examples, and next to none of the chains when it is asked for the end
at once. Each change is said in one of several ways, so that it has to be understood which one is meant.

Forms are those of a table; where a word has several contraries (of short: long and tall), each counts as right.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

_ADJECTIVES = """
fast faster fastest slow | slow slower slowest
fast,quick | old older oldest young,new | young younger youngest old | rich richer richest poor | poor poorer poorest
rich | hard harder hardest soft,easy | soft softer softest hard | long longer longest short | short shorter shortest
long,tall | strong stronger strongest weak | weak weaker weakest strong | thick thicker thickest thin | thin thinner
thinnest thick,fat | wide wider widest narrow | narrow narrower narrowest wide,broad | clean cleaner cleanest dirty |
dirty dirtier dirtiest clean | bright brighter brightest dark,dim | dark darker darkest light,bright | early earlier
earliest late | late later latest early | heavy heavier heaviest light | loud louder loudest quiet,soft | quiet quieter
quietest loud,noisy | deep deeper deepest shallow | sharp sharper
sharpest dull,blunt | smooth smoother smoothest rough | rough rougher roughest smooth,gentle
"""
_MORE_FORMS = """
little littler littlest | large larger largest | quick quicker quickest | new newer newest | easy easier easiest |
tall taller tallest | fat fatter fattest | broad broader broadest | dim dimmer dimmest | light lighter lightest |
shallow shallower shallowest | dull duller dullest | blunt blunter bluntest | gentle gentler gentlest |
noisy noisier noisiest | late later latest
"""
_VERBS = """
write wrote writer | bake baked baker | dance danced dancer | play played
player | run ran runner | swim swam swimmer | build built builder | speak spoke speaker | dream dreamed dreamer | hunt
hunted hunter | lead led leader | win won winner | ride rode rider | buy bought buyer | sell sold seller | think thought
thinker | fight fought fighter | keep kept keeper | find found finder | help helped helper | farm farmed farmer | climb
climbed climber | rob robbed robber | catch caught catcher | drink drank drinker | grow grew grower | lose lost loser |
send sent sender | begin began beginner | make made maker | give gave giver
"""


def _table(text: str) -> list[list[str]]:
    return [row.split() for row in text.split("|")]


_DEGREES = {row[0]: (row[1], row[2]) for row in _table(_ADJECTIVES) + _table(_MORE_FORMS)}
_CONTRARIES = {row[0]: tuple(row[3].split(",")) for row in _table(_ADJECTIVES)}
_PAST = {row[0]: row[1] for row in _table(_VERBS)}
_PERSON = {row[0]: row[2] for row in _table(_VERBS)}


_SHOWN_ADJECTIVES = _table("""
cold colder coldest hot hotter hottest | high higher highest low lower lowest | happy happier happiest sad sadder
saddest | big bigger biggest small smaller smallest | cheap cheaper cheapest dear dearer dearest
""")
_SHOWN_VERBS = _table("""
teach taught teacher | paint painted painter | work worked worker | drive drove driver | sing sang singer
""")


@dataclass(frozen=True)
class Change:
    """One change of a word."""

    name: str
    """As a template of it would be called."""
    chapter: str
    section: str
    saying: str
    """What says it, with ``{}`` where the word before stands; the word after follows."""
    wordings: tuple[str, ...]
    """Ways to ask for it."""
    examples: tuple[tuple[str, str], ...]
    """Words before and after, none of which is in a chain."""


CHANGES = {
    "plain": Change(
        "Plain form of an adjective",
        "Adjectives",
        "Degrees",
        "The plain form of {} is",
        ("bring it back to its plain form", "take its degree away", "say it in the plain form, without a degree"),
        tuple((row[2], row[0]) for row in _SHOWN_ADJECTIVES),
    ),
    "contrary": Change(
        "Opposite of an adjective",
        "Adjectives",
        "Meanings",
        "The opposite of {} is",
        ("turn it into its opposite", "say the word of opposite meaning", "say the opposite of that"),
        tuple((row[0], row[3]) for row in _SHOWN_ADJECTIVES),
    ),
    "more": Change(
        "Comparative of an adjective",
        "Adjectives",
        "Degrees",
        "The comparative of {} is",
        ("put it in the comparative", "give the comparative form of it", "form its comparative"),
        tuple((row[0], row[1]) for row in _SHOWN_ADJECTIVES),
    ),
    "most": Change(
        "Superlative of an adjective",
        "Adjectives",
        "Degrees",
        "The superlative of {} is",
        ("put it in the superlative", "give the superlative form of it", "form its superlative"),
        tuple((row[0], row[2]) for row in _SHOWN_ADJECTIVES),
    ),
    "present": Change(
        "Present tense of a verb",
        "Verbs",
        "Tenses",
        "The present tense of {} is",
        ("put it in the present tense", "give the present tense of it", "say the verb in the present"),
        tuple((row[1], row[0]) for row in _SHOWN_VERBS),
    ),
    "past": Change(
        "Past tense of a verb",
        "Verbs",
        "Tenses",
        "The past tense of {} is",
        ("put it in the past tense", "give the past tense of it", "say the verb in the past"),
        tuple((row[0], row[1]) for row in _SHOWN_VERBS),
    ),
    "person": Change(
        "Person who does a verb",
        "Verbs",
        "Persons",
        "A person who does {} is called",
        ("name the person who does it", "say what a person who does that is called", "name the person doing it"),
        tuple((row[0], row[2]) for row in _SHOWN_VERBS),
    ),
    "deed": Change(
        "Verb that a person does",
        "Verbs",
        "Persons",
        "The verb of {} is",
        ("say the verb that this person does", "name the verb behind the person", "say which verb the person does"),
        tuple((row[2], row[0]) for row in _SHOWN_VERBS),
    ),
    "many": Change(
        "Plural of a noun",
        "Nouns",
        "Numbers",
        "The plural of {} is",
        ("put it in the plural", "give the plural of it", "make it plural"),
        tuple((row[2], f"{row[2]}s") for row in _SHOWN_VERBS),
    ),
    "one": Change(
        "Singular of a noun",
        "Nouns",
        "Numbers",
        "The singular of {} is",
        ("put it in the singular", "give the singular of it", "make it singular"),
        tuple((f"{row[2]}s", row[2]) for row in _SHOWN_VERBS),
    ),
}
"""Changes of words, by short names."""

OTHERS = (
    Change("Capital of a country", "Countries", "Cities", "The capital of {} is", (),
           (("France", "Paris"), ("Italy", "Rome"), ("Spain", "Madrid"))),
    Change("Continent of a country", "Countries", "Places", "{} lies on the continent of", (),
           (("France", "Europe"), ("Kenya", "Africa"), ("India", "Asia"))),
    Change("Digits of a number word", "Numbers", "Writing", "In digits {} is", (),
           (("three", "3"), ("eight", "8"), ("ten", "10"))),
    Change("Next number", "Numbers", "Counting", "The number after {} is", (), (("3", "4"), ("8", "9"), ("10", "11"))),
    Change("Day after a day", "Calendar", "Days", "The day after {} is", (),
           (("Monday", "Tuesday"), ("Thursday", "Friday"), ("Sunday", "Monday"))),
    Change("Month after a month", "Calendar", "Months", "The month after {} is", (),
           (("March", "April"), ("June", "July"), ("May", "June"))),
    Change("Young of an animal", "Animals", "Families", "The young of a {} is a", (),
           (("cat", "kitten"), ("dog", "puppy"), ("cow", "calf"))),
    Change("Colour of a thing", "Things", "Looks", "The colour of {} is", (),
           (("snow", "white"), ("grass", "green"), ("coal", "black"))),
)  # fmt: skip
"""Changes that no chain has: what else stands in a library."""

SHORT = {
    "plain": "plain form",
    "contrary": "opposite",
    "more": "comparative",
    "most": "superlative",
    "present": "present tense",
    "past": "past tense",
    "person": "person",
    "deed": "verb",
    "many": "plural",
    "one": "singular",
}
"""What a plan calls each change."""

_KINDS = (
    ("plain", "contrary", "more"),
    ("present", "person", "many"),
    ("plain", "contrary", "most"),
    ("one", "deed", "past"),
)


@dataclass(frozen=True)
class WordChain:
    """A word, three changes, and what comes out."""

    start: str
    changes: tuple[str, ...]
    """Short names: see `CHANGES`."""
    wordings: tuple[str, ...]
    """How each is asked for."""
    words: tuple[str, ...]
    """After each change: one way that is right."""
    answers: tuple[str, ...]
    """All that are right in the end."""

    @property
    def lines(self) -> str:
        """The way to the answer, a sentence for each change."""
        words = zip(self.changes, (self.start, *self.words), self.words, strict=False)
        return " ".join(f"{CHANGES[change].saying.format(before)} {after}." for change, before, after in words)

    @property
    def plan(self) -> str:
        """The changes, as a plan calls them."""
        return ", ".join(SHORT[each] for each in self.changes)

    @property
    def problem(self) -> str:
        """As it is asked."""
        first, *others = self.wordings
        return f"Start with the word {self.start}. First {first}, {', '.join(f'then {each}' for each in others)}."

    def is_right(self, answer: str) -> bool:
        """Whether this is what comes out."""
        return answer.strip().strip(".").casefold() in self.answers


def worked_chains() -> list[WordChain]:
    """Chains to be shown as examples, of each kind in turn; none of their words is in a chain that is drawn."""
    chains: list[WordChain] = []
    for (plain, _, most, other, more, superlative), (verb, past, person) in zip(
        _SHOWN_ADJECTIVES, _SHOWN_VERBS, strict=True
    ):
        words = (
            (most, plain, other, more),
            (past, verb, person, f"{person}s"),
            (most, plain, other, superlative),
            (f"{person}s", person, verb, past),
        )
        for kind, (start, *path) in zip(_KINDS, words, strict=True):
            wordings = tuple(CHANGES[each].wordings[len(chains) % len(CHANGES[each].wordings)] for each in kind)
            chains.append(WordChain(start, kind, wordings, tuple(path), (path[-1],)))
    return chains


def draw_word_chains(number: int, *, seed: int = 0) -> list[WordChain]:
    """Chains, as many of each kind, no start twice in one kind; the same for the same seed.

    Raises:
        ValueError: There are fewer.
    """
    draw = random.Random(seed)  # noqa: S311 - an order, not a secret
    starts = {kind: draw.sample(words, len(words)) for kind in _KINDS for words in (_starts(kind),)}
    most = len(_KINDS) * min(map(len, starts.values()))
    if number > most:
        raise ValueError(f"there are {most} chains of words, and not {number}")
    kinds = [_KINDS[at % len(_KINDS)] for at in range(number)]
    return [_chain(kind, starts[kind][at // len(_KINDS)], draw) for at, kind in enumerate(kinds)]


def _starts(kind: Sequence[str]) -> Sequence[str]:
    """Plain words that chains of a kind are made of."""
    return list(_CONTRARIES if kind[0] == "plain" else _PAST)


def _chain(kind: tuple[str, ...], word: str, draw: random.Random) -> WordChain:
    paths = _paths(kind, word)
    start = {"plain": _DEGREES.get(word, ("", ""))[1], "present": _PAST.get(word, "")}.get(kind[0])
    wordings = tuple(draw.choice(CHANGES[each].wordings) for each in kind)
    return WordChain(start or f"{_PERSON[word]}s", kind, wordings, paths[0], tuple(path[-1] for path in paths))


def _paths(kind: Sequence[str], word: str) -> list[tuple[str, ...]]:
    """The words after each change, in all ways that are right."""
    if kind[0] == "plain":
        degree = ("more", "most").index(kind[2])
        return [(word, other, _DEGREES[other][degree]) for other in _CONTRARIES[word]]
    person = _PERSON[word]
    return [(word, person, f"{person}s")] if kind[0] == "present" else [(person, word, _PAST[word])]
