"""Summarises a paper by its own sentences: no key, no network, nothing that the abstract does not say.

Every sentence of the abstract gets a role (`assay.digest.roles`, `assay.digest.sentences`), and each part of the
summary takes at most two sentences whose role suits it, word for word. A part that no sentence suits stays empty, and
within the five parts and within the three no sentence is used twice.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assay.digest.roles import Role
from assay.digest.sentences import Sentence, classify, classify_sentences, leads_elsewhere
from assay.papers.models import Excerpt, Origin, Paper, Parts, Summary

__all__ = ["Role", "classify", "extract"]


def extract(paper: Paper) -> Summary:
    """Summarise ``paper`` by sentences of its abstract, verbatim, each with its place as evidence.

    Works on any text: one without a statement of two words gives a summary whose parts are all empty.
    """
    every = classify_sentences(paper.abstract)
    sentences = [sentence for sentence in every if _count_words(sentence.text) >= _ENOUGH_WORDS]
    # An abstract may be as short as that: then its few words are all it says.
    sentences = sentences or [sentence for sentence in every if _states_something(sentence.text)]
    by_part = _fill(_FIVE, sentences) | _fill(_THREE, sentences)
    return Summary(
        paper=paper.id,
        origin=Origin.EXTRACTIVE,
        source="assay",
        languages={"en": Parts(**{part: " ".join(s.text for s in group) for part, group in by_part.items()})},
        evidence=tuple(
            Excerpt(part=part, start=sentence.span.start, end=sentence.span.end, role=sentence.role)
            for part, group in by_part.items()
            for sentence in group
        ),
    )


@dataclass(frozen=True)
class _Recipe:
    """One way to fill a part of the summary: by sentences of one role."""

    part: str
    role: Role | None
    """``None`` for sentences of any role."""
    merits: tuple[str, ...] = ()
    """Cues that make a sentence the better choice."""
    flaws: tuple[str, ...] = ()
    """Cues that make it the worse one."""
    must_have: str = "always"
    """A cue without which a sentence is no candidate."""
    at_most: int = 2
    first: bool = False
    """Whether the first sentence without flaws fills the part, and not the best one."""
    elsewhere: bool = True
    """Whether a sentence may do no more than lead elsewhere: to code, to a page."""

    def suits(self, sentence: Sentence) -> bool:
        """Whether the sentence is a candidate."""
        return (
            self.role in {None, sentence.role}
            and self.must_have in sentence.cues
            and (self.elsewhere or not leads_elsewhere(sentence.text))
        )


_LEANING = ("points back", "adds", "for example")
"""Cues of a sentence that needs the one before it to make sense."""

# In the order in which sentences are assigned: a sentence fills one part of a group only. A part that is filled skips
# its other recipes.
_FIVE = (
    _Recipe("one_line", Role.NOVELTY, flaws=_LEANING, at_most=1, first=True),
    _Recipe("one_line", Role.OBJECTIVE, flaws=_LEANING, at_most=1, first=True),
    _Recipe("objective", Role.OBJECTIVE, flaws=_LEANING),
    _Recipe("one_line", Role.RESULT, merits=("finds",), flaws=_LEANING, at_most=1),
    # The gap in the field that a paper fills says what it sets out to do.
    _Recipe(
        "objective", Role.BACKGROUND, must_have="gap", merits=("turns", "others"), flaws=("we", *_LEANING), at_most=1
    ),
    _Recipe("objective", Role.BACKGROUND, must_have="turns", at_most=1),
    _Recipe("objective", Role.BACKGROUND, must_have="others", flaws=("we", *_LEANING), at_most=1),
    _Recipe("method", Role.METHOD, flaws=("adds", "for example")),
    _Recipe("method", Role.NOVELTY, elsewhere=False),
    _Recipe("result", Role.RESULT, merits=("figure", "beats", "finds"), flaws=("for example",)),
    _Recipe("implication", Role.IMPLICATION, merits=("concludes", "outlook"), elsewhere=False),
    # An abstract of one sentence still says something.
    _Recipe("one_line", None, at_most=1, first=True),
)
_THREE = (
    _Recipe("whats_new", Role.NOVELTY, flaws=_LEANING, first=True),
    _Recipe("whats_new", Role.OBJECTIVE, flaws=_LEANING, first=True),
    _Recipe("technical_details", Role.METHOD, merits=("works by", "figure")),
    _Recipe("technical_details", Role.NOVELTY, merits=("works by", "figure"), elsewhere=False),
    _Recipe("performance", Role.RESULT, merits=("figure", "ratio", "beats", "measures")),
    _Recipe("whats_new", None, at_most=1, first=True),
)


def _fill(recipes: Sequence[_Recipe], sentences: Sequence[Sentence]) -> dict[str, list[Sentence]]:
    """Choose the sentences for one group of parts, each part's in the order of the abstract."""
    parts: dict[str, list[Sentence]] = {}
    used: set[Sentence] = set()
    for recipe in recipes:
        if recipe.part in parts:
            continue
        if best := _best(recipe, [s for s in sentences if recipe.suits(s) and s not in used]):
            parts[recipe.part] = sorted(best, key=lambda sentence: sentence.span)
            used.update(best)
    return parts


def _best(recipe: _Recipe, sentences: Sequence[Sentence]) -> list[Sentence]:
    def worth(sentence: Sentence) -> tuple[float, float]:
        """Highest first; one cue weighs about as much as a clear role."""
        merit_count = sum(cue in sentence.cues for cue in recipe.merits)
        flaw_count = sum(cue in sentence.cues for cue in recipe.flaws)
        if recipe.first:
            return -flaw_count, -sentence.span.start
        return sentence.conviction + 20 * merit_count - 30 * flaw_count, -sentence.span.start

    return sorted(sentences, key=worth, reverse=True)[: recipe.at_most]


_ENOUGH_WORDS = 4
"""Where others say more, a shorter sentence is a link or an exclamation."""
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\d_]+")  # a character of Chinese or Japanese counts as one
_WHOLE_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\d_]{2,}")


def _count_words(text: str) -> int:
    """The words of a sentence, links left aside."""
    return len(_WORD.findall(" ".join(word for word in text.split() if "://" not in word and "www." not in word)))


def _states_something(text: str) -> bool:
    """Whether a short sentence is a statement: two words and no link, and not a greeting."""
    is_link = "://" in text or "www." in text
    return len(_WHOLE_WORD.findall(text)) >= 2 and not is_link and not text.endswith("!")
