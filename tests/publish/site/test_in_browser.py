"""The site in a real browser: by keyboard alone, without JavaScript, on a phone, with filters that can be linked to."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from assay.publish.site import build
from tests.papers.measured import measurement
from tests.publish.site.sample import MEASUREMENTS, sample_site

pytestmark = pytest.mark.browser

DAY = "day/2099-12-02/"
WEEK = "week/2099-W49/"
PAPER = "paper/9912.00001/"


@pytest.fixture
def bare_page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that runs no JavaScript."""
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


def focused(page: Page) -> str:
    words = page.evaluate("document.activeElement.textContent")
    assert isinstance(words, str)
    return words.strip()


def test_a_day_is_filtered_and_the_filter_lives_in_the_address(page: Page, address: str) -> None:
    page.goto(address + DAY)
    entries = page.locator("li.entry:visible")
    expect(entries).to_have_count(13)
    page.get_by_label("Room").select_option("attention")
    expect(entries).to_have_count(1)
    expect(page.locator(".filter output")).to_have_text("papers shown: 1")
    assert page.url.endswith("?room=attention")
    page.get_by_label("with code").check()
    expect(entries).to_have_count(0)
    expect(page.locator(".none")).to_be_visible()
    page.goto(f"{address}ko/{DAY}?votes=8&measured=1")
    expect(entries).to_have_count(1)
    expect(page.get_by_label("측정됨")).to_be_checked()
    page.goto(f"{address}{DAY}?room=nowhere")  # a room that this day has not
    expect(entries).to_have_count(13)


def test_the_gallery_is_filtered(page: Page, address: str) -> None:
    page.goto(address + "measured/?room=attention&verdict=seen")
    expect(page.locator(".card:visible")).to_have_count(1)
    expect(page.locator("summary:visible")).to_contain_text("attention")
    page.get_by_label("Verdict").select_option("")
    expect(page.locator(".card:visible")).to_have_count(2)
    page.locator(".card:visible a").first.click()
    expect(page.locator("#claim-speed")).to_be_in_viewport()


@pytest.fixture(scope="module")
def crowded(folder: Path, address: str) -> str:
    """The address of a site with more measurements than one can look through."""
    beside = folder.parent / f"{folder.name}-crowded"
    many = [measurement(paper="9912.00001", name=f"toy_{number}") for number in range(12)]
    build(sample_site(measurements={**MEASUREMENTS, "9912.00001": many}, languages=("en",)), beside)
    return address.replace(folder.name, beside.name)


