"""The cache layer that stores fewer tokens than it has seen."""

from collections.abc import Callable

from torch import LongTensor, Tensor
from transformers.cache_utils import DynamicLayer


class RetainedLayer(DynamicLayer):  # type: ignore[no-untyped-call]  # parts of transformers are untyped
    """Stores fewer tokens than it has seen: positions go by what was seen, masks by what is stored."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.prompt = 0
        """Columns of the prompt, padding included."""
        self.entries = 0
        """How many of them are stored, per KV head."""
        self.padding: Tensor | None = None
        """(B,): how many of the entries, from the left, are padding; ``None`` if there is none."""

    def retain(self, columns: Tensor | None, *, prompt: int, padding: Tensor | None) -> None:
        """Keep only `columns` (B, Hkv, C) of what is stored, or all if ``None``, of a prompt of `prompt` columns."""
        assert self.keys is not None  # noqa: S101 - it follows an update
        assert self.values is not None  # noqa: S101
        if columns is not None:
            keys, values = (
                columns[..., None].expand(-1, -1, -1, states.shape[-1]) for states in (self.keys, self.values)
            )
            self.keys, self.values = self.keys.gather(2, keys), self.values.gather(2, values)
        self.prompt, self.entries, self.padding = prompt, self.keys.shape[-2], padding

    def get_seq_length(self) -> int:
        """Tokens seen, which is where the next one stands."""
        stored: int = super().get_seq_length()
        return stored - self.entries + self.prompt

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Tokens stored once `query_length` more are; no offset."""
        return super().get_seq_length() + query_length, 0

    def crop(self, tokens_to_remove: int) -> None:
        """Forget the last tokens, given as a negative number, but none of the compressed prompt."""
        if -tokens_to_remove > super().get_seq_length() - self.entries:
            raise ValueError(f"cannot crop {-tokens_to_remove} tokens: that would cut into the compressed prompt")
        super().crop(tokens_to_remove)

    def reset(self) -> None:
        super().reset()
        self.prompt = self.entries = 0
        self.padding = None

    def reorder_cache(self, beam_idx: LongTensor) -> None:
        super().reorder_cache(beam_idx)
        self._rows(lambda padding: padding.index_select(0, beam_idx.to(padding.device)))

    def batch_repeat_interleave(self, repeats: int) -> None:
        super().batch_repeat_interleave(repeats)
        self._rows(lambda padding: padding.repeat_interleave(repeats))

    def batch_select_indices(self, indices: Tensor) -> None:
        super().batch_select_indices(indices)
        self._rows(lambda padding: padding[indices])

    def _rows(self, change: Callable[[Tensor], Tensor]) -> None:
        self.padding = None if self.padding is None else change(self.padding)
