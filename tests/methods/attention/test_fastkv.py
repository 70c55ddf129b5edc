"""FastKV: exact where nothing is dropped, equal to plain loops where something is, and undone afterwards."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode
from transformers import (
    DynamicCache,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    StaticCache,
    T5Config,
    T5ForConditionalGeneration,
)

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

FAMILIES = {
    "llama": (LlamaForCausalLM, LlamaConfig, {}),
    "qwen2": (Qwen2ForCausalLM, Qwen2Config, {}),
    "mistral": (MistralForCausalLM, MistralConfig, {"sliding_window": None}),
}
GREEDY = {"do_sample": False, "return_dict_in_generate": True, "output_logits": True}
NEUTRAL = FastKV(tsp_layer=1, tsp_rate=1.0, retain_rate=1.0)
SMALL = FastKV(tsp_layer=1, tsp_rate=0.4, retain_rate=0.25, window=4)


def tiny(family: str = "llama", *, dtype: torch.dtype = torch.float32, **changes: Any) -> Any:
    cls, config, extra = FAMILIES[family]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = cls(
            config(
                **{
                    "vocab_size": 97,
                    "hidden_size": 64,
                    "intermediate_size": 96,
                    "num_hidden_layers": 4,
                    "num_attention_heads": 4,
                    "num_key_value_heads": 2,
                    "initializer_range": 0.2,  # far from uniform attention, so that ranks are clear
                    "pad_token_id": 0,
                    "eos_token_id": None,
                    **extra,
                    **changes,
                }
            )
        )
    return model.to(dtype).eval()


def prompts(rows: int, length: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(1, 97, (rows, length), generator=torch.Generator().manual_seed(seed))


def generated(model: Any, ids: torch.Tensor, tokens: int = 5, **more: Any) -> Any:
    return model.generate(ids, **{"max_new_tokens": tokens, "attention_mask": torch.ones_like(ids), **GREEDY, **more})


def logits_of(out: Any) -> torch.Tensor:
    return torch.stack(out.logits, dim=1)


class TestExactWhereNothingIsDropped:
    @pytest.mark.parametrize("family", FAMILIES)
    @pytest.mark.parametrize("attention", ["sdpa", "eager"])
    @pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
    def test_generation_is_bit_equal(self, family: str, attention: str, dtype: torch.dtype) -> None:
        model = tiny(family, dtype=dtype, attn_implementation=attention)
        ids = prompts(2, 40)
        mask = torch.ones_like(ids)
        mask[1, :13] = 0
        plain = generated(model, ids, attention_mask=mask)
        with NEUTRAL(model) as reading:
            pressed = generated(model, ids, attention_mask=mask)
        assert torch.equal(logits_of(plain), logits_of(pressed))
        assert pressed.past_key_values.layers[0].keys.dtype == dtype
        assert reading.report().flop_ratio == 1.0
        assert reading.report().cache_ratio == 1.0

    def test_all_logits_of_a_prompt_at_the_neutral_setting(self) -> None:
        model, ids = tiny(), prompts(2, 30)
        plain = model(ids).logits
        with FastKV(tsp_layer=1, tsp_rate=1.0, retain_rate=1.0, window=30)(model):
            assert torch.equal(model(ids, logits_to_keep=30).logits, plain)
            assert torch.equal(model(ids).logits, plain)

    def test_a_prompt_within_fixed_budgets_is_untouched(self) -> None:
        model, ids = tiny(), prompts(1, 40)
        plain = generated(model, ids)
        with FastKV(tsp_layer=1, tsp_tokens=40, retain_tokens=64)(model) as reading:
            assert torch.equal(logits_of(generated(model, ids)), logits_of(plain))
        assert reading.report().stored == (40,) * 4

    def test_snapkv_leaves_the_first_token_as_it_is(self) -> None:
        model, ids = tiny(), prompts(1, 60)
        with FastKV(tsp_rate=1.0, retain_rate=0.25)(model) as reading:
            pressed = generated(model, ids)
        assert torch.equal(logits_of(pressed)[:, 0], logits_of(generated(model, ids))[:, 0])
        assert reading.report().stored == (15,) * 4
        assert reading.report().tokens == (60,) * 4


class TestAgainstPlainLoops:
    @pytest.mark.parametrize("family", FAMILIES)
    @pytest.mark.parametrize(
        "press",
        [
            SMALL,
            FastKV(tsp_layer=0, tsp_rate=0.5, retain_rate=0.3, pooling="avg", kernel=3, window=4),
            FastKV(tsp_layer=2, tsp_tokens=12, retain_tokens=20, kernel=1),
            FastKV(tsp_layer=1, tsp_rate=1.0, retain_rate=0.25),
            FastKV(tsp_layer=1, tsp_rate=0.3, retain_rate=1.0),
        ],
        ids=["small", "avg", "fixed", "no-tsp", "keep-all"],
    )
    def test_greedy_decoding(self, family: str, press: FastKV) -> None:
        model = tiny(family)
        ids = prompts(1, 47)
        with press(model):
            out = generated(model, ids, tokens=3)
        sequence = out.sequences[0]
        for step, logits in enumerate(out.logits):
            expected = reference_logits(model, sequence[: 47 + step], 47, press)
            torch.testing.assert_close(logits[0], expected, atol=1e-4, rtol=1e-4)
            assert int(expected.argmax()) == int(sequence[47 + step])

    @given(
        length=st.integers(2, 40),
        window=st.integers(1, 6),
        kernel=st.sampled_from([1, 3, 7]),
        pooling=st.sampled_from(["max", "avg"]),
        seed=st.integers(0, 99),
    )
    def test_scores(self, length: int, window: int, kernel: int, pooling: Any, seed: int) -> None:
        window = min(window, length - 1)
        torch.manual_seed(seed)
        q, k = torch.randn(1, 4, window, 8), torch.randn(1, 2, length, 8)
        press = FastKV(window=window, kernel=kernel, pooling=pooling)
        found = window_scores(q, k, press, 0.3, [length])
        for group in range(2):
            expected = torch.zeros(length - window)
            for head in (2 * group, 2 * group + 1):
                weights = torch.zeros(length)
                for row in range(window):
                    seen = length - window + row + 1
                    weights[:seen] += torch.softmax(q[0, head, row] @ k[0, group, :seen].T * 0.3, -1)
                for place in range(length - window):
                    low, high = max(0, place - kernel // 2), min(length - window, place + kernel // 2 + 1)
                    around = weights[low:high]
                    expected[place] += around.max() if pooling == "max" else around.sum() / kernel
            torch.testing.assert_close(found[0, group], expected)


class TestSelect:
    @given(
        rows=st.lists(st.tuples(st.integers(1, 24), st.integers(1, 24)), min_size=1, max_size=4),
        window=st.integers(1, 5),
        levels=st.integers(1, 6),
        seed=st.integers(0, 999),
    )
    def test_keeps_the_best_and_the_window(
        self, rows: list[tuple[int, int]], window: int, levels: int, seed: int
    ) -> None:
        lengths = [max(pair) for pair in rows]
        keep = [length if min(pair) <= window else min(pair) for pair, length in zip(rows, lengths, strict=True)]
        columns = max(lengths)
        window = min(window, columns)
        generator = torch.Generator().manual_seed(seed)
        scores = torch.randint(levels, (len(rows), 2, columns - window), generator=generator).float()
        chosen, padding = select(scores, keep, lengths, window)
        assert chosen.shape[-1] == max(*keep, window)
        for row, (length, kept) in enumerate(zip(lengths, keep, strict=True)):
            assert padding[row] == chosen.shape[-1] - kept
            for head in range(2):
                got = chosen[row, head, padding[row] :].tolist()
                before = range(columns - length, columns - window)
                ranked = sorted(before, key=lambda place: (-scores[row, head, place].item(), place))
                last = range(max(columns - window, columns - length), columns)
                assert got == sorted(ranked[: kept - len(last)]) + list(last)


class TestBatches:
    @pytest.mark.parametrize("family", FAMILIES)
    @pytest.mark.parametrize("attention", ["sdpa", "eager"])
    def test_a_padded_row_gives_what_it_gives_alone(self, family: str, attention: str) -> None:
        model = tiny(family, attn_implementation=attention)
        lengths = [60, 41, 33]
        ids = prompts(3, 60)
        mask = torch.arange(60) >= torch.tensor([[60 - length] for length in lengths])
        ids = ids * mask
        with SMALL(model) as reading:
            together = generated(model, ids, attention_mask=mask.long())
            report = reading.report()
            for row, length in enumerate(lengths):
                alone = generated(model, ids[row : row + 1, 60 - length :])
                torch.testing.assert_close(logits_of(together)[row], logits_of(alone)[0], atol=1e-4, rtol=1e-4)
        assert report.tokens == (60, 60, 24, 24)
        assert report.stored == (15,) * 4

    def test_rows_shorter_than_the_window_and_than_every_budget(self) -> None:
        model = tiny()
        press = FastKV(tsp_layer=0, tsp_tokens=20, retain_tokens=12)
        ids = prompts(3, 50)
        lengths = [50, 5, 16]
        mask = torch.arange(50) >= torch.tensor([[50 - length] for length in lengths])
        with press(model):
            together = generated(model, ids, attention_mask=mask.long())
            for row, length in enumerate(lengths):
                alone = generated(model, ids[row : row + 1, 50 - length :])
                torch.testing.assert_close(logits_of(together)[row], logits_of(alone)[0], atol=1e-4, rtol=1e-4)

    def test_padding_that_no_row_needs_changes_nothing(self) -> None:
        model, ids = tiny(), prompts(2, 60)
        mask = torch.ones_like(ids)
        mask[:, :20] = 0
        with SMALL(model):
            padded, bare = generated(model, ids, attention_mask=mask), generated(model, ids[:, 20:])
        torch.testing.assert_close(logits_of(padded), logits_of(bare), atol=1e-4, rtol=1e-4)

    def test_garbage_in_padding_does_not_matter(self) -> None:
        model, ids = tiny(), prompts(2, 50)
        mask = torch.ones_like(ids)
        mask[1, :20] = 0
        other = ids.clone()
        other[1, :20] = 96
        with SMALL(model):
            first, second = (generated(model, rows, attention_mask=mask) for rows in (ids, other))
        assert torch.equal(logits_of(first), logits_of(second))

    def test_beams(self) -> None:
        model, ids = tiny(), prompts(2, 50)
        mask = torch.ones_like(ids)
        mask[1, :20] = 0
        beams = {"num_beams": 3, "do_sample": False, "max_new_tokens": 6}
        with SMALL(model):
            together = model.generate(ids, attention_mask=mask, **beams)
            alone = model.generate(ids[1:, 20:], attention_mask=mask[1:, 20:], **beams)
        assert together[1, 50:].tolist() == alone[0, 30:].tolist()

    def test_a_further_turn_is_stored_whole(self) -> None:
        model, ids, more = tiny(), prompts(2, 48), prompts(2, 7, seed=1)
        press = replace(SMALL, further_turns=True)
        with press(model):
            cache = model(ids).past_key_values
            at_once = model(more, past_key_values=cache).logits[:, -1]
            assert [layer.keys.shape[-2] for layer in cache.layers] == [12 + 7] * 4
            assert cache.get_seq_length() == 48 + 7
            cache = model(ids).past_key_values
            for token in torch.split(more, 1, dim=1):
                one_by_one = model(token, past_key_values=cache).logits[:, -1]
        torch.testing.assert_close(at_once, one_by_one, atol=1e-4, rtol=1e-4)


class TestPrecisionAndRepeatability:
    @pytest.mark.parametrize("family", FAMILIES)
    def test_bf16(self, family: str) -> None:
        model, ids = tiny(family, dtype=torch.bfloat16), prompts(2, 60)
        with SMALL(model):
            out = generated(model, ids)
        assert {layer.keys.dtype for layer in out.past_key_values.layers} == {torch.bfloat16}
        assert logits_of(out).isfinite().all()

    def test_the_same_twice(self) -> None:
        model, ids = tiny(), prompts(2, 60)
        with SMALL(model):
            first, second = generated(model, ids), generated(model, ids)
        with SMALL(model):
            third = generated(model, ids)
        assert torch.equal(logits_of(first), logits_of(second))
        assert torch.equal(logits_of(first), logits_of(third))

    def test_one_head_to_a_group_and_one_group_to_all(self) -> None:
        for kv_heads in (1, 4):
            model, ids = tiny(num_key_value_heads=kv_heads), prompts(1, 40)
            with SMALL(model):
                out = generated(model, ids, tokens=2)
            expected = reference_logits(model, out.sequences[0, :41], 40, SMALL)
            torch.testing.assert_close(out.logits[1][0], expected, atol=1e-4, rtol=1e-4)


class TestCost:
    def test_report(self) -> None:
        model, ids = tiny(), prompts(1, 200)
        with FastKV(tsp_layer=0, tsp_rate=0.2, retain_rate=0.1)(model) as reading:
            with pytest.raises(ValueError, match="no prompt was read"):
                reading.report()
            out = generated(model, ids, tokens=3)
            report = reading.report()
        assert report.tokens == (200, 40, 40, 40)
        assert report.stored == (20,) * 4
        assert report.cache_ratio == pytest.approx(0.1)
        assert [layer.keys.shape[-2] for layer in out.past_key_values.layers] == [22] * 4
        assert out.past_key_values.get_seq_length() == 202
        assert "layers 0-0 read all, those above 40" in str(report)

    @pytest.mark.parametrize("layer", [0, 1, 2])
    def test_work_is_what_the_formula_says(self, layer: int) -> None:
        """(T + 1) / L of f(n) and the rest of f(rho n), counted by torch; eager attention computes both halves."""
        model, ids = tiny(attn_implementation="eager"), prompts(1, 512)

        def counted(run: Callable[[], object]) -> int:
            with FlopCounterMode(display=False) as counter:
                run()
            return int(counter.get_total_flops())

        full = counted(lambda: model(ids, logits_to_keep=1))
        with FastKV(tsp_layer=layer, tsp_rate=0.25)(model) as reading:
            short = counted(lambda: model(ids))
            report = reading.report()

        def f(tokens: int) -> float:
            causal = prefill_flops(model, [0, 0, 0, tokens])
            return causal + 2 * 64 * tokens * (tokens - 1)

        predicted = 4 * f(512) / ((layer + 1) * f(512) + (3 - layer) * f(128))
        assert full / short == pytest.approx(predicted, rel=0.02)
        assert report.flop_ratio == pytest.approx(
            4 * prefill_flops(model, [0, 0, 0, 512]) / prefill_flops(model, list(report.tokens))
        )


class TestChoosingTheLayer:
    def test_scores_are_those_of_each_layer(self) -> None:
        model, ids = tiny(), prompts(2, 40)
        every, first = token_scores(model, ids), token_scores(model, ids, layers=2)
        assert [tuple(layer.shape) for layer in every] == [(2, 32)] * 4
        assert all(torch.equal(a, b) for a, b in zip(every, first, strict=False))
        assert len(first) == 2
        assert len(model.model.layers) == 4

    def test_the_first_layer_that_agrees_with_those_above(self) -> None:
        model, ids = tiny(), prompts(1, 64)

        def wanting(*places: int) -> FastKV:
            """A scorer by which the layers, one after the other, want the ten tokens from these places on."""
            layer = iter(places)

            def score(query: torch.Tensor, key: torch.Tensor, /, *_: Any) -> torch.Tensor:
                wanted = torch.zeros(key.shape[2] - query.shape[2])
                wanted[(start := next(layer)) : start + 10] = 1
                return wanted.expand(len(key), key.shape[1], -1)

            return FastKV(score=score)

        def pick(press: FastKV, least: float) -> int:
            return pick_tsp_layer(model, [ids], top_k=10, min_overlap=least, press=press)

        assert pick(wanting(0, 20, 20, 20), 0.6) == 1
        assert pick(wanting(20, 20, 20, 20), 1.0) == 0
        assert pick(wanting(0, 10, 20, 30), 0.1) == 2  # none agrees: the last one
        assert pick(wanting(0, 5, 5, 5), 0.5) == 0
        assert pick(wanting(0, 5, 5, 5), 0.51) == 1

    def test_what_is_stored_above_is_sought_in_what_is_handed_on(self) -> None:
        """Layer 0 hands on columns 0-19 of 60; the layers above store 15-24, of which half are among them."""
        first, later = torch.zeros(1, 60), torch.zeros(1, 60)
        first[0, :20], later[0, 15:25] = 1, 1
        found = overlaps([first, later, later], [60], [10], [20])
        assert found is not None
        assert found.tolist() == [0.5, 1.0]
        assert overlaps([first, later], [60], [10], [60]) is None

    def test_auto_measures_the_first_prompt_once(self) -> None:
        model, ids = tiny(), prompts(2, 100)
        press = FastKV(tsp_rate=0.2, retain_rate=0.1, min_overlap=0.05, window=4)
        mask = torch.ones_like(ids)
        mask[1, :17] = 0
        with press(model) as reading:
            assert reading.tsp_layer is None
            first = generated(model, ids, attention_mask=mask)
            layer, overlap = reading.tsp_layer, reading.report().overlap
            assert layer is not None
            assert overlap[layer] >= 0.05
            assert layer == next(number for number, share in enumerate(overlap) if share >= 0.05)
            generated(model, prompts(1, 90, seed=5))
            assert reading.tsp_layer == layer
        with FastKV(tsp_layer=layer, tsp_rate=0.2, retain_rate=0.1, window=4)(model):
            assert torch.equal(logits_of(generated(model, ids, attention_mask=mask)), logits_of(first))

    def test_refuses_what_it_cannot_compare(self) -> None:
        with pytest.raises(ValueError, match="at least one prompt"):
            pick_tsp_layer(tiny(), [])
        with pytest.raises(ValueError, match="too short to compare the top 512"):
            pick_tsp_layer(tiny(), [prompts(1, 600)], top_k=512)
        with pytest.raises(ValueError, match="all go on"):
            pick_tsp_layer(tiny(), [prompts(1, 100)], press=FastKV(tsp_rate=1.0))
        with pytest.raises(ValueError, match="window of 8"):
            pick_tsp_layer(tiny(), [prompts(1, 30)])


class TestUndone:
    def test_the_model_is_as_before(self) -> None:
        model, ids = tiny(), prompts(1, 40)
        before = generated(model, ids)
        state = [(name, sorted(vars(module))) for name, module in model.named_modules()]
        with pytest.raises(ValueError, match="leaves 3"), SMALL(model):
            generated(model, prompts(1, 12))
        assert model.config._attn_implementation == "sdpa"
        assert [(name, sorted(vars(module))) for name, module in model.named_modules()] == state
        assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
        assert torch.equal(logits_of(generated(model, ids)), logits_of(before))

    def test_not_twice_at_once(self) -> None:
        model = tiny()
        with SMALL(model):
            with pytest.raises(ValueError, match="already altered by fastkv"), SMALL(model):
                pass
            generated(model, prompts(1, 40))

    def test_a_failed_prompt_leaves_the_block_usable(self) -> None:
        model, ids = tiny(), prompts(1, 40)
        with SMALL(model):
            expected = generated(model, ids)
            with pytest.raises(ValueError, match="leaves 3, no more than the window of 4"):
                generated(model, prompts(1, 12))
            assert torch.equal(logits_of(generated(model, ids)), logits_of(expected))


class TestRefusals:
    @pytest.mark.parametrize(
        ("bad", "words"),
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
    def test_settings(self, bad: dict[str, Any], words: str) -> None:
        with pytest.raises(ValueError, match=re.escape(words)):
            FastKV(**bad)

    @pytest.mark.parametrize(
        ("model", "words"),
        [
            (lambda: tiny("mistral", sliding_window=16), "sliding window"),
            (lambda: tiny("qwen2", use_sliding_window=True, sliding_window=16, max_window_layers=2), "sliding window"),
            (lambda: tiny(num_hidden_layers=1), "at least two layers"),
            (lambda: GPT2LMHeadModel(GPT2Config(n_layer=2, n_embd=32, n_head=2, vocab_size=50)), "Llama kind"),
            (
                lambda: T5ForConditionalGeneration(
                    T5Config(d_model=32, num_layers=1, num_heads=2, d_kv=16, vocab_size=9)
                ),
                "decoder-only",
            ),
            (lambda: torch.nn.Linear(2, 2), "not Linear"),
            (lambda: tiny(num_hidden_layers=2), "tsp_layer 1 leaves no layer"),
        ],
        ids=["mistral", "qwen2", "shallow", "gpt2", "t5", "linear", "layer"],
    )
    def test_models(self, model: Callable[[], Any], words: str) -> None:
        with pytest.raises(ValueError, match=words), SMALL(model()):
            pass

    @pytest.mark.parametrize(
        ("asked", "words"),
        [
            ({"labels": prompts(2, 40)}, "leave labels out"),
            ({"output_attentions": True}, "output_attentions"),
            ({"output_hidden_states": True}, "output_hidden_states"),
            ({"use_cache": False}, "use_cache=True"),
            ({"logits_to_keep": 20}, "at most the window of 4"),
            ({"attention_mask": torch.arange(40).expand(2, 40) < 30}, "padding on the left"),
            ({"attention_mask": torch.ones(2, 1, 40, 40)}, "shape \\(batch, tokens\\)"),
            ({"attention_mask": torch.ones(2, 30)}, "the prompt \\(2, 40\\)"),
        ],
    )
    def test_forwards(self, asked: dict[str, Any], words: str) -> None:
        model = tiny()
        with SMALL(model), pytest.raises(ValueError, match=words):
            model(prompts(2, 40), **asked)

    def test_caches_that_it_does_not_fill(self) -> None:
        model, ids = tiny(), prompts(1, 40)
        filled = model(ids).past_key_values
        with SMALL(model):
            with pytest.raises(ValueError, match="read without FastKV"):
                model(ids, past_key_values=filled)
            with pytest.raises(ValueError, match="not StaticCache"):
                model(ids, past_key_values=StaticCache(config=model.config, max_cache_len=64))

    def test_prompts_in_chunks(self) -> None:
        model = tiny()
        with SMALL(model), pytest.raises(ValueError, match="cannot be read in chunks"):
            model.generate(prompts(1, 80), max_new_tokens=2, do_sample=False, prefill_chunk_size=40)

    def test_cutting_into_the_prompt(self) -> None:
        model = tiny()
        with SMALL(model):
            cache = DynamicCache(config=model.config)
            model(prompts(1, 40), past_key_values=cache)
            for token in torch.split(prompts(1, 3), 1, dim=1):
                model(token, past_key_values=cache)
            cache.crop(-2)
            assert cache.get_seq_length() == 41
            assert all(isinstance(layer, RetainedLayer) for layer in cache.layers)
            with pytest.raises(ValueError, match="compressed prompt"):
                cache.crop(-2)


def test_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    page = Path(__file__).parents[3] / "docs" / "methods" / "fastkv.md"
    snippets = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(snippets) == 1
    exec(compile(snippets[0], str(page), "exec"), {})
    assert "less work to read it" in capsys.readouterr().out
