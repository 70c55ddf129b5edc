"""Tune the small encoder that reads what a figure is of, and see how well it does on abstracts that were left out.

    python benchmarks/encoder.py               tune it with four fifths of the papers, and score the last fifth
    python benchmarks/encoder.py --write       and write the weights that Assay reads; benchmarks/chooser.py comes next

It begins as the four lower layers of all-MiniLM-L6-v2, of whose word pieces those are kept that are frequent in
abstracts; their vectors stay as they are. Each result is a window of pieces with its figure marked, and for each field
the loss is that of a softmax over the candidates, of which any that is labelled as acceptable may be likely; kind,
direction and bound are told beside that. Seven passes over 14,000 results take fifty minutes
on two cores. Needs the extra ``run``.
"""

import argparse
import random
import re
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from corpus import CORPUS, ROOT, listed_by_arxiv
from lessons import LABELS, LAST, Labelled, read_labelled
from numpy.typing import NDArray
from packing import pack
from torch import Tensor, nn
from torch.nn import functional

from assay.claims.choosing.context import FIELDS
from assay.claims.choosing.encoder import ASPECTS, Encoder
from assay.claims.choosing.window import LONGEST, SORTS, Window, window
from assay.claims.encoders.transformer import Weights
from assay.claims.encoders.word_pieces import WordPieces
from assay.papers.files import write_whole
from assay.testbed.sentence_encoder import SentenceEncoder, load_sentence_encoder
from claims import accepted

WEIGHTS = ROOT / "src" / "assay" / "claims" / "choosing" / "encoder.npz"
LAYERS = 4
"""The lower ones; those above are made for whole sentences."""
SEED = 1
FREQUENT = 10_500
"""Word pieces that are kept; single letters and marks are kept beside them."""
_INNER = 192
_DROPPED = 0.06
"""Pieces that are hidden in training."""
_NEVER = -1e4
_LETTER = re.compile(r"[\x00-\u052F\u2000-\u2FFF]")
"""A letter of Latin, Greek or Cyrillic script, or a mark; of others there is too little to learn from."""
_ASPECTS = [len(meant) for meant in ASPECTS.values()]


class Lesson(NamedTuple):
    """A labelled result as the encoder sees it."""

    window: Window
    right: NDArray[np.bool_]
    """[candidates, fields]: whether each is acceptable."""
    best: NDArray[np.bool_]
    """The same where it is worded as labelled; what is learnt."""
    aspects: list[NDArray[np.bool_]]
    """Of each aspect: whether it may be meant so."""


def read_lesson(each: Labelled, pieces: WordPieces) -> Lesson:
    """The window of a labelled result."""
    aspects = [np.isin(meant, accepted(each.label, name)) for name, meant in ASPECTS.items()]
    return Lesson(window(each.context, each.figure, each.offered, pieces), each.right, each.best, aspects)


