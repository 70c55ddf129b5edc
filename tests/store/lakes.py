"""A small archive with something in every table, of papers that nobody wrote."""

import json
from datetime import UTC, date, datetime, timedelta

from tests.papers.measured import measurement

from assay.papers.models import (
    Attempt,
    Claim,
    Origin,
    Outcome,
    Paper,
    Parts,
    Sighting,
    Snapshot,
    Summary,
)
from assay.store import Store

DAY = date(2099, 12, 2)
SEEN = datetime(2099, 12, 2, 6, tzinfo=UTC)
PAPERS = (
    Paper(
        id="9912.00001",
        title="Toy Attention over Long Lakes",
        authors=("Søren Sample", "Ada O'Example"),
        abstract="We present TOY, an attention that reads H$_2$O levels of 64K tokens 2.5x faster. Multi-modal herons "
        "are counted.",
        version=1,
        published=datetime(2099, 12, 1, tzinfo=UTC),
        categories=("cs.CL", "cs.LG"),
        code_url="https://github.com/lakeside/heron",
        keywords=("attention",),
    ),
    Paper(
        id="9912.00002",
        title="Counting Herons with Bayes' Rule",
        authors=("Min-ji Kim",),
        abstract="A synthetic abstract about birds. Accuracy rises from 61.2 to 74.5 points.",
        version=1,
        categories=("cs.CV",),
    ),
    Paper(
        id="9911.00007",
        title="An Older Study of Ponds",
        authors=("Wei Zhang", "Jo Public"),
        abstract="Ponds, at last.",
        version=2,
    ),
)
SUMMARY = Summary(
    paper="9912.00001",
    origin=Origin.MODEL,
    source="toy-model",
    day=DAY,
    languages={
        "en": Parts(one_line="An attention for lakes."),
        "ko": Parts(one_line="호수를 위한 어텐션을 벤치마크에서 잰다."),
    },
)
SPEED = Claim(key="speed", value=2.5, unit="x", kind="times", metric="speed", source="abstract", quote="2.5x faster")
ACCURACY = Claim(
    key="accuracy",
    value=13.3,
    unit="points",
    kind="points",
    metric="accuracy",
    source="abstract",
    quote="rises from 61.2 to 74.5 points",
)
SEARCHES = ("heron", "lakes", "호수", "author:O'Example", "H2O", "ponds revised", "multimodal", "lakeside/heron")


def fill(store: Store, *, more: int = 0) -> None:
    """Store it all; ``more`` is how many other papers come along."""
    page = Snapshot(
        source="huggingface",
        url="https://example.org/daily?date=2099-12-02",
        day=DAY,
        status=200,
        headers={"content-type": "application/json"},
        fetched_at=SEEN,
        body=b'[{"made": "up", "for": "a test"}]',
    )
    others = [
        Paper(id=f"9910.{number:05d}", title=f"Reeds, Study {number}", abstract=f"Nobody counted reed{number} before.")
        for number in range(1, more + 1)
    ]
    papers = [*PAPERS, *others]
    store.add(
        source="huggingface",
        snapshot=page,
        papers=papers,
        sightings=[
            Sighting(
                paper=paper.id,
                source="huggingface",
                day=DAY,
                rank=rank,
                votes=10 * rank,
                seen_at=SEEN,
                snapshot=page.sha256,
            )
            for rank, paper in enumerate(papers, 1)
        ],
        summaries=[SUMMARY],
        attempt=Attempt(
            source="huggingface", day=DAY, at=SEEN + timedelta(seconds=1), outcome=Outcome.OK, papers=len(papers)
        ),
    )
    newer = {"version": 3, "title": "An Older Study of Ponds, Revised", "updated": SEEN}
    store.add(source="arxiv", papers=[PAPERS[2].model_copy(update=newer)])
    store.add(source="digest", claims={"9912.00001": [SPEED]})
    for _ in range(2):
        record = json.dumps({"title": "Counting Herons", "made": "html"})
        store.keep_fulltext("9912.00002", version=1, form="html", record=record, fetched_at=SEEN)
    store.mark_refreshed(["9912.00001"], SEEN)
    store.keep_extractions(1, [(store.papers(["9912.00002"])["9912.00002"], None, [ACCURACY])])
    store.keep([measurement()])
