"""SCONE: matches equal a brute-force search, both forms are one function, and what it refuses."""

from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.methods.contract import ForGood
from tests.methods.families import VOCAB, tiny_model
from tests.methods.pages import run_example
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, DynamicCache

from assay.methods import load
from assay.methods.architecture.scone_fgrams import (
    FGramTable,
    FGramVocab,
    Scone,
    SconeTable,
    _vocabulary,
    export,
)
from assay.testbed.text import bpe_tokenizer

SPECIAL = frozenset({0, 1, 2})
PAIRS = FGramVocab.of(torch.cartesian_prod(torch.arange(3, VOCAB), torch.arange(3, VOCAB)).numpy(), special=SPECIAL)
GENERATE: dict[str, Any] = {"do_sample": False, "eos_token_id": None, "pad_token_id": 0}


def ids(*shape: int, seed: int = 0) -> Tensor:
    """Ids of few tokens, so that n-grams repeat."""
    return torch.randint(3, 9, shape, generator=torch.Generator().manual_seed(seed))


def vocab(**more: Any) -> FGramVocab:
    documents = [ids(200, seed=seed) for seed in range(4)]
    sizes: dict[str, Any] = {"max_n": 4, "size": 120, "min_count": 2, "special": SPECIAL} | more
    return FGramVocab.build(documents, **sizes)


