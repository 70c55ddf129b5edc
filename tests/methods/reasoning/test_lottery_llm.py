"""The recursive solver keeps its limits and what it has found; probes are told by one cache as by plain reading."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.methods.families import tiny_model
from tests.methods.pages import run_example

from assay.methods._branches import Usage
from assay.methods._models import ModelError
from assay.methods.reasoning.lottery_llm import (
    ABILITIES,
    AbilityError,
    Decisions,
    Desk,
    Entry,
    Limits,
    Memory,
    Node,
    Probes,
    RecursiveSolver,
    Request,
    Schedule,
    SolverError,
    ToolError,
    Verdict,
    ability_report,
    as_tool,
    calculate,
    compare,
    probe,
    select,
    text_loss,
)
from assay.methods.reasoning.lottery_llm._choosing import choose, choose_plainly
from assay.methods.reasoning.lottery_llm._decisions import read_json
from assay.testbed.models import tiny
from assay.testbed.text import byte_tokenizer

GOOD, BAD = Verdict(passed=True, score=1.0), Verdict(passed=False)


def never(question: str, desk: Desk) -> bool:
    return False


def always(question: str, desk: Desk) -> bool:
    return True


def says(question: str, desk: Desk, entries: Sequence[Entry]) -> str:
    """The model's own words."""
    return desk.ask(question)


def nested(question: str, desk: Desk) -> Schedule:
    """``(1+(2+3))``: the two sides of the outermost sum."""
    inner, depth = question[1:-1], 0
    for at, letter in enumerate(inner):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "+" and not depth:
            return Schedule((inner[:at], inner[at + 1 :]))
    return Schedule(())


def add(question: str, desk: Desk, parts: Sequence[Entry]) -> str:
    return desk.ask("+".join(entry.value for entry in parts))


SUMS = Decisions(
    can_use_external=never,
    need_divide=lambda question, desk: "(" in question,
    schedule=nested,
    solve=says,
    aggregate=add,
    verify=lambda question, answer, desk: answer == adder(question),
)


def adder(prompt: str) -> str:
    return str(sum(map(int, prompt.replace("(", "").replace(")", "").split("+"))))


def solver(model: Any = adder, decisions: Decisions = SUMS, **how: Any) -> RecursiveSolver:
    return RecursiveSolver(model, decisions=decisions, **how)


# The solver


def test_a_question_is_divided_as_far_as_it_goes_and_put_together() -> None:
    solution = solver()("(1+(2+3))")
    assert (solution.answer, solution.passed, solution.truncated) == ("6", True, "")
    (tree,) = solution.trace
    assert [part.question for part in tree.parts] == ["1", "(2+3)"]
    assert tree.how == "divided"
    assert tree.parts[1].parts[0].depth == 2
    assert str(solution.trace[0]).splitlines()[0] == "(1+(2+3)) -> 6 (divided, passed)"
    assert json.dumps(tree.as_record())
    assert [entry.key for entry in solution.memory] == ["1", "2", "3", "(2+3)", "(1+(2+3))"]  # each under its own key
    assert (solution.cost.calls, solution.cost.nodes) == (5, 5)


def test_all_parts_are_needed_unless_any_will_do() -> None:
    def divide(kind: Literal["all", "any"]) -> Decisions:
        return Decisions(
            never,
            lambda question, desk: question == "q",
            lambda question, desk: Schedule(("a", "b"), kind),
            solve=lambda question, desk, entries: question.upper(),
            aggregate=lambda question, desk, parts: "".join(part.value for part in parts),
            verify=always_good,
        )

    assert solver(decisions=divide("all"))("q").answer == "AB"  # the printed early return would say "A"
    assert solver(decisions=divide("any"))("q").answer == "A"


def always_good(question: str, answer: str, desk: Desk) -> bool:
    return True


