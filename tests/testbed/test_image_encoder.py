"""The real image encoder sees what is on a photograph, and its convolutions are padded as it was trained."""

import pytest
import torch
from torch.nn.functional import interpolate

from assay.testbed.image_encoder import WIDTH, ImageEncoder, load_image_encoder
from assay.testbed.resources import NotFetchedError


@pytest.fixture(scope="module")
def encoder() -> ImageEncoder:
    try:
        return load_image_encoder()
    except NotFetchedError as error:
        pytest.skip(str(error))


def photograph(name: str) -> torch.Tensor:
    from skimage import data  # type: ignore[import-untyped]

    image = torch.tensor(getattr(data, name)()).permute(2, 0, 1)[None]
    side = min(image.shape[2:])
    top, left = ((length - side) // 2 for length in image.shape[2:])
    square = image[:, :, top : top + side, left : left + side].float()
    return interpolate(square, size=(224, 224), mode="bilinear", antialias=True).round().clamp(0, 255).byte()


def test_a_cup_of_coffee_and_a_cat_are_seen(encoder: ImageEncoder) -> None:
    espresso, tabby, egyptian = 967, 281, 285
    likely = encoder.classify(torch.cat([photograph("coffee"), photograph("cat")])).softmax(-1)
    assert likely[0, espresso] > 0.8
    assert likely[1].argmax() in (tabby, egyptian)


def test_an_image_has_one_vector_in_any_batch(encoder: ImageEncoder) -> None:
    images = torch.randint(0, 256, (3, 3, 48, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    together, alone = encoder.encode(images), encoder.encode(images, size=1)
    assert together.shape == (3, WIDTH)
    assert torch.allclose(together, alone, atol=1e-4)
    assert encoder.encode(images[:0]).shape == (0, WIDTH)


def test_what_is_no_image_is_refused_and_random_weights_are_seeded() -> None:
    first, second = (load_image_encoder(pretrained=False) for _ in range(2))
    assert torch.equal(first.model.fc.weight, second.model.fc.weight)
    with pytest.raises(ValueError, match=r"images are torch.float32 \(1, 3, 64, 64\): give bytes"):
        first.encode(torch.zeros(1, 3, 64, 64))
