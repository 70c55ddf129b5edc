"""A process that stores numbered batches: ``python writer.py DATABASE FIRST [LAST]``, without LAST until it is killed.

It prints ``ready`` and waits for a line; then, for each batch, the batch's number and how many papers, sightings and
summaries were new, once the store has said that they are stored. If the line is a number, it comes to a standstill
before its statement of that number, a commit being one too: it prints ``still`` and waits for another line.
"""

import sys
from datetime import UTC, date, datetime, timedelta
from itertools import count

from sqlalchemy import Engine, event

from assay.papers.models import Origin, Paper, Parts, Sighting, Snapshot, Summary
from assay.store import open_store

PAPERS = 5


def stand_still_before(number: int) -> None:
    numbers = count(1)

    def step(*_: object) -> None:
        if next(numbers) == number:
            print("still", flush=True)
            sys.stdin.readline()

    event.listen(Engine, "before_cursor_execute", step)
    event.listen(Engine, "commit", step)


def main(database: str, first: int, last: int | None = None) -> None:
    print("ready", flush=True)
    line = sys.stdin.readline().strip()
    if line.isdigit():
        stand_still_before(int(line))
    with open_store(database) as store:
        for number in count(first) if last is None else range(first, last):
            day = date(2099, 1, 1) + timedelta(days=number)
            page = Snapshot(
                source="huggingface",
                url=f"https://example.org/{number}",
                day=day,
                fetched_at=datetime(2099, 1, 1, tzinfo=UTC),
                body=f"page {number}".encode(),
            )
            ids = [f"9901.{number * PAPERS + place:05d}" for place in range(PAPERS)]
            additions = store.add(
                source="huggingface",
                snapshot=page,
                papers=[Paper(id=key, title=f"Batch {number}", abstract=f"unique{number} words") for key in ids],
                sightings=[
                    Sighting(paper=key, source="huggingface", day=day, rank=rank, snapshot=page.sha256)
                    for rank, key in enumerate(ids, 1)
                ],
                summaries=[
                    Summary(paper=key, origin=Origin.MODEL, source="m", languages={"ko": Parts(one_line="합성 예시")})
                    for key in ids
                ],
            )
            print(number, *additions, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
