"""Reads from the words around a change what it is measured against."""

import re

from assay.claims.wording.changes import AND_BY, BEATING, CHANGE, beats
from assay.claims.wording.phrases import PROPER, Around

_AGAINST_RIGHT = re.compile(
    r"\b(?:compared\s(?:to|with)|over|than|versus|vs\.?|against|relative\sto|in\scomparison\s(?:to|with)|behind|that\sof)\s(?P<phrase>.+)",
    re.IGNORECASE,
)
_AGAINST_LEFT = re.compile(
    r"\b(?:outperform\w*|surpass\w*|exceed\w*|beat(?:s|ing)?|lag\w*\sbehind|behind|over|than|compared\s(?:to|with)|ahead\sof|underperform\w*)\s"
    rf"(?P<phrase>{PROPER}(?:,\s{PROPER}){{1,4}},?\sand\s{PROPER}|[^;]+?)(?:,|\son\s|\sin\s|\sacross\s|\sby\b|\swith\b|\sfor\s|$)",
    re.IGNORECASE,
)
_AGAINST_FIRST = re.compile(r"\b(?:Compared|In\scomparison|Relative)\s(?:to|with)\s(?P<phrase>[^,;]+),", re.IGNORECASE)


_STATES = re.compile(
    r"\b(?:yields|achieves|reaches|obtains|reduces|improves|increases|cuts|attains|delivers|requires|runs|takes|needs|while|whereas)\b"
)
"""After such a verb another statement is made, not measured against what was beaten before it."""
_A_COST = re.compile(
    r"\b(?:parameters|data|tokens|samples|steps|memory|FLOPs|compute|time|costs?|budget|epochs|classes)$"
)
"""What half of something may be of, and no rival."""
_TIMES_THE = re.compile(r"\s(?:of\s)?the\s(?:[\w-]+\s){1,3}of\s(?P<phrase>.+)")
_CHANGED_TO = re.compile(
    r"\b(?:to|only|just|uses?|using|needs?|takes?|requires?|at|with)\s(?:(?:about|only|just|less\sthan)\s)?[~]?$"
)
_OF_IT = re.compile(r"\s(?:of|as\smuch\sas)\s(?P<phrase>.+)")


def baseline(around: Around, *, fraction: bool = False) -> str:
    """What a change is measured against; empty if the sentence does not say. A ``fraction`` is one of its baseline."""
    match = AND_BY.match(around.near_left)
    if match and beats(around.left) and (rival := _rival(re.sub(rf"^.*{BEATING.pattern}\s", "", match["phrase"]))):
        return rival
    clause = re.match(
        r"(?:(?!\sand\s(?:even|also|further|can|is|are|\w+s\s(?:a|an|the)\b))[^,;]|,(?=\d)|,\s(?=compared|relative|versus|vs|over|against|outperforming|surpassing))*",
        around.near_right,
    )
    match = _AGAINST_RIGHT.search(clause[0] if clause else "")
    if match and (rival := _rival(match["phrase"])):
        return rival
    for text in (around.near_left, around.left):
        matches = [
            match
            for match in _AGAINST_LEFT.finditer(text)
            if _rival(match["phrase"])
            and not _STATES.search(text, match.end())
            and not (match[0].startswith("over ") and not CHANGE.search(text, 0, match.start()))
        ]
        if matches:
            return _rival(matches[-1]["phrase"])
    match = _TIMES_THE.match(around.right)
    if match is None and fraction and _CHANGED_TO.search(around.left):
        match = _OF_IT.match(around.right)
    if match and (rival := _rival(match["phrase"])) and not _A_COST.search(rival):
        return rival
    match = _AGAINST_FIRST.search(around.left) or _IMPROVED.search(around.near_left)
    return _rival(match["phrase"]) if match else ""


