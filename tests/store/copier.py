"""A process that copies an archive: ``python -m tests.store.copier SOURCE TARGET STATEMENT``.

It comes to a standstill before its statement of that number, a commit being one too: it prints ``still`` and waits.
"""

import sys

from tests.store.writer import stand_still_before

from assay.store.copying import copy
from assay.store.holdings import ARCHIVE

if __name__ == "__main__":
    source, target, statement = sys.argv[1:]
    stand_still_before(int(statement))
    copy(source, target, ARCHIVE)
    print("done", flush=True)
