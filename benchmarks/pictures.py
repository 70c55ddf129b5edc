"""Takes the pictures of the README from a real browser: ``python benchmarks/pictures.py [FOLDER]``.

It builds a site of what Assay brings with it, the papers of the catalogue and what was measured of them, and writes
into ``docs/pictures`` or another folder a day and a measured paper, each in the light and in the dark. With
``--assets`` it writes instead the two pictures that every site has: the card of links, and the icon for phones.
"""

import argparse
import io
import subprocess
import sys
import tempfile
from pathlib import Path

from browser import chromium, served
from PIL import Image
from playwright.sync_api import Browser

from assay.papers.files import write_whole
from assay.publish.site.cards import Card, draw_card

_PAGES = {"day": "day/2025-02-26/", "paper": "paper/2502.18137/"}
_WIDTH, _HEIGHT = 1200, 900
_MOST = 150_000
_ASSETS = Path(__file__).parents[1] / "src" / "assay" / "publish" / "site" / "assets"
_CARD = Card(
    "AI papers, day by day, and what they claim",
    titles=("read in minutes", "every figure held against the paper", "claims measured, on your own machine too"),
)


def build_site(folder: Path) -> None:
    command = [sys.executable, "-m", "assay", "--home", str(folder / "home"), "site", "build", str(folder / "site")]
    subprocess.run(command, check=True)


def picture(browser: Browser, address: str, scheme: str) -> bytes:
    page = browser.new_page(
        viewport={"width": _WIDTH, "height": _HEIGHT},
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
    )
    page.goto(address, wait_until="networkidle")
    data = page.screenshot()
    page.close()
    return small(data)


def small(data: bytes) -> bytes:
    """The picture as a PNG of as many colours as fit into the size allowed."""
    whole = Image.open(io.BytesIO(data)).convert("RGB")
    for colours in (128, 64, 32, 16):
        out = io.BytesIO()
        whole.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() <= _MOST:
            break
    return out.getvalue()


def take_pictures(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        build_site(Path(scratch))
        with served(Path(scratch) / "site") as address, chromium() as browser:
            for name, path in _PAGES.items():
                for scheme in ("light", "dark"):
                    keep(folder / f"{name}-{scheme}.png", picture(browser, address + path, scheme))


def draw_assets(folder: Path) -> None:
    keep(folder / "card.png", draw_card(_CARD))
    with served(folder) as address, chromium() as browser:
        page = browser.new_page(viewport={"width": 180, "height": 180})
        # Phones round the corners themselves, so that the picture fills the square.
        page.set_content(f'<style>*{{margin:0;background:#8a5a00}}</style><img src="{address}icon.svg" width="180">')
        page.wait_for_load_state("networkidle")
        keep(folder / "icon.png", small(page.screenshot()))


def keep(path: Path, data: bytes) -> None:
    write_whole(path, data)
    print(f"{path}: {len(data) / 1000:.0f} kB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("docs/pictures"))
    parser.add_argument("--assets", action="store_true", help="write the pictures that every site has")
    options = parser.parse_args()
    if options.assets:
        draw_assets(_ASSETS)
    else:
        take_pictures(options.folder)


if __name__ == "__main__":
    main()
