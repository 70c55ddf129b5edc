"""Reads from the words around a figure whose it is."""

import re
from typing import Final

from assay.claims.wording.baselines import beaten
from assay.claims.wording.changes import BEATING
from assay.claims.wording.metric_names import is_metric, named
from assay.claims.wording.phrases import MODEL_NAME, PROPER, Around

_OURS = re.compile(
    r"\b(?:our|this|the\sproposed)\s(?:[\w-]+\s){0,3}?(?:method|approach|model|framework|system|algorithm|pipeline|technique|"
    r"benchmark|dataset)s?\b",
    re.IGNORECASE,
)
_ADVERBS = r"(?:(?:[a-z]+ly|further|also|even|still|only|now|in\sturn|all)\s)*"
_VERBS = (
    r"achiev(?:es?|ed)|outperform(?:s|ed)?|improv(?:es?|ed)|surpass(?:es|ed)?|reduc(?:es?|ed)|attain(?:s|ed)?|reach(?:es|ed)?|yield(?:s|ed)?|"
    r"obtain(?:s|ed)?|deliver(?:s|ed)?|exceed(?:s|ed)?|gain(?:s|ed)?|boost(?:s|ed)?|increas(?:es?|ed)|accelerat(?:es?|ed)|comprises?|contains?|"
    r"consists?|includes?|scor(?:es|ed)(?!\s(?:(?:of|is|was|on|are)\b|reach|ris|rose|drop|fall|fell|improv|increas|decreas))|score(?!\s(?:of|is|was|on)\b)|remains?|stays?|leads?|led|tops?|wins?|won|establish(?:es|ed)?|solv(?:es?|ed)|generat(?:es?|ed)|offers?|provides?|requir(?:es?|ed)|needs?|needed|exhibits?|exhibited|"
    r"show(?:s|ed)?|enables?|lag(?:s|ged)?|trail(?:s|ed)?|get(?:s)?|got|record(?:s|ed)?|perform(?:s|ed)?|drop(?:s|ped)?|fall(?:s)?|fell|"
    r"fail(?:s|ed)?|suffer(?:s|ed)?|degrad(?:es?|ed)|takes?|took|uses?|used|sav(?:es?|ed)|cuts?|lower(?:s|ed)?|rais(?:es?|ed)|answer(?:s|ed)?|"
    r"match(?:es|ed)?|beats?|rank(?:s|ed)?|retain(?:s|ed)?|maintain(?:s|ed)?|keeps?|kept|resolv(?:es?|ed)|identif(?:y|ies|ied)|detect(?:s|ed)?|complet(?:es?|ed)|pass(?:es|ed)?|finds?|found|recover(?:s|ed)?|experienc(?:es?|ed)|"
    r"sees?|saw|produc(?:es?|ed)|process(?:es)?|support(?:s|ed)?|consum(?:es?|ed)|costs?|rises?|rose|grows?|grew|fits|agrees?|correct(?:s|ed)|"
    r"surviv(?:es?|ed)|struggles?|preserv(?:es?|ed)|clos(?:es?|ed)|report(?:s|ed)?|push(?:es|ed)?|set(?:s)?|brings?|shrinks?|slash(?:es|ed)?|"
    r"compress(?:es|ed)?|shorten(?:s|ed)?|rival(?:s|ed)|results?\sin|leads?\sto|helps|plateaus?|sustain(?:s|ed)?|speeds?\sup|sped\sup|doubles|halves|runs?|ran|is|are|was|were|can|has|have|had"
)
_KIND = (
    r"(?:[Mm]odels?|LLMs?|LMMs?|MLLMs?|VLMs?|VLAs?|LMs?|methods?|baselines?|approach(?:es)?|agents?|humans?|experts?|annotators?|participants?|"
    r"systems?|algorithms?|transformers?|networks?|detectors?|fine-tuning|"
    r"backbones?|works?|variants?|policies|policy|encoders?|judges?|ensembles?|reviewers?|developers?|students?|teachers?|classifiers?|retrievers?)"
)
_NAMES = rf"{PROPER}(?:(?:(?:,\s{PROPER}){{0,4}},?\s(?:and|or)\s{PROPER})|)"
_NAME_AND_VERB = re.compile(
    rf"(?<![\w-])(?!(?:Although|Though|Since|Because|Even|If|Once|No|Only|Results|Experiments|Evaluations?|Accuracy|Performance|Latency|Memory|Using|With|Under|Across|While|When|Here|Overall|By)\b)(?P<phrase>{_NAMES})"
    rf"(?:\s\([^()]{{1,20}}\))?(?:\s(?:{_KIND}))?(?:\swith\s(?=[a-z])(?!an?\s\d)(?:(?!{_VERBS}\b)[\w-]+\s){{0,3}}?(?!{_VERBS}\b)[\w-]+)?(?:\s\([^()]{{1,20}}\))?(?:,\s(?:while\s(?=\w+ing\b)|(?!(?:we|it|our|the|this|which|while|where|and|but|as)\b))[a-z][^,;]{{3,80}},)?\s{_ADVERBS}(?:{_VERBS})(?![\w@-])"
)
_APPOSED = re.compile(
    rf"\b{_KIND},\s(?P<phrase>{PROPER})(?:\s\([^()]{{1,20}}\)|\s(?:in|with|at)\s[\w\s-]{{3,30}})?,\s{_ADVERBS}(?:{_VERBS})(?![\w@-])"
)
"""``The best model, PlayNet, solves``: the name of what stands before it."""
_NOT_IN_A_KIND = (
    "although|though|because|since|if|when|whose|yet|and|or|of|we|evaluate|that|which|than|our|this|these|by|with|for|to|on|in|as|the|a|an|all|even|both|while|during|"
    "over|under|from|at|many|across|against|into|via|using"
)
_MODIFIED = (
    r"(?:augmented|trained|pretrained|fine-tuned|finetuned|equipped|built|based|initialized|enhanced|guided|combined|distilled|optimized)"
    r"\s(?:with|on|from|using|by|via|for|in|upon)\s[^,;()]{3,60}?"
)
"""What a thing was made with, before its verb: ``a model trained on tides reaches``."""
_KIND_AND_VERB = re.compile(
    rf"(?<![\w-])(?P<phrase>(?:(?!(?i:{_NOT_IN_A_KIND}|{_VERBS})\b)[\w-]+\s){{0,4}}"
    rf"(?<![Oo]ur\s)(?<![Oo]ur proposed\s)(?<![Tt]his\s){_KIND})"
    rf"(?:,?\s(?:such\sas|like|including)\s[^;()]{{3,60}}?|\s\([^()]{{1,60}}\)|\s(?:on|in)\s[\w-]+|\s{_MODIFIED})?"
    rf"(?:,?\s(?:all\sof\swhich\s|which\s|that\s)?{_ADVERBS}(?:{_VERBS})|\s(?:showing|reaching|achieving|scoring|suffering|exhibiting))\b"
)
_EXAMPLE_AND_VERB = re.compile(
    rf"\b(?:such\sas|like|e\.g\.,?)\s(?P<phrase>{PROPER}),?\s(?:which\s)?{_ADVERBS}(?:{_VERBS})(?![\w@-])"
)
"""Of ``systems like PlayNet, which only obtains`` the one that is named."""
_APPOSITION = re.compile(
    rf"(?P<phrase>{PROPER}),\s(?:an?|the|our)\s[^,;]{{3,80}}?\s(?:(?:that|which)\s{_ADVERBS}(?:{_VERBS})(?![\w@-])|with\s(?:[a-z]+\s)?[~]?$)"
)
"""``TideSet, a corpus that gains``, ``Gullwing, a cache with``."""
_OURS_AND_VERB = re.compile(
    rf"(?:\b[Ww]e|\b[Ii]t|\b(?:[Oo]ur|[Tt]his|[Tt]he\sproposed)\s(?:[\w-]+\s){{1,3}})\s?{_ADVERBS}(?:{_VERBS})(?![\w@-])"
)
_IS_RIVAL = re.compile(
    r"\b(?:to|than|over|compared\swith|against|versus|[Oo]n|[Ii]n|across|at|from|under|via|using|outperform\w*|surpass\w*|exceed\w*|beat\w*)\s(?:(?:the|a|an|both|all|even|other)\s)*(?:(?<=\sthe\s)[a-z-]+\s)?$"
)
_SUBJECT_IN_BRACKETS = re.compile(rf"\s?\((?P<phrase>{PROPER}|[a-z]-[A-Z][\w-]+)\)")
_RIVAL_BEFORE = re.compile(
    r"\b(?:outperform\w*|surpass\w*|exceed\w*|beat\w*|over|than|close\sto|match(?:es|ing)?|compared\s(?:to|with)|versus|vs\.?|and)\s(?:(?:the|an?|both)\s)?"
    r"(?P<phrase>[A-Za-z][^,;()]{2,60})\s\($"
)
_LABEL_BEFORE = re.compile(rf"(?:^|[(,;]|vs\.?|versus|and)\s?(?P<phrase>[Hh]umans?|{PROPER}):\s?$")
_HUMAN_LEVEL = re.compile(
    r"\bhuman(?:-level)?\s(?:performance|level|accuracy|baseline|score)\s(?:of|at|is|\()\s?[~]?$|\bhumans?\s\($"
)
_VERSUS = re.compile(r"\s?(?:vs\.?|versus)\s")
_METRIC_AND = re.compile(r"^(?:[A-Z\d]{2,}|[A-Z]\w*[Ss]core)\s\d[\d.]*\sand\s")
"""The end of the statement before: ``FID 1.54 and PlayNet``."""
_OWNER = re.compile(r"(?<![\w-])(?P<phrase>[A-Z][\w.-]*(?:\s[A-Z\d][\w.-]*){0,3})['’]s\s$")
_VERB = re.compile(rf"(?:{_VERBS})(?![\w@-])")
_OR = re.compile(r"\sor\s$")
_IS_THE = re.compile(r"\b(?:is|are)(?:,[^,;]{3,40},)?\s(?:the|an?)\s$")
"""What a thing is said to be is no other thing: ``Gullwing is the first policy that reaches``."""
_ONE_OF = re.compile(r"\bone\sof\s(?:the\s)?$")
_WHICH = re.compile(r"[\w-]*s,?\s(?:which|that)\s\w+[^s]s$")
"""What is plural is not what does so: ``hybrid models, which reduces``."""
_AGAINST = re.compile(r"\b(?:versus|vs\.?|compared\s(?:to|with)|against)\s$")
_RIVAL_AFTER = re.compile(
    r"\s(?:(?:for|by|with)\s(?:(?:the|an?)\s)?|of\s(?:(?:the|an?)\s|(?=[A-Z])))(?P<phrase>[A-Za-z][\w.-]*(?:\s(?!(?:on|in|and|by|despite|with|while|when|using|under|after|from|to|at)\b)[\w.-]+){0,3})"
)
_SHARE_OF = re.compile(r"\s?(?:of|out\sof)\s(?:the\s)?\d+\s(?P<phrase>(?:[\w-]+\s){0,2}?[\w-]*s)\b")
_OPENS = re.compile(r"(?:^|[,;:(]\s?|\b(?:with|that|where|and|while|but)\s)(?:(?:only|about|just)\s)?$")
"""Where a clause begins: ``20 out of 26 models fail``, and not ``it solves 20 of 26 tasks``."""
_EVALUATES = re.compile(
    r"\b(?:evaluat\w+|test(?:s|ed|ing)?|benchmark(?:s|ed|ing)?|compar\w+|assess\w*|study|studied|analy[sz]\w+|across|over|on|using)\s"
    r"(?:(?:a|the|of|over|about|total|more|than|up|to)\s){0,4}$"
)


