"""Selective answering: the sweep is the plain loop, a report's identities hold, no threshold is chosen on tests."""

import json
from collections.abc import Iterator, Sequence
from math import exp, inf, isnan, log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.methods.completions_server import CompletionsServer, serving
from tests.methods.contract import Decoding
from tests.methods.pages import run_example
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer

from assay.methods._branches import Branches, Usage
from assay.methods._models import ModelError
from assay.methods.reasoning.selective_qa import (
    ABSTAIN,
    ODDS,
    Attempt,
    BudgetSweep,
    Policy,
    SelectiveReport,
    SweepError,
    read_attempts,
    reference_sweep,
    write_attempts,
)
from assay.methods.reasoning.selective_qa._answers import take_answer
from assay.methods.reasoning.selective_qa._chains import Chains
from assay.methods.reasoning.selective_qa._sweep import METHOD

QUESTIONS = [{"id": n, "prompt": prompt, "gold": "1"} for n, prompt in enumerate(("abc", "a longer one?", "x", "zz"))]


def think(
    model: Any, input_ids: Tensor, *, attention_mask: Tensor | None = None, max_new_tokens: int, **_: Any
) -> Tensor:
    """Thinking without a mark that ends it, as greedy decoding gives it."""
    masks = torch.ones_like(input_ids) if attention_mask is None else attention_mask
    prompts = [row[mask.bool()].tolist() for row, mask in zip(input_ids, masks, strict=True)]
    chains = Chains(Branches.read(model, prompts, method=METHOD), None, end="", wait=[], waits=0)
    for budget in (1, max_new_tokens // 2, max_new_tokens):
        chains.think(budget)
        chains.fork([[1, 2]] * len(prompts)).write(2)
    longest = max(chains.lengths)
    new = [text[len(prompt) :] for text, prompt in zip(chains.branches.tokens, prompts, strict=True)]
    return torch.cat([input_ids, torch.tensor([row + [0] * (longest - len(row)) for row in new])], dim=1)


CONTRACT = Decoding(think)


@pytest.fixture(scope="module")
def tiny(tiny_model: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(tiny_model), AutoTokenizer.from_pretrained(tiny_model)


@pytest.fixture
def server(tiny: Any) -> Iterator[CompletionsServer]:
    with serving(*tiny) as running:
        yield running


def likely_letter(tiny: Any) -> str:
    """What the model often writes, to be a mark that ends thinking."""
    model, tokenizer = tiny
    (written,) = Branches.read(model, [tokenizer("abc")["input_ids"]], method=METHOD).write(12)
    return str(tokenizer.decode([written.tokens[5]]))


# The sweep


@pytest.mark.parametrize("waits", [0, 2])
@pytest.mark.parametrize("marked", [False, True])
def test_the_sweep_is_the_plain_loop(tiny: Any, waits: int, marked: bool) -> None:
    model, tokenizer = tiny
    end = likely_letter(tiny) if marked else ""
    sweep = BudgetSweep((0, 1, 4, 9, 14), suffix="=", extract="text", stops=(" ",), answer_tokens=4, end=end,
                        wait="ab", waits=waits, batch=3)  # fmt: skip
    fast = sweep.run(model, QUESTIONS, tokenizer=tokenizer)
    plain = reference_sweep(sweep, model, QUESTIONS, tokenizer=tokenizer)
    assert [(a.id, a.budget, a.answer, a.thinking_tokens, a.natural_stop, a.closed, a.answer_tokens) for a in fast] == [
        (a.id, a.budget, a.answer, a.thinking_tokens, a.natural_stop, a.closed, a.answer_tokens) for a in plain
    ]
    for name in ("confidence", "confidence_mean", "confidence_min"):
        assert [getattr(a, name) for a in fast] == pytest.approx([getattr(a, name) for a in plain], abs=1e-4)
    if marked and not waits:
        assert any(a.natural_stop for a in fast)


def test_chains_are_read_once_and_each_budget_adds_its_suffix_and_answer(tiny: Any) -> None:
    model, tokenizer = tiny
    usage = Usage()
    sweep = BudgetSweep((0, 8, 16, 24), suffix="==", extract="text", stops=(), answer_tokens=3, end="", waits=0)
    attempts = sweep.run(model, QUESTIONS[:1], tokenizer=tokenizer, usage=usage)
    assert [a.thinking_tokens for a in attempts] == [0, 8, 16, 24]
    assert usage.written == 24 + 4 * 3
    assert usage.read == len("abc") + 4 * 2


def test_a_model_that_ends_at_once_thinks_nothing_at_any_budget(tiny: Any) -> None:
    model, tokenizer = tiny
    (written,) = Branches.read(model, [tokenizer("abc")["input_ids"]], method=METHOD).write(1)
    sweep = BudgetSweep((0, 2, 4), suffix="=", extract="text", stops=(), end="", waits=0)
    ends = model.generation_config.eos_token_id
    model.generation_config.eos_token_id = written.tokens
    try:
        attempts = sweep.run(model, QUESTIONS[:1], tokenizer=tokenizer)
    finally:
        model.generation_config.eos_token_id = ends
    assert [(a.thinking_tokens, a.natural_stop) for a in attempts] == [(0, False), (0, True), (0, True)]


def test_thinking_leaves_the_model_alone_and_repeats_by_its_seed(tiny: Any) -> None:
    model, tokenizer = tiny
    sweep = BudgetSweep((3, 9), suffix="=", extract="text", stops=(), end="", waits=0, temperature=1.0)
    first, again, other = (sweep.run(model, QUESTIONS, tokenizer=tokenizer, seed=seed) for seed in (1, 1, 2))
    assert first == again != other
    assert not model.training


def test_options_are_weighed_against_each_other(tiny: Any) -> None:
    model, tokenizer = tiny
    options = ["yes", "no", "maybe"]
    sweep = BudgetSweep((0, 5), suffix=":", extract="options", end="", waits=0)
    attempts = sweep.run(model, [{"id": 1, "prompt": "abc", "gold": "no", "options": options}], tokenizer=tokenizer)
    ids = tokenizer("abc:")["input_ids"]
    logs = []
    for option in options:
        whole = ids + tokenizer(option)["input_ids"]
        steps = model(torch.tensor([whole])).logits[0].detach().log_softmax(-1)
        logs.append(sum(float(steps[at - 1, whole[at]]) for at in range(len(ids), len(whole))))
    shares = torch.tensor(logs).softmax(0)
    assert attempts[0].answer == options[int(shares.argmax())]
    assert attempts[0].confidence == pytest.approx(float(shares.max()), abs=1e-4)


def test_a_server_gives_what_the_model_gives(tiny: Any, server: CompletionsServer) -> None:
    model, tokenizer = tiny
    sweep = BudgetSweep((0, 3, 7), suffix="=", extract="text", stops=(" ",), answer_tokens=4, end="", waits=0)
    letters = [each for each in QUESTIONS if str(each["prompt"]).isascii()]
    local = sweep.run(model, letters, tokenizer=tokenizer)
    remote = sweep.run(server.endpoint, letters)
    # Bytes that are no letters are lost in a text: such chains are shorter by what cannot be sent back.
    same = [(a, b) for a, b in zip(local, remote, strict=True) if a.thinking_tokens == b.thinking_tokens]
    assert len(same) >= len(letters)
    for mine, theirs in same:
        if mine.answer.isascii():
            assert theirs.answer == mine.answer
            assert theirs.confidence == pytest.approx(mine.confidence, abs=1e-4)


def test_what_a_server_cannot_do_is_refused(server: CompletionsServer) -> None:
    with pytest.raises(ValueError, match="does not tell how many tokens 'Wait' has: set waits=0"):
        BudgetSweep((1, 2)).run(server.endpoint, QUESTIONS)
    with pytest.raises(ValueError, match="prompt of question '1' is token ids: a server takes a text"):
        BudgetSweep((1,), waits=0).run(server.endpoint, [{"id": 1, "prompt": [3, 4], "gold": "1"}])
    options = [{"id": 1, "prompt": "a", "gold": "b", "options": ["b", "c"]}]
    with pytest.raises(ValueError, match="a server tells no likelihood of an option"):
        BudgetSweep((1,), waits=0, extract="options").run(server.endpoint, options)


def test_what_was_answered_before_an_error_is_kept(server: CompletionsServer) -> None:
    sweep = BudgetSweep((0,), suffix="=", extract="text", end="", waits=0, batch=1)
    server.statuses = [200, 200, 404]
    with pytest.raises(SweepError, match=r"behind 2 of 4 questions: .*answers 404") as broken:
        sweep.run(server.endpoint, QUESTIONS)
    assert [each.id for each in broken.value.attempts] == ["0", "1"]
    server.statuses = [404]
    with pytest.raises(ModelError, match="answers 404"):
        sweep.run(server.endpoint, QUESTIONS)


def test_what_says_neither_right_nor_wrong_is_refused(tiny: Any) -> None:
    model, tokenizer = tiny
    sweep = BudgetSweep((0,), suffix="=", extract="text", stops=(), end="", waits=0)
    with pytest.raises(ValueError, match=r"is_right gave 0\.7 for the answer"):
        sweep.run(model, QUESTIONS, tokenizer=tokenizer, is_right=lambda *_: 0.7)  # type: ignore[arg-type,return-value]


def test_a_suffix_that_ends_within_a_token_is_warned_of(tiny: Any) -> None:
    model, _ = tiny

    class Merging:
        """Of a space and what follows it, one token."""

        chat_template = None

        def __call__(self, text: str, **_: Any) -> dict[str, list[int]]:
            return {"input_ids": [3 + len(each) for each in text.replace(" ", "| ").split("|") if each]}

        def decode(self, tokens: Sequence[int], **_: Any) -> str:
            return "1" * len(tokens)

    with pytest.warns(UserWarning, match="ends within a token when '1' follows: leave out the space"):
        BudgetSweep((0,), suffix="Answer: ", waits=0).run(model, QUESTIONS, tokenizer=Merging())


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ({"budgets": (4, 2)}, r"budgets are \[4, 2\]"),
        ({"budgets": ()}, r"budgets are \[\]"),
        ({"budgets": (-1, 2)}, r"budgets are \[-1, 2\]"),
        ({"extract": "letters"}, "extract is 'letters'"),
        ({"suffix": ""}, "suffix is empty"),
        ({"stops": ("",)}, "a string that closes the answer is empty"),
        ({"wait": ""}, "there is no word to wait with"),
        ({"answer_tokens": 0}, "answer_tokens is 0"),
        ({"temperature": -1.0}, "temperature is -1.0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(setting: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        BudgetSweep(**{"budgets": (1, 2)} | setting)


@pytest.mark.parametrize(
    ("questions", "why"),
    [
        ([{"id": 1, "prompt": "a"}], "question 1 lacks gold"),
        ([{"id": 1, "prompt": "", "gold": "b"}], "the prompt of question 1 is empty"),
        ([{"id": 1, "prompt": "a", "gold": "b"}] * 2, "two questions have the same id"),
    ],
)
def test_questions_that_cannot_be_asked_are_refused(tiny: Any, questions: list[dict[str, Any]], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        BudgetSweep((0,)).run(tiny[0], questions, tokenizer=tiny[1])
    with pytest.raises(ValueError, match="has the options"):
        BudgetSweep((0,), extract="options").run(tiny[0], QUESTIONS, tokenizer=tiny[1])
    with pytest.raises(ValueError, match="comes with its tokenizer"):
        BudgetSweep((0,)).run(tiny[0], QUESTIONS)


# Answers


def taken(pieces: list[str], extract: Any, stops: Sequence[str] = ("}",)) -> Any:
    text = "".join(pieces)
    ends = [len("".join(pieces[: at + 1])) for at in range(len(pieces))]
    logs = [log(0.5) * (at + 1) for at in range(len(pieces))]
    return take_answer(text, ends, logs, extract=extract, stops=stops, closed=False)


@pytest.mark.parametrize(
    ("pieces", "extract", "answer", "tokens"),
    [
        (["4", "}", "2"], "digits", "4", [0]),  # digits behind the brace are no part of it
        (["2", "0", "4", "}"], "digits", "204", [0, 1, 2]),
        (["204", "}."], "digits", "204", [0]),  # a tokeniser that merges digits
        (["204}", "."], "digits", "204", [0]),
        ([" 1", ",2", "04", "}"], "digits", "1204", [0, 1, 2]),
        (["A", "B"], "choice", "", []),  # no letter that stands alone
        (["b", "}", "A"], "choice", "B", [0]),
        ([" I", " think", " D"], "choice", "D", [2]),
        (["-", "18", "}"], "digits", "-18", [0, 1]),
        (["3", ".", "5", "}"], "digits", "3.5", [0, 1, 2]),
        (["10", "-", "18"], "digits", "10", [0]),
        (["(", "c", ")"], "choice", "C", [1]),
        ([" Pa", "ris", "}"], "text", "Paris", [0, 1]),
        (["}", "1"], "digits", "", []),
        ([], "text", "", []),
        (["it is ", "Paris"], lambda text: text.split()[-1], "Paris", [1]),
    ],
)
def test_an_answer_is_made_of_its_own_tokens(pieces: list[str], extract: Any, answer: str, tokens: list[int]) -> None:
    result = taken(pieces, extract)
    assert result.answer == answer
    assert result.log_probs == pytest.approx([log(0.5) * (at + 1) for at in tokens])
    assert result.closed == ("}" in "".join(pieces))
    logs = list(result.log_probs)
    assert result.confidence == pytest.approx(exp(sum(logs)) if logs else 0.0)
    assert result.confidence_mean == pytest.approx(exp(sum(logs) / len(logs)) if logs else 0.0)
    assert result.confidence_min == pytest.approx(exp(min(logs)) if logs else 0.0)


def test_a_function_that_gives_no_text_is_refused() -> None:
    with pytest.raises(ValueError, match="extract gave int for '4': give the answer's text"):
        taken(["4"], len)


# The report


def attempt(number: int, confidence: float, right: bool, **how: Any) -> Attempt:
    return Attempt(id=f"q{number}", answer="x", right=right, confidence=confidence, **how)


HAND_MADE = [attempt(1, 0.9, True), attempt(2, 0.5, False), attempt(3, 0.5, True), attempt(4, 0.2, False)]


def test_coverage_accuracy_and_utility_of_a_table_made_by_hand() -> None:
    report = SelectiveReport(HAND_MADE)
    assert report.coverage(0.5).value == 0.75  # the threshold itself answers
    accuracy = report.accuracy(0.5)
    assert accuracy is not None
    assert accuracy.value == pytest.approx(2 / 3)
    assert report.utility("exam", 0.5).value == 0.5
    assert report.utility("jeopardy", 0.5).value == 0.25
    assert report.utility(20, 0.5).value == (2 - 20) / 4
    assert report.accuracy(0.95) is None
    (row,) = report.table(thresholds=[0.95])
    assert isnan(row["accuracy"])
    assert row["coverage"] == row["utility jeopardy"] == 0.0
    sure = report.confidence_where(right=True)
    assert sure is not None
    assert sure.value == pytest.approx(0.7)
    assert report.risk_coverage().auroc == 0.875
    (row,) = report.by_budget()
    assert row["confidence where wrong"] == pytest.approx(0.35)
    assert row["AURC"] == pytest.approx(np.mean([0, 0.5 / 2, 1 / 3, 2 / 4]))


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=20), st.floats(0, 30))
def test_identities_of_utility(answers: list[tuple[float, bool]], price: float) -> None:
    report = SelectiveReport([attempt(n, p, right) for n, (p, right) in enumerate(answers)])
    right = np.mean([right for _, right in answers])
    assert report.utility(0, 0).value == pytest.approx(right)
    assert report.utility(price, 0).value == pytest.approx(right - price * (1 - right))
    assert report.gains(price, 1.1).tolist() == [0.0] * len(answers)
    best = report.best_threshold(price, split=None, allow_test=True)
    assert report.gains(price, best).mean() >= max(0.0, report.surface(price).max()) - 1e-9


def test_an_empty_answer_is_an_abstention_even_at_no_threshold() -> None:
    report = SelectiveReport([Attempt("1", "", True, 0.9), Attempt("2", "x", True, 0.4)])
    assert report.coverage(0).value == 0.5
    assert report.utility("exam", 0).value == 0.5


def test_a_threshold_is_chosen_on_questions_of_its_own() -> None:
    rows = [attempt(n, 0.6 + 0.003 * n, n % 2 == 0 or n > 60) for n in range(100)]
    report = SelectiveReport(rows, calibration=0.5, seed=3)
    assert (report.splits == "calibration").sum() == 50
    chosen = report.best_threshold("high_stakes")
    others = [each for each, split in zip(rows, report.splits, strict=True) if split == "test"]
    same = [each for each, split in zip(rows, report.splits, strict=True) if split == "calibration"]
    assert chosen == SelectiveReport(same).best_threshold("high_stakes", split=None, allow_test=True)
    assert report.utility("high_stakes", chosen, split="test").items == len(others)
    for split in ("test", None):
        with pytest.raises(ValueError, match="a threshold is chosen on calibration questions and not on"):
            report.best_threshold("exam", split=split)
    with pytest.raises(ValueError, match="no question is in the split 'calibration'"):
        SelectiveReport(rows).best_threshold("exam")


def test_of_equal_thresholds_it_is_the_one_that_probabilities_would_give() -> None:
    rows = [attempt(1, 0.1, False, split="calibration"), attempt(2, 0.99, True, split="calibration")]
    report = SelectiveReport(rows, thresholds=np.linspace(0, 1, 101))
    assert report.best_threshold("jeopardy") == pytest.approx(0.5)
    assert report.best_threshold("high_stakes") == pytest.approx(0.95)
    assert report.best_threshold("exam") == 0.0


def test_a_policy_answers_above_its_threshold_or_never() -> None:
    rows = [attempt(n, 0.9 if n % 3 else 0.1, n % 3 > 0, split="calibration", budget=7) for n in range(9)]
    policy = SelectiveReport(rows).to_policy("jeopardy")
    assert (policy.budget, policy.odds) == (7, 1.0)
    assert policy.utility == pytest.approx(2 / 3)
    assert policy("Paris", 0.9) == "Paris"
    assert policy("Paris", 0.1) is ABSTAIN
    assert policy("", 0.9) is ABSTAIN
    assert SelectiveReport(rows).to_policy("jeopardy", min_utility=0.9).threshold == inf
    wrong = [attempt(n, 1.0, False, split="calibration") for n in range(4)]
    assert SelectiveReport(wrong).to_policy("jeopardy") == Policy(inf, 1.0, 0, 0.0)
    with pytest.raises(ValueError, match=r"confidence is 1\.2"):
        policy("Paris", 1.2)


@pytest.mark.parametrize(
    ("rows", "how", "why"),
    [
        ([], {}, "there are no attempts"),
        ([*HAND_MADE, attempt(1, 0.9, True, budget=5)], {}, "3 of 4 questions have no attempt with 5 tokens, 'q2'"),
        ([*HAND_MADE, HAND_MADE[0]], {}, "question 'q1' has several attempts with 0 tokens"),
        (HAND_MADE, {"odds": {"odd": -1.0}}, "a wrong answer costs -1.0: give 0 or more"),
        (HAND_MADE, {"thresholds": [0.5, 1.5]}, "thresholds are probabilities"),
        (HAND_MADE, {"confidence": "median"}, "choose sum, mean or min"),
        (HAND_MADE, {"calibration": 0.0}, "both splits need one at least"),
    ],
)
def test_reports_of_what_cannot_be_compared_are_refused(rows: list[Attempt], how: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        SelectiveReport(rows, **how)


def test_a_question_in_two_splits_is_refused() -> None:
    rows = [attempt(1, 0.5, True, split="test"), attempt(1, 0.5, True, split="calibration", budget=4)]
    with pytest.raises(ValueError, match="question 'q1' is in the splits 'test' and 'calibration'"):
        SelectiveReport(rows)
    report = SelectiveReport(HAND_MADE)
    with pytest.raises(ValueError, match="there are no odds 'poker': choose exam, jeopardy, high_stakes"):
        report.utility("poker", 0.5)
    with pytest.raises(ValueError, match="there is no budget of 3 tokens: choose 0"):
        report.coverage(0.5, budget=3)


def test_attempts_are_written_and_read(tmp_path: Path) -> None:
    file = tmp_path / "attempts.jsonl"
    write_attempts(file, HAND_MADE)
    assert read_attempts(file) == HAND_MADE
    assert SelectiveReport(file).utility("jeopardy", 0.5).value == 0.25
    (given,) = read_attempts([{"id": 3, "answer": 7, "right": 1, "logprob_sum": log(0.25), "extra": 1}])
    assert (given.id, given.answer, given.right) == ("3", "7", True)
    assert given.confidence == pytest.approx(0.25)
    with file.open("a") as more:
        more.write("{half")
    with pytest.raises(ValueError, match="attempt 5 is no JSON"):
        read_attempts(file)


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"id": 1, "answer": "x", "right": True}, "attempt 1 lacks confidence"),
        ({"id": 1, "answer": "x", "right": "yes", "confidence": 0.5}, "right is 'yes'"),
        ({"id": 1, "answer": "x", "right": True, "confidence": 1.5}, "confidence of question '1' is 1.5"),
        ({"id": 1, "answer": "x", "right": True, "confidence": 0.5, "budget": -1}, "budget of question '1' is -1"),
        (["x"], "attempt 1 is list"),
    ],
)
def test_records_that_are_no_attempts_are_refused(record: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_attempts([record])


def test_a_plot_is_written_whole(tmp_path: Path) -> None:
    rows = [attempt(n, 0.5, n % 2 == 0, budget=b) for n in range(4) for b in (0, 8)]
    SelectiveReport(rows).plot(tmp_path / "utility.svg")
    SelectiveReport(HAND_MADE).plot(tmp_path / "utility.png", odds=20)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["utility.png", "utility.svg"]
    with pytest.raises(ValueError, match=r"a plot is written as \.png"):
        SelectiveReport(HAND_MADE).plot(tmp_path / "utility.txt")


def test_odds_are_the_papers() -> None:
    assert json.dumps(dict(ODDS)) == '{"exam": 0.0, "jeopardy": 1.0, "high_stakes": 20.0}'


def test_the_page_shows_how() -> None:
    run_example("selective_qa")
