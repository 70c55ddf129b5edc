"""Answers a question with options by what a search finds and the filter keeps."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from assay.methods._models import Model
from assay.methods.retrieval._search import Found, Search, search_all
from assay.methods.retrieval.search_rag._filter import EntropyFilter, Weighed, entropy
from assay.methods.retrieval.search_rag._queries import PROMPT, distinct_queries, sample_queries


@dataclass(frozen=True)
class Answer:
    """An answer with all that led to it."""

    option: str
    probabilities: tuple[float, ...]
    """Of each option behind the kept snippets, or behind none if none was kept."""
    entropy_before: float
    """In nats, of the answer without a search."""
    entropy_after: float
    queries: tuple[str, ...]
    found: tuple[Found, ...]
    """All that the search found."""
    weighed: tuple[Weighed, ...]
    """What each of these did to the answer, in the same order."""
    kept: tuple[Weighed, ...]
    failed: dict[str, str] = field(default_factory=dict)
    """Of each query that failed, why."""


@dataclass(frozen=True)
class SearchRAG:
    """Answers questions with options: samples queries, searches, filters by entropy, answers."""

    model: Model
    search: Search
    queries: int = 16
    """Sampled for a question (ours)."""
    temperature: float = 1.1
    """At which they are sampled (ours)."""
    top: int = 5
    """Snippets of a query (ours)."""
    keep: int = 6
    """Snippets that the answer is given (ours)."""
    filter: EntropyFilter | None = None
    """How snippets are weighed; by default `EntropyFilter` with its defaults and `keep`."""
    sampler: Model | None = None
    """Writes the queries; the model itself by default."""
    prompt: str = PROMPT
    """Asks for a query."""
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("queries", "top", "keep"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}: give 1 or more")
        self._filter  # noqa: B018 - a model that cannot be used is refused here

    @property
    def _filter(self) -> EntropyFilter:
        return replace(self.filter, most=self.keep) if self.filter else EntropyFilter(self.model, most=self.keep)

    def answer(self, question: str, options: Sequence[str]) -> Answer:
        """Answer a question.

        Args:
            question: As it is asked, however long.
            options: Two or more answers, one of which is right.

        Raises:
            ValueError: The question is empty, or see `EntropyFilter.weigh`.
            SearchError: No search succeeded.
            ModelError: The model gives no answer.
        """
        if not question.strip():
            raise ValueError("the question is empty")
        chooser = self._filter
        # First, so that options which cannot be used are refused before anybody is asked anything.
        (before,) = chooser.probabilities(question, options, [[]])
        queries = sample_queries(
            self.sampler or self.model,
            question,
            self.queries,
            temperature=self.temperature,
            seed=self.seed,
            prompt=self.prompt,
        ) or distinct_queries([question[:200]])
        found, failed = search_all(self.search, queries, top=self.top)
        weighed = chooser.weigh(question, options, [each.snippet for each in found])
        kept = chooser.choose(weighed)
        after = before
        if kept:
            # The most telling one last, next to the question.
            (after,) = chooser.probabilities(question, options, [[each.snippet for each in reversed(kept)]])
        return Answer(
            option=options[max(range(len(options)), key=after.__getitem__)],
            probabilities=after,
            entropy_before=entropy(before),
            entropy_after=entropy(after),
            queries=tuple(queries),
            found=tuple(found),
            weighed=tuple(weighed),
            kept=tuple(kept),
            failed=failed,
        )
