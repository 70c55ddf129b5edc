"""AdaptiveStep: steps join to the answer, labels tell good beginnings, guiding is its reference token for token."""

import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.methods.families import family_model
from tests.methods.pages import run_example

from assay.methods._branches import Branches, Sampling, Usage, stop_at
from assay.methods._completions import Completion
from assay.methods.reasoning._step_rewards import new_classifier
from assay.methods.reasoning.adaptive_step import (
    ConfidenceSplitter,
    GuidedDecoding,
    GuideError,
    LabelError,
    LabelledSteps,
    Rollouts,
    Steps,
    completion_steps,
    drop_settled,
    ends_after,
    ends_every,
    label_by_rollouts,
    read_log_probs,
    reference_guided,
    score_steps,
    step_texts,
    train_step_rewards,
)
from assay.methods.reasoning.adaptive_step._guide import _CachedValues, _TextValues
from assay.testbed.models import tiny
from assay.testbed.text import byte_tokenizer

VOCAB = 24
PROMPTS = [[5, 6, 7, 8], [9, 4, 3], [11, 12, 13, 14, 15]]


@pytest.fixture(scope="module")
def policy() -> Any:
    return tiny("llama", vocab_size=VOCAB, hidden=32, layers=2, seed=3)


# Splitting

LOGS = st.lists(st.floats(-8, 0), min_size=2, max_size=30)


@given(LOGS, st.floats(0.01, 0.99), st.sampled_from(["before", "after"]))
def test_steps_join_to_the_answer_and_begin_or_end_at_unlikely_tokens(logs: list[float], q: float, side: Any) -> None:
    splitter = ConfidenceSplitter.fit([logs], q, boundary=side)
    steps = splitter.split(range(len(logs)), logs)
    assert [token for step in steps for token in step] == list(range(len(logs)))
    assert all(steps)
    unlikely = {at for at, log in enumerate(logs) if at and log < math.log(splitter.threshold)}
    borders = {step[0] for step in steps[1:]} if side == "before" else {step[-1] for step in steps[:-1]}
    assert borders == unlikely - ({len(logs) - 1} if side == "after" else set())


def test_the_threshold_is_a_quantile_of_probabilities_and_the_first_token_counts_for_nothing() -> None:
    logs = [[-9.0, *[math.log((at + 1) / 101) for at in range(100)]]]
    splitter = ConfidenceSplitter.fit(logs, 0.02)
    assert len(splitter.borders(logs[0])) == 2
    assert splitter.ends(logs[0])[0] == 1  # the first token alone is a step, and no empty one comes before it
    mask = [at > 50 for at in range(101)]
    assert min(ConfidenceSplitter.fit(logs, 0.02, masks=[mask]).borders(logs[0], mask)) > 50


def test_fixed_steps() -> None:
    assert ends_every(10, 4) == [4, 8, 10]
    assert ends_every(8, 4) == [4, 8]
    assert ends_after([7, 3, 7, 7, 3], {3}) == [2, 5]


TOKENIZER = byte_tokenizer()
TEXTS = st.text(st.sampled_from("ab 7\né漢🙂\ufffd"), min_size=1, max_size=12)


@given(TEXTS, st.data())
def test_texts_of_steps_join_exactly_even_where_letters_are_cut(text: str, data: st.DataObject) -> None:
    tokenizer = TOKENIZER
    tokens = tokenizer(text, add_special_tokens=False)["input_ids"]
    cuts = data.draw(st.sets(st.integers(1, len(tokens))))
    steps = step_texts(tokenizer, tokens, sorted(cuts | {len(tokens)}))
    assert "".join(steps) == tokenizer.decode(tokens)
    assert len(steps) == len(cuts | {len(tokens)})


def test_steps_of_what_a_server_wrote() -> None:
    written = Completion(
        "2 + 2 é!", ("2", " +", " 2", " ", "", "é", "!"), (-2.0, -0.1, -3.0, -0.1, -4.0, -0.1, -5.0), "stop"
    )
    steps = completion_steps(written, ConfidenceSplitter(threshold=0.06))
    assert steps[0] == "2 +"
    assert "".join(steps) == written.text


