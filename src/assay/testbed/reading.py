"""What small models read when they learn: a text as tokens of its own vocabulary, and a part of it that is held out."""

from dataclasses import dataclass
from functools import cache

from torch import Tensor

from assay.testbed.prose import gcide
from assay.testbed.text import bpe_tokenizer, library_tokens, token_ids

_CHARACTERS, _HELD_OUT = 1_500_000, 100_000
"""Of prose, about 600,000 tokens in a vocabulary of a thousand."""


@dataclass(frozen=True)
class Reading:
    """A text to learn from and one that is held out."""

    what: str
    """``source code`` or ``prose``."""
    origin: str
    """Whose it is."""
    known: Tensor
    """Token ids [n]."""
    held_out: Tensor
    """Token ids [n] of modules or entries that are not in the other one."""


def reading(vocab_size: int, *, prose: bool) -> Reading:
    """Python's library, or the definitions and quotations of an English dictionary, in so many tokens.

    Raises:
        ValueError: The vocabulary is too small, or where the dictionary is not to be had, what takes its place is.
    """
    return _prose(vocab_size) if prose else Reading("source code", "Python source", *library_tokens(vocab_size))


@cache
def _prose(vocab_size: int) -> Reading:
    work = gcide()
    text = work.text(_CHARACTERS + _HELD_OUT)
    tokenizer = bpe_tokenizer(text[:_CHARACTERS], vocab_size)
    known, held_out = (token_ids(tokenizer, part) for part in (text[:_CHARACTERS], text[_CHARACTERS:]))
    return Reading("prose", f"prose of {work.name}", known, held_out)
