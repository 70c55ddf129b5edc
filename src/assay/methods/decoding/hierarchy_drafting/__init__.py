"""Hierarchy Drafting (Cho et al. 2025, arXiv 2502.05609): draft from three tables, the most local one first.

**Idea.** Text repeats itself at three ranges: what stands in this prompt and answer, what this model often says, what
people often write. One table of n-grams serves each range:

====  ==================  ===============================================================================
``W``  `ContextTable`      n-grams of the prompt and of the answer so far, and of a window of parallel guesses
``S``  `ModelTable`        the most common n-grams of the model's own earlier greedy answers
``L``  `CorpusTable`       a suffix array over any corpus, asked with the last two tokens
====  ==================  ===============================================================================

**Step.** Let t be the last token of the text. The tables are asked in the order given (``WSL``) for drafts of up to
4 tokens that followed t before; the next table is asked only while fewer than 7 drafts are found. One forward pass
takes t and all drafts, merged into a tree in which a token sees the text, t and its own ancestors. From the root on,
the model's own choice of the next token is emitted; while a child carries that token, the walk goes down to it. A
pass therefore emits between 1 and 5 tokens, each of which is the one that decoding token by token would have emitted.

**Shapes.** B sequences, K cached tokens, Q = 1 + drafted + window tokens: ids and positions (B, Q), additive mask
(B, 1, Q, K + Q), logits (B, Q, vocabulary). After a pass the keys and values of the accepted path are moved behind the
cached ones and the rest is dropped; a sequence of the batch that accepted less than another leaves masked holes.

**The window** (Fu et al. 2024, Lookahead Decoding, part of the official code's ``W``): 4 rows of 7 guessed tokens
ride in the same pass. The token in row r and column c guesses the text r + c + 1 tokens ahead and sees t, row 0 up to
its column, and the rows above it in its column. The last row's predictions become a new row, the first row leaves, and
each column read downwards is an n-gram for ``W``. It costs 28 more tokens a pass and never touches the output.

**Departures.** From the official code, which is tied to Llama and one older transformers release: drafts that share a
beginning share tree nodes, and a draft found in two tables takes one slot (there: 7 x 4 separate slots); every
n-gram of the answer enters ``W``, also after a pass that accepted nothing; short corpus drafts stay short instead
of being padded with random ids; corpus drafts come from the longest suffix that occurs, the most frequent first.
For sampling, the paper accepts a drafted token with its probability and renormalises on rejection; drawing the
model's token and looking for it among the children has the same law and acceptance rate, and draws the very tokens
that ``generate`` draws under the same seed. Logits processors run once per emitted token, on real text only, so those
that depend on history need no special care.

**Use.**::

    drafter = HierarchyDrafter(
        model_table=ModelTable.build(model, prompts, max_new_tokens=256),
        corpus_table=CorpusTable.build(token_lists, vocab_size=model.config.vocab_size),
    )
    output = model.generate(**inputs, custom_generate=drafter.generate, max_new_tokens=256)
    drafter.report()
"""

from assay.methods.decoding.hierarchy_drafting._drafter import (
    DraftReport,
    HierarchyConfig,
    HierarchyDrafter,
)
from assay.methods.decoding.hierarchy_drafting._reference import reference_generate
from assay.methods.decoding.hierarchy_drafting._tables import ContextTable, CorpusTable, ModelTable

__all__ = [
    "ContextTable",
    "CorpusTable",
    "DraftReport",
    "HierarchyConfig",
    "HierarchyDrafter",
    "ModelTable",
    "reference_generate",
]
