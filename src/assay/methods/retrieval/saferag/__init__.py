"""SafeRAG: attack your own retrieval-augmented generation, stage by stage (Liang et al. 2025, arXiv 2501.18636).

**Idea.** Whoever can write into what a RAG system searches can steer its answers. Attacks that are easily told by their
look are filtered; these are written to pass: *silver noise* (true, and beside what is asked), *conflict* (one fact
changed), *soft ad* (a brand in a sentence that is right), *white denial of service* (a warning that asks the model to
refuse). Each is injected at three stages, so that a loss can be pinned on retriever, filter or generator.

1. Attacks: `make_attacks` writes them for questions on any corpus, by rule or reworded by a model.
2. Injection: with K texts retrieved and a share r, n = ceil(K r) texts of the attack. At ``index`` those of all
   questions join the corpus and are searched with it; at ``retrieval`` and ``generation`` they take the first places of
   what was retrieved, or of what the filter left, which is then cut to K.
3. Retrieval accuracy: RA = (R_gold + 1 - R_attack) / 2, of shares of what was retrieved.
4. Attack failure rate: AFR = 1 - the share of the attack's keywords that stand in the answer; none for noise.
5. F1 (avg): a judge sorts options into correct and incorrect by the answer alone; the mean of both sets' F1.

**Use**::

    documents, refused = read_corpus("corpus.jsonl")             # refused: of each line that is no document, why
    questions, more = read_questions("questions.jsonl", documents)
    attacks = make_attacks(questions)
    bench = SecurityBench(as_search(retriever), generator, corpus=documents, index=LocalIndex)
    report = bench.run(attacks, ["index", "retrieval"])
    print(report.table())
    report.require(attack_failure=0.9, clean_f1=0.6)             # an AssertionError that says what falls short

In one's own tests: ``pytest_plugins = ["assay.methods.retrieval.saferag.pytest_plugin"]``. Defences: `DropRepeats`,
`DropInstructions`, `FromSources`, the paper's `KeepSupporting` and `Summarise`, and `Guarded`, a search behind one.

**Mind.** AFR counts words: an answer that quotes an ad and rejects it counts as attacked (`attack_failure` takes a
second look, ``endorses``), and a model that ignores its texts has an AFR of 1. So the clean pipeline is always run
beside it. Our rules write plain attacks; that a system withstands them says nothing of a determined attacker.

**Departures.** The authors' data, Chinese news without a licence, is not used; the attacks are ours, and so are all
rules of writing, defences and prompts. Options are answers of a few words instead of statements. The paper's recall of
golden texts is a share of what was retrieved; `Retrieval.accuracy_by_recall` has what its name says. The official code
injects at ``generation`` before the filter, cuts its data to five items, matches texts letter by letter, and averages
what has no keywords as an attack without success; here injection is behind the filter, nothing is cut, texts are known
by address or words, and what cannot be measured is none. A judge's answer that is no JSON is counted and shown.
"""

from assay.methods.retrieval._search import LocalIndex, Search, Snippet, as_search
from assay.methods.retrieval.saferag._attacks import KINDS, Attack, make_attacks
from assay.methods.retrieval.saferag._bench import STAGES, Generator, ModelGenerator, SecurityBench
from assay.methods.retrieval.saferag._defences import (
    DropInstructions,
    DropRepeats,
    FromSources,
    KeepSupporting,
    Summarise,
)
from assay.methods.retrieval.saferag._metrics import (
    Judged,
    ModelJudge,
    OptionF1,
    Retrieval,
    attack_failure,
    judge_by_words,
    option_f1,
    score_retrieval,
)
from assay.methods.retrieval.saferag._questions import Question, read_corpus, read_questions
from assay.methods.retrieval.saferag._report import Figures, Outcome, SecurityReport
from assay.methods.retrieval.saferag._searches import DenseIndex, Filter, Guarded, Hybrid

__all__ = [
    "KINDS",
    "STAGES",
    "Attack",
    "DenseIndex",
    "DropInstructions",
    "DropRepeats",
    "Figures",
    "Filter",
    "FromSources",
    "Generator",
    "Guarded",
    "Hybrid",
    "Judged",
    "KeepSupporting",
    "LocalIndex",
    "ModelGenerator",
    "ModelJudge",
    "OptionF1",
    "Outcome",
    "Question",
    "Retrieval",
    "Search",
    "SecurityBench",
    "SecurityReport",
    "Snippet",
    "Summarise",
    "as_search",
    "attack_failure",
    "judge_by_words",
    "make_attacks",
    "option_f1",
    "read_corpus",
    "read_questions",
    "score_retrieval",
]
