"""Reads from the words around a figure on which benchmark or data set it was measured."""

import re
from collections.abc import Iterator

from assay.claims.wording.changes import BEATING
from assay.claims.wording.metric_names import QUALITY_NAME, is_metric
from assay.claims.wording.phrases import MODEL_NAME, PROPER, STOP, Around, models_named

_DATASET_WORD = r"(?:bench(?:marks?)?|data\s?sets?|leaderboards?|test\ssets?|suite|corpus|tasks?|problems?|dataset)"
_NAMES = rf"{PROPER}(?:\s\d+[x×]\d+(?!\w)|(?:(?:,\s{PROPER}){{0,4}},?\s(?:and|&)\s{PROPER})|)"
"""A name, or a list of names that ends in "and": a comma alone may part a name from the subject."""
_FOLLOWS = (
    rf"(?=[\s]*$|\s?[,.;:)(]|\s(?:{_DATASET_WORD}|questions|puzzles|queries|domain|minival|val|test|dev|validation|(?:and|by|with|while|over|under|in|for|to|at|from|using|when|compared|"
    r"respectively|relative|against|without|across|as|than|where|vs|versus|after|before|during|within|among|between|despite|because|since|through|via|if|but|which|that|per|achiev\w+|reach\w+|show\w*|demonstrat\w+|indicat\w+|reveal\w*|confirm\w*|suggest\w*|yield\w*|[a-z]+\sthat|improv\w+|"
    r"ris\w+|drop\w*|increas\w+|fall\w*|decreas\w+|remain\w*|is|are|we|it)\b))"
)
"""What may stand behind the name of a data set: a name that goes on ("Korean online shops") names something else."""
_ON = re.compile(
    rf"\b(?:(?:[Oo]n|[Aa]cross)\s(?:(?:the|both|our|a|challenging|popular|standard|public|full|hard|large-scale|widely\sused|curated|new|held-out|in-domain|out-of-domain|real-world)\s|\d[\d,]*\s(?=[\w-]+\s{_DATASET_WORD}))*"
    r"(?:(?:\w+\s)?(?:variants|subsets?|splits?|versions|parts|portion)\sof\s(?:the\s)?)?|\b[Ii]n\s(?:the\s|\w+\s)?(?:variants|subsets?|splits?|versions)\sof\s(?:the\s)?)"
    rf"(?P<phrase>{_NAMES}){_FOLLOWS}"
    rf"|\b(?:[Ee]xperiments?|[Ee]valuations?|[Rr]esults)\s(?:on|in)\s(?:the\s)?(?P<tried>{_NAMES}){_FOLLOWS}"
    rf"|\b[IiOo]n\s(?:the\s)?(?P<kind>{PROPER})(?=\s(?:[a-z-]+\s){{1,2}}(?:tasks|benchmarks?|data\s?sets?|suite)\b)"
    r"|\b(?:[Ii]n|[Aa]t|from)\s(?:the\s)?(?P<after>(?=[\w-]*\d|\w*[a-z][A-Z]|[\w-]+\s(?:\w+\s)?\d|[A-Z]{3}|\w+\s(?:Bench|Eval))"
    rf"{_NAMES}){_FOLLOWS}"
)
_SET_NAME = re.compile(
    rf"(?P<phrase>{PROPER})\s{_DATASET_WORD}\b|\b(?:data\s?set|benchmark|corpus|suite|test\sset)s?(?:(?:,?\s(?:called|named|dubbed))?\s(?P<after>{PROPER})"
    rf"|,\s(?P<apposed>{PROPER})(?=,|\s(?:which|with|that|comprising|consisting)\b))"
)
NO_SET = re.compile(
    r"(?:NLP|CV|ML|IO|STEM|OOD|RL|QA)$|[GCTN]PU|NVIDIA|AMD\b|Intel\b|Apple\b|Jetson|RTX|[ABHL]\d{2,4}S?\b|MI\d{3}|GB?\d{3}|(?:BF|FP|INT|NF|TF|W)\d+\w*$|(?:SFT|RL|AI)$"
    r"|(?:English|Chinese|Korean|Japanese|Arabic|French|German|Spanish|Portuguese|Italian|Russian|Hindi|Indic)$",
    re.IGNORECASE,
)
"""Hardware, number formats, ways to train and languages, which stand where a data set may stand."""
_APPOSITION = re.compile(
    rf"(?P<phrase>{PROPER}),?\s(?:is\s)?(?:a|an|the|our)\s[^,;.]{{0,70}}?\b(?:data\s?set|benchmark|corpus|suite|test\sset|collection)\b"
)
_OUR_SET = re.compile(
    r"\b(?:[Oo]ur|[Tt]his|[Tt]he)\s(?:[\w-]+\s){0,2}?(?:data\s?set|benchmark|corpus|suite|test\sset)\b|^It\s"
)
_JUST_BEFORE = re.compile(
    rf"(?:[(,:]|\b(?:and|on|including|like|namely))\s?(?P<phrase>{PROPER})(?::?\s\(?|\()$|\be\.g\.,?\s(?P<named>{PROPER}),\s[~+(]?$"
    rf"|(?P<after>{PROPER})\s(?:scores?|accuracy|success\srate|win\srate|overall\sscore)\s(?:(?:of|reach\w*|is|at)\s)?(?:over\s|about\s|up\sto\s)?$"
)
_IN_BRACKETS = re.compile(r"^\s?\((?P<phrase>[A-Z][\w.+-]+(?:\s[A-Z0-9][\w.+-]*)?(?:\sand\s[A-Z][\w.-]+)?)\)")


