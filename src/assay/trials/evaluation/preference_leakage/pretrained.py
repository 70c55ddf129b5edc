"""Preference leakage on a real model: generators, students and judges are copies of one model, tuned with adapters.

Two generators learn to explain words, one from a dictionary of computing, the other from Webster's of 1913. Each then
explains words that neither has met, and its student, the model with a new adapter, learns from these texts alone. Both
students explain the same held-out words, and both generators judge them. The model without an adapter is kin to no
student more than to the other.

A model of this size cannot say which of two answers is better: asked for a letter it chooses by position. So the
claim's figure is by likelihood: the answer wins that the judge finds likelier, token by token. Beside it stands the
letter's probability, averaged over both orders, as AlpacaEval weighs verdicts; and, for the claim on recognition, a
plain text classifier against the judges, asked which of two answers their own student wrote.

The score of all words has an interval that draws words; the claim's comparison has the scores of groups of words.

Budget on two quiet cores: six minutes. 72 steps of eight texts for the four adapters, 11,000 tokens sampled, 80,000
read.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from random import Random
from statistics import mean
from typing import Any

import torch

from assay.methods.evaluation import TransformersModel
from assay.methods.evaluation.preference_leakage import (
    Judge,
    Judgment,
    Leakage,
    compare_answers,
    compare_letters,
    compare_likelihoods,
    measure_leakage,
    tell_students_apart,
)
from assay.testbed.pretrained import LanguageModel
from assay.testbed.tasks.dictionary_words import Definition, dictionaries, question_about, two_halves, words_in_both
from assay.testbed.tasks.task import IGNORED
from assay.testbed.training import Batches, train
from assay.trials import Bench, trial

_PAPER = "2502.01534"
_AGREE = "judges that agree"
_UNRELATED = "untuned model"
_RATE = 3e-3
"""Of the adapters; what LoRA on this model was best with in other trials."""
_WHOSE = (
    "Two models explain a word. One of them was trained on your own explanations.\n\n{prompt}\n\nA: {first}\n\n"
    "B: {second}\n\nWhich one is it, A or B? Answer with the letter and nothing else."
)
_BETTER = (
    "Which explanation of the word is better?\n\n{prompt}\n\nA: {first}\n\nB: {second}\n\n"
    "Answer with the letter A or B and nothing else."
)


@dataclass(frozen=True)
class _Size:
    steps: tuple[int, int]
    """That a generator is taught, and that a student is."""
    batch: int
    tokens: int
    """Of an explanation, at most."""
    words: int
    """That students are compared on."""
    asked: int
    """Of them, those on which judges are asked for a letter."""
    groups: int


def _size(bench: Bench) -> _Size:
    return bench.pick(
        quick=_Size((1, 1), 4, 6, 12, 1, 1),
        cpu=_Size((20, 16), 8, 28, 64, 16, 4),
        cuda=_Size((100, 22), 32, 48, 80, 80, 10),
    )


@trial(_PAPER, claim="alpacaeval-leakage", pretrained=True)
def tuned_copies(bench: Bench) -> None:
    """The score of two generators that judge students taught with what they wrote."""
    size, figures = _run(bench)
    rows = _judgments(figures["likelihood"])
    generators, students = figures["generators"], figures["students"]
    words = sorted({row.prompt for row in rows})
    parts = [set(words[at :: size.groups]) for at in range(size.groups)]
    try:
        whole = _measure(rows, generators, students, bench.seed)
        groups = [
            _measure([row for row in rows if row.prompt in part], generators, students, bench.seed) for part in parts
        ]
        by_letter = _measure(_judgments(figures["letter"]), generators, students, bench.seed)
    except ValueError as error:
        bench.not_testable(f"students that both win now and then: {error}")
    arms = {"by likelihood": [each.score.value for each in groups], _AGREE: [0.0] * size.groups}
    name = f"preference leakage score, of groups of {size.words // size.groups} words"
    bench.claim(bench.compare(name, arms, candidate="by likelihood", baseline=_AGREE, unit="%", better="lower"))
    for leakage, how, count in ((whole, "by likelihood", size.words), (by_letter, "by letter", size.asked)):
        figures_of = {"score": leakage.score.value, "low": leakage.score.low, "high": leakage.score.high}
        name = f"score {how} on all of {count} words, with the 95 % interval over words"
        bench.score(name, figures_of, candidate="score", unit="%", better="lower")
        bench.score(f"p-value {how}", leakage.p_value, better="lower")
    wins = {judge: _wins(rows, judge) for judge in (*generators, _UNRELATED)}
    bench.score(f"wins of {students[0]}", wins, candidate=generators[0], unit="%", better="higher")
    # Generators that write alike have nothing that could leak.
    apart = figures["apart"]
    bench.score("students told apart by a text classifier", apart, unit="%", better="higher")


@trial(_PAPER, claim="student-classifier-accuracy", pretrained=True)
def recognition(bench: Bench) -> None:
    """Judges asked which of two answers their student wrote, against a plain text classifier."""
    _, figures = _run(bench)
    arms = {"text classifier": figures["apart"]} | {
        f"judge: {judge}": figures["recognised"][judge] for judge in figures["generators"]
    }
    best = max(figures["recognised"], key=lambda judge: figures["recognised"][judge])
    name = "accuracy of telling which of two students wrote an answer"
    bench.claim(
        bench.compare(name, arms, candidate="text classifier", baseline=f"judge: {best}", unit="%", better="higher")
    )


_RUNS: dict[str, dict[str, Any]] = {}
"""What was measured in this process, by the model and the size: the trials share a run."""


def _run(bench: Bench) -> tuple[_Size, dict[str, Any]]:
    size, lm = _size(bench), bench.pretrained
    try:
        # The dictionary that is read in a second does for a quick run.
        works = two_halves() if bench.quick else dictionaries()
    except ValueError as error:
        bench.not_testable(str(error))
    first, second = works
    bench.on_pretrained(
        f"two copies tuned on {size.steps[0] * size.batch} meanings of {first} and of {second} by adapters as "
        f"generators and judges, students on {size.steps[1] * size.batch} meanings that these wrote; {size.words} "
        "words instead of AlpacaEval's prompts; the likelier answer wins; instead of GPT-4o, Gemini-1.5 and Mistral-7B"
    )
    key = f"{lm.fingerprint} {size} {bench.seed}"
    if key not in _RUNS:
        _RUNS[key] = bench.once("judgments", partial(_measure_all, lm, works, size, bench.seed))
    return size, _RUNS[key]


def _measure_all(
    lm: LanguageModel, works: Mapping[str, Sequence[Definition]], size: _Size, seed: int
) -> dict[str, Any]:
    """Teach generators and students, and have the students' answers judged."""
    family = _Family(lm, size, seed)
    order = words_in_both(works)
    Random(seed).shuffle(order)  # noqa: S311 - an order, not a secret
    held_out, unmet = order[: size.words], order[size.words :]
    generators, students = tuple(works), tuple(f"student of {name}" for name in works)
    answers: dict[str, list[str]] = {}
    for generator, student in zip(generators, students, strict=True):
        met = [each for each in works[generator] if each.word not in set(order)]
        family.teach(generator, Random(seed).sample(met, size.steps[0] * size.batch), size.steps[0])  # noqa: S311
        words = unmet[: size.steps[1] * size.batch]
        written = map(Definition, words, family.explain(generator, words))
        family.teach(student, list(written), size.steps[1])
        answers[student] = family.explain(student, held_out)
    likelihood, letter, recognised = [], [], {}
    prompts, few = [question_about(word) for word in held_out], size.asked
    asked = {student: texts[:few] for student, texts in answers.items()}
    for judge in (*generators, _UNRELATED):
        likelier = _behind_a_space(compare_likelihoods(family.as_model(judge)))
        likelihood += compare_answers(likelier, prompts, answers, name=judge, swap=False)
        if judge in generators:
            model = family.as_model(judge, chat=True)
            letter += compare_answers(compare_letters(model, question=_BETTER), prompts[:few], asked, name=judge)
            whose = compare_answers(compare_letters(model, question=_WHOSE), prompts[:few], asked, name=judge)
            own = generators.index(judge)
            recognised[judge] = 100 * mean(row.wins[own] > row.wins[1 - own] for row in whose)
    return {
        "generators": generators,
        "students": students,
        "likelihood": list(map(_as_record, likelihood)),
        "letter": list(map(_as_record, letter)),
        "recognised": recognised,
        "apart": 100 * tell_students_apart(answers, folds=min(5, size.words), seed=seed).value,
    }


