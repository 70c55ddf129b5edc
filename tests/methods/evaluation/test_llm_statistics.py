"""Statistics for language models: every guarantee is seen in simulation, and the peers' figures are ours."""

import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.methods.evaluation.conftest import RunHarness, RunInspect
from tests.methods.pages import run_example

from assay.methods.evaluation.llm_statistics import (
    ConformalFactuality,
    GumbelWatermark,
    SplitConformal,
    benjamini_hochberg,
    calibration_error,
    compare,
    control_risk,
    evaluate,
    green_list_test,
    group_gaps,
    items_needed,
    membership_advantage,
    nli_relation,
    ppi_difference,
    ppi_mean,
    read_harness_samples,
    read_inspect_log,
    risk_coverage,
    same_names,
    semantic_entropy,
)


def judged(rng: np.random.Generator, *, labels: int, rest: int, accuracy: float) -> tuple[Any, Any, Any]:
    truth = (rng.random(labels + rest) < 0.6).astype(float)
    judge = np.where(rng.random(labels + rest) < accuracy, truth, 1 - truth)
    return truth[:labels], judge[:labels], judge[labels:]


@pytest.mark.parametrize(("labels", "accuracy"), [(200, 0.95), (200, 0.5), (30, 0.85)])
def test_prediction_powered_intervals_cover_and_are_no_wider_than_the_labels_alone(
    labels: int, accuracy: float
) -> None:
    rng = np.random.default_rng(0)
    results = [judged(rng, labels=labels, rest=2_000, accuracy=accuracy) for _ in range(600)]
    estimates = [ppi_mean(*each, confidence=0.9) for each in results]
    assert np.mean([each.low <= 0.6 <= each.high for each in estimates]) == pytest.approx(0.9, abs=0.03)
    alone = [ppi_mean(*each, confidence=0.9, weight=0.0) for each in results]
    assert np.mean([a.high - a.low for a in estimates]) <= 1.02 * np.mean([a.high - a.low for a in alone])
    if accuracy == 0.95:
        assert np.mean([each.effective_labels for each in estimates]) > 2 * labels


def test_prediction_powered_inference_is_the_peers() -> None:
    ppi = pytest.importorskip("ppi_py")
    human, judge, rest = judged(np.random.default_rng(1), labels=120, rest=900, accuracy=0.8)
    ours = ppi_mean(human, judge, rest, confidence=0.9)
    low, high = ppi.ppi_mean_ci(human, judge, rest, alpha=0.1)
    assert ours.low == pytest.approx(float(low[0]), abs=1e-9)
    assert ours.high == pytest.approx(float(high[0]), abs=1e-9)
    assert ours.value == pytest.approx(float(np.squeeze(ppi.ppi_mean_pointestimate(human, judge, rest))), abs=1e-9)


def test_a_judge_of_two_models_that_is_always_wrong_by_as_much_does_no_harm() -> None:
    rng = np.random.default_rng(2)
    first, second = (judged(rng, labels=100, rest=1_000, accuracy=0.9) for _ in range(2))
    estimate = ppi_difference(*zip(first, second, strict=True))
    assert estimate.low <= 0 <= estimate.high


