"""Peak memory of a call, beyond what was allocated when it began, and of a training step of a model without weights."""

import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


def peak_memory(call: Callable[[], object], device: torch.device) -> int:
    """The most bytes that `call` held at once, its result included, over what was there before.

    On CUDA this is what the allocator says. On a CPU it is the sum over live tensor storages that the call's own
    operations made: exact and repeatable, but blind to what a kernel allocates and frees inside.
    """
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        result = call()
        torch.cuda.synchronize(device)
        peak = int(torch.cuda.max_memory_allocated(device)) - before
        del result
        return peak
    with _LiveStorages() as live:
        result = call()
    del result
    return int(live.peak)


def step_memory(model: Any, *, texts: int, tokens: int, checkpoints: bool) -> int:
    """Bytes at the peak of a training step with AdamW, of a causal language model on the meta device.

    Counted are the model's tensors, AdamW's moments, and what a forward and a backward pass make, gradients included.
    Operations on that device make tensors that have a size and nothing else, so that a model that no machine holds can
    be counted. Attention is computed the plain way there, with its map of T x T, which is more than a fused kernel
    takes; what a GPU's driver, its kernels and fragmentation take is left out.

    Args:
        model: A model of transformers, with or without PEFT's adapters; what requires gradients is trained.
        texts: Texts of a step.
        tokens: Tokens of a text.
        checkpoints: Whether activations are computed again in the backward pass instead of kept.
    """
    model.train()
    if checkpoints:
        getattr(model, "get_base_model", lambda: model)().activation_checkpointing_enable({"use_reentrant": False})
    ids = torch.zeros(texts, tokens, dtype=torch.long, device="meta")
    # A whole mask is used as it is; to make one, transformers would look at values, and there are none.
    mask = torch.zeros(1, 1, tokens, tokens, dtype=model.get_input_embeddings().weight.dtype, device="meta")

    def step() -> None:
        model(input_ids=ids, attention_mask=mask, labels=ids, use_cache=False).loss.backward()

    stored: int = sum(tensor.nbytes for tensor in (*model.parameters(), *model.buffers()))
    moments: int = 2 * sum(parameter.nbytes for parameter in model.parameters() if parameter.requires_grad)
    return stored + moments + peak_memory(step, torch.device("cpu"))


class _LiveStorages(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch leaves it untyped
    """Follows the storages that operations make, until they are freed."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = self.peak = 0
        self._live: weakref.WeakKeyDictionary[torch.UntypedStorage, None] = weakref.WeakKeyDictionary()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        before = {id(s) for s in map(_storage, tree_leaves((args, kwargs))) if s is not None}
        out = func(*args, **(kwargs or {}))
        for storage in map(_storage, tree_leaves(out)):
            # A view or an operation in place returns a storage that its arguments already had.
            if storage is not None and id(storage) not in before and storage not in self._live:
                self._live[storage] = None
                size = storage.nbytes()
                self.now += size
                self.peak = max(self.peak, self.now)
                weakref.finalize(storage, self._free, size)
        return out

    def _free(self, size: int) -> None:
        self.now -= size


def _storage(leaf: object) -> torch.UntypedStorage | None:
    return leaf.untyped_storage() if isinstance(leaf, torch.Tensor) else None
