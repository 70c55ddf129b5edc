"""What stands beside the archive: the readers' own things, and vectors."""

from assay.reader import schema, vectors
from assay.store import schema as archive
from assay.store.holdings import Holding

READERS = Holding("readers", "readers", tuple(schema.metadata.sorted_tables), schema.STEPS)
VECTORS = Holding(
    "vectors",
    "vectors",
    tuple(table for table in vectors.metadata.sorted_tables if table is not archive.migrations),
    vectors.STEPS,
)
