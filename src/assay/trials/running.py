"""Running a trial: from its function to a measurement with a verdict."""

import random
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from assay.papers.measurement import Measurement, Pretrained, QuickRun
from assay.papers.verdict import judge
from assay.store import Store
from assay.testbed.pretrained import DEFAULT, LanguageModel, load_language_model, quietly
from assay.testbed.progress import Show, quiet, showing
from assay.testbed.tasks.reasoning import NotInstalledError
from assay.trials.bench import Bench, NotTestable
from assay.trials.declaration import Trial, TrialFunction, trial_of
from assay.trials.drafts import Draft, open_draft
from assay.trials.machine import this_machine, versions
from assay.trials.source import source_hash

_REPEATS = {True: 3, False: 9}
_BUDGET = {True: 20.0, False: 300.0}


def run_trial(  # noqa: PLR0913 - all but the first are keywords
    trial: Trial | TrialFunction,
    *,
    quick: bool = False,
    long: bool = False,
    model: str | Path = DEFAULT,
    dtype: str = "auto",
    device: str = "cpu",
    repeats: int | None = None,
    seed: int = 0,
    budget: float | None = None,
    progress: Show | None = None,
    store: Store | None = None,
    drafts: Path | None = None,
    with_quick_run: bool = False,
    code: str = "",
) -> Measurement:
    """Run one trial and judge what it measured.

    Args:
        trial: A function decorated with ``@trial``, or one that `discover` found.
        quick: Small sizes and few repeats, to see that it works.
        long: The size of up to an hour, which some trials have.
        model: What a trial that is handed a pretrained model is handed; see `load_language_model`.
        dtype: Its precision.
        device: ``cpu`` or ``cuda``.
        repeats: Rounds in which every arm is timed once; 9, or 3 when `quick`.
        seed: Of everything random in it.
        budget: Seconds after which one timing stops early, once it has three rounds; 300, or 20 when `quick`.
        progress: Shows how far long steps are; nothing is shown by default.
        store: Where the measurement is kept; nowhere by default.
        drafts: A folder for what is finished of a trial under way, so that one that is interrupted goes on from there
            when it is run again in the same setting. Nothing is written by default.
        with_quick_run: Run it quick first, and keep these figures with the measurement: by them a later change of code
            can be shown to leave the figures alone. A quick run has no other.
        code: The trial's source hash, where it is known already: `source_hashes` reads the files of many trials once.

    Raises:
        ValueError: It is no trial, the catalogue lacks its claim, the device is not there, the pretrained model cannot
            be loaded, or the trial measured nothing, did not say its setting, or has no size of up to an hour. What the
            trial itself raises comes through, and nothing is kept then.
    """
    function = trial.load() if isinstance(trial, Trial) else trial
    this = trial_of(function)
    claim = this.claimed()
    where = device_of(device)
    if quick and long:
        raise ValueError("a trial is run quick or long, not both")
    if long and not this.long:
        raise ValueError(f"{this.id} has no size of up to an hour: run it without long")
    handed = load_language_model(model, dtype=dtype, device=where) if this.pretrained else None
    pretrained = handed and note_model(handed)
    repeats = _REPEATS[quick] if repeats is None else repeats
    if repeats < 1:
        raise ValueError(f"repeats is {repeats}: every arm is timed at least once")
    code = code or source_hash(this)
    machine, software = this_machine(), versions()
    key = {
        "trial": this.id, "machine": machine.name, "device": device, "quick": quick, "long": long, "seed": seed,
        "repeats": repeats, "threads": torch.get_num_threads(), "source": code, "versions": software,
        "model": pretrained.key if pretrained else "",
    }  # fmt: skip
    with (
        open_draft(drafts, key) if drafts else nullcontext(Draft()) as draft,
        showing(progress or quiet),
        quietly(),
    ):
        quick_run = None
        if with_quick_run and not quick:
            quick_run = QuickRun.of(
                run_trial(
                    trial,
                    quick=True,
                    model=model,
                    dtype=dtype,
                    device=device,
                    seed=seed,
                    budget=0.0,
                    progress=progress,
                    code=code,
                )
            )
        bench = Bench(
            where,
            quick=quick,
            long=long,
            seed=seed,
            repeats=repeats,
            budget=_BUDGET[quick] if budget is None else budget,
            draft=draft,
            handed=handed,
        )
        missing = ""
        try:
            with _seed(seed):
                function(bench)
        except (NotTestable, NotInstalledError) as outcome:
            missing = str(outcome)
        if not missing and bench.claimed is None:
            raise ValueError(f"{this.id} measured nothing of its claim: hand one comparison to bench.claim")
        if not missing and bench.evidence is None:
            raise ValueError(f"{this.id} does not say what it is run on: call bench.setting")
        if not missing and bench.claimed is not None:
            judge(claim, bench.claimed, bench.beside, in_claims_setting=False)  # refuses what cannot be compared
        measurement = Measurement(
            paper=this.paper,
            name=this.entry.name,
            claim=this.claim,
            trial=this.id,
            what=this.what,
            claimed=claim,
            comparison=None if missing else bench.claimed,
            beside=tuple(bench.beside),
            curves=tuple(bench.curves),
            missing=missing,
            evidence=None if missing else bench.evidence,
            model="" if missing else bench.model,
            pretrained=pretrained,
            own_setting="" if missing else bench.own_setting,
            differs=() if missing else tuple(bench.differs),
            machine=machine,
            device=device,
            threads=torch.get_num_threads(),
            seed=seed,
            repeats=bench.rounds,
            quick=quick,
            long=long,
            versions=software,
            source_hash=code,
            taken_at=datetime.now(UTC),
            seconds=round(draft.seconds, 1),
            quick_run=quick_run,
        )
        if store:
            store.keep([measurement])
    return measurement


def note_model(model: LanguageModel) -> Pretrained:
    """What a measurement notes of a pretrained model."""
    return Pretrained(name=model.name, fingerprint=model.fingerprint, dtype=model.dtype, parameters=model.parameters)


def device_of(name: str) -> torch.device:
    """The device of a name, ``cpu`` or ``cuda``.

    Raises:
        ValueError: It is another name, or this machine has no such device.
    """
    if name not in ("cpu", "cuda"):
        raise ValueError(f"device is {name!r}: a trial runs on 'cpu' or 'cuda'")
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError("device is 'cuda', and this machine has no CUDA device that torch can use")
    return torch.device(name)


@contextmanager
def _seed(seed: int) -> Iterator[None]:
    """Seed every generator there is, and put them back as they were afterwards."""
    python, numpy = random.getstate(), np.random.get_state()
    with torch.random.fork_rng():
        try:
            random.seed(seed)
            np.random.seed(seed)
            torch.manual_seed(seed)
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)
