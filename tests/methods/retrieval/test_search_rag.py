"""SearchRAG: queries that say the same are dropped, finds are joined, and the filter keeps what lowers the entropy."""

import json
import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.methods.pages import run_example

from assay.methods._models import ModelError, as_model
from assay.methods.retrieval.search_rag import (
    EntropyFilter,
    LocalIndex,
    SearchError,
    SearchRAG,
    Searxng,
    Snippet,
    distinct_queries,
    entropy,
    langchain_retriever,
    llama_index_retriever,
    sample_queries,
    search_all,
)

QUESTION, OPTIONS = "Who designed Smalltalk?", ["Alan Kay", "Grace Hopper", "Edsger Dijkstra"]
NOTES = ["Smalltalk was designed by Alan Kay.", "COBOL goes back to Grace Hopper.", "Tea is best hot."]


@dataclass
class Reader:
    """Believes in an option by so many nats for each time that a context names it, and loves the first a little."""

    name: str = "reader"
    belief: float = 2.0

    def answer(self, prompts: Sequence[str], **_how: Any) -> list[str]:
        return [f"Query: {prompt.split('Question: ')[1].split('?')[0]} {n}" for n, prompt in enumerate(prompts)]

    def log_likelihoods(self, prompts: Sequence[str], continuations: Sequence[str]) -> list[tuple[float, int]]:
        told = []
        for prompt, continuation in zip(prompts, continuations, strict=True):
            context, _, rest = prompt.partition("Question:")
            option = continuation.strip()
            if len(option) == 1:
                option = next(line[3:] for line in rest.splitlines() if line.startswith(f"{option}. "))
            told.append((self.belief * context.count(option) + 0.1 * (continuation in {" A", " Alan Kay"}), 1))
        return told


READER = Reader()


@pytest.mark.parametrize(
    ("texts", "kept"),
    [
        (["Query: Smalltalk designer", '"smalltalk  Designer"', "1. Alan Kay?"], ["smalltalk designer", "alan kay"]),
        (["", "  \n", "...", "\nsecond line is first\nthird"], ["second line is first"]),
        (["a b c d e", "a b c d e f", "a b c d x"], ["a b c d e", "a b c d x"]),
        ([" ".join(map(str, range(40)))], []),
    ],
)
def test_queries_that_say_the_same_or_nothing_are_dropped(texts: list[str], kept: list[str]) -> None:
    assert distinct_queries(texts) == kept


def test_queries_are_sampled_from_any_model() -> None:
    assert sample_queries(READER, QUESTION, 2) == ["who designed smalltalk 0", "who designed smalltalk 1"]
    with pytest.raises(ValueError, match="sample 1 or more"):
        sample_queries(READER, QUESTION, 0)
    with pytest.raises(ValueError, match=r"no \{question\}"):
        sample_queries(READER, QUESTION, 1, prompt="Write a query.")


def test_finds_are_joined_by_address_and_by_text() -> None:
    pages = {
        "one": [Snippet("Alan Kay.", "http://a"), Snippet("Tea!", "http://b"), Snippet(" ")],
        "two": [Snippet("tea", "http://c"), Snippet("Alan Kay, again.", "http://a")],
    }
    found, failed = search_all(lambda query, top: pages[query][:top], ["one", "two", "three"], top=3)
    assert [(each.snippet.text, each.hits, each.rank) for each in found] == [("Alan Kay.", 2, 0), ("Tea!", 2, 0)]
    assert found[0].queries == ("one", "two")
    assert failed == {"three": "'three'"}
    with pytest.raises(SearchError, match="no search succeeded; 'three': 'three'"):
        search_all(lambda query, _: pages[query], ["three"])
    with pytest.raises(ValueError, match="0 queries"):
        search_all(lambda query, _: pages[query], [])


