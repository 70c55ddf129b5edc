"""Says each sentence of a summary once: what an earlier part has said already, a later one leaves out.

The fixed shape has five parts and three parts for two kinds of readers. Whoever shows both would say the same
sentences twice, and with the abstract below them three times, where the summary is made of the abstract's own.
"""

from collections.abc import Sequence
from functools import lru_cache

from assay.papers.models import ALL_PARTS, DayPaper, Dossier, Origin, Parts
from assay.papers.sentences import split


def each_once(parts: Parts, *, checked: bool = False) -> Parts:
    """The summary with every sentence in the first part that has it, in the order in which parts are shown.

    Args:
        parts: the summary.
        checked: whether findings point into its parts: then a part is left out whole or not at all.
    """
    said: set[str] = set()
    shown: dict[str, str] = {}
    for part in ALL_PARTS:
        sentences = _sentences(getattr(parts, part))
        unsaid = [sentence for sentence in dict.fromkeys(sentences) if sentence not in said]
        said.update(sentences)
        shown[part] = (getattr(parts, part) if checked else " ".join(unsaid)) if unsaid else ""
    return parts.model_copy(update=shown)


def summary_once(paper: DayPaper | Dossier, language: str) -> Parts:
    """The summary in that language, or in the first that it is in, with every sentence once."""
    shown = _language(paper, language)
    return each_once(paper.summary[shown], checked=shown in paper.checks)


def rest_of_abstract(dossier: Dossier, language: str) -> str:
    """The abstract below a summary: all of it, or of a summary made of its sentences, those that are not in it."""
    shown = _language(dossier, language)
    if dossier.summary_origin.get(shown) is not Origin.EXTRACTIVE:
        return dossier.paper.abstract
    parts = dossier.summary[shown]
    said = {sentence for part in ALL_PARTS for sentence in _sentences(getattr(parts, part))}
    return " … ".join(_runs(_sentences(dossier.paper.abstract), said))


def _language(paper: DayPaper | Dossier, language: str) -> str:
    return language if language in paper.summary else next(iter(paper.summary), language)


def _runs(sentences: Sequence[str], said: set[str]) -> list[str]:
    """The sentences that were not said, those that follow each other in one piece."""
    runs: list[list[str]] = [[]]
    for sentence in sentences:
        if sentence in said:
            runs.append([])
        else:
            runs[-1].append(sentence)
    return [" ".join(run) for run in runs if run]


@lru_cache(maxsize=1_024)
def _sentences(text: str) -> tuple[str, ...]:
    return tuple(text[span.start : span.end] for span in split(text))
