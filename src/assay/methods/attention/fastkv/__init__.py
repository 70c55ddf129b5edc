"""FastKV: read a long prompt with half the work and store a short cache of it (arXiv 2502.01068).

Early layers need the whole prompt; from some middle layer T on, every layer attends to much the same few tokens. So
layers 0..T read all n tokens, and only the tokens that the end of the prompt attends to at layer T are handed on to
the layers above (*token-selective propagation*, TSP). Independently of that, every layer stores for decoding only the
entries that the end of the prompt attends to there. Two knobs, then: `tsp_rate` is what reading costs, `retain_rate`
is what decoding costs.

    press = FastKV(tsp_rate=0.2, retain_rate=0.1)
    with press(model) as reading:
        out = model.generate(**inputs, max_new_tokens=64)
    print(reading.report())

With q of shape (B, Hq, m, D) and k of shape (B, Hkv, m, D) for the m tokens present at a layer, g = Hq / Hkv query
heads to a KV head and a window of w last tokens, the score of token j < m - w for KV head h is

    s[h, j] = sum over g heads of pool_j( sum over w queries of softmax(q[-w:] k^T / sqrt(D))[j] )

with the softmax over all m keys, causal inside the window. A layer stores, per KV head, the C - w tokens of highest s
and the last w. At layer T the L - w tokens of highest sum_h s[h, j] and the last w are put back in order; their
hidden states after the whole layer go on, with the positions they always had. Attention always sees all tokens that
are present at its layer; only what is stored is compressed. C = floor(r n), L = floor(rho n), or fixed numbers.

How it plugs in: the attention function of the model is wrapped through transformers' `AttentionInterface` (queries and
keys come out of it rotated and normalised, whatever the architecture does to them); hooks on the decoder layers
shorten the residual stream and hand each layer its own mask; `RetainedLayer` is a cache layer that stores fewer tokens
than it has seen. Works on decoders of the Llama kind (Llama, Mistral, Qwen3, Mixtral, OLMo, GPT-NeoX ...), batches,
left padding, GQA. What ranks tokens is plain causal attention over rotary positions: sinks, soft caps, windows, latent
keys (MLA), recurrent layers and masks of a model's own are refused.

Departures from the official code (dongwonjo/FastKV at b978769), and why:

- All layers store floor(r n); the code stores int(L r / rho) above T, which differs by rounding, and by more where
  rho n is not whole. A layer that has no more than floor(r n) tokens stores all.
- Whether tokens are dropped at T depends on L alone; the code also skips it, silently, when it stores everything.
- Equal scores go to the earlier token (a stable sort): max pooling makes many, and the choice of `topk` among them
  differs between devices and between a row alone and in a batch.
- cos and sin are gathered, not computed again: the same numbers, and right for rotary embeddings that depend on length.
- Rows of a left-padded batch have budgets by their own lengths, so a row gives what it gives alone.
- `tsp_layer="auto"` measures the first prompt (one more reading of it); the authors chose 15 of 32 by hand.
"""

from assay.methods.attention.fastkv._cache import RetainedLayer
from assay.methods.attention.fastkv._choice import pick_tsp_layer, token_scores
from assay.methods.attention.fastkv._model import prefill_flops
from assay.methods.attention.fastkv._press import FastKV
from assay.methods.attention.fastkv._reading import Reading, Report
from assay.methods.attention.fastkv._reference import reference_logits
from assay.methods.attention.fastkv._scores import Scorer, Selection, select, window_scores

__all__ = [
    "FastKV",
    "Reading",
    "Report",
    "RetainedLayer",
    "Scorer",
    "Selection",
    "pick_tsp_layer",
    "prefill_flops",
    "reference_logits",
    "select",
    "token_scores",
    "window_scores",
]
