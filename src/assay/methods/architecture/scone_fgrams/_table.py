"""The table that takes the encoder's place after training: every f-gram's vector, in RAM or mapped from disk.

A folder holds ``vectors.npy`` (V, d), the vocabulary's own files, and ``table.json``. Only the rows that are asked for
are read and go to the model's device.
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from assay.methods._files import written_whole
from assay.methods.architecture.scone_fgrams._vocabulary import FGramVocab

Precision = Literal["float16", "bfloat16", "float32"]
_PRECISIONS: dict[str, tuple[torch.dtype, type[np.generic]]] = {
    "float16": (torch.float16, np.float16),
    "bfloat16": (torch.bfloat16, np.int16),  # numpy has none: its bits
    "float32": (torch.float32, np.float32),
}


class FGramTable(nn.Module):
    """Vectors of all n-grams of a vocabulary. Its module has no parameters, so that no device ever holds it whole."""

    def __init__(self, vocab: FGramVocab, vectors: NDArray[Any], *, dtype: Precision, trained_with: str = "") -> None:
        """Take vectors (V, d) as they lie in memory or on disk; bf16 as its bits.

        Raises:
            ValueError: There are not as many vectors as n-grams.
        """
        super().__init__()
        if len(vectors) != len(vocab):
            raise ValueError(f"{len(vectors)} vectors are not those of {len(vocab)} f-grams")
        self.vocab, self.vectors, self.dtype, self.trained_with = vocab, vectors, dtype, trained_with
        self._is_checked = False

    @classmethod
    def load(cls, folder: str | Path, *, mmap: bool = True) -> "FGramTable":
        """Open a table; with `mmap` it stays on disk, and what is read often is kept by the operating system.

        Raises:
            ValueError: The folder holds no table.
        """
        folder = Path(folder)
        vocab = FGramVocab.load(folder, mmap=mmap)
        try:
            about = json.loads((folder / "table.json").read_text(encoding="utf-8"))
            vectors = np.load(folder / "vectors.npy", mmap_mode="r" if mmap else None)
        except OSError as error:
            raise ValueError(f"{folder} holds f-grams, but no table of their vectors: {error}") from None
        return cls(vocab, vectors, dtype=about["dtype"], trained_with=about["trained_with"])

    def save(self, folder: str | Path) -> None:
        """Write it into a folder, which is made anew."""
        with written_whole(folder) as unfinished:
            unfinished.mkdir()
            self.vocab.write(unfinished)
            np.save(unfinished / "vectors.npy", self.vectors)
            _describe(unfinished, self.dtype, self.trained_with)

    @property
    def embedding_dim(self) -> int:
        """Width of the vectors."""
        return int(self.vectors.shape[1])

    @property
    def nbytes(self) -> int:
        """What vectors, n-grams and keys occupy, in bytes."""
        return int(self.vectors.nbytes) + self.vocab.nbytes

    def check(self, embed: nn.Embedding) -> None:
        """Refuse a model's token embedding with which the table was not written.

        Raises:
            ValueError: The vectors are of another width, or were computed from other weights.
        """
        if self.embedding_dim != embed.embedding_dim:
            raise ValueError(f"the table's vectors are {self.embedding_dim} wide, the model's {embed.embedding_dim}")
        if embed.weight.is_meta:
            raise ValueError("the token embedding is not in memory, and the table is to be compared with it: load it")
        if self.trained_with and self.trained_with != fingerprint(embed):
            raise ValueError(
                "the table was written for other weights than this model's (or these were rounded to something else "
                "than bf16): export it anew, or apply it before you convert the model"
            )

    def forward(self, rows: NDArray[np.int64], embed: nn.Embedding) -> Tensor:
        """(n, d): the vectors of these rows, in the type of the token embedding `embed`.

        Raises:
            ValueError: As `check` does, the first time: a model that was loaded has its weights only by now.
        """
        if not self._is_checked and self.trained_with:
            self.check(embed)
        self._is_checked = True
        vectors = torch.from_numpy(np.asarray(np.take(self.vectors, rows, axis=0))).view(_PRECISIONS[self.dtype][0])
        return vectors.to(embed.weight.device, embed.weight.dtype)


@torch.no_grad()
def write_table(
    folder: str | Path, source: nn.Module, vocab: FGramVocab, embed: nn.Embedding, *, dtype: Precision, batch: int
) -> FGramTable:
    """Compute the vectors of all n-grams, `batch` at a time, and write them into a folder, which is made anew.

    Raises:
        ValueError: `dtype` is unknown, there are no f-grams, or a vector does not fit into it.
    """
    if dtype not in _PRECISIONS:
        raise ValueError(f"a table is kept in {', '.join(_PRECISIONS)}, not in {dtype!r}")
    if not len(vocab):
        raise ValueError("a vocabulary without f-grams makes no table")
    precision, as_numpy = _PRECISIONS[dtype]
    shape = (len(vocab), embed.embedding_dim)
    with written_whole(folder) as unfinished:
        unfinished.mkdir()
        vocab.write(unfinished)
        vectors: Any = np.lib.format.open_memmap(unfinished / "vectors.npy", mode="w+", dtype=as_numpy, shape=shape)
        for start in range(0, len(vocab), batch):
            rows = np.arange(start, min(start + batch, len(vocab)))
            block = source(rows, embed).to("cpu", precision)
            if not bool(block.isfinite().all()):
                raise ValueError(f"vectors of f-grams do not fit into {dtype}: keep the table in bfloat16 or float32")
            vectors[rows] = block.view(torch.int16).numpy() if precision == torch.bfloat16 else block.numpy()
        vectors.flush()
        _describe(unfinished, dtype, fingerprint(embed))
    return FGramTable.load(folder)


def fingerprint(embed: nn.Embedding) -> str:
    """Of a token embedding, the same in fp32 and after rounding to bf16."""
    bits = embed.weight.detach().to("cpu", torch.bfloat16).contiguous().view(torch.int16)
    return sha256(bits.numpy().tobytes()).hexdigest()[:16]


def _describe(folder: Path, dtype: Precision, trained_with: str) -> None:
    about = {"dtype": dtype, "trained_with": trained_with}
    (folder / "table.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
