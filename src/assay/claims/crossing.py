"""Detects a summary that belongs to another paper, by the words that the two share.

A summary that is close to its abstract repeats most of its own words from there; one in words of its own
and in more detail still uses a fair part of the abstract's. Both use the words of the title. One of another
paper of the same field does none of this. `benchmarks/checks.py` measures both distributions.
"""

import re
from collections.abc import Collection
from typing import Final

from assay.papers.models import Paper

KINSHIP: Final = 0.28
"""The least `kinship` of a summary with its own paper: with less, it counts as one of another paper."""
FEWEST: Final = 12
"""The fewest content words that a summary must have to be judged."""


def is_of_another_paper(summary: str, paper: Paper) -> bool:
    """Whether ``summary`` seems to be of another paper than ``paper``.

    Only words in Latin script are looked at, so that a Korean summary is not judged: the terms that it leaves in
    English are too few. Without an abstract nothing is.
    """
    words = content_words(summary)
    if not paper.abstract or len(words) < FEWEST or len(_OTHER_SCRIPT.findall(summary)) > len(summary) / 5:
        return False
    title = content_words(paper.title)
    return kinship(words, title, title | content_words(paper.abstract)) < KINSHIP


def kinship(summary: Collection[str], title: Collection[str], paper: Collection[str]) -> float:
    """How near a summary is to a paper, from 0 to 1.3, by their content words and those of the paper's title.

    It is the share of the summary's words that the paper has, or that of the paper's that the summary has, whichever
    is larger, and three tenths of the share of the title's that the summary has.
    """
    return max(_share(summary, paper), _share(paper, summary)) + 0.3 * _share(title, summary)


def content_words(text: str) -> frozenset[str]:
    """The words of ``text`` that say what it is about, cut to six letters so that their forms are one."""
    return frozenset(word[:6] for word in _WORD.findall(text.lower()) if word not in STOP_WORDS)


def _share(words: Collection[str], among: Collection[str]) -> float:
    return sum(word in among for word in words) / len(words) if words else 0.0


_OTHER_SCRIPT = re.compile(r"[^\W\d_a-zA-Z\u00c0-\u024f]")
_WORD = re.compile(r"(?<![a-z])[a-z]{4,}")
STOP_WORDS: Final = frozenset(
    """
    about achieve achieved achieves achieving across additional after also among amount another approach approaches
    based been before being best better between both compared comparing comparison could current data demonstrate
    demonstrated demonstrates demonstrating different does during each enhance enhanced enhances enhancing evaluate
    evaluated evaluates evaluating evaluation even existing experiments finding findings first framework from further
    furthermore have having higher however improve improved improvement improvements improves improving include
    includes including indicate indicates indicating into introduce introduced introduces introducing involve
    involves involving just keep language large leading learning less lower main many means method methodology methods
    model models more most much novel objective only other outperform outperforming outperforms over overall paper
    performance practitioners present presented presents primary principal propose proposed proposes proposing provide
    provided provides providing reach reached reaches reaching research respectively result results same several should
    show showed showing shown shows significant significantly significance some specific specifically state study such
    system systems task tasks than that their them then there these they this those three through thus toward towards
    train trained training under upon used user uses using various very well were what when where which while whose
    will with within without work would your
    """.split()
)
