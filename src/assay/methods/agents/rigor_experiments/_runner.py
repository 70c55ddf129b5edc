"""Runs scripts of experiments: each run in a folder of its own that holds nothing but the script and its inputs.

A script is Python. It is called with one option for each variable, ``--seed`` and ``--results``, and writes there::

    {"settings": {"level": 9, "seed": 0, ...}, "measures": {"size": {"value": 4021, "unit": "bytes"}}}

``settings`` is what it has used, which is compared with what it was told to use.
"""

import hashlib
import json
import os
import platform
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assay.methods.agents._sandbox import Limits, python_command, run_shut_in
from assay.methods.agents.rigor_experiments._plan import SEED, Settings, Value

SCRIPT, RESULTS = "script.py", "results.json"
_LONGEST = 1 << 20


@dataclass(frozen=True)
class Run:
    """One run of a script: what it wrote, and all that tells where that comes from."""

    settings: Mapping[str, Value]
    seed: int
    results: Any
    """What the results file holds; ``None`` if there is none, or none that can be read."""
    problem: str
    """Why there are none; empty if there are."""
    ended: str
    """``by itself``, or the limit that the script went over."""
    exit_code: int
    errors: str = field(repr=False)
    script: str
    """SHA-256."""
    inputs: Mapping[str, str]
    """SHA-256 of each file."""
    started: str
    seconds: float
    machine: str

    def entry(self, measure: str) -> Mapping[str, Any]:
        """What the results say of a measure: ``value`` and ``unit``; empty if nothing."""
        measures = self.results.get("measures") if isinstance(self.results, dict) else None
        entry = measures.get(measure) if isinstance(measures, dict) else None
        return entry if isinstance(entry, dict) else {}

    def value(self, measure: str) -> Any:
        """The value that the results give a measure; ``None`` if none."""
        return self.entry(measure).get("value")

    @property
    def used(self) -> Mapping[str, Any]:
        """The settings that the script says it has used."""
        settings = self.results.get("settings") if isinstance(self.results, dict) else None
        return settings if isinstance(settings, dict) else {}

    def as_record(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


@dataclass(frozen=True)
class SubprocessRunner:
    """Runs scripts in a sandbox: without network, writing to nothing but their folder, within limits.

    It runs what a model wrote, and is therefore off until it is allowed.
    """

    allow: bool = False
    limits: Limits = field(default_factory=Limits)
    environment: Mapping[str, str] = field(default_factory=lambda: {"OMP_NUM_THREADS": "1"})

    def run(
        self,
        script: str,
        settings: Settings,
        *,
        seed: int,
        inputs: Mapping[str, bytes],
        files: Mapping[str, bytes] = {},
    ) -> Run:
        """Run a script once, in a new folder.

        Args:
            script: Its text.
            settings: The value of each variable.
            seed: Of its random numbers.
            inputs: Files by name.
            files: What else lies in the folder. An experiment that is to be trusted has nothing there.

        Raises:
            ValueError: Running scripts is not allowed, this system cannot shut one in, or a file's name is none.
        """
        if not self.allow:
            raise ValueError("scripts are not run unless you allow it: SubprocessRunner(allow=True)")
        options = {**settings, SEED: seed}
        arguments = [f"--{name}={_as_text(value)}" for name, value in options.items()]
        started = datetime.now(UTC).isoformat()
        with tempfile.TemporaryDirectory(prefix="experiment-") as folder:
            for name, content in {**inputs, **files, SCRIPT: script.encode()}.items():
                if not is_file_name(name):
                    raise ValueError(f"{name!r} is no name of a file in the script's folder")
                (Path(folder) / name).write_bytes(content)
            finished = run_shut_in(
                python_command(SCRIPT, *arguments, f"--results={RESULTS}"),
                folder,
                limits=self.limits,
                environment=self.environment,
            )
            results, problem = _read(Path(folder) / RESULTS)
        return Run(
            settings=dict(settings),
            seed=seed,
            results=results,
            problem=problem,
            ended=finished.ended,
            exit_code=finished.exit_code,
            errors=finished.errors[-2000:],
            script=hash_of(script.encode()),
            inputs={name: hash_of(content) for name, content in inputs.items()},
            started=started,
            seconds=round(finished.seconds, 3),
            machine=f"{platform.system()} on {platform.machine()}, Python {platform.python_version()}",
        )


def is_file_name(name: str) -> bool:
    """Whether a name is that of a file in a script's folder, and not of one elsewhere."""
    return Path(name).name == name and not name.startswith(".") and "\0" not in name


def hash_of(content: bytes) -> str:
    """SHA-256."""
    return hashlib.sha256(content).hexdigest()


def _read(file: Path) -> tuple[Any, str]:
    """What a results file holds, and why nothing if so. A link is not followed: it might lead out of the folder."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None, "it wrote no results file"
    with os.fdopen(handle, "rb") as opened:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LONGEST:
            return None, f"its results are no file of at most {_LONGEST >> 20} MiB"
        content = opened.read()
    try:
        return json.loads(content), ""
    except (ValueError, RecursionError) as error:
        return None, f"its results are no JSON: {error}"


def _as_text(value: Value) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)
