"""LM2 (Kang et al. 2025, arXiv 2502.06049): a gated memory beside the attention of every decoder block.

**Idea.** Each block has a small bank of slots. Tokens read it by cross-attention, and what they read is added to what
attention puts out, through a gate; segments of tokens are written into it through an input and a forget gate, like an
LSTM's. The path through attention stays as it was, so that a model with a memory that is not read yet is the model.

**Equations.** In one block, E_j (S x d) is what goes into attention from segment j, and M_j (N x d) the memory before
it; `read` and `write` are multi-head attentions with projections of their own, without biases::

    R   = read(queries E_j, keys and values M_j)             out = Attention(E) + sigmoid(R W_o + b_o) * R
    C   = write(queries M_j, keys and values E_j)
    M_{j+1} = sigmoid([C, M_j] W_i + b_i) * tanh(C) + sigmoid([C, M_j] W_f + b_f) * M_j

M_0 is learned and begins with rows of the identity, or orthogonal columns where there are more slots than features;
b_f begins at 1, so that a memory keeps. The output projection of `read` begins at zero: no bit of the logits changes.

**Departures.** The paper cannot be built as printed. It multiplies a gate of T x d with a memory of N x d, which takes
as many slots as tokens, and its input gate of the released module averages over the whole sequence: what a token is
given depends on tokens after it. Here a token reads what segments *before* its own left, so that it is causal by
construction, and an update sees memory and segment alone. The output gate multiplies what was read, where the paper has
the memory. Each block keeps its own memory from segment to segment; the paper also hands it from block to block, which
would let the upper blocks of a segment read its future, or forget all other segments. Neither top-k nor dropout.

**In the cache.** With `past_key_values`, the memory and the inputs of the segment that has begun (fewer than S tokens)
are part of each layer's cache, dynamic or static. They follow beams, `num_return_sequences` and selections of rows;
`reset` empties them. Cropping is refused, since an update cannot be taken back: no assisted decoding. A prompt read in
chunks gives what it gives token by token. Each row counts its segments from its first token: padding may stand only at
a row's end and not be generated from, and documents are not packed into one row; both are refused, though not inside of
`torch.compile`. A compiled forward pass without a cache is one graph; with a cache, the memory runs outside of it.

**Use**::

    LM2Memory(slots=64, heads=4, segment=128).apply(model)               # then train it
    cache = model(ids, use_cache=True).past_key_values
    state = memory_state(cache)                                          # tensors by name
    model.generate(more, past_key_values=cache_with_memory(model, state))  # the memory alone, without keys and values
    model.save_pretrained(folder); assay.methods.load(folder)
    LM2Memory.revert(model)                                              # stock again
"""

from assay.methods.architecture.lm2_memory._cache import cache_with_memory, memory_state
from assay.methods.architecture.lm2_memory._memory import GatedMemory, MemoryState
from assay.methods.architecture.lm2_memory._model import LM2Memory

__all__ = ["GatedMemory", "LM2Memory", "MemoryState", "cache_with_memory", "memory_state"]
