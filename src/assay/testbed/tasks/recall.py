"""Associative recall: pairs of a key and a value, then keys, each to be answered by its value."""

import torch
from torch import Generator

from assay.testbed.tasks._ids import check_counts, distinct, prefix
from assay.testbed.tasks.task import ASK, FIRST, Parts, Task


def associative_recall(*, pairs: int = 8, keys: int = 32, values: int = 32, questions: int | None = None) -> Task:
    """``k v k v ... ASK k -> v``: pairs of tokens, then some of the keys again, each with its value as the answer.

    Ids: keys, then values, from `FIRST`. Asking all the pairs (the default) gives a training the most to learn from.
    Each pair is a "document" of two tokens in `Parts`.

    Raises:
        ValueError: There are fewer keys than pairs, or fewer pairs than questions.
    """
    questions = pairs if questions is None else questions
    check_counts(pairs=pairs, values=values, questions=questions)
    if keys < pairs or questions > pairs:
        raise ValueError(f"{pairs} pairs need as many of the {keys} keys, and have no more than {questions} questions")

    def parts(size: int, generator: Generator) -> Parts:
        key = distinct(size, pairs, keys, generator) + FIRST
        value = torch.randint(values, (size, pairs), generator=generator) + FIRST + keys
        target = distinct(size, questions, pairs, generator)
        question = torch.stack([torch.full_like(target, ASK), key.gather(1, target)], dim=-1)
        return Parts(prefix(size), torch.stack([key, value], dim=-1), question, value.gather(1, target))

    return Task(FIRST + keys + values, parts)
