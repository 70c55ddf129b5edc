"""FastKV on a real model: what is stored is the method's own, and a broken method is noticed."""

from collections.abc import Sequence
from math import isnan
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from assay.methods.attention.fastkv import FastKV, Selection, select
from assay.testbed.pretrained import LanguageModel, load_language_model
from assay.testbed.prose import Entry, Prose
from assay.testbed.tasks.hidden_number import HiddenNumber, hide_numbers
from assay.trials import run_trial
from assay.trials.attention.fastkv import _asking as asking
from assay.trials.attention.fastkv import _storing as storing
from assay.trials.attention.fastkv import pretrained as trials
from assay.trials.attention.fastkv._asking import find_number
from assay.trials.intervals import share_interval
from tests.trials.scores import claimed, score

_PROSE = Prose(
    "sentences",
    [
        Entry(
            f"word {number}",
            f"Word {number} means what the words around it mean{', and a little more' * (number % 3)}.",
        )
        for number in range(60)
    ],
)
_SNAPKV = FastKV(tsp_rate=1.0)


def _generate(lm: LanguageModel, ids: Tensor, press: FastKV) -> list[int]:
    model: Any = lm.model
    with press(model):
        out: Tensor = model.generate(
            ids[None], attention_mask=torch.ones_like(ids[None]), do_sample=False, max_new_tokens=6, eos_token_id=None
        )
    tokens: list[int] = out[0, len(ids) :].tolist()
    return tokens


def test_stores_of_one_reading_answer_as_the_method_does(tiny_model: Path) -> None:
    lm = load_language_model(tiny_model)
    lm.model.generation_config.eos_token_id = None
    ids = lm.prompt(_PROSE.text(180))
    reads = {
        FastKV(tsp_rate=1.0, retain_rate=0.5, window=12): [
            FastKV(tsp_rate=1.0),
            FastKV(tsp_rate=1.0, retain_rate=0.4),
            FastKV(tsp_rate=1.0, retain_rate=0.2, window=12),
            FastKV(tsp_rate=1.0, retain_rate=1.0),
        ],
        FastKV(tsp_layer=0, tsp_rate=0.3, retain_rate=0.1): [
            FastKV(tsp_layer=0, tsp_rate=0.3),
            FastKV(tsp_layer=0, tsp_rate=0.3, retain_rate=0.6),  # more than goes on to the layer above
        ],
    }
    stores = [
        storing.Store(prefill, press)
        for reading, presses in reads.items()
        for prefill in [storing.read_prompt(lm.model, ids, reading)]
        for press in presses
    ]
    answers = storing.write_answers(lm.model, stores, new=6)
    assert answers == [_generate(lm, ids, store.press) for store in stores]
    assert len({tuple(answer) for answer in answers}) > 1


def test_answers_end_where_the_model_ends_them(tiny_model: Path) -> None:
    lm = load_language_model(tiny_model)
    lm.model.generation_config.eos_token_id = None
    prefill = storing.read_prompt(lm.model, lm.prompt(_PROSE.text(120)), FastKV(tsp_rate=1.0, retain_rate=0.5))
    stores = [storing.Store(prefill, FastKV(tsp_rate=1.0, retain_rate=share)) for share in (0.2, 0.9)]
    first, second = storing.write_answers(lm.model, stores, new=8)
    lm.model.generation_config.eos_token_id = first[3]
    ended, other = storing.write_answers(lm.model, stores, new=8)
    assert ended == first[: first.index(first[3])]
    assert other == (second[: second.index(first[3])] if first[3] in second else second)


def test_reading_that_leaves_nothing_out_is_refused(tiny_model: Path) -> None:
    lm = load_language_model(tiny_model)
    with pytest.raises(ValueError, match="1 of 2 layers chose what to store"):
        storing.read_prompt(lm.model, lm.prompt(_PROSE.text(150)), FastKV(tsp_layer=0, tsp_rate=0.2, retain_rate=0.5))


