"""Words in their numbers and spellings: every form leads to the same others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.store.searching.forms import forms, halves, singulars, spellings
from assay.store.searching.lexicon import COMPOUNDS, NO_PLURALS, PLURALS_IN_US_AND_IS


@pytest.mark.parametrize(
    "pair",
    """transformer/transformers study/studies loss/losses bias/biases case/cases cache/caches batch/batches box/boxes
    axis/axes matrix/matrices index/indices index/indexes hypothesis/hypotheses virus/viruses corpus/corpora lens/lenses
    gpu/gpus api/apis llm/llms lm/lms llama/llamas area/areas movie/movies process/processes use/uses quiz/quizzes
    child/children mesh/meshes size/sizes key/keys""".split(),
)
def test_singular_and_plural_lead_to_each_other(pair: str) -> None:
    one, other = pair.split("/")
    assert other in forms(one)
    assert one in forms(other)
    assert forms(one)[0] == one
    assert forms(other)[0] == other


@pytest.mark.parametrize(
    "word", ["loss", "bias", "this", "its", "corpus", "analysis", "has", "was", "gps", "series", "us"]
)
def test_what_only_ends_in_s_is_no_plural(word: str) -> None:
    assert singulars(word) == ()
    assert word[:-1] not in forms(word)


def test_cases_are_no_cas_and_losses_no_los() -> None:
    assert set(forms("cases")) == {"cases", "case"}
    assert "los" not in {*forms("losses"), *forms("loss")}
    assert "loss" not in forms("los")


@given(st.text("abehiosuxyz", min_size=2, max_size=7))
def test_a_form_of_a_word_leads_back_to_it(word: str) -> None:
    for form in forms(word):
        if form != word and singulars(form) and not singulars(word):
            assert word in singulars(form)


def test_a_word_written_together_has_its_halves_but_no_function_words() -> None:
    assert ("fine", "tuning") in set(halves("finetuning"))
    assert ("re", "ranking") in set(halves("reranking"))
    assert ("k", "means") in set(halves("kmeans"))
    assert list(halves("format")) == []
    assert list(halves("again")) == []
    assert all(len(second) > 2 for _, second in halves("multimodalities"))


def test_every_way_to_type_a_compound_has_the_same_spellings() -> None:
    ways = [spellings(("gpt", "4", "o"), joints) for joints in (("-", ""), ("", ""), (" ", ""), ("-", "-"))]
    assert all(set(way) == set(ways[0]) for way in ways)
    assert [way[0] for way in ways] == [("gpt", "4o"), ("gpt4o",), ("gpt", "4o"), ("gpt", "4", "o")]
    assert set(spellings(("qwen", "2", "5"), ("", "."))) == {("qwen2", "5"), ("qwen", "2", "5")}


def test_the_tables_agree_with_the_rules() -> None:
    assert not NO_PLURALS & PLURALS_IN_US_AND_IS
    assert all(singulars(word) == (word[:-1],) for word in PLURALS_IN_US_AND_IS)
    assert all(not singulars(words[-1]) for words in COMPOUNDS)
