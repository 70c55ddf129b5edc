"""How well roles are read and parts filled, against abstracts labelled by hand; and the fit of the weights.

    python benchmarks/extractive.py                 print the tables
    python benchmarks/extractive.py FILE            score other labels, of roles or of parts (see parts.py)
    python benchmarks/extractive.py --parts         print the parts of the development half that are labelled otherwise
    python benchmarks/extractive.py --docs          put them into docs/extractive-summaries.md
    python benchmarks/extractive.py --development   cross-validate in the development half, leaving the other unread
    python benchmarks/extractive.py --fit           fit the weights on the development half and print them

The abstracts are read from a folder of recorded Hugging Face listings (``--corpus``), which is no part of the
repository; the labels hold places and hashes only.
"""

import argparse
import math
import random
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path
from statistics import fmean

from corpus import CORPUS, read_corpus, with_figures
from parts import parts_table, read_parts, score_parts

from assay.digest.extractive import extract
from assay.digest.roles import FOLLOWS, ROLES, WEIGHTS, Role, best_roles, cues
from assay.digest.sentences import mend
from assay.papers.models import ALL_PARTS, Paper
from assay.papers.sentences import Span, split

HERE = Path(__file__).parent
GOLD = HERE.parent / "tests" / "digest" / "gold_roles.toml"
GOLD_PARTS = HERE.parent / "tests" / "digest" / "gold_parts.toml"
DOCS = HERE.parent / "docs" / "extractive-summaries.md"


@dataclass(frozen=True)
class Labelled:
    """One abstract of the gold set."""

    id: str
    half: str
    """``development`` or ``held out``; empty in labels without halves."""
    abstract: str
    spans: tuple[Span, ...]
    roles: tuple[tuple[Role, ...], ...]
    """Per sentence, the acceptable roles, the main one first."""


Reader = Callable[[str], Sequence[Role]]
"""Gives each sentence of an abstract a role."""
Weights = Mapping[str, Sequence[int]]
Follows = Sequence[Sequence[int]]


def read_gold(corpus: Path, gold: Path = GOLD) -> list[Labelled]:
    """The labelled abstracts.

    Raises:
        ValueError: if an abstract is missing, is not the one that was labelled, or is split in another way.
    """
    papers = read_corpus(corpus, listings=("hf_evening", "hf_morning", "hf_year"), days="*")
    read = []
    for entry in tomllib.loads(gold.read_text(encoding="utf-8"))["paper"]:
        paper = papers.get(entry["id"])
        if paper is None or sha256(paper.abstract.encode()).hexdigest() != entry["sha256"]:
            raise ValueError(f"{gold.name}: the abstract of {entry['id']} that was labelled is not in {corpus}")
        spans = tuple(Span(*sentence["at"]) for sentence in entry["sentences"])
        if tuple(split(paper.abstract)) != spans:
            raise ValueError(f"{gold.name}: {entry['id']} is split into other sentences than when it was labelled")
        roles = tuple(tuple(Role(role) for role in sentence["roles"]) for sentence in entry["sentences"])
        read.append(Labelled(entry["id"], entry.get("half", ""), paper.abstract, spans, roles))
    return read


EXPECTED: Mapping[str, Role] = {
    "others": Role.BACKGROUND,
    "gap": Role.BACKGROUND,
    "the field": Role.BACKGROUND,
    "turns": Role.BACKGROUND,
    "concedes": Role.BACKGROUND,
    "aims": Role.OBJECTIVE,
    "introduces": Role.NOVELTY,
    "steps": Role.METHOD,
    "works by": Role.METHOD,
    "our thing": Role.METHOD,
    "finds": Role.RESULT,
    "experiments": Role.RESULT,
    "beats": Role.RESULT,
    "concludes": Role.IMPLICATION,
    "outlook": Role.IMPLICATION,
    "available": Role.IMPLICATION,
}
"""The role that a cue was made for. Its weight for that role is drawn to 1, all others to 0: thirty abstracts are few,
and some roles are rare in them."""