def test_a_part_that_does_not_pass_is_tried_again_and_told_why() -> None:
    told: list[tuple[str, ...]] = []

    def solve(question: str, desk: Desk, entries: Sequence[Entry]) -> str:
        told.append(tuple(desk.feedback))
        return "right" if desk.feedback or question == "q" else "wrong"

    decisions = Decisions(
        never,
        lambda question, desk: question == "q",
        lambda question, desk: Schedule(("a",)),
        solve=solve,
        aggregate=lambda question, desk, parts: parts[0].value,
        verify=lambda question, answer, desk: GOOD if answer == "right" else Verdict(passed=False, reason="too short"),
    )
    solution = solver(decisions=decisions)("q")
    assert solution.answer == "right"
    assert told == [(), ("too short",)]
    assert [part.verdict.passed for part in solution.trace[0].parts] == [False, True]
    assert not solver(decisions=decisions, retries=0)("q").passed


def test_what_is_being_answered_is_no_part_of_itself() -> None:
    decisions = Decisions(
        never, always, lambda question, desk: Schedule(("b" if question == "a" else " A? ",)), solve=says,
        aggregate=lambda question, desk, parts: f"of {[part.verdict.passed for part in parts]}", verify=always_good,
    )  # fmt: skip
    solution = solver(lambda prompt: "directly", decisions)("a")
    (part,) = solution.trace[0].parts
    assert part.parts[0].how == "refused"
    assert part.how == "direct"
    assert part.answer == "directly"
    assert solution.answer == "of [True]"


def endless(question: str, desk: Desk) -> Schedule:
    return Schedule((f"{question}x", f"{question}y"))


ENDLESS = Decisions(never, always, endless, solve=says, aggregate=add, verify=lambda *_: False)


@pytest.mark.parametrize(
    ("limits", "truncated"),
    [(Limits(depth=2), "depth 2"), (Limits(nodes=5, depth=50), "5 nodes"), (Limits(calls=4), "4 calls")],
)
def test_limits_end_it_and_say_so(limits: Limits, truncated: str) -> None:
    solution = solver(lambda prompt: "1", ENDLESS, limits=limits)("q")
    assert solution.truncated == truncated
    assert solution.answer == "1"
    assert not solution.passed
    assert solution.cost.calls <= limits.calls
    assert solution.cost.nodes <= limits.nodes


def test_time_is_a_limit_and_one_last_answer_is_asked_for() -> None:
    def slow(prompt: str) -> str:
        time.sleep(0.05)
        return "1"

    solution = solver(slow, ENDLESS, limits=Limits(seconds=0.12, depth=30))("q")
    assert solution.truncated == "0.12 seconds"
    assert solution.answer == "1"
    assert solution.cost.calls <= 5


def test_the_only_call_answers_directly() -> None:
    solution = RecursiveSolver(lambda prompt: '{"answer": "42"}', limits=Limits(calls=1))("q")
    assert (solution.answer, solution.truncated, solution.cost.calls) == ("42", "1 calls", 1)


def test_an_answer_that_passed_is_remembered_and_one_that_did_not_is_not() -> None:
    memory = Memory([Entry("(2+3)", "answer", "7", GOOD), Entry("1", "answer", "9", BAD)])
    solution = solver(memory=memory)("(1+(2+3))")
    assert [part.how for part in solution.trace[0].parts] == ["direct", "remembered"]
    assert solution.answer == "8"


def test_what_was_found_is_kept_when_the_model_breaks() -> None:
    def breaks(prompt: str) -> str:
        if "+" in prompt:
            raise ModelError("the server is gone")
        return adder(prompt)

    with pytest.raises(SolverError, match="ModelError after 4 calls: the server is gone") as caught:
        solver(breaks)("(1+(2+3))")
    partial = caught.value.partial
    assert [(entry.key, entry.value) for entry in partial.memory] == [("1", "1"), ("2", "2"), ("3", "3")]
    assert partial.trace[0].parts[1].how == "unfinished"
    with pytest.raises(SolverError, match="gone") as caught:
        solver(breaks).solve_all(["4", "(1+2)"])
    assert [each.answer for each in caught.value.solutions] == ["4", ""]


