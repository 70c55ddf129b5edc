"""How well papers are ranked for readers, beside peers: ``python benchmarks/ranking.py [CORPUS]``.

CORPUS is a folder of recorded Hugging Face listings, by day. Readers are simulated: each wants the papers of a topic,
of two topics or of an organisation, where a topic is a group of the keywords that a model gave the recorded papers. No
ranking sees keywords or organisations. A reader starred some of her papers of the earlier days; the papers of the
later days are ranked for her, and those of her interest are the right ones.

Everything that was tuned was tuned with ``--development``: one half of the readers, and the first 62 days. What is
reported is the other half of the readers, and the order of the last 42 days, which were never ranked before. ``--docs``
writes the figures into docs/ranking.md.
"""

import argparse
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

import numpy as np
from corpus import CORPUS, ROOT, with_figures
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]
from sklearn.svm import LinearSVC  # type: ignore[import-untyped]

from assay.papers.models import Paper
from assay.papers.text import fold
from assay.reader.interests import Interests, Phrase
from assay.reader.ranking import rank
from assay.reader.terms import words_of
from assay.sources.huggingface import read_listing

PAGE = ROOT / "docs" / "ranking.md"
SIZES = (3, 10, 30)
FEWEST_RIGHT = 4
"""A reader with fewer papers of her interest among those to rank is left out."""
DRAWS = 2_000


class Recorded(NamedTuple):
    """A paper as a ranking may see it, and what it may not see."""

    paper: Paper
    day: int
    votes: int
    keywords: frozenset[str]
    organisation: str


class Reader(NamedTuple):
    """Somebody who wants certain papers."""

    kind: str
    """``topic``, ``two topics`` or ``organisation``."""
    name: str
    phrases: tuple[str, ...]
    """Her interest as she would type it."""
    papers: frozenset[int]
    judged: frozenset[int]
    """Papers of which it is known whether she wants them."""


@dataclass(frozen=True)
class Case:
    """A reader with some stars, and the papers to rank for her."""

    reader: Reader
    starred: tuple[int, ...]
    pool: tuple[int, ...]
    earlier: tuple[int, ...]

    @property
    def right(self) -> NDArray[np.bool_]:
        """Which papers of the pool she wants."""
        return np.array([each in self.reader.papers for each in self.pool])


Order = Sequence[int]
"""The papers of a case's pool, the best first."""


def read_papers(folder: Path) -> list[Recorded]:
    """The papers of all days, in the order of the days; a paper of several days counts on the first."""
    papers: dict[str, Recorded] = {}
    for number, file in enumerate(sorted(folder.glob("*.json"))):
        listing = read_listing(file.read_bytes(), date.fromisoformat(file.stem))
        votes = {sighting.paper: sighting.votes or 0 for sighting in listing.sightings}
        for paper in listing.papers:
            bare = paper.model_copy(update={"keywords": (), "organisation": ""})
            keywords = frozenset(filter(None, map(_keyword, paper.keywords)))
            papers.setdefault(paper.id, Recorded(bare, number, votes[paper.id], keywords, paper.organisation))
    return list(papers.values())


def _keyword(text: str) -> str:
    return " ".join(words_of(fold(re.sub(r"\(.*?\)", "", text))))


def make_readers(papers: Sequence[Recorded]) -> list[Reader]:
    """Every topic of 20 papers or more and 8 % of them at most, the same topics by twos, and organisations of 10.

    A topic is a keyword and all keywords that hold all of its words: *video generation* has *text-to-video generation*.
    One that shares much with a larger topic is left out.
    """
    having: dict[str, set[int]] = defaultdict(set)
    homes: dict[str, set[int]] = defaultdict(set)
    for place, each in enumerate(papers):
        for keyword in each.keywords:
            having[keyword].add(place)
        if each.organisation:
            homes[each.organisation].add(place)
    topics: dict[str, frozenset[int]] = {}
    for head in sorted((key for key in having if len(having[key]) >= 6), key=lambda key: (-len(having[key]), key)):
        words = set(head.split())
        if len(words) < 2 and len(head) < 5:
            continue
        members = frozenset().union(*(having[key] for key in having if words <= set(key.split())))
        is_new = all(len(members & known) <= 0.4 * len(members | known) for known in topics.values())
        if 20 <= len(members) <= 0.08 * len(papers) and is_new:
            topics[head] = members
    judged = frozenset().union(*having.values())
    readers = [Reader("topic", name, (name,), members, judged) for name, members in topics.items()]
    names = list(topics)
    random.Random(7).shuffle(names)
    for one, other in zip(names[::2], names[1::2], strict=False):
        both = topics[one] | topics[other]
        readers.append(Reader("two topics", f"{one} + {other}", (one, other), both, judged))
    with_home = frozenset().union(*homes.values())
    readers += [
        Reader("organisation", name, (name,), frozenset(members), with_home)
        for name, members in sorted(homes.items())
        if len(members) >= 10
    ]
    return readers


