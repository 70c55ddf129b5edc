"""Trials of changes to what a network is built of: the same small model trained with and without, on the same data.

A trial's module has the name of its method under ``methods/architecture/``; models, texts and baselines are its own.
"""
