"""A plugin of pytest that attacks the RAG pipeline of one's own project in its own tests.

It is loaded where it is asked for, and nowhere else, and needs neither torch nor a network::

    # conftest.py
    pytest_plugins = ["assay.methods.retrieval.saferag.pytest_plugin"]

    @pytest.fixture(scope="session")
    def rag_search():                       # a function of a query and a number, or as_search(a retriever)
        return my_search

    @pytest.fixture(scope="session")
    def rag_generator():                    # a function of a question and texts; leave it out to test retrieval alone
        return my_answer

    # test_security.py
    def test_nobody_can_make_it_refuse(attack_rag):
        attack_rag("white_dos").require(attack_failure=0.9, clean_f1=0.6)

Corpus and questions are files that the settings ``rag_corpus`` and ``rag_questions`` name (see `read_corpus` and
`read_questions`), or fixtures of these names. Lines that cannot be read are left out and listed at the end, with file
and number; so are the figures of every attack. Optional fixtures: ``rag_filter``, ``rag_index`` (makes a search of
texts, for the stage ``index``), ``rag_attacks`` (attacks of one's own).
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from assay.methods.retrieval._search import Search, Snippet
from assay.methods.retrieval.saferag._attacks import MOST_TEXTS, Attack, make_attacks
from assay.methods.retrieval.saferag._bench import Generator, SecurityBench
from assay.methods.retrieval.saferag._questions import Question, read_corpus, read_questions
from assay.methods.retrieval.saferag._report import SecurityReport
from assay.methods.retrieval.saferag._searches import Filter

_REFUSED = pytest.StashKey[list[str]]()
_TABLE, _LINE = "rag security", "rag security: left out"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the two settings."""
    parser.addini("rag_corpus", "texts that your RAG searches: lines of JSON with text, id and title")
    parser.addini("rag_questions", "questions on them: lines of JSON with question, answer, golden (ids) and wrong")


@pytest.fixture(scope="session")
def rag_search() -> Search | None:
    """The retriever under test; define your own."""
    return None


@pytest.fixture(scope="session")
def rag_generator() -> Generator | None:
    """What answers a question by texts; define your own, or retrieval alone is tested."""
    return None


@pytest.fixture(scope="session")
def rag_filter() -> Filter | None:
    """What stands between both; none by default."""
    return None


@pytest.fixture(scope="session")
def rag_index() -> Callable[[Sequence[Snippet]], Search] | None:
    """Makes a retriever of texts; define your own for attacks at the stage ``index``."""
    return None


@pytest.fixture(scope="session")
def rag_corpus(pytestconfig: pytest.Config) -> list[Snippet]:
    """The texts that are searched, from the file of the setting ``rag_corpus``."""
    return _read(pytestconfig, "rag_corpus", read_corpus)


@pytest.fixture(scope="session")
def rag_questions(pytestconfig: pytest.Config, rag_corpus: list[Snippet]) -> list[Question]:
    """The questions that are attacked, from the file of the setting ``rag_questions``."""
    return _read(pytestconfig, "rag_questions", lambda file: read_questions(file, rag_corpus))


@pytest.fixture(scope="session")
def rag_attacks(rag_questions: list[Question]) -> list[Attack]:
    """Attacks of every kind, written by rule."""
    return make_attacks(rag_questions, texts=MOST_TEXTS)


@pytest.fixture
def attack_rag(request: pytest.FixtureRequest, rag_corpus: list[Snippet], rag_attacks: list[Attack]) -> Any:
    """Attacks the pipeline: ``attack_rag("conflict", "soft_ad", stages=["index"], k=6, ratio=0.5)`` gives a report."""
    search, generator, chooser, index = map(
        request.getfixturevalue, ("rag_search", "rag_generator", "rag_filter", "rag_index")
    )
    if search is None and index is None:
        pytest.fail("there is no RAG to attack: define a fixture rag_search in your conftest.py", pytrace=False)

    def attack(*kinds: str, stages: Iterable[str] = ("retrieval",), **settings: Any) -> SecurityReport:
        """Attack by these kinds, or by all; `settings` are fields of `SecurityBench`."""
        there = list(dict.fromkeys(each.kind for each in rag_attacks))
        if unknown := [kind for kind in kinds if kind not in there]:
            raise ValueError(f"there is no attack {unknown[0]!r} among rag_attacks: choose {', '.join(there)}")
        bench = SecurityBench(
            search=search, generator=generator, filter=chooser, corpus=rag_corpus, index=index, **settings
        )
        report = bench.run([each for each in rag_attacks if each.kind in (kinds or there)], stages)
        request.node.user_properties.append((_TABLE, report.table()))
        return report

    lines = request.config.stash.get(_REFUSED, [])
    request.node.user_properties.extend((_LINE, line) for line in lines)
    return attack


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show the figures of every attack, and what was left out of the files."""
    reports = [each for group in terminalreporter.stats.values() for each in group if hasattr(each, "user_properties")]
    shown = dict.fromkeys(
        (each.nodeid if name == _TABLE else "", name, value)
        for each in reports
        for name, value in each.user_properties
        if name in (_TABLE, _LINE)
    )
    if shown:
        terminalreporter.section("RAG security")
    for test, name, value in shown:
        terminalreporter.write_line(f"{test}\n{value}" if name == _TABLE else f"left out: {value}")


def _read(config: pytest.Config, setting: str, read: Callable[[Path], tuple[list[Any], list[str]]]) -> list[Any]:
    name = config.getini(setting)
    if not name:
        pytest.fail(f"the setting {setting} names no file: set it, or define a fixture {setting}", pytrace=False)
    try:
        kept, refused = read(config.rootpath / name)
    except ValueError as error:
        pytest.fail(str(error), pytrace=False)
    config.stash.setdefault(_REFUSED, []).extend(refused)
    return kept
