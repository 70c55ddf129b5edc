"""One model for text and images: a causal language model whose vocabulary holds the codes of images too."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from assay.methods._branches import REARRANGEABLE, Branches, Stop, Usage, refuse_model
from assay.methods._decoders import text_config
from assay.methods._patching import evaluating
from assay.methods._traits import Trait, refuse_traits
from assay.methods.decoding.unified_consistency_decoding._images import Denoiser
from assay.methods.decoding.unified_consistency_decoding._jacobi import JacobiAnswer, JacobiDecoding
from assay.methods.decoding.unified_consistency_decoding._masks import PADDING, TEXT, additive, joint_mask

_METHOD = "Unified decoding"


@dataclass(frozen=True)
class ImageTokens:
    """Where the codes of images stand in a model's vocabulary. A canvas holds 0 to ``codes``, the last for the mask."""

    first: int
    """The id of code 0: in Show-o behind the words and ten special tokens."""
    codes: int
    mask: int
    """The id that stands where nothing is decided."""

    def __post_init__(self) -> None:
        if self.first < 0 or self.codes < 2:
            raise ValueError(f"codes are {self.codes} from id {self.first} on: give two or more, from 0 on or later")
        if self.mask < 0 or self.first <= self.mask <= self.last:
            raise ValueError(
                f"the mask is id {self.mask}: give one beside those of the codes, {self.first} to {self.last}"
            )

    @property
    def last(self) -> int:
        """The id of the last code."""
        return self.first + self.codes - 1

    def ids(self, canvas: Tensor) -> Tensor:
        """The model's ids of a canvas.

        Raises:
            ValueError: It holds something else than codes and the mask.
        """
        if bool(((canvas < 0) | (canvas > self.codes)).any()):
            raise ValueError(f"a canvas holds codes 0 to {self.codes - 1} and {self.codes} for the mask, nothing else")
        return torch.where(canvas == self.codes, self.mask, canvas + self.first)

    def refuse(self, model: Any) -> PreTrainedModel:
        """The model itself, without PEFT's around it.

        Raises:
            ValueError: Its vocabulary lacks the codes or the mask, or its layers would not heed a mask of ours.
        """
        base: PreTrainedModel = model.get_base_model() if hasattr(model, "get_base_model") else model
        refuse_model(base, method=_METHOD)
        refuse_traits(base, method=_METHOD, supports=REARRANGEABLE - {Trait.SLIDING})
        size, needed = int(text_config(base).vocab_size), max(self.last, self.mask)
        if needed >= size:
            raise ValueError(f"the vocabulary has ids up to {size - 1}, and images need up to {needed}")
        return base


def image_denoiser(model: Any, tokens: ImageTokens, prompts: Sequence[Sequence[int]]) -> Denoiser:
    """What a unified model makes of canvases behind prompts, each place of an image seeing all others.

    Args:
        model: A decoder-only model of transformers with full attention, or PEFT's around one.
        tokens: Where the codes stand.
        prompts: Token ids, one list for each canvas, or one for all of them.

    Returns:
        A denoiser; gradients flow through it. Its logits at a place are those of the code at that place.

    Raises:
        ValueError: See `ImageTokens.refuse`; at a call, where there are not as many prompts as canvases.
    """
    tokens.refuse(model)

    def denoise(canvas: Tensor) -> Tensor:
        rows = list(prompts) * len(canvas) if len(prompts) == 1 else list(prompts)
        if len(rows) != len(canvas):
            raise ValueError(f"{len(rows)} prompts do not go with {len(canvas)} canvases")
        longest = max(map(len, rows))
        texts = torch.zeros(len(rows), longest, dtype=torch.long)
        kinds = torch.full((len(rows), longest + canvas.shape[1]), PADDING)
        kinds[:, longest:] = 1
        for b, row in enumerate(rows):
            if len(row):
                texts[b, -len(row) :], kinds[b, longest - len(row) : longest] = torch.tensor(list(row)), TEXT
        ids = torch.cat([texts.to(canvas.device), tokens.ids(canvas)], dim=1)
        logits: Tensor = model(input_ids=ids, **_how(kinds.to(canvas.device), model.dtype), use_cache=False).logits
        return logits[:, longest:, tokens.first : tokens.first + tokens.codes]

    return denoise


