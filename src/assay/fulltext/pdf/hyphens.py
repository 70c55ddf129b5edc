"""Joins the lines of a text, and tells the hyphens at their ends that belong to a word from those that only cut it."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from assay.fulltext.pdf.characters import HYPHEN
from assay.papers.text import normalise

_FIRST_WORD = re.compile(r"[\w-]+")
_LAST_WORD = re.compile(r"[\w-]+$")


class Hyphens:
    """Joins lines by the words that a paper has elsewhere, whole in a line."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._words: Counter[str] = Counter()
        for line in lines:
            self._words.update(word.casefold() for word in re.findall(r"[\w-]+", line))

    def join(self, lines: Sequence[str]) -> str:
        """Lines as one text."""
        return normalise("".join(self.ended(line, following) for line, following in pairwise([*lines, ""])))

    def ended(self, line: str, following: str) -> str:
        """A line with a space after it, or with none where its last word goes on in the following line."""
        text = line.replace(HYPHEN, "-")
        if text.endswith("—"):
            return text
        if not text.endswith("-") or text.endswith(" -") or not following or re.match(r"(?:and|or|to)\b", following):
            return f"{text} "
        first, second = _LAST_WORD.search(text[:-1]), _FIRST_WORD.match(following)
        if first is None or second is None:
            return text
        cut = self._words[f"{first[0]}{second[0]}".casefold()]
        whole = self._words[f"{first[0]}-{second[0]}".casefold()]
        is_likely = not second[0][0].islower() or "-" in first[0]
        keeps_hyphen = whole > cut or (whole == cut and is_likely)
        return text if keeps_hyphen else text[:-1]