def fit(abstracts: Sequence[Labelled], *, strength: float = 2.0, rounds: int = 60) -> tuple[Weights, Follows]:
    """Fit weights as a linear-chain conditional random field, in tenths.

    Maximises the log-likelihood that every sentence gets one of its acceptable roles, less ``strength / 2`` times the
    squared distance of the weights from what is `EXPECTED`, by resilient propagation: each weight has its own step,
    which grows while the slope keeps its sign and halves when it turns. No randomness; two runs give the same weights.
    """
    shown = [[sorted(names) for _, names in cues(item.abstract)] for item in abstracts]
    names = sorted({name for item in shown for sentence in item for name in sentence})
    rows = [*names, *(f"after {role}" for role in ROLES)]
    start = {row: [float(EXPECTED.get(row) is role) for role in ROLES] for row in rows}
    weights = {row: list(values) for row, values in start.items()}
    steps = {row: [0.1] * len(ROLES) for row in rows}
    before = {row: [0.0] * len(ROLES) for row in rows}
    for _ in range(rounds):
        slope = {
            row: [strength * (drawn - value) for drawn, value in zip(start[row], weights[row], strict=True)]
            for row in rows
        }
        for item, sentences in zip(abstracts, shown, strict=True):
            _add_slope(slope, weights, sentences, item.roles)
        for row in rows:
            for at, (new, old) in enumerate(zip(slope[row], before[row], strict=True)):
                steps[row][at] *= 1.2 if new * old > 0 else 0.5 if new * old < 0 else 1.0
                weights[row][at] += math.copysign(steps[row][at], new) if new else 0.0
        before = slope
    rounded = {row: tuple(round(10 * value) for value in weights[row]) for row in rows}
    follows = tuple(rounded.pop(f"after {role}") for role in ROLES)
    return {row: values for row, values in rounded.items() if any(values)}, follows


def _add_slope(
    slope: dict[str, list[float]],
    weights: Mapping[str, Sequence[float]],
    sentences: Sequence[Sequence[str]],
    roles: Sequence[Sequence[Role]],
) -> None:
    """Add one abstract's slope: what its acceptable role sequences show, less what all sequences show."""
    follows = [weights[f"after {role}"] for role in ROLES]
    scores = [[sum(weights[name][role] for name in shown) for role in range(len(ROLES))] for shown in sentences]
    acceptable = [[role in allowed for role in ROLES] for allowed in roles]
    every = [[True] * len(ROLES) for _ in roles]
    for allowed, sign in ((acceptable, 1.0), (every, -1.0)):
        single, pairs = _marginals(scores, follows, allowed)
        for shown, chances in zip(sentences, single, strict=True):
            for name in shown:
                for at, chance in enumerate(chances):
                    slope[name][at] += sign * chance
        for pair in pairs:
            for before, chances in zip(ROLES, pair, strict=True):
                for at, chance in enumerate(chances):
                    slope[f"after {before}"][at] += sign * chance


def _marginals(
    scores: Sequence[Sequence[float]], follows: Sequence[Sequence[float]], allowed: Sequence[Sequence[bool]]
) -> tuple[list[list[float]], list[list[list[float]]]]:
    """The chance of each role per sentence, and of each pair of roles per neighbouring sentences (forward-backward)."""
    every = range(len(ROLES))
    local = [
        [math.exp(score - max(row)) if may else 0.0 for score, may in zip(row, mask, strict=True)]
        for row, mask in zip(scores, allowed, strict=True)
    ]
    step = [[math.exp(value) for value in row] for row in follows]
    forward = [_to_one(local[0])]
    for here in local[1:]:
        forward.append(_to_one([here[r] * sum(forward[-1][b] * step[b][r] for b in every) for r in every]))
    backward = [[1.0] * len(ROLES)]
    for here in reversed(local[1:]):
        backward.append(_to_one([sum(step[b][r] * here[r] * backward[-1][r] for r in every) for b in every]))
    backward.reverse()
    single = [_to_one([f * b for f, b in zip(*both, strict=True)]) for both in zip(forward, backward, strict=True)]
    pairs = []
    for at in range(1, len(local)):
        pair = [[forward[at - 1][b] * step[b][r] * local[at][r] * backward[at][r] for r in every] for b in every]
        total = sum(map(sum, pair))
        pairs.append([[value / total for value in row] for row in pair])
    return single, pairs


def _to_one(values: Sequence[float]) -> list[float]:
    total = sum(values)
    return [value / total for value in values]


