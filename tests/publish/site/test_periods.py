"""A week and a month say first what was remarkable in them, then list their days, and lead on to others."""

import json
from datetime import date

from assay.papers.models import Day, DayState
from assay.papers.period import Period, read_span, spans_of
from assay.publish.site import Site
from tests.publish.sample import HOSTILE_TITLES, sample_day
from tests.publish.site.sample import DAYS, EARLIER, PERIODS, files_of, period, sample_site
from tests.publish.site.test_contents import by_class, pictures, text, tree

WEEK = "week/2099-W49/index.html"
MONTH = "archive/2099-12/index.html"


def headings(page: str) -> list[str]:
    return [text(heading) for heading in tree(page).iter("h2")]


def test_a_week_shows_what_was_remarkable_in_it_and_then_its_days(pages: dict[str, str]) -> None:
    page = pages[WEEK]
    assert headings(page)[:-1] == [
        "Papers that mattered",
        "On the rise",
        "What digests got wrong",
        "The largest claims",
        "What was measured of them All measurements",
        "Day by day",
    ]
    first = by_class(page, "entry")[0]
    assert text(first) == (
        "Toy Attention ToyAttn skips blocks that a preview shows to be empty. ✗ not seen attention 9 votes 2099-12-02"
    )
    assert "2099-11-30 to 2099-12-06" in text(tree(page))
    assert "15 papers on 2 of 3 days" in text(tree(page))
    [days] = [section for section in tree(page).iter("section") if section.get("id") == "days"]
    assert [text(day).split(" 20")[0] for day in days.iter("summary")] == [
        *("Saturday, 5 December", "Wednesday, 2 December", "Tuesday, 1 December")
    ]
    assert [link.get("href") for link in days.iter("a")].count("../../day/2099-12-02/index.html") == 1
    assert len(days.findall("details/ul/li")) == 15


def test_a_week_in_korean(pages: dict[str, str]) -> None:
    page = pages[f"ko/{WEEK}"]
    assert headings(page)[:3] == ["주목받은 논문", "늘고 있는 것", "다이제스트가 틀린 것"]
    entries = by_class(page, "entry")
    assert "ToyAttn은 미리 보기로 빈 블록을 찾아 건너뛴다." in text(entries[0])
    english = [line.get("lang") for entry in entries for line in entry.iter("p") if line.get("class") == "line"]
    assert english[:2] == [None, "en"], "what is told in another language says so"


def test_terms_on_the_rise_have_counts_a_picture_and_a_paper(pages: dict[str, str]) -> None:
    [names, words] = by_class(pages[MONTH], "rises")
    [gull], [tide] = list(names), list(words)
    assert text(gull) == f'GULL"2 3 of 15 papers, 0 of 60 before; may be chance {HOSTILE_TITLES[1]}'
    assert text(tide) == "tide | pools 5 of 15 papers, 2 of 60 before Toy Attention"
    assert [link.get("href") for link in tide.iter("a")] == [
        "../../search/index.html?q=%22tide%20%7C%20pools%22",
        "../../paper/9912.00001/index.html",
    ]
    [picture] = pictures(tide)
    now, before = [path.get("d") for path in picture]
    assert (now, before) == ("M0 0H120.0V6H0z", "M0 6H12.0V12H0z"), "a third of the papers, and a thirtieth before"


def test_a_paper_that_digests_got_wrong_stands_in_its_week_alone(pages: dict[str, str]) -> None:
    [errors] = by_class(pages[WEEK], "errors")
    assert text(errors) == "30.9% 23.6% error ↓Toy Attention"
    later = EARLIER.model_copy(update={"date": date(2099, 12, 9)})
    site = files_of(sample_site(days=[*DAYS, later], languages=("en",)))
    assert not by_class(site["week/2099-W50/index.html"], "errors")
    assert by_class(site[MONTH], "errors")


def test_of_many_measured_papers_the_first_are_shown_and_the_rest_open(pages: dict[str, str]) -> None:
    assert [text(card).split()[0] for card in by_class(pages[WEEK], "card")] == ["toy_attention", "rising"]
    named = [f"9912.{number:05}" for number in range(1, 10)]
    measured = tuple(PERIODS[0].measured[0].model_copy(update={"paper": paper}) for paper in named)
    many = period(spans_of(sample_day().date)[0], measured=measured)
    page = files_of(sample_site(periods=[many], languages=("en",)))[WEEK]
    [rest] = by_class(page, "rest")
    assert text(rest).startswith("3 more papers")
    assert len(by_class(page, "card")) == 9


