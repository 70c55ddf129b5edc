"""Questions that are made without end and whose answers are scored exactly: the generators of reasoning-gym.

They need the package ``reasoning-gym``, which comes with the extra ``reasoning``: 106 generators, arithmetic to zebra
puzzles. Each item says what counts as right, so that a model's answer is scored and not compared letter by letter.
Models answer in sentences: the answer is taken out of them first, in one way for all methods that are compared.

SmolLM2-135M-Instruct, 12 items each: of the product of two digits (``products`` with two terms of one digit) 8 right
when asked in chat, of their sum or difference (``chain_sum`` alike) 6; as a text to go on with behind four examples, 6
and 10. Examples inside a chat confuse it: 1 and 0. Of ``syllogism`` it gets 2 in chat,
of ``needle_haystack`` with 5 to 10 statements none.
"""

import re
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

_NUMBER = re.compile(r"-?\d+(?:,\d{3})*(?:\.\d+)?(?:/\d+)?")
_CHOICES = ({"yes", "no"}, {"true", "false"})


class NotInstalledError(ValueError):
    """The package that makes the questions is not here; the message is one line that says how to get it."""


@dataclass(frozen=True)
class Question:
    """A question with its answer."""

    prompt: str
    """As a model is asked."""
    answer: str
    """One that is right; there may be others."""
    _dataset: Any = field(repr=False, compare=False)
    _item: dict[str, Any] = field(repr=False, compare=False)

    def score(self, text: str) -> float:
        """How right the answer in a model's text is: 1 where it is, less where the generator gives credit for a part.

        Args:
            text: What the model wrote; see `take_answer`.
        """
        return float(self._dataset.score_answer(take_answer(text, like=self.answer), self._item))

    def is_right(self, text: str) -> bool:
        """Whether the answer in a model's text is right."""
        return self.score(text) == 1.0


def draw_questions(generator: str, number: int, *, seed: int = 0, examples: int = 0, **settings: Any) -> list[Question]:
    """Questions of a generator of reasoning-gym, the same for the same seed.

    Args:
        generator: Its name, such as ``products`` or ``knights_knaves``.
        number: How many.
        seed: Of everything random in them.
        examples: Solved ones that stand before each question, none of which is asked. The prompt is then a text to go
            on with, for `LanguageModel.ids` rather than its chat.
        settings: Of the generator, such as ``max_digits``: how hard they are.

    Raises:
        NotInstalledError: reasoning-gym is not installed.
        ValueError: There is no such generator, or it has no such setting.
    """
    try:
        gym = import_module("reasoning_gym")
    except ImportError as error:
        raise NotInstalledError(
            f"reasoning questions need the extra `reasoning`, pip install '.[reasoning]' in a clone of Assay: {error}"
        ) from None
    try:
        dataset = gym.create_dataset(generator, size=number + examples, seed=seed, **settings)
    except (ValueError, TypeError, AssertionError) as error:
        raise ValueError(f"reasoning-gym's {generator} with {settings}: {error}") from None
    items = list(dataset)
    shown = "".join(f"Question: {each['question'].strip()}\nAnswer: {each['answer']}\n\n" for each in items[:examples])
    return [
        Question(
            f"{shown}Question: {item['question'].strip()}\nAnswer:" if shown else item["question"].strip(),
            str(item["answer"]),
            dataset,
            item,
        )
        for item in items[examples:]
    ]


def take_answer(text: str, *, like: str) -> str:
    """The answer in a text, by the form of one that is right.

    A number is the last one of the text's first paragraph, yes and no or true and false the last such word there;
    any other answer is its first line without a full stop at the end. Without a number or word of the kind, that too.
    """
    paragraph = text.strip().partition("\n\n")[0]
    line = paragraph.partition("\n")[0].strip().removesuffix(".")
    if _NUMBER.fullmatch(like.strip()):
        numbers = _NUMBER.findall(paragraph)
        return numbers[-1].replace(",", "") if numbers else line
    for words in _CHOICES:
        if like.strip().lower() in words:
            spoken = [word for word in re.findall(r"[a-z]+", paragraph.lower()) if word in words]
            return like if spoken and spoken[-1] == like.strip().lower() else (spoken[-1] if spoken else line)
    return line
