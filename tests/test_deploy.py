"""The container's file, the compose file and the workflows: what their checkers say, and what no checker asks."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
DEPLOY = ROOT / "deploy"
PINNED = re.compile(r"[a-z0-9./-]+:[\w.-]+@sha256:[0-9a-f]{64}")
"""An image by its tag, for people, and its digest, for machines."""


def says(program: str, *arguments: str | Path) -> str:
    """What a checker of the development extra finds; nothing where all is well."""
    if not (BIN / program).exists():
        pytest.skip(f"no {program} here: pip install '.[dev]'")
    command = [BIN / program, *arguments]
    done = subprocess.run(list(map(str, command)), check=False, capture_output=True, text=True, cwd=ROOT)
    return "" if done.returncode == 0 else f"exit code {done.returncode}\n{done.stdout}{done.stderr}"


def test_hadolint_finds_nothing_in_the_containers_file() -> None:
    assert says("hadolint", "--failure-threshold", "style", DEPLOY / "Containerfile") == ""


def test_the_compose_file_is_one() -> None:
    assert says("check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml") == ""


def test_the_updates_of_what_is_pinned_are_asked_for_rightly() -> None:
    file = ROOT / ".github/dependabot.yml"
    assert says("check-jsonschema", "--builtin-schema", "vendor.dependabot", file) == ""


def test_zizmor_finds_nothing_in_the_workflows() -> None:
    strict = ("--offline", "--no-progress", "--no-config", "--strict-collection", "--persona", "pedantic")
    assert says("zizmor", *strict, ROOT / ".github") == ""


@pytest.mark.parametrize("flaw", ["USER root", "RUN cd /tmp", "FROM debian:latest"])
def test_hadolint_would_find_a_flaw(tmp_path: Path, flaw: str) -> None:
    file = tmp_path / "Containerfile"
    whole = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    file.write_text(f"{whole}{flaw}\n", encoding="utf-8")
    assert "exit code 1" in says("hadolint", "--failure-threshold", "style", file)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    composed: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return composed


def test_every_service_is_confined(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "cap_add" not in service, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}, name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ())), name
        assert all(volume.partition(":")[0] in compose["volumes"] for volume in service["volumes"]), name
        assert "privileged" not in service, name
        assert "healthcheck" in service, name


def test_no_secret_stands_in_the_compose_file(compose: dict[str, Any]) -> None:
    names = re.compile("password|token|secret|key", re.IGNORECASE)
    for name, service in compose["services"].items():
        for variable in service["environment"]:
            assert not names.search(variable) or variable.endswith("_FILE"), f"{name}: {variable}"
    ignored = (DEPLOY / ".gitignore").read_text(encoding="utf-8").split()
    assert {secret["file"].partition("/")[0] + "/" for secret in compose["secrets"].values()} <= set(ignored)
    assert "readers.env" in ignored


def test_what_is_not_ours_is_pinned(compose: dict[str, Any]) -> None:
    lines = (DEPLOY / "Containerfile").read_text(encoding="utf-8").splitlines()
    bases = [line.removeprefix("ARG BASE=") for line in lines if line.startswith("ARG BASE=")]
    assert len(bases) == 1
    assert [line for line in lines if line.startswith("FROM ") and "${BASE}" not in line] == []
    images = [service["image"] for service in compose["services"].values() if "build" not in service]
    for image in bases + images:
        assert PINNED.fullmatch(image), image


def test_the_image_and_the_compose_file_ask_the_same_address(compose: dict[str, Any]) -> None:
    asks = re.compile(r"http://127\.0\.0\.1:\d+/\w+")
    whole = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    [of_image] = asks.findall(whole)
    assert asks.findall(" ".join(compose["services"]["app"]["healthcheck"]["test"])) == [of_image]
    from assay.web.operating import ROUTES

    port = re.search(r"^EXPOSE (\d+)$", whole, re.MULTILINE)
    assert port is not None
    assert of_image in {f"http://127.0.0.1:{port[1]}{route.path}" for route in ROUTES}


def test_the_image_is_made_of_what_it_needs_alone() -> None:
    """All that the file copies is let through, and nothing that is secret or large."""
    let_through = {
        line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text("utf-8").split() if line.startswith("!")
    }
    whole = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    copied = {word for line in re.findall(r"^COPY (?!--from)(.+)$", whole, re.MULTILINE) for word in line.split()[:-1]}
    assert copied == let_through
    assert all((ROOT / each).exists() for each in copied)


def test_the_workflow_of_tests_runs_what_a_change_must_pass() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8"))
    assert ".ci/run" in [step.get("run") for step in workflow["jobs"]["test"]["steps"]]


@pytest.mark.parametrize("file", sorted((ROOT / ".github/workflows").glob("*.yml")), ids=lambda file: file.stem)
def test_what_installs_may_not_write(file: Path) -> None:
    jobs = yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"]
    for name, job in jobs.items():
        writes = "write" in str(job.get("permissions", ""))
        runs = [step["run"] for step in job["steps"] if "run" in step]
        installs = any(re.search(r"\b(pip|npm|apt-get|make|docker build)\b|\.ci/run", run) for run in runs)
        assert not (writes and installs), f"{file.name}: {name}"
        assert not (writes and any("checkout" in step.get("uses", "") for step in job["steps"])), f"{file.name}: {name}"
