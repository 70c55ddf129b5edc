"""Puts into words why a paper stands where it does in a reader's own order."""

from collections.abc import Sequence

from assay.publish.labels import label
from assay.reader.reasons import Reason, ReasonKind


def reason_words(reason: Reason, language: str) -> str:
    """One reason: ``like 3 papers you starred: KV cache, eviction``."""
    if reason.kind is ReasonKind.VOTES:
        return label("ranked.votes", language, n=reason.count)
    name = f"ranked.{'against.' if reason.against else ''}{reason.kind.value}"
    return label(name, language, n=reason.count, what=", ".join(reason.values))


def tell_reasons(reasons: Sequence[Reason], language: str, *, most: int = 3) -> str:
    """The weightiest reasons on one line: ``like 3 papers you starred: KV cache; by J. Zhang, whom you follow``."""
    return "; ".join(reason_words(reason, language) for reason in reasons[:most] if reason.kind is not ReasonKind.VOTES)
