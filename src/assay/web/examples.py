"""Examples of what the ledger can be asked: what most papers of this archive claim, compare with, and measure on."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Literal, NamedTuple
from urllib.parse import urlencode

from assay.papers.mathematics import to_text
from assay.publish.labels import label
from assay.publish.terms import term
from assay.store import Claimed, ClaimQuery
from assay.web.desk import Desk

NO_UNIT = "none"
"""How an address names figures without a unit."""


class Example(NamedTuple):
    """Something that can be asked for."""

    words: str
    query: str
    papers: int = 0


def examples(desk: Desk, language: str) -> list[tuple[str, list[Example]]]:
    """What this archive has claims of, by heading: each with how many papers claim something."""
    return desk.examples.get(language, desk.days()[-1:], lambda: list(_examples(desk, language)))


_KNOWN = "FlashAttention"
_GENERAL = re.compile(
    r"\b(?:baselines?|models?|methods?|approach(?:es)?|prior|existing|previous|training|state.of.the.art|experts?)\b",
    re.IGNORECASE,
)
"""Words of a baseline that name none."""
_LONGEST = 60
"""What takes more characters is no name."""


def _examples(desk: Desk, language: str) -> Iterator[tuple[str, list[Example]]]:
    latest = max((day for day, count in desk.days() if count), default=desk.now().date())
    for since, name in ((date(latest.year, 1, 1), "compare.speed_ups_in"), (None, "compare.speed_ups")):
        if desk.store.ledger(ClaimQuery(unit="x", baseline=_KNOWN, since=since), 1):
            asked = {"unit": "x", "baseline": _KNOWN} | ({"since": f"{since}"} if since else {})
            words = label(name, language, baseline=_KNOWN, year=latest.year)
            yield label("compare.examples", language), [Example(words, urlencode(asked))]
            break
    metrics = [_of_metric(each, language) for each in _most(desk, "metric", 12)]
    named = [each for each in _most(desk, "baseline", 60) if not _GENERAL.search(each.words)]
    baselines = [Example(to_text(each.words), urlencode({"baseline": each.words}), each.papers) for each in named[:12]]
    sets = _most(desk, "dataset", 12)
    datasets = [Example(to_text(each.words), urlencode({"dataset": each.words}), each.papers) for each in sets]
    for heading, group in (("metrics", metrics), ("baselines", baselines), ("datasets", datasets)):
        if group:
            yield label(f"compare.{heading}", language), group


def _most(desk: Desk, what: Literal["metric", "baseline", "dataset"], limit: int) -> list[Claimed]:
    return [each for each in desk.store.most_claimed(what, limit) if len(each.words) <= _LONGEST]


def _of_metric(claimed: Claimed, language: str) -> Example:
    asked = {"metric": claimed.words, "kind": claimed.kind, "unit": claimed.unit or NO_UNIT}
    unit = claimed.unit if claimed.kind == "absolute" else ""
    words = f"{term(to_text(claimed.words), language)}, {label(f'kind.{claimed.kind}', language)}"
    return Example(f"{words} ({unit})" if unit else words, urlencode(asked), claimed.papers)
