"""A process that stores numbered batches: ``python writer.py DATABASE FIRST LAST``.

It prints ``ready`` and waits for a line; then, for each batch, the batch's number and how many papers, sightings and
summaries were new, once the store has said that they are stored.
"""

import sys
from datetime import UTC, date, datetime, timedelta

from assay.papers.models import Origin, Paper, Parts, Sighting, Snapshot, Summary
from assay.store import open_store

PAPERS = 5


def main(database: str, first: int, last: int) -> None:
    print("ready", flush=True)
    sys.stdin.readline()
    with open_store(database) as store:
        for number in range(first, last):
            day = date(2099, 1, 1) + timedelta(days=number)
            page = Snapshot(
                source="huggingface",
                url=f"https://example.org/{number}",
                day=day,
                fetched_at=datetime(2099, 1, 1, tzinfo=UTC),
                body=f"page {number}".encode(),
            )
            ids = [f"9901.{number * PAPERS + place:05d}" for place in range(PAPERS)]
            added = store.add(
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
            print(number, *added, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
