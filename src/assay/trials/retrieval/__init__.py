"""Trials of the methods that choose what a model reads before it answers, on a real dictionary of computing.

A trial's module has the name of its method under ``methods/retrieval/``.
"""
