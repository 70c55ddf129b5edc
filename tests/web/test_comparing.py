"""Claims across papers: the ledger as JSON, as files and as pages, whatever is asked for."""

import csv
import io
import json
import re

import pytest
from starlette.testclient import TestClient

from assay.papers.models import Claim, Paper, Sighting
from assay.store import LedgerLine
from assay.web.comparing import Claims
from assay.web.desk import Desk
from tests.web.sample import DAY, PAPER

TERN = Paper(id="9912.99902", title="TernCache <b>& more", abstract="TernCache is fast.")
SPEED = Claim(
    key="speed", value=(2, 900), unit="x", kind="times", metric="speed", baseline="Flat&Cache", source="abstract"
)
LOSS = Claim(
    key="loss", value=3.5, unit="%", kind="relative", metric="loss", direction="down", better="lower", source="abstract"
)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """The desk, with a paper of our own and its claims."""
    desk.store.add(
        source="digest-table",
        papers=[TERN],
        sightings=[Sighting(paper=TERN.id, source="arxiv", day=DAY, rank=1)],
        claims={TERN.id: [SPEED, LOSS]},
    )
    return desk


def keys(client: TestClient, **asked: object) -> list[str]:
    answer = client.get("/api/claims", params={"paper": TERN.id, **asked})  # type: ignore[dict-item]
    assert answer.status_code == 200, answer.text
    return [line.claim.key for line in Claims.model_validate_json(answer.text).claims]


def test_programs_ask_by_every_condition(client: TestClient) -> None:
    assert keys(client) == ["speed", "loss"]
    assert keys(client, unit="X") == ["speed"]
    assert keys(client, kind="relative") == ["loss"]
    assert keys(client, metric="faster", baseline="flat", min=100) == ["speed"]
    assert keys(client, max=3) == ["speed"]
    assert keys(client, unit="none") == []
    assert keys(client, since=DAY, until=DAY) == ["speed", "loss"]
    assert keys(client, until="2025-02-25") == []
    assert keys(client, paper="https://arxiv.org/abs/9912.99902v3") == ["speed", "loss"]
    some = Claims.model_validate_json(client.get("/api/claims", params={"limit": 5}).text)
    assert (len(some.claims), some.has_more) == (5, True)
    by_figure = Claims.model_validate_json(client.get("/api/claims?sort=figure&unit=x&limit=1500").text).claims
    assert by_figure[0].claim == SPEED


@pytest.mark.parametrize("path", ["/api/claims", "/api/claims.csv", "/api/claims.jsonl"])
@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"min": "3", "max": "2"}, "no figure is at least 3 and at most 2"),
        ({"since": "2025-02-02", "until": "2025-02-01"}, "no day is 2025-02-02 or later"),
        ({"since": "2025-02-30"}, "since: "),
        ({"until": "0"}, "until: a day is written as 2025-02-26"),
        ({"min": "nan"}, "min: "),
        ({"min": "many"}, "min: "),
        ({"kind": "speed"}, "kind: "),
        ({"paper": "no such paper"}, "neither an arXiv id"),
        ({"metric": "x" * 201}, "metric: "),
        ({"limit": "0"}, "limit: "),
        ({"colour": "red"}, "colour: "),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    client: TestClient, path: str, asked: dict[str, str], words: str
) -> None:
    answer = client.get(path, params=asked)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


def test_the_same_claims_come_as_files(client: TestClient) -> None:
    asked = {"paper": TERN.id, "unit": "x"}
    as_csv = client.get("/api/claims.csv", params=asked)
    assert as_csv.headers["content-type"].startswith("text/csv")
    assert 'filename="claims.csv"' in as_csv.headers["content-disposition"]
    [row] = csv.DictReader(io.StringIO(as_csv.text))
    assert (row["key"], row["baseline"]) == ("speed", "Flat&Cache")
    [line] = client.get("/api/claims.jsonl", params=asked).text.splitlines()
    assert LedgerLine.model_validate(json.loads(line)).claim == SPEED