def read_with_images(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    images: Sequence[Sequence[tuple[int, int]]],
    *,
    usage: Usage | None = None,
) -> Branches:
    """Read prompts with images in them, for text to follow: see `write_behind_images`.

    Args:
        model: A unified model.
        prompts: The model's token ids, those of images included, the last one of text.
        images: For each prompt, where images stand: the first place and the one behind the last.
        usage: To count on.

    Raises:
        ValueError: The model cannot be read so that the result is exact, or an image does not end before its prompt.
    """
    refuse_model(model, method=_METHOD)
    refuse_traits(model, method=_METHOD, supports=REARRANGEABLE - {Trait.SLIDING})
    for prompt, places in zip(prompts, images, strict=True):
        if not all(0 <= start < end < len(prompt) for start, end in places) or len(prompt) < 2:
            raise ValueError(f"images at {list(places)} do not lie before the last token of a prompt of {len(prompt)}")
    longest = max(map(len, prompts)) - 1
    ids = torch.zeros(len(prompts), longest, dtype=torch.long, device=model.device)
    kinds = torch.full((len(prompts), longest), PADDING, device=model.device)
    for b, (prompt, places) in enumerate(zip(prompts, images, strict=True)):
        before = prompt[:-1]
        ids[b, : len(before)], kinds[b, : len(before)] = torch.tensor(list(before), device=model.device), TEXT
        for number, (start, end) in enumerate(places, start=1):
            kinds[b, start:end] = number
    cache = DynamicCache(config=model.config)
    usage = usage or Usage()
    with torch.no_grad(), evaluating(model):
        model(input_ids=ids, past_key_values=cache, use_cache=True, **_how(kinds, model.dtype))
    usage.passes += 1
    usage.read += sum(map(len, prompts))
    branches = Branches(model, cache, kinds != PADDING, [list(each) for each in prompts], method=_METHOD, usage=usage)
    branches.unread = [[prompt[-1]] for prompt in prompts]
    return branches


def write_behind_images(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    images: Sequence[Sequence[tuple[int, int]]],
    new: int,
    *,
    decoding: JacobiDecoding | None = None,
    stop: Stop | None = None,
    usage: Usage | None = None,
) -> list[JacobiAnswer]:
    """Write up to `new` tokens behind each prompt with images in it: descriptions, and what `TextConsistency` needs.

    Args:
        model: A unified model.
        prompts: As for `read_with_images`.
        images: Likewise.
        new: Budget of each row.
        decoding: How; by default as in the paper.
        stop: Ends a row; see `assay.methods._branches.stop_at`.
        usage: To count on.

    Raises:
        ValueError: As `read_with_images` and `JacobiDecoding.write_from` do.
    """
    branches = read_with_images(model, prompts, images, usage=usage)
    return (decoding or JacobiDecoding()).write_from(branches, new, stop=stop, images=images)


@dataclass(frozen=True)
class UnifiedConsistency:
    """How the losses of a unified student are weighed (official code)."""

    image: float = 1.0
    text: float = 0.5
    language: float = 0.1
    """Of next tokens of plain text, which keeps the model's language."""

    def __post_init__(self) -> None:
        for name in ("image", "text", "language"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"the weight of the {name} loss is {getattr(self, name)}: give 0 or more")

    def __call__(self, *, image: Tensor, text: Tensor, language: Tensor) -> Tensor:
        """The sum that is learnt from: of `ImageConsistency`, of `TextConsistency`, and of plain text."""
        return self.image * image + self.text * text + self.language * language


def _how(kinds: Tensor, dtype: torch.dtype) -> dict[str, Tensor]:
    """Mask and positions of a pass; positions count from the first token that is no padding."""
    positions = ((kinds != PADDING).cumsum(-1) - 1).clamp(min=0)
    return {"attention_mask": additive(joint_mask(kinds), dtype), "position_ids": positions}
