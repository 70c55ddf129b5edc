"""The lottery hypothesis on small nets that were trained here, where what each has learnt is known.

Facts: a larger net has read them many times, by Zipf's law; a smaller one, for as many steps, reads half of its
questions behind their documents. There are more facts than the larger net learns in its steps, as PopQA has more than
the paper's 70B model knows: of 2,000 it knows 93 %, and retrieval has nothing to add. Products: one net, trained three
times for as long, writes the product, or partial products before it, or the call of a calculator. Nested look-ups,
shown beside the products: a net that knows most of a table takes one step, and the solver divides the question; another
net verifies, and what it doubts is tried once more.

Budget on two quiet cores: nets of 30,000 to 220,000 parameters, about two minutes of one core, kept in the cache.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from assay.methods.reasoning.lottery_llm import Decisions, Desk, Entry, RecursiveSolver, Schedule, calculate
from assay.testbed.bm25 import BM25
from assay.testbed.tasks.digit_products import Products
from assay.testbed.tasks.nested_lookups import NestedLookups
from assay.testbed.tasks.zipf_facts import ZipfFacts
from assay.trials import Bench, trial
from assay.trials.reasoning.lottery_llm._help import (
    LIMITS,
    by_group,
    closed_book,
    number_of,
    open_book,
    show_gain,
    with_calculator,
)
from assay.trials.reasoning.lottery_llm._nets import Net, Shape, train_net

LARGE, SMALL, FOUND = "larger net, closed book", "smaller net, closed book", "smaller net with what BM25 finds"
OWN = "smaller net with the right document"
TOOL, STEPS, DIRECT = "call of a calculator", "partial products", "at once"
DIVIDED, VERIFIED, EXACT = "divided", "divided, verified by another net", "divided, verified exactly"

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class _FactSize:
    facts: ZipfFacts
    large: Shape
    small: Shape
    questions: int


@dataclass(frozen=True)
class _SumSize:
    products: Shape
    questions: int
    lookups: NestedLookups
    direct: Shape
    step: Shape
    depths: tuple[int, ...]
    nested: int
    """Questions of each depth."""


@trial("2502.17535", claim="popqa-with-retrieval")
def facts_by_heart(bench: Bench) -> None:
    """Facts that a small net gets right by heart, and with what BM25 finds; a larger net by heart beside it."""
    size = bench.pick(
        quick=_FactSize(ZipfFacts(40), Shape(24, 1, 30, 32), Shape(24, 1, 30, 32), 30),
        cpu=_FactSize(ZipfFacts(8_000, parts=48), Shape(80, 3, 300, 256), Shape(32, 2, 300, 256), 1_000),
        cuda=_FactSize(
            ZipfFacts(200_000, parts=64), Shape(1_024, 12, 6_000, 2_048), Shape(256, 6, 6_000, 2_048), 5_000
        ),
    )
    bench.setting(
        "trained here",
        model=f"Llamas, {size.large.hidden} wide with {size.large.layers} layers and {size.small.hidden} wide with "
        f"{size.small.layers}",
        differs=f"{size.facts.count:,} made-up facts with their documents instead of PopQA and Wikipedia, names of "
        f"three words of which one in {round(1 / size.facts.misheard)} questions has a wrong one; no models of 8B and "
        "70B parameters",
    )
    rows: Rows = bench.once("facts", partial(ask_facts, size, bench.seed, str(bench.device)))
    right = {arm: [bool(row[arm]) for row in rows] for arm in (FOUND, SMALL, LARGE, OWN)}
    shares = {arm: by_group(each) for arm, each in right.items()}
    bench.claim(bench.compare("questions answered correctly", shares, candidate=FOUND, baseline=SMALL, unit="%",
                              better="higher"))  # fmt: skip
    show_gain(bench, "gain over the larger net by heart", right[FOUND], right[LARGE])
    tail = [at for at, row in enumerate(rows) if row["fact"] >= size.facts.count // 2]
    if len(tail) > 1:
        of = {arm: 100 * sum(each[at] for at in tail) / len(tail) for arm, each in right.items()}
        bench.score("questions answered correctly, the rarer half of the facts", of, candidate=FOUND, unit="%",
                    better="higher")  # fmt: skip
        show_gain(bench, "gain over the larger net by heart, the rarer half of the facts",
                  *([right[arm][at] for at in tail] for arm in (FOUND, LARGE)))  # fmt: skip
    hits = 100 * sum(row["hit"] for row in rows) / len(rows)
    bench.score("questions whose document is the one that BM25 finds", hits, unit="%", better="higher")
    known = 100 * sum(right[LARGE]) / len(rows)
    bench.score("by heart, for the larger net to be one to beat", known, unit="%", better="higher",
                at_least=bench.pick(quick=0.0, cpu=20.0), binds="measurement")  # fmt: skip


@trial("2502.17535", claim="gsm8k-program-aided")
def products(bench: Bench) -> None:
    """Products that a small net gets right by partial products, and by calling a calculator; nested look-ups beside."""
    size = bench.pick(
        quick=_SumSize(Shape(24, 1, 15, 32), 10, NestedLookups(4), Shape(24, 1, 20, 32), Shape(24, 1, 40, 32),
                       (2, 3), 8),
        cpu=_SumSize(Shape(64, 2, 300), 500, NestedLookups(), Shape(48, 2, 300), Shape(48, 2, 200),
                     (1, 2, 4, 5, 6), 200),
        cuda=_SumSize(Shape(256, 6, 5_000, 512), 2_000, NestedLookups(64), Shape(256, 6, 5_000, 512),
                      Shape(128, 2, 1_000, 512), (1, 2, 4, 6, 8), 1_000),
    )  # fmt: skip
    bench.setting(
        "trained here",
        model=f"Llama, {size.products.hidden} wide, {size.products.layers} layers",
        differs="products of two of three numbers of up to three digits instead of GSM8K; the net was taught each way "
        "of answering for as many steps, and it names a call instead of writing a program",
    )
    rows: Rows = bench.once("products", partial(ask_products, size, bench.seed, str(bench.device)))
    right = {arm: [bool(row[arm]) for row in rows] for arm in (TOOL, STEPS, DIRECT)}
    shares = {arm: by_group(each) for arm, each in right.items()}
    bench.claim(bench.compare("products that are right", shares, candidate=TOOL, baseline=STEPS, unit="%",
                              better="higher"))  # fmt: skip
    show_gain(bench, "gain by the calculator over partial products", right[TOOL], right[STEPS])
    called = 100 * sum(right[TOOL]) / len(rows)
    bench.score("calls that name the right numbers", called, unit="%", better="higher")
    _show_lookups(bench, size)


def _show_lookups(bench: Bench, size: _SumSize) -> None:
    """Nested look-ups at once and by division, by how deep they are nested."""
    found: dict[str, list[list[bool]]] = bench.once(
        "nested look-ups", partial(ask_lookups, size, bench.seed, str(bench.device))
    )
    lines = {arm: [100 * sum(each) / len(each) for each in found[arm]] for arm in (VERIFIED, DIVIDED, EXACT, DIRECT)}
    bench.curve("nested look-ups that are right, by depth", lines, candidate=VERIFIED, along="depth", at=size.depths,
                unit="%")  # fmt: skip
    show_gain(bench, "nested look-ups at the greatest depth: gain by division and verifying over at once",
              found[VERIFIED][-1], found[DIRECT][-1])  # fmt: skip
    show_gain(bench, "nested look-ups at the greatest depth: gain by verifying over division alone",
              found[VERIFIED][-1], found[DIVIDED][-1])  # fmt: skip
    (step,) = found["one step"]
    bench.score("look-ups of one step that are right", 100 * sum(step) / len(step), unit="%", better="higher")


def ask_facts(size: _FactSize, seed: int, device: str) -> Rows:
    """Whether each arm gives each fact's value, and whether BM25 finds its document."""
    facts = size.facts
    words, chance = facts.vocabulary, random.Random(f"facts {seed}")  # noqa: S311 - a draw, not a secret
    train = partial(train_net, words=words, new=1, seed=seed, device=device)
    large = train("facts by heart", draw=partial(facts.draw, documents=0.0), shape=size.large)
    small = train("facts and documents", draw=partial(facts.draw, documents=0.5), shape=size.small)
    asked = [int(facts.count ** chance.random()) - 1 for _ in range(size.questions)]
    questions = [facts.ask(at, chance) for at in asked]
    index = BM25([name for name, _ in facts.facts])
    best = [(index.rank(question) or [0])[0] for question in questions]
    prompt = lambda question, documents: " ".join([*documents, question])  # noqa: E731
    rows: Rows = [{"fact": at, "hit": at == found} for at, found in zip(asked, best, strict=True)]
    arms: dict[str, tuple[Net, Sequence[int] | None]] = {
        LARGE: (large, None), SMALL: (small, None), FOUND: (small, best), OWN: (small, asked)
    }  # fmt: skip
    for arm, (net, documents) in arms.items():
        pages = dict(zip(questions, (facts.documents[at] for at in documents or ()), strict=False))
        solver = RecursiveSolver(
            net,
            decisions=open_book(prompt) if pages else closed_book(prompt),
            retriever=partial(_page, pages) if pages else None,
            limits=LIMITS,
        )
        for row, at, solution in zip(rows, asked, solver.solve_all(questions), strict=True):
            row[arm] = solution.answer == facts.facts[at][1]
    return rows


