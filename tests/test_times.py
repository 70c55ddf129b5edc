"""The table of how long tests take, out of a report of pytest's own."""

from pathlib import Path

import pytest

from tests.times import lines, seconds_by_paper

REPORT = """<?xml version="1.0"?>
<testsuites><testsuite name="pytest">
<testcase classname="tests.methods.attention.test_fastkv" name="test_exact[llama]" time="3.5" />
<testcase classname="tests.trials.attention.test_fastkv" name="test_broken" time="5.0" />
<testcase classname="tests.methods.attention.ape.test_model" name="test_ape" time="1.5" />
<testcase classname="tests.methods.attention.test_ape_states.TestStates" name="test_ape" time="0.5" />
<testcase classname="tests.methods.test_contract" name="test_undone[ape]" time="7.0" />
<testcase classname="tests.test_docs" name="test_links" time="0.25"><failure message="no" /></testcase>
<testcase classname="tests.cli.test_trials" name="test_shape" time="9.0" />
</testsuite></testsuites>
"""


@pytest.fixture
def report(tmp_path: Path) -> Path:
    file = tmp_path / "times.xml"
    file.write_text(REPORT, encoding="utf-8")
    return file


def test_seconds_are_added_up_by_paper_and_by_folder(report: Path) -> None:
    papers, rest = seconds_by_paper(report)
    assert list(papers.items()) == [("fastkv", 8.5), ("ape", 2.0)]
    assert list(rest.items()) == [("tests/cli", 9.0), ("tests/methods", 7.0), ("tests/test_docs", 0.25)]


def test_a_paper_that_takes_too_long_is_marked(report: Path) -> None:
    marked = [line.split() for line in lines(*seconds_by_paper(report)) if "over" in line]
    assert marked == [["8.5", "s", "fastkv", "over", "8", "s"]]
    assert next(lines(*seconds_by_paper(report))).split() == ["26.8", "s", "in", "all"]
