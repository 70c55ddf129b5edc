"""Running a claim in a real browser: asked for by keyboard alone, watched while it goes on, cancelled, looked at."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from filelock import FileLock
from playwright.sync_api import Browser, Page, expect

from assay.papers.files import write_whole
from assay.web.app import make_app
from assay.web.runs import Asked, Progress, RunState, Step
from tests.publish.conftest import page
from tests.web.conftest import Served
from tests.web.sample import make_desk

__all__ = ["page"]
pytestmark = pytest.mark.browser

PAPER = "2502.17262"
"""Its quick run takes about a second, beside the loading of torch."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose devices no other test waits for."""
    home = tmp_path_factory.mktemp("app")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(home / "cache"))
        (home / "cache" / "assay" / "devices").mkdir(parents=True)
        yield home


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    own = make_desk(home)
    with own.store, Served(make_app(own)) as address:
        yield address


@pytest.fixture
def device(home: Path) -> FileLock:
    """Whoever holds it lets every run wait."""
    return FileLock(home / "cache" / "assay" / "devices" / "cpu.lock")


def check(page: Page) -> None:
    """Nothing is wider than the window, and nothing is seriously hard to use."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(page).response["violations"]
    assert not [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in {"serious", "critical"}]


def press_until(page: Page, key: str, focused: str) -> None:
    """Press a key until something has the focus; it takes no more than all that can have it."""
    for _ in range(60):
        if page.locator(focused).evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press(key)
    pytest.fail(f"{focused} cannot be reached by keyboard")


def start(page: Page, address: str, root: str) -> None:
    page.goto(f"{address}/{root}runs/?paper={PAPER}")
    expect(page.locator("select[name=claim] option")).to_have_count(3)
    press_until(page, "Tab", "select[name=claim]")
    page.keyboard.type("max")
    press_until(page, "Tab", "#run button")
    page.keyboard.press("Enter")
    expect(page.locator("#state")).to_be_visible()


SIZES = [
    (1400, "light", "", "waiting for the device", "cancelled"),
    (390, "dark", "ko/", "장치를 기다리는 중", "취소됨"),
]


@pytest.mark.parametrize(("width", "scheme", "root", "waiting", "cancelled"), SIZES)
def test_a_run_is_asked_for_and_cancelled_by_keyboard_alone(
    page: Page, address: str, device: FileLock, width: int, scheme: str, root: str, waiting: str, cancelled: str
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    with device:
        start(page, address, root)
        expect(page.locator("#state")).to_have_text(waiting)
        expect(page.locator(".meta").first).to_contain_text("max-prediction-error")
        check(page)
        press_until(page, "Tab", "#cancel")
        page.keyboard.press("Enter")
        expect(page.locator("#state")).to_have_text(cancelled)
    expect(page.locator("#cancel")).to_have_count(0)
    check(page)
    page.locator("main p:last-of-type a").focus()
    page.keyboard.press("Enter")  # once more
    expect(page.locator("select[name=paper]")).to_have_value(PAPER)
    expect(page.locator("select[name=claim]")).to_have_value("max-prediction-error")
    expect(page.locator(".runs li").first).to_contain_text(cancelled)
    check(page)


def test_what_a_run_came_to_is_seen_when_it_is_over(page: Page, address: str) -> None:
    start(page, address, "")
    expect(page.locator("#state")).to_have_text("done", timeout=600_000)  # a busy machine takes long to load torch
    expect(page.get_by_role("heading", name="Claimed and measured")).to_be_visible()
    expect(page.locator(".claims > li")).to_have_count(1)
    check(page)
    page.set_viewport_size({"width": 390, "height": 800})
    page.emulate_media(color_scheme="dark")
    page.get_by_role("link", name="한국어").click()
    expect(page.locator("#state")).to_have_text("완료")
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    check(page)


def test_a_run_is_watched_while_it_goes_on(page: Page, address: str, home: Path) -> None:
    at = datetime.now(UTC)
    own = home / "runs" / f"{at:%Y%m%d-%H%M%S-%f}-abcdef"

    def write(done: int, state: RunState = RunState.RUNNING, *, trouble: str = "") -> None:
        steps = (Step(what="sizes <b>", done=done, total=9),) if state is RunState.RUNNING else ()
        troubles = (trouble,) if trouble else ()
        progress = Progress(state=state, trial="Toys.", number=2, steps=steps, troubles=troubles)
        write_whole(own / "state.json", progress.model_dump_json())

    asked = Asked(paper=PAPER, name="toys", trials=("a", "b", "c"), reader="me", at=at)
    write_whole(own / "asked.json", asked.model_dump_json())
    with FileLock(own / "alive.lock"):
        write(3)
        page.goto(f"{address}/runs/{own.name}/")
        steps = page.locator("#steps")
        expect(steps).to_have_text("sizes <b> 3 / 9")
        expect(page.locator("#trial")).to_have_text("trial 2 of 3 · Toys.")
        page.evaluate("window.isSame = true")
        write(7, trouble="one of them <i>broke</i>")
        expect(steps).to_have_text("sizes <b> 7 / 9")
        expect(page.locator("progress")).to_have_js_property("value", 7)
        expect(page.locator("#troubles")).to_have_text("one of them <i>broke</i>")
        assert page.evaluate("window.isSame")
        write(0, RunState.FAILED, trouble="one of them <i>broke</i>")
        expect(page.locator("#state")).to_have_text("came to nothing")
        expect(page.get_by_role("link", name="Run again")).to_be_visible()  # the page is another now
        assert page.evaluate("window.isSame === undefined")
        expect(page.locator("#troubles")).to_have_text("one of them <i>broke</i>")


def test_what_cannot_be_run_is_told_beside_the_form(page: Page, address: str) -> None:
    page.goto(f"{address}/runs/?paper={PAPER}")
    page.locator("input[name=model]").fill("/nowhere")
    page.keyboard.press("Enter")
    expect(page.locator("#run-trouble")).to_have_text(f"no trial of {PAPER} is handed a pretrained model")
    expect(page.locator("#run button")).to_be_enabled()
    assert page.url.startswith(f"{address}/runs/?")


def test_no_page_asks_for_what_its_policy_forbids(browser: Browser, address: str) -> None:
    """No style and no script stands in a page; the browser would say so."""
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{page.url} {message.text}"))
    for path in ("ko/", "runs/", "ko/runs/", "check/", "ko/compare/", "measured/", "mine/", "ko/paper/2502.18137/"):
        page.goto(f"{address}/{path}")
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        page.evaluate(
            "Promise.all([...document.images].map((each) => { each.loading = 'eager'; return each.decode(); }))"
        )
    page.goto(page.evaluate("document.images[0].src"))
    expect(page.locator("svg").first).to_be_visible()
    page.close()
    assert said == []
