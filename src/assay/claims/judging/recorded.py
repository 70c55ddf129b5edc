"""Compares figures with claims that somebody has read in the paper and recorded."""

from decimal import Decimal

from assay.claims.numbers.agreement import Agreement, Amount, agreement
from assay.claims.numbers.quantities import measure_of
from assay.claims.numbers.sorts import Sort
from assay.papers.models import Claim


def claim_amount(value: float | tuple[float, float], claim: Claim) -> Amount:
    """A value of a recorded claim as an amount; what it counts is no unit of measurement."""
    low, high = (Decimal(repr(end)) for end in (value if isinstance(value, tuple) else (value, value)))
    exponent = min(0, int(high.normalize().as_tuple().exponent))
    unit = "" if claim.kind == "count" else measure_of(claim.unit)
    return Amount(abs(low), abs(high), Decimal(1).scaleb(exponent), unit, "", Sort.FIGURE)


def gives(claim: Claim, figure: Amount) -> bool:
    """Whether a recorded claim gives a figure: its own or its baseline's, an end of a change, or the paper's other."""
    others = [other.value for other in claim.conflicts if other.source != "digest"]
    values = [claim.value, *claim.ends, *(claim.between or ()), claim.baseline_value, *others]
    return any(agreement(figure, claim_amount(value, claim)) > Agreement.WEAK for value in values if value is not None)


def format_value(claim: Claim) -> str:
    """The value of a claim as a reader is shown it, with its unit."""
    unit = claim.unit if claim.unit in {"%", "x"} else f" {claim.unit}" if claim.unit else ""
    return "–".join(f"{end:,.12g}" for end in claim.ends) + unit
