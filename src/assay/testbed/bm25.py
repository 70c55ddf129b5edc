"""BM25: which documents have the words of a query, rare words counting for more and long documents for less."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from math import log


class BM25:
    """An index of documents (Robertson and Zaragoza 2009, with an idf that is never negative).

    Args:
        documents: Texts; their words are compared without case.
        k1: How soon a word that comes again counts no more.
        b: How much long documents are marked down.

    Raises:
        ValueError: There are no documents.
    """

    def __init__(self, documents: Sequence[str], *, k1: float = 1.5, b: float = 0.75) -> None:
        if not documents:
            raise ValueError("there are no documents to search")
        self.documents = list(documents)
        counts = [Counter(words(document)) for document in self.documents]
        mean = sum(map(Counter.total, counts)) / len(counts) or 1.0
        self._weights: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for at, count in enumerate(counts):
            norm = k1 * (1 - b + b * count.total() / mean)
            for word, times in count.items():
                self._weights[word].append((at, times * (k1 + 1) / (times + norm)))
        for word, entries in self._weights.items():
            idf = log(1 + (len(counts) - len(entries) + 0.5) / (len(entries) + 0.5))
            self._weights[word] = [(at, idf * weight) for at, weight in entries]

    def rank(self, query: str, count: int = 1) -> list[int]:
        """The numbers of the best documents, best first: of equally good ones the first, none without a word of it."""
        scores: dict[int, float] = defaultdict(float)
        for word in words(query):
            for at, weight in self._weights.get(word, ()):
                scores[at] += weight
        return sorted(scores, key=lambda at: (-scores[at], at))[:count]

    def search(self, query: str, count: int = 1) -> list[str]:
        """The best documents, best first."""
        return [self.documents[at] for at in self.rank(query, count)]


def words(text: str) -> list[str]:
    """The words of a text, without case."""
    return re.findall(r"\w+", text.casefold())
