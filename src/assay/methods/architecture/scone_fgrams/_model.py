"""F-grams in a model: in the training form, with an encoder, or served from a table; and the table written."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import torch
from pydantic import PlainValidator
from torch import nn
from transformers import PreTrainedModel

from assay.methods._cache import cache_among
from assay.methods._changes import Change
from assay.methods._decoders import decoder_of, text_config
from assay.methods.architecture.scone_fgrams._embeddings import embedding_of, fgrams_of, put_in, take_out
from assay.methods.architecture.scone_fgrams._encoder import FGramEncoder, FGramRows
from assay.methods.architecture.scone_fgrams._table import FGramTable, Precision, write_table
from assay.methods.architecture.scone_fgrams._vocabulary import NOTHING, FGramVocab


def _vocabulary(value: Any) -> FGramVocab:
    return value if isinstance(value, FGramVocab) else FGramVocab.of_sizes(**value)


@dataclass(frozen=True)
class Scone(Change):
    """F-grams in their training form: a small transformer, the encoder, makes their vectors.

    ``Scone(vocab, layers=4).apply(model)`` puts them in before the optimizer is made, which is to have the encoder's
    parameters. The f-grams are a buffer of the model, and so are saved with it. ``Scone.revert(model)`` takes both out;
    the model's other weights stay as they are by then.

    Raises:
        ValueError: A size is under one, or the width does not divide into heads. `apply`: the model is no decoder, has
            f-grams, does not compute from ``inputs_embeds`` alone, or lacks ids that the f-grams hold.
    """

    vocab: Annotated[FGramVocab, PlainValidator(_vocabulary)]
    """The f-grams; ``vocab.check(tokenizer)`` makes sure that they were built with the model's tokeniser."""
    layers: int = 2
    """Transformer blocks. The paper's encoders have 0.5 to 3 times the parameters of the main model's blocks."""
    width: int | None = None
    """Inside the encoder; the model's own if not given, as in the paper's main runs."""
    heads: int = 4
    """Of attention."""
    expansion: float = 4.0
    """Width of the feed-forward blocks, by that of the encoder; what OLMo and GPT-2 have."""
    source: Literal["encoder", "rows"] = "encoder"
    """``"rows"``: no encoder, but a vector of its own for each n-gram, trained directly; to compare with."""

    title: ClassVar[str] = "SCONE"

    def __post_init__(self) -> None:
        if self.layers < 1 or self.heads < 1 or self.expansion <= 0 or (self.width is not None and self.width < 1):
            raise ValueError(
                "an f-gram encoder has at least one layer, one head and a width, not "
                f"{self.layers} layers, {self.heads} heads, a width of {self.width} and {self.expansion} times as many"
            )
        if self.width is not None and self.width % self.heads:
            raise ValueError(f"a width of {self.width} does not divide into {self.heads} heads")
        if self.source not in ("encoder", "rows"):
            raise ValueError(f"source is {self.source!r}: vectors come from an 'encoder' or from 'rows'")

    @classmethod
    def of(cls, model: PreTrainedModel) -> Self:
        return replace(super().of(model), vocab=fgrams_of(model).vocab)

    def settings(self) -> dict[str, Any]:
        settings = {name: getattr(self, name) for name in ("layers", "width", "heads", "expansion", "source")}
        return {"vocab": self.vocab.sizes(), **settings}

    def check(self, model: PreTrainedModel) -> None:
        _check_model(model, self.title, self.vocab)
        width = self.width or embedding_of(model).embedding_dim
        if width % self.heads:
            raise ValueError(f"a width of {width} does not divide into {self.heads} heads: name another number")

    def insert(self, model: PreTrainedModel) -> None:
        embed = embedding_of(model)
        if self.source == "rows":
            put_in(model, FGramRows(self.vocab, embed))
            return
        put_in(
            model,
            FGramEncoder(
                self.vocab,
                embed.embedding_dim,
                layers=self.layers,
                width=self.width,
                heads=self.heads,
                expansion=self.expansion,
            ),
        )

    def remove(self, model: PreTrainedModel) -> None:
        take_out(model)


