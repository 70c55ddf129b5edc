"""Trials of the ways to evaluate: what is planted must be found, intervals must cover, and a real model is asked.

A trial's module has the name of its method under ``methods/evaluation/``; the questions it asks stand in the testbed.
"""
