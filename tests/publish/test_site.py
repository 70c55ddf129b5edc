"""The site is valid HTML, asks nothing of other hosts, links only to pages it has, and works in a real browser."""

import re
import unicodedata
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin

import html5lib
import pytest
from playwright.sync_api import Browser, Page, expect

from assay.papers.mathematics import to_text
from assay.papers.models import Dossier, Paper
from assay.publish.site import Built, Site, build
from tests.publish.sample import HOSTILE_TITLES, SEEN, sample_day, sample_dossiers, sample_errata, sample_ledger
from tests.publish.site.sample import EMPTY, files_of, sample_site

SITE = sample_site()


class Links(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.requested: list[str] = []
        self.followed: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        link = values.get("src") or values.get("href")
        if link is None:
            return
        # What the browser fetches by itself, against what the reader follows.
        fetched = tag not in {"a", "link"} or values.get("rel") in {"stylesheet", "icon"}
        (self.requested if fetched else self.followed).append(link)


def test_there_is_a_page_for_everything(pages: dict[str, str]) -> None:
    for root in ("", "ko/"):
        for page in (
            "",
            "archive/",
            "archive/2099-12/",
            "week/2099-W49/",
            "day/2099-12-02/",
            "day/2099-12-05/",
            "paper/9912.00001/",
            "claims/",
            "errata/",
            "search/",
        ):
            assert f"{root}{page}index.html" in pages


def test_every_page_is_valid_html(pages: dict[str, str]) -> None:
    parser = html5lib.HTMLParser(strict=True)
    for name, page in pages.items():
        if name.endswith(".html"):
            parser.parse(page)


def test_nothing_is_requested_from_elsewhere(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        if name.endswith(".html"):
            for link in Links(page).requested:
                assert not re.match(r"[a-z]+:|//|/", link), f"{name}: {link}"
    assert "url(" not in pages["assets/style.css"]
    assert "@import" not in pages["assets/style.css"]


def test_every_link_within_the_site_has_a_page(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        if not name.endswith(".html"):
            continue
        links = Links(page)
        for link in links.requested + links.followed:
            if re.match(r"https?:|#", link):
                continue
            address = urljoin(f"https://host/{name}", re.sub(r"\?[^#]*", "", link))
            target, _, place = unquote(address).removeprefix("https://host/").partition("#")
            target += "index.html" if target.endswith("/") or not target else ""
            assert target in pages, f"{name}: {link}"
            assert not place or f'id="{place}"' in pages[target], f"{name}: {link}"


def test_hostile_titles_are_only_text(pages: dict[str, str]) -> None:
    day = html5lib.parse(pages["day/2099-12-02/index.html"], namespaceHTMLElements=False)
    titles = ["".join(heading.itertext()) for heading in day.iter("h2")]
    for title in HOSTILE_TITLES:
        line = " ".join(re.sub(r"[\x00-\x1f\u202e]", lambda m: " " if m[0] == "\n" else "", title).split())
        assert (
            unicodedata.normalize("NFKC", to_text(line)) in titles
        )  # MathML lowers characters, it does not change them
    assert all(script.get("src") and not script.text for script in day.iter("script"))


def test_a_withdrawal_is_told_wherever_the_paper_is(pages: dict[str, str]) -> None:
    for root, words in (("", "withdrawn on 2099-12-07"), ("ko/", "2099-12-07에 철회됨")):
        for page, times in (
            ("index.html", 1),
            ("day/2099-12-02/index.html", 1),
            ("week/2099-W49/index.html", 2),  # among those that mattered, and in its day
            ("archive/2099-12/index.html", 2),
        ):
            assert pages[root + page].count(words) == times, page
        paper = pages[f"{root}paper/9912.00013/index.html"]
        assert f'trouble withdrawn">{words}' in paper
        assert words not in pages[f"{root}paper/9912.00001/index.html"]
    day = html5lib.parse(pages["day/2099-12-02/index.html"], namespaceHTMLElements=False)
    last = [item for item in day.iter("li") if item.get("class") == "entry"][-1]
    shown = " ".join("".join(last.itertext()).split())
    assert "2.5–5x" not in shown, "a claim that was taken back is no chip"
    for words in (
        "Toy <Lab>",
        "also listed 2099-11-03, 2099-12-01",
        "Accepted at ToyConf 2099; withdrawn due to an error in *Section 4*",
        "Toys & Games 7 (2099) 1-9",
        "Keywords: sparse attention, C++ | toys",
    ):
        assert words in shown
    assert [link.get("href") for link in last.iter("a")][1:] == ["https://example.org/toy_(attention)?a=1&b=<2>"]


def test_the_errata_tell_that_a_paper_was_withdrawn() -> None:
    papers = [
        each.model_copy(update={"paper": each.paper.model_copy(update={"withdrawn": SEEN})})
        for each in sample_dossiers()[:1]
    ]
    pages = files_of(Site(days=[], papers=papers, errata=sample_errata(), languages=("en",)))
    assert "withdrawn on 2099-12-02" in pages["errata/index.html"]


def test_formulas_are_mathml_where_they_are_read_and_text_where_they_are_named() -> None:
    title = r"Reaching $O(n \log n)$ with $\alpha$-Softmax at \$5 & less"
    abstract = r"It cuts CO$_2$ by $>$90\% and costs $3\times10^{-4}$ dollars."
    paper = Paper(id="9912.00001", title=title, abstract=abstract)
    pages = files_of(Site(days=[sample_day()], papers=[Dossier(paper=paper)], languages=("en",)))
    page = pages["paper/9912.00001/index.html"]
    html5lib.HTMLParser(strict=True).parse(page)
    assert "<title>Reaching O(n log n) with α-Softmax at $5 &amp; less · Assay</title>" in page
    assert 'name="citation_title" content="Reaching O(n log n) with α-Softmax at $5 &amp; less"' in page
    [heading] = re.findall(r"<h1.*?</h1>", page)
    assert '<mo lspace="0.17em" rspace="0.17em">log</mo>' in heading
    assert "It cuts CO₂ by &gt;90% and costs <math" in page
    assert "<p hidden>O(n log n) CO2 3×10−4</p>" in page
    assert r"title = {{Reaching $O(n \log n)$ with" in page.replace("&#34;", '"')


def test_the_papers_of_a_day_are_there_as_bibtex(pages: dict[str, str]) -> None:
    files = {path: text for path, text in pages.items() if path.endswith(".bib")}
    assert len(files) == sum(bool(day.papers) for day in SITE.days)
    for path, text in files.items():
        folder = path.removesuffix("papers.bib")
        assert 'href="../../' + path in pages[f"{folder}index.html"]
        assert 'href="../../../' + path in pages[f"ko/{folder}index.html"]
        ids = re.findall(r"eprint = \{(.*)\}", text)
        assert ids
        assert all(f"paper/{key}/index.html" in pages[f"{folder}index.html"] for key in ids)


def test_an_empty_day_says_why(pages: dict[str, str]) -> None:
    assert "a Saturday" in pages["day/2099-12-05/index.html"]
    assert "a Saturday" in pages["index.html"]


def marks(page: str) -> list[tuple[str, str]]:
    """The figures of a page that are marked: class and text, with what each rests on where it can be opened."""
    elements = html5lib.parse(page, namespaceHTMLElements=False).iter()
    return [
        (element.get("class", ""), " ".join("".join(element.itertext()).split()))
        for element in elements
        if element.get("class", "").startswith("fig ") and not element.get("title")
    ]


def in_the_summary(page: str) -> str:
    """The page without the list of all figures below the summary."""
    return re.sub(r'<details class="checked">.*?</details>', "", page, flags=re.DOTALL)


def test_figures_are_marked_by_what_the_paper_says(pages: dict[str, str]) -> None:
    supported = ("fig supported", "2.5x2.5x: supported “It is 2.5x as fast as <dense> attention.”")
    unsupported = ("fig unsupported", "8K8K: unsupported not in title and abstract")
    assert marks(in_the_summary(pages["paper/9912.00001/index.html"])) == [supported, unsupported, supported]
    assert marks(pages["day/2099-12-02/index.html"]) == [("fig supported", "2.5x"), ("fig unsupported", "8K")]
    contradicted = ("fig contradicted", "2.5배2.5배: 논문과 다름 논문에는 2.4x; “It is 2.4x as fast | by far.”")
    korean = in_the_summary(pages["ko/paper/9912.00001/index.html"])
    assert contradicted in marks(korean)
    assert "(논문: 2.4x)" in korean, "what the paper says is seen without a tap"


def test_a_page_tells_on_demand_what_each_figure_rests_on(pages: dict[str, str]) -> None:
    page = html5lib.parse(pages["paper/9912.00001/index.html"], namespaceHTMLElements=False)
    details = next(part for part in page.iter("details") if part.get("class") == "checked")
    summary, *items = ["".join(part.itertext()) for part in details.iter() if part.tag in {"summary", "li"}]
    assert summary == "figures: 2 supported, 1 unsupported (?), 1 unchecked"
    assert items == [
        "2.5x supported “It is 2.5x as fast as <dense> attention.”",
        "8K unsupported not in title and abstract",
    ]
    assert "names that do not stand in title, abstract: ToyAttn (ToyAttn-2?)" in pages["paper/9912.00001/index.html"]
    assert "다른 논문의 요약으로 보임" in pages["ko/paper/9912.00001/index.html"]


def test_figures_that_could_not_be_checked_are_not_marked_and_said_to_be(pages: dict[str, str]) -> None:
    page = pages["paper/9912.00002/index.html"]
    assert marks(page) == []
    assert 'class="checked"' not in page
    assert "figures not checked: no text of the paper is at hand" in page


def test_the_ledger_lists_every_claim_and_links_to_it(pages: dict[str, str]) -> None:
    page = html5lib.parse(pages["claims/index.html"], namespaceHTMLElements=False)
    papers = [section for section in page.iter("section") if section.find("h2") is not None]
    assert ["".join(paper.find("h2").itertext()) for paper in papers] == [  # type: ignore[union-attr]
        "Toy Attention 2099-12-02",
        "<think>Hidden</think> <script>alert(1)</script> 2099-12-02",
    ]
    claims = [
        [" ".join("".join(cell.itertext()).split()) for cell in row] for paper in papers for row in paper.iter("li")
    ]
    assert claims == [
        ["2.5–5x", "attention speed", "dense attention", "in abstract and digest"],
        ["23.6%", "error ↓", "", "in the abstract"],
        ["40", "=SUM(A1) <b>tasks</b>", "", "in the abstract"],
    ]
    assert 'href="../paper/9912.00001/index.html#claim-speed"' in pages["claims/index.html"]
    assert "claim-speed" in pages["paper/9912.00001/index.html"]
    assert pages["claims/claims.csv"].count("\r\n") == 4
    assert pages["claims/claims.jsonl"].count("\n") == 3


def test_a_large_ledger_has_a_page_for_each_month() -> None:
    day = sample_day().date
    many = [sample_ledger()[0].model_copy(update={"day": day - timedelta(days=n // 100)}) for n in range(6_000)]
    pages = files_of(Site(days=[sample_day()], papers=sample_dossiers(), ledger=many))
    assert {name for name in pages if name.startswith("claims/") and name.endswith(".html")} == {
        "claims/index.html",
        "claims/2099-10/index.html",
        "claims/2099-11/index.html",
        "claims/2099-12/index.html",
    }
    months = [page for name, page in pages.items() if re.match(r"claims/\d", name)]
    assert sum(page.count("<li data-unit") for page in months) == 6_000
    assert pages["claims/index.html"].count("<li data-unit") == 0
    assert 'href="2099-11/index.html"' in pages["claims/index.html"]
    assert 'href="../../paper/9912.00001/index.html#claim-speed"' in pages["claims/2099-11/index.html"]


def test_errata_are_listed_and_told_on_the_papers_page(pages: dict[str, str]) -> None:
    for name in ("errata/index.html", "paper/9912.00001/index.html"):
        assert "2.5–5x is now 2.2x: attention speed" in pages[name], name
        assert "gone: 23.6%: error" in pages[name], name
        assert "changed in v2 (2099-12-02)" in pages[name], name
    assert "digest: 30.9%" in pages["errata/index.html"]
    assert "is now" not in pages["paper/9912.00002/index.html"]
    assert "v2에서 바뀜" in pages["ko/errata/index.html"]


def test_building_again_changes_nothing_and_removes_what_is_gone(tmp_path: Path) -> None:
    first = build(SITE, tmp_path)
    assert first.changed > first.pages >= 36
    (tmp_path / "CNAME").write_text("example.org")
    assert build(SITE, tmp_path) == Built(pages=first.pages, changed=0, rendered=0)
    build(Site(days=[EMPTY], papers=[]), tmp_path)
    assert not (tmp_path / "paper/9912.00001/index.html").exists()
    assert (tmp_path / "CNAME").exists()


def test_a_folder_of_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(ValueError, match="holds other files"):
        build(SITE, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


# In a browser.


@pytest.mark.browser
def test_open_the_day_follow_a_paper_read_its_claims(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("link", name="Papers of Wednesday, 2 December 2099").click()
    page.get_by_role("link", name="Toy Attention").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Toy Attention")
    expect(page.locator("#claim-error")).to_contain_text("a digest said 30.9%")
    page.get_by_role("link", name="한국어").click()
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    expect(page.locator("main")).to_contain_text("행이 비슷한 곳에서만 미리 보기를 믿는다.")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("start", "query", "title"),
    [
        ("search/", "attention", "Toy Attention"),
        ("ko/search/", "벤치마크", "Toy Attention"),
        ("ko/search/", "어텐션", "Toy Attention"),
        ("search/", "벤치마크", "Toy Attention"),
    ],
)
def test_search(page: Page, address: str, start: str, query: str, title: str) -> None:
    page.goto(address + start)
    page.get_by_role("searchbox").fill(query)
    hit = page.locator("#hits").get_by_role("link", name=title, exact=True)
    expect(hit).to_be_visible()
    hit.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


@pytest.mark.browser
def test_a_search_that_cannot_be_read_says_why(page: Page, address: str) -> None:
    page.goto(address + "search/")
    page.get_by_role("searchbox").fill('"toy')
    expect(page.locator("#count")).to_have_text('a quote is not closed: "toy')
    page.get_by_role("searchbox").fill('"toy attention"')
    expect(page.locator("#count")).to_have_text("Papers found: 2")  # in a title, and in a link to code
    expect(page.locator("#hits mark").first).to_have_text("Toy Attention")


@pytest.mark.browser
def test_a_search_that_finds_nothing_says_so(page: Page, address: str) -> None:
    page.goto(address + "search/?q=zyxwvut")
    expect(page.locator("#count")).to_have_text("Nothing found")


@pytest.mark.browser
def test_without_javascript_all_but_the_search_works(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    page.get_by_role("link", name="Archive", exact=True).click()
    page.get_by_role("link", name="December 2099", exact=True).click()
    page.get_by_role("heading", name="Toy Attention").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Toy Attention")
    page.get_by_role("link", name="Search").click()
    expect(page.locator("main")).to_contain_text("The archive lists every paper without it")
    context.close()


@pytest.mark.browser
def test_the_ledger_is_filtered_in_the_browser(page: Page, address: str) -> None:
    page.goto(address + "claims/")
    rows = page.locator("#ledger li:visible")
    expect(rows).to_have_count(3)
    page.get_by_label("Unit").select_option("x")
    expect(rows).to_have_count(1)
    expect(page.locator("#count")).to_have_text("claims: 1")
    page.get_by_label("At least").fill("6")
    expect(rows).to_have_count(0)
    page.get_by_label("At least").fill("4")
    expect(rows).to_have_count(1)
    page.goto(address + "claims/?metric=faster")  # a selection can be linked to
    expect(rows).to_have_count(1)
    expect(page.get_by_label("Of what")).to_have_value("faster")
    page.get_by_label("Of what").fill("Error")
    expect(rows.locator(".num")).to_have_text("23.6%")
    page.get_by_label("Of what").fill("")
    page.get_by_label("Listed since").fill("2099-12-03")
    expect(rows).to_have_count(0)
    page.get_by_label("Listed since").fill("2099-12-02")
    expect(rows).to_have_count(3)
    page.get_by_role("link", name="Toy Attention").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Toy Attention")


@pytest.mark.browser
def test_the_ledger_is_whole_without_javascript(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + "claims/")
    expect(page.locator("#ledger li:visible")).to_have_count(3)
    expect(page.locator("form")).to_be_hidden()
    page.goto(address + "paper/9912.00001/")
    page.locator("details.checked summary").click()
    expect(page.locator("details.checked li").first).to_contain_text("It is 2.5x as fast as <dense> attention.")
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390, 1200])
@pytest.mark.parametrize(
    "path", ["", "paper/9912.00001/", "ko/day/2099-12-02/", "archive/", "claims/", "errata/", "search/"]
)
def test_no_page_is_wider_than_the_screen(page: Page, address: str, width: int, path: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(browser: Browser, address: str, scheme: str) -> None:
    page = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(address + "paper/9912.00001/")
    for selector in (".lead", ".meta", ".parts dt", ".wrong", ".checked", ".fig"):
        ink = page.locator(selector).first.evaluate("e => getComputedStyle(e).color")
        ground = page.locator("html").evaluate("e => getComputedStyle(e).backgroundColor")
        assert contrast(ink, ground) >= 4.5, (selector, ink, ground)
    page.close()


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        channels = [int(value) / 255 for value in re.findall(r"\d+", colour)[:3]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
