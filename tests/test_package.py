"""The package as others get it: a wheel in a fresh environment, without this checkout and without torch."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
import venv
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]


def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    """What a command prints; its errors are the test's."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | variables
    done = subprocess.run(
        list(map(str, command)), check=False, cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a new environment with nothing but the wheel and what the reading half needs."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [*PIP, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    built = subprocess.run(build, check=False, capture_output=True, text=True)
    if built.returncode:
        pytest.skip(f"no wheel can be built here: {built.stderr.strip().splitlines()[-1]}")
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=False)
    python = folder / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(*PIP, "--python", python, "install", "--quiet", "--constraint", ROOT / "constraints.txt", wheel, cwd=folder)
    return python.parent


def test_the_wheel_carries_measurements_methods_and_their_pages(installed: Path, tmp_path: Path) -> None:
    def assay(*arguments: str) -> str:
        return run(installed / "assay", *arguments, cwd=tmp_path, ASSAY_HOME=str(tmp_path / "home"), COLUMNS="200")

    results = json.loads(assay("results", "--json"))
    assert {row["name"] for row in results} >= {"fastkv", "sparge_attn"}
    assert not [row["claim"] for row in results if row["stale"] and row["device"] == "cpu"]
    methods = {row["name"]: row for row in json.loads(assay("methods", "--json"))}
    assert methods["fastkv"]["module"] == "assay.methods.attention.fastkv"
    assert methods["fastkv"]["verdicts"]
    shown = assay("show", "fastkv")
    assert "time to first token" in shown
    assert "seen" in shown
    where = assay("where", "fastkv")
    assert where.count("in a checkout only") == 3
    assert str(ROOT) not in where
    told = json.loads(assay("where", "fastkv", "--json"))
    assert told["test"] == {"path": None, "exists": False}
    assert told["result 1"]["exists"]
    assay("site", "build", "public")
    page = (tmp_path / "public/paper/2502.01068/index.html").read_text(encoding="utf-8")
    assert "Claimed and measured" in page
    assert "time to first token" in page


def test_every_imported_package_is_declared() -> None:
    """So that nothing works only because another package happens to bring it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def names(requirements: list[str]) -> set[str]:
        return {re.split(r"[^A-Za-z0-9_-]", each)[0].lower().replace("_", "-") for each in requirements}

    base = names(project["dependencies"])
    every = base | names(project["optional-dependencies"]["run"])
    extras = {name: names(listed) for name, listed in project["optional-dependencies"].items()}
    # What a folder or a module may import beside the rest; each asks for it where it is used, and refuses in words.
    parts = {"evaluation": ["evaluation"], "sending": ["chat"], "web": ["web", "mcp"], "embedder.py": ["embeddings"]}
    parts |= {"serving": ["web"], "serve.py": ["web"], "mcp.py": ["mcp", "web"]}
    parts |= {"postgres.py": ["postgres"]}
    parts |= {"cluster": ["ray"], "on_ray.py": ["ray"]}
    parts |= {"webgames": ["agents"]}
    parts |= {"pytest_plugin.py": ["dev"]}
    of = packages_distributions()
    rooms = ("methods", "testbed", "trials")
    for file in sorted((ROOT / "src").rglob("*.py")):
        for module in _imported(ast.parse(file.read_text(encoding="utf-8"))):
            if module in sys.stdlib_module_names or module == "assay":
                continue
            distributions = {each.lower().replace("_", "-") for each in of.get(module, [module])}
            room = file.relative_to(ROOT / "src/assay").parts[0]
            allowed = every if room in rooms or file.name in {"plot.py", "cards.py"} else base
            allowed = allowed.union(*(extras[extra] for part in file.parts for extra in parts.get(part, ())))
            assert distributions & allowed, f"{file.relative_to(ROOT)} imports {module}, which is not declared"


def test_a_command_starts_without_what_only_some_of_them_need() -> None:
    heavy = "{'sqlalchemy', 'jinja2', 'httpx2', 'numpy', 'sklearn', 'scipy', 'torch', 'smtplib'}"
    code = f"import sys, assay.cli; assay.cli._load_commands(); print(sorted({heavy} & sys.modules.keys()))"
    assert run(sys.executable, "-c", code, cwd=ROOT).strip() == "[]"


def _imported(tree: ast.Module) -> set[str]:
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules.add(node.module.partition(".")[0])
    return modules
