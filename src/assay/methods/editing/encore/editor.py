"""The editor: batch after batch into the weights, with a journal by which they can be taken back."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import PreTrainedModel

from assay.methods._files import written_whole
from assay.methods.editing.encore.config import Edit, EncoreSettings, check_batch
from assay.methods.editing.encore.covariance import Covariance
from assay.methods.editing.encore.prompts import are_stated, check_contexts, encode, sample_contexts
from assay.methods.editing.encore.sites import Site, find_sites, fingerprint, record
from assay.methods.editing.encore.targets import Targets, find_targets
from assay.methods.editing.encore.update import Rule, ridge

M = TypeVar("M", bound=PreTrainedModel)


@dataclass(frozen=True)
class Batch:
    """What the journal says of one batch."""

    edits: tuple[Edit, ...]
    steps: tuple[int, ...]
    """Gradient steps that each edit's target took."""
    stated: tuple[bool, ...]
    """Whether each target said the object in all contexts, before it went into the weights."""
    growth: tuple[float, ...]
    """By layer, the Frobenius norm of the weight afterwards, in norms of the unedited one."""


@dataclass(frozen=True)
class _Update:
    """What a batch adds at one site: ``lacking @ solution.T``."""

    keys: Tensor
    """(d_ff, n)."""
    lacking: Tensor
    """(d, n)."""
    solution: Tensor
    """(d_ff, n)."""


_EDITOR = "_encore_editor"
"""The attribute of an edited model."""


@dataclass(frozen=True)
class Encore(EncoreSettings):
    """Edits a decoder's facts: `apply` gives the editor of a model, `revert` takes all edits back."""

    def apply(
        self,
        model: PreTrainedModel,
        tokenizer: Any,
        covariance: Covariance,
        *,
        contexts: Sequence[str] | None = None,
        rule: Rule | None = None,
    ) -> "Editor":
        """Make the editor of a model that is not edited yet; nothing is changed so far.

        Args:
            model: A decoder in eval mode, on any device, in fp32 or bf16.
            tokenizer: Its own, a fast one.
            covariance: From `fit_covariance` on this very model, for the same layers.
            contexts: Templates such as ``"It is said: {}"`` that a prompt is put into, the first of them ``"{}"``;
                the model writes five of its own if not given.
            rule: Another closed form for the second step; ENCORE's with these lambdas if not given.

        Raises:
            ValueError: The model cannot be edited, has an editor already, or the covariance is not of it.
        """
        return Editor(model, tokenizer, self, covariance, contexts=contexts, rule=rule)

    @staticmethod
    def revert(model: M) -> M:
        """Take all edits back, bit for bit, and the editor from the model; returns the model.

        Raises:
            ValueError: The model has no editor, or something else has changed its weights.
        """
        editor: Editor | None = getattr(model, _EDITOR, None)
        if editor is None:
            raise ValueError(f"this {type(model).__name__} has no editor: `apply` comes first, or it was loaded edited")
        editor.rollback(0)
        delattr(model, _EDITOR)
        return model