@pytest.mark.parametrize(
    ("human", "judge", "rest", "words"),
    [
        ([1.0], [1.0], [1.0, 0.0], "human has the shape"),
        ([1.0, 0.0], [1.0], [1.0, 0.0], "judge has the shape"),
        ([1.0, 0.0], [1.0, 0.0, 1.0], [1.0, 0.0], "2 human labels and 3 of the judge"),
        ([1.0, float("nan")], [1.0, 0.0], [1.0, 0.0], r"human\[1\] is nan"),
    ],
)
def test_labels_that_do_not_fit_are_refused(human: Any, judge: Any, rest: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ppi_mean(human, judge, rest)


def options(rng: np.random.Generator, items: int) -> tuple[Any, Any]:
    p = rng.dirichlet(np.ones(5) * 0.6, size=items)
    return p, np.array([rng.choice(5, p=row) for row in p])


@pytest.mark.parametrize("score", ["lac", "aps"])
def test_sets_hold_the_right_option_at_the_chosen_rate(score: Any) -> None:
    rng = np.random.default_rng(3)
    rates = []
    for _ in range(120):
        p, y = options(rng, 300)
        sets = SplitConformal(0.1, score).fit(p[:200], y[:200]).predict_set(p[200:])
        rates.append(sets[np.arange(100), y[200:]].mean())
    assert 0.89 <= np.mean(rates) <= 0.92


def test_sets_are_the_peers() -> None:
    crepes = pytest.importorskip("crepes")
    p, y = options(np.random.default_rng(4), 400)
    peer = crepes.ConformalClassifier()
    peer.fit(1 - p[np.arange(200), y[:200]])
    theirs = peer.predict_set(1 - p[200:], confidence=0.9, smoothing=False)
    assert (SplitConformal(0.1).fit(p[:200], y[:200]).predict_set(p[200:]) == theirs.astype(bool)).all()


def test_too_few_items_for_a_rate_give_all_options_and_a_warning() -> None:
    p, y = options(np.random.default_rng(5), 8)
    with pytest.warns(UserWarning, match=r"8 calibration items are too few for alpha 0.1: it takes 9"):
        conformal = SplitConformal(0.1).fit(p, y)
    assert conformal.predict_set(p).all()


def test_what_is_no_distribution_or_no_option_is_named() -> None:
    with pytest.raises(ValueError, match=r"row 1 is no distribution: it adds up to 0\.9"):
        SplitConformal().fit([[0.5, 0.5], [0.5, 0.4]], [0, 1])
    with pytest.raises(ValueError, match="answer 1 is 2: the options are 0 to 1"):
        SplitConformal().fit([[0.5, 0.5], [0.5, 0.5]], [0, 2])
    with pytest.raises(ValueError, match="not calibrated"):
        SplitConformal().predict_set([[1.0]])


def statements(rng: np.random.Generator, answers: int, noise: float) -> tuple[list[Any], list[Any]]:
    right = [rng.random(rng.integers(3, 12)) < 0.8 for _ in range(answers)]
    return [each + noise * rng.standard_normal(len(each)) for each in right], right


@pytest.mark.parametrize("share", [1.0, 0.7])
def test_statements_that_stay_are_right_at_the_chosen_rate(share: float) -> None:
    rng = np.random.default_rng(6)
    held, kept = [], []
    for _ in range(150):
        confidences, right = statements(rng, 160, 0.5)
        masks = ConformalFactuality(0.1, share).fit(confidences[:100], right[:100]).keep(confidences[100:])
        for mask, labels in zip(masks, right[100:], strict=True):
            held.append(not mask.any() or labels[mask].mean() >= share)
            kept.append(mask.mean())
    assert np.mean(held) >= 0.885
    if share == 1.0:
        assert np.mean(held) <= 0.92
    assert np.mean(kept) > 0.2


def test_too_few_labelled_answers_keep_nothing() -> None:
    with pytest.warns(UserWarning, match="too few"):
        factuality = ConformalFactuality(0.01).fit([[0.9, 0.1]], [[True, False]])
    assert not factuality.keep([[5.0, 6.0]])[0].any()
    with pytest.raises(ValueError, match="answer 0 has confidences"):
        ConformalFactuality().fit([[0.9, 0.1]], [[True]])


def test_the_risk_is_controlled_and_the_most_useful_setting_taken() -> None:
    losses = np.array([[0, 0, 1], [0, 0, 0], [0, 1, 1]] * 30, dtype=float)
    assert control_risk(losses, alpha=0.4) == 1
    assert control_risk(losses, alpha=0.9) == 2
    assert control_risk(losses[:1], alpha=0.4) is None
    with pytest.raises(ValueError, match="the loss of item 1 falls"):
        control_risk([[0.0, 1.0], [1.0, 0.0]], alpha=0.5)
    with pytest.raises(ValueError, match="item 0 has a loss outside"):
        control_risk([[0.0, 2.0]], alpha=0.5)


def test_semantic_entropy_takes_wordings_for_one_answer_and_plain_entropy_does_not() -> None:
    sure = semantic_entropy(["Paris.", "paris", "the Paris"], [-1.0, -1.5, -2.0])
    unsure = semantic_entropy(["Paris", "Rome", "Oslo"], [-0.5, -0.5, -0.5])
    assert sure.meanings == (0, 0, 0)
    assert sure.entropy == sure.discrete == 0
    assert unsure.entropy == pytest.approx(np.log(3))
    assert sure.plain == pytest.approx(1.5)
    assert unsure.plain == pytest.approx(0.5)  # lower than of the sure one, for all its doubts


def test_likelihoods_weigh_meanings() -> None:
    entropy = semantic_entropy(["a b", "c"], [-1.0, -3.0])
    p = 1 / (1 + np.exp(-2.0))
    assert entropy.entropy == pytest.approx(-p * np.log(p) - (1 - p) * np.log(1 - p))
    assert entropy.discrete == pytest.approx(np.log(2))


def test_strict_and_loose_agreement_differ_on_what_follows_one_way() -> None:
    def one_way(premise: str, hypothesis: str) -> str:
        return "entailment" if premise.startswith(hypothesis) else "neutral"

    answers = ["Paris, France", "Paris"]
    assert semantic_entropy(answers, relate=one_way).meanings == (0, 1)
    assert semantic_entropy(answers, relate=one_way, strict=False).meanings == (0, 0)
    with pytest.raises(ValueError, match="relate says 'yes'"):
        semantic_entropy(answers, relate=lambda *_: "yes")
    with pytest.raises(ValueError, match="there are no answers"):
        semantic_entropy([])


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("The capital of France is Paris.", "Paris", True),
        ("It is Paris", "Paris!", True),
        ("Paris", "Lyon", False),
        ("seventy", "It is seventy", False),
        ("seventy", "Seventy", True),
        ("파리", "파리", True),
    ],
)
def test_answers_agree_if_they_name_the_same_things(first: str, second: str, *, same: bool) -> None:
    assert (same_names("What is the capital of France?")(first, second) == "entailment") is same


