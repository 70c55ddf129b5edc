"""Reading a prompt once gives what reading it for each continuation does."""

from pathlib import Path

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

from assay.methods._models import TransformersModel, as_model
from assay.methods._prompts_once import read_prompts_once

PROMPTS = ["Who made it?\nAnswer:", "Context: it was Ada.\nWho made it?\nAnswer:", "Q"]
CONTINUATIONS = [" Ada Lovelace", " B", " Grace", "\n"]


@pytest.fixture(scope="module")
def plain(tiny_model: Path) -> TransformersModel:
    model = as_model(AutoModelForCausalLM.from_pretrained(tiny_model), AutoTokenizer.from_pretrained(tiny_model))
    assert isinstance(model, TransformersModel)
    return model


def test_the_likelihoods_are_those_of_reading_each_pair(plain: TransformersModel) -> None:
    pairs = [(prompt, each) for prompt in PROMPTS for each in CONTINUATIONS]
    pairs += pairs[::-3]  # in no order, and again
    prompts, continuations = [first for first, _ in pairs], [second for _, second in pairs]
    expected = plain.log_likelihoods(prompts, continuations)
    found = read_prompts_once(plain).log_likelihoods(prompts, continuations)
    assert [count for _, count in found] == [count for _, count in expected]
    assert [total for total, _ in found] == pytest.approx([total for total, _ in expected], abs=1e-4)


def test_settings_are_kept_and_other_models_are_refused(plain: TransformersModel) -> None:
    once = read_prompts_once(TransformersModel(plain.model, plain.tokenizer, "named", chat=False, batch=3))
    assert (once.name, once.chat, once.batch) == ("named", False, 3)
    with pytest.raises(ValueError, match="give a model of transformers"):
        read_prompts_once(lambda prompt: prompt)  # type: ignore[arg-type]
