"""Methods that change how attention is computed, or which keys and values it sees, on a model as it is.

The ecosystem's extension points: transformers' `AttentionInterface` for the computation, its `Cache` for what is kept.
"""
