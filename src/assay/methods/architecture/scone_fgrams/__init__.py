r"""SCONE (Yu et al. 2025, arXiv 2502.01637): input embeddings of frequent n-grams, made by a model, kept in a table.

**Idea.** A larger vocabulary makes the output layer dearer, and its rare entries are poorly trained. Here the
vocabulary stays, and only what goes in is richer: the most frequent n-grams of a corpus, f-grams, each have a vector.
In training a small transformer makes it, so that rare ones profit from what frequent ones teach. Afterwards each is
computed once and kept in RAM or on disk, and the transformer is dropped: no arithmetic and no memory on the accelerator
is added.

**Equation.** With V the f-grams of 2 to K tokens, T the token embedding and A the encoder, the input at position i is::

    e_i = A(T(s_j), ..., T(s_i))  for the longest s_j ... s_i in V        (training)
    e_i = F[(s_j, ..., s_i)]      with F[w] = A(T(w)) for each w in V     (serving)
    e_i = T(s_i)                  where none ends at i

The vector takes the place of the token's; nothing is added to it. T is read by the model, by the encoder and, where
heads are tied, by the output, and trained from all three sides.

**Shapes.** Token ids are (B, T), e is (B, T, d), F is (V, d) on the host; only the rows that a batch asks for go to the
model's device.

**Departures.** The encoder computes ``A(x_1 ... x_n) = x_n + W h_n``, with h the output of a causal pre-norm
transformer (absolute positions, final norm) and W zero at first, so that a model with f-grams begins as the one
without. What it reads is normalised, as T is small at first. It is of one kind whatever the model is, where the paper's
is of the main model's. In a batch each distinct f-gram is encoded once. Matches are searched in each batch; the paper
notes their lengths beforehand. The authors published no code; llmsresearch/scone encodes whole inputs with a BERT,
which is something else.

**Use**::

    vocab = FGramVocab.build(documents, max_n=5, size=200_000, tokenizer=tokenizer)
    Scone(vocab, layers=4).apply(model)              # in place; then train the model as you would
    model.save_pretrained(folder); assay.methods.load(folder)   # the training form, to go on later
    export(model, "table", dtype="float16")          # once, after training
    Scone.revert(model)                              # the encoder is gone, the model of its stock class
    SconeTable("table").apply(model)                 # serve it: forward passes, `generate`, beams

``Scone(vocab, source="rows")`` trains the table directly, which the encoder is to be compared with. The tokens that a
cache has read go along with it, so that f-grams reach back into them in `generate` and in loops of one's own. Packed
texts are told apart by their ``position_ids`` or by special tokens. The model runs under `torch.compile`, but not as
one graph: the search for matches is numpy's.
"""

from assay.methods.architecture.scone_fgrams._embeddings import FGrams
from assay.methods.architecture.scone_fgrams._encoder import FGramEncoder, FGramRows
from assay.methods.architecture.scone_fgrams._model import Scone, SconeTable, export
from assay.methods.architecture.scone_fgrams._table import FGramTable, write_table
from assay.methods.architecture.scone_fgrams._vocabulary import FGramVocab

__all__ = [
    "FGramEncoder",
    "FGramRows",
    "FGramTable",
    "FGramVocab",
    "FGrams",
    "Scone",
    "SconeTable",
    "export",
    "write_table",
]
