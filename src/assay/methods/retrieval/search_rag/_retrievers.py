"""The filter as a retriever of LangChain or LlamaIndex, behind any search.

A retriever is asked with a text alone; the options among which uncertainty is taken are fixed when it is made, or found
in the text by a function of one's own.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from assay.methods.retrieval._search import Search, search_all
from assay.methods.retrieval.search_rag._filter import EntropyFilter, Weighed

Options = Sequence[str] | Callable[[str], Sequence[str]]
"""Of every question, or a function that tells those of one."""
Queries = Callable[[str], Sequence[str]]
"""Search queries for a question; the question itself by default."""


def langchain_retriever(
    search: Search, chooser: EntropyFilter, options: Options, *, queries: Queries | None = None, top: int = 5
) -> Any:
    """A ``BaseRetriever`` of LangChain whose documents are the snippets that the filter keeps, each with its ``gain``.

    Raises:
        ValueError: langchain-core is not installed.
    """
    core = _need("langchain_core", "langchain-core")
    document = import_module(f"{core}.documents").Document
    base: Any = import_module(f"{core}.retrievers").BaseRetriever

    def find(_self: Any, query: str, *, run_manager: Any = None) -> list[Any]:  # noqa: ARG001 - its signature
        return [
            document(
                page_content=each.snippet.text,
                metadata={"source": each.snippet.url, "title": each.snippet.title, "gain": each.gain},
            )
            for each in _kept(search, chooser, options, queries, top, query)
        ]

    return type("UncertaintyFilterRetriever", (base,), {"_get_relevant_documents": find})()


def llama_index_retriever(
    search: Search, chooser: EntropyFilter, options: Options, *, queries: Queries | None = None, top: int = 5
) -> Any:
    """A ``BaseRetriever`` of LlamaIndex whose nodes are the snippets that the filter keeps, scored by their gain.

    Raises:
        ValueError: llama-index-core is not installed.
    """
    core = _need("llama_index.core", "llama-index-core")
    schema = import_module(f"{core}.schema")
    base: Any = import_module(f"{core}.retrievers").BaseRetriever

    def find(_self: Any, query_bundle: Any) -> list[Any]:
        return [
            schema.NodeWithScore(
                node=schema.TextNode(
                    text=each.snippet.text, metadata={"source": each.snippet.url, "title": each.snippet.title}
                ),
                score=each.gain,
            )
            for each in _kept(search, chooser, options, queries, top, query_bundle.query_str)
        ]

    return type("UncertaintyFilterRetriever", (base,), {"_retrieve": find})()


def _kept(
    search: Search, chooser: EntropyFilter, options: Options, queries: Queries | None, top: int, question: str
) -> list[Weighed]:
    asked = list(queries(question)) if queries else [question]
    found, _ = search_all(search, asked, top=top)
    among = options(question) if callable(options) else options
    return chooser(question, among, [each.snippet for each in found])


def _need(module: str, package: str) -> str:
    try:
        import_module(module)
    except ImportError as error:
        raise ValueError(f"this retriever needs {package}: pip install {package}") from error
    return module
