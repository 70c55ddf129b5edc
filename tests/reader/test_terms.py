"""Terms are shown as a text writes them."""

import pytest

from assay.reader.terms import show_term


@pytest.mark.parametrize(
    ("term", "text", "shown"),
    [
        ("kv cache", "We prune KV caches.", "KV caches"),
        ("llm agent", "large language model (LLM) agents", "LLM agents"),
        ("key value", "the [Key]-Value store", "Key-Value"),
        ("long horizon", "nothing of it", "long horizon"),
    ],
)
def test_a_term_is_shown_as_the_text_has_it(term: str, text: str, shown: str) -> None:
    assert show_term(term, text) == shown
