"""A day's papers carry what their own records say, and what was known of them before."""

from datetime import UTC, date, datetime

from assay.digest.day import read_day, read_dossier
from assay.papers.models import Dossier, Origin, Paper, Parts, Sighting, Summary
from assay.publish.labels import origin_line
from assay.store import Store, open_store
from assay.store.texts import hash_of

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


def read_dossier_of(store: Store) -> Dossier:
    dossier = read_dossier(store, GULLWING.id)
    assert dossier is not None
    return dossier


def fill(store: Store, abstract: str = "") -> None:
    paper = GULLWING.model_copy(update={"abstract": abstract})
    sightings = [Sighting(paper=GULLWING.id, source="huggingface", day=day, rank=1) for day in DAYS]
    store.add(source="arxiv", papers=[paper], sightings=sightings)


def test_a_day_has_what_the_record_says_and_the_days_before() -> None:
    with open_store("sqlite://") as store:
        fill(store)
        [listed] = read_day(store, DAYS[1], now=NOON).papers
    for name in ("version", "withdrawn", "comment", "journal_ref", "doi", "organisation", "keywords", "code_url"):
        assert getattr(listed, name) == getattr(GULLWING, name)
    assert listed.earlier_days == (DAYS[0],)
    assert listed.fulltext_version is None


def test_a_model_s_summary_of_an_earlier_version_says_so() -> None:
    first = GULLWING.model_copy(update={"version": 1, "abstract": "It flies 2x as fast."})
    summaries = [
        Summary(
            paper=GULLWING.id,
            origin=Origin.MODEL,
            source="toy-1",
            languages={"en": Parts(one_line="Twice as fast.")},
            written_from=f"1:{hash_of(paper)}",
        )
        for paper in (first, Paper(id=GULLWING.id, title="Never seen"))
    ]
    for summary, newer_abstract, version, words in (
        (summaries[0], "It flies 3x as fast.", 1, "of v1; the paper is at v2"),
        (summaries[1], "It flies 3x as fast.", None, "of an earlier title and abstract"),
    ):
        with open_store("sqlite://") as store:
            store.add(source="arxiv", papers=[first], summaries=[summary] if version else ())
            assert version is None or read_dossier_of(store).summary_version == {}
            fill(store, abstract=newer_abstract)
            store.add(summaries=[summary])
            [listed] = read_day(store, DAYS[0], now=NOON).papers
            for each in (listed, read_dossier_of(store)):
                assert each.summary_version == {"en": version}
                assert origin_line(each, "en") == f"written by a model and checked, {words}"


def test_the_version_of_a_full_text_is_known() -> None:
    with open_store("sqlite://") as store:
        fill(store)
        store.keep_fulltext(GULLWING.id, version=0, form="pdf", record="{}", fetched_at=NOON)
        [listed] = read_day(store, DAYS[0], now=NOON).papers
        assert listed.fulltext_version is None
        store.keep_fulltext(GULLWING.id, version=1, form="html", record="{}", fetched_at=NOON)
        [listed] = read_day(store, DAYS[0], now=NOON).papers
        dossier = read_dossier(store, GULLWING.id)
        assert read_dossier(store, "9912.99902") is None
    assert dossier is not None
    assert (listed.fulltext_version, dossier.fulltext_version) == (1, 1)
