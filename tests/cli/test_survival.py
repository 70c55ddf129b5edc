"""Servers that are killed: what they said was stored is there, whoever else wrote to the same home meanwhile."""

import http.client
import json
import threading
import urllib.request
from pathlib import Path
from queue import Queue

from tests.cli.test_serve import running
from tests.web.sample import PAPER

ENOUGH = 50
"""Writes that are answered before the servers are killed; a client may do sixty at once."""


def test_two_servers_of_one_home_that_are_killed_lose_nothing_that_they_stored(home: Path, tmp_path: Path) -> None:
    said: Queue[str] = Queue()
    confirmed: dict[str, list[str]] = {"first": [], "second": []}

    def write(server: str, address: str) -> None:
        """Give tags until nobody answers; keep those that the server said it kept."""
        for number in range(10_000):
            tag = f"{server}-{number}"
            change = json.dumps({"paper": PAPER, "tag": tag, "on": True}).encode()
            asked = urllib.request.Request(f"{address}api/tags", change, {"content-type": "application/json"})
            try:
                with urllib.request.urlopen(asked) as answer:
                    assert tag in json.load(answer)["tags"]
            except (OSError, http.client.HTTPException, ValueError):  # also half an answer
                return
            confirmed[server].append(tag)
            said.put(tag)

    with running(home, tmp_path, "serve", "--port", "0") as one, running(home, tmp_path, "serve", "--port", "0") as two:
        writers = [
            threading.Thread(target=write, args=(name, address_of(server)))
            for name, server in zip(confirmed, (one, two), strict=True)
        ]
        for writer in writers:
            writer.start()
        for _ in range(ENOUGH):
            said.get(timeout=120)
        one.kill()
        two.kill()
        for writer in writers:
            writer.join()
    assert all(confirmed.values()), "both were at it"
    with (
        running(home, tmp_path, "serve", "--port", "0") as again,
        urllib.request.urlopen(f"{address_of(again)}api/marks?paper={PAPER}") as answer,
    ):
        kept = json.load(answer)[PAPER]["tags"]
    told = {tag for tags in confirmed.values() for tag in tags}
    assert told <= set(kept)
    assert len(kept) == len(set(kept))
    assert len(set(kept) - told) <= 2  # those that were stored just when their server could no longer say so


def address_of(server: object) -> str:
    """Where a server says that it answers."""
    return server.stderr.readline().split()[3]  # type: ignore[attr-defined, no-any-return]
