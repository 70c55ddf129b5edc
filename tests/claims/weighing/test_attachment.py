"""Words go with the figure that their sentence gives them to, and figures fit by the words that go with both."""

from itertools import chain

import pytest

from assay.claims.check import Checker
from assay.claims.context import Text
from assay.claims.source import source_of
from assay.claims.span import Span
from assay.claims.weighing.attachment import Attachment, Learnt, load_learnt, read_learnt, words_of
from assay.claims.weighing.cues import cues
from assay.claims.weighing.weigher import examine
from assay.papers.models import Paper

ABSTRACT = (
    "Our pipeline achieves Dice scores of 0.96 (liver) and 0.93 (spleen). It cuts latency by 70% and memory by 26%."
)
PAPER = Text.of("abstract", ABSTRACT).figures


def fits(text: str) -> list[list[float]]:
    """How well each figure of a sentence fits each of the abstract."""
    attachment = Attachment(PAPER, load_learnt())
    return [[attachment.fit(figure, each) for each in PAPER] for figure in Text.of("result", text).figures]


def best(row: list[float]) -> str:
    return PAPER[max(range(len(row)), key=row.__getitem__)].text


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Dice is 0.96 for the liver.", ["0.96"]),
        ("It segments the liver at 0.96 and the spleen at 0.93.", ["0.96", "0.93"]),
        ("The spleen is at 0.93 and the liver at 0.96.", ["0.93", "0.96"]),
        ("It needs 26% less memory and 70% less latency.", ["26%", "70%"]),
        ("메모리를 26%, 지연 시간을 70% 줄인다.", ["26%", "70%"]),
        ("지연 시간은 70%, 메모리는 26% 줄었다.", ["70%", "26%"]),
    ],
)
def test_a_figure_fits_the_one_that_its_words_go_with(text: str, meant: list[str]) -> None:
    assert [best(row) for row in fits(text)] == meant


def test_a_word_is_shared_out_among_figures_and_none_of_them() -> None:
    two = Text.of("result", "Memory falls by 26% and latency by 70%.").figures
    [alone] = Text.of("abstract", "Memory 26%.").figures

    def share(none: float) -> float:
        """In the word memory: that of the first of two figures, as a part of that of a figure which has it alone."""
        attachment = Attachment([alone], Learnt({}, none, dict.fromkeys("wcmnt", 1.0)))
        return attachment.fit(two[0], alone) / attachment.fit(alone, alone)

    assert share(none=0.0) == pytest.approx((1 / 3) / (1 / 2))
    assert share(none=-40.0) == pytest.approx(1 / 2)


def test_sentences_that_share_no_word_do_not_fit() -> None:
    assert fits("그는 26% 높다고 했다.") == [[0.0] * len(PAPER)]


def test_a_word_that_few_of_the_papers_figures_have_counts_more() -> None:
    attachment = Attachment(PAPER, load_learnt())
    assert attachment.rarity("wnowher") > attachment.rarity("wliver") == attachment.rarity("wlatenc")


def test_cues_say_where_a_word_stands_and_what_is_between() -> None:
    english = Text.of("result", "Recall of 80% on ToyBench, and 30% on LakeBench, respectively.").sentences[0]
    word = Span(english.text.index("LakeBench"), english.text.index("LakeBench") + 9, "wlakebe")
    assert {"en after 0 each", "en after all on", "en after word on next", "en after kind w"} <= set(
        cues(english, word, 1)
    )
    assert {"en after 1 each", "en after , beyond", "en after through and beyond"} <= set(cues(english, word, 0))
    korean = Text.of("result", "메모리를 26% 줄인다.").sentences[0]
    assert {"ko before 0", "ko before word 를 next"} <= set(cues(korean, Span(0, 3, "mmemory"), 0))


def test_what_was_learnt_is_read_as_written() -> None:
    learnt = read_learnt(
        '{"cues": {"en before 0": 1.5}, "none": 0.5, "kinds": {"w": 2, "c": 1, "m": 1, "n": 1, "t": 1}}'
    )
    assert learnt.cues == {"en before 0": 1.5}
    assert set(load_learnt().kinds) == set("wcmnt")
    with pytest.raises(ValueError, match="kinds c, m, n, t"):
        read_learnt('{"cues": {}, "none": 0.5, "kinds": {"w": 2.0}}')


def test_words_stand_where_they_are_written() -> None:
    sentence = Text.of("result", "Low-latency questions on ToyBench: 26%.").sentences[0]
    places = {
        sentence.text[word.start : word.end] for word in chain(*words_of(sentence).values()) if word.key[0] == "w"
    }
    assert places == {"Low", "latency", "questions", "ToyBench"}


def test_a_sentence_of_many_figures_is_left_to_the_rules() -> None:
    paper = Paper(id="9912.99901", title="A cache", abstract=ABSTRACT)

    def weighed(times: int) -> int:
        text = f"It cuts {', '.join(['latency by 70%', 'memory by 26%'] * times)}."
        checker = Checker(source_of(paper, ()), (), "en", [Text.of("result", text)])
        checker.find_supported()
        return len(list(examine(checker, load_learnt())))

    assert (weighed(30), weighed(31)) == (60, 0)
