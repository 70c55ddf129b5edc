"""A real image encoder that a package carries: pictures as the features by which a network knows a thousand things."""

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.testbed.resources import Say, resource

_STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192),
           (1, 3, 1, 6, 320))  # fmt: skip
"""Of EfficientNet-Lite0: blocks, kernel, stride of the first, how often wider within a block, channels."""
WIDTH = 1_280
"""Of the features."""


@dataclass(frozen=True, eq=False)
class ImageEncoder:
    """EfficientNet-Lite0: the mean over places of the last features before the classifier."""

    model: "EfficientNetLite0"

    @torch.no_grad()
    def encode(self, images: Tensor, *, size: int = 64) -> Tensor:
        """Features [images, 1280], on the model's device.

        Args:
            images: [images, 3, height, width], bytes from 0 to 255 of red, green and blue, 32 or more each way.
            size: Images of a batch.

        Raises:
            ValueError: They are no such images.
        """
        if images.ndim != 4 or images.shape[1] != 3 or images.dtype != torch.uint8 or min(images.shape[2:]) < 32:
            raise ValueError(f"images are {images.dtype} {tuple(images.shape)}: give bytes [images, 3, 32+, 32+]")
        device = self.model.conv_stem.weight.device
        parts = [torch.empty(0, WIDTH, device=device)]
        parts += [self.model.features(_normalised(batch.to(device))) for batch in images.split(size)]
        return torch.cat(parts)

    @torch.no_grad()
    def classify(self, images: Tensor) -> Tensor:
        """Logits [images, 1000] of ImageNet's classes."""
        return cast("Tensor", self.model.fc(self.encode(images)))


def load_image_encoder(
    *, pretrained: bool = True, device: torch.device | str = "cpu", say: Say | None = None
) -> ImageEncoder:
    """Load EfficientNet-Lite0, fetched first where it is not here.

    Args:
        pretrained: Its weights; random ones, of seed 0, otherwise.
        device: Where it computes.
        say: Shows what is fetched.

    Raises:
        NotFetchedError: It is not here and cannot be fetched.
    """
    if pretrained:
        (file,) = resource("efficientnet-lite0").fetch(say=say)
        model = EfficientNetLite0()
        weights = torch.load(file, map_location="cpu", weights_only=True)
        model.load_state_dict({".".join(part.removeprefix("_") for part in key.split(".")): each
                               for key, each in weights.items()})  # fmt: skip
    else:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            model = EfficientNetLite0()
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it
    return ImageEncoder(model.eval().to(device))


class EfficientNetLite0(nn.Module):
    """EfficientNet-B0 without squeeze-and-excitation, with ReLU6; 4.7 million parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_stem, self.bn0 = _Conv(3, 32, 3, stride=2), _norm(32)
        blocks, width = [], 32
        for repeats, kernel, stride, wider, out in _STAGES:
            for repeat in range(repeats):
                blocks.append(_Block(width, out, kernel, stride if repeat == 0 else 1, wider))
                width = out
        self.blocks = nn.ModuleList(blocks)
        self.conv_head, self.bn1 = _Conv(width, WIDTH, 1), _norm(WIDTH)
        self.fc = nn.Linear(WIDTH, 1000)

    def features(self, x: Tensor) -> Tensor:
        """[n, 3, height, width] to [n, 1280]."""
        x = functional.relu6(self.bn0(self.conv_stem(x)))
        for block in self.blocks:
            x = block(x)
        return functional.relu6(self.bn1(self.conv_head(x))).mean((2, 3))


class _Block(nn.Module):
    """Widen, look at each channel by itself, narrow again."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, wider: int) -> None:
        super().__init__()
        width = inputs * wider
        self.keeps_shape = stride == 1 and inputs == outputs
        self.widens = wider > 1
        if self.widens:
            self.expand_conv, self.bn0 = _Conv(inputs, width, 1), _norm(width)
        self.depthwise_conv, self.bn1 = _Conv(width, width, kernel, stride=stride, groups=width), _norm(width)
        self.project_conv, self.bn2 = _Conv(width, outputs, 1), _norm(outputs)

    def forward(self, x: Tensor) -> Tensor:
        wide = functional.relu6(self.bn0(self.expand_conv(x))) if self.widens else x
        wide = functional.relu6(self.bn1(self.depthwise_conv(wide)))
        out: Tensor = self.bn2(self.project_conv(wide))
        return x + out if self.keeps_shape else out


class _Conv(nn.Conv2d):
    """A convolution padded as TensorFlow does it: what is odd goes behind."""

    def __init__(self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride=stride, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        sides = []
        for length in (x.shape[3], x.shape[2]):
            stride, kernel = self.stride[0], self.kernel_size[0]
            missing = max((-(-length // stride) - 1) * stride + kernel - length, 0)
            sides += [missing // 2, missing - missing // 2]
        return super().forward(functional.pad(x, sides) if any(sides) else x)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)


def _normalised(images: Tensor) -> Tensor:
    # Channels last: half as slow again otherwise, for convolutions of each channel by itself.
    return ((images.float() - 127.0) / 128.0).contiguous(memory_format=torch.channels_last)
