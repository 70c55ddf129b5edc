"""Mixture of Memories (Du et al. 2025, arXiv 2502.13685): linear attention with several states and a router.

**Idea.** Linear attention keeps the past in one matrix, where facts that have nothing to do with each other overwrite
one another. Here are M matrices. A router sends each token to the best k of them; those are updated and read, the
others stay as they are to the last bit, without even decay. One more, shared, sees all tokens.

**Equations.** For a token x, with memories m = 1 ... M of one head, S^m (d_k, d_v)::

    p = softmax(W_r x),   g = p over its k largest, divided by their sum, 0 elsewhere
    q = conv(W_q x),   k^m = conv(W_k^m x),   v^m = conv(W_v^m x)            conv: causal, depthwise, then SiLU
    q, k^m: divided by their length;   q: times 1 / sqrt(d_k)
    alpha^m = exp(-exp(A) softplus(w_a^m x + c)),   beta^m = sigmoid(w_b^m x)
    S^m = alpha^m S^m                                                        for the k chosen m and the shared one
    S^m = S^m + beta^m (k^m)^T (v^m - k^m S^m)
    o = sum_m g_m q S^m + q S^shared
    y = W_o (RMSNorm(o) * SiLU(W_z x))                                       the norm head by head

That is the gated delta rule; `RULES` has what becomes of it without decay (alpha = 1) or without erasing (no k S).
In training weight * M * sum_m f_m P_m joins the loss, f being the share of tokens that a memory gets, P its mean p.

**Shapes.** x and y are (B, T, C). A layer's state is (B, M + 1, heads, d_k, d_v), in fp32 whatever the type of x.

**Three forms**, one function (`rule`): a loop over tokens, which decodes and is what the others are checked against;
all memories over all tokens with the updates of the unchosen masked, in chunks, one triangular system each (the
default: no sorting, M / k times the work); or each memory's tokens gathered first, which is less work, but needs to
know the largest load and so cannot be one graph under ``torch.compile``. The other two can (checked with the backends
``eager``, gradients and all, and ``aot_eager`` without gradients, on whose backward PyTorch 2.13 stumbles).

**Departures.** The authors convolve each memory's own subsequence; here it is done in the order of the text, before
routing, so that a cache holds one tail, and what a token writes does not depend on who else was routed where. They drop
the oldest tokens of a memory that has too many in one of their versions; none is dropped here. Their loss counts
padding in, ours does not, and it joins the loss in training only: what a model in eval mode returns as loss is
cross-entropy. Documents packed into one row are refused: the states would leak from one to the next.

**Use**::

    model = MomForCausalLM(MomConfig(vocab_size=32_000, hidden_size=512, num_hidden_layers=8, head_dim=128))
    model(input_ids=ids, labels=ids).loss.backward()
    model.generate(ids); model.save_pretrained(folder)
    router_load(model, ids)                 # share of tokens by layer and memory
    model = MixtureOfMemories().apply(llama)  # a new model: its embeddings, norms and MLPs, and memories for attention

A model is loaded with `assay.methods.load`, or once this module is imported with the Auto classes.
"""

from assay.methods.architecture.mixture_of_memories._cache import memory_cache
from assay.methods.architecture.mixture_of_memories._config import FORMS, RULES, MomConfig
from assay.methods.architecture.mixture_of_memories._conversion import MixtureOfMemories
from assay.methods.architecture.mixture_of_memories._mixer import MomMixer
from assay.methods.architecture.mixture_of_memories._model import (
    MomForCausalLM,
    MomModel,
    balance_loss,
    router_load,
)

__all__ = [
    "FORMS",
    "RULES",
    "MixtureOfMemories",
    "MomConfig",
    "MomForCausalLM",
    "MomMixer",
    "MomModel",
    "balance_loss",
    "memory_cache",
    "router_load",
]
