"""Reasoning budgets: thinking is closed in time, answers are checked, traces labelled, puzzles have one answer."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.methods.evaluation.conftest import RunHarness, RunInspect
from tests.methods.pages import run_example

from assay.methods.evaluation.reasoning_budget import (
    KINDS,
    Labels,
    Trace,
    WrapUp,
    budget_curve,
    check_answer,
    evaluate,
    generate_within,
    generate_word_puzzles,
    inspect_task,
    label_table,
    label_trace,
    read_traces,
    solve_word_puzzle,
    write_harness_task,
)

START, END, A, B = 3, 4, 5, 6
PAD = 0


# Wrap-up


def written(wrap_up: WrapUp, prompt: list[int], wants: list[int], steps: int = 12) -> list[int]:
    """What a model writes that wants these tokens one after the other, and then the last of them."""
    ids = list(prompt)
    for step in range(steps):
        scores = torch.zeros(1, 10)
        scores[0, wants[min(step, len(wants) - 1)]] = 5.0
        ids.append(int(wrap_up(torch.tensor([ids]), scores).argmax()))
    return ids[len(prompt) :]


def test_thinking_ends_when_the_budget_is_spent() -> None:
    wrap_up = WrapUp(4, (START,), (END,), close=(7, END, 8))
    assert written(wrap_up, [1, START], [A])[:8] == [A, A, A, A, 7, END, 8, A]
    assert written(wrap_up.within(0), [1, START], [A])[:4] == [7, END, 8, A]
    assert written(WrapUp(2, START, END), [1, START], [A])[:4] == [A, A, END, A]  # type: ignore[arg-type]


def test_what_ended_by_itself_is_left_alone() -> None:
    wrap_up = WrapUp(4, (START,), (END,), close=(7, END))
    assert written(wrap_up, [START], [A, END, B])[:8] == [A, END, *[B] * 6]
    assert written(wrap_up, [START], [A, A, A, END, B])[:6] == [A, A, A, END, B, B]  # with the last token of the budget
    assert written(wrap_up, [1], [A])[:8] == [A] * 8  # thinking never began


def test_a_prompt_may_show_thoughts_that_ended() -> None:
    wrap_up = WrapUp(2, (START,), (END,))
    assert written(wrap_up, [START, A, END, B, START], [A])[:4] == [A, A, END, A]
    assert written(wrap_up, [END, END, START], [A])[:4] == [A, A, END, A]


def test_ends_of_several_tokens() -> None:
    wrap_up = WrapUp(4, (START, START), (7, 8), close=())
    assert written(wrap_up, [START, START], [A])[:7] == [A, A, A, A, 7, 8, A]
    assert written(wrap_up, [START, START], [A, 7, 8, B])[:7] == [A, 7, 8, B, B, B, B]
    assert written(wrap_up, [START, START], [A, A, A, 7, A])[:7] == [A, A, A, 7, 7, 8, A]  # half an end is none


def test_the_least_thinking_and_the_soft_end() -> None:
    least = WrapUp(6, (START,), (END,), least=3)
    assert written(least, [START], [END])[:5] == [0, 0, 0, END, END]
    parts = WrapUp(6, (START,), (7, 8), least=4)
    assert written(parts, [START], [7, 8, A, A])[:4] == [7, 0, A, A]  # only what would complete it is forbidden
    soft = WrapUp(6, (START,), (END,), soft_from=2, soft_logits=8.0)
    assert written(soft, [START], [A])[:6] == [A, A, A, A, END, A]  # 2, 4, then 6 are added to nothing, against 5
    raised = soft(torch.tensor([[START, A, A, A]]), torch.zeros(1, 10))
    assert raised[0, END] == 4.0


@given(st.integers(0, 12), st.integers(1, 4), st.lists(st.sampled_from([A, B, START, END]), max_size=6))
def test_no_more_is_thought_than_the_budget(budget: int, length: int, prompt: list[int]) -> None:
    end = (7, 8, 9, END)[-length:]
    text = written(WrapUp(budget, (START,), end), [*prompt, START], [A], steps=budget + length)
    assert text == [A] * budget + list(end)


def test_rows_of_a_batch_are_as_if_alone_in_generate(tiny_model: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(tiny_model)
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    wrap_up = WrapUp.of_text(tokenizer, 5, start="<t>", end="</t>", close=" Stop.</t>")
    rows = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in ("ab<t>", "a longer one</t> <t>")]
    longest = max(map(len, rows))
    ids = torch.tensor([[PAD] * (longest - len(row)) + row for row in rows])
    how: dict[str, Any] = {"answer": 3, "do_sample": False, "pad_token_id": PAD}
    mask = (torch.arange(longest) >= torch.tensor([[longest - len(row)] for row in rows])).long()
    out = generate_within(model, ids, wrap_up, attention_mask=mask, eos_token_id=None, **how)
    close = list(wrap_up.closing)
    for row, given_ids in zip(out.tolist(), rows, strict=True):
        new = row[longest:]
        assert new[5 : 5 + len(close)] == close
        assert len(new) == wrap_up.needed(3)
        alone = generate_within(model, torch.tensor([given_ids]), wrap_up, eos_token_id=None, **how)
        assert alone[0, len(given_ids) :].tolist() == new
    beams = generate_within(model, ids, wrap_up, attention_mask=mask, num_beams=3, eos_token_id=None, **how)
    assert all(row[longest + 5 : longest + 5 + len(close)] == close for row in beams.tolist())
    with pytest.raises(ValueError, match=f"max_new_tokens is 4: .* need {5 + len(close) + 3}"):
        generate_within(model, ids, wrap_up, answer=3, max_new_tokens=4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_samplers_behind_it_make_no_nan(dtype: torch.dtype) -> None:
    from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

    ids = torch.tensor([[START, A, A], [A, A, START]])
    given_scores = torch.randn(2, 10, dtype=dtype)
    scores = WrapUp(2, (START,), (END,))(ids, given_scores)
    assert torch.equal(scores[1], given_scores[1])
    assert scores.dtype is dtype
    for warper in (TemperatureLogitsWarper(0.3), TopKLogitsWarper(5), TopPLogitsWarper(0.9)):
        scores = warper(ids, scores)
    assert scores.float().softmax(-1)[0, END] == 1


def test_what_is_no_budget_is_refused(tiny_model: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    for make, words in [
        (lambda: WrapUp(-1, (3,), (4,)), "budget is -1"),
        (lambda: WrapUp(2, (), (4,)), "start has no tokens"),
        (lambda: WrapUp(2, (3,), ()), "end has no tokens"),
        (lambda: WrapUp(2, (3,), (4,), least=3), "least is 3: give 0 to the budget, which is 2"),
        (lambda: WrapUp(2, (3,), (4,), soft_from=2), "soft_from is 2"),
        (lambda: WrapUp(2, (3,), (4,), soft_from=1, soft_logits=-1), "soft_logits is -1"),
        (lambda: WrapUp.of_text(tokenizer, 2, start=""), "start has no tokens"),
        (lambda: WrapUp.of_text(lambda *_, **__: {"input_ids": []}, 2), "start is '<think>', which .* to nothing"),
    ]:
        with pytest.raises(ValueError, match=words):
            make()


# Answers


@pytest.mark.parametrize(
    ("text", "gold", "right"),
    [
        ("It's a Toyota and a kayak!", ["toyota", "kayak"], True),
        ("KAYAK, Toyota", ["toyota", "kayak"], True),
        ("a kayak", ["toyota", "kayak"], False),
        ("We had a party.", ["art"], False),  # no whole word
        ("café in The Hague", ["cafe", "the hague"], True),
        ("New York City", ["york new"], False),
        ("It is o'clock", ["oclock"], True),
        ("a grey dog", [["gray dog", "grey dog"]], True),
        ("Maybe toyota? No.</think>The answer is a kayak.", ["toyota"], False),
        ("</think>No</think> toyota", ["toyota"], True),
        ("", ["toyota"], False),
    ],
)
def test_answers_are_checked(text: str, gold: list[Any], right: bool) -> None:
    assert check_answer(text, gold) is right


@given(st.permutations(["red", "green fish", "blue"]), st.sampled_from([" ", ", ", " and the ", "! "]), st.booleans())
def test_order_case_and_punctuation_do_not_count(parts: list[str], between: str, upper: bool) -> None:
    text = between.join(parts)
    assert check_answer(text.upper() if upper else text, ["blue", "red", "green fish"])
    assert not check_answer(text.replace("blue", "blues"), ["blue", "red"])


@pytest.mark.parametrize("gold", [[], [""], ["a"], [[]], [["the", "x"]]])
def test_an_answer_without_words_is_refused(gold: list[Any]) -> None:
    with pytest.raises(ValueError, match="give the phrases"):
        check_answer("text", gold)


# Traces


def trace(thinking: str, answer: str = "Paris", **more: Any) -> Trace:
    return Trace(thinking, answer, more.pop("tokens", 100), gold=more.pop("gold", ("Paris",)), **more)


@pytest.mark.parametrize(
    ("label", "planted"),
    [
        ("gave_up", trace("Hmm. I give up. Paris it is.")),
        ("gave_up", trace("I'm stuck here, Paris?")),
        ("gave_up", trace("I can’t find it, Paris.")),
        ("gave_up", trace("Paris... I'll just guess.")),
        ("out_of_thin_air", trace("Rome or Oslo.", "Paris")),
        ("out_of_thin_air", trace("Rome or Oslo.", "So **Paris**")),
        ("knows_wrong", trace("Paris doesn't fit, though. Rome?", "Paris")),
        ("knows_wrong", trace("Parisx is not a real word.", "Parisx")),
        ("unfinished", trace("And then", "", finished=False)),
    ],
)
def test_planted_phrases_are_found(label: str, planted: Trace) -> None:
    assert getattr(label_trace(planted), label)
    plain = label_trace(trace("It lies on the Seine, so the answer is Paris."))
    assert plain == Labels(False, False, False, 0, False)


def test_changes_of_mind_are_counted() -> None:
    thinking = "The answer is Rome. No, the answer is Oslo. The answer could be Oslo. My final answer is: Rome!"
    assert label_trace(trace(thinking)).switches == 2
    rows = label_table([trace(thinking, id=str(n), question="q") for n in range(3)] + [trace("Rome.", id="x")])
    assert rows[-1] == {"label": "switches", "unit": ""} | rows[-1]
    assert rows[-1]["value"] == pytest.approx(1.5)
    assert rows[0]["clusters"] == 2


def test_a_curve_from_one_run() -> None:
    early = trace("Paris! " + "check " * 99, tokens=100, id="1")
    late = trace("hmm " * 50 + "Paris", tokens=50, id="2")
    never = trace("hmm " * 10, "Rome", tokens=10, id="3")
    open_end = trace("Paris or Rome " * 10, "", tokens=30, id="4", finished=False)
    curve = budget_curve([early, late, never, open_end])
    assert [curve.accuracy(b).value for b in (0, 49, 50, 99, 100)] == [0, 0, 0.25, 0.25, 0.5]
    assert curve.ceiling(2).value == 0.5  # at once in two
    assert curve.ceiling(50).value == 0.75
    assert curve.plateau(0.95) == 100
    assert curve.plateau(0.5) == 50
    assert [row["figure"] for row in curve.table([50])] == ["accuracy", "ceiling"]
    artist = trace("The artist has art", gold=("art",), tokens=18)
    assert artist.first_right == 18  # and not within "artist"


def test_traces_of_any_api_are_read(tmp_path: Path) -> None:
    usage = {"completion_tokens_details": {"reasoning_tokens": 7}}
    message = {"content": "Paris", "reasoning_content": "Hm"}
    records: list[dict[str, Any]] = [
        {"id": "a", "text": "<think>Hm</think>Paris", "gold": "Paris; Rome", "thinking_tokens": 3},
        {"response": {"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}, "gold": ["Paris"]},
        {"content": "<think>Hm and", "gold": [["Paris", "Paname"]], "thinking_tokens": 4, "finish_reason": "length"},
        {"output": "", "reasoning": "Hm", "finish_reason": "length", "gold": "Paris", "thinking_tokens": 4},
    ]
    file = tmp_path / "traces.jsonl"
    file.write_text("\n".join(map(json.dumps, records)) + "\n", encoding="utf-8")
    for traces in (read_traces(records), read_traces(file)):
        assert [(t.thinking, t.answer, t.tokens, t.finished) for t in traces] == [
            ("Hm", "Paris", 3, True),
            ("Hm", "Paris", 7, True),
            ("Hm and", "", 4, False),
            ("Hm", "", 4, False),
        ]
        assert traces[0].gold == ("Paris", "Rome")
        assert traces[2].gold == (("Paris", "Paname"),)
    counted = read_traces([{"text": "abcdefgh</think>x", "gold": "x"}], estimate=True)
    assert counted[0].tokens == 2
    assert read_traces([{"text": "a b c</think>x", "gold": "x"}], count=lambda t: len(t.split()))[0].tokens == 3
    file.write_text(file.read_text() + "{oops\n")
    with pytest.raises(ValueError, match=r"line 5 of traces\.jsonl is no JSON object"):
        read_traces(file)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"id": 7, "text": "a</think>b", "gold": "b"}, "record 7 does not tell the tokens"),
        ({"text": "a</think>b", "thinking_tokens": 2}, "record 0 has no gold"),
        ({"gold": "b"}, "record 0 has no text"),
        ({"gold": "b", "response": {"choices": []}}, "record 0 has choices without a message"),
        ("text", "record 0 is a str: give mappings"),
    ],
)
def test_records_that_are_no_traces_are_named(record: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_traces([record])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: budget_curve([]), "there are no traces"),
        (lambda: budget_curve([trace("x", gold=(), id="t7")]), "trace 't7' has no gold"),
        (lambda: budget_curve([trace("x", "Rome")]).plateau(), "no trace is right"),
        (lambda: budget_curve([trace("x")]).plateau(0), "share is 0"),
        (lambda: generate_word_puzzles(0), "number is 0"),
        (lambda: generate_word_puzzles(10_000), "these lists give .* puzzles, and 10000 are asked for"),
        (lambda: generate_word_puzzles(1, kinds=["swap"]), "no kind of puzzle 'swap'"),
        (lambda: generate_word_puzzles(1, lists={}), "no lists of words"),
        (lambda: generate_word_puzzles(1, lists={"tree": []}), "the list 'tree' has no words"),
        (lambda: generate_word_puzzles(1, lists={"tree": ["red oak"]}), "'tree' has 'red oak', which is no word"),
        (lambda: generate_word_puzzles(1, lists={"tree": ["oak", "Oak"]}), "'tree' has a word twice"),
        (lambda: evaluate(str, puzzles=[]), "there are no puzzles"),
        (lambda: inspect_task([]), "there are no puzzles"),
    ],
)
def test_what_tells_nothing_is_refused(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


# Puzzles


@pytest.mark.parametrize("kind", KINDS)
def test_every_puzzle_has_its_answer_alone(kind: str) -> None:
    for puzzle in generate_word_puzzles(10, kinds=[kind], seed=1):
        assert solve_word_puzzle(puzzle) == [puzzle.answer]
        assert check_answer(f"They are {puzzle.answer[1]} and {puzzle.answer[0].upper()}.", puzzle.gold)
        assert not any(answer.lower() in puzzle.text.lower().split() for answer in puzzle.answer)


def test_a_puzzle_with_two_answers_is_none() -> None:
    lists = {"animal": ["bear", "goat"], "thing": ["boat", "coat"]}
    with pytest.raises(ValueError, match="these lists give 0 puzzles"):  # a goat becomes a boat or a coat
        generate_word_puzzles(5, lists=lists, kinds=["hidden", "drop", "rearrange", "change"])


def test_the_words_of_a_puzzle() -> None:
    (puzzle,) = generate_word_puzzles(1, lists={"animal": ["carrot", "parrots"], "bird": ["parrot"]}, kinds=["drop"])
    assert puzzle.text == "Name an animal of 7 letters. Leave out its 7th letter, and you get a bird. What are the two?"
    assert puzzle.as_record()["gold"] == ["parrots", "parrot"]


def test_a_smaller_set_is_part_of_a_larger_one() -> None:
    few, many = generate_word_puzzles(5, seed=2), generate_word_puzzles(30, seed=2)
    assert many[:5] == few
    assert generate_word_puzzles(5, seed=3) != few
    lists = {name: words[::-1] for name, words in reversed(list(_lists().items()))}
    assert generate_word_puzzles(5, seed=2, lists=lists) == few  # nor does the order of words count


def _lists() -> Any:
    from assay.methods.evaluation.reasoning_budget.words import LISTS

    return LISTS


# Models


def test_a_model_is_evaluated() -> None:
    puzzles = generate_word_puzzles(4, seed=4)
    answers = {each.text: f"<think>I give up.</think>{' '.join(each.answer)}" for each in puzzles[:2]}
    answers[puzzles[2].text] = f"<think>{' '.join(puzzles[2].answer)}"  # a thought without an end is no answer
    answers[puzzles[3].text] = f"It is {puzzles[3].answer[0]} and {puzzles[3].answer[1]}."
    told: list[int] = []
    report = evaluate(answers.__getitem__, puzzles=puzzles, progress=lambda done, of: told.append(done))
    assert report.right == (True, True, False, True)
    rows = {row["figure"]: row["value"] for row in report.table() if row["kind"] == "all"}
    assert rows == {"right answers": 75, "gives up": 50, "answers what it called wrong": 0, "thinks on": 25}
    assert told == [4]


def test_the_harness_runs_the_task(tmp_path: Path, run_harness: RunHarness) -> None:
    write_harness_task(tmp_path / "words", generate_word_puzzles(2), name="word_puzzles", tokens=4)
    assert run_harness(tmp_path, "word_puzzles")["results"]["word_puzzles"]["right,none"] == 0


def test_inspect_runs_the_task(run_inspect: RunInspect) -> None:
    puzzles = generate_word_puzzles(2)
    log = run_inspect(inspect_task(puzzles), [" and ".join(puzzles[0].answer), "nothing"])
    found = {name: metric.value for each in log.results.scores for name, metric in each.metrics.items()}
    assert found["accuracy"] == 0.5


def test_the_page_on_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_example("reasoning_budget")
