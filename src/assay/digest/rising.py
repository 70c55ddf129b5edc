"""Finds the terms that more papers have in a span of days than in those before, and tells a rise from chance.

A term counts once for each paper whose title or abstract has it. Which terms there are, titles and keywords say; what
is counted are texts alone, since not every source gives keywords. The two shares are compared by their log odds, with
the share in all papers together as a prior worth ten papers, so that a rare term needs more of a rise. Hundreds of
terms are tried at once: those are sure of which at most one in ten is expected to be chance (Benjamini and Hochberg);
of the others the likeliest are told as such.
"""

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from math import erfc, log, sqrt
from typing import NamedTuple

from assay.papers.mathematics import to_text
from assay.papers.models import Paper
from assay.papers.period import RisingTerm
from assay.reader.terms import is_function_word, words_of

LEAST_BEFORE = 50
"""So many papers are needed to compare with."""
_PRIOR = 10.0
_CHANCE = 0.1
_LIKELY = 1.645
"""From how many standard deviations on a rise is told that may be chance: one term in twenty has it without any."""
_LEAST = 3
"""A term of fewer papers is not tried."""
_LONGEST = 3
_SHARED = 0.6
"""Two terms with a word in common that share this much of their papers are one rise."""


class Rise(NamedTuple):
    """What is on the rise, and among how many terms it was found."""

    terms: list[RisingTerm]
    tried: int


class Terms:
    """The terms of papers: each paper is read once, however many spans it is compared in."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self._named = {paper.id: list(_named_terms(paper)) for paper in papers}
        known = {key for terms in self._named.values() for key, _ in terms}
        self._having = {paper.id: _terms_in(paper, known) for paper in papers}

    def forms(self, papers: Iterable[Paper]) -> dict[str, list[str]]:
        """Every term that is a keyword or stands in a title of these papers, with how it is written each time."""
        forms: dict[str, list[str]] = {}
        for paper in papers:
            for key, form in self._named[paper.id]:
                forms.setdefault(key, []).append(form)
        return forms

    def of(self, paper: Paper, among: Container[str]) -> Iterator[str]:
        """The terms, among these, that a paper has in its title or abstract, each once."""
        return (term for term in self._having[paper.id] if term in among)


def find_rising(
    papers: Sequence[Paper],
    before: Sequence[Paper],
    votes: Mapping[str, int | None],
    terms: Terms | None = None,
) -> Rise:
    """The terms on the rise in papers against those before, the surest first.

    Args:
        papers: those of the span, with an abstract.
        before: those to compare with, with an abstract.
        votes: by paper, for the order of examples.
        terms: those of all these papers and maybe others, for who compares several spans.
    """
    known = terms or Terms([*papers, *before])
    forms = known.forms([*papers, *before])
    having: dict[str, set[str]] = {}
    for paper in papers:
        for term in known.of(paper, forms):
            having.setdefault(term, set()).add(paper.id)
    earlier = Counter(term for paper in before for term in known.of(paper, forms))
    scores = {
        term: _z(len(ids), len(papers), earlier[term], len(before))
        for term, ids in having.items()
        if len(ids) >= _LEAST
    }
    sure = _beyond_chance(scores)
    likely = [term for term in sorted(scores, key=lambda term: (-scores[term], term)) if scores[term] >= _LIKELY]
    rising = []
    for term in _each_once(likely, having):
        form = _form(forms[term])
        rising.append(
            RisingTerm(
                term=form,
                is_name=all(map(_is_name, form.split())),
                papers=len(having[term]),
                before=earlier[term],
                z=round(scores[term], 2),
                is_sure=term in sure,
                examples=tuple(sorted(having[term], key=lambda paper: (-(votes.get(paper) or 0), paper))[:3]),
            )
        )
    return Rise(rising, len(scores))


def _z(count: int, total: int, before: int, total_before: int) -> float:
    """The difference of two log odds in its standard deviations, both drawn towards the share in all of the papers."""
    share = (count + before + 1) / (total + total_before + 2)  # neither none nor all
    with_it, without = _PRIOR * share, _PRIOR * (1 - share)
    cells = (count + with_it, total - count + without, before + with_it, total_before - before + without)
    difference = log(cells[0] / cells[1]) - log(cells[2] / cells[3])
    return difference / sqrt(sum(1 / cell for cell in cells))


def _beyond_chance(scores: Mapping[str, float]) -> set[str]:
    """The terms whose rise is no chance but for one in ten."""
    ordered = sorted(scores, key=lambda term: (-scores[term], term))
    kept = 0
    for place, term in enumerate(ordered, 1):
        if erfc(scores[term] / sqrt(2)) / 2 <= _CHANCE * place / len(ordered):
            kept = place
    return set(ordered[:kept])


def _each_once(terms: Iterable[str], having: Mapping[str, set[str]]) -> Iterator[str]:
    """Leave out what is the rise of a surer term in other words: ``world model`` after ``interactive world model``."""
    kept: list[str] = []
    for term in terms:
        words = set(term.split())
        if not any(
            words & set(other.split())
            and len(having[term] & having[other]) >= _SHARED * min(len(having[term]), len(having[other]))
            for other in kept
        ):
            kept.append(term)
            yield term


# ---- which terms there are ------------------------------------------------------------------------------------------

_BREAK = re.compile(r"[.,;:!?]+(?=\s|$)|[()\[\]{}\"“”‘’—–|/]|\s-\s")
_EDGES = re.compile(r"^[^\w+#]+|[^\w+#]+$")
_EMPTY = frozenset(
    """approach base based benchmark challenge comprehensive different effective efficient enable enabling enhance
    enhancing experiment existing extensive framework general high improve improving introduce introducing key large
    level low method model multiple new novel paper performance present problem propose real result robust scalable
    scale show significant simple single state state-of-the-art strong study system task technical unified use using
    various work report""".split()
)
"""What says nothing at either end of a term, or alone."""


def _named_terms(paper: Paper) -> Iterator[tuple[str, str]]:
    """The terms that are keywords or stand in the title, in the form in which they are compared and as they stand."""
    titled = (form for _, form in _grams(paper.title) if " " in form or _is_name(form))
    for form in (*paper.keywords, *titled):
        key = _key(form)
        if _is_telling(key) and (" " in key or _is_name(form)):
            yield key, form


def _terms_in(paper: Paper, known: Container[str]) -> set[str]:
    """The terms that a paper's title or abstract has; of a single word only where it is written as a name is."""
    grams = (gram for text in (paper.title, paper.abstract) for gram in _grams(text))
    return {key for key, form in grams if key in known and (" " in key or _is_name(form))}


