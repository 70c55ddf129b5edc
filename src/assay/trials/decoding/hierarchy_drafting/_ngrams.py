"""n-gram speculation as inference engines do it, on the same verification as Hierarchy Drafting.

One chain of drafted tokens, each the most frequent continuation of the longest n-gram that was seen: in this prompt and
answer, or else in earlier answers.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from weakref import WeakKeyDictionary

from assay.methods.decoding.hierarchy_drafting import ContextTable, HierarchyConfig, HierarchyDrafter

LONGEST = 4
"""Tokens of the longest n-gram that is looked for."""


class NgramCounts:
    """How often each token followed each n-gram of a text."""

    def __init__(self) -> None:
        self._after: defaultdict[tuple[int, ...], Counter[int]] = defaultdict(Counter)

    def count(self, text: Sequence[int], start: int = 0) -> None:
        """Count the tokens of `text` from place `start` on, each behind the n-grams that end before it."""
        for at in range(max(start, 1), len(text)):
            for length in range(1, min(LONGEST, at) + 1):
                self._after[tuple(text[at - length : at])][text[at]] += 1

    def follower(self, tail: Sequence[int]) -> int | None:
        """The most frequent continuation of the longest n-gram that `tail` ends in and that tells something.

        It follows at least half the time, and an n-gram of one or two tokens was seen twice: a single token that was
        seen once foretells little, and a wrong draft costs time.
        """
        for length in range(min(LONGEST, len(tail)), 0, -1):
            if after := self._after.get(tuple(tail[-length:])):
                token, times = after.most_common(1)[0]
                if 2 * times >= after.total() and after.total() >= (2 if length <= 2 else 1):
                    return token
        return None


class NgramDrafter(HierarchyDrafter):
    """Drafts one chain from n-grams; ``model.generate(..., custom_generate=drafter.generate)``.

    Args:
        answers: Token ids of earlier answers.
        tokens: Drafted in a pass, at most.
    """

    def __init__(self, answers: Iterable[Sequence[int]], *, tokens: int) -> None:
        super().__init__(HierarchyConfig(order="W", candidates=1, draft_tokens=tokens, window=0))
        self._earlier = NgramCounts()
        for answer in answers:
            self._earlier.count(answer)
        self._texts: WeakKeyDictionary[ContextTable, tuple[NgramCounts, int]] = WeakKeyDictionary()

    def look_up(self, context: ContextTable, tail: Sequence[int]) -> dict[tuple[int, ...], str]:
        """The chain for the text `tail`, of which `context` tells one text from another."""
        counts, counted = self._texts.get(context, (NgramCounts(), 0))
        counts.count(tail, counted)
        self._texts[context] = counts, len(tail)
        text = list(tail[-LONGEST:])
        chain: list[int] = []
        while len(chain) < self.config.draft_tokens:
            token = counts.follower(text)
            token = self._earlier.follower(text) if token is None else token
            if token is None:
                break
            chain.append(token)
            text = [*text, token][-LONGEST:]
        return {tuple(chain): "W"} if chain else {}
