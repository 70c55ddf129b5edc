"""How compute is spent while a model thinks: search, step rewards, thought templates, confidence and abstention, tools.

Extension points: any causal language model of transformers, by `assay.methods._branches`; rewards and verifiers as
functions or as classifiers of transformers; endpoints that speak OpenAI's protocol where no logits are needed.
"""
