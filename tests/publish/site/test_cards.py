"""The picture of a link shows a day or what was measured, in letters that its font has."""

import io
from pathlib import Path

import pytest

import assay.publish.site.cards
from assay.publish.site.cards import HEIGHT, WIDTH, Card, can_write, card_files, day_card, draw_card, paper_card
from tests.publish.sample import sample_day, sample_dossiers
from tests.publish.site.sample import EARLIER, EMPTY, MEASUREMENTS, sample_site

Image = pytest.importorskip("PIL.Image")
pytest.importorskip("matplotlib")


def test_a_card_is_a_small_picture_of_the_size_that_is_asked_for() -> None:
    data = draw_card(day_card(sample_day()))
    picture = Image.open(io.BytesIO(data))
    assert (picture.format, picture.size) == ("PNG", (WIDTH, HEIGHT))
    assert len(data) < 60_000
    assert draw_card(day_card(sample_day())) == data, "the same day has the same card"
    assert draw_card(day_card(EARLIER)) != data


def test_a_day_s_card_names_its_first_papers_and_a_paper_s_its_verdicts() -> None:
    assert day_card(sample_day()) == Card(
        "2099-12-02", "13 papers", ["Toy Attention", "From an archive", "Nobody summarised this"]
    )
    card = paper_card(sample_dossiers()[0], MEASUREMENTS["9912.00001"])
    assert (card.heading, card.remark) == ("Toy Attention", "9912.00001")
    assert [(row.verdict, row.how) for row in card.rows] == [("not seen", "missed"), ("seen", "reached")]
    assert card.rows[1].words == "4x measured, 2.5–5x claimed: attention speed"


def test_what_the_font_cannot_write_is_left_out() -> None:
    assert can_write("π₀ ≤ 5 – é")
    assert not can_write("한국어")
    korean = EARLIER.papers[0].model_copy(update={"title": "한국어 제목"})
    day = EARLIER.model_copy(update={"papers": (korean, EARLIER.papers[1])})
    assert day_card(day).titles == ["Another of the day before"]


@pytest.mark.parametrize("heading", ["", "W" * 400, "word " * 200, "x"])
def test_no_text_leaves_the_card(heading: str) -> None:
    picture = Image.open(io.BytesIO(draw_card(Card(heading, titles=[heading] * 3)))).convert("RGB")
    edge = picture.crop((WIDTH - 60, 20, WIDTH, HEIGHT))
    assert len(edge.getcolors()) == 1, "the margin is empty"


def test_days_with_papers_and_measured_papers_have_cards() -> None:
    site = sample_site()
    paths = {file.path for file in card_files([*site.days, EMPTY], site.papers, site.measurements)}
    assert paths == {
        "day/2099-12-02/card.png",
        "day/2099-12-01/card.png",
        "paper/9912.00001/card.png",
        "paper/9912.00020/card.png",
    }


@pytest.mark.parametrize(("name", "size"), [("card.png", (WIDTH, HEIGHT)), ("icon.png", (180, 180))])
def test_the_pictures_of_every_site_are_there(name: str, size: tuple[int, int]) -> None:
    file = Path(assay.publish.site.cards.__file__).parent / "assets" / name
    with Image.open(file) as picture:
        assert picture.size == size
    assert file.stat().st_size < 20_000
