"""FastKV applied to a model for a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from transformers import PreTrainedModel

from assay.methods._patching import altered
from assay.methods.attention.fastkv._model import Decoder
from assay.methods.attention.fastkv._reading import Reading
from assay.methods.attention.fastkv._settings import Settings


@dataclass(frozen=True, kw_only=True)
class FastKV(Settings):
    """FastKV: its fields are the hyper-parameters, and calling it with a model applies it for a ``with`` block.

    Raises:
        ValueError: A value is out of its range.
    """

    @contextmanager
    def __call__(self, model: PreTrainedModel) -> Iterator[Reading]:
        """Apply it to `model`: prompts read inside the block are read and stored FastKV's way.

        A forward on an empty cache is a prompt; it returns the logits of its last token (ask for up to `window` with
        ``logits_to_keep``). Later forwards on that cache are decoding, and need the block too.

        Raises:
            ValueError: The model is of a kind that this cannot work on, or is already altered by FastKV; in the
                block, a forward asks for what FastKV cannot give (labels, attention weights, hidden states, no cache,
                right padding, a mask that is not causal, a prompt in chunks, a cache that it did not fill).
        """
        decoder = Decoder.of(model)
        last = len(decoder.blocks) - 2
        if self.tsp_layer != "auto" and self.tsp_layer > last:
            raise ValueError(
                f"tsp_layer {self.tsp_layer} leaves no layer to save: this model has {last + 2} layers, so it is at "
                f"most {last}"
            )
        with altered(model, by="fastkv") as undo:
            reading = Reading(self, decoder)
            reading.install(undo, model)
            yield reading
