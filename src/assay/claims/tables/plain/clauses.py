"""Cuts an English sentence into its clauses, and reads each by the forms of a plain comparison."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from assay.claims.tables.plain.forms import BEATS, GETS, LEADING, MOST, SOMEWHAT, VERBS, Comparison, comparisons_of


def readings(sentence: str) -> Sequence[Sequence[Comparison]]:
    """The clauses of a sentence, and what each may say: nothing that is plain if it is empty."""
    return _readings(" ".join(sentence.split()))


@lru_cache(maxsize=256)
def _readings(sentence: str) -> tuple[Sequence[Comparison], ...]:
    words = _in_present(_OPENING.sub("", sentence.rstrip(".!"), count=1))
    words = words[:1].upper() + words[1:]
    if match := _BUT_NOT.search(words):  # "on LakeBench but not on PondBench"
        told = comparisons_of(words[: match.start()])
        denied = [replace(each, scopes=(match["where"],), negated=True) for each in told if each.scopes]
        is_of_all = any(_ALL.match(scope) for each in told for scope in each.scopes)
        return (told, tuple(dict.fromkeys(denied))) if denied and not is_of_all else ()
    if _NOT_PLAIN.search(_PLAIN.sub(" ", words)):
        return ()
    found: list[Sequence[Comparison]] = []
    scope = ""
    joined: list[bool] = []
    for connector, clause in _clauses(words):
        joined.append("and" in connector)
        text = _completed(clause, found[-1] if found else ())
        told = comparisons_of(f"{scope}, {text}" if scope and not LEADING.match(text) else text)
        if found:
            told = _continued(told, found[-1], _PLACE.match(clause))
        found.append(told)
        if leading := LEADING.match(text):
            scope = leading["scope"]
    if not all(found):
        return ()
    following = [told if is_joined else () for told, is_joined in zip(found, joined, strict=True)]
    return tuple(_with_scopes_of(told, after) for told, after in zip(found, (*following[1:], ()), strict=True))


def _in_present(sentence: str) -> str:
    """A sentence in the present, as the forms have it."""
    sentence = _PAST.sub(lambda match: _ENDINGS.get(match[1], f"{match[1]}s"), sentence)
    return re.sub(rf"\b(?:{'|'.join(_WAS)})\b", lambda match: _WAS[match[0]], sentence)


def _clauses(sentence: str) -> Iterator[tuple[str, str]]:
    """The parts of a sentence that say one thing each, each after what joins it to the one before."""
    at, connector = 0, ""
    for match in _BREAK.finditer(sentence):
        yield connector, sentence[at : match.start()]
        at, connector = match.end(), match[0]
    yield connector, sentence[at:]


def _completed(clause: str, before: Sequence[Comparison]) -> str:
    """A clause with the subject of the one before it, where it has none of its own."""
    text = _AGAIN.sub("", clause)
    if participle := _PARTICIPLE.match(text):
        verb = {"surpass": "surpasses", "overtak": "overtakes"}.get(participle["verb"], f"{participle['verb']}s")
        text = f"{text[: participle.start('verb')]}{verb} {text[participle.end() :]}"
    subject = min((each.subject for each in before), key=len, default="")
    if not subject or before[0].kind in {"removed", "added", "grows"}:
        return text
    text = re.sub(r"^(?:it)\b", subject, text)
    if rival := min((each.rival for each in before if each.rival), key=len, default=""):
        text = re.sub(r"(?<=\w )it\b", rival, text)
    if _EXTREME.match(text):
        return f"{subject} has {text}"
    if place := _PLACE.match(text):
        where = "behind" if place["where"] == "behind" else "ahead of"
        return f"{subject} {place['size'] or ''}is {where} {text[place.end() :]}"
    return f"{subject} {text}" if _VERB.match(text) else text


def _continued(
    told: Sequence[Comparison], before: Sequence[Comparison], place: re.Match[str] | None
) -> Sequence[Comparison]:
    """A clause that may be of the same metric and places as the one before it, or must be: ``ahead of GPT-4o``."""
    inherited: list[Comparison] = []
    for one in before:
        for each in told:
            is_unlike = each.metric or each.kind != "compared"
            is_no_end = place and (one.sense == "worse" or ("followed" in place[0] and one.kind != "best"))
            if is_no_end or (is_unlike and not place):
                continue
            sense = one.sense if place and one.kind == "best" else each.sense
            taken = replace(each, metric=one.metric, scopes=(*one.scopes, *each.scopes), sense=sense)
            if place and "followed" in place[0]:  # the next one after it
                taken = replace(taken, kind="second", subject=each.rival, rival=each.subject)
            inherited.append(taken)
    return tuple(dict.fromkeys(inherited if place else (*told, *inherited)))


def _with_scopes_of(told: Sequence[Comparison], after: Sequence[Comparison]) -> Sequence[Comparison]:
    """A clause whose places may stand behind the next one: ``beats A and has the best F1 on ToyBench``."""
    shared = [
        replace(each, scopes=other.scopes) for each in told for other in after if other.scopes and not each.scopes
    ]
    return tuple(dict.fromkeys((*told, *shared)))


_PLAIN: Final = re.compile(
    r"\bsecond only to\b|\bby (?:only|almost|nearly) (?=\d|\w+ (?:[\w-]+ )?points)", re.IGNORECASE
)
_NOT_PLAIN: Final = re.compile(
    r"[?“”\"]|n['’]t\b|\b(?:"
    r"not|never|neither|nor|none|nobody|nothing|no (?:other|single)|hardly|barely|scarcely|except|excluding|including|"
    r"besides?|(?:apart|aside) from|other than|rather than|instead|only|alone|sole|solely|some|few|one|so far|until|"
    r"may|might|could|would|should|can|cannot|unless|if|when|whenever|almost|nearly|sometimes|often|usually|mostly|"
    r"partly|likely|unlikely|previously|claim(?:s|ed)?|expected|hopes?|supposed|because|since|due|thanks|despite|"
    r"regardless|whatever|with(?: and|(?: or)) without|among|between|they|them|overall|variants?|"
    r"gaps?|gain(?:s|ed)?|differences?|margins? of|improvements?"
    r")\b(?!-\w)",
    re.IGNORECASE,
)
"""Words that turn, limit or condition what is said, or speak of how large a difference is."""
_OPENING: Final = re.compile(
    r"^(?:(?:The )?(?:results?|experiments?|evaluations?|authors?|we) (?:shows?|finds?|found|reports?|demonstrates?|"
    r"observes?|indicates?|reveals?|sees?) that |In (?:our |the )?experiments, )?"
    r"(?:(?:Even|Notably|However|Interestingly|Moreover|Again|Still|Here|Also|Indeed|In addition|In contrast|"
    r"In particular|Although|While),? )?",
    re.IGNORECASE,
)
_PAST: Final = re.compile(
    r"(?<!\bis )(?<!\bare )(?<!\bby )\b(outperform|surpass|exceed|achiev|obtain|attain|reach|yield|improv|reduc|"
    r"increas|decreas|degrad|trail|beat|rank|perform)ed\b(?! by)"
)
_ENDINGS: Final = {
    "surpass": "surpasses",
    "reach": "reaches",
    "achiev": "achieves",
    "improv": "improves",
    "reduc": "reduces",
    "increas": "increases",
    "decreas": "decreases",
    "degrad": "degrades",
}
_ALL: Final = re.compile(r"(?:all|every|each|both|any|most)\b", re.IGNORECASE)
_BUT_NOT: Final = re.compile(r",? (?:but|though|although|yet) not (?:on|in|for) (?P<where>(?:(?! and | or )[^,])+)$")
_WAS: Final = {
    "was": "is",
    "were": "are",
    "had": "has",
    "fell": "falls",
    "got": "gets",
    "took": "takes",
    "led": "leads",
}
_AGAIN: Final = re.compile(r"^(?:still|even|also|again|then) ")
_BREAK: Final = re.compile(
    r",? (?:but|while|whereas|yet|though|although) (?:still |also |even )?|; |"
    rf",? and (?=(?:both )?(?:{SOMEWHAT} )?(?:{VERBS}|{GETS} (?:the|an?|more|fewer))\b)|"
    rf",? and (?=the (?:{MOST}) )|"
    rf", (?=(?:{SOMEWHAT} )?(?:ahead of|followed by|behind) )|"
    rf",? (?:thereby |thus )?(?=(?:consistently )?(?:{BEATS})ing )"
)
_PARTICIPLE: Final = re.compile(rf"(?:consistently )?(?P<verb>{BEATS})ing ")
_VERB: Final = re.compile(rf"(?:{SOMEWHAT} )?(?:{VERBS}|{GETS}|ranks?|comes?|is|are)\b")
_EXTREME: Final = re.compile(rf"the (?:{MOST}) ")
_PLACE: Final = re.compile(rf"(?P<size>{SOMEWHAT} )?(?P<where>ahead of|followed by|behind) ")