def stir(model: Any) -> None:
    """Have the encoder be no longer the identity."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        weight = model.fgrams.source.write.weight
        weight.add_(torch.randn(weight.shape, generator=generator) * 0.2)


def build(family: str = "llama", vocabulary: FGramVocab | None = None, **config: Any) -> Any:
    """A model in training form."""
    torch.manual_seed(0)
    model = Scone(vocab() if vocabulary is None else vocabulary, layers=1, heads=2).apply(tiny_model(family, **config))
    stir(model)
    return model


def trained() -> nn.Module:
    model: nn.Module = build("qwen2", PAIRS)
    return model


CONTRACT = ForGood(
    apply=Scone(PAIRS, layers=1).apply, revert=Scone.revert, stir=stir, keeps_logits=True, trained=trained
)


def served(model: Any, folder: Path, **options: Any) -> Any:
    export(model, folder, **options)
    return SconeTable(folder).apply(Scone.revert(deepcopy(model)))


def logits(model: Any, tokens: Tensor, **inputs: Any) -> Tensor:
    with torch.no_grad():
        out: Tensor = model(input_ids=tokens, **inputs).logits
    return out


def as_tuples(vocab: FGramVocab) -> set[tuple[int, ...]]:
    return {tuple(token for token in row if token >= 0) for row in vocab.ngrams.tolist()}


def longest_suffix(vocab: FGramVocab, text: Sequence[int]) -> list[tuple[int, ...]]:
    """The plain search: at each token the longest n-gram that ends there."""
    known = as_tuples(vocab)
    longest = []
    for end in range(1, len(text) + 1):
        suffixes = [tuple(text[max(0, end - n) : end]) for n in range(vocab.max_n, 1, -1)]
        longest.append(next((suffix for suffix in suffixes if suffix in known), ()))
    return longest


def matches(vocab: FGramVocab, text: Sequence[int], starts: Any = None) -> list[tuple[int, ...]]:
    rows = vocab.match(np.array(text), starts=starts)
    return [tuple(t for t in vocab.ngrams[row].tolist() if t >= 0) if row >= 0 else () for row in rows]


# The vocabulary

NGRAMS = st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=5).map(tuple), unique=True, max_size=30)


@settings(max_examples=50)
@given(NGRAMS, st.lists(st.integers(0, 4), max_size=40))
def test_a_match_is_the_longest_n_gram_that_ends_there(ngrams: list[tuple[int, ...]], text: list[int]) -> None:
    vocab = FGramVocab.of(ngrams)
    assert as_tuples(vocab) == set(ngrams)
    assert matches(vocab, text) == longest_suffix(vocab, text)


def test_matches_are_exact_even_where_keys_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    """With keys of eight bits half of what is found in the sorted array is another n-gram."""
    whole = _vocabulary._keys_from_the_end
    monkeypatch.setattr(_vocabulary, "_keys_from_the_end", lambda *args: [key % np.uint64(256) for key in whole(*args)])
    ngrams = [(a, b) for a in range(3) for b in range(3)] + [(a, b, a) for a in range(2) for b in range(2)]
    vocab = FGramVocab.of(ngrams)
    text = ids(3000).sub(3).tolist()
    assert matches(vocab, text) == longest_suffix(vocab, text)


def test_a_collision_within_the_vocabulary_takes_other_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = _vocabulary._keys_from_the_end

    def alike(behind: Any, salt: int) -> Any:
        return [key * np.uint64(salt > 1) for key in whole(behind, salt)]

    monkeypatch.setattr(_vocabulary, "_keys_from_the_end", alike)
    vocab = FGramVocab.of([(1, 2), (2, 3), (1, 2, 3)])
    assert vocab.salt == 2
    assert matches(vocab, [1, 2, 3]) == [(), (1, 2), (1, 2, 3)]


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
    ngrams = as_tuples(built)
    assert len(ngrams) == len(built) == min(size, len(frequent))
    assert sorted(frequent[ngram] for ngram in ngrams) == sorted(sorted(frequent.values())[-size:])
    assert built.cutoff == min(frequent[ngram] for ngram in ngrams)


def test_no_n_gram_reaches_across_documents_or_special_tokens() -> None:
    built = FGramVocab.build([[5, 6], [7, 8], [9, 1, 5, 6]] * 5, max_n=3, size=100, special=SPECIAL)
    assert as_tuples(built) == {(5, 6), (7, 8)}
    assert matches(built, [5, 6, 7, 8, 5, 1, 6]) == [(), (5, 6), (), (7, 8), (), (), ()]


def test_a_text_that_starts_anew_is_told_by_starts() -> None:
    known = FGramVocab.of([(5, 6), (6, 7), (5, 6, 7)])
    starts = np.array([True, False, True, False])
    assert matches(known, [5, 6, 7, 8]) == [(), (5, 6), (5, 6, 7), ()]
    assert matches(known, [5, 6, 7, 8], starts=starts) == [(), (5, 6), (), ()]
    assert matches(known, [5, 5, 6, 7], starts=starts) == [(), (), (), (6, 7)]


def test_it_is_saved_and_loaded(tmp_path: Path) -> None:
    tokenizer = bpe_tokenizer("the f-grams of a text " * 50, 270)
    built = vocab(special=(), tokenizer=tokenizer)
    built.save(tmp_path / "v")
    built.save(tmp_path / "v")
    for mmap in (False, True):
        loaded = FGramVocab.load(tmp_path / "v", mmap=mmap)
        assert np.array_equal(loaded.match(ids(50).numpy()), built.match(ids(50).numpy()))
        assert (loaded.special, loaded.tokenizer, loaded.cutoff) == (SPECIAL, built.tokenizer, built.cutoff)
    built.check(tokenizer)
    with pytest.raises(ValueError, match="another tokeniser"):
        built.check(bpe_tokenizer("other words altogether " * 50, 270))


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
        (lambda: Scone(PAIRS, layers=0), "at least one layer"),
        (lambda: Scone(PAIRS, width=10, heads=4), "does not divide"),
        (lambda: Scone(PAIRS, source="table"), "an 'encoder' or from 'rows'"),  # type: ignore[arg-type]
        (lambda: PAIRS.read(PAIRS.ngrams[::-1]), "are not those of a vocabulary of 1369: save it anew"),
    ],
)
def test_bad_input_is_refused(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


# The training form


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_inputs_are_those_of_the_equation(family: str) -> None:
    """Token by token: the encoder on the longest n-gram alone, or else the token's own embedding."""
    model = build(family)
    encoder, embed, text = model.fgrams.source, model.get_input_embeddings(), ids(1, 30)
    expected = []
    with torch.no_grad():
        for token, ngram in zip(text[0], longest_suffix(model.fgrams.vocab, text[0].tolist()), strict=True):
            one = embed(torch.tensor([ngram or [int(token)]]))
            expected.append(encoder.encode(one, torch.tensor([len(ngram)]))[0] if ngram else one[0, -1])
        torch.testing.assert_close(model.fgrams(embed, text)[0], torch.stack(expected), atol=1e-6, rtol=1e-5)


