"""``assay start``: asks a new reader what she wants to read about, and shows her a day in her own order."""

import json
import os
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from assay.cli import Json, Reader, Session, app, session
from assay.papers.models import Day
from assay.reader.interests import Phrase

if TYPE_CHECKING:
    from assay.reader.library import Works
    from assay.store import Store

_MOST = 10
"""So many papers of the day are shown: who has seen them knows what to do next."""
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class _Said:
    """What a reader said of herself."""

    languages: tuple[str, ...]
    phrases: tuple[Phrase, ...] = ()
    works: "tuple[Works, ...]" = ()


@app.command()
def start(
    context: typer.Context,
    phrases: Annotated[
        list[str] | None, typer.Option("--phrase", help="Words that you want to meet; may be given again.")
    ] = None,
    library: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Works that you know, in BibTeX, CSL-JSON or RIS; or zotero, zotero.org."),
    ] = None,
    lang: Annotated[
        list[str] | None, typer.Option("--lang", "-l", help="Language to read in, from now on; may be given again.")
    ] = None,
    _reader: Reader = None,
    as_json: Json = False,
) -> None:
    """Say what you want to read about, and see a day in your own order, each paper with the reason why.

    In a terminal it asks for your language, for a few phrases and for the file of a library; with --phrase or
    --library it asks nothing. What you said before stays, and what you say twice is kept once.

    Exit code 1 says that an entry of the library could not be read; the others are added.
    """
    from assay.reader.day import Started

    here = session(context)
    said = _read(here, phrases or [], library or [], lang) if phrases or library else _ask(here, lang, as_json=as_json)
    _keep_languages(here, said.languages)
    new = _keep(here, said)
    refused = tuple(refusal for works in said.works for refusal in works.refused)
    with here.store() as store:
        day = _own_day(here, store)
    if as_json:
        report = Started(phrases=new["phrases"], works=new["library"], refused=refused, day=day)
        here.json(report.model_dump_json())
    else:
        _show(here, day, new)
        for each in refused:
            here.say(f"refused: {each.file}{f':{each.line}' if each.line else ''}: {each.why}")
    if refused:
        raise typer.Exit(1)


def _read(here: Session, phrases: Sequence[str], library: Sequence[str], lang: list[str] | None) -> _Said:
    """What options say.

    Raises:
        ValueError: if one of them makes no sense.
    """
    from assay.cli.library import read_works
    from assay.cli.settings import check_languages

    languages = check_languages(lang or here.settings.languages)
    works = tuple(works for source in library for works in read_works(here, source))
    return _Said(languages, tuple(map(_phrase, phrases)), works)


def _phrase(text: str) -> Phrase:
    from assay.reader.following import check_phrase

    phrase = Phrase(text=text)
    check_phrase(phrase)
    return phrase


def _ask(here: Session, lang: list[str] | None, *, as_json: bool) -> _Said:
    """Ask a reader who sits at a terminal. Nothing is kept before she has answered everything.

    Raises:
        ValueError: if nobody does.
    """
    from assay.cli.library import read_works
    from assay.cli.settings import check_languages
    from assay.publish.labels import label
    from assay.publish.labels import languages as known_languages

    if as_json or sys.stdin is None or not sys.stdin.isatty():
        raise ValueError(
            'what do you want to read about? Say it with --phrase "KV cache" or --library FILE; '
            "`assay start` asks only in a terminal"
        )

    def read_languages(answer: str) -> tuple[str, ...]:
        return check_languages(re.split(r"[\s,;]+", answer) if answer else here.settings.languages)

    def read_phrases(answer: str) -> tuple[Phrase, ...]:
        return tuple(_phrase(each) for each in re.split(r"[,;\uff0c\u3001]", answer) if each.strip())

    def read_library(answer: str) -> "tuple[Works, ...]":
        return tuple(read_works(here, str(Path(answer).expanduser()))) if answer else ()

    question = label("start.language", "en", known=", ".join(known_languages()), own=", ".join(here.settings.languages))
    languages = check_languages(lang) if lang else _ask_for(here, question, read_languages)
    return _Said(
        languages,
        _ask_for(here, label("start.phrases", languages[0]), read_phrases),
        _ask_for(here, label("start.library", languages[0]), read_library),
    )


def _ask_for(here: Session, question: str, read: Callable[[str], _Answer]) -> _Answer:
    """Ask until the answer can be read; none, and the end of all input, is an answer too."""
    from assay.cli import one_line

    while True:
        try:
            answer = input(f"{question} ")
        except EOFError:
            answer = ""
            here.out.print()
        try:
            return read(answer.strip())
        except (ValueError, OSError) as error:
            here.say(one_line(error))


