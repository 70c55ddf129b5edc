"""Restamping: a result keeps its worth under changed code where that code computes the same figures, bit for bit.

Each trial is run quick, from the seed of its result, and all figures that are not times are compared with those of
the code that the result was measured with: with the quick run that was kept beside the result on this machine, or
with what that code, taken out of git, computes here and now. Where all are equal the result gets the hash of today's
code. A time is not compared: whoever changes how fast something is measures it anew.
"""

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from assay.papers.measurement import Measurement, Pretrained, QuickRun
from assay.testbed.folders import cache_folder
from assay.trials.declaration import Trial, discover
from assay.trials.machine import other_versions
from assay.trials.source import PACKAGE, source_hashes


@dataclass(frozen=True)
class Rerun:
    """What a trial's quick run came to under some code; or why it came to nothing."""

    source_hash: str = ""
    quick_run: QuickRun | None = None
    pretrained: Pretrained | None = None
    problem: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a result."""

    measurement: Measurement
    """With the hash of today's code, unless there is a problem."""
    changed: bool = False
    """Whether anything of it is new."""
    problems: tuple[str, ...] = ()
    """Why it was left as it was, a line each."""
    note: str = ""


Runs = Callable[[Sequence[Measurement]], Iterator[Rerun]]
"""Runs the trials of measurements quick, each from its seed on its device, one after the other."""


def restamp(measurements: Sequence[Measurement], *, today: Runs, before: Runs | None = None) -> Iterator[Outcome]:
    """Give measurements the hash of today's code, where that computes the same figures.

    Args:
        measurements: Whole ones, not quick ones. Nothing is written.
        today: Runs trials by today's code.
        before: Runs them by the code that they were measured with. Without it the quick run kept with each measurement
            is compared, and where none is kept, one is added to results that are not stale.

    Yields:
        Of each measurement, what became of it.
    """
    trials = {trial.id: trial for trial in discover()}
    hashes = source_hashes(trials.values())
    reasons = [_why_not(each, trials, hashes, by_quick_run=before is None) for each in measurements]
    to_run = [each for each, reason in zip(measurements, reasons, strict=True) if reason is None]
    after = today(to_run)
    earlier = before([each for each in to_run if each.source_hash != hashes[each.trial]]) if before else None
    for each, reason in zip(measurements, reasons, strict=True):
        if reason is not None:
            yield reason
            continue
        is_known = earlier is None or each.source_hash == hashes[each.trial]
        then = (
            Rerun(each.source_hash, each.quick_run, each.pretrained) if is_known or earlier is None else next(earlier)
        )
        yield _compare(each, then, next(after), hashes[each.trial])


def _why_not(
    each: Measurement, trials: Mapping[str, Trial], hashes: Mapping[str, str], *, by_quick_run: bool
) -> Outcome | None:
    """What is known of a measurement without running anything; ``None`` where its trial must be run."""
    trial = trials.get(each.trial)
    if trial is None:
        return Outcome(each, problems=("its trial is no longer there",))
    if trial.claim != each.claim:
        return Outcome(each, problems=("its trial now measures another claim",))
    is_current = hashes[each.trial] == each.source_hash
    if is_current and (each.quick_run is not None or not _is_like_here(each)):
        return Outcome(each, note="is up to date")
    if not is_current and by_quick_run and each.quick_run is None:
        return Outcome(
            each, problems=("no quick run is kept with it: name the commit it was measured with, --against",)
        )
    if not is_current and by_quick_run and not _is_like_here(each):
        where = "on another machine, or with other versions or threads"
        return Outcome(each, problems=(f"it was measured {where}: name the commit it was measured with, --against",))
    return None


def _compare(each: Measurement, before: Rerun, today: Rerun, new_hash: str) -> Outcome:
    if problems := _problems(each, before, today, new_hash):
        return Outcome(each, problems=tuple(problems))
    new = {"source_hash": new_hash, "quick_run": today.quick_run if _is_like_here(each) else each.quick_run}
    stamped = each.model_copy(update=new)
    if each.source_hash == new_hash:
        return Outcome(stamped, changed=stamped != each, note="is up to date; its quick run is kept now")
    note = f"{len(today.quick_run.figures) if today.quick_run else 0} figures are equal"
    if each.comparison is not None and each.comparison.unit == "s":
        note += "; its claim is about a time, which was not compared"
    return Outcome(stamped, changed=True, note=note)


def _problems(each: Measurement, before: Rerun, today: Rerun, new_hash: str) -> list[str]:
    """Why a result cannot have the hash of today's code; empty where it can."""
    if before.problem or today.problem:
        return [f"{when}: {run.problem}" for when, run in (("then", before), ("today", today)) if run.problem]
    if each.pretrained not in (before.pretrained, None) or today.pretrained != each.pretrained:
        return [f"it was measured on {each.pretrained.key if each.pretrained else 'no model'}, which is not at hand"]
    if before.source_hash != each.source_hash:
        return ["it was measured with other code than that commit's"]
    if today.source_hash != new_hash:
        return ["its code changed while it ran: try again"]
    if before.quick_run is None or today.quick_run is None:
        return []  # nothing to compare, and its code is today's
    nothing = [] if today.quick_run.figures or each.missing else ["it has nothing but times to compare: run it again"]
    return before.quick_run.differences(today.quick_run) or nothing


