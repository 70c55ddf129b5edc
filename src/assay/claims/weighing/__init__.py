"""Weighs whether a summary's figure is of what the paper's is, by what was learnt from labelled summaries.

The rules of `assay.claims.judging` decide by what they are sure of. Here everything that they read counts a little:
which of them object, what either sentence says that the other one does too (`signs`), and how well two figures fit by
the words that go with both (`attachment`, by the `cues` of each sentence). Boosted trees (`trees`) are asked last, and
have the last word on what stands in title or abstract. ``benchmarks/weigher.py`` learns both.
"""
