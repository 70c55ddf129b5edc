"""WiCkeD keeps every question answerable, draws each by itself, and turns what the harness and inspect_ai have."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.methods.evaluation.conftest import RunHarness, RunInspect
from tests.methods.pages import run_example

from assay.methods._choices import Choice
from assay.methods._models import ModelError
from assay.methods.evaluation import as_model
from assay.methods.evaluation.wicked import (
    Wicked,
    WickedItem,
    as_records,
    asks_for_the_best,
    compare,
    evaluate,
    inspect_task,
    make_wicked,
    wicked_config,
    wicked_dataset,
    wicked_samples,
    write_wicked_task,
    write_wicked_tasks,
)
from assay.methods.evaluation.wicked._report import mcnemar

NONE = "None of the above"
SWIMS: dict[str, Any] = {
    "id": "toy-1",
    "question": "Which of these swims?",
    "choices": ["crow", "pike", "mole", "hare"],
    "answer": 1,
}


def many(count: int, options: int = 4) -> list[dict[str, Any]]:
    return [
        {
            "id": f"q{i}",
            "question": f"Number {i}?",
            "choices": [f"{i}.{j}" for j in range(options)],
            "answer": i % options,
        }
        for i in range(count)
    ]


def is_answerable(item: WickedItem) -> bool:
    """By texts alone: the right text is there and right, or it is gone and the new one is; the others stay."""
    before, after = item.original, item.item
    right = before.choices[before.answer]
    kept = [each for each in before.choices if each in after.choices]
    return (
        after.choices == (*kept, NONE)
        and len(kept) == len(before.choices) - 1
        and after.choices[after.answer] == (right if right in after.choices else NONE)
    )


@given(st.integers(0, 10_000), st.integers(3, 8), st.data())
def test_every_question_stays_answerable(seed: int, options: int, data: st.DataObject) -> None:
    record = many(1, options)[0] | {"answer": data.draw(st.integers(0, options - 1))}
    (item,) = make_wicked([record], Wicked(seed=seed))
    assert is_answerable(item)


@pytest.mark.parametrize("options", [3, 4, 5])
def test_none_is_right_of_one_in_n(options: int) -> None:
    items = make_wicked(many(5_000, options))
    share = Counter(item.kind for item in items)["none is right"] / 5_000
    assert share == pytest.approx(1 / options, abs=3 * (1 / options * (1 - 1 / options) / 5_000) ** 0.5)
    assert all(item.new_option == options - 1 for item in items)


def test_a_draw_depends_on_the_question_and_the_seed_alone() -> None:
    records = many(60)
    drawn = {item.item.id: item.removed for item in make_wicked(records)}
    assert {item.item.id: item.removed for item in make_wicked(records[::-2])}.items() <= drawn.items()
    assert [item.removed for item in make_wicked(records, Wicked(seed=1))] != list(drawn.values())
    nameless = [{key: value for key, value in record.items() if key != "id"} for record in records]
    assert [i.removed for i in make_wicked(nameless)] == [i.removed for i in make_wicked(nameless[::-1])][::-1]


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("Which is the most likely cause?", True),
        ("What is the main reason for it?", True),
        ("Which of the following is not a mammal?", True),
        ("All of these swim EXCEPT", True),
        ("What is the capital of France?", False),
        ("Who wrote at least ten operas?", False),
        ('Which word means "the most distant point"?', False),
        ("Why did the army not cross the river?", False),
    ],
)
def test_questions_for_the_best_answer_are_told_by_their_words(question: str, best: bool) -> None:
    assert asks_for_the_best(question) is best


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"question": "Which swims best?"}, "best of several answers"),
        ({"choices": ["crow", "pike", "mole", "All of the above"]}, "'All of the above' is about the others"),
        ({"choices": ["crow", "pike", "mole", "none of these."]}, "about the others"),
        ({"choices": ["crow", "pike", "mole", "Both A and B"]}, "about the others"),
    ],
)
def test_what_would_become_incoherent_stays(change: dict[str, Any], why: str) -> None:
    (item,) = make_wicked([SWIMS | change])
    assert (item.kind, item.removed, item.new_option) == ("unchanged", None, None)
    assert item.item is item.original
    assert why in item.why
    (turned,) = make_wicked([SWIMS | {"question": "Which swims best?"}], Wicked(best_answer=lambda question: False))
    assert turned.kind != "unchanged"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"choices": ["crow", "pike", "Pike ", "hare"]}, "record 'toy-1' has the option 'pike' twice"),
        ({"choices": ["crow", "pike"]}, "record 'toy-1' has 2 options: WiCkeD needs 3"),
        ({"choices": []}, "record 'toy-1' has 0 options"),
        ({"answer": 4}, "record 'toy-1' has the answer 4"),
        ({"choices": ["crow", "pike", "", "hare"]}, "record 'toy-1' has nothing as option C"),
    ],
)
def test_a_record_that_cannot_be_turned_is_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make_wicked([SWIMS | change])


def test_unfit_questions_may_stay_and_settings_are_checked() -> None:
    (item,) = make_wicked([SWIMS | {"choices": ["pike", "pike", "crow"]}], Wicked(unfit="leave"))
    assert item.why.startswith("it has the option 'pike' twice")
    for wrong in ({"seed": 0.5}, {"text": " "}, {"unfit": "drop"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Wicked(**wrong)  # type: ignore[arg-type]


def test_records_keep_the_form_of_their_answer() -> None:
    texts = {"text": SWIMS["choices"], "label": ["1", "2", "3", "4"]}
    forms = [SWIMS, SWIMS | {"answer": "B"}, SWIMS | {"answer": "pike"}, SWIMS | {"choices": texts, "answer": "2"}]
    items = make_wicked(forms)
    assert len({item.removed for item in items}) == 1
    number, letter, text, label = as_records(items)
    right = number["choices"][number["answer"]]
    assert (letter["choices"]["ABCD".index(letter["answer"])], text["answer"]) == (right, right)
    assert label["choices"]["text"][int(label["answer"]) - 1] == right
    assert label["choices"]["label"] == ["1", "2", "3", "4"]
    assert number["wicked_removed"] not in number["choices"]
    assert SWIMS["choices"] == ["crow", "pike", "mole", "hare"]
    (added,) = as_records(make_wicked(forms[3:], Wicked(remove=False)))
    assert added["choices"] == {"text": [*SWIMS["choices"], NONE], "label": ["1", "2", "3", "4", "5"]}
    assert added["answer"] == "2"


def test_datasets_come_back_as_datasets() -> None:
    datasets = pytest.importorskip("datasets")
    dataset = wicked_dataset(datasets.Dataset.from_list(many(8)), Wicked(seed=2))
    assert dataset[3]["choices"][-1] == NONE
    assert dataset["choices"][:] == wicked_dataset(datasets.Dataset.from_list(many(8)), Wicked(seed=2))["choices"][:]


# What a model makes of it


def knows(item_text: str) -> str:
    """Answers as one who knows which are right: ``i.j`` is right if j is i modulo 4; else none is."""
    number = int(item_text.split()[1].rstrip("?"))
    for line in item_text.splitlines()[1:5]:
        if line[3:] == f"{number}.{number % 4}":
            return line[0]
    return "D"


def takes_the_least_bad(item_text: str) -> str:
    """The same, but never that none is right."""
    letter = knows(item_text)
    return "A" if NONE in item_text and letter == "D" and not item_text.splitlines()[4].startswith("D. 1") else letter


def test_one_who_knows_loses_nothing_and_one_who_guesses_the_rest_does() -> None:
    sure = evaluate(knows, many(200))
    assert (sure.original.value, sure.wicked.value, sure.drop.value) == (1, 1, 0)
    assert sure.drop.low < 0 < sure.drop.high
    weak = evaluate(takes_the_least_bad, many(200))
    before, after = weak.by_kind["none is right"]
    assert (before.value, after.value) == (1, 0)
    assert weak.by_kind["wrong one removed"][1].value == 1
    assert weak.drop.value == pytest.approx(weak.none_is_right) == weak.outcomes["right, wrong"] / 200
    assert weak.drop.low > 0
    assert weak.p_value < 1e-6
    assert weak.picks_none is not None
    assert weak.picks_none.value == 0
    rows = {row["figure"]: row for row in weak.table()}
    assert rows["drop"]["low"] <= rows["drop"]["value"] <= rows["drop"]["high"]
    assert rows["accuracy, WiCkeD, none is right"]["value"] == 0


def test_questions_that_hang_together_widen_the_interval() -> None:
    records = [record | {"about": i // 20} for i, record in enumerate(many(200))]
    apart, together = evaluate(takes_the_least_bad, records), evaluate(takes_the_least_bad, records, cluster="about")
    assert apart.drop.value == together.drop.value
    assert together.drop.clusters == 10
    with pytest.raises(ValueError, match="question 'q0' has no 'event'"):
        evaluate(knows, records, cluster="event")


def test_an_answer_that_names_no_option_is_wrong_and_counted() -> None:
    report = evaluate(lambda prompt: "I do not know.", many(10))
    assert (report.unanswered, report.wicked.value) == (1, 0)
    with pytest.raises(ModelError, match="tells no likelihoods"):
        evaluate(knows, many(10), scoring="likelihood")
    with pytest.raises(ValueError, match="scoring is 'rank': choose"):
        evaluate(knows, many(10), scoring="rank")  # type: ignore[arg-type]


def test_choices_of_other_questions_are_refused() -> None:
    items = make_wicked(many(2))
    before, after = [Choice(i.original, 0) for i in items], [Choice(i.item, 0) for i in items]
    with pytest.raises(ValueError, match="there are 2 questions, 2 choices before and 1 after"):
        compare(items, before, after[:1])
    with pytest.raises(ValueError, match="a choice for question 'q0' is of another one"):
        compare(items, before, after[::-1])
    with pytest.raises(ValueError, match="no questions"):
        compare([], [], [])


def test_mcnemar_counts_coins() -> None:
    assert mcnemar(0, 0) == 1
    assert mcnemar(5, 0) == pytest.approx(2 / 32)


# lm-evaluation-harness

ARC = {
    "doc_to_text": "Question: {{question}}\nAnswer:",
    "doc_to_target": "{{choices.label.index(answerKey)}}",
    "doc_to_choice": "{{choices.text}}",
}
MMLU = {
    "doc_to_text": "{{question}}\nA. {{choices[0]}}\nB. {{choices[1]}}\nC. {{choices[2]}}\nD. {{choices[3]}}\nAnswer:",
    "doc_to_choice": ["A", "B", "C", "D"],
    "doc_to_target": "answer",
}
NUMBERED = {
    "doc_to_text": "{{stem}}\n1: {{option_1}}\n2: {{option_2}}\n3: {{option_3}}\n4: {{option_4}}\n",
    "doc_to_choice": "{{['1', '2', '3', '4']}}",
    "doc_to_target": "{{right - 1}}",
}
SCIQ = {
    "doc_to_text": "Question: {{question}}\nAnswer:",
    "doc_to_target": 3,
    "doc_to_choice": "{{[distractor1, distractor2, distractor3, correct_answer]}}",
}
SHOWN = {
    "doc_to_text": lambda doc: f"{doc['question']} {', '.join(doc['choices'])}?",
    "doc_to_choice": "choices",
    "doc_to_target": lambda doc: doc["choices"][doc["answer"]],
}
TEXTS: list[str] = SWIMS["choices"]
ASKED = {"id": "toy-1", "question": "Which of these swims?"}
DOCS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "arc": (ARC, ASKED | {"choices": {"text": TEXTS, "label": list("ABCD")}, "answerKey": "B"}),
    "mmlu": (MMLU, SWIMS),
    "numbered": (
        NUMBERED,
        {"id": "toy-1", "stem": "Swims?", "right": 2} | {f"option_{i + 1}": x for i, x in enumerate(TEXTS)},
    ),
    "sciq": (
        SCIQ,
        ASKED | {"distractor1": "crow", "distractor2": "mole", "distractor3": "hare", "correct_answer": "pike"},
    ),
    "shown": (SHOWN, SWIMS),
}


def turned_doc(config: Mapping[str, Any], doc: Mapping[str, Any], **how: Any) -> tuple[str, list[str], int]:
    """Prompt, options and answer of a document's WiCkeD, filled in by the harness itself."""
    pytest.importorskip("lm_eval")
    from datasets import Dataset  # type: ignore[import-untyped]
    from lm_eval.utils import apply_template  # type: ignore[import-untyped]

    new = wicked_config({"task": "toy", "output_type": "multiple_choice"} | dict(config), **how)
    (row,) = new["process_docs"](Dataset.from_list([dict(doc)]))
    text = new["doc_to_text"]
    prompt = text(row) if callable(text) else apply_template(text, row)
    return prompt, row[new["doc_to_choice"]], row[new["doc_to_target"]]


