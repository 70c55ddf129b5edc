r"""Matryoshka Quantization (Nair et al. 2025, arXiv 2502.06786): one checkpoint whose 8-bit codes may be cut to fewer.

**Idea.** The top bits of an 8-bit code are a 4-bit code, and the top bits of that a 2-bit code. Usual 8-bit weights are
poor when they are cut so. Here the weights are trained for it: the loss is computed with the codes whole, cut to 4 bits
and cut to 2, and the weighted sum is minimised. Afterwards every width from 1 to 8 can be served, layer by layer.

**Equations.** For each row w of a weight (one output channel), with c = 8 bits in full::

    a = (max w - min w) / (2^c - 1)        q = clamp(round((w - min w) / a), 0, 2^c - 1)
    S(q, r) = 2^(c - r) * clamp(floor(q / 2^(c - r) + 1/2), 0, 2^r - 1)
    w_r = a * S(q, r) + min w              dw_r / dw = 1, straight through
    L = sum over r of weight_r * loss(model with all w_r)

A cut rounds by the first bit that falls away, and the clamp catches what would round beyond the top. Every width is
read with the one a and min w of the 8-bit code. With an extra bit (version 3 of the paper) the clamp is left out: the
few codes beyond the top are kept, and cost a bit more each. Co-distillation is a term whose target is not the text but
what the model says at a larger width. A term may stand for either, or two terms of one width for both.

**Shapes.** A weight is (out, in); a and min w are (out, 1) in fp32, whatever the weight's type; codes are uint8.

**Departures.** The paper writes the offset as a zero point z = -min w / a, which is not rounded; adding min w is the
same without dividing by a small a. Its other variant, OmniQuant with learned clipping block by block, is not here: only
quantisation-aware training (QAT). The authors published no code. MatGPTQ (IST-DASLab) slices the same way;
MatQuant-Omni (skhodomo) cuts dequantised weights without rounding, which is something else.

**Use**::

    MatQuant().apply(model)                      # the feed-forward layers, in place
    for loss in losses(model, batch):            # 8, 4 and 2 bits: three passes
        loss.backward()
    with sliced(model, 3):                       # a width that was never trained
        model.generate(...)
    MatQuant.revert(model)                       # the weights that were trained, in full precision; or
    fold(model, 4)                               # ... the weights at a width; or
    encode(model).save_pretrained(folder)        # ... one file of 8-bit codes,
    set_bits(assay.methods.load(folder), {r"layers\.0\.": 4, "": 2})  # served at any widths

Outside of `sliced` a nested model is what it was: its own weights, unquantised, bit for bit; ``save_pretrained`` writes
these, to train on from. It runs under `torch.compile`, which compiles once for each width.
"""

from assay.methods.compression.matquant._codes import Codes, cut, quantise
from assay.methods.compression.matquant._layers import (
    CodedLinear,
    Coding,
    MatQuant,
    NestedLinear,
    Term,
    encode,
    fold,
    mean_bits,
    set_bits,
    sliced,
)
from assay.methods.compression.matquant._loss import joint_loss, losses

__all__ = [
    "CodedLinear",
    "Codes",
    "Coding",
    "MatQuant",
    "NestedLinear",
    "Term",
    "cut",
    "encode",
    "fold",
    "joint_loss",
    "losses",
    "mean_bits",
    "quantise",
    "set_bits",
    "sliced",
]