def test_without_f_grams_it_is_the_plain_model() -> None:
    torch.manual_seed(0)
    plain = tiny_model("llama")
    model = Scone(FGramVocab.of([]), layers=1).apply(deepcopy(plain))
    assert torch.equal(logits(model, ids(2, 12)), logits(plain, ids(2, 12)))


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_the_token_embedding_learns_from_all_three_sides_and_heads_stay_tied(family: str) -> None:
    model = build(family, tie_word_embeddings=True)
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
    model = build(vocabulary=FGramVocab.of([(5, 6, 7), (6, 5, 7)]))
    one, other = model.fgrams.source(np.array([0, 1]), model.get_input_embeddings())
    assert not torch.allclose(one, other, atol=1e-2)


def test_the_vocabulary_travels_with_the_weights(tmp_path: Path) -> None:
    model = build()
    model.save_pretrained(tmp_path)
    loaded, known = load(tmp_path), model.fgrams.vocab
    again = Scone.of(loaded).vocab
    assert np.array_equal(again.ngrams, known.ngrams)
    assert (again.special, again.cutoff) == (known.special, known.cutoff)
    # Other f-grams of the same sizes come with other weights.
    other = FGramVocab.of(np.where(known.ngrams < 0, -1, known.ngrams + 1))
    model.load_state_dict(model.state_dict() | {"fgrams.source.ngrams": torch.from_numpy(other.ngrams)})
    assert as_tuples(model.fgrams.vocab) == as_tuples(other)
    torch.manual_seed(0)
    with pytest.raises(ValueError, match="have not been read"):
        Scone(FGramVocab.of_sizes(**known.sizes())).apply(tiny_model("llama"))


def test_rows_trained_directly_begin_as_the_plain_model_and_are_exported_too(tmp_path: Path) -> None:
    torch.manual_seed(0)
    plain = tiny_model("llama")
    model: Any = Scone(vocab(), source="rows").apply(deepcopy(plain))
    assert torch.equal(logits(model, ids(2, 12)), logits(plain, ids(2, 12)))
    with torch.no_grad():
        model.fgrams.source.weight.normal_()
    trained = logits(model, ids(2, 12))
    assert torch.equal(logits(served(model, tmp_path / "t", dtype="float32"), ids(2, 12)), trained)
    model.save_pretrained(tmp_path / "m")
    assert torch.equal(logits(load(tmp_path / "m"), ids(2, 12)), trained)
    model(input_ids=ids(2, 12), labels=ids(2, 12)).loss.backward()
    assert model.fgrams.source.weight.grad is not None


# The served form


@pytest.mark.parametrize(
    ("family", "dtype", "off"), [("llama", "float32", 1e-6), ("gpt2", "float16", 1e-2), ("opt", "bfloat16", 5e-2)]
)
def test_the_table_gives_the_encoders_embeddings(family: str, dtype: Any, off: float, tmp_path: Path) -> None:
    model = build(family)
    table = served(model, tmp_path / "t", dtype=dtype, batch=50)
    embed = model.get_input_embeddings()
    ours, theirs = table.fgrams(embed, ids(4, 30)), model.fgrams(embed, ids(4, 30))
    torch.testing.assert_close(ours, theirs.detach(), atol=off, rtol=off)
    assert not torch.allclose(ours, embed(ids(4, 30)), atol=0.1)
    assert len(list(table.parameters())) == len(list(tiny_model(family).parameters()))


def test_a_table_on_disk_and_one_in_memory_are_alike(tmp_path: Path) -> None:
    model = build()
    table = export(model, tmp_path / "t", dtype="bfloat16")
    assert isinstance(table.vectors, np.memmap)
    in_memory = FGramTable.load(tmp_path / "t", mmap=False)
    assert not isinstance(in_memory.vectors, np.memmap)
    rows = np.array([3, 0, 7])
    embed = model.get_input_embeddings()
    assert torch.equal(table(rows, embed), in_memory(rows, embed))
    assert in_memory.nbytes == len(in_memory.vocab) * (2 * 32 + 4 * 4 + 8)
    # A model in bf16 is served from the table of its fp32 weights.
    SconeTable(tmp_path / "t").apply(Scone.revert(model).bfloat16())
    assert logits(model, ids(1, 9)).dtype == torch.bfloat16