def by_position(abstracts: Sequence[Labelled], places: int = 6) -> Reader:
    """A reader that looks at nothing but where a sentence stands: the commonest role of each sixth of an abstract."""
    seen: dict[int, Counter[Role]] = {}
    for item in abstracts:
        for place, roles in enumerate(item.roles):
            seen.setdefault(_place(place, len(item.roles), places), Counter())[roles[0]] += 1
    commonest = {place: counts.most_common(1)[0][0] for place, counts in seen.items()}
    fallback = majority(abstracts)("x")[0]

    def read(abstract: str) -> list[Role]:
        count = len(split(abstract))
        return [commonest.get(_place(place, count, places), fallback) for place in range(count)]

    return read


def _place(place: int, of: int, places: int) -> int:
    return places * place // of


def majority(abstracts: Sequence[Labelled]) -> Reader:
    """A reader that gives every sentence the commonest role."""
    commonest = Counter(roles[0] for item in abstracts for roles in item.roles).most_common(1)[0][0]
    return lambda abstract: [commonest] * len(split(abstract))


def by_cues(weights: Weights = WEIGHTS, follows: Follows = FOLLOWS) -> Reader:
    """A reader by cues alone, with any weights."""
    return lambda abstract: best_roles([names for _, names in cues(abstract)], weights, follows)


def mended(weights: Weights = WEIGHTS, follows: Follows = FOLLOWS) -> Reader:
    """The reader of the product: by cues, and then by what whole sentences tell."""

    def read(abstract: str) -> list[Role]:
        shown = cues(abstract)
        sets = [names for _, names in shown]
        texts = [abstract[span.start : span.end] for span, _ in shown]
        return mend(best_roles(sets, weights, follows), sets, texts)

    return read


def accuracy(reader: Reader, abstracts: Iterable[Labelled], *, strict: bool = False) -> float:
    """The share of sentences that get an acceptable role, or with ``strict`` the main one."""
    right = [
        given is roles[0] if strict else given in roles
        for item in abstracts
        for given, roles in zip(reader(item.abstract), item.roles, strict=True)
    ]
    return sum(right) / len(right)


def fitted_source(weights: Weights, follows: Follows) -> str:
    """The two tables as Python, as they stand in `assay.digest.extractive`."""
    return "\n".join(
        [
            "WEIGHTS: Final[Mapping[str, Sequence[int]]] = {",
            f"    # {', '.join(ROLES)}",
            *(f'    "{cue}": {values},' for cue, values in sorted(weights.items())),
            "}",
            "FOLLOWS: Final[Sequence[Sequence[int]]] = (",
            *(f"    {values},  # after {role}" for role, values in zip(ROLES, follows, strict=True)),
            ")",
        ]
    )


MAKERS: Mapping[str, Callable[[Sequence[Labelled]], Reader]] = {
    "cues and whole sentences (this summariser)": lambda abstracts: mended(*fit(abstracts)),
    "cues": lambda abstracts: by_cues(*fit(abstracts)),
    "position only": by_position,
    "commonest role": majority,
}


def tables(corpus: Path) -> str:
    """The figures of the documentation, as Markdown."""
    gold = read_gold(corpus)
    halves = {half: [item for item in gold if item.half == half] for half in ("development", "held out")}
    development = halves["development"]
    low, high = _interval(mended(), halves["held out"])
    swapped = accuracy(mended(*fit(halves["held out"])), development)
    lines = [
        "| accuracy | development | development, cross-validated | held out | held out, main role only |",
        "|---|---|---|---|---|",
        *(
            f"| {name} | {accuracy(reader, development):.3f} | {_across(development, make):.3f} "
            f"| {accuracy(reader, halves['held out']):.3f} | {accuracy(reader, halves['held out'], strict=True):.3f} |"
            for name, make in MAKERS.items()
            for reader in [make(development)]
        ),
        "",
        f"With papers drawn again and again, 95 % of the held-out accuracies lie between {low:.3f} and {high:.3f}.",
        f"With the halves swapped, weights fitted on the held-out half reach {swapped:.3f} on the development half.",
        "",
        *_role_table(halves),
        "",
        *parts_of(corpus, GOLD_PARTS),
        "",
        *_fill_table(read_corpus(corpus, listings=("hf_evening",), days="*").values()),
    ]
    return "\n".join(lines)


def parts_of(corpus: Path, gold: Path) -> Iterator[str]:
    """How the parts of summaries compare with a file of labels, by half, as the lines of a table."""
    labelled = read_parts(corpus, gold)
    halves = dict.fromkeys(item.half for item in labelled)
    return parts_table({half: score_parts([item for item in labelled if item.half == half]) for half in halves})


