"""Where snippets come from: a search service, an index of one's own texts, a retriever of LangChain or LlamaIndex."""

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Snippet:
    """A piece of text that a search found."""

    text: str
    url: str = ""
    title: str = ""

    def __str__(self) -> str:
        """Title and text, as the model reads them."""
        return f"{self.title}: {self.text}" if self.title else self.text


Search = Callable[[str, int], Sequence[Snippet]]
"""The best snippets for a query, best first, and no more than asked for."""


class SearchError(ValueError):
    """A search gave nothing that can be used; the message says which, and why."""


@dataclass(frozen=True)
class Found:
    """A snippet with how it was found."""

    snippet: Snippet
    hits: int
    """How many queries found it."""
    rank: int
    """The best place that it had, from 0."""
    queries: tuple[str, ...]
    """Those that found it."""


def search_all(
    search: Search, queries: Sequence[str], *, top: int = 5, parallel: int = 4
) -> tuple[list[Found], dict[str, str]]:
    """Search for every query, and join what was found: by address, then by text.

    Args:
        search: See `Search`; it is asked from several threads.
        queries: What to search for.
        top: Snippets of a query, at most.
        parallel: Queries at once.

    Returns:
        What was found, in the order of queries and places; and of each query that failed, why.

    Raises:
        SearchError: Every query failed.
        ValueError: There is no query, or `top` is below 1.
    """
    if not queries or top < 1:
        raise ValueError(f"{len(queries)} queries, {top} snippets of each: search for 1 or more")

    def ask(query: str) -> Sequence[Snippet] | Exception:
        try:
            return search(query, top)[:top]
        except Exception as error:  # noqa: BLE001 - a search is anybody's, and one that fails leaves the others
            return error

    with ThreadPoolExecutor(parallel) as pool:
        answers = dict(zip(queries, pool.map(ask, queries), strict=True))
    failed = {query: _line(answer) for query, answer in answers.items() if isinstance(answer, Exception)}
    if len(failed) == len(answers):
        query, why = next(iter(failed.items()))
        raise SearchError(f"no search succeeded; {query!r}: {why}")
    found: dict[str, Found] = {}
    by_text: dict[str, str] = {}
    for query, answer in answers.items():
        if isinstance(answer, Exception):
            continue
        for rank, snippet in enumerate(answer):
            text = " ".join(re.findall(r"\w+", snippet.text.casefold()))
            if not text:
                continue
            key = snippet.url or text
            key = key if key in found else by_text.setdefault(text, key)
            known = found.get(key)
            if known is None:
                found[key] = Found(snippet, 1, rank, (query,))
            elif known.queries[-1] != query:
                found[key] = Found(known.snippet, known.hits + 1, min(rank, known.rank), (*known.queries, query))
    return list(found.values()), failed


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


@dataclass(frozen=True)
class Searxng:
    """A SearXNG instance, or what answers as it does; it must allow the format ``json``."""

    url: str
    """Of the instance, such as ``http://127.0.0.1:8888``."""
    timeout: float = 20.0
    """Seconds for one query."""
    options: Mapping[str, str] | None = None
    """More of the query's fields: ``categories``, ``language``, ``engines`` ..."""

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise ValueError(
                f"the address of the search is {self.url!r}: give one that begins with http:// or https://"
            )

    def __call__(self, query: str, top: int) -> list[Snippet]:
        """See `Search`.

        Raises:
            SearchError: There is no answer, or none as SearXNG's.
        """
        import httpx2  # noqa: PLC0415 - other searches do without

        address = f"{self.url.rstrip('/')}/search"
        try:
            response = httpx2.get(
                address, params={**(self.options or {}), "q": query, "format": "json"}, timeout=self.timeout
            )
        except httpx2.HTTPError as error:
            raise SearchError(f"{address} gives no answer: {_line(error)}") from error
        if response.status_code != 200:
            hint = "; is json among its search.formats?" if response.status_code == 403 else ""
            raise SearchError(f"{address} answers {response.status_code}{hint}")
        try:
            results = response.json()["results"]
            return [_snippet(each) for each in results[:top]]
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise SearchError(f"{address} does not answer as SearXNG: no list of results") from error


def _snippet(result: Mapping[str, Any]) -> Snippet:
    return Snippet(str(result.get("content") or ""), str(result["url"]), str(result.get("title") or ""))


class LocalIndex:
    """BM25 over texts of one's own, by the package bm25s: nothing leaves the machine."""

    def __init__(self, texts: Sequence[str | Snippet]) -> None:
        """Make the index of these texts.

        Raises:
            ValueError: There are none, one of them is empty, or bm25s is not installed.
        """
        self.snippets = [each if isinstance(each, Snippet) else Snippet(each) for each in texts]
        if not self.snippets:
            raise ValueError("there are no texts to search")
        if empty := [place for place, each in enumerate(self.snippets) if not re.search(r"\w", str(each))]:
            raise ValueError(f"text {empty[0]} has no word in it")
        try:
            self._bm25s = import_module("bm25s")
        except ImportError as error:
            raise ValueError("an index of one's own needs bm25s: pip install 'assay-papers[run]'") from error
        self._index = self._bm25s.BM25()
        self._index.index([_words(str(each)) for each in self.snippets], show_progress=False)

    def __call__(self, query: str, top: int) -> list[Snippet]:
        """See `Search`; what has no word of the query is not found."""
        words = [word for word in dict.fromkeys(_words(query)) if word in self._index.vocab_dict]
        if not words:
            return []
        places, scores = self._index.retrieve([words], k=min(top, len(self.snippets)), show_progress=False, n_threads=0)
        return [
            self.snippets[place]
            for place, score in zip(places[0].tolist(), scores[0].tolist(), strict=True)
            if score > 0
        ]


def as_search(retriever: Any) -> Search:
    """Take a retriever of LangChain, one of LlamaIndex, or any function of a query and a number, as a search.

    A retriever gives as many texts as it was made for; what is beyond the number that is asked for is left out. The
    address of a text is its ``source`` (or ``id``) among the metadata.

    Raises:
        ValueError: It is none of these.
    """
    if hasattr(retriever, "invoke"):
        return lambda query, top: [
            _snippet_of(each.page_content, each.metadata) for each in retriever.invoke(query)[:top]
        ]
    if hasattr(retriever, "retrieve"):
        return lambda query, top: [
            _snippet_of(each.node.get_content(), each.node.metadata) for each in retriever.retrieve(query)[:top]
        ]
    if callable(retriever):
        search: Search = retriever
        return search
    raise ValueError(f"{type(retriever).__name__} is no retriever: give one of LangChain or LlamaIndex, or a function")


def _snippet_of(text: str, metadata: dict[str, Any]) -> Snippet:
    return Snippet(text, str(metadata.get("source") or metadata.get("id") or ""), str(metadata.get("title") or ""))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
