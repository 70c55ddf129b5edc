"""FastKV: exact where nothing is dropped, equal to plain loops where something is, and undone afterwards."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.methods.contract import ForAWhile
from tests.methods.families import family_model, ids
from tests.methods.pages import run_example
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode
from transformers import DynamicCache, StaticCache

from assay.methods.attention.fastkv import (
    FastKV,
    RetainedLayer,
    pick_tsp_layer,
    prefill_flops,
    reference_logits,
    select,
    token_scores,
    window_scores,
)
from assay.methods.attention.fastkv._scores import overlaps
from assay.methods.attention.sparge_attn import SpargeAttn

GREEDY = {"do_sample": False, "return_dict_in_generate": True, "output_logits": True}
NEUTRAL = FastKV(tsp_layer=0, tsp_rate=1.0, retain_rate=1.0)
SMALL = FastKV(tsp_layer=1, tsp_rate=0.4, retain_rate=0.25, window=4)
CONTRACT = ForAWhile(neutral=NEUTRAL, active=FastKV(tsp_layer=0, tsp_tokens=12, retain_tokens=8, window=2, kernel=3))


@pytest.fixture(scope="module")
def model() -> Any:
    return family_model("llama", layers=4)


def generate(model: Any, tokens: Tensor, number: int = 4, **options: Any) -> Any:
    mask = torch.ones_like(tokens)
    return model.generate(tokens, **{"max_new_tokens": number, "attention_mask": mask, **GREEDY, **options})


def logits_of(output: Any) -> Tensor:
    return torch.stack(output.logits, dim=1)


# Where nothing is dropped


def test_all_logits_of_a_prompt_at_the_neutral_setting(model: Any) -> None:
    tokens = ids(2, 30)
    plain = model(tokens).logits
    with replace(NEUTRAL, window=30)(model):
        assert torch.equal(model(tokens, logits_to_keep=30).logits, plain)
        assert torch.equal(model(tokens, use_cache=False).logits, plain)


def test_what_is_within_budgets_or_read_whole_is_untouched(model: Any) -> None:
    plain = logits_of(generate(model, ids(1, 60)))
    with FastKV(tsp_layer=1, tsp_tokens=60, retain_tokens=64)(model) as reading:
        assert torch.equal(logits_of(generate(model, ids(1, 60))), plain)
    report = reading.report()
    assert (report.entries, report.flop_ratio, report.cache_ratio) == ((60,) * 4, 1.0, 1.0)
    with FastKV(tsp_rate=1.0, retain_rate=0.25)(model) as reading:  # SnapKV: the first token is as without it
        assert torch.equal(logits_of(generate(model, ids(1, 60)))[:, 0], plain[:, 0])
    assert (reading.report().entries, reading.report().tokens) == ((15,) * 4, (60,) * 4)


# Against plain loops


@pytest.mark.parametrize(
    ("family", "press"),
    [
        ("llama", SMALL),
        ("qwen2", FastKV(tsp_layer=0, tsp_rate=0.5, retain_rate=0.3, pooling="avg", kernel=3, window=4)),
        ("mistral", FastKV(tsp_layer=2, tsp_tokens=12, retain_tokens=20, kernel=1)),
        ("llama_ungrouped", FastKV(tsp_layer=1, tsp_rate=1.0, retain_rate=0.25)),
        ("llama", FastKV(tsp_layer=1, tsp_rate=0.3, retain_rate=1.0)),
    ],
    ids=["small", "avg", "fixed", "no-tsp", "keep-all"],
)
def test_greedy_decoding(family: str, press: FastKV) -> None:
    model = family_model(family, layers=4)
    with press(model):
        output = generate(model, ids(1, 47), 3)
    sequence = output.sequences[0]
    for step, logits in enumerate(output.logits):
        expected = reference_logits(model, sequence[: 47 + step], 47, press)
        torch.testing.assert_close(logits[0], expected, atol=1e-4, rtol=1e-4)


@settings(max_examples=25)
@given(
    length=st.integers(2, 16),
    window=st.integers(1, 6),
    kernel=st.sampled_from([1, 3, 7]),
    pooling=st.sampled_from(["max", "avg"]),
    seed=st.integers(0, 99),
)
def test_scores(length: int, window: int, kernel: int, pooling: Any, seed: int) -> None:
    window = min(window, length - 1)
    torch.manual_seed(seed)
    q, k = torch.randn(1, 4, window, 8), torch.randn(1, 2, length, 8)
    scores = window_scores(q, k, [length], 0.3, kernel, pooling)
    for group in range(2):
        expected = torch.zeros(length - window)
        for head in (2 * group, 2 * group + 1):
            weights = torch.zeros(length)
            for row in range(window):
                visible = length - window + row + 1
                weights[:visible] += torch.softmax(q[0, head, row] @ k[0, group, :visible].T * 0.3, -1)
            for place in range(length - window):
                low, high = max(0, place - kernel // 2), min(length - window, place + kernel // 2 + 1)
                around = weights[low:high]
                expected[place] += around.max() if pooling == "max" else around.sum() / kernel
        torch.testing.assert_close(scores[0, group], expected)


@settings(max_examples=40)
@given(
    rows=st.lists(st.tuples(st.integers(1, 24), st.integers(1, 24)), min_size=1, max_size=4),
    window=st.integers(1, 5),
    levels=st.integers(1, 6),
    seed=st.integers(0, 999),
)
def test_the_best_and_the_window_are_selected(rows: list[tuple[int, int]], window: int, levels: int, seed: int) -> None:
    lengths = [max(pair) for pair in rows]
    keep = [length if min(pair) <= window else min(pair) for pair, length in zip(rows, lengths, strict=True)]
    columns = max(lengths)
    window = min(window, columns)
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randint(levels, (len(rows), 2, columns - window), generator=generator).float()
    selection, padding = select(scores, keep, lengths, window)
    assert selection.shape[-1] == max(*keep, window)
    for row, (length, number) in enumerate(zip(lengths, keep, strict=True)):
        assert padding[row] == selection.shape[-1] - number
        for head in range(2):
            before = range(columns - length, columns - window)
            ranks = sorted(before, key=lambda place: (-scores[row, head, place].item(), place))
            last = range(max(columns - window, columns - length), columns)
            expected = sorted(ranks[: number - len(last)]) + list(last)
            assert selection[row, head, padding[row] :].tolist() == expected


# Batches and turns


def test_rows_shorter_than_the_window_and_than_every_budget(model: Any) -> None:
    tokens, lengths = ids(3, 50), [50, 5, 16]
    mask = torch.arange(50) >= torch.tensor([[50 - length] for length in lengths])
    with FastKV(tsp_layer=0, tsp_tokens=20, retain_tokens=12)(model):
        together = generate(model, tokens, attention_mask=mask.long())
        for row, length in enumerate(lengths):
            alone = generate(model, tokens[row : row + 1, 50 - length :])
            torch.testing.assert_close(logits_of(together)[row], logits_of(alone)[0], atol=1e-4, rtol=1e-4)


def test_beams_and_what_stands_in_padding(model: Any) -> None:
    tokens = ids(2, 50)
    mask = torch.ones_like(tokens)
    mask[1, :20] = 0
    other = tokens.clone()
    other[1, :20] = 39
    beams = {"num_beams": 3, "do_sample": False, "max_new_tokens": 6}
    with SMALL(model):
        together = model.generate(tokens, attention_mask=mask, **beams)
        assert torch.equal(model.generate(other, attention_mask=mask, **beams)[:, 50:], together[:, 50:])
        alone = model.generate(tokens[1:, 20:], attention_mask=mask[1:, 20:], **beams)
    assert together[1, 50:].tolist() == alone[0, 30:].tolist()


def test_a_further_turn_is_stored_whole(model: Any) -> None:
    tokens, more = ids(2, 48), ids(2, 7, seed=1)
    with replace(SMALL, further_turns=True)(model):
        cache = model(tokens).past_key_values
        at_once = model(more, past_key_values=cache).logits[:, -1]
        assert [layer.keys.shape[-2] for layer in cache.layers] == [12 + 7] * 4
        assert cache.get_seq_length() == 48 + 7
        cache = model(tokens).past_key_values
        for token in torch.split(more, 1, dim=1):
            one_by_one = model(token, past_key_values=cache).logits[:, -1]
    torch.testing.assert_close(at_once, one_by_one, atol=1e-4, rtol=1e-4)


# What it costs


def test_report(model: Any) -> None:
    with FastKV(tsp_layer=0, tsp_rate=0.2, retain_rate=0.1)(model) as reading:
        with pytest.raises(ValueError, match="no prompt was read"):
            reading.report()
        output = generate(model, ids(1, 200), 3)
        report = reading.report()
    assert report.tokens == (200, 40, 40, 40)
    assert report.entries == (20,) * 4
    assert report.cache_ratio == pytest.approx(0.1)
    assert [layer.keys.shape[-2] for layer in output.past_key_values.layers] == [22] * 4
    assert output.past_key_values.get_seq_length() == 202
    assert "layers 0-0 read all, those above 40" in str(report)


def test_work_is_what_the_formula_says() -> None:
    """(T + 1) / L of f(n) and the rest of f(rho n), counted by torch; eager attention computes both halves."""
    model, tokens, layer = family_model("llama", layers=4, attn_implementation="eager"), ids(1, 512), 2

    def count(run: Callable[[], object]) -> int:
        with FlopCounterMode(display=False) as counter:
            run()
        return int(counter.get_total_flops())

    def f(number: int) -> float:
        return prefill_flops(model, [0, 0, 0, number]) + 2 * 32 * number * (number - 1)

    full = count(lambda: model(tokens, logits_to_keep=1))
    with FastKV(tsp_layer=layer, tsp_rate=0.25)(model) as reading:
        short = count(lambda: model(tokens))
        report = reading.report()
    predicted = 4 * f(512) / ((layer + 1) * f(512) + (3 - layer) * f(128))
    assert full / short == pytest.approx(predicted, rel=0.02)
    whole = 4 * prefill_flops(model, [0, 0, 0, 512])
    assert report.flop_ratio == pytest.approx(whole / prefill_flops(model, list(report.tokens)))


def test_work_counts_the_experts_that_a_token_goes_to() -> None:
    two, one = (family_model("mixtral", num_experts_per_tok=number) for number in (2, 1))
    assert prefill_flops(two, [100, 0]) - prefill_flops(one, [100, 0]) == 2 * 100 * 3 * 32 * 48


# Choosing the layer


def test_scores_are_those_of_each_layer(model: Any) -> None:
    every, first = token_scores(model, ids(2, 40)), token_scores(model, ids(2, 40), layers=2)
    assert [tuple(layer.shape) for layer in every] == [(2, 32)] * 4
    assert all(torch.equal(a, b) for a, b in zip(every, first, strict=False))
    assert len(first) == 2
    assert len(model.model.layers) == 4


def test_the_first_layer_that_agrees_with_those_above(model: Any) -> None:
    def wanting(*places: int) -> FastKV:
        """A scorer by which the layers, one after the other, want the ten tokens from these places on."""
        layer = iter(places)

        def score(query: Tensor, key: Tensor, /, *_: Any) -> Tensor:
            scores = torch.zeros(key.shape[2] - query.shape[2])
            scores[(start := next(layer)) : start + 10] = 1
            return scores.expand(len(key), key.shape[1], -1)

        return FastKV(score=score)

    def pick(press: FastKV, least: float) -> int:
        return pick_tsp_layer(model, [ids(1, 64)], top_k=10, min_overlap=least, press=press)

    assert pick(wanting(0, 20, 20, 20), 0.6) == 1
    assert pick(wanting(20, 20, 20, 20), 1.0) == 0
    assert pick(wanting(0, 10, 20, 30), 0.1) == 2  # none agrees: the last one
    assert pick(wanting(0, 5, 5, 5), 0.5) == 0
    assert pick(wanting(0, 5, 5, 5), 0.51) == 1


def test_what_is_stored_above_is_sought_in_what_is_handed_on() -> None:
    """Layer 0 hands on columns 0-19 of 60; the layers above store 15-24, of which half are among them."""
    first, later = torch.zeros(1, 60), torch.zeros(1, 60)
    first[0, :20], later[0, 15:25] = 1, 1
    curve = overlaps([first, later, later], [60], [10], [20])
    assert curve is not None
    assert curve.tolist() == [0.5, 1.0]
    assert overlaps([first, later], [60], [10], [60]) is None


def test_auto_measures_the_first_prompt_once(model: Any) -> None:
    tokens = ids(2, 100)
    press = FastKV(tsp_rate=0.2, retain_rate=0.1, min_overlap=0.05, window=4)
    mask = torch.ones_like(tokens)
    mask[1, :17] = 0
    with press(model) as reading:
        assert reading.tsp_layer is None
        first = generate(model, tokens, attention_mask=mask)
        layer, overlap = reading.tsp_layer, reading.report().overlap
        assert layer is not None
        assert layer == next(number for number, share in enumerate(overlap) if share >= 0.05)
        generate(model, ids(1, 90, seed=5))
        assert reading.tsp_layer == layer
    scores = token_scores(model, tokens, attention_mask=mask, press=press)
    curve = overlaps(scores, [96, 79], [6, 4], [16, 12])
    assert curve is not None
    assert overlap == tuple(curve.tolist())
    with replace(press, tsp_layer=layer)(model):
        assert torch.equal(logits_of(generate(model, tokens, attention_mask=mask)), logits_of(first))


@pytest.mark.parametrize(
    ("prompts", "options", "words"),
    [
        ([], {}, "at least one prompt"),
        ([ids(1, 600)], {"top_k": 512}, "too short to compare the top 512"),
        ([ids(1, 100)], {"press": FastKV(tsp_rate=1.0)}, "all go on"),
        ([ids(1, 30)], {}, "window of 8"),
    ],
)
def test_layers_that_cannot_be_compared(model: Any, prompts: list[Tensor], options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        pick_tsp_layer(model, prompts, **options)


# Refusals


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"tsp_layer": -1}, "a layer's number from 0 or 'auto', not -1"),
        ({"tsp_layer": "late"}, "or 'auto', not 'late'"),
        ({"tsp_rate": 0.0}, "tsp_rate is a share"),
        ({"retain_rate": 1.5}, "at most 1, not 1.5"),
        ({"window": 0}, "at least 1 token"),
        ({"retain_tokens": 8}, "retain_tokens is 8, but the window's 8"),
        ({"tsp_tokens": 4}, "tsp_tokens is 4"),
        ({"kernel": 4}, "odd number"),
        ({"pooling": "sum"}, "'max' or 'avg'"),
        ({"min_overlap": 0.0}, "min_overlap"),
    ],
)
def test_settings(setting: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        FastKV(**setting)


@pytest.mark.parametrize(
    ("family", "layers", "words"),
    [
        ("mistral_window", 4, "sliding window"),
        ("deepseek_v3", 2, "latent vectors"),
        ("gemma2_full", 2, "soft-capped"),
        ("gpt2", 2, "no rotary positions"),
        ("t5", 2, "encoder-decoder"),
        ("llama", 1, "at least two layers"),
        ("llama", 2, "tsp_layer 1 leaves no layer"),
        ("doge", 3, "DogeAttention has a mask for each head"),
        ("diffllama", 3, "DiffLlamaAttention makes others"),
        ("jetmoe", 3, "JetMoeAttention makes others"),
    ],
)
def test_models(family: str, layers: int, words: str) -> None:
    """Some say only where they attend that scores do not describe their attention."""
    model = family_model(family, layers=layers)
    with pytest.raises(ValueError, match=words), SMALL(model):
        model(ids(1, 24))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"labels": ids(2, 40)}, "leave labels out"),
        ({"output_attentions": True}, "output_attentions"),
        ({"output_hidden_states": True}, "output_hidden_states"),
        ({"use_cache": False}, "use_cache=True"),
        ({"logits_to_keep": 20}, "at most the window of 4"),
        ({"attention_mask": torch.arange(40).expand(2, 40) < 30}, "padding on the left"),
        ({"attention_mask": torch.ones(2, 1, 40, 40)}, "shape \\(batch, tokens\\)"),
        ({"attention_mask": torch.ones(2, 30)}, "the prompt \\(2, 40\\)"),
    ],
)
def test_forwards(model: Any, options: dict[str, Any], words: str) -> None:
    with SMALL(model), pytest.raises(ValueError, match=words):
        model(ids(2, 40), **options)


def test_caches_that_it_does_not_fill(model: Any) -> None:
    cache = model(ids(1, 40)).past_key_values
    with SMALL(model):
        with pytest.raises(ValueError, match="read without FastKV"):
            model(ids(1, 1), past_key_values=cache)
        with pytest.raises(ValueError, match="not StaticCache"):
            model(ids(1, 40), past_key_values=StaticCache(config=model.config, max_cache_len=64))
        with pytest.raises(ValueError, match="not StaticCache"):
            generate(model, ids(1, 40), cache_implementation="static", disable_compile=True)
        with pytest.raises(ValueError, match="cannot be read in chunks"):
            generate(model, ids(1, 80), prefill_chunk_size=40)


def test_a_failed_prompt_leaves_the_block_usable(model: Any) -> None:
    with SMALL(model):
        expected = generate(model, ids(1, 40))
        with pytest.raises(ValueError, match="leaves 3, no more than the window of 4"):
            generate(model, ids(1, 12))
        assert torch.equal(logits_of(generate(model, ids(1, 40))), logits_of(expected))


def test_cutting_into_the_prompt(model: Any) -> None:
    cache = DynamicCache(config=model.config)
    with SMALL(model):
        model(ids(1, 40), past_key_values=cache)
        for token in torch.split(ids(1, 3), 1, dim=1):
            model(token, past_key_values=cache)
    cache.crop(-2)
    assert cache.get_seq_length() == 41
    assert all(isinstance(layer, RetainedLayer) for layer in cache.layers)
    with pytest.raises(ValueError, match="compressed prompt"):
        cache.crop(-2)


def test_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    run_example("fastkv")
    assert "less work to read it" in capsys.readouterr().out


def test_a_method_that_computes_attention_itself_is_entered_first() -> None:
    model, prompt = family_model("llama", layers=3), ids(1, 40)
    press, sparse = FastKV(tsp_layer=0, tsp_tokens=12, retain_tokens=8, window=2), SpargeAttn(tau=0.9, min_tokens=8)
    with sparse(model), press(model), torch.no_grad():
        model(prompt)
    with (
        press(model),
        sparse(model),
        torch.no_grad(),
        pytest.raises(ValueError, match="FastKV saw the attention of 0 of 3"),
    ):
        model(prompt)
