"""Trials of agents: what is done right or noticed, beside what it costs, with real parts and faults put in on purpose.

A trial's module has the name of its method under ``methods/agents/``.
"""
