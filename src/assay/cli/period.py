"""A week or a month, as ``assay digest 2025-W09`` and ``assay digest 2025-02`` show it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from assay.cli import Session

if TYPE_CHECKING:
    from assay.papers.period import Period, Span

FORMS = ("terminal", "markdown", "json")
"""What a week or month can be written as."""


def read_span_of(here: Session, span: "Span") -> "Period":
    """A week or month, with what was measured of its papers."""
    from assay.cli.choosing import measurements_shown
    from assay.digest.period import read_period
    from assay.publish.chips import leading_claims

    measurements = measurements_shown(here)
    with here.store() as store, here.err.status(f"read {span.name}"):
        return read_period(store, span, now=datetime.now(UTC), leading=leading_claims, measurements=measurements)


def show_period(here: Session, span: "Span", form: str, languages: tuple[str, ...], out: Path | None) -> "Period":
    """Show a week or month, or write it to a file.

    Raises:
        ValueError: if it cannot be written in that form.
    """
    from assay.papers.files import write_whole
    from assay.publish.period import period_markdown, print_period

    if form not in FORMS:
        raise ValueError(
            f"a {'week' if span.is_week else 'month'} has no form {form!r} (there are: {', '.join(FORMS)})"
        )
    if form == "terminal" and out is not None:
        raise ValueError("--out goes with --format markdown or json")
    period = read_span_of(here, span)
    if form == "terminal":
        print_period(here.out, period, languages)
        return period
    text = period_markdown(period, languages) if form == "markdown" else period.model_dump_json(indent=2) + "\n"
    if out is not None:
        write_whole(out, text)
    else:
        typer.echo(text, nl=False)
    return period
