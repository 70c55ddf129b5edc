"""Finds the papers of an archive that are like one: by the words that they share, the rarer the more telling.

Of each paper only what was listed up to its own day counts. So a new day changes nothing for the days before.
"""

from collections.abc import Iterable
from itertools import groupby

from assay.papers.models import Dossier

_MOST = 4
_LEAST = 0.17
"""Papers that are less alike than this, as the cosine of their weighed words, are not shown."""
_COMMON = 0.12
"""Words of more than this share of the papers say nothing."""
_TITLE = 3
"""So many times does a word of the title or a keyword count."""


_WORD = r"[a-z][a-z0-9-]+[a-z0-9]"


def similar_papers(papers: Iterable[Dossier]) -> dict[str, list[Dossier]]:
    """By paper, the few papers most like it that were listed on its first day or before, the most like first."""
    dated = sorted((paper for paper in papers if paper.days), key=lambda each: (each.days[-1], each.paper.id))
    texts = [_text(paper) for paper in dated]
    if not any(map(str.strip, texts)):
        return {paper.paper.id: [] for paper in dated}
    # They take a while to load.
    import numpy as np  # noqa: PLC0415
    from sklearn.feature_extraction.text import CountVectorizer  # type: ignore[import-untyped]  # noqa: PLC0415
    from sklearn.preprocessing import normalize  # type: ignore[import-untyped]  # noqa: PLC0415

    counts = CountVectorizer(stop_words="english", token_pattern=_WORD).fit_transform(texts)
    counts.data = 1 + np.log(counts.data)
    found: dict[str, list[Dossier]] = {}
    end = 0
    for _, group in groupby(dated, key=lambda each: each.days[-1]):
        start, end = end, end + len(list(group))
        known = counts[:end]
        having = known.getnnz(axis=0)
        tells = (having > 1) & (having <= max(_COMMON * end, 3))
        weights = np.where(tells, np.log1p(end / np.maximum(having, 1)), 0.0)
        weighed = normalize(known.multiply(weights).tocsr())
        alike = (weighed[start:end] @ weighed.T).toarray()
        for row, at in enumerate(range(start, end)):
            alike[row, at] = 0.0
            best = sorted(np.flatnonzero(alike[row] >= _LEAST), key=lambda place: (-alike[row, place], -place))[:_MOST]
            found[dated[at].paper.id] = [dated[place] for place in best]
    return found


def _text(dossier: Dossier) -> str:
    """The words of a paper, those of its title and its keywords more often than those of its abstract."""
    named = " . ".join([dossier.paper.title, *dossier.paper.keywords])
    return " . ".join([*[named] * _TITLE, dossier.paper.abstract]).lower()