def dataset(around: Around, name: str, *, count: bool) -> str:
    """The benchmark or data set named for a figure; empty if none is. ``name`` is the paper's own name."""
    models = models_named(f"{around.left} | {around.right}")
    return next(
        (
            each
            for each in _datasets(around, name, count=count)
            if not models & set(re.split(_JOINT, each)) and not _METRIC_AND_FIGURE.fullmatch(each)
        ),
        "",
    )


_METRIC_AND_FIGURE = re.compile(r"(?:[A-Z]+|[\w-]*[Ss]core|F1)\s\d*\.\d+")
_JOINT = r",?\s(?:and|&)\s|,\s"


def _datasets(around: Around, name: str, *, count: bool) -> Iterator[str]:
    """What may be the data set, the likeliest first."""
    if count:
        yield from reversed(_dataset_names(_APPOSITION, around.left) or _dataset_names(_SET_NAME, around.left))
        if name and _OUR_SET.search(around.left):
            yield name
    yield from _dataset_names(_JUST_BEFORE, around.near_left)
    near_right = _NEXT_FROM.sub("", around.near_right)
    goes_on = _VERSUS.fullmatch(around.near_right) or _ON_SO_MANY.search(around.near_right)
    beside = around.right[: len(around.near_right) + 60] if goes_on else near_right
    yield from _dataset_names(_ON, _own_clause(beside))
    if not count:
        yield from _dataset_names(_SETS_LIKE, _own_clause(beside))
        if name and _ON_OUR_SET.search(beside):
            yield name
        yield from _dataset_names(_KIND_OF_SET, _own_clause(beside))
    yield from _dataset_names(_SET_AND_METRIC, around.near_left)
    yield from _dataset_names(_METRIC_OF_SET, around.near_right)
    yield from _dataset_names(_SET_AND_NOUN, around.near_right)
    if not _dataset_names(_ON, around.left[-120:]) and not _COMPARES.search(around.near_left):
        yield from _dataset_names(_IN_BRACKETS, around.right[:60])
    has_own_place = not count and _ON_SO_MANY.search(around.near_right) is not None
    for pattern in () if has_own_place else (_ON, _SET_NAME):
        yield from reversed(_dataset_names(pattern, _open_statement(around, around.near_left)))
    # What opens the sentence holds for all of it; what an earlier statement names, only until the next statement.
    opening = _OPENING.match(around.left)
    said_before = (
        (opening[0] if opening else "")
        if has_own_place
        else around.left
        if count
        else f"{opening[0] if opening else ''} {_open_statement(around, around.left)}"
    )
    for pattern in (_ON, _SET_NAME):
        yield from reversed(_dataset_names(pattern, said_before))
    if not count:
        yield from reversed(_dataset_names(_SETS_LIKE, said_before))
        if name and _ON_OUR_SET.search(said_before):
            yield name
        yield from reversed(_dataset_names(_KIND_OF_SET, said_before))


