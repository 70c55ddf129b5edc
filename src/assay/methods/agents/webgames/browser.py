"""A browser that an agent works with: headless Chromium, whose pages reach one server and nothing else.

Every window is a context of its own. All it asks for goes through a proxy that does not exist, but for the one origin
that the window is for; names of hosts resolve to nothing. So neither an agent nor a page can reach beyond loopback, or
another program on this machine.
"""

import io
import shutil
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from assay.methods.agents.webgames.actions import Action, ActionError
from assay.methods.agents.webgames.aiming import AIM, FOCUSED, SCROLLED, UNDER
from assay.methods.agents.webgames.observing import MARK, number_nodes

VIEWPORT = (1280, 720)
_NOWHERE = "http://127.0.0.1:9"
_PATIENCE = 60_000.0
_SWITCHES = (
    "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-smooth-scrolling",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--host-resolver-rules=MAP * ~NOTFOUND,EXCLUDE 127.0.0.1",
)  # fmt: skip


class NoBrowserError(ValueError):
    """No browser can be started here; the message says why, in a line."""


class Browser:
    """Headless Chromium; a context manager. It opens any number of windows.

    Args:
        program: Chromium or Chrome; by default what is installed, else what Playwright has installed for itself.
    """

    def __init__(self, program: str | None = None) -> None:
        names = ("chromium", "chromium-browser", "google-chrome")
        self.program = program or next(filter(None, map(shutil.which, names)), None)

    def __enter__(self) -> Self:
        try:
            from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415 - for who runs tasks
        except ImportError:
            raise NoBrowserError(
                "tasks need a browser that Python drives: pip install 'assay-papers[agents]'"
            ) from None
        self._playwright = sync_playwright().start()
        try:
            self._chromium = self._playwright.chromium.launch(
                executable_path=self.program, args=list(_SWITCHES), timeout=2 * _PATIENCE
            )
        except Error as error:
            self._playwright.stop()
            raise NoBrowserError(f"no Chromium could be started: {error.message.splitlines()[0]}") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._chromium.close()
        self._playwright.stop()

    def open(self, address: str, *, cookies: Mapping[str, str] | None = None) -> "Window":
        """A fresh window on a page; it reaches the page's origin, and nothing else.

        Args:
            address: On loopback.
            cookies: Sent to that origin; scripts cannot read them.

        Raises:
            ValueError: The address is not on loopback.
        """
        url = urlsplit(address)
        if url.scheme != "http" or not (url.hostname or "").startswith("127."):
            raise ValueError(f"{address} is not on loopback: an agent's window opens http://127.0.0.1 only")
        context = self._chromium.new_context(
            viewport={"width": VIEWPORT[0], "height": VIEWPORT[1]},
            proxy={"server": _NOWHERE, "bypass": f"<-loopback>,{url.netloc}"},
            service_workers="block",
            accept_downloads=False,
            locale="en-US",
            timezone_id="UTC",
        )
        context.set_default_timeout(_PATIENCE)
        window = Window(context, f"{url.scheme}://{url.netloc}")
        window.start(address, cookies or {})
        return window


Told = Callable[[dict[str, Any]], None]
"""Hears of each action before it takes place: name, path, onto, value, at, waits, as an `Act` has them."""


