"""What happens to a paper after its first day, end to end: new versions, withdrawals, remarks."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from assay.papers.models import Paper
from assay.store import open_store
from tests.cli.conftest import Run, environment_of
from tests.cli.test_collect import live
from tests.sources.server import SourceServer, broken, busy
from tests.sources.synthetic import atom_entry, entry

DAY = date(2099, 12, 2)
KEY = "9912.99901"
WITHDRAWN = "This paper has been withdrawn by the authors due to an error in Section 4"


def version(number: int, share: str, *, paper: str = KEY, comment: str = "") -> str:
    """A version of a paper, as arXiv's API gives it: what share of its tasks Gullwing solves, and a comment."""
    extra = f"<arxiv:comment>{comment}</arxiv:comment>" if comment else ""
    text = atom_entry(f"{paper}v{number}", title="Gullwing: Toys that Fly", extra=extra)
    text = text.replace("2099-12-05T09:00:00Z", f"2099-12-{4 + number:02}T09:00:00Z")
    return text.replace("We get 12.5\\% on\nToyBench.", f"Gullwing reaches an accuracy of {share}\\% on ToyBench.")


@pytest.fixture
def server() -> Iterator[SourceServer]:
    with SourceServer() as server:
        abstract = "Gullwing reaches an accuracy of 91.5\\% on ToyBench."
        server.listings[DAY] = [entry(99901, title="Gullwing: Toys that Fly", summary=abstract)]
        server.preprints = [version(1, "91.5", comment="Accepted at ToyConf 2099")]
        yield server


def asked_about(server: SourceServer) -> list[list[str]]:
    """The ids of each question that arXiv was asked."""
    return [request.query["id_list"].split(",") for request in server.requests if "id_list" in request.query]


def known(home: Path) -> Paper:
    with open_store(home / "assay.db") as store:
        return store.papers([KEY])[KEY]


def test_a_new_version_gives_its_erratum_and_a_withdrawal_is_told(
    assay: Run, server: SourceServer, home: Path, snapshot: SnapshotAssertion
) -> None:
    settings = live(server, ASSAY_ENRICH="1")
    assert assay("collect", str(DAY), **settings).code == 0
    assert known(home).version == 1
    assert known(home).comment == "Accepted at ToyConf 2099"

    server.preprints = [version(2, "61.5")]
    done = assay("refresh", **settings)
    assert (done.code, done.err) == (0, "")
    assert done.out.replace(str(datetime.now(UTC).date()), "TODAY") == snapshot(name="a new version")
    assert "91.5% is now 61.5%" in assay("errata").out
    assert known(home).version == 2
    assert known(home).comment == ""

    server.preprints = [version(3, "61.5", comment=WITHDRAWN)]
    report = json.loads(assay("refresh", KEY, "--json", **settings).out)
    assert report["changes"][0]["withdrawn"], report
    assert assay("refresh", **settings).out == "arXiv was asked about 1 paper; 0 changed\n"
    assert "withdrawn on 2099-12-07" in " ".join(assay("errata").out.split())

    server.preprints = [version(4, "61.5")]
    assert "v3 → v4, no longer withdrawn" in assay("refresh", **settings).out
    assert known(home).withdrawn is None


def test_collecting_a_day_again_sees_what_became_of_its_papers(assay: Run, server: SourceServer, home: Path) -> None:
    settings = live(server, ASSAY_ENRICH="1")
    assert assay("collect", str(DAY), **settings).code == 0
    assert len(asked_about(server)) == 1, "what was described in this run is not asked about again"
    assert assay("errata", "--paper", KEY).out == "No claim changed, and no two sources disagree.\n"

    server.preprints = [version(2, "61.5")]
    assert assay("collect", str(DAY), **settings).code == 0
    assert known(home).version == 2
    assert "91.5% is now 61.5%" in assay("errata", "--paper", KEY).out
    assert "61.5%" in assay("claims", "--paper", KEY).out
    assert "91.5%" not in assay("claims", "--paper", KEY).out

    server.preprints = [version(3, "61.5", comment=WITHDRAWN)]
    assert assay("collect", str(DAY), **settings).code == 0
    assert "withdrawn on 2099-12-07" in assay("digest", str(DAY)).out

    server.preprints = [version(1, "91.5")]
    assay("collect", str(DAY), **settings)
    assert known(home).version == 3, "an older version that is read later changes nothing"
    assert "61.5" in known(home).abstract


