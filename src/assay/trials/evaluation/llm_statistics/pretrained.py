"""Statistics on a real model: answer sets from its probabilities, marks in what it writes, entropy of what it means.

- Sets: the model ranks four options of questions about words, terms, capitals and currencies; half of the questions
  calibrate, half test, over many splits.
- Marks: the model goes on from entries of a dictionary, at temperature 1, once as it is, once with the Gumbel mark and
  once with transformers' own green list. Lengths are prefixes of the same texts.
- Entropy: six answers to each question about a capital, at temperature 1. Two answers mean the same if they name the
  same place. What the model answers at temperature 0 is right or wrong; what tells the two apart is compared.

Budget on two quiet cores: four minutes. 30,000 tokens are read for the sets and 12,000 for the entropy; 2,900 are
written for the marks and 5,000 for the entropy.
"""

from math import exp
from statistics import mean
from typing import Any

import numpy as np

from assay.methods._calibration import auroc
from assay.methods._choices import read_choice_items
from assay.methods._models import TransformersModel
from assay.methods.evaluation.llm_statistics import (
    GumbelWatermark,
    SplitConformal,
    green_list_test,
    same_names,
    semantic_entropy,
)
from assay.testbed.pretrained import LanguageModel
from assay.testbed.prose import foldoc
from assay.testbed.tasks.country_facts import CountryFact, country_facts
from assay.testbed.tasks.real_choices import SOURCES, draw_choice_questions
from assay.trials import Bench, trial
from assay.trials.evaluation.llm_statistics import ADDED_UP, OURS, _added_up

_LEVELS = (0.5, 0.6, 0.7, 0.8, 0.9)
_LENGTHS = (8, 12, 16, 24, 32, 64)
"""Of the beginnings that are looked at: from some 25 tokens on all marks are found."""
_RARE = 1e-6
"""The rate of false alarms at which marks are looked for: who screens many texts can bear few."""
_GUMBEL, _GREEN, _PLAIN = "Gumbel mark", "green list", "no mark"
_MEANING, _COUNTS, _WORDS, _LIKELIHOOD = (
    "semantic entropy",
    "number of meanings",
    "entropy of wordings",
    "-log-likelihood",
)


@trial("2502.17814", claim="coverage-by-level", pretrained=True)
def sets(bench: Bench) -> None:
    """How often sets of options from a real model's probabilities hold the right one, by the rate asked for."""
    each, splits = bench.pick(quick=(6, 10), cpu=(50, 200), cuda=(200, 200))
    lm = bench.on_pretrained(f"{each * len(SOURCES)} questions with four options; the survey has no experiments")
    p, answers = _probabilities(bench, lm, each)
    rng = np.random.default_rng(bench.seed)
    held: dict[str, list[list[float]]] = {OURS: [], ADDED_UP: []}
    sizes: dict[str, list[float]] = {OURS: [], ADDED_UP: []}
    for _ in range(splits):
        order = rng.permutation(len(p))
        calibrated, tested = np.array_split(order, 2)
        for arm, rows in held.items():
            by_level = []
            for level in _LEVELS:
                if arm == OURS:
                    chosen = SplitConformal(1 - level).fit(p[calibrated], answers[calibrated]).predict_set(p[tested])
                else:
                    chosen = _added_up(p[tested], level)
                by_level.append(float(chosen[np.arange(len(tested)), answers[tested]].mean()))
            rows.append(by_level)
            sizes[arm].append(float(chosen.sum(1).mean()))
    shares = np.array(held[OURS])
    values = [[float(part.mean()) for part in np.array_split(column, 5)] for column in shares.T]
    bench.claim(bench.trend("answer sets that hold the right option", along=_LEVELS, values=values))
    curves = {arm: [float(share) for share in np.mean(rows, axis=0)] for arm, rows in held.items()}
    bench.curve("answer sets that hold the right option, by rate", curves, candidate=OURS, along="rate", at=_LEVELS)
    off = {arm: max(abs(a - b) for a, b in zip(curve, _LEVELS, strict=True)) for arm, curve in curves.items()}
    limit = bench.pick(quick=0.2, cpu=0.03)
    bench.score("distance from the rate, at most", off, candidate=OURS, better="lower", at_most=limit)
    bench.score(
        "options of a set at the highest rate", {a: mean(s) for a, s in sizes.items()}, candidate=OURS, better="lower"
    )
    right = 100.0 * float((p.argmax(1) == answers).mean())
    bench.score("likeliest option is right", right, unit="%", better="higher")


