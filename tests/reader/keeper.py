"""A process that keeps things: ``python keeper.py star FILE READER FIRST LAST`` or ``deliver FILE STEP``.

``star`` prints ``ready`` and waits for a line; then it stars, tags and notes one paper after the other and prints the
number of each once the shelf has said that it is kept; without LAST, until it is killed. ``deliver`` claims a
delivery, goes as far as ``claimed``, ``begun`` or ``sent``, prints that word, and waits for a line with the delivery in
its hands.
"""

import sys
from itertools import count

from assay.reader.records import Mark
from assay.reader.shelf import open_shelf


def star(file: str, reader: str, first: str, last: str = "") -> None:
    print("ready", flush=True)
    sys.stdin.readline()
    with open_shelf(file, reader) as shelf:
        for number in range(int(first), int(last)) if last else count(int(first)):
            paper = f"9901.{number:05d}"
            shelf.mark([paper], Mark.STARRED)
            shelf.tag(paper, ["everybody's", f"tag {number}"])
            shelf.note("9901.00000", f"note {number} of {first}")
            print(number, flush=True)


def deliver(file: str, step: str) -> None:
    with (
        open_shelf(file) as shelf,
        shelf.deliver("mail", "ada@example.org", "2099-12-02", ["en"]) as sending,
    ):
        if step != "claimed":
            sending.begin()
        if step == "sent":
            sending.confirm()
        print(step, flush=True)
        sys.stdin.readline()


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    if command == "star":
        star(*arguments)
    else:
        deliver(*arguments)
