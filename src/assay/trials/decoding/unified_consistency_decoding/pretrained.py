"""Jacobi decoding on a pretrained model before and after it was distilled on its own answers, and what that costs it.

The paper's tasks are questions about images and captions. Here, requests of two kinds: facts of countries, whose
answers are short sentences of one kind, and open requests (see `_distilled`). The model is distilled on its answers to
other requests of both kinds. The baseline is plain greedy decoding with a cache, which the paper's code lacks. Beside
it stands what else saves passes and changes nothing: prompt lookup, Hierarchy Drafting whose table of phrases is made
of the very answers that are distilled on, and n-gram speculation of llama.cpp, held against its own plain decoding.
Drafts are those that their own trial found fastest on a CPU, two tokens a pass; blocks are tuned here, on requests of
their own.

A figure is of two requests, one of each kind. Times are of whole answers, the reading of the prompt included. What
distillation costs is shown beside the speed and is a claim of its own: facts that are right before and after, loss on
prose, and how likely the new answers are to the plain model.

Budget on two quiet cores: 2,000 tokens written to learn from, 44 steps of about 500 tokens, 1,400 tokens written to
measure and 2,000 for the facts: about five minutes, of which half is distillation.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from assay.methods.decoding.hierarchy_drafting import HierarchyConfig, HierarchyDrafter, ModelTable
from assay.methods.decoding.unified_consistency_decoding import Block, JacobiAnswer, JacobiDecoding
from assay.testbed.evaluation import evaluate_by_text, split_windows
from assay.testbed.model_server import lacks
from assay.testbed.pretrained import LanguageModel
from assay.testbed.prose import foldoc, gcide
from assay.testbed.resources import resource
from assay.trials import Bench, trial
from assay.trials.decoding.hierarchy_drafting._writing import write_answer
from assay.trials.decoding.unified_consistency_decoding import _llama_cpp as peer
from assay.trials.decoding.unified_consistency_decoding._answers import (
    Answers,
    by_pair,
    greedy,
    likelihood,
    measure,
    same,
)
from assay.trials.decoding.unified_consistency_decoding._distilled import (
    FACT,
    OPEN,
    Lessons,
    distilled,
    known_and_other_facts,
    own_answers,
    requests,
)

_PAPER = "2502.05415"
PLAIN, LOOKUP, HIERARCHY = "token by token", "prompt lookup", "Hierarchy Drafting"
BEFORE, AFTER, PUBLISHED = "Jacobi, before distillation", "Jacobi, distilled", "Jacobi, distilled, blocks of 16"


@dataclass(frozen=True)
class _Sizes:
    lessons: Lessons
    new: int
    """Tokens of an answer that is measured, at most."""
    pairs: int
    """Of requests that are measured, a fact and an open one each."""
    tuning_pairs: int
    blocks: tuple[int, ...]
    """That are tried."""
    facts: int
    """That are asked before and after."""
    prose: tuple[int, int, int]
    """Texts, windows of a text, tokens of a window."""


def _sizes(bench: Bench) -> _Sizes:
    return bench.pick(
        quick=_Sizes(Lessons(2, 1, 5, 1, block=4, segments=(1,), characters=(40, 80)), 3, 1, 0, (4,), 6, (2, 1, 16)),
        cpu=_Sizes(Lessons(96, 40, 28, 44), 28, 6, 1, (2, 4, 8), 96, (6, 1, 128)),
        cuda=_Sizes(Lessons(160, 2_000, 96, 2_000, block=16), 96, 24, 4, (4, 8, 16, 32), 200, (16, 8, 256)),
    )


@trial(_PAPER, claim="image-to-text-speedup", pretrained=True)
def speed_of_answers(bench: Bench) -> None:
    """Time of greedy answers: Jacobi decoding of a distilled model against token by token, and other ways."""
    sizes = _sizes(bench)
    no_llama_cpp = lacks("xllamacpp")
    lm = bench.on_pretrained(
        f"text alone: facts of countries and open requests instead of images to describe; distilled by LoRA on "
        f"{sizes.lessons.facts + sizes.lessons.requests} answers of up to {sizes.lessons.new} tokens in "
        f"{sizes.lessons.steps} steps; the baseline has a cache" + (f"; {no_llama_cpp}" if no_llama_cpp else "")
    )
    learnt_from, answers, student = _teach(bench, lm, sizes)
    _, others = requests(lm, sizes.lessons, sizes.pairs + sizes.tuning_pairs)
    tuning, measured = _in_turn(others, slice(0, sizes.tuning_pairs)), _in_turn(others, slice(sizes.tuning_pairs, None))
    table = ModelTable.count([each.tokens for each in answers], vocab_size=lm.model.config.get_text_config().vocab_size)
    drafter = HierarchyDrafter(HierarchyConfig(order="WS", candidates=1, draft_tokens=2, window=0), model_table=table)
    pupil = replace(lm, model=student)
    write_answer(lm, measured[0], 2)  # a warm-up
    block = _tune(bench, pupil, tuning, sizes)
    arms: dict[str, tuple[LanguageModel, dict[str, Any]]] = {
        PLAIN: (lm, {}),
        BEFORE: (lm, {"custom_generate": JacobiDecoding(block=block).generate}),
        AFTER: (pupil, {"custom_generate": JacobiDecoding(block=block).generate}),
        PUBLISHED: (pupil, {"custom_generate": JacobiDecoding().generate}),
        LOOKUP: (lm, {"prompt_lookup_num_tokens": 2, "max_matching_ngram_size": 3}),
        HIERARCHY: (lm, {"custom_generate": drafter.generate}),
    }
    calls = {arm: partial(write_answer, who, new=sizes.new, **how) for arm, (who, how) in arms.items()}
    written = measure(bench, calls, measured)
    _show(bench, written)
    _show_exactness(bench, lm, student, written, measured)
    bench.score("tokens of a block, as tuned", block, better="lower")
    bench.score("answers that were learnt from", len(answers), better="lower")
    bench.score("tokens a pass, of the answers that were learnt from", learnt_from, better="higher")
    if not no_llama_cpp and lm.quantisation and not bench.quick:
        _show_llama_cpp(bench, measured, sizes)


@trial(_PAPER, claim="mme-after-distillation", pretrained=True)
def quality_after_distillation(bench: Bench) -> None:
    """Facts of countries that a model gets right before and after it was distilled for speed."""
    sizes = _sizes(bench)
    lm = bench.on_pretrained(
        f"{sizes.facts} facts of countries (capital, currency, continent) instead of MME; distilled by LoRA on "
        f"answers about other countries and on open requests, in {sizes.lessons.steps} steps"
    )
    _, _, student = _teach(bench, lm, sizes)
    _, facts = known_and_other_facts(sizes.lessons.facts)
    facts = facts[: sizes.facts]
    prompts = [lm.prompt(fact.question).tolist() for fact in facts]

    def right(model: Any) -> list[float]:
        texts = [str(lm.tokenizer.decode(tokens)) for tokens in greedy(model, prompts, sizes.new)]
        hits = [100.0 * (fact.object.lower() in text.lower()) for fact, text in zip(facts, texts, strict=True)]
        groups = [hits[start::6] for start in range(6)]  # each has facts of one relation and the next
        return [sum(group) / len(group) for group in groups]

    models = {"before": lm.model, "after": student}
    shares = {arm: bench.once(f"facts right, {arm}", partial(right, model)) for arm, model in models.items()}
    name = "facts of countries that are right"
    bench.claim(bench.compare(name, shares, candidate="after", baseline="before", better="higher", unit="%"))
    number, count, length = sizes.prose
    prose = foldoc() if bench.quick else gcide()  # the other dictionary takes seconds to read
    windows = split_windows(lm.ids(prose.text(10 * number * count * length)), length=length, count=number * count)
    losses = {
        arm: bench.once(f"loss on prose, {arm}", partial(_loss, model, windows.view(sizes.prose)))
        for arm, model in models.items()
    }
    bench.compare("loss on prose", losses, candidate="after", baseline="before", better="lower", unit="nats")


def _loss(model: Any, texts: Tensor) -> list[float]:
    """Of each text, in nats a token."""
    losses: list[float] = evaluate_by_text(model, texts)["loss"]
    return losses


def _teach(bench: Bench, lm: LanguageModel, sizes: _Sizes) -> tuple[float, list[JacobiAnswer], Any]:
    """Tokens a pass of the answers that are learnt from, these answers, and the model that has learnt from them."""
    known, _ = requests(lm, sizes.lessons, sizes.pairs + sizes.tuning_pairs)

    def collect() -> dict[str, list[dict[str, Any]]]:
        return {kind: [asdict(each) for each in its] for kind, its in own_answers(lm, known, sizes.lessons).items()}

    kept = bench.once("answers to learn from", collect)
    answers = {
        kind: [JacobiAnswer(**(each | {"blocks": [Block(**block) for block in each["blocks"]]})) for each in its]
        for kind, its in kept.items()
    }
    every = [each for its in answers.values() for each in its]
    rate = sum(len(each.tokens) for each in every) / sum(each.passes for each in every)
    return rate, every, distilled(lm, answers, sizes.lessons, seed=bench.seed)


def _in_turn(prompts: dict[str, list[Tensor]], part: slice) -> list[Tensor]:
    """A fact, an open request, a fact ..."""
    return [each for pair in zip(prompts[FACT][part], prompts[OPEN][part], strict=True) for each in pair]


def _tune(bench: Bench, pupil: LanguageModel, prompts: Sequence[Tensor], sizes: _Sizes) -> int:
    """The block with which the distilled model writes fastest; the only one where one is tried."""
    if len(sizes.blocks) == 1:
        return sizes.blocks[0]
    calls = {
        f"blocks of {block}": partial(
            write_answer, pupil, new=sizes.new, custom_generate=JacobiDecoding(block=block).generate
        )
        for block in sizes.blocks
    }
    times = {arm: by_pair(its, "seconds", 1e3) for arm, its in measure(bench, calls, prompts).items()}
    bench.curve(
        "time a written token by blocks, on the requests to tune on",
        {AFTER: list(times.values())},
        candidate=AFTER,
        along="tokens of a block",
        at=sizes.blocks,
        unit="ms",
    )
    return min(sizes.blocks, key=lambda block: sum(times[f"blocks of {block}"]))


def _show(bench: Bench, written: dict[str, Answers]) -> None:
    """The claim's figure, tokens a pass, and both by kind of request."""
    times = {arm: by_pair(its, "seconds", 1e3) for arm, its in written.items()}
    bench.claim(
        bench.compare("time a written token", times, candidate=AFTER, baseline=PLAIN, better="lower", unit="ms")
    )
    passes = {arm: [1 / each for each in by_pair(its, "passes")] for arm, its in written.items()}
    bench.compare("tokens a pass", passes, candidate=AFTER, baseline=BEFORE, better="higher")
    for place, kind in enumerate((FACT, OPEN)):
        its = {arm: answers[place::2] for arm, answers in written.items()}
        ms = {arm: by_pair(each, "seconds", 1e3, size=1) for arm, each in its.items()}
        bench.compare(f"time a written token: {kind}", ms, candidate=AFTER, baseline=PLAIN, better="lower", unit="ms")
        rates = {arm: [1 / each for each in by_pair(answers, "passes", size=1)] for arm, answers in its.items()}
        bench.compare(f"tokens a pass: {kind}", rates, candidate=AFTER, baseline=BEFORE, better="higher")


