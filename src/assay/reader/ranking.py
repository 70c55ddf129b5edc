"""Orders papers by what is known of a reader's interests, and says of each why it stands where it does.

Three things count: how like a paper is to those that she starred and has in her library, and how unlike to those that
she hid; which of her phrases it has; what of it she follows. Each is worked out alone and then added, so that a follow
never lowers a paper and a negative phrase never raises one. Of papers with equal scores, the one with more votes comes
first, so that the order for a reader of whom nothing is known is that of votes.
"""

from collections.abc import Iterable, Mapping, Sequence
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
    """What ``likeness``, ``phrases`` and ``follows`` add to it or take from it, where they do."""
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
    """
    papers = sorted({paper.id: paper for paper in papers}.values(), key=lambda paper: paper.id)
    taste = _learn_taste(papers, interests, background, claims)
    wanted = [wordings(phrase, glossary) for phrase in interests.phrases]
    is_unknown = interests == Interests()
    ranked = []
    for paper in papers:
        words = running_words(paper) if interests.phrases else ""
        weighed = {
            "likeness": _weigh_likeness(paper, taste),
            "phrases": [_weigh_phrase(*each, words) for each in zip(interests.phrases, wanted, strict=True)],
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
    return terms_of(". ".join([paper.title, paper.abstract, *figures]))


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
