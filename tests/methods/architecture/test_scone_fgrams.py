"""SCONE: matches equal a brute-force search, both forms are one function, and what it refuses."""

import re
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.methods.families import VOCAB, tiny_model
from torch import Tensor
from transformers import AutoModelForCausalLM, DynamicCache, T5Config, T5ForConditionalGeneration

from assay.methods.architecture.scone_fgrams import (
    FGramEncoder,
    FGramRows,
    FGramTable,
    FGramVocab,
    SconeConfig,
    attach,
    detach,
    export,
    load,
    save,
    vocabulary,
)
from assay.testbed.text import bpe_tokenizer

FAMILIES = ["llama", "gpt2", "gpt_neox", "opt", "qwen2"]
SPECIAL = frozenset({0, 1, 2})
SMALL = SconeConfig(layers=1, heads=2)


def ids(*shape: int, seed: int = 0) -> Tensor:
    """Ids of few tokens, so that n-grams repeat."""
    return torch.randint(3, 9, shape, generator=torch.Generator().manual_seed(seed))


def vocab(**how: Any) -> FGramVocab:
    documents = [ids(200, seed=seed) for seed in range(4)]
    settings: dict[str, Any] = {"max_n": 4, "size": 120, "min_count": 2, "special": SPECIAL} | how
    return FGramVocab.build(documents, **settings)


def build(family: str, *, seed: int = 0, **config: Any) -> Any:
    torch.manual_seed(seed)
    return tiny_model(family, **config)


def trained(family: str, **config: Any) -> Any:
    """A model in training form whose encoder is no longer the identity."""
    model = build(family, **config)
    encoder: Any = attach(model, vocab(), SMALL)
    with torch.no_grad():
        encoder.write.weight.normal_(std=0.3)
    return model


def served(model: Any, folder: Path, **how: Any) -> Any:
    table = export(model, folder, **how)
    other = deepcopy(model)
    detach(other)
    attach(other, table)
    return other


def logits(model: Any, tokens: Tensor, **inputs: Any) -> Tensor:
    with torch.no_grad():
        out: Tensor = model(input_ids=tokens, **inputs).logits
    return out


def as_tuples(vocab: FGramVocab) -> set[tuple[int, ...]]:
    return {tuple(token for token in row if token >= 0) for row in vocab.ngrams.tolist()}


def longest_suffix(vocab: FGramVocab, text: Sequence[int]) -> list[tuple[int, ...]]:
    """The plain search: at each token the longest n-gram that ends there."""
    known = as_tuples(vocab)
    found = []
    for end in range(1, len(text) + 1):
        suffixes = [tuple(text[max(0, end - n) : end]) for n in range(vocab.max_n, 1, -1)]
        found.append(next((suffix for suffix in suffixes if suffix in known), ()))
    return found


def matched(vocab: FGramVocab, text: Sequence[int], **how: Any) -> list[tuple[int, ...]]:
    rows = vocab.match(np.array(text), **how)
    return [tuple(t for t in vocab.ngrams[row].tolist() if t >= 0) if row >= 0 else () for row in rows]


# The vocabulary

NGRAMS = st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=5).map(tuple), unique=True, max_size=30)


@given(NGRAMS, st.lists(st.integers(0, 4), max_size=40))
def test_a_match_is_the_longest_n_gram_that_ends_there(ngrams: list[tuple[int, ...]], text: list[int]) -> None:
    vocab = FGramVocab.of(ngrams)
    assert as_tuples(vocab) == set(ngrams)
    assert matched(vocab, text) == longest_suffix(vocab, text)


def test_matches_are_exact_even_where_keys_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    """With keys of eight bits half of what is found in the sorted array is another n-gram."""
    whole = vocabulary._keys_from_the_end
    monkeypatch.setattr(vocabulary, "_keys_from_the_end", lambda *how: [key % np.uint64(256) for key in whole(*how)])
    ngrams = [(a, b) for a in range(3) for b in range(3)] + [(a, b, a) for a in range(2) for b in range(2)]
    vocab = FGramVocab.of(ngrams)
    text = ids(3000).sub(3).tolist()
    assert matched(vocab, text) == longest_suffix(vocab, text)