def _page(pages: Mapping[str, str], question: str) -> list[str]:
    return [pages[question]]


def ask_products(size: _SumSize, seed: int, device: str) -> Rows:
    """Whether each way of answering gives each product."""
    task, chance = Products(), random.Random(f"products {seed}")  # noqa: S311
    train = partial(train_net, words=task.vocabulary, shape=size.products, seed=seed, device=device)
    nets = {
        how: train(f"products, {how}", draw=partial(task.draw, how=how), new=new)
        for how, new in (("direct", 7), ("steps", 22), ("call", 8))
    }
    drawn = [task.numbers(chance) for _ in range(size.questions)]
    arms = {
        TOOL: ("call", with_calculator(lambda question, _: f"{question} call", read_call)),
        STEPS: ("steps", closed_book(lambda question, _: f"{question} steps")),
        DIRECT: ("direct", closed_book(lambda question, _: f"{question} direct")),
    }
    rows: Rows = [{} for _ in drawn]
    for arm, (how, decisions) in arms.items():
        solver = RecursiveSolver(nets[how], decisions=decisions, tools=[calculate], limits=LIMITS)
        solutions = solver.solve_all([question for question, _, _ in drawn])
        for row, (_, one, other), solution in zip(rows, drawn, solutions, strict=True):
            digits = solution.answer if arm == TOOL else "".join(solution.answer.split()[-2 * task.digits :])
            row[arm] = number_of(digits) == str(one * other)
    return rows