def test_a_collection_asks_about_others_once_a_day_by_the_way(assay: Run, server: SourceServer) -> None:
    other = date(2099, 12, 3)
    server.listings[other] = [entry(99902)]
    server.preprints.append(version(1, "50", paper="9912.99902"))
    settings = live(server, ASSAY_ENRICH="1")
    assay("collect", str(DAY), "--no-enrich", **settings)
    assert "young papers that arXiv was not asked about for a day: 1; `assay refresh` asks" in assay("doctor").out
    assay("collect", str(other), **settings)
    assert asked_about(server) == [["9912.99902"], [KEY]]
    assert "not asked about for a day" not in assay("doctor").out
    server.requests.clear()
    assay("collect", str(other), **settings)
    assert asked_about(server) == [["9912.99902"]], "the other day's paper was asked about already"


@pytest.mark.parametrize("teller", ["arxiv", "huggingface"])
def test_a_withdrawal_is_shown_wherever_the_paper_is(assay: Run, server: SourceServer, teller: str) -> None:
    settings = live(server, ASSAY_ENRICH="1")
    assay("collect", str(DAY), **settings)
    assert "91.5%" in assay("claims", "--paper", KEY).out
    assert "91.5%" in assay("digest", str(DAY)).out
    if teller == "arxiv":
        server.preprints = [version(2, "91.5", comment=WITHDRAWN)]
        assay("refresh", **settings)
    else:
        listed = entry(99901, title="Gullwing: Toys that Fly", withdrawnAt="2099-12-06T09:00:00.000Z")
        server.listings[DAY] = [listed]
        assay("collect", str(DAY), **settings)
    words = "withdrawn on 2099-12-06"
    for command in (("digest", str(DAY)), ("digest", str(DAY), "--brief"), ("show", KEY)):
        assert words in assay(*command).out, command
    assert f"**{words}**" in assay("digest", str(DAY), "--format", "markdown").out
    [paper] = json.loads(assay("digest", str(DAY), "--json").out)["papers"]
    assert paper["withdrawn"] == "2099-12-06T09:00:00Z"
    assert assay("claims", "--paper", KEY).out.startswith("No such claim; withdrawn papers have 1, see --withdrawn")
    assert KEY not in assay("claims", "--csv").out
    assert words in " ".join(assay("claims", "--paper", KEY, "--withdrawn").out.split())
    for form in ("table", "sections"):
        assert "withdrawn" not in assay("digest", str(DAY), "--format", form).out, "they have no place for it"


def test_a_paper_of_an_earlier_day_is_marked_as_seen_before(assay: Run, server: SourceServer) -> None:
    earlier, later = date(2099, 12, 1), date(2099, 12, 3)
    server.listings |= {earlier: server.listings[DAY], later: server.listings[DAY]}
    assay("collect", f"{earlier}..{later}", **live(server))
    shown = {day: assay("digest", str(day)).out for day in (earlier, DAY, later)}
    assert "also listed" not in shown[earlier]
    assert "also listed 2099-12-01\n" in shown[DAY]
    assert "also listed 2099-12-01, 2099-12-02" in shown[later]
    [paper] = json.loads(assay("digest", str(later), "--json").out)["papers"]
    assert paper["earlier_days"] == ["2099-12-01", "2099-12-02"]


def test_many_papers_are_asked_for_in_batches_the_longest_ago_first(assay: Run, server: SourceServer) -> None:
    server.listings[DAY] = [entry(number) for number in range(99001, 99221)]
    server.preprints = [atom_entry(f"9912.{number}v1") for number in range(99001, 99221)]
    settings = live(server)
    assay("collect", str(DAY), "--no-enrich", **settings)
    server.requests.clear()
    assert assay("refresh", **settings).code == 0
    first = asked_about(server)
    assert list(map(len, first)) == [100, 100, 20]
    assert len({*first[0], *first[1], *first[2]}) == 220
    assay("refresh", first[0][7], **settings)
    server.requests.clear()
    assay("refresh", **settings)
    second = asked_about(server)
    assert list(map(len, second)) == [100, 100, 20]
    assert second[2][-1] == first[0][7], "it was asked about last"


def test_of_many_papers_that_arxiv_does_not_know_a_few_are_named(assay: Run, server: SourceServer) -> None:
    server.listings[DAY] = [entry(number) for number in range(99001, 99031)]
    settings = live(server)
    assay("collect", str(DAY), "--no-enrich", **settings)
    few = "9912.99001, 9912.99002, 9912.99003, 9912.99004, 9912.99005"
    assert f"arXiv has no record of {few} and 25 more\n" in assay("refresh", **settings).out
    assert len(json.loads(assay("refresh", "--json", **settings).out)["unknown"]) == 30


