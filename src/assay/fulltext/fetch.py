"""Fetches a paper's full text from arXiv: the HTML page, or else the LaTeX source, or else the PDF.

arXiv's terms do not let us serve any of the three again, so no file is stored: only the text is returned.
The client sets the pace; its `Pace.intervals` must name the host of ``base_url``.
"""

from typing import NamedTuple

from assay.fulltext.model import Form, FullText
from assay.fulltext.sandbox import Limits, read
from assay.papers.ids import parse_arxiv_id
from assay.sources.arxiv import SOURCE
from assay.sources.client import Client, SourceBusy, SourceError, SourceUnreachable


class FetchResult(NamedTuple):
    """A full text, or why there is none."""

    text: FullText | None
    reasons: tuple[str, ...]
    """For each form that failed, in order, why it could not be had."""


def fetch(
    client: Client,
    paper: str,
    version: int | None = None,
    *,
    base_url: str = "https://arxiv.org",
    limits: Limits | None = None,
) -> FetchResult:
    """Fetch and read a paper's full text, in the first form that can be had; one to three requests.

    Args:
        client: makes the requests.
        paper: an arXiv id; a version in it counts unless ``version`` is given.
        version: which version; the latest if it is ``None``.
        base_url: where arXiv is.
        limits: what reading each form may take.

    Raises:
        SourceBusy: if arXiv asks us to wait longer than the client's pace allows.
        SourceUnreachable: if no form was had and for one of them the network or the server failed, so that asking
            again later may help.
        ValueError: if ``paper`` is not an arXiv id.
    """
    arxiv_id = parse_arxiv_id(paper)
    version = version or arxiv_id.version
    name = arxiv_id.id + (f"v{version}" if version else "")
    reasons: list[str] = []
    unreachable: SourceUnreachable | None = None
    for form in _FORMS:
        try:
            url = f"{base_url.rstrip('/')}/{form.path}/{name}"
            body = client.get(url, source=SOURCE, accept=form.accept, max_bytes=form.max_bytes).body
            text = read(body, _actual_form(body, form.form), paper=arxiv_id.id, version=version, limits=limits)
            _check_length(text)
        except SourceBusy:
            raise  # another form would be one more request to a host that wants fewer
        except SourceError as error:
            unreachable = error if isinstance(error, SourceUnreachable) else unreachable
            reasons.append(f"{form.form}: {error}")
        except ValueError as error:
            reasons.append(f"{form.form}: {error}")
        else:
            return FetchResult(text.model_copy(update={"notes": (*reasons, *text.notes)}), tuple(reasons))
    if unreachable is not None:
        raise unreachable
    return FetchResult(None, tuple(reasons))


class _FormRequest(NamedTuple):
    """A form and how to request it."""

    form: Form
    path: str
    accept: tuple[str, ...]
    max_bytes: int


_FORMS = (
    _FormRequest("html", "html", ("text/html", "application/xhtml+xml"), 32 * 2**20),
    _FormRequest(
        "latex",
        "e-print",
        # Which of these an e-print comes as has changed over the years; its first bytes say what it is.
        (
            "application/gzip",
            "application/x-gzip",
            "application/x-eprint-tar",
            "application/x-eprint",
            "application/x-tar",
            "application/octet-stream",
            "application/x-tex",
            "text/x-tex",
            "text/plain",
            "application/pdf",
        ),
        64 * 2**20,
    ),
    _FormRequest("pdf", "pdf", ("application/pdf",), 64 * 2**20),
)
LEAST_TEXT = 1000
"""Characters that a paper has in its sections at least; a page that says there is no such page has fewer."""


def _actual_form(body: bytes, form: Form) -> Form:
    """The form that the bytes are in: the e-print of a paper that was submitted as a PDF is that PDF."""
    return "pdf" if form == "latex" and body.startswith(b"%PDF-") else form


def _check_length(text: FullText) -> None:
    length = sum(len(section.text) for section in text.sections)
    if length < LEAST_TEXT:
        title = f" ({text.title[:80]!r})" if text.title else ""
        raise ValueError(f"not a paper's text{title}: it has {length} characters in its sections")