_SAYS_WHERE = re.compile(r"\b(?:[Oo]n|[Ii]n|[Aa]cross)\s(?:the\s)?[A-Z]")
"""Where a data set is named already, a name in brackets behind a figure is no other one."""
_COMPARES = re.compile(r"\b(?:versus|vs|against|than|compared)\b")
_UNIT = re.compile(r"(?:Hz|FPS|[KMGT]B|TOPS|FLOPs)\b")
_NOUN_NOT_VERB = re.compile(
    r"^(?:(?!\sand\s|\sor\s).)*\s(?:gain|boost|lead|drop|increase|score|fall|rank|lag|cut|use|need|show|record|trail|fail|match|reach)$"
)
"""Behind a single name these are nouns: ``a 7% AP gain``."""
_WITH_AND_PARTICIPLE = re.compile(
    r"\b(?:with|where)\s(?:(?:the|an?|even|only)\s)*(?P<phrase>(?:(?!(?:and|or|of|an?|the|up|over|our)\b)[\w.+-]+\s){1,5}?)"
    r"(?:only\s|still\s|just\s)?(?:achieving|reaching|scoring|obtaining|attaining|showing|exhibiting|recording|yielding|suffering|failing)\b"
)
"""``with the strongest setups reaching``: what does so is the subject, whatever it is."""


