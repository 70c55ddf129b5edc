"""Workloads of agents, all drawn from a seed: the same programs at the same times for every arm.

Programs have a heavy tail of calls (Pareto 1.3) and calls one of lengths (log-normal); all figures are ours. A load of
1 is as much work as the engines can do while programs come.
"""

from collections.abc import Callable

import numpy as np

from assay.methods.serving.autellix import Program, Step

TAIL = 1.3
"""The exponent of the number of calls."""


def calls_of(rng: np.random.Generator, most: int) -> int:
    """How many calls a program has."""
    return min(most, int(1 + rng.pareto(TAIL)))


def chains(count: int, load: float, seed: int, *, places: int, most: int = 200) -> list[Program]:
    """Programs of one thread; their calls run for 2 s in the middle, from 0.5 s to 7 s mostly."""
    rng = np.random.default_rng(seed)
    lengths = [[2 * float(rng.lognormal(0, 0.8)) for _ in range(calls_of(rng, most))] for _ in range(count)]
    return _arriving(rng, load * places, [sum(each) for each in lengths],
                     lambda at, when: Program.chain(str(at), when, lengths[at]))  # fmt: skip


def forks(count: int, load: float, seed: int, *, places: int, skewed: bool) -> list[Program]:
    """Programs that fork and join: a call, then branches, then a call that needs all of them.

    Args:
        count: How many.
        load: See above.
        seed: Of everything.
        places: Calls that the engines run at once.
        skewed: Whether one branch is long and the others short; otherwise there are more of them, all alike.
    """
    rng = np.random.default_rng(seed)
    shapes: list[tuple[Step, ...]] = []
    for _ in range(count):
        stages = calls_of(rng, 20)
        steps: list[Step] = []
        last: tuple[int, ...] = ()
        for _ in range(stages):
            steps.append(Step(float(rng.uniform(0.5, 1.5)), last))
            root = len(steps) - 1
            joined: list[int] = []
            for branch in range(4 if skewed else 8):
                long = skewed and not branch
                follows: tuple[int, ...] = (root,)
                for _ in range(4 if long else 1):
                    span = (0.2, 0.6) if skewed and not long else (1.0, 3.0)
                    steps.append(Step(float(rng.uniform(*span)), follows))
                    follows = (len(steps) - 1,)
                joined += follows
            last = tuple(joined)
        steps.append(Step(float(rng.uniform(0.5, 1.5)), last))
        shapes.append(tuple(steps))
    work = [sum(step.seconds for step in shape) for shape in shapes]
    return _arriving(rng, load * places, work, lambda at, when: Program(str(at), when, shapes[at]))


def conversations(count: int, load: float, seed: int, *, places: int) -> list[Program]:
    """Programs of one thread whose prompts grow: each call reads all that came before it in its program.

    A prompt begins with 500 tokens, grows by what was answered and by 200 to 600 tokens of a tool, and stops growing at
    16,000. An answer has 10 to 300 tokens at 30 tokens a second; between calls the tool takes 1 s.
    """
    rng = np.random.default_rng(seed)
    shapes: list[tuple[Step, ...]] = []
    for _ in range(count):
        prompt, steps = 500, list[Step]()
        for number in range(calls_of(rng, 60)):
            answer = int(min(300, max(10, 60 * rng.lognormal(0, 0.8))))
            steps.append(Step(answer / 30, (number - 1,) if number else (), float(number > 0), prompt, answer))
            prompt = min(16_000, prompt + answer + int(rng.integers(200, 601)))
        shapes.append(tuple(steps))
    work = [sum(step.seconds for step in shape) for shape in shapes]
    return _arriving(rng, load * places, work, lambda at, when: Program(str(at), when, shapes[at]))


def _arriving(
    rng: np.random.Generator, pace: float, work: list[float], make: Callable[[int, float], Program]
) -> list[Program]:
    """Programs that come at random, so many that `pace` seconds of work come in a second."""
    span = sum(work) / pace
    return [make(at, when) for at, when in enumerate(sorted(float(rng.random()) * span for _ in work))]