@trial("2502.17814", claim="watermark-power-by-length", pretrained=True)
def marks(bench: Bench) -> None:
    """Marked texts of a real model that are found, with one false alarm in a million, by length: two kinds of mark."""
    texts, tokens = bench.pick(quick=(2, 32), cpu=(15, 64), cuda=(64, 64))
    lm = bench.on_pretrained(f"{texts} texts of {tokens} tokens; the survey has no experiments")
    written = {arm: _write(bench, lm, arm, texts, tokens) for arm in (_GUMBEL, _GREEN, _PLAIN)}
    at = [length for length in _LENGTHS if length <= tokens]
    found = {
        arm: [[float(_p_value(bench, lm, arm, ids[:length]) <= _RARE) for ids in written[arm]] for length in at]
        for arm in (_GUMBEL, _GREEN)
    }
    # The texts fall into three groups, so that there is a spread.
    groups = [[100 * mean(part) for part in np.array_split(flags, min(3, texts))] for flags in found[_GUMBEL]]
    bench.claim(bench.trend("marked texts that are found", along=at, values=groups, unit="%"))
    curves = {arm: [100 * mean(flags) for flags in rows] for arm, rows in found.items()}
    bench.curve("marked texts that are found, by length", curves, candidate=_GUMBEL, along="tokens", at=at, unit="%")
    keys = range(100, 100 + bench.pick(quick=5, cpu=50))
    alarms = [float(GumbelWatermark(key=key).detect(ids).p_value <= 0.01) for ids in written[_PLAIN] for key in keys]
    name = "false alarms on unmarked texts, where 1 % is asked for"
    bench.score(name, 100 * mean(alarms), unit="%", better="lower", at_most=bench.pick(quick=25.0, cpu=3.0))
    model = TransformersModel(lm.model, lm.tokenizer, lm.name, chat=False)
    perplexity = {arm: _perplexity(model, lm, ids) for arm, ids in written.items()}
    bench.score("perplexity of what is written", perplexity, candidate=_GUMBEL, better="lower")


@trial("2502.17814", claim="errors-by-semantic-entropy", pretrained=True)
def entropy(bench: Bench) -> None:
    """Share of wrong answers by how many different things a real model says, and what tells wrong answers best."""
    questions, samples = bench.pick(quick=(12, 3), cpu=(60, 6), cuda=(130, 20))
    lm = bench.on_pretrained(
        f"capitals of {questions} countries, {samples} answers each; the survey has no experiments"
    )
    facts = country_facts("capital")[:questions]
    rows = bench.once("answers", lambda: _answers(lm, facts, samples, seed=bench.seed))
    wrong = np.array([not row["right"] for row in rows], dtype=np.float64)
    doubts = {name: np.array([row[name] for row in rows]) for name in (_MEANING, _COUNTS, _WORDS, _LIKELIHOOD)}
    order = np.argsort(doubts[_MEANING], kind="stable")
    bins = np.array_split(order, bench.pick(quick=3, cpu=5))
    along = [float(doubts[_MEANING][part].mean()) for part in bins]
    values = [[100 * float(wrong[third].mean()) for third in np.array_split(part, min(3, len(part)))] for part in bins]
    bench.claim(bench.trend("wrong answers", along=along, values=values, unit="%"))
    told = {name: auroc(values, wrong) for name, values in doubts.items()}
    bench.score("chance that a wrong answer has more of it than a right one", told, candidate=_MEANING, better="higher")
    share = 100 * float(wrong.mean())
    bench.score(
        "wrong answers of all", share, unit="%", better="lower", at_least=5.0, at_most=95.0, binds="measurement"
    )


def _probabilities(bench: Bench, lm: LanguageModel, each: int) -> tuple[Any, Any]:
    """(questions, options) of the model, and the right ones."""
    model = TransformersModel(lm.model, lm.tokenizer, lm.name, chat=False)
    rows, answers = [], []
    for source in SOURCES:
        records = [question.as_record() for question in draw_choice_questions(source, each, seed=bench.seed)]
        items = read_choice_items(records)
        pairs = [(f"{item.question}\nAnswer:", f" {choice}") for item in items for choice in item.choices]

        def logs(pairs: list[tuple[str, str]] = pairs) -> list[float]:
            prompts, continuations = [p for p, _ in pairs], [c for _, c in pairs]
            return [total / count for total, count in model.log_likelihoods(prompts, continuations)]

        values = np.array(bench.once(f"likelihoods of {source}", logs)).reshape(len(items), -1)
        p = np.exp(values - values.max(1, keepdims=True))
        rows.append(p / p.sum(1, keepdims=True))
        answers += [item.answer for item in items]
    return np.concatenate(rows), np.array(answers)


