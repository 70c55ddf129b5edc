r"""A tiny language in which few tokens are choices: three in an answer of 32, and one right out of eight each time.

A question is a layout and three clues; the answer is a fixed row of tokens with line breaks at fixed places. The layout
tells where the three choices stand, each behind its clue, which decides what is right there::

    question: L2 c5 c0 c3        answer: f0 f1 ... c5 [o7] f11 ... \n ... c0 [o2] ... c3 [o1] ... f31 end

A writer who learns it from answers of others takes the right option often, but for some clues another one more often:
the likeliest answer to most questions is wrong. Lines hold none, one or two choices, and there never is one behind a
line break.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from assay.testbed.tasks.task import IGNORED
from assay.testbed.training import Batches

BEGIN, END, BREAK = 1, 2, 3
BREAKS = (6, 14, 26)
LAYOUTS = ((4, 13, 22), (8, 16, 28), (10, 18, 20), (9, 12, 29))
LENGTH = 32
OPTIONS = 8
CLUES = 5
_LAYOUT, _CLUE = 4, 8
_OPTION = _CLUE + CLUES
_FILLER = _OPTION + OPTIONS
VOCAB = _FILLER + LENGTH


@dataclass(frozen=True)
class Crossroads:
    """Questions of the language, and who answers them."""

    right: float = 0.7
    """How often the right option is written where no other is likelier."""
    misled: int = 2
    """Clues, of five, at which another option is likelier."""
    right_if_misled: float = 0.35
    wrong_if_misled: float = 0.5

    vocab_size = VOCAB

    def questions(self, number: int, *, seed: int) -> list[list[int]]:
        """So many questions as token ids."""
        generator = torch.Generator().manual_seed(1_000_003 * seed + 17)
        layouts = torch.randint(len(LAYOUTS), (number, 1), generator=generator) + _LAYOUT
        clues = torch.randint(CLUES, (number, 3), generator=generator) + _CLUE
        return [[BEGIN, *row] for row in torch.cat([layouts, clues], 1).tolist()]

    def choices(self, question: Sequence[int]) -> tuple[int, ...]:
        """Where the choices stand in the answer."""
        return LAYOUTS[question[1] - _LAYOUT]

    def is_right(self, question: Sequence[int], answer: Sequence[int]) -> bool:
        """Whether all three choices are right."""
        places = self.choices(question)
        return len(answer) > places[-1] and all(
            answer[place] == _OPTION + self._right(clue - _CLUE)
            for place, clue in zip(places, question[2:], strict=True)
        )

    def answer(self, question: Sequence[int], generator: torch.Generator) -> list[int]:
        """An answer as others write it, with its end."""
        answer = [_FILLER + place for place in range(LENGTH)]
        for place in BREAKS:
            answer[place] = BREAK
        for place, clue in zip(self.choices(question), question[2:], strict=True):
            weights = self._weights(clue - _CLUE)
            answer[place - 1] = clue
            answer[place] = _OPTION + int(torch.multinomial(weights, 1, generator=generator))
        return [*answer, END]

    def batches(self, size: int, *, seed: int) -> Batches:
        """Questions with answers of others; of these alone is learnt."""

        def of_step(step: int) -> dict[str, Tensor]:
            generator = torch.Generator().manual_seed(1_000_003 * seed + step)
            questions = self.questions(size, seed=100_000 + 1_000 * seed + step)
            ids = torch.tensor([[*each, *self.answer(each, generator)] for each in questions])
            labels = ids.clone()
            labels[:, : len(questions[0])] = IGNORED
            return {"input_ids": ids, "labels": labels}

        return of_step

    def _right(self, clue: int) -> int:
        return (3 * clue + 1) % OPTIONS

    def _weights(self, clue: int) -> Tensor:
        """How likely others write each option."""
        right = self._right(clue)
        likely = {right: self.right}
        if clue < self.misled:
            likely = {right: self.right_if_misled, (right + 2) % OPTIONS: self.wrong_if_misled}
        rest = (1 - sum(likely.values())) / (OPTIONS - len(likely))
        return torch.tensor([likely.get(option, rest) for option in range(OPTIONS)])
