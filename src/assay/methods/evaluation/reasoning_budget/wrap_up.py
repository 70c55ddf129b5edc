"""Closes a model's thinking when its budget is spent: a logits processor for any ``generate`` of transformers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

Ids = tuple[int, ...]


@dataclass(frozen=True)
class WrapUp:
    """Lets a model think for so many tokens, and then writes what ends its thinking.

    Nothing is kept between calls: where thinking began and whether it ended is read from the tokens themselves, row by
    row. So padded batches are all right, beams that change places, and prompts that show thoughts which ended. A second
    block of thinking in one answer has a budget of its own.

    Raises:
        ValueError: A budget is below 0, the parts of one do not fit, or start or end is empty.
    """

    budget: int
    """Tokens of thinking: from the last `start` on, without the prompt's."""
    start: Ids
    """After which thinking begins: ``<think>``, or what the model's turn begins with where nothing marks it."""
    end: Ids
    """With which thinking ends: ``</think>``, or the token that ends the text where nothing marks it."""
    close: Ids = ()
    """What is written when the budget is spent; `end` if nothing is given. Of a model that marks its thinking it holds
    `end`, in front of it words such as "Time is up.", or behind it "Final answer:"."""
    least: int = 0
    """Tokens of thinking before which `end` is forbidden."""
    soft_from: int | None = None
    """Tokens after which `end` becomes likelier, step by step up to the budget; never if nothing is given."""
    soft_logits: float = 10.0
    """By how much, at the budget (ours)."""

    def __post_init__(self) -> None:
        for name in ("start", "end", "close"):
            ids = getattr(self, name)
            object.__setattr__(self, name, (ids,) if isinstance(ids, int) else tuple(map(int, ids)))
        if not self.start or not self.end:
            raise ValueError(f"{'end' if self.start else 'start'} has no tokens: give at least one")
        if self.budget < 0:
            raise ValueError(f"budget is {self.budget}: give tokens, 0 or more")
        if not 0 <= self.least <= self.budget:
            raise ValueError(f"least is {self.least}: give 0 to the budget, which is {self.budget}")
        if self.soft_from is not None and not 0 <= self.soft_from < self.budget:
            raise ValueError(f"soft_from is {self.soft_from}: give 0 or more, below the budget, which is {self.budget}")
        if not self.soft_logits >= 0:
            raise ValueError(f"soft_logits is {self.soft_logits}: give 0 or more")

    @classmethod
    def of_text(
        cls, tokenizer: Any, budget: int, *, start: str = "<think>", end: str = "</think>", close: str = "", **more: Any
    ) -> "WrapUp":
        """The same from texts, as a tokenizer of transformers encodes them.

        Raises:
            ValueError: A text encodes to nothing.
        """

        def ids(name: str, text: str) -> Ids:
            found = tuple(tokenizer(text, add_special_tokens=False)["input_ids"])
            if text and not found:
                raise ValueError(f"{name} is {text!r}, which the tokenizer encodes to nothing")
            return found

        return cls(budget, ids("start", start), ids("end", end), ids("close", close), **more)

    @property
    def closing(self) -> Ids:
        """What is written when the budget is spent."""
        return self.close or self.end

    def needed(self, answer: int) -> int:
        """The ``max_new_tokens`` that hold the budget, the closing and an answer of so many tokens.

        Exact where thinking begins with the answer; a `start` that the model writes itself comes on top.
        """
        return self.budget + len(self.closing) + answer

    def within(self, budget: int) -> "WrapUp":
        """The same with another budget."""
        return replace(self, budget=budget)

    def __call__(self, input_ids: "Tensor", scores: "Tensor") -> "Tensor":
        """Scores of the next token, as ``generate`` hands them to a processor: (rows, vocabulary)."""
        scores = scores.clone()
        for row, (ids, used) in enumerate(self._open_rows(input_ids)):
            if used is None:
                continue
            forced = used - self.budget
            if forced >= 0:
                if forced < len(self.closing):
                    scores[row] = float("-inf")
                    scores[row, self.closing[forced]] = 0.0
            elif used < self.least:
                if _ends_with(ids, self.end[:-1]):
                    scores[row, self.end[-1]] = float("-inf")
            elif self.soft_from is not None and used >= self.soft_from:
                share = (used - self.soft_from + 1) / (self.budget - self.soft_from)
                scores[row, self.end[_begun(ids, self.end)]] += self.soft_logits * share
        return scores

    def _open_rows(self, input_ids: "Tensor") -> list[tuple[list[int], int | None]]:
        """Each row's thinking, and how many tokens it has; ``None`` where it has not begun, or ended by itself."""
        rows: list[tuple[list[int], int | None]] = []
        for ids in input_ids.tolist():
            begun = _last(ids, self.start)
            thinking = ids[begun:] if begun is not None else []
            ended = begun is None or _first(thinking[: self.budget], self.end) is not None
            rows.append((thinking, None if ended else len(thinking)))
        return rows


def generate_within(
    model: Any, input_ids: "Tensor", wrap_up: WrapUp, *, answer: int, max_new_tokens: int | None = None, **generate: Any
) -> "Tensor":
    """``model.generate`` with a budget for thinking and room for an answer.

    Args:
        model: One of transformers.
        input_ids: (rows, tokens), padded on the left.
        wrap_up: The budget.
        answer: Tokens of an answer behind the thinking.
        max_new_tokens: Just what is needed if not given.
        generate: Anything else that ``generate`` takes.

    Raises:
        ValueError: `max_new_tokens` does not hold the budget and the answer.
    """
    needed = wrap_up.needed(answer)
    if max_new_tokens is not None and max_new_tokens < needed:
        raise ValueError(
            f"max_new_tokens is {max_new_tokens}: a budget of {wrap_up.budget}, the closing and an answer of {answer} "
            f"need {needed}"
        )
    processors = [*generate.pop("logits_processor", []), wrap_up]
    run: Callable[..., Tensor] = model.generate
    return run(input_ids, logits_processor=processors, max_new_tokens=max_new_tokens or needed, **generate)


def _last(ids: Sequence[int], part: Ids) -> int | None:
    """Where the last occurrence of `part` in `ids` ends."""
    for end in range(len(ids), len(part) - 1, -1):
        if ids[end - 1] == part[-1] and tuple(ids[end - len(part) : end]) == part:
            return end
    return None


def _first(ids: Sequence[int], part: Ids) -> int | None:
    """Where the first occurrence of `part` in `ids` begins."""
    for begin in range(len(ids) - len(part) + 1):
        if ids[begin] == part[0] and tuple(ids[begin : begin + len(part)]) == part:
            return begin
    return None


def _ends_with(ids: Sequence[int], part: Ids) -> bool:
    return not part or tuple(ids[-len(part) :]) == part


def _begun(ids: Sequence[int], part: Ids) -> int:
    """How many tokens of `part` stand at the end of `ids` already."""
    return max(count for count in range(len(part)) if _ends_with(ids, part[:count]))