def test_a_served_model_is_saved_without_its_table_and_loaded_where_it_is(tmp_path: Path) -> None:
    trained = build()
    model = served(trained, tmp_path / "t")
    with pytest.raises(ValueError, match="has f-grams already"):
        SconeTable(tmp_path / "t").apply(trained)
    with pytest.raises(ValueError, match="32 wide, the model's 16"):
        SconeTable(tmp_path / "t").apply(tiny_model("llama", hidden_size=16))
    expected = logits(model, ids(2, 12))
    model.save_pretrained(tmp_path / "m")
    for loaded in (load(tmp_path / "m"), AutoModelForCausalLM.from_pretrained(tmp_path / "m")):
        assert torch.equal(logits(loaded, ids(2, 12)), expected)
    with torch.no_grad():
        model.get_input_embeddings().weight.mul_(1.1)
    model.save_pretrained(tmp_path / "other")
    with pytest.raises(ValueError, match="the table was written for other weights"):
        logits(load(tmp_path / "other"), ids(2, 12))
    with pytest.raises(ValueError, match="other weights"):
        SconeTable(tmp_path / "t").apply(SconeTable.revert(model))
    (tmp_path / "t").rename(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match=r"t holds no f-grams"):
        load(tmp_path / "m")


# Decoding


def test_generation_with_a_cache_is_that_without(tmp_path: Path) -> None:
    """Greedy and with beams, whose sequences are reordered; served from a table."""
    model = served(build(), tmp_path / "t", dtype="float32")
    for beams in (1, 3):
        options = GENERATE | {"num_beams": beams, "max_new_tokens": 10}
        with_cache = model.generate(ids(2, 7), **options)
        assert torch.equal(model.generate(ids(2, 7), use_cache=False, **options), with_cache)
        assert not torch.equal(tiny_model("llama").generate(ids(2, 7), **options), with_cache)


def test_a_cache_takes_tokens_back_and_begins_anew() -> None:
    model, text = build(vocabulary=PAIRS), ids(2, 12)
    cache = DynamicCache(config=model.config)
    logits(model, torch.cat([text[:, :8], ids(2, 3, seed=1)], 1), past_key_values=cache)
    cache.crop(-3)
    rest = logits(model, text[:, 8:], past_key_values=cache)
    torch.testing.assert_close(rest, logits(model, text)[:, 8:], atol=1e-4, rtol=1e-4)
    cache.reset()
    torch.testing.assert_close(logits(model, text, past_key_values=cache), logits(model, text), atol=1e-4, rtol=1e-4)


def test_padding_and_other_texts_are_in_no_f_gram() -> None:
    """Padding with an id that is a token of f-grams as well, also where masks have four dimensions."""
    model, text = build(), ids(1, 9)
    padded = torch.cat([ids(1, 4, seed=3), text], dim=1)
    mask = (torch.arange(13) >= 4).long()[None]
    positions = torch.cat([torch.arange(4), torch.arange(9)])[None]
    there = logits(model, padded, attention_mask=mask, position_ids=(positions * mask))[:, 4:]
    torch.testing.assert_close(there, logits(model, text), atol=1e-5, rtol=1e-4)
    packed = logits(model, padded, position_ids=positions, use_cache=False)[:, 4:]
    torch.testing.assert_close(packed, logits(model, text), atol=1e-5, rtol=1e-4)
    expected = model.generate(text, max_new_tokens=5, **GENERATE)
    for options in ({}, {"cache_implementation": "static", "disable_compile": True}, {"prefill_chunk_size": 3}):
        tokens = model.generate(padded, attention_mask=mask, max_new_tokens=5, **GENERATE | options)
        assert torch.equal(tokens[:, 4:], expected), options


