"""Questions with options: read from any records, asked in letters, and scored by letter or by likelihood.

A record is a mapping (a dict, a row of `datasets`, a line of JSONL) with a question, its options and the right one,
given as a number from 0, as a letter, or as the option's own text. What cannot be read is refused with the record's
name: its ``id`` if it has one, its place otherwise.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from string import ascii_uppercase
from typing import Any

from assay.methods._models import Model, can_tell_likelihoods, likelihoods_of, mean_log_likelihood

Record = Mapping[str, Any]


@dataclass(frozen=True)
class ChoiceItem:
    """A question with options, one of them right."""

    question: str
    choices: tuple[str, ...]
    answer: int
    """The number of the right option, from 0."""
    id: str = ""
    record: Record = field(default_factory=dict, compare=False)
    """What it was read from."""

    @property
    def letter(self) -> str:
        """Of the right option."""
        return ascii_uppercase[self.answer]


@dataclass(frozen=True)
class Choice:
    """What a model chose for one item."""

    item: ChoiceItem
    chosen: int | None
    """The number of the option; ``None`` where the answer names none."""
    text: str = ""
    """The answer it was read from, if it was one."""

    @property
    def right(self) -> bool:
        """Whether it is the right option; no option is a wrong one."""
        return self.chosen == self.item.answer


def name_of(record: Record, place: int) -> str:
    """What messages call a record: its id, or its place, from 0."""
    named = record.get("id")
    return f"record {place}" if named is None or named == "" else f"record {named!r}"


def read_choice_items(
    records: Iterable[Record], *, question: str = "question", choices: str = "choices", answer: str = "answer"
) -> list[ChoiceItem]:
    """Read questions with options out of records.

    Args:
        records: Mappings, a ``datasets.Dataset`` among them.
        question: The field of the question.
        choices: The field of the options: a list, or a mapping with them in ``text`` (and letters in ``label``).
        answer: The field of the right one: a number from 0, a letter (or another label), or the option's text.

    Raises:
        ValueError: A record lacks a field, has fewer than two options, or an answer that is none of them; it is named.
    """
    items = []
    for place, record in enumerate(records):
        if not isinstance(record, Mapping):
            raise ValueError(
                f"record {place} is a {type(record).__name__}: give mappings with {question}, {choices}, {answer}"
            )
        named = name_of(record, place)
        for needed in (question, choices, answer):
            if record.get(needed) is None:
                raise ValueError(f"{named} has no {needed!r}: it has {', '.join(map(repr, record)) or 'nothing'}")
        options, labels = _options(record[choices], named)
        index = _answer_index(record[answer], options, labels, named)
        items.append(ChoiceItem(str(record[question]), options, index, str(record.get("id", place)), record))
    return items


def _options(value: Any, named: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The options, and the labels that answers may call them by."""
    labels: Sequence[Any] = ()
    if isinstance(value, Mapping):
        labels, value = value.get("label", ()), value.get("text")
    if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(each, str) for each in value):
        raise ValueError(f"{named} has no list of options: {value!r}")
    if labels and len(labels) != len(value):
        raise ValueError(f"{named} has {len(value)} options and {len(labels)} labels: give one for each")
    if len(value) < 2:
        raise ValueError(f"{named} has {len(value)} option{'s' * (len(value) != 1)}: a question needs two or more")
    if len(value) > len(ascii_uppercase):
        raise ValueError(f"{named} has {len(value)} options: there are letters for {len(ascii_uppercase)}")
    if empty := [index for index, each in enumerate(value) if not each.strip()]:
        raise ValueError(f"{named} has nothing as option {ascii_uppercase[empty[0]]}")
    return tuple(value), tuple(map(str, labels)) or tuple(ascii_uppercase[: len(value)])


def _answer_index(value: Any, options: Sequence[str], labels: Sequence[str], named: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"{named} has the answer {value!r}: give a number from 0, a letter or the option's text")
    if isinstance(value, int):
        if 0 <= value < len(options):
            return value
        raise ValueError(f"{named} has the answer {value}: its options are 0 to {len(options) - 1}")
    # A text that is an option of this record is one, even where it could be a label as well.
    if options.count(value) == 1:
        return options.index(value)
    if options.count(value) > 1:
        raise ValueError(f"{named} has the answer {value!r}, which several of its options are")
    if value.strip() in labels:
        return list(labels).index(value.strip())
    raise ValueError(f"{named} has the answer {value!r}, which is none of its options")


