"""The records of what interests a reader: phrases, follows, papers that she chose, papers that she put aside."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from assay.papers.models import Noun, Paper
from assay.papers.text import normalise


def _with_words(text: str) -> str:
    if not (line := normalise(text)):
        raise ValueError("there is nothing in it")
    return line


Words = Annotated[str, AfterValidator(_with_words)]
"""Text on one line, normalised, that is not empty."""


class FollowKind(StrEnum):
    """What can be followed."""

    AUTHOR = "author"
    ORGANISATION = "org"
    CATEGORY = "category"
    QUERY = "query"


class Follow(BaseModel):
    """An author, organisation, category or saved query that a reader follows."""

    model_config = ConfigDict(frozen=True)

    kind: FollowKind
    value: Words


class Phrase(BaseModel):
    """Words that a reader wants to meet, or, with a weight below zero, not to meet."""

    model_config = ConfigDict(frozen=True)

    text: Words
    weight: float = Field(default=1.0, ge=-100, le=100, allow_inf_nan=False)


class Followed(Noun):
    """All that interests a reader."""

    follows: tuple[Follow, ...] = ()
    phrases: tuple[Phrase, ...] = ()


class Reference(BaseModel):
    """A work from a reader's library, such as Zotero's: it need not be on arXiv."""

    model_config = ConfigDict(frozen=True)

    key: str
    """The arXiv id where there is one, else the DOI, else the normalised title: the same work has the same key."""
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    doi: str = ""
    arxiv_id: str = ""
    tags: tuple[str, ...] = ()


class Interests(BaseModel):
    """All that a ranking knows of a reader. Empty for a new one."""

    model_config = ConfigDict(frozen=True)

    starred: tuple[Paper, ...] = ()
    """Papers that she starred, the latest first."""
    hidden: tuple[Paper, ...] = ()
    """Papers that she does not want to see, nor their like."""
    library: tuple[Reference, ...] = ()
    """Works of her library, and seed papers."""
    phrases: tuple[Phrase, ...] = ()
    follows: tuple[Follow, ...] = ()
