"""ENCORE: its equations against plain ones, edits that hold and come back, journals; and what it refuses."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.methods import families
from tests.methods.contract import ForGood
from tests.methods.pages import run_example
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from assay.methods.editing.encore import (
    Covariance,
    Edit,
    Editor,
    Encore,
    are_stated,
    fit_covariance,
    memit,
    ridge,
    sample_contexts,
)
from assay.methods.editing.encore.prompts import encode
from assay.methods.editing.encore.sites import find_sites
from assay.methods.editing.encore.targets import find_targets
from assay.methods.editing.encore.update import reference_update
from assay.testbed.text import bpe_tokenizer

WORDS = 60
CONTEXTS = ("{}", "v0 v1 {}", "v2 {}")
TEXTS = [f"v{n % 7} v{n % 11} v{n % 13} v{n % 59} v{n % 17}" for n in range(60)]
# Random weights are further from stating an object than trained ones, and prompts that go on behind the subject are out
# of their reach.
CONFIG = Encore((0, 1), lambda_preserve=0.01, lambda_norm=1e-3, reach=5.0, at_once=4)


@cache
def tokenizer(size: int = WORDS) -> PreTrainedTokenizerFast:
    """One token a word: v0, v1 ..."""
    words = Tokenizer(models.WordLevel({f"v{n}": n for n in range(size)}, unk_token="v0"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=words)


def build(family: str, dtype: torch.dtype = torch.float32) -> Any:
    torch.manual_seed(0)
    return families.tiny_model(family, 3, vocab_size=WORDS, bos_token_id=None, eos_token_id=None).to(dtype)


@cache
def covariance_of(family: str, dtype: torch.dtype, layers: tuple[int, ...]) -> Covariance:
    return fit_covariance(build(family, dtype), tokenizer(), layers, TEXTS)


def editor_of(model: Any, encore: Encore = CONFIG, **more: Any) -> Editor:
    covariance = covariance_of(model.config.model_type, model.dtype, encore.layers)
    return encore.apply(model, tokenizer(), covariance, contexts=CONTEXTS, **more)


def some_edits(count: int, first: int = 0, objects: int = 1, prompt: str = "v3 {}") -> list[Edit]:
    return [
        Edit(prompt, f"v{20 + n} v{10 + n}", " ".join(f"v{40 + (n + m) % 19}" for m in range(objects)))
        for n in range(first, first + count)
    ]


def weights(model: Any) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def same(model: Any, before: dict[str, Tensor]) -> bool:
    return all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def edited(model: Any) -> Any:
    """A model of forty tokens with one edit in its first two blocks."""
    words = tokenizer(families.VOCAB)
    covariance = fit_covariance(model, words, (0, 1), [text.replace("v59", "v9") for text in TEXTS])
    editor = replace(CONFIG, passes=3).apply(model, words, covariance, contexts=CONTEXTS)
    editor.edit([Edit("v3 {}", "v20 v10", "v30")])
    return model


CONTRACT = ForGood(apply=edited, revert=Encore.revert)

# The second step


def problem(width: int, many: int, out: int, seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    ordinary, earlier = draw(width, 3 * width), draw(width, 2)
    return draw(width, many), draw(out, many), ordinary @ ordinary.T / (3 * width), earlier @ earlier.T


@settings(max_examples=40)
@given(
    width=st.integers(3, 12),
    many=st.integers(1, 5),
    preserve=st.floats(0.1, 100),
    norm=st.floats(0, 10),
    seed=st.integers(0, 99),
)
def test_the_update_solves_the_stacked_problem(width: int, many: int, preserve: float, norm: float, seed: int) -> None:
    keys, lacking, covariance, previous = problem(width, many, 4, seed)
    update = lacking @ ridge(preserve, norm)(keys, covariance, previous).T
    expected = reference_update(keys, lacking, covariance, previous, preserve, norm)
    assert torch.allclose(update, expected, atol=1e-8 * float(expected.abs().max()) + 1e-10)


def test_a_singular_problem_is_refused() -> None:
    keys, _, covariance, _ = problem(8, 2, 4, 0)
    with pytest.raises(ValueError, match=r"ill-conditioned \(condition number"):
        ridge(0, 0)(keys, covariance, torch.zeros_like(covariance))


# The first step


def plain_target(model: Any, layer: int, edit: Edit, config: Encore) -> tuple[Tensor, int]:
    """One search, written down as the equation has it: a text at a time, without padding."""
    block = find_sites(model, [layer])[0].block
    ids = tokenizer()

    def run(text: str, subject_end: str, delta: Tensor) -> tuple[Tensor, Tensor]:
        place = len(ids(subject_end)["input_ids"]) - 1
        states: list[Tensor] = []

        def hook(_: Any, __: Any, out: Any) -> Any:
            hidden = out[0] if isinstance(out, tuple) else out
            states.append(hidden[0, place].detach().clone())
            changed = torch.cat([hidden[:, :place], hidden[:, place : place + 1] + delta, hidden[:, place + 1 :]], 1)
            return (changed, *out[1:]) if isinstance(out, tuple) else changed

        handle = block.register_forward_hook(hook)
        try:
            logits = model(torch.tensor([ids(text)["input_ids"]])).logits[0]
        finally:
            handle.remove()
        return logits.log_softmax(-1), states[0]

    begin, _ = edit.prompt.split("{}")
    prompt, target = edit.prompt.replace("{}", edit.subject), ids(edit.object)["input_ids"]
    delta = torch.zeros(model.config.hidden_size, requires_grad=True)
    adam = torch.optim.Adam([delta], lr=config.lr)
    count, before, h0 = 0, torch.empty(0), torch.empty(0)
    for number in range(config.passes):
        nll, right = torch.zeros(()), True
        for context in CONTEXTS:
            text = context.replace("{}", prompt)
            logp, there = run(f"{text} {edit.object}", context.replace("{}", begin + edit.subject), delta)
            if number == 0 and context == "{}":
                h0 = there
            rows = logp[-len(target) - 1 : -1]
            nll = nll - rows[torch.arange(len(target)), target].mean() / len(CONTEXTS)
            right = right and rows.argmax(-1).tolist() == target
        now = run(edit.subject, edit.subject, delta)[0][-1]
        before = now.detach() if number == 0 else before
        loss = nll + config.kl * (now.exp() * (now - before)).sum()
        if number:
            loss = loss + config.decay * delta.norm() / h0.norm() ** 2
        count += right
        if loss < config.enough or (config.patience and count == config.patience) or number == config.passes - 1:
            break
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
        with torch.no_grad():
            delta *= min(1.0, float(config.reach * h0.norm() / delta.norm()))
    return (h0 + delta).detach(), number


@pytest.mark.parametrize(("family", "objects", "at_once"), [("llama", 1, 3), ("llama", 2, 1), ("gpt2", 2, 3)])
def test_searches_are_what_they_are_alone(family: str, objects: int, at_once: int) -> None:
    model, edits = build(family), some_edits(3, objects=objects, prompt="v3 {} v4")
    config = replace(CONFIG, passes=6, at_once=at_once)
    block = find_sites(model, (1,))[0].block
    targets = find_targets(model, tokenizer(), block, edits, CONTEXTS, config)
    for number, edit in enumerate(edits):
        expected, steps = plain_target(model, 1, edit, config)
        assert targets.steps[number] == steps
        assert torch.allclose(targets.values[number], expected, atol=2e-3)


def test_patience_saves_steps_and_no_edit() -> None:
    targets = {}
    for patience in (0, 1, 3):
        model = build("llama")
        block = find_sites(model, (1,))[0].block
        targets[patience] = find_targets(
            model, tokenizer(), block, some_edits(4), CONTEXTS, replace(CONFIG, patience=patience, enough=0)
        )
        assert all(targets[patience].stated)
    assert targets[0].steps == (24,) * 4
    pairs = zip(targets[1].steps, targets[3].steps, strict=True)
    assert all(few + 2 <= more < 24 for few, more in pairs)


# Editing


@pytest.mark.parametrize(("family", "dtype"), [("llama", torch.float32), ("gpt2", torch.bfloat16)])
def test_edits_hold_and_are_taken_back(family: str, dtype: torch.dtype) -> None:
    model = build(family, dtype)
    before = weights(model)
    editor = editor_of(model)
    assert sum(are_stated(model, tokenizer(), some_edits(6))) <= 1
    first = editor.edit(some_edits(3))
    after_first = weights(model)
    editor.edit(some_edits(3, first=3))
    assert editor.efficacy() >= 5 / 6
    assert editor.edits == tuple(some_edits(6))
    assert all(growth > 1 for growth in first.growth)
    changed = [name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])]
    assert len(changed) == 2
    assert all(parameter.requires_grad and parameter.grad is None for parameter in model.parameters())
    editor.rollback(1)
    assert same(model, after_first)
    assert editor.journal == (first,)
    editor.rollback(0)
    assert same(model, before)
    again = editor.edit(some_edits(3))
    assert again == first
    assert same(model, after_first)


def test_objects_of_several_tokens_are_asked_for_token_by_token() -> None:
    pieces = bpe_tokenizer("The colour of Gullwing is violet. The colour of Tamber is green. " * 9, 290)
    edit = Edit("The colour of {} is", "Gullwing", "orange")
    rows = encode(pieces, [edit], ("{}", "Hear! {}"), "cpu")
    for row in range(2):
        labelled = rows.labels[row] != -100
        assert pieces.decode(rows.labels[row][labelled]) == " orange"
        assert str(pieces.decode(rows.input_ids[row][: rows.subject[row] + 1])).endswith("of Gullwing")


def test_with_neutral_settings_it_is_memit() -> None:
    """One batch, by hand: the targets of a full search, spread over layers, each solved with the covariance alone."""
    model, edits = build("llama"), some_edits(2)
    config = memit(replace(CONFIG, lambda_preserve=2.0))
    editor = editor_of(model, config)
    covariance = covariance_of("llama", torch.float32, (0, 1))
    by_hand = build("llama")
    editor.edit(some_edits(2, first=7))  # whose keys MEMIT forgets
    by_hand.load_state_dict(weights(model))
    editor.edit(edits)
    sites = find_sites(by_hand, (0, 1))
    targets = find_targets(by_hand, tokenizer(), sites[-1].block, edits, CONTEXTS, config)
    assert targets.steps == (24, 24)
    inputs: list[Tensor] = []
    outs: list[Tensor] = []
    sites[-1].block.register_forward_hook(lambda _, __, out: outs.append(out[0, -1]))
    for number, site in enumerate(sites):
        keys, there = [], []
        handle = site.projection.register_forward_pre_hook(lambda _, args: inputs.append(args[0][0, -1]))
        for edit in edits:
            inputs.clear()
            outs.clear()
            for context in CONTEXTS:
                with torch.no_grad():
                    by_hand(torch.tensor([tokenizer()(context.replace("{}", f"v3 {edit.subject}"))["input_ids"]]))
            keys.append(inputs[0] / 2 + (inputs[1] + inputs[2]) / 4)
            there.append(outs[0])
        handle.remove()
        k = torch.stack(keys, 1).double()
        lacking = (targets.values - torch.stack(there)).T.double() / (2 - number)
        system = 2.0 * covariance.matrices[site.layer].double() + k @ k.T
        with torch.no_grad():
            site.projection.weight += (lacking @ k.T @ torch.linalg.inv(system)).float()
    for site, other in zip(find_sites(model, (0, 1)), sites, strict=True):
        assert torch.allclose(site.weight, other.weight, atol=1e-4)


def test_earlier_edits_and_the_penalty_hold_the_norm_back() -> None:
    growth = {}
    for norm in (0.0, 0.05, 10.0):
        editor = editor_of(build("llama"), replace(CONFIG, lambda_norm=norm))
        for first in (0, 2):
            editor.edit(some_edits(2, first=first))
        growth[norm] = editor.journal[-1].growth[-1]
    assert growth[10.0] < growth[0.05] < growth[0.0]


def test_an_error_leaves_the_weights_as_they_were() -> None:
    model = build("llama")
    calls = []

    def rule(keys: Tensor, covariance: Tensor, previous: Tensor) -> Tensor:
        calls.append(keys)
        return ridge(0.1, 0.1)(keys, covariance, previous) if len(calls) < 4 else keys * float("nan")

    editor = editor_of(model, rule=rule)
    editor.edit(some_edits(2))
    before = weights(model)
    with pytest.raises(ValueError, match="update of block 1 is not finite"):
        editor.edit(some_edits(2, first=2))
    assert same(model, before)
    assert len(editor.journal) == 1


def test_a_journal_is_written_into_the_same_model_again(tmp_path: Path) -> None:
    model, other = (build("gpt2", torch.bfloat16) for _ in range(2))
    editor = editor_of(model)
    editor.save(tmp_path / "empty")
    for first in (0, 2):
        editor.edit(some_edits(2, first=first))
    editor.save(tmp_path / "edits")
    loaded = Editor.load(tmp_path / "edits", other, tokenizer())
    assert same(other, weights(model))
    assert (loaded.journal, loaded.settings) == (editor.journal, editor.settings)
    for one in (editor, loaded):
        one.edit(some_edits(1, first=4))
    assert same(other, weights(model))
    assert Encore.revert(other) is other
    assert same(other, weights(build("gpt2", torch.bfloat16)))
    assert Editor.load(tmp_path / "empty", other, tokenizer()).journal == ()
    for folder, target, words in (
        ("edits", model, "has an editor already"),
        ("edits", build("llama", torch.bfloat16), "other weights"),
        (".", other, "holds no journal"),
    ):
        with pytest.raises(ValueError, match=words):
            Editor.load(tmp_path / folder, target, tokenizer())


def test_a_covariance_is_kept(tmp_path: Path) -> None:
    model = build("llama")
    covariance = fit_covariance(model, tokenizer(), (0, 2), TEXTS)
    covariance.save(tmp_path / "c.safetensors")
    loaded = Covariance.load(tmp_path / "c.safetensors")
    assert (loaded.tokens, loaded.fingerprint) == (300, covariance.fingerprint)
    assert all(torch.equal(loaded.matrices[layer], covariance.matrices[layer]) for layer in (0, 2))
    (tmp_path / "other").write_text("no tensors")
    with pytest.raises(ValueError, match="no covariance"):
        Covariance.load(tmp_path / "other")


def test_the_covariance_is_that_of_what_the_projection_is_given() -> None:
    model = build("llama")
    covariance = fit_covariance(model, tokenizer(), (1,), TEXTS)
    inputs: list[Tensor] = []
    model.model.layers[1].mlp.down_proj.register_forward_pre_hook(lambda _, args: inputs.append(args[0][0].double()))
    with torch.no_grad():
        for text in TEXTS:
            model(torch.tensor([tokenizer()(text)["input_ids"]]))
    keys = torch.cat(inputs)
    assert torch.allclose(covariance.matrices[1].double(), keys.T @ keys / len(keys), atol=1e-6)


def test_a_compiled_wrapper_sees_the_edits() -> None:
    model = build("llama")
    compiled: Any = torch.compile(model, backend="eager")
    ids = encode(tokenizer(), some_edits(1), ("{}",), "cpu").input_ids
    with torch.no_grad():
        before = compiled(ids).logits
        editor_of(model).edit(some_edits(1))
        assert torch.allclose(compiled(ids).logits, model(ids).logits, atol=1e-5)
        assert not torch.allclose(compiled(ids).logits, before, atol=1e-2)
    with pytest.raises(ValueError, match="takes the model itself"):
        fit_covariance(compiled, tokenizer(), (0, 1), TEXTS)


def test_contexts_are_the_models_own_words() -> None:
    model = build("llama")
    contexts = sample_contexts(model, tokenizer(), tokens=4)
    assert contexts[0] == "{}"
    assert len(contexts) == 6
    assert all(context.endswith(". {}") for context in contexts[1:])
    assert contexts == sample_contexts(model, tokenizer(), tokens=4)
    assert contexts != sample_contexts(model, tokenizer(), tokens=4, seed=1)


# Refusals


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Edit("The colour is", "Gullwing", "red"), "needs one {}"),
        (lambda: Edit("{} and {}", "Gullwing", "red"), "needs one {}"),
        (lambda: Edit("{} is", "Gullwing", " "), "empty object"),
        (lambda: Edit("{} is", "", "red"), "empty subject"),
        (lambda: Encore(()), "rising numbers"),
        (lambda: Encore((2, 1)), "rising numbers"),
        (lambda: Encore((1,), lambda_norm=-1.0), "lambda_norm is -1.0"),
        (lambda: Encore((1,), lambda_preserve=float("nan")), "lambda_preserve is nan"),
        (lambda: Encore((1,), lr=0.0), "lr is 0.0"),
        (lambda: Encore((1,), patience=-1), "patience is -1"),
        (lambda: Encore((1,), at_once=0), "at_once is 0"),
    ],
)
def test_wrong_requests_are_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        make()


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ([], "at least one edit"),
        ([Edit("{} v1", "v2", "v3"), Edit("{} v1", "v2", "v4")], "cannot go on with both 'v3' and 'v4'"),
        ([Edit("{} v1", "v2", "v3"), Edit("{} v1", "v2", "v3")], "stands twice"),
    ],
)
def test_wrong_batches_are_refused(edits: Sequence[Edit], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        editor_of(build("llama")).edit(edits)


def test_models_of_another_kind_are_refused() -> None:
    shared, quantised = build("llama"), build("llama")
    shared.model.layers[2].mlp.down_proj.weight = shared.model.layers[1].mlp.down_proj.weight
    quantised.model.layers[1].mlp.down_proj = nn.Identity()
    for model, layer, words in (
        (build("llama").train(), 1, "training mode"),
        (build("llama"), 3, "no block 3"),
        (build("gemma2"), 1, "a norm or a factor behind the MLP"),
        (shared, 1, "is shared with"),
        (quantised, 1, "no single projection"),
    ):
        with pytest.raises(ValueError, match=words):
            find_sites(model, (layer,))


def test_covariances_of_another_kind_are_refused() -> None:
    model = build("llama")
    covariance = fit_covariance(model, tokenizer(), (0,), TEXTS)
    with pytest.raises(ValueError, match="lacks block 1"):
        CONFIG.apply(model, tokenizer(), covariance)
    with pytest.raises(ValueError, match="more text is needed"):
        fit_covariance(model, tokenizer(), (0,), TEXTS[:2])
    one = replace(CONFIG, layers=(0,))
    with pytest.raises(ValueError, match="not finite"):
        one.apply(model, tokenizer(), replace(covariance, matrices={0: covariance.matrices[0] * float("inf")}))
    one.apply(model, tokenizer(), covariance, contexts=CONTEXTS).edit(some_edits(1))
    edited = build("llama")
    edited.load_state_dict(model.state_dict())
    with pytest.raises(ValueError, match="has an editor already"):
        one.apply(model, tokenizer(), covariance)
    with pytest.raises(ValueError, match="other weights"):
        one.apply(edited, tokenizer(), covariance)


def test_other_changes_and_ways_are_refused() -> None:
    model = build("llama")
    editor = editor_of(model)
    editor.edit(some_edits(1))
    with pytest.raises(ValueError, match="no way back to 2 batches: there are 1"):
        editor.rollback(2)
    with torch.no_grad():
        model.model.layers[1].mlp.down_proj.weight[0, 0] += 1
    with pytest.raises(ValueError, match="something else has changed it"):
        editor.edit(some_edits(1, first=1))
    with pytest.raises(ValueError, match="something else has changed it"):
        editor.rollback(0)
    covariance = covariance_of("llama", torch.float32, (0, 1))
    with pytest.raises(ValueError, match="contexts begin with"):
        CONFIG.apply(build("llama"), tokenizer(), covariance, contexts=["{} {}"])
    with pytest.raises(ValueError, match="has no editor"):
        Encore.revert(build("llama"))


def test_the_page_on_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_example("encore")
