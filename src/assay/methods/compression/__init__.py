"""Methods that make a model's weights smaller: quantised, pruned or shared, in training or after it.

Extension points: PyTorch's modules, swapped by name, and safetensors files for what is shipped.
"""
