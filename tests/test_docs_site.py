"""The documentation as a site: built strictly and without torch, every link followed, read in a real browser."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from functools import cache, partial
from itertools import chain
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Browser, expect
from selectolax.lexbor import LexborHTMLParser, LexborNode

from assay.papers.catalogue import catalogue
from tests.publish.conftest import QuietHandler, QuietServer, browser

ROOT = Path(__file__).parents[1]
HOST = "http://docs.example/"
METHODS = sorted(path.stem for path in (ROOT / "docs/methods").glob("*.md"))

__all__ = ["browser"]

for package in ("mkdocs", "material", "mkdocstrings"):
    pytest.importorskip(package, reason=f"the extra `docs` is not installed: no {package}")


def build(site: Path, *, root: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    """Build the documentation of a checkout as `make docs-site` does."""
    environment = {key: value for key, value in os.environ.items() if key not in {"DOCS_URL", "SOURCE_URL"}}
    environment |= {"NO_MKDOCS_2_WARNING": "1"} | variables
    command = [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(site)]
    return subprocess.run(command, check=False, cwd=root, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built where torch and transformers cannot be imported."""
    folder = tmp_path_factory.mktemp("docs")
    for package in ("torch", "transformers"):
        (folder / f"{package}.py").write_text(f"raise ImportError('no {package} to build documentation')\n")
    done = build(folder / "site", PYTHONPATH=str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    assert not re.search("WARNING|ERROR", done.stdout + done.stderr), done.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def pages(built: Path) -> dict[str, LexborHTMLParser]:
    """Every page of the site by its address."""
    return {
        urljoin(HOST, path.relative_to(built).as_posix().removesuffix("index.html")): LexborHTMLParser(
            path.read_text(encoding="utf-8")
        )
        for path in sorted(built.rglob("*.html"))
        if path.name != "404.html"
    }


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    """The module that puts pages together."""
    spec = importlib.util.spec_from_file_location("pages_of_docs", ROOT / "docs/pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def addresses(page: str, html: LexborHTMLParser) -> Iterator[tuple[LexborNode, str]]:
    """Every address that a page names, whole, with the element that names it."""
    for node in html.css("[href], [src]"):
        value = node.attributes.get("href", node.attributes.get("src"))
        if value is not None and not value.startswith("data:"):
            yield node, urljoin(page, value)


@pytest.mark.parametrize("mistake", ["[x](#nowhere)", "[x](nowhere.md)", "::: assay.methods.nowhere"])
def test_a_link_that_leads_nowhere_ends_the_build(tmp_path: Path, mistake: str) -> None:
    """On a site of one page with the settings of the whole one."""
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    settings = re.sub(r"(?ms)^nav:\n.*?^(?=\S)", "nav: [index.md]\n", settings)
    settings = settings.replace("hooks: [docs/pages.py]", "").replace("paths: [src]", f"paths: [{ROOT / 'src'}]")
    (tmp_path / "mkdocs.yml").write_text(settings, encoding="utf-8")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/site.css").touch()
    page = tmp_path / "docs/index.md"
    page.write_text("# Page\n", encoding="utf-8")
    assert build(tmp_path / "site", root=tmp_path).returncode == 0
    page.write_text(f"# Page\n\n{mistake}\n", encoding="utf-8")
    done = build(tmp_path / "site", root=tmp_path)
    assert done.returncode != 0
    assert "nowhere" in done.stderr


def test_every_link_leads_to_a_page_and_a_place(built: Path, pages: dict[str, LexborHTMLParser]) -> None:
    @cache
    def places(page: str) -> set[str | None]:
        return {node.attributes.get("id") for node in pages[page].css("[id]")}

    assert len(pages) > 60
    followed = 0
    for page, html in pages.items():
        for _, address in addresses(page, html):
            if not address.startswith(HOST):
                continue
            target, _, place = address.partition("#")
            target = target.partition("?")[0]
            followed += 1
            if target in pages:
                assert not place or unquote(place) in places(target) | {"__skip"}, f"{page}: no place {address}"
            else:
                assert (built / unquote(urlsplit(target).path).lstrip("/")).is_file(), f"{page}: nothing at {address}"
    assert followed > 5_000


def test_nothing_is_fetched_from_elsewhere(built: Path, pages: dict[str, LexborHTMLParser]) -> None:
    for page, html in pages.items():
        for node, address in addresses(page, html):
            if node.tag != "a":
                assert address.startswith(HOST), f"{page}: {address}"
    for sheet in built.rglob("*.css"):
        assert not re.findall(r"url\(['\"]?(?:https?:)?//|@import", sheet.read_text(encoding="utf-8")), sheet


@pytest.mark.parametrize("name", METHODS)
def test_a_method_has_its_example_plots_results_and_reference_on_one_page(
    pages: dict[str, LexborHTMLParser], name: str
) -> None:
    (entry,) = (each for each in catalogue().values() if each.name == name)
    html = pages[f"{HOST}methods/{name}/"]
    results = (ROOT / f"docs/results/{name}.md").read_text(encoding="utf-8")
    assert html.css("article .language-python"), "no example"
    assert html.css("h2#claimed-and-measured")
    assert len(html.css("article img")) == results.count(".svg)")
    assert len(html.css("article table:not(.highlighttable)")) >= len(re.findall(r"^\|---", results, re.MULTILINE))
    room = f"assay.methods.{entry.room}.{name}"
    documented = {node.attributes.get("id") for node in html.css("[id]")}
    missing = [
        each for each in public_names(ROOT / f"src/{room.replace('.', '/')}") if f"{room}.{each}" not in documented
    ]
    assert not missing, "public and without a docstring"
    assert f"{HOST}results/{name}/" not in pages


@pytest.mark.parametrize("name", METHODS)
def test_code_in_the_docstring_of_a_method_is_code_on_its_page(pages: dict[str, LexborHTMLParser], name: str) -> None:
    (entry,) = (each for each in catalogue().values() if each.name == name)
    code = " ".join(words(node.text()) for node in pages[f"{HOST}methods/{name}/"].css("pre"))
    docstring = ast.get_docstring(tree(ROOT / f"src/assay/methods/{entry.room}/{name}")) or ""
    for block in re.findall(r"\n\n((?: {4}.*\n?)+)", docstring):
        assert words(block) in code, block


@pytest.mark.parametrize("path", ["CONTRIBUTING.md", "CHANGELOG.md", *sorted(map(str, (ROOT / "docs").glob("*.md")))])
def test_a_document_reads_on_the_site_as_it_does_in_the_repository(path: str) -> None:
    """Its lists, tables and code are the same by MkDocs' rules as by CommonMark's."""
    assert structure_by_mkdocs(ROOT / path) == structure_by_commonmark(ROOT / path)


@pytest.mark.parametrize("name", METHODS)
def test_the_page_of_a_method_reads_on_the_site_as_it_does_in_the_repository(name: str) -> None:
    for path in (ROOT / f"docs/methods/{name}.md", ROOT / f"docs/results/{name}.md"):
        assert structure_by_mkdocs(path) == structure_by_commonmark(path)


def test_links_out_of_the_documents_lead_to_the_source_or_are_words(
    hook: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow = partial(hook.follow_links, file="docs/use.md", page="use.md")
    assert follow("[pins](../src/assay/x.toml#L1)") == "pins"
    monkeypatch.setattr(hook, "SOURCE_URL", "https://forge.example/us/assay/blob/main")
    assert (
        follow("[pins](../src/assay/x.toml#L1)")
        == "[pins](https://forge.example/us/assay/blob/main/src/assay/x.toml#L1)"
    )


def test_links_follow_what_has_moved(hook: ModuleType) -> None:
    follow = hook.follow_links
    assert follow("[x](../README.md) ![y](a.svg)", "docs/use.md", "use.md") == "[x](index.md) ![y](a.svg)"
    assert follow("[x](results/ape.md#old)", "docs/use.md", "use.md") == "[x](methods/ape.md#claimed-and-measured)"
    assert follow("[x](docs/results)", "README.md", "reference/json.md") == "[x](../results.md)"
    assert follow("![y](a.svg)", "docs/results/ape.md", "methods/ape.md") == "![y](../results/a.svg)"
    unmoved = "[x](#here) [y](https://x.example/a)\n```\n[z](../README.md)\n```\n"
    assert follow(unmoved, "docs/use.md", "use.md") == unmoved


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1400, "light")])
def test_a_reader_searches_and_comes_to_the_page_of_a_method(
    built: Path, browser: Browser, width: int, scheme: str
) -> None:
    with QuietServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(built))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            address = f"http://127.0.0.1:{server.server_port}/"
            page = browser.new_page(
                viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
            )
            asked: list[str] = []
            problems: list[str] = []
            page.on("request", lambda request: asked.append(request.url))
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.goto(address)
            expect(page.locator("body")).to_have_attribute(
                "data-md-color-scheme", "slate" if scheme == "dark" else "default"
            )
            if width < 1000:
                page.locator("label[for=__search].md-header__button").click()
            else:
                page.locator("input.md-search__input").click()
            page.keyboard.type("fastkv")
            page.locator("a.md-search-result__link").first.click()
            expect(page).to_have_url(re.compile("/methods/fastkv/"))
            expect(page.locator("h2#claimed-and-measured")).to_be_attached()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.close()
            assert not problems
            assert not [url for url in asked if not url.startswith((address, "data:", "blob:"))]
        finally:
            server.shutdown()
            thread.join()


