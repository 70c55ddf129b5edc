"""Reads the files that reference managers write: BibTeX, CSL-JSON and RIS. The content says which one it is."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from assay.papers.models import Refusal
from assay.reader.bibtex import read_bibtex
from assay.reader.interests import Reference
from assay.reader.references import make_reference

Form = Literal["bibtex", "csl-json", "ris"]


@dataclass(frozen=True)
class Works:
    """The works of a library, and what could not be read."""

    references: tuple[Reference, ...] = ()
    refused: tuple[Refusal, ...] = ()


def detect_library(text: str) -> Form | None:
    """Which form the file of a reference manager is in; ``None`` if it is none of them."""
    if text.lstrip()[:1] in {"[", "{"}:
        return "csl-json"
    if _RIS_RECORD.search(text):
        return "ris"
    return "bibtex" if _BIBTEX_ENTRY.search(text) else None


def read_library(text: str, *, file: str) -> Works:
    """Read the works of a file; an entry that cannot be read is refused, the others are not.

    Args:
        text: its content.
        file: its name, for refusals.

    Raises:
        ValueError: if it is in none of the forms.
    """
    text = text.removeprefix("\ufeff")
    match detect_library(text):
        case "bibtex":
            works = read_bibtex(text)
            refused = (Refusal(file=file, line=line, why=why) for line, why in works.refused.items())
            return Works(tuple(works.references), tuple(refused))
        case "csl-json":
            return _read_csl(text, file)
        case "ris":
            return _read_ris(text, file)
    raise ValueError("neither BibTeX nor CSL-JSON nor RIS")


_RIS_RECORD = re.compile(r"^[ \t]*TY {1,2}- ?\S+", re.MULTILINE)
_BIBTEX_ENTRY = re.compile(r"^[ \t]*@\s*[A-Za-z]+\s*[{(]", re.MULTILINE)


def _read_csl(text: str, file: str) -> Works:
    try:
        entries = json.loads(text)
    except RecursionError:
        raise ValueError("JSON nested too deeply to be a library") from None
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from error
    if isinstance(entries, dict):  # as Zotero's API wraps it; else a single work
        entries = entries.get("items", [entries])
    if not isinstance(entries, list):
        raise ValueError("JSON, but no list of works")
    references: list[Reference] = []
    refused: list[Refusal] = []
    for number, entry in enumerate(entries, 1):
        try:
            references.append(csl_reference(entry))
        except ValueError as error:
            name = f" ({entry['id']})" if isinstance(entry, dict) and entry.get("id") else ""
            refused.append(Refusal(file=file, why=f"entry {number}{name}: {error}"))
    return Works(tuple(references), tuple(refused))


def csl_reference(entry: object) -> Reference:
    """The reference of a work in CSL-JSON.

    Raises:
        ValueError: if it is none, or has no title.
    """
    if not isinstance(entry, dict):
        raise ValueError("no object")
    fields = {str(name): value for name, value in entry.items()}
    text = {name: value for name, value in fields.items() if isinstance(value, str)}
    issued = fields.get("issued")
    return make_reference(
        title=text.get("title", ""),
        abstract=text.get("abstract", ""),
        authors=_csl_names(fields.get("author")),
        date=_csl_date(issued) if isinstance(issued, dict) else "",
        doi=text.get("DOI", ""),
        places=[*(text.get(name, "") for name in ("number", "URL", "archive_location")), *_lines(text.get("note", ""))],
        tags=re.split("[,;]", text.get("keyword", "")),
    )


def _csl_names(people: object) -> Iterator[str]:
    for person in people if isinstance(people, list) else ():
        if isinstance(person, dict):
            family = " ".join(str(person.get(name) or "") for name in ("non-dropping-particle", "family")).strip()
            given = " ".join(str(person.get(name) or "") for name in ("given", "dropping-particle")).strip()
            yield f"{family}, {given}" if family and given else str(person.get("literal") or family or given)


def _csl_date(issued: Mapping[str, Any]) -> str:
    parts = issued.get("date-parts")
    if isinstance(parts, list) and parts and isinstance(parts[0], list) and parts[0]:
        return str(parts[0][0])
    return str(issued.get("raw") or issued.get("literal") or "")


def _read_ris(text: str, file: str) -> Works:
    """Read record by record, so that one without an end costs none of the others."""
    import rispy  # type: ignore[import-untyped]  # noqa: PLC0415 - takes a while to load

    references: list[Reference] = []
    refused: list[Refusal] = []
    starts = [match.start() for match in _RIS_RECORD.finditer(text)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        line = text.count("\n", 0, start) + 1
        record = text[start:end].strip()
        if not re.search(r"^[ \t]*ER {1,2}-", record, re.MULTILINE):
            refused.append(Refusal(file=file, line=line, why="the record has no end (ER)"))
            continue
        try:
            (fields,) = rispy.loads(record)
            references.append(_ris_reference(fields))
        except (ValueError, OSError) as error:
            refused.append(Refusal(file=file, line=line, why=str(error)))
    return Works(tuple(references), tuple(refused))


def _ris_reference(fields: Mapping[str, Any]) -> Reference:
    def first(*names: str) -> str:
        return next((str(fields[name]) for name in names if isinstance(fields.get(name), str) and fields[name]), "")

    def every(*names: str) -> list[str]:
        return [str(each) for name in names for each in (fields.get(name) or ()) if isinstance(fields[name], list)]

    notes = [line for note in every("notes") for line in _lines(note)]
    return make_reference(
        title=first("title", "primary_title"),
        abstract=first("abstract", "notes_abstract"),
        authors=every("authors", "first_authors"),
        date=first("year", "publication_year", "date"),
        doi=first("doi"),
        places=[*every("urls"), first("url"), first("number"), first("accession_number"), *notes],
        tags=every("keywords"),
    )


def _lines(note: str) -> list[str]:
    return [line.strip() for line in note.splitlines()]