def test_a_refresh_that_breaks_off_goes_on_with_the_others(assay: Run, server: SourceServer) -> None:
    server.listings[DAY] = [entry(number) for number in range(99001, 99111)]
    server.preprints = [atom_entry(f"9912.{number}v1") for number in range(99001, 99111)]
    settings = live(server, ASSAY_PATIENCE="0.1")
    assay("collect", str(DAY), "--no-enrich", **settings)
    server.then(broken(), broken(), broken(), broken())
    done = assay("refresh", **settings)
    assert done.code == 1
    assert done.out == "arXiv was asked about 0 papers; 0 changed\n"
    assert "not asked about: 110 papers; the same command goes on" in done.err
    assert json.loads(assay("refresh", "--json", **settings).out)["left"] == 0
    server.then(busy(retry_after="3600"))
    report = json.loads(assay("refresh", "--json", **settings).out)
    assert (report["asked"], report["left"]) == (0, 110)
    assert "busy" in report["problem"]


def test_a_paper_that_arxiv_does_not_know_or_stumbles_over_holds_up_no_other(assay: Run, server: SourceServer) -> None:
    server.listings[DAY] = [entry(number) for number in range(99001, 99009)]
    server.preprints = [atom_entry(f"9912.{number}v1") for number in range(99001, 99008)]
    settings = live(server)
    assay("collect", str(DAY), "--no-enrich", **settings)
    assert json.loads(assay("refresh", "--json", **settings).out)["unknown"] == ["9912.99008"]
    bad_request = broken(400)
    server.preprints.append(atom_entry("9912.99008v1"))
    server.then(bad_request, bad_request, bad_request, bad_request)  # eight papers, four, two, one
    report = json.loads(assay("refresh", "--json", **settings).out)
    assert (report["asked"], report["left"], report["problem"]) == (8, 0, "")
    assert len(report["unknown"]) == 1

    server.then(*[bad_request] * 30)
    report = json.loads(assay("refresh", "--json", **settings).out)
    assert (report["asked"], report["left"]) == (0, 8)
    assert report["unknown"] == []
    assert "400" in report["problem"]


def test_what_cannot_be_asked_for_is_said_in_one_line(assay: Run) -> None:
    for arguments, words in (
        (["9912.99990"], "9912.99990 is not in the store; collect or import the day that lists it"),
        (["no such paper"], "neither an arXiv id"),
        ([KEY, "--days", "3"], "leave it out where papers are named"),
    ):
        done = assay("refresh", *arguments)
        assert done.code == 2
        assert words in done.err
        assert done.err.count("\n") == 1


def test_nothing_is_lost_or_doubled_when_collections_and_refreshes_run_and_are_killed(
    assay: Run, server: SourceServer, home: Path, tmp_path: Path
) -> None:
    numbers = range(99001, 99031)
    server.listings[DAY] = [entry(number) for number in numbers]
    server.preprints = [atom_entry(f"9912.{number}v2") for number in numbers]
    settings = live(server, ASSAY_ENRICH="1")
    assay("collect", str(DAY), "--no-enrich", **settings)
    server.requests.clear()

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", "from assay.cli import main; main()", *arguments]
        environment = environment_of(home, tmp_path) | settings
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    victim, *others = [start("collect", str(DAY)), start("collect", str(DAY)), start("refresh")]
    deadline = time.monotonic() + 60
    while len(server.requests) < 2 and time.monotonic() < deadline:
        time.sleep(0.005)
    victim.kill()
    for process in others:
        _, words = process.communicate()
        assert process.returncode == 0, words
    victim.communicate()
    assert assay("refresh", **settings).code == 0
    with open_store(home / "assay.db") as store:
        papers = store.papers([f"9912.{number}" for number in numbers])
        assert len(papers) == len(numbers)
        assert all(paper.version == 2 for paper in papers.values())
        listed = [sighting.paper for sighting in store.sightings(DAY)]
        assert len(set(listed)) == len(numbers)
        keys = {(each.paper, each.source, each.snapshot, each.rank) for each in store.sightings(DAY)}
        assert len(keys) == len(listed)
    assert len(json.loads(assay("digest", str(DAY), "--json").out)["papers"]) == len(numbers)
