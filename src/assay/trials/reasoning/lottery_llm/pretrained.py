"""The lottery hypothesis on a pretrained model: facts with and without a document, sums with and without a calculator.

Facts are capitals and currencies; the library has a document on each country among entries of a dictionary, and BM25
finds one. Word problems have numbers of one digit to three; behind examples the model names the expression, or thinks,
or answers at once. Beside the facts stands the ability report: what the model can still do after compression without
data, and its perplexity. SmolLM2's weights are de-quantised 4-bit ones, so that rounding them again is no measure of
how well a model in full precision takes it.

Budget on two quiet cores: over seven arms, abilities read 100,000 tokens and prose 25,000 (six minutes of one core);
facts read 22,000 tokens and write 5,000, problems read 33,000 and write 3,500 (not quite two minutes of one core each).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import process_time
from typing import Any

from assay.methods._models import TransformersModel
from assay.methods.reasoning.lottery_llm import RecursiveSolver, Solution, calculate
from assay.testbed.bm25 import BM25
from assay.testbed.pretrained import LanguageModel
from assay.testbed.tasks.country_documents import Library, country_library
from assay.testbed.tasks.country_facts import CountryFact, country_facts
from assay.testbed.tasks.word_problems import WordProblem, draw_word_problems
from assay.trials import Bench, trial
from assay.trials.reasoning.lottery_llm import _abilities
from assay.trials.reasoning.lottery_llm._help import (
    LIMITS,
    by_group,
    closed_book,
    number_of,
    open_book,
    show_gain,
    with_calculator,
)

CLOSED, FOUND = "closed book", "with what BM25 finds"
OWN, OTHER = "with its country's document", "with another country's document"
TOOL, CHAIN, AT_ONCE = "expression and calculator", "chain of thought", "at once"
EXAMPLES = (
    WordProblem("A hall has 12 rows with 31 chairs each. How many chairs are there?", "12 * 31", "372",
                "We need 12 times 31.", 2),
    WordProblem("Eva had 230 stamps and bought 45 more. How many stamps does Eva have now?", "230 + 45", "275",
                "We need 230 plus 45.", 3),
    WordProblem("A shelf had 9 jars and 4 of them broke. How many jars are left?", "9 - 4", "5",
                "We need 9 minus 4.", 1),
    WordProblem("Tom runs 8 laps a day for 7 days. How many laps is that?", "8 * 7", "56",
                "We need 8 times 7.", 1),
)  # fmt: skip

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class _Size:
    facts: int
    """Of each relation."""
    others: int
    """Entries of a dictionary in the library."""
    tokens: int
    """Of an answer, at most."""
    abilities: _abilities.Size


@dataclass(frozen=True, eq=False)
class Line:
    """A model that writes up to the end of a line."""

    writer: TransformersModel
    name: str = "the model"

    @property
    def tokenizer(self) -> Any:
        """The model's."""
        return self.writer.tokenizer

    def answer(self, prompts: Sequence[str], **how: Any) -> list[str]:
        """See `assay.methods._models.Model.answer`."""
        how.pop("images", None)
        texts = self.writer.answer(prompts, stop_strings=["\n"], tokenizer=self.tokenizer, **how)
        return [text.strip().partition("\n")[0] for text in texts]


