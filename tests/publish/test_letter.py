"""What a letter says of a day, a week and a month."""

from datetime import date

import html5lib
import pytest

from assay.papers.models import DayState, Parts
from assay.papers.period import Compared, LargestClaim, ListedDay, NotablePaper, Period, RisingTerm
from assay.publish.chat import write_posts
from assay.publish.labels import label
from assay.publish.letter import Letter, day_letter, period_letter
from assay.publish.mail import write_mail
from tests.publish.sample import CLAIMS, day_paper, sample_day
from tests.publish.test_mail import ENVELOPE, Seen, arrived, part

WEEK = Period(
    name="2099-W49",
    first=date(2099, 11, 30),
    last=date(2099, 12, 6),
    days=(ListedDay(date=date(2099, 12, 2), state=DayState.CLOSED, papers=2),),
    count=2,
    readable=2,
    papers=(
        NotablePaper(
            id="9912.00001",
            title="Toy $O(n)$ <Attention>",
            day=date(2099, 12, 2),
            votes=9,
            room="attention",
            one_line={"en": "It skips blocks.", "ko": "블록을 건너뛴다."},
            why=("like 3 you starred",),
        ),
        NotablePaper(id="9912.00002", title="Another toy", day=date(2099, 12, 2)),
    ),
    compared=Compared(first=date(2099, 11, 2), last=date(2099, 11, 29), papers=50, tested=7),
    rising=(RisingTerm(term="<b>toy</b> cache", is_name=True, papers=2, before=1, z=4.0, is_sure=False),),
    largest={"times": (LargestClaim(paper="9912.00001", title="Toy <Attention>", claim=CLAIMS[0]),)},
)


def letter_of(*titles: str, line: str = "") -> Letter:
    summary = {"en": Parts(one_line=line)} if line else {}
    papers = tuple(day_paper(number, title, summary=summary) for number, title in enumerate(titles, 1))
    return day_letter(sample_day().model_copy(update={"papers": papers}), ("en",))


def test_the_subject_is_the_best_line_that_fits() -> None:
    assert letter_of("Toy", line="A toy.").subject(80) == "2099-12-02: A toy."
    assert letter_of("Toy", "Other", line="A toy " * 20).subject(80) == "2099-12-02: Toy and 1 more"
    assert letter_of("Toys " * 30, line="A toy " * 30).subject(40) == "2099-12-02: Toys Toys Toys Toys Toys…"
    withdrawn = sample_day().model_copy(update={"papers": sample_day().papers[-1:]})
    assert day_letter(withdrawn, ("en",)).subject(80) == "2099-12-02: Gullwing is 2.5x faster."


def test_a_withdrawn_paper_is_not_the_best_line() -> None:
    papers = (sample_day().papers[-1], sample_day().papers[0])
    letter = day_letter(sample_day().model_copy(update={"papers": papers}), ("en",))
    assert letter.subject(110).startswith("2099-12-02: ToyAttn skips blocks")


def test_a_week_as_a_mail() -> None:
    message = arrived(write_mail(period_letter(WEEK, ("ko", "en")), ENVELOPE))
    assert message["Subject"] == "2099-W49: 블록을 건너뛴다. 외 1편"
    message = arrived(write_mail(period_letter(WEEK, ("en", "ko")), ENVELOPE))
    assert message["Subject"] == "2099-W49: It skips blocks. and 1 more"
    text, html = part(message, "plain"), part(message, "html")
    html5lib.HTMLParser(strict=True).parse(html)
    seen = str(Seen(html))
    for words in (
        "Week 49 of 2099, 2099-11-30 to 2099-12-06",
        "1. Toy O(n) <Attention>",
        "2099-12-02 · 9 votes · attention",
        "For you: like 3 you starred",
        "On the rise",
        "<b>toy</b> cache 2 of 2 papers, 1 of 50 before; may be chance",
        "2.5–5x attention speed: Toy <Attention>",
        "What was measured of them",
        "No claim of these papers was measured.",
    ):
        assert words in text, words
        assert words in seen, words


def test_a_week_as_posts() -> None:
    [post] = write_posts(period_letter(WEEK, ("en",)), lambda title, body: len(title + body) < 10_000)
    assert post.papers == ("9912.00001", "9912.00002")
    assert "It skips blocks." in post.body
    status, rising, first, _ = post.body.split("\n\n")
    assert status.startswith("2 papers on 1 of 1 days")
    assert rising == "On the rise\n<b>toy</b> cache: 2 of 2 papers, 1 of 50 before; may be chance"
    assert first.startswith("1. Toy O(n) <Attention>")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_of_what_is_on_the_rise_a_chat_is_told_as_much_as_fits(language: str) -> None:
    terms = tuple(WEEK.rising[0].model_copy(update={"term": f"@here term {number}"}) for number in range(1, 8))
    letter = period_letter(WEEK.model_copy(update={"rising": terms}), (language,))
    told = []
    for most in range(150, 900, 10):
        posts = write_posts(letter, lambda title, body, most=most: len(title + body) <= most)  # type: ignore[misc]
        assert [paper for post in posts for paper in post.papers] == ["9912.00001", "9912.00002"]
        assert all(len(post.title + post.body) <= most for post in posts)
        assert "term" not in "".join(post.body for post in posts[1:])
        assert "@here" not in posts[0].body
        told.append(posts[0].body.count("term "))
        assert (label("period.rising", language) in posts[0].body) == bool(told[-1])
    assert told == sorted(told)
    assert set(told) == set(range(6)), "five at most, then fewer, then none"
    [later] = write_posts(letter, lambda title, body: True, but=("9912.00001",))
    assert "term" not in later.body, "it was told before"


def test_a_week_in_which_nothing_rises_says_nothing_of_it_in_a_chat() -> None:
    letter = period_letter(WEEK.model_copy(update={"rising": ()}), ("en",))
    [post] = write_posts(letter, lambda title, body: True)
    assert "rise" not in post.body


def test_nothing_is_written_of_no_papers() -> None:
    with pytest.raises(ValueError, match="2099-12-02 has no papers"):
        day_letter(sample_day().model_copy(update={"papers": ()}), ("en",))
    with pytest.raises(ValueError, match="2099-W49 has no papers"):
        period_letter(WEEK.model_copy(update={"papers": ()}), ("en",))
