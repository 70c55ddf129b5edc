"""The f-gram vocabulary: which n-grams of a corpus have a vector of their own, and which of them ends at a token.

An n-gram has one row. Rows stand in the order of 64-bit keys, so that a search in a sorted array finds all n-grams of a
batch at once; each match is compared token by token, so that no collision of keys is ever taken for a match.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from assay.methods._files import written_whole

Ints = NDArray[np.integer[Any]]
NOTHING = -1
"""Stands where an n-gram has no token, and for a token that no n-gram may hold; the row of a token without a match."""


@dataclass(frozen=True, eq=False)
class FGramVocab:
    """N-grams of 2 to `max_n` tokens, one row each. Made by `build`, `of` or `load`."""

    ngrams: NDArray[np.int32]
    """(V, max_n): the tokens of each row in reading order, the last one in the last column; -1 before the first."""
    keys: NDArray[np.uint64]
    """(V,): ascending."""
    salt: int
    """What the keys were mixed with, so that no two are alike."""
    special: frozenset[int] = frozenset()
    """Token ids that no n-gram holds, so that none reaches across a beginning, an end or padding."""
    tokenizer: str = ""
    """Fingerprint of the tokeniser that the ids are of; empty if none was named."""
    cutoff: int = 0
    """Occurrences of the rarest n-gram that `build` kept."""

    @classmethod
    def build(
        cls,
        documents: Iterable[Sequence[int] | Ints | Tensor],
        *,
        max_n: int = 5,
        size: int = 200_000,
        min_count: int = 5,
        special: Collection[int] = (),
        tokenizer: Any = None,
    ) -> "FGramVocab":
        """The most frequent n-grams of 2 to `max_n` tokens, all lengths ranked together; none spans two documents.

        The corpus is held in memory and scanned once for each length. An n-gram is counted only where the n - 1 tokens
        at its beginning and those at its end were frequent enough themselves.

        Args:
            documents: Token ids of each.
            max_n: Length of the longest; 5 in the paper's main runs.
            size: How many at most; of equally frequent ones the shorter, then the earlier.
            min_count: How often one must occur to be kept; 5 in the paper.
            special: Token ids that no n-gram may hold; those of `tokenizer` are added.
            tokenizer: A tokeniser of transformers; its fingerprint is kept.

        Raises:
            ValueError: `max_n` is under 2, `size` or `min_count` under 1, or an id negative.
        """
        if max_n < 2 or size < 1 or min_count < 1:
            raise ValueError(f"max_n is at least 2, size and min_count 1: not {max_n}, {size} and {min_count}")
        special = frozenset(special) | frozenset(tokenizer.all_special_ids if tokenizer is not None else ())
        text = _joined(documents, special)
        ngrams, cutoff = _frequent(text, max_n, size, min_count)
        return cls.of(ngrams, special=special, tokenizer=tokenizer, cutoff=cutoff)

    @classmethod
    def of(
        cls,
        ngrams: Sequence[Sequence[int]] | Ints,
        *,
        special: Collection[int] = (),
        tokenizer: Any = None,
        cutoff: int = 0,
    ) -> "FGramVocab":
        """A vocabulary of these n-grams.

        Args:
            ngrams: Lists of two tokens or more, or an array (V, max_n) as in `FGramVocab.ngrams`.
            special: Token ids that no n-gram may hold.
            tokenizer: As in `build`.
            cutoff: As in the attribute.

        Raises:
            ValueError: An n-gram has fewer than two tokens, holds a special one, has a gap or is there twice.
        """
        table = _table(ngrams)
        special = frozenset(int(token) for token in special)
        lengths = (table >= 0).sum(1)
        if table.shape[1] < 2 or (len(table) and int(lengths.min()) < 2):
            raise ValueError("an f-gram has at least two tokens: single ones have their row in the model's own table")
        if ((table[:, :-1] >= 0) & (table[:, 1:] < 0)).any():
            raise ValueError("an f-gram has a gap: -1 may stand only before its first token")
        if special and np.isin(table, list(special)).any():
            raise ValueError(f"an f-gram holds one of the special tokens {sorted(special)}: leave those out")
        # The chance of two equal keys among ten million is one in a few hundred thousand; then other keys are taken.
        for salt in range(8):
            keys = _keys(table, salt)
            order = np.argsort(keys)
            table, keys = np.take(table, order, axis=0), np.take(keys, order)
            alike = keys[1:] == keys[:-1]
            if not alike.any():
                return cls(table, keys, salt, special, _fingerprint(tokenizer), cutoff)
            if (table[1:][alike] == table[:-1][alike]).all(1).any():
                raise ValueError("an f-gram is there twice: name each once")
        raise ValueError("no keys without collisions were found for these f-grams")

    def __len__(self) -> int:
        return len(self.ngrams)

    @property
    def max_n(self) -> int:
        """Tokens of the longest n-gram that there may be."""
        return int(self.ngrams.shape[1])

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(V,): tokens of each n-gram."""
        return np.asarray((self.ngrams >= 0).sum(1), dtype=np.int64)

    @property
    def nbytes(self) -> int:
        """What n-grams and keys occupy, in bytes."""
        return int(self.ngrams.nbytes + self.keys.nbytes)

    def match(self, ids: Ints, *, starts: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """The row of the longest n-gram that ends at each token, -1 where there is none.

        Args:
            ids: (..., T); what is negative or special is in no match.
            starts: (..., T), true for the first token of a text, across which no match reaches back.
        """
        ids = np.asarray(ids)
        rows = np.full(ids.shape, NOTHING, dtype=np.int64)
        if not len(self):
            return rows
        behind = _windows(self._allowed(ids), self.max_n, starts)
        keys = _keys_from_the_end(behind, self.salt)
        unmatched = np.ones(ids.shape, dtype=bool)
        for n in range(self.max_n, 1, -1):
            places = np.nonzero(unmatched & (behind[n - 1] >= 0))
            nearest = np.minimum(np.searchsorted(self.keys, keys[n - 1][places]), len(self) - 1)
            tokens = np.stack([behind[back][places] for back in range(n - 1, -1, -1)], axis=-1)
            ngrams = self.ngrams[nearest]
            same = (ngrams[:, self.max_n - n :] == tokens).all(1) & (ngrams[:, : self.max_n - n] < 0).all(1)
            matched = tuple(axis[same] for axis in places)
            rows[matched] = nearest[same]
            unmatched[matched] = False
        return rows

    def sizes(self) -> dict[str, Any]:
        """Everything but the n-grams, as JSON can hold it; `of_sizes` makes an unread vocabulary of it."""
        return {
            "size": len(self),
            "max_n": self.max_n,
            "special": sorted(self.special),
            "tokenizer": self.tokenizer,
            "cutoff": self.cutoff,
        }

    @classmethod
    def of_sizes(
        cls, *, size: int, max_n: int, special: Collection[int] = (), tokenizer: str = "", cutoff: int = 0
    ) -> "FGramVocab":
        """A vocabulary whose n-grams are still to be read: it matches nothing until `read` has them."""
        ngrams = np.broadcast_to(np.int32(NOTHING), (size, max_n))
        return cls(ngrams, np.broadcast_to(np.uint64(0), (size,)), 0, frozenset(special), tokenizer, cutoff)

    @property
    def is_unread(self) -> bool:
        """Whether the n-grams are still to be read."""
        return len(self) > 0 and bool((self.ngrams[0] < 0).all())

    def read(self, ngrams: NDArray[np.int32]) -> "FGramVocab":
        """The vocabulary with these n-grams, row by row.

        Raises:
            ValueError: They are not as many or as long, or not in a vocabulary's order.
        """
        vocab = FGramVocab.of(ngrams, special=self.special)
        if ngrams.shape != self.ngrams.shape or not np.array_equal(vocab.ngrams, ngrams):
            raise ValueError(f"these {len(ngrams)} n-grams are not those of a vocabulary of {len(self)}: save it anew")
        return replace(vocab, tokenizer=self.tokenizer, cutoff=self.cutoff)

    def check(self, tokenizer: Any) -> None:
        """Raise `ValueError` if the vocabulary was built with another tokeniser than this one."""
        if self.tokenizer and self.tokenizer != _fingerprint(tokenizer):
            raise ValueError("the f-grams were built with another tokeniser: build them anew with this one")

    def save(self, folder: str | Path) -> None:
        """Write it into a folder, which is made anew: `fgrams.json`, `ngrams.npy`, `keys.npy`."""
        with written_whole(folder) as unfinished:
            unfinished.mkdir()
            self.write(unfinished)

    def write(self, folder: Path) -> None:
        """Write its files into a folder that is there."""
        np.save(folder / "ngrams.npy", self.ngrams)
        np.save(folder / "keys.npy", self.keys)
        about = {"salt": self.salt, "special": sorted(self.special), "tokenizer": self.tokenizer, "cutoff": self.cutoff}
        (folder / "fgrams.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path, *, mmap: bool = False) -> "FGramVocab":
        """Read it from a folder; with `mmap` the arrays stay on disk.

        Raises:
            ValueError: The folder holds no f-grams.
        """
        folder = Path(folder)
        try:
            about = json.loads((folder / "fgrams.json").read_text(encoding="utf-8"))
            ngrams, keys = (np.load(folder / f"{name}.npy", mmap_mode="r" if mmap else None) for name in _ARRAYS)
        except OSError as error:
            raise ValueError(f"{folder} holds no f-grams: {error}") from None
        return cls(ngrams, keys, about["salt"], frozenset(about["special"]), about["tokenizer"], about["cutoff"])

    def _allowed(self, ids: Ints) -> Ints:
        """The ids, with -1 for what no n-gram may hold."""
        allowed = ids >= 0
        if self.special:
            allowed &= ~np.isin(ids, list(self.special))
        return np.where(allowed, ids, NOTHING)


_ARRAYS = ("ngrams", "keys")
_ODD = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9)  # of splitmix64


def _keys(ngrams: NDArray[np.int32], salt: int) -> NDArray[np.uint64]:
    """(V,): the key of each n-gram of an array (V, max_n)."""
    keys = np.empty(len(ngrams), dtype=np.uint64)
    lengths = (ngrams >= 0).sum(1)
    columns = ngrams.T[::-1]
    for n, key in enumerate(_keys_from_the_end(columns, salt), 1):
        np.copyto(keys, key, where=lengths == n)
    return keys


def _keys_from_the_end(behind: Sequence[Ints] | Ints, salt: int) -> list[NDArray[np.uint64]]:
    """Keys of the last token, of the last two, and so on: behind[j] holds the token that stands j before the last."""
    keys = []
    key = np.full(behind[0].shape, salt + 1, dtype=np.uint64)
    for tokens in behind:
        key = (key ^ (tokens.astype(np.uint64) + np.uint64(1))) * np.uint64(_ODD[0])
        key ^= key >> np.uint64(29)
        key *= np.uint64(_ODD[1])
        key ^= key >> np.uint64(32)
        keys.append(key)
    return keys


def _windows(ids: Ints, n: int, starts: NDArray[np.bool_] | None) -> list[Ints]:
    """The token that stands 0, 1 ... n - 1 before each; -1 if one up to there is, or the text has not begun."""
    alone = ids < 0 if starts is None else (ids < 0) | starts
    behind = [ids]
    for _ in range(n - 1):
        back = np.full_like(ids, NOTHING)
        back[..., 1:] = behind[-1][..., :-1]
        behind.append(np.where(alone, NOTHING, back))
    return behind


def _joined(documents: Iterable[Any], special: frozenset[int]) -> NDArray[np.int64]:
    """All documents in a row, -1 after each and for special tokens."""
    parts: list[NDArray[np.int64]] = []
    for number, document in enumerate(documents):
        tokens = document.numpy(force=True) if isinstance(document, torch.Tensor) else document
        ids = np.asarray(tokens, dtype=np.int64).reshape(-1)
        if ids.size and int(ids.min()) < 0:
            raise ValueError(f"document {number} has a negative token id")
        parts += [ids, np.array([NOTHING])]
    text = np.concatenate([np.empty(0, dtype=np.int64), *parts])
    if special:
        text[np.isin(text, list(special))] = NOTHING
    return text


def _frequent(text: NDArray[np.int64], max_n: int, size: int, min_count: int) -> tuple[NDArray[np.int32], int]:
    """The most frequent n-grams (V, max_n) of a text, and how often the rarest of them occurs.

    The n-gram that ends at a place is told by two numbers: those of the (n - 1)-grams that end there and one earlier.
    """
    counts, ends, lengths = [], [], []
    names = text.copy()  # of the (n - 1)-gram that ends at each place, -1 where it was too rare
    for n in range(2, max_n + 1):
        known = int(names.max(initial=NOTHING)) + 1
        places = np.nonzero((names[1:] >= 0) & (names[:-1] >= 0))[0] + 1
        pairs = names[places - 1] * known + names[places]
        _, first, which, count = np.unique(pairs, return_index=True, return_inverse=True, return_counts=True)
        frequent = count >= min_count
        counts.append(count[frequent])
        ends.append(places[first[frequent]])
        lengths.append(np.full(int(frequent.sum()), n))
        names = np.full(len(text), NOTHING)
        names[places] = np.where(frequent, np.cumsum(frequent) - 1, NOTHING)[which]
    count, end, length = np.concatenate(counts), np.concatenate(ends), np.concatenate(lengths)
    best = np.lexsort((end, length, -count))[:size]
    back = np.arange(max_n - 1, -1, -1)
    ngrams = np.where(back < length[best, None], text[np.maximum(end[best, None] - back, 0)], NOTHING)
    return ngrams.astype(np.int32), int(count[best].min()) if len(best) else 0


def _table(ngrams: Sequence[Sequence[int]] | Ints) -> NDArray[np.int32]:
    if isinstance(ngrams, np.ndarray):
        return ngrams.astype(np.int32)
    longest = max((len(ngram) for ngram in ngrams), default=2)
    table = np.full((len(ngrams), longest), NOTHING, dtype=np.int32)
    for row, ngram in zip(table, ngrams, strict=True):
        if len(ngram) and min(ngram) < 0:
            raise ValueError(f"the f-gram {list(ngram)} has a negative token id")
        row[longest - len(ngram) :] = ngram
    return table


def _fingerprint(tokenizer: Any) -> str:
    if tokenizer is None:
        return ""
    return sha256(json.dumps(sorted(tokenizer.get_vocab().items())).encode()).hexdigest()[:16]
