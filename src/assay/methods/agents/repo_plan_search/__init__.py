"""MutaGReP: plans over a repository, found without running it (Khan et al. 2025, arXiv 2502.15872).

**Idea.** A repository is too large for a prompt, and most of it is beside the point. So a plan is searched for: steps
in words, each with the symbols of the repository that serve it. The plan with the definitions of its symbols is what
a model that writes code is given.

1. Index: functions, methods and classes are read from the source (`read_repository`). Each has intents, things that
   somebody may want who needs it: from its docstring (`DocstringIntents`) or by a model (`ModelIntents`).
2. Grounding g(t): of the 5k intents nearest to a step's words, the first k different symbols.
3. Mutation: a model rewrites the whole plan (``unconstrained``) or adds one step (``monotonic``); after each, every
   step is grounded again.
4. Score h(p): `diversity`, the number of different symbols |B1 ∪ ... ∪ Bn|; `Likert`, marks of a judge, (l_p + mean
   l_i) / 2; `Oracle`, the share of known symbols, for measurements.
5. Search: from the best-scored plan on, f plans are proposed, until so many plans are made.

**Use**::

    index = SymbolIndex.from_repo("path/to/source")
    search = PlanSearch(index, ModelProposer(Endpoint("http://127.0.0.1:8000/v1", "my-model"), index), budget=80)
    plan = search.run("train a classifier and show where it errs").plan
    print(plan.to_markdown()); plan.to_prompt(index.repository, max_tokens=8_000)

    python -m assay.methods.agents.repo_plan_search plan path/to/source "train a ..." --base-url ... --model ...

**Mind.** What stands in a repository's names and docstrings is written by others, and goes into prompts: it is escaped,
stands between marks and is called data. Steps are what the model writes, symbols only what the index has, and nothing
is run. A docstring that is full of words can still be found for steps that it does not serve.

**Departures.** A budget counts plans that were made, as in the official code; the paper says "nodes expanded". The rest
of the budget is looked at before the model is asked, not after it was paid. ``async`` functions, nested classes and
functions in functions have their full names; tests, private names and what is inside a function are not found unless
`keep` says so. Plans have 20 steps at most, since diversity never falls as a plan grows. Equal scores are taken in the
order in which plans were made. What a model writes is read by its marks and not as strict XML, and a list of lines is
taken for steps too. A judge's answer without marks is the worst score, counted, and no crash. Prompts are ours.
"""

from assay.methods._models import Endpoint
from assay.methods.agents.repo_plan_search._calls import (
    api_overlap,
    called_names,
    called_symbols,
    plan_recall,
    qualified_overlap,
)
from assay.methods.agents.repo_plan_search._index import SymbolIndex
from assay.methods.agents.repo_plan_search._intents import DocstringIntents, Intents, ModelIntents, sentences, words_of
from assay.methods.agents.repo_plan_search._plans import Plan, Step
from assay.methods.agents.repo_plan_search._proposers import (
    ModelProposer,
    Mutation,
    ProposalError,
    Proposer,
    read_steps,
)
from assay.methods.agents.repo_plan_search._reading import read_repository
from assay.methods.agents.repo_plan_search._retrievers import Retriever, bm25, dense, tfidf
from assay.methods.agents.repo_plan_search._scorers import Likert, Oracle, Score, Scorer, diversity, read_marks
from assay.methods.agents.repo_plan_search._search import Node, PlanSearch, Result
from assay.methods.agents.repo_plan_search._symbols import Repository, Symbol, Unread, usable

__all__ = [
    "DocstringIntents",
    "Endpoint",
    "Intents",
    "Likert",
    "ModelIntents",
    "ModelProposer",
    "Mutation",
    "Node",
    "Oracle",
    "Plan",
    "PlanSearch",
    "ProposalError",
    "Proposer",
    "Repository",
    "Result",
    "Retriever",
    "Score",
    "Scorer",
    "Step",
    "Symbol",
    "SymbolIndex",
    "Unread",
    "api_overlap",
    "bm25",
    "called_names",
    "called_symbols",
    "dense",
    "diversity",
    "plan_recall",
    "qualified_overlap",
    "read_marks",
    "read_repository",
    "read_steps",
    "sentences",
    "tfidf",
    "usable",
    "words_of",
]
