"""Edits as token ids: where the subject ends, and which logits should name the object."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from assay.methods.editing.encore.config import Edit

_BEGINNINGS = ("The", "Therefore", "Because", "I", "You")  # the official code's
_NO_LABEL = -100


@dataclass(frozen=True)
class Rows:
    """Texts, padded on the right."""

    input_ids: Tensor
    """(B, T)."""
    attention_mask: Tensor
    """(B, T)."""
    subject: Tensor
    """(B,): position of the subject's last token."""
    labels: Tensor
    """(B, T): the token that the logits *at* this position should name, -100 where none is asked for."""

    def take(self, rows: Tensor | slice) -> "Rows":
        """Some of them, without columns that are all padding."""
        mask = self.attention_mask[rows]
        length = int(mask.sum(1).max())
        cut = (mask[:, :length], self.subject[rows], self.labels[rows][:, :length])
        return Rows(self.input_ids[rows][:, :length], *cut)

    def __len__(self) -> int:
        return len(self.input_ids)

    def logits(self, model: Any) -> Tensor:
        """(B, T, V)."""
        out: Tensor = model(input_ids=self.input_ids, attention_mask=self.attention_mask, use_cache=False).logits
        return out


def check_contexts(tokenizer: Any, contexts: Sequence[str]) -> None:
    """Refuse contexts that prompts cannot be put into, and tokenizers that do not say where tokens stand.

    Raises:
        ValueError: The tokenizer does not say where tokens stand, or a context has not one ``{}``.
    """
    if not getattr(tokenizer, "is_fast", False):
        raise ValueError(f"{type(tokenizer).__name__} does not say where tokens stand in a text: use a fast tokenizer")
    if not contexts or contexts[0] != "{}" or any(context.count("{}") != 1 for context in contexts):
        raise ValueError("contexts begin with '{}', the bare prompt, and each has one {} where the prompt goes")


def encode(
    tokenizer: Any, edits: Sequence[Edit], contexts: Sequence[str], device: Any, *, with_subject: bool = False
) -> Rows:
    """Every edit in every context, edit by edit, with its object behind it; after each, if asked, its bare subject.

    Raises:
        ValueError: Subject and object have no tokens of their own.
    """
    rows = []
    for edit in edits:
        rows += [_row(tokenizer, edit, context) for context in contexts]
        if with_subject:
            rows.append(_tokens(tokenizer, edit.subject, len(edit.subject), None))
    return _pad(rows, device)


@torch.no_grad()
def are_stated(model: PreTrainedModel, tokenizer: Any, edits: Sequence[Edit], *, at_once: int = 64) -> list[bool]:
    """Whether the model goes on with each edit's object: each of its tokens is the likeliest after those before it."""
    check_contexts(tokenizer, ("{}",))
    rows = encode(tokenizer, edits, ("{}",), model.device)
    states: list[bool] = []
    for start in range(0, len(rows), at_once):
        group = rows.take(slice(start, start + at_once))
        wrong = (group.logits(model).argmax(-1) != group.labels) & (group.labels != _NO_LABEL)
        states += (~wrong.any(1)).tolist()
    return states


@torch.no_grad()
def sample_contexts(model: PreTrainedModel, tokenizer: Any, *, tokens: int = 10, seed: int = 0) -> tuple[str, ...]:
    """The bare prompt and five beginnings that the model wrote itself, as the official code has them."""
    generator = torch.Generator().manual_seed(seed)
    contexts = ["{}"]
    for beginning in _BEGINNINGS:
        ids = list(tokenizer(beginning)["input_ids"])
        for _ in range(tokens):
            logits = model(input_ids=torch.tensor([ids], device=model.device), use_cache=False).logits[0, -1]
            ids.append(int(torch.multinomial(logits.float().softmax(-1).cpu(), 1, generator=generator)))
        text = tokenizer.decode(ids, skip_special_tokens=True)
        contexts.append(text.replace("{", " ").replace("}", " ") + ". {}")
    return tuple(contexts)


def _row(tokenizer: Any, edit: Edit, context: str) -> tuple[list[int], int, list[int]]:
    before, after = context.split("{}")
    start = len(before) + edit.prompt.index("{}")
    text = before + edit.prompt.replace("{}", edit.subject) + after
    space = "" if text[-1:].isspace() or edit.object[0].isspace() else " "
    return _tokens(tokenizer, text + space + edit.object, start + len(edit.subject), len(text))


def _tokens(tokenizer: Any, text: str, subject_end: int, object_start: int | None) -> tuple[list[int], int, list[int]]:
    """The ids, the position of the subject's last token, and the labels."""
    encoded = tokenizer(text, return_offsets_mapping=True)
    ids, offsets = list(encoded["input_ids"]), encoded["offset_mapping"]
    subject = max((n for n, (start, end) in enumerate(offsets) if start < subject_end and end > start), default=-1)
    labels = [_NO_LABEL] * len(ids)
    if object_start is not None:
        answer = [n for n, (_, end) in enumerate(offsets) if end > object_start]
        if subject < 0 or not answer or answer[0] <= subject:
            raise ValueError(f"{text!r}: the tokenizer gives subject and object no tokens of their own")
        for n in answer:
            labels[n - 1] = ids[n]
    return ids, subject, labels


def _pad(rows: Sequence[tuple[list[int], int, list[int]]], device: Any) -> Rows:
    length = max(len(ids) for ids, _, _ in rows)
    ids = torch.tensor([ids + [0] * (length - len(ids)) for ids, _, _ in rows], device=device)
    mask = torch.tensor([[1] * len(ids) + [0] * (length - len(ids)) for ids, _, _ in rows], device=device)
    subject = torch.tensor([place for _, place, _ in rows], device=device)
    labels = torch.tensor([labels + [_NO_LABEL] * (length - len(labels)) for _, _, labels in rows], device=device)
    return Rows(ids, mask, subject, labels)
