"""A process that saves or restores an archive: ``python saver.py save|restore ARCHIVE BACKUP HOME STEP``.

It comes to a standstill before its step of that number, a step being whatever opens a file to write, renames or removes
one: it prints ``still`` and waits. Having come to its end, it prints ``done``.
"""

import sys
from itertools import count
from pathlib import Path

from assay.store.backup import Origin, write_backup
from assay.store.holdings import ARCHIVE
from assay.store.restoring import restore_backup

STEPS = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "os.chmod", "sqlite3.connect"}


def stand_still_before(number: int) -> None:
    steps = count(1)

    def step(event: str, arguments: tuple[object, ...]) -> None:
        if event not in STEPS and not (event == "open" and set("wxa+") & set(str(arguments[1]))):
            return
        if next(steps) == number:
            print("still", flush=True)
            sys.stdin.readline()

    sys.addaudithook(step)


if __name__ == "__main__":
    what, archive, backup, home, number = sys.argv[1:]
    stand_still_before(int(number))
    if what == "save":
        write_backup(Path(backup), [Origin(ARCHIVE, archive)], {"note": b"a note"})
    else:
        place = Path(home)
        restore_backup(Path(backup), place, [ARCHIVE], {"archive": place / "assay.db"}, lambda name: place / name)
    print("done", flush=True)
    sys.stdin.readline()