def subject(around: Around, name: str, *, count: bool = False, change: bool = False) -> str:
    """Whose figure it is, as the sentence says it; else the paper's own ``name``; else ``our method`` and the like.

    What stands before the verb has it: a name, a list of names, or a kind of thing (``the best-performing model``).
    What a paper counts because it was used for measuring is nobody's figure.
    """
    if beside := _named_beside(around, change=change):
        return beside
    if count and _EVALUATES.search(around.left):
        return ""
    names = [
        (match.end(), rank, match.groupdict().get("phrase") or "")
        for rank, pattern in enumerate(_BEFORE_A_VERB)
        for match in pattern.finditer(around.left)
        if _is_subject_of_verb(match, around.left)
    ]
    end, _, nearest = max(names, default=(0, 0, ""))
    nearest = _METRIC_AND.sub("", nearest).strip()
    before_verb = _before_verb(around.left)
    if before_verb is not None and before_verb.end() > end:
        nearest = before_verb["phrase"].strip()
    if nearest:
        return _what_is_used(_with_what_it_has(nearest, around.left))
    ours = list(_OURS.finditer(around.left))
    return name or (ours[-1][0] if ours else named(_THIS_AND_VERB.search(around.left)).strip())


_THIS_AND_VERB = re.compile(
    rf"\b[Tt](?:his|hese)\s(?P<phrase>(?:(?!(?i:{_NOT_IN_A_KIND}|{_VERBS}|paper|work|study|results?|findings?|experiments?|evidence|section|task|gap|problem|limitation|improvement|settings?|benchmark|dataset|method|approach|framework|model|helps?|us|[a-z]+ly)\b)[\w-]+\s){{1,3}}){_ADVERBS}(?:{_VERBS})(?![\w@-])"
)
"""``This lever raises``: a thing that was named before."""
_INTRODUCED = re.compile(
    rf"\b(?:introduc|propos|present|develop|design|releas)(?:es?|s|ing)?\s(?:the\s|an?\s)?(?P<phrase>{PROPER}),\s(?:an?|the|which|our)\s[^;]{{3,160}}?(?:,\s|\s\(|\s)(?:and\s|further\s|thereby\s|thus\s|that\s|which\s)?"
    r"(?:achiev|reduc|improv|rais|reach|cut|lower|boost|increas|deliver|yield)(?:ing|es)\s(?:(?!\b[A-Z])[^;.])*$"
)
"""What a sentence introduces has what follows: ``we introduce TideSort, a sorter of keys, reducing``."""
_BEFORE_A_VERB: Final = (
    _INTRODUCED,
    _OURS_AND_VERB,
    _KIND_AND_VERB,
    _NAME_AND_VERB,
    _APPOSITION,
    _APPOSED,
    _EXAMPLE_AND_VERB,
    _WITH_AND_PARTICIPLE,
)
"""What has a verb behind it; where two end with the same verb, the later of these tells more."""


