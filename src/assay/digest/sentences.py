"""Splits an abstract into sentences with their roles, and mends what single words do not tell.

A set-up is no result, though it is full of figures; a part that is added late is none either; what sums the results up
is what follows from them; and what others do is no method. Such things are told by whole sentences.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from assay.digest.roles import FOLLOWS, ROLES, WEIGHTS, Role, best_roles, cues, sum_weights
from assay.papers.sentences import Span


@dataclass(frozen=True)
class Sentence:
    """A sentence of an abstract with its role."""

    span: Span
    text: str
    role: Role
    cues: frozenset[str]
    conviction: float
    """How much higher the cues' weights sum up for this role than on average over all roles."""


def classify(abstract: str) -> list[tuple[Span, Role]]:
    """The sentences of ``abstract`` in order, each with its role."""
    return [(sentence.span, sentence.role) for sentence in classify_sentences(abstract)]


def classify_sentences(abstract: str) -> list[Sentence]:
    """Split the abstract and give each sentence its role."""
    spans_and_cues = cues(abstract)
    texts = [abstract[span.start : span.end] for span, _ in spans_and_cues]
    names = [names for _, names in spans_and_cues]
    roles = mend(best_roles(names, WEIGHTS, FOLLOWS), names, texts)
    sentences = []
    for (span, shown), text, role in zip(spans_and_cues, texts, roles, strict=True):
        sums = sum_weights(shown, WEIGHTS)
        conviction = sums[ROLES.index(role)] - sum(sums) / len(sums)
        sentences.append(Sentence(span, text, role, shown, conviction))
    return sentences


_OUTCOME: Final = re.compile(
    r"\b(?:shows?|showing|shown|finds?|found|finding\sthat|demonstrat\w+|reveal\w*|observ\w+|indicat\w+|confirm\w*|suggest\w*|prov(?:e|es|ed)|"
    r"achiev\w+|outperform\w*|surpass\w*|exceed\w*|reach\w*|attain\w*|yield\w*|improv(?:es|ed)|reduc(?:es|ed)|increas(?:es|ed)|falls?|"
    r"drops?|rises?|degrad\w+|declin\w+|remains?|recover\w*|fails?|scor(?:es|ed)|matches|benefits|succeed\w*|solves?|leads?\sto|"
    r"effectiveness|superiority|(?:empirical|experimental)\sevidence)\b",
    re.IGNORECASE,
)
"""What a sentence says that tells what came out."""
_SET_UP: Final = re.compile(
    r"\b(?:evaluate[sd]?|test(?:s|ed)?|benchmark(?:s|ed)?|compare|conduct(?:s|ed)?|calibrate[sd]?|perform(?:s|ed)?|"
    r"tuned|(?:pre-?)?train(?:ed)?|collect(?:s|ed)?|cover(?:s|ed|ing)?|spans?|spanning|comprises?|includes?|consists?|contains?)\b",
    re.IGNORECASE,
)
_CONSISTS_OF: Final = re.compile(
    r"(?:(?:our|the|this)\s)?[\w-]+\s(?:covers|spans|comprises|includes|consists|contains)\b", re.IGNORECASE
)
_ADDS_A_PART: Final = re.compile(
    r"\b(?:we|paper|work)\s(?:also\s|further\s|then\s|additionally\s)?(?:design|propose|introduce|develop|devise|construct|build|employ|adopt|apply|utilize|"
    r"present|release|create|curate)(?:e?s|e?d)?\b(?!\s(?:[\w-]+\s){0,3}(?:evidence|results|experiments|analys[ei]s|evaluations?)\b)",
    re.IGNORECASE,
)
_LOOKS_AHEAD: Final = re.compile(
    r"(?:finally,\s|lastly,\s)?we\s(?:also\s|further\s)?(?:discuss|outline|envision|hope|believe|expect|anticipate)\b",
    re.IGNORECASE,
)
_SUMS_UP: Final = re.compile(
    r"(?:taken\stogether|together|overall|collectively|in\s(?:summary|conclusion|sum|short)|ultimately)\b|"
    r"(?:these|our|the|this)\s(?:findings|results|insights|observations|work|study|analys[ei]s|evidence)\s(?:\w+\s)?"
    r"(?:suggest|highlight|underscore|position|provide|open|point|pave|offer|call|emphasi[sz]e|reinforce|motivate|lay|establish)\w*\b|"
    r"(?:these|our)\s(?:findings|insights)\s(?:\w+\s)?(?:show|reveal|expose|demonstrate|indicate|imply|clarify)\b",
    re.IGNORECASE,
)
_SAYS_WHAT_IT_IS: Final = re.compile(
    r"(?:in\s)?this\s(?:survey|paper|work|study|article|report|review|tutorial)\b"
    r"|we\s(?:present|conduct|perform|report|provide)\san?\s(?:[\w-]+\s){0,3}(?:study|investigation|survey|review|examination)\b",
    re.IGNORECASE,
)
_NAMES_ITS_OWN: Final = re.compile(r"\b[Ww]e\s[a-z]+(?:\sand\s[a-z]+)?\s[A-Z][\w-]*[A-Z\d][\w-]*,\s(?:an?|the)\s")
_BY_DOING: Final = re.compile(r"(?:by\s\w+ing|with\sthis|in\sthis\sway)\b", re.IGNORECASE)
_OF_OTHERS: Final = re.compile(
    r"(?:most\s)?(?:existing|prior|previous|current|conventional|traditional)\s(?:[\w-]+\s){0,3}?[\w-]+s\b",
    re.IGNORECASE,
)


