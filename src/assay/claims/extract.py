"""Extracts the claims of a paper from its abstract or full text: every figure with what it is of.

Each figure is a number of `assay.claims.numbers.quantities` that says how much or how many; model sizes, context
lengths, years and labels are told apart there. Its sentence is the quote, and its fields are read off the words around
it by `assay.claims.wording`; in an abstract, `assay.claims.choosing` then weighs them against all else that the figure
may be of. How well that works on abstracts labelled by hand is in ``docs/claims.md``.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final, Literal

from assay.claims import wording
from assay.claims.choosing import Context, Figure, choose_fields
from assay.claims.numbers.quantities import Quantity, quantities
from assay.claims.numbers.sorts import Sort
from assay.claims.proposal import Proposal, proposal
from assay.claims.readings import BARE_JOINT, Reading, join_shares, read_figures
from assay.claims.tables.claims import table_claims
from assay.claims.tables.table import is_table
from assay.claims.wording import Around
from assay.claims.wording.lists import deal
from assay.claims.wording.metric_names import is_metric
from assay.claims.wording.setups import is_set_up
from assay.papers.mathematics import read_plain
from assay.papers.models import Claim, ClaimKind, Paper, Place
from assay.papers.passages import Passage
from assay.papers.sentences import Span, split

EDITION: Final = 12
"""Rises when the rules change, so that what was extracted before can be extracted anew."""


def extract(paper: Paper, passages: Sequence[Passage] = ()) -> tuple[Claim, ...]:
    """Extract the claims of ``paper``: those of its abstract, then those that only its full text makes.

    Args:
        paper: with title and abstract; without an abstract it has no claims from there.
        passages: its full text, part by part.
    """
    own = proposal(paper)
    claims: list[Claim] = []
    # A full text is read by the rules alone, and so may a figure of the abstract be that it repeats.
    read_by_rules = [figure.claim for figure in read_abstract(paper).figures] if passages else []
    for part, text in (("abstract", paper.abstract), *passages):
        if part in {"title", "abstract"} and text != paper.abstract:
            continue
        figures = {(claim.ends, claim.unit, claim.kind) for claim in [*claims, *read_by_rules]}
        additions = table_claims(text, part, own=own.name) if is_table(text) else _claims(text, part, own, paper.title)
        claims += [each for each in additions if part == "abstract" or (each.ends, each.unit, each.kind) not in figures]
    return tuple(_add_keys(claims))


def _claims(text: str, part: str, own: Proposal, title: str) -> Iterator[Claim]:
    """The claims of a text; those of an abstract have fields that are chosen among all that stands around.

    Their quotes are the text's own words.
    """
    plain = read_plain(text)
    context = _read(plain.text, part, own, title)
    claims = choose_fields(context) if part == "abstract" else (figure.claim for figure in context.figures)
    for figure, claim in zip(context.figures, claims, strict=True):
        start, end = context.sentences[context.sentence_of(figure.start)]
        place = Place(part=part, start=plain.starts[start], end=plain.ends[end - 1])
        yield claim.model_copy(update={"quote": text[place.start : place.end], "place": place})


def read_abstract(paper: Paper) -> Context:
    """The abstract of a paper without LaTeX, with its figures as the rules alone read them: what is chosen from."""
    return _read(read_plain(paper.abstract).text, "abstract", proposal(paper), paper.title)


def _read(text: str, part: str, own: Proposal, title: str) -> Context:
    numbers = [q for q in quantities(text, words=True) if q.sort is Sort.FIGURE]
    figures: list[Figure] = []
    sentences = split(text)
    for sentence in sentences:
        inside = [q for q in numbers if sentence.start <= q.start < sentence.end]
        if inside:
            figures += _figures_of_sentence(text, inside, sentence, part, own)
    return Context(title, text, sentences, figures, [Span(q.start, q.end) for q in numbers], own.name)


def _figures_of_sentence(
    text: str, inside: Sequence[Quantity], sentence: Span, part: str, own: Proposal
) -> Iterator[Figure]:
    """The claims of a sentence as the rules read them, with the places of their figures."""
    figures = join_shares(text, [q for q in inside if not is_set_up(text, q)])
    readings = list(read_figures(text, figures, sentence))
    claims: list[Claim] = []
    for reading in readings:
        claims.append(_claim(reading, claims[-1] if claims else None, own, text, part))
    claims = list(_add_ends(claims, readings, text))
    between = [text[one.figure.end : other.figure.start] for one, other in pairwise(readings)]
    _add_rivals(claims, between)
    _share_backwards(claims, readings, between)
    _share_forwards(claims, readings, between)
    _add_contrasts(claims, readings)
    spans = [(reading.figure.start, reading.figure.end) for reading in readings]
    for claim, (start, end) in zip(deal(claims, spans, text, sentence), spans, strict=True):
        yield Figure(claim, start, end)


def _add_rivals(claims: list[Claim], between: Sequence[str]) -> None:
    """Give a figure beside a rival's the rival as its baseline: ``68.0 compared to 62.3 of TideCache``."""
    for n, (claim, other) in enumerate(pairwise(claims)):
        is_pair = claim.kind == other.kind == "absolute" and claim.unit == other.unit and _RIVALS.search(between[n])
        if is_pair and not claim.baseline and other.subject != claim.subject:
            claims[n] = claim.model_copy(update={"baseline": other.subject})


