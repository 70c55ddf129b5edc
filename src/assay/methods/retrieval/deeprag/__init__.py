"""DeepRAG: at each sub-question, from memory or from a search (Guan et al. 2025, arXiv 2502.01142).

**Idea.** Searching for everything costs time and brings in what is beside the point; searching for nothing makes a
model invent. So a question is answered by way of smaller ones, and at each of them the model itself says whether it
knows or searches. Where its knowledge ends it learns from its own successes and failures.

1. State: a question x with steps (q_1, r_1) ... (q_t, r_t), where r is an answer, or documents and an answer. Action:
   to conclude, or a next sub-question together with one of two ways to answer it. Reward: -T for a right end, where T
   is the number of searches; without bound below for a wrong one.
2. Tree: at each sub-question both ways branch off. `BinaryTreeSearch` follows them in the order of their searches, so
   the first right path has the fewest that any right one has.
3. Imitation: `build_sft` makes whole right paths of it. Learnt is what the model writes, not what was found.
4. Calibration: `build_pairs` makes a pair of each step of such paths, once the model goes them by itself. Both sides
   share all up to the sub-question and differ in the words that say the decision.
5. Use: `DeepRAG` lets the model write line by line, and searches where it says so.

**Use**::

    model = as_model(model, tokenizer)
    trees = BinaryTreeSearch(model, LocalIndex(texts), decompose=larger_model).run(read_examples("qa.jsonl"))
    paths = [tree.path for tree in trees if tree.path]
    build_sft(paths, tokenizer)      # input_ids, labels: for SFTTrainer; then search anew without `decompose`
    build_pairs(paths, tokenizer)    # prompt, chosen, rejected: for DPOTrainer
    DeepRAG(model, LocalIndex(texts)).answer("Who directed the film that ...?").answer

**Models.** Of transformers, with the cache that all texts' common beginning is read into once; servers with OpenAI's
completions, which take the prompt as it is; or a function that goes on with a text.

**Mind.** A boundary is that of a model *and* of what is searched: train anew when either changes. What was found is
data: it stands behind numbers in lines of its own, so that it says nothing in the model's name, and the marks of a chat
are taken out of it. A model may still believe a document that is wrong.

**Departures** from the official code. All is read by line, so that a sub-question may have "Let" in it. Pairs end with
the sub-question, where the code writes the whole question. Right is an exact match and not any containment, and the
right answer never takes the place of the model's. A path has a bound on its steps, and not on searches alone. The first
right path is taken; the code goes on and then takes the one with the fewest searches, which has as many. A lone
``Intermediate answer:`` counts as none. The stage of reinforcement learning is not here.
"""

from assay.methods.retrieval._search import LocalIndex, Search, SearchError, Snippet, as_search
from assay.methods.retrieval.deeprag._controller import DeepRAG, Draft, Rule, Source
from assay.methods.retrieval.deeprag._examples import Example, read_examples
from assay.methods.retrieval.deeprag._sets import build_pairs, build_sft
from assay.methods.retrieval.deeprag._tree import BinaryTreeSearch, Decompose, Tree, same_words
from assay.methods.retrieval.deeprag._wording import Path, Step, Wording
from assay.methods.retrieval.deeprag._writers import Line, Writer, writer_of

__all__ = [
    "BinaryTreeSearch",
    "Decompose",
    "DeepRAG",
    "Draft",
    "Example",
    "Line",
    "LocalIndex",
    "Path",
    "Rule",
    "Search",
    "SearchError",
    "Snippet",
    "Source",
    "Step",
    "Tree",
    "Wording",
    "Writer",
    "as_search",
    "build_pairs",
    "build_sft",
    "read_examples",
    "same_words",
    "writer_of",
]
