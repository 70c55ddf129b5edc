"""A pasted text and the plot of claims in a real browser: by keyboard, by finger, on a phone, in both languages."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from assay.papers.models import Paper
from assay.web.app import make_app
from tests.publish.conftest import page
from tests.web.conftest import Served
from tests.web.sample import PAPER, make_desk

__all__ = ["page"]
pytestmark = pytest.mark.browser

TERN = Paper(
    id="9912.99902",
    title="TernCache: a cache for the tide",
    abstract="TernCache cuts memory by 70% and latency by 26%. It answers 2.5x faster than FlatCache on ToyBench.",
)
POST = """# TernCache

It is **4.1x** faster than FlatCache on ToyBench,
  and cuts memory by 70% & cost by 3%. <i>See</i> arXiv:9912.99902"""
WRITTEN = """node => {
  const copy = node.cloneNode(true);
  for (const each of copy.querySelectorAll("sup, .unseen, .rests")) each.remove();
  return copy.textContent;
}"""
"""What is shown of a text, without the marks."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app, with a paper that has an abstract."""
    desk = make_desk(tmp_path_factory.mktemp("app"))
    desk.store.add(source="arxiv", papers=[TERN])
    with desk.store, Served(make_app(desk)) as address:
        yield address


def assert_accessible(page: Page) -> None:
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize(
    ("width", "root", "wrong", "shown"),
    [(1400, "", "contradicted", "the paper has 2.5x"), (390, "ko/", "논문과 다름", "논문에는 2.5x")],
)
def test_a_text_is_checked_by_keyboard_alone(
    page: Page, address: str, width: int, root: str, wrong: str, shown: str
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{address}/{root}check/")
    assert_accessible(page)
    expect(page.locator("#pasted")).to_be_focused()
    page.keyboard.insert_text(POST)
    page.keyboard.press("Control+Enter")
    found = page.locator("#found")
    expect(found.locator("li").first).to_contain_text(f"4.1x≠ {wrong}")
    expect(found).to_contain_text(shown)
    figures = page.locator(".pasted details.fig")
    expect(figures).to_have_count(3)
    expect(figures.locator("summary")).to_contain_text(["4.1x≠", "70%✓", "3%?"])
    pasted = page.locator(".pasted")
    assert pasted.evaluate("node => getComputedStyle(node).whiteSpace") == "pre-wrap"
    assert pasted.evaluate(WRITTEN) == POST
    page.get_by_role("link", name="4.1x").focus()
    page.keyboard.press("Enter")
    expect(figures.first).to_have_attribute("open", "")
    expect(figures.first.locator(".rests")).to_be_in_viewport()
    expect(figures.first.locator(".rests")).to_contain_text("It answers 2.5x faster than FlatCache on ToyBench.")
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(figures.first).not_to_have_attribute("open", "")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(figures.nth(1).locator(".rests")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_doubt_is_settled_by_a_button_and_the_text_stays(page: Page, address: str) -> None:
    page.goto(f"{address}/check/")
    page.locator("#pasted").fill("FlatCache is 2.5x slower than TernCache.")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("heading", level=2).first).to_have_text("The text")
    page.get_by_role("button", name="TernCache: a cache").click()
    expect(page.locator(".tally")).to_contain_text("supported 1")
    expect(page.locator("#pasted")).to_have_value("FlatCache is 2.5x slower than TernCache.")
    expect(page.locator("#about")).to_have_value(TERN.id)


def test_without_a_script_a_text_is_checked_all_the_same(browser: Browser, address: str) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(f"{address}/check/")
    page.fill("#pasted", POST)
    page.get_by_role("button", name="Check", exact=True).click()
    figure = page.locator("details.fig").first
    figure.locator("summary").click()
    expect(figure.locator(".rests")).to_be_visible()
    page.goto(f"{address}/compare/?unit=x")
    expect(page.locator("svg.claims-plot[role] a").first).to_be_visible()
    page.close()


@pytest.mark.parametrize(("width", "root"), [(1400, ""), (390, "ko/")])
def test_the_plot_is_walked_through_by_keyboard(page: Page, address: str, width: int, root: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/{root}compare/")
    assert_accessible(page)
    page.locator("input[name=unit]").fill("x")
    page.locator("input[name=metric]").fill("speed")
    page.keyboard.press("Enter")
    points = page.locator("svg.claims-plot[role] a")
    expect(points.nth(3)).to_be_attached()
    assert "metric=speed" in page.url
    assert "unit=x" in page.url
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("svg.claims-plot[role] a[tabindex='0']").count() == 1
    points.first.focus()
    for place in (1, 2):
        page.keyboard.press("ArrowRight")
        expect(points.nth(place)).to_be_focused()
    name = points.nth(2).locator("title").text_content()
    expect(page.locator("#readout")).to_have_text(name or "?")
    page.keyboard.press("End")
    expect(points.last).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/{root}paper/**#claim-*")
    letters = page.evaluate("getComputedStyle(document.body).fontSize")
    page.go_back()
    for words in page.locator("svg.claims-plot[role] text").all()[:3]:
        assert float(words.evaluate("node => getComputedStyle(node).fontSize").removesuffix("px")) > 11
        box, plot = words.bounding_box(), page.locator("svg.claims-plot[role]").bounding_box()
        assert box is not None
        assert plot is not None
        assert box["x"] >= plot["x"] - 1, letters


def test_a_finger_is_told_first_what_a_point_is(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{address}/compare/?paper={PAPER}&unit=x")
    point = page.locator("svg.claims-plot[role] a").first
    name = point.locator("title").text_content()
    point.locator(".touch").tap()
    expect(page.locator("#readout")).to_have_text(name or "?")
    assert "/compare/" in page.url
    point.locator(".touch").tap()
    page.wait_for_url(f"{address}/paper/{PAPER}/#claim-*")
    context.close()


def test_examples_lead_to_a_plot_and_a_plot_to_its_claims(page: Page, address: str) -> None:
    page.goto(f"{address}/compare/")
    page.locator(".recent a").first.click()
    page.wait_for_url(f"{address}/compare/?*")
    expect(page.locator(".ledger section").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == "claims.csv"
    page.goto(f"{address}/claims/index.html?unit=x")
    expect(page.locator("#count")).to_contain_text("claims")
    page.get_by_role("link", name="As a plot").click()
    expect(page.locator("svg.claims-plot[role]")).to_be_visible()
