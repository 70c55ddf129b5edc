"""A day as posts: within any limit, cut between papers, and calling nobody."""

import re
from collections.abc import Collection
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.papers.models import Day
from assay.publish.chat import Post, write_posts
from assay.publish.labels import label
from assay.publish.letter import day_letter
from tests.publish.sample import day_paper, sample_day
from tests.publish.test_mail import day_of

ADDRESS = re.compile(r"^https://arxiv\.org/abs/(\S+)$", re.MULTILINE)


def posts_of(day: Day, most: int, but: Collection[str] = (), **options: Any) -> list[Post]:
    letter = day_letter(day, ("en", "ko"), **options)
    posts = write_posts(letter, lambda title, body: len(title + body) <= most, but)
    assert all(len(post.title + post.body) <= most for post in posts)
    return posts


def test_a_day_in_one_post() -> None:
    [post] = posts_of(sample_day(), 100_000)
    assert post.title == "Papers of 2099-12-02"
    assert post.body.startswith("provisional · 13 papers · as of 2099-12-02 08:30 UTC · ")
    assert post.body.split("\n\n")[1] == (
        "1. Toy Attention\nToyAttn skips blocks that a preview shows to be empty.\n"
        "ToyAttn은 미리 보기로 빈 블록을 찾아 건너뛴다.\n"
        "2.5–5x attention speed · 23.6% error ↓\nhttps://arxiv.org/abs/9912.00001"
    )
    assert "withdrawn on 2099-12-07" in post.body
    assert post.papers == tuple(paper.id for paper in sample_day().papers)


@pytest.mark.parametrize("most", [240, 500, 2_000, 4_096])
def test_a_day_is_cut_between_papers(most: int) -> None:
    day = sample_day()
    posts = posts_of(day, most)
    assert [paper for post in posts for paper in post.papers] == [paper.id for paper in day.papers]
    for post in posts:
        assert tuple(ADDRESS.findall(post.body)) == post.papers, "a paper and its address are in one post"
    for post, following in pairwise(posts):
        first = following.body.partition("\n\n")[0]
        assert len(f"{post.title}{post.body}\n\n{first}") > most, "as few posts as can be"
    assert [post.shortened for post in posts] == ["(shortened)" in post.body for post in posts]


@settings(max_examples=60)
@given(st.lists(st.text(min_size=1, max_size=400).filter(str.strip), min_size=1, max_size=6), st.integers(100, 700))
def test_whatever_the_titles_every_paper_is_posted_once(titles: list[str], most: int) -> None:
    day = day_of(*(f"{title} x" for title in titles))
    posts = posts_of(day, most)
    assert [paper for post in posts for paper in post.papers] == [paper.id for paper in day.papers]


def test_a_paper_that_is_too_long_is_shortened_and_says_so() -> None:
    day = day_of("A toy", "A toy " * 100, "Another toy")
    posts = posts_of(day, 150)
    [long] = [post for post in posts if post.shortened]
    assert long.papers == ("9912.00002",)
    assert long.body.endswith("… (shortened)\nhttps://arxiv.org/abs/9912.00002")
    with pytest.raises(ValueError, match="too short for the address of a paper"):
        posts_of(day, 50)


def test_what_was_posted_is_left_out() -> None:
    day = sample_day()
    [post] = posts_of(day, 100_000, but={paper.id for paper in day.papers[:11]})
    assert post.papers == ("9912.00012", "9912.00013")
    assert post.body.startswith("12. "), "the day was introduced before"
    assert posts_of(day, 100_000, but={paper.id for paper in day.papers}) == []


@pytest.mark.parametrize("call", ["@everyone", "@here", "<!channel>", "<@U123>", "<#C1>", "<@&99>"])
def test_a_title_calls_nobody(call: str) -> None:
    [post] = posts_of(day_of(f"Toys for {call}", summary=f"{call} and f@n"), 10_000)
    assert call not in post.body
    assert post.body.replace("\u200b", "").count(call) == 2


def test_a_reason_is_told() -> None:
    day = Day(**dict(sample_day()) | {"papers": (day_paper(1, "Toy"),)})
    [post] = posts_of(day, 1_000, why={"9912.00001": "follows A. Example"})
    assert label("mail.why", "en", why="follows A. Example") in post.body
