"""Ways to find the texts that are nearest to one: by weighted words, by BM25, or by the vectors of an encoder."""

import re
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np

Find = Callable[[str, int], list[tuple[int, float]]]
"""The places of the nearest texts for a query, the nearest first with how near; at most so many, none that has nothing
in common with it."""
Retriever = Callable[[Sequence[str]], Find]
"""Makes a `Find` of the texts that are searched."""


def tfidf(texts: Sequence[str]) -> Find:
    """The cosine of words weighted by how rare they are, without a model; by scikit-learn.

    Raises:
        ValueError: scikit-learn is not installed, or no text has a word.
    """
    vectors = _need("sklearn.feature_extraction.text", "scikit-learn")
    vectorizer = vectors.TfidfVectorizer(sublinear_tf=True, token_pattern=_WORD, dtype=np.float32)
    by_word = vectorizer.fit_transform(texts).T.tocsr()  # a query reads the rows of its words alone

    def find(query: str, count: int) -> list[tuple[int, float]]:
        scores = vectorizer.transform([query]) @ by_word
        return _best(scores.indices, scores.data, count)

    return find


def bm25(texts: Sequence[str]) -> Find:
    """BM25, without a model; by bm25s.

    Raises:
        ValueError: bm25s is not installed.
    """
    index = _need("bm25s", "bm25s").BM25()
    index.index([_words(text) for text in texts], show_progress=False)

    def find(query: str, count: int) -> list[tuple[int, float]]:
        words = [word for word in dict.fromkeys(_words(query)) if word in index.vocab_dict]
        if not words:
            return []
        scores = index.get_scores(words)
        return _best(np.flatnonzero(scores), scores[scores != 0], count)

    return find


def dense(encode: Callable[[Sequence[str]], Any]) -> Retriever:
    """The cosine of vectors, which see meanings and not words alone.

    Args:
        encode: Gives the vectors [texts, width] of texts: ``SentenceTransformer(...).encode``, or an endpoint's.
    """

    def vectors(texts: Sequence[str]) -> Any:
        made = np.asarray(encode(list(texts)), dtype=np.float32)
        return made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-12)

    def make(texts: Sequence[str]) -> Find:
        known = vectors(texts)

        def find(query: str, count: int) -> list[tuple[int, float]]:
            scores = known @ vectors([query])[0]
            return _best(np.arange(len(scores)), scores, count)

        return find

    return make


_WORD = r"[^\W_]+"


def _words(text: str) -> list[str]:
    return re.findall(_WORD, text.casefold())


def _best(places: Any, scores: Any, count: int) -> list[tuple[int, float]]:
    """The highest scores with their places; of equal ones the first."""
    if len(scores) > count:
        least = np.partition(scores, -count)[-count]
        kept = scores >= least
        places, scores = places[kept], scores[kept]
    order = np.lexsort((places, -scores))[:count]
    return [(int(places[each]), float(scores[each])) for each in order]


def _need(module: str, package: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise ValueError(f"this retriever needs {package}: pip install 'assay-papers[run]'") from error
