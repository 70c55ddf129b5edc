"""Renders pages with the site's own templates, and those that only the app has."""

import re
from functools import cache, partial
from importlib import resources
from typing import Any

from fastapi import Request
from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader

from assay.publish.feeds import Place
from assay.publish.labels import label
from assay.publish.own import follow_words, mark_words, phrase_words
from assay.publish.reasons import tell_reasons
from assay.publish.site.contents import Page
from assay.publish.site.rendering import templates, write_page
from assay.reader.records import OwnMarks
from assay.web.desk import Desk

_HERS = "<!-- hers -->"
"""Where the page of a paper has a place for what its reader did with it."""
_WHO = "<!-- who -->"
"""Where every page has a place for the name of its reader, where readers have tokens."""


@cache
def environment() -> Environment:
    """The app's own templates, else the site's. An own one extends that of the site as ``site/NAME``."""
    site = PackageLoader("assay.publish.site")
    own = templates(ChoiceLoader([PackageLoader("assay.web"), site, PrefixLoader({"site": site})]))
    own.filters |= {
        "mark_words": mark_words,
        "follow_words": follow_words,
        "phrase_words": phrase_words,
        "tell_reasons": tell_reasons,
    }
    return own


def render(request: Request, path: str, template: str, values: dict[str, Any]) -> str:
    """One page as HTML, in the language that its address begins with.

    Args:
        request: who asks for it.
        path: of the page, within its language, such as ``check/index.html``.
        template: its name.
        values: all that it shows.
    """
    desk: Desk = request.app.state.desk
    page, language = Page(path, template, values), language_of(request)
    html = render_page(desk, page, language, is_known=bool(request.state.reader))
    return with_reader(html, request, language)


def language_of(request: Request) -> str:
    """The language of a page: the first is at the root, each other in a folder of its name."""
    desk: Desk = request.app.state.desk
    first = request.url.path.strip("/").partition("/")[0]
    return first if first in desk.languages else desk.languages[0]


def path_of(request: Request) -> str:
    """The path of a page within its language, as `render` takes it, for whatever address is being answered."""
    desk: Desk = request.app.state.desk
    path = request.url.path.removeprefix("/")
    language = language_of(request)
    if language != desk.languages[0]:
        path = path.removeprefix(language).removeprefix("/")
    return f"{path}index.html" if path.endswith("/") or not path else path


def address_of(request: Request, path: str) -> str:
    """The address of a page in the language of the page that is being answered: ``/ko/mine/``."""
    desk: Desk = request.app.state.desk
    language = language_of(request)
    return f"/{path}" if language == desk.languages[0] else f"/{language}/{path}"


def render_page(desk: Desk, page: Page, language: str, *, is_known: bool = True) -> str:
    """One of the pages as HTML, whoever looks at it."""
    own = page._replace(values={"is_known": is_known, **page.values})
    return write_page(environment(), own, language, Place("", tuple(desk.languages)))


def with_marks(page: str, marks: OwnMarks, language: str) -> str:
    """A paper's page, which is the same for all readers, with what one of them did with the paper."""
    if _HERS not in page:
        return page
    words = partial(_words, language)
    return page.replace(_HERS, environment().get_template("hers.html").render(t=words, marks=marks), 1)


def with_reader(page: str, request: Request, language: str) -> str:
    """A page that tells its reader who she is taken for, where there are tokens, and leads to where she logs out."""
    reader: str | None = request.state.reader
    if not request.app.state.access.tokens or reader is None:
        return page.replace(_WHO, "", 1)
    words, login = partial(_words, language), address_of(request, "login")
    return page.replace(_WHO, environment().get_template("who.html").render(t=words, reader=reader, login=login), 1)


def _words(language: str, name: str, **values: object) -> str:
    return label(name, language, **values)


def asset(name: str) -> bytes | None:
    """A file that pages load: the app's own of that name, else the site's; ``None`` if neither has it."""
    if not re.fullmatch(r"\w[\w.-]{0,99}", name):
        return None
    for package in ("assay.web", "assay.publish.site"):
        file = resources.files(package) / "assets" / name
        if file.is_file():
            return file.read_bytes()
    return None
