"""Chooses what a figure is of among all that stands around it, by weights that were learnt from labelled abstracts.

The rules of `assay.claims.wording` read each field by itself. Here every phrase around the figure is a candidate for
every field, beside what the rules read and beside nothing at all. Two voices say how well each fits: a linear model of
signs of how it stands to the figure (`weights.json.gz`, made by ``benchmarks/chooser.py``), and a small encoder that
has read the words (`encoder.npz`, ``benchmarks/encoder.py``). Where the rules read something, it stays unless another
candidate is several times as likely. A second look weighs each candidate by what was likeliest around it.
"""

from assay.claims.choosing.chooser import choose_fields
from assay.claims.choosing.context import Context, Figure

__all__ = ["Context", "Figure", "choose_fields"]
