"""What a real model answers about countries: after thinking for so long, in samples, and how sure it says it is.

Every arm answers behind the same words ("The capital city of France is"), and its answer is taken out alike. What is
asked here is kept, since several trials look at it.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from math import log
from typing import Any

from assay.methods._answers import vote
from assay.methods._branches import Branches, Sampling, Usage, stop_at
from assay.methods.evaluation.llm_statistics import semantic_entropy
from assay.methods.reasoning.selective_qa import Attempt, BudgetSweep, SelectiveReport, read_attempts
from assay.methods.reasoning.selective_qa._sweep import prompt_ids, token_ids
from assay.testbed.answers import ask_once
from assay.testbed.pretrained import LanguageModel
from assay.testbed.tasks.country_facts import CountryFact, country_facts
from assay.trials import Bench

SURE, AT_ONCE, CHOSEN = "confidence after all the thinking", "confidence of an answer at once", "budget chosen as well"
SHARE, ENTROPY, VERBAL = "majority share of samples", "semantic entropy of samples", "verbalised confidence"
GROUPS = 5
"""Into which the facts are dealt, capitals and currencies alike."""
_PART = 50
"""Facts that are asked about at once."""
_THINK = "{question} Before you answer, say what you know about the country."
_VERBAL = (
    "{question}\nProposed answer: {answer}\nHow likely is it that the proposed answer is right? Reply with a number "
    "from 0 to 100."
)

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Size:
    """How much is asked."""

    facts: int
    """Of each relation."""
    budgets: tuple[int, ...]
    samples: int
    """Of each answer."""
    answer: int = 10
    """Tokens, at most, of an answer and of what is said of it."""

    def sweep(self, **how: Any) -> BudgetSweep:
        """Answers go to the end of their clause. Nothing but the end of the text ends thinking."""
        settings: dict[str, Any] = {"budgets": self.budgets, "answer_tokens": self.answer, "batch": _PART}
        return BudgetSweep(**settings | {"extract": "text", "stops": ("\n", ".", ","), "end": ""} | how)


def questions(facts: Sequence[CountryFact], ask: str = _THINK) -> list[dict[str, Any]]:
    """As the sweep takes them."""
    return [
        {
            "id": f"{fact.relation} of {fact.subject}",
            "prompt": ask.format(question=fact.question),
            "suffix": "\n" + fact.prompt.replace("{}", fact.subject),
            "gold": fact.object,
        }
        for fact in facts
    ]


def names(answer: str, gold: str) -> bool:
    """Whether an answer names the right thing: "the Russian ruble" does, where it is the ruble."""
    return re.search(rf"\b{re.escape(gold.casefold())}s?\b", answer.casefold()) is not None


def all_facts(size: Size) -> list[CountryFact]:
    """Capitals and currencies in turn, those of most people first."""
    pairs = zip(country_facts("capital")[: size.facts], country_facts("currency")[: size.facts], strict=True)
    return [fact for pair in pairs for fact in pair]


def swept(bench: Bench, lm: LanguageModel, size: Size) -> list[Attempt]:
    """An attempt at every fact with every budget."""
    return read_attempts(_in_parts(bench, lm, size, partial(_sweep, size=size), "thinking"))


def sampled(bench: Bench, lm: LanguageModel, size: Size) -> list[Attempt]:
    """The answer that most samples without thinking give, and their share."""
    return read_attempts(_in_parts(bench, lm, size, partial(_sample, size=size, seed=bench.seed), "samples"))


def rivals(bench: Bench, lm: LanguageModel, size: Size, attempts: Sequence[Attempt]) -> dict[str, list[Attempt]]:
    """What people take for a confidence today, by arm; all of them answer without thinking."""
    samples = sampled(bench, lm, size)
    return {
        AT_ONCE: [each for each in attempts if each.budget == size.budgets[0]],
        SHARE: samples,
        ENTROPY: [replace(each, confidence=each.confidence_mean or 0.0) for each in samples],
        VERBAL: read_attempts(_in_parts(bench, lm, size, partial(_say, size=size), "what it says of its answers")),
    }


def groups(attempts: Sequence[Attempt]) -> list[list[Attempt]]:
    """The attempts by groups of questions, as many of each relation in each."""
    order = {each: at for at, each in enumerate(dict.fromkeys(attempt.id for attempt in attempts))}
    dealt = [[each for each in attempts if order[each.id] // 2 % GROUPS == group] for group in range(GROUPS)]
    return [group for group in dealt if group]


def cross_fitted(attempts: Sequence[Attempt], odds: str) -> tuple[dict[str, float], float]:
    """What each question earns with a threshold, and of several budgets the one, chosen on the other groups.

    Returns:
        Earnings by question, and the share of the questions that are answered.
    """
    gains: dict[str, float] = {}
    answered = 0.0
    for group in groups(attempts):
        tested = {each.id for each in group}
        rows = [replace(each, split="test" if each.id in tested else "calibration") for each in attempts]
        report = SelectiveReport(rows)
        policies = [report.to_policy(odds, budget=budget) for budget in report.budgets]
        best = max(policies, key=lambda policy: policy.utility)
        ids = [each for each in report.questions if each in tested]
        values = report.gains(odds, best.threshold, budget=best.budget, split="test")
        gains |= dict(zip(ids, values.tolist(), strict=True))
        answered += report.coverage(best.threshold, budget=best.budget, split="test").value * len(ids)
    return gains, answered / len(gains)


def _in_parts(bench: Bench, lm: LanguageModel, size: Size, ask: Any, what: str) -> Rows:
    facts = len(all_facts(size))
    starts = bench.progress(range(0, facts, _PART), what)
    return [row for start in starts for row in ask_once(lm, {}, partial(ask, start=start))]


def _sweep(lm: LanguageModel, *, size: Size, start: int) -> Rows:
    part = questions(all_facts(size)[start : start + _PART])
    return [asdict(each) for each in size.sweep().run(lm.model, part, tokenizer=lm.tokenizer, is_right=names)]


def _sample(lm: LanguageModel, *, size: Size, start: int, seed: int) -> Rows:
    """Of samples without thinking the answer that most give; with two confidences, ``mean`` that by entropy."""
    part = questions(all_facts(size)[start : start + _PART], "{question}")
    answers = draw_samples(lm, size, part, seed=seed + start, usage=Usage())
    rows = []
    for at, question in enumerate(part):
        mine = [each for each in answers[at * size.samples : (at + 1) * size.samples] if each]
        answer, share = vote(mine)
        sure = 1 - semantic_entropy(mine).discrete / log(size.samples) if mine else 0.0
        attempt = Attempt(
            question["id"],
            answer,
            names(answer, question["gold"]),
            share * len(mine) / size.samples,
            confidence_mean=min(1.0, max(0.0, sure)),
        )
        rows.append(asdict(attempt))
    return rows


def draw_samples(
    lm: LanguageModel, size: Size, part: Sequence[dict[str, Any]], *, seed: int, usage: Usage
) -> list[str]:
    """Samples of an answer to each question, side by side over one reading of it."""
    sweep, tokenizer = size.sweep(), lm.tokenizer
    prompts = [
        prompt_ids(each["prompt"], lm.model, tokenizer, chat=True) + token_ids(tokenizer, each["suffix"])
        for each in part
    ]
    rows = [at for at in range(len(part)) for _ in range(size.samples)]
    branches = Branches.read(lm.model, prompts, method="Sampling", usage=usage).select(rows)
    stop = stop_at(tokenizer, sweep.stops)
    written = branches.write(sweep.answer_tokens, sampling=Sampling(1.0), stop=stop, seed=seed)
    return [sweep.take(tokenizer, each.tokens, each.log_probs, ended=each.ended == "eos").answer for each in written]


def _say(lm: LanguageModel, *, size: Size, start: int) -> Rows:
    """The likeliest answer without thinking, and the chance of being right that the model then states."""
    facts = all_facts(size)[start : start + _PART]
    sweep = size.sweep(budgets=(0,))
    plain = sweep.run(lm.model, questions(facts, "{question}"), tokenizer=lm.tokenizer, is_right=names)
    asked = [
        prompt_ids(_VERBAL.format(question=fact.question, answer=each.answer), lm.model, lm.tokenizer, chat=True)
        for fact, each in zip(facts, plain, strict=True)
    ]
    written = Branches.read(lm.model, asked, method="Asking").write(size.answer)
    rows = []
    for each, reply in zip(plain, written, strict=True):
        numbers = [int(n) for n in re.findall(r"\d+", str(lm.tokenizer.decode(reply.tokens))) if int(n) <= 100]
        rows.append(asdict(replace(each, confidence=numbers[0] / 100 if numbers else 0.0)))
    return rows