def _keep(here: Session, said: _Said) -> Counter[str]:
    """Keep what a reader said, all of it or nothing. Returns how much of it was new, by part."""
    from assay.reader.transfer import VERSION, Export, TimedPhrase

    works = tuple(reference for each in said.works for reference in each.references)
    if not (said.phrases or works):
        return Counter()
    with here.shelf() as shelf:
        # A phrase that she gave a weight keeps it.
        known = {phrase.text.casefold() for phrase in shelf.phrases()}
        phrases = [TimedPhrase(text=each.text) for each in said.phrases if each.text.casefold() not in known]
        return shelf.merge(Export(assay="reader", version=VERSION, phrases=tuple(phrases), library=works))


def _keep_languages(here: Session, languages: tuple[str, ...]) -> None:
    """Make languages those of the settings from now on, unless these name others already."""
    from assay.cli.settings import settings_file
    from assay.papers.files import write_whole
    from assay.publish.labels import label
    from assay.sources.decoding import decode

    before = here.settings.languages
    if languages == before:
        return
    here.settings = here.settings.model_copy(update={"languages": languages})
    file = settings_file(here.home)
    text = decode(file.read_bytes()) if file.is_file() else ""
    where = "ASSAY_LANGUAGES" if "ASSAY_LANGUAGES" in os.environ else str(file)
    if where == "ASSAY_LANGUAGES" or "languages" in tomllib.loads(text):
        here.say(label("start.languages_stay", languages[0], where=where, languages=", ".join(before)))
        return
    # Before all else, since what stands below the head of a table belongs to that.
    write_whole(file, f"languages = {json.dumps(languages)}\n{text}")
    here.say(label("start.languages_kept", languages[0], where=where, languages=", ".join(languages)))


def _own_day(here: Session, store: "Store") -> Day:
    """Today in the reader's own order, or where it lists nothing, the latest day that does."""
    from assay.cli.digest import as_hers
    from assay.digest.day import read_day
    from assay.publish.labels import label

    today = here.settings.now().date()
    listing = [day for day, count in store.days() if count]
    shown = today if today in listing else max(listing, default=today)
    if shown != today:
        here.say(label("start.latest", here.settings.languages[0], today=today, date=shown))
    day = read_day(store, shown, now=datetime.now(UTC), languages=here.settings.languages)
    return as_hers(here, store, day, hides=True, in_order=True)


def _show(here: Session, day: Day, new: Counter[str]) -> None:
    """Show what is kept of the reader, the first papers of the day, and what she may do next."""
    from assay.cli.digest import showing
    from assay.publish.labels import label
    from assay.publish.own import follow_words, phrase_words
    from assay.publish.terminal import print_day

    languages = here.settings.languages
    first = languages[0]
    with here.known_shelf() as shelf:
        follows, phrases = (shelf.follows(), shelf.phrases()) if shelf else ((), ())
        works = len(shelf.references()) if shelf else 0
    words = [phrase_words(each, first) for each in phrases] + [follow_words(each, first) for each in follows]
    if words:
        here.out.print(label("start.follows", first, what="; ".join(words)), markup=False, soft_wrap=True)
    if works:
        here.out.print(label("start.works", first, n=works, new=new["library"]), markup=False)
    some = day.model_copy(update={"papers": day.papers[:_MOST]})
    with showing(here, some, is_own=True):
        print_day(here.out, some, languages, detail="brief")
    here.out.print()
    if rest := len(day.papers) - len(some.papers):
        here.out.print(label("start.more", first, n=rest, command=f"assay digest {day.date} --for me"), markup=False)
    _say_what_next(here, some)


def _say_what_next(here: Session, day: Day) -> None:
    """Say the three commands that come next."""
    from rich.table import Table
    from rich.text import Text

    from assay.publish.labels import label

    language = here.settings.languages[0]
    star = f"assay star {day.papers[0].rank if day.papers else '2502.18137'}"
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="cyan")
    table.add_column()
    for command, name in (
        (star, "start.next.star"),
        ("assay feed --for me --out me.xml", "start.next.feed"),
        ("assay watch", "start.next.watch"),
    ):
        table.add_row(Text(command), Text(label(name, language)))
    here.out.print()
    here.out.print(Text(label("start.next.what", language), style="bold"))
    here.out.print(table)
