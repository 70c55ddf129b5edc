"""Patches of centres are alike at strength 0, balanced, seeded, and shifted more the stronger it is."""

from typing import Literal

import numpy as np
import pytest
import torch

from assay.testbed.tasks.centres import CENTRES, shifted_patches, tinted_digits


@pytest.mark.parametrize("what", ["pictures", "tissue"])
def test_patches_are_balanced_and_those_of_a_place_are_at_one_centre(what: Literal["pictures", "tissue"]) -> None:
    patches = shifted_patches(what, strength=0.0, places=2)
    assert patches.images.shape == (4 * 2 * 5 * CENTRES, 3, 64, 64)
    assert patches.images.dtype == torch.uint8
    cells = np.bincount(patches.kinds * CENTRES + patches.centres)
    assert set(cells.tolist()) == {8}
    for labels in (patches.kinds, patches.centres):
        pairs = {(place, label) for place, label in zip(patches.places.tolist(), labels.tolist(), strict=True)}
        assert len(pairs) == len(set(patches.places.tolist()))


def test_centres_shift_the_more_the_stronger_and_alike_at_a_seed() -> None:
    plain, some, more = (shifted_patches("tissue", strength=each, places=1).images.float() for each in (0.0, 0.5, 2.0))
    assert 0 < (some - plain).abs().mean() < (more - plain).abs().mean()
    again = shifted_patches("tissue", strength=2.0, places=1)
    assert torch.equal(again.images.float(), more)
    other = shifted_patches("tissue", strength=2.0, seed=1, places=1)
    assert not torch.equal(other.images, again.images)


def test_levels_of_the_section_rise_in_brown() -> None:
    patches = shifted_patches("tissue", strength=0.0)
    blue = [float(patches.images[torch.tensor(patches.kinds == kind), 2].float().mean()) for kind in range(5)]
    assert blue == sorted(blue, reverse=True)  # what is brown is no blue
    with pytest.raises(ValueError, match="kind 0 has 20 places, and 25 are wanted"):
        shifted_patches("tissue", strength=0.0, places=5)


def test_digits_are_tinted_by_their_centre_alone() -> None:
    plain, digits, centres = tinted_digits(strength=0.0)
    tinted, _, same = tinted_digits(strength=1.5)
    assert np.array_equal(centres, same)
    tints = tinted - plain
    assert np.linalg.norm(tints, axis=1) == pytest.approx(1.5)
    assert all(np.allclose(tints[centres == each], tints[centres == each][0]) for each in range(CENTRES))
    assert set(np.bincount(10 * centres + digits).tolist()) == {34}
    assert len(tinted_digits(strength=0.0, each=2)[0]) == 100
