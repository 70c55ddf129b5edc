"""Tables of f-grams as they are written and looked up: bytes of a row, and seconds in RAM and from disk."""

import os
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from assay.methods.architecture.scone_fgrams import FGramRows, FGramTable, FGramVocab, write_table


def bytes_per_row(folder: Path, rows: int) -> float:
    """Bytes per row of a table 2,048 wide, all its files together."""
    vocab = FGramVocab.of(make_ngrams(rows))
    embed = nn.Embedding(50_000, 2048, _weight=torch.zeros(50_000, 2048, dtype=torch.float16))
    write_table(folder, FGramRows(vocab, embed), vocab, embed, dtype="float16", batch=4096)
    return sum(file.stat().st_size for file in folder.iterdir()) / rows


MAPPED, IN_RAM, DROPPED = "mapped", "in RAM", "on disk, pages dropped before"


def look_up_seconds(rows: int, *, rounds: int = 5) -> dict[str, list[float]]:
    """Seconds of each round of look-ups in a table in RAM, mapped, and mapped with none of its pages in memory."""
    generator = np.random.default_rng(0)
    vectors = np.ones((rows, 16), dtype=np.float16)
    in_ram = FGramTable(FGramVocab.of(make_ngrams(rows)), vectors, dtype="float16")
    embed = nn.Embedding(1, 16)
    seconds: dict[str, list[float]] = {IN_RAM: [], MAPPED: [], DROPPED: []}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "table"
        in_ram.save(place)
        for _ in range(rounds):
            ids = in_ram.vocab.ngrams[generator.integers(rows, size=52)].reshape(4, -1)
            seconds[IN_RAM].append(_look_up(in_ram, embed, ids))
            _drop_pages(place)
            mapped = FGramTable.load(place)
            seconds[DROPPED].append(_look_up(mapped, embed, ids))
            seconds[MAPPED].append(_look_up(mapped, embed, ids))
    return seconds


def _look_up(table: FGramTable, embed: nn.Embedding, ids: NDArray[np.int32]) -> float:
    began = perf_counter()
    rows = table.vocab.match(ids)
    table(rows[rows >= 0], embed)
    return perf_counter() - began


def _drop_pages(folder: Path) -> None:
    """Have the system forget the pages of the folder's files; where it cannot be asked to, they stay."""
    for file in folder.iterdir() if hasattr(os, "posix_fadvise") else ():
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def make_ngrams(rows: int) -> NDArray[np.int32]:
    """So many different n-grams (rows, 5) of 2 to 5 tokens, of 50,000."""
    generator = np.random.default_rng(0)
    pair = np.arange(rows) * 2_654_435_761 % 50_000**2  # a prime: no two are alike
    ngrams = generator.integers(50_000, size=(rows, 5), dtype=np.int32)
    ngrams[:, 3], ngrams[:, 4] = pair // 50_000, pair % 50_000
    lengths = np.arange(rows) % 4 + 2
    for column in range(3):
        ngrams[lengths < 5 - column, column] = -1
    return ngrams
