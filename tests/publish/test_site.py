"""The site is valid HTML, asks nothing of other hosts, links only to pages it has, and works in a real browser."""

import functools
import http.server
import re
import shutil
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin

import html5lib
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from assay.publish.site import Site, build, render
from tests.publish.sample import HOSTILE_TITLES, sample_day, sample_dossiers

EMPTY = sample_day().model_copy(update={"date": sample_day().date.replace(day=5), "papers": (), "reason": "a Saturday"})
SITE = Site(days=[sample_day(), EMPTY], papers=sample_dossiers())


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return dict(render(SITE))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build(SITE, folder)
    return folder


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
            "day/2099-12-02/",
            "day/2099-12-05/",
            "paper/9912.00001/",
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
            target = unquote(urljoin(f"https://host/{name}", link)).removeprefix("https://host/")
            assert (target + "index.html" if target.endswith("/") or not target else target) in pages, f"{name}: {link}"


def test_hostile_titles_are_only_text(pages: dict[str, str]) -> None:
    day = html5lib.parse(pages["day/2099-12-02/index.html"], namespaceHTMLElements=False)
    titles = ["".join(heading.itertext()) for heading in day.iter("h2")]
    for title in HOSTILE_TITLES:
        assert " ".join(re.sub(r"[\x00-\x1f\u202e]", lambda m: " " if m[0] == "\n" else "", title).split()) in titles
    assert not list(day.iter("script"))


def test_an_empty_day_says_why(pages: dict[str, str]) -> None:
    assert "a Saturday" in pages["day/2099-12-05/index.html"]
    assert "a Saturday" in pages["index.html"]


def test_building_again_changes_nothing_and_removes_what_is_gone(tmp_path: Path) -> None:
    first = build(SITE, tmp_path, search=False)
    assert first["changed"] > first["pages"] >= 36
    (tmp_path / "CNAME").write_text("example.org")
    assert build(SITE, tmp_path, search=False) == {"pages": first["pages"], "changed": 0}
    build(Site(days=[EMPTY], papers=[]), tmp_path, search=False)
    assert not (tmp_path / "paper/9912.00001/index.html").exists()
    assert (tmp_path / "CNAME").exists()


def test_a_folder_of_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(ValueError, match="holds other files"):
        build(SITE, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


# In a browser.


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class QuietServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A browser that leaves a page lets go of its connections; that is no error."""


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """The site under a path of a real web server, as a project page of a file host has it."""
    root = folder.parent
    handler = functools.partial(QuietHandler, directory=str(root))
    with QuietServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/{folder.name}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium on this machine")
    expect.set_options(timeout=60_000)  # a busy machine is no failure
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=quiet)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    page.set_default_timeout(60_000)
    asked: list[str] = []
    problems: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    page.close()
    assert not problems
    assert not [url for url in asked if not url.startswith((address, "data:"))]


@pytest.mark.browser
def test_open_the_day_follow_a_paper_read_its_claims(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("link", name="Papers of 2099-12-02").click()
    page.get_by_role("link", name="Toy Attention").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Toy Attention")
    row = page.get_by_role("row", name="23.6%")
    expect(row).to_contain_text("contradicted: digest: 30.9%")
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
def test_a_search_that_finds_nothing_says_so(page: Page, address: str) -> None:
    page.goto(address + "search/?q=zyxwvut")
    expect(page.locator("#count")).to_have_text("Nothing found")


@pytest.mark.browser
def test_without_javascript_all_but_the_search_works(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    page.get_by_role("link", name="Archive", exact=True).click()
    page.get_by_role("link", name="December 2099").click()
    page.get_by_role("link", name="Toy Attention").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Toy Attention")
    page.get_by_role("link", name="Search").click()
    expect(page.locator("main")).to_contain_text("The archive lists every paper without it")
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390, 1200])
@pytest.mark.parametrize("path", ["", "paper/9912.00001/", "ko/day/2099-12-02/", "archive/", "search/"])
def test_no_page_is_wider_than_the_screen(page: Page, address: str, width: int, path: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(browser: Browser, address: str, scheme: str) -> None:
    page = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(address + "paper/9912.00001/")
    for selector in ("p.lead", ".meta", ".parts dt", ".conflict"):
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
