"""Hierarchy Drafting: the same tokens as without it, in fewer passes."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import disk_offload
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.methods.contract import Decoding
from tests.methods.families import VOCAB, family_model, ids
from torch import Tensor
from transformers import DynamicCache, GenerationConfig, LogitsProcessorList, StoppingCriteriaList

from assay.methods.decoding.hierarchy_drafting import (
    ContextTable,
    CorpusTable,
    HierarchyConfig,
    HierarchyDrafter,
    ModelTable,
    reference_generate,
)
from assay.methods.decoding.hierarchy_drafting._refusals import refuse_model
from assay.methods.decoding.hierarchy_drafting._verification import (
    DraftTree,
    GuessWindow,
    additive_mask,
    keep_accepted,
    pass_inputs,
)

Tables = dict[str, Any]
"""The tables that a drafter is made with."""
Setup = tuple[Any, Tables]
"""A model and its tables."""

CONFIGS = [
    HierarchyConfig(),
    HierarchyConfig(window=0),
    HierarchyConfig(order="LSW", draft_tokens=2, candidates=3, window=2),
    HierarchyConfig(order="W", draft_tokens=1, candidates=1, window=1),
    HierarchyConfig(order="SL", draft_tokens=6, candidates=12),
]


def greedy(model: Any, prompt: Tensor, *, new: int = 40, **how: Any) -> Any:
    how = {"attention_mask": torch.ones_like(prompt), "do_sample": False, "max_new_tokens": new} | how
    return model.generate(prompt, **how)


def drafted(model: Any, input_ids: Tensor, **options: Any) -> Tensor:
    """Decoded with the drafts of a model that knows its answer: most are right."""
    refuse_model(model)
    answers = model.generate(input_ids, do_sample=False, **options).tolist()
    table = ModelTable.count([*answers, ids(60, seed=9).tolist()], vocab_size=VOCAB)
    drafter = HierarchyDrafter(HierarchyConfig(order="WS", window=2), model_table=table)
    output: Tensor = model.generate(input_ids, do_sample=False, custom_generate=drafter.generate, **options)
    return output


CONTRACT = Decoding(drafted)


@pytest.fixture(scope="module")
def llama() -> Setup:
    model = family_model("llama")
    answers = [greedy(model, ids(1, 8, seed=seed))[0].tolist() for seed in range(4)]
    return model, {
        "model_table": ModelTable.count(answers, vocab_size=VOCAB),
        "corpus_table": CorpusTable.build([*answers, *ids(5, 60, seed=9).tolist()], vocab_size=VOCAB),
    }


# The same tokens


def test_an_empty_order_is_plain_decoding(llama: Setup) -> None:
    model, tables = llama
    drafter = HierarchyDrafter(HierarchyConfig(order=""), **tables)
    prompt = ids(1, 20)
    assert torch.equal(greedy(model, prompt, custom_generate=drafter.generate), greedy(model, prompt))
    report = drafter.report()
    assert (report.tokens, report.passes, report.drafted, report.tokens_per_pass) == (40, 40, 0, 1.0)


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_greedy_output_is_unchanged_and_takes_fewer_passes(llama: Setup, config: HierarchyConfig) -> None:
    model, tables = llama
    drafter = HierarchyDrafter(config, **tables)
    for seed in range(2):
        prompt = ids(1, 5 + 24 * seed, seed=seed)
        assert torch.equal(greedy(model, prompt, custom_generate=drafter.generate), greedy(model, prompt))
    report = drafter.report()
    assert report.tokens == 80
    assert report.passes < report.tokens
    assert report.drafted <= report.passes * config.draft_tokens * config.candidates
    assert report.tokens <= report.passes * (1 + config.draft_tokens)


@pytest.mark.parametrize("config", [config for config in CONFIGS if not config.columns], ids=str)
def test_the_plain_loop_needs_as_many_passes(llama: Setup, config: HierarchyConfig) -> None:
    model, tables = llama
    drafter = HierarchyDrafter(config, **tables)
    prompt = ids(1, 20, seed=4)
    expected, passes = reference_generate(model, prompt, HierarchyDrafter(config, **tables), max_new_tokens=25)
    assert torch.equal(greedy(model, prompt, new=25, custom_generate=drafter.generate), expected)
    assert drafter.report().passes == passes


@settings(max_examples=20)
@given(data=st.data())
def test_no_table_however_wrong_changes_the_output(llama: Setup, data: st.DataObject) -> None:
    token = st.integers(0, VOCAB - 1)
    answers = data.draw(st.lists(st.lists(token, min_size=6, max_size=30), min_size=1, max_size=6))
    config = HierarchyConfig(
        order=data.draw(st.permutations("WSL").map("".join)),
        draft_tokens=data.draw(st.integers(1, 5)),
        candidates=data.draw(st.integers(1, 8)),
        window=data.draw(st.integers(0, 4)),
    )
    drafter = HierarchyDrafter(
        config,
        model_table=ModelTable.count(answers, vocab_size=VOCAB),
        corpus_table=CorpusTable.build(answers, vocab_size=VOCAB),
    )
    prompt = torch.tensor([data.draw(st.lists(token, min_size=1, max_size=20))])
    model, _ = llama
    assert torch.equal(greedy(model, prompt, new=10, custom_generate=drafter.generate), greedy(model, prompt, new=10))


def test_eager_attention_is_served_too(llama: Setup) -> None:
    _, tables = llama
    model = family_model("llama", attn_implementation="eager")
    drafter = HierarchyDrafter(**tables)
    assert torch.equal(greedy(model, ids(1, 9), custom_generate=drafter.generate), greedy(model, ids(1, 9)))
    assert drafter.report().passes < 40


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    "how",
    [
        {"do_sample": True, "temperature": 0.4},
        {"do_sample": True, "top_p": 0.8, "repetition_penalty": 1.3},
        {"repetition_penalty": 1.5, "no_repeat_ngram_size": 3},
        {"min_new_tokens": 30, "eos_token_id": 7},
    ],
    ids=str,
)
def test_sampling_and_processors_draw_the_same_tokens_under_the_same_seed(
    llama: Setup, how: dict[str, Any], seed: int
) -> None:
    model, tables = llama
    prompt = ids(1, 20, seed=seed)
    drafter = HierarchyDrafter(HierarchyConfig(window=3), **tables)
    torch.manual_seed(seed)
    expected = greedy(model, prompt, **how)
    torch.manual_seed(seed)
    assert torch.equal(greedy(model, prompt, custom_generate=drafter.generate, **how), expected)
    assert drafter.report().drafted > 0


def test_it_stops_where_plain_decoding_stops(llama: Setup) -> None:
    model, tables = llama
    prompt = ids(1, 20)
    answer = greedy(model, prompt)[0, 20:].tolist()
    drafter = HierarchyDrafter(HierarchyConfig(window=0), **tables)
    for eos in sorted(set(answer))[::2]:
        how = {"eos_token_id": eos}
        stopped = greedy(model, prompt, custom_generate=drafter.generate, **how)
        assert torch.equal(stopped, greedy(model, prompt, **how))
        assert stopped.shape[1] == 20 + answer.index(eos) + 1
    for new in range(1, 9):
        assert greedy(model, prompt, new=new, custom_generate=drafter.generate).shape[1] == 20 + new

    def thirteen_or_more(text: Tensor, _scores: object) -> Tensor:
        return torch.full((len(text),), text.shape[1] >= 33)

    criteria = StoppingCriteriaList([thirteen_or_more])
    stopped = greedy(model, prompt, custom_generate=drafter.generate, stopping_criteria=criteria)
    assert stopped.shape[1] == 33


@pytest.mark.parametrize("config", CONFIGS[:2], ids=str)
def test_a_ragged_batch_decodes_like_a_plain_one(llama: Setup, config: HierarchyConfig) -> None:
    model, tables = llama
    lengths = [25, 4, 13]
    prompts = torch.zeros(3, 25, dtype=torch.long)
    mask = torch.zeros_like(prompts)
    for row, length in enumerate(lengths):
        prompts[row, -length:], mask[row, -length:] = ids(length, seed=row), 1
    how: dict[str, Any] = {"attention_mask": mask, "eos_token_id": [11, 5], "pad_token_id": 0}
    drafter = HierarchyDrafter(config, **tables)
    output = greedy(model, prompts, custom_generate=drafter.generate, **how)
    assert torch.equal(output, greedy(model, prompts, **how))
    for row, length in enumerate(lengths):
        alone = greedy(model, prompts[row : row + 1, -length:], eos_token_id=[11, 5], pad_token_id=0)
        assert torch.equal(output[row, 25 : 25 + alone.shape[1] - length], alone[0, length:])
    assert drafter.report().tokens_per_pass > 1


def test_a_batch_may_sample(llama: Setup) -> None:
    model, tables = llama
    drafter = HierarchyDrafter(**tables)
    torch.manual_seed(0)
    output = greedy(model, ids(1, 6), do_sample=True, top_k=1, num_return_sequences=3, custom_generate=drafter.generate)
    assert torch.equal(output, greedy(model, ids(1, 6)).expand(3, -1))


def test_the_cache_is_left_as_plain_decoding_leaves_it(llama: Setup) -> None:
    model, tables = llama
    drafter = HierarchyDrafter(**tables)
    prompt = ids(1, 20)
    plain = greedy(model, prompt, return_dict_in_generate=True)
    ours = greedy(model, prompt, return_dict_in_generate=True, custom_generate=drafter.generate)
    for theirs, layer in zip(plain.past_key_values.layers, ours.past_key_values.layers, strict=True):
        torch.testing.assert_close(layer.keys, theirs.keys)
        torch.testing.assert_close(layer.values, theirs.values)
    expected = greedy(model, plain.sequences, past_key_values=plain.past_key_values, new=10)
    go_on: dict[str, Any] = {"past_key_values": ours.past_key_values, "custom_generate": drafter.generate}
    assert torch.equal(greedy(model, ours.sequences, new=10, **go_on), expected)


def test_bf16_differs_from_plain_decoding_only_in_ties(llama: Setup) -> None:
    _, tables = llama
    model = family_model("llama", seed=3).to(torch.bfloat16)
    drafter = HierarchyDrafter(**tables)
    output = greedy(model, ids(1, 20), new=60, custom_generate=drafter.generate)
    logits = model(output).logits[0, 19:-1].float()
    chosen = logits.gather(-1, output[0, 20:, None])[:, 0]
    # Two roundings of a logit of this size: what another shape of the same product may move it by.
    assert (logits.max(-1).values - chosen <= 2 * logits.abs().max() * torch.finfo(torch.bfloat16).eps).all()
    assert drafter.report().passes < 60
    assert model.dtype == torch.bfloat16


def test_it_is_deterministic_and_leaves_the_model_alone(llama: Setup) -> None:
    model, tables = llama
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    attributes = set(vars(model))
    outputs, reports = [], []
    for _ in range(2):
        drafter = HierarchyDrafter(**tables)
        outputs.append(greedy(model, ids(1, 20), custom_generate=drafter.generate))
        report = drafter.report()
        reports.append((report.tokens, report.passes, report.drafted, report.accepted, report.used))
    assert torch.equal(*outputs)
    assert reports[0] == reports[1]
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert set(vars(model)) == attributes
    drafter.reset_report()
    assert drafter.report().tokens == 0


def test_tokens_are_streamed_pass_by_pass(llama: Setup) -> None:
    model, tables = llama
    stream: list[list[int]] = []

    class Listener:
        ended = False

        def put(self, value: Tensor) -> None:
            stream.append(value.reshape(-1).tolist())

        def end(self) -> None:
            self.ended = True

    drafter, listener = HierarchyDrafter(**tables), Listener()
    output = greedy(model, ids(1, 20), custom_generate=drafter.generate, token_streamer=listener)
    assert stream[0] == output[0, :20].tolist()
    assert [token for tokens in stream for token in tokens] == output[0].tolist()
    assert len(stream) == 1 + drafter.report().passes
    assert listener.ended


# What goes through a pass

drafts = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=4).map(tuple), max_size=7)


@given(drafts)
def test_a_tree_holds_each_beginning_once(branches: list[tuple[int, ...]]) -> None:
    tree = DraftTree(9)
    for branch in branches:
        tree.add(branch, "W")
    paths = []
    sees = tree.sees()
    for node in range(len(tree.tokens)):
        path = [tree.tokens[other] for other in range(node + 1) if sees[node, other]]
        assert len(path) == tree.depths[node] + 1
        assert not sees[node, node + 1 :].any()
        paths.append(tuple(path[1:]))
    assert sorted(paths) == sorted({branch[:end] for branch in branches for end in range(len(branch) + 1)} | {()})


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_every_node_and_guess_reads_its_own_text(family: str) -> None:
    """Logits of a pass with two ragged sequences, against one plain forward pass for each node and guess."""
    model = family_model(family)
    texts = [ids(9).tolist(), ids(5, seed=1).tolist()]
    trees = [DraftTree(text[-1]) for text in texts]
    for branch in [(4, 5, 6), (4, 7), (8,)]:
        trees[0].add(branch, "W")
    trees[1].add((3,), "L")
    windows = [GuessWindow(3, 4, text) for text in texts]
    prompts = torch.zeros(2, 8, dtype=torch.long)
    real = torch.zeros(2, 8, dtype=torch.bool)
    for row, text in enumerate(texts):
        prompts[row, 9 - len(text) :], real[row, 9 - len(text) :] = torch.tensor(text[:-1]), True
    cache = DynamicCache(config=model.config)
    with torch.no_grad():
        positions = (real.cumsum(-1) - 1).clamp(min=0)
        model(prompts, attention_mask=real.long(), position_ids=positions, past_key_values=cache)
        pass_ids, places, sees = pass_inputs(trees, windows, [8, 4], [60, 60])
        mask = additive_mask(real, sees, model.dtype)
        logits = model(pass_ids, attention_mask=mask, position_ids=places, past_key_values=cache).logits
        for row, (text, tree, window) in enumerate(zip(texts, trees, windows, strict=True)):
            ancestors = tree.sees()
            read = {
                node: [*text[:-1], *(tree.tokens[other] for other in range(node + 1) if ancestors[node, other])]
                for node in range(len(tree.tokens))
            }
            for r in range(3):
                for c in range(4):
                    column = [window.guesses[above][c] for above in range(1, r + 1)]
                    read[len(trees[0].tokens) + 4 * r + c] = [*text, *window.guesses[0][: c + 1], *column]
            for slot, alone in read.items():
                torch.testing.assert_close(
                    logits[row, slot], model(torch.tensor([alone])).logits[0, -1], atol=1e-5, rtol=1e-4
                )


def test_guesses_stay_within_the_last_position() -> None:
    tree, window = DraftTree(1), GuessWindow(4, 7, [1, 2])
    _, places, _ = pass_inputs([tree], [window], [50], [53])
    assert places.tolist() == [[50] + [min(51 + r + c, 53) for r in range(4) for c in range(7)]]


def test_a_window_hands_over_its_columns_and_moves_on() -> None:
    window, table = GuessWindow(2, 3, [5]), ContextTable(draft_tokens=2, keep=7)
    window.guesses = [[1, 2, 3], [4, 5, 6]]
    window.learn([7, 8, 9], table)
    assert window.guesses == [[4, 5, 6], [7, 8, 9]]
    assert [table.drafts([key], 7) for key in (1, 2, 3, 4)] == [[(4, 7)], [(5, 8)], [(6, 9)], []]


def test_the_cache_keeps_the_accepted_path_in_order() -> None:
    states = torch.arange(2 * 3 * 9, dtype=torch.float32).reshape(2, 1, 27)[..., :9, None].expand(2, 3, 9, 4).clone()
    cache: Any = DynamicCache()
    cache.update(states, -states, 0)
    real = keep_accepted(cache, torch.tensor([[True] * 4, [False] + [True] * 3]), [[0, 2, 4], [0]])
    expected = [[0, 1, 2, 3, 4, 6, 8], [27, 28, 29, 30, 31]]
    for row, path in enumerate(expected):
        assert cache.layers[0].keys[row, 0, : len(path), 0].tolist() == path
    assert torch.equal(cache.layers[0].values, -cache.layers[0].keys)
    assert real.tolist() == [[True] * 7, [False, True, True, True, True, False, False]]


# The tables

texts = st.lists(st.integers(0, 4), max_size=40)


@given(texts, st.lists(st.integers(0, 40), max_size=3), st.integers(1, 4), st.integers(1, 5))
def test_the_context_table_is_every_ngram_the_most_recent_first(
    text: list[int], cuts: list[int], draft_tokens: int, keep: int
) -> None:
    table = ContextTable(draft_tokens=draft_tokens, keep=keep)
    for start, end in pairwise([0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]):
        table.extend(text[start:end])
    for key in range(5):
        places = [i for i in range(len(text) - draft_tokens) if text[i] == key]
        recent = dict.fromkeys(tuple(text[i + 1 : i + 1 + draft_tokens]) for i in reversed(places))
        assert table.drafts([3, key], 99) == list(recent)[:keep]


@given(st.lists(texts, min_size=1, max_size=6), texts, st.integers(1, 3), st.integers(1, 4), st.integers(1, 7))
def test_the_corpus_table_finds_what_a_scan_finds(
    documents: list[list[int]], tail: list[int], suffix: int, draft_tokens: int, limit: int
) -> None:
    if all(len(document) < 2 for document in documents):
        return
    table = CorpusTable.build(documents, vocab_size=5, suffix=suffix, draft_tokens=draft_tokens)
    assert table.drafts(tail, limit) == table.drafts_reference(tail, limit)


def test_drafts_do_not_cross_into_the_next_document() -> None:
    table = CorpusTable.build([[1, 2, 3], [4, 5]], vocab_size=6)
    assert table.drafts([1, 2], 7) == [(3,)]
    assert table.drafts([2, 3], 7) == []
    assert ModelTable.count([[1, 2, 3], [4, 5, 1]], vocab_size=6, draft_tokens=1).drafts([3], 7) == []


def test_the_model_table_counts_an_ngram_once_an_answer_and_keeps_the_common_ones() -> None:
    often_in_one = [1, 2, 1, 2, 1, 2]
    table = ModelTable.count([often_in_one, [1, 3], [1, 3], [1, 4]], vocab_size=5, draft_tokens=1, keep=3)
    assert table.drafts([1], 7) == [(3,), (2,)]
    assert table.ngrams.tolist() == [[1, 3], [1, 2], [2, 1]]


def test_the_model_table_is_built_from_answers_alone(llama: Setup) -> None:
    model, _ = llama
    prompts: list[Any] = [ids(9), ids(14, seed=1).tolist()]
    table = ModelTable.build(model, prompts, max_new_tokens=20)
    answers = [greedy(model, torch.as_tensor(prompt)[None], new=20)[0, len(prompt) :].tolist() for prompt in prompts]
    assert table.ngrams.tolist() == ModelTable.count(answers, vocab_size=VOCAB).ngrams.tolist()


def test_tables_survive_the_disk(tmp_path: Path, llama: Setup) -> None:
    _, tables = llama
    tables["model_table"].save(tmp_path / "model.npz")
    tables["corpus_table"].save(tmp_path / "corpus")
    model_table, corpus_table = ModelTable.load(tmp_path / "model.npz"), CorpusTable.load(tmp_path / "corpus")
    for tail in ids(50, 2, seed=8).tolist():
        assert model_table.drafts(tail, 7) == tables["model_table"].drafts(tail, 7)
        assert corpus_table.drafts(tail, 7) == tables["corpus_table"].drafts(tail, 7)
    assert model_table.vocab_size == corpus_table.vocab_size == VOCAB


def test_the_next_table_is_asked_only_while_slots_are_free() -> None:
    class Forbidden(CorpusTable):
        def drafts(self, tail: object, limit: int) -> list[tuple[int, ...]]:
            raise AssertionError("asked although the slots were full")

    built = CorpusTable.build([[1, 2, 3]], vocab_size=VOCAB)
    corpus_table = Forbidden(built._tokens, built._order, vocab_size=VOCAB, suffix=2, draft_tokens=4)
    model_table = ModelTable.count([[1, 5, 6, 7, 8], [1, 2, 3, 4, 5]], vocab_size=VOCAB)
    context = ContextTable(draft_tokens=4, keep=7)
    context.extend([1, 5, 6, 7, 8])
    drafter = HierarchyDrafter(HierarchyConfig(candidates=2), model_table=model_table, corpus_table=corpus_table)
    assert drafter.look_up(context, [1]) == {(5, 6, 7, 8): "W", (2, 3, 4, 5): "S"}
    with pytest.raises(AssertionError, match="slots were full"):
        drafter.look_up(context, [9])


# Refusals


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"order": "WX"}, "made of W, S and L"),
        ({"order": "WW"}, "each at most once"),
        ({"draft_tokens": 0}, "at least 1"),
        ({"candidates": 0}, "leave the order empty"),
        ({"window": -1}, "0 for none"),
    ],
)
def test_settings_are_checked(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        HierarchyConfig(**settings)


def test_tables_are_checked(llama: Setup) -> None:
    _, tables = llama
    with pytest.raises(ValueError, match="'WSL' asks table L: pass corpus_table"):
        HierarchyDrafter(model_table=tables["model_table"])
    other = ModelTable.count([[1, 2, 3, 4, 5]], vocab_size=99)
    with pytest.raises(ValueError, match="different vocabularies"):
        HierarchyDrafter(model_table=other, corpus_table=tables["corpus_table"])
    drafter = HierarchyDrafter(HierarchyConfig(order="WS"), model_table=other)
    with pytest.raises(ValueError, match="vocabulary of 99 tokens and the model of one of 40"):
        greedy(llama[0], ids(1, 5), custom_generate=drafter.generate)
    with pytest.raises(ValueError, match="token id 7 lies outside the vocabulary of 5"):
        CorpusTable.build([[1, 7]], vocab_size=5)
    with pytest.raises(ValueError, match="token id -2 lies outside"):
        ModelTable.count([[1, -2, 0, 0, 0]], vocab_size=5)
    with pytest.raises(ValueError, match="nothing to count"):
        ModelTable.count([[1, 2]], vocab_size=5)
    with pytest.raises(ValueError, match="nothing to index"):
        CorpusTable.build([[1]], vocab_size=5)
    with pytest.raises(ValueError, match="at least 1"):
        CorpusTable.build([[1, 2]], vocab_size=5, suffix=0)
    with pytest.raises(ValueError, match="has no window"):
        reference_generate(llama[0], ids(1, 5), HierarchyDrafter(**tables), max_new_tokens=3)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"num_beams": 2}, "not with 2 beams"),
        ({"use_cache": False}, "needs the key-value cache"),
        ({"return_dict_in_generate": True, "output_scores": True}, "output_scores cannot be returned"),
        ({"position_ids": torch.zeros(3, 1, 5, dtype=torch.long)}, "position ids are"),
        ({"cache_implementation": "static"}, "cannot be taken back from a StaticLayer"),
        ({"past_key_values": DynamicCache(offloading=True)}, "offloaded"),
        ({"inputs_embeds": torch.zeros(1, 5, 64)}, "token ids only"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_would_change_the_output_is_refused(llama: Setup, how: dict[str, Any], message: str) -> None:
    model, tables = llama
    drafter = HierarchyDrafter(**tables)
    with pytest.raises(ValueError, match=message):
        greedy(model, ids(1, 5), custom_generate=drafter.generate, **how)


@pytest.mark.parametrize(
    ("family", "words"),
    [
        ("t5", "encoder-decoder"),
        ("bert", "decoder-only"),
        ("gpt_neo", "attend locally"),
        ("llama_dynamic", "rotary angles change with the length"),
        ("phi3_longrope", "rotary angles change with the length"),
        ("falcon_alibi", "ALiBi"),
        ("deepseek_v32", "chooses its keys by an index"),
        ("mamba", "recurrent"),
    ],
)
def test_models(family: str, words: str) -> None:
    model, drafter = family_model(family), HierarchyDrafter(HierarchyConfig(order="W"))
    with pytest.raises(ValueError, match=rf"^Hierarchy Drafting .*{words}"):
        drafter.generate(model, ids(1, 5), LogitsProcessorList(), StoppingCriteriaList(), GenerationConfig())


def test_attention_that_takes_no_tree() -> None:
    drafter = HierarchyDrafter(HierarchyConfig(order="W"))
    flex = family_model("llama", attn_implementation="flex_attention")
    with pytest.raises(ValueError, match="'flex_attention' takes no mask with holes"):
        greedy(flex, ids(1, 5), custom_generate=drafter.generate)


def test_texts_within_a_sliding_window_and_beyond() -> None:
    model = family_model("mistral_window", sliding_window=64)
    drafter = HierarchyDrafter(HierarchyConfig(order="W"))
    with pytest.raises(ValueError, match=re.escape("beyond the sliding window of 64")):
        greedy(model, ids(1, 20), custom_generate=drafter.generate)
    short = HierarchyDrafter(HierarchyConfig(order="W", candidates=1, window=0))
    assert torch.equal(greedy(model, ids(1, 15), custom_generate=short.generate), greedy(model, ids(1, 15)))


def test_as_many_positions_as_tokens_are_enough(llama: Setup) -> None:
    _, tables = llama
    model, drafter = family_model("gpt2", n_positions=60), HierarchyDrafter(**tables)
    assert torch.equal(greedy(model, ids(1, 20), custom_generate=drafter.generate), greedy(model, ids(1, 20)))


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_weights_on_disk(llama: Setup, tmp_path: Path) -> None:
    model, tables = llama
    drafter = HierarchyDrafter(**tables)
    offloaded = disk_offload(family_model("llama"), tmp_path, execution_device=torch.device("cpu"))
    assert torch.equal(greedy(offloaded, ids(1, 9), custom_generate=drafter.generate), greedy(model, ids(1, 9)))


def test_batches_refuse_what_needs_the_batch_as_a_whole(llama: Setup) -> None:
    model, tables = llama
    drafter = HierarchyDrafter(**tables)

    def my_processor(_text: Tensor, scores: Tensor) -> Tensor:
        return scores.roll(1, dims=-1)

    how: dict[str, Any] = {"logits_processor": LogitsProcessorList([my_processor])}
    with pytest.raises(ValueError, match="function may mix the sequences"):
        greedy(model, ids(2, 5), custom_generate=drafter.generate, **how)
    assert torch.equal(
        greedy(model, ids(1, 5), custom_generate=drafter.generate, **how), greedy(model, ids(1, 5), **how)
    )
    with pytest.raises(ValueError, match="token_streamer follows one"):
        greedy(model, ids(2, 5), custom_generate=drafter.generate, token_streamer=object())


def test_a_cache_that_holds_the_whole_text_is_refused(llama: Setup) -> None:
    model, tables = llama
    drafter = HierarchyDrafter(**tables)
    done = greedy(model, ids(1, 9), return_dict_in_generate=True)
    new_part = done.sequences[:, -1:]
    with pytest.raises(ValueError, match="pass the whole text as input_ids"):
        greedy(
            model,
            new_part,
            past_key_values=done.past_key_values,
            attention_mask=torch.ones_like(done.sequences),
            custom_generate=drafter.generate,
        )


def test_the_page_on_it_runs() -> None:
    page = Path(__file__).parents[3] / "docs" / "methods" / "hierarchy_drafting.md"
    snippets = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(snippets) == 1
    exec(compile(snippets[0], str(page), "exec"), {})
