"""Judges a figure of a summary beside those of the paper: what it is of on either side, and what decides."""