class Model(nn.Module):
    """The encoder with what tells fields and aspects from its states; `Encoder` reads it alike."""

    def __init__(self, start: SentenceEncoder, rows: Sequence[int]) -> None:
        super().__init__()
        bert: Any = start.model
        self.bert = bert
        width = bert.config.hidden_size
        bert.pooler = None
        bert.encoder.layer = bert.encoder.layer[:LAYERS]
        vectors, embed = bert.embeddings, nn.Embedding.from_pretrained
        vectors.word_embeddings = embed(vectors.word_embeddings.weight.data[list(rows)].clone())  # type: ignore[no-untyped-call]
        places = vectors.position_embeddings.weight.data[:LONGEST].clone()
        vectors.position_embeddings = embed(places, freeze=False)  # type: ignore[no-untyped-call]
        marks = vectors.token_type_embeddings.weight.data
        marks[1] = marks[0] + 0.02 * torch.randn(width)
        self.start, self.end, self.mean = (nn.Linear(width, _INNER) for _ in range(3))
        self.score = nn.Linear(_INNER, len(FIELDS))
        self.elsewhere = nn.Sequential(*_inner(2 * width), nn.Linear(_INNER, SORTS * len(FIELDS)))
        self.aspects = nn.Sequential(*_inner(2 * width), nn.Linear(_INNER, sum(_ASPECTS)))
        self.drop = nn.Dropout(0.1)

    def forward(self, windows: Sequence[Window], unknown: int) -> tuple[list[Tensor], Tensor]:
        """The scores of the candidates of each window, [candidates, fields], and those of all aspects."""
        numbers, marks, mask = _batch(windows)
        if self.training:
            is_dropped = (torch.rand(numbers.shape) < _DROPPED) & (marks == 0) & (mask == 1)
            is_dropped[:, 0] = False
            numbers = numbers.masked_fill(is_dropped, unknown)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            states = self.bert(input_ids=numbers, attention_mask=mask, token_type_ids=marks).last_hidden_state
        states = self.drop(states.float())
        sums = torch.cat([torch.zeros_like(states[:, :1]), states.cumsum(1)], 1)
        starts, ends = self.start(states), self.end(states)
        scores, figures = [], []
        for row, each in enumerate(windows):
            first, last = each.figure
            figure = torch.cat([states[row, first : last + 1].mean(0), states[row, 0]])
            own = self.elsewhere(figure).view(SORTS, len(FIELDS))[each.sorts]
            if each.places:
                at, low, high = torch.tensor(each.places).unbind(1)
                means = (sums[row, high + 1] - sums[row, low]) / (high + 1 - low).unsqueeze(1)
                phrases = functional.gelu(starts[row, low] + ends[row, high] + self.mean(means))
                index = at.unsqueeze(1).expand(-1, len(FIELDS))
                there = torch.full_like(own, _NEVER).scatter_reduce(0, index, self.score(self.drop(phrases)), "amax")
                own = torch.where(there > _NEVER, there, own)
            scores.append(own)
            figures.append(figure)
        return scores, self.aspects(torch.stack(figures))


def _inner(width: int) -> list[nn.Module]:
    return [nn.Linear(width, _INNER), nn.GELU(), nn.Dropout(0.1)]


def _batch(windows: Sequence[Window]) -> tuple[Tensor, Tensor, Tensor]:
    """Pieces, marks of the figures, and which pieces there are, [windows, pieces] each."""
    longest = max(len(each.numbers) for each in windows)
    numbers, marks, mask = (torch.zeros(len(windows), longest, dtype=torch.long) for _ in range(3))
    for row, each in enumerate(windows):
        numbers[row, : len(each.numbers)] = torch.tensor(each.numbers)
        marks[row, each.figure[0] : each.figure[1] + 1] = 1
        mask[row, : len(each.numbers)] = 1
    return numbers, marks, mask


def _loss(scores: Sequence[Tensor], aspects: Tensor, lessons: Sequence[Lesson]) -> Tensor:
    """How unlikely what is labelled is, in nats a result."""
    total = torch.zeros(())
    for of_fields, of_aspects, lesson in zip(scores, aspects, lessons, strict=True):
        best = torch.from_numpy(lesson.best)
        learns = best.any(0)
        likely = functional.log_softmax(of_fields, 0).masked_fill(~best, _NEVER).logsumexp(0)
        total = total - likely[learns].sum()
        for told, may_be in zip(of_aspects.split(_ASPECTS), lesson.aspects, strict=True):
            if may_be.any():
                total = total - functional.log_softmax(told, 0)[torch.from_numpy(may_be)].logsumexp(0)
    return total / len(lessons)


