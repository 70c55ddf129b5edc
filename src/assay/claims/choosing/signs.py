"""Signs of how a candidate stands to a figure, as short texts that weights are learnt for.

`all_fields` are the same whichever field is asked for; `one_field` tell how the candidate compares with what the rules
read there.
"""

import re
from bisect import bisect_left
from functools import lru_cache
from typing import Final, NamedTuple

from assay.claims.choosing.candidates import Candidate
from assay.claims.choosing.context import EDGE, FIELDS, Context, Figure, is_verb
from assay.claims.wording.metric_names import is_metric

_SET = re.compile(
    r"(?:bench|QA|MMLU|GSM|MATH|AIME|COCO|ImageNet|Eval|Arena|SWE|dataset|benchmark|corpus|tasks?$|suite|test set"
    r"|leaderboard|domain)",
    re.IGNORECASE,
)
_PREPOSITION = re.compile(r"\b(?:by|on|over|than|with|to|from|of|in|at|for|across|under|using|against|compared)\b")
_TURN = re.compile(r"\b(?:and|while|but|whereas)\b|;")
_WORD = re.compile(r"[a-z0-9@.+]+")
_ENDING = re.compile(r"(?:ies|y|s)$")
_IDLE: Final = frozenset({"the", "a", "an", "of", "in", "on", "and"})


class Sight(NamedTuple):
    """What is the same for all candidates of a figure."""

    sentence: int
    figures: list[int]
    """Starts of the figures of its sentence."""
    number: int
    """Of the figure among them."""
    verb: str
    in_brackets: bool
    empty: list[str]
    """The signs of nothing being meant."""
    rules: dict[str, frozenset[str]]
    """Words of what the rules read, by field."""
    kind: str


def look(context: Context, figure: Figure) -> Sight:
    """What is the same for all candidates of a figure."""
    text, claim = context.text, figure.claim
    sentence = context.sentence_of(figure.start)
    start, end = context.sentences[sentence]
    figures = [span.start for span in context.spans if start <= span.start < end]
    number = bisect_left(figures, figure.start)
    verbs = [word for word in re.findall(r"[a-z]+", text[start : figure.start].lower()) if is_verb(word)]
    verb = verbs[-1] if verbs else EDGE
    in_brackets = text.rfind("(", 0, figure.start) > text.rfind(")", 0, figure.start)
    unit = claim.unit if claim.unit in {"%", "x", "points", ""} else "other"
    before, before2 = context.word(figure.start, -1), context.word(figure.start, -2)
    after, after2 = context.word(figure.end, 0), context.word(figure.end, 1)
    empty = [
        "E", f"E{claim.kind}", f"E{claim.kind}{unit}", f"Efigures{min(len(figures), 4)}",
        f"Edirection{claim.direction}",
        f"Everb={verb}", f"E<{before}", f"E>{after}", f"Esentence{min(sentence, 6)}",
        f"Eleft{min(len(context.sentences) - sentence, 3)}", f"Ebrackets{in_brackets:d}", f"E<<{before2} {before}",
        f"E>>{after} {after2}",
    ]  # fmt: skip
    rules = {name: words(figure.field(name)) for name in FIELDS}
    return Sight(sentence, figures, number, verb, in_brackets, empty, rules, claim.kind)


def all_fields(context: Context, figure: Figure, candidate: Candidate, sight: Sight) -> tuple[list[str], str]:
    """The signs that hold for whichever field, and in a word where the candidate stands."""
    text = candidate.text
    if not text:
        return [*sight.empty], "-7"
    place = _nearest(context, candidate, figure, sight.sentence)
    lower = text.lower()
    tokens = words(text)
    signs, position, before = _standing(context, figure, sight, place)
    has_set, metric = _SET.search(text) is not None, is_metric(text)
    own = _band(overlap(tokens, words(context.own)), 0.1, 0.6, 0.99) if context.own else -1
    capitals = sum(map(str.isupper, text))
    distance = _band(abs(place[3]) if place else 0, *_DISTANCES)
    parts = lower.split()
    signs += [
        f"capitals{_band(capitals, 0, 1, 3)}", f"name{text[0].isupper():d}{any(map(str.isdigit, text)):d}",
        f"long{_band(len(parts), 1, 2, 3, 5)}", f"metric{metric:d}", f"set{has_set:d}", f"set{has_set:d}{position}",
        f"title{lower in context.title.lower():d}", f"own{own}", f"own{own}{position}",
        f"often{_band(context.lower.count(lower), 0, 1, 2, 4)}", f"metric{metric:d}{position}{distance}",
        f"last={parts[-1]}", f"first={parts[0]}",
        f"shape{text[0].isupper():d}{metric:d}{has_set:d}{position}{before if before in _COMMON else ''}",
        f"<{context.word(figure.start, -1)} {metric:d}{position}",
    ]  # fmt: skip
    for form in sorted(candidate.forms):
        signs += [form, f"{form} {position}"]
    for token in tokens:
        signs += [f"w={token}", f"w={token}{position}"]
    return signs, position


