"""What a figure of a Korean sentence is of: a table of sentences with every field of every figure."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from assay.claims.meanings.concepts import concepts_of
from assay.claims.meanings.korean import read_meanings
from assay.claims.meanings.meaning import Meaning
from assay.claims.numbers.quantities import quantities

_GOLD = Path(__file__).parents[1] / "gold"
_FIELDS = ("metric", "dataset", "subject", "baseline", "direction", "negated", "bound", "role")


class _Row(NamedTuple):
    sentence: str
    figures: list[tuple[str, dict[str, list[str]]]]
    """Each figure as written, and the accepted values of its fields; a field left open accepts none."""


def _rows(name: str) -> Iterator[_Row]:
    row: _Row | None = None
    for line in (_GOLD / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("  ") and row is not None:
            figure, _, labels = line.partition("|")
            row.figures.append((figure.strip(), _labels(labels)))
        elif line and not line.startswith("#"):
            if row is not None:
                yield row
            row = _Row(line, [])
    if row is not None:
        yield row


def _labels(text: str) -> dict[str, list[str]]:
    labels = {field: [""] for field in _FIELDS}
    for each in text.split():
        field, is_given, value = each.partition("=")
        if field.startswith("?"):
            labels[field[1:]] = []
        else:
            labels[field] = [one.replace("_", " ") for one in value.split("/")] if is_given else ["True"]
    return labels


def _is_right(field: str, meaning: Meaning, accepted: list[str]) -> bool:
    found = getattr(meaning, field)
    if not accepted:
        return True
    if field == "metric":
        return any(each in concepts_of(found) if each else not concepts_of(found) for each in accepted)
    if field == "negated":
        return meaning.negated == (accepted == ["True"])
    return str(found) in accepted


def score(name: str) -> tuple[Counter[str], Counter[str], list[str]]:
    """How many fields are right, and there are, by field; and what was read otherwise than labelled."""
    right: Counter[str] = Counter()
    all_: Counter[str] = Counter()
    misses: list[str] = []
    for row in _rows(name):
        figures = quantities(row.sentence, words=True)
        texts = [row.sentence[each.start : each.end] for each in figures]
        meanings = read_meanings(row.sentence, figures)
        for figure, labels in row.figures:
            meaning = meanings[texts.index(figure)] if figure in texts else None
            correct = {field: meaning is not None and _is_right(field, meaning, labels[field]) for field in _FIELDS}
            all_.update([*_FIELDS, "every field"])
            right.update(field for field in _FIELDS if correct[field])
            right["every field"] += all(correct.values())
            misses += [
                f"{row.sentence} [{figure}] {field}: {getattr(meaning, field, 'not found')!r}, not {labels[field]}"
                for field in _FIELDS
                if not correct[field]
            ]
    return right, all_, misses


def test_every_field_of_the_sentences_that_the_rules_were_made_with() -> None:
    right, labelled, misses = score("korean_development.txt")
    assert right["every field"] >= 0.97 * labelled["every field"], "\n".join(misses)


def test_every_field_of_sentences_that_were_kept_aside() -> None:
    right, labelled, _ = score("korean_held_out.txt")
    assert right["every field"] >= 0.80 * labelled["every field"]


def test_a_text_of_several_sentences_is_read_sentence_by_sentence() -> None:
    text = "Gullwing은 메모리를 70% 줄인다. 지연 시간은 26% 늘어난다."
    first, second = read_meanings(text, quantities(text))
    assert (first.metric, first.subject, first.direction) == ("메모리", "Gullwing", "down")
    assert (second.metric, second.subject, second.direction) == ("지연 시간", "", "up")
