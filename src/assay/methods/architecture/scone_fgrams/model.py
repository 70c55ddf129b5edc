"""The seam to a causal language model of transformers: token ids go in, ``inputs_embeds`` go on.

The model stays of its class. It gets a submodule ``fgrams``, so that its parameters are trained and moved with it, and
a hook before its forward pass. `generate` hands the hook the tokens before the new ones, taken from the sequences as
they are at that step, so that beams may be reordered and dropped.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import MethodType
from typing import Any, cast

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, PreTrainedModel

from assay.methods._files import written_whole
from assay.methods.architecture.scone_fgrams.encoder import FGramEncoder, SconeConfig
from assay.methods.architecture.scone_fgrams.table import FGramTable, Precision, fingerprint, write_table
from assay.methods.architecture.scone_fgrams.vocabulary import NOTHING, FGramVocab

_FOLDER = "fgrams"


class FGrams(nn.Module):
    """Input embeddings of token ids: the vector of the longest f-gram that ends at a token, or else the token's own."""

    hook: Any
    """The model's, to be removed with this."""

    def __init__(self, vocab: FGramVocab, source: nn.Module) -> None:
        super().__init__()
        self.vocab, self.source = vocab, source

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def forward(
        self, embed: nn.Module, ids: Tensor, context: Tensor | None = None, starts: Tensor | None = None
    ) -> Tensor:
        """(B, T, d): the embeddings of `ids`.

        Args:
            embed: The model's token embedding.
            ids: (B, T).
            context: (B, P + T): the tokens before `ids` and these themselves, -1 for padding; `ids` if not given.
            starts: (B, T), true where a text begins: no f-gram reaches across.
        """
        out: Tensor = embed(ids)
        seen = (ids if context is None else context).numpy(force=True)
        before = seen.shape[1] - ids.shape[1]
        begins = None if starts is None else np.pad(starts.numpy(force=True), ((0, 0), (before, 0)))
        rows = self.vocab.match(seen, starts=begins)[:, before:]
        if (rows < 0).all():
            return out
        # Each n-gram once, however often it is there.
        distinct, which = np.unique(rows[rows >= 0], return_inverse=True)
        vectors = self.source(distinct, embed)[torch.from_numpy(which).to(out.device)]
        places = torch.from_numpy(rows >= 0).to(out.device).unsqueeze(-1).expand_as(out)
        return out.masked_scatter(places, vectors.to(out.dtype))


def attach(
    model: PreTrainedModel,
    source: FGramVocab | nn.Module,
    config: SconeConfig | None = None,
    *,
    tokenizer: Any = None,
) -> nn.Module:
    """Give a causal language model f-grams, in place: the training form with a vocabulary, the served one with a table.

    Do it before the optimizer is made: it is to have the encoder's parameters, which are the model's then.

    Args:
        model: Of transformers, decoder-only. Its output head stays what it is, tied or not.
        source: A vocabulary, for which an encoder is made; a table that `export` has written; or a source of another
            kind, such as `FGramRows`.
        config: Sizes of the encoder that is made.
        tokenizer: The model's, to make sure that the f-grams were built with it.

    Returns:
        What the vectors come from: the encoder that was made, or `source`.

    Raises:
        ValueError: The model is no decoder-only one, or has f-grams; the f-grams are of another tokeniser, or hold ids
            that the model lacks; the table is of another width, or of other weights than the model's.
    """
    _refuse_model(model)
    vocab = source if isinstance(source, FGramVocab) else cast("FGramVocab", source.vocab)
    embed = _embedding(model)
    _refuse_vocabulary(vocab, embed, tokenizer)
    if isinstance(source, FGramTable):
        _refuse_table(source, embed)
    made = FGramEncoder(source, embed.embedding_dim, config) if isinstance(source, FGramVocab) else source
    fgrams = FGrams(vocab, made.to(embed.weight.device, embed.weight.dtype))
    model.add_module("fgrams", fgrams)
    fgrams.hook = model.register_forward_pre_hook(_embed_first, with_kwargs=True)
    model.__dict__["prepare_inputs_for_generation"] = MethodType(_prepare, model)
    return made


def detach(model: PreTrainedModel) -> nn.Module:
    """Take the f-grams out again, in place: the model is of its stock kind; returns what the vectors came from.

    Raises:
        ValueError: It has none.
    """
    fgrams = _fgrams(model)
    fgrams.hook.remove()
    del model.fgrams, model.__dict__["prepare_inputs_for_generation"]
    return cast("nn.Module", fgrams.source)


def export(
    model: PreTrainedModel, folder: str | Path, *, dtype: Precision = "float16", batch: int = 4096
) -> FGramTable:
    """Run the encoder once for each f-gram and write the vectors into a folder; the model is left as it is.

    To serve, ``detach(model)`` and ``attach(model, table)``. The folder is good for these weights only: train further,
    and it is to be written anew.

    Args:
        model: In its training form.
        folder: Made anew.
        dtype: Of the vectors on disk.
        batch: F-grams that are encoded at once.

    Raises:
        ValueError: The model has no encoder, or a vector does not fit into `dtype`.
    """
    fgrams = _fgrams(model)
    if isinstance(fgrams.source, FGramTable):
        raise ValueError("this model is served from a table: export the one that was trained")  # noqa: TRY004 - its state
    was_training = fgrams.source.training
    fgrams.source.eval()
    try:
        return write_table(folder, fgrams.source, fgrams.vocab, _embedding(model), dtype=dtype, batch=batch)
    finally:
        fgrams.source.train(was_training)


