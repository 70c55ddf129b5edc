"""A week or a month, as ``assay digest 2025-W09`` and ``assay digest 2025-02`` show it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from assay.cli import Session

if TYPE_CHECKING:
    from assay.papers.period import Period, Span

FORMS = ("terminal", "markdown", "json")
"""What a week or month can be written as."""


def read_span_of(here: Session, span: "Span", *, language: str, is_own: bool = False) -> "Period":
    """A week or month, with what was measured of its papers; in the reader's own order, with reasons, if wanted.

    Raises:
        ValueError: if it is wanted in her order and nothing is kept of her.
    """
    from assay.cli.choosing import in_own_order, measurements_shown
    from assay.digest.period import read_period
    from assay.publish.chips import leading_claims
    from assay.publish.reasons import tell_reasons

    measurements = measurements_shown(here)
    with here.store() as store, here.err.status(f"read {span.name}"):

        def own_order(votes: Mapping[str, int | None]) -> dict[str, tuple[str, ...]]:
            ranked = in_own_order(here, store, votes, before=span.first)
            return {each.paper: tuple(filter(None, [tell_reasons(each.reasons, language)])) for each in ranked}

        return read_period(
            store,
            span,
            now=datetime.now(UTC),
            leading=leading_claims,
            measurements=measurements,
            own_order=own_order if is_own else None,
        )


def show_period(
    here: Session, span: "Span", form: str, languages: tuple[str, ...], out: Path | None, *, is_own: bool = False
) -> "Period":
    """Show a week or month, or write it to a file; its papers in the reader's own order if wanted.

    Raises:
        ValueError: if it cannot be written in that form.
    """
    from assay.papers.text import counted
    from assay.publish.period import period_json, period_markdown, print_period

    if form not in FORMS:
        raise ValueError(
            f"a {'week' if span.is_week else 'month'} has no form {form!r} (there are: {', '.join(FORMS)})"
        )
    if form == "terminal" and out is not None:
        raise ValueError("--out goes with --format markdown or json")
    period = read_span_of(here, span, language=languages[0], is_own=is_own)
    if form == "terminal":
        name = f"{span.name} in your order" if is_own else span.name
        here.keep_list(name, {number: paper.id for number, paper in enumerate(period.papers, 1)})
        print_period(here.out, period, languages)
        return period
    text = period_markdown(period, languages) if form == "markdown" else period_json(period)
    if out is not None:
        here.write(out, text, counted(period.count, "paper"))
    else:
        typer.echo(text, nl=False)
    return period
