"""Walks through a table: each step is the table's, and the answer is where the walk ends."""

import torch

from assay.testbed.tasks.table_walk import TableWalk


def test_walks_follow_one_table() -> None:
    task = TableWalk(places=6, steps=(1, 4))
    following: dict[tuple[int, int], int] = {}
    for walk in task.walks(200, torch.Generator().manual_seed(0)):
        count, places = walk[0] - 4, walk[1:]
        assert len(places) == count + 2
        for before, here, after in zip(places, places[1:], places[2:], strict=False):
            assert following.setdefault((before, here), after) == after
    assert len(following) > 30


def test_beginnings_are_drawn_evenly_or_by_zipf() -> None:
    task = TableWalk(places=6)
    evenly, by_zipf = (
        {tuple(walk[1:3]) for walk in task.walks(60, torch.Generator().manual_seed(0), evenly=each)}
        for each in (True, False)
    )
    assert len(by_zipf) < len(evenly)


def test_examples_end_with_the_answer_and_no_early_end_is_learnt() -> None:
    task = TableWalk(places=6, steps=(2, 4))
    tokenizer = task.tokenizer()
    batch = task.batch(50, torch.Generator().manual_seed(1))
    learnt = []
    for ids, labels in zip(batch["input_ids"], batch["labels"], strict=True):
        words = str(tokenizer.decode(ids[ids != 0])).split()
        assert words[-3] == "="
        assert words[0] == "<s>"
        at = words.index("=")
        whole = at == 4 + int(words[1][1:])
        assert whole or labels[at] == -100
        assert labels[at + 1] == ids[at + 1]
        assert (labels[:4] == -100).all()
        learnt.append(int(labels[at]) == 3)
    assert 10 < sum(learnt) < 40
