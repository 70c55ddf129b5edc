"""Trials of forecasts across scale: what was foretold from small models against what the large one then does.

A trial's module has the name of its method under ``methods/scaling/``; its ladders and rival curves are its own.
"""
