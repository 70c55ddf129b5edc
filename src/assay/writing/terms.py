"""The pinned terms of a language: one spelling for one term, in every summary.

Ours stand in ``glossary/<language>.toml``; a reader's own file of that name adds to them and wins over them.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from assay.papers.faults import first_fault

_FOLDER = Path(__file__).parent / "glossary"


class Term(BaseModel):
    """How a term is written, and how it is not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    write: Annotated[str, Field(min_length=1)]
    never: Annotated[tuple[str, ...], Field(alias="not")] = ()
    """Spellings that are refused wherever they stand."""


Glossary = Mapping[str, Term]
"""Terms by their English, in lower case."""


def read_glossary(language: str, folder: Path | None = None) -> dict[str, Term]:
    """The glossary of a language; empty for a language that has none.

    Args:
        language: ISO 639-1 code.
        folder: where the reader's own files are, if there is such a folder.

    Raises:
        ValueError: if a file is no glossary; the message names file and term.
    """
    terms: dict[str, Term] = {}
    for path in filter(None, (_FOLDER, folder)):
        file = path / f"{language}.toml"
        if file.is_file():
            terms |= _read(file)
    return terms


def terms_in(text: str, glossary: Glossary) -> dict[str, Term]:
    """The terms of the glossary whose English stands in ``text``, in the singular or with an s."""
    lower = text.lower()
    return {
        english: term for english, term in glossary.items() if re.search(rf"(?<!\w){re.escape(english)}s?(?!\w)", lower)
    }


def _read(file: Path) -> dict[str, Term]:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        terms = TypeAdapter(dict[str, Term]).validate_python(table)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{file}: not TOML: {error}") from error
    except ValidationError as error:
        raise ValueError(f"{file}: {first_fault(error)}") from error
    return {english.lower(): term for english, term in terms.items()}
