"""A claim in words, for people: one short line that every output shares."""

from assay.papers.models import Bound, Claim, ClaimSource, Fact
from assay.publish.labels import label


def figure(value: float | tuple[float, float], unit: str) -> str:
    """A figure with its unit as people write it: ``2.5–5x``, ``23.6%``, ``708.1 TOPS``, ``11T``."""
    ends = value if isinstance(value, tuple) else (value,)
    written = "–".join(map(_number, ends))
    return written + (unit if unit in {"%", "x"} else f" {unit}" if unit else "")


def _number(value: float) -> str:
    """A number with separators, or from a million on with a scale, where that loses nothing."""
    for scale, size in (("T", 1e12), ("B", 1e9), ("M", 1e6)):
        short = f"{value / size:.4g}"
        if abs(value) >= size and float(short) * size == value:
            return short + scale
    return f"{value:,.15g}"


def claim_figure(claim: Claim, language: str = "en") -> str:
    """A claim's figure, with its bound and the way it goes: ``up to 2.87x``, ``-61%``; of a trend, an arrow.

    Of a count, whose metric says what is counted, the bare number.
    """
    if claim.value is None:
        return "↗" if claim.direction == "up" else "↘"
    sign = {"up": "+", "down": "−"}.get(claim.direction, "") if claim.kind in {"relative", "points"} else ""
    unit = "" if claim.kind == "count" else claim.unit
    if sign and isinstance(claim.value, tuple):
        low, high = map(abs, claim.value)  # a dash between two signs cannot be read
        return add_bound(claim.bound, f"{sign}{figure(low, '')} to {sign}{figure(high, unit)}", language)
    value = abs(claim.value) if sign and not isinstance(claim.value, tuple) else claim.value
    return add_bound(claim.bound, sign + figure(value, unit), language)


def add_bound(bound: Bound, text: str, language: str = "en") -> str:
    """A figure with how exactly it is meant, in words: ``up to 2.87x``."""
    return label(f"bound.{bound.replace(' ', '_')}", language, figure=text) if bound else text


def fact_line(fact: Fact, language: str = "en") -> str:
    """A fact's figure and what it is of, as one line."""
    words = f"{add_bound(fact.bound, figure(fact.value, fact.unit), language)} {fact.what}"
    return ", ".join(filter(None, [words, fact.subject, fact.setting]))


def metric(claim: Claim, called: str = "") -> str:
    """What was measured, with the field's arrow where lower is better: ``perplexity ↓``; of a trend, along what.

    It is ``called`` as the claim calls it, if no other name is given.
    """
    words = called or claim.metric
    words = f"{words} ↓" if claim.better == "lower" else words
    return f"{words} with {claim.along}" if claim.along else words


def comparison_line(claim: Claim, language: str) -> str:
    """What the figure is compared with, in words; a relative change says that it is one, even without a baseline."""
    baseline = claim.baseline
    if claim.baseline_value is not None:
        value = figure(claim.baseline_value, "" if claim.kind == "count" else claim.unit)
        baseline = f"{baseline}, {value}" if baseline else value
    if claim.kind == "relative":
        words = label("claim.relative_to" if baseline else "claim.relative", language, baseline=baseline)
    else:
        words = label("claim.against", language, baseline=baseline) if baseline else ""
    return ", ".join(filter(None, [words, _ends(claim, language)]))


def _ends(claim: Claim, language: str) -> str:
    """Where a change starts and ends, and what it comes to if that is not what is claimed."""
    if claim.between is None:
        return ""
    start, end = map(_number, claim.between)
    if claim.adds_up is False and claim.recomputed is not None:
        return label(
            "claim.ends_that_differ",
            language,
            start=start,
            end=end,
            change=figure(float(f"{claim.recomputed:.3g}"), claim.unit),
        )
    return f"{start} → {end}"


def source_label(source: ClaimSource, language: str) -> str:
    """In words, where a figure stands."""
    return label(f"stands.{source}", language)


def where_it_stands(claim: Claim, language: str) -> str:
    """In words, where a claim stands; of one from the full text alone, in the text of which version."""
    if claim.text_version is None:
        return source_label(claim.source, language)
    return label("stands.paper_version", language, version=claim.text_version)


def conflict_line(claim: Claim, language: str) -> str:
    """What else is claimed for the same thing, in words; empty where sources agree."""
    return ", ".join(
        f"{label(f'source.{other.source}', language)}: {figure(other.value, claim.unit)}" for other in claim.conflicts
    )