FACTS = [{"id": f"q{i}", "question": f"What is number {i}?", "answer": f"Nine{i}"} for i in range(8)]


def test_doubts_of_a_model_that_guesses_what_it_does_not_know_tell_its_errors() -> None:
    guesses = iter(f"Guess{i}" for i in range(1_000))

    def knows_half(prompt: str) -> str:
        number = int(prompt.rsplit(maxsplit=1)[-1].rstrip("?"))
        return f"It is Nine{number}." if number < 4 else next(guesses)

    report = evaluate(knows_half, FACTS, samples=3)
    assert report.accuracy.value == 0.5
    assert report.half.value == 1.0
    assert report.told is not None
    assert report.told.value == 1.0
    assert report.table()[0]["figure"] == "accuracy"
    assert evaluate(lambda prompt: "no idea", FACTS, samples=2).told is None


def test_a_question_without_an_answer_is_named() -> None:
    with pytest.raises(ValueError, match="record 'q0' has the answer None"):
        evaluate(str, [{"id": "q0", "question": "?"}, FACTS[1]])
    with pytest.raises(ValueError, match="record 0 has no question"):
        evaluate(str, [{"answer": "x"}])
    with pytest.raises(ValueError, match="1 questions of 6 samples"):
        evaluate(str, FACTS[:1])


def test_a_model_without_entailment_among_its_labels_is_refused() -> None:
    class Config:
        id2label: ClassVar = {0: "POSITIVE", 1: "NEGATIVE"}

    class Model:
        config = Config()

    with pytest.raises(ValueError, match="the model's labels are positive, negative"):
        nli_relation(Model(), None)


def marked_text(mark: GumbelWatermark, length: int, vocabulary: int = 50, seed: int = 0) -> list[int]:
    import torch

    generator = torch.Generator().manual_seed(seed)
    law = torch.randn(vocabulary, vocabulary, generator=generator)
    ids = torch.randint(vocabulary, (1, mark.context), generator=generator)
    for _ in range(length):
        scores = mark.mark(ids, law[ids[:, -1]])
        ids = torch.cat([ids, torch.multinomial(scores.softmax(-1), 1, generator=generator)], dim=1)
    return ids[0].tolist()  # type: ignore[no-any-return]


def test_a_marked_text_is_found_with_the_key_and_not_with_another() -> None:
    text = marked_text(GumbelWatermark(key=1), 80)
    for statistic in ("ars", "log", "opt"):
        assert GumbelWatermark(key=1).detect(text, statistic=statistic).p_value < 1e-3  # type: ignore[arg-type]
        assert GumbelWatermark(key=2).detect(text, statistic=statistic).p_value > 1e-3  # type: ignore[arg-type]


