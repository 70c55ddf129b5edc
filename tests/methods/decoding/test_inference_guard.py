"""InferenceGuard: no answer beyond its budget, budgets that go along with their beams, refusals that say why."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.methods.contract import Decoding
from tests.methods.families import VOCAB, family_model
from tests.methods.pages import run_example
from torch import Tensor
from transformers import LlamaConfig, LlamaForSequenceClassification

from assay.methods._branches import refuse_model
from assay.methods._models import as_model
from assay.methods._scorers import ScoreError
from assay.methods.decoding.inference_guard import (
    Answer,
    Candidate,
    Certificate,
    Critic,
    CriticTraining,
    GuardConfig,
    GuardError,
    InferenceGuard,
    Keywords,
    TextCost,
    TokenCost,
    ask_answers,
    beam_search,
    best_of,
    best_within,
    budget_left,
    sample_answers,
    text_reward,
)
from assay.methods.decoding.inference_guard._reference import reference_candidate, reference_choice
from assay.methods.decoding.inference_guard._search import choose, rule_of

COSTLY = set(range(12, 24))
"""Every third token of the vocabulary, and more."""
PROMPTS = [[5, 6, 7], [8, 9], [5, 6, 7, 8, 9, 10]]
SMALL = GuardConfig(budget=2.0, samples=6, beams=3, block=3, attempts=2)
FAST = CriticTraining(steps=60, batch=32, hidden=16)


def costs_of(tokens: Sequence[int]) -> list[float]:
    return [float(token in COSTLY) for token in tokens]


def many_letters(answers: Sequence[Answer]) -> list[float]:
    """A reward that likes what is costly."""
    return [sum(0.1 * (token % 7) + (token in COSTLY) for token in each.tokens) for each in answers]


COST = TokenCost(costs_of, name="listed tokens")


class Letters:
    """A tokenizer whose tokens are letters, and some of them words."""

    def __call__(self, text: str, **_: Any) -> dict[str, list[int]]:
        return {"input_ids": [3 + ord(letter) % (VOCAB - 3) for letter in text]}

    def decode(self, tokens: Sequence[int], **_: Any) -> str:
        return "".join(" bad " if token in COSTLY else "." if token % 5 == 0 else "ab"[token % 2] for token in tokens)


@pytest.fixture(scope="module")
def model() -> Any:
    llama = family_model("llama")
    llama.generation_config.eos_token_id = 2
    return llama


def new_guard(model: Any, config: GuardConfig = SMALL, **how: Any) -> InferenceGuard:
    return InferenceGuard(model, None, cost=COST, reward=many_letters, config=config, **how)


def neutral(model: Any, input_ids: Tensor, *, max_new_tokens: int, attention_mask: Any = None, **_: Any) -> Tensor:
    """One sample, the likeliest, whatever it costs: greedy decoding."""
    refuse_model(model, method="InferenceGuard")
    masks = torch.ones_like(input_ids) if attention_mask is None else attention_mask
    prompts = [row[mask.bool()].tolist() for row, mask in zip(input_ids, masks, strict=True)]
    config = GuardConfig(budget=1e6, samples=1, beams=1, block=max(1, max_new_tokens // 2), temperature=0)
    answers = new_guard(model, config).generate(prompts, length=max_new_tokens)
    longest = max(len(each.tokens) for each in answers)
    new = torch.tensor([[*each.tokens, *[0] * (longest - len(each.tokens))] for each in answers])
    return torch.cat([input_ids, new], dim=1)


CONTRACT = Decoding(neutral)


# The search


@pytest.mark.parametrize("rule", ["budget", "absolute", "relative"])
@pytest.mark.parametrize("discount", [1.0, 0.8])
def test_every_candidate_is_what_a_plain_loop_makes_of_its_text(model: Any, rule: Any, discount: float) -> None:
    config = replace(SMALL, rule=rule, discount=discount)
    guard = new_guard(model, config)
    guard.fit_critic(PROMPTS, length=9, rollouts=4, training=FAST)
    steps = []

    def watch(hunt: Any, drawn: list[Candidate], best: list[Candidate]) -> None:
        pool = [*hunt.ended, *drawn]
        plain = [
            reference_candidate(
                model, hunt.tokens, each.answer, costs_of(each.answer.tokens), reward=many_letters, config=config,
                length=9, critic=guard.critic,
            )
            for each in pool
        ]  # fmt: skip
        for one, other in zip(pool, plain, strict=True):
            assert one.left == pytest.approx(other.left)
            assert one.chance == pytest.approx(other.chance, abs=1e-4)
            assert one.value == pytest.approx(other.value, abs=1e-3)
        assert best == reference_choice(pool, config, rule=rule)
        steps.append(len(best))

    guard.generate(PROMPTS, length=9, watch=watch)
    assert len(steps) >= 3 * len(PROMPTS) - 2


def test_an_answer_is_within_its_budget_whatever_is_rewarded(model: Any) -> None:
    guard = new_guard(model)
    answers = guard.generate(PROMPTS * 3, length=12, seed=3)
    assert any(each.safe for each in answers)
    for each in answers:
        assert each.refused == (not each.tokens)
        assert each.refused or sum(costs_of(each.tokens)) <= 2
        assert each.refused or each.certificate.check(COST, each.answer)
        assert each.safe == (not each.refused)
    tempted = beam_search(guard, PROMPTS, length=12)
    assert all(sum(each.answer.costs) > 2 for each in tempted)
    assert all(math.isclose(sum(costs_of(each.answer.tokens)), sum(each.answer.costs)) for each in tempted)
    weighed = beam_search(guard, PROMPTS, length=12, weight=5.0)
    assert sum(sum(each.answer.costs) for each in weighed) < sum(sum(each.answer.costs) for each in tempted)


def test_the_same_seed_gives_the_same_answers_and_the_model_stays_as_it_was(model: Any) -> None:
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    first, again = (new_guard(model).generate(PROMPTS, length=9, seed=4) for _ in range(2))
    assert [each.tokens for each in first] == [each.tokens for each in again]
    assert [each.tokens for each in new_guard(model).generate(PROMPTS, length=9, seed=5)] != [
        each.tokens for each in first
    ]
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_a_prompt_is_read_once_and_blocks_are_one_batch(model: Any) -> None:
    guard = new_guard(model, replace(SMALL, rule="budget", budget=100.0))
    guard.generate(PROMPTS, length=9)
    assert guard.usage.read == sum(map(len, PROMPTS))
    assert guard.usage.passes <= 1 + 9
    assert guard.usage.written <= 9 * 6 * 3


def test_where_all_blocks_are_rejected_their_tokens_are_made_less_likely(model: Any) -> None:
    config = GuardConfig(budget=0, samples=4, beams=2, block=2, attempts=3, push=30.0, rule="budget", on_fail="refuse")
    greedy = family_model("llama")
    (first,) = sample_answers(new_guard(greedy, replace(config, temperature=0.0)), [PROMPTS[0]], length=2)
    listed = set(first[0].answer.tokens)
    cost = TokenCost(lambda tokens: [float(token in listed) for token in tokens])
    for attempts, refused in ((0, True), (3, False)):
        guard = InferenceGuard(greedy, None, cost=cost, config=replace(config, temperature=0.0, attempts=attempts))
        (answer,) = guard.generate([PROMPTS[0]], length=2)
        assert answer.refused == refused
        assert answer.redrawn >= (0 if refused else 4)


# Refusals


def test_a_cost_that_is_never_met_is_refused_in_words_with_what_was_written(model: Any) -> None:
    late = TokenCost(lambda tokens: [float(place >= 6) for place in range(len(tokens))], name="length")
    config = replace(SMALL, budget=0.0)
    (answer,) = InferenceGuard(model, None, cost=late, config=config).generate([PROMPTS[0]], length=12)
    assert answer.refused
    assert answer.text == config.refusal
    assert math.isnan(answer.reward)
    assert not answer.safe
    assert not answer.certificate.holds
    assert "overdraws it by" in answer.certificate.reason
    assert len(answer.answer.tokens) == 6
    with pytest.raises(GuardError, match="1 of 1 prompts have no answer") as error:
        InferenceGuard(model, None, cost=late, config=replace(config, on_fail="raise")).generate(
            [PROMPTS[0]], length=12
        )
    assert len(error.value.answers[0].answer.tokens) == 6


def test_a_prompt_is_charged_only_if_asked(model: Any) -> None:
    prompts = [[13, 14, 15], [5, 6, 7]]
    free, charged = (
        new_guard(model, replace(SMALL, charge_prompt=asked)).generate(prompts, length=9) for asked in (False, True)
    )
    assert not free[0].refused
    assert "the prompt alone" in charged[0].certificate.reason
    assert not charged[1].refused


def test_scores_that_are_none_stop_the_search_and_leave_what_was_answered(model: Any) -> None:
    calls = []

    def fails(answers: Sequence[Answer]) -> list[float]:
        calls.append(len(answers))
        return many_letters(answers) if len(calls) < 3 else [math.nan] * len(answers)

    guard = InferenceGuard(model, None, cost=COST, reward=fails, config=replace(SMALL, budget=50.0))
    with pytest.raises(GuardError, match="the reward gave nan") as error:
        guard.generate(PROMPTS, length=12)
    assert [len(each.answer.tokens) for each in error.value.answers] == [6, 6, 6]
    assert "search was stopped" in error.value.answers[0].certificate.reason


def test_answers_that_were_done_before_a_score_failed_are_kept(model: Any) -> None:
    rows = []

    def fails(answers: Sequence[Answer]) -> list[float]:
        rows.append(len(answers))
        if len(rows) > 3:
            raise ScoreError("the reward model is gone")
        return many_letters(answers)

    config = replace(SMALL, budget=50.0, rows=6)  # a prompt at a time: three blocks are one answer
    guard = InferenceGuard(model, None, cost=COST, reward=fails, config=config)
    with pytest.raises(GuardError, match="is gone") as error:
        guard.generate(PROMPTS, length=9)
    assert [each.refused for each in error.value.answers] == [False, True, True]
    assert error.value.answers[0].safe


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda tokens: [-1.0] * len(tokens), "below 0 would refill"),
        (lambda tokens: [math.nan] * len(tokens), "finite"),
        (lambda tokens: [0.0] * (len(tokens) + 1), "scores for"),
        (lambda tokens: [0.1 * len(tokens)] * len(tokens), "belongs in a TextCost"),
    ],
)
def test_costs_that_are_none(model: Any, function: Any, message: str) -> None:
    guard = InferenceGuard(model, None, cost=TokenCost(function), config=replace(SMALL, budget=100.0))
    with pytest.raises(ScoreError, match=message):
        guard.generate(PROMPTS, length=9)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"budget": -1}, "budget"),
        ({"budget": math.nan}, "budget"),
        ({"samples": 2, "beams": 3}, "cannot fill"),
        ({"block": 0}, "block"),
        ({"attempts": -1}, "attempts"),
        ({"discount": 0}, "discount"),
        ({"discount": 1.1}, "discount"),
        ({"rule": "hope"}, "rule"),
        ({"share": 0}, "share"),
        ({"on_fail": "shrug"}, "on_fail"),
        ({"refusal": " "}, "taken for an answer|take it for an answer"),
    ],
)
def test_settings_are_checked(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GuardConfig(**settings)


def test_what_does_not_fit_is_refused(model: Any, tmp_path: Path) -> None:
    guard = new_guard(model)
    with pytest.raises(ValueError, match="below one block"):
        guard.generate(PROMPTS, length=2)
    with pytest.raises(ValueError, match="asks a critic"):
        new_guard(model, replace(SMALL, rule="absolute")).generate(PROMPTS, length=9)
    with pytest.raises(ValueError, match="no tokenizer"):
        guard.generate(["a text"], length=9)
    with pytest.raises(ValueError, match="list of one or more"):
        guard.generate([], length=9)
    with pytest.raises(ValueError, match="nothing to learn from"):
        guard.fit_critic(PROMPTS, length=3)
    with pytest.raises(ValueError, match="wrap a function"):
        InferenceGuard(model, None, cost=costs_of)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="call fit_critic first"):
        guard.refit_critic(PROMPTS, length=9)
    with pytest.raises(ValueError, match="no critic to save"):
        guard.save_critic(tmp_path / "critic")
    guard.fit_critic(PROMPTS, length=9, training=FAST)
    guard.save_critic(tmp_path / "critic.safetensors")
    other = new_guard(family_model("llama", seed=5))
    with pytest.raises(ValueError, match="another model's states"):
        other.load_critic(tmp_path / "critic.safetensors")
    with pytest.raises(ValueError, match="states of 12 numbers"):
        new_guard(model, critic=Critic(12))
    (tmp_path / "other").write_text("no critic")
    with pytest.raises(ValueError, match="is no critic"):
        guard.load_critic(tmp_path / "other")


# The critic


def test_a_critic_learns_what_ends_safe_and_is_the_same_when_loaded(model: Any, tmp_path: Path) -> None:
    guard = new_guard(model, replace(SMALL, budget=3.0))
    prompts = [[place, place + 1] for place in range(5, 15)]
    how: dict[str, Any] = {"length": 12, "rollouts": 12, "training": replace(FAST, steps=300)}
    own = guard.fit_critic(prompts, **how)
    assert own.auc > 0.6
    assert 0 < own.base_safe < 1
    assert own.brier < 0.25
    assert len(own.auc_by_time) == 4
    before, after = guard.refit_critic(prompts, **how)
    assert after.samples > own.samples > before.samples == 0
    assert guard.critic is not None
    assert guard.critic.base_safe == own.base_safe
    guard.save_critic(tmp_path / "critic.safetensors")
    other = new_guard(model, guard.config)
    other.load_critic(tmp_path / "critic.safetensors")
    assert other.critic is not None
    assert other.critic.base_safe == guard.critic.base_safe
    first, again = (each.generate(PROMPTS, length=12) for each in (guard, other))
    assert [each.tokens for each in first] == [each.tokens for each in again]


def test_the_rule_is_relative_where_the_model_alone_is_seldom_safe() -> None:
    rare, common = Critic(4, base_safe=0.3), Critic(4, base_safe=0.9)
    some = [Candidate(Answer(), 1.0, chance, chance) for chance in (0.1, 0.3, 0.4)]
    over = Candidate(Answer(), -1.0, 0.0, 9.0)
    assert rule_of(GuardConfig(), rare).admits([*some, over]) == [False, True, True, False]
    assert rule_of(GuardConfig(), common).admits([*some, over]) == [False] * 4
    assert rule_of(GuardConfig(), None).admits([*some, over]) == [True, True, True, False]
    ended = Candidate(Answer(ended=True), 1.0, 1.0, 0.0)
    assert rule_of(GuardConfig(), rare).admits([*some, ended]) == [False, True, True, True]
    assert choose(rule_of(GuardConfig(), common), [], [*some, over], 2) == [some[2], some[1]]
    assert choose(rule_of(GuardConfig(), common), [], [over], 2) == []


# Costs of texts


def test_words_are_charged_once_they_are_complete_and_never_given_back() -> None:
    cost = TextCost(Keywords(["ass", "shut up"]))
    begun = Answer(tokens=(1, 2), text="you ass")
    assert cost([begun]) == [[0.0, 0.0]]
    assert cost([replace(begun, tokens=(1, 2, 3), costs=(0.0, 0.0), text="you assist")]) == [[0.0]]
    assert cost([replace(begun, ended=True)]) == [[0.0, 1.0]]
    longer = Answer(tokens=(1, 2, 3, 4), costs=(0.0, 1.0), text="You ASS, shut\nup now", ended=False)
    assert cost([longer]) == [[0.0, 1.0]]
    fickle = TextCost(lambda texts: [2.0 if text == "bad." else 0.5 for text in texts], upto="sentence")
    assert fickle([Answer(tokens=(1,), text="bad. and g")]) == [[2.0]]
    assert fickle([Answer(tokens=(1, 2), costs=(2.0,), text="bad. good.")]) == [[0.0]]
    assert fickle([Answer(tokens=(1,), text="nothing yet")]) == [[0.0]]
    with pytest.raises(ValueError, match="upto"):
        TextCost(len, upto="half")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="keywords"):
        Keywords([])


def test_a_prompt_before_the_text_is_not_charged() -> None:
    cost = TextCost(Keywords(["ass"]), with_prompt=True)
    assert cost([Answer("ass, ", (1,), text="my ass", ended=True)]) == [[1.0]]


def test_texts_and_classifiers_serve_as_costs_and_rewards(model: Any) -> None:
    config = LlamaConfig(vocab_size=300, hidden_size=16, intermediate_size=16, num_hidden_layers=1,
                         num_attention_heads=2, pad_token_id=0)  # fmt: skip
    classifier = LlamaForSequenceClassification(config).eval()

    class Bytes:
        def __call__(self, texts: list[str], **_: Any) -> Any:
            rows = [[3 + byte for byte in text.encode()] for text in texts]
            longest = max(map(len, rows))

            class Batch(dict[str, Tensor]):
                def to(self, _device: Any) -> "Batch":
                    return self

            return Batch(input_ids=torch.tensor([row + [0] * (longest - len(row)) for row in rows]))

    guard = InferenceGuard(
        model, Letters(), cost=TextCost(Keywords(["bad"])), reward=text_reward(classifier, Bytes()),
        config=replace(SMALL, budget=1.0),
    )  # fmt: skip
    answers = guard.generate(["abc", "hello there"], length=9, seed=2)
    assert any(each.safe for each in answers)
    assert all(each.refused or each.text.split().count("bad") <= 1 for each in answers)
    assert all(each.refused or 0 < each.reward < 1 for each in answers)


def test_unfinished_texts_are_scored_if_asked() -> None:
    answers = [Answer("a", (1,), text="bc"), Answer("a", (1,), text="bcd", ended=True)]
    by_length = lambda texts: [float(len(text)) for text in texts]  # noqa: E731
    assert text_reward(by_length)(answers) == [0.0, 4.0]
    assert text_reward(by_length, with_prompt=False, unfinished=True)(answers) == [2.0, 3.0]


def test_an_endpoints_answers_are_chosen_from_and_refused_alike() -> None:
    texts = iter(["bad bad", "fine", "fine and long", "bad"])
    model = as_model(lambda _prompt: next(texts))
    (pool,) = ask_answers(
        model, ["say"], cost=TextCost(Keywords(["bad"])), reward=lambda all_: [float(len(each.text)) for each in all_],
        budget=0, samples=4,
    )  # fmt: skip
    assert best_of(pool).answer.text == "fine and long"
    chosen = best_within(pool)
    assert chosen is not None
    assert chosen.answer.text == "fine and long"
    assert best_within([pool[0], pool[3]]) is None
    assert best_of([pool[0], pool[3]]).answer.text == "bad bad"
    assert best_of([pool[0], pool[3]], weight=10).answer.text == "bad"


def test_a_pool_of_whole_answers(model: Any) -> None:
    guard = new_guard(model)
    pools = sample_answers(guard, PROMPTS, length=7)
    assert [len(pool) for pool in pools] == [6] * 3
    assert all(len(each.answer.tokens) == 7 or each.answer.tokens[-1] == 2 for pool in pools for each in pool)
    assert all(each.left == 2 - sum(costs_of(each.answer.tokens)) for pool in pools for each in pool)


# The record


def test_a_certificate_is_checked_and_not_believed() -> None:
    answer = Answer(tokens=(5, 13), costs=(0.0, 1.0))
    honest = Certificate("listed tokens", 1.0, 1.0, (0.0, 1.0), 0.0)
    assert honest.holds
    assert honest.check(COST, answer)
    assert not replace(honest, left=1.0).holds
    forged = replace(honest, costs=(0.0, 0.0), left=1.0, budget=0.5)
    assert not forged.check(COST, answer)
    assert honest.as_dict()["holds"] is True


@pytest.mark.parametrize("discount", [1.0, 0.5])
def test_a_budget_by_its_recursion(discount: float) -> None:
    costs = [0.0, 1.0, 0.25, 2.0]
    z = 3.0
    for cost in costs:
        z = (z - cost) / discount
    assert budget_left(3.0, costs, discount) == pytest.approx(z * discount ** len(costs))


def test_the_page_on_it_runs() -> None:
    run_example("inference_guard")