def _write(bench: Bench, lm: LanguageModel, arm: str, texts: int, tokens: int) -> list[list[int]]:
    """Token ids of what the model writes, one list a text, without the prompts."""

    def write() -> list[list[int]]:
        import torch  # noqa: PLC0415 - beside its use
        from transformers import LogitsProcessorList, WatermarkingConfig  # noqa: PLC0415

        prose = lm.ids(foldoc().text(texts * 400))
        prompts = torch.stack([prose[at * 60 : at * 60 + 40] for at in range(texts)])
        how: dict[str, Any] = {"do_sample": True, "temperature": 1.0, "top_k": 0, "top_p": 1.0, "eos_token_id": None}
        if arm == _GUMBEL:
            how["logits_processor"] = LogitsProcessorList([GumbelWatermark(key=bench.seed + 1).processor()])
        if arm == _GREEN:
            how["watermarking_config"] = WatermarkingConfig()
        with torch.random.fork_rng():
            torch.manual_seed(bench.seed)
            generate: Any = lm.model.generate
            mask = torch.ones_like(prompts)
            pad = lm.tokenizer.eos_token_id
            out = generate(prompts, attention_mask=mask, max_new_tokens=tokens, pad_token_id=pad, **how)
        written: list[list[int]] = out[:, prompts.shape[1] :].tolist()
        return written

    return bench.once(f"texts with {arm}", write)


def _p_value(bench: Bench, lm: LanguageModel, arm: str, ids: list[int]) -> float:
    if arm == _GUMBEL:
        return GumbelWatermark(key=bench.seed + 1).detect(ids).p_value
    import torch  # noqa: PLC0415 - beside its use
    from transformers import WatermarkDetector, WatermarkingConfig  # noqa: PLC0415

    device = str(lm.model.device)
    detector: Any = WatermarkDetector(lm.model.config, device, WatermarkingConfig(), ignore_repeated_ngrams=True)
    counts: Any = detector(torch.tensor([ids], device=lm.model.device), return_dict=True)
    return green_list_test(int(counts.num_green_tokens[0]), int(counts.num_tokens_scored[0])).p_value


def _perplexity(model: TransformersModel, lm: LanguageModel, texts: list[list[int]]) -> float:
    """Of the texts, each read by itself."""
    words = [str(lm.tokenizer.decode(ids)) for ids in texts]
    totals = model.log_likelihoods([word[:1] for word in words], [word[1:] for word in words])
    return exp(-sum(total for total, _ in totals) / sum(count for _, count in totals))


def _answers(lm: LanguageModel, facts: tuple[CountryFact, ...], samples: int, *, seed: int) -> list[dict[str, Any]]:
    """For each fact, whether the model is right, and what tells how sure it is."""
    model = TransformersModel(lm.model, lm.tokenizer, lm.name, batch=64)
    prompts = [fact.question for fact in facts]
    greedy = model.answer(prompts, tokens=12)
    greedy_logs = [total / count for total, count in model.log_likelihoods(prompts, [each or " " for each in greedy])]
    repeated = [prompt for prompt in prompts for _ in range(samples)]
    sampled = [text or " " for text in model.answer(repeated, tokens=12, temperature=1.0, seed=seed)]
    logs = [total / count for total, count in model.log_likelihoods(repeated, sampled)]
    rows = []
    for number, fact in enumerate(facts):
        part = slice(number * samples, (number + 1) * samples)
        by_meaning = semantic_entropy(sampled[part], logs[part], relate=same_names(fact.question))
        by_wording = semantic_entropy(sampled[part], logs[part])
        rows.append(
            {
                "right": fact.object.casefold() in greedy[number].casefold(),
                _MEANING: by_meaning.discrete,
                _COUNTS: float(len(set(by_meaning.meanings))),
                _WORDS: by_wording.discrete,
                _LIKELIHOOD: -greedy_logs[number],
            }
        )
    return rows
