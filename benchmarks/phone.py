"""How fast a site opens on a slow phone: ``python benchmarks/phone.py SITE [PATH...]``.

A real browser at 390 pixels, its line held to 1.6 Mbit/s and 150 ms, its processor slowed down four times; the site
on loopback, compressed as file hosts do. Each page is opened five times with an empty cache; shown are medians.
"""

import argparse
import statistics
from pathlib import Path

from browser import chromium, served
from playwright.sync_api import Browser

_SPEED = 1_600_000 / 8
"""Bytes a second."""
_DELAY = 150
_SLOWER = 4
_REPEATS = 5
_WATCH = """
window.seen = {shift: 0, largest: 0};
new PerformanceObserver(list => { for (const e of list.getEntries()) if (!e.hadRecentInput) seen.shift += e.value; })
  .observe({type: "layout-shift", buffered: true});
new PerformanceObserver(list => { for (const e of list.getEntries()) seen.largest = e.startTime; })
  .observe({type: "largest-contentful-paint", buffered: true});
"""
_READ = """() => {
  const [page] = performance.getEntriesByType("navigation");
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  const files = performance.getEntriesByType("resource");
  const sum = name => page[name] + files.reduce((total, file) => total + file[name], 0);
  return [paint ? paint.startTime : 0, seen.largest, page.loadEventEnd, seen.shift,
    sum("decodedBodySize"), sum("encodedBodySize"), 1 + files.length];
}"""
_COLUMNS = ("first paint", "largest", "loaded", "shift", "kB whole", "kB sent", "requests")


def open_page(browser: Browser, address: str) -> list[float]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True)
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    line.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": _DELAY, "downloadThroughput": _SPEED, "uploadThroughput": _SPEED},
    )
    line.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})
    page.add_init_script(_WATCH)
    page.goto(address, wait_until="load", timeout=120_000)
    page.wait_for_timeout(1_000)
    figures = [float(each) for each in page.evaluate(_READ)]
    context.close()
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", type=Path)
    parser.add_argument("paths", nargs="*", help="pages; else the front page, the fullest day, and a measured paper")
    options = parser.parse_args()
    paths = options.paths or ["", *typical(options.site)]
    print(f"{'page':<26}" + "".join(f"{column:>12}" for column in _COLUMNS))
    with served(options.site) as address, chromium() as browser:
        for path in paths:
            runs = [open_page(browser, address + path) for _ in range(_REPEATS)]
            first, largest, loaded, shift, whole, sent, requests = map(statistics.median, zip(*runs, strict=True))
            times = "".join(f"{each:>9,.0f} ms" for each in (first, largest, loaded))
            sizes = "".join(f"{each / 1000:>12,.0f}" for each in (whole, sent))
            print(f"{path or '/':<26}{times}{shift:>12.3f}{sizes}{requests:>12.0f}", flush=True)


def typical(site: Path) -> list[str]:
    """The day with the longest page, and the paper with the longest one, which is one that was measured."""
    longest = (max(site.glob(f"{kind}/*/index.html"), key=lambda file: file.stat().st_size, default=None)
               for kind in ("day", "paper"))  # fmt: skip
    return [f"{file.parent.relative_to(site).as_posix()}/" for file in longest if file]


if __name__ == "__main__":
    main()
