"""Show-o Turbo: Jacobi decoding is greedy decoding, and losses are those of plain loops."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.methods.contract import Decoding
from tests.methods.families import family_model, ids
from tests.methods.pages import run_example
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList

from assay.methods._branches import Usage, refuse_model, stop_at
from assay.methods.decoding.unified_consistency_decoding import (
    Block,
    ImageConsistency,
    ImageTokens,
    JacobiAnswer,
    JacobiDecoding,
    MaskedDecoding,
    TextConsistency,
    UnifiedConsistency,
    image_denoiser,
    jacobi_reference,
    joint_mask,
    read_with_images,
    targets_reference,
    text_loss_reference,
    write_behind_images,
)
from assay.methods.decoding.unified_consistency_decoding._text import Leap, segment_end


def decoded(model: Any, input_ids: Tensor, **options: Any) -> Tensor:
    """Decoded in blocks of five."""
    refuse_model(model, method="Jacobi decoding")
    output: Tensor = model.generate(
        input_ids, do_sample=False, custom_generate=JacobiDecoding(block=5).generate, **options
    )
    return output


CONTRACT = Decoding(decoded)


@pytest.fixture(scope="module")
def llama() -> Any:
    return family_model("llama")


def greedy(model: Any, prompt: Tensor, *, new: int = 24, **how: Any) -> Any:
    how = {"attention_mask": torch.ones_like(prompt), "do_sample": False, "max_new_tokens": new} | how
    return model.generate(prompt, **how)


def prompts(*lengths: int) -> list[list[int]]:
    return [ids(length, seed=length).tolist() for length in lengths]


def hardly_reads() -> Any:
    """A model to which all tokens look nearly alike: what it writes hardly depends on the guesses before."""
    model = family_model("llama", tie_word_embeddings=False)
    with torch.no_grad():
        seen = model.model.embed_tokens.weight
        seen.copy_(seen[:1] + 0.05 * seen)
    return model


# Jacobi decoding


@pytest.mark.parametrize("block", [1, 2, 16])
def test_tokens_are_those_of_greedy_decoding_in_no_more_passes(llama: Any, block: int) -> None:
    texts = prompts(5, 9, 3, 14)
    answers = JacobiDecoding(block=block).write(llama, texts, 24)
    for text, answer in zip(texts, answers, strict=True):
        assert answer.tokens == greedy(llama, torch.tensor([text]))[0, len(text) :].tolist()
        assert answer.passes <= len(answer.tokens)
        assert answer.ended == "length"
        alone = JacobiDecoding(block=block).write(llama, [text], 24)[0]
        assert (alone.passes, alone.blocks) == (answer.passes, answer.blocks)
    if block == 1:
        assert [answer.passes for answer in answers] == [24] * 4
        assert not any(answer.blocks for answer in answers)


def test_right_guesses_save_passes() -> None:
    model, text = hardly_reads(), prompts(6)
    usage = Usage()
    (answer,) = JacobiDecoding(block=8).write(model, text, 24, usage=usage)
    assert answer.tokens == greedy(model, torch.tensor(text))[0, 6:].tolist()
    assert answer.passes < 20
    assert usage.passes == answer.passes
    assert answer.tokens_per_pass == 24 / answer.passes


@pytest.mark.parametrize("seed", range(3))
def test_the_trajectory_is_that_of_plain_iteration(llama: Any, seed: int) -> None:
    (answer,) = JacobiDecoding(block=6, seed=seed).write(llama, prompts(7), 20)
    assert sum(len(block.states[-1]) for block in answer.blocks) >= 12
    for block in answer.blocks:
        before = [*answer.prompt, *answer.tokens[: block.start]]
        assert block.states == jacobi_reference(llama, before, block.states[0])
        assert len(block.states[0]) <= 5
        assert len(block.states) <= len(block.states[0]) + 1
        assert block.states[-1] == answer.tokens[block.start :][: len(block.states[-1])]


def test_rows_end_at_the_end_token_at_a_stop_and_at_their_budget(llama: Any) -> None:
    text = prompts(5)[0]
    plain = greedy(llama, torch.tensor([text]))[0, 5:].tolist()
    stopped, _ = JacobiDecoding(block=4).write(llama, [text, prompts(9)[0]], 8, stop=lambda it: len(it) == 3)
    assert (stopped.tokens, stopped.ended) == (plain[:3], "stop")
    place = next(at for at in range(2, 24) if plain[at] not in plain[:at])
    llama.generation_config.eos_token_id = plain[place]
    try:
        ended, other = JacobiDecoding(block=4).write(llama, [text, prompts(9)[0]], 24)
        padded = torch.tensor([text, text])
        expected = greedy(llama, padded, pad_token_id=0)
        assert torch.equal(greedy(llama, padded, pad_token_id=0, custom_generate=JacobiDecoding(4).generate), expected)
    finally:
        llama.generation_config.eos_token_id = None
    assert (ended.tokens, ended.ended) == (plain[: place + 1], "eos")
    assert ended.blocks[-1].states[-1] == ended.tokens[ended.blocks[-1].start :]
    assert other.tokens


def test_an_end_token_of_the_prompt_ends_nothing(llama: Any) -> None:
    llama.generation_config.eos_token_id = 7
    try:
        (answer,) = JacobiDecoding(block=4).write(llama, [[3, 7, 7, 5]], 6)
    finally:
        llama.generation_config.eos_token_id = None
    assert answer.tokens == greedy(llama, torch.tensor([[3, 7, 7, 5]]), new=6)[0, 4:].tolist()


def test_processors_and_criteria_see_real_text_alone(llama: Any) -> None:
    prompt = ids(1, 9)
    how: dict[str, Any] = {"repetition_penalty": 1.5, "no_repeat_ngram_size": 2}
    expected = greedy(llama, prompt, **how)
    assert torch.equal(greedy(llama, prompt, custom_generate=JacobiDecoding(block=6).generate, **how), expected)
    two = ids(2, 9)
    assert torch.equal(
        greedy(llama, two, custom_generate=JacobiDecoding(block=6).generate, **how), greedy(llama, two, **how)
    )

    def mine(_text: Tensor, scores: Tensor) -> Tensor:
        return scores.roll(1, dims=-1)

    mixed: dict[str, Any] = {"logits_processor": LogitsProcessorList([mine])}
    with pytest.raises(ValueError, match="function may mix the sequences"):
        greedy(llama, two, custom_generate=JacobiDecoding().generate, **mixed)


def test_a_dictionary_is_returned_where_it_is_asked_for(llama: Any) -> None:
    how: dict[str, Any] = {"return_dict_in_generate": True, "custom_generate": JacobiDecoding().generate}
    output = greedy(llama, ids(1, 9), **how)
    assert torch.equal(output.sequences, greedy(llama, ids(1, 9)))
    assert output.past_key_values is None


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"do_sample": True}, "set do_sample=False"),
        ({"num_beams": 2}, "num_beams=1"),
        ({"use_cache": False}, "needs the key-value cache"),
        ({"cache_implementation": "static"}, "from a StaticLayer"),
        ({"return_dict_in_generate": True, "output_scores": True}, "output_scores cannot be returned"),
        ({"position_ids": torch.arange(3, 8)[None]}, "counts the positions"),
        ({"inputs_embeds": torch.zeros(1, 5, 64)}, "token ids only"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_would_change_the_output_is_refused(llama: Any, how: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        greedy(llama, ids(1, 5), custom_generate=JacobiDecoding().generate, **how)


def test_padding_without_a_mask_is_refused(llama: Any) -> None:
    config = GenerationConfig(max_length=9)
    config._pad_token_tensor = torch.tensor(0)  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="begins with padding"):
        JacobiDecoding().generate(
            llama, torch.tensor([[0, 0, 4, 5]]), LogitsProcessorList(), StoppingCriteriaList(), config
        )


@pytest.mark.parametrize(("family", "words"), [("mamba", "recurrent"), ("t5", "encoder-decoder"), ("bert", "no text")])
def test_models(family: str, words: str) -> None:
    with pytest.raises(ValueError, match=rf"Jacobi decoding .*{words}"):
        JacobiDecoding().write(family_model(family), [[3, 4]], 4)


def test_what_would_outgrow_a_sliding_window_is_refused_before_anything_is_written() -> None:
    model, usage = family_model("mistral_window", sliding_window=32), Usage()
    with pytest.raises(ValueError, match="beyond the sliding window of 32"):
        JacobiDecoding(block=4).write(model, prompts(5), 26, usage=usage)
    assert usage.passes == 0
    texts = prompts(5, 9)
    answers = JacobiDecoding(block=4).write(model, texts, 10)
    assert answers[1].tokens == greedy(model, torch.tensor(texts[1:]), new=10)[0, 9:].tolist()


def test_settings_are_checked(llama: Any) -> None:
    for make, message in [
        (lambda: JacobiDecoding(block=0), "block is 0"),
        (lambda: JacobiDecoding().write(llama, [[]], 4), "a token at least"),
        (lambda: JacobiDecoding().write(llama, [[3]], 0), "budget is 0"),
        (lambda: TextConsistency(segments=0), "segments is 0"),
        (lambda: TextConsistency(ar_weight=float("nan")), "ar_weight is nan"),
        (lambda: TextConsistency(most_repeats=1), "most_repeats is 1"),
        (lambda: TextConsistency()(llama, []), "needs answers"),
        (lambda: TextConsistency()(llama, [JacobiAnswer([3])]), "needs answers of a token"),
        (lambda: ImageConsistency(segments=0), "segments is 0"),
        (lambda: MaskedDecoding(steps=0), "steps is 0"),
        (lambda: MaskedDecoding(guidance=-1.0), "guidance is -1"),
        (lambda: UnifiedConsistency(text=-1.0), "weight of the text loss is -1"),
        (lambda: ImageTokens(first=30, codes=5, mask=34), "give one beside those of the codes"),
        (lambda: ImageTokens(first=30, codes=1, mask=34), "two or more"),
        (lambda: image_denoiser(llama, ImageTokens(36, 5, 2), [[1]]), "up to 39, and images need up to 40"),
    ]:
        with pytest.raises(ValueError, match=message):
            make()


# The loss of text


@given(st.integers(1, 30), st.integers(1, 9))
@settings(max_examples=40)
def test_segments_cover_all_states_and_lead_ahead(last: int, segments: int) -> None:
    ends = [segment_end(at, last, segments) for at in range(last)]
    assert all(at < end for at, end in enumerate(ends))
    assert ends == sorted(ends)
    assert ends[-1] == last
    assert len(set(ends)) == min(segments, last)


@pytest.mark.parametrize("segments", [1, 3])
@pytest.mark.parametrize("family", ["llama", "gpt2", "deepseek_v3"])
def test_the_loss_and_its_gradient_are_those_of_plain_passes(family: str, segments: int) -> None:
    model = family_model(family)
    answers = JacobiDecoding(block=6).write(model, prompts(4, 9, 6), 14)
    consistency = TextConsistency(segments=segments, ar_weight=2.0)
    leaps = consistency.draw(answers, seed=1)
    assert sum(map(len, leaps)) >= 5
    ours = consistency.of_leaps(model, answers, leaps)
    theirs = text_loss_reference(model, answers, leaps, ar_weight=2.0)
    torch.testing.assert_close(ours.loss, theirs, rtol=1e-4, atol=1e-4)
    weight = next(each for name, each in model.named_parameters() if "1." in name and each.dim() == 2)
    (a,), (b,) = (torch.autograd.grad(loss, [weight]) for loss in (ours.loss, theirs))
    torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-4)


def test_places_that_count_lie_behind_the_first_difference() -> None:
    leap = Leap(Block(0, [[5, 6, 7, 8], [5, 9, 7, 8], [5, 9, 1, 2]]), at=0, end=2)
    assert list(leap.places) == [2, 3]
    assert list(Leap(leap.block, 1, 2).places) == [3]
    assert leap.is_to_the_answer


def test_blocks_that_repeat_a_token_or_were_right_at_once_are_no_lesson(llama: Any) -> None:
    stuck = Block(0, [[4] * 5, [9] * 5])
    at_once = Block(5, [[3, 4]])
    answer = JacobiAnswer([1, 2], [9, 9, 9, 9, 9, 3, 4], blocks=[stuck, at_once])
    assert TextConsistency(most_repeats=5).draw([answer], seed=0) == [[]]
    assert len(TextConsistency().draw([answer], seed=0)[0]) == 1
    loss = TextConsistency(most_repeats=5)(llama, [answer])
    assert float(loss.consistency.detach()) == 0
    assert float(loss.loss.detach()) == pytest.approx(10 * float(loss.ar.detach()))


def test_a_student_learns_to_leap() -> None:
    torch.manual_seed(0)
    model = family_model("llama")
    answers = JacobiDecoding(block=6).write(model, prompts(4, 5, 6, 7), 12)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for step in range(40):
        loss = TextConsistency(segments=1)(model, answers, seed=step).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    after = JacobiDecoding(block=6).write(model, prompts(4, 5, 6, 7), 12)
    assert sum(each.passes for each in after) < sum(each.passes for each in answers) - 4


def test_a_model_with_a_window_is_refused_for_its_layers_would_not_heed_the_mask() -> None:
    model = family_model("mistral_window")
    with pytest.raises(ValueError, match=r"Consistency distillation cannot .* sliding window"):
        TextConsistency()(model, [JacobiAnswer([3], [4])])


# Images


def fixed(codes: int = 6, places: int = 12, seed: int = 0) -> Any:
    """A denoiser that thinks what it always thinks, and a little of what stands there."""
    logits = torch.randn(places, codes, generator=torch.Generator().manual_seed(seed))
    return lambda canvas: logits + 0.1 * canvas[..., None] / codes


def blank(rows: int = 3, places: int = 12, mask: int = 6) -> Tensor:
    return torch.full((rows, places), mask)


@given(st.integers(1, 12), st.integers(0, 99))
@settings(max_examples=30)
def test_every_step_decides_and_the_last_decides_all(steps: int, seed: int) -> None:
    trajectory = MaskedDecoding(steps=steps).trajectory(fixed(), blank(), mask=6, seed=seed)
    masked = (trajectory.states == 6).sum(-1)
    assert bool((masked[:-1] > masked[1:]).all())
    assert bool((masked[:-1] >= 1).all())
    assert not masked[-1].any()
    for before, after in zip(trajectory.states[:-1], trajectory.states[1:], strict=True):
        assert bool(((before == 6) | (before == after)).all())
    assert torch.equal(MaskedDecoding(steps=steps)(fixed(), blank(), mask=6, seed=seed), trajectory.images)


def test_as_many_places_stay_masked_as_the_cosine_says() -> None:
    states = MaskedDecoding(steps=4).trajectory(fixed(places=64), blank(places=64), mask=6).states
    assert (states == 6).sum(-1)[:, 0].tolist() == [64, 59, 45, 24, 0]


def test_codes_that_are_known_stay_and_greedy_decoding_takes_the_likeliest() -> None:
    canvas = blank()
    canvas[:, 4] = 2
    greedy_ = MaskedDecoding(steps=3, temperature=0.0, noise=0.0)(fixed(), canvas, mask=6)
    assert greedy_[:, 4].tolist() == [2, 2, 2]
    likeliest = fixed()(canvas).argmax(-1)
    likeliest[:, 4] = 2
    assert torch.equal(greedy_, likeliest)


def test_top_k_and_guidance_change_what_is_drawn() -> None:
    one = MaskedDecoding(steps=2, top_k=1)(fixed(), blank(), mask=6)
    assert torch.equal(one, fixed()(blank()).argmax(-1))
    away = MaskedDecoding(steps=1, temperature=0.0, guidance=3.0)
    guided = away(fixed(), blank(), mask=6, unconditional=fixed(seed=1))
    assert torch.equal(guided, (4 * fixed()(blank()) - 3 * fixed(seed=1)(blank())).argmax(-1))


@pytest.mark.parametrize(
    ("decoding", "canvas", "mask", "message"),
    [
        (MaskedDecoding(steps=13), blank(), 6, "13 steps are more than the 12"),
        (MaskedDecoding(steps=2), torch.full((1, 12), 5), 5, "the mask is 5, one of the 6 codes"),
        (MaskedDecoding(steps=2, guidance=2.0), blank(), 6, "as unconditional"),
    ],
)
def test_canvases_that_cannot_be_filled_in(decoding: MaskedDecoding, canvas: Tensor, mask: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        decoding(fixed(), canvas, mask=mask)


def test_targets_are_what_was_held_when_a_place_was_decided_up_to_the_segments_end() -> None:
    trajectory = MaskedDecoding(steps=4).trajectory(fixed(), blank(), mask=6, seed=3)
    for end in range(1, 5):
        ours = trajectory.targets(torch.full((3,), end))
        assert torch.equal(ours, targets_reference(trajectory, end))
    with pytest.raises(ValueError, match="3 segments do not divide 4 steps"):
        ImageConsistency(segments=3).draw(trajectory, seed=0)


def test_a_student_that_holds_what_the_teacher_held_has_the_least_loss() -> None:
    trajectory = MaskedDecoding(steps=4).trajectory(lambda canvas: fixed()(0 * canvas), blank(8), mask=6)
    consistency = ImageConsistency(segments=2)
    teacher = consistency(lambda canvas: fixed()(0 * canvas), trajectory.select(range(4)), seed=1)
    other = consistency(lambda canvas: fixed(seed=1)(0 * canvas), trajectory.select(range(4)), seed=1)
    assert float(teacher) < float(other)


# One model for both

IMAGES = ImageTokens(first=30, codes=6, mask=36)


def test_text_sees_what_is_before_it_and_an_image_all_of_itself() -> None:
    sees = joint_mask(torch.tensor([[-1, 0, 1, 1, 0, 2, 2]]))[0].int().tolist()
    assert sees == [
        [1, 0, 0, 0, 0, 0, 0],
        [0, 1, 0, 0, 0, 0, 0],
        [0, 1, 1, 1, 0, 0, 0],
        [0, 1, 1, 1, 0, 0, 0],
        [0, 1, 1, 1, 1, 0, 0],
        [0, 1, 1, 1, 1, 1, 1],
        [0, 1, 1, 1, 1, 1, 1],
    ]


def test_canvases_behind_prompts_of_any_length_are_read_as_if_alone(llama: Any) -> None:
    canvas = torch.tensor([[6, 2, 5, 6], [0, 6, 6, 1]])
    texts = prompts(3, 7)
    both = image_denoiser(llama, IMAGES, texts)(canvas)
    for row in range(2):
        alone = image_denoiser(llama, IMAGES, texts[row : row + 1])(canvas[row : row + 1])
        torch.testing.assert_close(both[row : row + 1], alone, rtol=1e-4, atol=1e-4)
    changed = image_denoiser(llama, IMAGES, texts)(torch.tensor([[6, 2, 5, 0], [0, 6, 6, 2]]))
    assert bool(((changed - both).abs().amax(-1) > 1e-3)[:, 0].all())  # the first place sees the last
    with pytest.raises(ValueError, match="codes 0 to 5 and 6 for the mask"):
        image_denoiser(llama, IMAGES, texts)(canvas + 1)
    with pytest.raises(ValueError, match="2 prompts do not go with 1"):
        image_denoiser(llama, IMAGES, texts)(canvas[:1])


def test_text_behind_images_is_greedy_and_its_loss_that_of_plain_passes(llama: Any) -> None:
    texts, places = prompts(6, 9), [[(1, 5)], [(2, 4), (5, 8)]]
    answers = write_behind_images(llama, texts, places, 8, decoding=JacobiDecoding(block=4))
    for text, spans, answer in zip(texts, places, answers, strict=True):
        kinds = torch.zeros(1, len(text) + 8, dtype=torch.long)
        for number, (start, end) in enumerate(spans, start=1):
            kinds[:, start:end] = number
        written = list(text)
        for _ in range(8):
            length = len(written)
            mask = torch.zeros(1, 1, length, length).masked_fill(~joint_mask(kinds[:, :length])[:, None], -1e30)
            with torch.no_grad():
                logits = llama(input_ids=torch.tensor([written]), attention_mask=mask, use_cache=False).logits
            written.append(int(logits[0, -1].argmax()))
        assert answer.tokens == written[len(text) :]
        mask = torch.zeros(1, 1, *[len(written)] * 2).masked_fill(~joint_mask(kinds)[:, None], -1e30)
        logits = llama(input_ids=torch.tensor([written]), attention_mask=mask, use_cache=False).logits[0]
        expected = cross_entropy(logits[len(text) - 1 : -1], torch.tensor(answer.tokens))
        ours = TextConsistency()(llama, [answer]).ar
        torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-4)
    with pytest.raises(ValueError, match="do not lie before the last token"):
        read_with_images(llama, [[3, 4, 5]], [[(1, 3)]])


def test_what_is_written_behind_an_image_knows_it_and_guesses_from_text_alone(llama: Any) -> None:
    text, spans = prompts(9)[0], [(1, 5)]
    (answer,) = write_behind_images(llama, [text], [spans], 8, decoding=JacobiDecoding(block=8))
    (plain,) = JacobiDecoding(block=1).write_from(read_with_images(llama, [text], [spans]), 8)
    assert answer.tokens == plain.tokens
    assert answer.images == ((1, 5),)
    assert set(answer.blocks[0].states[0]) <= {text[0], *text[5:]} - set(text[1:5])
    drawn_from_all = JacobiDecoding(block=8).write(llama, [text], 8)[0].blocks[0].states[0]
    assert set(drawn_from_all) & set(text[1:5])


def test_losses_are_weighed_as_published() -> None:
    one = torch.ones(())
    assert float(UnifiedConsistency()(image=one, text=one, language=one)) == pytest.approx(1.6)


def test_a_stop_string_ends_a_row(tiny_model: Any) -> None:
    from assay.testbed.pretrained import load_language_model

    lm = load_language_model(tiny_model)
    (plain,) = JacobiDecoding(block=4).write(lm.model, [lm.ids("one").tolist()], 12)
    third = str(lm.tokenizer.decode(plain.tokens[2:3]))
    (answer,) = JacobiDecoding(block=4).write(
        lm.model, [lm.ids("one").tolist()], 12, stop=stop_at(lm.tokenizer, [third])
    )
    assert answer.tokens == plain.tokens[: len(answer.tokens)]
    assert len(answer.tokens) <= 3


def test_the_example_on_its_page_runs() -> None:
    run_example("unified_consistency_decoding")
