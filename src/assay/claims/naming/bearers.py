"""Finds who may have a figure in a sentence: models and methods by their names, the paper's own, roles of rivals.

``Quartz``, ``our method``, ``GPT-4o``, ``the teacher``: a data set is none of them, nor is a metric. A name of which
neither the paper nor the words beside it say what it is may be one, and its key says so.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from assay.claims.naming.named import MODEL, OWN, Named, are_kin, are_one, same
from assay.claims.span import Span

Keys = frozenset[str]
"""Some bearers, by their keys."""
NOBODY: Keys = frozenset()
ROLE = "~"
"""What the key of a role begins with: a rival that is named by what it is."""
UNSURE = "?"
"""What the key of a name begins with that may be of something else."""
PRONOUN = "it"
"""The key of what was named before."""


def keys(spans: Iterable[Span]) -> Keys:
    """The keys of some bearers."""
    return frozenset(each.key for each in spans)


class Bearers:
    """Who may have a figure in the sentences of a paper and of its summaries."""

    def __init__(self, named: Named) -> None:
        self._named = named

    def in_sentence(self, text: str, start: int, end: int) -> list[Span]:
        """The bearers of a sentence, in order; a variant of the paper's own has a key that begins with `OWN`."""
        spans: list[Span] = []
        for at, to, name in self._named.mentions(text, start, end):
            key = self._named.key(name)
            if "@" not in name and not self._is_set(key, text, at, to):
                spans.append(Span(at, to, self._keyed(key, text, at, to)))
        for match in _TRAINING.finditer(text, start, end):
            if all(match.end() <= each.start or each.end <= match.start() for each in spans):
                at, to = match.span()
                spans.append(Span(at, to, self._keyed(same(match[0]), text, at, to)))
        spans += [each for each in self._opening(text, start, end) if all(each.end <= by.start for by in spans)]
        for pattern, key in _OTHERS:
            for match in pattern.finditer(text, start, end):
                if all(match.end() <= each.start or each.end <= match.start() for each in spans):
                    spans.append(Span(match.start(), match.end(), key))
        return sorted(spans)

    def _opening(self, text: str, start: int, end: int) -> Iterator[Span]:
        """The subject that a sentence opens with, spelt like any word: ``Granite reaches 76.2%``."""
        match = _OPENING.match(text, start, end)
        if match is not None and match["name"].lower() not in _WORDS and not self._is_word(match["name"].lower()):
            yield Span(match.start("name"), match.end("name"), same(match["name"]))

    def _is_word(self, word: str) -> bool:
        """Whether the paper has it in small letters."""
        return any(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) for text in self._named.texts)

    @cached_property
    def _long_forms(self) -> dict[str, str]:
        """The names that the paper introduces an abbreviation with, ``Granite (GR)``; of its own, the abbreviation."""
        found: dict[str, str] = {}
        for text in self._named.texts:
            for match in _ABBREVIATED.finditer(text):
                long, short = same(match["long"]), same(match["short"])
                letters = iter(long)
                if long[:1] == short[:1] and len(short) < len(long) and all(letter in letters for letter in short):
                    found |= {long: short} if short in self._named.aliases else {short: long}
        return found

    def _is_set(self, key: str, text: str, start: int, end: int) -> bool:
        """Whether a name is that of a data set."""
        return _SET.search(key) is not None or self._named.sort_of(key, text, start, end) == "dataset"

    def _keyed(self, key: str, text: str, start: int, end: int) -> str:
        key = self._long_forms.get(key, key)
        alias = max((each for each in self._named.aliases if key.startswith(each)), key=len, default="")
        is_place = _PLACE_BEFORE.search(text[max(0, start - 20) : start]) or _PLACE_AFTER.match(text, end)
        if alias and not is_place:
            return OWN + key.removeprefix(alias)
        is_sure = MODEL.match(text, start) or key in self._named.rivals or self._named.is_spoken_of_as_method(key)
        is_subject = _SUBJECT_AFTER.match(text, end) or _RIVAL_BEFORE.search(text[max(0, start - 45) : start])
        return key if is_sure or (is_subject and not is_place) else UNSURE + key

    def may_be_one(self, one: str, other: str, known: Keys) -> bool:
        """Whether two keys may be of one thing; kin are two where both have figures of their own.

        Args:
            one: a key.
            other: another one.
            known: the keys of which the paper has figures of their own.
        """
        if one == other:
            return True
        if ROLE in {one[:1], other[:1]}:
            return OWN not in {one, other}
        owns = [each.startswith(OWN) for each in (one, other)]
        if any(owns) and not all(owns):
            rival = other if owns[0] else one
            return not self._named.aliases and rival not in self._named.rivals
        if OWN in {one, other} or (not any(owns) and are_one(one, other)):
            return True
        return (all(owns) or are_kin(one, other)) and not {one, other} <= known


