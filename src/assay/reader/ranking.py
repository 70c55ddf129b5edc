"""Orders papers by what is known of a reader's interests, and says of each why it stands where it does.

Three things count: how like a paper is to those that she starred and has in her library, and how unlike to those that
she hid; which of her phrases it has; what of it she follows. Where no paper has the words of a phrase, it counts how
near to it a paper is in meaning, if that is known. Each is worked out alone and then added, so that a follow never
lowers a paper and a negative phrase never raises one. Of papers with equal scores, the one with more votes comes first,
so that the order for a reader of whom nothing is known is that of votes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple

from pydantic import Field

from assay.papers.models import Claim, Noun, Paper, PaperId
from assay.reader.interests import Follow, Interests, Phrase
from assay.reader.likeness import Likeness, Terms, learn
from assay.reader.phrases import find_phrase, running_words, wordings
from assay.reader.reasons import Reason, ReasonKind, follow_reason, likeness_reasons
from assay.reader.terms import terms_of
from assay.writing.terms import Glossary


class Ranked(Noun):
    """A paper in a reader's own order."""

    paper: PaperId
    score: float
    """The sum of its parts; the unit is a standard deviation of likeness."""
    parts: dict[str, float] = Field(default_factory=dict)
    """What ``likeness``, ``phrases``, ``meaning`` and ``follows`` add to it or take from it, where they do."""
    reasons: tuple[Reason, ...] = ()
    """The weightiest first."""


_PHRASE_WORTH = 4.0
"""What a phrase of weight one is worth that a paper has once. Chosen with `benchmarks/ranking.py`."""
_FOLLOW_WORTH = 3.0
"""What a follow is worth: as much as being among the likeliest in a hundred."""
_LIBRARY_WEIGHT = 0.5
"""Of a work of the library, where a starred paper weighs one."""
_UNREMARKABLE = 1.0
"""So many standard deviations of likeness count for nothing: some of many papers are a little like hers by chance.
Where nothing else speaks for them either, their order is that of votes."""
_NOTEWORTHY = 1.5
"""From so many on, it is told what a paper has in common with hers."""

_NEAR = 2.0
"""So many standard deviations of nearness to a phrase count for nothing; two or three papers of a hundred have more."""

Near = Callable[[Sequence[str], Sequence[Paper], Sequence[Paper]], Sequence[Mapping[str, float]]]
"""Tells how near papers are to phrases in meaning; see `assay.reader.nearness.Nearness`."""
_Claims = Mapping[str, Sequence[Claim]]
_NONE: Mapping[str, tuple[()]] = MappingProxyType({})


def rank(
    papers: Sequence[Paper],
    interests: Interests,
    *,
    background: Sequence[Paper] = (),
    votes: Mapping[str, int | None] = MappingProxyType({}),
    claims: _Claims = _NONE,
    followed: Mapping[str, Sequence[Follow]] = _NONE,
    glossary: Glossary = MappingProxyType({}),
    near: Near | None = None,
) -> list[Ranked]:
    """Put papers in the order in which a reader would want them. The same arguments in any order give the same result.

    Args:
        papers: those to order.
        interests: what is known of her.
        background: other papers of the time, which tell what is usual; a few hundred are enough.
        votes: of the papers, by id.
        claims: of any of the papers, by id: what was measured, and on what, counts among the terms of a paper.
        followed: which of her follows each paper is about, by id, as `assay.reader.following.followed` finds them.
        glossary: in which a phrase of another language has its English words.
        near: finds papers for a phrase whose words neither they nor the background have.
    """
    papers = sorted({paper.id: paper for paper in papers}.values(), key=lambda paper: paper.id)
    taste = _learn_taste(papers, interests, background, claims)
    wanted = [wordings(phrase, glossary) for phrase in interests.phrases]
    words = {paper.id: running_words(paper) for paper in papers} if wanted else {}
    meant = _find_by_meaning(interests.phrases, wanted, papers, background, words, near) if near else {}
    is_unknown = interests == Interests()
    ranked = []
    for paper in papers:
        own = words.get(paper.id, "")
        weighed = {
            "likeness": _weigh_likeness(paper, taste),
            "phrases": [_weigh_phrase(*each, own) for each in zip(interests.phrases, wanted, strict=True)],
            "meaning": [_weigh_nearness(phrase, found.get(paper.id, 0.0)) for phrase, found in meant.items()],
            "follows": [_Weighed(_FOLLOW_WORTH, (follow_reason(each, paper),)) for each in followed.get(paper.id, ())],
        }
        parts = {name: round(sum(each.worth for each in part), 6) for name, part in weighed.items()}
        ranked.append(
            Ranked(
                paper=paper.id,
                score=round(sum(parts.values()), 6),
                parts={name: worth for name, worth in parts.items() if worth},
                reasons=_by_votes(votes.get(paper.id)) if is_unknown else _tell(weighed.values()),
            )
        )
    return sorted(ranked, key=lambda each: (-each.score, -(votes.get(each.paper) or 0), each.paper))