_IMPROVED = re.compile(
    r"\b(?:improv|boost|enhanc|lift|rais)\w*\s(?:upon\s)?(?:the\s|over\s)?(?:(?:[\w-]+\s){1,3}of\s(?:the\s)?)?(?P<phrase>(?:(?!(?:of|in|on)\b)[\w.+-]+\s){0,4}?"
    r"(?:baselines?|(?:base|vanilla|original|backbone|underlying)\s(?:models?|LLMs?|polic(?:y|ies)))(?:\s[A-Z][\w.-]*)?)\sby\s"
)
"""What is improved is what the change is measured against."""


def beaten(left: str) -> str:
    """What the words before a figure compare with last; empty if nothing is."""
    rivals = [_rival(match["phrase"]) for match in _AGAINST_LEFT.finditer(left)]
    return next((each for each in reversed(rivals) if each), "")


_RIVAL = re.compile(
    r"(?:[^,.;:()]|\.(?=\S))*?(?=\s(?:on|in|by|while|when|with|across|during|after|before|despite|within|among|given|respectively|up\sto|making|achieving|reaching|yielding|demonstrating|showing|highlighting|and\sthe|at|for|under|using|without|such\sas|as|from(?!\sscratch)|is|are|was|to|used|trained|built|that|which|where)(?![\w-])"
    r"|[,;:()]|\.(?:\s|$)|$)"
)


_JOINED = re.compile(r"\s(?:and|while)\s")
_IS_ALSO_RIVAL = re.compile(
    r"(?!(?:enables|allows|achieves|reduces|improves|makes|gives|runs|uses|shows|keeps|cuts)\b)(?:the\s)?(?:[A-Z][\w.+-]*|\d[\w.+-]*|[a-z]+[A-Z]\S*)|(?:[\w-]+\s){0,4}?(?:[\w-]*models?|LLMs|methods?|baselines?|approach(?:es)?|systems?|agents?|"
    r"training|fine-tuning|tuning|decoding|prompting|distillation|search|works?|competitors|counterparts?|techniques?|alternatives?|human\w*)$"
)
"""What after "and" is compared with too, and not another statement or thing: ``GRPO and DPO``."""


_NO_RIVAL = re.compile(
    r"(?:it|them|this|these|those|they)\b|[\d~+]|(?:a\s)?[\w-]+fold\b|(?:average|time|baseline\sof|two|three|four|five|six|seven|eight|nine|ten|multiple|several)\b(?!-)"
)
_SO_MANY_RIVALS = re.compile(
    r"(?:\d+(?:\.\d+)?B|two|three|four|five|six|seven|eight|nine|ten|multiple|several)\s(?:(?!(?:and|or|of|on|in|with)\b)[\w.-]+\s){0,5}?"
    r"(?:[\w-]*models?|LLMs|VLMs|methods?|baselines?|approach(?:es)?|systems?|agents?|competitors|counterparts?|teachers?)\b"
)
_NAMES = re.compile(rf"{PROPER}(?:,\s{PROPER}){{1,4}},?\sand\s{PROPER}")
"""``SnapToy, TideCache and LakeLM``."""


def _rival(text: str) -> str:
    """The thing compared with at the beginning of ``text``; empty for mere numbers (``over 12 tasks``)."""
    text = re.sub(r"^\s*(?:both\s|even\s)?(?:the|a|an|its|their|all|other|that\sof)\s", "", text)
    text = re.sub(
        r"^(?:about\s|over\s|~)?\d+(?:\.\d+)?(?:x|times|×)?\s(?:larger|bigger|smaller|deeper|wider)\s", "", text
    )
    if _NO_RIVAL.match(text) and not _SO_MANY_RIVALS.match(text):
        return ""
    listed = _NAMES.match(text)
    if listed:
        return listed[0]
    match = _RIVAL.match(text)
    text = match[0].strip() if match else ""
    joined = _JOINED.search(text)
    if joined and not _IS_ALSO_RIVAL.match(text, joined.end()):
        text = text[: joined.start()]
    rival = re.sub(r"\s(?:and|or|both|even|over|than|ranging)$", "", text.strip())
    rival = rival.strip(" :–-")
    return rival if 0 < len(rival.split()) <= 8 else ""
