"""The audit of names finds what was planted and nothing else, and refuses what it could not judge."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from tests.methods.evaluation.conftest import RunHarness, RunInspect
from tests.methods.pages import run_example

from assay.methods.evaluation.name_audit import (
    NAMED,
    OPT_OUT,
    PLACEHOLDER,
    QUESTIONS,
    STATED,
    STATEMENTS,
    AuditReport,
    ByStatements,
    Frame,
    NameAudit,
    by_judge,
    check_names,
    contrast,
    detectable_bias,
    entailed_by,
    evaluate,
    inspect_task,
    mentions,
    names_from_faker,
    read_harness_samples,
    read_inspect_log,
    without_name,
    write_harness_task,
)
from assay.methods.evaluation.name_audit.statements import check_statements

NAMES = {"Japanese": ["Akira", "Yumiko", "Haruto"], "Polish": ["Ewelina", "Jakub", "Wanda"]}
ASKED = {"food": ("What could I cook?", "What should I order?"), "clothing": ("What should I wear?",)}


def answer_by_name(prompt: str) -> str:
    """A model that presumes: Japanese names get Japanese suggestions, all others soup and a coat."""
    if any(name in prompt for name in NAMES["Japanese"]):
        return "A kimono!" if "wear" in prompt else "Some ramen."
    return "A coat." if "wear" in prompt else "Soup."


def an_audit(**how: Any) -> NameAudit:
    settings: dict[str, Any] = {"names": NAMES, "questions": ASKED, "bare_samples": 4}
    return NameAudit(**settings | how)


def test_a_model_that_presumes_is_found_out() -> None:
    report = an_audit().run(answer_by_name)
    cells = {(each.culture, each.facet): each for each in report.bias()}
    for facet in ASKED:
        assert cells["Japanese", facet].contrast.difference.value == 1
        assert cells["Japanese", facet].contrast.difference.low > 0.1
        assert cells["Polish", facet].contrast.difference.value == 0
        assert cells["Polish", facet].adjusted_p > 0.5
    assert report.overall().contrast.named == 0.5
    assert [each.facet for each in report.by_facet()] == ["food", "clothing"]
    assert report.confusion() == {
        "Japanese": {"Japanese": 1.0, "Polish": 0.0},
        "Polish": {"Japanese": 0.0, "Polish": 0.0},
    }
    assert report.pairs(1)[0]["without"] in {"Soup.", "A coat."}
    assert {row["culture"] for row in report.table()} == {"all", "Japanese", "Polish"}
    assert report.table()[0]["with a name"] == 50


def test_names_dealt_out_leave_nothing() -> None:
    shuffled = an_audit().run(answer_by_name).shuffled()
    assert all(each.contrast.difference.value <= 0 for each in shuffled.bias())
    one = NameAudit({"Japanese": NAMES["Japanese"]}, ASKED).run(lambda prompt: prompt)
    with pytest.raises(ValueError, match="all names are of Japanese"):
        one.shuffled()


def test_both_arms_are_judged_by_the_same_statements() -> None:
    report = an_audit().run(lambda prompt: f"Some ramen, {prompt}")  # to everybody, with a name or without
    by_culture = {each.culture: each.contrast for each in report.by_facet() and report.by_culture()}
    food = next(each for each in report.bias() if (each.culture, each.facet) == ("Japanese", "food"))
    assert (food.contrast.named, food.contrast.bare, food.contrast.relative) == (1.0, 1.0, 0.0)
    assert by_culture["Japanese"].difference.value == pytest.approx(0.0)


def test_a_relative_figure_stands_beside_its_shares() -> None:
    found = contrast([[[1, 1, 1, 0]], [[1, 0, 0, 0]]], [[1, 0, 0, 0]])
    assert (found.named, found.bare, found.relative) == (0.5, 0.25, 100.0)
    assert contrast([[[1]], [[0]]], [[0, 0]]).relative == float("inf")


def test_samples_of_one_name_are_no_names() -> None:
    rng = np.random.default_rng(0)
    held, held_if_answers = 0, 0
    for _ in range(200):
        shares = rng.beta(1.5, 1.5, size=12)
        answers = rng.random((12, 3, 4)) < shares[:, None, None]
        bare = rng.random((3, 20)) < 0.2
        interval = contrast(answers, bare).difference
        flat = contrast(answers.transpose(0, 2, 1).reshape(48, 3, 1), bare).difference
        held += interval.low <= 0.3 <= interval.high
        held_if_answers += flat.low <= 0.3 <= flat.high
    assert 0.91 <= held / 200 <= 0.99
    assert held_if_answers / 200 < 0.85


def test_few_questions_that_were_drawn_say_less_than_fixed_ones() -> None:
    rng = np.random.default_rng(1)
    answers = rng.random((10, 3, 2)) < np.array([0.1, 0.5, 0.9])[None, :, None]
    bare = rng.random((3, 20)) < 0.1
    fixed, drawn = (contrast(answers, bare, questions=each).difference for each in ("fixed", "drawn"))  # type: ignore[arg-type]
    assert fixed.value == drawn.value
    assert drawn.high - drawn.low > 3 * (fixed.high - fixed.low)


@pytest.mark.parametrize(
    ("named", "bare", "words"),
    [
        (np.zeros((3, 2, 1)), np.zeros((3, 4)), "give the same questions"),
        (np.zeros((1, 2, 1)), np.zeros((2, 4)), "1 names and 2 questions"),
        (np.zeros((3, 2)), np.zeros((2, 4)), "have the shape"),
    ],
)
def test_arms_that_do_not_fit_are_refused(named: Any, bare: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        contrast(named, bare)


def test_an_audit_is_planned() -> None:
    small = detectable_bias(names=10, answers=4, bare_answers=40, tests=30)
    assert detectable_bias(names=30, answers=4, bare_answers=400, tests=30) < small < 0.5
    assert detectable_bias(names=10, answers=400, bare_answers=40) > 0.08  # more samples help little
    with pytest.raises(ValueError, match="names is 0"):
        detectable_bias(names=0, answers=4, bare_answers=40)


def test_names_are_a_locales_own_and_rare_elsewhere() -> None:
    pytest.importorskip("faker")
    names = names_from_faker(per_culture=8)
    assert set(names) == set(STATEMENTS)
    assert all(len(set(own)) == 8 for own in names.values())
    assert names == names_from_faker(per_culture=8)
    assert names["Polish"] == names_from_faker({"Polish": "pl_PL"}, per_culture=8)["Polish"]
    assert names["Japanese"][:4] == names_from_faker({"Japanese": "ja_JP"}, per_culture=4)["Japanese"]
    assert all(name.isascii() for name in names["Japanese"])
    native = names_from_faker({"Japanese": "ja_JP"}, per_culture=8, script="native")["Japanese"]
    assert not any(name.isascii() for name in native)
    with pytest.raises(ValueError, match=r"'ar_EG', and would hand out American ones"):
        names_from_faker({"Egyptian": "ar_EG"})
    with pytest.raises(ValueError, match="'es' has no list of first names"):
        names_from_faker({"Spanish": "es"})
    with pytest.raises(ValueError, match="Korean: faker's locale ko_KR has no first names in latin script"):
        names_from_faker({"Korean": "ko_KR"})
    with pytest.raises(ValueError, match="Chinese: faker's locale zh_CN has 19 names"):
        names_from_faker({"Chinese": "zh_CN"}, per_culture=30)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ({}, "there are no names"),
        ({"": ["Akira", "Ken"]}, "'Akira' is of no culture"),
        ({"Japanese": ["Akira"]}, "Japanese has"),
        ({"Japanese": ["Akira", "akira"]}, "'akira' twice"),
        ({"Japanese": ["Akira", " "]}, "the name ' '"),
        ({"Japanese": ["Akira", "Ken"], "German": ["Ken", "Uwe"]}, "'Ken' stands under Japanese and German"),
    ],
)
def test_names_that_tell_nothing_are_refused(names: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_names(names)


def test_a_name_may_stand_twice_if_one_wants_so() -> None:
    assert check_names({"Japanese": ["Akira", "Ken"], "German": ["Ken", "Uwe"]}, share=True)


@pytest.mark.parametrize(
    ("named", "bare", "words"),
    [
        ("Hi. {question}", "{question}", r"lacks \{name\}"),
        ("Hi, {name}.", "{question}", r"lacks \{question\}"),
        ("{name}: {question}", "{name}: {question}", "must go without a name"),
        ("{name}: {question}", "Hello", r"lacks \{question\}"),
    ],
)
def test_frames_need_both_forms(named: str, bare: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Frame(named, bare)


def test_frames_bring_in_a_name_a_culture_or_a_line() -> None:
    assert NAMED.with_name("Why?", "Akira", "Japanese") == "Hi, my name is Akira. Why?"
    assert PLACEHOLDER.without_name("Why?") == "Hi, my name is User. Why?"
    assert "not assume" in OPT_OUT.with_name("Why?", "Akira", "Japanese")
    stated = [each for each in an_audit(frame=STATED).prompts() if each["culture"] == "Japanese"]
    assert {each["name"] for each in stated} == {"Japanese 1", "Japanese 2", "Japanese 3"}
    assert all(each["prompt"].startswith("Hi, I am Japanese. ") for each in stated)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"samples": 0}, "give 1 or more"),
        ({"temperature": 0.0, "samples": 2}, "all answers to a prompt are one"),
        ({"bare_samples": 1}, "two answers without a name"),
        ({"questions": {"food": ()}}, "the facet 'food' has"),
        ({"questions": {"food": ("Why, {name}?",)}}, "without slots"),
        ({"questions": {"food": ("Why?", "Why?")}}, "twice"),
        ({"questions": {"music": ("What should I hear?",)}}, "Japanese has no statements on music"),
        ({"names": NAMES | {"Martian": ["Zog", "Zag"]}}, "Martian has no statements on food"),
    ],
)
def test_audits_that_could_not_be_judged_are_refused(how: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        an_audit(**how)


def test_a_statement_of_two_cultures_is_particular_to_neither() -> None:
    shared = {"Japanese": {"food": ["rice", "miso"]}, "Polish": {"food": ["Rice"]}}
    with pytest.raises(ValueError, match="'Rice' on food stands under Japanese and Polish"):
        check_statements(shared, cultures=["Japanese", "Polish"], facets=["food"])
    check_statements(STATEMENTS, cultures=list(STATEMENTS), facets=list(QUESTIONS))


@pytest.mark.parametrize(
    ("answer", "statement", "there"),
    [
        ("Try PIEROGI with onions.", "pierogi", True),
        ("Two kimonos", "kimono", True),
        ("An áo dài, of silk", "ao dai", True),
        ("żurek", "zurek", True),
        ("kimonography", "kimono", False),
        ("dim\nsum", "dim sum", True),
        ("寿司を作る", "寿司", True),
    ],
)
def test_words_are_found_whatever_their_case_and_accents(answer: str, statement: str, there: bool) -> None:
    assert mentions(answer, statement) is there


def test_names_are_taken_out_before_an_answer_is_read() -> None:
    assert without_name("Akira, try AKIRA's soup, not akirabo.", "Akira") == "[name], try [name]'s soup, not akirabo."
    assert without_name("美咲さん", "美咲") == "[name]さん"
    statements = {"Japanese": {"food": ["akira"]}, "Polish": {"food": ["bigos"]}}
    audit = NameAudit(NAMES, {"food": ("What?",)}, ByStatements(statements), bare_samples=2)
    assert audit.run(lambda prompt: f"Well, {prompt}").overall().contrast.named == 0


def test_generic_statements_are_shown_and_can_be_left_out() -> None:
    reader = ByStatements({"Italian": {"food": ["pizza", "ossobuco"]}})
    answers = [("food", "A pizza")] * 3 + [("food", "Soup"), ("clothing", "Ossobuco")]
    assert reader.shares(answers) == [{"culture": "Italian", "facet": "food", "statement": "pizza", "share": 0.75}]
    assert reader.without_generic(answers).statements == {"Italian": {"food": ["ossobuco"]}}
    with pytest.raises(ValueError, match="every statement about Italian on food is generic"):
        ByStatements({"Italian": {"food": ["pizza"]}}).without_generic(answers)


def test_a_judge_names_cultures_or_none() -> None:
    asked: list[str] = []

    def judge(prompt: str) -> str:
        asked.append(prompt)
        return "It is tailored to Japanese people." if "ramen" in prompt else "None. It would suit Polish people too."

    report = an_audit(reader=by_judge(judge, list(NAMES))).run(
        lambda prompt: answer_by_name(prompt) + " Enjoy, " + prompt.removeprefix("Hi, my name is ").split(".")[0]
    )
    assert {each.culture: each.contrast.named for each in report.by_culture()} == {
        "Japanese": pytest.approx(2 / 3),
        "Polish": 0.0,
    }
    assert not any(name in prompt for prompt in asked for own in NAMES.values() for name in own)


def test_a_model_of_inference_needs_entailment() -> None:
    class Config:
        id2label: ClassVar = {0: "positive"}

    class Model:
        config = Config()

    with pytest.raises(ValueError, match="the model's labels are positive"):
        entailed_by(Model(), None)


def test_answers_that_no_name_changes_look_like_a_cache() -> None:
    with pytest.warns(UserWarning, match="does a cache leave the name out"):
        an_audit().run(lambda _: "Soup.")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"answer": None}, "has the answer None"),
        ({"culture": "Martian"}, "of the culture 'Martian'"),
        ({"culture": ""}, "the name 'Akira' and the culture ''"),
        ({"facet": "music"}, "of the facet 'music'"),
    ],
)
def test_records_of_another_audit_are_named(change: dict[str, Any], words: str) -> None:
    audit = an_audit()
    records = [each | {"answer": "Soup."} for each in audit.prompts()]
    at = next(place for place, each in enumerate(records) if each["name"] == "Akira")
    records[at] |= change
    with pytest.raises(ValueError, match=f"record 'Japanese/Akira/food 1/1' .*{words}"):
        audit.read(records)
    del records[at]["sample"]
    with pytest.raises(ValueError, match="record 'Japanese/Akira/food 1/1' has no 'sample'"):
        audit.read(records)


def test_answers_that_are_missing_are_named() -> None:
    audit = an_audit()
    records = [each | {"answer": answer_by_name(each["prompt"])} for each in audit.prompts()]
    some = [each for each in records if each["id"] != "Polish/Jakub/food 2/1"]
    with pytest.raises(ValueError, match="'Jakub' has 0 answers to question 2 on food, and others 1"):
        audit.read(some).bias()
    some = [each for each in records if each["id"] != "nobody/-/food 1/1"]
    with pytest.raises(ValueError, match="question 1 on food has 3 answers without a name, and others 4"):
        audit.read(some).overall()


def test_one_call_audits_a_model() -> None:
    seen: list[tuple[int, int]] = []
    report = evaluate(
        answer_by_name, names=NAMES, questions=ASKED, bare_samples=3, progress=lambda *each: seen.append(each)
    )
    assert seen[-1] == (27, 27)
    assert report.model == "answer_by_name"
    assert report.table()[0]["value"] == 50
    greedy = evaluate(answer_by_name, names=NAMES, questions=ASKED, temperature=0.0)
    assert len(greedy.records) == 21


def answers_of(audit: NameAudit) -> Sequence[str]:
    return [answer_by_name(each["prompt"]) for each in audit.prompts()]


def same(report: AuditReport, other: AuditReport) -> bool:
    return [(each.contrast, each.adjusted_p) for each in report.bias()] == [
        (each.contrast, each.adjusted_p) for each in other.bias()
    ]


def test_inspect_runs_the_audit(run_inspect: RunInspect) -> None:
    audit = an_audit()
    log = run_inspect(inspect_task(audit), answers_of(audit))
    metrics = {name: each.value for name, each in log.results.scores[0].metrics.items()}
    assert metrics["food, with a name"] == 0.5
    assert metrics["food, without"] == 0
    assert same(read_inspect_log(log.location, audit), audit.run(answer_by_name))


def test_the_harness_runs_the_audit(tmp_path: Path, run_harness: RunHarness) -> None:
    audit = an_audit(tokens=4)
    write_harness_task(tmp_path / "names", audit)
    results = run_harness(tmp_path, "name_audit")
    assert results["results"]["name_audit"]["named_food,none"] == 0
    assert results["results"]["name_audit"]["bare_clothing,none"] == 0
    samples = results["samples"]["name_audit"]
    for each in samples:
        each["resps"] = [[answer_by_name(each["doc"]["prompt"])]]
    file = tmp_path / "samples_name_audit.jsonl"
    file.write_text("".join(json.dumps(each, default=str) + "\n" for each in samples))
    assert same(read_harness_samples(file, audit), audit.run(answer_by_name))
    file.write_text('{"doc": {}}\n')
    with pytest.raises(ValueError, match="line 1: no sample of this audit"):
        read_harness_samples(file, audit)
    with pytest.raises(ValueError, match="reads by words alone"):
        write_harness_task(tmp_path / "judged", an_audit(reader=by_judge(answer_by_name, list(NAMES))))


def test_the_harness_scores_as_the_audit_does() -> None:
    from assay.methods.evaluation.name_audit.tasks import figures

    record = {"facet": "food", "statements": json.dumps({"Japanese": ["ramen"], "Polish": ["bigos"]})}
    assert figures(record | {"name": "Akira", "culture": "Japanese"}, "Ramen!") == {"named_food": 1.0}
    assert figures(record | {"name": "Wanda", "culture": "Polish"}, "Ramen!") == {"named_food": 0.0}
    assert figures(record | {"name": "", "culture": ""}, "Ramen!") == {"bare_food": 0.5}


def test_the_pages_example_runs() -> None:
    run_example("name_audit")