def mend(roles: Sequence[Role], cue_sets: Sequence[frozenset[str]], texts: Sequence[str]) -> list[Role]:
    """The roles with what a whole sentence tells and its words do not: set-ups, parts added late, and conclusions.

    Args:
        roles: as `best_roles` found them.
        cue_sets: the cues of each sentence.
        texts: the sentences.
    """
    mended = [_mend_one(*each) for each in zip(roles, cue_sets, texts, strict=True)]
    last = max((at for at, text in enumerate(texts) if not leads_elsewhere(text)), default=-1)
    if not {Role.NOVELTY, Role.OBJECTIVE} & {*mended}:
        mended = [_without_novelty(role, text) for role, text in zip(mended, texts, strict=True)]
    if Role.RESULT in mended[:last] and mended[last] is Role.METHOD and _BY_DOING.match(texts[last]):
        mended[last] = Role.IMPLICATION
    sums_up = last >= 0 and _SUMS_UP.match(texts[last]) is not None and "ratio" not in cue_sets[last]
    if sums_up and mended[last] is Role.RESULT and mended.count(Role.RESULT) > 1:
        mended[last] = Role.IMPLICATION
    return mended


def _without_novelty(role: Role, text: str) -> Role:
    """The role in an abstract that introduces nothing and sets out to nothing, as far as its cues tell."""
    if _SAYS_WHAT_IT_IS.match(text):
        return Role.OBJECTIVE
    return Role.NOVELTY if _NAMES_ITS_OWN.search(text) else role


def _mend_one(role: Role, shown: frozenset[str], text: str) -> Role:
    """The role of one sentence, mended by the first of `_MENDS` that applies."""
    return next((to for from_, applies, to in _MENDS if role is from_ and applies(shown, text)), role)


def _goes_on(shown: frozenset[str]) -> bool:
    """Whether a sentence adds to the results, and concludes nothing from them."""
    return "adds" in shown and ("figure" in shown or shown.isdisjoint({"concludes", "outlook", "available"}))


def _does_something(shown: frozenset[str], text: str) -> bool:
    """Whether a sentence among the results tells what was done or made and not what came out."""
    if _RATIO.search(text):
        return False
    if _CONSISTS_OF.match(text) or _DOES_THIS.search(text):
        return True
    if _OUTCOME.search(text):
        return False
    return shown.isdisjoint(_OF_RESULTS) or bool(_ADDS_A_PART.search(text) or _SET_UP.search(text))


_RATIO: Final = re.compile(r"\d\s?(?:\\?%|x\b|×|times\b|points?\b)")
_WINS: Final = re.compile(
    r"\b(?:outperform|surpass|exceed)(?:s|ed|ing)?\b|\bstate-of-the-art\s(?:results|performance)\b|\bachiev\w+\s(?:strong|superior|competitive|consistent|significant)\b",
    re.IGNORECASE,
)
_DOES_THIS: Final = re.compile(
    r"\b(?:achieves|address(?:es)?|accomplish(?:es)?|solves?|tackles?)\s(?:this|these|that)\b", re.IGNORECASE
)
_OF_RESULTS: Final = frozenset(("finds", "beats", "experiments", "ratio", "measures", "figure", "for example"))
"""Cues of which a result has at least one."""
_TRIED_TOO: Final = re.compile(
    r"(?:(?:additionally|furthermore|moreover|finally|in\saddition),\s)?(?:we|it)\s(?:also\s|further\s|empirically\s)*"
    r"(?:demonstrate|show|validate|verify|find|observe|confirm|benefit|outperform|improve|achieve|generali[sz]e)s?\b",
    re.IGNORECASE,
)
_MENDS: Final[Sequence[tuple[Role, Callable[[frozenset[str], str], bool], Role]]] = (
    (Role.METHOD, lambda _, text: _OF_OTHERS.match(text) is not None, Role.BACKGROUND),
    (Role.METHOD, lambda shown, text: _WINS.search(text) is not None and "introduces" not in shown, Role.RESULT),
    (Role.METHOD, lambda _, text: _LOOKS_AHEAD.match(text) is not None, Role.IMPLICATION),
    (Role.IMPLICATION, lambda _, text: _TRIED_TOO.match(text) is not None, Role.RESULT),
    (Role.IMPLICATION, lambda shown, text: _goes_on(shown) and not leads_elsewhere(text), Role.RESULT),
    (Role.RESULT, lambda _, text: _LOOKS_AHEAD.match(text) is not None, Role.IMPLICATION),
    (Role.RESULT, _does_something, Role.METHOD),
)
"""What a sentence was read as, what tells otherwise, and what it is then."""


_LINK: Final = re.compile(r"https?://|www\.|github\.(?:io|com)|huggingface\.co")
_AVAILABLE: Final = re.compile(
    r"\b(?:code|codes|data|dataset|datasets|models?|weights|checkpoints?|demos?|videos?|samples|page|website|implementation|resources|"
    r"benchmark|materials?|artifacts|repository)\b[^.;]{0,120}?\b(?:available|released?|open-sourced?|accessible|found|at|public)\b|\bat\sthis\s(?:link|url|page|repository)\b"
    r"|\bwe\s(?:will\s|also\s|fully\s|publicly\s)*(?:open-source|release|publish|share|make)\b",
    re.IGNORECASE,
)


def leads_elsewhere(text: str) -> bool:
    """Whether a sentence says where something is to be had, and nothing more."""
    if _LINK.search(text):
        return True
    return _AVAILABLE.search(text) is not None and _SUMS_UP.match(text) is None and _TRIED_TOO.match(text) is None
