"""What the papers propose, as library code: one room per thing they change, one module per paper.

This package imports nothing else of Assay, so that it can be lifted out. A method works on any Hugging Face model of
its kind, through the ecosystem's own extension point; what alters a model is a context manager, undone when it ends.
"""
