"""Instructions are made of entries in their order, with texts of whole sentences."""

import pytest

from assay.testbed.prose import Entry, Prose
from assay.testbed.tasks.instructions import CORRECT, EXPLAIN, SUMMARISE, draw_instructions

LONG = "A modem turns bits into tones. It turns tones into bits, too. " + "It is slow. " * 5
PROSE = Prose(
    "words",
    [
        Entry("modem", f"modem\n<hardware> {LONG}"),
        Entry("bit", "bit\nToo short."),
        Entry("tone", f"tone\n{LONG}"),
        Entry("baud", f"baud baud rate\n<unit> {LONG}"),
    ],
)


def test_kinds_come_in_turn_and_short_entries_are_passed_over() -> None:
    instructions = draw_instructions(PROSE, 9, characters=(50, 70), kinds=(EXPLAIN, SUMMARISE, CORRECT))
    assert [each.kind for each in instructions] == [EXPLAIN, SUMMARISE, CORRECT]
    assert instructions[0].text == "Explain what modem is."
    sentences = "A modem turns bits into tones. It turns tones into bits, too."
    assert instructions[1].text == f"Summarise this text:\n\n{sentences}"
    assert instructions[2].text == f"Correct the mistakes in this text:\n\n{sentences}"
    assert draw_instructions(PROSE, 2, characters=(50, 70)) == [instructions[0], instructions[1]]


def test_a_kind_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="translate"):
        draw_instructions(PROSE, 1, kinds=["translate"])
