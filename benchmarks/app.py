"""How fast the local app answers: ``python benchmarks/app.py [--papers 100000] [--home FOLDER] [--only search own]``.

The app is the real one: ``assay serve`` in a process of its own, over an archive of made-up papers (see
`benchmarks/store.py`) that is made once in the folder, and asked over HTTP one request after the other. Each measure
is a function below; `MEASURES` names them.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import quote, urlencode, urlsplit

from assay.store import open_store
from store import FIRST_DAY, Clock, papers_a_day, store_all

TYPED = (
    "sparse attention",
    "language model training",
    "kv cache memory",
    "reinforcement learning policy",
    "diffusion image generation",
    '"large language"',
    "author:kim attention",
    "벤치마크 성능",
    "어텐션 캐시",
    "zzzqqq model",
)
"""What a reader types, letter by letter."""
FILTERED = (
    {"q": "attention", "category": "cs.CL"},
    {"q": "model", "since": "2095-01-01"},
    {"q": "the", "author": "Bo Kim"},
    {"category": "cs.LG"},
    {"q": "policy -reward", "until": "2091-01-01"},
)

READERS = 50
_PAUSE = {False: 1 / 45, True: 1 / 9}
"""Seconds from one request to the next, reading and writing: no more than one reader may send."""


@dataclass
class Served:
    """The app while it runs, and how long each of its answers took."""

    process: "subprocess.Popen[str]"
    address: str
    last_day: str
    paper: str
    """A paper of the last day."""
    _connection: HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self._connection = self.connect()

    def connect(self) -> HTTPConnection:
        """A connection of one's own, as each browser has it."""
        parts = urlsplit(self.address)
        return HTTPConnection(parts.hostname or "", parts.port, timeout=300)

    def ask(self, path: str, body: object = None) -> float:
        """Ask for something. Returns the milliseconds until the last byte of the answer."""
        took, _ = exchange(self._connection, 0, path, body)
        time.sleep(max(0, _PAUSE[body is not None] - took / 1000))
        return took

    def cpu(self) -> float:
        """Milliseconds that the app has kept a processor busy so far; 0 where the system does not say."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def token(reader: int) -> str:
    """What a reader of the benchmark shows."""
    return f"token of reader {reader}".replace(" ", "-").ljust(20, "-")


def exchange(connection: HTTPConnection, reader: int, path: str, body: object = None) -> tuple[float, bytes]:
    """Ask as a reader: the milliseconds until the last byte of the answer, and the answer."""
    sent = None if body is None else json.dumps(body)
    headers = {"content-type": "application/json", "authorization": f"Bearer {token(reader)}"}
    start = time.perf_counter()
    connection.request("GET" if body is None else "POST", path, sent, headers)
    answer = connection.getresponse()
    content = answer.read()
    took = 1000 * (time.perf_counter() - start)
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {content[:200]!r}")
    return took, content


def show(app: Served, name: str, asked: Iterable[tuple[str, object]]) -> None:
    """Ask for all of it, and print how long it took: of one request half and of twenty nineteen were as quick."""
    busy, times = app.cpu(), [app.ask(path, body) for path, body in asked]
    busy = (app.cpu() - busy) / len(times)
    p95 = statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
    print(f"  {name:34} {len(times):5} {statistics.median(times):9.1f} {p95:9.1f} {max(times):9.1f} {busy:9.1f}")


def letters(typed: str, least: int) -> Iterator[str]:
    """What stands in the field after each letter."""
    for end in range(least, len(typed) + 1):
        if typed[end - 1] not in " :" and typed[:end].count('"') % 2 == 0:
            yield typed[:end]


def measure_search(app: Served) -> None:
    """Search as one types."""

    def search(**asked: str) -> tuple[str, None]:
        return f"/api/search?{urlencode(asked)}", None

    app.ask("/api/search?q=warm")  # the first search of a process loads what it needs
    every = [search(q=query) for typed in TYPED for query in letters(typed, 1)]
    show(app, "every letter", every)
    show(app, "every letter, again", every)
    for least, most, name in ((1, 2, "one or two letters"), (3, 6, "three to six"), (7, 99, "seven and more")):
        asked = [query for typed in TYPED for query in letters(typed, 1) if least <= len(query) <= most]
        show(app, name, [search(q=query) for query in asked])
    show(app, "with filters", [search(**asked) for asked in FILTERED] * 8)
    show(app, "the page itself", [(f"/search/?q={quote(query)}", None) for query in TYPED] * 4)


def measure_own(app: Served) -> None:
    """A reader's own day, her marks and her list."""
    app.ask("/api/phrases", {"text": "sparse attention"})
    mark = {"paper": app.paper, "on": True}
    show(app, "for me, the first time", [("/for-me/", None)])
    show(app, "for me, again", [("/for-me/", None)] * 40)
    show(app, "a mark", [("/api/marks", mark | {"mark": "read", "on": bool(turn % 2)}) for turn in range(40)])
    show(app, "a tag", [("/api/tags", mark | {"tag": f"tag {turn}"}) for turn in range(10)])
    show(app, "a note", [("/api/notes", {"paper": app.paper, "text": f"note {turn}"}) for turn in range(10)])
    show(app, "for me, one paper read", [("/for-me/", None)])
    app.ask("/api/marks", mark | {"mark": "starred"})
    show(app, "for me, one paper starred", [("/for-me/", None)])
    show(app, "my list", [("/mine/", None)] * 20)


