"""What was made is kept for as long as nothing changes, and made once however many want it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from assay.web.kept import Kept


def test_what_two_want_at_once_is_made_once() -> None:
    kept, all_there = Kept[str](10), Barrier(8)
    made: list[str] = []

    def make() -> str:
        made.append("a")
        return "value"

    def want(_: int) -> str:
        all_there.wait()
        return kept.get("a", 1, make)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(want, range(8))) == {"value"}
    assert made == ["a"]
    assert kept.get("a", 2, lambda: "another") == "another"


def test_what_cannot_be_made_leaves_nothing_behind() -> None:
    kept = Kept[int](10)
    for number in range(100):
        with pytest.raises(ZeroDivisionError):
            kept.get(number, 1, lambda: 1 // 0)
    assert not kept._making
    assert kept.get(1, 1, lambda: 7) == 7


def test_no_more_is_kept_than_may_be() -> None:
    kept = Kept[int](2)
    for number in range(5):
        assert kept.get(number, 1, lambda number=number: number) == number  # type: ignore[misc]
    assert kept.get(4, 1, lambda: 0) == 4
    assert kept.get(0, 1, lambda: 9) == 9
