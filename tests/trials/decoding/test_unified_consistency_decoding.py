"""The trials of Show-o Turbo run, and notice when the method is broken."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from assay.methods.decoding.unified_consistency_decoding import (
    JacobiAnswer,
    MaskedDecoding,
    MaskedTrajectory,
    _jacobi,
)
from assay.papers.comparison import Arm
from assay.papers.verdict import Verdict
from assay.testbed.cache import default_folder
from assay.testbed.images import digits
from assay.testbed.model_server import lacks
from assay.testbed.models import tiny
from assay.testbed.pretrained import load_language_model
from assay.testbed.prose import Entry, Prose
from assay.testbed.tasks.country_facts import CountryFact
from assay.testbed.tasks.described_digits import description
from assay.testbed.tasks.templated_lines import LONGEST, VOCABULARY, draw_lines, line_batch
from assay.trials import Bench, discover, run_trial, running
from assay.trials.decoding import unified_consistency_decoding as trials
from assay.trials.decoding.unified_consistency_decoding import (
    _digits,
    _distilled,
    _llama_cpp,
    _one_model,
    _one_model_lessons,
    one_model,
    pretrained,
)
from assay.trials.source import source_hashes
from tests.trials.scores import claimed, score

# peft asks transformers for something under an old name.
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")

OWN = "answers that are those of the model's own greedy decoding"
WORDS = "one two three four five six seven eight nine ten".split()
PROSE = Prose(
    "numbers", [Entry(f"word {at}", f"word {at}\n{' '.join(WORDS[at % 7 :] * 3)}. {at}.") for at in range(60)]
)
LESSONS = _distilled.Lessons(4, 2, 10, 2, block=4, segments=(2, 1), characters=(40, 80))
SIZES = pretrained._Sizes(LESSONS, 10, 2, 1, (4,), 6, (2, 1, 16))


def _keep_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Break Jacobi decoding: a guess that was wrong stays in the cache."""
    learn = _jacobi._Row.learn
    monkeypatch.setattr(_jacobi._Row, "learn", lambda *it: max(learn(*it) - 1, 0))


def _keep(monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str) -> Any:
    """Have a trial's quick models made now, and taken by whatever runs later in the test; returns them."""
    kept = getattr(module, name)(Bench(torch.device("cpu"), quick=True))

    def take(bench: Bench) -> Any:
        bench.setting("trained here", differs="made before")
        return kept

    monkeypatch.setattr(module, name, take)
    return kept


