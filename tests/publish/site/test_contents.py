"""The pages say first what a reader looks for, are light, run nothing inline, and end nowhere."""

import re
from xml.etree.ElementTree import Element

import html5lib
import pytest

from assay.publish.site import Site
from tests.papers.measured import measurement
from tests.publish.sample import sample_day, sample_dossiers
from tests.publish.site.sample import EARLIER, NOT_SEEN, dossier, files_of, sample_site


def tree(page: str) -> Element:
    parsed: Element = html5lib.parse(page, namespaceHTMLElements=False)
    return parsed


def text(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def pictures(element: Element) -> list[Element]:
    return [each for each in element.iter() if each.tag.endswith("}svg")]


def by_class(page: str, name: str) -> list[Element]:
    return [element for element in tree(page).iter() if name in element.get("class", "").split()]


def test_the_front_page_shows_papers_measurements_and_what_digests_got_wrong(pages: dict[str, str]) -> None:
    page = pages["index.html"]
    [glance] = by_class(page, "glance")
    assert [text(link) for link in glance] == [
        "13 papers on Wednesday, 2 December 2099",
        "4 claims measured again",
        "1 thing that a digest got wrong in December 2099",
    ]
    assert len(by_class(page, "entry")) == 13
    assert len(by_class(page, "effects")) == 1
    [errors] = by_class(page, "errors")
    assert text(errors) == "30.9% 23.6% error ↓Toy Attention"
    assert "한눈에 보기" in pages["ko/index.html"]


def test_a_line_of_a_day_has_figure_verdict_room_and_votes(pages: dict[str, str]) -> None:
    entry = by_class(pages["day/2099-12-02/index.html"], "entry")[0]
    summary = next(entry.iter("summary"))
    assert text(summary) == "2.5–5x attention speed ✗ not seen attention 9 votes more"
    assert [entry.get(f"data-{name}") for name in ("paper", "room", "votes", "measured", "code")] == [
        *("9912.00001", "attention", "9", "1", None)
    ]
    korean = next(by_class(pages["ko/day/2099-12-02/index.html"], "entry")[0].iter("summary"))
    assert text(korean) == "2.5–5x 어텐션 속도 ✗ 관찰되지 않음 어텐션 9표 더 보기"


def test_a_day_begins_with_its_date_and_papers_and_ends_with_its_state(pages: dict[str, str]) -> None:
    page = text(tree(pages["day/2099-12-02/index.html"]).find("body"))  # type: ignore[arg-type]
    assert page.index("Wednesday, 2 December 2099") < page.index("Toy Attention") < page.index("papers may be added")


def test_a_day_has_the_first_keywords_of_a_paper_and_its_page_all() -> None:
    words = tuple(f"word {number}" for number in range(1, 8))
    own = EARLIER.papers[0].model_copy(update={"keywords": words})
    record = dossier(20, own.title, EARLIER.date, keywords=words)
    site = Site(days=[EARLIER.model_copy(update={"papers": (own,)})], papers=[record], languages=("en",))
    pages = files_of(site)
    assert "Keywords: word 1, word 2, word 3, word 4, word 5 +2" in pages["day/2099-12-01/index.html"]
    assert "word 6, word 7" in pages["paper/9912.00020/index.html"]


def test_an_empty_day_leads_on_to_days_with_papers(pages: dict[str, str]) -> None:
    links = [link.get("href") for link in tree(pages["day/2099-12-05/index.html"]).iter("a")]
    assert "../2099-12-02/index.html" in links
    earlier = {link.get("rel"): link.get("href") for link in tree(pages["day/2099-12-01/index.html"]).iter("a")}
    assert (earlier.get("prev"), earlier.get("next")) == (None, "../2099-12-02/index.html")


def test_a_papers_page_has_claimed_beside_measured_before_the_summary(pages: dict[str, str]) -> None:
    page = pages["paper/9912.00001/index.html"]
    [tested] = by_class(page, "tested")
    assert tested.get("id") == "claim-speed"
    assert len(pictures(tested)) == 2
    assert page.index('id="measured"') < page.index('id="claims"') < page.index("<h2>Summary</h2>")
    [said] = by_class(page, "wrong")
    assert text(said) == "a digest said 30.9%"
    assert "assay run" not in page, "only a paper of the catalogue has a trial of its own"
    assert page.index('<img class="curves"') < page.index('<table class="curve"'), "plots before tables"


def test_a_papers_page_leads_to_its_neighbours_of_the_day(pages: dict[str, str]) -> None:
    links = {link.get("rel"): link.get("href") for link in tree(pages["paper/9912.00002/index.html"]).iter("a")}
    assert links["prev"] == "../../paper/9912.00001/index.html"
    assert links["next"] == "../../paper/9912.00003/index.html"


def test_the_gallery_has_every_measurement_with_what_it_is_filtered_by(pages: dict[str, str]) -> None:
    cards = by_class(pages["measured/index.html"], "card")
    shown = [[card.get(f"data-{name}") for name in ("room", "verdict", "evidence")] for card in cards]
    assert shown == [
        ["attention", "seen", "simulated"],
        ["attention", "not-seen", "real-model"],
        ["reasoning", "seen", "trained-here"],
        ["reasoning", "holds", "as-claimed"],
    ]
    assert all(pictures(card) for card in cards)
    assert text(cards[1]).startswith("toy_attention attention speed Claimed2.5–5xMeasured0.8x ✗ not seen real model")


def test_a_large_gallery_is_folded_and_says_in_a_line_what_each_room_came_to() -> None:
    many = {
        f"9912.{number:05}": [measurement(paper=f"9912.{number:05}"), *([NOT_SEEN] if number < 4 else [])]
        for number in range(1, 12)
    }
    [room] = by_class(files_of(sample_site(measurements=many))["measured/index.html"], "fold")
    assert room.get("open") is None
    assert text(next(room.iter("summary"))) == "attention measurements: 14 ✓ 11 claim reached ✗ 3 no such effect"
    assert [each.get("id") for each in room.iter("ul")] == ["attention"], "a link to a room opens it"


def test_a_small_gallery_is_open(pages: dict[str, str]) -> None:
    assert [each.get("open") for each in by_class(pages["measured/index.html"], "fold")] == ["", ""]


def test_the_page_of_methods_has_all_of_them(pages: dict[str, str]) -> None:
    for name in ("assay.methods.attention.fastkv", "assay.methods.reasoning.selective_qa"):
        assert name in pages["methods/index.html"]
    assert "디코딩" in pages["ko/methods/index.html"]


@pytest.mark.parametrize("root", ["", "ko/"])
def test_the_words_of_the_site_are_explained(pages: dict[str, str], root: str) -> None:
    page = tree(pages[f"{root}about/index.html"])
    terms = [text(term) for term in page.iter("dt")]
    assert len(terms) == len(set(terms)) >= 20
    assert all(text(meaning) for meaning in page.iter("dd"))


def test_nothing_runs_or_is_styled_inline(pages: dict[str, str]) -> None:
    """So that a strict content security policy, without `unsafe-inline`, leaves the site whole."""
    for path, page in pages.items():
        if not path.endswith(".html"):
            continue
        for element in tree(page).iter():
            assert not element.get("style"), path
            assert not [name for name in element.attrib if name.startswith("on")], path
            if element.tag == "script" and element.get("type") != "application/ld+json":
                assert element.get("src"), path
            assert element.tag != "style", path


def test_every_script_finds_what_it_imports(pages: dict[str, str]) -> None:
    scripts = {path: content for path, content in pages.items() if path.endswith(".js")}
    for path, script in scripts.items():
        for name in re.findall(r'from "\./([\w-]+\.js)"', script):
            assert f"assets/{name}" in scripts, f"{path}: {name}"
        assert script.startswith("//") or path == "assets/search-tables.js", f"{path} does not say what it is for"


def test_the_first_view_of_a_day_is_light(pages: dict[str, str]) -> None:
    page = pages["day/2099-12-02/index.html"]
    files = {"assets/style.css", *(f"assets/{name}" for name in re.findall(r'assets/([\w-]+\.js)"', page))}
    assert sum(len(pages[file].encode()) for file in files) < 35_000
    papers = [page[start : page.index("</li>\n", start)] for start in find_all('<li class="entry"', page)]
    markup = [sum(map(len, re.findall("<[^>]*>", paper))) for paper in papers]
    assert max(markup) < 900


def find_all(words: str, text: str) -> list[int]:
    return [match.start() for match in re.finditer(words, text)]


def test_a_slow_line_is_told_at_once_of_every_script_that_a_page_runs(pages: dict[str, str]) -> None:
    told = set(re.findall(r'modulepreload" href="\.\./\.\./assets/([\w-]+\.js)"', pages["day/2099-12-02/index.html"]))
    run: set[str] = set()
    more = {"site.js"}
    while more:
        run |= more
        more = {name for file in more for name in re.findall(r'from "\./([\w-]+\.js)"', pages[f"assets/{file}"])} - run
    assert told == run


def test_pictures_of_papers_are_loaded_from_elsewhere_only_if_asked_for() -> None:
    day = EARLIER.model_copy(
        update={"papers": (EARLIER.papers[0].model_copy(update={"thumbnail_url": "https://example.org/1.png"}),)}
    )
    for wanted in (False, True):
        site = Site(days=[day], papers=[], languages=("en",), thumbnails=wanted)
        page = files_of(site)[f"day/{day.date}/index.html"]
        assert ("example.org/1.png" in page) is wanted


def test_a_site_without_anything_has_all_its_pages() -> None:
    pages = files_of(Site(days=[], papers=sample_dossiers()[:1], languages=("en",)))
    assert "No day has been collected yet." in pages["index.html"]
    assert "Nothing yet." in pages["measured/index.html"]
    assert sample_day().papers[0].title in pages["paper/9912.00001/index.html"]
