"""Trials of the methods that make weights smaller: what is left of quality at each size, beside the usual ways there.

A trial's module has the name of its method under ``methods/compression/``; models, texts and baselines are its own.
"""