def of_file(corpus: Path, gold: Path) -> str:
    """How a file of other labels is met: of roles, or of parts."""
    entries = tomllib.loads(gold.read_text(encoding="utf-8"))["paper"]
    if "sentences" not in entries[0]:
        return "\n".join(parts_of(corpus, gold))
    abstracts = read_gold(corpus, gold)
    return f"roles right {accuracy(mended(), abstracts):.3f}"


def _across(development: Sequence[Labelled], make: Callable[[Sequence[Labelled]], Reader], folds: int = 6) -> float:
    """Accuracy on each sixth of the abstracts of a reader made from the other five, averaged."""
    return fmean(
        accuracy(make([item for at, item in enumerate(development) if at % folds != fold]), development[fold::folds])
        for fold in range(folds)
    )


def _interval(reader: Reader, abstracts: Sequence[Labelled], draws: int = 1000) -> tuple[float, float]:
    """The middle 95 % of the accuracies on as many abstracts drawn with replacement."""
    rights = [
        [given in roles for given, roles in zip(reader(item.abstract), item.roles, strict=True)] for item in abstracts
    ]
    draw = random.Random(0)
    means = sorted(fmean(chain.from_iterable(draw.choices(rights, k=len(rights)))) for _ in range(draws))
    return means[draws // 40], means[-draws // 40]


def _role_table(halves: Mapping[str, Sequence[Labelled]]) -> Iterator[str]:
    yield "| role | " + " | ".join(f"{half}: precision | recall | n" for half in halves) + " |"
    yield "|---" * (1 + 3 * len(halves)) + "|"
    rows = {half: _precision_and_recall(mended(), abstracts) for half, abstracts in halves.items()}
    for role in ROLES:
        yield f"| {role} | " + " | ".join(rows[half][role] for half in halves) + " |"
    yield (
        "| sentences | "
        + " | ".join(f" | | {sum(len(item.roles) for item in abstracts)}" for abstracts in halves.values())
        + " |"
    )


def _precision_and_recall(reader: Reader, abstracts: Iterable[Labelled]) -> dict[Role, str]:
    """Per role: of the sentences given it, the share that may have it; of those whose main role it is, the share that
    get an acceptable one; and how many those are."""
    given_it, rightly, main, found = Counter[Role](), Counter[Role](), Counter[Role](), Counter[Role]()
    for item in abstracts:
        for given, roles in zip(reader(item.abstract), item.roles, strict=True):
            given_it[given] += 1
            rightly[given] += given in roles
            main[roles[0]] += 1
            found[roles[0]] += given in roles
    return {
        role: f"{_share(rightly[role], given_it[role])} | {_share(found[role], main[role])} | {main[role]}"
        for role in ROLES
    }


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "-"


def _fill_table(papers: Iterable[Paper]) -> Iterator[str]:
    summaries = [extract(paper).languages["en"] for paper in papers]
    yield f"| part | filled, of {len(summaries)} papers |"
    yield "|---|---|"
    for part in ALL_PARTS:
        yield f"| {part} | {sum(bool(getattr(summary, part)) for summary in summaries) / len(summaries):.1%} |"


def main() -> None:
    """Print the tables, or do what an option says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path, nargs="?", metavar="FILE")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--docs", action="store_true")
    what.add_argument("--development", action="store_true")
    what.add_argument("--fit", action="store_true")
    what.add_argument("--parts", action="store_true")
    options = parser.parse_args()
    if options.labels:
        print(of_file(options.corpus, options.labels))
        return
    if options.parts:
        development = [item for item in read_parts(options.corpus) if item.half == "development"]
        print("\n".join(score_parts(development).misses))
        return
    if options.fit or options.development:
        labelled = [item for item in read_gold(options.corpus) if item.half == "development"]
        if options.fit:
            print(fitted_source(*fit(labelled)))
        else:
            print("\n".join(f"{name}: {_across(labelled, make):.3f}" for name, make in MAKERS.items()))
    elif options.docs:
        DOCS.write_text(with_figures(DOCS.read_text(encoding="utf-8"), tables(options.corpus)), encoding="utf-8")
    else:
        print(tables(options.corpus))


if __name__ == "__main__":
    main()