def test_rooms_are_folded_and_open_where_something_was_asked_for(browser: Browser, crowded: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(crowded + "measured/")
    cards = page.locator(".card:visible")
    expect(page.locator("details.fold summary")).to_have_count(2)
    expect(cards).to_have_count(0)
    page.get_by_label("Evidence").select_option("trained-here")
    expect(cards).to_have_count(1)
    page.get_by_label("Evidence").select_option("")
    expect(cards).to_have_count(0)
    page.get_by_role("heading", name="attention").click()
    expect(cards).to_have_count(12)
    page.goto(crowded + "measured/?room=reasoning")
    expect(cards).to_have_count(2)
    page.goto(crowded + "measured/#attention")
    expect(cards).to_have_count(12)
    page.close()


def test_rooms_open_without_javascript(bare_page: Page, crowded: str) -> None:
    bare_page.goto(crowded + "measured/")
    expect(bare_page.locator(".card:visible")).to_have_count(0)
    bare_page.locator("details.fold summary").last.click()
    expect(bare_page.locator(".card:visible")).to_have_count(2)
    bare_page.goto(crowded + "measured/#attention")
    expect(bare_page.locator(".card:visible")).to_have_count(14)


def test_from_a_day_to_its_week_and_on_by_keyboard_alone(page: Page, address: str) -> None:
    page.goto(address + DAY)
    page.get_by_role("link", name="Week 49 of 2099").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Week 49 of 2099")
    expect(page.get_by_role("button", name="Star: Toy Attention")).to_be_visible()  # the scripts have run
    page.keyboard.press("j")
    assert focused(page) == "Toy Attention"
    page.keyboard.press("s")
    expect(page.get_by_role("button", name="Star: Toy Attention")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("o")
    expect(page.get_by_role("heading", level=1)).to_have_text("Toy Attention")
    page.goto(address + DAY)
    expect(page.get_by_role("button", name="Star: Toy Attention")).to_be_visible()
    page.keyboard.press("h")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tuesday, 1 December 2099")
    expect(page.get_by_role("button", name="Star: From the day before")).to_be_visible()
    page.keyboard.press("l")
    expect(page.get_by_role("heading", level=1)).to_have_text("Wednesday, 2 December 2099")


def test_the_days_of_a_week_open(page: Page, address: str) -> None:
    page.goto(address + WEEK)
    day = page.locator("#days").get_by_role("link", name="From the day before")
    expect(day).to_be_hidden()
    page.get_by_role("heading", name="Tuesday, 1 December 2099").click()
    expect(day).to_be_visible()
    page.get_by_role("link", name="tide | pools").click()
    expect(page.get_by_role("searchbox")).to_have_value('"tide | pools"')


def test_the_ledger_is_sorted_paper_by_paper(page: Page, address: str) -> None:
    page.goto(address + "claims/")
    papers = page.locator("#ledger section > h2")
    expect(papers.first).to_contain_text("Toy Attention")
    page.get_by_label("Order").select_option("figure")
    expect(papers.first).to_contain_text("<think>")
    page.goto(address + "claims/?sort=count")
    expect(papers.first).to_contain_text("Toy Attention")


def test_a_day_by_keyboard_alone(page: Page, address: str) -> None:
    page.goto(address + DAY)
    page.keyboard.press("j")
    assert focused(page) == "Toy Attention"
    page.keyboard.press("j")
    assert focused(page) == "From an archive"
    page.keyboard.press("k")
    assert focused(page) == "Toy Attention"
    page.keyboard.press("e")
    expect(page.locator("li.entry details").first).to_have_attribute("open", "")
    page.keyboard.press("s")
    expect(page.get_by_role("button", name="Star: Toy Attention")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("o")
    expect(page.get_by_role("heading", level=1)).to_have_text("Toy Attention")
    expect(page.get_by_role("button", name="Star: Toy Attention")).to_be_visible()  # the scripts have run
    page.keyboard.press("j")
    expect(page.get_by_role("heading", level=1)).to_have_text("From an archive")
    expect(page.get_by_role("button", name="Star: From an archive")).to_be_visible()  # here too
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_keys_are_not_taken_from_who_types(page: Page, address: str) -> None:
    page.goto(address + "claims/")
    page.get_by_label("Of what").press_sequentially("jokes/?")
    expect(page.get_by_label("Of what")).to_have_value("jokes/?")
    expect(page.locator("#keys")).to_be_hidden()
    page.goto(address + DAY)
    page.keyboard.press("Control+s")
    assert page.evaluate("localStorage.length") == 0


def test_what_a_figure_rests_on_opens_by_tap_and_by_key(page: Page, address: str) -> None:
    page.goto(address + "ko/" + PAPER)
    wrong = page.locator("details.fig.contradicted")
    expect(page.locator(".given")).to_have_text("(논문: 2.4x)")
    wrong.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(wrong.locator(".rests")).to_contain_text("It is 2.4x as fast")
    page.keyboard.press("Escape")
    expect(wrong.locator(".rests")).to_be_hidden()
    expect(wrong.locator("summary")).to_be_focused()
    wrong.locator("summary").click()
    expect(wrong.locator(".rests")).to_be_visible()
    page.get_by_role("heading", level=1).click()
    expect(wrong.locator(".rests")).to_be_hidden()


def test_stars_go_to_a_file_and_come_back(page: Page, address: str, tmp_path: Path) -> None:
    page.goto(address + DAY)
    page.get_by_role("button", name="Star: From an archive").click()
    page.goto(address + PAPER)
    page.get_by_role("button", name="Star: Toy Attention").click()
    page.goto(address + "mine/")
    expect(page.locator("#stars a")).to_have_text(["Toy Attention", "From an archive"])
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as a file").click()
    file = tmp_path / "mine.json"
    download.value.save_as(file)
    kept = {"assay": "reader", "version": 1, "stars": ["9912.00002", "9912.00001"], "read": ["9912.00001"]}
    assert json.loads(file.read_text()) == kept
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Forget all").click()
    expect(page.locator("#mine-none")).to_be_visible()
    page.get_by_label("Add from a file").set_input_files(file)
    expect(page.locator("#mine-status")).to_have_text("Papers added: 2")
    expect(page.locator("#stars a")).to_have_text(["Toy Attention", "From an archive"])  # from the search index
    file.write_text('{"assay": "something else"}')
    page.get_by_label("Add from a file").set_input_files(file)
    expect(page.locator("#mine-status")).to_have_text("This is not a reader's file of Assay.")
    page.goto(address + DAY)
    expect(page.locator("li.is-read h2")).to_have_text(["Toy Attention"])


def test_all_is_there_without_javascript(bare_page: Page, address: str) -> None:
    bare_page.goto(address + DAY)
    expect(bare_page.locator("li.entry:visible")).to_have_count(13)
    expect(bare_page.locator("form")).to_be_hidden()
    bare_page.locator("li.entry summary").first.click()
    expect(bare_page.locator("li.entry details > p").first).to_be_visible()
    bare_page.goto(address + "measured/?verdict=seen")
    expect(bare_page.locator(".card:visible")).to_have_count(4)
    bare_page.goto(address + PAPER)
    bare_page.locator("details.fig summary").first.click()
    expect(bare_page.locator(".rests:visible")).to_contain_text("It is 2.5x as fast as <dense> attention.")
    bare_page.goto(address + "mine/")
    expect(bare_page.locator("main")).to_contain_text("Your list is kept by the browser and needs JavaScript.")


PATHS = [
    *("", DAY, WEEK, "archive/2099-12/", "archive/", PAPER),
    *("measured/", "claims/", "about/", "mine/", "search/?q=attention"),
]


@pytest.mark.parametrize(("width", "scheme", "root"), [(390, "light", ""), (820, "dark", "ko/"), (1400, "dark", "")])
def test_no_page_is_too_wide_or_restless(browser: Browser, address: str, width: int, scheme: str, root: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    watch = "new PerformanceObserver((list) => { for (const each of list.getEntries()) window.shift += each.value; })"
    page.add_init_script(f"window.shift = 0; {watch}.observe({{type: 'layout-shift', buffered: true}});")
    for path in PATHS:
        page.goto(address + root + path)
        if "search" in path:
            expect(page.locator("#hits li").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate("window.shift") < 0.02, path
        page.evaluate("document.querySelectorAll('details:not(.fig)').forEach((each) => { each.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path}, opened"
    page.close()


@pytest.mark.parametrize(
    ("scheme", "root", "rules"),
    [("light", "", {}), ("dark", "ko/", {"runOnly": ["color-contrast"]})],  # only colours depend on the light
)
def test_no_page_is_hard_to_use(
    browser: Browser, address: str, scheme: str, root: str, rules: dict[str, list[str]]
) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    for path in PATHS:
        page.goto(address + root + path)
        page.evaluate("document.querySelectorAll('details:not(.fig)').forEach((each) => { each.open = true; })")
        found = Axe().run(page, options=rules).response["violations"]
        problems = [
            (each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in {"serious", "critical"}
        ]
        assert not problems, path
    page.close()