@pytest.fixture(autouse=True, scope="module")
def _sources_hashed_together() -> Iterator[None]:
    """The sources of all these trials are read once: one by one that takes longer than the trials do."""
    hashes = source_hashes(discover("2502.05415"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "source_hash", lambda trial: hashes[trial.id])
        yield


# What is trained here


def test_digits_are_compared_by_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    _keep(monkeypatch, trials, "_painters")  # what was learnt is whole in both runs
    measurement = run_trial(trials.images_in_four_steps, quick=True)
    assert measurement.evidence == "trained here"
    assert claimed(measurement).metric == "distance to the nearest real digit"
    assert {line.name for line in measurement.curves[0].lines} >= {"teacher", "student, 4 segments"}
    assert score(measurement, "distance to the nearest real digit of other").candidate == pytest.approx(1.22, abs=0.01)

    def noise(self: MaskedDecoding, denoise: Any, canvas: Tensor, *, mask: int, **_: Any) -> Tensor:
        return torch.randint(mask, canvas.shape, generator=torch.Generator().manual_seed(self.steps))

    monkeypatch.setattr(MaskedDecoding, "__call__", noise)
    assert run_trial(trials.images_in_two_steps, quick=True).verdict is Verdict.NOT_SEEN


def test_half_the_steps_without_guidance_take_less_time() -> None:
    times = claimed(run_trial(trials.time_of_images, quick=True, repeats=3))
    assert times.baseline is not None
    assert times.candidate < times.baseline.value


def test_lines_are_exact_and_a_decoding_that_believes_its_guesses_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    # Whether the model has learnt its lines is nothing to exactness.
    monkeypatch.setattr(trials, "line_writer", lambda *_: tiny("llama", vocab_size=VOCABULARY, layers=1))
    measurement = run_trial(trials.lines_by_heart, quick=True, repeats=1)
    assert score(measurement, OWN).candidate == 100.0
    _keep_what_is_wrong(monkeypatch)
    measurement = run_trial(trials.lines_by_heart, quick=True, repeats=1)
    assert score(measurement, OWN).candidate < 100.0
    assert measurement.verdict is Verdict.NOT_SEEN


def test_lines_have_one_right_answer() -> None:
    lines = draw_lines(30, torch.Generator().manual_seed(1))
    assert all(line.answer[-1] == 2 for line in lines)
    assert max(max(line.prompt + line.answer) for line in lines) < VOCABULARY
    assert max(len(line.prompt + line.answer) for line in lines) <= LONGEST
    count, copy, _ = lines[:3]
    assert count.answer[0] == count.prompt[2] + 1 or count.prompt[2] == 29
    assert copy.answer[:-1] == copy.prompt[2:-1]
    batch = line_batch(lines[:2])
    assert batch["labels"][0, :4].tolist() == [-100] * 4
    assert batch["labels"][0, 4:12].tolist() == count.answer


def test_a_distance_is_none_between_equals_and_grows_where_variety_is_lost() -> None:
    known, others = _digits.real_digits()
    assert _digits.nearest_distance(known[:50], known) == 0
    assert _digits.frechet_distance(known, known) == pytest.approx(0, abs=1e-6)
    assert _digits.frechet_distance(known[:1].repeat(90, 1), known) > _digits.frechet_distance(others, known)


# One model that draws and describes


def test_descriptions_are_greedy_and_a_decoding_that_keeps_what_was_wrong_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _keep(monkeypatch, one_model, "_taught")  # what was learnt is whole in both runs
    measurement = run_trial(one_model.descriptions_of_one_model, quick=True, repeats=1)
    exact = score(measurement, "descriptions that are those of the model's own greedy decoding")
    assert [exact.candidate, *(arm.value for arm in exact.others)] == [100.0] * 4
    assert score(measurement, "tokens a pass").candidate >= 1
    _keep_what_is_wrong(monkeypatch)
    measurement = run_trial(one_model.descriptions_of_one_model, quick=True, repeats=1)
    assert score(measurement, exact.metric).candidate < 100.0
    assert measurement.verdict is Verdict.NOT_SEEN


def test_drawings_are_what_was_asked_for_or_it_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    _, others = digits()
    codes = _one_model.judge().codes(others)

    def only_in_eight_steps(_: Any, traits: list[list[int]], how: MaskedDecoding, *, seed: int) -> MaskedTrajectory:
        images = codes[: len(traits)]  # those whose traits are asked for
        if how.steps < 8:
            images = torch.randint(_digits.LEVELS, images.shape, generator=torch.Generator().manual_seed(seed))
        return MaskedTrajectory(images[None], torch.empty(0), _digits.LEVELS)

    monkeypatch.setattr(one_model, "draw", only_in_eight_steps)
    measurement = run_trial(one_model.drawings_of_one_model, quick=True, repeats=1)
    assert claimed(measurement).metric == "what was asked for and is to be seen"
    assert claimed(measurement).baseline == Arm(name="teacher, 8 steps, guided", value=100.0)
    assert measurement.verdict is Verdict.NOT_SEEN


def test_what_understanding_is_lost_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    _, taught = _keep(monkeypatch, one_model, "_taught")
    _, traits = one_model._held_out(Bench(torch.device("cpu"), quick=True))
    right = [[*_one_model.in_ids(description(each)), 2] for each in traits.tolist()]

    def written(model: Any, images: Tensor, block: int) -> list[JacobiAnswer]:
        knows = model is taught[_one_model_lessons.TEACHER]
        return [JacobiAnswer([], tokens if knows else [2]) for tokens, _ in zip(right, images, strict=True)]

    monkeypatch.setattr(one_model, "_written", written)
    figures = claimed(run_trial(one_model.understanding_of_one_model, quick=True))
    assert (figures.candidate, figures.baseline) == (0.0, Arm(name="teacher", value=100.0))


def test_a_student_learns_what_its_weights_say() -> None:
    taught = _one_model_lessons.models(one_model.QUICK, seed=0)
    weights = {name: model.get_output_embeddings().weight for name, model in taught.items()}
    assert len({repr(each.tolist()) for each in weights.values()}) == 4
    trajectory, prompts = _one_model_lessons._drawings(one_model.QUICK, 0)
    assert (len(trajectory), len(prompts)) == (8, 6)
    assert all(answer.images == (_one_model.IMAGE,) for answer in _one_model_lessons._descriptions(one_model.QUICK, 0))


# On a pretrained model


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = [
        CountryFact(relation, f"land {at}", WORDS[at % 10]) for at in range(10) for relation in _distilled.RELATIONS
    ]
    monkeypatch.setattr(pretrained, "_sizes", lambda _: SIZES)
    monkeypatch.setattr(_distilled, "foldoc", lambda: PROSE)
    monkeypatch.setattr(pretrained, "foldoc", lambda: PROSE)
    monkeypatch.setattr(
        _distilled, "country_facts", lambda relation: tuple(each for each in facts if each.relation == relation)
    )


@pytest.mark.usefixtures("_small")
def test_the_trial_measures_every_arm_and_sees_that_answers_are_greedy(tiny_model: Path) -> None:
    measurement = run_trial(pretrained.speed_of_answers, quick=True, model=tiny_model)
    assert measurement.evidence == "real model"
    assert claimed(measurement).metric == "time a written token"
    same = score(measurement, OWN)
    assert [same.candidate, *(arm.value for arm in same.others)] == [100.0] * 5
    passes = score(measurement, "tokens a pass: facts")
    assert {arm.name for arm in passes.others} >= {"token by token", "prompt lookup", "Hierarchy Drafting"}
    assert score(measurement, "answers that were learnt from").candidate == 6
    likely = score(measurement, "log-probability a token of the answers to the plain model")
    assert likely.candidate < 0


@pytest.mark.usefixtures("_small")
def test_the_trial_notices_a_decoding_that_keeps_what_was_wrong(
    monkeypatch: pytest.MonkeyPatch, tiny_model: Path
) -> None:
    _keep_what_is_wrong(monkeypatch)
    measurement = run_trial(pretrained.speed_of_answers, quick=True, model=tiny_model)
    assert score(measurement, OWN).candidate < 100.0
    assert measurement.verdict is Verdict.NOT_SEEN


@pytest.mark.usefixtures("_small")
def test_what_distillation_costs_is_measured(tiny_model: Path) -> None:
    measurement = run_trial(pretrained.quality_after_distillation, quick=True, model=tiny_model)
    assert claimed(measurement).metric == "facts of countries that are right"
    losses = score(measurement, "loss on prose")
    assert losses.baseline is not None
    assert losses.candidate != losses.baseline.value


@pytest.mark.usefixtures("_small")
def test_a_taught_model_comes_from_the_cache(tiny_model: Path) -> None:
    lm = load_language_model(tiny_model)
    prompts, others = _distilled.requests(lm, LESSONS, 2)
    assert {kind: len(its) for kind, its in prompts.items()} == {"facts": 4, "open requests": 2}
    seen = [each.tolist() for its in prompts.values() for each in its]
    assert not any(each.tolist() in seen for its in others.values() for each in its)
    answers = _distilled.own_answers(lm, prompts, LESSONS)
    first = _distilled.distilled(lm, answers, LESSONS, seed=0)
    kept = {each.name for each in default_folder().iterdir()}
    again = _distilled.distilled(lm, answers, LESSONS, seed=0)
    assert {each.name for each in default_folder().iterdir()} == kept
    for a, b in zip(first.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)


def test_llama_cpp_speculates_where_it_is_to_be_had(smollm2: Path) -> None:
    from assay.testbed.resources import resource

    if why := lacks("xllamacpp"):
        pytest.skip(why)
    lm = load_language_model(smollm2)
    (file,) = resource("smollm2-135m-instruct").fetch()
    prompt = lm.ids("one two three four five six one two three")
    with _llama_cpp.llama_cpp(file, 1) as ask:
        plain, ngrams = (ask(arm, prompt, 6) for arm in _llama_cpp.ARMS)
    assert len(plain["tokens"]) == len(ngrams["tokens"]) == 6
    assert plain["passes"] == 6
    assert ngrams["passes"] <= 6