def learn(start: SentenceEncoder, rows: Sequence[int], lessons: Sequence[Lesson], passes: int, unknown: int) -> Model:
    """Tune the encoder: a rate that rises for a twentieth of the steps and falls to nothing from there on."""
    torch.manual_seed(SEED)
    shuffling = random.Random(SEED)
    model = Model(start, rows).train()
    layers = [value for name, value in model.named_parameters() if name.startswith("bert") and value.requires_grad]
    others = [value for name, value in model.named_parameters() if not name.startswith("bert")]
    rates = (1.5e-4, 1e-3)
    groups = [{"params": values, "lr": rate} for values, rate in zip((layers, others), rates, strict=True)]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    size, began = 16, time.monotonic()
    steps = passes * -(-len(lessons) // size)
    rate = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, 20 * (step + 1) / steps) * (1 - step / steps)
    )
    for number in range(passes):
        lost, told = 0.0, 0
        for batch in _batches(lessons, size, shuffling):
            scores, aspects = model([each.window for each in batch], unknown)
            loss = _loss(scores, aspects, batch)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_([*layers, *others], 1.0)
            optimizer.step()
            rate.step()
            lost, told = lost + loss.item() * len(batch), told + len(batch)
            if told // 1600 > (told - len(batch)) // 1600:
                print(
                    f"pass {number + 1}: {told} results, loss {lost / told:.2f}, {time.monotonic() - began:.0f} s",
                    flush=True,
                )
    return model.eval()


def _batches(lessons: Sequence[Lesson], size: int, shuffling: random.Random) -> list[list[Lesson]]:
    """Batches of results whose windows are about as long, in any order."""
    order = list(lessons)
    shuffling.shuffle(order)
    batches = []
    for low in range(0, len(order), 20 * size):
        alike = sorted(order[low : low + 20 * size], key=lambda each: len(each.window.numbers))
        batches += [alike[at : at + size] for at in range(0, len(alike), size)]
    shuffling.shuffle(batches)
    return batches


def choose_pieces(texts: Iterable[str], start: SentenceEncoder) -> list[str]:
    """The word pieces to keep: those frequent in texts, and single letters and marks, so that any word can be cut."""
    vocabulary = start.tokenizer.get_vocab()
    counts = Counter(each for text in texts for each in start.tokenizer.tokenize(text))
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    frequent = [piece for piece, _ in sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:FREQUENT]]
    single = [piece for piece in vocabulary if len(piece.removeprefix("##")) == 1 and _LETTER.match(piece[-1])]
    return list(dict.fromkeys([*special, *frequent, *sorted(single)]))


def pack_model(model: Model, pieces: Sequence[str]) -> bytes:
    """The weights as `Encoder` reads them."""
    heads: dict[str, Any] = {
        "candidate.start": model.start, "candidate.end": model.end, "candidate.mean": model.mean,
        "candidate.score": model.score, "elsewhere.up": model.elsewhere[0], "elsewhere.down": model.elsewhere[3],
        "aspects.up": model.aspects[0], "aspects.down": model.aspects[3],
    }  # fmt: skip
    return pack(pieces, model.bert, heads)


def main() -> None:
    """Tune, score, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path, nargs="*", default=LABELS)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--passes", type=int, default=7)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    start = load_sentence_encoder()
    kept = choose_pieces((" ".join((each["title"], each["summary"])) for each in listed_by_arxiv(every=6)), start)
    pieces = WordPieces(kept)
    labelled = [(each.part, read_lesson(each, pieces)) for each in read_labelled(options.corpus, options.labels)]
    learnt_from = [lesson for part, lesson in labelled if part != LAST]
    left_out = [lesson for part, lesson in labelled if part == LAST]
    print(f"{len(kept)} pieces; {len(learnt_from)} results to learn from, {len(left_out)} left out", flush=True)
    vocabulary = start.tokenizer.get_vocab()
    model = learn(start, [vocabulary[each] for each in kept], learnt_from, options.passes, pieces.unknown)
    data = pack_model(model, kept)
    if options.write:
        write_whole(WEIGHTS, data)
    heard = Encoder(Weights(data)).weigh([each.window for each in left_out])
    told = [(lesson, each) for lesson, each in zip(left_out, heard, strict=True) if each is not None]
    right = np.array(
        [[lesson.right[each.fields[:, at].argmax(), at] for at in range(len(FIELDS))] for lesson, each in told]
    )
    for at, name in enumerate(FIELDS):
        print(f"{name}: {right[:, at].mean():.3f}")
    print(f"all five fields: {right.all(1).mean():.3f}; {len(data):,} bytes")
    for at, name in enumerate(ASPECTS):
        print(f"{name}: {np.mean([lesson.aspects[at][each.aspects[name].argmax()] for lesson, each in told]):.3f}")


if __name__ == "__main__":
    main()
