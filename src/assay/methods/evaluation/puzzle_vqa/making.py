"""Makes puzzles: each from random numbers of its own, which only its kind, its number and the seed decide."""

from collections.abc import Iterable
from hashlib import sha256
from random import Random

from assay.methods.evaluation.puzzle_vqa.abstract import ABSTRACT
from assay.methods.evaluation.puzzle_vqa.counting import COUNTING
from assay.methods.evaluation.puzzle_vqa.puzzle import Draft, Puzzle
from assay.methods.evaluation.puzzle_vqa.searching import SEARCHING

_ALGORITHMIC = dict(sorted((COUNTING | SEARCHING).items()))
FAMILIES = {"abstract": tuple(ABSTRACT), "algorithmic": tuple(_ALGORITHMIC)}
"""The kinds of each family."""
KINDS = FAMILIES["abstract"] + FAMILIES["algorithmic"]
_OPTIONS = 4


def make(kinds: Iterable[str] | str = KINDS, n: int = 10, *, seed: int = 0) -> list[Puzzle]:
    """Puzzles, n of each kind.

    Args:
        kinds: Names out of `KINDS`, or the name of a family.
        n: Of each kind.
        seed: Of all; a puzzle is the same whatever others are made.

    Raises:
        ValueError: There is no such kind, or n is below 1.
    """
    names = FAMILIES.get(kinds, (kinds,)) if isinstance(kinds, str) else tuple(kinds)
    if n < 1:
        raise ValueError(f"n is {n}: give 1 or more")
    return [make_one(kind, number, seed=seed) for kind in names for number in range(n)]


def make_one(kind: str, number: int, *, seed: int = 0) -> Puzzle:
    """The puzzle of a kind that has this number."""
    if kind not in KINDS:
        raise ValueError(f"no kind of puzzle is named {kind!r} (there are: {', '.join(KINDS)})")
    name = f"{kind}-{seed}-{number}"
    rng = Random(int.from_bytes(sha256(name.encode()).digest()[:8], "big"))  # noqa: S311 - no secret
    abstract = kind in ABSTRACT
    draft = (ABSTRACT[kind][1] if abstract else _ALGORITHMIC[kind])(rng)
    choices = [draft.answer, *_wrong_options(rng, draft)]
    rng.shuffle(choices)
    return Puzzle(
        id=name,
        kind=kind,
        concept=ABSTRACT[kind][0] if abstract else kind,
        family="abstract" if abstract else "algorithmic",
        question=draft.question,
        choices=tuple(choices),
        answer=draft.answer,
        caption=draft.caption,
        explanation=draft.explanation,
        deduction=draft.deduction,
        draw=draft.draw,
    )


def _wrong_options(rng: Random, draft: Draft) -> list[str]:
    """Three of the wrong answers, or all. Of numbers, none to three are smaller than the answer."""
    wrong, wanted = list(draft.wrong), _OPTIONS - 1
    if not all(each.isdigit() for each in (draft.answer, *wrong)):
        return rng.sample(wrong, min(wanted, len(wrong)))
    below = [each for each in wrong if int(each) < int(draft.answer)]
    above = [each for each in wrong if each not in below]
    smaller = rng.randint(max(0, wanted - len(above)), min(wanted, len(below)))
    return rng.sample(below, smaller) + rng.sample(above, wanted - smaller)