def test_a_state_space_knows_what_it_has_read_and_no_padding_of_other_rows() -> None:
    """Its cache has another name, and its mask is for the prompt alone."""
    model, text = build("mamba", PAIRS), ids(2, 15)
    with torch.no_grad():
        steps = [model(text[:, :9], use_cache=True)]
        for token in text[:, 9:].split(1, dim=1):
            steps.append(model(token, use_cache=True, cache_params=steps[-1].cache_params))
    actual = torch.cat([step.logits for step in steps[1:]], 1)
    torch.testing.assert_close(actual, logits(model, text)[:, 9:], atol=1e-4, rtol=1e-4)
    mask = (torch.arange(15) >= torch.tensor([[0], [4]])).long()
    options = GENERATE | {"max_new_tokens": 5, "output_logits": True, "return_dict_in_generate": True}
    together, alone = model.generate(text, attention_mask=mask, **options), model.generate(text[:1], **options)
    torch.testing.assert_close(torch.stack(together.logits)[:, :1], torch.stack(alone.logits), atol=1e-4, rtol=1e-4)


def test_a_copy_has_f_grams_of_its_own() -> None:
    model = build()
    copy = deepcopy(model)
    before = logits(model, ids(2, 12))
    stir(copy)
    assert torch.equal(logits(model, ids(2, 12)), before)
    assert not torch.equal(logits(copy, ids(2, 12)), before)
    Scone.revert(copy)
    assert torch.equal(logits(model, ids(2, 12)), before)
    assert copy.generate(ids(1, 4), max_new_tokens=2).shape == (1, 6)


# What it refuses


def test_what_is_not_to_be_given_f_grams_is_refused() -> None:
    others = {"t5": "encoder-decoder", "bert": "writes no text", "gemma3n": "looks at token ids beside"}
    for family, words in others.items():
        with pytest.raises(ValueError, match=words):
            Scone(PAIRS).apply(tiny_model(family))
    model = tiny_model("llama")
    with pytest.raises(ValueError, match=r"ids up to 90, and the model has only 40"):
        Scone(FGramVocab.of([(5, 90)])).apply(model)
    with pytest.raises(ValueError, match="does not divide into 5 heads"):
        Scone(PAIRS, heads=5).apply(model)
    with pytest.raises(ValueError, match="has no f-grams"):
        export(model, "nowhere")
    filled = model(ids(1, 4), use_cache=True).past_key_values
    Scone(PAIRS).apply(model)
    with pytest.raises(ValueError, match="not inputs_embeds"):
        model(inputs_embeds=torch.zeros(1, 3, 32))
    with pytest.raises(ValueError, match="text alone, and was handed pixel_values"):
        model(ids(1, 4), pixel_values=torch.zeros(1, 3, 8, 8))
    with pytest.raises(ValueError, match="this cache was filled without f-grams"):
        model(ids(1, 1), past_key_values=filled)
    cache = model(ids(2, 4), use_cache=True).past_key_values
    with pytest.raises(ValueError, match="that of 2 rows, and the batch has 1"):
        model(ids(1, 1), past_key_values=cache)


def test_a_table_that_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    model = build()
    export(model, tmp_path / "t")
    before = (tmp_path / "t" / "vectors.npy").read_bytes()
    with torch.no_grad():
        model.fgrams.source.write.weight.mul_(1e6)
    with pytest.raises(ValueError, match="do not fit into float16"):
        export(model, tmp_path / "t")
    assert (tmp_path / "t" / "vectors.npy").read_bytes() == before
    with pytest.raises(ValueError, match="not in 'int8'"):
        export(model, tmp_path / "t", dtype="int8")  # type: ignore[arg-type]
    vocab().save(tmp_path / "v")
    with pytest.raises(ValueError, match="no table of their vectors"):
        FGramTable.load(tmp_path / "v")
    with pytest.raises(ValueError, match="makes no table"):
        export(build(vocabulary=FGramVocab.of([])), tmp_path / "e")
    table = FGramTable.load(tmp_path / "t")
    with pytest.raises(ValueError, match="not those of"):
        FGramTable(table.vocab, table.vectors[1:], dtype="float16")
    with pytest.raises(ValueError, match="export the one that was trained"):
        export(served(build(), tmp_path / "s"), tmp_path / "u")


def test_the_page_on_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_example("scone_fgrams")


def test_the_decoder_inside_is_not_called_by_itself() -> None:
    model = Scone(PAIRS, layers=1).apply(tiny_model("qwen2"))
    with pytest.raises(ValueError, match="is the inside of a model with f-grams"):
        model.model(ids(1, 5))
    Scone.revert(model).model(ids(1, 5))