_COMMON: Final = frozenset("on by of in with over than to for at from ( , and the a".split())
_DISTANCES: Final = (1, 2, 3, 5, 8, 12, 18, 30)


def one_field(name: str, candidate: Candidate, sight: Sight, position: str) -> list[str]:
    """The signs that tell how a candidate compares with what the rules read in a field, and in the others."""
    tokens = words(candidate.text)
    rule = sight.rules[name]
    same = f"{name}~{_alike(tokens, rule, candidate.text)}{bool(rule):d}"
    signs = [same, *(f"{form} {same}" for form in sorted(candidate.forms))]
    for other in FIELDS:
        if other != name:
            read = sight.rules[other]
            share = _alike(tokens, read, candidate.text, coarse=True)
            signs.append(f"{name}: {other}{share}{bool(read):d}{not candidate.text:d}")
    if not candidate.text:
        signs.append(f"E{same}")
    else:
        signs.append(f"{same}{position}")
    return signs


@lru_cache(maxsize=8192)
def words(text: str) -> frozenset[str]:
    """The words of a text, without endings and idle ones."""
    return frozenset(_ENDING.sub("", word) for word in _WORD.findall(text.lower())) - _IDLE


def overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of words that two have in common, 0 to 1."""
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0


def _alike(tokens: frozenset[str], rule: frozenset[str], text: str, *, coarse: bool = False) -> int:
    if not text and not rule:
        return 9
    share = overlap(tokens, rule)
    return _band(share, 0, 0.49, 0.99) if coarse else _band(share, 0, 0.49, 0.67, 0.99)


def _nearest(context: Context, candidate: Candidate, figure: Figure, sentence: int) -> tuple[int, int, int, int] | None:
    """Start, end and sentence of the place nearest to the figure, and by how many tokens it is behind it."""
    if not candidate.places:
        return None

    def away(place: tuple[int, int, int]) -> tuple[int, int]:
        return abs(place[2] - sentence), min(abs(place[0] - figure.end), abs(place[1] - figure.start))

    start, end, number = min(candidate.places, key=away)
    return start, end, number, context.token_at(start) - context.token_at(figure.start)


def _standing(
    context: Context, figure: Figure, sight: Sight, place: tuple[int, int, int, int] | None
) -> tuple[list[str], str, str]:
    """Signs of where a candidate stands; its position in a word; the word before it."""
    if place is None:
        return ["afar"], "-7", EDGE
    start, end, number, distance = place
    text, offset = context.text, number - sight.sentence
    before, before2, after = context.word(start, -1), context.word(start, -2), context.word(end, 0)
    first = start - context.sentences[number].start < 25
    in_brackets = text.rfind("(", 0, start) > text.rfind(")", 0, start)
    common = [f"<{before}", f"<{before}|{sight.kind}", f"<<{before2} {before}", f">{after}",
              f"in{in_brackets:d}{sight.in_brackets:d}", f"at{offset}"]  # fmt: skip
    if offset:
        position = str(offset)
        return [*common, f"at{position}", f"<{before}{position}", f"first{first:d}{position}"], position, before
    position = "B" if distance < 0 else "A"
    low, high = (end, figure.start) if end <= figure.start else (figure.end, start)
    middle = text[low:high].lower()
    between = sum(1 for each in sight.figures if low <= each < high)
    prepositions = _PREPOSITION.findall(middle)
    verbs = sum(1 for word in re.findall(r"[a-z]+", middle) if is_verb(word))
    near, far = (prepositions[0], prepositions[-1]) if prepositions else (EDGE, EDGE)
    away = _band(abs(distance), *_DISTANCES)
    signs = [
        *common, f"at{position}", f"at{position}{away}", f"figures{position}{min(between, 3)}",
        f"marks{position}{min(middle.count(','), 3)}{min(len(_TURN.findall(middle)), 2)}",
        f"verbs{min(verbs, 2)}{position}", f"<{before}{position}", f"near{near}{position}", f"far{far}{position}",
        f"first{first:d}{position}", f"prepositions{min(len(prepositions), 3)}{position}",
        f"number{sight.number == 0:d}{position}", f"of{min(len(sight.figures), 4)}{min(sight.number, 3)}{position}",
        f">{context.word(figure.end, 0)}|<{before}", f"verb={sight.verb}|{position}|<{before}",
    ]  # fmt: skip
    return signs, position, before


def _band(value: float, *edges: float) -> int:
    """The number of edges that a value is above."""
    return sum(value > edge for edge in edges)
