"""What a layer keeps of a sequence: its states, the tail of its convolution, and how many tokens they are of."""

from typing import Any

from torch import Tensor
from transformers import Cache
from transformers.cache_utils import CacheLayerMixin, LinearAttentionLayer

from assay.methods.architecture.mixture_of_memories._config import MomConfig


def memory_cache(config: MomConfig) -> Cache:
    """An empty cache for a model of this configuration; models make their own where none is given."""
    return Cache(layers=[MemoryCacheLayer() for _ in range(config.num_hidden_layers)])


class MemoryCacheLayer(LinearAttentionLayer, CacheLayerMixin):
    """transformers' linear-attention layer that counts tokens too, as `generate` asks for.

    Its size does not depend on how long the sequence is, and it cannot go back: `crop` is refused.
    """

    is_compileable = False
    is_croppable = False

    def __init__(self, **_: Any) -> None:
        CacheLayerMixin.__init__(self)
        LinearAttentionLayer.__init__(self)
        self.tokens = 0
        """That were read so far, padding included."""

    def get_seq_length(self) -> int:
        """Tokens that were read so far."""
        return self.tokens

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Length and offset of what a mask would cover."""
        return self.tokens + query_length, 0

    def reset(self) -> None:
        """Forget everything."""
        LinearAttentionLayer.reset(self)
        self.tokens = 0

    def crop(self, tokens_to_remove: int) -> None:
        """Refuse, unless nothing is to go.

        Raises:
            ValueError: There is something to remove.
        """
        if tokens_to_remove:
            raise ValueError(
                f"{abs(tokens_to_remove)} tokens cannot be cropped from a cache of memories, which do not tell what "
                "was written last: copy the cache before tokens that may go"
            )

    def update(self, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """There are no keys and values to keep.

        Raises:
            ValueError: Always.
        """
        raise ValueError("a cache of memories keeps states, not keys and values: it is for MomMixer layers alone")
