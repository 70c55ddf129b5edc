"""The fixed words of every output, by language: ``languages/<code>.toml`` has one catalogue for each.

A language without a catalogue uses the English one.
"""

import gettext
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from assay.papers.models import Day, DayPaper, DayState, Dossier, Origin, Parts, closing_time, utc

_FOLDER = Path(__file__).parent / "languages"


class Catalogue(NamedTuple):
    """The words of one language."""

    path: Path
    messages: Mapping[str, Sequence[str]]
    """By name, ``verdict.holds`` for ``holds`` of ``[verdict]``: the message, or one form for each plural."""
    plural: Callable[[int], int]
    """Says which form a count takes."""


def label(name: str, language: str, /, **values: object) -> str:
    """The words for ``name`` in a language, with ``values`` in place of its names in braces.

    Where a message has plural forms, the value ``n`` says which one is used.

    Raises:
        ValueError: if the catalogue has no such message, or the message needs a value that is missing.
    """
    catalogue = _catalogue(language)
    try:
        forms = catalogue.messages[name]
    except KeyError:
        raise ValueError(f"{catalogue.path}: no message {name!r}; add it to this file and to those beside it") from None
    try:
        form = forms[catalogue.plural(values["n"])] if len(forms) > 1 else forms[0]  # type: ignore[arg-type]
        return form.format(**values)
    except KeyError as error:
        raise ValueError(f"{catalogue.path}: {name} needs a value for {error}") from None


def languages() -> list[str]:
    """The codes of all languages that have a catalogue."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def language_name(language: str) -> str:
    """A language's name for itself; its code where it has no catalogue."""
    return label("language", language) if language in languages() else language


def month_name(year: int, month: int, language: str) -> str:
    """A month of a year in words."""
    return label("month_of_year", language, year=year, month=label(f"month.{month}", language))


def date_name(day: date, language: str) -> str:
    """A day in words, as people of that language write it: ``Wednesday, 26 February 2025``."""
    weekday, month = label(f"weekday.{day.isoweekday()}", language), label(f"month.{day.month}", language)
    return label("date_in_words", language, weekday=weekday, day=day.day, month=month, year=day.year)


def room_name(room: str, language: str) -> str:
    """What a room of methods is called; its own name where the language has none for it."""
    name = f"room.{room}"
    return label(name, language) if name in _catalogue(language).messages else room


def origin_line(paper: DayPaper | Dossier, language: str, *, words_in: str = "") -> str:
    """How a summary came about, and what else has to be said of it; empty for one of ours.

    Args:
        paper: the paper.
        language: that of the summary.
        words_in: the language to say it in, if another.
    """
    origin, own = paper.summary_origin.get(language), words_in or language
    words = "" if origin in {None, Origin.CATALOGUE} else label(f"origin.{origin.value}", own)
    words = ", ".join(filter(None, [words, _summarised_version(paper, language, own)]))
    return ": ".join(filter(None, [words, paper.summary_note.get(language, "")]))


def _summarised_version(paper: DayPaper | Dossier, language: str, own: str) -> str:
    """That a summary is of an earlier version than the paper's, and of which; empty where it is not."""
    if language not in paper.summary_version:
        return ""
    version, newest = paper.summary_version[language], (paper.paper if isinstance(paper, Dossier) else paper).version
    if version and newest and version < newest:
        return label("origin.of_version", own, summary=version, version=newest)
    return label("origin.of_earlier_text", own)


def choose_languages(summary: Mapping[str, Parts], languages: Sequence[str]) -> list[str]:
    """Choose the languages to show: those asked for, and where the summary is in none of them, one that it is in."""
    available = [language for language in languages if language in summary]
    return [*languages, *([] if available else sorted(summary)[:1])]


def state(day_state: DayState, language: str) -> str:
    """A day's state in words."""
    return label(f"state.{day_state.name.lower()}", language)


def reason(day: Day, language: str) -> str:
    """In words, why the day is in its state.

    The day's record gives the reason in English. Other languages have words for the reasons that are ours; what a
    source answered stays as it is.
    """
    unread = day.state is DayState.CLOSED and day.as_of is None
    name = "reason.unread" if unread else f"reason.{day.state.name.lower()}"
    if not day.reason or name not in _catalogue(language).messages:
        return day.reason
    return label(name, language, date=day.date, closing=utc(closing_time(day.date)))


@cache
def _catalogue(language: str) -> Catalogue:
    return read_catalogue(_FOLDER / f"{language if language in languages() else 'en'}.toml")


def read_catalogue(path: Path) -> Catalogue:
    """Read a language's catalogue.

    Raises:
        ValueError: if the file is not TOML, has no plural rule, or a message is neither text nor all plural forms.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not TOML: {error}") from error
    plurals, plural = _plural_rule(path, str(table.pop("plural_forms", "")))
    messages = {}
    for name, message in _flatten(table):
        forms = message if isinstance(message, list) and len(message) == plurals else [message]
        if not all(isinstance(form, str) for form in forms):
            raise ValueError(f"{path}: {name} is neither a text nor a list of the language's {plurals} plural forms")
        messages[name] = tuple(forms)
    return Catalogue(path, messages, plural)


def _plural_rule(path: Path, text: str) -> tuple[int, Callable[[int], int]]:
    """How many plural forms a language has, and which of them a count takes."""
    rule = re.fullmatch(r"nplurals=([1-9]); plural=(.+);", text)
    try:
        if rule is not None:
            return int(rule[1]), gettext.c2py(rule[2])
    except ValueError:
        pass
    raise ValueError(f"{path}: plural_forms is gettext's rule, such as 'nplurals=2; plural=(n != 1);', not {text!r}")


def _flatten(table: Mapping[str, Any], section: str = "") -> Iterator[tuple[str, Any]]:
    """Every message with its full name."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{section}{name}.")
        else:
            yield f"{section}{name}", value
