"""Puts together those pages of the documentation's site that no single file of ``docs/`` is: a hook of MkDocs.

``docs/`` is to be read where it lies. On the site, a method has one page with its example, what was measured and its
reference; methods and JSON schemas have lists; and what stands outside of ``docs/``, such as the changelog, has pages.
Links lead to where their targets are on the site, or else to the source, where ``SOURCE_URL`` says where that is.
"""

import ast
import json
import os
import re
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from posixpath import dirname, normpath, relpath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from assay.papers.catalogue import Entry, catalogue

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src/assay"
SOURCE_URL = os.environ.get("SOURCE_URL", "").rstrip("/")
"""Where the repository's files are read on the web, without a slash at its end; empty if nowhere."""

_PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "docs/methods": "methods.md",
    "docs/results": "results.md",
    "docs/schemas": "reference/json.md",
}
"""Files and folders of the repository that are a page of another name on the site."""
_MEASURED = "## Claimed and measured"
_CLAIM = re.compile(r"^## (.+)$(?:\n\n\*\*(.+?)\*\*: )?", re.MULTILINE)
_FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\((?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?\)")
_PICTURE = re.compile(r'<picture>\s*<source [^>]*srcset="(.+?)">\s*<img alt="(.*?)" src="(.+?)".*?>\s*</picture>')


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are put together, and take away what they are made of."""
    methods = [entry for entry in catalogue().values() if f"methods/{entry.name}.md" in files.src_uris]
    methods.sort(key=lambda entry: (entry.room, entry.name))
    pages = {
        "changelog.md": read("CHANGELOG.md", "changelog.md"),
        "contributing.md": read("CONTRIBUTING.md", "contributing.md"),
        "methods.md": list_methods(methods),
        "results.md": results_of_readme(),
        "reference/json.md": list_schemas(),
    }
    pages |= {f"methods/{entry.name}.md": method_page(entry) for entry in methods}
    for uri in [*pages, *(f"results/{entry.name}.md" for entry in methods)]:
        if uri in files.src_uris:
            files.remove(files.src_uris[uri])
    for uri, text in pages.items():
        files.append(File.generated(config, uri, content=text))
    files.append(File.generated(config, "icon.svg", abs_src_path=str(SOURCE / "publish/site/assets/icon.svg")))
    config.nav = list(_with_methods(config.nav or [], methods))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Follow the links of the pages that are one file of ``docs/``."""
    file = page.file
    return markdown if file.generated_by else follow_links(markdown, f"docs/{file.src_uri}", file.src_uri)


def on_page_content(html: str, **_: object) -> str:
    """Code after a sentence that ends in two colons, as docstrings have it: one is enough on a page."""
    return html.replace("::</p>", ":</p>")


def method_page(entry: Entry) -> str:
    """All that there is on a method: how to use it, what was claimed and measured, and its reference."""
    page = f"methods/{entry.name}.md"
    example = read(f"docs/{page}", page)
    heading, _, text = example.partition("\n")
    text = re.sub(r"All that was measured, [^.]*?: \[results\]\([^)]*\)\.\s", "", text)
    if _MEASURED not in text:
        text += f"\n{_MEASURED}\n"
    measured = read(f"docs/results/{entry.name}.md", page)
    measured = _CLAIM.sub(_with_verdict, measured.partition("-->\n")[2])
    paper = f"*{entry.title}*, [{entry.id}](https://arxiv.org/abs/{entry.id})"
    return f"{heading}\n\n{paper}\n{text}{measured}\n## Reference\n\n::: assay.methods.{entry.room}.{entry.name}\n"


def list_methods(methods: Iterable[Entry]) -> str:
    """All methods, room by room, each with what it does."""
    lines = ["# Methods", "", _docstring(SOURCE / "methods")]
    room = ""
    for entry in methods:
        folder = SOURCE / "methods" / entry.room
        if entry.room != room:
            room = entry.room
            lines += ["", f"## {room}", "", _docstring(folder), ""]
        what = _docstring(folder / entry.name).partition("\n")[0]
        lines.append(f"- [`{entry.name}`](methods/{entry.name}.md): {what}")
    return "\n".join(lines) + "\n"


def results_of_readme() -> str:
    """What the README says of claimed and measured, with its picture in the reader's colours."""
    text = read("README.md", "results.md")
    section = text[text.index(_MEASURED) + 1 :].partition("\n## ")[0]
    return _PICTURE.sub(_in_both_colours, section)


def list_schemas() -> str:
    """A list of the JSON Schemas of what commands print."""
    lines = ["# JSON", "", "What a command prints with `--json` has a schema, made out of the same models."]
    lines += ["", "| command | schema |", "|---|---|"]
    for file in sorted((ROOT / "docs/schemas").glob("*.json")):
        command = json.loads(file.read_text(encoding="utf-8"))["title"]
        lines.append(f"| `{command}` | [{file.name}](../schemas/{file.name}) |")
    return "\n".join(lines) + "\n"


def read(file: str, page: str) -> str:
    """A file of the repository as text of a page, its links followed."""
    return follow_links((ROOT / file).read_text(encoding="utf-8"), file, page)


def follow_links(markdown: str, file: str, page: str) -> str:
    """Let the links of a file lead to where their targets are, from a page of the site.

    Args:
        markdown: The text.
        file: Which file of the repository it is of, so that links are relative to it.
        page: The page of the site where it will stand, as MkDocs names it.
    """
    parts = _FENCE.split(markdown)
    parts[::2] = [_LINK.sub(partial(_lead, file, page), part) for part in parts[::2]]
    return "".join(parts)


def _lead(file: str, page: str, link: re.Match[str]) -> str:
    mark, words, target, anchor = link[1], link[2], normpath(f"{dirname(file)}/{link[3]}").lstrip("/"), link[4] or ""
    uri = _PAGES.get(target, target.removeprefix("docs/") if target.startswith("docs/") else "")
    if uri.startswith("results/") and uri.endswith(".md"):
        uri, anchor = f"methods/{uri.removeprefix('results/')}", "#claimed-and-measured"
    if uri:
        return f"{mark}[{words}]({relpath(uri, dirname(page) or '.')}{anchor})"
    return f"{mark}[{words}]({SOURCE_URL}/{target}{anchor})" if SOURCE_URL else words


def _with_verdict(claim: re.Match[str]) -> str:
    """The heading of a claim one level lower, with the verdict in it."""
    return f"### {claim[1]}: {claim[2]}\n\n" if claim[2] else f"### {claim[1]}"


def _in_both_colours(picture: re.Match[str]) -> str:
    dark, words, light = (relpath(each, "docs") if each.startswith("docs/") else each for each in picture.groups())
    return f"![{words}]({light}#only-light)\n![{words}]({dark}#only-dark)"


def _with_methods(nav: list[Any], methods: Iterable[Entry]) -> Iterator[Any]:
    """The navigation, with a page for each method where the list of them stands."""
    rooms: dict[str, list[dict[str, str]]] = {}
    for entry in methods:
        rooms.setdefault(entry.room, []).append({entry.name: f"methods/{entry.name}.md"})
    below = [{room: pages} for room, pages in rooms.items()]
    for each in nav:
        yield {"Methods": ["methods.md", *below]} if "Methods" in each else each


def _docstring(module: Path) -> str:
    """The docstring of a module or package, without importing it."""
    file = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
    return ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
