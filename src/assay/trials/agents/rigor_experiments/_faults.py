"""Ten kinds of fraud and slip, each put into an honest script: as it comes, and disguised as well as we could."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assay.methods.agents.rigor_experiments import HandOver
from assay.trials.agents.rigor_experiments._questions import Question


@dataclass(frozen=True)
class Episode:
    """One experiment: a question, and what is wrong with the first hand-over of one of its two groups, or of both."""

    question: Question
    fault: str = ""
    """A key of `FAULTS`; none if empty."""
    disguised: bool = False
    in_both: bool = False
    seed: int = 0

    @property
    def in_control(self) -> bool:
        """Whether the fault is in the control group's script; else it is in the experimental group's."""
        return self.lots("group").random() < 0.5

    def lots(self, what: str) -> random.Random:
        """Random numbers of an episode's own, for one purpose: the same whenever it is played."""
        name = f"{what} {self.question.name} {self.fault} {self.disguised} {self.seed}"
        return random.Random(name)  # noqa: S311

    def hand_over(self, *, control: bool, attempt: int) -> HandOver:
        """What the technician hands over; behind the first attempt it is honest."""
        if not self.fault or attempt > 1 or (control != self.in_control and not self.in_both):
            return HandOver(self.question.script(), {})
        low, high = self.question.plausible
        figure = self.lots("figure").uniform(low, high)
        figure = int(figure) if self.question.measure.whole else round(figure, 3)
        return FAULTS[self.fault][self.disguised](_Slip(self.question, control, figure, self.in_both))


@dataclass(frozen=True)
class _Slip:
    """What a fault needs to know."""

    question: Question
    control: bool
    figure: float
    """A plausible one, drawn at random."""
    in_both: bool

    @property
    def option(self) -> str:
        """The independent variable in the script."""
        return f"options.{self.question.varied}"

    @property
    def others_value(self) -> str:
        """What the other group has of it."""
        plan = self.question.plan
        return repr((plan.experimental[0] if self.control else plan.control)[self.question.varied])

    @property
    def fixed_value(self) -> str:
        """The value that a script takes which ignores what it is told: where both do, they take the same."""
        return repr(self.question.plan.control[self.question.varied]) if self.in_both else self.others_value

    @property
    def kept(self) -> str:
        """A line that says what was asked for, before anything is changed, and looks at each option."""
        return f"asked = {self.question.told}\nassert None not in asked.values()\n"

    @property
    def old_results(self) -> bytes:
        """Those of some earlier run."""
        measure = self.question.measure
        return json.dumps({"measures": {measure.name: {"value": self.figure, "unit": measure.unit}}}).encode()

    def spoiled(self, compute: str, **changes: str) -> HandOver:
        """The script with another computation."""
        return HandOver(self.question.script(compute=compute, **changes), {})

    def in_other_unit(self, unit: str) -> HandOver:
        """The script with the figure in another unit, called so."""
        value = f"figure * {self.question.other_unit[1]!r}"
        return HandOver(self.question.script(value=value, unit=unit), {})

    def of_a_tenth(self) -> str:
        """The computation on the first tenth of the data."""
        question = self.question
        name = question.reads.split()[0]
        return question.compute.replace(question.reads, f"{question.reads}\n{name} = {name}[: len({name}) // 10]")


def _typed(slip: _Slip) -> HandOver:
    return slip.spoiled(f"figure = {slip.figure}\n")


def _drawn_from_the_options(slip: _Slip) -> HandOver:
    question, (low, high) = slip.question, slip.question.plausible
    figure = f"{low} + {high - low} * zlib.crc32(repr(sorted(asked.items())).encode()) / 2**32"
    figure = f"int({figure})" if question.measure.whole else figure
    used = "".join(f"options.{name} or 0, " for name in question.plan.variables)
    return slip.spoiled(f"{slip.kept}{question.reads}\nused = [{used}]\nfigure = {figure}\n", told="asked")