def measure_pages(app: Served) -> None:
    """The site's pages: made, and then kept."""
    for name, path in (
        ("front page", "/"),
        ("a day", f"/day/{app.last_day}/"),
        ("a paper", f"/paper/{app.paper}/"),
        ("errata", "/errata/"),
    ):
        show(app, f"{name}, the first time", [(path, None)])
        show(app, f"{name}, again", [(path, None)] * 40)


def measure_readers(app: Served) -> None:
    """Fifty readers at once, each with a second between two requests; then whether every mark of theirs is there."""
    steps = [
        ("/", None),
        ("/for-me/", None),
        (f"/day/{app.last_day}/", None),
        ("/api/search?q=sparse+attention", None),
        (f"/paper/{app.paper}/", None),
        ("/api/marks", {"paper": app.paper, "mark": "starred", "on": True}),
        ("/mine/", None),
        ("/api/search?q=kv+cache", None),
    ]
    notes = [f"note of turn {turn}" for turn in range(3)]

    def read(reader: int) -> list[float]:
        connection, own = app.connect(), random.Random(reader)
        exchange(connection, reader, "/api/phrases", {"text": "sparse attention"})
        times = []
        for note in notes:
            for path, body in (*steps, ("/api/notes", {"paper": app.paper, "text": note})):
                time.sleep(own.uniform(0.5, 1.5))
                times.append(exchange(connection, reader, path, body)[0])
        marks = json.loads(exchange(connection, reader, "/api/marks")[1])[app.paper]
        if not marks["starred"] or not {note["text"] for note in marks["notes"]}.issuperset(notes):
            raise RuntimeError(f"a write of reader {reader} is lost: {marks}")
        return times

    for path, _ in steps[:5]:
        app.ask(path)  # as on any morning, somebody was there before
    busy, start = app.cpu(), time.perf_counter()
    with ThreadPoolExecutor(READERS) as readers:
        times = [took for own in readers.map(read, range(READERS)) for took in own]
    busy, seconds = (app.cpu() - busy) / len(times), time.perf_counter() - start
    p95 = statistics.quantiles(times, n=20)[-1]
    name = f"{len(times) / seconds:.0f} requests a second"
    print(f"  {name:34} {len(times):5} {statistics.median(times):9.1f} {p95:9.1f} {max(times):9.1f} {busy:9.1f}")


MEASURES: dict[str, Callable[[Served], None]] = {
    "search": measure_search,
    "own": measure_own,
    "pages": measure_pages,
    "readers": measure_readers,
}


def make_archive(home: Path, papers: int) -> None:
    """Make the archive, unless it is there."""
    if (home / "assay.db").is_file():
        return
    home.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    with open_store(home / "making.db") as store:
        store_all(store, papers, Clock(store))
    (home / "making.db").rename(home / "assay.db")
    print(f"{papers:,} papers stored in {time.perf_counter() - start:.0f} s")


@contextmanager
def serve(home: Path, papers: int) -> Iterator[Served]:
    """The app over the archive, on a free port."""
    command = [sys.executable, "-m", "assay", "--home", str(home), "serve", "--port", "0"]
    run = f"{time.time():.0f}"  # new readers each time
    tokens = {f"ASSAY_TOKEN_{run}_{reader}": token(reader) for reader in range(READERS)}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | tokens)
    try:
        assert process.stderr is not None
        address = next(word for line in process.stderr for word in line.split() if word.startswith("http"))
        day = FIRST_DAY.fromordinal(FIRST_DAY.toordinal() + (papers - 1) // papers_a_day(papers))
        yield Served(process, address, str(day), f"{day:%y%m}.{day.day * 1000 + 1:05d}")
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Make the archive, start the app, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=int, default=100_000)
    parser.add_argument("--home", type=Path, help="where the archive is, or is made; a new folder if left out")
    parser.add_argument("--only", nargs="*", choices=list(MEASURES), default=list(MEASURES))
    arguments = parser.parse_args()
    home: Path = arguments.home or Path(mkdtemp(prefix="assay-app-"))
    make_archive(home, arguments.papers)
    with serve(home, arguments.papers) as app:
        print(f"{arguments.papers:,} papers in {home}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        print(f"  {'milliseconds':34} {'asked':>5} {'P50':>9} {'P95':>9} {'most':>9} {'CPU each':>9}")
        for name in arguments.only:
            print(f" {MEASURES[name].__doc__ or name}")
            MEASURES[name](app)


if __name__ == "__main__":
    main()
