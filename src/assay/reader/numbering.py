"""The numbers of the list that a reader was shown last, so that ``assay star 3`` finds the third paper of it.

The list is kept in a small file of its own beside the shelf: a reader of whom nothing is kept is shown numbers too.
"""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, ValidationError

from assay.papers.files import write_whole
from assay.papers.models import Line, Noun, PaperId
from assay.papers.text import normalise


class NumberedList(Noun):
    """The papers of a list by the numbers that stood before them."""

    name: Line
    """What was shown: ``2025-02-26``, ``2025-02-26 in your order``, ``2025-W09``."""
    papers: dict[int, PaperId] = Field(min_length=1)

    def choose(self, numbers: str) -> dict[int, str]:
        """The papers with these numbers: ``3``, or ``2..5`` or ``2-5`` for all of the list between both ends.

        Raises:
            ValueError: if no paper has one of the numbers that are written, or the second comes before the first.
        """
        match = _NUMBERS.fullmatch(numbers)
        if match is None:
            raise ValueError(f"not a number: {numbers!r} (write 3 or 2..5)")
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first:
            raise ValueError(f"{numbers} ends before it begins: write {last}..{first}")
        for number in (first, last):
            if number not in self.papers:
                end = max(self.papers)
                why = f"it ends at {end}" if number > end else "no paper in it has this number"
                raise ValueError(f"there is no {number} in the list that was shown last, {self.name}: {why}")
        return {number: paper for number, paper in self.papers.items() if first <= number <= last}


def is_number(word: str) -> bool:
    """Whether a word can only be a number of a list, or a span of them: no id of a paper is so short."""
    return _NUMBERS.fullmatch(word) is not None


_NUMBERS = re.compile(r"(\d{1,4})(?:(?:\.\.|-)(\d{1,4}))?", re.ASCII)


def keep_list(folder: Path, reader: str, name: str, papers: Mapping[int, str]) -> None:
    """Keep a list as the one that was shown to a reader last; an empty one leaves the numbers as they were."""
    if papers:
        write_whole(_file(folder, reader), NumberedList(name=name, papers=dict(papers)).model_dump_json())


def last_list(folder: Path, reader: str) -> NumberedList | None:
    """The list that was shown to a reader last, if any was.

    Raises:
        ValueError: if its file is not one that `keep_list` wrote.
    """
    file = _file(folder, reader)
    if not file.is_file():
        return None
    try:
        return NumberedList.model_validate_json(file.read_bytes())
    except ValidationError:
        raise ValueError(f"{file} holds no list: show a day again") from None


def _file(folder: Path, reader: str) -> Path:
    """The file of a reader, whose name may have any characters in it."""
    return folder / f"{hashlib.sha256(normalise(reader).encode()).hexdigest()[:16]}.json"
