"""The figures in prose: read out of a paper as claims, and held against it where a summary repeats them.

Nothing here needs a model or a network, and the same text always gives the same answer.
"""