def _is_subject_of_verb(match: re.Match[str], left: str) -> bool:
    """Whether what stands before a verb is its subject: no rival, no part of a longer phrase, no metric."""
    if _IS_RIVAL.search(left, 0, match.start()) or _is_of_metric(match.groupdict().get("phrase") or ""):
        return False
    if match.re is _NAME_AND_VERB:
        return not (_NOUN_NOT_VERB.search(match[0]) or _UNIT.match(match[0]))
    if match.re is _KIND_AND_VERB:
        is_part = any(before.search(left, 0, match.start()) for before in (_OR, _ONE_OF, _IS_THE))
        return not (is_part or _ITSELF.fullmatch(f"{match['phrase']} ") or _WHICH.search(match[0]))
    return True


def _what_is_used(doing: str) -> str:
    """The method of ``augmenting LakeLM with Gullwing`` and of ``applying Gullwing to LakeLM``; else all of it."""
    used = _USED.match(doing)
    return (used["phrase"] or used["applied"]) if used else doing


_USED = re.compile(
    rf"(?:[Aa]ugment|[Ee]quip|[Ee]nhanc|[Ee]xtend|[Cc]ombin|[Tt]rain|[Ff]ine-tun)ing\s(?:the\s)?{PROPER}\s(?:with|using)\s(?:the\s)?(?P<phrase>{PROPER})$"
    rf"|(?:[Aa]pply|[Aa]dd|[Ii]ntegrat)(?:ing)\s(?P<applied>{PROPER})\s(?:in)?to\b"
)


