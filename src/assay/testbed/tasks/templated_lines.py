"""Lines of a few words after templates, as assistants write them: much of an answer is foreseeable from its prompt.

Three kinds of lines, drawn alike often: what follows a number (``count 3 : 4 5 6 7 8``), a list that is said again
(``copy a c b d : a c b d``), and a word in a set phrase (``tell a : the word is a and that is all``).
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from assay.testbed.tasks.task import IGNORED

COUNT, COPY, TELL, GO = 3, 4, 5, 6
_PHRASE = (7, 8, 9)
_REST = (10, 11, 12, 13)
FIRST_NUMBER, NUMBERS = 14, 16
FIRST_WORD, WORDS = FIRST_NUMBER + NUMBERS, 12
VOCABULARY = FIRST_WORD + WORDS
"""Token ids; 0, 1 and 2 pad, begin and end."""
_COUNTED = 7
LONGEST = 18
"""Tokens of a prompt with its answer and its end."""


@dataclass(frozen=True)
class Line:
    """What is asked, and the one right answer, its end included."""

    prompt: list[int]
    answer: list[int]


def draw_lines(number: int, generator: Generator) -> list[Line]:
    """So many lines, the kinds in turn."""

    def below(high: int) -> int:
        return int(torch.randint(high, (1,), generator=generator))

    lines = []
    for at in range(number):
        if at % 3 == 0:
            start = below(NUMBERS)
            counted = [FIRST_NUMBER + (start + step) % NUMBERS for step in range(_COUNTED + 1)]
            lines.append(Line([1, COUNT, counted[0], GO], [*counted[1:], 2]))
        elif at % 3 == 1:
            words = [FIRST_WORD + below(WORDS) for _ in range(4 + below(3))]
            lines.append(Line([1, COPY, *words, GO], [*words, 2]))
        else:
            word = FIRST_WORD + below(WORDS)
            lines.append(Line([1, TELL, word, GO], [*_PHRASE, word, *_REST, 2]))
    return lines


def line_batch(lines: list[Line]) -> dict[str, Tensor]:
    """Lines to train on, (n, `LONGEST`) each, of which the answers carry labels."""
    ids = torch.zeros(len(lines), LONGEST, dtype=torch.long)
    labels = torch.full_like(ids, IGNORED)
    for row, line in enumerate(lines):
        start, end = len(line.prompt), len(line.prompt) + len(line.answer)
        ids[row, :end] = torch.tensor([*line.prompt, *line.answer])
        labels[row, start:end] = ids[row, start:end]
    return {"input_ids": ids, "labels": labels}
