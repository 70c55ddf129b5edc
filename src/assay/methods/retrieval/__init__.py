"""What a model is given to read before it answers: which queries are asked, and which of the finds are kept.

Extension points: a search is any function of a query and a number; models are what `assay.methods._models.as_model`
takes; retrievers of LangChain and LlamaIndex on the way out.
"""
