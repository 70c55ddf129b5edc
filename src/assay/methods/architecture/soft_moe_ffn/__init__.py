"""Steel-LLM's feed-forward block and data pipeline (Gu et al. 2025, arXiv 2502.06635), made safe for decoders.

**Idea.** The feed-forward network of a block becomes a soft mixture of experts (Puigcerver et al. 2024): experts see
*slots*, weighted means of tokens, so that everything is differentiable and no load is balanced. Each expert gates both
of its layers instead of one. The training data are a stream that goes on after a kill where it stopped, and to which
sources are added without what is there already.

**Equations.** With x (T, C), n experts of p slots each, Phi (C, S) for S = n p, and all softmaxes in fp32::

    L = scale * unit_rows(x) @ unit_columns(Phi)     (T, S)
    D = softmax(L, over tokens),  slots = D^T x      (S, C)
    y = softmax(L, over slots) @ experts(slots)      (T, C)
    expert(x) = silu(W3 h) * (W4 h),  h = silu(W1 x) * (W2 x)

**The leak.** D runs over all tokens, so in a decoder a token is computed from those after it: the loss in training is
no likelihood, and decoding token by token is another function (a softmax over one token is 1). Neither the paper nor
its code speaks of it. Three modes, then, and the first is refused on a decoder unless you insist:

- ``sequence``: the equations above, for encoders; padding takes no part in D.
- ``token``: y_t = sum over experts of softmax(L_t)_e expert_e(x_t), no slots. As costly as all experts.
- ``prefix``: D's softmax runs over the tokens up to t, so that a slot is a running mean. A token calls every expert on
  slots of its own; sums of shape (B, S, C + 1) in the layer's KV cache make decoding the same function.
- ``dense``: one expert, no mixture; the gated-twice block alone.

**Departures.** Released code feeds experts the normalised x, smaller by sqrt(C) than what a block usually gets; here it
is x itself, as in the paper's equations. L is normalised as in the released code, and |scale| counts at most 40, at
which a softmax of cosines has long chosen: exp(L - |scale|) then neither overflows nor vanishes, and the prefix sums
need no running maximum. An expert may also be a copy of the block's own network, which is how a trained model is
extended: mode ``token`` then computes what it did before.

**Use**::

    SoftMoE(mode="prefix").apply(model)             # right after it was made; SoftMoE.revert(model) takes it out
    causality_report(model.eval(), input_ids)       # what a token changes before it, loss as trained and as decoded
    model.save_pretrained(folder)
    model = load(folder)                            # assay.methods.load

    stream = PackedStream(tokenize, length=2048, end=2)
    stream.add_source("books.jsonl")
    loader = DataLoader(stream, batch_size=8)          # stream.state_dict() after any batch
"""

from assay.methods.architecture.soft_moe_ffn._causality import CausalityReport, causality_report
from assay.methods.architecture.soft_moe_ffn._layers import GatedTwiceMLP, SoftMoELayer
from assay.methods.architecture.soft_moe_ffn._model import SoftMoE
from assay.methods.architecture.soft_moe_ffn._stream import PackedStream, SourceCounts

__all__ = [
    "CausalityReport",
    "GatedTwiceMLP",
    "PackedStream",
    "SoftMoE",
    "SoftMoELayer",
    "SourceCounts",
    "causality_report",
]
