"""Questions turned into their WiCkeD: one option drawn away, "None of the above" put behind the others."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from random import Random
from typing import Any, Literal

from assay.methods._choices import ChoiceItem, Record, name_of, read_choice_items

Kind = Literal["none is right", "wrong one removed", "none added", "unchanged"]
"""What became of a question: its right option was removed, a wrong one was, nothing was (the control), or it stayed."""

_FEWEST_OPTIONS = 3
_BEST_ANSWER = re.compile(
    r"""\b(?: most | best | least | worst | better | worse | primary | primarily | main | mainly | closest | nearest
    | likeliest | greatest | highest | largest | smallest | lowest | longest | shortest | strongest | weakest )\b
    | \b[Ww]hich\ (?:one\ )?of\ (?:the\ following|these)\b.*\bnot\b | \bNOT\b | \bEXCEPT\b | \bexcept\W*$""",
    re.VERBOSE | re.DOTALL,
)
_NOT_ASKED = re.compile(r'"[^"]*"|\b(?:at (?:least|most|best|worst)|most of|least common multiple)\b')
"""Words that make no question one for the best answer: what it quotes, and figures of speech."""
_OPTION = r"\(?[A-Ea-e]\)?"
_ABOUT_OTHERS = re.compile(
    rf"""(?:all|none|neither|both|any|either|each|some|two|more\ than\ one)\ of\ (?:these|those|them|the\ (?:
    above|others?|preceding|following|options|choices|answers)(?:\ (?:options|choices|answers))?)(?:\ (?:is|are)\ \w+)?
    | (?:all|both|neither)\ (?:(?:options|choices|answers)\ )?(?:is|are)\ (?:right|correct|true|wrong|false)
    | (?:no|none)\ (?:is\ )?(?:correct|right)(?:\ (?:answer|option|choice))? | not\ listed | no\ answer
    | (?:both\ |neither\ |either\ )?{_OPTION}(?:,\ ?{_OPTION})*,?\ (?:and|&|or|nor)\ {_OPTION}""",
    re.IGNORECASE | re.VERBOSE,
)


def asks_for_the_best(question: str) -> bool:
    """Whether a question seems to ask for the best of several answers that can be defended, by its words.

    It would become incoherent: with the best option gone, the second best is the best one. The paper trained a
    classifier on the text of questions for this; any such callable may stand here.
    """
    return bool(_BEST_ANSWER.search(_NOT_ASKED.sub("", question)))


@dataclass(frozen=True)
class Wicked:
    """How questions are turned into their WiCkeD."""

    seed: int = 0
    """Of the option that is removed; drawn for each question from this and what the question is (ours: the code draws
    from one generator for all, so that a subset draws otherwise)."""
    text: str = "None of the above"
    """The new option (paper)."""
    best_answer: Callable[[str], bool] = asks_for_the_best
    """Tells from the text of a question that it is to stay as it is (the paper's: a classifier it trained)."""
    unfit: Literal["refuse", "leave"] = "refuse"
    """What becomes of a question with an option twice, or with fewer than three: an error, or it stays as it is (ours:
    the code removes the first of two that are alike)."""
    remove: bool = True
    """Whether an option is removed (paper). Without, the new option is an additional wrong one: a control of what its
    mere sight does (ours)."""

    def __post_init__(self) -> None:
        if isinstance(self.seed, bool) or not isinstance(self.seed, int):
            raise ValueError(f"seed is {self.seed!r}: give a whole number")
        if self.unfit not in {"refuse", "leave"}:
            raise ValueError(f"unfit is {self.unfit!r}: choose refuse or leave")
        if not self.text.strip():
            raise ValueError("text is empty: give what the new option says")


@dataclass(frozen=True)
class WickedItem:
    """A question beside its WiCkeD."""

    original: ChoiceItem
    item: ChoiceItem
    kind: Kind
    removed: int | None = None
    """The number of the option that was removed."""
    why: str = ""
    """Of one that is unchanged: why."""

    @property
    def new_option(self) -> int | None:
        """The number of "None of the above"; ``None`` where there is none."""
        return None if self.kind == "unchanged" else len(self.item.choices) - 1


def make_wicked(
    records: Iterable[Record],
    settings: Wicked | None = None,
    *,
    question: str = "question",
    choices: str = "choices",
    answer: str = "answer",
) -> list[WickedItem]:
    """Turn questions with options into their WiCkeD.

    Args:
        records: Mappings, a ``datasets.Dataset`` among them; see `read_choice_items`.
        settings: See `Wicked`.
        question: The field of the question.
        choices: The field of the options.
        answer: The field of the right one.

    Raises:
        ValueError: A record cannot be read, has two options of one text or fewer than three; it is named.
    """
    settings = settings or Wicked()
    items = read_choice_items(records, question=question, choices=choices, answer=answer)
    return [turn(item, settings, name_of(item.record, place)) for place, item in enumerate(items)]


def turn(item: ChoiceItem, settings: Wicked, named: str) -> WickedItem:
    """Turn one question.

    Args:
        item: The question.
        settings: See `Wicked`.
        named: What an error calls it.

    Raises:
        ValueError: It has two options of one text or fewer than three, and such questions are to be refused.
    """
    if why := _why_unfit(item):
        if settings.unfit == "refuse":
            raise ValueError(f"{named} {why}; Wicked(unfit='leave') leaves such questions as they are")
        return WickedItem(item, item, "unchanged", why=f"it {why}")
    if about := [each for each in item.choices if _is_about_others(each, settings.text)]:
        return WickedItem(item, item, "unchanged", why=f"the option {about[0]!r} is about the others")
    if settings.best_answer(item.question):
        return WickedItem(item, item, "unchanged", why="it asks for the best of several answers")
    if not settings.remove:
        return WickedItem(item, replace(item, choices=(*item.choices, settings.text)), "none added")
    count = len(item.choices)
    removed = _draw(settings.seed, item)
    kept = tuple(each for index, each in enumerate(item.choices) if index != removed)
    if removed == item.answer:
        right, kind = count - 1, "none is right"
    else:
        right, kind = item.answer - (removed < item.answer), "wrong one removed"
    return WickedItem(item, replace(item, choices=(*kept, settings.text), answer=right), kind, removed)  # type: ignore[arg-type]


def _why_unfit(item: ChoiceItem) -> str:
    folded = [" ".join(each.split()).casefold() for each in item.choices]
    if twice := [each for each, text in zip(item.choices, folded, strict=True) if folded.count(text) > 1]:
        return f"has the option {twice[0]!r} twice: with one gone the other would still be there"
    if len(item.choices) < _FEWEST_OPTIONS:
        return f"has {len(item.choices)} options: WiCkeD needs {_FEWEST_OPTIONS} or more, since one goes"
    return ""


def _is_about_others(option: str, text: str) -> bool:
    words = " ".join(option.split()).rstrip(".!")
    return words.casefold() == text.strip().rstrip(".!").casefold() or bool(_ABOUT_OTHERS.fullmatch(words))


def _draw(seed: int, item: ChoiceItem) -> int:
    """The option that goes: by the record's own id, or else by what it says, so that order and subset do not matter."""
    named = item.record.get("id")
    if named is None or named == "":
        named = "\n".join([item.question, *item.choices])
    digest = sha256(f"{seed}\n{named}".encode()).digest()
    return Random(digest).randrange(len(item.choices))  # noqa: S311 - a draw, not a secret


def as_records(
    items: Sequence[WickedItem], *, choices: str = "choices", answer: str = "answer"
) -> list[dict[str, Any]]:
    """The records that the items were read from, with the WiCkeD's options and answer in the form that they had.

    An answer that was a number stays one, as a letter or another label does, or the option's own text. Two fields come
    with them: ``wicked``, what became of the question, and ``wicked_removed``, the text that was removed.
    """
    return [
        dict(each.original.record)
        | dict(rewritten(each, choices=choices, answer=answer))
        | {
            "wicked": each.kind,
            "wicked_removed": "" if each.removed is None else each.original.choices[each.removed],
        }
        for each in items
    ]


def rewritten(item: WickedItem, *, choices: str, answer: str) -> Iterator[tuple[str, Any]]:
    """The two fields of a record that its WiCkeD has otherwise, in the form that they had."""
    before, options = item.original.record, list(item.item.choices)
    labels: list[Any] = []
    if isinstance(before[choices], Mapping):
        labels = list(before[choices].get("label", ()))
        if labels and len(options) > len(labels):  # the control has an option more
            last = str(labels[-1])
            labels.append(chr(ord(last) + 1) if len(last) == 1 and last not in "9Zz" else str(len(options)))
        yield choices, dict(before[choices]) | {"text": options} | ({"label": labels} if labels else {})
    else:
        yield choices, options
    said = before[answer]
    if isinstance(said, int):
        yield answer, item.item.answer
    elif said in item.original.choices:
        yield answer, options[item.item.answer]
    else:
        yield answer, str(labels[item.item.answer]) if labels else item.item.letter


def wicked_dataset(dataset: Any, settings: Wicked | None = None, **fields: str) -> Any:
    """The WiCkeD of a ``datasets.Dataset``, as one: all of its columns, and the two of `as_records`.

    Args:
        dataset: With a question, options and the right one in each row.
        settings: See `Wicked`.
        fields: ``question``, ``choices`` and ``answer``, where they have other names.

    Raises:
        ValueError: See `make_wicked`.
    """
    from datasets import Dataset  # type: ignore[import-untyped] # noqa: PLC0415 - slow to load

    named = {name: value for name, value in fields.items() if name in {"choices", "answer"}}
    return Dataset.from_list(as_records(make_wicked(list(dataset), settings, **fields), **named))
