"""One model that draws digits which it is asked for and describes digits which it is shown: how it is spoken to.

Its vocabulary holds words and the codes of images. A request is read from left to right, and the image behind it in all
directions; a description is written behind an image, from left to right. See `described_digits` for the sentences.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from assay.methods.decoding.unified_consistency_decoding import (
    JacobiAnswer,
    JacobiDecoding,
    MaskedDecoding,
    MaskedTrajectory,
    image_denoiser,
    write_behind_images,
)
from assay.testbed.images import digits
from assay.testbed.models import tiny
from assay.testbed.tasks.described_digits import LONGEST, WORDS, DigitJudge, request
from assay.trials.decoding.unified_consistency_decoding._digits import BEGIN, LEVELS, PLACES, TOKENS

END = 2
_FIRST_WORD = TOKENS.mask + 1
_DRAW = _FIRST_WORD + len(WORDS)
"""Between a request and the image that is wanted."""
_DESCRIBE = _DRAW + 1
"""Between an image and the description that is wanted."""
UNASKED = [BEGIN, _DRAW]
"""A prompt for any image."""
IMAGE = (1, 1 + PLACES)
"""Where an image stands that is to be described."""


@cache
def judge() -> DigitJudge:
    """It tells the traits of images by the digits that are learnt from."""
    return DigitJudge(digits()[0], LEVELS)


def new_model(*, hidden: int, layers: int, seed: int) -> PreTrainedModel:
    """Such a model that has learnt nothing yet."""
    return tiny("llama", vocab_size=_DESCRIBE + 1, hidden=hidden, layers=layers, seed=seed)


def in_ids(words: Sequence[str]) -> list[int]:
    """The model's ids of words."""
    return [_FIRST_WORD + WORDS.index(word) for word in words]


def in_words(ids: Sequence[int]) -> list[str]:
    """The words among some ids."""
    return [WORDS[each - _FIRST_WORD] for each in ids if _FIRST_WORD <= each < _DRAW]


def asked(traits: Sequence[int]) -> list[int]:
    """A prompt that asks for an image with these traits."""
    return [BEGIN, *in_ids(request(traits)), _DRAW]


def shown(image: Tensor) -> list[int]:
    """A prompt that asks for a description of an image (64) of codes."""
    return [BEGIN, *TOKENS.ids(image).tolist(), _DESCRIBE]


def draw(model: Any, traits: Sequence[Sequence[int]], decoding: MaskedDecoding, *, seed: int) -> MaskedTrajectory:
    """Images (n, 64) that are asked for by their traits, and how they came about."""
    blank = torch.full((len(traits), PLACES), LEVELS, device=model.device)
    conditioned = image_denoiser(model, TOKENS, [asked(each) for each in traits])
    plain = image_denoiser(model, TOKENS, [UNASKED])
    return decoding.trajectory(conditioned, blank, mask=LEVELS, unconditional=plain, seed=seed)


def describe(model: PreTrainedModel, images: Tensor, *, block: int) -> list[JacobiAnswer]:
    """Descriptions of images (n, 64), written in blocks of so many tokens; in blocks of one, token by token."""
    prompts, places = [shown(image) for image in images], [[IMAGE]] * len(images)
    return write_behind_images(model, prompts, places, LONGEST + 1, decoding=JacobiDecoding(block=block))
