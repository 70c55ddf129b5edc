"""Trials of the methods that change attention or what it sees: speed and quality beside dense attention and its rivals.

A trial's module has the name of its method under ``methods/attention/``; models and their extension points are theirs.
"""
