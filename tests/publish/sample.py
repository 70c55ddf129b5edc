"""A day of our own making, with everything that a day can hold and titles that break careless writers."""

from datetime import UTC, date, datetime

from assay.claims.errata import Change, Conflict, Errata, Erratum
from assay.papers.findings import Check, FigureFinding, NameFinding, State
from assay.papers.models import (
    Claim,
    Day,
    DayPaper,
    DayState,
    Dossier,
    Origin,
    OtherValue,
    Paper,
    Parts,
    Sighting,
)
from assay.store import LedgerLine

HOSTILE_TITLES = (
    "P(y|x) | and *more* _than_ `one` pipe",
    "<think>Hidden</think> <script>alert(1)</script>",
    r"Costs $1, gains 5\%, uses \\& and $\pi_0$",
    "GPT-[n] and [o1]: a [title](https://example.org) with links",
    "360° of π_RL, S*: a ~study~ at #1",
    "- 1. Not a list\n\n# nor a heading\n| nor | a table |",
    "한국어 제목과 English title 함께",
    "Null\x00, bell\x07, escape\x1b[31m, right-to-left \u202e mark",
    '"Quoted" & <b>bold</b> &amp; it\'s done',
)

PARTS_EN = Parts(
    one_line="ToyAttn skips blocks that a preview shows to be empty.",
    objective="Exact attention wastes time.",
    method="Blocks are averaged to one token.",
    result="It is 2.5x faster on 8K tokens.",
    implication="Switch it on without training.",
    whats_new="The preview is trusted only where rows look alike.",
    technical_details="Blocks hold 64 rows.",
    performance="2.5x over dense attention.",
)
PARTS_KO = Parts(
    one_line="ToyAttn은 미리 보기로 빈 블록을 찾아 건너뛴다.",
    objective="정확한 어텐션은 시간을 낭비한다.",
    method="블록을 토큰 하나로 평균한다.",
    result="8K 토큰에서 2.5배 빠르다.",
    implication="학습 없이 켤 수 있다.",
    whats_new="행이 비슷한 곳에서만 미리 보기를 믿는다.",
    technical_details="블록은 64개의 행을 담는다.",
    performance="밀집 어텐션보다 2.5배 빠른 벤치마크 결과.",
)
CLAIMS = (
    Claim(
        key="speed",
        value=(2.5, 5.0),
        unit="x",
        kind="times",
        metric="attention speed",
        baseline="dense attention",
        setting="8K tokens",
        source="both",
    ),
    Claim(
        key="error",
        value=23.6,
        unit="%",
        kind="relative",
        metric="error",
        better="lower",
        source="abstract",
        conflicts=(OtherValue(value=30.9, source="digest"),),
    ),
)


def finding(parts: Parts, part: str, text: str, state: State, **fields: str) -> FigureFinding:
    """A finding about a figure that stands in a part."""
    start = getattr(parts, part).index(text)
    return FigureFinding.model_validate(
        {"part": part, "start": start, "end": start + len(text), "text": text, "state": state}
        | {"value": 1.0, "unit": "", "kind": "absolute"}
        | fields
    )


CHECKS = {
    "en": Check(
        paper="9912.00001",
        language="en",
        searched=("title", "abstract"),
        figures=(
            finding(PARTS_EN, "result", "2.5x", State.SUPPORTED, quote="It is 2.5x as fast as <dense> attention."),
            finding(PARTS_EN, "result", "8K", State.UNSUPPORTED, why="not in title and abstract"),
            finding(PARTS_EN, "technical_details", "64", State.UNCHECKED, why="no text of the paper is at hand"),
            finding(PARTS_EN, "performance", "2.5x", State.SUPPORTED, quote="It is 2.5x as fast as <dense> attention."),
        ),
        names=(
            NameFinding(part="one_line", start=0, end=7, text="ToyAttn", near="ToyAttn-2"),
            NameFinding(part="one_line", start=0, end=3, text="Toy"),
        ),
    ),
    "ko": Check(
        paper="9912.00001",
        language="ko",
        searched=("title", "abstract"),
        figures=(
            finding(PARTS_KO, "result", "8K", State.SUPPORTED),
            finding(
                PARTS_KO, "result", "2.5배", State.CONTRADICTED, given="2.4x", quote="It is 2.4x as fast | by far."
            ),
        ),
        crossed=True,
    ),
}
UNCHECKED = Check(
    paper="9912.00002",
    language="en",
    figures=(
        finding(Parts(prose="Some 7 tags"), "prose", "7", State.UNCHECKED, why="no text of the paper is at hand"),
    ),
)
SEEN = datetime(2099, 12, 2, 8, 30, tzinfo=UTC)


