"""The texts of a paper that are at hand, read once, to look figures and names up in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from assay.claims.context import Figure, Text
from assay.claims.meanings.bilingual import BilingualReader
from assay.claims.meanings.holders import Holders
from assay.claims.meanings.meaning import Reader
from assay.claims.naming.bearers import Bearers
from assay.claims.naming.named import VARIANT, Named
from assay.claims.naming.names import Vocabulary
from assay.claims.proposal import own_name
from assay.claims.tables.table import Table, is_table, read_table
from assay.papers.models import Paper
from assay.papers.passages import Passage

ABSTRACT = frozenset({"title", "abstract"})
"""The parts of a paper that are no full text."""


@dataclass
class Source:
    """The texts of a paper that are at hand, to look figures and names up in."""

    texts: list[Text]
    searched: tuple[str, ...]
    is_known: bool
    """Whether there is more of it than a title."""
    own_names: tuple[str, ...]
    """Its title, and what it calls its own work."""

    @cached_property
    def figures(self) -> list[tuple[Text, Figure]]:
        """All figures, each with the text that it stands in."""
        return [(text, reference) for text in self.texts for reference in text.figures]

    @cached_property
    def tables(self) -> list[tuple[str, Table]]:
        """The tables of the full text, each with its name."""
        return [(text.name, read_table(text.text)) for text in self.texts if is_table(text.text)]

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The names and words of all texts."""
        return Vocabulary((text.text for text in self.texts), own=self.own_names[-1])

    @cached_property
    def reader(self) -> Reader:
        """Reads what figures are of, by the names that this paper has."""
        return BilingualReader(self._named)

    @cached_property
    def _named(self) -> Named:
        return Named([text.text for text in self.texts], self.own_names[-1])

    @cached_property
    def bearers(self) -> Bearers:
        """Who may have a figure, by the names that this paper has."""
        return Bearers(self._named)

    @cached_property
    def holders(self) -> Holders:
        """Tells whose figures are."""
        return Holders(self.bearers)

    @cached_property
    def held(self) -> Mapping[str, Sequence[Figure]]:
        """The levels that the abstract gives of each that has one."""
        found: dict[str, list[Figure]] = {}
        for _, figure in self.abstract():
            for name in self.holders.of(figure).names if not figure.is_change and not figure.is_number else ():
                found.setdefault(name, []).append(figure)
        return found

    @cached_property
    def known_holders(self) -> frozenset[str]:
        """Those of which the abstract gives a level that is nobody else's."""
        return frozenset(
            name
            for name, figures in self.held.items()
            if any(self.holders.of(figure).names == {name} for figure in figures)
        )

    @cached_property
    def figures_of(self) -> Mapping[str, Sequence[Figure]]:
        """The figures that go with each metric, data set, method and counted thing."""
        found: dict[str, list[Figure]] = {}
        for _, figure in self.abstract():
            reading = self.reader.read(figure)
            for thing in (
                reading.metric.own
                | reading.dataset.any
                | reading.method.any
                | reading.other.any
                | reading.size.own
                | {reading.counted}
                | {VARIANT + name for name in reading.sibling.all}
            ):
                found.setdefault(thing, []).append(figure)
        return found

    @cached_property
    def own(self) -> Vocabulary:
        """What the paper's own work is called."""
        return Vocabulary(self.own_names)

    @property
    def where(self) -> str:
        """In words, what was searched."""
        return " and ".join(filter(None, [", ".join(self.searched[:-1]), *self.searched[-1:]]))

    def abstract(self) -> Iterator[tuple[Text, Figure]]:
        """The figures of title and abstract."""
        return ((text, reference) for text, reference in self.figures if text.name in ABSTRACT)


@lru_cache(maxsize=64)
def source_of(paper: Paper, passages: tuple[Passage, ...]) -> Source:
    """Read a paper's texts; those of the papers asked for last are kept."""
    own = [("title", paper.title), ("abstract", paper.abstract)]
    own_texts = [(name, text) for name, text in own if text]
    searched = [name for name, _ in own_texts]
    body = [passage for passage in passages if passage.part not in ABSTRACT]
    if body:
        searched.append("full text")
    texts = [Text.of(name, text) for name, text in [*own_texts, *body]]
    return Source(
        texts, tuple(searched), is_known=bool(paper.abstract or body), own_names=(paper.title, own_name(paper))
    )
