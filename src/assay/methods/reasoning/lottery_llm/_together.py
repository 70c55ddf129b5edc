"""Several solvers side by side, each in a thread of its own; what they ask at one time is answered as one batch.

A decision is a plain function that asks and waits. One thread runs at a time, so that neither retrievers nor tools need
to be made for threads; the model is asked in the thread that called, once every solver that has not ended waits.
"""

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
Ask = Callable[[str, float, int], str]
"""The reply to a prompt, at a temperature, with a seed."""


def answer_together(
    solvers: Sequence[Callable[[Ask], T]], answer: Callable[[Sequence[str], float, int], list[str]]
) -> list[T]:
    """What each solver returns, in their order.

    Args:
        solvers: Each gets a function to ask with.
        answer: Replies to a batch of prompts at one temperature. What it raises is raised where each of them asked.
    """
    hall = _Hall(len(solvers))
    results: dict[int, T] = {}
    errors: dict[int, BaseException] = {}

    def work(number: int) -> None:
        with hall.changed:
            try:
                results[number] = solvers[number](lambda *question: hall.ask(number, question))
            except BaseException as error:  # noqa: BLE001 - raised again in the thread that called
                errors[number] = error
            hall.leave()

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(len(solvers))]
    for thread in threads:
        thread.start()
    hall.serve(answer)
    for thread in threads:
        thread.join()
    if errors:
        raise errors[min(errors)]
    return [results[number] for number in range(len(solvers))]


class _Hall:
    """Where solvers wait for replies. Who runs holds the lock of `changed`; who waits for it to change does not."""

    def __init__(self, count: int) -> None:
        self.inside = count
        self.asked: dict[int, tuple[str, float, int]] = {}
        self.replies: dict[int, str | BaseException] = {}
        self.changed = threading.Condition()

    def ask(self, number: int, question: tuple[str, float, int]) -> str:
        self.asked[number] = question
        self.changed.notify_all()
        self.changed.wait_for(lambda: number in self.replies)
        reply = self.replies.pop(number)
        if isinstance(reply, BaseException):
            raise reply
        return reply

    def leave(self) -> None:
        self.inside -= 1
        self.changed.notify_all()

    def serve(self, answer: Callable[[Sequence[str], float, int], list[str]]) -> None:
        with self.changed:
            while True:
                self.changed.wait_for(lambda: len(self.asked) == self.inside)
                if not self.inside:
                    return
                asked, self.asked = dict(sorted(self.asked.items())), {}
                for temperature in sorted({each[1] for each in asked.values()}):
                    batch = {number: each for number, each in asked.items() if each[1] == temperature}
                    self.replies |= self._reply(batch, temperature, answer)
                self.changed.notify_all()

    @staticmethod
    def _reply(
        batch: dict[int, tuple[str, float, int]],
        temperature: float,
        answer: Callable[[Sequence[str], float, int], list[str]],
    ) -> dict[int, str | BaseException]:
        try:
            texts = answer([each[0] for each in batch.values()], temperature, next(iter(batch.values()))[2])
            return dict(zip(batch, texts, strict=True))
        except Exception as error:  # noqa: BLE001 - raised where each asked
            return dict.fromkeys(batch, error)