def test_false_alarms_are_as_rare_as_they_say() -> None:
    from scipy.stats import kstest  # type: ignore[import-untyped]

    rng = np.random.default_rng(7)
    mark = GumbelWatermark(key=3)
    texts = [rng.integers(1_000, size=60) for _ in range(300)]
    for statistic in ("ars", "log"):
        values = [mark.detect(text, statistic=statistic).p_value for text in texts]  # type: ignore[arg-type]
        assert kstest(values, "uniform").pvalue > 0.01


def test_repeated_contexts_are_scored_once() -> None:
    text = [1, 2, 3, 4, 5] * 30
    assert GumbelWatermark(key=1).detect(text).tokens == 5
    with pytest.raises(ValueError, match="a text of 3 tokens is too short: contexts have 4"):
        GumbelWatermark(key=1).detect([1, 2, 3])


def test_the_mark_leaves_the_law_of_a_token_as_it_is() -> None:
    import torch

    logits = torch.tensor([[2.0, 1.0, 0.0, -1.0]])
    counts = np.zeros(4)
    for key in range(3_000):
        scores = GumbelWatermark(key=key, context=1).mark(torch.tensor([[7]]), logits.clone())
        counts[int(scores.argmax())] += 1
    expected = logits.softmax(-1)[0].numpy()
    assert np.abs(counts / 3_000 - expected).max() < 0.03


