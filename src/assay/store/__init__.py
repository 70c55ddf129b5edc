"""The store: one database with everything that was seen, told and found, and the search over it.

What is stored is never lost: raw pages, sightings and attempts are only ever added. A paper that several sources
describe is one merged record, the same whatever order they arrived in.
"""

from assay.store.adding import Added
from assay.store.ledger import LedgerLine, Wanted
from assay.store.search import Hit
from assay.store.store import SourceHealth, Store, open_store
from assay.store.texts import KeptText, Revision

__all__ = ["Added", "Hit", "KeptText", "LedgerLine", "Revision", "SourceHealth", "Store", "Wanted", "open_store"]
