"""How fast digests are read and imported: ``python benchmarks/imports.py [FOLDER]``.

With a folder, its files are measured; without one, digests of our own making, 100 days of 50 papers in each format.
Each figure is the median of five runs, with the fastest and the slowest.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

from assay.digest.ingest import import_files
from assay.papers.formats import detect, sections, table
from assay.papers.models import Day, DayPaper, DayState, Parts
from assay.sources.recordings import find_files
from assay.store import open_store

_WORDS = "sparse attention blocks are skipped where a cheap preview of keys shows that nothing would be added".split()


def made_up_days(count: int) -> Iterator[Day]:
    for number in range(count):
        day = date(2090, 1, 1) + timedelta(days=number)
        papers = tuple(
            DayPaper(
                id=f"90{day.month:02}.{number:03}{place:02}",
                title=f"Paper {place} of day {number}: {' '.join(_WORDS[place % 7 :][:6])}",
                authors=("Ada Example", "Bo Sample", "Cy Specimen"),
                votes=50 - place,
                rank=place + 1,
                summary={
                    "en": Parts(
                        **{part: f"{' '.join(_WORDS)} ({place})." for part in ("one_line", "method", "result")}
                    ),
                    "ko": Parts(whats_new="빈 블록을 건너뛰는 어텐션이다. " * 4, performance="2.5배 빠르다. " * 4),
                },
            )
            for place in range(50)
        )
        yield Day(date=day, state=DayState.CLOSED, papers=papers)


def write_digests(folder: Path) -> None:
    for day in made_up_days(100):
        (folder / f"table-{day.date}.md").write_text(table.render(table.from_day(day, "en")), encoding="utf-8")
        (folder / f"sections-{day.date}.md").write_text(sections.render(sections.from_day(day, "ko")), encoding="utf-8")


def measure(what: str, rows: int, run: Callable[[], object], repeats: int = 5) -> None:
    rates = []
    for _ in range(repeats):
        started = time.perf_counter()
        run()
        rates.append(rows / (time.perf_counter() - started))
    median = statistics.median(rates)
    print(f"{what:<42}{median:>9,.0f} rows/s   ({min(rates):,.0f} to {max(rates):,.0f})", flush=True)


def import_into_a_new_store(files: list[Path]) -> None:
    with tempfile.TemporaryDirectory() as home, open_store(Path(home) / "assay.db") as store:
        import_files(store, files)


def main(folder: Path) -> None:
    files = find_files([folder])
    for form, reader in (("table", table), ("sections", sections)):
        texts = [text for text in (path.read_text(encoding="utf-8") for path in files) if detect(text) == form]
        rows = sum(len(list(reader.records(reader.parse(text)))) for text in texts)
        if not rows:
            continue
        print(f"{form}: {len(texts)} files, {rows} rows")
        measure("  parsed", rows, lambda: [reader.parse(text) for text in texts])  # noqa: B023 - called at once
        measure("  parsed and rendered again", rows, lambda: [reader.render(reader.parse(t)) for t in texts])  # noqa: B023
        measure("  parsed into papers and summaries", rows, lambda: [[*reader.records(reader.parse(t))] for t in texts])  # noqa: B023
    with tempfile.TemporaryDirectory() as home, open_store(Path(home) / "assay.db") as store:
        stored = import_files(store, files).sightings
    measure(f"all {len(files)} files imported ({stored} sightings)", stored, lambda: import_into_a_new_store(files), 3)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    given = parser.parse_args().folder
    if given is not None:
        main(given)
    else:
        with tempfile.TemporaryDirectory() as made:
            write_digests(Path(made))
            main(Path(made))
