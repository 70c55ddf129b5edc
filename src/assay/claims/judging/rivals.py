"""Whether a summary gives the paper's own work what the paper gives a rival, which may have no name.

``surpassing the original teacher (0.87)``: the 0.87 is the teacher's, and of nothing that a summary calls *it*.
"""

import re

from assay.claims.context import Figure, content_stems
from assay.claims.judging.case import Case, Disagreement
from assay.claims.meanings.lexicon import concepts
from assay.claims.meanings.things import topics
from assay.claims.naming.named import OWN, same
from assay.claims.numbers.agreement import agreement


def of_a_rival(case: Case) -> Disagreement | None:
    """The level of what is compared with, given as the own one of what is compared."""
    if case.is_change or case.figure.is_number or case.figure.is_baseline or case.ours.end:
        return None
    rival = rival_of(case.reference)
    if rival is None or _TELLS_OF_RIVAL.search(_near(case.figure)) or not _is_told_as_own(case):
        return None
    own = _own_figure(case.reference)
    if own is None or any(agreement(each.amount, own.amount) for each in case.figure.sentence.figures):
        return None
    ours = case.ours
    said = ours.names | ours.words.all | ours.topic.all | ours.concepts.all
    if said & words_of(rival):
        return None
    return Disagreement("side", "the paper's own", f"that of {rival.strip()}", own)


def rival_of(figure: Figure) -> str | None:
    """What a figure of the paper in brackets is of, where that is what something is compared with."""
    match = _BEHIND_RIVAL.search(figure.before)
    return match["rival"] if match and re.match(r"[^()]{0,12}\)", figure.after) else None


def words_of(rival: str) -> frozenset[str]:
    """The words, topics and names of what is compared with, as both languages and all spellings have them."""
    place = rival, 0, len(rival)
    found = {stem for _, stem in content_stems(*place)} | {same(word) for word in rival.split()}
    return frozenset(found | {span.key for each in (topics, concepts) for span in each(*place)})


BEATS = re.compile(
    r"\b(?:outperform|surpass|exceed|beat|outscor)\w*\s(?P<rival>[^,;:()\d]{3,70}?)\sby\s(?:[a-z]+\s){0,4}[~+]?$"
)
"""Before a figure: what it says how far another is beaten."""
PLACE = re.compile(r"\s(?:on|in|for|at|with|across|under|when|by|and)\b")
"""What says where or how, and no more what something is compared with."""
_BEHIND_RIVAL = re.compile(
    r"\b(?:surpass\w*|outperform\w*|exceed\w*|beat(?:s|ing)?|outscor\w+|over|than|compared\s(?:to|with)|against|versus|above|ahead\sof)"
    r"\s(?:both\s|even\s)?(?:the\s|an?\s)?(?P<rival>[^(),;:.]{3,60})\s\([~<>]?$"
)
_TELLS_OF_RIVAL = re.compile(
    r"\b(?:than|against|over|versus|vs|behind|from|above|below|exceed\w*|beat\w*|surpass\w*|outperform\w*|compared|baselines?|previous|prior|"
    r"other|others|without|where|while|only)\b|보다|대비|비해|기존|이전|기준|다른|반면|제치|앞서|앞선|넘"
)


def _near(figure: Figure) -> str:
    return f"{figure.before[-60:]} # {figure.after[:25]}"


def _own_figure(reference: Figure) -> Figure | None:
    """The level that stands before the rival's in the paper's sentence, in its unit."""
    before = [
        each
        for each in reference.sentence.figures
        if each.quantity.start < reference.quantity.start
        and each.amount.unit == reference.amount.unit
        and (each.amount.grain < 1) == (reference.amount.grain < 1)
        and not each.is_change
    ]
    return before[-1] if before else None


def _is_told_as_own(case: Case) -> bool:
    return OWN in case.ours.method.all or _ITS.search(case.figure.before[-80:]) is not None


_ITS = re.compile(r"\b(?:[Ii]ts?|[Tt]hey|[Tt]heir)\b[^,;:]{0,60}$")