def test_a_forward_pass_gives_the_probabilities_that_were_sampled(policy: Any) -> None:
    written = Branches.read(policy, PROMPTS, method="Sampling").write(9, sampling=Sampling(1.0), seed=2)
    logs = read_log_probs(policy, PROMPTS, [each.tokens for each in written], batch=2)
    for each, row in zip(written, logs, strict=True):
        assert row == pytest.approx(each.log_probs, abs=1e-4)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: ConfidenceSplitter.fit([[-1.0, -2.0]], 0), "between 0 and 1"),
        (lambda: ConfidenceSplitter.fit([[-1.0, -2.0]], 2), "between 0 and 1"),
        (lambda: ConfidenceSplitter.fit([[-1.0, 0.5]]), "0 or less"),
        (lambda: ConfidenceSplitter.fit([[-1.0, math.nan]]), "0 or less"),
        (lambda: ConfidenceSplitter.fit([[None, -1.0]]), "0 or less"),  # type: ignore[list-item]
        (lambda: ConfidenceSplitter.fit([[-1.0]]), "no token behind"),
        (lambda: ConfidenceSplitter(2.0), "not per cent"),
        (lambda: ConfidenceSplitter(0.5, "at"), "before or after"),  # type: ignore[arg-type]
        (lambda: ConfidenceSplitter(0.5, skip=0), "empty first step"),
        (lambda: ConfidenceSplitter(0.5).ends([-1.0], [True, False]), "mask of 2"),
        (lambda: ConfidenceSplitter(0.5).split([1], [-1.0, -2.0]), "1 tokens have 2"),
        (lambda: ends_every(5, 0), "1 or more"),
        (lambda: step_texts(byte_tokenizer(), [5, 6], [1]), "and the answer after 2"),
        (lambda: read_log_probs(None, [[]], [[1]]), "prompt is empty"),
        (lambda: Steps([1], [1, 2], [2, 1]), "in order"),
        (lambda: Steps([1], [1, 2], [3]), "of 2 tokens"),
        (lambda: Rollouts(number=0), "1 or more"),
        (lambda: Rollouts(temperature=0), "must differ"),
        (lambda: GuidedDecoding(threshold=55), "not per cent"),
        (lambda: GuidedDecoding(candidates=0), "1 or more"),
    ],
)
def test_what_is_refused(wrong: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wrong()


# Labels


def even(_: Sequence[int], answer: Sequence[int]) -> bool:
    """Right if the first token is even: what follows changes nothing."""
    return answer[0] % 2 == 0


def test_labels_tell_what_beginnings_come_to_and_shared_ones_are_gone_on_with_once(policy: Any) -> None:
    answers = [Steps(PROMPTS[0], [10, 4, 4, 6], [1, 3, 4]), Steps(PROMPTS[0], [10, 4, 5, 6], [1, 2, 4]),
               Steps(PROMPTS[1], [9, 4, 4], [1])]  # fmt: skip
    usage = Usage()
    labelled = label_by_rollouts(policy, answers, even, Rollouts(number=3, tokens=8, batch=6), usage=usage)
    assert [each.values for each in labelled] == [(1.0, 1.0, 1.0), (1.0, 1.0, 1.0), (0.0,)]
    assert 0 < usage.written <= 3 * 7 * 4  # [10], [10, 4], [10, 4, 4] and [9]
    assert [each.answer for each in labelled] == answers


def test_soft_labels_are_shares_and_rows_count_the_prompt() -> None:
    each = LabelledSteps(Steps([5, 6], [7, 8, 9], [1, 3]), (0.25, 0.0))
    assert each.labels().values == [1.0, 0.0]
    assert each.labels("soft").values == [0.25, 0.0]
    assert each.labels().ends == [3, 5]
    settled = LabelledSteps(Steps([1], [7], [1]), (1.0,))
    other = LabelledSteps(Steps([5, 6], [7], [1]), (1.0,))
    assert drop_settled([each, settled, other]) == [each, other]


def test_records_are_those_of_trl() -> None:
    tokenizer = byte_tokenizer()
    ids = tokenizer("é=7", add_special_tokens=False)["input_ids"]
    each = LabelledSteps(Steps(tokenizer("x?", add_special_tokens=False)["input_ids"], ids, [1, 3, 4]), (0.0, 0.5, 1.0))
    assert each.as_record(tokenizer) == {
        "prompt": "x?", "completions": ["é=", "7"], "labels": [True, True], "values": [0.5, 1.0]
    }  # fmt: skip


def test_a_verifier_without_a_verdict_ends_it_and_what_was_labelled_is_kept(policy: Any) -> None:
    asked = 0

    def tired(prompt: Sequence[int], answer: Sequence[int]) -> Any:
        nonlocal asked
        asked += 1
        return even(prompt, answer) if asked < 4 else float("nan")

    answers = [Steps(PROMPTS[0], [10, 4, 4], [2]), Steps(PROMPTS[1], [10, 4], [1])]
    with pytest.raises(LabelError, match="True or False") as caught:
        label_by_rollouts(policy, answers, tired, Rollouts(number=2, tokens=6, batch=2))
    assert [each.answer for each in caught.value.labelled] == answers[:1]


# Guiding


def test_guiding_is_its_reference_token_for_token(policy: Any) -> None:
    classifier = new_classifier(policy, copy=True, seed=1)

    def score(text: Sequence[int]) -> float:
        return float(classifier(input_ids=torch.tensor([list(text)])).logits[0, -1].detach().softmax(-1)[1])

    # Random weights are sure of nothing: with so high a threshold some tokens are guided, and some are not.
    settings = GuidedDecoding(threshold=0.35, candidates=3, tokens=14)
    usage = Usage()
    answers = settings(policy, None, PROMPTS, classifier, rewards_usage=usage)
    assert [each.tokens for each in answers] == [reference_guided(policy, p, score, settings) for p in PROMPTS]
    guided = sum(len(each.guided) for each in answers)
    assert 0 < guided < sum(len(each.tokens) for each in answers)
    assert any(each.changed for each in answers)
    assert usage.read <= sum(map(len, PROMPTS)) + sum(len(each.tokens) for each in answers) + 3 * guided


def test_at_threshold_0_it_is_greedy_decoding(policy: Any) -> None:
    (answer,) = GuidedDecoding(threshold=0, tokens=10)(policy, None, PROMPTS[:1], new_classifier(policy, copy=False))
    ids = torch.tensor(PROMPTS[:1])
    plain = policy.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=10)
    assert answer.tokens == plain[0, 4:].tolist()
    assert not answer.guided


