"""The three tables that drafts come from. Each answers `drafts`: what followed this text before, the best first."""

import json
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol, Self
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import torch
from transformers import PreTrainedModel

from assay.methods._decoders import text_config
from assay.methods._files import written_whole

Draft = tuple[int, ...]
"""Tokens that may follow the text."""

Ints = npt.NDArray[np.int32]

_BORDER = -1
"""Stands between the documents of a corpus; no token has this id."""

_READ_AT_MOST = 4096
"""Occurrences of a suffix that are looked at; of a more frequent one, an even sample. Ours: bounds the look-up."""


class DraftTable(Protocol):
    """Anything that drafts can be looked up in."""

    def drafts(self, tail: Sequence[int], limit: int) -> list[Draft]:
        """Up to `limit` distinct continuations of a text that ends in `tail`, the best first."""
        ...


class ContextTable:
    """``W``: the n-grams of one running text, by their first token, the most recent first.

    Args:
        draft_tokens: Tokens in a draft; an n-gram has one more.
        keep: Drafts kept for each first token; the least recently seen one leaves.
    """

    def __init__(self, *, draft_tokens: int, keep: int) -> None:
        self._keep = keep
        self._recent: deque[int] = deque(maxlen=draft_tokens + 1)
        self._by_key: defaultdict[int, dict[Draft, None]] = defaultdict(dict)

    def extend(self, tokens: Iterable[int]) -> None:
        """Append `tokens` to the text: every n-gram that they complete enters."""
        for token in tokens:
            self._recent.append(token)
            if len(self._recent) == self._recent.maxlen:
                key, *draft = self._recent
                self.insert(key, tuple(draft))

    def insert(self, key: int, draft: Draft) -> None:
        """Enter one n-gram, or make it the most recent of its key."""
        drafts = self._by_key[key]
        drafts.pop(draft, None)
        drafts[draft] = None
        if len(drafts) > self._keep:
            del drafts[next(iter(drafts))]

    def drafts(self, tail: Sequence[int], limit: int) -> list[Draft]:
        """See `DraftTable.drafts`; only the last token of `tail` counts."""
        return list(reversed(self._by_key.get(tail[-1], {})))[:limit]