def _is_of_metric(name: str) -> bool:
    """Whether a name is that of a metric, or of its values: ``PSNR values``."""
    words = [*filter(None, re.sub(r"\s(?:values?|scores?|numbers?|results?)$", "", name.strip()).split(" "))]
    return bool(words) and is_metric(words[-1])


_CLAUSE = (
    r"(?:^(?:(?:In|On|With|Under|For|At|By|Using|Across|Overall|Moreover|Further\w*|Here|When|While|After|As|Compared|Given|Despite|To|From|Through|"
    r"[A-Z][a-z]+ly|[A-Z][a-z]+ing(?!\s[a-z]+s\b))\b[^,;:]{0,80},\s)?|\bthat\s|[;:]\s|,\s(?:while|whereas|but|where|and)\s)(?:[Tt]he\s|[Aa]n?\s)?"
)
_RESULTS = (
    r"(?:achiev|yield|improv|enhanc|reduc|reach|outperform|surpass|obtain|deliver|show|demonstrat|attain|lead|result|exceed|"
    r"boost|increas|rais|maintain|mak|includ|enabl)ing"
)
_NO_WORD_OF_A_THING = (
    rf"{_NOT_IN_A_KIND}|{_VERBS}|{_RESULTS}|[a-z]+ly|not|only|also|even|still|better|best|we|it|they|he|this|these|those|there|each|one|its|their|such|our|"
    r"experiments?|results?|evaluations?|analys[ie]s|stud(?:y|ies)|findings?|relative|absolute|average|overall"
)
_NO_VERB = (
    r"(?!(?:gains?|drops?|increases?|decreases?|leads?|scores?|costs?|cuts?|runs?|records?|needs?|answers?|sets?|reports?|"
    r"boosts?|falls?)\sof\b)"
)
"""A noun that is spelt like a verb: ``relative gains of``."""
_THING = re.compile(
    rf"{_CLAUSE}(?P<phrase>(?:(?!(?i:{_NO_WORD_OF_A_THING})\b)[\w-]+\s){{1,4}}){_ADVERBS}{_NO_VERB}(?:{_VERBS})(?![\w@-])"
)
"""A noun phrase that begins a clause, and its verb: ``we show that reflection improves``."""
_DOING = re.compile(
    rf"(?:{_CLAUSE}|,\s|\bthat\seven\s)(?P<phrase>(?!(?i:{_RESULTS}|using|combin\w+|outperform\w+)\b)[A-Za-z][\w-]*ing\s(?:(?!(?:{_VERBS}|[a-z]+ly|not|also)(?![\w@-]))[\w.+'-]+\s){{1,8}}?)"
    rf"{_ADVERBS}{_NO_VERB}(?:{_VERBS})(?![\w@-])"
)
"""``Removing the placebo drops``: what is done is the subject."""
_ITSELF = re.compile(r"(?:[Mm]odel|method|approach|framework|system|algorithm|benchmark|dataset|pipeline|technique)\s$")
"""With nothing before it such a word means what the paper proposes."""