def test_an_index_finds_what_has_a_word_of_the_query() -> None:
    index = LocalIndex(NOTES)
    assert index("SMALLTALK designed", 2)[0].text == NOTES[0]
    assert index("tea", 9) == [Snippet(NOTES[2])]
    assert index("nothing of that", 3) == []
    with pytest.raises(ValueError, match="text 1 has no word"):
        LocalIndex(["words", "?!"])
    with pytest.raises(ValueError, match="no texts"):
        LocalIndex([])


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """What answers as SearXNG does, and otherwise for some queries."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            (query,) = parse_qs(urlsplit(self.path).query)["q"]
            status, body = 200, json.dumps({"results": [{"url": "http://a", "title": "T", "content": query}] * 3})
            if query == "closed":
                status = 403
            if query == "page":
                body = "<html>"
            if query == "other":
                body = '{"hits": []}'
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_a_service_is_asked_and_what_is_none_is_told(service: str) -> None:
    search = Searxng(service)
    assert search("alan kay", 2) == [Snippet("alan kay", "http://a", "T")] * 2
    for query, why in (("closed", "answers 403; is json"), ("page", "does not answer as SearXNG"), ("other", "list")):
        with pytest.raises(SearchError, match=why):
            search(query, 1)
    with pytest.raises(SearchError, match="gives no answer"):
        Searxng("http://127.0.0.1:9")("x", 1)
    with pytest.raises(ValueError, match="begins with http"):
        Searxng("ftp://x")


@given(st.lists(st.floats(1e-6, 1), min_size=2, max_size=6))
def test_entropy_is_that_of_the_definition(weights: list[float]) -> None:
    shares = [each / sum(weights) for each in weights]
    assert entropy(shares) == pytest.approx(
        math.log(sum(weights)) - sum(w * math.log(w) for w in weights) / sum(weights)
    )
    assert entropy([1.0, 0.0]) == 0


@pytest.mark.parametrize("by", ["letter", "text"])
def test_kept_is_what_lowers_the_entropy_the_most_first(by: Any) -> None:
    snippets = [
        Snippet(NOTES[2]),
        Snippet("Alan Kay"),
        Snippet("Alan Kay, Alan Kay"),
        Snippet("Alan Kay, Grace Hopper"),
    ]
    chooser = EntropyFilter(READER, by=by, calibrate=False)
    weighed = chooser.weigh(QUESTION, OPTIONS, snippets)

    def behind(*beliefs: float) -> float:
        parts = [math.exp(each) for each in beliefs]
        return entropy([part / sum(parts) for part in parts])

    before = behind(0.1, 0, 0)
    assert [each.gain for each in weighed] == pytest.approx(
        [0, before - behind(2.1, 0, 0), before - behind(4.1, 0, 0), before - behind(2.1, 2, 0)], abs=1e-9
    )
    kept = chooser(QUESTION, OPTIONS, snippets)
    assert [each.snippet for each in kept] == [snippets[2], snippets[1], snippets[3]]
    assert len(EntropyFilter(READER, by=by, most=1)(QUESTION, OPTIONS, snippets)) == 1
    assert EntropyFilter(READER, by=by, epsilon=math.inf)(QUESTION, OPTIONS, snippets) == []


def test_calibrated_the_entropy_is_taken_from_a_snippet_that_says_nothing() -> None:
    class Wordy(Reader):
        """Grows surer of the first option with any context."""

        def log_likelihoods(self, prompts: Sequence[str], continuations: Sequence[str]) -> list[tuple[float, int]]:
            return [(3.0 * ("Context:" in p and c == " A"), 1) for p, c in zip(prompts, continuations, strict=True)]

    tea = [Snippet(NOTES[2])]
    assert EntropyFilter(Wordy(), calibrate=False)(QUESTION, OPTIONS, tea)
    assert not EntropyFilter(Wordy(), calibrate=True)(QUESTION, OPTIONS, tea)


def test_rotations_take_the_love_of_a_letter_away() -> None:
    (biased,) = EntropyFilter(READER).probabilities(QUESTION, OPTIONS, [[]])
    (even,) = EntropyFilter(READER, rotations=3).probabilities(QUESTION, OPTIONS, [[]])
    assert biased[0] > biased[1]
    assert even == pytest.approx([1 / 3] * 3)


def test_only_snippets_that_agree_are_kept() -> None:
    snippets = [Snippet("Grace Hopper, Grace Hopper"), Snippet("Alan Kay"), Snippet("It was Alan Kay.")]
    kept = EntropyFilter(READER, agreeing=2)(QUESTION, OPTIONS, snippets)
    assert [each.snippet for each in kept] == snippets[1:]


def test_a_model_without_likelihoods_is_sampled_where_that_is_allowed() -> None:
    def model(prompt: str) -> str:
        return "A" if "Alan Kay." in prompt.partition("Question:")[0] else "I do not know"

    with pytest.raises(ModelError, match="tells no likelihoods"):
        EntropyFilter(as_model(model))
    chooser = EntropyFilter(as_model(model), samples=7)
    weighed = chooser.weigh(QUESTION, OPTIONS, [Snippet(NOTES[0]), Snippet(NOTES[2])])
    assert weighed[0].probabilities == pytest.approx((0.8, 0.1, 0.1))
    assert weighed[0].gain > 0
    assert weighed[1].gain == pytest.approx(0)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"most": 0}, "most is 0"),
        ({"agreeing": 0}, "agreeing is 0"),
        ({"epsilon": math.nan}, "epsilon"),
        ({"by": "sound"}, "by is 'sound'"),
        ({"by": "text", "rotations": 2}, "go with by='letter'"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        EntropyFilter(READER, **settings)


@pytest.mark.parametrize(
    ("options", "why"), [(["x"], "1 options"), (["x", " "], "option 1"), (["x", "x "], "the same")]
)
def test_options_that_are_none_are_refused(options: list[str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        SearchRAG(READER, LocalIndex(NOTES)).answer(QUESTION, options)


@pytest.mark.parametrize("belief", [math.nan, -math.inf])
def test_likelihoods_that_are_none_are_refused(belief: float) -> None:
    """NaN for all options, and an impossible one for each that a snippet names."""
    snippet = Snippet(" ".join(OPTIONS))
    with pytest.raises(ModelError, match="cannot be compared"):
        EntropyFilter(Reader(belief=belief))(QUESTION, OPTIONS, [snippet])


def test_a_long_snippet_is_cut_at_a_sentence() -> None:
    chooser = EntropyFilter(READER, characters=30)
    prompt = chooser.prompt(QUESTION, [], [Snippet("One sentence. Another one that is long.")])
    assert prompt.startswith("Context: One sentence.\nQuestion:")


def test_an_answer_tells_all_that_led_to_it() -> None:
    answer = SearchRAG(READER, LocalIndex(NOTES), queries=2, keep=1).answer(QUESTION, OPTIONS)
    assert answer.option == "Alan Kay"
    assert answer.queries == ("who designed smalltalk 0", "who designed smalltalk 1")
    assert [each.snippet.text for each in answer.kept] == [NOTES[0]]
    assert [each.snippet for each in answer.weighed] == [each.snippet for each in answer.found]
    assert answer.entropy_after < answer.entropy_before


def test_with_nothing_kept_the_answer_is_that_without_a_search() -> None:
    strict = EntropyFilter(READER, epsilon=math.inf)
    answer = SearchRAG(READER, LocalIndex(NOTES), filter=strict).answer(QUESTION, OPTIONS)
    assert not answer.kept
    assert answer.probabilities == strict.probabilities(QUESTION, OPTIONS, [[]])[0]
    assert answer.entropy_after == answer.entropy_before


def test_what_cannot_be_answered_is_refused_before_anybody_is_asked() -> None:
    def search(_query: str, _top: int) -> list[Snippet]:
        raise AssertionError("asked")

    with pytest.raises(ValueError, match="empty"):
        SearchRAG(READER, search).answer(" ", OPTIONS)
    with pytest.raises(ValueError, match="queries is 0"):
        SearchRAG(READER, search, queries=0)
    with pytest.raises(SearchError, match="asked"):
        SearchRAG(READER, search).answer(QUESTION, OPTIONS)


def test_it_is_a_retriever_of_langchain() -> None:
    pytest.importorskip("langchain_core")
    retriever = langchain_retriever(LocalIndex(NOTES), EntropyFilter(READER), OPTIONS)
    (document,) = retriever.invoke("Smalltalk was designed by whom")
    assert document.page_content == NOTES[0]
    assert document.metadata["gain"] > 0


def test_it_is_a_retriever_of_llama_index() -> None:
    pytest.importorskip("llama_index.core")
    retriever = llama_index_retriever(
        LocalIndex(NOTES), EntropyFilter(READER), lambda _: OPTIONS, queries=lambda _: ["COBOL", "tea"]
    )
    (found,) = retriever.retrieve("Who is behind COBOL?")
    assert found.node.text == NOTES[1]
    assert found.score > 0


def test_example() -> None:
    run_example("search_rag")
