"""An abstract as the chooser sees it: its tokens, sentences and figures, and the claims that the rules read."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Final, NamedTuple

from assay.papers.models import Claim
from assay.papers.sentences import Span

FIELDS: Final = ("metric", "dataset", "baseline", "subject", "setting")
EDGE: Final = "none"
"""Stands for a word beyond the text, or of what does not stand in it."""
_TOKEN = re.compile(r"[A-Za-z0-9][\w.+/@\-'’$]*[\w+%$]|[A-Za-z0-9]|[^\s\w]")
_VERB = re.compile(
    r"^(?:achiev|improv|outperform|reduc|reach|attain|increas|decreas|exceed|surpass|yield|obtain|deliver|gain|boost|show"
    r"|demonstrat|reveal|find|observ|report|provid|rais|lower|cut|sav|drop|fall|fell|rise|rose|match|maintain|retain"
    r"|preserv|keep|beat|accelerat|speed|requir|use|introduc|propos|present|develop|evaluat|test|train|enabl|allow|lead"
    r"|result|set|establish|recover|scor|perform|degrad|go|grow|make|made|is$|are$|was$|were$)"
    r"(?:e|es|ed|ing|s|d|t|ting|ted|ping|ped|ling|led|ts)?$",
    re.IGNORECASE,
)


class Token(NamedTuple):
    """A word or a mark, and where it stands."""

    start: int
    end: int
    text: str


class Figure(NamedTuple):
    """A claim as the rules read it, and where its figure stands in the text."""

    claim: Claim
    start: int
    end: int

    def field(self, name: str) -> str:
        """What the rules read; empty where they read nothing."""
        value = getattr(self.claim, name)
        return "" if value == "value" else value


_SENTENCES: Final = 2
"""On either side of a figure's own, from which what figures have is offered."""
_start: Final = attrgetter("start")


class Context:
    """An abstract with its figures.

    Args:
        title: of the paper.
        text: the abstract, without LaTeX.
        sentences: of it, in order.
        figures: of its claims, counts among them.
        spans: where numbers stand that say how much or how many, claims or not.
        own: what the paper calls its own method or data set; may be empty.
    """

    def __init__(
        self,
        title: str,
        text: str,
        sentences: Sequence[Span],
        figures: Sequence[Figure],
        spans: Sequence[Span],
        own: str,
    ) -> None:
        self.title, self.text, self.sentences = title, text, sentences
        self.figures, self.spans, self.own = figures, spans, own

    @cached_property
    def lower(self) -> str:
        """The text in small letters."""
        return self.text.lower()

    @cached_property
    def tokens(self) -> list[Token]:
        """Its words and marks; of a full text nobody asks for them."""
        return [Token(match.start(), match.end(), match[0]) for match in _TOKEN.finditer(self.text)]

    @cached_property
    def _ends(self) -> list[int]:
        return [sentence.end for sentence in self.sentences]

    @cached_property
    def _starts(self) -> list[int]:
        return [token.start for token in self.tokens]

    def sentence_of(self, place: int) -> int:
        """The number of the sentence in which a place lies."""
        return min(bisect_right(self._ends, place), len(self.sentences) - 1)

    def figures_in(self, sentence: int) -> int:
        """How many numbers of a sentence say how much or how many."""
        start, end = self.sentences[sentence]
        return bisect_left(self.spans, end, key=_start) - bisect_left(self.spans, start, key=_start)

    def beside(self, figure: Figure) -> Sequence[Figure]:
        """The figures of the sentence of one, and of the two on either side of it."""
        sentence = self.sentence_of(figure.start)
        start = self.sentences[max(sentence - _SENTENCES, 0)].start
        end = self.sentences[min(sentence + _SENTENCES, len(self.sentences) - 1)].end
        return self.figures[bisect_left(self.figures, start, key=_start) : bisect_left(self.figures, end, key=_start)]

    def token_at(self, place: int) -> int:
        """The number of the first token from a place on."""
        return bisect_left(self._starts, place)

    def word(self, place: int, offset: int) -> str:
        """The word so many tokens from the first one at a place, in small letters."""
        at = self.token_at(place) + offset
        return self.tokens[at].text.lower() if 0 <= at < len(self.tokens) else EDGE

    def tokens_of(self, sentence: int) -> list[Token]:
        """The tokens of a sentence."""
        start, end = self.sentences[sentence]
        return self.tokens[self.token_at(start) : self.token_at(end)]


@lru_cache(maxsize=8192)
def is_verb(word: str) -> bool:
    """Whether a word is one of the verbs by which abstracts tell results."""
    return _VERB.match(word) is not None