def test_share_for_counts_what_ranks_above_the_worst_of_the_places() -> None:
    def score(*_: Any) -> Tensor:
        return torch.tensor([[[5.0, 1.0, 4.0, 3.0], [0.0, 0.0, 0.0, 0.5]]])

    layer = storing.Layer(torch.zeros(1, 2, 2, 4), torch.zeros(1, 2, 6, 4), torch.zeros(1, 2, 6, 4), 1.0)
    press = FastKV(window=2, score=score)
    assert layer.share_for(press, [0]) == 1 / 6
    assert layer.share_for(press, [0, 3]) == 3 / 6


def test_a_real_model_loses_the_number_when_the_wrong_tokens_are_stored(
    smollm2: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "_NEW", 8)
    lm = load_language_model(smollm2)
    (question,) = hide_numbers(_PROSE, lambda text: len(lm.ids(text)), count=1, tokens=(40, 50), others=(0, 0))
    presses = [FastKV(tsp_rate=1.0, retain_rate=share) for share in (1.0, 0.6)]
    (full, stored), shares = find_number(lm, question, presses, begun=True)
    assert full == question.number
    assert trials.right_digits(question, stored) >= 3
    assert len(shares) == 30

    def worst(scores: Tensor, *rest: Any) -> Selection:
        return select(-scores, *rest)

    monkeypatch.setattr(storing, "select", worst)
    (stored,), _ = find_number(lm, question, presses[1:], begun=True)
    assert trials.right_digits(question, stored) <= 1


@pytest.mark.parametrize("broken", [False, True])
def test_lost_answers_decide_the_verdict(
    broken: bool,
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def find(
        lm: LanguageModel, question: HiddenNumber, presses: Sequence[FastKV], *, begun: bool = False
    ) -> tuple[list[str], list[float]]:
        numbers, shares = find_number(lm, question, presses, begun=begun)
        assert len(numbers) == len(presses)
        lost = [broken and press.tsp_rate < 1 for press in presses]
        return ["1" if each else question.number for each in lost], shares

    monkeypatch.setattr(trials, "find_number", find)
    monkeypatch.setattr(trials, "foldoc", lambda: _PROSE)
    measured = run_trial(trials.answering, quick=True, repeats=1, model=tiny_model)
    assert measured.model.startswith("tiny, ")
    assert measured.evidence is not None
    assert measured.evidence.value == "real model"
    assert {arm.name for arm in claimed(measured).others} == {"SnapKV", "StreamingLLM"}
    assert score(measured, "right answers of the full cache").candidate == 100
    loss = score(measured, "right answers lost to the full cache")
    assert (loss.candidate, loss.met) == ((100, False) if broken else (0, True))
    usable = score(measured, "least share stored").candidate
    assert isnan(usable) if broken else usable == 10
    assert {curve.along for curve in measured.curves} == {
        "% of the prompt stored",
        "tokens of the window",
        "% of the layers that read everything",
        "% of the prompt that goes on",
        "layer",
    }
    if broken:
        assert measured.verdict.value == "not seen"


def test_a_model_that_cannot_answer_proves_nothing(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "foldoc", lambda: _PROSE)
    measured = run_trial(trials.answering, quick=True, repeats=1, model=tiny_model)
    assert not score(measured, "right answers of the full cache").met
    assert measured.verdict.value == "undecided"


def test_shares_and_their_intervals() -> None:
    low, high = share_interval(0.75, 12)
    assert (round(low, 3), round(high, 3)) == (0.513, 0.895)  # worked out by hand
    assert share_interval(1.0, 12)[1] == pytest.approx(1.0)
    assert trials.least_share([0.1, 0.2, 0.5], [80, 40, 90], 60) == 0.5
    assert trials.least_share([0.1, 0.2, 0.5], [60, 70, 90], 60) == 0.1
    assert isnan(trials.least_share([0.1, 0.5], [90, 20], 60))


def test_digits_that_are_right() -> None:
    question = HiddenNumber("", "46941", "", "", 0.0)
    found = {"46941": 5, "46": 2, "469417": 5, "96941": 0, "": 0}
    assert {number: trials.right_digits(question, number) for number in found} == found