def _open_statement(around: Around, words: str) -> str:
    """The words before a figure from where its own statement or part of an enumeration begins.

    The first figure of a sentence has all of them, and so do parts with what stands before the first of them.
    """
    parts = _PART.split(words)
    shared = parts[0] if len(parts) > 1 and _ENUMERATES.search(words) else ""
    if around.near_left == around.left:
        return f"{shared} {parts[-1]}"
    statements = _NEW_STATEMENT.finditer(parts[-1])
    # Rivals are beaten on the same set.
    starts = [match.start() for match in statements if not BEATING.search(match[0])]
    return f"{shared} {parts[-1][max(starts, default=0) :]}"


_PART = re.compile(r";|\((?:\d|[ivxIVX]{1,3}|[a-d])\)\s")
_ENUMERATES = re.compile(r"^[^;]*?\((?:1|i|I|a)\)\s")
_QUANTITY = (
    r"(?:\d+|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fifteen|twenty|dozens?|"
    r"all|several|multiple|many|various|diverse|numerous|both|different)\s"
)
_SETS_LIKE = re.compile(
    rf"\b(?:benchmarks?|data\s?sets?|tasks)(?:,?\s(?:such\sas|like|including)\s(?P<phrase>{_NAMES})|\s\((?:e\.g\.,?\s)?(?P<listed>{_NAMES})\))"
)
"""``hard benchmarks such as ToyBench``."""
_ON_OUR_SET = re.compile(
    r"\b[Oo]n\s(?:our|this|the)\s(?:(?:proposed|new|full|resulting)\s)?(?:benchmark|data\s?set|test\sset|suite)\b"
)
_KIND_OF_SET = re.compile(
    rf"\b(?:[Oo]n|[Aa]cross|[Oo]ver)\s(?:the\s|an?\s|these\s|our\s)?(?P<phrase>(?:{_QUANTITY}){{0,2}}"
    rf"(?!{_QUANTITY})(?!(?:our|the|these|this|its|their|benchmarks?|data\s?sets?|tasks?|standard|public|other|such|real|average)\b)"
    r"(?:(?!(?:and|or|of|the|an?|on|in|with|for|that|which|is|are|to|by)\b)(?:\d+-)?[a-z][\w-]*\s){1,5}"
    r"(?:benchmarks?|data\s?sets?|evaluations?|test\ssets?|test\ssuites?|leaderboards?|corpora|data))"
    rf"(?=[,.;:()]|\s?$|\s\(|\s(?:{STOP})\b|\s(?:show|demonstrat|reveal|indicat|suggest|confirm|respectively)\w*)"
)
"""Sets of a kind, where none has a name: ``on four visual reasoning benchmarks``; how many they are is not enough."""
_NEXT_FROM = re.compile(r"^\s?from\s(?=[A-Z])|(?:,|\sand)\s(?:(?!,|\sand\s).)*\sfrom\s$")
"""What rose next is another figure's: ``to 88 and on LakeBench from``; behind ``from`` at once stands whose it is."""
_ON_SO_MANY = re.compile(r"(?<!\bby\s)\b(?:on|across|over)\s(?:the\s|all\s)?$")
"""Before the next number: ``71% across 30 ToyWorld tasks``."""
_COMPARES = re.compile(r"\b(?:versus|vs|against|than|compared)\b")
"""What stands in brackets behind the second of two figures is whose it is."""
_VERSUS = re.compile(r"%?\s?\(?(?:vs\.?|versus|against|compared\s(?:to|with)|→|->)\s?")
_SPELT_AS_SET = r"(?![A-Z]{2,3}\s)(?=[\w-]*(?:\d|[a-z][A-Z]|[A-Z]{3}|-Bench)|\w+\s\d|\w+\s\w+Bench)"
_SET_AND_METRIC = re.compile(
    rf"(?:\b(?:improv\w+|rais\w+|increas\w+|boost\w*|lift\w*|elevat\w+|reduc\w+|lower\w*|and)|^%?,)\s(?:the\s)?(?P<phrase>{_SPELT_AS_SET}{PROPER})"
    r"(?:\s(?:(?:average|overall)\s)?(?:accuracy|success\srates?|scores?|performance|F1|pass@\d+|win\srates?))?\s(?:from|by)\s"
)
_SET_AND_NOUN = re.compile(
    rf"^\s(?:(?!and\b)[a-z]+\s)?on\s(?:the\s)?(?P<phrase>{_SPELT_AS_SET}{PROPER})(?=(?:\s(?!(?:{STOP})\b)[a-z-]+){{1,3}}(?:[,.;]|\s(?:under|and|with|over|by|using)\b|\s?$))"
)
"""``77% on ToyPlan-Pro manipulation``."""
_METRIC_OF_SET = re.compile(
    rf"^\s(?P<phrase>{_SPELT_AS_SET}{PROPER})\s(?:(?:average|overall|test|zero-shot|top-1)\s)?(?:accuracy|success\srate|scores?|performance|pass@\d+|F1|mIoU|mAP|FID|win\srate)\b"
)
"""``83.9% ToyQA accuracy``."""
_OPENING = re.compile(r"(?:[A-Z][a-z]+,\s)?(?:[Oo]n|[Ii]n|[Aa]cross|[Aa]t)\s[^,;]{3,90},")
_NEW_STATEMENT = re.compile(
    r"(?:,\s|\band\s)(?:\w+ly\s)?(?:wins?|achiev\w+|reach\w+|outperform\w*|surpass\w*|improv\w+|reduc\w+|obtain\w*|attain\w*|beats?|"
    r"needs?|runs?|takes?|is|are|cuts?|scor\w+|gets?|ranks?|requires?|delivers?|increases|raises|boosts|lowers|accelerates)\b|\bwhile\s(?:\w+\s)?\w+ing\b"
)
_NEXT_CLAUSE = re.compile(
    r"[;]|\b(?:while|whereas)\b|,\s(?:and\s)?[a-z]+s\s(?:well|in|to|the|an?|its)\b|,\s(?:and\s|but\s)?(?:\w+ly\s)?(?:is|it|the|achiev\w+|reach\w+|reduc\w+|outperform\w*|improv\w+|surpass\w*)\b|\sand\s(?:is|it|reduc\w+|[a-z]+s\s(?:the|an?|its|by|all|both))\b"
)


