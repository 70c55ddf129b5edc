"""Scenes to be described: pictures that show some objects, and captions that also name what usually goes with them.

There are 20 objects in 5 groups of 4. A scene shows one to three objects of each of two groups, each object once on one
of nine noisy patches. Its caption names all of them in some order, and each unseen member of a shown group three times
in ten: whoever learns from such captions makes up what goes together. Ids from `FIRST`: objects.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Generator, Tensor
from transformers import LlavaConfig, LlavaForConditionalGeneration, PreTrainedModel

from assay.testbed.tasks.task import ASK, BEGIN, END, IGNORED, Batch, step_generator
from assay.testbed.training import Batches

GROUPS, MEMBERS, SHOWN = 5, 4, 2
OBJECTS = GROUPS * MEMBERS
IMAGE = 4
"""The token that stands for a patch."""
FIRST = 5
VOCAB_SIZE = FIRST + OBJECTS
PATCHES = 9
NAMES = tuple(f"thing{number}" for number in range(OBJECTS))
"""What the objects are called in words."""
_MOST = 3
"""Objects of a group in a scene."""
_UNSEEN = 0.3
"""How likely a caption names an unseen member of a shown group."""
_NOISE = 1.0
"""Of each number in a patch, to 1 for the object's own."""
_SIDE = 3
"""Pixels of a patch, each way."""
_LONGEST = SHOWN * MEMBERS + 1
_WITHOUT = 8
"""One batch in so many has no picture, so that a prompt without one is nothing new."""


@dataclass(frozen=True)
class Scenes:
    """Scenes that were drawn, with a caption each."""

    images: Tensor
    """(n, 3, 9, 9)."""
    shown: Tensor
    """(n, objects): whether the object is there."""
    captions: Tensor
    """(n, 9): ids, ended and then padded with 0."""

    def prompts(self, *, with_images: bool = True) -> dict[str, Tensor]:
        """What a captioner reads of each scene; without images, the same prompt without the image's tokens."""
        head = [BEGIN, *[IMAGE] * PATCHES * with_images, ASK]
        ids = torch.tensor(head).expand(len(self.shown), -1)
        text = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        return text | {"pixel_values": self.images} if with_images else text

    def gold(self) -> list[set[str]]:
        """The names of what each scene shows."""
        return [{NAMES[thing] for thing in row.nonzero()[:, 0].tolist()} for row in self.shown]


def draw_scenes(size: int, generator: Generator) -> Scenes:
    """So many scenes."""
    groups = _order(size, GROUPS, generator)[:, :SHOWN]
    rank = _order(size * SHOWN, MEMBERS, generator).argsort(1).view(size, SHOWN, MEMBERS)
    count = torch.randint(1, _MOST + 1, (size, SHOWN, 1), generator=generator)
    members = groups[..., None] * MEMBERS + torch.arange(MEMBERS)
    shown = torch.zeros(size, OBJECTS, dtype=torch.bool).scatter(1, members.flatten(1), (rank < count).flatten(1))
    likely = torch.zeros_like(shown).scatter(1, members.flatten(1), value=True)
    told = shown | (likely & (torch.rand(size, OBJECTS, generator=generator) < _UNSEEN))
    captions = _listed(told, _LONGEST, generator)
    length = told.sum(1, keepdim=True)
    places = torch.arange(_LONGEST)
    captions = torch.where(places < length, captions + FIRST, torch.where(places == length, END, 0))
    return Scenes(_picture(shown, generator), shown, captions)


def scene_batches(size: int, *, seed: int = 0) -> Batches:
    """The batch of each step of a training; the labels are captions."""

    def of_step(step: int) -> Batch:
        scenes = draw_scenes(size, step_generator(seed, step))
        prompt = scenes.prompts(with_images=bool(step % _WITHOUT))
        ids = torch.cat([prompt.pop("input_ids"), scenes.captions], dim=1)
        before = ids.shape[1] - _LONGEST
        labels = ids.masked_fill(ids == 0, IGNORED)
        labels[:, :before] = IGNORED
        return prompt | {"input_ids": ids, "attention_mask": (ids != 0).long(), "labels": labels}

    return of_step


def tiny_captioner(*, hidden: int = 48, layers: int = 4, seed: int = 0) -> PreTrainedModel:
    """A LLaVA of that width with so many layers, before a tower of one, with random weights."""
    text = {
        "model_type": "llama", "vocab_size": VOCAB_SIZE, "hidden_size": hidden, "intermediate_size": 5 * hidden // 2,
        "num_hidden_layers": layers, "num_attention_heads": 4, "num_key_value_heads": 4, "pad_token_id": 0,
        "bos_token_id": BEGIN, "eos_token_id": END, "initializer_range": hidden**-0.5, "tie_word_embeddings": False,
    }  # fmt: skip
    tower = {
        "model_type": "clip_vision_model", "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1,
        "num_attention_heads": 2, "image_size": 3 * _SIDE, "patch_size": _SIDE, "projection_dim": 16,
    }  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        config = LlavaConfig(text_config=text, vision_config=tower, image_token_index=IMAGE, image_seq_length=PATCHES,
                             vision_feature_layer=-1)  # fmt: skip
        model = LlavaForConditionalGeneration(config)
    return cast("PreTrainedModel", model.eval())


def in_words(captions: Sequence[Sequence[int]]) -> list[str]:
    """Captions in tokens as texts."""
    return [" ".join(NAMES[token - FIRST] for token in caption if token >= FIRST) for caption in captions]


def _picture(shown: Tensor, generator: Generator) -> Tensor:
    """(n, 3, 9, 9): a patch for each object, the others empty, in some order, with noise."""
    size, numbers = len(shown), 3 * _SIDE**2
    things = _listed(shown, PATCHES, generator)
    is_thing = torch.arange(PATCHES) < shown.sum(1, keepdim=True)
    patches = torch.where(is_thing[..., None], _looks()[things], 0.0)
    patches = patches.gather(1, _order(size, PATCHES, generator)[..., None].expand(-1, -1, numbers))
    patches = patches + _NOISE * torch.randn(patches.shape, generator=generator)
    return patches.view(size, 3, 3, 3, _SIDE, _SIDE).permute(0, 3, 1, 4, 2, 5).reshape(size, 3, 3 * _SIDE, 3 * _SIDE)


def _looks() -> Tensor:
    """(objects, numbers of a patch): how each object looks, the same always; each number is about 1."""
    looks: Tensor = torch.randn(OBJECTS, 3 * _SIDE**2, generator=Generator().manual_seed(123))
    length = looks.square().mean(-1, keepdim=True).sqrt()
    return looks.div(length)


def _listed(chosen: Tensor, length: int, generator: Generator) -> Tensor:
    """(n, length): the numbers of what is chosen in each row (n, objects) in some order, then others."""
    luck = torch.rand(chosen.shape, generator=generator) + 2.0 * ~chosen
    return luck.argsort(1)[:, :length]


def _order(size: int, count: int, generator: Generator) -> Tensor:
    """(size, count): the numbers below count in some order, for each row."""
    return torch.rand(size, count, generator=generator).argsort(1)