@trial("2502.17535", claim="popqa-with-retrieval", pretrained=True)
def facts_about_countries(bench: Bench) -> None:
    """Facts that a real model gets right by itself, and with what BM25 finds in a library."""
    size = bench.pick(
        quick=_Size(2, 0, 3, _abilities.Size(2, 400, ("8 bits",), ("needle",))),
        cpu=_Size(60, 2_000, 16, _abilities.Size(60, 12_000)),
        cuda=_Size(130, 20_000, 24, _abilities.Size(400, 400_000)),
    )
    lm = bench.on_pretrained(
        f"{size.facts} capitals and as many currencies instead of PopQA, one document of a library that was made of "
        "the same facts and a dictionary instead of Wikipedia's, and no model of 8B parameters; that the question is "
        "looked up is settled, not decided by the model"
    )
    facts = [fact for relation in ("capital", "currency") for fact in _spread(country_facts(relation), size.facts)]
    library = country_library(size.others)
    rows: Rows = bench.once("facts", partial(ask_facts, lm, facts, library, size.tokens))
    right = {arm: [bool(row[arm]) for row in rows] for arm in (CLOSED, FOUND, OWN, OTHER)}
    shares = {arm: by_group(each) for arm, each in right.items()}
    bench.claim(bench.compare("questions answered correctly", shares, candidate=FOUND, baseline=CLOSED, unit="%",
                              better="higher"))  # fmt: skip
    show_gain(bench, "gain by retrieval over the closed book", right[FOUND], right[CLOSED])
    hits = 100 * sum(row["hit"] for row in rows) / len(rows)
    bench.score("questions whose document is the one that BM25 finds", hits, unit="%", better="higher")
    for relation in ("capital", "currency"):
        part = [at for at, fact in enumerate(facts) if fact.relation == relation]
        of = {arm: 100 * sum(each[at] for at in part) / len(part) for arm, each in right.items()}
        bench.score(f"questions answered correctly, {relation}", of, candidate=FOUND, unit="%", better="higher")
    cost = {arm: sum(row[f"tokens {arm}"] for row in rows) / len(rows) for arm in (FOUND, CLOSED)}
    bench.score("tokens read and written, a question", cost, candidate=FOUND, unit="tokens", better="lower")
    ways = {arm: (_mean([row[f"seconds {arm}"] for row in rows]), 100 * _mean(right[arm])) for arm in (FOUND, CLOSED)}
    bench.spend("capitals and currencies of countries, looked up", ways, candidate=FOUND)
    closed = 100 * sum(right[CLOSED]) / len(rows)
    bench.score("closed book, for there to be something to gain", closed, unit="%", better="higher",
                at_most=bench.pick(quick=100.0, cpu=80.0), binds="measurement")  # fmt: skip
    _abilities.show_abilities(bench, lm, size.abilities)


@trial("2502.17535", claim="gsm8k-program-aided", pretrained=True)
def word_problems(bench: Bench) -> None:
    """Word problems that a real model gets right by thinking in words, and by naming an expression to calculate."""
    count, examples, longest = bench.pick(quick=(2, 1, 4), cpu=(60, 4, 40), cuda=(600, 4, 60))
    lm = bench.on_pretrained(
        f"{count} word problems of one operation on numbers of one to three digits instead of GSM8K, {examples} "
        "examples each, the same model for both instead of Codex; an expression instead of a program of Python"
    )
    problems = draw_word_problems(count, seed=bench.seed)
    rows: Rows = bench.once("word problems", partial(ask_problems, lm, problems, examples, longest))
    right = {arm: [bool(row[arm]) for row in rows] for arm in (TOOL, CHAIN, AT_ONCE)}
    # Over all problems: of a few dozen, a chain of thought solves so few that many groups have none.
    shares = {arm: 100 * _mean(each) for arm, each in right.items()}
    bench.claim(bench.compare("problems solved", shares, candidate=TOOL, baseline=CHAIN, unit="%", better="higher"))
    show_gain(bench, "gain by the calculator over a chain of thought", right[TOOL], right[CHAIN])
    if not bench.quick:
        sizes = sorted({problem.digits for problem in problems})
        lines = {
            arm: [100 * _mean([each[at] for at, p in enumerate(problems) if p.digits == n]) for n in sizes]
            for arm, each in right.items()
        }
        bench.curve("problems solved, by digits of the larger number", lines, candidate=TOOL, along="digits", at=sizes,
                    unit="%")  # fmt: skip
    refused = 100 * _mean([row["refused"] for row in rows])
    bench.score("expressions that could not be calculated", refused, unit="%", better="lower")
    ways = {arm: (_mean([row[f"seconds {arm}"] for row in rows]), 100 * _mean(right[arm])) for arm in right}
    bench.spend("word problems of one operation", ways, candidate=TOOL)
    cost = {arm: _mean([row[f"tokens {arm}"] for row in rows]) for arm in (TOOL, CHAIN, AT_ONCE)}
    bench.score("tokens read and written, a problem", cost, candidate=TOOL, unit="tokens", better="lower")


