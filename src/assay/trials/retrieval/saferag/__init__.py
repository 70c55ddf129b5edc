"""SafeRAG without a generator: what three retrievers find when attack texts of four kinds join the corpus.

Questions ask who made a thing of computing; golden is all of the thing's entry in FOLDOC, a text a sentence, among
sentences of other entries. Retrievers are BM25 (bm25s), all-MiniLM, and both fused by their ranks: real ones. Attacks
are written by our rules, those of all questions of a kind are put into the corpus together, and six texts are
retrieved. The claim is of the dense retriever under noise, the paper's default; the other retrievers and attacks are
beside it, and so is what two rules that drop repeats and instructions save, and what they cost where nothing is wrong.

Golden texts and attacks bear the title of their entry, which helps the attacks to be found. Rules and attacks are by
the same authors: what a rule saves here is the most that it can.

Budget: all-MiniLM encodes about 3,500 texts, 120,000 tokens; a minute or two.
"""

from collections.abc import Callable, Mapping, Sequence
from statistics import mean

import numpy as np

from assay.methods.retrieval.saferag import (
    KINDS,
    DenseIndex,
    DropInstructions,
    DropRepeats,
    Filter,
    Guarded,
    Hybrid,
    LocalIndex,
    Outcome,
    Question,
    Search,
    SecurityBench,
    Snippet,
    make_attacks,
)
from assay.testbed.resources import NotFetchedError
from assay.testbed.sentence_encoder import load_sentence_encoder
from assay.trials import Bench, trial
from assay.trials.retrieval.saferag._foldoc import corpus, questions

K = 6
GROUPS = 10
"""Into which questions are dealt: what differs between them is luck, and gives intervals."""
DENSE, BM25, HYBRID = "all-MiniLM", "BM25", "both, fused"
CLEAN, POISONED = "clean corpus", "poisoned corpus"
NO_DEFENCE = "no defence"
DEFENCES: Mapping[str, Filter] = {"drop repeats": DropRepeats(), "drop instructions": DropInstructions()}

Index = Callable[[Sequence[Snippet]], Search]


@trial("2501.18636", claim="retrieval-accuracy-poisoned")
def poisoned_index(bench: Bench) -> None:
    """Retrieval accuracy with attack texts in the corpus against that of the clean corpus."""
    number, others, injected = bench.pick(
        quick=(5, 40, (0, 3, 6)), cpu=(60, 1_500, tuple(range(K + 1))), cuda=(76, 20_000, tuple(range(K + 1)))
    )
    asked = ask_about(bench, number)
    texts = corpus(asked, others, seed=bench.seed)
    bench.setting(
        "real model",
        model="all-MiniLM-L6-v2, BM25 by bm25s",
        differs=f"{number} questions on FOLDOC, {len(texts):,} sentences, instead of Chinese news; noise by rules "
        "instead of by hand; all-MiniLM instead of a Chinese BGE",
    )
    retrievers = make_retrievers(bench)
    found = {
        retriever: {
            kind: [attack(asked, texts, kind, index, share / K, bench.seed) for share in injected] for kind in KINDS
        }
        for retriever, index in bench.progress(list(retrievers.items()), "retrievers")
    }
    clean, poisoned = (by_group(found[DENSE][KINDS[0]][place]) for place in (0, -1))
    arms = {POISONED: poisoned, CLEAN: clean}
    bench.claim(bench.compare("retrieval accuracy", arms, candidate=POISONED, baseline=CLEAN, better="higher"))
    bench.score("retrieval accuracy of the clean corpus", {name: by_group(each[KINDS[0]][0]) for name, each in
                found.items()}, candidate=DENSE, better="higher")  # fmt: skip
    for kind in KINDS:
        arms_by_share = {name: [by_group(rows) for rows in each[kind]] for name, each in found.items()}
        bench.curve(f"retrieval accuracy by share of {kind}", arms_by_share, candidate=DENSE, along="share of 6",
                    at=[share / K for share in injected])  # fmt: skip
        bench.score(f"retrieval accuracy with {kind} in all places", {name: each[-1] for name, each in
                    arms_by_share.items()}, candidate=DENSE, better="higher")  # fmt: skip
    show_defences(bench, asked, texts, retrievers[DENSE])


def show_defences(bench: Bench, asked: Sequence[Question], texts: Sequence[Snippet], index: Index) -> None:
    """What each rule saves under every attack at half of the places, and what it costs where there is none."""
    guarded = {NO_DEFENCE: index} | {name: guard(index, defence) for name, defence in DEFENCES.items()}
    for kind in KINDS:
        arms = {name: by_group(attack(asked, texts, kind, each, 0.5, bench.seed)) for name, each in guarded.items()}
        name = f"retrieval accuracy behind a defence, {kind} in half of the places"
        bench.score(name, arms, candidate=NO_DEFENCE, better="higher")
    clean = {name: by_group(attack(asked, texts, KINDS[0], each, 0, bench.seed)) for name, each in guarded.items()}
    bench.score("retrieval accuracy behind a defence, clean", clean, candidate=NO_DEFENCE, better="higher")


def ask_about(bench: Bench, number: int) -> list[Question]:
    """So many questions; the end of the trial where the dictionary is not to be had."""
    try:
        return questions(number, seed=bench.seed)
    except ValueError as error:
        bench.not_testable(str(error))


def make_retrievers(bench: Bench) -> dict[str, Index]:
    """What makes each retriever of texts; a text is encoded once."""
    try:
        encoder = load_sentence_encoder(device=bench.device)
    except NotFetchedError as error:
        bench.not_testable(str(error))
    vectors: dict[str, np.ndarray] = {}

    def encode(wanted: Sequence[str]) -> np.ndarray:
        # Texts of a length are encoded together, so that little is padding.
        new = sorted({each for each in wanted if each not in vectors}, key=len)
        vectors.update(zip(new, encoder.encode(new).cpu().numpy(), strict=True))
        return np.stack([vectors[each] for each in wanted])

    return {
        DENSE: lambda texts: DenseIndex(texts, encode),
        BM25: LocalIndex,
        HYBRID: lambda texts: Hybrid((LocalIndex(texts), DenseIndex(texts, encode))),
    }


def guard(index: Index, defence: Filter) -> Index:
    """The same retriever behind a filter."""
    return lambda texts: Guarded(index(texts), defence)


def attack(
    asked: Sequence[Question], texts: Sequence[Snippet], kind: str, index: Index, share: float, seed: int
) -> list[Outcome]:
    """What comes of one attack in the corpus, question by question."""
    bench = SecurityBench(corpus=texts, index=index, k=K, ratio=share)
    return bench.run(make_attacks(asked, [kind], texts=K, seed=seed), ["index"]).of(kind, "index")


def by_group(outcomes: Sequence[Outcome]) -> list[float]:
    """The retrieval accuracy of each group of questions."""
    groups = [outcomes[start::GROUPS] for start in range(GROUPS)]
    return [mean(each.retrieval.accuracy for each in group) for group in groups if group]
