"""CHAIR: what share of the objects that captions name is not there (Rohrbach et al. 2018, arXiv 1809.02156)."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ChairReport:
    """Objects that were named, caption by caption. Shares are 0 where there is nothing to take one of."""

    mentions: tuple[tuple[str, ...], ...]
    """The objects that each caption names, in order, as often as it does."""
    gold: tuple[frozenset[str], ...]
    """What is there."""
    lengths: tuple[int, ...]
    """Words of each caption."""

    @property
    def hallucinated(self) -> tuple[int, ...]:
        """Mentions in each caption of what is not there."""
        return tuple(
            sum(each not in there for each in named) for named, there in zip(self.mentions, self.gold, strict=True)
        )

    @property
    def chair_i(self) -> float:
        """Mentions of what is not there, of all mentions."""
        return _share(sum(self.hallucinated), sum(map(len, self.mentions)))

    @property
    def chair_s(self) -> float:
        """Captions that name something that is not there, of all captions."""
        return _share(sum(map(bool, self.hallucinated)), len(self.mentions))

    @property
    def recall(self) -> float:
        """Objects that are there and named, of all that are there; each once a caption."""
        return _share(self._right, sum(map(len, self.gold)))

    @property
    def precision(self) -> float:
        """Objects that are there and named, of all that are named; each once a caption."""
        return _share(self._right, sum(len(set(named)) for named in self.mentions))

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return _share(2 * self.precision * self.recall, self.precision + self.recall)

    @property
    def length(self) -> float:
        """Words of a caption, on average."""
        return _share(sum(self.lengths), len(self.lengths))

    def part(self, captions: Sequence[int]) -> "ChairReport":
        """The report of these captions, by number; one may come several times, as in a bootstrap."""
        return ChairReport(
            tuple(self.mentions[each] for each in captions),
            tuple(self.gold[each] for each in captions),
            tuple(self.lengths[each] for each in captions),
        )

    @property
    def _right(self) -> int:
        return sum(len(there & set(named)) for named, there in zip(self.mentions, self.gold, strict=True))


def chair(
    captions: Sequence[str], gold_objects: Sequence[Collection[str]], synonyms: Mapping[str, Collection[str]]
) -> ChairReport:
    """Which objects captions name, and which of them are not there.

    Words are compared without regard to case, singular and plural alike; of several names that fit at one place the
    longest counts, so that a hot dog is no dog.

    Args:
        captions: Texts.
        gold_objects: What is there, for each caption; objects of `synonyms`.
        synonyms: Every object that can be told of, with the words or phrases that mean it beside its own name.

    Raises:
        ValueError: There are not as many captions as sets of objects, or none; an object is not among the synonyms, or
            a word means two objects.
    """
    if len(captions) != len(gold_objects) or not captions:
        raise ValueError(f"there are {len(captions)} captions and {len(gold_objects)} sets of objects: give pairs")
    means = _words(synonyms)
    if unknown := sorted({each for there in gold_objects for each in there} - synonyms.keys()):
        raise ValueError(f"synonyms lack {unknown[0]!r}, which is there in a caption's set of objects")
    longest = max(map(len, means))
    named, lengths = [], []
    for caption in captions:
        words = _split(caption)
        named.append(tuple(_mentions(words, means, longest)))
        lengths.append(len(words))
    return ChairReport(tuple(named), tuple(map(frozenset, gold_objects)), tuple(lengths))


def _mentions(words: list[str], means: Mapping[tuple[str, ...], str], longest: int) -> list[str]:
    objects, place = [], 0
    while place < len(words):
        for size in range(min(longest, len(words) - place), 0, -1):
            name = tuple(words[place : place + size])
            fits = next((form for form in _forms(name) if form in means), None)
            if fits is not None:
                objects.append(means[fits])
                place += size
                break
        else:
            place += 1
    return objects


def _words(synonyms: Mapping[str, Collection[str]]) -> dict[tuple[str, ...], str]:
    """The object that each name means, by the words of the name."""
    means: dict[tuple[str, ...], str] = {}
    for thing, names in synonyms.items():
        if isinstance(names, str):
            raise ValueError(f"the names of {thing!r} are a text, {names!r}: give a list of texts")
        for name in (thing, *names):
            words = tuple(_split(name))
            if not words:
                raise ValueError(f"{name!r} is a name of {thing!r} and has no word")
            if means.setdefault(words, thing) != thing:
                raise ValueError(f"{name!r} means both {means[words]!r} and {thing!r}: give it to one of them")
    if not means:
        raise ValueError("synonyms are empty: name the objects that can be told of")
    return means


def _split(text: str) -> list[str]:
    """Words in lower case, without a possessive's ending."""
    return re.findall(r"[^\W_]+", re.sub(r"['’]s\b", "", text.lower()))


def _forms(name: tuple[str, ...]) -> list[tuple[str, ...]]:
    """A name as it stands, then in the singular, where its last word may be a plural."""
    *before, last = name
    ends = [last]
    if last.endswith("ies"):
        ends.append(f"{last[:-3]}y")
    if last.endswith("es"):
        ends.append(last[:-2])
    if last.endswith("s") and not last.endswith("ss"):
        ends.append(last[:-1])
    return [(*before, end) for end in ends]


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