_RIVALS = re.compile(r"^[^,;()]{0,30}[\s(](?:vs\.?|versus|against|compared\s(?:to|with))\s(?:only\s|just\s)?[~]?$")


def _share_backwards(claims: list[Claim], readings: Sequence[Reading], between: Sequence[str]) -> None:
    """Give figures of a list what is said once, behind the last of them."""
    for n in range(len(claims) - 2, -1, -1):
        claim, following, in_list = claims[n], claims[n + 1], readings[n + 1].in_list
        update: dict[str, object] = {}
        if in_list and not _LOCATES.search(between[n]) and following.kind != "count":
            update |= {f: getattr(following, f) for f in ("dataset", "setting") if not getattr(claim, f)}
        if BARE_JOINT.fullmatch(between[n]) and claim.kind == following.kind and claim.metric in _GENERIC:
            update |= {f: getattr(following, f) for f in ("metric", "better")}
        # What the last figure is compared with, the others are too, unless another statement lies between.
        goes_on = in_list or (_is_change_kind(following) and wording.goes_on(between[n]))
        if not claim.baseline and _is_change_kind(claim) and goes_on:
            update["baseline"] = following.baseline
        claims[n] = claim.model_copy(update=update)


def _share_forwards(claims: list[Claim], readings: Sequence[Reading], between: Sequence[str]) -> None:
    """Give a figure the data set of the one that it follows at once, and a change the baseline of its ends."""
    for n in range(1, len(claims)):
        is_beside = BARE_JOINT.fullmatch(between[n - 1]) or _RIVAL_ON.search(between[n - 1])
        if is_beside and not claims[n].dataset and claims[n].kind != "count":
            claims[n] = claims[n].model_copy(update={"dataset": claims[n - 1].dataset})
        if (version := _VERSION.fullmatch(claims[n].dataset)) and _VERSION.search(claims[n - 1].dataset):
            claims[n] = claims[n].model_copy(update={"dataset": _VERSION.sub(version[0], claims[n - 1].dataset)})
    baselines: dict[object, str] = {}
    for claim in claims:
        if claim.between and claim.baseline:
            baselines.setdefault(claim.between, claim.baseline)
    for n, claim in enumerate(claims):
        if claim.between and not claim.baseline and readings[n].origin is None:
            claims[n] = claim.model_copy(update={"baseline": baselines.get(claim.between, "")})


def _add_contrasts(claims: list[Claim], readings: Sequence[Reading]) -> None:
    """Give two figures that follow each other the settings that are set against each other behind them."""
    for n, (one, other) in enumerate(pairwise(readings)):
        settings = wording.contrasted(one.around.near_right, other.around.near_right)
        pair = claims[n : n + 2]
        if all(map(_may_be_setting, pair, settings)):
            claims[n : n + 2] = [
                each.model_copy(update={"setting": setting}) for each, setting in zip(pair, settings, strict=True)
            ]