class Window:
    """A context of the browser with its tabs, one of which is in front."""

    def __init__(self, context: Any, origin: str) -> None:
        self._context = context
        self.origin = origin
        self.page = context.new_page()
        self.told: Told | None = None
        self.waits = True
        """Whether ``noop`` takes its time; it need not where time is counted in actions."""
        self._frames: dict[str, Any] = {}
        self._inspectors: dict[Any, Any] = {}

    def start(self, address: str, cookies: Mapping[str, str]) -> None:
        """Go to a page of the same origin as if the window were new: one tab, and nothing kept from before.

        A new window costs Chromium four times as much as this.
        """
        for page in self._context.pages[1:]:
            page.close()
        self.page = self._context.pages[0]
        self._inspectors = {self.page: self._inspectors[self.page]} if self.page in self._inspectors else {}
        self._inspector().send("Storage.clearDataForOrigin", {"origin": self.origin, "storageTypes": "all"})
        self._context.clear_cookies()
        self._context.add_cookies(
            [
                {"name": name, "value": value, "url": self.origin, "httpOnly": True, "sameSite": "Strict"}
                for name, value in cookies.items()
            ]
        )
        self._frames = {}
        self.page.mouse.move(0, 0)
        self.page.goto(address)

    def close(self) -> None:
        """Close all of its tabs."""
        self._context.close()

    # Seeing

    def observe(self, *, pictures: bool = False) -> dict[str, Any]:
        """What BrowserGym's observation says of the browser; elements are numbered anew.

        Args:
            pictures: Whether ``screenshot`` is taken, (height, width, 3); an empty one stands for it otherwise.
        """
        import numpy as np  # noqa: PLC0415

        marks: dict[str, Any] = {}
        focused = ""
        self._frames = {}
        for prefix, frame in _frames(self.page.main_frame, ""):
            self._frames[prefix] = frame
            seen = frame.evaluate(MARK, prefix)
            marks |= seen["marks"]
            focused = seen["focused"] or focused
        inspector = self._inspector()
        snapshot = inspector.send(
            "DOMSnapshot.captureSnapshot", {"computedStyles": [], "includePaintOrder": True, "includeDOMRects": True}
        )
        names = [snapshot["strings"][each["frameId"]] for each in snapshot["documents"]]
        trees = {name: inspector.send("Accessibility.getFullAXTree", {"frameId": name})["nodes"] for name in names}
        pages = self._context.pages
        return {
            "open_pages_urls": tuple(page.url for page in pages),
            "open_pages_titles": tuple(page.title() for page in pages),
            "active_page_index": np.array([pages.index(self.page)]),
            "url": self.page.url,
            "screenshot": self._screenshot() if pictures else np.zeros((0, 0, 3), dtype=np.uint8),
            "dom_object": snapshot,
            "axtree_object": number_nodes(trees, snapshot),
            "extra_element_properties": marks,
            "focused_element_bid": focused,
        }

    def find(self, name: str) -> tuple[str, list[float]]:
        """Number and box of the element that a page of ours calls so: for who knows the solution."""
        for frame in self._frames.values():
            element = frame.query_selector(f'[data-name="{name}"]')
            if element is not None:
                box = element.bounding_box()
                return element.get_attribute("bid") or "", [
                    box["x"],
                    box["y"],
                    box["width"],
                    box["height"],
                ] if box else []
        raise ActionError(f"no element is named {name!r}")

    def _screenshot(self) -> Any:
        import numpy as np  # noqa: PLC0415

        try:
            from PIL import Image  # noqa: PLC0415 - for who looks at pictures
        except ImportError:
            raise ValueError("screenshots are read with Pillow: install it, or observe without pictures") from None
        return np.asarray(Image.open(io.BytesIO(self.page.screenshot())).convert("RGB"))

    def _inspector(self) -> Any:
        if self.page not in self._inspectors:
            self._inspectors[self.page] = self._context.new_cdp_session(self.page)
        return self._inspectors[self.page]

    # Acting

    def act(self, action: Action) -> None:
        """Take an action.

        Raises:
            ActionError: It cannot be taken; the message says why.
        """
        from playwright.sync_api import Error  # noqa: PLC0415

        try:
            self._take(action)
        except Error as error:
            raise ActionError(f"{action.name}: {error.message.splitlines()[0]}") from None

    def _take(self, action: Action) -> None:
        name = action.name
        if "bid" in action.arguments:
            self._use(action)
        elif name == "drag_and_drop":
            start, end = (self._aim(action[each])[1] for each in ("from_bid", "to_bid"))
            self._tell(name, path=start["path"], onto=end["path"], at=start["at"])
            self._drag(start["x"], start["y"], end["x"], end["y"])
        elif name == "mouse_drag_and_drop":
            ends = (action["from_x"], action["from_y"]), (action["to_x"], action["to_y"])
            start, end = (self.page.evaluate(UNDER, list(each)) for each in ends)
            self._tell(name, path=start["path"], onto=end["path"], at=start["at"])
            self._drag(*ends[0], *ends[1])
        elif name.startswith("mouse_"):
            self._move_mouse(action)
        elif name in {"keyboard_press", "keyboard_type"}:
            keys = action["key"] if name == "keyboard_press" else action["text"]
            self._tell(name, path=self.page.evaluate(FOCUSED), value=keys)
            (self.page.keyboard.press if name == "keyboard_press" else self.page.keyboard.type)(keys)
        elif name == "scroll":
            self._scroll(action["delta_x"], action["delta_y"])
        elif name == "noop":
            self._tell(name, waits=action["wait_ms"])
            if self.waits:
                self.page.wait_for_timeout(action["wait_ms"])
        else:
            self._tell(name)
            self._change_tab(action)

    def _use(self, action: Action) -> None:
        """An action on one element."""
        name = action.name
        element, aim = self._aim(action["bid"])
        about = {"path": aim["path"], "at": aim["at"]}
        match name:
            case "click" | "dblclick":
                self._tell(name, value=action["button"], **about)
                count = 2 if name == "dblclick" else 1
                for key in action["modifiers"]:
                    self.page.keyboard.down(key)
                self._click(aim, action["button"], count)
                for key in action["modifiers"]:
                    self.page.keyboard.up(key)
            case "check" | "uncheck":
                self._tell("click", **about)
                if element.is_checked() != (name == "check"):
                    self._click(aim, "left", 1)
            case "hover":
                self._tell(name, **about)
                self.page.mouse.move(aim["x"], aim["y"])
            case "press":
                element.focus()
                self._tell(name, value=action["key_comb"], **about)
                self.page.keyboard.press(action["key_comb"])
            case "fill" | "clear":
                self._tell(name, **about)
                element.fill(action["value"] if name == "fill" else "", timeout=5_000)
            case "select_option":
                self._tell(name, **about)
                if not element.evaluate("(e, o) => [...(e.options || [])].some(x => [x.value, x.label].includes(o))",
                                        action["options"]):  # fmt: skip
                    raise ActionError(f"element {action['bid']} has no option {action['options']!r}")
                element.select_option(action["options"], timeout=5_000)
            case _:
                self._tell(name, **about)
                element.focus()

    def _aim(self, bid: str) -> tuple[Any, dict[str, Any]]:
        """An element, and where it is to be hit."""
        frame = self._frames.get(bid.rstrip("0123456789"))
        element = frame.query_selector(f'[bid="{bid}"]') if frame is not None and bid.isalnum() else None
        if element is None:
            raise ActionError(f"there is no element {bid!r} any more; look at the page again")
        aim = element.evaluate(AIM)
        if "problem" in aim:
            raise ActionError(f"element {bid} {aim['problem']}")
        return element, aim

    def _move_mouse(self, action: Action) -> None:
        x, y, name = action["x"], action["y"], action.name
        under = self.page.evaluate(UNDER, [x, y])
        self._tell(name, path=under["path"], at=under["at"], value=action.arguments.get("button", ""))
        if name in {"mouse_click", "mouse_dblclick"}:
            self._click({"x": x, "y": y, **under}, action["button"], 1 if name == "mouse_click" else 2)
            return
        self.page.mouse.move(x, y)
        if name != "mouse_move":
            (self.page.mouse.down if name == "mouse_down" else self.page.mouse.up)(button=action["button"])

    def _click(self, aim: Mapping[str, Any], button: str, count: int) -> None:
        if aim["opens"] and button == "left":
            with self._context.expect_page() as opened:
                self.page.mouse.click(aim["x"], aim["y"])
            self.page = opened.value
            self.page.wait_for_load_state()
        else:
            self.page.mouse.click(aim["x"], aim["y"], button=button, click_count=count)
            self.page.wait_for_load_state()

    def _drag(self, *points: float) -> None:
        mouse = self.page.mouse
        mouse.move(*points[:2])
        mouse.down()
        mouse.move(*points[2:], steps=3)
        mouse.up()

    def _scroll(self, dx: float, dy: float) -> None:
        self._tell("scroll")
        at = self.page.evaluate("() => [document.scrollingElement.scrollLeft, document.scrollingElement.scrollTop]")
        self.page.mouse.wheel(dx, dy)
        self.page.evaluate(SCROLLED, [*at, dx, dy])

    def _change_tab(self, action: Action) -> None:
        pages = self._context.pages
        match action.name:
            case "goto":
                url = urlsplit(action["url"])
                if f"{url.scheme}://{url.netloc}" != self.origin:
                    raise ActionError(
                        f"goto: {action['url'][:80]!r} is not at {self.origin}, and nothing else is to be had"
                    )
                self.page.goto(action["url"])
            case "go_back" | "go_forward":
                (self.page.go_back if action.name == "go_back" else self.page.go_forward)()
            case "new_tab":
                self.page = self._context.new_page()
            case "tab_close":
                if len(pages) == 1:
                    raise ActionError("tab_close: this is the only tab")
                self._inspectors.pop(self.page, None)
                self.page.close()
                self.page = self._context.pages[-1]
            case _:
                if not 0 <= action["index"] < len(pages) or action["index"] % 1:
                    raise ActionError(f"tab_focus: there are tabs 0 to {len(pages) - 1}, and no {action['index']:g}")
                self.page = pages[int(action["index"])]
        self.page.bring_to_front()

    def _tell(self, name: str, **about: Any) -> None:
        if self.told is not None:
            self.told({"name": name, "path": [], "onto": [], "value": "", "at": None, "waits": None} | about)


def _frames(frame: Any, prefix: str) -> list[tuple[str, Any]]:
    """A frame and those within, each with the letters before the numbers of its elements."""
    inner = [each for each in frame.child_frames if each.url.startswith("http")][:26]
    return [(prefix, frame), *(pair for n, each in enumerate(inner) for pair in _frames(each, prefix + chr(97 + n)))]