def paper(number: int, title: str, *, abstract: str = "") -> Paper:
    return Paper(id=f"9912.{number:05}", title=title, authors=("Ada Example", "Bo <Sample> & Co"), abstract=abstract)


def day_paper(number: int, title: str, **values: object) -> DayPaper:
    fields = {
        "id": f"9912.{number:05}",
        "title": title,
        "authors": ("Ada Example", "Bo <Sample> & Co"),
        "votes": 10 - number,
        "rank": number,
        "first_seen": SEEN,
        "sources": ("huggingface",),
    }
    return DayPaper.model_validate(fields | values)


HOSTILE_CLAIM = Claim(
    key="tasks", value=40.0, unit="tasks", kind="count", metric="=SUM(A1) <b>tasks</b>", source="abstract"
)


WITHDRAWN: dict[str, object] = {
    "version": 3,
    "withdrawn": datetime(2099, 12, 7, 9, tzinfo=UTC),
    "comment": "Accepted at ToyConf 2099; withdrawn due to an error in *Section 4*",
    "journal_ref": "Toys & Games 7 (2099) 1-9",
    "doi": "10.9999/toys<7>",
    "organisation": "Toy <Lab>",
    "keywords": ("sparse attention", "C++ | toys"),
    "code_url": "https://example.org/toy_(attention)?a=1&b=<2>",
    "project_url": "javascript:alert(1)",
}


def sample_day() -> Day:
    full = day_paper(
        1,
        "Toy Attention",
        summary={"en": PARTS_EN, "ko": PARTS_KO},
        summary_origin={"en": Origin.CATALOGUE, "ko": Origin.CATALOGUE},
        checks=CHECKS,
        claims=CLAIMS,
        room="attention",
    )
    prose = day_paper(
        2,
        "From an archive",
        summary={"en": Parts(prose="Running text | with <b>tags</b>.")},
        summary_origin={"en": Origin.DIGEST},
        checks={"en": UNCHECKED},
        added_since=True,
    )
    bare = day_paper(3, "Nobody summarised this", authors=(), votes=None)
    withdrawn = day_paper(
        13,
        "Taken back",
        votes=0,
        earlier_days=(date(2099, 11, 3), date(2099, 12, 1)),
        summary={"en": Parts(one_line="Gullwing is 2.5x faster.")},
        summary_origin={"en": Origin.EXTRACTIVE},
        claims=CLAIMS,
        **WITHDRAWN,
    )
    hostile = [
        day_paper(
            number,
            title,
            summary={"en": Parts(one_line=title)},
            summary_origin={"en": Origin.EXTRACTIVE},
            claims=(HOSTILE_CLAIM,) if number == 5 else (),
        )
        for number, title in enumerate(HOSTILE_TITLES, 4)
    ]
    return Day(
        date=date(2099, 12, 2),
        state=DayState.PROVISIONAL,
        reason="papers may be added until 2099-12-03 12:00 UTC",
        as_of=SEEN,
        papers=(full, prose, bare, *hostile, withdrawn),
    )


def sample_dossiers() -> list[Dossier]:
    day = sample_day()
    return [
        Dossier(
            paper=Paper.model_validate(
                {"id": listed.id, "title": listed.title, "authors": listed.authors}
                | {"abstract": f"About {listed.title}"}
                | (WITHDRAWN if listed.withdrawn else {})
            ),
            room=listed.room,
            summary=listed.summary,
            summary_origin=listed.summary_origin,
            checks=listed.checks,
            claims=listed.claims,
            sightings=(
                Sighting(paper=listed.id, source="huggingface", day=day.date, rank=listed.rank, votes=listed.votes),
            ),
        )
        for listed in day.papers
    ]


def sample_ledger() -> list[LedgerLine]:
    """The claims of the sample's first paper, then one of a paper with a hostile title."""
    day = sample_day()
    lines = [
        LedgerLine(paper="9912.00001", title="Toy Attention", day=day.date, origin="catalogue", claim=c) for c in CLAIMS
    ]
    title = day.papers[4].title
    return [*lines, LedgerLine(paper="9912.00005", title=title, day=day.date, origin="extracted", claim=HOSTILE_CLAIM)]


def sample_errata() -> Errata:
    """A figure that changed in version 2, one that went, and two sources that disagree."""
    before, after = CLAIMS[0], CLAIMS[0].model_copy(update={"value": 2.2})
    changes = (Change(what="changed", before=before, after=after), Change(what="vanished", before=CLAIMS[1]))
    return Errata(
        changes=(
            Erratum(paper="9912.00001", title="Toy Attention", version=2, seen=sample_day().date, changes=changes),
        ),
        conflicts=(Conflict(paper="9912.00001", title="Toy Attention", day=sample_day().date, claim=CLAIMS[1]),),
    )
