"""Text that every machine has, and tokenisers made from it.

The corpora are the source of Python's own standard library and the help texts of `pydoc`. Both differ a little between
versions of Python; a recipe that depends on that passes the text itself, or its hash, to the cache.
"""

import random
import sysconfig
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from pydoc_data.topics import topics as _topics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedTokenizerFast

PAD, BOS, EOS = 0, 1, 2
"""Ids of the special tokens, the same in every tokeniser here."""

_SPECIAL = ("<pad>", "<s>", "</s>")
# Not prose-like code: tests, tables of characters, and what is installed beside the library.
_SKIPPED = {"test", "tests", "idle_test", "encodings", "pydoc_data", "site-packages", "dist-packages", "__pycache__"}


def stdlib_files() -> Iterator[tuple[str, str]]:
    """Path (within the library) and source of each of its modules, in the order of paths."""
    root = Path(sysconfig.get_paths()["stdlib"])
    for path in sorted(root.rglob("*.py")):
        inner = path.relative_to(root)
        if not _SKIPPED.intersection(inner.parts):
            try:
                yield inner.as_posix(), path.read_text(encoding="utf-8")
            except (UnicodeDecodeError, OSError):
                continue


@cache
def stdlib_source(limit: int | None = None) -> str:
    """The source of the standard library as one text, or its first `limit` characters."""
    return _join((source for _, source in stdlib_files()), limit)


def pydoc_topics() -> str:
    """The help texts on the Python language, as one text."""
    return _join((_topics[name] for name in sorted(_topics)), None)


@cache
def library_tokens(vocab_size: int, characters: int = 400_000, held_out: int = 40_000) -> tuple["Tensor", "Tensor"]:
    """The library's source as token ids [n]: `characters` of it to learn from, and as many of other modules as said.

    The modules are in an order of their own, so that what is held out is not all of one kind; the byte-level BPE
    tokeniser has seen only the first part.
    """
    sources = [source for _, source in stdlib_files()]
    random.Random(0).shuffle(sources)  # noqa: S311 - a split, not a secret
    text = "\n".join(sources)[: characters + held_out]
    tokenizer = bpe_tokenizer(text[:characters], vocab_size)
    return token_ids(tokenizer, text[:characters]), token_ids(tokenizer, text[characters:])


def token_ids(tokenizer: "PreTrainedTokenizerFast", text: str) -> "Tensor":
    """The token ids of a text [n]."""
    import torch  # noqa: PLC0415 - text alone needs no torch

    return torch.tensor(tokenizer(text)["input_ids"])


def byte_tokenizer() -> "PreTrainedTokenizerFast":
    """A tokeniser with one token per byte: byte b has the id b + 3."""
    from tokenizers import Tokenizer, models  # noqa: PLC0415 - text alone needs no tokenizers

    vocabulary = {token: i for i, token in enumerate((*_SPECIAL, *map(_letter, range(256))))}
    return _fast(Tokenizer(models.BPE(vocab=vocabulary, merges=[])))


def bpe_tokenizer(corpus: str | Iterable[str], vocab_size: int) -> "PreTrainedTokenizerFast":
    """A byte-level BPE tokeniser trained on `corpus`, a text or an iterable of texts.

    Raises:
        ValueError: `vocab_size` leaves no room for the bytes and the special tokens, or the corpus is too small for it.
    """
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers  # noqa: PLC0415

    smallest = len(_SPECIAL) + 256
    if vocab_size < smallest:
        raise ValueError(f"a byte-level vocabulary has at least {smallest} tokens, not {vocab_size}")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=list(_SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([corpus] if isinstance(corpus, str) else corpus, trainer)
    if tokenizer.get_vocab_size() != vocab_size:
        raise ValueError(f"the corpus has only enough for {tokenizer.get_vocab_size()} tokens, not {vocab_size}")
    return _fast(tokenizer)


def _fast(tokenizer: object) -> "PreTrainedTokenizerFast":
    from tokenizers import decoders, pre_tokenizers  # noqa: PLC0415
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)  # type: ignore[attr-defined]
    tokenizer.decoder = decoders.ByteLevel()  # type: ignore[attr-defined]
    pad, bos, eos = _SPECIAL
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        pad_token=pad,
        bos_token=bos,
        eos_token=eos,
        split_special_tokens=True,  # where a text has "<s>", it is three characters
        clean_up_tokenization_spaces=False,
    )


def _letter(byte: int) -> str:
    """The character that stands for a byte in byte-level vocabularies: itself where it prints, else one above 255."""
    prints = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    return chr(byte) if byte in prints else chr(256 + [b for b in range(256) if b not in prints].index(byte))


def _join(texts: Iterable[str], limit: int | None) -> str:
    joined, length = [], 0
    for text in texts:
        joined.append(text)
        length += len(text) + 1
        if limit is not None and length >= limit:
            break
    return "\n".join(joined)[:limit]