@dataclass(frozen=True)
class SconeTable(Change):
    """F-grams in their served form: their vectors are looked up in a table that `export` has written.

    ``SconeTable("table").apply(model)`` serves a model whose `Scone` was reverted. ``model.save_pretrained(folder)``
    writes the model and where the table lies, not the table: the folder is loaded where the table is, and is refused
    where it is not, or is another one.

    Raises:
        ValueError: `apply`: the folder holds no table, or that of other weights; the model as with `Scone`.
    """

    folder: str | Path
    """Of the table."""
    mmap: bool = True
    """The table stays on disk, and what is read often is kept by the operating system; else it is read into RAM."""

    title: ClassVar[str] = "SCONE's table"

    def settings(self) -> dict[str, Any]:
        return asdict(self) | {"folder": str(Path(self.folder).absolute())}

    def check(self, model: PreTrainedModel) -> None:
        table = FGramTable.load(self.folder, mmap=self.mmap)
        _check_model(model, self.title, table.vocab)
        table.check(embedding_of(model))

    def insert(self, model: PreTrainedModel) -> None:
        put_in(model, FGramTable.load(self.folder, mmap=self.mmap))

    def remove(self, model: PreTrainedModel) -> None:
        take_out(model)


def export(
    model: PreTrainedModel, folder: str | Path, *, dtype: Precision = "float16", batch: int = 4096
) -> FGramTable:
    """Run the encoder once for each f-gram and write the vectors into a folder; the model is left as it is.

    To serve, ``Scone.revert(model)`` and ``SconeTable(folder).apply(model)``. The folder is good for these weights
    only: train further, and it is to be written anew.

    Args:
        model: In its training form.
        folder: Made anew.
        dtype: Of the vectors on disk.
        batch: F-grams that are encoded at once.

    Raises:
        ValueError: The model has no encoder, or a vector does not fit into `dtype`.
    """
    source = fgrams_of(model).source
    if isinstance(source, FGramTable):
        raise ValueError("this model is served from a table: export the one that was trained")
    was_training = source.training
    source.eval()
    try:
        return write_table(folder, source, source.vocab, embedding_of(model), dtype=dtype, batch=batch)
    finally:
        source.train(was_training)


def _check_model(model: PreTrainedModel, title: str, vocab: FGramVocab) -> None:
    decoder_of(model, method=title)
    name = type(model).__name__
    if not model.can_generate():
        raise ValueError(f"{title} is for causal language models: {name} has no head")
    if hasattr(model, "fgrams"):
        raise ValueError(f"this {name} has f-grams already: revert those first")
    embed = embedding_of(model)
    if not isinstance(embed, nn.Embedding):
        raise ValueError(f"{title} cannot be used with this {name}: its token embedding is a {type(embed).__name__}")
    if vocab.is_unread:
        raise ValueError("the n-grams of this vocabulary have not been read: take that of `Scone.of(model)`")
    largest = int(vocab.ngrams.max(initial=NOTHING))
    if largest >= embed.num_embeddings:
        raise ValueError(f"f-grams hold ids up to {largest}, and the model has only {embed.num_embeddings} tokens")
    _check_seam(model, title, vocab)


@torch.no_grad()
def _check_seam(model: PreTrainedModel, title: str, vocab: FGramVocab) -> None:
    """Refuse a model that does not compute the same from embeddings as from ids: some look at the ids again."""
    name, embed = type(model).__name__, embedding_of(model)
    ngram = [token for token in vocab.ngrams[0].tolist() if token >= 0] if len(vocab) else [embed.num_embeddings - 1]
    pad = getattr(model.config, "pad_token_id", None) or 0
    ids = torch.tensor([ngram + ngram, [pad, *ngram, *ngram[1:]]], device=embed.weight.device)
    mask = torch.ones_like(ids)
    mask[1, 0] = 0
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        stock = model(input_ids=ids, attention_mask=mask)
        other = model(inputs_embeds=embed(ids), attention_mask=mask)
    except Exception as error:  # whatever it raises, it cannot be used
        raise ValueError(
            f"{title} cannot be used with this {name}: it does not compute from inputs_embeds ({type(error).__name__})"
        ) from error
    finally:
        for module in training:
            module.training = True
    # A new model may not heed yet what it takes from the ids.
    by_layer = bool(getattr(text_config(model), "hidden_size_per_layer_input", None))
    if by_layer or not torch.allclose(stock.logits[mask == 1], other.logits[mask == 1], rtol=1e-3, atol=1e-5):
        raise ValueError(f"{title} cannot be used with this {name}: it looks at token ids beside their embeddings")
    if getattr(model, "_is_stateful", False) and cache_among(stock.values()) is None:
        raise ValueError(
            f"{title} cannot be used with this {name}: its state is not a cache of transformers, which would know what "
            "was read before"
        )
