"""Teaches a model in the two stages of DeepRAG, and has questions answered by it and by the same model under rivals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from statistics import mean
from typing import Any

from assay.methods._models import TransformersModel
from assay.methods.retrieval.deeprag import (
    BinaryTreeSearch,
    DeepRAG,
    Draft,
    Line,
    Path,
    Search,
    Wording,
    Writer,
    build_pairs,
    build_sft,
    same_words,
    writer_of,
)
from assay.testbed.pretrained import LanguageModel
from assay.trials.retrieval.deeprag._facts import Capital, capitals, searches, worked_examples
from assay.trials.retrieval.deeprag._training import calibrate, imitate

OURS, FIRST, SHOWN = "DeepRAG", "DeepRAG, first stage alone", "not trained, four worked examples"
NEVER, ALWAYS, SURE, COIN = "no search", "a search for everything", "confidence threshold", "a coin, as often"
RIVALS = (NEVER, ALWAYS, SURE, COIN)
PERFECT = {OURS: "DeepRAG, perfect search", ALWAYS: "a perfect search for everything"}
_THRESHOLDS = (0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.99)
_COINS = 8
_TOKENS = 16
_PLAIN = Wording(instruction="")

Row = dict[str, Any]
"""A question as an arm answered it: the country, whether the answer is right, and whether it was searched for."""


@dataclass(frozen=True)
class Size:
    """How much is learnt, and asked."""

    learnt: int
    """Real countries to learn from, and as many made-up ones."""
    asked: int
    """Other real countries, of which those count whose capital the model knows before it is taught."""
    tested: int
    """Of these at most, and as many made-up ones."""
    steps: tuple[int, int]
    """Of each stage."""
    batch: int
    groups: int
    wrong: float = 0.3
    """Share of the queries for which the search finds something else."""
    rates: tuple[float, float] = (3e-3, 1e-3)
    """Of each stage; the first is what adapters on this model were best with in other trials."""


def measure(lm: LanguageModel, size: Size, seed: int) -> tuple[dict[str, list[Row]], int]:
    """What came of each question, by arm; and of how many pairs decisions were learnt.

    Raises:
        ValueError: The model knows too little, or goes no right path that it could learn from.
    """
    learnt, others = capitals(size.learnt, "training"), capitals(size.asked, "test")
    shown = [learnt[0], learnt[-1], learnt[1], learnt[-2]]
    examples = Wording(instruction=worked_examples(shown))
    random = Random(seed)  # noqa: S311 - an order, not a secret
    random.shuffle(learnt)
    base = _writer(lm, lm.model)
    known = [fact for fact in _known(base, others, examples) if fact.real][: size.tested]
    if len(known) < min(size.groups, size.tested):
        raise ValueError(f"capitals that the model knows: it knows {len(known)} of {size.asked}")
    asked = known + [fact for fact in others if not fact.real][: len(known)]
    random.shuffle(asked)
    make = searches([*learnt, *others])
    search, perfect = make(size.wrong, seed=seed), make(0.0, seed=seed)
    teach: dict[str, Any] = {"batch": size.batch, "seed": seed}

    rows = {SHOWN: _answer(base, search, asked, "model", examples)}
    paths = _right_paths(base, search, learnt, examples, led=True)
    if not paths:
        raise ValueError("right paths to learn from: the model finds none")
    records = build_sft(paths, lm.tokenizer, wording=_PLAIN, chat=False)
    model = imitate(lm, records, steps=size.steps[0], rate=size.rates[0], **teach)

    first = _writer(lm, model)
    rows[FIRST] = _answer(first, search, asked, "model")
    paths = _right_paths(first, search, learnt, _PLAIN, led=False)
    pairs = build_pairs(paths, lm.tokenizer, wording=_PLAIN, chat=False, balance=True, seed=seed)
    random.shuffle(pairs)
    if pairs:
        model = calibrate(lm, model, pairs, steps=size.steps[1], rate=size.rates[1], **teach)
    second = Remembering(_writer(lm, model))
    rows |= by_rivals(second, search, asked, size.groups, seed)
    for arm, decide in ((OURS, "model"), (ALWAYS, "always")):
        rows[PERFECT[arm]] = _answer(second, perfect, asked, decide)
    return rows, len(pairs)


def by_rivals(writer: Writer, search: Search, asked: Sequence[Capital], groups: int, seed: int) -> dict[str, list[Row]]:
    """What came of each question where the model decides, and where others do."""
    ours = _answer(writer, search, asked, "model")
    often = mean(row["searches"] for row in ours)
    unsure = [_answer(writer, search, asked, partial(_is_unsure, threshold)) for threshold in _THRESHOLDS]
    coins = [_answer(writer, search, asked, partial(_falls, often, f"{seed} {coin}")) for coin in range(_COINS)]
    return {
        OURS: ours,
        NEVER: _answer(writer, search, asked, "never"),
        ALWAYS: _answer(writer, search, asked, "always"),
        SURE: _chosen_on_others(unsure, groups),
        COIN: [_average(rows) for rows in zip(*coins, strict=True)],
    }


def share_right(rows: Sequence[Row]) -> float:
    """Per cent of the questions that are answered right."""
    return 100 * float(mean(row["right"] for row in rows))


class Remembering:
    """A writer that writes the line behind a text once, since arms share most of what they ask."""

    def __init__(self, writer: Writer) -> None:
        self.writer, self.marks, self.begin = writer, writer.marks, writer.begin
        self.lines: dict[str, Line] = {}

    def write(self, texts: Sequence[str], tokens: int) -> list[Line]:
        """See `Writer.write`."""
        if new := [text for text in dict.fromkeys(texts) if text not in self.lines]:
            self.lines |= zip(new, self.writer.write(new, tokens), strict=True)
        return [self.lines[text] for text in texts]


def _writer(lm: LanguageModel, model: Any) -> Writer:
    return writer_of(TransformersModel(model, lm.tokenizer, lm.name, chat=False, batch=32))


def _known(writer: Writer, facts: Sequence[Capital], examples: Wording) -> list[Capital]:
    """Those whose capital the model says from memory behind worked examples."""
    texts = [
        writer.begin(examples.prompt(fact.question)) + examples.asked(fact.question) + examples.recall for fact in facts
    ]
    lines = writer.write(texts, _TOKENS)
    return [fact for fact, line in zip(facts, lines, strict=True) if same_words(line.text, [fact.city])]


def _right_paths(
    writer: Writer, search: Search, facts: Sequence[Capital], wording: Wording, *, led: bool
) -> list[Path]:
    """Those with the fewest searches; sub-questions are a programme's where the model is led."""
    tree = BinaryTreeSearch(
        writer,
        search,
        wording,
        decompose=(lambda question, _: question) if led else None,
        is_right=same_words,
        top=1,
        most_steps=1,
        tokens=_TOKENS,
    )
    return [grown.path for grown in tree.run([fact.example for fact in facts]) if grown.path]