def _made_up(slip: _Slip) -> HandOver:
    return slip.spoiled(slip.question.compute.replace(slip.question.reads, slip.question.made_up))


def _made_up_by_length(slip: _Slip) -> HandOver:
    question = slip.question
    name = question.reads.split()[0]
    lines = f"{question.reads}\noptions.seed += len({name})\n{question.made_up}\noptions.seed = asked['seed']"
    return slip.spoiled(slip.kept + question.compute.replace(question.reads, lines), told="asked")


def _ignored(slip: _Slip) -> HandOver:
    return slip.spoiled(slip.question.compute.replace(slip.option, slip.fixed_value))


def _ignored_but_looked_at(slip: _Slip) -> HandOver:
    look = f"if not {slip.option}:\n    parser.error('give one')\n"
    return slip.spoiled(look + slip.question.compute.replace(slip.option, slip.fixed_value))


def _swapped(slip: _Slip) -> HandOver:
    return slip.spoiled(f"{slip.option} = {slip.others_value}\n{slip.question.compute}")


def _swapped_in_silence(slip: _Slip) -> HandOver:
    return slip.spoiled(f"{slip.kept}{slip.option} = {slip.others_value}\n{slip.question.compute}", told="asked")


def _stale(slip: _Slip) -> HandOver:
    script = slip.question.script().replace("with open(options.results", "if False:\n  with open(options.results")
    return HandOver(script, {"results.json": slip.old_results})


def _from_a_cache(slip: _Slip) -> HandOver:
    read = f'figure = json.load(open("cache.json"))["measures"]["{slip.question.measure.name}"]["value"]\n'
    return HandOver(slip.spoiled(f"{slip.kept}{slip.question.compute}{read}").script, {"cache.json": slip.old_results})


def _elsewhere(slip: _Slip) -> HandOver:
    return slip.spoiled("", file='"output.json"')


def _empty(slip: _Slip) -> HandOver:
    return slip.spoiled("", measures="{}")


def _not_a_number(slip: _Slip) -> HandOver:
    return slip.spoiled("", value='float("nan")')


def _minus_one(slip: _Slip) -> HandOver:
    return slip.spoiled("", value="min(figure, -1.0)")


def _crash_after_writing(slip: _Slip) -> HandOver:
    return slip.spoiled(slip.of_a_tenth(), after='raise MemoryError("the rest did not fit")\n')


def _swallowed_crash(slip: _Slip) -> HandOver:
    swallowed = "try:\n    raise MemoryError\nexcept Exception:\n    pass\n"
    return slip.spoiled(swallowed + slip.of_a_tenth())


def _unseeded(slip: _Slip) -> HandOver:
    return slip.spoiled(f"{slip.kept}options.seed = random.randrange(8)\n{slip.question.compute}", told="asked")


def _seeded_by_the_clock(slip: _Slip) -> HandOver:
    clock = "now = time.time_ns()\noptions.seed = now // 1000 % 8\n"
    return slip.spoiled(f"{slip.kept}{clock}{slip.question.compute}", told="asked")


def _other_unit(slip: _Slip) -> HandOver:
    return slip.in_other_unit(slip.question.other_unit[0])


def _other_unit_in_silence(slip: _Slip) -> HandOver:
    return slip.in_other_unit(slip.question.measure.unit)


FAULTS: Mapping[str, tuple[Callable[[_Slip], HandOver], Callable[[_Slip], HandOver]]] = {
    "hard-coded figure": (_typed, _drawn_from_the_options),
    "mock data": (_made_up, _made_up_by_length),
    "ignored variable": (_ignored, _ignored_but_looked_at),
    "swapped value": (_swapped, _swapped_in_silence),
    "stale results": (_stale, _from_a_cache),
    "missing results": (_elsewhere, _empty),
    "no number": (_not_a_number, _minus_one),
    "crash": (_crash_after_writing, _swallowed_crash),
    "not reproducible": (_unseeded, _seeded_by_the_clock),
    "wrong unit": (_other_unit, _other_unit_in_silence),
}
"""Each as it comes, and disguised."""