def test_a_collision_within_the_vocabulary_takes_other_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = vocabulary._keys_from_the_end

    def alike(behind: Any, salt: int) -> Any:
        return [key * np.uint64(salt > 1) for key in whole(behind, salt)]

    monkeypatch.setattr(vocabulary, "_keys_from_the_end", alike)
    vocab = FGramVocab.of([(1, 2), (2, 3), (1, 2, 3)])
    assert vocab.salt == 2
    assert matched(vocab, [1, 2, 3]) == [(), (1, 2), (1, 2, 3)]


@pytest.mark.parametrize(("size", "min_count"), [(10_000, 2), (10_000, 5), (25, 2)])
def test_it_is_built_of_the_most_frequent_n_grams(size: int, min_count: int) -> None:
    documents = [ids(60, seed=seed).tolist() for seed in range(5)]
    counted = Counter(
        tuple(document[start : start + n])
        for document in documents
        for n in (2, 3, 4)
        for start in range(len(document) - n + 1)
    )
    frequent = {ngram: count for ngram, count in counted.items() if count >= min_count}
    built = FGramVocab.build(documents, max_n=4, size=size, min_count=min_count)
    found = as_tuples(built)
    assert len(found) == len(built) == min(size, len(frequent))
    assert sorted(frequent[ngram] for ngram in found) == sorted(sorted(frequent.values())[-size:])
    assert built.cutoff == min(frequent[ngram] for ngram in found)


def test_no_n_gram_reaches_across_documents_or_special_tokens() -> None:
    built = FGramVocab.build([[5, 6], [7, 8], [9, 1, 5, 6]] * 5, max_n=3, size=100, special=SPECIAL)
    assert as_tuples(built) == {(5, 6), (7, 8)}
    assert matched(built, [5, 6, 7, 8, 5, 1, 6]) == [(), (5, 6), (), (7, 8), (), (), ()]


def test_a_text_that_starts_anew_is_told_by_starts() -> None:
    known = FGramVocab.of([(5, 6), (6, 7), (5, 6, 7)])
    starts = np.array([True, False, True, False])
    assert matched(known, [5, 6, 7, 8]) == [(), (5, 6), (5, 6, 7), ()]
    assert matched(known, [5, 6, 7, 8], starts=starts) == [(), (5, 6), (), ()]
    assert matched(known, [5, 5, 6, 7], starts=starts) == [(), (), (), (6, 7)]


