"""The memory of one block: how it is read, and how a segment is written into it."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, scaled_dot_product_attention


@dataclass(frozen=True)
class MemoryConfig:
    """What a memory is like.

    Raises:
        ValueError: A number is not positive, or `layers` is neither ``"all"`` nor numbers of layers.
    """

    slots: int = 64
    """Rows of a block's memory. The paper has 2,048, as many as tokens; an update costs slots x segment."""
    heads: int = 4
    """Of reading and of writing; the released module has 8 at a width of 2,048."""
    segment: int = 128
    """Tokens between updates: ours. What lies in a token's own segment it sees through attention alone."""
    layers: str | tuple[int, ...] = "all"
    """Blocks with a memory, from 0; the paper found all of them best."""
    detach_every: int | None = None
    """Updates through which gradients flow, in one forward pass; ``None`` for all of them."""

    def __post_init__(self) -> None:
        for name in ("slots", "heads", "segment", "detach_every"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value}: at least one is needed")
        if isinstance(self.layers, str) and self.layers != "all":
            raise ValueError(f"layers is {self.layers!r}: give 'all', or a tuple of numbers that count from 0")
        if not isinstance(self.layers, str) and (not self.layers or len(set(self.layers)) < len(self.layers)):
            raise ValueError(f"layers is {self.layers!r}: at least one is needed, and each once")


class MemoryState(NamedTuple):
    """The memory of a block at some point of a text."""

    memory: Tensor
    """(B, N, d): after the last segment that was complete."""
    pending: Tensor
    """(B, n, d): the inputs of the n < S tokens that came after it."""


class GatedMemory(nn.Module):
    """The memory of one block, `width` features wide.

    Raises:
        ValueError: The heads do not divide the width.
    """

    def __init__(self, width: int, config: MemoryConfig, *, spread: float = 0.02) -> None:
        super().__init__()
        if width % config.heads:
            raise ValueError(f"{config.heads} heads do not divide a width of {width}: choose a divisor of it")
        self.segment, self.detach_every = config.segment, config.detach_every
        self.initial = nn.Parameter(torch.empty(config.slots, width))
        self.read, self.write = (_Attention(width, config.heads, spread) for _ in range(2))
        self.output_gate, self.input_gate, self.forget_gate = (
            _gate(inputs * width, width, bias, spread) for inputs, bias in ((1, 0.0), (2, 0.0), (2, 1.0))
        )
        nn.init.zeros_(self.read.output.weight)
        if config.slots <= width:
            nn.init.eye_(self.initial)
        else:
            nn.init.orthogonal_(self.initial)

    def forward(self, x: Tensor, state: MemoryState | None = None, *, keep: bool = True) -> tuple[Tensor, MemoryState]:
        """What is read by each token, and the state after the last.

        Args:
            x: (B, T, d), what goes into attention.
            state: After the tokens before these; ``None`` at the beginning of a text.
            keep: The state is wanted; a segment that ends with the last token need not be written otherwise.

        Raises:
            ValueError: The state is of another batch size.
        """
        if state is None:
            state = MemoryState(self.initial.expand(len(x), -1, -1), x[:, :0])
        if len(state.memory) != len(x):
            raise ValueError(f"the memory is that of {len(state.memory)} rows, and the batch has {len(x)}")
        text = torch.cat([state.pending, x], dim=1)
        complete = (text.shape[1] - (0 if keep else 1)) // self.segment
        memories = self._written(state.memory, text[:, : complete * self.segment])
        read = self._read(text, memories)[:, state.pending.shape[1] :]
        return read, MemoryState(memories[-1], text[:, complete * self.segment :])

    def _written(self, memory: Tensor, text: Tensor) -> list[Tensor]:
        """The memory before each segment of `text`, and after the last."""
        memories = [memory]
        segments = text.unflatten(1, (-1, self.segment)).unbind(1) if text.shape[1] else ()
        for number, segment in enumerate(segments):
            if self.detach_every and number and number % self.detach_every == 0:
                memory = memory.detach()
            found = self.write(memory, segment)
            both = torch.cat([found, memory], dim=-1)
            memory = self.input_gate(both).sigmoid() * found.tanh() + self.forget_gate(both).sigmoid() * memory
            memories.append(memory)
        return memories

    def _read(self, text: Tensor, memories: list[Tensor]) -> Tensor:
        """What each token of `text` reads, all segments at once: they are rows of one batch."""
        batch, length, _ = text.shape
        segments = -(-length // self.segment)
        if segments > 1:
            rows = pad(text, (0, 0, 0, segments * self.segment - length)).unflatten(1, (segments, self.segment))
            found = self.read(rows.flatten(0, 1), torch.stack(memories[:segments], dim=1).flatten(0, 1))
            found = found.view(batch, segments * self.segment, -1)[:, :length]
        else:
            found = self.read(text, memories[0])
        read: Tensor = self.output_gate(found).sigmoid() * found
        return read


class _Attention(nn.Module):
    """Multi-head attention from one sequence to another, without positions or mask."""

    def __init__(self, width: int, heads: int, spread: float) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.output = (nn.Linear(width, width, bias=False) for _ in range(4))
        for linear in (self.query, self.key, self.value, self.output):
            nn.init.normal_(linear.weight, std=spread)

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        q, k, v = (
            projected.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for projected in (self.query(x), self.key(other), self.value(other))
        )
        found: Tensor = self.output(scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return found


def _gate(inputs: int, width: int, bias: float, spread: float) -> nn.Linear:
    gate = nn.Linear(inputs, width)
    nn.init.normal_(gate.weight, std=spread)
    nn.init.constant_(gate.bias, bias)
    return gate
