"""Splits an abstract into sentences.

Abstracts are a narrow kind of prose: one paragraph, dense with abbreviations, decimals, LaTeX and links, often
without a final period and sometimes without the space after one. The rules here are made for that kind. In doubt
two sentences stay together, because half a sentence quoted as a whole one is worse than a long one.
"""

import re
from collections import deque
from typing import NamedTuple


class Span(NamedTuple):
    """A stretch of a text: ``text[start:end]``."""

    start: int
    end: int


def split(text: str) -> list[Span]:
    """Find the sentences of ``text``, in order.

    Each span holds one sentence with its closing punctuation and without the space around it. Spans never overlap,
    none is empty, and what lies between them is white space only. A text that is blank has none.
    """
    unbreakable = deque(Span(*match.span()) for match in _UNBREAKABLE.finditer(text))
    starts = [0]
    since = 0  # no word stands between the last start and here
    for match in _END.finditer(text):
        while unbreakable and unbreakable[0].end <= match.start():
            unbreakable.popleft()
        if unbreakable and unbreakable[0].start <= match.start() and match.end() < unbreakable[0].end:
            continue
        if not _A_WORD.search(text, since, match.start()):
            since = match.start()
        elif _ends_sentence(text, match):
            since = match.end()
            starts.append(since)
    spans = (_trim(text, start, end) for start, end in zip(starts, [*starts[1:], len(text)], strict=True))
    return [span for span in spans if span.start < span.end]


# Stretches in which a period ends nothing, unless it is their last: links, inline LaTeX, a remark in brackets, a short
# quotation. The bounds keep one unclosed bracket or quotation mark from swallowing the rest of the abstract. A link
# stops before the period that ends its sentence.
_UNBREAKABLE = re.compile(
    r"""https?://[^\s)\]}>"]*[\w/]"""
    r"""|\$(?=[^\s\d])[^$]{1,200}(?<!\s)\$"""
    r"""|\([^()]{1,300}\)|\[[^\[\]]{1,300}\]"""
    r"""|"[^"]{1,120}"|“[^”]{1,120}”"""
)

_END = re.compile(r"""(?P<mark>[.!?…]+)(?:["'”’)\]}]|\$(?!\S))*|(?P<full_width>[。！？]+)[」』”]*""")

_A_WORD = re.compile(r"[^\W\d_]{2}|[^\x00-\x7f]")  # the "2." of a list is no sentence
_WORD_BEFORE = re.compile(r"[^\s(\[{\"“,;:/]+$")
_WORD_AFTER = re.compile(r"[^\s,;:.!?)]+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Abbreviations without their last period, in lower case. After these no sentence ends.
_NEVER_LAST = _words("e.g eg i.e ie cf viz vs avg w.r.t s.t w.l.o.g resp approx ca dr mr mrs ms prof")
# These may end one, "etc" for instance, and some are words besides, such as "no"; what follows decides.
_SOMETIMES_LAST = _words(
    "al etc a.k.a i.i.d ph.d inc ltd co corp u.s u.k st fig figs eq eqs eqn sec secs sect tab tabs alg app thm prop "
    "def lem cor ref refs no nos vol pp p ch ver jan feb mar apr jun jul aug sep sept oct nov dec"
)

# Words that open a sentence and are rarely a name: they decide where an abbreviation or a missing space leaves doubt.
_OPENERS = _words(
    "Additionally After All Although An And As At Based Because Beyond Both But By Code Comprehensive Current "
    "Despite Due Each Empirical Existing Experimental Experiments Extensive Finally First For From Furthermore Given "
    "He Here However If In Inspired Instead It Its Moreover Most Motivated Notably On Our Previous Prior Recent "
    "Recently Results Second Several Since Some Specifically Such That The Then There These They Third This Through "
    "Thus To Traditional Unlike Using We When While With Without Yet"
)


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    """Whether the punctuation of ``match`` closes a sentence of ``text``."""
    if match["full_width"] or match.end() == len(text):
        return True
    following = _WORD_AFTER.match(text, _skip_space(text, match.end()))
    opener = following is not None and following[0] in _OPENERS
    if not text[match.end()].isspace():
        return following is not None and _lacks_space(text, match, following)
    if match["mark"] == ".":
        before = _WORD_BEFORE.search(text, max(0, match.start() - 40), match.start())
        word = before[0] if before else ""
        if word.lower() in _NEVER_LAST:
            return False
        initial = len(word) == 1 and word.isupper()
        if initial or word.lower() in _SOMETIMES_LAST:
            return opener
    return following is None or _may_open(following[0])


def _may_open(word: str) -> bool:
    """Whether a sentence can begin with ``word``: not with one in plain lower case, but with vLLM or s1K."""
    return not word[0].islower() or (word.isalnum() and not word.isalpha()) or (word.isalpha() and not word.islower())


def _lacks_space(text: str, match: re.Match[str], following: re.Match[str]) -> bool:
    """Whether a space is missing after a sentence: in ``is faster.We show``, but not in ``U.S.A`` or ``torch.Tensor``.

    What follows must be a word that opens sentences, or a capitalised name that stands alone elsewhere.
    """
    before = text[max(0, match.start() - 3) : match.start()]
    if not (before[-1:] in {")", "%", "$", "}"} or (len(before) == 3 and before.isalpha())):
        return False
    word = following[0]
    return word in _OPENERS or (
        word[0].isupper() and len(word) > 1 and re.search(rf"(?<![\w.]){re.escape(word)}(?![\w.])", text) is not None
    )


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _trim(text: str, start: int, end: int) -> Span:
    start = min(_skip_space(text, start), end)
    return Span(start, start + len(text[start:end].rstrip()))
