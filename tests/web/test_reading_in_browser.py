"""Reading in a real browser: found, opened, starred, tagged and noted by keyboard alone, with nothing lost."""

import re
import time
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, Route, expect

from assay.web.access import Access
from assay.web.app import make_app
from tests.publish.conftest import page
from tests.web.conftest import Served
from tests.web.sample import DAY, PAPER, make_desk

__all__ = ["page"]
pytestmark = pytest.mark.browser

TITLE = "SpargeAttn: Accurate Sparse Attention Accelerating Any Model Inference"
OTHER = "2502.18364"


LONG_NAME = "bartholomew.the.third"


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app for a reader with a token and a long name."""
    own = make_desk(tmp_path_factory.mktemp("tokens"))
    with own.store, Served(make_app(own, Access(tokens={LONG_NAME: "b" * 20}))) as address:
        yield address


def ready(page: Page) -> None:
    """Wait until the page's scripts listen."""
    expect(page.locator(".star").first).to_be_attached()


@pytest.mark.parametrize(("width", "root"), [(1400, ""), (390, "ko/")])
def test_a_morning_by_keyboard_alone(page: Page, address: str, width: int, root: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    tag, note = f"kernel {width}", f"Try it at {width}."
    page.goto(f"{address}/{root}")
    ready(page)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("sparse atten")
    expect(page.locator("#hits li").first).to_contain_text(TITLE)
    assert page.url.startswith(f"{address}/{root}search/")
    assert page.url.endswith("?q=sparse+atten")
    page.keyboard.press("Enter")
    first = page.locator("#hits h2 a").first
    expect(first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#hits h2 a").nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("o")
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    ready(page)
    star = page.locator("h1 + .star")
    was_on = star.get_attribute("aria-pressed")
    page.keyboard.press("s")
    expect(star).to_have_attribute("aria-pressed", "false" if was_on == "true" else "true")
    page.keyboard.press("t")
    expect(page.locator("#tagging")).to_be_visible()
    page.keyboard.type(tag)
    page.keyboard.press("Enter")
    expect(page.locator("#hers .tags")).to_contain_text(f"#{tag}")
    expect(page.locator("#tagging")).to_be_hidden()
    expect(page.locator(":focus").and_(page.locator("input, textarea"))).to_have_count(0)  # a key in a field is text
    page.keyboard.press("n")
    expect(page.locator("#noting")).to_be_visible()
    page.keyboard.type(note)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#hers .notes")).to_contain_text(note)
    expect(page.locator("#noting")).to_be_hidden()
    page.keyboard.press("m")
    expect(page.get_by_role("heading", level=1)).to_have_text("내 목록" if root else "My list")
    expect(page.locator(f'[data-paper="{PAPER}"]')).to_contain_text(note)
    expect(page.locator(f'[data-paper="{PAPER}"] .own-words')).to_contain_text(f"#{tag}")


def test_keys_read_and_hide_and_take_it_back(page: Page, address: str) -> None:
    page.goto(f"{address}/day/{DAY}/")
    ready(page)
    page.keyboard.press("j")
    entry = page.locator("li.entry").first
    page.keyboard.press("r")
    expect(entry).to_have_class("entry is-read")
    page.keyboard.press("h")
    expect(entry.locator(".line")).to_be_hidden()
    expect(page.locator("#done")).to_contain_text("Hidden.")
    page.keyboard.press("j")
    expect(page.locator("li.entry h2 a").nth(1)).to_be_focused()
    page.keyboard.press("u")
    expect(entry.locator(".line")).to_be_visible()
    expect(page.locator("#done")).to_contain_text("Undone.")
    page.reload()
    ready(page)
    expect(entry).to_have_class("entry is-read")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_contain_text("write a note")
    page.keyboard.press("r")  # not while the help is open
    page.keyboard.press("Escape")
    expect(entry).to_have_class("entry is-read")


def test_the_buttons_do_what_the_keys_do(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{address}/day/{DAY}/")
    ready(page)
    entry = page.locator("li.entry").nth(3)
    entry.locator("summary").click()
    entry.get_by_role("button", name="Tag").click()
    page.get_by_label("A word or more").fill("by tap")
    page.get_by_role("button", name="Keep").click()
    expect(entry.locator(".own-words")).to_have_text("#by tap")
    page.get_by_role("button", name="Undo").click()
    expect(entry.locator(".own-words")).to_have_text("")
    entry.get_by_role("button", name="Tag").click()
    page.get_by_label("A word or more").fill("by tap")
    page.keyboard.press("Enter")
    expect(entry.locator(".own-words")).to_have_text("#by tap")
    entry.get_by_role("button", name="Note").click()
    page.locator("#noting").get_by_role("button", name="Close").click()  # nothing is written
    expect(entry.locator(".own-words")).to_have_text("#by tap")
    entry.get_by_role("button", name="Read").click()
    expect(entry.get_by_role("button", name="Read")).to_have_attribute("aria-pressed", "true")


def test_notes_are_changed_and_removed_on_the_papers_page(page: Page, address: str) -> None:
    page.goto(f"{address}/paper/{OTHER}/")
    ready(page)
    for text in ("first\nline", "second"):
        page.keyboard.press("n")
        page.locator("#noting textarea").fill(text)
        page.locator("#noting").get_by_role("button", name="Keep").click()
        expect(page.locator("#noting")).to_be_hidden()
    notes = page.locator("#hers .notes .note")
    expect(notes).to_have_text(["first\nline", "second"])
    page.get_by_role("button", name="Edit").first.click()
    expect(page.locator("#noting textarea")).to_have_value("first\nline")
    page.locator("#noting textarea").fill("<b>third</b>")
    page.keyboard.press("Control+Enter")
    expect(notes).to_have_text(["second", "<b>third</b>"])
    page.get_by_role("button", name="Remove").first.click()
    expect(notes).to_have_text(["<b>third</b>"])
    page.get_by_role("button", name="Undo").click()
    expect(notes).to_have_text(["<b>third</b>", "second"])
    page.reload()
    expect(notes).to_have_text(["<b>third</b>", "second"])


def test_what_does_not_arrive_is_told_and_sent_again(page: Page, address: str) -> None:
    page.goto(f"{address}/paper/{OTHER}/")
    ready(page)
    unsent = page.locator("#unsent")
    page.context.set_offline(True)
    page.keyboard.press("t")
    page.locator("#tagging input").fill("offline")
    page.keyboard.press("Enter")
    expect(page.locator("#hers .tags")).to_contain_text("#offline")
    expect(unsent).to_contain_text("Not kept yet: 1.")
    page.keyboard.press("s")
    unsent.get_by_role("button").click()  # still without a network
    expect(unsent).to_contain_text("Not kept yet: 2.")
    page.context.set_offline(False)
    expect(unsent.locator("span")).to_be_empty()
    page.reload()
    ready(page)
    expect(page.locator("#hers .tags")).to_contain_text("#offline")
    expect(page.locator("h1 + .star")).to_have_attribute("aria-pressed", "true")


def test_what_had_not_arrived_when_a_page_was_left_is_sent_by_the_next(page: Page, address: str) -> None:
    page.goto(f"{address}/about/")
    page.evaluate(
        """sessionStorage.setItem("assay-unsent", JSON.stringify([
            {path: "api/tags", body: {paper: "2502.18302", tag: "late", on: true}},
            {path: "api/tags", body: {paper: "9901.00001", tag: "nowhere", on: true}},
        ]))"""
    )
    page.goto(f"{address}/paper/2502.18302/")
    ready(page)
    expect(page.locator("#hers .tags")).to_contain_text("#late")
    expect(page.locator("#unsent")).to_contain_text("Not kept: 9901.00001 is not in the archive")
    end = time.monotonic() + 30
    # `wait_for_function` would evaluate text again and again, which the page's own policy forbids.
    while page.evaluate("sessionStorage.length") and time.monotonic() < end:
        page.wait_for_timeout(50)
    assert page.evaluate("sessionStorage.length") == 0


def test_search_follows_what_is_typed(page: Page, address: str) -> None:
    page.goto(f"{address}/search/?q=diffusion&since=2025-02-01")
    ready(page)
    expect(page.locator("#count")).to_contain_text("Papers found")
    expect(page.get_by_label("Listed since")).to_have_value("2025-02-01")
    field = page.get_by_role("searchbox")
    field.fill('"open')
    expect(page.locator("#count")).to_contain_text("a quote is not closed")
    expect(page.locator("#hits li")).to_have_count(0)
    field.fill("arXiv:9901.00001")
    expect(page.get_by_role("button", name="Get it from arXiv")).to_be_visible()
    page.get_by_label("Listed since").fill("")
    field.fill("sparse")
    expect(page.locator("#hits mark").first).to_be_visible()
    expect(page.get_by_role("link", name="한국어")).to_have_attribute(
        "href", re.compile(r"/ko/search/index.html\?q=sparse$")
    )
    page.get_by_role("button", name="Save this search").click()
    expect(page.get_by_role("heading", name="Saved searches")).to_be_visible()
    with page.expect_navigation():  # the address and the field are the same before it and after
        page.get_by_role("link", name="sparse", exact=True).click()
    expect(page.get_by_role("searchbox")).to_have_value("sparse")
    page.get_by_role("searchbox").fill("the")
    expect(page.locator("#hits li")).to_have_count(20)
    page.locator("#more").click()
    expect(page.locator("#hits li")).to_have_count(40)


def test_what_is_typed_before_the_script_has_come_is_looked_for(page: Page, address: str) -> None:
    def type_first(route: Route) -> None:
        page.get_by_role("searchbox").fill("sparse attention")
        route.continue_()

    page.route("**/search.js", type_first)
    page.goto(f"{address}/search/?q=diffusion")
    expect(page.locator("#hits li h2").first).to_have_text(TITLE)
    expect(page.get_by_role("searchbox")).to_have_value("sparse attention")
    assert page.url.endswith("?q=sparse+attention")


@pytest.fixture
def bare_page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that runs no JavaScript."""
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_without_javascript_one_searches_and_follows(bare_page: Page, address: str) -> None:
    bare_page.goto(f"{address}/search/")
    bare_page.get_by_role("searchbox").fill("sparse attention")
    bare_page.get_by_role("button", name="Search").click()
    expect(bare_page.locator("#hits li h2").first).to_have_text(TITLE)
    expect(bare_page.locator("#hits mark").first).to_be_visible()
    bare_page.goto(f"{address}/mine/")
    bare_page.get_by_label("What to follow").fill("Toy Author")
    bare_page.locator("#follow-kind").select_option("author")
    bare_page.get_by_role("button", name="Follow", exact=True).click()
    expect(bare_page.locator("#follows")).to_contain_text("author Toy Author")
    bare_page.get_by_role("button", name="Follow no longer: Toy Author").click()
    expect(bare_page.locator("#follows")).not_to_contain_text("Toy Author")


PATHS = ["/search/?q=attention", "/for-me/", "/mine/", f"/paper/{PAPER}/", f"/day/{DAY}/", "/week/2025-W09/"]


@pytest.mark.parametrize(("width", "scheme", "root"), [(390, "dark", "/ko"), (1400, "light", "")])
def test_no_page_is_too_wide_restless_or_hard_to_use(
    browser: Browser, address: str, width: int, scheme: str, root: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    page.set_default_timeout(120_000)  # a busy machine is no failure
    watch = "new PerformanceObserver((list) => { for (const each of list.getEntries()) window.shift += each.value; })"
    page.add_init_script(f"window.shift = 0; {watch}.observe({{type: 'layout-shift', buffered: true}});")
    page.request.post(f"{address}/api/phrases", data={"text": "attention"})
    for path in PATHS:
        page.goto(f"{address}{root}{path}")
        ready(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate("window.shift") < 0.05, path  # her tags come a moment after what all readers see
        page.evaluate("document.querySelectorAll('main details:not(.fig)').forEach((each) => { each.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path}, opened"
        found = Axe().run(page).response["violations"]
        problems = [
            (each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in {"serious", "critical"}
        ]
        assert not problems, path
    page.close()


@pytest.mark.parametrize(("width", "lines"), [(390, 3), (1200, 2)])
@pytest.mark.parametrize("root", ["", "ko/"])
def test_the_head_has_room_for_a_long_name(browser: Browser, tokens: str, width: int, lines: int, root: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{tokens}/{root}login")
    page.locator("input[name=token]").fill("b" * 20)
    page.locator("main button").click()
    name = page.locator(".masthead .who")
    expect(name).to_have_text(LONG_NAME)
    expect(name).to_have_attribute("href", f"/{root}login")
    wide, shown, head = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth,"
        " document.querySelector('.masthead').offsetHeight]"
    )
    assert wide <= shown
    assert head <= 40 + lines * 38
    name.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(LONG_NAME)
    page.locator("main button").click()
    expect(page.locator("input[name=token]")).to_be_visible()
    expect(page.locator(".masthead .who")).to_have_count(0)
    context.close()