_DOES = re.compile(r"\b(?:achiev|outperform|surpass|reduc|obtain|attain|deliver|yield)(?:e?s|ed)?$")
"""Such a verb has a thing before it, even one named as a metric: ``spatial memory achieves``."""


def _before_verb(left: str) -> re.Match[str] | None:
    """The last thing before a figure that begins a clause and has a verb, where it is no name and no metric."""
    things = [match for pattern in (_THING, _DOING) for match in pattern.finditer(left)]
    things = [
        each
        for each in things
        if (_DOES.search(each[0]) or not _is_of_metric(each["phrase"]))
        and not _NOUN_NOT_VERB.search(each[0])
        and not _ITSELF.fullmatch(each["phrase"])
        and " while " not in each["phrase"]
    ]
    return max(things, key=lambda each: each.end(), default=None)


def _with_what_it_has(name: str, left: str) -> str:
    """A subject with what it was taken with: ``tuning with ToySet`` where the last name has the verb."""
    match = re.search(
        rf"{_CLAUSE}(?P<whole>(?P<head>[\w-]+)(?:\s[\w-]+){{0,3}}\s(?:with|using)\s(?:the\s|an?\s)?{re.escape(name)})\s",
        left,
    )
    if match is None or re.match(rf"(?i:{_NOT_IN_A_KIND})\b", match["head"]):
        return name
    return match["whole"]


def _named_beside(around: Around, *, change: bool) -> str:
    """Whose figure it is, where that stands right beside it: in brackets, before a colon, in front of a bracket."""
    near_left, right = around.near_left, around.right
    if (match := _SUBJECT_IN_BRACKETS.match(right)) and _is_subject(match["phrase"], around.left):
        return match["phrase"]
    if (match := _LABEL_BEFORE.search(near_left)) and _is_label(match["phrase"], around.left):
        return match["phrase"]
    if not change and not _VERSUS.match(right) and (match := _MODEL_BEFORE_BRACKET.search(near_left)):
        return match["phrase"]
    if _HUMAN_LEVEL.search(near_left):
        return "human"
    owner = named(_OWNER.search(near_left))
    shared = named(_SHARE_OF.match(right)) if _OPENS.search(around.left) else ""
    return _rival_beside(around, change=change) or owner or shared


def _is_subject(name: str, left: str) -> bool:
    """Whether a name in brackets behind a figure is whose it is, and no data set."""
    return bool(MODEL_NAME.match(name) or _COMPARES.search(left[-60:]) or _SAYS_WHERE.search(left[-120:]))


_BEATEN = re.compile(
    r"(?:^|.*?\s)(?:to|than|over|(?:outperform|surpass|exceed|beat|match)(?:s|es|ing)?)\s(?:(?:the|an?|both|even)\s)*"
)


