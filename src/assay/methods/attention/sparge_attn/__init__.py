"""SpargeAttn (arXiv 2502.18137): skip the attention tiles that a cheap preview shows to be nearly empty.

The idea. FlashAttention computes softmax(Q K^T) V tile by tile: `block_q` queries against `block_k` keys. In trained
models most tiles carry almost no mass. SpargeAttn needs no training to find them:

1. **Preview** (`plan_blocks`). Each block of queries and keys is averaged to one token, the small map
   ``P = softmax(mean(Q_i) . mean(K_j) / sqrt(D))`` is computed, and in each row the largest entries are kept: up to a
   cumulative share `tau`, or the `topk` share of them.
2. **Guard.** An average speaks for its block only if the rows of the block look alike. The self-similarity
   ``s(X) = mean_ij cos(x_i, x_j) = |mean_i x_i / |x_i||^2`` must exceed `theta`; a block of keys that fails is computed
   by every query, a block of queries that fails computes every key.
3. **Second filter.** Inside the online softmax, the value product of a tile is skipped where its row maxima lie more
   than `pv_threshold` (in powers of two) below the running maxima.

`theta` and `tau` are found per head by `tune_heads` and `tune_sparge`: the largest sparsity whose relative L1 error
``sum|o - o'| / sum|o|`` stays below a bound. `hilbert_order` lines up the tokens of a grid so that blocks are compact,
hence more alike.

Use it on a tensor, or on any transformers model that takes an attention implementation::

    out = sparge_attention(q, k, v, SpargeConfig(tau=0.95, theta=0.3), is_causal=True)

    tuned = tune_sparge(model, batches, l1=0.07)
    with tuned(model) as log:                                   # or SpargeAttn(topk=0.5)(model)
        model.generate(**prompt)
    print(log.sparsity)

Shapes throughout: query (B, H, N_q, D), key and value (B, H_kv, N_k, D), H a multiple of H_kv; masks (B, N) bool, True
for real tokens; block maps (B, H, ceil(N_q / block_q), ceil(N_k / block_k)) bool.

Departures from paper and official code (thu-ml/SpargeAttn), with the reason:

- No INT8 or FP8: the engine is PyTorch's FlexAttention, one for CPU and GPU. Of the paper's gain only the part that
  comes from skipping is left.
- FlexAttention cannot see the running maxima, so the second filter runs in the reference engine alone, and is off by
  default. Asking for both is refused.
- Causal masking is exact inside the diagonal tiles. In the official code (at bfd980b) the recommended functions pass
  a literal False as the kernel's causal flag, so there a token sees up to a block of its future.
- ``tau = 1`` and ``theta = 1`` mean exactly dense; the official comparison with a rounded sum may drop tiles.
- Keys are centred (`smooth_k`) only for the guard: the softmax does not change by it, nor, without INT8, anything else.
- The tuner bounds the error of the worst sample for the setting that it returns; the official one combines the
  largest values found for single samples and does not measure the combination.
"""

from assay.methods.attention.sparge_attn.config import SpargeConfig
from assay.methods.attention.sparge_attn.execution import ENGINES, attend, attend_by_loop, sparge_attention
from assay.methods.attention.sparge_attn.hilbert import hilbert_order
from assay.methods.attention.sparge_attn.models import SpargeAttn, SparsityLog, TunedSpargeAttn
from assay.methods.attention.sparge_attn.prediction import AttentionInput, BlockPlan, plan_blocks, self_similarity
from assay.methods.attention.sparge_attn.tuning import relative_l1, tune_heads, tune_sparge

__all__ = [
    "ENGINES",
    "AttentionInput",
    "BlockPlan",
    "SpargeAttn",
    "SpargeConfig",
    "SparsityLog",
    "TunedSpargeAttn",
    "attend",
    "attend_by_loop",
    "hilbert_order",
    "plan_blocks",
    "relative_l1",
    "self_similarity",
    "sparge_attention",
    "tune_heads",
    "tune_sparge",
]
