"""Chooses what a figure is of among all that stands around it, by weights that were learnt from labelled abstracts.

The rules of `assay.claims.wording` read each field by itself. Here every phrase around the figure is a candidate for
every field, beside what the rules read and beside nothing at all; signs say how it stands to the figure, and a linear
model weighs them (`weights.json.gz`, made by ``benchmarks/chooser.py``). Where the rules read something, it stays
unless another candidate is several times as likely.
"""

from assay.claims.choosing.chooser import choose_fields
from assay.claims.choosing.context import Context, Figure

__all__ = ["Context", "Figure", "choose_fields"]
