"""What a small model manages of building and playing agents: it fills in forms, uses a tool, and votes.

The forms are those of teams, the shorter ones; a copy of the form that it is shown counts as none. Beside that stands
what it does inside of forms that are given: whether it calls the tool that it is told to use and tells what that said,
and what five drawn answers are worth against the likeliest one. It is far below the models of the paper.

Budget on two quiet cores: 4 forms of up to 224 tokens, three times over, 6 talks and 24 polls: 5,000 tokens sampled,
30,000 read, some two minutes.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import mean
from typing import Any, TypeVar

from assay.methods._models import Model, TransformersModel
from assay.methods.agents.zero_code_agents import (
    Agent,
    AgentError,
    FormError,
    Kit,
    StepError,
    Studio,
    Voice,
    Workflow,
    run_agents,
    tool_of,
)
from assay.methods.agents.zero_code_agents._samples import AGENTS
from assay.testbed.pretrained import LanguageModel
from assay.testbed.resources import NotFetchedError
from assay.testbed.tasks.country_facts import CountryFact, country_facts
from assay.trials import Bench, trial
from assay.trials.agents.zero_code_agents._polls import MOST, poll, voters

T = TypeVar("T")
ATTEMPTS = (1, 2, 3)
_REQUESTS = (
    "An agent that answers questions about cooking in one sentence.",
    "An agent that explains words to children.",
    "An agent that turns complaints of guests into polite letters.",
    "An agent that names three songs for a mood.",
    "Two agents: one writes a short poem, and one checks its spelling.",
    "Two agents: a guide who tells of cities, and a clerk who knows opening hours.",
)
_GOODS = "apples bread candles dates eggs flour grapes honey ink jam kettles lamps".split()
_TASK = "{question} Answer with the name of the city alone."
_TEMPERATURES = (0.2, 0.8)
"""That the model's makers draw at, and a usual one for votes."""


class _Unheard(Exception):  # noqa: N818 - a pause, not an error
    """An answer is needed that was not given yet."""


@dataclass
class Together:
    """A model that is asked by many at once: what is not known yet is noted, and then answered in one batch."""

    model: Model
    name: str = "together"
    heard: dict[tuple[str, int, float, int], str] = field(default_factory=dict)
    wanted: set[tuple[str, int, float, int]] = field(default_factory=set)

    def answer(
        self,
        prompts: Sequence[str],
        *,
        tokens: int = 256,
        temperature: float = 0.0,
        seed: int = 0,
        images: Sequence[Any] | None = None,  # noqa: ARG002 - it sees none
    ) -> list[str]:
        """See `Model.answer`."""
        keys = [(prompt, tokens, temperature, seed) for prompt in prompts]
        if missing := [key for key in keys if key not in self.heard]:
            self.wanted.update(missing)
            raise _Unheard
        return [self.heard[key] for key in keys]

    def run(self, tasks: Sequence[Callable[[], T]]) -> list[T]:
        """What comes of tasks that ask this model, each of which may be begun more than once."""
        done: dict[int, T] = {}
        while len(done) < len(tasks):
            for place, task in enumerate(tasks):
                if place not in done:
                    try:
                        done[place] = task()
                    except _Unheard:
                        continue
            for how in sorted({key[1:] for key in self.wanted}):
                keys = sorted(key for key in self.wanted if key[1:] == how)
                prompts, (tokens, temperature, seed) = [key[0] for key in keys], how
                answers = self.model.answer(prompts, tokens=tokens, temperature=temperature, seed=seed)
                self.heard.update(zip(keys, answers, strict=True))
            self.wanted.clear()
        return [done[place] for place in range(len(tasks))]