def _may_be_setting(claim: Claim, name: str) -> bool:
    """Whether what stands behind a figure says where it holds, and not what else of it is known already."""
    known = f"{claim.metric} {claim.dataset} {claim.baseline} {claim.subject}"
    is_known = name in known or is_metric(name.rsplit(maxsplit=1)[-1] if name else "") or claim.kind == "count"
    return bool(name) and not is_known and not _WHOSE.search(name) and claim.setting in {"", name}


_WHOSE = re.compile(r"^[^\d]*\b(?:models?|humans?|experts?|methods?|baselines?|LLMs|VLMs|agents?|annotators?)$")
"""Not where a figure holds but whose it is: ``10% for the best old model and 45% for the best new model``."""


_RIVAL_ON = re.compile(r"^[^,;]{3,60}\s\(?(?:versus|vs\.?|compared\s(?:to|with)|against)\s(?:only\s)?[~]?$")
"""What rivals reach is measured on the same: ``71 on ToyBench versus 62``."""
_VERSION = re.compile(r"v\d+(?:\.\d+)?$")
"""Alone, it is of the data set named before: ``on ToyBench v5 and 55.8 on v6``."""
_LOCATES = re.compile(r"\b(?:on|for|with|under|at)\b|\(")
_GENERIC: Final = frozenset({"value", "performance", "score"})
"""What a metric is called that nothing names."""


def _is_change_kind(claim: Claim) -> bool:
    return claim.kind in {"relative", "points", "times"}


_TIED: Final = re.compile(
    r"\)?\s?[,;(–-]?\s?(?:(?:an?|by|with|which|is|i\.e\.,?|or|of|representing|corresponding|yielding|achieving|in|on|for|from|to|the)\s|"
    r"[\w@/-]+,?\s(?!and\b)){0,7}?[(]?[+~]?"
)


def _add_ends(claims: Sequence[Claim], readings: Sequence[Reading], text: str) -> Iterator[Claim]:
    """The claims of a sentence, a change with the two ends that stand beside it: ``from 57.2 to 70.8, up 24%``."""
    for n, (claim, reading) in enumerate(zip(claims, readings, strict=True)):
        if _is_change_kind(claim) and reading.origin is None:
            for other in _beside(readings, n):
                if other.origin is not None and _is_of(reading, other, other.origin, text):
                    ends = float(other.origin.value), float(other.figure.value)
                    claim = claim.model_copy(update={"between": ends})  # noqa: PLW2901 - the same claim, completed
        yield claim


def _beside(readings: Sequence[Reading], n: int) -> Sequence[Reading]:
    """The readings that stand near number ``n``."""
    here, first, last = readings[n].figure, n, n + 1
    while first > 0 and here.start - readings[first - 1].figure.end < _NEAR:
        first -= 1
    while last < len(readings) and (readings[last].origin or readings[last].figure).start - here.end < _NEAR:
        last += 1
    return readings[first:last]


_NEAR: Final = 60


def _is_of(change: Reading, end: Reading, start: Quantity, text: str) -> bool:
    """Whether a change is that between two figures: it stands right beside them, with no other thing between."""
    if change.figure.start > end.figure.end:
        between = text[end.figure.end : change.figure.start]
    else:
        between = text[change.figure.end : start.start]
    return len(between) < _NEAR and " and " not in between and _TIED.fullmatch(between) is not None


