"""Trials of the methods that spend compute while a model thinks: what is gained beside what it costs, on equal budgets.

A trial's module has the name of its method under ``methods/reasoning/``; the policy that they share is the testbed's.
"""
