"""A day's papers carry what their own records say, and what was known of them before."""

from datetime import UTC, date, datetime

from assay.digest.day import read_day
from assay.digest.particulars import read_described_dossier, read_particulars
from assay.papers.models import Paper, Sighting
from assay.store import Store, open_store

DAYS = [date(2099, 12, 1), date(2099, 12, 2), date(2099, 12, 3)]
NOON = datetime(2099, 12, 4, 12, tzinfo=UTC)
GULLWING = Paper(
    id="9912.99901",
    title="Gullwing",
    version=2,
    withdrawn=NOON,
    comment="Accepted at ToyConf 2099",
    journal_ref="Toys 7 (2099)",
    doi="10.9999/toys.7",
    organisation="Toy Lab",
    keywords=("toys", "flight"),
    code_url="https://example.org/code",
    project_url="https://example.org/",
)


def fill(store: Store) -> None:
    sightings = [Sighting(paper=GULLWING.id, source="huggingface", day=day, rank=1) for day in DAYS]
    store.add(source="arxiv", papers=[GULLWING], sightings=sightings)


def test_a_day_has_what_the_record_says_and_the_days_before() -> None:
    with open_store("sqlite://") as store:
        fill(store)
        [listed] = read_particulars(store, read_day(store, DAYS[1], now=NOON)).papers
    for name in ("version", "withdrawn", "comment", "journal_ref", "doi", "organisation", "keywords", "code_url"):
        assert getattr(listed, name) == getattr(GULLWING, name)
    assert listed.earlier_days == (DAYS[0],)
    assert listed.fulltext_version is None


def test_the_version_of_a_full_text_is_known() -> None:
    with open_store("sqlite://") as store:
        fill(store)
        store.keep_fulltext(GULLWING.id, version=0, form="pdf", record="{}", fetched_at=NOON)
        [listed] = read_particulars(store, read_day(store, DAYS[0], now=NOON)).papers
        assert listed.fulltext_version is None
        store.keep_fulltext(GULLWING.id, version=1, form="html", record="{}", fetched_at=NOON)
        [listed] = read_particulars(store, read_day(store, DAYS[0], now=NOON)).papers
        dossier = read_described_dossier(store, GULLWING.id)
        assert read_described_dossier(store, "9912.99902") is None
    assert dossier is not None
    assert (listed.fulltext_version, dossier.fulltext_version) == (1, 1)
