"""What ordinary text asks of the projections: the covariance of their inputs, taken before anything is edited."""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from transformers import PreTrainedModel

from assay.methods._files import written_whole
from assay.methods.editing.encore.sites import Site, find_sites, fingerprint, record


@dataclass(frozen=True)
class Covariance:
    """E[k k^T] of the keys at each edited layer, over the tokens of ordinary text."""

    matrices: Mapping[int, Tensor]
    """By layer, (d_ff, d_ff) in float32, on the CPU."""
    tokens: int
    """How many were looked at."""
    fingerprint: str
    """Of the weights that it was taken on."""

    def save(self, path: str | Path) -> None:
        """Write it to a safetensors file."""
        about = {"assay": json.dumps({"tokens": self.tokens, "fingerprint": self.fingerprint})}
        with written_whole(path) as unfinished:
            save_file({str(layer): matrix for layer, matrix in self.matrices.items()}, unfinished, about)

    @classmethod
    def load(cls, path: str | Path) -> "Covariance":
        """What `save` wrote.

        Raises:
            ValueError: It is no such file.
        """
        try:
            with safe_open(path, "pt") as file:
                about = json.loads((file.metadata() or {})["assay"])
                matrices = {int(key): file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - it is no mapping
        except (SafetensorError, KeyError, OSError) as error:
            raise ValueError(f"{path} is no covariance that was saved here: {error}") from error
        return cls(matrices, about["tokens"], about["fingerprint"])


@torch.no_grad()
def fit_covariance(
    model: PreTrainedModel, tokenizer: Any, layers: Sequence[int], texts: Iterable[str], *, length: int = 1024
) -> Covariance:
    """Take the covariances on a model that is not edited yet; one forward pass a text.

    Args:
        model: In eval mode.
        tokenizer: Its own.
        layers: The blocks that will be edited.
        texts: As ordinary as what the model shall go on doing; the authors took 10,000 to 100,000 from Wikipedia.
        length: Tokens after which a text is cut.

    Raises:
        ValueError: The model cannot be edited, the texts have fewer tokens than a key is wide, or a key is not finite.
    """
    sites = find_sites(model, layers)
    sums = [torch.zeros(site.width, site.width, dtype=torch.float64, device=model.device) for site in sites]
    tokens = 0
    for text in texts:
        ids = tokenizer(text)["input_ids"][:length]
        if not ids:
            continue
        tokens += len(ids)
        keys = _keys(model, sites, torch.tensor([ids], device=model.device))
        sums = [total.addmm_(each.T, each) for total, each in zip(sums, keys, strict=True)]
    if tokens < max(site.width for site in sites):
        raise ValueError(
            f"{tokens} tokens of text for keys {sites[0].width} wide: more text is needed, many times more"
        )
    matrices = {site.layer: (total / tokens).float().cpu() for site, total in zip(sites, sums, strict=True)}
    if bad := [layer for layer, matrix in matrices.items() if not matrix.isfinite().all()]:
        raise ValueError(f"the keys of block {bad[0]} are not finite")
    return Covariance(matrices, tokens, fingerprint(sites))


def _keys(model: Any, sites: Sequence[Site], ids: Tensor) -> list[Tensor]:
    """Of one text, (T, d_ff) for each site, in float64."""
    with ExitStack() as undo:
        records = [undo.enter_context(record(site)) for site in sites]
        model(input_ids=ids, use_cache=False)
    return [inputs[0][0].double() for inputs, _ in records]
