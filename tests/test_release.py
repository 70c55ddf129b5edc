"""What a release rests on: one version everywhere, a citation, and workflows that hold no more than they need."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

import assay

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PINNED = re.compile(r"^[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def jobs(workflow: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]
    return found


def test_the_changelog_begins_with_the_version_of_the_package() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    heads = re.findall(r"^## \[(.+)\](?: - (.+))?$", changelog, re.MULTILINE)
    assert heads == [head for head in heads if head[0] == "Unreleased" or re.fullmatch(r"\d+\.\d+\.\d+", head[0])]
    version, when = next(head for head in heads if head[0] != "Unreleased")
    assert version == assay.__version__
    assert when == "unreleased" or date.fromisoformat(when) > date(2026, 1, 1)
    assert set(re.findall(r"^### (.+)$", changelog, re.MULTILINE)) <= {
        *("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
    }


def test_the_citation_is_of_this_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == assay.__version__
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= citation.keys()
    assert citation["license"] == "Apache-2.0"
    assert all(author["name"] for author in citation["authors"])


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_by_their_hash(workflow: Path) -> None:
    used = re.findall(r"uses: *(.+)$", workflow.read_text(encoding="utf-8"), re.MULTILINE)
    assert used
    assert not [each for each in used if not PINNED.match(each)]


def test_an_action_has_one_version_in_all_workflows() -> None:
    texts = [workflow.read_text(encoding="utf-8") for workflow in WORKFLOWS]
    used = {each for text in texts for each in re.findall(r"uses: *(.+)$", text, re.MULTILINE)}
    assert len({each.partition("@")[0] for each in used}) == len(used)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_job_that_may_write_installs_and_runs_nothing_of_the_repository(workflow: Path) -> None:
    whole = yaml.safe_load(workflow.read_text(encoding="utf-8"))
    assert "permissions" in whole, "what is not said is given by the repository's default"
    assert "write" not in whole["permissions"].values()
    for name, job in whole["jobs"].items():
        if "write" in job.get("permissions", {}).values():
            assert not [step for step in job["steps"] if "actions/checkout@" in step.get("uses", "")], name
            assert not [step for step in job["steps"] if re.search(r"\bpip\b|python|assay ", step.get("run", ""))], name


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_checkout_keeps_no_credentials_and_no_text_from_outside_becomes_a_command(workflow: Path) -> None:
    for name, job in jobs(workflow).items():
        assert job["timeout-minutes"], name
        for step in job["steps"]:
            if "actions/checkout@" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False, name
            assert "${{" not in step.get("run", ""), f"{name}: what is filled in goes through a variable"


def test_nothing_is_attested_or_published_before_a_maintainer_switches_it_on() -> None:
    release = jobs(ROOT / ".github/workflows/release.yml")
    writing = {name for name, job in release.items() if "write" in job["permissions"].values()}
    assert writing == {"attest", "publish"}
    for name in writing:
        assert release[name]["if"] == "vars.PUBLISH_RELEASES == 'true'", name
    assert release["publish"]["environment"] == "pypi"
    assert release["publish"]["needs"] == "attest"
    assert release["attest"]["needs"] == "try"
    assert "PUBLISH_RELEASES" in (ROOT / "docs/release.md").read_text(encoding="utf-8")