def test_the_processor_marks_what_a_model_writes(tiny_model: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, LogitsProcessorList

    model: Any = AutoModelForCausalLM.from_pretrained(tiny_model)
    mark = GumbelWatermark(key=5)
    ids = torch.arange(20, 28).view(2, 4)
    how: dict[str, Any] = {"do_sample": True, "max_new_tokens": 60, "top_k": 0, "pad_token_id": 0, "eos_token_id": None}
    with torch.random.fork_rng():
        out = model.generate(ids, logits_processor=LogitsProcessorList([mark.processor()]), **how)
        plain = model.generate(ids, **how)
    for row, other in zip(out.tolist(), plain.tolist(), strict=True):
        assert mark.detect(row).p_value < 1e-3 < mark.detect(other).p_value


def test_green_lists_are_tested_exactly() -> None:
    from scipy.stats import binom

    test = green_list_test(70, 200)
    assert test.p_value == pytest.approx(float(binom.sf(69, 200, 0.25)))
    assert test.statistic == pytest.approx((70 - 50) / np.sqrt(200 * 0.25 * 0.75))
    with pytest.raises(ValueError, match="5 of 3 tokens are green"):
        green_list_test(5, 3)


def test_calibration_is_seen_and_miscalibration_too() -> None:
    rng = np.random.default_rng(8)
    p = rng.random(4_000)
    right = rng.random(4_000) < p
    assert calibration_error(p, right, repeats=50).error.value < 0.03
    over = calibration_error(np.sqrt(p), right, repeats=50)
    assert over.error.low > 0.08
    assert over.brier.value > calibration_error(p, right, repeats=50).brier.value
    with pytest.raises(ValueError, match=r"the confidence of item 1 is 1.5: outside \[0, 1\]"):
        calibration_error([0.5, 1.5], [1, 0], bins=1)


def test_risk_falls_with_coverage_where_confidence_tells() -> None:
    rng = np.random.default_rng(9)
    p = rng.random(600)
    curve = risk_coverage(p, rng.random(600) < p, repeats=50)
    assert curve.risk[59] < 0.15 < curve.risk[-1]
    assert curve.best_area < curve.area.value < curve.risk[-1]
    assert curve.auroc > 0.75
    flat = risk_coverage(np.zeros(10), [1, 0] * 5, repeats=50)
    assert flat.risk == pytest.approx(0.5)
    assert flat.auroc == 0.5


def test_two_models_are_compared_item_by_item() -> None:
    first, second = np.array([1, 1, 1, 0, 1, 1, 1, 1] * 5), np.array([1, 0, 1, 0, 1, 0, 1, 1] * 5)
    result = compare(first, second)
    assert (result.only_first, result.only_second) == (10, 0)
    assert result.p_value == pytest.approx(2 * 0.5**10)
    assert result.difference.value == pytest.approx(0.25)
    clustered = compare(first, second, clusters=[i // 8 for i in range(40)])
    assert clustered.difference.clusters == 5
    assert compare(first, first).p_value == 1.0
    with pytest.raises(ValueError, match="40 scores and the second 3"):
        compare(first, [1, 0, 1])


def test_a_planned_test_has_its_power() -> None:
    rng = np.random.default_rng(10)
    count = items_needed(0.1, disagreement=0.3)
    seen = 0
    for _ in range(300):
        draws = rng.choice([1, -1, 0], p=[0.2, 0.1, 0.7], size=count)
        seen += compare((draws > 0).astype(float), (draws < 0).astype(float)).p_value < 0.05
    assert 0.72 <= seen / 300 <= 0.88
    with pytest.raises(ValueError, match="need disagreement on at least that share"):
        items_needed(0.2, disagreement=0.1)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_adjusted_p_values_are_no_smaller(p: list[float]) -> None:
    assert (benjamini_hochberg(p) >= np.array(p) - 1e-12).all()


def test_membership_is_told_where_losses_differ_and_not_elsewhere() -> None:
    rng = np.random.default_rng(11)
    told = membership_advantage(rng.normal(1.5, 1, 200), rng.normal(0, 1, 200))
    alike = membership_advantage(rng.normal(0, 1, 200), rng.normal(0, 1, 200))
    assert told.low > 0.2
    assert alike.low < 0 < alike.high
    with pytest.raises(ValueError, match="3 members and 9 others"):
        membership_advantage([1.0] * 3, [1.0] * 9)


def test_gaps_of_groups_hold_at_once() -> None:
    rng = np.random.default_rng(12)
    names = ["west", "south", "east"] * 100
    missed = 0
    for _ in range(200):
        gaps = group_gaps(rng.random(300) < 0.6, names, reference="west")
        missed += any(not each.gap.low <= 0 <= each.gap.high for each in gaps)
    assert missed / 200 <= 0.08
    with pytest.raises(ValueError, match="a gap needs 'north' and another"):
        group_gaps([1.0, 0.0], ["west", "south"], reference="north")


def test_logs_of_the_harness_are_compared(tmp_path: Path, run_harness: RunHarness) -> None:
    from assay.methods.evaluation._harness import LOAD, write_task

    config = {
        "output_type": "multiple_choice",
        "doc_to_text": "{{question}}",
        "doc_to_choice": "choices",
        "doc_to_target": "answer",
        "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
    }
    items = [{"question": f"{i}?", "choices": ["yes", "no"], "answer": i % 2} for i in range(6)]
    write_task(tmp_path / "toy", "toy", config=config, items=items, code=LOAD)
    results = run_harness(tmp_path, "toy")
    file = tmp_path / "samples_toy.jsonl"
    file.write_text("".join(json.dumps(each, default=str) + "\n" for each in results["samples"]["toy"]))
    log = read_harness_samples(file)
    assert log.scores.mean() == pytest.approx(results["results"]["toy"]["acc,none"])
    assert compare(*log.matched(log)).difference.value == 0
    with pytest.raises(ValueError, match="line 1: no 'exact_match'"):
        read_harness_samples(file, metric="exact_match")


def test_logs_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "samples.jsonl"
    file.write_text('{"doc_id": 1, "acc": 1.0}\nno json\n')
    with pytest.raises(ValueError, match="line 2: no sample"):
        read_harness_samples(file)
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    one.write_text('{"doc_id": 1, "acc": 1.0}\n')
    two.write_text('{"doc_id": 2, "acc": 1.0}\n')
    with pytest.raises(ValueError, match="2 items are in one run alone, '1' among them"):
        read_harness_samples(one).matched(read_harness_samples(two))


def test_logs_of_inspect_are_read(run_inspect: RunInspect) -> None:
    from inspect_ai import Task
    from inspect_ai.dataset import Sample
    from inspect_ai.scorer import match

    samples = [Sample(input=f"{i}?", target="yes", id=f"q{i}") for i in range(3)]
    log = run_inspect(Task(dataset=samples, scorer=match()), ["yes", "no", "yes"])
    scores = read_inspect_log(log.location)
    assert scores.ids == ("q0", "q1", "q2")
    assert scores.scores.sum() == 2
    with pytest.raises(ValueError, match="choose a scorer among match"):
        read_inspect_log(log.location, scorer="includes")


def test_the_pages_example_runs() -> None:
    run_example("llm_statistics")
