"""Numbers are hidden in real prose, at all depths, and one question has one answer."""

import re
from statistics import fmean

import pytest

from assay.testbed.prose import Entry, Prose
from assay.testbed.tasks.hidden_number import first_number, hide_numbers

_PROSE = Prose(
    "sentences",
    [
        Entry(f"{number}", f"Word {number} means what others mean{', and some more' * (number % 9)}.\nToo short.")
        for number in range(1_000)
    ],
)


def _words(text: str) -> int:
    return len(text.split())


def test_requests() -> None:
    hidden = hide_numbers(_PROSE, _words, count=40, tokens=(100, 200), seed=3)
    counts = set()
    for each in hidden:
        text, question = each.request.split("\n\n")
        assert each.fact == f"{each.begun} {each.number}."
        assert each.fact in text.split("\n")
        assert question == each.begun.replace("The", "What is the", 1).removesuffix(" is") + "? Answer with the number."
        numbers = re.findall(r"^The secret number of the \w+ is (\d{5})\.$", text, flags=re.MULTILINE)
        assert len(set(numbers)) == len(numbers)
        counts.add(len(numbers))
        assert 95 <= _words(text) - 8 * len(numbers) <= 200
        assert "Too short." not in text
    assert counts == {2, 3}
    assert len({each.begun for each in hidden}) > 5
    depths = [each.depth for each in hidden]
    assert min(depths) < 0.1
    assert max(depths) > 0.9
    assert 0.35 < fmean(depths) < 0.65
    texts = [set(re.findall(r"Word (\d+) ", each.request)) for each in hidden]
    assert sum(map(len, texts)) == len(set().union(*texts))  # none is used twice


def test_the_seed_decides() -> None:
    first, again, other = (
        hide_numbers(_PROSE, _words, count=3, tokens=(50, 60), others=(0, 0), digits=3, seed=seed) for seed in (1, 1, 2)
    )
    assert first == again != other
    assert len(first[0].number) == 3
    assert first[0].request.count("secret number of the") == 2


def test_first_number() -> None:
    answers = {
        "The secret number of the chapel is 65125.": "65125",
        "It is 65,125, not 7": "65125",
        " 65125<|im_end|>": "65125",
        "12, 65125": "12",
        "I do not know.": "",
    }
    assert {answer: first_number(answer) for answer in answers} == answers


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to 15 other numbers, not 2 to 16"):
        hide_numbers(_PROSE, _words, count=1, tokens=(50, 60), others=(2, 16))
    with pytest.raises(ValueError, match="the lesser first"):
        hide_numbers(_PROSE, _words, count=1, tokens=(60, 50))
    with pytest.raises(ValueError, match="too few paragraphs left"):
        hide_numbers(_PROSE, _words, count=1, tokens=(50_000, 50_000))
