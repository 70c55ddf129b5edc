"""What a figure may be of: the noun phrases around it, the paper's own name, what the rules read, or nothing."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from operator import attrgetter
from typing import Final, NamedTuple

from assay.claims.choosing.context import FIELDS, Context, Figure, Token, is_verb

_FUNCTION: Final = frozenset(
    "a an the of in on at to by with without from for and or but while whereas as than that which who this these "
    "those its their our we it they is are was were be been being has have had do does did can could may might "
    "will would not no only just over under above below between across through after before during when where if "
    "both each all any some most more less into per via using against versus vs compared relative respectively "
    "such including especially up down out about around approximately nearly roughly also even still further "
    "moreover additionally furthermore notably specifically remarkably however thus hence then there here i.e e.g "
    "i e g although though since because like well first second namely whose what how why so yet once until "
    "unless despite among within beyond own same other".split()
)
_JOINTS: Final = frozenset({"of", "in", "on", "with", "for", "to", "at", "and", "/", "of the", "in the", "for the"})
_LIST_JOINTS: Final = frozenset({",", "and", ", and", ", or", "or", "&"})
GENERIC: Final = (
    "performance", "accuracy", "speed", "score", "success rate", "cost", "time", "improvement", "size", "latency",
    "memory",
)  # fmt: skip
"""Metrics that a sentence may mean without naming them."""
_POSSESSIVE = re.compile(r"['’]s?$")
_BEFORE, _AFTER = 3, 1
"""Sentences from which phrases are taken."""
_MOST_TOKENS = 12


class Phrase(NamedTuple):
    """A noun phrase of the text."""

    text: str
    start: int
    end: int
    sentence: int
    form: str
    """How it was cut out: a whole run of content words, its last words, its name, a list, two runs joined."""


@dataclass
class Candidate:
    """What a field may say, with where it stands and where it comes from."""

    text: str
    places: list[tuple[int, int, int]] = field(default_factory=list)
    """Start, end and sentence of each; none where it does not stand in the text."""
    forms: set[str] = field(default_factory=set)

    @property
    def is_metric_alone(self) -> bool:
        """Whether it stands nowhere in the text and was offered as a metric: it can be nothing else."""
        return bool(self.text) and not self.places and self.forms <= _OF_METRICS


_OF_METRICS: Final = frozenset({"generic", "rule_metric", "nb_metric"})


def find_phrases(context: Context) -> list[Phrase]:
    """The noun phrases of an abstract, without those that hold a figure."""
    starts = [span.start for span in context.spans]
    phrases = []
    for number in range(len(context.sentences)):
        for start, end, form in _cut(context.tokens_of(number)):
            before = bisect_left(starts, end)
            if not before or context.spans[before - 1].end <= start:
                text = _POSSESSIVE.sub("", context.text[start:end])
                phrases.append(Phrase(text, start, start + len(text), number, form))
    return phrases


def candidates(context: Context, figure: Figure, phrases: list[Phrase]) -> list[Candidate]:
    """All that may be meant with a figure, each wording once; the empty one is among them."""
    sentence = context.sentence_of(figure.start)
    merged: dict[str, Candidate] = {}

    def add(text: str, form: str) -> Candidate:
        candidate = merged.setdefault(text.lower(), Candidate(text))
        candidate.forms.add(form)
        return candidate

    first = bisect_left(phrases, sentence - _BEFORE, key=attrgetter("sentence"))
    last = bisect_right(phrases, sentence + _AFTER, key=attrgetter("sentence"))
    for phrase in phrases[first:last]:
        add(phrase.text, phrase.form).places.append((phrase.start, phrase.end, phrase.sentence))
    add("", "empty")
    if context.own:
        add(context.own, "own")
    for metric in GENERIC:
        add(metric, "generic")
    for name in FIELDS:
        if figure.field(name):
            add(figure.field(name), f"rule_{name}")
    for other in context.beside(figure):
        if other is not figure:
            for name in FIELDS:
                if other.field(name):
                    add(other.field(name), f"nb_{name}")
    return list(merged.values())


def _cut(tokens: list[Token]) -> Iterator[tuple[int, int, str]]:
    """Start, end and form of the phrases of a sentence, each once."""
    spans: dict[tuple[int, int], str] = {}

    def add(first: int, last: int, form: str) -> None:
        if last - first < _MOST_TOKENS:
            spans.setdefault((tokens[first].start, tokens[last].end), form)

    runs = list(_runs(tokens))
    for first, last in runs:
        add(first, last, "run")
        if last > first:
            add(last, last, "head")
            add(first, first, "first")
        if last > first + 1:
            add(last - 1, last, "head2")
        for name in _names(tokens, first, last):
            add(*name, "caps")
    for (first, middle), (after, last) in pairwise(runs):
        between = " ".join(token.text.lower() for token in tokens[middle + 1 : after])
        if between in _JOINTS:
            add(first, last, f"join_{between.split()[0]}")
        if between == "(" and last + 1 < len(tokens) and tokens[last + 1].text == ")":
            add(first, last + 1, "paren")
    for first, last in _lists(tokens, runs):
        add(first, last, "list")
    for (start, end), form in spans.items():
        yield start, end, form


def _runs(tokens: list[Token]) -> Iterator[tuple[int, int]]:
    """First and last of content words that follow one another."""
    start = None
    for at, token in enumerate(tokens):
        is_verb_of_pronoun = at > 0 and tokens[at - 1].text.lower() in _PRONOUNS and token.text.islower()
        if not is_verb_of_pronoun and _is_content(token.text, opens=at == 0):
            start = at if start is None else start
        elif start is not None:
            yield start, at - 1
            start = None
    if start is not None:
        yield start, len(tokens) - 1


_PRONOUNS: Final = frozenset({"it", "we", "they", "which", "who"})
"""What has its verb behind it: ``it decodes``."""


def _is_content(word: str, *, opens: bool) -> bool:
    """Whether a word may be of a noun phrase; what opens a sentence has its capital from there."""
    lower = word.lower()
    if re.fullmatch(r"\W", word) or lower in _FUNCTION:
        return False
    may_be_verb = word[0].islower() or opens
    return not (may_be_verb and (is_verb(lower) or (opens and lower.endswith("ing"))))


def _names(tokens: list[Token], first: int, last: int) -> Iterator[tuple[int, int]]:
    """Words with capitals within a run, and those with capitals or digits right behind them."""
    at = first
    while at <= last:
        end = at
        if re.search(r"[A-Z]", tokens[at].text):
            while end < last and re.search(r"[A-Z0-9]", tokens[end + 1].text):
                end += 1
            yield at, end
        at = end + 1


def _lists(tokens: list[Token], runs: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Runs that commas and ``and`` join."""
    at = 0
    while at < len(runs):
        end = at
        while end + 1 < len(runs):
            between = tokens[runs[end][1] + 1 : runs[end + 1][0]]
            if " ".join(token.text.lower() for token in between) not in _LIST_JOINTS:
                break
            end += 1
        if end > at:
            yield runs[at][0], runs[end][1]
        at = end + 1