@trial("2502.05957", claim="mended-without-hands", pretrained=True)
def forms_of_a_model(bench: Bench) -> None:
    """Valid forms of a small model along attempts, each told what was wrong with the one before."""
    requests, tokens, talks, polls = bench.pick(quick=(1, 8, 1, 1), cpu=(4, 224, 6, 24))
    lm = bench.on_pretrained(
        f"{requests} requests for teams of agents, up to {tokens} tokens a form; {talks} talks with a tool and {polls} "
        "polls about capitals inside of forms that are given"
    )
    rows: list[dict[str, Any]] = bench.once("forms", lambda: _forms(lm, requests, tokens))
    valid = [100 * mean(0 < row["valid"] <= most for row in rows) for most in ATTEMPTS]
    bench.claim(bench.trend("valid forms", along=ATTEMPTS, values=valid, unit="%"))
    # A model that hands over no form cannot tell whether words mend one.
    held = 100 * mean(each for row in rows for each in row["held"])
    bench.score("answers that hold a form", held, better="higher", unit="%", at_least=50.0, binds="measurement")
    _share(bench, "answers that are the form that was shown", [row["copied"] for row in rows])
    bench.score("faults in an answer that was refused", _mean(n for row in rows for n in row["faults"]),
                better="lower", unit="faults")  # fmt: skip
    told: list[list[bool]] = bench.once("talks", lambda: _talks(lm, talks))
    _share(bench, "talks in which the tool was called rightly", [called for called, _ in told])
    _share(bench, "talks whose answer has what the tool said", [said for _, said in told])
    try:
        facts = country_facts("capital")[:polls]
    except NotFetchedError as error:
        bench.not_testable(str(error))
    right: dict[str, float] = bench.once("polls", lambda: _polls(lm, facts))
    bench.score(
        "capitals that are right",
        right,
        candidate=f"5 voters at temperature {_TEMPERATURES[0]}",
        better="higher",
        unit="%",
    )


def _together(lm: LanguageModel) -> Together:
    return Together(TransformersModel(lm.model, lm.tokenizer, lm.name))


def _forms(lm: LanguageModel, requests: int, tokens: int) -> list[dict[str, Any]]:
    """Of each request: at which attempt it was valid (0: never), and what was wrong before."""
    model = _together(lm)

    def draft(request: str) -> dict[str, Any]:
        heard: list[str] = []

        def ask(prompt: str) -> str:
            (answer,) = model.answer([prompt], tokens=tokens)
            heard.append(answer)
            return answer

        refused: list[FormError] = []

        def note(error: FormError) -> str:
            refused.append(error)
            return str(error)

        try:
            drawn = Studio(ask, attempts=ATTEMPTS[-1], tell=note).draft_agents(request)
            copied = drawn.form.to_xml() == AGENTS
            valid, refused = 0 if copied else drawn.attempts, list(drawn.refused)
        except FormError as error:
            valid, copied = 0, False
            refused.append(error)
        held = ["<agents" in answer and "</agents>" in answer for answer in heard]
        return {"valid": valid, "copied": copied, "held": held, "faults": [len(each.faults) for each in refused]}

    return model.run([partial(draft, request) for request in _REQUESTS[:requests]])


def _talks(lm: LanguageModel, count: int) -> list[list[bool]]:
    """Of each talk, whether the tool was called as it should be, and whether the answer has what it said."""
    model = _together(lm)

    def talk(place: int) -> list[bool]:
        goods, price = _GOODS[place % len(_GOODS)], 137 + 41 * place
        asked: list[str] = []

        def price_of(goods: str) -> str:
            """Tell the price of goods in the shop, in cents."""
            asked.append(goods)
            return f"{price} cents"

        clerk = Agent("clerk", "You answer customers of a shop.", Voice(model, tokens=48), (tool_of(price_of),))
        try:
            answer = run_agents([clerk], f"What is the price of {goods}? Use price_of.", most_turns=3).answer
        except AgentError:
            answer = ""
        called = any(goods.rstrip("s") in each.lower() for each in asked)
        return [called, called and str(price) in answer]

    return model.run([partial(talk, place) for place in range(count)])


def _polls(lm: LanguageModel, facts: Sequence[CountryFact]) -> dict[str, float]:
    """Per cent of capitals that are right, of the likeliest answer and of the one that most voters give."""
    model = _together(lm)
    arms = {"the likeliest answer": (1, [Voice(model, tokens=12)])}
    for each in _TEMPERATURES:
        voices = [Voice(model, tokens=12, temperature=each, seed=number) for number in range(MOST)]
        arms |= {f"5 voters at temperature {each}": (MOST, voices), f"1 voter at temperature {each}": (1, voices[:1])}

    def ask(fact: CountryFact, count: int, voices: Sequence[Voice]) -> bool:
        kit = Kit(voices[0], voters(*voices, names_beside=fact.question))
        try:
            # One at a time, so that what is drawn in one batch does not depend on which thread comes first.
            answer = Workflow.build(poll(count, _TASK), kit).run(fact.question, most_at_once=1).value or ""
        except StepError:
            answer = ""
        return answer in fact.object.split()

    return {arm: 100 * mean(model.run([partial(ask, fact, *how) for fact in facts])) for arm, how in arms.items()}


def _share(bench: Bench, name: str, rights: Sequence[bool]) -> None:
    bench.score(name, 100 * mean(rights), better="higher", unit="%")


def _mean(numbers: Iterable[float]) -> float:
    listed = list(numbers)
    return mean(listed) if listed else 0.0
