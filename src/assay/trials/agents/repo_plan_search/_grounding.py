"""How often each way of search finds a symbol by words of its docstring that the index has not seen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from assay.methods.agents.repo_plan_search import (
    DocstringIntents,
    Repository,
    Retriever,
    Symbol,
    SymbolIndex,
    bm25,
    dense,
    sentences,
    tfidf,
    usable,
)
from assay.testbed.sentence_encoder import load_sentence_encoder
from assay.trials.agents.repo_plan_search._tasks import by_group

INTENTS, SOURCE = "intents", "source"
K = 5
"""Symbols among which it counts as found."""
_MOST = 600
"""Symbols that are asked for."""


@dataclass(frozen=True)
class Asked:
    """Symbols whose docstring has two sentences: the index has the first, and the second asks for it."""

    repository: Repository
    symbols: tuple[Symbol, ...]

    @classmethod
    def of(cls, repository: Repository) -> "Asked":
        """All that somebody may call; of more than can be encoded in seconds, those at equal distances."""
        every = [each for each in repository.symbols if usable(each) and len(sentences(each.doc)) > 1]
        return cls(repository, tuple(every[:: -(-len(every) // _MOST)]))

    def hits(self, retriever: Retriever, intents: Sequence[Sequence[str]]) -> list[float]:
        """Per cent of the symbols that are among the nearest, in each of some groups."""
        index = SymbolIndex(self.repository, self.symbols, intents, retriever=retriever)
        return by_group([each in index.ground(sentences(each.doc)[1], K) for each in self.symbols])


def ways(asked: Asked) -> Mapping[str, Callable[[], list[float]]]:
    """Each way to search: by name and first sentence, or by BM25 in the source without its docstring."""
    intents = DocstringIntents(1)(asked.repository, asked.symbols)
    return {
        f"TF-IDF of {INTENTS}": lambda: asked.hits(tfidf, intents),
        f"BM25 of {INTENTS}": lambda: asked.hits(bm25, intents),
        f"all-MiniLM of {INTENTS}": lambda: asked.hits(dense(load_sentence_encoder().encode), intents),
        f"BM25 of {SOURCE}": lambda: asked.hits(bm25, [[_code(asked.repository, each)] for each in asked.symbols]),
    }


def _code(repository: Repository, symbol: Symbol) -> str:
    """A symbol's source with the docstring cut out, as far as that stands in it as it is."""
    source = repository.source(symbol)
    before, mark, rest = source.partition('"""')
    return before + rest.partition('"""')[2] if mark else source
