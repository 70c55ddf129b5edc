"""Questions about entities: the letter that is the label is the one that the tokens say is right."""

from typing import Any

import pytest

from assay.testbed.models import tiny
from assay.testbed.tasks.entity_choices import NONE, EntityChoices
from assay.testbed.tasks.task import FIRST, IGNORED

TASK = EntityChoices(entities=12, values=9)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_labels_are_the_letters_of_right_options(share: float) -> None:
    batch = TASK.batches(400, share)(3)
    values = {int(record["question"].split()[1]): record["choices"][record["answer"]] for record in records(400)}
    none = FIRST + TASK.options
    right_none = 0
    for ids, labels in zip(batch["input_ids"].tolist(), batch["labels"].tolist(), strict=True):
        entity = ids[1] - none - 1 - TASK.values
        options = [NONE if token == none else f"value {token - none - 1}" for token in ids[3:-2:2]]
        right = values[entity] if values[entity] in options else NONE
        assert options[labels[-1] - FIRST] == right
        assert len(set(options)) == TASK.options
        assert NONE not in options[:-1]
        assert set(labels[:-1]) == {IGNORED}
        right_none += right == NONE
    assert right_none / 400 == pytest.approx(share / 4, abs=0.07)


def records(number: int) -> list[dict[str, Any]]:
    return TASK.records(number)


def test_records_are_asked_in_the_tokens_of_the_training() -> None:
    seen: list[Any] = []
    model = tiny("llama", vocab_size=TASK.vocab_size, layers=1)
    model.register_forward_pre_hook(lambda module, args, kwargs: seen.append(kwargs["input_ids"]), with_kwargs=True)
    questions = [("entity 3", ("value 1", "value 8", "value 0", NONE))]
    assert TASK.choose(model, questions)[0] in range(4)
    assert seen[0][0, 3:-1:2].tolist() == [FIRST + 4 + 1 + 1, FIRST + 4 + 1 + 8, FIRST + 4 + 1, FIRST + 4]
    assert seen[0].shape == TASK.batches(1, 0.5)(0)["input_ids"][:, :-1].shape
    assert records(5) == records(7)[:5]
