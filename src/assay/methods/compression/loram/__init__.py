r"""LoRAM (Zhang et al. 2025, arXiv 2502.13533): train LoRA on a pruned copy of a model, use it with the whole model.

**Idea.** What takes the memory when LoRA is trained is the frozen model. So freeze a pruned one instead. What the
adapter learnt is put back where it belongs: neurons and heads that were pruned for training are untouched by it, but
they are there again when the model is used. As a pruned model no longer knows all that the whole one does, its
publisher first trains it a little on general text (alignment). In 4 bits it is smaller still (QLoRAM).

**Equations.** For a frozen W0 (out, in) and the features I that a plan keeps of one of its sides::

    W_P     = W0[I, :]   (q, k, v, gate, up)       or   W0[:, I]   (o, down)
    train     W_P + (alpha / r) B_P A_P            after alignment of W_P, or without
    recover   B = 0, B[I, :] = B_P,  A = A_P       or   A = 0, A[:, I] = A_P,  B = B_P
    use       W0 + (alpha / r) B A                 W0 is the original: neither pruned nor aligned

The change is exactly zero on what was pruned. Without pruning, recovery changes nothing.

**Shapes.** Of the feed-forward block single neurons go, which are rows of gate and up and columns of down; of attention
whole groups, which are a key-value head with all its query heads. Group j of n is the stretch from j w to (j + 1) w of
a layer's features, where w is its number of features by n. Of n neurons or groups floor(ratio n) go. The order of those
kept is that of the full model. The paper's 70B plan is `Pruning()`: all but the first 4 and the last 2 layers.

**Departures.** Pruning single weights (the paper's Semi and Unst variants) changes no shape: such an adapter needs no
recovery, and without sparse storage there is no memory to save; it is not here. The taylor score sums magnitudes of
weight times gradient over all weights of a neuron or group (LLM-Pruner's ``param_first``), attention's over q, k, v
and o alike. The authors' code rounds numbers of neurons and heads in two ways; here both are rounded down. Their option
to fill the empty columns of A with noise is left out: it would change the pruned neurons at random.

**Use**::

    plan = PruningPlan.structured(model, Pruning(ratio=0.65), batches)
    plan.save("plan.safetensors")
    small = plan.apply(model)                               # a copy, of the same class
    align(small, text)                                      # the publisher's part; any trainer will do
    small.save_pretrained("small")

    small = assay.methods.load("small")
    NF4().apply(small)                                      # only where memory is short
    tuned = get_peft_model(small, LoraConfig(...))          # peft's own
    ...; tuned.save_pretrained("small-adapter", save_embedding_layers=False)
    recover_adapter("small-adapter", plan, "adapter")
    PeftModel.from_pretrained(model, "adapter")

The sizes of a small model are in its configuration: in the fields of its architecture where all layers have the same,
so that it is a stock model; where some layers are left whole, as a note that `assay.methods.load` reads. Small models
and packed ones run under `torch.compile`. An adapter says by which plan its model was made (through the name that
`peft` writes into it), so that it is not recovered by another.
"""

from assay.methods.compression.loram._align import Alignment, align
from assay.methods.compression.loram._blocks import Shape
from assay.methods.compression.loram._nf4 import NF4, NF4Linear, nf4_levels, stored_bytes
from assay.methods.compression.loram._plan import PrunedSizes, Pruning, PruningPlan, Selection
from assay.methods.compression.loram._recover import recover, recover_adapter

__all__ = [
    "NF4",
    "Alignment",
    "NF4Linear",
    "PrunedSizes",
    "Pruning",
    "PruningPlan",
    "Selection",
    "Shape",
    "align",
    "nf4_levels",
    "recover",
    "recover_adapter",
    "stored_bytes",
]
