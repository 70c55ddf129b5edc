"""What the documents say is true: their code runs, their commands exist, every dependency has its line."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from assay.cli import app

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def fences(kind: str) -> list[tuple[str, str]]:
    found = []
    for path in DOCUMENTS:
        if kind == "python" and path.parent.name == "methods":
            continue  # each of these pages is run by the tests of its method
        for number, match in enumerate(FENCE.finditer(path.read_text(encoding="utf-8")), 1):
            if match[1] == kind:
                found.append((f"{path.relative_to(ROOT)}-{number}", match[2]))
    return found


@pytest.mark.parametrize(("where", "code"), fences("python"), ids=lambda value: value if "\n" not in value else "")
def test_python_in_the_documents_runs(where: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(code, where, "exec"), {"__name__": where})


COMMANDS = [
    (where, line.partition("#")[0].strip())
    for where, block in fences("")
    for line in block.splitlines()
    if line.startswith("assay ")
]


@pytest.mark.parametrize(("where", "line"), COMMANDS)
def test_commands_in_the_documents_exist(where: str, line: str) -> None:
    command = typer.main.get_command(app)
    words = shlex.split(line)[1:]
    while isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
        assert words[0] in command.commands, f"{where}: no command {words[0]!r}"
        command = command.commands[words.pop(0)]
    command.make_context("assay", words, resilient_parsing=False)


def test_the_use_page_shows_every_command() -> None:
    page = (ROOT / "docs/use.md").read_text(encoding="utf-8")
    command = typer.main.get_command(app)
    assert isinstance(command, TyperGroup)
    for name in command.commands:
        assert f"assay {name}" in page, name


def test_every_dependency_has_its_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(name for extra in extras for name in extra)]
    for requirement in wanted:
        name = re.match(r"[A-Za-z0-9_-]+", requirement)
        assert name is not None
        assert name[0] in page or name[0].startswith("types-"), name[0]


def test_links_between_documents_lead_somewhere() -> None:
    for path in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#\s]+)\)", path.read_text(encoding="utf-8")):
            if not re.match(r"[a-z]+:", target):
                assert (path.parent / target).exists(), f"{path.relative_to(ROOT)}: {target}"


def test_importing_assay_loads_nothing_heavy() -> None:
    code = "import sys, assay; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "pydantic", "sqlalchemy", "rich", "typer", "jinja2", "httpx2"} & set(done.stdout.split())