def ask_lookups(size: _SumSize, seed: int, device: str) -> dict[str, list[list[bool]]]:
    """Whether each way of answering gives the place of each question, by depth."""
    task, chance = size.lookups, random.Random(f"look-ups {seed}")  # noqa: S311
    train = partial(train_net, words=task.vocabulary, new=1, device=device)
    deep = train("nested look-ups", draw=partial(task.draw, deepest=size.depths[-1]), shape=size.direct, seed=seed)
    one = partial(task.draw, deepest=1)
    step, other = (train("look-ups", draw=one, shape=size.step, seed=seed + 100 * more) for more in (0, 1))

    def agrees(question: str, answer: str) -> bool:
        return other.answer([f"{question} is"])[0] == answer

    places = {f"s{at}" for at in range(task.places)}

    def is_exact(question: str, answer: str) -> bool:
        # What a net draws at a temperature need not be a place.
        return places.issuperset(question.split()) and task.value(question.split()) == answer

    arms = {
        DIRECT: (deep, closed_book(lambda question, _: f"{question} is"), 0),
        DIVIDED: (step, divide(lambda _question, _answer: True), 0),
        VERIFIED: (step, divide(agrees), 1),
        EXACT: (step, divide(is_exact), 1),
    }
    questions = {depth: [task.question(depth, chance) for _ in range(size.nested)] for depth in size.depths}
    right: dict[str, list[list[bool]]] = {arm: [] for arm in arms}
    for arm, (net, decisions, retries) in arms.items():
        for asked in questions.values():
            solver = RecursiveSolver(net, decisions=decisions, retries=retries, trials=1 + retries,
                                     limits=LIMITS, seed=seed)  # fmt: skip
            solutions = solver.solve_all(asked)
            right[arm].append([is_exact(each.question, each.answer) for each in solutions])
    pairs = [f"s{a} s{b}" for a in range(task.places) for b in range(task.places)]
    said = step.answer([f"{pair} is" for pair in pairs])
    right["one step"] = [[is_exact(pair, answer) for pair, answer in zip(pairs, said, strict=True)]]
    return right


def divide(verify_step: Any) -> Decisions:
    """All places but the last are a sub-question; its answer and the last place are one step."""

    def step(question: str, desk: Desk, parts: Sequence[Entry]) -> str:
        left, _, last = question.rpartition(" ")
        return desk.ask(f"{parts[0].value if parts else left} {last} is")

    def verify(question: str, answer: str, desk: Desk) -> bool:
        *left, last = question.split()
        if len(left) == 1:
            return bool(verify_step(question, answer))
        below = [entry for entry in desk.memory if entry.key == " ".join(left)]
        return bool(verify_step(f"{below[-1].value} {last}", answer)) and below[-1].verdict.passed

    return Decisions(
        can_use_external=lambda _question, _desk: False,
        need_divide=lambda question, _: len(question.split()) > 2,
        schedule=lambda question, _: Schedule((question.rpartition(" ")[0],)),
        solve=step,
        aggregate=step,
        verify=verify,
    )


def read_call(text: str) -> str:
    """``0 1 2 * 0 3 4`` as ``12 * 34``; what is no call stays as it is, and is refused."""
    one, star, other = text.partition("*")
    digits = ["".join(part.split()) for part in (one, other)]
    return f"{int(digits[0])} * {int(digits[1])}" if star and all(map(str.isdigit, digits)) else text