def save(model: PreTrainedModel, folder: str | Path) -> None:
    """Write a model in its training form: a stock checkpoint, and beside it the encoder in a folder `fgrams`.

    Raises:
        ValueError: The model has no encoder.
    """
    fgrams = _fgrams(model)
    encoder = fgrams.source
    if not isinstance(encoder, FGramEncoder):
        kind = type(encoder).__name__
        raise ValueError(f"only f-grams with an encoder are saved with the model, not {kind}")  # noqa: TRY004
    with written_whole(folder) as unfinished:
        stock = {name: value for name, value in model.state_dict().items() if not name.startswith("fgrams.")}
        model.save_pretrained(unfinished, state_dict=stock)
        inner = unfinished / _FOLDER
        fgrams.vocab.save(inner)
        save_file(
            {name: value.contiguous() for name, value in encoder.state_dict().items()}, inner / "encoder.safetensors"
        )
        (inner / "encoder.json").write_text(json.dumps(asdict(encoder.config)) + "\n", encoding="utf-8")


def load(folder: str | Path, **how: Any) -> PreTrainedModel:
    """Read what `save` has written, in eval mode; `how` goes to ``AutoModelForCausalLM.from_pretrained``.

    Raises:
        ValueError: The folder holds no encoder.
    """
    inner = Path(folder) / _FOLDER
    vocab = FGramVocab.load(inner)
    config = SconeConfig(**json.loads((inner / "encoder.json").read_text(encoding="utf-8")))
    model = cast("PreTrainedModel", AutoModelForCausalLM.from_pretrained(folder, **how))
    attach(model, vocab, config).load_state_dict(load_file(inner / "encoder.safetensors"))
    model.eval()
    return model


def _embed_first(
    model: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The hook before the model's forward pass: token ids become embeddings."""
    given = dict(kwargs)
    ids = args[0] if args else given.pop("input_ids", None)
    context = given.pop("context_ids", None)
    if ids is None or given.get("inputs_embeds") is not None:
        raise ValueError("a model with f-grams makes the embeddings itself: hand it input_ids, not inputs_embeds")
    past = given.get("past_key_values")
    if context is None:
        if past is not None and int(past.get_seq_length()) > 0:
            raise ValueError("f-grams reach back into what is cached: hand context_ids, all tokens so far, as well")
        context = ids
    mask, positions = given.get("attention_mask"), given.get("position_ids")
    if mask is not None and mask.dim() == 2:
        context = context.masked_fill(mask[:, -context.shape[1] :] == 0, NOTHING)
    starts = None if positions is None else (positions == 0).expand(ids.shape)
    given["inputs_embeds"] = model.fgrams(_embedding(model), ids, context, starts)
    return args[1:] and (None, *args[1:]), given


def _prepare(self: Any, input_ids: Tensor, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """`prepare_inputs_for_generation` of a model with f-grams: the last tokens of each sequence go along."""
    inputs: dict[str, Any] = type(self).prepare_inputs_for_generation(self, input_ids, *args, **kwargs)
    if inputs.get("input_ids") is None:
        raise ValueError("a model with f-grams makes the embeddings itself: generate from input_ids, not inputs_embeds")
    context = input_ids[:, -(inputs["input_ids"].shape[1] + self.fgrams.vocab.max_n - 1) :]
    mask = kwargs.get("attention_mask")
    if mask is not None and mask.dim() == 2:  # it may have four dimensions by the time that the model sees it
        context = context.masked_fill(mask[:, -context.shape[1] :] == 0, NOTHING)
    return {**inputs, "context_ids": context}


def _fgrams(model: PreTrainedModel) -> Any:
    if not hasattr(model, "fgrams"):
        raise ValueError(f"this {type(model).__name__} has no f-grams: `attach` comes first")
    return model.fgrams


def _embedding(model: PreTrainedModel) -> nn.Embedding:
    return cast("nn.Embedding", model.get_input_embeddings())


def _refuse_model(model: nn.Module) -> None:
    name = type(model).__name__
    if not isinstance(model, PreTrainedModel) or model.config.is_encoder_decoder or not model.can_generate():
        raise ValueError(f"f-grams are for causal language models of transformers, not for {name}")
    if hasattr(model, "fgrams"):
        raise ValueError(f"this {name} has f-grams already: `detach` comes before other ones")


def _refuse_vocabulary(vocab: FGramVocab, embed: nn.Embedding, tokenizer: Any) -> None:
    if tokenizer is not None:
        vocab.check(tokenizer)
    largest = int(vocab.ngrams.max(initial=NOTHING))
    if largest >= embed.num_embeddings:
        raise ValueError(f"f-grams hold ids up to {largest}, and the model has only {embed.num_embeddings} tokens")


def _refuse_table(table: FGramTable, embed: nn.Embedding) -> None:
    if table.embedding_dim != embed.embedding_dim:
        raise ValueError(f"the table's vectors are {table.embedding_dim} wide, the model's {embed.embedding_dim}")
    if table.trained_with and table.trained_with != fingerprint(embed):
        raise ValueError(
            "the table was written for other weights than this model's (or these were rounded to something else than "
            "bf16): export it anew, or attach it before you convert the model"
        )
