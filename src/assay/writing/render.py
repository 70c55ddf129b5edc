"""Compares a translation with its record: the same figures and names, the right script and terms."""

import re
from collections.abc import Iterator

from assay.claims.naming.names import names
from assay.claims.numbers.quantities import figures
from assay.papers.models import ALL_PARTS, Parts
from assay.papers.text import fold
from assay.writing.review import Fault, Weight, find_clutter
from assay.writing.scripts import is_latin, language_name, script_faults
from assay.writing.terms import Glossary, terms_in


def compare(record: Parts, other: Parts, language: str, glossary: Glossary) -> list[Fault]:
    """Find what is wrong with ``other`` as a translation of the English ``record`` into ``language``.

    Part by part: it is there if and only if the record has it, carries the same figures with the same units, is
    written in the language's script with no letter of a third one, and has none of the spellings that the glossary
    rules out. Over all parts together the names are the same, for languages differ in where they leave out a subject.
    That a pinned term is used nowhere is worth a second turn and no more, because a sentence can do without it.
    """
    text = other.text()
    return [
        *(fault for part in ALL_PARTS for fault in _faults(part, record, other, language, glossary)),
        *(Fault(Weight.SUMMARY, words) for words in _names(record.text(), text)),
        *(
            Fault(Weight.STYLE, f"{english} is written {term.write}")
            for english, term in terms_in(record.text(), glossary).items()
            if term.write not in text
        ),
    ]


def _faults(part: str, record: Parts, other: Parts, language: str, glossary: Glossary) -> Iterator[Fault]:
    source, text = getattr(record, part), getattr(other, part)
    if not (source and text):
        if source or text:
            yield _fault(part, "it is missing" if source else "the record has no such part")
        return
    yield from (_fault(part, words) for words in _figures(source, text))
    yield from (_fault(part, words) for words in script_faults(text, language, source=source))
    if is_latin(language) and _is_still_english(source, text):
        yield _fault(part, f"it is not written in {language_name(language)}")
    yield from (fault._replace(weight=Weight.SUMMARY) for fault in find_clutter(part, text))
    for english, term in glossary.items():
        for never in term.never:
            if never in text:
                yield _fault(part, f"{english} is written {term.write}, not {never}")


def _fault(part: str, words: str) -> Fault:
    return Fault(Weight.SUMMARY, f"{part}: {words}", part)


def _figures(source: str, text: str) -> Iterator[str]:
    expected, actual = set(figures(source)), set(figures(text))
    if missing := sorted(expected - actual):
        yield f"it lacks {', '.join(map(str, missing))}"
    if added := sorted(actual - expected):
        yield f"it has {', '.join(map(str, added))}, which the record has not there"


def _names(source: str, text: str) -> Iterator[str]:
    for words, names_of, stands_in in (
        ("it lacks {}", source, text),
        ("it names {}, which the record does not", text, source),
    ):
        spellings = _spelling(stands_in)
        missing = [name.text for name in names(names_of) if _spelling(name.text) not in spellings]
        if missing:
            yield words.format(", ".join(dict.fromkeys(missing)))


def _spelling(text: str) -> str:
    """``text`` without spaces and hyphens, in which a name is found however it is set; its case counts."""
    return re.sub(r"[\s:‐‑–-]+", "", text)


_STILL_ENGLISH = 0.7


def _is_still_english(source: str, text: str) -> bool:
    """Whether most words, names aside, are those of the record: a text in Latin letters that was not translated."""
    source_words = set(fold(source).split())
    words = [word for word in fold(text).split() if not any(ch.isdigit() for ch in word)]
    return len(words) >= 6 and sum(word in source_words for word in words) >= _STILL_ENGLISH * len(words)
