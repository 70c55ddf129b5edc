"""Keeps what was made from a database for as long as nothing in it changes."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")

_OLDEST = 60.0
"""Seconds; whether a day is over depends on the clock, too."""


class Kept(Generic[Value]):
    """The values that were made last, by key. Two threads that want the same value make it once."""

    def __init__(self, most: int, oldest: float = _OLDEST) -> None:
        self._most, self._oldest = most, oldest
        self._values: OrderedDict[Hashable, tuple[object, float, Value]] = OrderedDict()
        self._making: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def get(self, key: Hashable, revision: object, make: Callable[[], Value]) -> Value:
        """The value of a key: the one that was made of the same revision, or a new one."""
        with self._lock:
            found = self._fresh(key, revision)
            if found is not None:
                return found[2]
            making = self._making.setdefault(key, Lock())
        with making:
            with self._lock:
                found = self._fresh(key, revision)  # another thread may have made it meanwhile
            if found is not None:
                return found[2]
            try:
                value = make()
            except BaseException:
                with self._lock:
                    self._making.pop(key, None)
                raise
            with self._lock:
                self._values[key] = revision, time.monotonic(), value
                self._values.move_to_end(key)
                while len(self._values) > self._most:
                    self._values.popitem(last=False)
                self._making.pop(key, None)
            return value

    def _fresh(self, key: Hashable, revision: object) -> tuple[object, float, Value] | None:
        found = self._values.get(key)
        if found is None or found[0] != revision or time.monotonic() - found[1] > self._oldest:
            return None
        self._values.move_to_end(key)
        return found
