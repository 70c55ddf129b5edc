"""Searches to attack: by vectors, several fused into one, one behind a filter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from assay.methods.retrieval._search import Search, Snippet
from assay.methods.retrieval.saferag._matching import key_of_text

Filter = Callable[[str, Sequence[Snippet]], Sequence[Snippet]]
"""What is left of the texts for a question."""


class DenseIndex:
    """The texts whose vectors are nearest to that of the query, by their product."""

    def __init__(self, texts: Sequence[str | Snippet], encode: Callable[[Sequence[str]], ArrayLike]) -> None:
        """Encode the texts.

        Args:
            texts: What is searched.
            encode: Makes vectors [texts, width] of texts, each as long as one where their angle is what counts.

        Raises:
            ValueError: There are no texts, or there is not a vector for each.
        """
        self.snippets = [each if isinstance(each, Snippet) else Snippet(each) for each in texts]
        if not self.snippets:
            raise ValueError("there are no texts to search")
        self._encode = encode
        self._vectors = self._encoded([str(each) for each in self.snippets])

    def __call__(self, query: str, top: int) -> list[Snippet]:
        """See `Search`; of equally near texts the first."""
        scores = self._vectors @ self._encoded([query])[0]
        return [self.snippets[place] for place in np.argsort(-scores, kind="stable")[:top]]

    def _encoded(self, texts: Sequence[str]) -> np.ndarray:
        vectors = np.asarray(self._encode(texts), dtype=np.float32)
        if vectors.ndim != 2 or len(vectors) != len(texts):
            raise ValueError(f"{len(texts)} texts were encoded as an array of shape {vectors.shape}: one row for each")
        return vectors


@dataclass(frozen=True)
class Hybrid:
    """Several searches as one, by weighted reciprocal ranks: a text scores the sum of w / (rank + c), ranks from 1."""

    searches: tuple[Search, ...]
    weights: tuple[float, ...] = ()
    """One for each search; alike if left out (official code: 0.5 and 0.5)."""
    c: float = 60.0
    """Official code."""
    depth: int = 0
    """Finds of each search that are fused; as many as are asked for if 0 (official code)."""

    def __post_init__(self) -> None:
        if not self.searches or (self.weights and len(self.weights) != len(self.searches)):
            raise ValueError(f"{len(self.searches)} searches and {len(self.weights)} weights: give one or more of each")
        if self.c < 0 or self.depth < 0:
            raise ValueError(f"c is {self.c} and depth {self.depth}: give 0 or more")

    def __call__(self, query: str, top: int) -> list[Snippet]:
        """See `Search`; of texts with equal scores the one that the earlier search has first."""
        scores: dict[str, float] = {}
        snippets: dict[str, Snippet] = {}
        for place, search in enumerate(self.searches):
            weight = self.weights[place] if self.weights else 1 / len(self.searches)
            for rank, snippet in enumerate(search(query, max(self.depth, top)), 1):
                key = snippet.url or key_of_text(snippet)
                snippets.setdefault(key, snippet)
                scores[key] = scores.get(key, 0.0) + weight / (rank + self.c)
        return [snippets[key] for key in sorted(scores, key=lambda key: -scores[key])[:top]]


@dataclass(frozen=True)
class Guarded:
    """A search behind a filter; it asks for more texts than are needed, to fill the places of those dropped."""

    search: Search
    filter: Filter
    times: int = 3
    """So many times as many are asked for (ours)."""

    def __post_init__(self) -> None:
        if self.times < 1:
            raise ValueError(f"times is {self.times}: give 1 or more")

    def __call__(self, query: str, top: int) -> list[Snippet]:
        """See `Search`."""
        return list(self.filter(query, self.search(query, self.times * top)))[:top]