def make_cases(papers: Sequence[Recorded], readers: Sequence[Reader], stars: int, *, development: bool) -> list[Case]:
    """The readers of one half who had so many papers to star."""
    days = papers[-1].day + 1
    until, end = (days * 2 // 5, days * 3 // 5) if development else (days * 3 // 5, days)
    cases = []
    for reader in readers:
        if (int(sha256(reader.name.encode()).hexdigest(), 16) % 2 == 0) != development:
            continue
        earlier = tuple(place for place, each in enumerate(papers) if each.day < until)
        pool = tuple(place for place in sorted(reader.judged) if until <= papers[place].day < end)
        own = sorted(reader.papers.intersection(earlier))
        if len(own) >= stars and len(reader.papers.intersection(pool)) >= FEWEST_RIGHT:
            starred = tuple(random.Random(f"{reader.name} {stars}").sample(own, stars))
            cases.append(Case(reader, starred, pool, earlier))
    return cases


class Peers:
    """Ways to order the papers of a case."""

    def __init__(self, papers: Sequence[Recorded]) -> None:
        self._papers = papers
        self._votes = {each.paper.id: each.votes for each in papers}
        self._places = {each.paper.id: place for place, each in enumerate(papers)}
        self._known: dict[int, tuple[Any, dict[int, int]]] = {}

    def by_chance(self, case: Case) -> Order:
        pool = list(case.pool)
        random.Random(case.reader.name).shuffle(pool)
        return pool

    def by_votes(self, case: Case) -> Order:
        return self._sorted(case, [0.0] * len(case.pool))

    def by_phrases(self, case: Case) -> Order:
        """How often a paper has what she typed, plural or singular; those with equal counts by votes."""
        wanted = [f" {' '.join(words_of(phrase))} " for phrase in case.reader.phrases]
        texts = (f" {' '.join(words_of(_text(self._papers[place].paper)))} " for place in case.pool)
        return self._sorted(case, [float(sum(map(text.count, wanted))) for text in texts])

    def by_arxiv_sanity(self, case: Case) -> Order:
        """What arxiv-sanity-lite does with a tag, with its parameters.

        Its terms are those of title, abstract and authors of all papers that there are by then, the ones to rank
        among them; a linear support vector machine sets the tagged ones apart from all others.
        """
        places = sorted({*case.earlier, *case.pool, *case.starred})
        features, rows = self._features(tuple(places))
        labels = np.zeros(len(places))
        labels[[rows[place] for place in case.starred]] = 1
        model = LinearSVC(class_weight="balanced", max_iter=10_000, tol=1e-6, C=0.01, random_state=0)
        model.fit(features, labels)
        scores = model.decision_function(features[[rows[place] for place in case.pool]])
        return self._sorted(case, scores.tolist())

    def by_assay(self, case: Case) -> Order:
        """Our ranking, told of the stars."""
        return self._rank(case, Interests(starred=self._of(case.starred)))

    def by_assay_with_phrases(self, case: Case) -> Order:
        """Our ranking, told of the stars and of what she typed."""
        phrases = tuple(Phrase(text=phrase) for phrase in case.reader.phrases)
        return self._rank(case, Interests(starred=self._of(case.starred), phrases=phrases))

    def _rank(self, case: Case, interests: Interests) -> Order:
        ranked = rank(self._of(case.pool), interests, votes=self._votes)
        return [self._places[each.paper] for each in ranked]

    def _of(self, places: Sequence[int]) -> tuple[Paper, ...]:
        return tuple(self._papers[place].paper for place in places)

    def _sorted(self, case: Case, scores: Sequence[float]) -> Order:
        by_place = dict(zip(case.pool, scores, strict=True))
        return sorted(case.pool, key=lambda place: (-by_place[place], -self._papers[place].votes, place))

    def _features(self, places: tuple[int, ...]) -> tuple[Any, dict[int, int]]:
        key = hash(places)
        if key not in self._known:
            vectorizer = TfidfVectorizer(
                strip_accents="unicode",
                stop_words="english",
                token_pattern=r"(?u)\b[a-zA-Z_][a-zA-Z0-9_]+\b",
                ngram_range=(1, 2),
                max_features=20_000,
                sublinear_tf=True,
                max_df=0.1,
                min_df=5,
            )
            texts = [_text(self._papers[place].paper, authors=True) for place in places]
            self._known[key] = vectorizer.fit_transform(texts), {place: row for row, place in enumerate(places)}
        return self._known[key]


def _text(paper: Paper, *, authors: bool = False) -> str:
    return " ".join([paper.title, paper.abstract, *(paper.authors if authors else ())])


def judge(case: Case, order: Order) -> tuple[float, float]:
    """Precision at 10 and nDCG of an order: how many of the first ten are right, and how early all right ones come."""
    gains = np.array([place in case.reader.papers for place in order], dtype=float)
    discounts = 1 / np.log2(np.arange(2, len(gains) + 2))
    best = discounts[: int(gains.sum())].sum()
    return float(gains[:10].mean()), float((gains * discounts).sum() / best)


Figures = dict[str, dict[int, NDArray[np.float64]]]
"""By way and number of stars: a row for each case with precision at 10 and nDCG."""


def measure(
    papers: Sequence[Recorded], *, development: bool
) -> tuple[Figures, dict[int, list[Case]], dict[str, float]]:
    """The figures of every way, the cases, and the CPU seconds that each way took."""
    readers = make_readers(papers)
    peers = Peers(papers)
    ways: dict[str, Callable[[Case], Order]] = {
        "chance": peers.by_chance,
        "votes": peers.by_votes,
        "phrase match": peers.by_phrases,
        "arxiv-sanity-lite's rule": peers.by_arxiv_sanity,
        "Assay, stars": peers.by_assay,
        "Assay, stars and phrases": peers.by_assay_with_phrases,
    }
    cases = {stars: make_cases(papers, readers, stars, development=development) for stars in SIZES}
    figures: Figures = {way: {} for way in ways}
    seconds = {}
    for way, order in ways.items():
        began = process_time()
        for stars in SIZES:
            figures[way][stars] = np.array([judge(case, order(case)) for case in cases[stars]])
        seconds[way] = process_time() - began
    return figures, cases, seconds


def difference(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> str:
    """The mean difference over the same readers, with the 95 % interval of drawing the readers anew."""
    each = ours - theirs
    draws = np.random.default_rng(1).integers(len(each), size=(DRAWS, len(each)))
    low, high = np.quantile(each[draws].mean(axis=1), (0.025, 0.975))
    return f"{each.mean():+.3f} ({low:+.3f} to {high:+.3f})"


def tables(figures: Figures, cases: dict[int, list[Case]]) -> Iterator[str]:
    """The figures as Markdown."""
    heads = " | ".join(f"{stars} stars: P@10 | nDCG" for stars in SIZES)
    yield f"| | {heads} |"
    yield "|---" * (1 + 2 * len(SIZES)) + "|"
    yield "| readers | " + " | ".join(f"{len(cases[stars])} | " for stars in SIZES) + " |"
    for way, by_size in figures.items():
        means = (f"{value:.3f}" for stars in SIZES for value in by_size[stars].mean(axis=0))
        yield f"| {way} | {' | '.join(means)} |"
    for column, name in enumerate(("precision at 10", "nDCG")):
        yield ""
        yield f"Difference in {name}, paired over readers, with its 95 % interval:"
        yield ""
        yield f"| | {' | '.join(f'{stars} stars' for stars in SIZES)} |"
        yield "|---" * (1 + len(SIZES)) + "|"
        for ours, theirs in _COMPARED:
            cells = (difference(figures[ours][stars][:, column], figures[theirs][stars][:, column]) for stars in SIZES)
            yield f"| {ours}, against {theirs} | {' | '.join(cells)} |"
    yield ""
    yield "By kind of reader, precision at 10 and nDCG:"
    yield ""
    yield f"| | {' | '.join(f'{stars} stars' for stars in SIZES)} |"
    yield "|---" * (1 + len(SIZES)) + "|"
    for kind in ("topic", "two topics", "organisation"):
        for way in list(figures)[2:]:
            yield f"| {kind}: {way} | {' | '.join(_of_kind(figures[way], cases, kind))} |"


_COMPARED = [
    (ours, theirs)
    for ours in ("Assay, stars", "Assay, stars and phrases")
    for theirs in ("chance", "votes", "phrase match", "arxiv-sanity-lite's rule")
]


def _of_kind(by_size: dict[int, NDArray[np.float64]], cases: dict[int, list[Case]], kind: str) -> Iterator[str]:
    for stars in SIZES:
        rows = [place for place, case in enumerate(cases[stars]) if case.reader.kind == kind]
        precision, ndcg = by_size[stars][rows].mean(axis=0) if rows else (0.0, 0.0)
        yield f"{precision:.3f}, {ndcg:.3f} ({len(rows)})" if rows else "none"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?", type=Path, default=CORPUS / "hf_year")
    parser.add_argument("--development", action="store_true", help="the half that everything was tuned on")
    parser.add_argument("--docs", action="store_true", help="write the figures into docs/ranking.md")
    options = parser.parse_args()
    papers = read_papers(options.corpus)
    figures, cases, seconds = measure(papers, development=options.development)
    text = "\n".join(tables(figures, cases))
    if options.docs:
        PAGE.write_text(with_figures(PAGE.read_text(encoding="utf-8"), text), encoding="utf-8")
    print(text)
    count = sum(map(len, cases.values()))
    print("\nCPU seconds a ranking: " + ", ".join(f"{way} {each / count:.3f}" for way, each in seconds.items()))


if __name__ == "__main__":
    main()
