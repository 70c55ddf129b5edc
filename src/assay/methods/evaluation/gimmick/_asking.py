"""The grid of conditions: the same items asked with and without image, title and hints, and the answers scored."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

from assay.methods._choices import choose_by_letter, choose_by_likelihood, lettered_prompt
from assay.methods._models import Model, as_model
from assay.methods.evaluation.gimmick._items import GroupedItem

Match = Literal["exact", "begins", "contains"]
Scorer = Callable[[str, GroupedItem], float]
_SHORT = "Answer with the name only."


@dataclass(frozen=True)
class Condition:
    """What is shown beside a question."""

    image: bool = False
    title: bool = True
    hint: tuple[str, ...] = ()
    """The kinds of hint that are given."""

    def __str__(self) -> str:
        """``image + title, hint: region``."""
        shown = " + ".join(name for name in ("image", "title") if getattr(self, name)) or "question"
        return f"{shown}, hint: {' + '.join(self.hint) or 'none'}"


def conditions(
    *,
    image: Sequence[bool] = (False,),
    title: Sequence[bool] = (True,),
    hint: Sequence[str | Sequence[str]] = ("none",),
) -> list[Condition]:
    """The grid of all combinations; a hint is a kind, several kinds, or ``none``."""
    kinds = [() if each == "none" else (each,) if isinstance(each, str) else tuple(each) for each in hint]
    return [Condition(*each) for each in product(image, title, kinds)]


def prompt_of(item: GroupedItem, condition: Condition) -> str:
    """How an item is asked in a condition.

    Raises:
        ValueError: Nothing is left that says what is asked about, or the item lacks the image or the hint.
    """
    has_title, has_image = bool(item.title), item.image is not None
    if condition.image and not has_image:
        raise ValueError(f"item {item.id!r} has no image, which the condition '{condition}' shows")
    if (has_title or has_image) and not (condition.image or (condition.title and has_title)):
        raise ValueError(f"item {item.id!r} is asked with neither image nor title: nothing says what it is about")
    lines = [f"{item.title}."] if condition.title and has_title else []
    lines.append(item.question)
    for kind in condition.hint:
        if kind not in item.hints:
            raise ValueError(f"item {item.id!r} has no hint {kind!r}: it has {', '.join(item.hints) or 'none'}")
        lines.append(f"Hint: the {kind} is {item.hints[kind]}.")
    return "\n".join(lines)


def ask(
    model: Any,
    items: Sequence[GroupedItem],
    grid: Sequence[Condition],
    *,
    scorer: Match | Scorer = "contains",
    ranked: bool = False,
    tokens: int = 24,
    progress: Callable[[str], None] | None = None,
) -> dict[Condition, list[float]]:
    """Ask a model every item in every condition, and score the answers in [0, 1].

    Args:
        model: See `as_model`; with images, one that sees.
        items: All with options, which are chosen by letter, or all without.
        grid: See `conditions`.
        scorer: How an open answer is compared, see `matches`, or a function of the answer and the item.
        ranked: Whether options are ranked by their likelihood, unseen, instead of shown behind letters.
        tokens: Of an answer, at most.
        progress: Told the condition that is asked.

    Raises:
        ValueError: Some items have options and others have none, an item cannot be asked so, or a score is outside.
        ModelError: The model gives no answer.
    """
    asked = as_model(model)
    chosen = [bool(each.choices) for each in items]
    if not items or any(chosen) != all(chosen):
        raise ValueError(
            "there are no items" if not items else "some items have options and others have none: ask apart"
        )
    scores: dict[Condition, list[float]] = {}
    for condition in grid:
        if progress:
            progress(str(condition))
        prompts = [prompt_of(item, condition) for item in items]
        if chosen[0]:
            scores[condition] = _choose(asked, items, prompts, condition, ranked=ranked, tokens=tokens)
        else:
            images = [item.image for item in items] if condition.image else None
            texts = asked.answer([f"{each}\n{_SHORT}" for each in prompts], tokens=tokens, images=images)
            scores[condition] = [_score(text, item, scorer) for text, item in zip(texts, items, strict=True)]
    return scores


def _choose(
    model: Model,
    items: Sequence[GroupedItem],
    prompts: Sequence[str],
    condition: Condition,
    *,
    ranked: bool,
    tokens: int,
) -> list[float]:
    asked = [item.as_choice(prompt) for item, prompt in zip(items, prompts, strict=True)]
    if condition.image:
        from assay.methods._choices import find_letter  # noqa: PLC0415

        texts = model.answer([lettered_prompt(each) for each in asked], tokens=tokens, images=[i.image for i in items])
        picked = [
            find_letter(text, len(each.choices), choices=each.choices) for text, each in zip(texts, asked, strict=True)
        ]
        return [float(pick == each.answer) for pick, each in zip(picked, asked, strict=True)]
    choices = (
        choose_by_likelihood(model, asked, per_token=False) if ranked else choose_by_letter(model, asked, tokens=tokens)
    )
    return [float(each.right) for each in choices]


def _score(text: str, item: GroupedItem, scorer: Match | Scorer) -> float:
    value = float(scorer(text, item)) if callable(scorer) else float(matches(text, item.answers, scorer))
    if not 0 <= value <= 1:
        raise ValueError(
            f"item {item.id!r} has the score {value}: give shares between 0 and 1, and no code for an error"
        )
    return value


def matches(text: str, answers: Sequence[str], how: Match = "contains") -> bool:
    """Whether a text is one of the answers, whatever their case, accents and punctuation.

    ``exact``: the same words. ``begins``: one begins with the other's words. ``contains``: one has the other's words in
    a row. Words are compared whole, and nothing matches an empty text.

    Raises:
        ValueError: There is no such way.
    """
    if how not in {"exact", "begins", "contains"}:
        raise ValueError(f"matches are exact, begins or contains, not {how!r}")
    said = _words(text)
    return any(_match(said, _words(answer), how) for answer in answers)


def _match(said: list[str], right: list[str], how: Match) -> bool:
    if not said or not right:
        return False
    short, long = sorted((said, right), key=len)
    if how == "exact":
        return said == right
    starts = range(1 if how == "begins" else len(long) - len(short) + 1)
    return any(long[start : start + len(short)] == short for start in starts)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"\w+", "".join(each for each in plain if not unicodedata.combining(each)))
