"""APE on a real model: questions for a number in one of eight notes, and the time to the first token.

**Task.** Eight entries of FOLDOC, some 75 tokens each, every one with a catalogue number, and a question for one of the
numbers (`assay.testbed.tasks.numbered_notes`): the right note must be found, and its number copied.
SmolLM2-135M-Instruct that reads the notes in sequence gets 67 to 75 % right, with four notes or with ten; without any
note, none. Beside it stand fewer notes, and notes whose numbers are of eight kinds, of which it gets nine in ten right.

**Arms.** Reading in sequence, the model's own, is what people do. Plain parallel encoding is what the paper repairs:
each note behind a BOS token of its own. Between it and APE stands parallel encoding behind a shared prefix, T = S = 1,
which tells what of a gain is the prefix's. APE has the README's 0.9 and 0.9, or the temperature and scale with which
the answers to questions on other notes are likeliest. All arms read the same tokens, and answers begin alike.

**Budget.** On two quiet cores about 8 s for a set of eight notes with its eight questions in all arms: 18 sets in nine
splits, three for tuning in 16 settings, and the fewer and easier notes; some five minutes, once for the two claims on
quality. The time to the first token takes half a minute.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any, cast

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import DynamicCache

from assay.methods.attention.ape import APE, NEUTRAL, KVStates, encode_contexts, encode_prefix, join
from assay.testbed.pretrained import LanguageModel
from assay.testbed.prose import foldoc
from assay.testbed.tasks.numbered_notes import REQUEST, NoteQuestion, Notes, numbered_notes
from assay.trials import Bench, trial
from assay.trials.attention.ape import (
    _GRID,
    _IN_REVERSE,
    _OURS,
    AS_PUBLISHED,
    PLAIN,
    SEQUENTIAL,
    SHARED_PREFIX,
    WITHOUT,
    _copied,
    _largest,
    _last,
)

_PAPER = "2502.05431"
_ARMS = (SEQUENTIAL, PLAIN, SHARED_PREFIX, AS_PUBLISHED, _OURS, WITHOUT)
_LEARNT = 25.0
"""Per cent right without which the model cannot do the task: twice what any number in eight notes gives."""
_AT_ONCE = 8
"""Questions asked in one batch, each with the states of all notes."""


@dataclass(frozen=True)
class _Size:
    """How much is prompts."""

    splits: int
    sets: int
    """In each split."""
    tuning: int
    """Sets that APE is tuned on."""
    grid: Sequence[APE]
    documents: int = 8
    characters: int = 300
    others: tuple[tuple[int, int], ...] = ()
    """Other numbers of documents, and of sets with so many."""
    unlike: int = 1
    """Sets in which each number is of another kind."""

    @property
    def questions(self) -> int:
        return self.splits * self.sets * self.documents


def _size(bench: Bench) -> _Size:
    return bench.pick(
        quick=_Size(2, 1, 1, _GRID[::8], documents=2, characters=120),
        cpu=_Size(9, 2, 3, _GRID, others=((2, 16), (4, 6)), unlike=3),
        cuda=_Size(9, 12, 16, _GRID, others=((1, 96), (2, 96), (4, 48), (16, 12), (32, 6)), unlike=24),
    )


@trial(_PAPER, claim="rag-quality-kept", pretrained=True)
def quality_kept_on_notes(bench: Bench) -> None:
    """Answers to questions on several notes: APE against reading them in sequence."""
    _compare(bench, SEQUENTIAL)


@trial(_PAPER, claim="rag-gain-over-parallel", pretrained=True)
def gain_over_parallel_on_notes(bench: Bench) -> None:
    """Answers to questions on several notes: APE against plain parallel encoding without its three repairs."""
    _compare(bench, PLAIN)


@trial(_PAPER, claim="prefill-speedup", pretrained=True)
def prefill_of_notes(bench: Bench) -> None:
    """Time to the first token with cached notes, against reading the whole prompt in sequence."""
    documents, characters = bench.pick(quick=(2, 150), cpu=(12, 300), cuda=(100, 300))
    (notes,) = numbered_notes(foldoc(), documents=documents, characters=characters, count=1, seed=bench.seed)
    _race(bench, bench.pretrained, notes)


@torch.inference_mode()
def _race(bench: Bench, lm: LanguageModel, notes: Notes) -> None:
    question, before = _question(lm, notes.questions[0])[None], _before(lm)
    texts = [lm.ids(document) for document in notes.documents]
    prompt = torch.cat([before, *texts, question[0]])[None]
    bench.on_pretrained(f"{len(prompt[0]):,} tokens of prompt, {len(texts)} notes, instead of 128K tokens")
    prefix = encode_prefix(lm.model, before.tolist(), model_id=lm.fingerprint)
    ids = [text.tolist() for text in texts]
    contexts = encode_contexts(lm.model, prefix, ids)
    stored: Any = DynamicCache(config=lm.model.config)
    lm.model(input_ids=prompt[:, : -question.shape[1]], past_key_values=stored, logits_to_keep=1)

    def parallel(states: Sequence[KVStates]) -> Tensor:
        with APE()(lm.model):
            return _last(lm.model(**join(prefix, [states]).inputs(question), logits_to_keep=1))

    def behind() -> Tensor:
        return _last(lm.model(input_ids=question, past_key_values=_copied(stored), logits_to_keep=1))

    arms = {
        SEQUENTIAL: lambda: _last(lm.model(input_ids=prompt, logits_to_keep=1)),
        _OURS: lambda: parallel(contexts),
        "sequential, same documents cached in this order": behind,
        "APE, nothing cached": lambda: parallel(encode_contexts(lm.model, prefix, ids)),
    }
    bench.claim(bench.time("time to the first token", arms, candidate=_OURS, baseline=SEQUENTIAL))
    bench.score(_IN_REVERSE, _largest(parallel(contexts), parallel(contexts[::-1])), better="lower", at_most=0.0)


def _compare(bench: Bench, baseline: str) -> None:
    size = _size(bench)
    lm = bench.on_pretrained(
        f"{size.questions} questions for a number in one of {size.documents} notes of {foldoc().name}, of up to "
        f"{size.characters} characters, instead of LongBench and ChatRAG-Bench on models of 8B"
    )
    figures = bench.once("answers in every arm", lambda: _measured(bench, lm, size))
    accuracies = figures["accuracy"]
    bench.score(
        "accuracy of the model itself, in sequence", accuracies[SEQUENTIAL],
        unit="%", better="higher", at_least=_LEARNT, binds="measurement",
    )  # fmt: skip
    losses = {arm: fmean(each) for arm, each in figures["loss"].items()}
    bench.score("negative log-likelihood of the answer", losses, candidate=_OURS, unit="nats", better="lower")
    name = "accuracy where each note has a number of another kind"
    bench.score(name, figures["unlike"], candidate=_OURS, unit="%", better="higher")
    for name in ("temperature", "scale"):
        bench.score(f"{name}, tuned apart", figures[name], better="lower")
    if len(figures["along"]) > 1:
        curve = figures["by notes"]
        bench.curve("accuracy by number of notes", curve, candidate=_OURS, along="notes", at=figures["along"], unit="%")
    bench.claim(bench.compare("accuracy", accuracies, candidate=_OURS, baseline=baseline, unit="%", better="higher"))


_MEASURED: dict[object, dict[str, Any]] = {}
"""What this process has measured: two claims are made of the same answers."""


def _measured(bench: Bench, lm: LanguageModel, size: _Size) -> dict[str, Any]:
    key = (lm.fingerprint, lm.dtype, bench.device, bench.seed, repr(size))
    if key not in _MEASURED:
        _MEASURED[key] = _measure(bench, lm, size)
    return _MEASURED[key]


@torch.inference_mode()
def _measure(bench: Bench, lm: LanguageModel, size: _Size) -> dict[str, Any]:
    """``accuracy`` in per cent and ``loss`` in nats by arm and split, the tuned setting, and accuracy along notes."""

    def draw(documents: int, count: int, *, alike: bool = True) -> list[Notes]:
        length = size.characters
        return numbered_notes(
            foldoc(), documents=documents, characters=length, count=count, alike=alike, seed=bench.seed
        )

    drawn = draw(size.documents, size.tuning + size.splits * size.sets)
    best = _tune(lm, bench.progress(drawn[: size.tuning], "tuning"), size.grid)
    marks = [_ask(lm, notes, best) for notes in bench.progress(drawn[size.tuning :], "questions")]
    splits = [_merged(marks[first : first + size.sets]) for first in range(0, len(marks), size.sets)]
    along = {size.documents: _merged(marks)}
    for documents, count in bench.progress(size.others, "other numbers of notes"):
        along[documents] = _merged([_ask(lm, notes, best) for notes in draw(documents, count)])
    unlike = draw(size.documents, size.unlike, alike=False)
    easier = _merged([_ask(lm, notes, best) for notes in bench.progress(unlike, "numbers of other kinds")])
    points = sorted(along)
    return {
        "accuracy": {arm: [_accuracy(split[arm]) for split in splits] for arm in _ARMS},
        "loss": {arm: [fmean(loss for _, loss in split[arm]) for split in splits] for arm in _ARMS},
        "unlike": {arm: _accuracy(each) for arm, each in easier.items()},
        "temperature": best.temperature,
        "scale": best.scale,
        "along": points,
        "by notes": {arm: [_accuracy(along[point][arm]) for point in points] for arm in _ARMS},
    }


_Mark = tuple[bool, float]
"""Whether the likeliest tokens are the answer, and the negative log-likelihood of that in nats."""


def _merged(sets: Sequence[dict[str, list[_Mark]]]) -> dict[str, list[_Mark]]:
    return {arm: [mark for each in sets for mark in each[arm]] for arm in _ARMS}


def _accuracy(marks: Sequence[_Mark]) -> float:
    return 100.0 * fmean(right for right, _ in marks)


def _tune(lm: LanguageModel, sets: Iterable[Notes], grid: Sequence[APE]) -> APE:
    """The setting in which right answers are likeliest; of several that are, the mildest."""
    losses: dict[APE, list[float]] = {ape: [] for ape in grid}
    for notes in sets:
        prompts = _Prompts(lm, notes)
        for ape, marks in zip(grid, prompts.in_parallel(*prompts.encode(prompts.before), grid), strict=True):
            losses[ape] += [loss for _, loss in marks]
    return min(grid, key=lambda ape: (fmean(losses[ape]), 1.0 - ape.scale * ape.temperature))


def _ask(lm: LanguageModel, notes: Notes, best: APE) -> dict[str, list[_Mark]]:
    """The marks of each question in each arm."""
    prompts = _Prompts(lm, notes)
    prefix, contexts = prompts.encode(prompts.before)
    shared, published, tuned = prompts.in_parallel(prefix, contexts, [NEUTRAL, APE(), best])
    (plain,) = prompts.in_parallel(prefix, prompts.encode_alone(prefix), [NEUTRAL])
    return {
        SEQUENTIAL: prompts.in_sequence(torch.cat([prompts.before, *prompts.documents])),
        PLAIN: plain,
        SHARED_PREFIX: shared,
        AS_PUBLISHED: published,
        _OURS: tuned,
        WITHOUT: prompts.in_sequence(prompts.before),
    }


class _Prompts:
    """A set of notes and its questions, as tokens."""

    def __init__(self, lm: LanguageModel, notes: Notes) -> None:
        self.lm, self.model = lm, cast("Any", lm.model)
        self.before = _before(lm)
        self.documents = [lm.ids(document) for document in notes.documents]
        questions = [_question(lm, question) for question in notes.questions]
        answers = [lm.ids(f" {question.number}") for question in notes.questions]
        pairs = list(zip(questions, answers, strict=True))
        self.batches = [pairs[first : first + _AT_ONCE] for first in range(0, len(pairs), _AT_ONCE)]

    def encode(self, start: Tensor) -> tuple[KVStates, list[KVStates]]:
        """The states of what stands before the notes, and of each note behind that alone."""
        prefix = encode_prefix(self.model, start.tolist(), model_id=self.lm.fingerprint)
        return prefix, encode_contexts(self.model, prefix, [each.tolist() for each in self.documents])

    def encode_alone(self, prefix: KVStates) -> list[KVStates]:
        """The states of each note behind a BOS token of its own, which stays with it; it does not see the prefix."""
        first = self.lm.tokenizer.bos_token_id
        start, contexts = self.encode(self.before[:1] if first is None else torch.tensor([first]))
        return [
            replace(
                context,
                start=0,
                behind=prefix.digest,
                keys=torch.cat([start.keys, context.keys], dim=2),
                values=torch.cat([start.values, context.values], dim=2),
            )
            for context in contexts
        ]

    def in_sequence(self, before: Tensor) -> list[_Mark]:
        """Answers of the model itself, which reads `before` once and then each question."""
        read: Any = DynamicCache(config=self.model.config)
        self.model(input_ids=before[None], past_key_values=read, logits_to_keep=1)
        marks = []
        for batch in self.batches:
            ids, mask = _padded(batch)
            cache = _copied(read)
            cache.batch_repeat_interleave(len(batch))
            inputs = {
                "input_ids": ids,
                "attention_mask": torch.cat([mask.new_ones(len(batch), len(before)), mask], dim=1),
                "position_ids": len(before) + (mask.cumsum(1) - 1).clamp(min=0),
                "past_key_values": cache,
            }
            marks += self._marks(batch, inputs)
        return marks

    def in_parallel(self, prefix: KVStates, contexts: Sequence[KVStates], settings: Sequence[APE]) -> list[list[_Mark]]:
        """Answers from notes that were encoded apart, in each setting of APE."""
        marks: list[list[_Mark]] = [[] for _ in settings]
        for batch in self.batches:
            cache = join(prefix, [contexts] * len(batch))
            for ape, own in zip(settings, marks, strict=True):
                with ape(self.model):
                    own.extend(self._marks(batch, cache.inputs(*_padded(batch))))
                cache.rewind()
        return marks

    def _marks(self, batch: Sequence[tuple[Tensor, Tensor]], inputs: dict[str, Any]) -> list[_Mark]:
        logits = self.model(**inputs, logits_to_keep=1 + max(len(answer) for _, answer in batch)).logits
        marks = []
        for row, (_, answer) in zip(logits, batch, strict=True):
            own = row[-1 - len(answer) : -1].float()
            right = bool((own.argmax(-1) == answer).all())
            marks.append((right, float(cross_entropy(own, answer, reduction="sum"))))
        return marks


def _padded(batch: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """Questions with their answers, padded on the left, and a mask that is 0 there: twice (batch, tokens)."""
    rows = [torch.cat(pair) for pair in batch]
    width = max(map(len, rows))
    ids, mask = (torch.zeros(len(rows), width, dtype=torch.long, device=rows[0].device) for _ in range(2))
    for place, row in enumerate(rows):
        ids[place, width - len(row) :] = row
        mask[place, width - len(row) :] = 1
    return ids, mask


def _before(lm: LanguageModel) -> Tensor:
    """What stands before the notes: the head of a chat, and the request."""
    return lm.ids(_around(lm, "")[0])


def _question(lm: LanguageModel, question: NoteQuestion) -> Tensor:
    """What stands behind the notes, up to the number: the question, and how its answer begins."""
    return lm.ids(_around(lm, question.text)[1] + question.begun)


_NOTES = "[notes]"


def _around(lm: LanguageModel, question: str) -> tuple[str, str]:
    """A prompt without its notes: the text before them and behind them."""
    words = str(lm.tokenizer.decode(lm.prompt(f"{REQUEST}\n\n{_NOTES}{question}")))
    before, _, behind = words.partition(_NOTES)
    return before, behind
