"""Asking for a hidden number, with the prompt stored in many ways."""

from collections.abc import Sequence
from dataclasses import replace

import torch

from assay.methods.attention.fastkv import FastKV
from assay.testbed.pretrained import LanguageModel
from assay.testbed.tasks.hidden_number import HiddenNumber, first_number
from assay.trials.attention.fastkv._storing import Prefill, Store, read_prompt, write_answers

_NEW = 16
"""Tokens of an answer: ``The secret number of the lighthouse is 12345.`` and its end are no more."""
_TOGETHER = 4.0
"""Answers are written at once from stores that come to so many whole prompts: more need memory and save no time."""


def find_number(
    lm: LanguageModel, question: HiddenNumber, presses: Sequence[FastKV], *, begun: bool = False
) -> tuple[list[str], list[float]]:
    """The number in the answer from what each press stores, and how much must go on at each layer for the right one to.

    Args:
        lm: The model.
        question: Asks for a number.
        presses: SnapKV or the like (with a `tsp_rate` of 1), one at least, or FastKV with a number for `tsp_layer`.
        begun: Read the prompt with the answer begun up to its number.

    Returns:
        For each press the digits, an empty text if the answer has none. For each layer, in per cent of the prompt, what
        has to be handed on by the default window for all tokens of the right number to be; not a number where the
        tokenizer writes it otherwise within a text.
    """
    ids = lm.prompt(question.request)
    if begun:
        ids = torch.cat([ids, lm.ids(question.begun)])
    longest = max(press.window for press in presses)
    whole = FastKV(tsp_rate=1.0, retain_rate=0.5, window=longest)

    def reading(press: FastKV) -> FastKV:
        """The press whose one reading serves all that read like this one; it leaves out something in each layer."""
        return whole if press.tsp_rate == 1 else replace(press, retain_rate=press.tsp_rate / 2)

    prefills: dict[FastKV, Prefill] = {}
    for each in dict.fromkeys([whole, *map(reading, presses)]):
        prefills[each] = read_prompt(lm.model, ids, each)
    stores = [Store(prefills[reading(press)], press) for press in presses]
    numbers: dict[int, str] = {}
    for batch in _batches([press.retain_rate for press in presses]):
        rows = write_answers(lm.model, [stores[place] for place in batch], new=_NEW)
        texts = (lm.tokenizer.decode(row, skip_special_tokens=True) for row in rows)
        numbers |= {place: first_number(str(text)) for place, text in zip(batch, texts, strict=True)}
    digits = _find(lm.ids(question.number).tolist(), ids.tolist())
    shares = [100 * layer.share_for(FastKV(), digits) if digits else float("nan") for layer in prefills[whole].layers]
    return [numbers[place] for place in range(len(stores))], shares


def _batches(shares: Sequence[float]) -> list[list[int]]:
    """The places of the shares that are stored, those of like shares together: rows are padded to the longest."""
    batches: list[list[int]] = [[]]
    for place in sorted(range(len(shares)), key=lambda place: shares[place]):
        if batches[-1] and (len(batches[-1]) + 1) * shares[place] > _TOGETHER:
            batches.append([])
        batches[-1].append(place)
    return batches


def _find(part: list[int], ids: list[int]) -> range:
    """The places of the first occurrence of some ids in others; none if there is none."""
    for start in range(len(ids) - len(part) + 1):
        if ids[start : start + len(part)] == part:
            return range(start, start + len(part))
    return range(0)
