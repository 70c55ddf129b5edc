"""``assay convert``: writes a digest or recording in another form."""

from datetime import date as Date  # noqa: N812 - `date` is an option's name here
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from assay.cli import app, session

if TYPE_CHECKING:
    from assay.papers.models import Refusal


class Target(StrEnum):
    """A form that a file can be converted to."""

    TABLE = "table"
    SECTIONS = "sections"
    MARKDOWN = "markdown"
    JSON = "json"
    BIBTEX = "bibtex"


_SUFFIX = {Target.JSON: ".json", Target.BIBTEX: ".bib"}
"""Where it is not that of Markdown."""


@app.command()
def convert(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Files or folders; their content tells their kind.")],
    to: Annotated[Target, typer.Option(help="The form to write.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder to write into; without it one file goes to standard output.")
    ] = None,
    lang: Annotated[str, typer.Option("--lang", "-l", help="Language to write where a file has several.")] = "en",
    date: Annotated[str | None, typer.Option(help="Day of recordings that do not state it.")] = None,
) -> None:
    """Write a digest or a recording of any supported kind in another form; in its own form it is the same bytes."""
    from assay.sources.recordings import find_files

    here = session(context)
    day = here.day(date) if date else None
    paths = find_files(files)
    if out is None and len(paths) != 1:
        raise ValueError(f"{len(paths)} files to convert: name a folder for them with --out")
    targets = [_target(path, files).with_suffix(_SUFFIX.get(to, ".md")) for path in paths]
    for name in targets:
        if targets.count(name) > 1:
            raise ValueError(f"two of the files would be written as {name}: convert them into folders of their own")
    refusals = 0
    for path, name in zip(paths, targets, strict=True):
        result = _convert(path, to, language=lang, day=day)
        if out is None:
            typer.echo(result.text, nl=False)
        else:
            here.write(out / name, result.text, f"{path} as {to.value}")
        for refusal in result.refused:
            here.err.print(f"refused: {refusal.file}:{refusal.line or ''} {refusal.why}", markup=False)
        refusals += len(result.refused)
    if refusals:
        raise typer.Exit(1)


def _target(path: Path, arguments: list[Path]) -> Path:
    """Where a file goes: its path within the folder that was named, or its name alone."""
    inside = [folder for folder in arguments if folder.is_dir() and path.is_relative_to(folder)]
    return path.relative_to(inside[0]) if inside else Path(path.name)


class _Conversion(NamedTuple):
    text: str
    refused: "tuple[Refusal, ...]"


def _convert(path: Path, to: Target, *, language: str, day: Date | None) -> _Conversion:
    """Convert one file; one that has the form already goes through that form's own reader and writer."""
    from assay.digest.day import day_of
    from assay.papers.formats import detect, sections, table
    from assay.publish import written
    from assay.sources.recordings import read_day_json, read_file, read_text

    text = read_text(path)
    form = detect(text)
    if form == to.value == "table":
        rows = table.parse(text, file=str(path))
        return _Conversion(table.render(rows), rows.refused)
    if form == to.value == "sections":
        blocks = sections.parse(text, file=str(path))
        return _Conversion(sections.render(blocks), blocks.refused)
    if form == "markdown":
        if to is Target.MARKDOWN:
            return _Conversion(text, ())
        raise ValueError(f"{path}: Assay's Markdown is for reading; convert the JSON or the digest it came from")
    own = read_day_json(text)
    if own is not None and to is Target.JSON:
        return _Conversion(text, ())
    if own is not None:
        return _Conversion(written(own, to.value, (language,)), ())
    readings = list(read_file(path, day=day))
    refusals = tuple(refusal for reading in readings for refusal in reading.refused)
    days = sorted({sighting.day for reading in readings for sighting in reading.sightings})
    days = days or sorted({reading.day for reading in readings if reading.day})
    if len(days) > 1:
        raise ValueError(f"{path}: holds {len(days)} days, {days[0]} to {days[-1]}; convert it day by day")
    if not days:
        raise ValueError(f"{path}: {refusals[0].why if refusals else 'nothing in it can be converted'}")
    whole_day = day_of(days[0], readings)
    available = sorted({key for paper in whole_day.papers for key in paper.summary})
    if language not in available and len(available) == 1:
        language = available[0]
    return _Conversion(written(whole_day, to.value, (language,)), refusals)