def words(text: str) -> str:
    return " ".join(text.split())


def tree(module: Path) -> ast.Module:
    file = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
    return ast.parse(file.read_text(encoding="utf-8"))


def public_names(module: Path) -> list[str]:
    """The classes and functions that a module exports; what is a plain value has no docstring."""
    for node in tree(module).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return [each for each in ast.literal_eval(node.value) if not each.isupper()]
    return []


def structure_by_mkdocs(path: Path) -> Counter[str]:
    from mkdocs.config import load_config

    config = load_config(str(ROOT / "mkdocs.yml"))
    markdown = pytest.importorskip("markdown")  # MkDocs brings it, without types
    options = {"extensions": config["markdown_extensions"], "extension_configs": config["mdx_configs"]}
    return structure(markdown.markdown(path.read_text(encoding="utf-8"), **options))


def structure_by_commonmark(path: Path) -> Counter[str]:
    return structure(MarkdownIt("commonmark").enable("table").render(path.read_text(encoding="utf-8")))


def structure(html: str) -> Counter[str]:
    tags = ("ul", "ol", "li", "pre", "table", "tr", "blockquote", "h1", "h2", "h3", "strong", "em", "img")
    parsed = LexborHTMLParser(f"<main>{html}</main>")
    return Counter(chain.from_iterable([tag] * len(parsed.css(f"main {tag}")) for tag in tags))
