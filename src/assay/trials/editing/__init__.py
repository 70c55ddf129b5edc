"""Trials of the methods that edit facts: are edits kept, is all else kept, and what does an edit cost.

A trial's module has the name of its method under ``methods/editing/``; models, facts and their baselines are its own.
"""
