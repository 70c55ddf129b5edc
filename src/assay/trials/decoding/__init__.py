"""Trials of the methods that choose the next tokens: same output or same law first, then passes and time.

A trial's module has the name of its method under ``methods/decoding/``; models, texts and their baselines are its own.
"""