def _show_exactness(
    bench: Bench, lm: LanguageModel, student: Any, written: dict[str, Answers], prompts: Sequence[Tensor]
) -> None:
    """Answers that are those of greedy decoding, and how far the distilled model's are from the plain one's."""
    new = max(len(each["tokens"]) for its in written.values() for each in its)
    own = bench.once(
        "the distilled model's answers token by token", lambda: greedy(student, [p.tolist() for p in prompts], new)
    )
    plain = [each["tokens"] for each in written[PLAIN]]
    exact = {
        arm: same(its, own if arm in {AFTER, PUBLISHED} else plain) for arm, its in written.items() if arm != PLAIN
    }
    exact[AFTER] = min(exact[arm] for arm in (BEFORE, AFTER, PUBLISHED))
    # In bf16 a tie between two tokens falls one way in a pass of one token and the other way in a pass of many.
    least = 100.0 if lm.model.dtype == torch.float32 else None
    name = "answers that are those of the model's own greedy decoding"
    bench.score(name, exact, candidate=AFTER, unit="%", better="higher", at_least=least)
    bench.score("answers that distillation left as they were", same(written[AFTER], plain), unit="%", better="higher")
    likely = {
        arm: bench.once(f"likelihood to the plain model: {arm}", partial(likelihood, lm.model, prompts, written[arm]))
        for arm in (AFTER, PLAIN)
    }
    name = "log-probability a token of the answers to the plain model"
    bench.score(name, likely, candidate=AFTER, unit="nats", better="higher")


def _show_llama_cpp(bench: Bench, prompts: Sequence[Tensor], sizes: _Sizes) -> None:
    """What llama.cpp's n-gram speculation gains over its own plain decoding, on the same requests."""
    (file,) = resource("smollm2-135m-instruct").fetch()
    plain, ngrams = peer.ARMS
    with peer.llama_cpp(file, torch.get_num_threads()) as ask:
        calls = {arm: partial(_ask, ask, arm, new=sizes.new) for arm in peer.ARMS}
        for call in calls.values():
            call(prompts[0])  # a warm-up
        written = measure(bench, calls, prompts)
    times = {arm: by_pair(its, "seconds", 1e3) for arm, its in written.items()}
    name = "time a written token in llama.cpp, four-bit weights"
    bench.compare(name, times, candidate=ngrams, baseline=plain, better="lower", unit="ms")
    rates = {arm: [1 / each for each in by_pair(its, "passes")] for arm, its in written.items()}
    bench.score("tokens a pass in llama.cpp", rates, candidate=ngrams, better="higher")


def _ask(ask: peer.Ask, arm: str, prompt: Tensor, *, new: int) -> dict[str, Any]:
    return ask(arm, prompt, new)