@pytest.mark.parametrize("verdict", ["yes", None, 1.0])
def test_a_verifier_that_gives_no_verdict_is_refused(verdict: Any) -> None:
    with pytest.raises(SolverError, match="give a Verdict"):
        solver(decisions=replace(SUMS, verify=lambda *_: verdict))("1")
    with pytest.raises(ValueError, match="finite"):
        Verdict(passed=True, score=float("nan"))


def test_several_trials_are_chosen_from() -> None:
    def node(answer: str, score: float, *, passed: bool) -> Node:
        return Node("q", answer=answer, verdict=Verdict(passed, score))

    nodes = [node("a", 0.9, passed=False), node("b", 0.1, passed=True), node("c", 0.1, passed=True)]
    assert select(nodes).answer == "b"
    assert select([*nodes, node("c", 0.1, passed=True)]).answer == "c"
    answers = iter(["1", "2", "3"])
    decisions = replace(SUMS, need_divide=never, verify=lambda question, answer, desk: answer == "2")
    assert solver(lambda prompt: next(answers), decisions, trials=3)("q").answer == "2"


@pytest.mark.parametrize("count", [1, 7])
def test_questions_side_by_side_are_those_one_by_one(count: int) -> None:
    sizes: list[int] = []

    class Batched:
        name = "batched"

        def answer(self, prompts: Sequence[str], **how: Any) -> list[str]:
            sizes.append(len(prompts))
            return [adder(prompt) for prompt in prompts]

    questions = [f"({n}+({n}+1))" for n in range(2, 2 + count)]
    together = solver(Batched())
    solutions = together.solve_all(questions)
    assert [(each.answer, each.cost.calls) for each in solutions] == [
        (each.answer, each.cost.calls) for each in (solver()(question) for question in questions)
    ]
    assert sizes == [count] * 4  # n is remembered where it comes again
    assert len(together.memory) == 4 * count


# Decisions by JSON


def test_a_model_decides_by_json() -> None:
    prompts: list[str] = []

    def model(prompt: str) -> str:
        prompts.append(prompt)
        if "resources needed" in prompt:
            return 'Sure: {"needed": true}'
        if "What do you need" in prompt:
            return '{"requests": [{"query": "Kenya"}, {"tool": "calculate", "arguments": {"expression": "6*7"}}, {}]}'
        if "Proposed answer" in prompt:
            return '{"passed": true, "reason": "fits"}'
        return '{"answer": 42}'

    solution = RecursiveSolver(model, retriever=lambda query: [f"about {query}"], tools=[calculate])("how many?")
    assert (solution.answer, solution.passed) == ("42", True)
    evidence = solution.trace[0].evidence
    assert [(entry.kind, entry.value) for entry in evidence] == [("document", "about Kenya"), ("call", "42")]
    assert "- Kenya: about Kenya\n- calculate(expression='6*7'): 42" in prompts[2]
    assert '"expression": {"type": "string"}' in prompts[0]
    assert (solution.cost.tools, solution.cost.retrievals, solution.cost.calls) == (1, 1, 4)
    assert any("request" in note for note in solution.trace[0].notes)


def test_what_is_no_json_is_asked_for_again_and_then_the_cautious_choice_is_taken() -> None:
    solution = RecursiveSolver(lambda prompt: "I think the answer is 7.", retriever=lambda query: ["x"])("q")
    assert (solution.answer, solution.passed, solution.trace[0].how) == ("7", False, "direct")
    assert solution.cost.calls == 8
    assert all("no valid JSON" in note for note in solution.trace[0].notes)


@given(st.text(alphabet='{}":a1, ', max_size=30))
def test_reading_json_never_breaks(text: str) -> None:
    found, wrong = read_json(text, {"a": int})
    assert (found is None) == bool(wrong)


def test_true_is_no_number() -> None:
    assert read_json('{"a": true}', {"a": int})[0] is None
    assert read_json('{"b": 1} {"a": 2}', {"a": int})[0] == {"a": 2}


# Tools