_MADE_WITH = re.compile(
    r"\b(?:(?:pre|post|re|fine)?-?train\w*|[\w-]*tun\w+|built|build\w*|based|used|distill\w*|learn\w*|relies|deployed|initiali\w+)\s(?:on|in|from)\s(?:the\s)?$"
    r"|\b(?:train|tun)\w*\s(?:using|with|via)\s[\w-]+\son\s(?:the\s)?$"
    r"|(?:training|tuning|distilling)\s(?:(?:the|an?)\s)?(?:(?!\w+s\b)[\w.-]+\s){0,5}on\s(?:the\s)?$"
)
"""What something was made from or is used in is not where it was measured: ``after training on the ToySet``."""


_OWNER = re.compile(r"^[A-Z]\w+['’]s\s(?=[A-Z])")
"""Whose a data set is is no part of its name: ``TideLab's LakeBench``."""


def _own_clause(right: str) -> str:
    """What stands to the right of a figure until another clause begins."""
    end = _NEXT_CLAUSE.search(right)
    return right[: end.start()] if end else right


def _dataset_names(pattern: re.Pattern[str], text: str) -> list[str]:
    """The names that ``pattern`` finds, those of models left out."""
    names = [next(filter(None, match.groupdict().values()), "").strip(" .,;:'") for match in pattern.finditer(text)]
    names = [_OWNER.sub("", name) for name in names]
    return [
        name
        for name in names
        if name
        and not _MADE_WITH.search(text, 0, text.find(name))
        and not MODEL_NAME.match(name)
        and not NO_SET.match(name)
        and not any(is_metric(each) for each in name.split()[-1].split("/"))
        and not re.fullmatch(QUALITY_NAME, name)
    ]
