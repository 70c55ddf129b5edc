"""Scenes show what their captions name, and captions name what goes with it."""

import torch

from assay.testbed.tasks.scenes import (
    FIRST,
    IMAGE,
    MEMBERS,
    NAMES,
    PATCHES,
    draw_scenes,
    in_words,
    scene_batches,
    tiny_captioner,
)
from assay.testbed.tasks.task import END, IGNORED, held_out_generator

SCENES = draw_scenes(2_000, held_out_generator())


def test_two_groups_are_shown_one_to_three_of_each() -> None:
    groups = SCENES.shown.view(-1, 5, MEMBERS).sum(-1)
    assert ((groups > 0).sum(1) == 2).all()
    assert groups.max() == 3


def test_captions_name_all_that_is_there_and_some_of_what_goes_with_it() -> None:
    told = in_words(SCENES.captions.tolist())
    unseen = missing = 0
    for words, gold, shown in zip(told, SCENES.gold(), SCENES.shown, strict=True):
        assert gold <= set(words.split())
        assert len(set(words.split())) == len(words.split())
        groups = {number // MEMBERS for number in shown.nonzero()[:, 0].tolist()}
        extra = {NAMES.index(name) // MEMBERS for name in set(words.split()) - gold}
        assert extra <= groups
        unseen += len(words.split()) - len(gold)
        missing += 2 * MEMBERS - len(gold)
    assert 0.27 < unseen / missing < 0.33
    assert ((SCENES.captions == END).sum(1) == 1).all()


def test_pictures_show_each_thing_on_one_patch() -> None:
    size = SCENES.images.square().view(len(SCENES.images), -1).mean(1)
    things = SCENES.shown.sum(1)
    slope = torch.stack([size[things == count].mean() for count in range(2, 7)]).diff()
    torch.testing.assert_close(slope, torch.full((4,), 1 / PATCHES), atol=0.03, rtol=0)


def test_one_batch_in_eight_has_no_picture() -> None:
    batches = scene_batches(4)
    assert [step for step in range(17) if "pixel_values" not in batches(step)] == [0, 8, 16]
    batch, without = batches(1), batches(8)
    assert (batch["input_ids"] == IMAGE).sum(1).tolist() == [PATCHES] * 4
    assert (without["input_ids"] != IMAGE).all()
    assert (batch["labels"][:, : PATCHES + 2] == IGNORED).all()
    assert (batch["labels"][:, PATCHES + 2] >= FIRST).all()
    assert torch.equal(batches(1)["pixel_values"], batch["pixel_values"])


def test_a_captioner_reads_pictures_and_does_without() -> None:
    model = tiny_captioner(layers=2)
    for batch in (scene_batches(2)(0), scene_batches(2)(1)):
        assert model(**batch).loss.isfinite()
