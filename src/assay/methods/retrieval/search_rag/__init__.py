"""SearchRAG: many sampled queries, and snippets kept by what they do to the answer (Shi et al. 2025, arXiv 2502.13233).

**Idea.** A long question makes a poor query, and what a search finds may be beside the point. So the model writes many
short queries at a high temperature, all of them are searched, and of the finds only those are kept that make the model
less uncertain of its answer.

1. Queries: `sample_queries` samples m of them; empty, long and nearly equal ones are dropped (`distinct_queries`).
2. Finds: `search_all` asks the search for each, and joins what comes back by address, then by text, with how many
   queries found it and how high.
3. Uncertainty: with options y, H(Y|x) = -sum p(y|x) log p(y|x), in nats, where p is the model's likelihood of each
   option behind the question, among the options alone.
4. Filter: a snippet d in front of the question x gives ΔH = H(Y|x) - H(Y|d, x). `EntropyFilter` keeps those with
   ΔH > ε, the largest first, at most so many. If none qualifies the question is answered without any.
5. Answer: the likeliest option behind the kept snippets and the question.

**Use**::

    rag = SearchRAG(as_model(model, tokenizer), Searxng("http://127.0.0.1:8888"), queries=16, keep=6)
    answer = rag.answer("Who designed Smalltalk?", ["Alan Kay", "Grace Hopper"])
    answer.option, answer.entropy_before, answer.entropy_after, answer.kept, answer.queries

**Mind.** Entropy falls where the model grows surer, not where it is right: a snippet that confidently says something
false passes the filter. `agreeing=2` keeps only what at least two snippets say alike; allow known sources only where
errors cost something. This is no medical advice, and a search service sees every query: `LocalIndex` asks nobody.

**Departures.** There is no official code; prompts, counts and thresholds are ours. Options are told by letter, as in
the paper, or by their own words (`by="text"`), which small models need. Ours are the calibration (ΔH is taken from the
entropy behind a snippet that says nothing, so that a longer prompt does not count as knowledge), the mean over
rotations of the options, agreement, and sampling in place of likelihoods for endpoints that tell none.
"""

from assay.methods.retrieval._search import (
    Found,
    LocalIndex,
    Search,
    SearchError,
    Searxng,
    Snippet,
    as_search,
    search_all,
)
from assay.methods.retrieval.search_rag._answering import Answer, SearchRAG
from assay.methods.retrieval.search_rag._filter import EntropyFilter, Weighed, entropy
from assay.methods.retrieval.search_rag._queries import distinct_queries, sample_queries
from assay.methods.retrieval.search_rag._retrievers import langchain_retriever, llama_index_retriever

__all__ = [
    "Answer",
    "EntropyFilter",
    "Found",
    "LocalIndex",
    "Search",
    "SearchError",
    "SearchRAG",
    "Searxng",
    "Snippet",
    "Weighed",
    "as_search",
    "distinct_queries",
    "entropy",
    "langchain_retriever",
    "llama_index_retriever",
    "sample_queries",
    "search_all",
]
