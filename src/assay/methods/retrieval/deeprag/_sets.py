"""What a model is trained on: whole paths for supervised fine-tuning, single decisions for preference training.

Both sets are lists of records, which ``datasets.Dataset.from_list`` takes as they are.
"""

from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

from assay.methods._models import TransformersModel
from assay.methods.retrieval.deeprag._wording import Path, Wording
from assay.methods.retrieval.deeprag._writers import beginning, encode

IGNORED = -100
"""The label of a token that is read and not learnt."""


def build_sft(
    paths: Iterable[Path], tokenizer: Any, *, wording: Wording | None = None, chat: bool = True
) -> list[dict[str, list[int]]]:
    """Records for supervised fine-tuning, one a path: ``input_ids`` and ``labels``, as TRL's ``SFTTrainer`` takes them.

    Learnt is all that the model writes, with the token that ends a text; the prompt and what was found are only read.

    Args:
        paths: Right ones, such as a `BinaryTreeSearch` finds.
        tokenizer: Of the model: a fast one, which tells what characters a token covers.
        wording: In which they are written.
        chat: Whether the prompt is put into the model's chat format, if it has one.

    Raises:
        ValueError: The tokenizer has no token that ends a text, or does not tell the characters of its tokens.
    """
    wording = wording or Wording()
    model = TransformersModel(None, tokenizer, "", chat=chat)
    if tokenizer.eos_token_id is None:
        raise ValueError("the tokenizer has no token that ends a text: set tokenizer.eos_token")
    if not getattr(tokenizer, "is_fast", False):
        raise ValueError("the tokenizer does not tell the characters of its tokens: load it with use_fast=True")
    return [_whole(path, model, wording) for path in paths]


def build_pairs(
    paths: Iterable[Path],
    tokenizer: Any,
    *,
    wording: Wording | None = None,
    chat: bool = True,
    balance: bool = False,
    seed: int = 0,
) -> list[dict[str, str]]:
    """Records for preference training, one a step: ``prompt``, ``chosen`` and ``rejected``, as TRL's ``DPOTrainer``'s.

    The prompt ends with the step's sub-question; chosen are the words by which the path's own decision is said, and
    rejected those of the other one.

    Args:
        paths: Right ones with the fewest searches, such as a `BinaryTreeSearch` finds.
        tokenizer: Of the model.
        wording: In which they are written.
        chat: Whether the prompt is put into the model's chat format, if it has one.
        balance: Whether pairs of the more frequent decision are left out, so that both are as many (ours).
        seed: Of which are left out.

    Raises:
        ValueError: The tokenizer joins the end of a prompt with the decision behind it.
    """
    wording = wording or Wording()
    model = TransformersModel(None, tokenizer, "", chat=chat)
    pairs = [pair for path in paths for pair in _decisions(path, model, wording)]
    for pair in pairs:
        _check_boundary(pair, model)
    if not balance:
        return pairs
    by_choice = [[place for place, pair in enumerate(pairs) if pair["chosen"] == words]
                 for words in (wording.search, wording.recall)]  # fmt: skip
    fewest = min(map(len, by_choice))
    random = Random(seed)  # noqa: S311 - a draw, not a secret
    kept = sorted(place for places in by_choice for place in random.sample(places, fewest))
    return [pairs[place] for place in kept]


def _whole(path: Path, model: TransformersModel, wording: Wording) -> dict[str, list[int]]:
    text = beginning(model, wording.prompt(path.question))
    read = [(0, len(text))]
    for step in path.steps:
        if step.documents is not None:
            start = len(text) + len(wording.asked(step.question)) + len(wording.search) + 1
            read.append((start, start + len(wording.listed(step.documents))))
        text += wording.step(step)
    text += wording.concluded(path.answer)
    coded = encode(model, text, return_offsets_mapping=True)
    ids, end = list(coded["input_ids"]), model.tokenizer.eos_token_id
    labels = [
        IGNORED if any(begin <= first and last <= stop for begin, stop in read) else token
        for token, (first, last) in zip(ids, coded["offset_mapping"], strict=True)
    ]
    if ids[-1] == end:  # a tokenizer that ends texts itself
        del ids[-1], labels[-1]
    return {"input_ids": [*ids, end], "labels": [*labels, end]}


def _decisions(path: Path, model: TransformersModel, wording: Wording) -> list[dict[str, str]]:
    text = beginning(model, wording.prompt(path.question))
    pairs = []
    for step in path.steps:
        words = [wording.recall, wording.search]
        chosen, rejected = reversed(words) if step.searched else words
        pairs.append({"prompt": text + wording.asked(step.question), "chosen": chosen, "rejected": rejected})
        text += wording.step(step)
    return pairs


def _check_boundary(pair: dict[str, str], model: TransformersModel) -> None:
    """Whether the decision begins with a token of its own, the same in training and when the model writes it."""
    prompt: Sequence[int] = encode(model, pair["prompt"])
    for name in ("chosen", "rejected"):
        whole = encode(model, pair["prompt"] + pair[name])
        if whole[: len(prompt)] != prompt:
            raise ValueError(
                f"the tokenizer joins the end of the sub-question with {pair[name]!r}: choose other words in Wording"
            )
