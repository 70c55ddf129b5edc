"""What templates call to put records into words, drawings and addresses, beside what every other output shares."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from markupsafe import Markup

from assay.papers.claim import Claim
from assay.papers.findings import FigureFinding, State
from assay.papers.measurement import Measurement
from assay.papers.models import DayPaper, Dossier
from assay.papers.period import Period, RisingTerm
from assay.papers.verdict import Verdict
from assay.publish.claims import figure, metric
from assay.publish.labels import date_name, label, month_name, origin_line, room_name
from assay.publish.measurements import against, effect_claimed, effect_measured, evidence_label, interval
from assay.publish.period import by_sort, period_counts, period_name, rise_note, rise_words
from assay.publish.site.drawing import effect_svg, effects_svg, reach, rise_svg
from assay.publish.site.lines import rooms_of
from assay.publish.site.rooms import room_of, slug
from assay.publish.terms import term

_MARKS = {"reached": "✓", "direction": "△", "missed": "✗", "open": "?"}


def verdict_mark(measurement: Measurement) -> str:
    """The verdict as a sign, for whoever does not see colours."""
    return _MARKS[reach(measurement)]


def metric_words(claim: Claim, language: str) -> str:
    """What a claim's figure is of, in the language as far as it has a word for it."""
    return metric(claim, term(claim.metric, language))


def month_of(day: date, language: str) -> str:
    """The month of a day, in words."""
    return month_name(day.year, day.month, language)


def shown_language(paper: DayPaper | Dossier, language: str) -> str:
    """The language of the summary that is shown: the page's own, or the first that there is."""
    return language if language in paper.summary else next(iter(paper.summary), language)


def origin_words(paper: DayPaper | Dossier, language: str) -> str:
    """How the summary that is shown came about, in the page's language."""
    shown = language if language in paper.summary_origin else next(iter(paper.summary_origin), language)
    return origin_line(paper, shown, words_in=language)


def digest_said(claim: Claim) -> str:
    """What a digest gave for a claim instead of the paper's figure; empty where none did."""
    said = [figure(other.value, claim.unit) for other in claim.conflicts if other.source == "digest"]
    return ", ".join(said) if claim.source != "digest" else ""


def is_wrong(finding: FigureFinding) -> bool:
    """Whether the paper speaks against a figure."""
    return finding.state in {State.CONTRADICTED, State.MISATTRIBUTED}


def measured_claims(
    claims: Sequence[Claim], measurements: Sequence[Measurement]
) -> list[tuple[Claim, list[Measurement]]]:
    """Each claim that a trial was written for, with its measurements, in the order of the paper."""
    by_key: dict[str, list[Measurement]] = {}
    for each in measurements:
        by_key.setdefault(each.claim, []).append(each)
    known = {claim.key: claim for claim in claims}
    rows = [(claim, by_key.pop(claim.key)) for claim in claims if claim.key in by_key]
    # A claim that the catalogue no longer has stays as it was when it was measured.
    return rows + [(found[0].claimed, found) for key, found in by_key.items() if key not in known]


def other_claims(claims: Sequence[Claim], measurements: Sequence[Measurement]) -> list[Claim]:
    """The claims that no trial was written for."""
    tried = {each.claim for each in measurements}
    return [claim for claim in claims if claim.key not in tried]


def verdicts_of(measurements: Sequence[Measurement]) -> list[tuple[Verdict, int]]:
    """How many measurements have each verdict, in the order of the verdicts."""
    counts = [(verdict, sum(each.verdict is verdict for each in measurements)) for verdict in Verdict]
    return [(verdict, count) for verdict, count in counts if count]


def tally_of(measurements: Sequence[Measurement]) -> list[tuple[str, str, int]]:
    """How many measurements get how far: the class, its sign, and the count."""
    counts = [(how, mark, sum(reach(each) == how for each in measurements)) for how, mark in _MARKS.items()]
    return [each for each in counts if each[2]]


def effects_picture(measurements: Sequence[Measurement], language: str, *, home: str, known: Sequence[str]) -> Markup:
    """All measurements as one picture, every point a link to its claim."""
    have_pages = set(known)

    def link(each: Measurement) -> str:
        if each.paper in have_pages:
            return f"{home}paper/{each.paper}/index.html#claim-{each.claim}"
        return f"{home}measured/index.html"

    return effects_svg(
        measurements, link, (label("site.axis_claimed", language), label("site.axis_measured", language))
    )


def rise(term: RisingTerm, language: str, *, period: Period) -> str:
    """How many papers have a term, now and before, and whether that may be chance."""
    return rise_words(term, period, language)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "effect_svg": effect_svg,
    "rise_svg": rise_svg,
    "reach": reach,
    "verdict_mark": verdict_mark,
    "room_of": room_of,
    "rooms_of": rooms_of,
    "slug": slug,
    "digest_said": digest_said,
    "is_wrong": is_wrong,
    "measured_claims": measured_claims,
    "other_claims": other_claims,
    "verdicts_of": verdicts_of,
    "tally_of": tally_of,
    "interval": interval,
    "against": against,
    "effect_measured": effect_measured,
    "by_sort": by_sort,
}
"""The same in every language."""
WRITERS: dict[str, Callable[..., Any]] = {
    "date_name": date_name,
    "month": month_of,
    "room": room_name,
    "metric_words": metric_words,
    "shown_language": shown_language,
    "origin_words": origin_words,
    "evidence": evidence_label,
    "effect_claimed": effect_claimed,
    "effects_picture": effects_picture,
    "period_name": period_name,
    "period_counts": period_counts,
    "rise": rise,
    "rise_note": rise_note,
}
"""What gets the page's language as its second argument."""
