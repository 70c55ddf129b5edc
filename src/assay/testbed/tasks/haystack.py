"""A needle in a haystack: one long text with facts at random places in it, and one question."""

import torch
from torch import Generator

from assay.testbed.tasks._ids import Ids, check_counts, distinct, prefix
from assay.testbed.tasks.task import ASK, Parts, Task


def needle(
    *, length: int, keys: int = 16, values: int = 16, needles: int = 1, depth: float | None = None, filler: int = 32
) -> Task:
    """One long text of filler with facts at random places in it, and one question.

    The fact that is asked for stands at `depth` (0 the beginning, 1 the end) or anywhere; the others, if `needles` is
    above one, have other keys. Ids: filler, keys, values, then facts by key and value. One document in `Parts`.

    Raises:
        ValueError: The facts do not fit in, or `depth` is not from 0 to 1.
    """
    check_counts(length=length, keys=keys, values=values, needles=needles, filler=filler)
    if needles > min(keys, length):
        raise ValueError(f"{needles} needles need as many of the {keys} keys and of the {length} places")
    if depth is not None and not 0 <= depth <= 1:
        raise ValueError(f"depth is {depth}: 0 is the beginning and 1 the end")
    ids = Ids(filler=filler, names=keys, values=values)

    def parts(size: int, generator: Generator) -> Parts:
        key = distinct(size, needles, keys, generator)
        value = torch.randint(values, (size, needles), generator=generator)
        place = distinct(size, needles, length, generator)
        if depth is not None:
            target = round(depth * (length - 1))
            place = torch.where(place == target, place[:, :1], place)  # another needle there changes places
            place[:, 0] = target
        text = ids.filler_text((size, length), generator).scatter(1, place, ids.fact(key, value))
        question = torch.stack([torch.full((size,), ASK), ids.name(key[:, 0])], dim=-1)
        return Parts(prefix(size), text.unsqueeze(1), question.unsqueeze(1), ids.value(value[:, :1]))

    return Task(ids.vocab_size, parts)