def _claim(reading: Reading, before: Claim | None, own: Proposal, text: str, part: str) -> Claim:
    figure, around, kind = reading.figure, reading.around, reading.kind
    change = kind in {"relative", "points", "times"} or reading.origin is not None
    change = change or (
        kind == "absolute" and wording.is_change(around, signed=False, bare=False) and bool(figure.unit)
    )
    goes_on = before is not None and _takes_up(reading, before)
    direction = before.direction if before and change and goes_on else _direction(reading, text, change=change)
    metric = before.metric if before and goes_on else _metric(reading, before, direction if change else "")
    if direction == "up" and kind in {"points", "relative"} and wording.lower_is_better(metric):
        # What is better when lower improves downwards: "improves perplexity by 0.2".
        is_improved = _IMPROVED.search(around.near_left) or (kind == "points" and wording.beats(around.left))
        direction = "down" if is_improved else direction
    # "From 4x to 100x faster" tells no change but how far a change reaches; a factor that falls is one that changed.
    reaches = reading.origin is not None and figure.unit == "x" and reading.origin.value < figure.value
    reach = reading.origin if reaches else None
    dataset = wording.dataset(around, own.name if own.is_set or kind == "count" else "", count=kind == "count")
    if dataset == metric:
        dataset = ""
    subject = _subject(around, kind, dataset, own)
    if kind == "count" and own.is_set and not dataset and own.name in {subject, ""} | set(around.left.split()):
        dataset = own.name
    is_arrow = reading.origin is not None and text[: figure.start].endswith("=>")
    bound = "" if is_arrow else "at most" if _NOT_REACHED.search(around.near_left) else figure.bound
    if before is not None and reading.in_list and before.kind == kind and not bound:
        bound = before.bound
    baseline = wording.baseline(around, fraction=figure.unit == "x" and figure.value < 1) if change else ""
    if figure.unit == "%" and not change and _SHARE_OF.match(around.near_right):
        baseline = wording.baseline(around)
    dataset = "" if dataset and dataset in baseline else dataset
    setting = wording.setting(around, metric, f"{baseline} {subject}") if kind != "count" else ""
    return Claim(
        key="claim",
        value=_value(figure) if reach is None else (float(reach.value), float(figure.value)),
        unit={"points": "points", "relative": "%", "times": "x"}.get(kind, figure.unit),
        kind=kind,
        metric=metric,
        better=wording.better(metric, kind),
        bound=bound,
        direction=direction,
        between=(float(reading.origin.value), float(figure.value)) if reading.origin and not reach else None,
        subject=subject,
        dataset=dataset,
        baseline=baseline,
        setting=setting,
        source="abstract" if part == "abstract" else "paper",
    )


_NOT_REACHED = re.compile(
    r"\b(?:none|no\s[\w-]+|never|cannot|neither|not|fail(?:s|ed|ing)?\sto|unable\sto)\s(?:of\s[\w-]+\s)?(?:(?:even|ever|yet|does|to|models?)\s)*"
    r"(?:(?:reach|exceed|surpass|pass|achiev|attain|top|clear)\w*|scor\w+\s(?:above|over))\s(?:even\s|over\s|above\s)?[~]?$",
    re.IGNORECASE,
)
"""What is denied to be reached bounds from above: ``none of them reach 60%``."""


def _takes_up(reading: Reading, before: Claim) -> bool:
    """Whether a figure is of the same as the one before it: a member of a list that does not say its own."""
    is_alike = reading.kind == before.kind != "count" and _is_alike(reading, before)
    turns = reading.figure.sign == "-" and before.direction == "up"
    return reading.in_list and is_alike and not turns and not wording.says_its_own(reading.around)


def _is_alike(reading: Reading, before: Claim) -> bool:
    return reading.kind in {"relative", "points", "times"} or before.unit == reading.figure.unit


def _direction(reading: Reading, text: str, *, change: bool) -> Literal["", "up", "down"]:
    figure, around = reading.figure, reading.around
    if reading.origin is not None:
        return "up" if figure.value > reading.origin.value else "down"
    if not change:
        return wording.direction(around, "") if reading.kind == "absolute" and wording.is_moved(around) else ""
    is_merely = reading.kind == "times" and figure.value < 1 and _MERELY.search(around.near_left)
    if is_merely or (figure.sign == "-" and reading.kind in {"relative", "points"}):
        return "down"
    direction = wording.direction(around, text[figure.start : figure.end])
    if not direction and reading.kind == "times" and (figure.value < 1 or _AS_MUCH.match(around.right)):
        return "up" if figure.value > 1 else "down"
    if not direction and figure.sign:
        return "up" if figure.sign == "+" else "down"
    return direction