def weigh(what: str, grams: float = 1.0, unit: Literal["g", "kg"] = "g", tags: list[str] | None = None) -> str:
    """Weigh a thing.

    Further lines are not told.
    """
    return f"{what} {grams} {unit} {tags}"


def test_a_tool_has_the_schema_of_its_annotations() -> None:
    tool = as_tool(weigh)
    assert tool.description == "Weigh a thing."
    assert tool.parameters["required"] == ["what"]
    assert tool.parameters["properties"]["unit"] == {"enum": ["g", "kg"]}
    assert tool.call({"what": "salt", "grams": 2, "tags": ["a"]}) == "salt 2 g ['a']"
    refused: list[tuple[dict[str, Any], str]] = [
        ({}, "lacks what"),
        ({"what": 1}, "takes for what"),
        ({"what": "a", "grams": True}, "takes for grams"),
        ({"what": "a", "unit": "lb"}, "takes for unit"),
        ({"what": "a", "colour": "red"}, "no parameter colour"),
    ]
    for arguments, words in refused:
        with pytest.raises(ToolError, match=words):
            tool.call(arguments)


def bare(x):  # type: ignore[no-untyped-def]
    return x


def many(*values: int) -> int:
    return sum(values)


def exotic(value: complex) -> str:
    return str(value)


