"""ENCORE: thousands of factual edits in the weights, one batch after another (arXiv 2502.01636).

Locate-then-edit methods do two things for each fact. They search for a *target*, an activation with which the model
states the new object, and then solve a least-squares problem for the weights of an MLP projection that produces it.
In a long sequence the first over-fits and the second lets the weights grow until the edited layers drown the others.
ENCORE ends the search soon after the new object is the most probable token in all contexts (*most-probable early
stopping*), protects the keys of earlier edits, and puts a Frobenius penalty on every update.

    covariance = fit_covariance(model, tokenizer, layers, texts)      # once, before any edit
    editor = Encore(layers).apply(model, tokenizer, covariance)
    editor.edit([Edit("The capital of {} is", "Gullwing", "Tamber"), ...])
    editor.rollback(0)                                                # bit for bit what it was
    Encore.revert(model)                                              # the same, and the editor is gone

**First step.** h0 is the output of the last edited layer, of width d, at the last token of the subject in the bare
prompt. Adam moves a vector delta that is added there, in every context c, on

    mean over c of NLL(object | c) + kl KL(now || before) + decay |delta| / |h0|^2,    |delta| <= reach |h0|,

the KL between the distributions of the token after the subject alone. A pass counts when all tokens of the object are
the likeliest in all contexts; the search ends at the count `patience`. The target is z = h0 + delta.

**Second step.** For the i-th of m layers, with the layers below written already: K (d_ff, n) holds what goes into the
projection at the subject's last token (half the bare prompt's, half the mean of the other contexts'), R (d, n) what z
lacks there, divided by m - i. With E = E[k k^T] over ordinary text and P = sum of K K^T over earlier batches

    Delta = R K^T (lambda_preserve E + P + lambda_norm I + K K^T)^-1,

which minimises lambda_preserve |Delta E^1/2|^2 + |Delta K_before|^2 + |Delta K - R|^2 + lambda_norm |Delta|^2. It is
solved in float64 by Cholesky, never inverted. `memit(Encore(...))` has the neutral settings, with which this is MEMIT.

**On models.** Decoders of transformers whose MLP ends in one projection that is added to the residual stream: Llama,
Mistral, Qwen2, GPT-NeoX, and GPT-2 and its kin with their transposed `Conv1D`. That it is so is tried, not believed.
For a model in bf16 the sum of all updates is kept in fp32 and the weights are its rounding, so that small updates are
not lost. Edit the model itself, not its `torch.compile` wrapper; a wrapper around it sees the edits.

Departures from the official code (scalable-model-editing/encore at b87d96d), and why:

- A pass counts when all tokens of the object in all contexts are the likeliest. The code wants exactly five of them,
  which with an object of several tokens, or another number of contexts, ends too early or never.
- The state belongs to an editor, not to a module: two models do not share the keys of earlier edits.
- Several searches can run as one batch (`at_once`); each is what it is alone, and 1 is the plain reference.
- No singular values of every update are computed along the way.
"""

from assay.methods.editing.encore.config import Edit, memit
from assay.methods.editing.encore.covariance import Covariance, fit_covariance
from assay.methods.editing.encore.editor import Batch, Editor, Encore
from assay.methods.editing.encore.prompts import are_stated, sample_contexts
from assay.methods.editing.encore.update import Rule, ridge

__all__ = [
    "Batch",
    "Covariance",
    "Edit",
    "Editor",
    "Encore",
    "Rule",
    "are_stated",
    "fit_covariance",
    "memit",
    "ridge",
    "sample_contexts",
]
