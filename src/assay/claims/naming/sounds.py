"""Spells names by their sound, to find those that were written down by ear: ``Morfeus`` for ``Morpheus``."""

import re
from functools import lru_cache
from typing import Final


@lru_cache(maxsize=4096)
def sound(name: str) -> str:
    """One spelling for all that sounds alike, digits and all."""
    spelt = re.sub(r"[^a-z0-9]", "", name.lower())
    for pattern, sign in _ALIKE:
        spelt = pattern.sub(sign, spelt)
    return spelt


_ALIKE: Final = tuple(
    (re.compile(pattern), sign)
    for pattern, sign in (
        (r"ph", "f"),
        (r"^(?:wh|wr)", "w"),
        (r"^kn", "n"),
        (r"^rh", "r"),
        (r"ck|qu?|c(?=[aourlt]|$)", "k"),
        (r"x", "ks"),
        (r"y(?=[^aeiou])", "i"),
        (r"([a-z])\1+", r"\1"),
        (r"i?gh(?=t)", "i"),
        (r"c(?=[ei])", "s"),
        (r"z", "s"),
        (r"ea|ee|ie|y", "i"),
        (r"ou|oo", "u"),
        (r"ai|ei", "e"),
        (r"[eoa]r(?=$|[^aeiou])", "r"),
        (r"(?<=[a-z]{3})e(?=$|[^aeiour]{2})", ""),
        (r"([a-z])\1+", r"\1"),
    )
)
