"""Reads how exactly a number is meant off the words and signs around it: about, at least, at most."""

import re
from typing import Final

from assay.papers.models import Bound

_OPEN = r"\s*(?:an?\s(?:[a-z]+\s)?|the\s)?[(+~$]?\s?$"  # what may stand between such words and the number
_BOUNDS: Final[tuple[tuple[Bound, re.Pattern[str]], ...]] = (
    (
        "at most",
        re.compile(
            r"(?:\bup\s?to(?: an? (?:\w+ ){0,2}of)?|\bas (?:much|many|high|fast|long) as|\bat most"
            r"|\bmaximum of|\bmax\.?"
            r"|\b(?:no|not|never) (?:(?:more|greater|longer|higher|larger) than|over|above|beyond)"
            rf"|(?<!\bno )(?<!\bnot )(?<!\bnever )\b(?:(?:less|fewer|lower|smaller|shorter) than|under|below)"
            r"|\bwithin|\b(?:just|a little) short of|\bshy of|[<≤]=?"
            rf"|최대|최고|많아야|기껏해야|많게는|심하면|크게는){_OPEN}",
            re.IGNORECASE,
        ),
    ),
    (
        "at least",
        re.compile(
            # "an improvement over 7 baselines", "averaged over 10 runs" bound nothing.
            r"(?:(?<!improvement )(?<!improvements )(?<!gain )(?<!gains )(?<!speedup )(?<!boost )(?<!increase )"
            r"(?<!averaged )(?<!tokens )(?<!performance )\bover|\b(?:more|greater|higher|larger|longer|better) than"
            r"|\bat least|\bupwards? of|\bin excess of|\bnorth of|\babove|\bexceed(?:s|ed|ing)?|\bbeyond"
            r"|\b(?:no|not|never) (?:(?:less|fewer|lower|smaller|shorter) than|under|below)"
            rf"|\bas (?:few|little|low) as|\bminimum of|[>≥]=?|최소한?|적어도|못해도|적게는|작게는){_OPEN}",
            re.IGNORECASE,
        ),
    ),
    (
        "about",
        re.compile(
            r"(?:[~∼≈≃]|\b(?:about|around|approximately|approx\.?|nearly|almost|roughly|circa|close to|some"
            rf"|an? estimated)|약|거의|대략){_OPEN}",
            re.IGNORECASE,
        ),
    ),
)
_BOUNDS_AFTER: Final[tuple[tuple[Bound, re.Pattern[str]], ...]] = (
    (
        "at least",
        re.compile(
            r"\+|\s?or (?:more|higher|above)\b|\s?[가-힣]{0,2}\s?(?:이상|넘(?!지)|초과(?!하지)|웃[도돈돌](?!지))"
        ),
    ),
    ("at most", re.compile(r"\s?or (?:less|fewer|lower)\b|\s?[가-힣]{0,2}\s?(?:이하|미만|까지)")),
    ("at most", re.compile(r"\s?[가-힣]{0,3}\s?(?:조금\s|살짝\s|약간\s)(?:못|안)\s?(?:미[치친쳐]|되)")),
    ("about", re.compile(r"[가-힣]{0,2}\s?(?:가까[이운]|안팎|정도|남짓|내외|쯤|꼴)")),
    ("at least", re.compile(r"여(?=\s?(?:개|명|종|대|편|장|쌍|건|권|곳|번|회|문항|시간|가지))|-(?:odd|plus)\b")),
)


def bound_of(before: str, rest: str) -> Bound:
    """The bound of a number between what stands before it and the rest after its unit; empty where none is said."""
    for bound, pattern in _BOUNDS:
        if pattern.search(before):
            return bound
    return next((bound for bound, pattern in _BOUNDS_AFTER if pattern.match(rest)), "")