_OTHERS = (
    (
        re.compile(
            r"\b(?:[Oo]ur|[Tt]he\sproposed)\s(?:[\w-]+\s){0,2}?(?:method|approach|model|framework|system|algorithm|pipeline|technique|agent|"
            r"architecture|strategy)s?\b|\b[Oo]urs\b|\b[Ww]e\b(?=\s(?:also\s|further\s|even\s|then\s)?(?:achiev|outperform|reach|attain|improv|surpass|"
            r"exceed|reduc|gain|obtain|beat|rais|cut|boost|lower|increas|get|scor))"
            r"|제안(?:한|하는|된)?\s?(?:방법|기법|모델|방식|접근법)|본\s?(?:방법|기법|모델|연구|논문)"
            r"|이\s(?:연구|논문)(?:의\s?(?:모델|방법))?"
            r"|우리(?:의)?\s?(?:방법|모델|기법|방식|접근법|정책|시스템|에이전트|프레임워크|알고리즘|쪽)"
        ),
        OWN,
    ),
    (
        re.compile(
            r"\b(?:[Ii]t|[Tt]hey)\b(?!\s(?:is|was|are|were)\s[~$]?\d)"
            r"|\b(?:[Tt]he|[Tt]his)\s(?:method|approach|model|framework|system|algorithm)\b(?!['’-])"
            r"|(?<![가-힣])이\s(?:방법|기법|모델|방식)"
        ),
        PRONOUN,
    ),
    (re.compile(r"\bteachers?\b(?!-)|교사(?:\s모델)?"), ROLE + "teacher"),
    (
        re.compile(
            r"\b(?:baselines?|base\smodels?|prior\swork)\b|(?:기준|기반|바탕)\s?(?:모델|시스템|방법)|기준선|베이스라인"
        ),
        ROLE + "baseline",
    ),
    (
        re.compile(
            r"\b(?:[Hh]umans|[Pp]eople|[Ee]xperts)\b(?=\s(?:reach|achiev|scor|get|attain|solv|answer|obtain))|사람(?=[은이]\s)"
        ),
        ROLE + "human",
    ),
)
_OPENING = re.compile(
    r"\s?(?P<name>[A-Z][a-z]{3,}(?<!ing)(?<!tion)(?<!sion)(?<!ment)(?<!ness)(?<!ity)(?<!ance)(?<!ence)(?<!cy)(?<!ism)(?<!s))"
    r"\s(?:only\s|also\s|still\s)?(?:reaches|achieves|attains|obtains|scores|gets|got|has|solves|outperforms|surpasses|lags|trails|keeps|"
    r"takes|needs|beats|uses|runs)\s"
)
_WORDS = frozenset(
    """
    each every everything nothing none nobody another which what this that neither work paper model method approach
    data memory research code user agent system student teacher baseline recall scale size noise speed throughput
    quality prior human framework algorithm pipeline dataset benchmark corpus policy reward loss error output input
    text image video audio speech language search retrieval depth width time cost price team group task decoder encoder
    transformer network attention
    """.split()
)
"""What opens many a sentence and is no name."""
_TRAINING = re.compile(r"(?<![\w-])(?:SFT|RAG|CoT|LoRA|PPO|DPO|GRPO|RLHF|GAN|CNN)(?![A-Za-z\d-])")
"""Methods of many a paper that are nobody's name."""
_ABBREVIATED = re.compile(r"(?P<long>[A-Z][\w-]*(?:\s[A-Z][\w-]*){0,4})\s\((?P<short>[A-Z][A-Za-z0-9]{1,7})\)")
_SET = re.compile(r"(?:bench|arena|eval|gym|qa|test)$")
_PLACE_BEFORE = re.compile(r"\b(?:[Oo]n|[Aa]cross|[Oo]ver\sthe|[Ii]n|[Uu]nder)\s(?:the\s|both\s)?$")
_PLACE_AFTER = re.compile(
    r"(?:\s?\([^()]{1,20}\))?(?:에서(?:는|도|의)?(?![가-힣])|\s(?:benchmarks?|data\s?sets?|test\s?sets?|tasks?|accuracy|score)\b|\s(?:벤치마크|데이터|과제|점수|정확도))"
)
_SUBJECT_AFTER = re.compile(
    r"(?:\s?\([^()]{1,25}\))?(?:(?:['’]s|,)?\s(?:also\s|still\s|only\s|even\s|[a-z]+ly\s)?(?:achiev|reach|attain|obtain|scor|get|got|solv|resolv|answer|outperform|"
    r"surpass|exceed|beat|lag|trail|keeps|kept|retain|need|takes|took|run|uses|cuts|rais|improv|gain|lose|lost|stands)\w*"
    r"|['’]s\s|(?:은|는|이|가|도|만|의|보다|를|을)(?![가-힣])|\s대비|에\s?비해)"
)
_RIVAL_BEFORE = re.compile(
    r"\b(?:outperform\w*|surpass\w*|exceed\w*|beat(?:s|ing|en\sby)?|than|that\sof|versus|vs\.?|compared\s(?:to|with)|against|relative\sto|"
    r"behind|ahead\sof|above|below|baselines?(?:\s(?:such\sas|like))?|models?\s(?:such\sas|like|including)|by|only\sto|comparable\s(?:[a-z]+\s)?(?:to|with)|"
    r"match(?:es|ing)|on\spar\swith|rivals)\s(?:the\s|both\s|even\s|pure\s|plain\s|vanilla\s)?$"
)


def in_words(names: Keys) -> str:
    """Bearers as a report has them."""
    return " and ".join(sorted(map(_in_words, names)))


def _in_words(key: str) -> str:
    if key.startswith(OWN):
        variant = key.removeprefix(OWN)
        return f"the paper's own ({variant})" if variant else "the paper's own"
    return f"the {key.removeprefix(ROLE)}" if key.startswith(ROLE) else key
