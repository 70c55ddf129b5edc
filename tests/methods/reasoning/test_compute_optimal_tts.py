"""Compute-optimal search: the same lines as a plain loop, votes as the paper has them, nothing bad passed over."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.methods.contract import Decoding
from tests.methods.pages import run_example
from torch import Tensor

from assay.methods._branches import Usage
from assay.methods._calibration import auroc
from assay.methods.reasoning._step_rewards import new_classifier, score_steps
from assay.methods.reasoning.compute_optimal_tts import (
    Candidate,
    ComputeOptimal,
    Outcome,
    Policy,
    SearchConfig,
    SearchError,
    Solution,
    check_rewards,
    decide,
    difficulty_of,
    label_by_values,
    label_steps,
    read_signal,
    reference_search,
    score_again,
    search,
    train_step_rewards,
)
from assay.testbed.models import tiny
from assay.testbed.text import byte_tokenizer

VOCAB = 24
PROMPTS = [[5, 6, 7, 8], [9, 4, 3], [11, 12, 13, 14, 15]]


def digest(prompt: str, steps: Sequence[str]) -> list[float]:
    """Scores that depend on all that came before, and on nothing that makes sense."""
    return [(hash_of(prompt + "".join(steps[: at + 1])) % 997) / 997 for at in range(len(steps))]


def hash_of(text: str) -> int:
    value = 7
    for letter in text:
        value = (value * 131 + ord(letter)) % 1_000_003
    return value


@pytest.fixture(scope="module")
def policy() -> Policy:
    model = tiny("llama", vocab_size=VOCAB, hidden=32, layers=2, seed=3)
    return Policy(model, step_end=lambda tokens: tokens[-1] < 8 or len(tokens) == 4)


def searched(model: Any, input_ids: Tensor, **options: Any) -> Tensor:
    """A beam that is pruned and branched, and has only one token to choose each time."""
    new = options.pop("max_new_tokens")
    mask = options.pop("attention_mask", torch.ones_like(input_ids))
    if options:
        raise ValueError(f"a search takes no {', '.join(options)}")
    config = SearchConfig("beam", n=4, width=2, temperature=1.0, top_k=1, tokens=new, keeps_siblings=True)
    prompts = [row[shown.bool()].tolist() for row, shown in zip(input_ids, mask, strict=True)]
    every_three = Policy(model, step_end=lambda tokens: len(tokens) == 3)
    solutions = search(every_three, prompts, config, digest)
    rows = [each.candidates[0].tokens for each in solutions]
    longest = max(map(len, rows))
    padding = model.generation_config.pad_token_id or 0
    padded = [[*row, *[padding] * (longest - len(row))] for row in rows]
    return torch.cat([input_ids, torch.tensor(padded, device=input_ids.device)], dim=1)


CONTRACT = Decoding(searched)


# The same lines as a plain loop

CONFIGS = [
    SearchConfig("greedy", tokens=12),
    SearchConfig("best_of_n", n=6, tokens=20, temperature=1.5),
    SearchConfig("beam", n=8, width=4, temperature=1.5, step_tokens=6, steps=9),
    SearchConfig("dvts", n=8, width=2, temperature=1.5, step_tokens=6, steps=9),
]


@pytest.mark.parametrize("config", CONFIGS, ids=[each.method for each in CONFIGS])
def test_lines_are_those_of_a_plain_loop(policy: Policy, config: SearchConfig) -> None:
    one = lambda prompt, steps: digest(prompt, steps)[-1]  # noqa: E731 - the reference scores the last step alone
    for seed in range(3):
        expected = reference_search(policy, PROMPTS[0], config, one, seed=seed)
        (solution,) = search(policy, PROMPTS[:1], config, digest, seed=seed)
        lines = [each for each in solution.candidates if each.is_finished]
        assert [each.tokens for each in lines] == [each.tokens for each in expected]
        assert [each.ended for each in lines] == [each.ended for each in expected]
        assert [each.log_prob for each in lines] == pytest.approx([each.log_prob for each in expected], abs=1e-4)
        if config.method in ("beam", "dvts"):
            assert [each.scores for each in lines] == [each.scores for each in expected]


@pytest.mark.parametrize("method", ["best_of_n", "beam", "dvts"])
def test_a_classifier_that_reads_each_token_once_scores_as_one_that_reads_all(policy: Policy, method: Any) -> None:
    rewards = new_classifier(policy.model, copy=True, seed=1)
    config = SearchConfig(method, n=4, width=2, temperature=1.2, tokens=24, step_tokens=6, steps=6)
    solutions = search(policy, PROMPTS, config, rewards, seed=2)
    for prompt, solution in zip(PROMPTS, solutions, strict=True):
        for each in filter(lambda candidate: candidate.steps, solution.candidates):
            flat = [token for step in each.steps for token in step]
            ends = [len(prompt) + sum(map(len, each.steps[: at + 1])) for at in range(len(each.steps))]
            (expected,) = score_steps(rewards, [([*prompt, *flat], ends)])
            assert each.scores == pytest.approx(expected, abs=1e-5)
    again = score_again(policy, solutions, rewards)
    assert [c.scores for s in again for c in s.candidates] == [
        pytest.approx(c.scores, abs=1e-5) for s in solutions for c in s.candidates
    ]


def test_a_batch_of_prompts_keeps_within_each(policy: Policy) -> None:
    config = SearchConfig("dvts", n=4, width=2, temperature=1.0, top_k=1, step_tokens=6, steps=5)
    together = search(policy, PROMPTS, config, digest)
    alone = [search(policy, [prompt], config, digest)[0] for prompt in PROMPTS]
    assert [[c.tokens for c in s.candidates] for s in together] == [[c.tokens for c in s.candidates] for s in alone]
    assert [each.tokens for each in together] == [each.tokens for each in alone]


def test_what_a_search_costs_is_counted_and_a_prompt_is_read_once(policy: Policy) -> None:
    usage, rewards_usage = Usage(), Usage()
    rewards = new_classifier(policy.model, copy=True, seed=1)
    config = SearchConfig("beam", n=8, width=4, temperature=1.2, step_tokens=6, steps=6)
    solutions = search(policy, PROMPTS, config, rewards, usage=usage, rewards_usage=rewards_usage)
    assert usage.read == sum(map(len, PROMPTS))
    assert usage.written == sum(each.tokens for each in solutions)
    assert rewards_usage.read <= usage.read + usage.written
    assert rewards_usage.passes <= 1 + config.steps


# The shape of a tree


def test_a_beam_keeps_n_by_m_lines_and_dvts_one_of_each_tree(policy: Policy) -> None:
    for method, number in (("beam", 16), ("dvts", 16), ("beam", 4)):
        config = SearchConfig(method, n=number, width=4, temperature=3.0, steps=12, step_tokens=6)  # type: ignore[arg-type]
        (solution,) = search(policy, PROMPTS[:1], config, digest, seed=5)
        assert solution.is_finished
        assert 1 <= len(solution.candidates) <= number // 4
        texts = [tuple(each.tokens) for each in solution.candidates]
        assert method == "dvts" or len(set(texts)) == len(texts)
        (more,) = search(policy, PROMPTS[:1], replace(config, keeps_siblings=True), digest, seed=5)
        assert {tuple(each.tokens) for each in more.candidates} >= set(texts)


def test_lines_are_dropped_by_their_last_step_alone() -> None:
    """Whatever a step scored before, the last one decides: a policy that may go on with either of two tokens."""
    model = tiny("llama", vocab_size=VOCAB, hidden=32, layers=2, seed=4)
    policy = Policy(model, step_end=lambda tokens: True)
    asked: list[list[str]] = []

    def later_is_better(prompt: str, steps: Sequence[str]) -> list[float]:
        asked.append(list(steps))
        return [0.9 if at < len(steps) - 1 else int(step) / VOCAB for at, step in enumerate(steps)]

    config = SearchConfig("beam", n=8, width=4, temperature=5.0, steps=2)
    (solution,) = search(policy, PROMPTS[:1], config, later_is_better)
    first = {steps[0] for steps in asked if len(steps) == 1}
    gone_on = {steps[0] for steps in asked if len(steps) == 2}
    assert gone_on <= set(sorted(first, key=int)[-2:])
    assert not solution.is_finished  # two steps are no answer: the best beginning, flagged
    assert solution.candidates


def test_an_answer_that_is_whole_waits_for_no_end_token(policy: Policy) -> None:
    short = replace(policy, is_whole=lambda text: len(text.split()) >= 5)
    for config in CONFIGS[1:]:
        (solution,) = search(short, PROMPTS[:1], config, digest)
        assert solution.is_finished
        assert all(each.ended in ("whole", "eos") for each in solution.candidates)
    assert max(len(each.text.split()) for each in solution.candidates) <= 8


# Votes


def decided(answers: Sequence[str], scores: Sequence[list[float]], **how: Any) -> Solution:
    candidates = [
        Candidate(steps=[[1]] * len(s), scores=s, ended="eos", answer=a) for a, s in zip(answers, scores, strict=True)
    ]
    policy = Policy(None, step_end=lambda tokens: True)
    return decide(policy, SearchConfig("best_of_n", n=4, **how), Solution([1], candidates, is_finished=True))


def test_votes_and_scores_are_the_papers() -> None:
    answers = ["7", "7.0", "8", ""]
    scores = [[0.9, 0.2], [0.2, 0.3], [0.1, 0.6], [1.0, 1.0]]
    assert decided(answers, scores, vote="majority").answer == "7"
    assert decided(answers, scores, vote="max").answer == "8"
    assert decided(answers, scores, vote="sum").answer == "8"  # 0.6 against 0.5
    assert decided(answers, scores, vote="max", score="mean").answer == "7"
    assert decided(answers, scores, vote="max", score="min").chosen == 0  # 0.2, 0.2, 0.1: the first of equals
    assert decided(answers, scores, vote="sum", score="product").answer == "7"  # 0.24 against 0.06
    assert decided(["", "", "", ""], scores).answer == ""


@given(st.lists(st.sampled_from(["1", "2", "3", ""]), min_size=1, max_size=8), st.data())
@settings(max_examples=50)
def test_an_answer_is_one_of_the_candidates(answers: list[str], data: st.DataObject) -> None:
    number = st.floats(0, 1)
    scores = [[data.draw(number), data.draw(number)] for _ in answers]
    vote = data.draw(st.sampled_from(["majority", "max", "sum"]))
    solution = decided(answers, scores, vote=vote)
    assert solution.answer in answers
    assert bool(solution.answer) == any(answers)
    assert solution.candidates[solution.chosen].answer == solution.answer


# Refusals


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"method": "beam", "n": 6}, "multiple of the width"),
        ({"method": "dvts", "n": 2}, "multiple of the width"),
        ({"method": "majority", "temperature": 0.0}, "all the same"),
        ({"method": "best"}, "choose greedy"),
        ({"step_tokens": 0}, "below one step"),
        ({"vote": "most"}, "majority, max, sum"),
        ({"temperature": -1.0}, "give 0 or more"),
    ],
)
def test_settings_that_make_no_sense_are_refused(how: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SearchConfig(**how)


def test_a_search_by_score_needs_rewards(policy: Policy) -> None:
    with pytest.raises(ValueError, match="give rewards, or take majority"):
        search(policy, PROMPTS, SearchConfig("beam"))
    with pytest.raises(ValueError, match="token ids"):
        search(policy, ["a text"], SearchConfig("majority"))


@pytest.mark.parametrize(
    ("rewards", "words"),
    [
        (lambda prompt, steps: [0.5] * (len(steps) + (len(steps) > 1)), "scores for 2 texts"),
        (lambda prompt, steps: [0.5] * (len(steps) - 1) + [float("nan")], "nan"),
        (lambda prompt, steps: [-2.0] * len(steps), "no weight of a vote"),
    ],
)
def test_bad_scores_are_refused_and_what_was_written_comes_back(policy: Policy, rewards: Any, words: str) -> None:
    config = SearchConfig("beam", n=4, width=2, temperature=1.2, steps=6, step_tokens=6)
    with pytest.raises(SearchError, match=words) as error:
        search(policy, PROMPTS, config, rewards)
    assert len(error.value.solutions) == len(PROMPTS)
    assert all(each.candidates and each.candidates[0].tokens for each in error.value.solutions)


# Labels, the check of rewards


def test_labels_are_at_the_ends_of_steps(policy: Policy) -> None:
    solutions = search(policy, PROMPTS, SearchConfig("majority", n=30, temperature=1.5, tokens=30))
    check = lambda number, steps: [float(int(step.split()[-1]) < 8) for step in steps]  # noqa: E731
    rows = label_steps(policy, solutions, check)
    for row in rows:
        assert [row.tokens[end - 1] < 8 for end in row.ends] == [value == 1 for value in row.values]
        assert row.ends[-1] == len(row.tokens)
    rewards = train_step_rewards(policy.model, rows)
    again = score_again(policy, solutions, rewards)
    candidates = [each for solution in again for each in solution.candidates if each.steps]
    right = [row.values[-1] == 1 for row in rows]
    report = check_rewards(candidates, right, step_labels=[row.values for row in rows])
    assert report.steps_auc is not None
    assert report.steps_auc.low > 0.55  # a head on a net of random weights
    report.require()


def test_labels_by_rollouts_are_shares_of_right_ends(policy: Policy) -> None:
    whole = replace(policy, is_whole=lambda text: len(text.split()) >= 6)
    solutions = search(whole, PROMPTS, SearchConfig("majority", n=3, temperature=1.5, tokens=20))
    rows = label_by_values(whole, solutions, lambda number, text: text.split()[0] == "9", rollouts=2, tokens=12)
    candidates = [each for solution in solutions for each in solution.candidates if each.steps]
    for row, each in zip(rows, candidates, strict=True):
        assert set(row.values) == {float(each.text.split()[0] == "9")}  # the first step decides, and it stays
    assert all(0 <= value <= 1 for row in rows for value in row.values)
    with pytest.raises(ValueError, match="give 1 or more"):
        label_by_values(whole, solutions, lambda number, text: True, rollouts=0)


def test_the_area_under_the_curve_and_its_refusal() -> None:
    scores, right = torch.tensor([0.1, 0.4, 0.4, 0.8]).double().numpy(), torch.tensor([0, 1, 0, 1]).bool().numpy()
    assert auroc(scores, right) == 0.875
    candidates = [Candidate(steps=[[1]], scores=[score]) for score in (0.9, 0.8, 0.2, 0.1)]
    assert check_rewards(candidates, [True, True, False, False]).auc.value == 1
    with pytest.raises(ValueError, match=r"AUC of 0\.00, below 0\.6"):
        check_rewards(candidates, [False, False, True, True]).require()
    with pytest.raises(ValueError, match="needs some of both"):
        check_rewards(candidates, [True] * 4)
    with pytest.raises(ValueError, match="no scores"):
        check_rewards([Candidate(steps=[[1]])], [True])


# The chooser

GRID = {
    "majority 4": SearchConfig("majority", n=4),
    "beam 4": SearchConfig("beam", n=4),
    "majority 16": SearchConfig("majority", n=16),
    "beam 16": SearchConfig("beam", n=16),
}


def chooser(least: int = 2) -> ComputeOptimal:
    rates = [0.9, 0.8, 0.6, 0.05, 0.0, 0.02]
    easy_beam, hard_beam = [0, 0, 1], [1, 1, 1]
    outcomes = {
        "majority 4": [Outcome(r, 40.0) for r in (1, 1, 0, 0, 0, 0)],
        "beam 4": [Outcome(r, 50.0) for r in (1, 0, 1, 0, 0, 0)],  # as good as majority, and dearer
        "majority 16": [Outcome(r, 160.0) for r in (1, 1, 1, 0, 0, 0)],
        "beam 16": [Outcome(r, 150.0) for r in (*easy_beam, *hard_beam)],
    }
    return ComputeOptimal.fit(GRID, outcomes, rates, [0.9, 0.7, 0.8, 0.2, 0.1, 0.3], least=least)


def test_the_best_of_each_difficulty_is_chosen_and_of_equals_the_cheaper() -> None:
    fitted = chooser()
    assert fitted.choose(16, "easy") == "majority 16"
    assert fitted.choose(16, "hard") == "beam 16"
    assert fitted.choose(4, "easy") == fitted.choose(4, "hard") == "majority 4"
    assert fitted.choose(16, "medium") == "beam 16"  # no such question: the best over all, 4 of 6 against 3
    assert chooser(least=4).choose(16, "easy") == "beam 16"
    with pytest.raises(ValueError, match="no configuration of 64"):
        fitted.choose(64, "easy")


def test_difficulty_is_guessed_from_a_signal_that_rises() -> None:
    fitted = chooser()
    assert [fitted.guess(signal) for signal in (0.0, 0.3, 0.75, 1.0)] == ["hard", "hard", "easy", "easy"]
    assert list(fitted.pass_rates) == sorted(fitted.pass_rates)
    assert [difficulty_of(rate) for rate in (0.5, 0.1, 0.09)] == ["easy", "medium", "hard"]
    with pytest.raises(ValueError, match="no signals"):
        ComputeOptimal(GRID, fitted.best).guess(0.5)
    with pytest.raises(ValueError, match="do not fit"):
        ComputeOptimal.fit(GRID, {}, [0.5])


def test_a_chooser_is_saved_searches_and_pays_for_its_probe(policy: Policy, tmp_path: Path) -> None:
    small = {name: replace(each, n=4, width=2, tokens=16, steps=4, step_tokens=4) for name, each in GRID.items()}
    fitted = replace(chooser(), configs=small)
    fitted.save(tmp_path / "chooser.json")
    loaded = ComputeOptimal.load(tmp_path / "chooser.json")
    assert loaded == fitted
    usage = Usage()
    capped = replace(policy, is_whole=lambda text: len(text.split()) > 6)
    solutions = loaded(capped, PROMPTS, 16, digest, usage=usage)
    assert sum(each.tokens for each in solutions) == usage.written
    assert all(0 <= read_signal(each) <= 1 for each in solutions)


def test_a_tokenizer_reads_and_writes_texts() -> None:
    tokenizer = byte_tokenizer()
    model = tiny("llama", vocab_size=len(tokenizer), hidden=32, layers=2, seed=6)
    policy = Policy(model, tokenizer, step_end="e")
    (solution,) = search(policy, ["ab"], SearchConfig("best_of_n", n=3, tokens=30), digest)
    assert solution.prompt == tokenizer("ab")["input_ids"]
    for each in solution.candidates:
        steps = [policy.text(step) for step in each.steps]
        assert all("e" in step for step in steps[:-1])
        assert len(each.scores) == len(steps)


def test_the_example_runs() -> None:
    run_example("compute_optimal_tts")
