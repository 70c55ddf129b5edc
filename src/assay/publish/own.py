"""Puts into words what a reader did with a paper, and what she follows."""

from datetime import date

from assay.papers.models import Day
from assay.publish.labels import label
from assay.publish.reasons import tell_reasons
from assay.reader.day import OwnDay
from assay.reader.interests import Follow, Phrase
from assay.reader.records import OwnMarks


def own_words(day: Day, paper: str, language: str) -> list[str]:
    """What a day says of a paper to its reader alone: why it stands there, and what she did with it."""
    if not isinstance(day, OwnDay):
        return []
    ranked, marks = day.ranked.get(paper), day.marks.get(paper)
    reasons = [tell_reasons(ranked.reasons, language)] if ranked is not None else []
    return [*filter(None, reasons), *(mark_words(marks, language, day=day.date) if marks is not None else ())]


def mark_words(marks: OwnMarks, language: str, *, day: date | None = None) -> list[str]:
    """What a reader did with a paper, the most telling first: ``★ starred``, ``read``, ``#attention``.

    Args:
        marks: all that she did with it.
        language: of the words.
        day: the day that the paper is shown with; with it, that the paper was shown to her with another one.
    """
    words = [label(f"own.{name}", language) for name in ("starred", "read", "hidden") if getattr(marks, name)]
    if day is not None and (before := marks.seen_before(day)):
        words.append(label("own.seen_before", language, day=before))
    words += [f"#{tag}" for tag in marks.tags]
    if marks.notes:
        words.append(label("own.notes", language, n=len(marks.notes)))
    return words


def follow_words(follow: Follow, language: str) -> str:
    """What a reader follows: ``author Song Han``."""
    return label(f"own.follow.{follow.kind.value}", language, value=follow.value)


def phrase_words(phrase: Phrase, language: str) -> str:
    """A phrase and its weight: ``phrase KV cache, weight 2``."""
    return label("own.follow.phrase", language, value=phrase.text, weight=f"{phrase.weight:g}")
