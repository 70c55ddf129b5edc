"""Reads what each sentence does in an abstract: background, objective, novelty, method, result or implication.

Roles are read off cues. `CUES` lists the phrases, and a few more (figures, links, place in the abstract) are computed
in `_cues`; `WEIGHTS` says how much each cue speaks for each role, `FOLLOWS` how well one role follows another. The
roles of an abstract are the sequence with the highest sum. The weights are those that
``benchmarks/extractive.py --fit`` finds on labelled abstracts; how well they read others is in
``docs/extractive-summaries.md``. What single words do not tell is mended by `assay.digest.sentences`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final

from assay.papers.sentences import Span, split


class Role(StrEnum):
    """What a sentence does in an abstract."""

    BACKGROUND = "background"
    """What is known, and what is missing."""
    OBJECTIVE = "objective"
    """What the paper sets out to do or asks."""
    NOVELTY = "novelty"
    """What is introduced."""
    METHOD = "method"
    """How it works, or how it was examined."""
    RESULT = "result"
    """A finding or a figure."""
    IMPLICATION = "implication"
    """What follows, what comes next, where the code is."""


ROLES: Final = tuple(Role)


def cues(abstract: str) -> list[tuple[Span, frozenset[str]]]:
    """The sentences of ``abstract`` in order, each with the names of its cues."""
    spans = split(abstract)
    texts = [abstract[span.start : span.end] for span in spans]
    return list(zip(spans, _cues(texts), strict=True))


def best_roles(
    cue_sets: Sequence[Iterable[str]],
    weights: Mapping[str, Sequence[int]],
    follows: Sequence[Sequence[int]],
) -> list[Role]:
    """The sequence of roles with the highest sum of weights (Viterbi's algorithm).

    Args:
        cue_sets: the cues of each sentence, in order.
        weights: per cue, six numbers in the order of `Role`; a cue without weights counts for nothing.
        follows: six rows of six: how well the role of the column follows that of the row.
    """
    if not cue_sets:
        return []
    sums = sum_weights(cue_sets[0], weights)
    came_from: list[list[int]] = []
    for sentence in cue_sets[1:]:
        here = sum_weights(sentence, weights)
        # Per role: the best sum that ends in it, with the role before it on that way.
        best = [max((sums[b] + follows[b][now], b) for b in range(len(ROLES))) for now in range(len(ROLES))]
        sums = [so_far + speaks for (so_far, _), speaks in zip(best, here, strict=True)]
        came_from.append([before for _, before in best])
    path = [sums.index(max(sums))]
    for before in reversed(came_from):
        path.append(before[path[-1]])
    return [ROLES[role] for role in reversed(path)]


# The phrases of each cue, of one to three words in lower case; "^" is the beginning of a sentence, "we" may be followed
# by an adverb, and a hyphenated word is one word.
CUES: Final[Mapping[str, tuple[str, ...]]] = {
    name: tuple(phrases.split(", "))
    for name, phrases in {
        "introduces": (
            "we introduce, we present, we propose, we develop, we design, we build, we release, we "
            "construct, we create, we contribute, paper introduces, paper presents, paper proposes, work "
            "introduces, work presents, work proposes, report introduces, report presents, study "
            "introduces, study presents, study proposes, further introduces, we offer, is proposed, we "
            "devise, we describe, we formulate, we provide, we unveil, this paper provides, proposed in "
            "this, we share, we extend, we document, we establish, we detail"
        ),
        "calls it new": (
            "a novel, novel, a new, the first, called, named, dubbed, termed, first-ever, simple yet, a "
            "simple, an efficient, an open-source, a comprehensive, a unified, a large-scale"
        ),
        "aims": (
            "we study, we investigate, we explore, we examine, we ask, we aim, we seek, we focus, we "
            "revisit, we analyze, we consider, we address, we tackle, we argue, aims to, aim to, aim at, "
            "our goal, our objective, the goal, goal is, objective is, paper investigates, paper "
            "explores, paper studies, paper examines, paper addresses, paper focuses, paper aims, paper "
            "argues, paper revisits, paper asks, paper analyzes, work investigates, work explores, work "
            "studies, work examines, work addresses, work focuses, work aims, study investigates, study "
            "explores, study examines, study aims, research question, position paper, the question, we "
            "pose, we rethink, the position, new research problem, we test, we propose to, in this study, "
            "to understand, to what extent, whether"
        ),
        "this paper": (
            "this paper, this work, this study, this report, this article, technical report, this "
            "research, our work, our paper, our study, our research, position paper, in this study"
        ),
        "answers a need": (
            "^ to address, ^ to this end, ^ to bridge, ^ to overcome, ^ to mitigate, ^ to tackle, ^ to "
            "solve, ^ to fill, ^ to alleviate, ^ to enable, ^ to resolve, ^ to answer, ^ to explore, ^ to "
            "systematically, ^ to achieve, ^ motivated by, ^ inspired by, ^ building on, ^ in response, ^ "
            "to remedy, ^ to help, ^ based on these, ^ drawing inspiration, ^ to close, ^ to investigate"
        ),
        "turns": "^ however, ^ but, ^ yet, ^ unfortunately, ^ nevertheless, ^ nonetheless, ^ still",
        "concedes": "^ while, ^ although, ^ though, ^ despite, ^ even though, ^ whereas",
        "gap": (
            "remains, remain, challenging, challenge, challenges, underexplored, unexplored, "
            "under-explored, unclear, limited, limitation, limitations, lack, lacks, lacking, struggle, "
            "struggles, suffer, suffers, fail, fails, hinder, hinders, hindered, hindering, difficult, "
            "difficulty, costly, expensive, insufficient, inefficient, overlook, overlooks, overlooking, "
            "overlooked, neglect, bottleneck, bottlenecks, restrict, restricts, limiting, limits, cannot, "
            "unable, scarcity, poorly, prohibitive, little, problem, issue, issues, hard to, open "
            "question, impractical, constrained, vulnerable, inadequate, drawbacks"
        ),
        "others": (
            "existing, previous, prior, current, conventional, traditional, most, many, approaches, "
            "methods, previously, often, typically, primarily, mainly, rely, relies, usually, commonly, "
            "generally, largely, tend, standard, mainstream"
        ),
        "the field": (
            "recent, recently, advances, advancements, advancement, progress, rapid, growing, emerged, "
            "gained, attention, crucial, essential, important, fundamental, vital, critical, key, widely, "
            "popular, promising, success, remarkable, impressive, increasingly, ability, capabilities, "
            "have shown, have demonstrated, has shown, have achieved, have been, has been, has become, "
            "have become, has emerged, have emerged, applications, widespread, ubiquitous, breakthroughs, "
            "powerful, paramount, central, revolutionized, great, significant progress"
        ),
        "finds": (
            "we find, we show, we observe, we demonstrate, we discover, we reveal, we prove, we confirm, "
            "we verify, we identify, we found, we show that, show that, shows that, showing that, find "
            "that, finding that, found that, revealing, reveal, reveals, results show, demonstrate that, "
            "demonstrates that, indicate that, indicating, observe that, confirm, confirms, results "
            "demonstrate, we uncover, results indicate, results suggest, analysis shows, surprisingly, "
            "interestingly, notably, demonstrating, evidence, exhibits, exhibit, demonstrates, remarkably"
        ),
        "experiments": (
            "experiments, experiment, experimental, experimental results, evaluation, evaluations, "
            "evaluations on, results, empirical, empirically, extensive, ablation, ^ extensive, ^ "
            "experiments, ^ experimental, ^ empirical, ^ comprehensive, evaluated on, ^ results, ^ "
            "evaluation, ^ through extensive, analyses, analysis"
        ),
        "beats": (
            "outperform, outperforms, outperforming, outperformed, surpass, surpasses, surpassing, "
            "exceeds, exceeding, state-of-the-art, state of the, sota, superior, superiority, achieves, "
            "achieve, achieving, achieved, comparable, competitive, on par, consistently, significantly, "
            "improvement, improvements, gains, gain, boosts, boosting, effectiveness, outstanding, strong "
            "performance, better, faster, speedup, speedups, higher, lower, reduction, while maintaining, "
            "compared to, compared with, relative to, generalizes, improves, reduces, reducing, best, "
            "attains, matches, matching, robustness, scores"
        ),
        "measures": (
            "accuracy, performance, benchmarks, baselines, baseline, tasks, datasets, metrics, score, "
            "success rate, win rate, latency, throughput, f1, fid, gpt-4, gpt-4o, average, up to, by up "
            "to, on average"
        ),
        "steps": (
            "^ specifically, ^ concretely, ^ in particular, ^ first, ^ firstly, ^ second, ^ secondly, ^ "
            "third, ^ then, ^ finally, ^ next, ^ by, ^ in this way, ^ the key, ^ at its, ^ "
            "unlike, ^ given, ^ instead, ^ in the, ^ leveraging, ^ through, stage, stages, two-stage, "
            "three-stage, phase, phases, in two, core idea, key idea, ^ at the core, ^ starting"
        ),
        "works by": (
            "consists of, consisting, comprises, comprising, employ, employs, employing, leverage, "
            "leverages, leveraging, incorporate, incorporates, incorporating, integrates, integrating, "
            "utilizes, utilizing, utilize, combines, combining, adopts, adopting, uses, we use, using, "
            "operates, builds, encodes, extracts, selects, trains, trained, we train, fine-tuning, "
            "generates, generate, learns, aligns, mechanism, module, modules, encoder, decoder, "
            "attention, loss, reward, optimization, optimize, optimizes, sampling, via, based on, is "
            "designed, each, covers, covering, spanning, contains, includes, including, curated, "
            "annotated, collected, collect, we curate, we collect, dynamically, adaptively, iteratively, "
            "jointly, allowing, enabling, enables, ensures, ensuring, into, features, introduces, "
            "converts, we apply, we conduct, we evaluate, we compare, we employ, we leverage"
        ),
        "our thing": (
            "our method, our approach, our framework, our model, our models, our system, our benchmark, "
            "our dataset, our pipeline, our algorithm, the proposed, our proposed, this approach, this "
            "method, this framework, our technique, our design, this design, our key"
        ),
        "adds": "^ additionally, ^ furthermore, ^ moreover, ^ in addition, ^ besides, also, further",
        "concludes": (
            "^ overall, ^ our findings, ^ these findings, ^ these results, ^ our work, ^ our results, ^ "
            "this work, ^ together, ^ taken together, ^ in summary, ^ thus, ^ therefore, ^ these "
            "insights, ^ our analysis, ^ our study, ^ ultimately, ^ in conclusion"
        ),
        "outlook": (
            "insights, insight, future, pave, paves, paving, highlight, highlights, highlighting, "
            "underscore, underscores, underscoring, potential, hope, we hope, we believe, implications, "
            "opens, opening, community, suggest, suggests, suggesting, emphasize, emphasizes, research "
            "directions, directions, facilitate, foundation, need for, step toward, step towards, "
            "advance, advancing, contribute to, contributes to, new avenues, broader, valuable, guide, "
            "guidance, importance of, inspire, practical, real-world, shed light, sheds light, towards, "
            "foster, potentially, opportunities, serve as, serves as, we plan, serving as, promises"
        ),
        "available": (
            "available, open-source, open-sourced, code, codes, publicly, project page, released, ^ code, "
            "^ the code, ^ our code, ^ project, website, webpage, ^ we release, weights, we open-source, "
            "accessible, visit, homepage, released at, repository"
        ),
        "we": "we",
        "our": "our",
        "points back": "^ this, ^ these, ^ it, ^ such, ^ they, ^ as a result",
        "for example": "^ for example, ^ for instance",
    }.items()
}

# Whole numbers, so that sums are exact whatever their order. ``benchmarks/extractive.py --fit`` finds them.
WEIGHTS: Final[Mapping[str, Sequence[int]]] = {
    # background, objective, novelty, method, result, implication
    "adds": (0, -1, -3, 0, 4, -1),
    "aims": (-3, 20, -2, -3, 0, -1),
    "always": (4, -3, -1, 0, 1, -2),
    "answers a need": (-3, 3, 5, -2, -2, -2),
    "available": (1, -1, 0, -5, 1, 14),
    "beats": (0, 0, -2, -1, 14, -2),
    "calls it new": (-5, 3, 10, -1, -7, 1),
    "concedes": (13, 0, 0, 0, -2, 0),
    "concludes": (0, 2, -2, -1, -1, 12),
    "experiments": (-1, 0, -3, -1, 13, 2),
    "figure": (-4, -3, 3, -1, 9, -4),
    "finds": (-1, -2, -4, -1, 19, -2),
    "first sentence": (3, 1, 2, -3, -1, -2),
    "first third": (8, 2, -1, -1, -6, -3),
    "gap": (14, 0, 3, -7, 2, -1),
    "introduces": (-3, 0, 21, 0, -5, -2),
    "last sentence": (-1, -1, 0, -5, -1, 8),
    "last third": (-4, -3, -1, -2, 3, 6),
    "link": (0, 0, 0, 0, -2, 3),
    "measures": (0, -3, -1, -2, 7, -2),
    "names what was introduced": (-2, -1, -1, 3, 1, 0),
    "numbered list": (0, 0, -1, 1, 0, 0),
    "others": (11, 2, -1, -2, 0, -1),
    "our": (-3, 1, -2, -2, 2, 4),
    "our thing": (-2, -1, -2, 10, 4, 0),
    "outlook": (2, -3, 3, -1, -4, 13),
    "points back": (-1, 1, -2, 3, -1, 0),
    "question": (-1, 2, -1, 0, 0, 0),
    "ratio": (1, 0, -1, -2, 3, -1),
    "second sentence": (3, 2, -2, 0, -3, 1),
    "second third": (-1, -2, 0, 4, 2, -4),
    "steps": (2, -3, 2, 12, -1, -1),
    "the authors spoke before": (-9, -3, -2, 9, 2, 3),
    "the field": (10, 1, -1, -2, 1, 1),
    "this paper": (-6, 0, 4, 1, 0, 0),
    "turns": (11, 0, -1, -2, 2, 0),
    "we": (-6, 4, 7, -1, -3, -2),
    "works by": (2, -3, 3, 12, -2, -2),
}
FOLLOWS: Final[Sequence[Sequence[int]]] = (
    (10, 3, 5, -6, -4, -3),  # after background
    (1, 0, 1, 0, -3, -1),  # after objective
    (0, -1, -4, 9, -2, -2),  # after novelty
    (-3, -1, -1, 7, 4, 0),  # after method
    (-4, -4, -2, -5, 9, 8),  # after result
    (-2, 0, -2, -2, -4, -1),  # after implication
)


def sum_weights(names: Iterable[str], weights: Mapping[str, Sequence[int]]) -> list[int]:
    """For each role, the sum of the weights of these cues."""
    rows = [weights[cue] for cue in names if cue in weights]
    return [sum(column) for column in zip(*rows, strict=True)] if rows else [0] * len(ROLES)


_TOKEN = re.compile(r"[a-z][a-z0-9'-]*|[.:;?]")
_ADVERB = re.compile(r"\bwe (?:also|then|further|first|next|thus|therefore|here|now|[a-z]+ly) ")

_PATTERNS: Final = {
    "figure": re.compile(r"(?<![\w.,-])\d[\d,.]*(?![\w-])"),
    "ratio": re.compile(r"\d\s?\\?%|\d\s?(?:x|×|times)\b|\bpoints?\b"),
    "link": re.compile(r"https?://|www\.|github\.(?:io|com)"),
    "numbered list": re.compile(r"\((?:1|i|a)\)|\b1\)"),
    "question": re.compile(r"\?"),
}


def _index_by_first_word(cues: Mapping[str, Sequence[str]]) -> dict[str, list[tuple[list[str], str]]]:
    """The phrases of all cues by their first word: the words that must follow it, and the name of the cue."""
    index: dict[str, list[tuple[list[str], str]]] = {}
    for name, phrases in cues.items():
        for first, *rest in map(str.split, phrases):
            index.setdefault(first, []).append((rest, name))
    return index


_PHRASES: Final = _index_by_first_word(CUES)


def _cues(texts: Sequence[str]) -> list[frozenset[str]]:
    """The cues of each sentence of one abstract."""
    new_names: set[str] = set()
    earlier_names: set[str] = set()
    authors_spoke = False
    result = []
    for place, text in enumerate(texts):
        names = _names(text)
        sentence_cues = {"always", *_phrase_cues(text), *_place_cues(place, len(texts))}
        sentence_cues.update(name for name, pattern in _PATTERNS.items() if pattern.search(text))
        if authors_spoke:
            sentence_cues.add("the authors spoke before")
        if new_names & names:
            sentence_cues.add("names what was introduced")
        if "introduces" in sentence_cues and not new_names:
            new_names = names - earlier_names
        earlier_names |= names
        authors_spoke = authors_spoke or not sentence_cues.isdisjoint({"we", "our", "this paper"})
        result.append(frozenset(sentence_cues))
    return result


def _phrase_cues(text: str) -> Iterator[str]:
    words = ["^", *_TOKEN.findall(_ADVERB.sub("we ", text.lower()))]
    for place, word in enumerate(words):
        for rest, name in _PHRASES.get(word, ()):
            if words[place + 1 : place + 1 + len(rest)] == rest:
                yield name


def _names(text: str) -> set[str]:
    """Words that look like names that authors coin: capitals or digits after the first letter."""
    return {word for word in re.findall(r"[\w-]+", text) if word[0].isalpha() and word[1:] != word[1:].lower()}


def _place_cues(place: int, of: int) -> Iterator[str]:
    if place == 0:
        yield "first sentence"
    elif place == 1:
        yield "second sentence"
    if place == of - 1:
        yield "last sentence"
    yield ("first third", "second third", "last third")[min(2, 3 * place // of)]
