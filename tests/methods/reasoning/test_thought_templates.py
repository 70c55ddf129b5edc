"""Thought templates: libraries that contradict their schema are refused, search is the plain one, nothing is lost."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.methods.pages import run_example
from transformers import AutoModelForCausalLM, AutoTokenizer

from assay.methods._models import as_model
from assay.methods.reasoning.thought_templates import (
    Example,
    Move,
    PairsError,
    PlanError,
    Prompts,
    ReasoningError,
    Template,
    TemplateError,
    TemplateLibrary,
    TemplateReasoner,
    UnreadableError,
    build_trajectory_pairs,
    read_plan,
    read_steps,
    reference_solve,
    reward_plan,
    structure_records,
)

RECORD = {
    "template_name": "Complete the square",
    "template_type": "method",
    "knowledge_tag": ["quadratics"],
    "description": "Turn a quadratic into a square and a rest.",
    "application_scenario": ["roots are asked for"],
    "reason_flow": ["Halve the middle coefficient", "Add and take away its square"],
    "example_application": {"example_problem": "x^2 + 6x", "solution_steps": ["3"], "final_answer": "(x+3)^2 - 9"},
}
SQUARE = Template.from_record(RECORD)


def template(name: str, *steps: str) -> Template:
    return Template(name, steps or ("Do it", "Check it"))


CHAPTERS = {
    "Algebra": {
        "Quadratic equations": [SQUARE, template("Quadratic formula")],
        "Inequalities": [template("Arithmetic and geometric means")],
    },
    "Geometry": {
        "Triangles": [template("Law of sines"), template("Law of cosines")],
        "Circles": [template("Power of a point")],
    },
    "Counting": {"Permutations": [template("Count without order"), template("Count in order")]},
}
LIBRARY = TemplateLibrary(CHAPTERS)

words = st.sampled_from("law sines quadratic formula point power count order means circle triangle square".split())


# Templates and libraries


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reason_flow": ["Halve 6"]}, "'Complete the square', field reason_flow: step 1 has the number 6"),
        ({"reason_flow": []}, "field reason_flow: there is no step"),
        ({"reason_flow": [" "]}, "field reason_flow: step 1 is empty"),
        ({"reason_flow": "Halve it"}, "field reason_flow: 'Halve it' is not a list of texts"),
        ({"reason_flow": None}, "field reason_flow: it is missing"),
        ({"template_name": ""}, "field template_name: it is empty"),
        ({"knowledge_tag": [1]}, r"field knowledge_tag: \[1\] is not a list of texts"),
        ({"description": 3}, "field description: 3 is not a text"),
        ({"resaon_flow": []}, "field resaon_flow: there is no such field"),
        ({"example_application": []}, "field example_application: "),
        ({"example_application": {"example_problem": "x"}}, "field solution_steps: it is missing"),
    ],
)
def test_a_template_that_contradicts_its_schema_is_refused_and_its_place_is_named(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"Algebra": {"Equations": [RECORD | change]}}))
    with pytest.raises(TemplateError, match=message) as error:
        TemplateLibrary.load(file)
    assert str(error.value).startswith("mine.json, chapter 'Algebra', section 'Equations', template ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "mine.json: "),
        ("[]", "mine.json: it is list: give a mapping of chapters"),
        ("{}", "mine.json: there is no chapter"),
        ('{"A": {}}', "mine.json, chapter 'A': it has no name, or no section"),
        ('{"A": {"B": []}}', "mine.json, chapter 'A', section 'B': it has no name, or no template"),
        ('{"A": {"B": {}}}', "mine.json, chapter 'A', section 'B': it is dict: give a list"),
        ('{"A": {"B": [3]}}', "mine.json, chapter 'A', section 'B', template 1, it is int"),
        ('{"A": {"B": []}, "A": {}}', "the name 'A' stands twice"),
    ],
)
def test_a_library_that_is_none_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "mine.json"
    file.write_text(text)
    with pytest.raises(TemplateError, match=message):
        TemplateLibrary.load(file)


def test_two_templates_of_one_name_are_refused() -> None:
    with pytest.raises(TemplateError, match="there are two of this name"):
        TemplateLibrary({"A": {"B": [template("Law of sines"), template("law  of Sines")]}})
    with pytest.raises(ValueError, match="encoder is 'bert'"):
        TemplateLibrary(CHAPTERS, encoder="bert")
    with pytest.raises(ValueError, match="embedded is"):
        TemplateLibrary(CHAPTERS, embedded=("names",))


def test_a_library_is_saved_and_loaded_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "library.json"
    LIBRARY.save(file)
    loaded = TemplateLibrary.load(file)
    assert loaded.chapters == LIBRARY.chapters
    assert SQUARE.example == Example("x^2 + 6x", ("3",), "(x+3)^2 - 9")
    assert json.loads(file.read_text())["Algebra"]["Quadratic equations"][0] == RECORD
    assert [each.name for each in loaded][:2] == ["Complete the square", "Quadratic formula"]
    assert len(loaded) == 8
    assert "roots are asked for" in structure_records(loaded)[0]["completion"]


# Search


@settings(max_examples=40)
@given(st.lists(words, min_size=3, max_size=3), st.lists(words, min_size=1, max_size=3))
def test_search_that_opens_everything_is_the_plain_one(three: list[str], method: list[str]) -> None:
    query = (three[0], " ".join(three[1:]), " ".join(method))
    flat, all_open = LIBRARY.search_flat(*query), LIBRARY.search(*query, chapters=9, sections=9)
    assert all_open.confidence == pytest.approx(flat.confidence, abs=1e-6)
    assert all_open.template is flat.template
    assert all_open.comparisons == flat.comparisons + len(CHAPTERS)
    assert LIBRARY.search(*query).confidence <= flat.confidence + 1e-6


def test_a_search_opens_the_best_shelves_alone() -> None:
    hit = LIBRARY.search("geometry", "triangle", "sine law", chapters=1, sections=1)
    assert (hit.chapter, hit.section, hit.template.name) == ("Geometry", "Triangles", "Law of sines")
    assert hit.comparisons == 3 + 2 + 2
    assert LIBRARY.search("geometry", "circles", "law of sines", chapters=1, sections=2).template.name == "Law of sines"
    # Nothing is recovered from a wrong chapter, but by opening another one.
    lost = LIBRARY.search("algebra", "triangles", "law of sines", chapters=1)
    assert lost.chapter == "Algebra"
    assert LIBRARY.search("algebra", "triangles", "law of sines", chapters=3).template.name == "Law of sines"
    with pytest.raises(ValueError, match="0 chapters and 2 sections"):
        LIBRARY.search("a", "b", "c", chapters=0)
    with pytest.raises(ValueError, match="give two finite numbers"):
        LIBRARY.search("a", "b", "c", weights=(float("nan"), 0.1))
    with pytest.raises(TypeError):
        LIBRARY.chapters["Logic"] = {}  # type: ignore[index]


def test_cosines_are_of_rows_of_length_1_whatever_the_encoder_gives() -> None:
    def letters(texts: Sequence[str]) -> torch.Tensor:
        return torch.tensor([[100.0 * text.count(c) for c in "abcdefghilmnorstuw"] for text in texts])

    library = TemplateLibrary(CHAPTERS, encoder=letters)
    hit = library.search("Geometry", "Triangles", "Law of sines")
    assert hit.template.name == "Law of sines"
    assert hit.confidence == pytest.approx(1, abs=1e-6)
    assert library.search("Geometry", "Triangles", "!?").confidence <= 0.1 + 1e-6


@pytest.mark.parametrize(
    "encode",
    [lambda texts: np.ones(len(texts)), lambda _: np.ones((2, 3)), lambda texts: np.full((len(texts), 2), np.nan)],
)
def test_an_encoder_that_gives_no_rows_is_refused(encode: Any) -> None:
    with pytest.raises(ValueError, match="the encoder gives an array of shape"):
        TemplateLibrary(CHAPTERS, encoder=encode).search("a", "b", "c")


def test_more_of_a_template_can_be_compared() -> None:
    library = TemplateLibrary(CHAPTERS, embedded=("name", "tags", "description", "scenarios"))
    assert library.search("Algebra", "Quadratic", "a square and a rest").template is SQUARE


# Plans


def test_a_plan_is_read_out_of_what_stands_around_it() -> None:
    steps = ["first", {"method": "Law of sines"}, {"instruction": "do", "method": "m", "category": "Counting"}]
    content = {"category": "Geometry", "direction": "Triangles", "method": "Law", "steps": steps}
    text = f"Let me [see] {{...\n```json\n{json.dumps(content)}\n```\n"
    plan = read_plan(text, most=3)
    assert plan.query == ("Geometry", "Triangles", "Law")
    assert [step.instruction for step in plan.steps] == ["first", "Law of sines", "do"]
    assert [step.query for step in plan.steps] == [
        None,
        ("Geometry", "Triangles", "Law of sines"),
        ("Counting", "Triangles", "m"),
    ]
    assert plan.text == text
    assert [step.instruction for step in read_steps('so: ["a", "b"]', plan.query, most=2)] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("no JSON", "no object of JSON"),
        ("{'category': 'Algebra'}", "no object of JSON"),
        ('{"category": "A"}', "direction is missing"),
        ('{"category": "A", "direction": "B", "method": 3}', "method is 3"),
        ('{"category": "A", "direction": "B", "method": "C", "steps": "x"}', "a list is needed"),
        ('{"category": "A", "direction": "B", "method": "C", "steps": [""]}', "neither a text nor an object"),
        ('{"category": "A", "direction": "B", "method": "C", "steps": ["x", "y", "z"]}', "it has 3 steps: at most 2"),
        ("[" * 100_000, "no object of JSON"),
    ],
)
def test_what_is_no_plan_is_said_not_to_be_one(text: str, why: str) -> None:
    with pytest.raises(UnreadableError, match=why):
        read_plan(text, most=2)


# Reasoning


class Told:
    """A model that answers by rule, and remembers what it was asked."""

    name = "told"

    def __init__(self, answer: Any) -> None:
        self.rule, self.asked, self.batches = answer, list[str](), list[int]()

    def answer(self, prompts: Sequence[str], **_: Any) -> list[str]:
        self.asked += prompts
        self.batches.append(len(prompts))
        return [self.rule(prompt) for prompt in prompts]


PLAN = {"category": "Geometry", "direction": "Triangles", "method": "Law of sines", "steps": ["look"]}
OWN = PLAN | {"steps": [{"method": "Law of sines"}, {"method": "Law of cosines"}]}


def navigate(prompt: str, plan: Any = PLAN) -> str:
    if prompt.startswith("Plan"):
        return json.dumps(plan)
    if "Merge the two" in prompt:
        return '["merged one", "merged two"]'
    if "went astray" in prompt:
        return '{"steps": ["another way"]}'
    return f"now: {len(prompt)}"


def reason(prompt: str) -> str:
    return f"{len(prompt)} letters. The answer is {len(prompt) % 7}."


def flux(navigator: Any = navigate, reasoner: Any = reason, **how: Any) -> TemplateReasoner:
    return TemplateReasoner(navigator, reasoner, LIBRARY, **how)


def astray_at(*steps: int) -> Any:
    return lambda _, moves: len(moves) not in steps


@pytest.mark.parametrize(
    ("plan", "how"),
    [
        (PLAN, {}),
        (PLAN, {"adjusts": False, "instructs": False}),
        (OWN, {}),
        (PLAN | {"steps": []}, {"adjusts": False}),
        (PLAN, {"on_track": astray_at(1, 2)}),
        (PLAN, {"on_track": astray_at(1, 2, 3, 4), "max_revisions": 1}),
        (PLAN | {"steps": [], "method": "zzz", "direction": "zzz"}, {}),
    ],
)
def test_side_by_side_is_the_plain_loop(plan: Any, how: dict[str, Any]) -> None:
    problems = ["short", "a longer problem", "one more", "the last of them all"]
    solver = flux(lambda prompt: navigate(prompt, plan), chapters=9, sections=9, **how)
    for problem, solution in zip(problems, solver.solve_many(problems), strict=True):
        answer, moves = reference_solve(solver, problem)
        assert solution.answer == answer
        assert solution.is_direct or solution.trajectory == [
            Move(move.step, move.instruction, each.hit, move.text)  # hits differ by their comparisons alone
            for move, each in zip(moves, solution.trajectory, strict=True)
        ]
        assert solution.is_finished
        assert solution.usage.calls == len(solution.texts)


def test_all_problems_are_asked_about_in_one_batch() -> None:
    navigator, reasoner = Told(navigate), Told(reason)
    solutions = flux(navigator, reasoner).solve_many(["a", "b", "c"])
    assert navigator.batches == [3, 3, 3, 3]
    assert reasoner.batches == [3, 3]
    assert [len(each.trajectory) for each in solutions] == [2, 2, 2]
    assert solutions[0].usage.unit == "characters"
    assert solutions[0].usage.calls == 6
    assert solutions[0].usage.written == sum(map(len, solutions[0].texts))


def test_tokens_are_counted_by_the_models_own_tokenizer(tiny_model: Path) -> None:
    model, tokenizer = AutoModelForCausalLM.from_pretrained(tiny_model), AutoTokenizer.from_pretrained(tiny_model)
    both = as_model(model, tokenizer)
    solver = flux(both, both, without_plan="direct", tries=1, plan_tokens=4, step_tokens=4)
    one, two = solver.solve_many(["a", "bb"])
    assert one.is_direct
    assert one.is_finished
    assert one.usage.unit == "tokens"
    assert two.usage.read == one.usage.read + 2  # each problem is read twice, and a byte is a token
    assert one.usage.written > 0
    assert any("gives no plan in 1 tries" in note for note in one.notes)


def test_each_step_has_a_template_of_its_own_where_it_names_one() -> None:
    reasoner = Told(reason)
    solution = flux(lambda prompt: navigate(prompt, OWN), reasoner).solve("x")
    assert [move.hit.template.name for move in solution.trajectory if move.hit] == ["Law of sines", "Law of cosines"]
    assert solution.template is None
    assert "Law of cosines" in reasoner.asked[1]
    assert solution.confidence == pytest.approx(1)


def test_below_the_threshold_it_is_solved_without_a_template_and_that_is_said() -> None:
    reasoner = Told(reason)
    far = {"category": "zzz", "direction": "zzz", "method": "qqq", "steps": []}
    solution = flux(lambda prompt: navigate(prompt, far), reasoner).solve("x")
    assert solution.is_direct
    assert solution.template is None
    assert "no template for 'qqq'" in solution.notes[0]
    assert reasoner.asked == [Prompts().direct("x")]
    stepped = flux(lambda prompt: navigate(prompt, far | {"steps": ["look"]})).solve("x")
    assert [move.hit for move in stepped.trajectory] == [None]
    assert not stepped.is_direct


def test_a_plan_that_cannot_be_read_is_asked_for_three_times_and_kept() -> None:
    navigator = Told(lambda prompt: "no plan" if "bad" in prompt else navigate(prompt))
    with pytest.raises(PlanError, match="gives no plan in 3 tries: there is no object of JSON in it") as error:
        flux(navigator).solve_many(["good", "bad"])
    assert error.value.text == "no plan"
    good, bad = error.value.solutions
    assert good.is_finished
    assert good.answer
    assert bad.texts == ["no plan"] * 3
    assert not bad.is_finished
    assert navigator.batches[:3] == [2, 1, 1]


def test_what_cannot_be_merged_or_revised_is_refused_or_left_as_it_was() -> None:
    def broken(prompt: str) -> str:
        return "?" if "Merge" in prompt or "astray" in prompt else navigate(prompt)

    with pytest.raises(PlanError, match="no merged plan") as error:
        flux(broken).solve("x")
    assert not error.value.solutions[0].is_finished
    with pytest.raises(PlanError, match="no revised plan") as error:
        flux(broken, adjusts=False, on_track=astray_at(1)).solve("x")
    assert [move.text for move in error.value.solutions[0].trajectory]
    assert not error.value.solutions[0].is_finished
    solution = flux(broken, on_track=astray_at(1), without_plan="direct").solve("x")
    assert [move.step.instruction for move in solution.trajectory] == ["look"]
    assert solution.is_finished


def test_a_plan_is_revised_where_a_step_went_astray_and_so_often_at_most() -> None:
    solution = flux(on_track=astray_at(1)).solve("x")
    assert [move.step.instruction for move in solution.trajectory] == ["merged one", "another way"]
    assert solution.revisions == 1
    stubborn = flux(on_track=astray_at(*range(20)), max_revisions=2).solve("x")
    assert stubborn.revisions == 2
    assert "step 3 went astray" in stubborn.notes[-1]
    short = flux(on_track=astray_at(*range(20)), max_revisions=9, max_steps=2).solve("x")
    assert len(short.trajectory) == 2


@pytest.mark.parametrize("verdict", [float("nan"), None, "yes", [True]])
def test_an_evaluator_that_gives_something_else_is_refused_and_what_was_written_kept(verdict: Any) -> None:
    with pytest.raises(ReasoningError, match=r"on_track gives .* for step 1: give True or False") as error:
        flux(on_track=lambda *_: verdict).solve("x")
    (solution,) = error.value.solutions
    assert len(solution.trajectory) == 1
    assert solution.answer
    assert not solution.is_finished


def test_what_was_written_before_a_model_fails_is_kept() -> None:
    def fail(prompt: str) -> str:
        if "Step 1" in prompt:
            raise RuntimeError("out of memory")
        return reason(prompt)

    with pytest.raises(ReasoningError, match="out of memory") as error:
        flux(reasoner=fail).solve_many(["x", "y"])
    for solution in error.value.solutions:
        assert len(solution.trajectory) == 1
        assert len(solution.left) == 1
    few = Told(reason)
    few.answer = lambda *_, **__: ["one"]  # type: ignore[method-assign]
    with pytest.raises(ReasoningError, match="gives 1 answers to 2 prompts"):
        flux(reasoner=few).solve_many(["x", "y"])
    few.answer = lambda *_, **__: [None]  # type: ignore[method-assign, assignment, list-item, return-value]
    with pytest.raises(ReasoningError, match="told answers NoneType, not text"):
        flux(reasoner=few).solve("x")


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"max_steps": 0}, "max_steps is 0"),
        ({"tries": 0}, "tries is 0"),
        ({"least_confidence": 2.0}, "least_confidence is 2.0"),
        ({"without_plan": "guess"}, "without_plan is 'guess'"),
        ({"temperature": -1.0}, "temperature is -1.0"),
    ],
)
def test_senseless_settings_are_refused(how: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        flux(**how)
    long = read_plan(json.dumps(PLAN | {"steps": ["a"] * 3}), most=3)
    with pytest.raises(ValueError, match="2 problems come with 1 plans"):
        flux().solve_many(["x", "y"], plans=[None])
    with pytest.raises(ValueError, match="a plan of 3 steps is given: at most 2"):
        flux(max_steps=2).solve("x", plan=long)


# Pairs


def varied() -> Any:
    """A navigator whose samples differ: the right method, a wrong one, and no plan."""
    texts = [
        json.dumps(PLAN | {"steps": [{"method": "Law of sines"}]}),
        json.dumps(PLAN | {"steps": [{"method": "Law of cosines"}]}),
        "none",
        json.dumps(PLAN | {"steps": [{"method": "Law of sines"}]}),
    ]
    navigator = Told(None)

    def answer(prompts: Sequence[str], **_: Any) -> list[str]:
        return [texts[at % 4] for at in range(len(prompts))]

    navigator.answer = answer  # type: ignore[method-assign]
    return navigator


def by_sines(prompt: str) -> str:
    return "The answer is 1." if "Law of sines" in prompt or "easy" in prompt else "The answer is 2."


SIMILAR = [("y", "1"), ("z", "1")]


def test_pairs_prefer_the_plan_that_solves_similar_problems() -> None:
    solver = flux(varied(), by_sines, instructs=False)
    pairs = build_trajectory_pairs(["x"], [SIMILAR], solver, n=4, conversational=False)
    assert [plan.reward for plan in pairs.plans[0]] == [1, 0]
    (record,) = pairs.records
    assert "Law of sines" in record["chosen"]
    assert "Law of cosines" in record["rejected"]
    assert record["prompt"] == solver.prompts.plan("x", LIBRARY, 10)
    assert (pairs.ties, pairs.unreadable) == (0, 1)
    chat = build_trajectory_pairs(["x"], [SIMILAR], solver, n=4).records[0]
    assert chat["chosen"] == [{"role": "assistant", "content": record["chosen"]}]
    assert reward_plan(read_plan(record["chosen"], most=1), [*SIMILAR, ("w", "2")], solver) == pytest.approx(2 / 3)


def test_problems_whose_plans_tie_give_no_pair() -> None:
    solver = flux(varied(), by_sines, instructs=False)
    easy = [("easy y", "1"), ("z", "1")]
    pairs = build_trajectory_pairs(["x", "w"], [easy, SIMILAR], solver, n=4, margin=0.6)
    assert pairs.ties == 1
    assert len(pairs.records) == 1
    assert len(build_trajectory_pairs(["x"], [easy], solver, n=4, margin=0.5).records) == 1


def test_a_problem_is_not_judged_by_itself_unless_that_is_allowed() -> None:
    solver = flux(varied(), by_sines, instructs=False)
    with pytest.raises(ValueError, match="is among those like it"):
        build_trajectory_pairs(["x  Y"], [[("X y", "1")]], solver)
    assert build_trajectory_pairs(["x"], [[("x", "1")]], solver, n=2, allow_itself=True).records
    for how, message in (({"margin": 0.0}, "margin is 0.0"), ({"n": 1}, "n is 1"), ({"most": 0}, "most is 0")):
        with pytest.raises(ValueError, match=message):
            build_trajectory_pairs(["x"], [SIMILAR], solver, **how)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="nothing is like"):
        build_trajectory_pairs(["x"], [[]], solver)
    with pytest.raises(ValueError, match="2 problems come with 1"):
        build_trajectory_pairs(["x", "y"], [SIMILAR], solver)


def test_pairs_of_the_problems_before_an_error_are_kept() -> None:
    def verdict(answer: str, gold: str) -> Any:
        return float("nan") if gold == "?" else answer == gold

    solver = flux(varied(), by_sines, instructs=False)
    with pytest.raises(PairsError, match="behind 1 of 2 problems: is_right gives nan") as error:
        build_trajectory_pairs(["x", "w"], [SIMILAR, [("v", "?")]], solver, n=4, is_right=verdict, batch=1)
    assert len(error.value.pairs.records) == 1


def test_the_example_of_the_page_runs() -> None:
    run_example("thought_templates")
