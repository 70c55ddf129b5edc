"""A site of our own making: two days with papers and one without, their week and month, measurements, wrong figures."""

from datetime import date

from assay.papers.comparison import Arm, Comparison
from assay.papers.measurement import Curve, Evidence, Line, Measurement
from assay.papers.models import Claim, Day, DayState, Dossier, Paper, Sighting
from assay.papers.period import Compared, LargestClaim, ListedDay, NotablePaper, Period, RisingTerm, Span, spans_of
from assay.publish.site import Site, render
from tests.papers.measured import TIMES, measurement
from tests.publish.sample import CLAIMS, SEEN, day_paper, sample_day, sample_dossiers, sample_errata, sample_ledger

EMPTY = sample_day().model_copy(update={"date": date(2099, 12, 5), "papers": (), "reason": "a Saturday"})
EARLIER = Day(
    date=date(2099, 12, 1),
    state=DayState.CLOSED,
    as_of=SEEN,
    reason="last read before it closed",
    papers=(day_paper(20, "From the day before"), day_paper(21, "Another of the day before")),
)
SLOWER = TIMES.model_copy(update={"candidate": 0.5, "ratio": 0.8, "ratio_interval": (0.7, 0.9)})
TREND = Claim(
    key="rise",
    kind="trend",
    metric="accuracy",
    direction="up",
    along="tokens",
    source="abstract",
)
CURVE = Curve(
    name="time against length",
    unit="s",
    along="tokens",
    at=(512.0, 8192.0),
    lines=(Line(name="", values=(0.1, 0.2), low=(0.1, 0.2), high=(0.1, 0.2)),),
)
SEEN_HERE = measurement(curves=(CURVE,))
NOT_SEEN = measurement(
    comparison=SLOWER,
    evidence=Evidence.REAL_MODEL,
    machine=SEEN_HERE.machine.model_copy(update={"name": "other-cpu-8"}),
)
RISING = measurement(
    paper="9912.00020",
    name="rising",
    claim="rise",
    trial="assay.trials.reasoning.rising:rise",
    claimed=TREND,
    comparison=Comparison(metric="slope", better="higher", candidate=0.25, interval=(0.1, 0.3), is_slope=True),
    beside=(),
    evidence=Evidence.TRAINED_HERE,
)
AS_CLAIMED = measurement(
    paper="9912.00020",
    name="rising",
    claim="share",
    trial="assay.trials.reasoning.rising:share",
    claimed=Claim(
        key="share", value=10.0, unit="%", kind="relative", metric="share", direction="up", source="abstract"
    ),
    comparison=Comparison(
        metric="share",
        better="higher",
        baseline=Arm(name="b", value=10.0),
        candidate=12.0,
        ratio=1.2,
        ratio_interval=(1.15, 1.25),
    ),
    beside=(),
    evidence=Evidence.AS_CLAIMED,
)
MEASUREMENTS: dict[str, list[Measurement]] = {
    "9912.00001": [SEEN_HERE, NOT_SEEN],
    "9912.00020": [RISING, AS_CLAIMED],
}


DAYS = [sample_day(), EMPTY, EARLIER]
RISING_TERMS = (
    RisingTerm(term="tide | pools", is_name=False, papers=5, before=2, z=3.1, is_sure=True, examples=("9912.00001",)),
    RisingTerm(term='GULL"2', is_name=True, papers=3, before=0, z=1.9, is_sure=False, examples=("9912.00005",)),
)


def period(span: Span, **changes: object) -> Period:
    """A week or month of the sample's days, in the order of these."""
    own = [day for day in DAYS if span.first <= day.date <= span.last]
    fields: dict[str, object] = {
        "name": span.name,
        "first": span.first,
        "last": span.last,
        "days": tuple(ListedDay(date=day.date, state=day.state, papers=len(day.papers)) for day in own),
        "count": sum(len(day.papers) for day in own),
        "readable": 15,
        "papers": tuple(
            NotablePaper(
                id=paper.id,
                title=paper.title,
                day=day.date,
                votes=paper.votes,
                room=paper.room,
                one_line={
                    language: line
                    for language, parts in paper.summary.items()
                    if (line := parts.one_line or parts.whats_new)
                },
            )
            for day in own
            for paper in day.papers
        ),
        "compared": Compared(first=date(2099, 11, 2), last=date(2099, 11, 29), papers=60, tested=30),
        "rising": RISING_TERMS,
        "largest": {"times": (LargestClaim(paper="9912.00001", title="Toy Attention", claim=CLAIMS[0]),)},
        "measured": tuple(each for found in MEASUREMENTS.values() for each in found),
    }
    return Period.model_validate(fields | changes)


PERIODS = [period(span) for span in spans_of(sample_day().date)]


def dossier(number: int, title: str, day: date, **fields: object) -> Dossier:
    """A paper listed on a day."""
    key = f"9912.{number:05}"
    record = {"id": key, "title": title, "authors": ("Ada Example",)} | fields
    return Dossier(
        paper=Paper.model_validate(record),
        sightings=(Sighting(paper=key, source="huggingface", day=day, rank=1, votes=3),),
    )


def sample_site(**changes: object) -> Site:
    """The site, with some of it otherwise."""
    fields: dict[str, object] = {
        "days": DAYS,
        "papers": [
            *sample_dossiers(),
            *(dossier(int(paper.id[-2:]), paper.title, EARLIER.date) for paper in EARLIER.papers),
        ],
        "measurements": MEASUREMENTS,
        "ledger": sample_ledger(),
        "errata": sample_errata(),
        "periods": PERIODS,
    }
    return Site(**(fields | changes))  # type: ignore[arg-type]


def files_of(site: Site) -> dict[str, str]:
    """Every file of a site as text, by its path; of pictures only that they are there."""
    return {
        path: content if isinstance(content, str) else content.decode(errors="replace")
        for path, content in render(site)
    }