def test_it_is_saved_and_loaded(tmp_path: Path) -> None:
    tokenizer = bpe_tokenizer("the f-grams of a text " * 50, 270)
    made = vocab(special=(), tokenizer=tokenizer)
    made.save(tmp_path / "v")
    made.save(tmp_path / "v")
    for mmap in (False, True):
        loaded = FGramVocab.load(tmp_path / "v", mmap=mmap)
        assert np.array_equal(loaded.match(ids(50).numpy()), made.match(ids(50).numpy()))
        assert (loaded.special, loaded.tokenizer, loaded.cutoff) == (SPECIAL, made.tokenizer, made.cutoff)
    made.check(tokenizer)
    with pytest.raises(ValueError, match="another tokeniser"):
        attach(build("llama"), made, tokenizer=bpe_tokenizer("other words altogether " * 50, 270))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: FGramVocab.build([[1, 2]], max_n=1), "max_n is at least 2"),
        (lambda: FGramVocab.build([[1, 2]], size=0), "size and min_count 1"),
        (lambda: FGramVocab.build([[3, 4], [1, -2]]), "document 1 has a negative"),
        (lambda: FGramVocab.of([(5,)]), "at least two tokens"),
        (lambda: FGramVocab.of([(5, 6), (7, 8), (5, 6)]), "there twice"),
        (lambda: FGramVocab.of([(5, 2)], special=SPECIAL), r"special tokens \[0, 1, 2\]"),
        (lambda: FGramVocab.of(np.array([[5, -1, 6]])), "has a gap"),
        (lambda: FGramVocab.of([(5, -6)]), "negative"),
        (lambda: FGramVocab.load("nowhere"), "holds no f-grams"),
        (lambda: SconeConfig(layers=0), "at least one layer"),
        (lambda: SconeConfig(width=10, heads=4), "does not divide"),
    ],
)
def test_bad_input_is_refused(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


# The training form


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_it_begins_as_the_model_without_f_grams(family: str, dtype: torch.dtype) -> None:
    plain = logits(build(family).to(dtype), ids(2, 12))
    model = build(family).to(dtype)
    attach(model, vocab(), SMALL)
    assert torch.equal(logits(model, ids(2, 12)), plain)


@pytest.mark.parametrize("family", FAMILIES)
def test_an_empty_vocabulary_and_taking_it_out_leave_the_plain_model(family: str) -> None:
    plain, model = build(family), build(family)
    before = logits(plain, ids(2, 12))
    attach(model, FGramVocab.of([]), SMALL)
    assert torch.equal(logits(model, ids(2, 12)), before)
    detach(model)
    attach(model, vocab(), SMALL)
    assert isinstance(detach(model), FGramEncoder)
    assert torch.equal(logits(model, ids(2, 12)), before)
    assert list(model.state_dict()) == list(plain.state_dict())
    assert vars(model).keys() == vars(plain).keys()


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_inputs_are_those_of_the_equation(family: str) -> None:
    """Token by token: the encoder on the longest n-gram alone, or else the token's own embedding."""
    model = trained(family)
    encoder, embed, text = model.fgrams.source, model.get_input_embeddings(), ids(1, 30)
    expected = []
    with torch.no_grad():
        for token, ngram in zip(text[0], longest_suffix(model.fgrams.vocab, text[0].tolist()), strict=True):
            one = embed(torch.tensor([ngram or [int(token)]]))
            expected.append(encoder.encode(one, torch.tensor([len(ngram)]))[0] if ngram else one[0, -1])
        torch.testing.assert_close(model.fgrams(embed, text)[0], torch.stack(expected), atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_the_token_embedding_learns_from_all_three_sides_and_heads_stay_tied(family: str) -> None:
    model = trained(family, tie_word_embeddings=True)
    embed: Any = model.get_input_embeddings()
    assert model.get_output_embeddings().weight is embed.weight
    known = model.fgrams.vocab
    token = int(known.ngrams[0][known.ngrams[0] >= 0][0])
    text = torch.from_numpy(known.ngrams[0][known.ngrams[0] >= 0]).long()[None]
    model.fgrams(embed, text)[0, -1].sum().backward()
    assert embed.weight.grad is not None
    assert bool(embed.weight.grad[token].any())  # the first token of an f-gram, at the place of its last one
    model(input_ids=text, labels=text).loss.backward()
    assert bool(embed.weight.grad[10:].any())  # ids that no input holds: only the head reads them
    assert all(parameter.grad is not None for parameter in model.fgrams.parameters())


def test_order_counts() -> None:
    model = build("llama")
    encoder: Any = attach(model, FGramVocab.of([(5, 6, 7), (6, 5, 7)]), SMALL)
    with torch.no_grad():
        encoder.write.weight.normal_()
    one, other = encoder(np.array([0, 1]), model.get_input_embeddings())
    assert not torch.allclose(one, other, atol=1e-2)


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_it_is_trained_saved_and_loaded(family: str, tmp_path: Path) -> None:
    model = trained(family)
    save(model, tmp_path / "m")
    again = load(tmp_path / "m")
    assert torch.equal(logits(again, ids(2, 12)), logits(model, ids(2, 12)))
    stock = AutoModelForCausalLM.from_pretrained(tmp_path / "m")
    detach(model)
    assert torch.equal(logits(stock, ids(2, 12)), logits(model, ids(2, 12)))


def test_rows_trained_directly_begin_as_the_plain_model_and_are_exported_too(tmp_path: Path) -> None:
    model = build("llama")
    before, rows = logits(model, ids(2, 12)), FGramRows(vocab(), model.get_input_embeddings())
    assert attach(model, rows) is rows
    assert torch.equal(logits(model, ids(2, 12)), before)
    with torch.no_grad():
        rows.weight.normal_()
    assert torch.equal(logits(served(model, tmp_path / "t", dtype="float32"), ids(2, 12)), logits(model, ids(2, 12)))
    model(input_ids=ids(2, 12), labels=ids(2, 12)).loss.backward()
    assert rows.weight.grad is not None


def test_it_runs_under_compile() -> None:
    model = trained("llama")
    expected = logits(model, ids(2, 12))
    torch.testing.assert_close(logits(torch.compile(model, backend="aot_eager"), ids(2, 12)), expected)


# The served form


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("dtype", "off"), [("float32", 1e-6), ("float16", 1e-2), ("bfloat16", 5e-2)], ids=["fp32", "fp16", "bf16"]
)
def test_the_table_gives_the_encoders_embeddings(family: str, dtype: Any, off: float, tmp_path: Path) -> None:
    model = trained(family)
    table = served(model, tmp_path / "t", dtype=dtype, batch=50)
    embed = model.get_input_embeddings()
    ours, theirs = table.fgrams(embed, ids(4, 30)), model.fgrams(embed, ids(4, 30))
    torch.testing.assert_close(ours, theirs.detach(), atol=off, rtol=off)
    assert not torch.allclose(ours, embed(ids(4, 30)), atol=0.1)
    assert len(list(table.parameters())) == len(list(build(family).parameters()))


def test_a_table_on_disk_and_one_in_memory_are_alike(tmp_path: Path) -> None:
    model = trained("llama")
    table = export(model, tmp_path / "t")
    assert isinstance(table.vectors, np.memmap)
    loaded = FGramTable.load(tmp_path / "t", mmap=False)
    assert not isinstance(loaded.vectors, np.memmap)
    rows = np.array([3, 0, 7])
    embed = model.get_input_embeddings()
    assert torch.equal(table(rows, embed), loaded(rows, embed))
    assert loaded.nbytes == len(loaded.vocab) * (2 * 32 + 4 * 4 + 8)


def test_a_bf16_model_is_served_from_the_table_of_its_fp32_weights(tmp_path: Path) -> None:
    model = trained("llama")
    table = export(model, tmp_path / "t", dtype="bfloat16")
    detach(model)
    attach(model.bfloat16(), table)
    assert logits(model, ids(1, 9)).dtype == torch.bfloat16


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("beams", [1, 3])
def test_generation_with_a_cache_is_that_without(family: str, beams: int, tmp_path: Path) -> None:
    """Greedy and with beams, whose sequences are reordered, and from a batch that is padded on the left."""
    model = served(trained(family), tmp_path / "t", dtype="float32")
    how: dict[str, Any] = {"max_new_tokens": 10, "num_beams": beams, "do_sample": False, "pad_token_id": 0}
    prompt = ids(1, 7)
    alone = model.generate(prompt, **how)
    assert torch.equal(model.generate(prompt, **how, use_cache=False), alone)
    padded = torch.cat([torch.zeros(1, 3, dtype=torch.long), prompt], dim=1)
    batch = torch.cat([padded, ids(1, 10, seed=1)])
    mask = torch.ones_like(batch)
    mask[0, :3] = 0
    together = model.generate(batch, attention_mask=mask, **how)[0, 3:]
    assert torch.equal(together[: alone.shape[1]], alone[0])
    plain = build(family).generate(prompt, **how)
    assert not torch.equal(plain, alone)


def test_greedy_tokens_are_those_of_one_forward_pass(tmp_path: Path) -> None:
    model = served(trained("llama"), tmp_path / "t", dtype="float32")
    out = model.generate(ids(2, 7), max_new_tokens=10, do_sample=False, eos_token_id=None, pad_token_id=0)
    assert torch.equal(logits(model, out)[:, 6:-1].argmax(-1), out[:, 7:])


def test_token_by_token_with_a_cache_of_ones_own() -> None:
    model, text = trained("gpt2"), ids(2, 12)
    whole, cache = logits(model, text), DynamicCache()
    steps = [
        logits(model, text[:, end - 1 : end], past_key_values=cache, context_ids=text[:, :end]) for end in range(1, 13)
    ]
    torch.testing.assert_close(torch.cat(steps, dim=1), whole, atol=1e-5, rtol=1e-4)
    with pytest.raises(ValueError, match="hand context_ids"):
        logits(model, text[:, :1], past_key_values=cache)


def test_padding_is_in_no_f_gram() -> None:
    """Padding with an id that is a token of f-grams as well."""
    model, text = trained("llama"), ids(1, 9)
    padded = torch.cat([ids(1, 4, seed=3), text], dim=1)
    mask = (torch.arange(13) >= 4).long()[None]
    embed = model.get_input_embeddings()
    positions = torch.cat([torch.zeros(1, 4, dtype=torch.long), torch.arange(9)[None]], dim=1)
    there = logits(model, padded, attention_mask=mask, position_ids=positions)[:, 4:]
    torch.testing.assert_close(there, logits(model, text), atol=1e-5, rtol=1e-4)
    apart = model.fgrams(embed, padded, starts=positions == 0)[:, 4:]
    torch.testing.assert_close(apart, model.fgrams(embed, text))
    assert not torch.allclose(model.fgrams(embed, padded)[:, 4:], apart)


def test_a_copy_has_f_grams_of_its_own() -> None:
    model = trained("llama")
    copy = deepcopy(model)
    before = logits(model, ids(2, 12))
    with torch.no_grad():
        copy.fgrams.source.write.weight.normal_()
    assert torch.equal(logits(model, ids(2, 12)), before)
    assert not torch.equal(logits(copy, ids(2, 12)), before)
    detach(copy)
    assert torch.equal(logits(model, ids(2, 12)), before)
    assert copy.generate(ids(1, 4), max_new_tokens=2).shape == (1, 6)


# What it refuses


def test_what_is_not_to_be_given_f_grams_is_refused() -> None:
    t5 = T5ForConditionalGeneration(T5Config(vocab_size=VOCAB, d_model=32, d_kv=8, d_ff=48, num_layers=2, num_heads=4))
    others: list[tuple[Any, str]] = [(t5, "T5For"), (build("bert"), "BertFor"), (torch.nn.Linear(2, 2), "Linear")]
    for model, name in others:
        with pytest.raises(ValueError, match=f"not for {name}"):
            attach(model, vocab())
    model = build("llama")
    with pytest.raises(ValueError, match="has no f-grams"):
        detach(model)
    with pytest.raises(ValueError, match=r"ids up to 90, and the model has only 40"):
        attach(model, FGramVocab.of([(5, 90)]))
    attach(model, vocab(), SMALL)
    with pytest.raises(ValueError, match="f-grams already"):
        attach(model, vocab(), SMALL)
    with pytest.raises(ValueError, match="not inputs_embeds"):
        model(inputs_embeds=torch.zeros(1, 3, 32))
    with pytest.raises(ValueError, match="does not divide into 5 heads"):
        attach(build("llama"), vocab(), SconeConfig(heads=5))


def test_a_table_that_is_not_the_models_is_refused(tmp_path: Path) -> None:
    model = trained("llama")
    table = export(model, tmp_path / "t")
    detach(model)
    with pytest.raises(ValueError, match="32 wide, the model's 16"):
        attach(build("llama", hidden_size=16), table)
    with torch.no_grad():
        model.get_input_embeddings().weight.mul_(1.1)
    with pytest.raises(ValueError, match="other weights"):
        attach(model, table)


def test_a_table_that_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    model = trained("llama")
    export(model, tmp_path / "t")
    kept = (tmp_path / "t" / "vectors.npy").read_bytes()
    with torch.no_grad():
        model.fgrams.source.write.weight.mul_(1e6)
    with pytest.raises(ValueError, match="do not fit into float16"):
        export(model, tmp_path / "t")
    assert (tmp_path / "t" / "vectors.npy").read_bytes() == kept
    with pytest.raises(ValueError, match="not in 'int8'"):
        export(model, tmp_path / "t", dtype="int8")  # type: ignore[arg-type]
    vocab().save(tmp_path / "v")
    with pytest.raises(ValueError, match="no table of their vectors"):
        FGramTable.load(tmp_path / "v")
    empty = build("llama")
    attach(empty, FGramVocab.of([]), SMALL)
    with pytest.raises(ValueError, match="makes no table"):
        export(empty, tmp_path / "e")
    loaded = FGramTable.load(tmp_path / "t")
    with pytest.raises(ValueError, match="not those of"):
        FGramTable(loaded.vocab, loaded.vectors[1:], dtype="float16")
    model = trained("llama")
    served_one = served(model, tmp_path / "s")
    with pytest.raises(ValueError, match="export the one that was trained"):
        export(served_one, tmp_path / "u")
    with pytest.raises(ValueError, match="not FGramTable"):
        save(served_one, tmp_path / "u")


# On your model


def test_the_page_on_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = Path(__file__).parents[3] / "docs" / "methods" / "scone_fgrams.md"
    snippets = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(snippets) == 1
    exec(compile(snippets[0], str(page), "exec"), {})
