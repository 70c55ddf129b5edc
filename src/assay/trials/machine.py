"""What a measurement is taken on: the machine, and the versions of what it runs."""

import os
import platform
import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import assay
from assay.papers.measurement import Machine

_VERSIONS_OF = ("torch", "transformers", "tokenizers", "numpy", "scikit-learn")


def this_machine() -> Machine:
    """The machine that this process runs on."""
    import torch  # noqa: PLC0415 - who only asks for versions needs no torch

    accelerators = tuple(torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count()))
    processor = _processor()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    words = [processor, f"{cores} cores" if cores > 1 else "1 core", *dict.fromkeys(accelerators)]
    return Machine(
        name=re.sub(r"[^a-z0-9]+", "-", " ".join(words).lower()).strip("-"),
        system=f"{platform.system()} {platform.machine()}",
        processor=processor,
        cores=cores,
        memory=_memory(),
        accelerators=accelerators,
    )


def versions() -> dict[str, str]:
    """Versions of Assay, Python and the libraries that figures depend on, as far as they are installed."""
    numbers = {"assay": assay.__version__, "python": platform.python_version()}
    for name in _VERSIONS_OF:
        try:
            numbers[name] = version(name)
        except PackageNotFoundError:
            continue
    return numbers


def other_versions(measured: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """By library, the version measured with and the one installed here, where they differ.

    Libraries that are not installed do not count, nor what a version says of its build, such as ``+cpu``.
    """
    installed = {name: number for name, number in versions().items() if name in _VERSIONS_OF}
    pairs = {name: (measured[name], number) for name, number in installed.items() if name in measured}
    return {name: pair for name, pair in pairs.items() if len({each.partition("+")[0] for each in pair}) > 1}


def _processor() -> str:
    """Model name without the trade marks and the clock."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    name = re.sub(r"\((r|tm)\)|\bcpu\b|@.*$", " ", name, flags=re.IGNORECASE)
    return " ".join(name.split()) or "unknown processor"


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
