"""The figures in prose and tables: read out of a paper as claims, and held against it where a summary repeats them.

`extract` and `check` are the two verbs; ``numbers`` reads figures, ``naming`` names, ``wording`` the fields of a claim,
``meanings`` what a figure is of in two languages, and ``tables`` rows and columns. Nothing here needs a model or a
network, and the same text always gives the same answer.
"""
