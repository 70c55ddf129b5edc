"""The memory of one block: how it is read, and how a segment is written into it."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, scaled_dot_product_attention


class MemoryState(NamedTuple):
    """The memory of a block at some point of a text."""

    memory: Tensor
    """(B, N, d): after the last segment that was complete."""
    pending: Tensor
    """(B, n, d): the inputs of the n < S tokens that came after it."""

    @property
    def croppable(self) -> bool:
        """Whether tokens can be taken back."""
        return False

    def crop(self, tokens: int) -> "MemoryState":
        """Refuse to take tokens back.

        Raises:
            ValueError: Always.
        """
        raise ValueError(
            f"the last {tokens} tokens cannot be taken back, as they are written into a memory: generate without an "
            "assistant"
        )


class GatedMemory(nn.Module):
    """The memory of one block, `width` features wide; see `LM2Memory` for what the numbers mean.

    Raises:
        ValueError: The heads do not divide the width.
    """

    def __init__(
        self,
        width: int,
        *,
        slots: int = 64,
        heads: int = 4,
        segment: int = 128,
        detach_every: int | None = None,
        spread: float = 0.02,
    ) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide a width of {width}: choose a divisor of it")
        self.segment, self.detach_every = segment, detach_every
        self.initial = nn.Parameter(torch.empty(slots, width))
        self.read, self.write = (_Attention(width, heads, spread) for _ in range(2))
        self.output_gate, self.input_gate, self.forget_gate = (
            _gate(inputs * width, width, bias, spread) for inputs, bias in ((1, 0.0), (2, 0.0), (2, 1.0))
        )
        nn.init.zeros_(self.read.output.weight)
        if slots <= width:
            nn.init.eye_(self.initial)
        else:
            nn.init.orthogonal_(self.initial)

    def forward(self, x: Tensor, state: MemoryState | None = None, *, keep: bool = True) -> tuple[Tensor, MemoryState]:
        """What each token reads, and the state after the last.

        Args:
            x: (B, T, d), what goes into attention.
            state: After the tokens before these; ``None`` at the beginning of a text.
            keep: The caller needs the state; without it, a segment that ends with the last token is not written.

        Raises:
            ValueError: The state is of another batch size.
        """
        if state is None:
            state = MemoryState(self.initial.expand(len(x), -1, -1), x[:, :0])
        if len(state.memory) != len(x):
            raise ValueError(f"the memory is that of {len(state.memory)} rows, and the batch has {len(x)}")
        memory, pending = state.memory.to(x), state.pending.to(x)
        text = torch.cat([pending, x], dim=1)
        complete = (text.shape[1] - (0 if keep else 1)) // self.segment
        memories = self._written(memory, text[:, : complete * self.segment])
        read = self._read(text, memories)[:, pending.shape[1] :]
        return read, MemoryState(memories[-1], text[:, complete * self.segment :])

    def _written(self, memory: Tensor, text: Tensor) -> list[Tensor]:
        """The memory before each segment of `text`, and after the last."""
        memories = [memory]
        segments = text.unflatten(1, (-1, self.segment)).unbind(1) if text.shape[1] else ()
        for number, segment in enumerate(segments):
            if self.detach_every and number and number % self.detach_every == 0:
                memory = memory.detach()
            candidate = self.write(memory, segment)
            both = torch.cat([candidate, memory], dim=-1)
            memory = self.input_gate(both).sigmoid() * candidate.tanh() + self.forget_gate(both).sigmoid() * memory
            memories.append(memory)
        return memories

    def _read(self, text: Tensor, memories: list[Tensor]) -> Tensor:
        """What each token of `text` reads, all segments at once: they are rows of one batch."""
        batch, length, _ = text.shape
        segments = -(-length // self.segment)
        if segments > 1:
            rows = pad(text, (0, 0, 0, segments * self.segment - length)).unflatten(1, (segments, self.segment))
            values = self.read(rows.flatten(0, 1), torch.stack(memories[:segments], dim=1).flatten(0, 1))
            values = values.view(batch, segments * self.segment, -1)[:, :length]
        else:
            values = self.read(text, memories[0])
        read: Tensor = self.output_gate(values).sigmoid() * values
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
        mixed: Tensor = self.output(scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return mixed


def _gate(inputs: int, width: int, bias: float, spread: float) -> nn.Linear:
    gate = nn.Linear(inputs, width)
    nn.init.normal_(gate.weight, std=spread)
    nn.init.constant_(gate.bias, bias)
    return gate
