"""What a network is built of: norms, residual paths, feed-forward blocks and how they are put together.

Extension point: PyTorch's modules, altered before training (``torch.nn.utils.parametrize``, swapped submodules).
"""
