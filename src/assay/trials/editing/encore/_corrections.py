"""Streams of corrections to a pretrained model: every arm on a copy of its own, batch by batch in turns."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from statistics import harmonic_mean, mean
from time import perf_counter
from typing import Any

import torch
from transformers import PreTrainedModel

from assay.methods.editing.encore import (
    Covariance,
    Edit,
    Editor,
    Encore,
    Rule,
    are_stated,
    fit_covariance,
    memit,
    sample_contexts,
)
from assay.methods.editing.encore.sites import find_sites
from assay.methods.editing.encore.targets import Targets, find_targets
from assay.testbed.code import content_hash
from assay.testbed.evaluation import evaluate, split_windows
from assay.testbed.folders import cache_folder, make_once
from assay.testbed.pretrained import LanguageModel
from assay.trials.editing._rivals import null_space_rule

MEMIT, ALPHA, OURS = "MEMIT", "AlphaEdit", "ENCORE"
Setting = tuple[float, float]

# The first setting of each arm is the papers' for Llama3-8B, in terms that hold of any width. The weight of ordinary
# keys is a number of tokens, 15,000 of them for keys 14,336 wide, which is one for each component of a key; the penalty
# of 20 is a 750th of that.
SETTINGS: dict[str, tuple[Setting, ...]] = {
    MEMIT: ((1.0, 0.0), (10.0, 0.0), (0.1, 0.0)),  # ordinary tokens by width of a key; no penalty
    ALPHA: ((0.8, 10.0), (0.8, 1.0), (0.8, 0.1)),  # part of the directions that is free, penalty
    OURS: ((1.0, 1 / 750), (10.0, 1 / 750), (0.1, 1 / 750)),  # as MEMIT's; penalty in weights of ordinary keys
}
_AT_ONCE = 8
"""Searches that run as one, in every arm: each is what it is alone, and together they take less time."""
_WINDOW = 256
"""Tokens of prose that are read at once."""


@dataclass(frozen=True)
class Subjects:
    """What a stream is about: edits, the same in other words, and facts that shall stay, all as edits."""

    edits: Sequence[Edit]
    paraphrases: Sequence[Edit]
    kept: Sequence[Edit]

    def shares(self, lm: LanguageModel, model: PreTrainedModel) -> dict[str, float]:
        """Per cent of each kind that the model states."""
        kinds = {"efficacy": self.edits, "paraphrase": self.paraphrases, "kept": self.kept}
        return {kind: stated_share(lm, model, facts) for kind, facts in kinds.items()}


def stated_share(lm: LanguageModel, model: PreTrainedModel, facts: Sequence[Edit]) -> float:
    """Per cent of the facts that the model goes on with, all tokens of the object being the likeliest."""
    return 100.0 * mean(are_stated(model, lm.tokenizer, facts, at_once=32))


def layers_of(model: PreTrainedModel) -> tuple[int, ...]:
    """Blocks as deep in the model as the paper's 4 to 8 are among the 32 of Llama3-8B."""
    depth: int = model.config.get_text_config().num_hidden_layers
    return tuple(sorted({min(depth - 1, round(depth * layer / 32)) for layer in range(4, 9)}))


