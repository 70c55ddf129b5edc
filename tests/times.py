"""Prints the seconds that tests took, by paper and for the rest: ``python tests/times.py JUNIT_XML``.

A test is a paper's where a folder or file on its path has the paper's name, such as ``test_fastkv.py``; all others are
added up by the folder under ``tests``. ``make test-times`` runs the tests and prints this.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from assay.papers.catalogue import catalogue

LIMIT = 8.0
"""Seconds that the tests of one paper may take."""


def seconds_by_paper(report: Path) -> tuple[dict[str, float], dict[str, float]]:
    """Of a JUnit report, the seconds by the paper's name, and those of the rest by folder; the longest first."""
    papers: dict[str, float] = {}
    rest: dict[str, float] = {}
    names = sorted((entry.name for entry in catalogue().values()), key=len, reverse=True)
    for case in ET.parse(report).iter("testcase"):
        path, seconds = case.get("classname", "").split("."), float(case.get("time", 0))
        paper = next((name for name in names if any(_is_of(part, name) for part in path)), None)
        group, name = (papers, paper) if paper else (rest, "/".join(path[:2]))
        group[name] = group.get(name, 0.0) + seconds
    return _longest_first(papers), _longest_first(rest)


def lines(papers: dict[str, float], rest: dict[str, float]) -> Iterator[str]:
    """The seconds as a table; a paper over the limit is marked."""
    yield f"{sum(papers.values()) + sum(rest.values()):8.1f} s in all"
    yield f"{sum(papers.values()):8.1f} s of {len(papers)} papers"
    for name, seconds in papers.items():
        yield f"{seconds:8.1f} s  {name}" + (f"  over {LIMIT:g} s" if seconds > LIMIT else "")
    yield f"{sum(rest.values()):8.1f} s of the rest"
    for folder, seconds in rest.items():
        yield f"{seconds:8.1f} s  {folder}"


def _longest_first(seconds: dict[str, float]) -> dict[str, float]:
    return dict(sorted(seconds.items(), key=lambda item: -item[1]))


def _is_of(part: str, name: str) -> bool:
    return part in {name, f"test_{name}"} or part.startswith(f"test_{name}_")


if __name__ == "__main__":
    print(*lines(*seconds_by_paper(Path(sys.argv[1]))), sep="\n")
