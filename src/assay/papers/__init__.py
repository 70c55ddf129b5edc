"""The nouns of Assay: papers, sightings, days, summaries, claims, and the text they are made of.

Nothing here reads a network, a database or a clock; every other room is built from these.
"""
