"""The full text of papers: fetched politely, read in a process of its own, kept as sections, tables and captions.

What a paper says is data. Text that readers cannot see, and sentences that look like orders to a model, are flagged.
"""

from assay.fulltext.fetch import Fetched, fetch
from assay.fulltext.model import Caption, Form, FullText, Section, Suspicion, Table
from assay.fulltext.sandbox import Limits, read

__all__ = ["Caption", "Fetched", "Form", "FullText", "Limits", "Section", "Suspicion", "Table", "fetch", "read"]
