"""Where the vectors of f-grams come from during training: an encoder, or rows of their own to compare it with.

A source is a module that is called with rows of a vocabulary (n,) and the model's token embedding; it returns (n, d).
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from assay.methods.architecture.scone_fgrams._vocabulary import FGramVocab


class FGramSource(nn.Module):
    """What the vectors of f-grams come from; the n-grams are a buffer of it, and so are saved with the model."""

    ngrams: Tensor
    """(V, max_n): as in `FGramVocab`."""

    def __init__(self, vocab: FGramVocab) -> None:
        super().__init__()
        self._vocab = vocab
        if vocab.is_unread:  # the model is being loaded
            self.register_buffer("ngrams", torch.empty(vocab.ngrams.shape, dtype=torch.int32))
        else:
            self.register_buffer("ngrams", torch.from_numpy(np.array(vocab.ngrams)))

    @property
    def vocab(self) -> FGramVocab:
        """The n-grams, to search in."""
        if self._vocab.is_unread:
            self._vocab = self._vocab.read(self.ngrams.numpy(force=True))
        return self._vocab

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        super()._load_from_state_dict(*args, **kwargs)
        self._vocab = FGramVocab.of_sizes(**self._vocab.sizes())


class FGramEncoder(FGramSource):
    """A causal transformer over the tokens of one n-gram: from their embeddings to one vector of the same width.

    It begins as the identity on the n-gram's last token. See `Scone` for the sizes.

    Raises:
        ValueError: The width does not divide into heads.
    """

    def __init__(
        self,
        vocab: FGramVocab,
        embedding_dim: int,
        *,
        layers: int = 2,
        width: int | None = None,
        heads: int = 4,
        expansion: float = 4.0,
    ) -> None:
        super().__init__(vocab)
        width = width or embedding_dim
        if width % heads:
            raise ValueError(f"a width of {width} does not divide into {heads} heads: name another number")
        self.read = nn.Linear(embedding_dim, width)
        self.scale = nn.RMSNorm(width)
        self.position = nn.Parameter(torch.randn(vocab.max_n, width))
        self.blocks = nn.ModuleList(_Block(width, heads, round(width * expansion)) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.write = nn.Linear(width, embedding_dim)
        nn.init.zeros_(self.write.weight)
        nn.init.zeros_(self.write.bias)

    def forward(self, rows: NDArray[np.int64], embed: nn.Module) -> Tensor:
        """(n, d): the vectors of these rows of the vocabulary, with the token embeddings of `embed`."""
        ngrams = self.vocab.ngrams[rows]
        lengths = (ngrams >= 0).sum(1)
        longest = int(lengths.max(initial=1))
        # From the first token on, as the encoder's positions count; what is behind the last one is never looked at.
        columns = np.arange(longest) + (ngrams.shape[1] - lengths)[:, None]
        tokens = np.take_along_axis(ngrams, np.minimum(columns, ngrams.shape[1] - 1), axis=1)
        device = self.position.device
        return self.encode(embed(torch.from_numpy(tokens).long().to(device)), torch.from_numpy(lengths).to(device))

    def encode(self, embeddings: Tensor, lengths: Tensor) -> Tensor:
        """(n, d): from embeddings (n, k, d), of which the first `lengths` (n,) count."""
        last = (torch.arange(len(lengths), device=lengths.device), lengths - 1)
        x = self.scale(self.read(embeddings)) + self.position[: embeddings.shape[1]]
        for block in self.blocks:
            x = block(x)
        out: Tensor = embeddings[last] + self.write(self.norm(x[last]))
        return out


class FGramRows(FGramSource):
    """A vector of its own for each n-gram, trained directly: what the encoder is to be compared with.

    A row begins as the embedding of its n-gram's last token, as the encoder's vectors do.
    """

    def __init__(self, vocab: FGramVocab, embed: nn.Embedding) -> None:
        super().__init__(vocab)
        if vocab.is_unread:
            self.weight = nn.Parameter(torch.empty(len(vocab), embed.embedding_dim))
            return
        last = torch.from_numpy(np.ascontiguousarray(vocab.ngrams[:, -1])).long()
        with torch.no_grad():
            self.weight = nn.Parameter(embed(last.to(embed.weight.device)).clone())

    def forward(self, rows: NDArray[np.int64], embed: nn.Module) -> Tensor:  # noqa: ARG002 - as every source
        """(n, d): the vectors of these rows."""
        return functional.embedding(torch.from_numpy(rows).to(self.weight.device), self.weight)


class _Block(nn.Module):
    """Pre-norm attention and feed-forward block."""

    def __init__(self, width: int, heads: int, inner: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        n, length, width = x.shape
        split = self.qkv(self.norm_1(x)).view(n, length, 3, self.heads, width // self.heads)
        q, k, v = split.permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).reshape(n, length, width))
        out: Tensor = x + self.down(functional.gelu(self.up(self.norm_2(x))))
        return out
