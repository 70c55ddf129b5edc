"""Questions with options: read, asked and scored; and tasks that lm-evaluation-harness runs."""

from typing import Any

import pytest

from assay.methods._choices import (
    ChoiceItem,
    choose_by_letter,
    choose_by_likelihood,
    find_letter,
    lettered_prompt,
    read_choice_items,
)
from assay.methods._models import ModelError
from assay.methods.evaluation import as_model

TOY = {"id": "toy-1", "question": "Which of these swims?", "choices": ["crow", "pike", "mole"], "answer": 1}


@pytest.mark.parametrize("answer", [1, "B", "pike"])
def test_an_answer_is_a_number_a_letter_or_a_text(answer: Any) -> None:
    (item,) = read_choice_items([TOY | {"answer": answer}])
    assert (item.answer, item.letter, item.id) == (1, "B", "toy-1")


def test_options_with_labels_of_their_own() -> None:
    record = {"q": "?", "options": {"text": ["x", "y"], "label": ["1", "2"]}, "gold": "2"}
    (item,) = read_choice_items([record], question="q", choices="options", answer="gold")
    assert item.answer == 1


def test_rows_of_datasets_are_read() -> None:
    datasets = pytest.importorskip("datasets")
    (item,) = read_choice_items(datasets.Dataset.from_list([TOY]))
    assert item.choices == ("crow", "pike", "mole")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"choices": None}, "record 'toy-1' has no 'choices'"),
        ({"choices": ["crow"]}, "record 'toy-1' has 1 option:"),
        ({"choices": "crow pike"}, "record 'toy-1' has no list of options"),
        ({"choices": ["crow", " "]}, "record 'toy-1' has nothing as option B"),
        ({"choices": {"text": ["crow", "pike"], "label": ["A"]}}, "2 options and 1 labels"),
        ({"answer": 3}, "record 'toy-1' has the answer 3: its options are 0 to 2"),
        ({"answer": -1}, "record 'toy-1' has the answer -1"),
        ({"answer": "eel"}, "record 'toy-1' has the answer 'eel', which is none of its options"),
        ({"answer": True}, "record 'toy-1' has the answer True"),
        ({"choices": ["pike", "pike"], "answer": "pike"}, "which several of its options are"),
    ],
)
def test_a_record_that_cannot_be_read_is_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_choice_items([TOY | change])


def test_a_record_without_id_is_named_by_its_place() -> None:
    with pytest.raises(ValueError, match="record 1 has no 'question'"):
        read_choice_items([{"question": "?", "choices": ["a", "b"], "answer": 0}, {}])


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("B", 1),
        (" B.", 1),
        ("(B) pike", 1),
        ("**B**", 1),
        ("B) because it swims", 1),
        ("The answer is (B).", 1),
        ("It could be A, but the answer is C", 2),
        ("Answer: B\nA crow flies.", 1),
        ("A pike swims, so pike it is.", 1),
        ("It is option C.", 2),
        ("B. pike. Option A flies.", 1),
        ("(A) or (B)", None),
        ("I do not know.", None),
        ("A crow and a pike", None),
        ("", None),
        ("E", None),
    ],
)
def test_letters_are_found_in_answers(text: str, option: int | None) -> None:
    assert find_letter(text, 3, choices=TOY["choices"]) == option  # type: ignore[arg-type]


def test_the_longer_of_two_options_within_each_other_is_meant() -> None:
    assert find_letter("It is New York.", 2, choices=("York", "New York")) == 1


def test_a_callable_chooses_by_the_letter_that_it_writes() -> None:
    items = read_choice_items([TOY])
    (choice,) = choose_by_letter(as_model(lambda prompt: "B" if "B. pike" in prompt else "A"), items)
    assert choice.right
    (silent,) = choose_by_letter(as_model(lambda prompt: "none of your business"), items)
    assert silent.chosen is None
    assert not silent.right


class Likes:
    """A model that finds one option likelier than all others."""

    name = "likes"

    def __init__(self, liked: str) -> None:
        self.liked = liked

    def answer(self, prompts: Any, **_: Any) -> list[str]:
        return ["" for _ in prompts]

    def log_likelihoods(self, prompts: Any, continuations: Any) -> list[tuple[float, int]]:
        return [(-1.0 if each.strip() == self.liked else -5.0, 1) for each in continuations]


def test_likelihoods_choose_letters_and_options() -> None:
    items = read_choice_items([TOY])
    assert choose_by_letter(Likes("C"), items)[0].chosen == 2
    assert choose_by_likelihood(Likes("pike"), items)[0].right
    with pytest.raises(ModelError, match="tells no likelihoods"):
        choose_by_likelihood(as_model(str.upper), items)


def test_the_prompt_shows_letters_and_options() -> None:
    item = ChoiceItem("Which?", ("x", "y"), 0)
    assert lettered_prompt(item, ending="Answer:") == "Which?\nA. x\nB. y\nAnswer:"


def test_i_is_a_word_among_many_options() -> None:
    assert find_letter("I do not know.", 10) is None
    assert find_letter("I think B.", 10) == 1
    assert find_letter("(I)", 10) == 8