def _rival_beside(around: Around, *, change: bool) -> str:
    """Whose figure it is, where a rival's stands beside the paper's own: in brackets, after "versus"."""
    if not change and (match := _SCORED_BY.match(around.right) or _BEST.match(around.right) or _also_scored_by(around)):
        return match["phrase"].rstrip(".")
    if _RIGHT_AFTER_VERSUS.fullmatch(around.near_left) and not _RIVAL_AFTER.match(around.right):
        behind = _BEHIND_VERSUS.match(around.right)
        return beaten(around.left) or (behind["phrase"].rstrip(".") if behind else "")
    rival = None if change else _RIVAL_BEFORE.search(around.near_left)
    if rival is None or _VERSUS.match(around.right) or not _is_rival(around, rival):
        rival = _RIVAL_AFTER.match(around.right) if _AGAINST.search(around.near_left) else None
    if rival is not None:
        return _BEATEN.split(rival["phrase"])[-1].strip(" .")
    return ""


def _also_scored_by(around: Around) -> re.Match[str] | None:
    """Whose the figure is after those of other rivals: ``vs. 91.4% for TideCache and only 30% for SnapToy``."""
    if not _COMPARES.search(around.left[-_FAR:]):
        return None
    return _FOR_NAME.match(around.right) or _FOR_RIVAL.match(around.right)


_FAR: Final = 80
_FOR_NAME = re.compile(rf"\s(?:for|by|of|with)\s(?:the\s)?(?P<phrase>{PROPER})(?=[,.;)]|\sand\b|\s?$)")
_FOR_RIVAL = re.compile(
    r"\s(?:for|by)\s(?:the\s|an?\s)?(?P<phrase>[a-z][\w-]*(?:\s(?!(?:on|in|and|with|while|when|using|under|from|to|at)\b)[\w-]+){0,3})(?=[,.;)]|\sand\s[^,;]{0,12}\d|\s?$)"
)
"""``vs. 91% for plain counting``."""
_SCORED_BY = re.compile(
    rf"\s(?:for|from)\s(?:the\s|vanilla\s)?(?P<phrase>(?:(?={MODEL_NAME.pattern})|(?<=from\s)|(?<=vanilla\s)){PROPER})(?=\sand\b|[,.;)]|\s?$)"
)
_BEST = re.compile(
    rf"(?:\s(?!(?:for|by|from|on|in|at|of|with|and)\b)[\w-]+){{0,3}}\s(?:for|by|from)\s(?:the\s)?(?P<phrase>(?:best|strongest|second-best|worst|weakest|leading|top|largest|smallest)(?:[\s-][\w-]+){{0,3}}?\s{_KIND})(?=[,.;)]|\sand\b|\s?$)"
)
"""``45% for the best new model``."""
_MODEL_BEFORE_BRACKET = re.compile(rf"(?P<phrase>(?={MODEL_NAME.pattern}){PROPER})\s\([~]?$")
_BEHIND_VERSUS = re.compile(rf"\)\s(?:compared\s(?:to|with)|than|over|against)\s(?:the\s)?(?P<phrase>{PROPER})")
_RIGHT_AFTER_VERSUS = re.compile(r"%?\s(?:vs\.?|versus)\s[~]?")


def _is_label(name: str, left: str) -> bool:
    """Whether a name before a colon says whose the figure is, and not on what or in which metric it was measured."""
    return MODEL_NAME.match(name) is not None or name.lower().startswith("human") or left.count(name) > 1


def _is_rival(around: Around, match: re.Match[str]) -> bool:
    """Whether what stands before a bracket is a rival, and no verb, nor one of two things after ``and``."""
    if _VERB.match(match["phrase"]) or match["phrase"].startswith("it ") or is_metric(match["phrase"].split()[-1]):
        return False
    return not match[0].startswith("and") or BEATING.search(around.left) is not None
