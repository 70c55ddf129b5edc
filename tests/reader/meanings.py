"""A model of sentences for tests: texts of like meaning are those whose words stand for the same of a few things.

``python -m tests.reader.meanings FILE FIRST [LAST]`` embeds numbered papers, and prints the number of each once it is
kept; without LAST until it is killed.
"""

import re
import sys
from collections.abc import Sequence
from itertools import count

import numpy as np
from numpy.typing import NDArray

from assay.papers.models import Paper
from assay.reader.nearness import embed
from assay.reader.vectors import open_vectors

THINGS = (
    "picture pictures photo photos image images 그림 사진 이미지",
    "robot robots machine machines arm arms 로봇 조작",
    "music song songs melody 음악 음성 인식",
    "generation make made 생성 강화학습 reinforcement learning",
    "speech recognition",
    "manipulation",
    "translation 기계 번역",
    "medical imaging 의료 영상",
    "code 코드",
    "autonomous driving 자율 주행",
    "word words",
)


class Thesaurus:
    """A row of a text has how often each of the things is meant, and the rest of its words in one column."""

    def __init__(self, name: str = "thesaurus", *, korean: bool = True) -> None:
        self.name = name
        self.read: list[str] = []
        """All that it was asked to read."""
        self._words = {
            word: place for place, words in enumerate(THINGS) for word in words.split() if korean or word.isascii()
        }

    def read_papers(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.read += texts
        rows = np.zeros((len(texts), len(THINGS) + 1), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()):
                row[self._words.get(word, len(THINGS))] += 1
        lengths: NDArray[np.float32] = np.linalg.norm(rows, axis=1, keepdims=True)
        return rows / lengths

    def read_phrases(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.read_papers(texts)


def paper(number: int, abstract: str = "words") -> Paper:
    return Paper(id=f"9901.{number:05d}", title=f"Paper {number}", abstract=abstract)


def main(file: str, first: str, last: str = "") -> None:
    with open_vectors(file) as vectors:
        for number in range(int(first), int(last)) if last else count(int(first)):
            embed([paper(number)], [], Thesaurus(), vectors)
            print(number, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