def test_the_pages_show_what_the_address_asks_for(client: TestClient) -> None:
    for page in ("claims", "ko/claims", "compare", "ko/compare"):
        text = client.get(f"/{page}/", params={"paper": TERN.id, "unit": "x"}).text
        assert "TernCache &lt;b&gt;&amp; more" in text
        assert f"paper/{TERN.id}/index.html#claim-speed" in text
        assert "claim-loss" not in text
        assert 'name="unit" type="text"' in text
        assert 'value="x"' in text
        assert f"/api/claims.csv?paper={TERN.id}&amp;unit=x" in text


def test_figures_of_different_units_never_share_an_axis(client: TestClient) -> None:
    text = client.get("/compare/", params={"paper": TERN.id}).text
    plot = text[text.index('<svg class="claims-plot" role') : text.index("</svg>")]
    assert plot.count("<a ") == 1
    [other] = re.findall(r'class="jump">.*?href="([^"]*)"', text, re.DOTALL)
    assert "kind=relative" in other
    text = client.get(other.replace("&amp;", "&").replace("../", "/")).text
    plot = text[text.index('<svg class="claims-plot" role') : text.index("</svg>")]
    assert "\u22123.5%" in plot
    assert "Flat" not in plot


def test_what_was_measured_stands_beside_the_claim(client: TestClient, desk: Desk) -> None:
    own = [each for each in desk.measurements()[PAPER] if each.claimed.kind == "times"]
    assert own
    text = client.get("/compare/", params={"paper": PAPER, "unit": "x"}).text
    for each in own:
        assert f"#claim-{each.claim}" in text
    assert 'href="#at-claim"' in text
    assert re.search(r'class="point (reached|direction|missed|open)"', text)
    assert "a claim that was tried" in text


def test_with_nothing_asked_there_are_examples_that_find_something(client: TestClient) -> None:
    text = client.get("/compare/").text
    assert "<svg" not in text
    links = [link.replace("&amp;", "&") for link in re.findall(r'<li><a href="\.\./compare/\?([^"]*)"', text)]
    assert len(links) > 5
    for link in links:
        assert client.get(f"/api/claims?{link}&limit=1").json()["claims"], link
    assert client.get("/ko/compare/").text.count("<li>") == text.count("<li>")


@pytest.mark.parametrize(
    ("page", "asked", "status", "words"),
    [
        ("compare", {"metric": "nothing has this"}, 200, "No claim meets all of this."),
        ("claims", {"min": "3", "max": "2"}, 422, "no figure is at least 3"),
        ("compare", {"since": "yesterday"}, 422, "since: "),
        ("compare", {"paper": "no such paper"}, 422, "neither an arXiv id"),
        ("claims", {"colour": "red"}, 200, "<h1>"),
        ("compare", {"unit": "x", "limit": "2"}, 200, "The latest 2 claims; there are more."),
        ("compare", {"kind": "trend"}, 200, "<h1>"),
    ],
)
def test_pages_say_what_is_wrong_or_missing(
    client: TestClient, page: str, asked: dict[str, str], status: int, words: str
) -> None:
    answer = client.get(f"/{page}/", params=asked)
    assert answer.status_code == status
    assert words in answer.text


def test_addresses_of_the_site_lead_to_the_same_claims(client: TestClient) -> None:
    assert client.get("/claims/claims.jsonl").text == client.get("/api/claims.jsonl").text
    month = client.get("/ko/claims/2025-02/", follow_redirects=False)
    assert month.headers["location"] == "/ko/claims/?since=2025-02-01&until=2025-02-28"
    assert "claim-speed" in client.get("/claims/2025-02/").text
    for page in ("claims/2025-W09", "claims/2025-13", "claims/claims.xml", "claims/nothing"):
        assert client.get(f"/{page}/").status_code in {404, 422}
    assert "<h1>Errata" in client.get("/errata/").text


def test_a_change_of_the_archive_is_seen_at_once(client: TestClient, desk: Desk) -> None:
    asked = {"paper": TERN.id}
    assert "claim-memory" not in client.get("/claims/", params=asked).text
    claim = SPEED.model_copy(update={"key": "memory", "metric": "memory"})
    desk.store.add(source="digest-table", claims={TERN.id: [claim]})
    assert "claim-memory" in client.get("/claims/", params=asked).text
