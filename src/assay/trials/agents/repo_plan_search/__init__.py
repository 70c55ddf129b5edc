"""MutaGReP over three repositories that are installed, with plans that a script proposes: what does each search find?

Each task is one of a repository's own functions, which is taken out of the index: its docstring is the request, and
what it calls of the repository is what a plan must find. A script proposes in place of a model: three steps of ten are
for something that the plan still lacks, in half of the words of its docstring, the others for anything. So figures
compare searches with each other and tell nothing of a model.

A rewritten plan gets up to four new steps at once, and the monotonic search one. Beside the paper's arms stands
therefore a monotonic search that adds up to four: what it has as well comes from the number of steps, and not from
rewriting.

The quick run is over a part of scikit-learn. Assay itself is as it is at the time, so that its tasks change with it.

Budget: no model; two minutes, most of it reading transformers.
"""

from collections.abc import Callable
from functools import partial
from statistics import mean
from typing import Any

from transformers import AutoTokenizer

from assay.methods.agents.repo_plan_search import Oracle, PlanSearch, Repository, Result, diversity, plan_recall
from assay.testbed.pretrained import DEFAULT, find_language_model
from assay.testbed.resources import NotFetchedError
from assay.trials import Bench, trial
from assay.trials.agents.repo_plan_search._grounding import INTENTS, Asked, ways
from assay.trials.agents.repo_plan_search._noise import Edits, NoisyProposer
from assay.trials.agents.repo_plan_search._tasks import Indexed, Task, ask_plainly, by_group, index_repository

UNCONSTRAINED, DEPTH = "unconstrained, best first", "unconstrained, depth first"
MONOTONIC, SEVERAL = "monotonic, best first", "monotonic, up to four steps at once"
LINEAR, PLAIN, WHOLE = "linear (ReAct)", "retrieval for the request", "the whole repository"
_ARMS: dict[str, tuple[Edits, dict[str, Any]]] = {
    UNCONSTRAINED: ("unconstrained", {}),
    MONOTONIC: ("monotonic", {}),
    SEVERAL: ("several", {}),
    DEPTH: ("unconstrained", {"order": "depth"}),
    LINEAR: ("monotonic", {"branching": 1}),
}
_REPOSITORIES = (("sklearn", ""), ("transformers", ""), ("assay", ""))
_SAMPLED = 16
"""Of a repository's files one in so many is counted in tokens, and the rest told from its characters."""

Rows = list[list[float]]
"""Of each task, a figure at each budget."""


@trial("2502.15872", claim="unconstrained-mutation-gain")
def searches(bench: Bench) -> None:
    """Symbols found by a search that rewrites plans and by one that only adds steps, at equal budgets."""
    budgets, small = bench.pick(quick=((5, 10, 20), 10), cpu=((10, 20, 40, 80), 20))
    every = _repositories(bench)
    bench.setting(
        "simulated",
        model="a script that proposes steps",
        differs=f"{sum(len(each.tasks) for each in every)} functions of {_names(every)}, to be written again, instead "
        "of LongCodeArena; a script proposes instead of GPT-4o; symbols are found by words of docstrings instead of by "
        "embeddings of intents that a model wrote",
    )
    at = budgets.index(small)
    found = {arm: [_recalls(bench, arm, each, budgets, oracle=True) for each in every] for arm in _ARMS}
    groups = {arm: [_grouped(rows, place) for place in range(len(budgets))] for arm, rows in found.items()}
    recall = {arm: each[at] for arm, each in groups.items()}
    bench.claim(
        bench.compare(
            f"needed symbols found, budget {small}", recall, candidate=UNCONSTRAINED, baseline=MONOTONIC, unit="%",
            better="higher",
        )
    )  # fmt: skip
    bench.curve("needed symbols found, by budget", groups, candidate=UNCONSTRAINED, along="plans made", at=budgets,
                unit="%")  # fmt: skip
    for place, each in enumerate(every):
        shares = {arm: 100 * mean(row[at] for row in rows[place]) for arm, rows in found.items()}
        bench.score(f"needed symbols found in {each.name}, budget {small}", shares, candidate=UNCONSTRAINED, unit="%",
                    better="higher")  # fmt: skip
    blind = {arm: [_recalls(bench, arm, each, budgets, oracle=False) for each in every] for arm in _ARMS}
    lines = {arm: [_grouped(rows, place) for place in range(len(budgets))] for arm, rows in blind.items()}
    bench.curve("needed symbols found, scored by diversity, by budget", lines, candidate=UNCONSTRAINED,
                along="plans made", at=budgets, unit="%")  # fmt: skip
    recall = {arm: each[at] for arm, each in lines.items()}
    bench.score(f"needed symbols found, scored by diversity, budget {small}", recall, candidate=UNCONSTRAINED,
                unit="%", better="higher")  # fmt: skip
    if not bench.quick:
        _show_grounding(bench, every[0].index.repository)