def test_weeks_and_months_lead_on_to_those_beside_them(pages: dict[str, str]) -> None:
    days = [EARLIER.model_copy(update={"date": day}) for day in (date(2099, 11, 10), date(2099, 12, 9))]
    site = files_of(sample_site(days=[*DAYS, *days], languages=("en",)))

    def arrows(page: str) -> dict[str | None, str | None]:
        [nav] = by_class(site[page], "arrows")
        return {link.get("rel"): link.get("href") for link in nav}

    assert arrows(WEEK) == {"prev": "../../week/2099-W46/index.html", "next": "../../week/2099-W50/index.html"}
    assert arrows(MONTH) == {"prev": "../../archive/2099-11/index.html"}
    beside = {name: [link.get("href") for link in by_class(site[name], "weeks")[0]] for name in (WEEK, MONTH)}
    assert beside[WEEK] == ["../../archive/2099-12/index.html"]
    assert beside[MONTH] == ["../../week/2099-W50/index.html", "../../week/2099-W49/index.html"]
    archive = [text(names) for names in by_class(site["archive/index.html"], "weeks")]
    assert archive == ["Week 50 of 2099 Week 49 of 2099", "Week 46 of 2099"]
    assert 'href="../../week/2099-W49/index.html"' in pages["day/2099-12-05/index.html"]
    assert 'href="week/2099-W49/index.html">Week 49 of 2099' in pages["index.html"]
    assert 'href="week/2099-W49/index.html">2099년 49주' in pages["ko/index.html"]


def test_a_week_over_the_turn_of_the_year_belongs_to_both_months() -> None:
    days = [EARLIER.model_copy(update={"date": day}) for day in (date(2099, 12, 31), date(2100, 1, 1))]
    site = files_of(Site(days=days, papers=[], languages=("en",)))
    [months] = by_class(site["week/2099-W53/index.html"], "weeks")
    assert text(months) == "January 2100 December 2099"
    for month in ("2099-12", "2100-01"):
        assert "week/2099-W53/index.html" in site[f"archive/{month}/index.html"]


def test_without_a_record_the_days_are_listed_alone_and_open() -> None:
    site = files_of(Site(days=DAYS, papers=[], languages=("en",)))
    for page in (site[WEEK], site[MONTH]):
        assert headings(page)[0] == "Saturday, 5 December 2099"
        assert [fold.get("open") for fold in by_class(page, "fold")] == ["", "", ""]
        assert not by_class(page, "entry")
    assert "week/2099-W49/period.json" not in site


def test_a_quiet_week_says_what_it_has_not() -> None:
    span = read_span("2099-W49")
    assert span is not None
    bare: dict[str, object] = {"papers": (), "compared": None, "rising": (), "largest": {}, "measured": ()}
    quiet = Day(date=date(2099, 12, 5), state=DayState.WEEKEND, reason="nothing is listed on a Saturday")
    page = files_of(Site(days=[quiet], papers=[], periods=[period(span, **bare)], languages=("en",)))[WEEK]
    assert "Too few papers are known from before" in page
    assert "No claim of these papers was measured." in page
    assert "The largest claims" not in page


def test_each_has_its_record_as_a_file_and_says_so_in_its_head(pages: dict[str, str]) -> None:
    for page, own in zip((WEEK, MONTH), PERIODS, strict=True):
        file = page.replace("index.html", "period.json")
        assert Period.model_validate_json(pages[file]) == own
        assert json.loads(pages[file])["name"] == own.name
        links = [link for link in tree(pages[page]).iter("link") if link.get("rel") == "alternate"]
        assert f"../../{file}" in [link.get("href") for link in links]
        description = next(each for each in tree(pages[page]).iter("meta") if each.get("name") == "description")
        assert (description.get("content") or "").startswith(
            f"{'Week 49 of 2099' if page == WEEK else 'December 2099'}, 15"
        )
    site = files_of(sample_site(url="https://example.org/papers/"))
    assert "feeds/en/weeks/atom.xml" in site[WEEK]
    assert "feeds/en/weeks/atom.xml" not in site["day/2099-12-02/index.html"]
    assert f"https://example.org/papers/ko/{WEEK.removesuffix('index.html')}" in site["sitemap.xml"]


def test_a_week_is_in_the_feed_once_a_later_day_is_known() -> None:
    url = "https://example.org/papers/"
    assert "<entry>" not in files_of(sample_site(url=url))["feeds/en/weeks/atom.xml"]
    later = EARLIER.model_copy(update={"date": date(2099, 12, 7), "papers": ()})
    feed = files_of(sample_site(url=url, days=[*DAYS, later]))["feeds/ko/weeks/atom.xml"]
    assert feed.count("<entry>") == 1, "a month is no week"
    assert f"{url}ko/week/2099-W49/" in feed
    assert "2099-12-07T00:00:00Z" in feed