def _answer(
    writer: Writer, search: Search, facts: Sequence[Capital], decide: Any, wording: Wording = _PLAIN
) -> list[Row]:
    rag = DeepRAG(writer, search, wording, decide, top=1, most_steps=1, tokens=_TOKENS)
    return list(map(_as_row, facts, rag.answer_all([fact.question for fact in facts])))


def _as_row(fact: Capital, path: Path) -> Row:
    return {
        "country": fact.country,
        "real": fact.real,
        "right": float(same_words(path.answer, [fact.city])),
        "searches": path.searches,
        "odd": len(path.odd),
    }


def _is_unsure(threshold: float, draft: Draft) -> bool:
    return draft.line.confidence < threshold


def _falls(often: float, coin: str, draft: Draft) -> bool:
    return Random(f"{coin} {draft.question} {draft.sub_question}").random() < often  # noqa: S311 - a draw, not a secret


def _chosen_on_others(by_threshold: Sequence[list[Row]], groups: int) -> list[Row]:
    """Each question by the threshold that is best on the other groups: most right, of equals the fewest searches."""
    places = range(len(by_threshold[0]))

    def choose(group: int) -> list[Row]:
        others = [place for place in places if groups == 1 or place % groups != group]

        def worth(rows: list[Row]) -> tuple[float, float]:
            return sum(rows[each]["right"] for each in others), -sum(rows[each]["searches"] for each in others)

        return max(by_threshold, key=worth)

    best = [choose(group) for group in range(groups)]
    return [best[place % groups][place] for place in places]


def _average(rows: Sequence[Row]) -> Row:
    """A question over several draws."""
    means: Mapping[str, float] = {name: mean(row[name] for row in rows) for name in ("right", "searches", "odd")}
    return {**rows[0], **means}
