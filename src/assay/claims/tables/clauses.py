"""Cuts a sentence into clauses, each of which says one thing at most."""

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Clause:
    """A part of a sentence that makes one statement, or gives figures."""

    start: int
    end: int
    text: str
    excepts: bool = False
    """Whether an exception is made in it or right after it: ``all but the last``."""
    except_at: int = -1
    """Where it names the exception; -1 if it does not."""


_VERBS = (
    r"outperform\w*|surpass\w*|exceeds?|beats?|achiev\w+|obtain\w*|improv\w+|increas\w+|decreas\w+|drops?|reduc\w+|"
    r"degrad\w+|perform\w*|shows?"
)
_BREAK = re.compile(
    r";\s|(?:(?<=[a-z)%\d])|(?<=[A-Z][A-Z]))(?<!\bvs)(?<!\bal)(?<!\bcf)(?<!\bapprox)\.\s(?=[A-Za-z])"
    r"|,?\s\b(?:but|while|whereas|although|though|however|yet|nevertheless)\b,?\s"
    r"|,\sas\s(?=(?:all|the|it|they|we|our|most|both|there)\b)"
    r"|,\s(?=(?:the|our) (?:best|highest|lowest|worst|overall)\b)"
    r"|,\s(?:and|which|who|where|with|as well as|so|thus|hence|resulting in|leading to)\s"
    rf"(?=(?:\w+\s){{0,6}}?(?:is|are|was|were|has|have|had|only|no|{_VERBS})\b)"
    rf"|\s(?:and|or)\s(?=(?:\w+ly\s)?(?:{_VERBS})\b)"
    r"|,?\sand\s(?=(?:(?:\w+ly|much|even|also|far|a|an|points?|[\d.]+%?)\s){0,3}(?:better|worse|higher|lower|superior|inferior)\s)"
    r"|,?\sand\s(?=(?:also\s)?(?:add|us|remov|includ|incorporat|introduc|apply|increas|reduc|combin|train|replac)ing\s)"
    rf"|\swhich\s(?=(?:\w+\s){{0,2}}?(?:has|have|{_VERBS})\b)"
    rf"|,?\s(?P<anew>and)\s(?=(?:the\s)?[A-Z][\w+-]*(?:\s[\w-]+)?\s(?:is|are|was|were|has|have|had|{_VERBS})\b)"
)
_SAID = re.compile(rf"\b(?:is|are|was|were|has|have|had|{_VERBS})\b")
_ASIDE = re.compile(
    r",?\s(?:showing|indicating|suggesting|confirming|demonstrating|implying|proving|meaning|because|since|due to|"
    r"thanks to|as expected|despite the fact|which (?:shows?|indicates?|suggests?|confirms?|means?|demonstrates?|"
    r"implies|is (?:due|because)))\b"
)
_TABLE = r"(?:Tables?|Tab\.) ?\w+(?:\.\d+)?"
_FRAME = re.compile(
    r"^\W*(?:(?:As|Like) (?:we |it )?(?:can |could |is |are |was )?(?:be )?"
    r"(?:shown|seen|see|observed?|reported|presented|evident|expected|mentioned|noted)\b"
    rf"[^,]{{0,60}}?(?:,|{_TABLE},?)|(?:In|From|Analy[sz]ing|According to|Looking at) {_TABLE},?"
    rf"|[^,.;]{{0,60}}\b{_TABLE}[^,.;]{{0,45}}?"
    r"\b(?:shows?|indicates?|suggests?|demonstrates?|reports?|confirms?|reveals?)\b(?: clearly)?(?: that)?)\s?"
)
_WE_SEE = re.compile(
    r"^\W*(?:[^,.;]{0,60},? )?[Ww]e (?:can )?(?:also )?(?:see|observed?|note|noted|notice|noticed|find|found)\b"
    r"(?: (?:from|in) (?:the )?(?:Tables?|results)[\w. ]{0,20}?)?(?:,? that)?\s"
)
_SUBORDINATE = re.compile(r"^\W*(?:Despite|Although|While|Though|Even though|Whereas|Besides)\b[^,]*,\s")
_EXCEPTION = re.compile(
    r"\b(?:except|exception|exceptions|excluding|apart from|other than|all (?:\w+ ){1,2}but)\b", re.IGNORECASE
)
_NEXT = 25
_ALL_BUT = re.compile(r"\b(?:all|every|each|any)\b(?: [\w-]+){0,2},?$")


def _breaks(sentence: str) -> Iterator[re.Match[str]]:
    """Where one part of a sentence ends and the next begins."""
    at = 0
    for match in _BREAK.finditer(sentence):
        before = sentence[at : match.start()]
        is_exception = "but" in match[0] and _ALL_BUT.search(before)
        is_list = match["anew"] and not _SAID.search(before.rpartition(",")[2])  # "A and B outperform C"
        if not is_exception and not is_list:
            at = match.end()
            yield match


def clauses(sentence: str) -> list[Clause]:
    """The parts of a sentence, without those that only introduce it, concede something or draw a conclusion."""
    found = []
    at = 0
    for match in [*_breaks(sentence), None]:
        end = match.start() if match else len(sentence)
        start, text = at, sentence[at:end]
        at = match.end() if match else end
        for opening in (_FRAME, _WE_SEE, _SUBORDINATE):
            if frame := opening.match(text):
                start, text = start + frame.end(), text[frame.end() :]
        if aside := _ASIDE.search(text):
            text = text[: aside.start()]
        if text.strip():
            exception = _EXCEPTION.search(text)
            excepts = _EXCEPTION.search(sentence, start, start + len(text) + _NEXT) is not None
            found.append(Clause(start, start + len(text), text, excepts, exception.end() if exception else -1))
    return found