def _grams(text: str) -> Iterator[tuple[str, str]]:
    """Up to three words side by side, in the form in which they are compared and as they are written.

    None reaches over a comma or the like, and none has a part of a word with hyphens only.
    """
    for piece in _BREAK.split(to_text(text)):
        words = [_EDGES.sub("", word) for word in piece.split()]
        keys = [_key(word) for word in words]
        for start in range(len(words)):
            key = form = ""
            for place in range(start, min(start + _LONGEST, len(words))):
                if not keys[place]:
                    break
                key = f"{key} {keys[place]}" if key else keys[place]
                form = f"{form} {words[place]}" if form else words[place]
                yield key, form


@lru_cache(100_000)
def _key(form: str) -> str:
    return " ".join(words_of(form))


def _is_telling(key: str) -> bool:
    words = key.split()
    return (
        bool(words)
        and len(words) <= _LONGEST + 1
        and not any(map(is_function_word, words))
        and words[0] not in _EMPTY
        and not words[0].endswith("ly")
        and (len(words) > 1 or len(key) > 2)
        and (words[-1] not in _EMPTY or (len(words) > 1 and words[-1] in {"model", "benchmark", "framework"}))
        and not key.replace(" ", "").isdecimal()
    )


def _is_name(word: str) -> bool:
    """Whether a word is written as names are: ``GRPO``, ``Qwen3``, ``K-LoRA``; not ``Test-Time``, ``LLM-driven``."""
    pieces = word.split("-")
    ends_small = pieces[-1].isalpha() and pieces[-1].islower()
    return not ends_small and any(re.search(r"[A-Z].*[A-Z]|[A-Za-z]\d|[a-z][A-Z]", piece) for piece in pieces)


def _form(written: Iterable[str]) -> str:
    """The form that is written most often, in small letters if it ever is, as keywords are and titles are not."""
    forms = Counter(written)
    best = max(forms, key=lambda form: (forms[form], -len(form), form))
    if all(map(_is_name, best.split())):
        return best
    small = [form for form in forms if not any(word.istitle() for word in re.split(r"[\s-]", form))]
    return max(small or [best], key=lambda form: (forms[form], form))