class _Weighed(NamedTuple):
    """What something adds to a score, and the reasons to tell, if any."""

    worth: float
    reasons: Sequence[Reason] = ()


def _tell(weighed: Iterable[Sequence[_Weighed]]) -> tuple[Reason, ...]:
    """The reasons that count, the weightiest first."""
    every = (each for part in weighed for each in part if each.worth)
    return tuple(reason for each in sorted(every, key=lambda each: -abs(each.worth)) for reason in each.reasons)


def _by_votes(votes: int | None) -> tuple[Reason, ...]:
    return (Reason(kind=ReasonKind.VOTES, count=votes or 0),)


class _Taste(NamedTuple):
    """What was learnt of the papers that she chose and put aside."""

    likeness: Likeness
    terms: Mapping[str, Terms]
    """Of all papers, by id."""
    own: Mapping[ReasonKind, Sequence[Terms]]
    """Of hers, by kind."""


def _learn_taste(
    papers: Sequence[Paper], interests: Interests, background: Sequence[Paper], claims: _Claims
) -> _Taste | None:
    """Learn what sets her papers apart from those to order and those of the background; ``None`` if she has none."""
    if not (interests.starred or interests.library or interests.hidden):
        return None
    every = {each.id: each for each in (*background, *papers, *interests.starred, *interests.hidden)}
    terms = {key: _read(paper, claims.get(key, ())) for key, paper in sorted(every.items())}
    starred, hidden = ({paper.id for paper in own} for own in (interests.starred, interests.hidden))
    # A starred paper may stand in her library too.
    works = sorted((work for work in interests.library if work.arxiv_id not in starred), key=lambda work: work.key)
    own = {
        ReasonKind.STARRED: [terms[key] for key in sorted(starred)],
        ReasonKind.LIBRARY: [terms_of(f"{work.title}. {work.abstract}") for work in works],
        ReasonKind.HIDDEN: [terms[key] for key in sorted(hidden)],
    }
    wanted = [(each, 1.0) for each in own[ReasonKind.STARRED]]
    wanted += [(each, _LIBRARY_WEIGHT) for each in own[ReasonKind.LIBRARY]]
    known = starred | hidden | {work.arxiv_id for work in works}
    likeness = learn(wanted, own[ReasonKind.HIDDEN], [terms[key] for key in terms if key not in known])
    return _Taste(likeness, terms, own)


def _read(paper: Paper, claims: Sequence[Claim]) -> Terms:
    figures = (f"{claim.metric}. {claim.dataset}" for claim in claims)
    return _terms_of_paper(". ".join([paper.title, paper.abstract, *figures]))


# A server orders the same papers for many readers: most of the time goes into cutting them into terms.
_terms_of_paper = lru_cache(maxsize=1_024)(terms_of)


def _weigh_likeness(paper: Paper, taste: _Taste | None) -> list[_Weighed]:
    if taste is None:
        return []
    terms = taste.terms[paper.id]
    score = taste.likeness.score(terms)
    sign = 1 if score > 0 else -1
    worth = sign * max(abs(score) - _UNREMARKABLE, 0.0)
    if abs(score) < _NOTEWORTHY:
        return [_Weighed(worth)]
    own = {kind: each for kind, each in taste.own.items() if (kind is ReasonKind.HIDDEN) == (score < 0)}
    shares = {term: sign * share for term, share in taste.likeness.shares(terms).items() if sign * share > 0}
    return [_Weighed(worth, likeness_reasons(paper, shares, own))]


def _weigh_phrase(phrase: Phrase, wanted: Sequence[str], words: str) -> _Weighed:
    worth = _PHRASE_WORTH * phrase.weight * find_phrase(wanted, words)
    return _Weighed(worth, (Reason(kind=ReasonKind.PHRASE, values=(phrase.text,), against=phrase.weight < 0),))


def _find_by_meaning(
    phrases: Sequence[Phrase],
    wanted: Sequence[Sequence[str]],
    papers: Sequence[Paper],
    background: Sequence[Paper],
    words: Mapping[str, str],
    near: Near,
) -> dict[Phrase, Mapping[str, float]]:
    """The wanted phrases that no text has in words, each with how near the papers are to it in meaning."""
    left = {phrase: each for phrase, each in zip(phrases, wanted, strict=True) if phrase.weight > 0}
    # A phrase that papers of other days have is known by its words.
    for text in chain(words.values(), map(running_words, background)):
        left = {phrase: each for phrase, each in left.items() if not find_phrase(each, text)}
        if not left:
            return {}
    return dict(zip(left, near([phrase.text for phrase in left], papers, background), strict=True))


def _weigh_nearness(phrase: Phrase, nearness: float) -> _Weighed:
    worth = phrase.weight * max(nearness - _NEAR, 0.0)
    return _Weighed(worth, (Reason(kind=ReasonKind.MEANING, values=(phrase.text,)),))
