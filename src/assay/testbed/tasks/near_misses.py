"""Recall under near misses: documents whose keys share a half with the key that is asked for.

A document hides one needle, a token that says "key (a, b) has value v" (one token, so that a tiny model learns the task
in a minute), and the question names a and b. Documents that share a or b with the question draw attention too, so
accuracy falls with every document more, well below 1 where the model was trained and further beyond.
"""

import torch
from torch import Generator

from assay.testbed.tasks._ids import distinct
from assay.testbed.tasks.task import ASK, BEGIN, DOCUMENT, FIRST, Parts, Task

# Ids: filler, the two halves of a key, values, then needles by key and value.
HALF, VALUES, FILLER, LENGTH = 8, 8, 24, 6
A = FIRST + FILLER
B = A + HALF
VALUE = B + HALF
NEEDLE = VALUE + VALUES
PREFIX = (BEGIN, DOCUMENT, DOCUMENT)


def recall_near_misses(documents: int, questions: int = 1) -> Task:
    """Documents of six tokens with one needle each; no two have the same key, many share half of one."""

    def parts(size: int, generator: Generator) -> Parts:
        key = distinct(size, documents, HALF * HALF, generator)
        value = torch.randint(VALUES, (size, documents), generator=generator)
        text = torch.randint(FILLER, (size, documents, LENGTH), generator=generator) + FIRST
        text[..., 0] = DOCUMENT
        place = torch.randint(1, LENGTH, (size, documents, 1), generator=generator)
        text = text.scatter(2, place, (NEEDLE + key * VALUES + value).unsqueeze(-1))
        target = distinct(size, questions, documents, generator)
        names = key.gather(1, target)
        question = torch.stack([torch.full_like(names, ASK), A + names // HALF, B + names % HALF], dim=-1)
        return Parts(torch.tensor(PREFIX).expand(size, -1), text, question, VALUE + value.gather(1, target))

    return Task(NEEDLE + HALF * HALF * VALUES, parts)
