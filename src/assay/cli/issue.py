"""An issue of the digest: the day, week or month that ``assay mail`` and ``assay post`` send, and how patiently."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli import Session

if TYPE_CHECKING:
    from assay.papers.period import Span
    from assay.publish.letter import Letter
    from assay.sending.trying import Outcome, Patience


@dataclass(frozen=True)
class Issue:
    """What is sent."""

    key: str
    """``2025-02-26``, ``2025-W09`` or ``2025-02``: what it is remembered by."""
    languages: tuple[str, ...]
    letter: "Letter | None"
    """``None`` where there are no papers."""
    empty: str = ""
    """Why there are none, in words."""
    code: int = 0
    """The exit code where there are none."""


Whose = Annotated[
    str | None,
    typer.Option(
        "--for", metavar="me", help="me: in the order in which you would want them, each with the reason why."
    ),
]


def read_issue(here: Session, text: str, lang: list[str] | None, whose: str | None) -> Issue:
    """The day, week or month that a reader typed, in the languages that she reads; with ``whose``, in her own order."""
    from assay.cli.settings import check_languages
    from assay.papers.period import read_span

    languages = check_languages(lang or here.settings.languages)
    if whose not in {None, "me"}:
        raise ValueError(f"--for {whose}: write --for me, and whose own things those are with --reader")
    span = read_span(text)
    if span is None:
        return _of_day(here, here.day(text), languages, is_own=whose is not None)
    return _of_span(here, span, languages, is_own=whose is not None)


def _of_day(here: Session, date: date, languages: tuple[str, ...], *, is_own: bool) -> Issue:
    """A day as everybody sees it, or in the reader's own order without the papers that she hid."""
    from assay.cli.digest import as_hers, exit_code
    from assay.digest.day import read_day
    from assay.publish.labels import reason, state
    from assay.publish.letter import day_letter
    from assay.publish.reasons import tell_reasons
    from assay.publish.site.addresses import read_address
    from assay.reader.day import OwnDay

    with here.store() as store:
        day = read_day(store, date, now=datetime.now(UTC), languages=languages)
        shown = as_hers(here, store, day, hides=True, in_order=True) if is_own else day
    ranked = shown.ranked if isinstance(shown, OwnDay) else {}
    why = {key: tell_reasons(each.reasons, languages[0]) for key, each in ranked.items()}
    if not shown.papers:
        said = ": ".join(filter(None, [state(day.state, "en"), reason(day, "en")]))
        words = "you hid them all" if day.papers else said
        return Issue(str(date), languages, None, f"{date} has no papers ({words})", exit_code(day))
    site = read_address(here.settings.site_url)
    return Issue(str(date), languages, day_letter(shown, languages, why=why, site=site))


def _of_span(here: Session, span: "Span", languages: tuple[str, ...], *, is_own: bool) -> Issue:
    from assay.cli.period import read_span_of
    from assay.publish.letter import period_letter

    period = read_span_of(here, span, language=languages[0], is_own=is_own)
    if not period.papers:
        return Issue(span.name, languages, None, f"{span.name} has no papers", 1)
    return Issue(span.name, languages, period_letter(period, languages))


def patience_of(here: Session) -> "Patience":
    """How long a busy server is tried again, as the settings say."""
    from assay.sending.trying import Patience
    from assay.sources.politeness import Backoff

    settings = here.settings
    backoff = Backoff(settings.retry_wait, jitter=settings.retry_wait)
    return Patience(settings.patience, backoff, here.say)


def is_trouble(outcome: "Outcome") -> bool:
    """Whether something did not arrive, or may not have."""
    from assay.sending.trying import Outcome

    return outcome not in {Outcome.SENT, Outcome.SENT_BEFORE}