@trial("2502.15872", claim="context-tokens")
def prompts(bench: Bench) -> None:
    """Tokens of a prompt with a plan against those of a whole repository, and what of the needed symbols is in it."""
    budget = bench.pick(quick=20, cpu=80)
    every = _repositories(bench)
    count = _counter(bench)
    bench.setting(
        "simulated",
        model="a script that proposes steps",
        differs=f"{sum(len(each.tasks) for each in every)} functions of {_names(every)}, to be written again, instead "
        "of LongCodeArena; tokens of SmolLM2's tokenizer instead of GPT-4o's, of a repository told from one file in "
        f"{_SAMPLED}; no code is written",
    )
    rows = [bench.once(f"prompts over {each.name}", partial(_prompts, bench, each, budget, count)) for each in every]
    held = [each.index.repository for each in every]
    whole = [bench.once(f"tokens of {each.root.name}", partial(_tokens, each, count)) for each in held]
    tokens = {arm: [mean(row[arm]["tokens"] for row in of) for of in rows] for arm in (UNCONSTRAINED, PLAIN)}
    bench.claim(
        bench.compare(
            "tokens of the prompt", {**tokens, WHOLE: whole}, candidate=UNCONSTRAINED, baseline=WHOLE, unit="tokens",
            better="lower",
        )
    )  # fmt: skip
    recall = {arm: _grouped([[[row[arm]["recall"]] for row in of] for of in rows], 0) for arm in (UNCONSTRAINED, PLAIN)}
    # A prompt that leaves out what is needed saves nothing. The bound was set before the first run.
    bench.score("needed symbols in the prompt", recall, candidate=UNCONSTRAINED, unit="%", better="higher",
                at_least=50.0)  # fmt: skip
    for each in every:
        took = bench.once(f"seconds of {each.name}", partial(sum, (each.reading, each.indexing)))
        bench.score(f"time to index {each.name}", took, unit="s", better="lower")
        bench.score(f"characters of {each.name}", float(each.index.repository.characters), better="lower")
        bench.score(f"symbols of {each.name}", float(len(each.index)), better="higher")


def _show_grounding(bench: Bench, repository: Repository) -> None:
    """How often a symbol is among the nearest to a sentence of its docstring that the index has not."""
    arms: dict[str, list[float]] = {}
    for way, hits in ways(Asked.of(repository)).items():
        try:
            arms[way] = bench.once(way, hits)
        except NotFetchedError:  # it is not to be had here; the others are
            continue
    bench.score("symbols found by a sentence that the index has not", arms, candidate=f"TF-IDF of {INTENTS}",
                unit="%", better="higher")  # fmt: skip


def _repositories(bench: Bench) -> list[Indexed]:
    places = bench.pick(quick=(("sklearn", "linear_model"),), cpu=_REPOSITORIES)
    tasks = bench.pick(quick=9, cpu=60, cuda=200)
    return [index_repository(name, below, tasks, bench.seed) for name, below in bench.progress(places, "repositories")]


def _names(every: list[Indexed]) -> str:
    return ", ".join(each.name for each in every)


def search(indexed: Indexed, task: Task, arm: str, budget: int, seed: int, *, oracle: bool) -> Result:
    """What one search finds for a task."""
    edits, settings = _ARMS[arm]
    scorer = Oracle(task.needed) if oracle else diversity
    proposer = NoisyProposer(indexed, task, edits, seed)
    return PlanSearch(indexed.index, proposer, scorer=scorer, budget=budget, **settings).run(task.request)


def _recalls(bench: Bench, arm: str, indexed: Indexed, budgets: tuple[int, ...], *, oracle: bool) -> Rows:
    """Of each task, which share of the needed symbols the best plan has found at each budget."""

    def compute() -> Rows:
        rows = []
        for task in bench.progress(indexed.tasks, f"{indexed.name}, {arm}"):
            result = search(indexed, task, arm, budgets[-1], bench.seed, oracle=oracle)
            rows.append([plan_recall(result.best_within(budget).plan, task.needed) for budget in budgets])
        return rows

    return bench.once(f"{arm}, {'oracle' if oracle else 'diversity'}, {indexed.name}", compute)


def _grouped(rows: list[Rows], place: int) -> list[float]:
    """Per cent at one budget in each group of each repository's tasks."""
    return [share for of in rows for share in by_group([row[place] for row in of])]


def _prompts(
    bench: Bench, indexed: Indexed, budget: int, count: Callable[[str], int]
) -> list[dict[str, dict[str, float]]]:
    """Of each task, tokens of the prompt and which share of the needed symbols it defines, by arm."""
    rows = []
    repository = indexed.index.repository
    for task in bench.progress(indexed.tasks, f"prompts over {indexed.name}"):
        plan = search(indexed, task, UNCONSTRAINED, budget, bench.seed, oracle=False).plan
        row = {}
        for arm, each in ((UNCONSTRAINED, plan), (PLAIN, ask_plainly(indexed, task, len(plan.symbols)))):
            text = each.to_prompt(repository, count_tokens=count)
            defined = sum(f"\n`{path}`\n```" in text for path in task.needed)
            row[arm] = {"tokens": float(count(text)), "recall": defined / len(task.needed)}
        rows.append(row)
    return rows


def _tokens(repository: Repository, count: Callable[[str], int]) -> float:
    files = sorted({symbol.file for symbol in repository.symbols})[::_SAMPLED]
    texts = [(repository.root / file).read_text(encoding="utf-8") for file in files]
    return repository.characters * sum(map(count, texts)) / sum(map(len, texts))


def _counter(bench: Bench) -> Callable[[str], int]:
    try:
        tokenizer = AutoTokenizer.from_pretrained(find_language_model(DEFAULT))
    except NotFetchedError as error:
        bench.not_testable(str(error))
    return lambda text: len(tokenizer(text, add_special_tokens=False)["input_ids"])
