"""The store: one database of papers, sightings, summaries, claims and raw pages, with a search over them.

Nothing stored is ever lost: raw pages, sightings and attempts are only added. A paper that several sources describe is
one merged record, the same in whatever order they arrived.
"""

from assay.store.adding import Additions
from assay.store.health import SourceHealth
from assay.store.ledger import Claimed, ClaimQuery, LedgerLine
from assay.store.search import Hit
from assay.store.store import Store, open_store
from assay.store.texts import KeptText, Revision

__all__ = [
    "Additions",
    "ClaimQuery",
    "Claimed",
    "Hit",
    "KeptText",
    "LedgerLine",
    "Revision",
    "SourceHealth",
    "Store",
    "open_store",
]