class _Family:
    """One model with an adapter for each generator and student; it is put back by nobody, for it is the trial's own."""

    def __init__(self, lm: LanguageModel, size: _Size, seed: int) -> None:
        from peft import LoraConfig, get_peft_model  # noqa: PLC0415

        self.lm, self.size, self.seed = lm, size, seed
        self.config = LoraConfig(r=8, lora_alpha=16, target_modules=["q_proj", "v_proj", "up_proj", "down_proj"])
        self.new = partial(get_peft_model, peft_config=self.config)
        self.models: dict[str, Any] = {}

    def teach(self, name: str, definitions: Sequence[Definition], steps: int) -> None:
        """Give the model an adapter of this name, taught with definitions."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            # The frozen weights are the model's own; only the adapter is new.
            model = self.new(deepcopy(self.lm.model, {id(each): each for each in self.lm.model.parameters()}))
        batches = _batches(self.lm, definitions, self.size)
        train(model, batches, steps=steps, lr=_RATE, weight_decay=0.0, seed=self.seed, what=f"teaching {name}")
        self.models[name] = model.eval()

    def as_model(self, name: str, *, chat: bool = False) -> TransformersModel:
        """A generator or a student; without an adapter under any other name."""
        return TransformersModel(self.models.get(name, self.lm.model), self.lm.tokenizer, name, chat=chat, batch=32)

    def explain(self, name: str, words: Sequence[str]) -> list[str]:
        """What it writes on the meaning of each word: a line that is not empty."""
        prompts = [question_about(word) for word in words]
        texts = self.as_model(name).answer(prompts, tokens=self.size.tokens, temperature=0.7, seed=self.seed)
        return [text.strip().partition("\n")[0].strip() or "-" for text in texts]


def _batches(lm: LanguageModel, definitions: Sequence[Definition], size: _Size) -> Batches:
    """So many definitions a step, in order; only the meaning is labelled, with the end behind it."""
    end = lm.tokenizer.eos_token or "\n"

    def of_step(step: int) -> dict[str, torch.Tensor]:
        part = definitions[step * size.batch : (step + 1) * size.batch]
        questions = [lm.ids(question_about(each.word)).tolist() for each in part]
        meanings = [lm.ids(f" {each.meaning}{end}").tolist()[: size.tokens + 8] for each in part]
        longest = max(len(q) + len(m) for q, m in zip(questions, meanings, strict=True))
        rows = {"input_ids": [], "labels": [], "attention_mask": []}  # type: dict[str, list[list[int]]]
        for question, meaning in zip(questions, meanings, strict=True):
            padding = longest - len(question) - len(meaning)
            rows["input_ids"].append(question + meaning + [0] * padding)
            rows["labels"].append([IGNORED] * len(question) + meaning + [IGNORED] * padding)
            rows["attention_mask"].append([1] * (longest - padding) + [0] * padding)
        return {name: torch.tensor(each) for name, each in rows.items()}

    return of_step


def _behind_a_space(judge: Judge) -> Judge:
    """The judge, shown answers with the space that stands before them."""
    return lambda pairs: judge([pair._replace(first=f" {pair.first}", second=f" {pair.second}") for pair in pairs])


def _measure(rows: list[Judgment], judges: Sequence[str], students: Sequence[str], seed: int) -> Leakage:
    return measure_leakage(rows, (judges[0], judges[1]), (students[0], students[1]), seed=seed)


def _wins(rows: Sequence[Judgment], judge: str) -> float:
    """Per cent of the words on which a judge lets the first student win."""
    return 100 * mean(row.wins[0] for row in rows if row.judge == judge)


def _as_record(row: Judgment) -> list[Any]:
    return [row.prompt, row.judge, list(row.students), list(row.wins)]


def _judgments(records: Sequence[Any]) -> list[Judgment]:
    return [
        Judgment(prompt, judge, (students[0], students[1]), (wins[0], wins[1]))
        for prompt, judge, students, wins in records
    ]