def load_covariance(lm: LanguageModel, layers: Sequence[int], prose: str, *, tokens: int) -> Covariance:
    """The covariance over the first tokens of some prose, from the cache or else taken now.

    Raises:
        ValueError: The prose has fewer tokens.
    """
    about = [lm.fingerprint, lm.dtype, list(layers), sha256(prose.encode()).hexdigest(), tokens, _WINDOW]

    def fit(folder: Any) -> None:
        windows = split_windows(lm.ids(prose), length=_WINDOW, count=tokens // _WINDOW)
        texts = [str(lm.tokenizer.decode(window)) for window in windows]
        fit_covariance(lm.model, lm.tokenizer, layers, texts, length=_WINDOW).save(folder / "covariance.safetensors")

    place = make_once(cache_folder("covariances") / content_hash(about), fit)
    return Covariance.load(place / "covariance.safetensors")


@dataclass(frozen=True)
class Arms:
    """What all arms have in common."""

    lm: LanguageModel
    covariance: Covariance
    contexts: tuple[str, ...]
    passes: int
    """The most of a search."""

    def encore(self, arm: str, setting: Setting) -> tuple[Encore, Rule | None]:
        """An arm's hyper-parameters, and its rule of the update where that is not ENCORE's."""
        layers, first = tuple(sorted(self.covariance.matrices)), next(iter(self.covariance.matrices.values()))
        if arm == ALPHA:
            # Like ENCORE it protects earlier edits; it stops no search early, and its rule has the lambdas.
            plain = Encore(
                layers, lambda_preserve=0.0, lambda_norm=0.0, patience=0, passes=self.passes, at_once=_AT_ONCE
            )
            return plain, null_space_rule(*setting)
        weight = setting[0] * len(first)
        encore = Encore(
            layers, lambda_preserve=weight, lambda_norm=setting[1] * weight, passes=self.passes, at_once=_AT_ONCE
        )
        return (memit(encore) if arm == MEMIT else encore), None

    def editor(self, model: PreTrainedModel, arm: str, setting: Setting) -> Editor:
        """An arm's editor of a model; what needs computing but once is computed."""
        encore, rule = self.encore(arm, setting)
        if rule is not None:  # the projections are AlphaEdit's preparation, as the covariance is everyone's
            for matrix in self.covariance.matrices.values():
                ordinary = matrix.to(model.device).double()
                rule(torch.ones_like(ordinary[:, :1]), ordinary, torch.zeros_like(ordinary))
        return encore.apply(model, self.lm.tokenizer, self.covariance, contexts=self.contexts, rule=rule)

    def tune(self, subjects: Subjects) -> dict[str, Setting]:
        """Each arm's best setting on one batch of edits.

        The best has the greatest harmonic mean of edits stated, of paraphrases stated and of facts kept; of equal ones
        the first. What an arm searches for does not depend on its setting, so each search is made once.
        """
        model, targets = self.lm.model, dict[int, Targets]()  # by patience
        best: dict[str, Setting] = {}
        for arm, settings in SETTINGS.items():
            marks: dict[Setting, float] = {}
            for setting in settings:
                editor = self.editor(model, arm, setting)
                patience = editor.settings.patience
                if patience not in targets:
                    search = replace(editor.settings, at_once=len(subjects.edits))
                    block = find_sites(model, search.layers)[-1].block
                    targets[patience] = find_targets(
                        model, self.lm.tokenizer, block, subjects.edits, self.contexts, search
                    )
                editor._write(subjects.edits, targets[patience])  # noqa: SLF001 - `edit` would search again
                marks[setting] = harmonic_mean(subjects.shares(self.lm, model).values())
                Encore.revert(model)
            best[arm] = max(marks, key=marks.__getitem__)
        return best

    def run(
        self, subjects: Subjects, settings: dict[str, Setting], *, batch: int, look: int, prose: torch.Tensor
    ) -> dict[str, dict[str, Any]]:
        """By arm, what a stream of edits came to.

        Args:
            subjects: What it is about.
            settings: Of each arm.
            batch: Edits of a batch.
            look: Batches after which is looked what the model states.
            prose: Token ids [windows, length] of text that was held out.
        """
        copies = {arm: _copy(self.lm.model, tuple(self.covariance.matrices)) for arm in SETTINGS}
        editors = {arm: self.editor(copies[arm], arm, settings[arm]) for arm in SETTINGS}
        runs: dict[str, dict[str, Any]] = {
            arm: {"seconds": [], "efficacies": [], "retentions": [stated_share(self.lm, copies[arm], subjects.kept)]}
            for arm in SETTINGS
        }
        arms = list(SETTINGS)
        for number, start in enumerate(range(0, len(subjects.edits), batch)):
            edits, turn = subjects.edits[start : start + batch], number % len(arms)
            for arm in arms[turn:] + arms[:turn]:
                runs[arm]["seconds"].append(_seconds(partial(editors[arm].edit, edits)))
                if (number + 1) % look == 0:
                    runs[arm]["efficacies"].append(stated_share(self.lm, copies[arm], subjects.edits[: start + batch]))
                    runs[arm]["retentions"].append(stated_share(self.lm, copies[arm], subjects.kept))
        for arm, editor in editors.items():
            runs[arm] |= subjects.shares(self.lm, copies[arm])
            runs[arm]["steps"] = [float(steps) for each in editor.journal for steps in each.steps]
            runs[arm]["growth"] = mean(editor.journal[-1].growth)
            runs[arm]["perplexity"] = perplexity(copies[arm], prose)
        return runs


def make_arms(lm: LanguageModel, prose: str, *, layers: Sequence[int], tokens: int, contexts: int, passes: int) -> Arms:
    """The arms for a model: its covariance over so many tokens of prose, so many contexts, the bare one among them."""
    some = sample_contexts(lm.model, lm.tokenizer)[:contexts] if contexts > 1 else ("{}",)
    return Arms(lm, load_covariance(lm, layers, prose, tokens=tokens), some, passes)


def perplexity(model: PreTrainedModel, prose: torch.Tensor) -> float:
    """Of the model on windows [windows, length] of prose."""
    return float(torch.tensor(evaluate(model, prose, size=2)["loss"]).exp())


def _seconds(call: Callable[[], object]) -> float:
    """An editor waits for its device before it returns, since it says how the norms grew."""
    began = perf_counter()
    call()
    return perf_counter() - began


def _copy(model: PreTrainedModel, layers: Sequence[int]) -> PreTrainedModel:
    """A model with edited weights of its own; all others are shared."""
    edited = {id(site.weight) for site in find_sites(model, sorted(layers))}
    return copy.deepcopy(model, {id(each): each for each in model.parameters() if id(each) not in edited})
