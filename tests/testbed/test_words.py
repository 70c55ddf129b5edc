"""Batches label answers alone."""

from functools import partial

from assay.testbed.tasks.digit_products import Products
from assay.testbed.tasks.task import IGNORED


def test_batches_label_answers_and_their_end() -> None:
    task = Products()
    words = task.vocabulary
    batches = words.batches(partial(task.draw, how="call"), 3, seed=1)
    batch = batches(0)
    assert batch["input_ids"].equal(batches(0)["input_ids"])
    assert not batch["input_ids"].equal(batches(1)["input_ids"])
    labelled = batch["labels"][0] != IGNORED
    text = str(words.tokenizer.decode(batch["labels"][0][labelled]))
    assert text.split()[3] == "*"
    assert text.endswith("</s>")