class ModelTable:
    """``S``: what the model often says, as the most common n-grams of its own answers.

    Args:
        ngrams: (n, 1 + draft tokens), the most common first.
        vocab_size: Of the model that they come from.
    """

    def __init__(self, ngrams: Ints, *, vocab_size: int) -> None:
        self.ngrams = ngrams
        self.vocab_size = vocab_size
        self._by_key: defaultdict[int, list[Draft]] = defaultdict(list)
        for key, *draft in ngrams.tolist():
            self._by_key[key].append(tuple(draft))

    @classmethod
    def build(
        cls,
        model: PreTrainedModel,
        prompts: Iterable[torch.Tensor | Sequence[int]],
        *,
        max_new_tokens: int = 1024,  # official code
        draft_tokens: int = 4,  # official code: 5-grams
        keep: int = 100_000,  # official code
    ) -> Self:
        """Let `model` answer each prompt (token ids) greedily and count the n-grams of the answers."""
        answers = []
        for prompt in prompts:
            ids = torch.as_tensor(prompt, dtype=torch.long, device=model.device).reshape(1, -1)
            out: Any = model.generate(  # type: ignore[operator]
                ids, attention_mask=torch.ones_like(ids), do_sample=False, num_beams=1, max_new_tokens=max_new_tokens
            )
            answers.append(out[0, ids.shape[1] :].tolist())
        return cls.count(answers, vocab_size=text_config(model).vocab_size, draft_tokens=draft_tokens, keep=keep)

    @classmethod
    def count(
        cls, answers: Iterable[Sequence[int]], *, vocab_size: int, draft_tokens: int = 4, keep: int = 100_000
    ) -> Self:
        """Count the n-grams of recorded answers: each once per answer, none across the border of two.

        Raises:
            ValueError: No answer is as long as an n-gram, or a token lies outside the vocabulary.
        """
        counts: Counter[Draft] = Counter()
        for answer in answers:
            shifted = (answer[start:] for start in range(draft_tokens + 1))
            counts.update(
                list(dict.fromkeys(zip(*shifted, strict=False)))
            )  # once per answer, ties in order of appearance
        if not counts:
            raise ValueError(f"no answer has {draft_tokens + 1} tokens, the length of an n-gram: nothing to count")
        ngrams = np.array([ngram for ngram, _ in counts.most_common(keep)], dtype=np.int32)
        _refuse_foreign(ngrams, vocab_size)
        return cls(ngrams, vocab_size=vocab_size)

    def drafts(self, tail: Sequence[int], limit: int) -> list[Draft]:
        """See `DraftTable.drafts`; only the last token of `tail` counts."""
        return self._by_key.get(tail[-1], [])[:limit]

    def save(self, file: Path) -> None:
        """Write the table to `file` (``.npz``)."""
        with written_whole(file) as unfinished, unfinished.open("wb") as out:
            np.savez_compressed(out, ngrams=self.ngrams, vocab_size=self.vocab_size)

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            ValueError: The file is not a table of n-grams.
        """
        try:
            with file.open("rb") as stream, np.load(stream) as arrays:
                return cls(arrays["ngrams"], vocab_size=int(arrays["vocab_size"]))
        except (BadZipFile, EOFError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{file} is not a table of n-grams, or is damaged: build it again") from error


class CorpusTable:
    """``L``: a suffix array over documents, sorted as deep as a query and its draft reach.

    Args:
        tokens: The documents, a border after each and enough of them at the end.
        order: Places in `tokens`, sorted by what stands there.
        vocab_size: Of the tokeniser that made the documents.
        suffix: Longest query. The official code's REST store is asked with two tokens.
        draft_tokens: Tokens in a draft.
    """

    def __init__(
        self, tokens: Ints, order: npt.NDArray[np.int64], *, vocab_size: int, suffix: int, draft_tokens: int
    ) -> None:
        self.vocab_size = vocab_size
        self._tokens = tokens
        self._order = order
        self._suffix = suffix
        self._draft = np.arange(draft_tokens)

    @classmethod
    def build(
        cls, documents: Iterable[Sequence[int]], *, vocab_size: int, suffix: int = 2, draft_tokens: int = 4
    ) -> Self:
        """Index `documents` (token ids). Drafts never cross from one document into the next.

        Raises:
            ValueError: There is nothing to index, a length is below 1, or a token lies outside the vocabulary.
        """
        if suffix < 1 or draft_tokens < 1:
            raise ValueError(f"suffix and draft_tokens are at least 1, not {suffix} and {draft_tokens}")
        pieces = [np.asarray([*document, _BORDER], dtype=np.int32) for document in documents if len(document) > 1]
        if not pieces:
            raise ValueError("no document has two tokens: there is nothing to index")
        _refuse_foreign(np.concatenate([piece[:-1] for piece in pieces]), vocab_size)
        depth = suffix + draft_tokens
        tokens = np.concatenate([*pieces, np.full(depth, _BORDER, dtype=np.int32)])
        return cls(
            tokens, _sorted_places(tokens, depth), vocab_size=vocab_size, suffix=suffix, draft_tokens=draft_tokens
        )

    def drafts(self, tail: Sequence[int], limit: int) -> list[Draft]:
        """What followed the longest suffix of `tail` that occurs, the most frequent first; see `DraftTable.drafts`."""
        for length in range(min(self._suffix, len(tail)), 0, -1):
            low, high = self._occurrences(tail[-length:])
            if drafts := self._continuations(low, high, length, limit):
                return drafts
        return []

    def drafts_reference(self, tail: Sequence[int], limit: int) -> list[Draft]:
        """`drafts` by reading the whole corpus, without the sorted order."""
        text = self._tokens.tolist()
        for length in range(min(self._suffix, len(tail)), 0, -1):
            counts: Counter[Draft] = Counter()
            for place in range(len(text)):
                if text[place : place + length] == list(tail[-length:]):
                    after = text[place + length : place + length + len(self._draft)]
                    counts[tuple(after[: after.index(_BORDER)] if _BORDER in after else after)] += 1
            counts.pop((), None)
            if counts:
                return sorted(counts, key=lambda draft: (-counts[draft], draft))[:limit]
        return []

    def save(self, folder: Path) -> None:
        """Write the index into `folder`, from where `load` maps it without reading it whole."""
        about = {"vocab_size": self.vocab_size, "suffix": self._suffix, "draft_tokens": len(self._draft)}
        with written_whole(folder) as unfinished:
            unfinished.mkdir()
            np.save(unfinished / "tokens.npy", self._tokens)
            np.save(unfinished / "order.npy", self._order)
            (unfinished / "about.json").write_text(json.dumps(about), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Map what `save` wrote.

        Raises:
            ValueError: The folder does not hold an index.
        """
        try:
            about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
            tokens, order = (np.load(folder / name, mmap_mode="r") for name in ("tokens.npy", "order.npy"))
            return cls(tokens, order, **about)
        except (EOFError, OSError, TypeError, ValueError) as error:
            raise ValueError(f"{folder} does not hold the index of a corpus, or is damaged: build it again") from error

    def _occurrences(self, query: Sequence[int]) -> tuple[int, int]:
        """The range of the sorted places at which `query` stands."""
        low, high = 0, len(self._order)
        for offset, token in enumerate(query):

            def token_at(place: int, offset: int = offset) -> int:
                return int(self._tokens[place + offset])

            low = bisect_left(self._order, token, low, high, key=token_at)
            high = bisect_right(self._order, token, low, high, key=token_at)
        return low, high

    def _continuations(self, low: int, high: int, length: int, limit: int) -> list[Draft]:
        stride = -(-(high - low) // _READ_AT_MOST) or 1
        places = self._order[low:high:stride]
        if not len(places):
            return []
        block = self._tokens[places[:, None] + length + self._draft]
        block = np.where(np.logical_or.accumulate(block == _BORDER, axis=1), _BORDER, block)
        # The places are sorted deeper than a draft reaches, so equal continuations stand together.
        starts = np.flatnonzero(np.r_[True, (block[1:] != block[:-1]).any(axis=1)])
        counts = np.diff(np.r_[starts, len(block)])
        common = starts[np.argsort(-counts, kind="stable")]
        drafts = (tuple(token for token in row if token != _BORDER) for row in block[common[: limit + 1]].tolist())
        return [draft for draft in drafts if draft][:limit]


def _sorted_places(tokens: Ints, depth: int) -> npt.NDArray[np.int64]:
    """Places of the tokens, borders left out, sorted by the `depth` tokens that start there: prefix doubling."""
    rank = tokens.astype(np.int64) - _BORDER
    width = 1
    while width < depth:
        after = np.zeros_like(rank)
        after[:-width] = rank[width:]
        rank = np.unique(rank * (after.max() + 1) + after, return_inverse=True)[1] + 1
        width *= 2
    order = np.argsort(rank, kind="stable")
    places: npt.NDArray[np.int64] = order[tokens[order] != _BORDER]
    return places


def _refuse_foreign(tokens: Ints, vocab_size: int) -> None:
    if tokens.min() < 0 or tokens.max() >= vocab_size:
        foreign = int(tokens.min() if tokens.min() < 0 else tokens.max())
        raise ValueError(f"token id {foreign} lies outside the vocabulary of {vocab_size}: another tokeniser's?")