def _is_like_here(each: Measurement) -> bool:
    """Whether figures computed here are to be equal, bit for bit, to those of the measurement."""
    import torch  # noqa: PLC0415 - results are read without it

    from assay.trials.machine import this_machine  # noqa: PLC0415 - loads torch

    is_same = (each.machine.name, each.threads) == (this_machine().name, torch.get_num_threads())
    return is_same and not other_versions(each.versions)


def runs_here(measurements: Sequence[Measurement]) -> Iterator[Rerun]:
    """Run trials quick in this process."""
    from assay.trials.running import run_trial  # noqa: PLC0415 - loads torch

    trials = {trial.id: trial for trial in discover()}
    for each in measurements:
        try:
            quick = run_trial(trials[each.trial], quick=True, device=each.device, seed=each.seed, budget=0.0)
        except Exception as error:  # noqa: BLE001 - of one trial; the others go on
            yield Rerun(problem=f"its trial broke: {type(error).__name__}: {error}")
        else:
            yield Rerun(quick.source_hash, QuickRun.of(quick), quick.pretrained)


def runs_from(source: Path) -> Runs:
    """How to run trials quick by the package that stands in a folder ``source``, in a process of its own."""

    def run(measurements: Sequence[Measurement]) -> Iterator[Rerun]:
        requests = [{"trial": each.trial, "device": each.device, "seed": each.seed} for each in measurements]
        if not requests:
            return
        with tempfile.TemporaryDirectory() as folder:
            for name in ("resources", "converted"):  # what others trained is fetched and converted but once
                cache_folder(name).mkdir(parents=True, exist_ok=True)
                (Path(folder) / name).symlink_to(cache_folder(name))
            process = subprocess.Popen(  # noqa: S603 - our own code
                [sys.executable, "-c", _SCRIPT, str(source), json.dumps(requests)],
                # Models are trained anew: one from the cache may have been trained on another number of threads.
                env=os.environ | {"PYTHONPATH": str(source), "ASSAY_CACHE": folder},
                cwd=folder,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert process.stdout is not None  # noqa: S101 - it is piped
            try:
                for each in measurements:
                    yield _read_rerun(process.stdout.readline(), each)
            finally:
                process.kill()
                process.wait()
                process.stdout.close()

    return run


def _read_rerun(line: str, each: Measurement) -> Rerun:
    if not line:
        return Rerun(problem="the process that ran its trial ended before it")
    record = json.loads(line)
    if "problem" in record:
        return Rerun(problem=record["problem"])
    measurement = Measurement.model_validate(record | {"claimed": each.claimed})
    return Rerun(measurement.source_hash, QuickRun.of(measurement), measurement.pretrained)


_SCRIPT = """
import os, sys
lines = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
import json
import assay
from assay.trials import discover, run_trial
if not assay.__file__.startswith(sys.argv[1]):
    sys.exit(f"{assay.__file__} was imported, and not the package in {sys.argv[1]}")
trials = {trial.id: trial for trial in discover()}
for each in json.loads(sys.argv[2]):
    try:
        trial = trials[each["trial"]]
        line = run_trial(trial, quick=True, device=each["device"], seed=each["seed"], budget=0.0).model_dump_json()
    except KeyError:
        line = json.dumps({"problem": "that code has no such trial"})
    except Exception as error:
        line = json.dumps({"problem": f"its trial broke: {type(error).__name__}: {error}"})
    print(line, file=lines, flush=True)
"""
"""Works with every version of the package that has ``run_trial``, the one that is restamped against among them."""


def take_out(commit: str, folder: Path) -> Path:
    """Write the package as of a commit into a folder, and return where it is to be imported from.

    Raises:
        ValueError: This is no checkout of git, or it has no such commit.
    """
    root = PACKAGE.parents[1]
    source = PACKAGE.parent.relative_to(root)
    archive = subprocess.run(  # noqa: S603 - git, and a commit that cannot be an option
        ["git", "-C", str(root), "archive", "--format=zip", "--end-of-options", commit, str(source)],  # noqa: S607
        check=False,
        capture_output=True,
    )
    if archive.returncode:
        message = archive.stderr.decode(errors="replace").strip().splitlines() or ["git says nothing"]
        raise ValueError(f"the code of {commit} cannot be taken out of {root}: {message[-1]}")
    with zipfile.ZipFile(BytesIO(archive.stdout)) as content:
        content.extractall(folder)
    return folder / source
