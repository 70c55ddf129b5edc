"""Reads each prompt once, however many continuations of it are weighed."""

from collections.abc import Sequence
from dataclasses import fields
from itertools import takewhile

import torch

from assay.methods._branches import Branches
from assay.methods._models import TransformersModel
from assay.methods._patching import evaluating


class PromptsOnce(TransformersModel):
    """A model of transformers that tells likelihoods as the plain one does, for less where prompts come again.

    Four options of some words behind a page are a reading of the page and four of a few tokens, instead of four of the
    page. Models that cannot be read row by row over one cache are refused in words.
    """

    def log_likelihoods(self, prompts: Sequence[str], continuations: Sequence[str]) -> list[tuple[float, int]]:
        """See `TransformersModel.log_likelihoods`."""
        by_prompt: dict[str, list[int]] = {}
        for index, prompt in enumerate(prompts):
            by_prompt.setdefault(prompt, []).append(index)
        rows = [self._continued_ids(*pair) for pair in zip(prompts, continuations, strict=True)]
        groups = list(by_prompt.values())
        heads = [_head([rows[index] for index in group]) for group in groups]
        results: list[tuple[float, int]] = [(0.0, 0)] * len(rows)
        with torch.no_grad(), evaluating(self.model):
            for batch in self._batches([len(head) for head in heads]):
                read = Branches.read(self.model, [heads[number] for number in batch], method="PromptsOnce")
                members = [index for number in batch for index in groups[number]]
                places = [place for place, number in enumerate(batch) for _ in groups[number]]
                tails = [
                    rows[index][0][len(heads[batch[place]]) :] for index, place in zip(members, places, strict=True)
                ]
                ahead = read.select(places).read_ahead([tail[:-1] for tail in tails])
                for index, tail, logits in zip(members, tails, ahead, strict=True):
                    whole, start = rows[index]
                    count = len(whole) - start
                    logs = logits[-count:].float().log_softmax(-1)
                    targets = torch.tensor(tail[-count:], device=logs.device)
                    results[index] = (float(logs.gather(-1, targets[:, None]).sum()), count)
        return results


def read_prompts_once(model: TransformersModel) -> PromptsOnce:
    """The same model with its settings, reading each prompt once.

    Raises:
        ValueError: It is no model of transformers with its tokenizer: others read as they like.
    """
    if not isinstance(model, TransformersModel):
        raise ValueError(f"{type(model).__name__} reads prompts as it likes: give a model of transformers")
    return PromptsOnce(**{field.name: getattr(model, field.name) for field in fields(TransformersModel)})


def _head(rows: Sequence[tuple[Sequence[int], int]]) -> list[int]:
    """What all texts begin with, up to where the first continuation does; a token at least is left to each."""
    least = min(start for _, start in rows)
    same = takewhile(lambda tokens: len(set(tokens)) == 1, zip(*(whole[:least] for whole, _ in rows), strict=True))
    return [tokens[0] for tokens in same]