@pytest.mark.parametrize("kind", DOCS)
@pytest.mark.parametrize("seed", range(6))
def test_tasks_of_any_kind_are_turned(kind: str, seed: int) -> None:
    config, doc = DOCS[kind]
    prompt, choices, answer = turned_doc(config, doc, settings=Wicked(seed=seed))
    labelled = kind in {"mmlu", "numbered"}
    shown = prompt.splitlines()[1:5] if labelled else choices
    texts = [line.split(maxsplit=1)[1] for line in shown] if labelled else shown
    assert len(choices) == 4
    assert choices == (config["doc_to_choice"] if kind == "mmlu" else choices)
    assert texts[-1] == NONE
    assert texts[answer] == ("pike" if "pike" in texts else NONE)
    assert ("None" in prompt) is (kind not in {"arc", "sciq"})
    assert ("pike" in prompt) is ("pike" in texts and kind not in {"arc", "sciq"})


@pytest.mark.parametrize(
    ("config", "doc", "words"),
    [
        (MMLU | {"doc_to_choice": None}, SWIMS, "toy is no multiple-choice task"),
        (MMLU | {"output_type": "generate_until"}, SWIMS, "toy is no multiple-choice task"),
        (MMLU | {"doc_to_target": "{{[0, 1]}}"}, SWIMS, "document 0 of toy has several right options"),
        (MMLU, SWIMS | {"answer": 7}, "document 0 of toy has the answer 7, which is none of its 4 options"),
        (MMLU | {"doc_to_text": "{{answer}}"}, SWIMS, "document 0 of toy has its options in the place of the question"),
        (MMLU | {"doc_to_text": "{{question}}"}, SWIMS, "document 0 of toy has 4 options, and fields for none of them"),
        (MMLU, SWIMS | {"others": TEXTS[::-1]}, r"fields for \[4, 4\] of them: name the field"),
        (SHOWN | {"doc_to_text": "crow, pike, mole, hare?"}, SWIMS, "the prompt has no place for 'None of the above'"),
        (MMLU, SWIMS | {"choices": ["crow", "pike", "pike", "mole"]}, "document 0 of toy has the option 'pike' twice"),
        (MMLU | {"fewshot_config": {"doc_to_text": "{{q}}"}}, SWIMS, "toy shows its examples otherwise"),
    ],
)
def test_tasks_that_cannot_be_turned_are_refused(config: Any, doc: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        turned_doc(config, doc)


def test_the_fields_of_options_may_be_named() -> None:
    doc = SWIMS | {"others": TEXTS[::-1]}
    prompt, _, _ = turned_doc(MMLU, doc, options="choices", question="question")
    assert prompt.endswith(f"D. {NONE}\nAnswer:")
    with pytest.raises(ValueError, match="document 0 of toy has no 'texts'"):
        turned_doc(MMLU, doc, options="texts")


def test_the_harness_runs_a_task_that_was_turned(tmp_path: Path, run_harness: RunHarness) -> None:
    config = {"task": "toy_arc", "dataset_path": "json", "output_type": "multiple_choice", "test_split": "train"}
    docs = [DOCS["arc"][1] | {"id": f"toy-{i}"} for i in range(4)]
    (tmp_path / "docs.json").write_text("\n".join(map(json.dumps, docs)))
    fields = config | ARC | {"dataset_kwargs": {"data_files": str(tmp_path / "docs.json")}, "num_fewshot": 1}
    original = tmp_path / "toy_arc.yaml"
    original.write_text("".join(f"{key}: {json.dumps(value)}\n" for key, value in fields.items()))
    file = write_wicked_task(original, tmp_path / "turned", Wicked(seed=3))
    assert file.name == "toy_arc_wicked.yaml"
    results = run_harness(tmp_path / "turned", "toy_arc_wicked")
    shown = results["samples"]["toy_arc_wicked"]
    assert len(shown) == 4
    assert all(sample["doc"]["wicked_choices"][-1] == NONE for sample in shown)
    assert {int(sample["target"]) for sample in shown} == {int(sample["doc"]["wicked_answer"]) for sample in shown}
    with pytest.raises(ValueError, match=r"best_answer is .*lambda.*: give a function that can be imported by name"):
        write_wicked_task(original, tmp_path / "turned", Wicked(best_answer=lambda question: False))
    with pytest.raises(ValueError, match="there is no file"):
        write_wicked_task(tmp_path / "none.yaml", tmp_path / "turned")


def test_the_harness_runs_records_and_their_wicked(tmp_path: Path, run_harness: RunHarness) -> None:
    write_wicked_tasks(many(12), tmp_path, "mine", shots=2)
    before, after = (run_harness(tmp_path, name) for name in ("mine", "mine_wicked"))
    for results, name, last in ((before, "mine", "D. 2.3"), (after, "mine_wicked", f"D. {NONE}")):
        first = results["samples"][name][0]
        assert len(results["samples"][name]) == 10
        prompt = first["arguments"][0][0]
        assert prompt.endswith(f"{last}\nAnswer:")
        assert prompt.count("Number") == 3
        assert prompt.startswith("Number 0?")
    assert after["samples"]["mine_wicked"][0]["doc"]["choices"][-1] == NONE
    write_wicked_tasks(many(3), tmp_path, "ranked", scoring="likelihood")
    assert "acc_norm,none" in run_harness(tmp_path, "ranked_wicked")["results"]["ranked_wicked"]
    with pytest.raises(ValueError, match="3 of 3 records are to be shown solved"):
        write_wicked_tasks(many(3), tmp_path, "none", shots=3)


# inspect_ai


def test_inspect_runs_a_task_and_samples_are_turned(run_inspect: RunInspect) -> None:
    log = run_inspect(inspect_task(many(3)), ["ANSWER: D", "ANSWER: A", "ANSWER: B"])
    assert [sample.choices[-1] for sample in log.samples] == [NONE] * 3
    right = [item.item.answer for item in make_wicked(many(3))]
    said = [sample.scores["choice"].value for sample in log.samples]
    assert said == ["C" if answer == chosen else "I" for answer, chosen in zip(right, (3, 0, 1), strict=True)]
    from inspect_ai.dataset import MemoryDataset, Sample

    samples = MemoryDataset([Sample(id="s", input="Which swims?", choices=TEXTS, target="B")])
    (sample,) = wicked_samples(samples, Wicked(seed=1))
    assert sample.choices[-1] == NONE
    assert sample.choices["ABCD".index(sample.target)] in {"pike", NONE}
    assert samples[0].choices == TEXTS
    with pytest.raises(ValueError, match=r"sample 's' has the target 'AB'"):
        wicked_samples([Sample(id="s", input="?", choices=TEXTS, target=["A", "B"])])
    with pytest.raises(ValueError, match="sample 0 has no choices"):
        wicked_samples([Sample(input="?", target="A")])


def test_a_model_that_is_handed_in_twice_is_one() -> None:
    assert evaluate(as_model(knows, name="knower"), many(8)).model == "knower"


def test_the_example_on_its_page() -> None:
    run_example("wicked")
