"""What small models read is one text in two parts, in tokens of its own vocabulary."""

from collections.abc import Iterator

import pytest

from assay.testbed import reading as module
from assay.testbed.prose import Entry, Prose
from assay.testbed.reading import reading
from assay.testbed.text import library_tokens


@pytest.fixture
def few_entries(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    entries = [Entry(f"word {at}", f"Word {at} has {at % 7} letters and a meaning of its own.") for at in range(400)]
    monkeypatch.setattr(module, "gcide", lambda: Prose("a dictionary", entries))
    monkeypatch.setattr(module, "_CHARACTERS", 15_000)
    monkeypatch.setattr(module, "_HELD_OUT", 2_000)
    module._prose.cache_clear()
    yield
    module._prose.cache_clear()


def test_source_is_the_library() -> None:
    text = reading(512, prose=False)
    assert (text.what, text.origin) == ("source code", "Python source")
    assert text.known is library_tokens(512)[0]
    assert text.held_out is library_tokens(512)[1]


@pytest.mark.usefixtures("few_entries")
def test_prose_is_held_out_at_its_end() -> None:
    text = reading(300, prose=True)
    assert (text.what, text.origin) == ("prose", "prose of a dictionary")
    assert 2_000 < len(text.known) < 15_000  # fewer tokens than characters
    assert 200 < len(text.held_out) < 2_000
    assert max(text.known.max(), text.held_out.max()) < 300
    assert reading(300, prose=True) is text


@pytest.mark.usefixtures("few_entries")
def test_a_work_that_is_too_short_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CHARACTERS", 100_000)
    with pytest.raises(ValueError, match="a dictionary has 19,489 characters, not 102,000"):
        reading(300, prose=True)
