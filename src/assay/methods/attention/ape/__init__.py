r"""APE: contexts encoded apart from each other, their KV states kept and reused, attention repaired at query time.

Paper: APE, Adaptive Parallel Encoding (arXiv 2502.05431). A prompt that is a prefix, `k` retrieved contexts and a
question is ordinarily encoded as one sequence, afresh for every request. Here each context is encoded once, alone
behind the shared prefix, and its KV states serve every later request, in any company and in any order.

With a prefix of P tokens and contexts of L_1 .. L_k tokens:

- the prefix stands at positions 0 .. P-1, every context at P .. P+L_i-1, so that their positions overlap;
- the question begins at P + max L_i, behind the longest context, and goes on from there while decoding;
- a token of question or answer attends to two groups, all contexts together (C) and the rest (O: the prefix, and
  question and answer so far, causal).

With q.k the scaled logits, z the log-sum-exp and o the output of a group::

    z_C, o_C = attention over C with logits q.k / T        z_O, o_O = attention over O with logits q.k
    (a_C, a_O) = softmax(S * T * z_C, z_O)                 output = a_C o_C + a_O o_O

The temperature T < 1 sharpens attention inside the contexts, the scale S < 1 takes weight from them as a group.
Neither touches the encoding of contexts, so stored states serve any T and S. One context at T = S = 1 is exactly the
ordinary causal encoding; several at T = S = 1 are plain parallel encoding with a shared prefix.

In use, with any RoPE decoder of transformers whose layers all attend in full::

    contexts = ParallelContext(model, tokenizer, prefix="Answer from the notes.\n", path="notes-cache")
    contexts.add("ada", "Ada keeps bees.\n")
    print(contexts.generate("Question: what does Ada keep?\n", ["ada"], max_new_tokens=20))

Below it, on token ids: `encode_prefix`, `encode_contexts`, `join`, and ``with APE(temperature=0.9, scale=0.9)(model):``
around any ``model(**cache.inputs(question))`` or ``model.generate(**cache.inputs(question))``. Outside such a block the
same calls give plain parallel encoding, T = S = 1.

Where we depart from the official code, and why:

- Lengths of prefix and contexts travel with each request's cache instead of standing on the attention modules, so
  requests on one model do not disturb each other.
- The log-sum-exp of a group stays in float32, where the official code rounds it to the model's dtype.
- Padding is masked by place and not by token id, which may also occur inside a context.
- The question is tokenised without special tokens: the prefix already brings the only BOS.
- `join` puts the contexts of a request into an order of its own (by content), so that the order in which they are
  named changes no bit of the result.
"""

from assay.methods.attention.ape._attention import ape_attention, ape_attention_reference, ape_weights
from assay.methods.attention.ape._cache import APECache, join
from assay.methods.attention.ape._contexts import Example, ParallelContext, Tuning
from assay.methods.attention.ape._model import APE, NEUTRAL
from assay.methods.attention.ape._states import KVStates, encode_contexts, encode_prefix, fingerprint

__all__ = [
    "APE",
    "NEUTRAL",
    "APECache",
    "Example",
    "KVStates",
    "ParallelContext",
    "Tuning",
    "ape_attention",
    "ape_attention_reference",
    "ape_weights",
    "encode_contexts",
    "encode_prefix",
    "fingerprint",
    "join",
]