def bytes_policy() -> tuple[Any, Any]:
    tokenizer = byte_tokenizer()
    return tiny("llama", vocab_size=len(tokenizer), hidden=32, layers=1), tokenizer


def test_rewards_that_read_texts_choose_the_same() -> None:
    model, tokenizer = bytes_policy()
    prompts = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in ("ab", "xyz")]

    def vowels(prompt: str, steps: Sequence[str]) -> list[float]:
        assert prompt in ("ab", "xyz")
        return [sum(step.count(each) for each in "aeiou") - len(step) for step in steps]

    settings = GuidedDecoding(threshold=1, candidates=len(tokenizer), tokens=6)
    answers = settings(model, tokenizer, prompts, vowels, stop=stop_at(tokenizer, ["aa", "ee", "ii", "oo", "uu"]))
    assert all(set(tokenizer.decode(each.tokens)) <= set("aeiou") for each in answers)
    assert {each.ended for each in answers} == {"stop"}


def test_a_score_that_is_none_ends_it_and_what_was_written_is_kept() -> None:
    model, tokenizer = bytes_policy()
    asked = 0

    def tired(_: str, steps: Sequence[str]) -> list[float]:
        nonlocal asked
        asked += 1
        return [float("nan") if asked > 5 else 1.0 for _ in steps]

    with pytest.raises(GuideError, match="finite") as caught:
        GuidedDecoding(threshold=1, candidates=2, tokens=6)(model, tokenizer, [[70, 71]], tired)
    assert len(caught.value.answers[0].tokens) == 2


def test_another_vocabulary_reads_texts_and_warns() -> None:
    model, tokenizer = bytes_policy()
    other = byte_tokenizer()
    other.add_tokens(["<more>"])
    classifier = new_classifier(tiny("llama", vocab_size=len(other), hidden=32, layers=1), copy=False)
    settings = GuidedDecoding(threshold=1, candidates=2, tokens=3)
    with pytest.warns(UserWarning, match="different vocabularies"):
        foreign = settings(model, tokenizer, [[70, 71]], classifier, rewards_tokenizer=other)
    same = settings(model, tokenizer, [[70, 71]], classifier, rewards_tokenizer=tokenizer)
    assert len(foreign[0].tokens) == len(same[0].tokens) == 3


def test_both_ways_to_score_agree() -> None:
    model, tokenizer = bytes_policy()
    classifier = new_classifier(model, copy=False)
    candidates = torch.tensor([[80, 90, 100]])
    text = [70, 71, 72, 73]
    cached = _CachedValues(classifier, [[70, 71]], None)([0], [text], candidates)
    read = _TextValues(tokenizer, [[70, 71]], classifier, tokenizer)([0], [text], candidates)
    torch.testing.assert_close(cached.sigmoid(), read)


@pytest.mark.parametrize(
    ("family", "words"), [("t5", "encoder-decoder"), ("bert", "decoder-only"), ("mamba", "recurrent")]
)
def test_models_that_cannot_be_branched_are_refused(family: str, words: str) -> None:
    model = family_model(family)
    with pytest.raises(ValueError, match=rf"^AdaptiveStep .*{words}"):
        label_by_rollouts(model, [Steps([5], [6, 7], [1])], even)


def test_rewards_of_labels_find_the_good_beginning(policy: Any) -> None:
    generator = torch.Generator().manual_seed(0)
    answers = [Steps([5, 6], torch.randint(3, VOCAB, (4,), generator=generator).tolist(), [1, 4]) for _ in range(80)]
    labelled = label_by_rollouts(policy, answers, lambda _, answer: answer[0] > 12, Rollouts(number=1, tokens=5))
    rewards = train_step_rewards(policy, [each.labels() for each in labelled])
    good, bad = score_steps(rewards, [([5, 6, 20], [3]), ([5, 6, 4], [3])])
    assert good[0] > 0.5 > bad[0]


def test_the_page_on_it_runs() -> None:
    run_example("adaptive_step")
