"""Fetches the full text of papers, reads it in a process of its own, and returns sections, tables and captions.

A paper's text is data and never an instruction. Text that readers cannot see, and sentences that look like orders to a
model, are flagged.
"""

from assay.fulltext.archive import form_of
from assay.fulltext.fetch import LEAST_TEXT, FetchResult, fetch
from assay.fulltext.model import Caption, Form, FullText, Section, Suspicion, Table
from assay.fulltext.sandbox import Limits, read

__all__ = [
    "LEAST_TEXT",
    "Caption",
    "FetchResult",
    "Form",
    "FullText",
    "Limits",
    "Section",
    "Suspicion",
    "Table",
    "fetch",
    "form_of",
    "read",
]