def lettered_prompt(
    item: ChoiceItem, *, ending: str = "Answer with the letter of the right option only.\nAnswer:"
) -> str:
    """The question, its options behind letters, and what asks for one of them."""
    lines = [f"{letter}. {option}" for letter, option in zip(ascii_uppercase, item.choices, strict=False)]
    return "\n".join([item.question, *lines, ending])


def find_letter(text: str, options: int, *, choices: Sequence[str] = ()) -> int | None:
    """The option that an answer names, as a number from 0; ``None`` where it names none, or more than one.

    In this order: "the answer is (B)", the last of them; a letter with which the answer begins; a letter by itself, if
    there is only one (A and I, which are words, only in brackets, in bold type or after "option"); an option's own
    words, if no other option stands there.

    Args:
        text: The answer.
        options: How many there are.
        choices: The options, to be recognised in their own words.
    """
    last = ascii_uppercase[options - 1]
    if said := re.findall(rf"(?i:answer(?:\s+is)?)\s*:?\s*[(*\[]*([A-{last}])\b", text):
        return ascii_uppercase.index(said[-1])
    if first := re.match(rf"\s*[(*\[]*([A-{last}])(?:[).:\]*]+|\s*$|\s*\n)(?!\s*(?:or|and)\b)", text):
        return ascii_uppercase.index(first[1])
    alone = set(re.findall(rf"(?<![\w'])([A-{last}])(?![\w'])", text)) - {"A", "I"}
    if letters := alone | set(re.findall(rf"(?:[(*\[]|(?i:option|choice)\s+)([A-{last}])\b", text)):
        return ascii_uppercase.index(letters.pop()) if len(letters) == 1 else None
    words = " ".join(text.split()).casefold()
    named = {i for i, each in enumerate(choices) if re.search(rf"(?<!\w){re.escape(each.casefold())}(?!\w)", words)}
    # Of "York" and "New York", both found, the longer one is meant.
    named -= {i for i in named for other in named if i != other and choices[i].casefold() in choices[other].casefold()}
    return named.pop() if len(named) == 1 else None


def choose_by_letter(
    model: Model, items: Sequence[ChoiceItem], *, tokens: int = 8, prompt: Callable[[ChoiceItem], str] = lettered_prompt
) -> list[Choice]:
    """Let a model choose by letter: the likeliest letter, where the model tells likelihoods, or the one that it writes.

    Args:
        model: Any `Model`.
        items: The questions.
        tokens: Of a written answer, at most.
        prompt: Makes the question; it ends where a letter follows.
    """
    if can_tell_likelihoods(model):
        return _likeliest(
            model, items, prompt, lambda item: tuple(f" {each}" for each in ascii_uppercase[: len(item.choices)])
        )
    texts = model.answer([prompt(item) for item in items], tokens=tokens)
    return [
        Choice(item, find_letter(text, len(item.choices), choices=item.choices), text)
        for item, text in zip(items, texts, strict=True)
    ]


def choose_by_likelihood(
    model: Model,
    items: Sequence[ChoiceItem],
    *,
    prompt: Callable[[ChoiceItem], str] | None = None,
    per_token: bool = True,
) -> list[Choice]:
    """Rank the options by how likely a model goes on with each, without showing them.

    Args:
        model: One that tells likelihoods.
        items: The questions.
        prompt: Makes the question; the question and "Answer:" by default.
        per_token: Whether an option's log-likelihood is divided by its tokens, so that long ones have a chance.

    Raises:
        ModelError: The model tells no likelihoods.
    """
    prompt = prompt or (lambda item: f"{item.question}\nAnswer:")
    return _likeliest(
        model, items, prompt, lambda item: tuple(f" {each}" for each in item.choices), per_token=per_token
    )


def _likeliest(
    model: Model,
    items: Sequence[ChoiceItem],
    prompt: Callable[[ChoiceItem], str],
    continuations: Callable[[ChoiceItem], tuple[str, ...]],
    *,
    per_token: bool = False,
) -> list[Choice]:
    pairs = [(prompt(item), each) for item in items for each in continuations(item)]
    logs = iter(likelihoods_of(model).log_likelihoods([p for p, _ in pairs], [c for _, c in pairs]))
    choices = []
    for item in items:
        scores = [next(logs) for _ in item.choices]
        values = [mean_log_likelihood(total, count) if per_token else total for total, count in scores]
        choices.append(Choice(item, max(range(len(values)), key=values.__getitem__)))
    return choices
