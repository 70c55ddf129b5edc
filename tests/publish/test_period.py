"""A week and a month for people, in the terminal and as Markdown, in English and Korean."""

import io
import re
from datetime import date

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from assay.papers.models import DayState
from assay.papers.period import Compared, LargestClaim, ListedDay, NotablePaper, Period, RisingTerm
from assay.publish.period import period_markdown, period_title, print_period
from tests.papers.measured import measurement
from tests.publish.sample import CLAIMS, HOSTILE_CLAIM, HOSTILE_TITLES

DAY = date(2099, 12, 2)
WEEK = Period(
    name="2099-W49",
    first=date(2099, 11, 30),
    last=date(2099, 12, 6),
    days=(
        ListedDay(date=DAY, state=DayState.CLOSED, papers=9),
        ListedDay(date=date(2099, 12, 3), state=DayState.UNCOLLECTED, papers=0),
    ),
    count=9,
    readable=8,
    papers=tuple(
        NotablePaper(id=f"9912.{place:05}", title=title, day=DAY, votes=9, one_line={"en": title, "ko": "한 줄"})
        for place, title in enumerate(HOSTILE_TITLES, 1)
    ),
    compared=Compared(first=date(2099, 11, 2), last=date(2099, 11, 29), papers=60, tested=30),
    rising=(
        RisingTerm(term="tide | pools", is_name=False, papers=5, before=2, z=3.1, is_sure=True),
        RisingTerm(term="GULL_2", is_name=True, papers=3, before=0, z=1.9, is_sure=False),
    ),
    largest={
        "times": (LargestClaim(paper="9912.00001", title=HOSTILE_TITLES[0], claim=CLAIMS[0]),),
        "relative": (LargestClaim(paper="9912.00002", title=HOSTILE_TITLES[1], claim=HOSTILE_CLAIM),),
    },
    measured=(measurement(),),
)


def printed(period: Period, *languages: str) -> str:
    out = io.StringIO()
    print_period(Console(file=out, width=200), period, languages)
    return out.getvalue()


def test_a_week_in_the_terminal() -> None:
    text = printed(WEEK, "en")
    assert text.startswith(
        "Week 49 of 2099, 2099-11-30 to 2099-12-06\n9 papers on 1 of 2 days · not collected: 2099-12-03"
    )
    assert "tide | pools  5 of 8 papers, 2 of 60 before\n" in text
    assert "GULL_2  3 of 8 papers, 0 of 60 before; may be chance\n" in text
    assert "2.5–5x attention speed" in text
    assert "\x1b" not in text
    assert "\x07" not in text


def test_a_week_in_korean() -> None:
    text = printed(WEEK, "ko", "en")
    assert text.startswith(
        "2099년 49주, 2099-11-30부터 2099-12-06까지\n2일 가운데 1일에 논문 9편 · 수집하지 않은 날: 2099-12-03"
    )
    assert "논문 8편 중 3편, 이전에는 60편 중 0편; 우연일 수 있음" in text
    assert "     한 줄\n" in text
    assert not re.search("On the rise|The largest|votes", text + period_markdown(WEEK, ("ko",)))


def test_markdown_is_what_it_says_whatever_titles_hold() -> None:
    html = MarkdownIt("commonmark").render(period_markdown(WEEK))
    assert html.count("<li>") == len(HOSTILE_TITLES) + len(WEEK.rising) + 2 + 1
    assert re.findall("<h2>(.*?)</h2>", html) == [
        "Papers that mattered",
        "On the rise",
        "The largest claims",
        "What was measured of them",
    ]
    assert "<script>" not in html
    assert html.count("<ol>") == 1


@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_is_not_known_is_said(language: str) -> None:
    bare = WEEK.model_copy(update={"compared": None, "rising": (), "largest": {}, "measured": ()})
    words = {"en": ("Too few papers", "No claim of these"), "ko": ("이전 논문이 너무 적어", "재어 본 것이 없습니다")}[
        language
    ]
    for text in (printed(bare, language), period_markdown(bare, (language,))):
        assert all(word in text for word in words)
    empty = bare.model_copy(update={"count": 0, "papers": (), "days": WEEK.days[1:]})
    assert len(printed(empty, language).splitlines()) == 2


def test_a_month_has_its_name() -> None:
    month = WEEK.model_copy(update={"name": "2099-12"})
    assert period_title(month, "en").startswith("December 2099, ")
    assert period_title(month, "ko").startswith("2099년 12월, ")
