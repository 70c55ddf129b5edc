"""Finds the names in prose, tells which are a paper's own, and which are slips."""
