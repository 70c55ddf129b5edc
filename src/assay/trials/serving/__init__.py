"""Trials of serving: simulated engines under load, and real servers on this machine behind what is tried.

A trial's module has the name of its method under ``methods/serving/``; what it starts as servers stands beside it.
"""
