"""What a check found is told at the figure, and nothing of the summary is lost by it."""

from hypothesis import given
from hypothesis import strategies as st

from assay.papers.findings import Check, FigureFinding, State
from assay.publish.checks import list_findings, pieces, tally, warnings
from tests.publish.sample import CHECKS, PARTS_EN, UNCHECKED

_places = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(sorted)
_findings = st.builds(
    lambda place, state: FigureFinding(
        part="result", start=place[0], end=place[1], text="7", value=7, unit="", kind="count", state=state
    ),
    _places,
    st.sampled_from(State),
)


@given(text=st.text(max_size=25), findings=st.lists(_findings, max_size=5))
def test_the_pieces_of_a_part_are_the_part(text: str, findings: list[FigureFinding]) -> None:
    check = Check(paper="9912.00001", language="en", figures=tuple(findings))
    cut = list(pieces(check, "result", text))
    assert "".join(piece for piece, _ in cut) == text
    assert all(finding.state is not State.UNCHECKED for _, finding in cut if finding)


def test_a_figure_is_marked_in_its_own_part_only() -> None:
    marked = [piece for piece, finding in pieces(CHECKS["en"], "result", PARTS_EN.result) if finding]
    assert marked == ["2.5x", "8K"]
    assert [finding for _, finding in pieces(CHECKS["en"], "method", PARTS_EN.result) if finding] == []
    assert list(pieces(None, "result", "2.5x")) == [("2.5x", None)]


def test_the_tally_names_only_what_there_is() -> None:
    assert tally(Check(paper="9912.00001", language="en"), "en") == ""
    assert tally(UNCHECKED, "en") == "figures not checked: no text of the paper is at hand"
    assert tally(CHECKS["ko"], "en") == "figures: 1 supported, 1 contradicted (≠)"


def test_a_figure_that_is_said_twice_is_told_once() -> None:
    assert [finding.text for finding in list_findings(CHECKS["en"])] == ["2.5x", "8K"]
    assert list_findings(UNCHECKED) == []


def test_a_name_that_only_the_abstract_lacks_is_told_in_full() -> None:
    check = CHECKS["en"]
    assert list(warnings(check, "en")) == ["names that do not stand in title, abstract: ToyAttn (ToyAttn-2?)"]
    assert list(warnings(check, "ko", full=True)) == ["제목, 초록에 없는 이름: ToyAttn (ToyAttn-2?), Toy"]
    read = check.model_copy(update={"searched": ("title", "abstract", "full text v2")})
    assert list(warnings(read, "ko")) == ["제목, 초록, 본문 v2에 없는 이름: ToyAttn (ToyAttn-2?), Toy"]
    assert list(warnings(CHECKS["ko"], "en")) == ["this summary seems to be of another paper"]