class Editor:
    """Edits one model, which nothing else may edit meanwhile. Made by `Encore.apply`, or from a journal by `load`."""

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: Any,
        settings: EncoreSettings,
        covariance: Covariance,
        *,
        contexts: Sequence[str] | None = None,
        rule: Rule | None = None,
    ) -> None:
        """Take a model that is not edited yet; the arguments are those of `Encore.apply`."""
        if hasattr(model, _EDITOR):
            raise ValueError(f"this {type(model).__name__} has an editor already: go on with it, or revert the model")
        self.settings = settings
        self._model, self._tokenizer, self._covariance = model, tokenizer, covariance
        if missing := set(settings.layers) - set(covariance.matrices):
            raise ValueError(f"the covariance lacks block {min(missing)}: fit it on {list(settings.layers)}")
        sites = find_sites(model, sorted(covariance.matrices))
        if fingerprint(sites) != covariance.fingerprint:
            raise ValueError("the covariance was taken on other weights: fit it on this model, before any edit")
        self._sites = [site for site in sites if site.layer in settings.layers]
        for site in self._sites:
            if not covariance.matrices[site.layer].isfinite().all():
                raise ValueError(f"the covariance of block {site.layer} is not finite: fit it again")
        self._contexts = tuple(contexts) if contexts is not None else sample_contexts(model, tokenizer)
        check_contexts(tokenizer, self._contexts)
        self._rule = rule or ridge(settings.lambda_preserve, settings.lambda_norm)
        self._base = [site.weight.detach().clone() for site in self._sites]
        self._journal: list[tuple[Batch, list[_Update]]] = []
        self._start_over()
        setattr(model, _EDITOR, self)

    @property
    def journal(self) -> tuple[Batch, ...]:
        """The batches that are in the weights, in their order."""
        return tuple(batch for batch, _ in self._journal)

    @property
    def edits(self) -> tuple[Edit, ...]:
        """All edits that are in the weights, in their order; a later one may contradict an earlier one."""
        return tuple(edit for batch in self.journal for edit in batch.edits)

    def edit(self, edits: Iterable[Edit]) -> Batch:
        """Write one batch into the weights, in place. After an error they are what they were.

        Raises:
            ValueError: The batch contradicts itself, a subject or object has no token, the least-squares problem is
                ill-conditioned, or something else has changed the weights.
        """
        batch = tuple(edits)
        check_batch(batch)
        self._refuse_changed()
        try:
            targets = find_targets(
                self._model, self._tokenizer, self._sites[-1].block, batch, self._contexts, self.settings
            )
            updates = self._write(batch, targets)
        except BaseException:
            self._replay(len(self._journal))
            raise
        for place, update in enumerate(updates):
            self._remember(place, update)
        report = Batch(batch, targets.steps, targets.stated, self._growth())
        self._journal.append((report, updates))
        return report

    def rollback(self, to: int) -> None:
        """Take back all batches but the first `to`; the weights are then bit for bit what they were after these.

        Raises:
            ValueError: There are fewer batches, or something else has changed the weights.
        """
        if not 0 <= to <= len(self._journal):
            raise ValueError(f"there is no way back to {to} batches: there are {len(self._journal)}")
        self._refuse_changed()
        self._replay(to)

    def efficacy(self) -> float:
        """The part of all edits so far that the model states, each as its latest batch wants it."""
        latest = {(edit.prompt, edit.subject): edit for edit in self.edits}
        states = are_stated(self._model, self._tokenizer, list(latest.values()))
        return sum(states) / len(states) if states else float("nan")

    def save(self, folder: str | Path) -> None:
        """Write the journal, the covariance and what they need to a folder; not the model."""
        about = {
            "settings": asdict(self.settings),
            "contexts": self._contexts,
            "batches": [asdict(batch) for batch in self.journal],
        }
        tensors = {
            f"{number}.{place}.{name}": getattr(update, name).cpu().contiguous()
            for number, (_, updates) in enumerate(self._journal)
            for place, update in enumerate(updates)
            for name in ("keys", "lacking", "solution")
        }
        with written_whole(folder) as unfinished:
            unfinished.mkdir()
            (unfinished / "journal.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
            save_file(tensors, unfinished / "updates.safetensors")
            self._covariance.save(unfinished / "covariance.safetensors")

    @classmethod
    def load(cls, folder: str | Path, model: PreTrainedModel, tokenizer: Any, *, rule: Rule | None = None) -> "Editor":
        """Write the batches of a saved journal into the same model, unedited, and go on from there.

        On the kind of device that it was written on the weights are bit for bit the same.

        Raises:
            ValueError: The folder holds no journal, or the model is another one or edited already.
        """
        folder = Path(folder)
        try:
            about = json.loads((folder / "journal.json").read_text(encoding="utf-8"))
            tensors = load_file(folder / "updates.safetensors", device=str(model.device))
        except (OSError, json.JSONDecodeError) as error:
            raise ValueError(f"{folder} holds no journal: {error}") from error
        encore = Encore(**about["settings"] | {"layers": tuple(about["settings"]["layers"])})
        covariance = Covariance.load(folder / "covariance.safetensors")
        editor = cls(model, tokenizer, encore, covariance, contexts=about["contexts"], rule=rule)
        for number, entry in enumerate(about["batches"]):
            batch = Batch(
                tuple(Edit(**edit) for edit in entry["edits"]),
                *(tuple(entry[name]) for name in ("steps", "stated", "growth")),
            )
            updates = [
                _Update(*(tensors[f"{number}.{place}.{name}"] for name in ("keys", "lacking", "solution")))
                for place in range(len(encore.layers))
            ]
            editor._journal.append((batch, updates))
        editor._replay(len(editor._journal))
        return editor

    def _start_over(self) -> None:
        """The unedited weights, in at least fp32, and no earlier keys."""
        self._exact = [base.to(torch.promote_types(base.dtype, torch.float32), copy=True) for base in self._base]
        self._previous = [
            torch.zeros(site.width, site.width, dtype=torch.float64, device=site.weight.device) for site in self._sites
        ]

    @torch.no_grad()
    def _replay(self, batches: int) -> None:
        """The weights as they were after so many batches, by the same sums in the same order."""
        del self._journal[batches:]
        self._start_over()
        for _, updates in self._journal:
            for place, update in enumerate(updates):
                self._add(place, update)
                self._remember(place, update)
        for site, exact in zip(self._sites, self._exact, strict=True):
            site.weight.copy_(exact)

    @torch.no_grad()
    def _write(self, edits: Sequence[Edit], targets: Targets) -> list[_Update]:
        updates = []
        for place, site in enumerate(self._sites):
            keys, there = self._keys(edits, site)
            lacking = (targets.values - there).double().T / (len(self._sites) - place)
            covariance = self._covariance.matrices[site.layer].to(keys)
            previous = self._previous[place] if self.settings.protect_previous else torch.zeros_like(covariance)
            update = _Update(keys, lacking.contiguous(), self._rule(keys, covariance, previous).contiguous())
            self._add(place, update)
            if not self._exact[place].isfinite().all():
                raise ValueError(f"the update of block {site.layer} is not finite")
            site.weight.copy_(self._exact[place])
            updates.append(update)
        return updates

    def _keys(self, edits: Sequence[Edit], site: Site) -> tuple[Tensor, Tensor]:
        """Keys (d_ff, n) in float64, and what comes out of the last edited block (n, d) for the bare prompts."""
        count, size = len(self._contexts), max(1, self.settings.at_once)
        keys, there = [], []
        for start in range(0, len(edits), size):
            rows = encode(self._tokenizer, edits[start : start + size], self._contexts, self._model.device)
            each = torch.arange(len(rows), device=rows.subject.device)
            with record(site) as (inputs, _), record(self._sites[-1]) as (_, outputs):
                rows.logits(self._model)
            key = inputs[0][each, rows.subject].double().unflatten(0, (-1, count))
            keys.append((key[:, 0] + key[:, 1:].mean(1)) / 2 if count > 1 else key[:, 0])
            there.append(outputs[0][each, rows.subject].float()[::count])
        return torch.cat(keys).T.contiguous(), torch.cat(there)

    def _add(self, place: int, update: _Update) -> None:
        site, exact = self._sites[place], self._exact[place]
        exact += site.as_stored(update.lacking @ update.solution.T).to(exact.dtype)

    def _remember(self, place: int, update: _Update) -> None:
        self._previous[place] += update.keys @ update.keys.T

    def _growth(self) -> tuple[float, ...]:
        pairs = zip(self._exact, self._base, strict=True)
        return tuple(float(exact.norm() / base.to(exact.dtype).norm()) for exact, base in pairs)

    def _refuse_changed(self) -> None:
        for site, exact in zip(self._sites, self._exact, strict=True):
            if not torch.equal(site.weight.detach(), exact.to(site.weight.dtype)):
                raise ValueError(f"{site.path} is not what this editor left: something else has changed it meanwhile")