def _metric(reading: Reading, before: Claim | None, direction: str) -> str:
    """What a figure is of: as its words say, or else what the figure before it is of. A change has a direction."""
    figure, around, kind = reading.figure, reading.around, reading.kind
    metric = wording.metric(around, kind=kind, unit=figure.unit, has_start=reading.origin is not None)
    is_of_a_size = before is not None and before.kind == "times" != kind and before.metric in wording.SIZES
    if before is None or is_of_a_size:  # "the 10x larger PlayNet (50.5%"
        return metric or "value"
    is_alike = _is_alike(reading, before)
    is_rival = is_alike and _AGAINST.search(around.near_left) and not wording.says_its_own(around)
    is_mere_score = metric == "score" and is_alike and before.kind == kind and before.metric not in _GENERIC
    is_mere_change = (
        metric == "performance"
        and _BARE_CHANGE.match(around.right)
        and "performance" not in around.near_left
        and before.direction == direction != ""
    )
    if is_rival or is_mere_score or is_mere_change or _THAN.match(around.right):
        return before.metric
    return metric or before.metric or "value"


_MERELY = re.compile(r"\b(?:only|just|merely|us(?:es|ing)|needs|needing|tak(?:es|ing)|requir(?:es|ing))\s[~]?$")
"""Before a fraction of what others need."""
_IMPROVED = re.compile(r"\bimprov\w+\s[^,;]{0,60}\bby\s(?:[\w-]+\s){0,3}[~]?$")
_THAN = re.compile(r"\s?(?:fewer|less|more)\sthan\b")
_SHARE_OF = re.compile(r"\sof\s(?:the|its)\s[^,;]{3,60}?\s(?:compared|relative)\s(?:to|with)\s")
"""``15% of the parameters compared to TideCache``."""
_AGAINST = re.compile(r"(?:\b(?:against|versus|vs\.?|compared\s(?:to|with)))\s(?:only\s|just\s)?[~]?$")
"""Before a figure that another is compared with: both are of the same metric."""
_AS_MUCH = re.compile(r"\sthe\s(?:[\w-]+\s){1,3}of\b|\sas\s(?:much|many|fast)\b")
_BARE_CHANGE = re.compile(
    r"\s(?:relative\s|absolute\s)?(?:reduction|increase|drop|decrease|gain|improvement)s?\b(?!\s(?:in|of)\b)"
)


def _subject(around: Around, kind: ClaimKind, dataset: str, own: Proposal) -> str:
    """Whose figure it is; of what a data set has, the data set."""
    if kind == "count" and dataset and _HAS.search(around.left[-50:]):
        return dataset
    subject = wording.subject(
        around,
        own.name if kind == "count" else own.method,
        count=kind == "count",
        change=kind in {"relative", "points", "times"},
    )
    return subject or ("" if own.is_set or kind == "count" else own.name)


_HAS = re.compile(
    r"\b(?:compris\w+|consist\w*\sof|contain\w*|includ\w+|cover\w*|span\w*|featur\w+|with|of|and|across|from)\s(?:(?:over|about|more|than|up|to|a|total|of|nearly)\s)*[~]?$",
)


def _value(figure: Quantity) -> float | tuple[float, float]:
    return (float(figure.low), float(figure.high)) if figure.is_range else float(figure.value)


def _add_keys(claims: Sequence[Claim]) -> Iterator[Claim]:
    """The claims with unique keys that say what they are of."""
    keys: set[str] = set()
    for claim in claims:
        words = re.findall(r"[a-z0-9]+", claim.metric.lower())[:4] or ["figure"]
        digits = re.sub(r"\D+", "-", f"{Decimal(repr(claim.ends[-1])).normalize():f}").strip("-")
        key = stem = "-".join([*words, digits])
        again = 2
        while key in keys:
            key = f"{stem}-{again}"
            again += 1
        keys.add(key)
        yield claim.model_copy(update={"key": key})
