"""Patches of photographs and of stained tissue as five medical centres would have them, and digits as a control.

Pictures are scikit-image's own: four photographs and a tissue section stained with haematoxylin (blue) and DAB (brown).
A *place* is a square of a picture; its four patches overlap, and all come from one centre, as the patches of one slide
do. Every kind has as many places at each centre as any other, so that neither is the commoner one.

A centre stains and scans in its own way. Its stain scales and offsets the picture's stains, in the colour space of
haematoxylin, eosin and DAB, as augmentations of tissue do it; its scanner has a gain for each colour, a gamma and a
blur. At strength 0 all centres are alike; at 1 the stains vary by a fifth, which augmentation calls strong.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

CENTRES = 5
_STAIN, _GAIN, _GAMMA, _BLUR = 0.2, 0.1, 0.2, 0.8
"""What a centre draws at most at strength 1; the blur is in pixels."""
_DARKEST = 1 / 255
_PER_SIDE = 2
"""Patches of a place, each way; they lie half a patch apart."""


@dataclass(frozen=True)
class Patches:
    """Patches with what they show, where they are from and where in the picture they lie."""

    images: Tensor
    """[n, 3, 64, 64], bytes."""
    kinds: Numbers
    """(n,): the picture of each patch, or how much of DAB its place has, from 0 (least) to 4."""
    centres: Numbers
    """(n,): from 0 to 4."""
    places: Numbers
    """(n,): patches of one place overlap."""


def tinted_digits(*, strength: float, seed: int = 0, each: int = 34) -> tuple[Floats, Numbers, Numbers]:
    """The control: handwritten digits as rows (n, 64), the digit of each, and its centre, which tints its images.

    Args:
        strength: Of the tint, which is one random image of norm 1; images are in [0, 1] before.
        seed: Draws the tints, and which image is at which centre.
        each: Images of each digit at each centre; there are no more than 34.
    """
    from sklearn.datasets import load_digits  # type: ignore[import-untyped]  # noqa: PLC0415 - slow to import

    data = load_digits()
    rng = np.random.default_rng(seed)
    tints = rng.normal(size=(CENTRES, data.data.shape[1]))
    tints /= np.linalg.norm(tints, axis=1, keepdims=True)
    drawn = [rng.permutation(np.flatnonzero(data.target == digit))[: CENTRES * each] for digit in range(10)]
    images = np.concatenate(drawn)
    centres = np.arange(len(images)) % CENTRES
    return data.data[images] / 16.0 + strength * tints[centres], data.target[images].astype(np.int64), centres


def shifted_patches(what: Literal["pictures", "tissue"], *, strength: float, seed: int = 0, places: int = 4) -> Patches:
    """Patches of 64 pixels of five pictures, or of 32 (enlarged to 64) of the tissue section in five levels of DAB.

    Args:
        what: What the kinds are.
        strength: How much the centres differ.
        seed: Draws the centres' ways, and which place is at which centre; the same at any strength.
        places: Of each kind at each centre; four patches each.
    """
    rng = np.random.default_rng(seed)
    ways = [_Way.draw(rng) for _ in range(CENTRES)]
    side = 64 if what == "pictures" else 32
    kinds = _places_of_pictures(side) if what == "pictures" else _places_of_tissue(side)
    images: list[Floats] = []
    labels: list[tuple[int, int, int]] = []
    for kind, squares in enumerate(kinds):
        wanted = places * CENTRES
        if len(squares) < wanted:
            raise ValueError(f"kind {kind} has {len(squares)} places, and {wanted} are wanted: ask for fewer")
        for number, index in enumerate(rng.permutation(len(squares))[:wanted]):
            centre = number % CENTRES
            shifted = ways[centre].apply(squares[index], strength)
            place = len(labels)
            for patch in _patches(shifted, side):
                images.append(patch)
                labels.append((kind, centre, place))
    table = np.array(labels, dtype=np.int64)
    stacked = torch.tensor(np.stack(images)).permute(0, 3, 1, 2)
    if side != 64:
        stacked = torch.nn.functional.interpolate(stacked, size=(64, 64), mode="bilinear")
    return Patches((255 * stacked).round().clamp(0, 255).byte(), table[:, 0], table[:, 1], table[:, 2])


@dataclass(frozen=True)
class _Way:
    """How a centre stains and scans."""

    scale: Floats
    offset: Floats
    gain: Floats
    gamma: float
    blur: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "_Way":
        def within(reach: float) -> Floats:
            return rng.uniform(-reach, reach, 3)

        return cls(
            within(_STAIN),
            within(_STAIN / 4),
            within(_GAIN),
            float(rng.uniform(-_GAMMA, _GAMMA)),
            rng.uniform(0, _BLUR),
        )

    def apply(self, square: Floats, strength: float) -> Floats:
        """A square [side, side, 3] in [0, 1] as this centre would have it; itself at strength 0."""
        from skimage.color import hed_from_rgb, rgb_from_hed  # type: ignore[import-untyped]  # noqa: PLC0415 - slow
        from skimage.filters import gaussian  # type: ignore[import-untyped]  # noqa: PLC0415

        if not strength:
            return square
        # Not rgb2hed, which cuts off what is negative: photographs have colours that no stain makes.
        stains = -np.log(np.maximum(square, _DARKEST)) @ hed_from_rgb
        stains = stains * (1 + strength * self.scale) + strength * self.offset
        scanned = np.exp(-stains @ rgb_from_hed) * (1 + strength * self.gain)
        scanned = np.clip(scanned, 0, 1) ** (2.0 ** (strength * self.gamma))
        blurred: Floats = gaussian(scanned, sigma=strength * self.blur, channel_axis=-1)
        return blurred


def _patches(square: Floats, side: int) -> list[Floats]:
    starts = range(0, _PER_SIDE * side // 2, side // 2)
    return [square[top : top + side, left : left + side] for top in starts for left in starts]


def _squares(image: Floats, side: int) -> list[Floats]:
    """The places of a picture, side by side."""
    reach = side + (_PER_SIDE - 1) * side // 2
    height, width = image.shape[:2]
    return [
        image[top : top + reach, left : left + reach]
        for top in range(0, height - reach + 1, reach)
        for left in range(0, width - reach + 1, reach)
    ]


@cache
def _places_of_pictures(side: int) -> list[list[Floats]]:
    from skimage import data  # type: ignore[import-untyped]  # noqa: PLC0415

    pictures = [
        data.astronaut(),
        data.coffee(),
        data.stereo_motorcycle()[0],
        data.rocket(),
        data.immunohistochemistry(),
    ]
    return [_squares(picture / 255.0, side) for picture in pictures]


@cache
def _places_of_tissue(side: int) -> list[list[Floats]]:
    """The places of the section by how much of DAB they have, in as many levels as there are centres."""
    from skimage import data  # noqa: PLC0415
    from skimage.color import rgb2hed  # noqa: PLC0415

    squares = _squares(data.immunohistochemistry() / 255.0, side)
    brown = [float(rgb2hed(square)[..., 2].mean()) for square in squares]
    return [[squares[index] for index in part] for part in np.array_split(np.argsort(brown), CENTRES)]