@pytest.mark.parametrize(
    ("function", "words"),
    [(bare, "no annotation for x"), (many, r"\*values"), (exotic, "no schema"), (lambda: 1, "no name")],
)
def test_tools_without_a_schema_are_refused(function: Callable[..., Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        RecursiveSolver(adder, tools=[function])


def test_a_tools_error_is_a_failed_entry_and_never_an_answer() -> None:
    def broken(what: str) -> str:
        raise OSError(f"no {what} here")

    def slow(what: str) -> str:
        time.sleep(0.3)
        return what

    asked = [Request(tool="broken", arguments={"what": "x"}), Request(tool="slow", arguments={"what": "y"}),
             Request(tool="shell", arguments={"command": "ls"}), Request(query="z")]  # fmt: skip
    seen: list[Entry] = []

    def solve(question: str, desk: Desk, entries: Sequence[Entry]) -> str:
        seen.extend(entries)
        return "own words"

    decisions = Decisions(always, requests=lambda question, desk: asked, solve=solve, verify=always_good)
    how: dict[str, Any] = {"tools": [broken, slow], "retriever": lambda query: 1 / 0}
    solution = solver(decisions=decisions, limits=Limits(tool_seconds=0.05), **how)("q")
    assert solution.answer == "own words"
    assert [entry.verdict.passed for entry in seen] == [False] * 4
    words = ["OSError: no x here", "longer than 0.05 s", "no tool shell", "ZeroDivisionError"]
    assert all(part in entry.value for part, entry in zip(words, seen, strict=True))
    assert [entry.kind for entry in solution.memory.read("broken slow shell z q")] == [
        "answer"
    ]  # failures are not read


@given(st.integers(-99, 99), st.integers(1, 99))
def test_sums_are_calculated_and_nothing_else_is(a: int, b: int) -> None:
    assert calculate(f"({a}) * {b} + {a} // {b}") == str(a * b + a // b)


@pytest.mark.parametrize(
    "text", ["__import__('os')", "a + 1", "2 ** 9999", "'a' * 9", "(1).real", "True + 1", "1" * 201]
)
def test_nothing_is_executed(text: str) -> None:
    with pytest.raises(ToolError, match="failed"):
        as_tool(calculate).call({"expression": text})


# Memory


def test_a_reading_of_memory_is_ranked_and_short() -> None:
    memory = Memory(shown=2, characters=60)
    for number in range(200):
        memory.store(Entry(f"river {number}", "document", "x" * 20, GOOD))
    memory.store(Entry("bridge 7", "document", "y" * 100, GOOD))
    memory.store(Entry("bridge 8", "document", "over it", GOOD))
    assert [entry.key for entry in memory.read("Where is the bridge over the river?")] == ["bridge 8", "river 199"]
    assert memory.read("nothing alike") == []
    assert len(memory) == len(list(memory)) == 202


def test_a_similarity_is_checked_and_finds_what_is_worded_otherwise() -> None:
    entries = [Entry("capital of Kenya", "answer", "Nairobi", GOOD)]
    assert Memory(entries).find("Capital of  Kenya?") == entries[0]
    near = Memory(entries, similarity=lambda question, texts: [0.9] * len(texts), same_at=0.8)
    assert near.find("Kenya's capital") == entries[0]
    assert Memory(entries).find("Kenya's capital") is None
    with pytest.raises(ValueError, match="gives 0 scores for 1"):
        Memory(entries, similarity=lambda question, texts: []).read("q")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Memory(shown=0), "1 or more"),
        (lambda: Limits(depth=-1), "depth is -1"),
        (lambda: Limits(seconds=0), "seconds is 0"),
        (lambda: solver(trials=0), "trials is 0"),
        (lambda: solver(retries=-1), "retries is -1"),
        (lambda: solver(temperature=-1.0), "temperature"),
        (lambda: solver(retriever="kb"), "give a function"),
        (lambda: solver(tools=[calculate, calculate]), "two tools are called calculate"),
        (lambda: RecursiveSolver(3), "is no model"),
        (Request, "one of the two"),
        (lambda: Schedule("abc"), "sub-questions"),
        (lambda: Schedule(("a",), "some"), "all or any"),  # type: ignore[arg-type]
        (lambda: Probes(items=0), "items is 0"),
        (lambda: Probes(facts=(1, 3)), "facts is"),
        (lambda: Probes(depths=(1.5,)), "depths"),
        (lambda: Probes().draw("poetry"), "no probe is called 'poetry'"),
    ],
)
def test_what_cannot_be_is_refused(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()


# The ability report

FEW = Probes(items=4, facts=(3,), copied=3)
BYTES = byte_tokenizer()


@pytest.fixture(scope="module")
def model() -> Any:
    return tiny("llama", vocab_size=len(BYTES), hidden=32, layers=2, seed=1)


@pytest.mark.parametrize("ability", ABILITIES)
def test_items_come_from_their_seed_and_have_one_right_answer(ability: str) -> None:
    items = Probes(items=30).draw(ability)
    assert items == Probes(items=30).draw(ability)
    assert items != Probes(items=30, seed=1).draw(ability)
    assert len(items) >= 30
    assert all(step.answer in step.options == tuple(dict.fromkeys(step.options)) for i in items for step in i.steps)
    assert all(0 < item.chance < 0.5 for item in items)
    assert {item.ability for item in items} == {ability}


def test_needles_stand_at_all_depths() -> None:
    items = Probes(items=5, facts=(6,)).draw("needle")
    assert [item.steps[0].options.index(item.answers[0]) for item in items] == [0, 1, 2, 4, 5]
    assert all(f"{item.steps[0].lead} {item.answers[0]}." in item.context for item in items)


@pytest.mark.parametrize("ability", ["needle", "planning", "operations"])
def test_choices_over_one_cache_are_those_of_plain_reading(model: Any, ability: str) -> None:
    items = FEW.draw(ability)
    assert choose(model, BYTES, items, batch=3) == choose_plainly(model, BYTES, items)


@pytest.mark.parametrize("family", ["gpt2", "gemma2", "phi3"])
def test_choices_are_exact_on_other_families(family: str) -> None:
    other = tiny_model(family, vocab_size=len(BYTES), max_position_embeddings=512, sliding_window=512)
    items = replace(FEW, items=2).draw("chain")
    assert choose(other, BYTES, items) == choose_plainly(other, BYTES, items)


def test_contexts_are_read_once(model: Any) -> None:
    items, usage = Probes(items=5, facts=(6,)).draw("needle"), Usage()
    choose(model, BYTES, items, usage=usage)
    anew = sum(len(item.context) * len(item.steps[0].options) for item in items)
    assert usage.read < anew / 4


def test_a_model_compared_with_itself_has_lost_nothing(model: Any, tmp_path: Path) -> None:
    report = ability_report(original=model, compressed=model, tokenizer=BYTES, settings=FEW, text="some prose " * 9)
    assert [each.name for each in report.abilities] == list(ABILITIES)
    assert all(each.change.value == 0 for each in report.abilities)
    assert report.perplexity_ratio == pytest.approx(1.0)
    assert report.lost() == report.hidden() == []
    report.save(tmp_path / "report.json")
    assert json.loads((tmp_path / "report.json").read_text())["table"][0]["ability"] == "needle"
    assert "planning" in str(report)


def knows(*abilities: str) -> Callable[[str], str]:
    """A model that writes the right words of these abilities."""
    answers = {item.prompt: item for name in abilities for item in replace(FEW, items=40).draw(name)}

    def answer(prompt: str) -> str:
        item = answers.get(prompt.partition("\n\n")[2])
        if item is None:
            return "no idea"
        return item.answers[0] + "".join(f"{step.lead} {step.answer}" for step in item.steps[1:])

    return answer


def test_a_loss_is_seen_in_the_ability_that_has_it() -> None:
    many_items = replace(FEW, items=40)
    report = ability_report(original=knows(*ABILITIES), compressed=knows(*ABILITIES[1:]), settings=many_items)
    assert [each.original.value for each in report.abilities] == [1.0] * 5
    assert [each.ratio for each in report.abilities] == [0.0, 1.0, 1.0, 1.0, 1.0]
    assert report.lost() == ["needle"]
    assert not any(each.at_chance for each in report.abilities)
    with pytest.raises(ValueError, match="no perplexity"):
        report.hidden()
    assert replace(report, losses=(2.0, 2.01)).hidden() == ["needle"]
    assert replace(report, losses=(2.0, 3.0)).hidden() == []


def test_what_does_not_go_into_the_context_is_left_out_and_said() -> None:
    short = tiny("llama", vocab_size=len(BYTES), hidden=32, layers=1, max_position_embeddings=250)
    scores = probe(short, BYTES, settings=FEW, text="x" * 600)
    assert "needle" in scores.right
    assert "routing" not in scores.right
    assert "4 of" in scores.skipped["routing"] or "6 of" in scores.skipped["routing"]
    assert "a context of 250" in scores.skipped["routing"]
    assert compare(scores, scores).skipped == scores.skipped


def test_what_a_model_answered_before_it_broke_is_kept() -> None:
    calls: list[str] = []

    def breaks(prompt: str) -> str:
        calls.append(prompt)
        if len(calls) > 6:
            raise ModelError("gone")
        return "river"

    with pytest.raises(AbilityError, match="gone") as caught:
        probe(breaks, settings=FEW)
    assert list(caught.value.scores.right) == ["needle"]


def test_the_loss_of_a_text_is_that_of_its_windows(model: Any) -> None:
    assert text_loss(model, BYTES, "ab" * 100, window=50) == pytest.approx(text_loss(model, BYTES, "ab" * 25), rel=1e-4)
    with pytest.raises(ValueError, match="longer one"):
        text_loss(model, BYTES, "")


def test_models_that_cannot_be_scored_so_are_refused(model: Any) -> None:
    for how, words in [
        ({"model": model}, "without its tokenizer"),
        ({"model": adder, "scoring": "chosen"}, "tells no likelihoods"),
        ({"model": adder, "text": "x"}, "no perplexity"),
        ({"model": adder, "scoring": "guessed"}, "choose auto"),
    ]:
        with pytest.raises(ValueError, match=words):
            probe(**how)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not asked the same"):
        compare(probe(adder_of_words, settings=FEW), probe(adder_of_words, settings=replace(FEW, seed=1)))
    written = probe(model, BYTES, abilities=["needle"], settings=replace(FEW, items=2), scoring="written")
    assert len(written.right["needle"]) == len(written.items["needle"])


def adder_of_words(prompt: str) -> str:
    return "river"


def test_the_example_runs() -> None:
    run_example("lottery_llm")
