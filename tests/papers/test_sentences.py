"""The splitter keeps whole what belongs together, and loses nothing."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assay.papers.sentences import split


def pieces(text: str) -> list[str]:
    return [text[span.start : span.end] for span in split(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["We pick a tool, e.g. Hammer, or i.e. None of them.", "It works."],
        ["We follow Muster et al. (2099) and Vzorek et al. Their data is small.", "Ours is not."],
        ["It wins (51.3% vs. ~48.2%) in Fig. 3 and Sec. A, w.r.t. Eq. (4).", "Nothing else changes."],
        ["Scores rise from 0.5 to 1.75 points.", "3.5x fewer tokens are read."],
        ["We use lamps, chairs, etc.", "We then sit down."],
        ["It answers no. 7 only.", "Asked again, it says no.", "We stop."],
        ["Is mixing useful?", "It is!", "So we mix..."],
        ["Code is at https://example.org/a.b/c.html.", "Data follow."],
        ["Code is at https://example.org/a.B/C?x=1.2", ],
        ["We minimise $f(x) = 1. Then y$ and $\\mathcal{L}.$", "The loss falls by 40\\%."],
        ["The U.S. Patent Office agreed.", "So did J. Muster."],
        ["We call it type A.", "We keep it."],
        ["It thinks aloud (\"Wait. Let me see. No.\") and errs.", "It is slow."],
        ["The prompt \"Stop. Think.\" helps.", "vLLM serves it.", "s1K trains it."],
        ["It prunes (see App. B. It is long) early.", "Then it ends."],
        ["1. Gullwing is fast.", "2. Gullwing is small."],
        ["我们提出一种新方法。", "它很快！", "为什么？"],
        ["우리는 새로운 방법을 제안한다.", "성능이 높다."],
        ["No period at the end"],
    ],
    ids=lambda sentences: sentences[0][:30],
)  # fmt: skip
def test_sentences_are_parted_and_kept_whole(sentences: list[str]) -> None:
    joined = "" if "。" in sentences[0] else " "
    assert pieces(joined.join(sentences)) == sentences


def test_a_forgotten_space_parts_sentences_but_not_names() -> None:
    assert pieces("Training is slow.We make it fast.") == ["Training is slow.", "We make it fast."]
    assert pieces("We build GULL, a system.GULL is fast.") == ["We build GULL, a system.", "GULL is fast."]
    assert len(pieces("We patch torch.Tensor, Node.js and U.S.A with GPT-4.Turbo inside.")) == 1


def test_a_bracket_left_open_swallows_nothing() -> None:
    assert len(pieces("We try (and fail. It is hard. We stop.")) == 3


@given(st.text() | st.text(alphabet='aA.?! ()$"\n。,3-/:'))
@example("")
@example(" \n ")
@example("....")
@example("🦀. 🦀! A")
def test_every_character_but_space_stands_in_exactly_one_sentence(text: str) -> None:
    spans = split(text)
    ends = [0, *(end for span in spans for end in span), len(text)]
    assert ends == sorted(ends)
    for start, end in spans:
        assert text[start:end].strip() == text[start:end] != ""
    between = zip(ends[::2], ends[1::2], strict=True)
    assert not "".join(text[start:end] for start, end in between).strip()