def ask_facts(lm: LanguageModel, facts: Sequence[CountryFact], library: Library, tokens: int) -> Rows:
    """Whether each arm names each fact's object, whether BM25 finds its document, and tokens."""
    model = TransformersModel(lm.model, lm.tokenizer, lm.name)
    index = BM25(library.documents)
    found = {fact.question: index.search(fact.question) for fact in facts}
    own = {fact.question: [library.documents[library.home(fact)]] for fact in facts}
    shifted = {fact.question: own[other.question] for fact, other in zip(facts, _next_country(facts), strict=True)}
    arms: Mapping[str, tuple[Any, Any]] = {
        CLOSED: (closed_book(fact_prompt), None),
        FOUND: (open_book(fact_prompt), found.__getitem__),
        OWN: (open_book(fact_prompt), own.__getitem__),
        OTHER: (open_book(fact_prompt), shifted.__getitem__),
    }
    rows: Rows = [{"hit": found[fact.question] == own[fact.question]} for fact in facts]
    for arm, (decisions, retriever) in arms.items():
        solver = RecursiveSolver(model, decisions=decisions, retriever=retriever, tokens=tokens, limits=LIMITS)
        # What BM25 found is often the country's own document: it is read once for both arms.
        asked = [at for at, row in enumerate(rows) if arm != OWN or not row["hit"]]
        began = process_time()
        solutions = dict(zip(asked, solver.solve_all([facts[at].question for at in asked]), strict=True))
        seconds = (process_time() - began) / max(1, len(asked))
        for at, row in enumerate(rows):
            row[f"seconds {arm}"] = seconds
            row[arm] = names(solutions[at].answer, facts[at].object) if at in solutions else row[FOUND]
            row[f"tokens {arm}"] = _tokens(solutions[at]) if at in solutions else row[f"tokens {FOUND}"]
    return rows


def ask_problems(lm: LanguageModel, problems: Sequence[WordProblem], examples: int, longest: int) -> Rows:
    """Whether each arm solves each problem, and tokens; no answer has more than the longest."""
    model = Line(TransformersModel(lm.model, lm.tokenizer, lm.name, chat=False))
    arms: Mapping[str, tuple[Any, int]] = {
        TOOL: (with_calculator(partial(problem_prompt, TOOL, examples), read_expression), 14),
        CHAIN: (closed_book(partial(problem_prompt, CHAIN, examples)), 40),
        AT_ONCE: (closed_book(partial(problem_prompt, AT_ONCE, examples)), 10),
    }
    rows: Rows = [{} for _ in problems]
    for arm, (decisions, tokens) in arms.items():
        solver = RecursiveSolver(
            model, decisions=decisions, tools=[calculate], tokens=min(tokens, longest), limits=LIMITS
        )
        began = process_time()
        solutions = solver.solve_all([problem.question for problem in problems])
        seconds = (process_time() - began) / len(problems)
        for row, problem, solution in zip(rows, problems, solutions, strict=True):
            row[f"seconds {arm}"] = seconds
            row[arm] = number_of(solution.answer) == problem.answer and "-" not in solution.answer[:1]
            row[f"tokens {arm}"] = _tokens(solution)
            if arm == TOOL:
                row["refused"] = not solution.answer
    return rows


def fact_prompt(question: str, documents: Sequence[str]) -> str:
    """A question behind what was found for it."""
    return "".join(f"{document}\n\n" for document in documents) + question


def problem_prompt(arm: str, examples: int, question: str, _: Sequence[str] = ()) -> str:
    """So many examples and a problem, to be gone on with."""
    begin = {TOOL: "Expression", CHAIN: "Thought", AT_ONCE: "Answer"}[arm]
    ends = {
        TOOL: [example.expression for example in EXAMPLES],
        CHAIN: [f"{each.thought} {each.expression} = {each.answer}. The answer is {each.answer}." for each in EXAMPLES],
        AT_ONCE: [example.answer for example in EXAMPLES],
    }
    shown = [f"Question: {each.question}\n{begin}: {end}\n\n" for each, end in zip(EXAMPLES, ends[arm], strict=True)]
    return f"{''.join(shown[:examples])}Question: {question}\n{begin}:"


def read_expression(text: str) -> str:
    """What stands at the beginning of a line and could be calculated."""
    match = re.match(r"[\d\s+*/().-]*", text)
    return match[0].strip() if match and match[0].strip() else "nothing"


def names(answer: str, wanted: str) -> bool:
    """Whether an answer names the right thing."""
    return re.search(rf"\b{re.escape(wanted.casefold())}s?\b", answer.casefold()) is not None


def _spread(facts: Sequence[CountryFact], count: int) -> list[CountryFact]:
    """So many facts, from countries of many people to those of few."""
    count = min(count, len(facts))
    return [facts[at * len(facts) // count] for at in range(count)]


def _next_country(facts: Sequence[CountryFact]) -> list[CountryFact]:
    """For each fact the next one of its relation, whose object is another."""
    others = []
    for at, fact in enumerate(facts):
        rest = [*facts[at + 1 :], *facts[:at]]
        others.append(next(o for o in rest if o.relation == fact.relation and o.object != fact.object))
    return others


def _tokens(solution: Solution) -> int:
    return (solution.cost.read or 0) + (solution.cost.written or 0)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
