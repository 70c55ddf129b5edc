"""Reads what a figure is of, in English and Korean, and whether two such readings disagree."""
