"""A real sentence encoder that a package carries: texts as vectors whose products say how near their meanings are."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import normalize
from transformers import AutoModel, AutoTokenizer, PreTrainedModel

from assay.testbed.folders import cache_folder, make_once
from assay.testbed.pretrained import quietly
from assay.testbed.resources import Say, resource

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, eq=False)
class SentenceEncoder:
    """all-MiniLM-L6-v2: the mean of the last hidden states, as long as one."""

    model: PreTrainedModel
    tokenizer: "PreTrainedTokenizerBase"

    @torch.no_grad()
    def encode(self, texts: Sequence[str], *, size: int = 64) -> Tensor:
        """Vectors [texts, 384] of length 1, on the model's device; what stands behind 256 tokens of a text is left out.

        Args:
            texts: English; the model knows no other language.
            size: Texts of a batch.
        """
        parts = [torch.empty(0, self.model.config.hidden_size, device=self.model.device)]
        for start in range(0, len(texts), size):
            batch = list(texts[start : start + size])
            inputs = self.tokenizer(batch, padding=True, truncation=True, max_length=256, return_tensors="pt")
            states = self.model(**inputs.to(self.model.device)).last_hidden_state
            mask = inputs["attention_mask"].to(states.device).unsqueeze(-1)
            parts.append(normalize((states * mask).sum(1) / mask.sum(1), dim=-1))
        return torch.cat(parts)


def load_sentence_encoder(*, device: torch.device | str = "cpu", say: Say | None = None) -> SentenceEncoder:
    """Load all-MiniLM-L6-v2, fetched first where it is not here.

    Raises:
        NotFetchedError: It is not here and cannot be fetched.
    """
    place = find_sentence_encoder(say=say)
    with quietly():
        tokenizer = AutoTokenizer.from_pretrained(place)
        model: PreTrainedModel = AutoModel.from_pretrained(place, dtype=torch.float32).eval().to(device)
    return SentenceEncoder(model, tokenizer)


def find_sentence_encoder(*, say: Say | None = None) -> Path:
    """The folder of all-MiniLM-L6-v2, in the format of sentence-transformers; fetched first where it is not here.

    Raises:
        NotFetchedError: It is not here and cannot be fetched.
    """
    known = resource("all-minilm-l6-v2")
    (packed,) = known.fetch(say=say)
    return make_once(cache_folder("converted") / f"{known.name}-{known.version}", partial(_unpack, packed))


def _unpack(packed: Path, folder: Path) -> None:
    with zipfile.ZipFile(packed) as content:
        content.extractall(folder)
