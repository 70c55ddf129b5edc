"""The roles that a model plays: what each is asked, and how its answers are read."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assay.methods._models import Model
from assay.methods.agents.rigor_experiments._checks import HandOver
from assay.methods.agents.rigor_experiments._plan import SEED, Partition, Plan, PlanError, Value
from assay.methods.agents.rigor_experiments._runner import RESULTS, Run, is_file_name

_BLOCK = re.compile(r"^```([^\n`]*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_EXAMPLE = {
    "question": "...",
    "hypothesis": "...",
    "control": {"level": 1},
    "experimental": [{"level": 9}],
    "constants": {"bytes": 20000},
    "measures": [{"name": "size", "unit": "bytes", "least": 1, "whole": True}],
    "inputs": ["text.txt"],
}

ARCHITECT = """You plan a controlled experiment that answers a question.
Question: {question}
Files to work on: {inputs}
Answer with one JSON object and nothing else, of this form:
{example}
control has the value of each independent variable in the control group, experimental a list of groups with other
values, constants what is held alike. Names are in small letters.{trouble}"""

TECHNICIAN = """You write the Python script of one group of an experiment.
Question: {question}
Partition: {partition}
It is called as: {call}
Files beside it: {inputs}
It uses every option, draws random numbers from the seed alone, computes every figure, and tells which settings it used.
It begins and ends as follows. Answer with the whole script, between ```python and ```.
```python
{skeleton}```{trouble}"""

_SKELETON = """\
import argparse
import json

parser = argparse.ArgumentParser()
{options}
options = parser.parse_args()
# Here the figures are computed.
with open(options.results, "w") as file:
    json.dump({{"settings": {{{told}}}, "measures": {{{measures}}}}}, file)
"""

REVIEWER = """You check the work of a colleague before it is believed.
Question: {question}
Partition: {partition}
Settings: {settings}
Script:
```python
{script}```
Results of its runs: {results}
Are data real, all variables used, and figures computed? Answer ACCEPT, or REJECT: and why."""


@dataclass(frozen=True)
class Roles:
    """The models that plan, write and review."""

    model: Model
    reviewer: Model | None
    inputs: Sequence[str]
    tokens: int = 2_048
    """Of an answer, at most."""

    def plan(self, question: str, trouble: str = "") -> Plan:
        """Have the experiment planned.

        Raises:
            PlanError: The answer is no plan.
        """
        prompt = ARCHITECT.format(
            question=question, inputs=_listed(self.inputs), example=json.dumps(_EXAMPLE), trouble=_told(trouble)
        )
        plan = Plan.from_text(self._ask(self.model, prompt))
        if missing := sorted(set(plan.inputs) - set(self.inputs)):
            raise PlanError(f"there is no file {missing[0]}: there are {_listed(self.inputs)}")
        return plan

    def script(self, plan: Plan, partition: Partition, trouble: str = "") -> HandOver:
        """Have the script of a partition written.

        Raises:
            ValueError: The answer holds no script.
        """
        settings: dict[str, Value] = {**plan.settings(partition), SEED: 0}
        options = " ".join(f"--{name}={value}" for name, value in settings.items())
        prompt = TECHNICIAN.format(
            question=plan.question,
            partition=partition.key,
            call=f"python script.py {options} --results={RESULTS}",
            inputs=_listed(plan.inputs),
            skeleton=skeleton(plan),
            trouble=_told(trouble),
        )
        return read_hand_over(self._ask(self.model, prompt))

    def review(self, plan: Plan, partition: Partition, given: HandOver, runs: Sequence[Run]) -> str:
        """Why the reviewer does not believe a partition; empty if it does, or there is no reviewer."""
        if self.reviewer is None:
            return ""
        prompt = REVIEWER.format(
            question=plan.question,
            partition=partition.key,
            settings=json.dumps(plan.settings(partition)),
            script=given.script,
            results=json.dumps([run.results for run in runs])[:4000],
        )
        answer = self._ask(self.reviewer, prompt).strip()
        if re.match(r"\W*reject", answer, re.IGNORECASE):
            return answer.partition(":")[2].strip() or "it gives no reason"
        return ""

    def _ask(self, model: Model, prompt: str) -> str:
        (answer,) = model.answer([prompt], tokens=self.tokens)
        return answer


def skeleton(plan: Plan) -> str:
    """How a script of a plan begins and ends."""
    values = {**plan.constants, **plan.control, SEED: 0, "results": ""}
    kinds = {name: "json.loads" if isinstance(value, bool) else type(value).__name__ for name, value in values.items()}
    lines = [f'parser.add_argument("--{name}", type={kind})' for name, kind in kinds.items()]
    return _SKELETON.format(
        options="\n".join(lines),
        told=", ".join(f'"{name}": options.{name}' for name in [*plan.variables, SEED]),
        measures=", ".join(f'"{m.name}": {{"value": {m.name}, "unit": "{m.unit}"}}' for m in plan.measures),
    )


def read_hand_over(answer: str) -> HandOver:
    """The script and the files in an answer: blocks between fences, a file's with its name behind the language.

    Raises:
        ValueError: There is no block of Python, or a file's name is none.
    """
    script, files = "", dict[str, bytes]()
    answer = answer.encode("utf-8", "replace").decode()  # half a letter cannot be written to a file
    for language, text in _BLOCK.findall(answer):
        kind, _, name = (part.strip() for part in language.strip().partition(" "))
        if name and not is_file_name(name):
            raise ValueError(f"{name!r} is no name of a file in the script's folder")
        if name:
            files[name] = text.encode()
        elif kind in ("python", "py", "") and not script:
            script = text
    if not script.strip():
        raise ValueError("there is no script between ```python and ``` in the answer")
    return HandOver(script, files)


def _listed(names: Sequence[str] | Mapping[str, object]) -> str:
    return ", ".join(names) or "none"


def _told(trouble: str) -> str:
    return f"\nWhat you gave before was not accepted: {trouble}" if trouble else ""
