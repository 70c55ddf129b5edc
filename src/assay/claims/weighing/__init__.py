"""Weighs whether a summary's figure is of what the paper's is, by trees that were learnt from labelled summaries.

The rules of `assay.claims.judging` decide by what they are sure of. Here everything that they read counts a little:
which of them object, what either sentence says that the other one does too (`signs`), and how near the words that both
texts have stand to either figure (`nearness`). The trees (`trees.npz`, learnt by ``benchmarks/weigher.py``) are asked
last, and have the last word on what stands in title or abstract.
"""
