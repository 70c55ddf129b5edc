"""Methods that change what a trained model says about single facts, in its weights and without training it again.

Extension point: PyTorch's modules, read with forward hooks; what is written is a journal that can be taken back.
"""
