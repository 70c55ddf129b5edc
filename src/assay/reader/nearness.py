"""Tells how near papers are to a phrase in meaning, for phrases whose words no paper has.

A model of sentences, which the reader chooses, makes vectors of papers and phrases once; see `embed`. From then on
`Nearness` compares those that are kept, in a moment and without the model.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from assay.papers.models import Paper
from assay.reader.vectors import Vectors, paper_hash, phrase_hash, text_of

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

    Rows = NDArray[float32]


class Embedder(Protocol):
    """A model of sentences: texts of like meaning get vectors whose product is large."""

    @property
    def name(self) -> str:
        """Tells its vectors from those of other models."""

    def read_papers(self, texts: Sequence[str]) -> "Rows":
        """Vectors of titles with abstracts, a row of length one for each."""

    def read_phrases(self, texts: Sequence[str]) -> "Rows":
        """Vectors of what people look for, a row of length one for each."""


class Embedded(NamedTuple):
    """What `embed` did."""

    papers: int
    """How many papers were read that the model had not read before, or not as they are now."""
    phrases: int
    """The same of phrases."""
    unread: tuple[str, ...]
    """Phrases in Korean, which the model turns out not to know: they are looked for by words alone from now on."""


def embed(
    papers: Sequence[Paper],
    phrases: Sequence[str],
    embedder: Embedder,
    vectors: Vectors,
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Embedded:
    """Make the vectors of phrases and papers that are not kept yet, and keep them, the first ones first.

    Args:
        papers: the papers.
        phrases: what readers follow.
        embedder: the model.
        vectors: where they are kept.
        progress: told how many texts of how many are done.
    """
    import numpy as np  # noqa: PLC0415 - takes a while to load

    new_phrases = _new({phrase_hash(each): each for each in phrases}, embedder, vectors)
    new_papers = _new({paper_hash(each): text_of(each) for each in papers}, embedder, vectors)
    unread = {key: phrase for key, phrase in new_phrases.items() if _HANGUL.search(phrase)}
    if unread and _knows_korean(embedder):
        unread = {}
    vectors.keep(embedder.name, dict.fromkeys(unread, np.zeros(0, dtype=np.float32)))
    done, total = 0, len(new_phrases) - len(unread) + len(new_papers)
    for read, texts in ((embedder.read_phrases, new_phrases), (embedder.read_papers, new_papers)):
        keys = [key for key in texts if key not in unread]
        for start in range(0, len(keys), _AT_ONCE):
            progress(done, total)
            batch = keys[start : start + _AT_ONCE]
            rows = read([texts[key] for key in batch])
            vectors.keep(embedder.name, dict(zip(batch, rows, strict=True)))
            done += len(batch)
    progress(done, total)
    return Embedded(len(new_papers), len(new_phrases) - len(unread), tuple(unread.values()))


_AT_ONCE = 32
"""So many texts are read and kept at one time; who ends the process loses the work on so many."""
_HANGUL = re.compile("[가-힣]")
_SAME = (
    ("이미지 생성", "image generation"),
    ("강화학습", "reinforcement learning"),
    ("음성 인식", "speech recognition"),
    ("로봇 조작", "robot manipulation"),
    ("기계 번역", "machine translation"),
    ("의료 영상", "medical imaging"),
    ("코드 생성", "code generation"),
    ("자율 주행", "autonomous driving"),
)
"""Phrases in Korean, and what they mean in English."""
_ENOUGH = 6
"""A model that knows no Korean finds one or two of them."""


def _new(texts: Mapping[str, str], embedder: Embedder, vectors: Vectors) -> dict[str, str]:
    """The texts, given by their hashes, of which no vector is kept."""
    known = vectors.find(embedder.name, texts)
    return {key: text for key, text in texts.items() if key not in known}


def _knows_korean(embedder: Embedder) -> bool:
    """Whether a model finds the English of Korean phrases; one that does not would find papers at random."""
    korean = embedder.read_phrases([one for one, _ in _SAME])
    english = embedder.read_papers([other for _, other in _SAME])
    found: list[int] = (korean @ english.T).argmax(axis=1).tolist()
    return sum(place == each for place, each in enumerate(found)) >= _ENOUGH


@dataclass
class Nearness:
    """How near papers are to phrases in meaning, as the vectors that are kept say."""

    vectors: Vectors
    model: str
    """The name of the model that made them."""
    lacking: int = field(default=0, init=False)
    """How many phrases and papers were asked about whose vectors are not kept."""

    def __call__(
        self, phrases: Sequence[str], papers: Sequence[Paper], background: Sequence[Paper]
    ) -> list[Mapping[str, float]]:
        """For each phrase, how much nearer to it each paper is than others, in standard deviations, by its id.

        Papers and phrases without a vector have none; neither have any where there are too few to tell what is usual.

        Args:
            phrases: as the reader typed them.
            papers: those to tell about.
            background: other papers, which with these tell what is usual.
        """
        import numpy as np  # noqa: PLC0415 - takes a while to load

        every = {paper.id: paper for paper in (*background, *papers)}
        hashes = {key: paper_hash(paper) for key, paper in sorted(every.items())}
        wanted = [phrase_hash(phrase) for phrase in phrases]
        known = self.vectors.find(self.model, {*hashes.values(), *wanted})
        asked = {*wanted, *(hashes[paper.id] for paper in papers)}
        self.lacking += len(asked - known.keys())
        ids = [key for key, found in hashes.items() if found in known]
        looked_for = {place: known[found] for place, found in enumerate(wanted) if len(known.get(found, ()))}
        if len(ids) < _FEWEST or not looked_for:
            return [{} for _ in phrases]
        rows = np.array([known[hashes[key]] for key in ids])
        # All abstracts are alike in that they are abstracts.
        rows -= rows.mean(axis=0)
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
        own = {paper.id for paper in papers}
        nearness: list[Mapping[str, float]] = [{} for _ in phrases]
        for place, vector in looked_for.items():
            values = rows @ vector
            spread = float(values.std()) or 1.0
            each = zip(ids, ((values - values.mean()) / spread).tolist(), strict=True)
            nearness[place] = {key: value for key, value in each if key in own}
        return nearness


_FEWEST = 20
"""With fewer papers it cannot be told which is nearer than usual."""
