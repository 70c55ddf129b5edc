"""The trees have the last word on what stands in the abstract, and say of what a figure is that no rule objects to."""

from io import BytesIO

import numpy as np
import pytest

from assay.claims.check import Checker, check
from assay.claims.context import Text
from assay.claims.source import source_of
from assay.claims.weighing.attachment import load_learnt
from assay.claims.weighing.signs import OBJECTS
from assay.claims.weighing.trees import Trees
from assay.claims.weighing.weigher import examine, load_trees, overrule
from assay.papers.models import Paper, Parts

ABSTRACT = "Gullwing reaches 71.4% on ToyBench and 52.6% on LakeBench. It cuts memory by 26% and latency by 70%."
PAPER = Paper(id="9912.99901", title="Gullwing: a cache of tides", abstract=ABSTRACT)


def trees(*, start: float, columns: tuple[str, ...] = ("fit",)) -> Trees:
    """A tree that says one thing of a row near to the paper's figure, another of the rest, and begins so."""
    written = BytesIO()
    np.savez(
        written, columns=np.frombuffer("\n".join(columns).encode(), np.uint8), start=np.array(start),
        roots=np.array([0], np.int16), column=np.array([0, -1, -1], np.int16), most=np.array([1.5, 0, 0], np.float32),
        left=np.array([1, 0, 0], np.int16), right=np.array([2, 0, 0], np.int16),
        value=np.array([0, 1.0, -1.0], np.float32),
    )  # fmt: skip
    return Trees(written.getvalue())


def judged(text: str, says: Trees, language: str = "en") -> list[tuple[str, str]]:
    checker = Checker(source_of(PAPER, ()), (), language, [Text.of("result", text)])
    checker.find_supported()
    overrule(checker, says)
    verdicts = [checker.verdicts[figure] for figure in checker.figures]
    return [(each.state.value, each.given) for each in verdicts]


def test_a_tree_is_followed_to_its_leaf() -> None:
    assert trees(start=0.0).weigh({"fit": 1.5}) == pytest.approx(1 / (1 + np.exp(-1)))
    assert trees(start=0.5).weigh({"fit": 1.6}) == pytest.approx(1 / (1 + np.exp(0.5)))
    assert trees(start=0.0).weigh({}) == trees(start=0.0).weigh({"fit": 0.0})


def test_what_no_rule_objects_to_is_of_something_else_if_the_trees_are_sure() -> None:
    text = "It reaches 71.4% on ToyBench."
    assert judged(text, trees(start=-5.0)) == [("supported", "")]
    [(state, given)] = judged(text, trees(start=5.0))
    assert (state, bool(given)) == ("misattributed", True)


def test_what_a_rule_objects_to_is_supported_if_the_trees_are_not_sure() -> None:
    text = "It reaches 71.4% on LakeBench."
    known = ("fit", *(f"{OBJECTS}{rule}" for rule in ("another_dataset", "name_elsewhere", "another_place")))
    assert judged(text, trees(start=5.0, columns=known)) == [("misattributed", "ToyBench, not LakeBench")]
    assert judged(text, trees(start=-5.0, columns=known)) == [("supported", "")]
    assert judged(text, trees(start=-5.0))[0][0] == "misattributed", "they never saw the rule that objects"


def test_the_signs_tell_the_right_figure_from_another() -> None:
    def signs(text: str) -> dict[str, float]:
        checker = Checker(source_of(PAPER, ()), (), "en", [Text.of("result", text)])
        checker.find_supported()
        [(_, _, _, found)] = examine(checker, load_learnt())
        return found.row

    right, wrong = signs("It needs 26% less memory."), signs("It needs 26% less latency.")
    assert right["fits better"] > 0 > wrong["fits better"]
    assert right["metric shared"] == 1 > wrong["metric shared"]
    assert wrong["their net"] > right["their net"]
    assert wrong["objections"] > right["objections"] == 0


@pytest.mark.parametrize(("text", "language"), [("It needs 26% less memory.", "en"), ("메모리를 26% 줄인다.", "ko")])
def test_the_trees_that_are_carried_agree_with_what_is_plain(text: str, language: str) -> None:
    [figure] = check(Parts(result=text), PAPER, language=language).figures
    assert figure.state == "supported"
    wrong = text.replace("memory", "latency").replace("메모리", "지연 시간")
    [figure] = check(Parts(result=wrong), PAPER, language=language).figures
    assert figure.state == "misattributed"
    assert load_trees().columns == sorted(load_trees().columns)
