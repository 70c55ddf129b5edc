"""The report of an experiment: what it concludes, from which runs, what was found on the way, and what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass

from assay.methods.agents.rigor_experiments._analysis import Effect
from assay.methods.agents.rigor_experiments._plan import Plan
from assay.methods.agents.rigor_experiments._scripts import Finding


@dataclass(frozen=True)
class Report:
    """What came of a question."""

    question: str
    plan: Plan | None
    """``None`` if nobody could plan it."""
    effects: tuple[Effect, ...]
    """Of each experimental group that is done, in each measure."""
    findings: Mapping[str, tuple[Finding, ...]]
    """By partition, all that made a hand-over be refused, in order."""
    attempts: Mapping[str, int]
    """Hand-overs of each partition."""
    unfinished: Mapping[str, str]
    """Partitions that are not done, and why."""
    steps: int
    """Answers of models that it took."""
    store_hash: str
    """Of the store's state when it was written."""

    @property
    def complete(self) -> bool:
        """Whether every partition is done."""
        return self.plan is not None and not self.unfinished

    @property
    def verdict(self) -> str:
        """How the first experimental group differs in the first measure, or ``no answer``.

        ``higher``, ``lower`` or ``no difference shown``.
        """
        return self.effects[0].direction if self.effects else "no answer"

    def effect(self, group: str, measure: str) -> Effect:
        """The effect of one group in one measure.

        Raises:
            ValueError: The group is not done, so that nothing may be concluded from it; or there is no such effect.
        """
        for each in self.effects:
            if (each.group, each.measure) == (group, measure):
                return each
        if group in self.unfinished:
            raise ValueError(f"{group} is not done: {self.unfinished[group]}")
        raise ValueError(f"there is no effect of {group} in {measure!r}")

    def to_markdown(self) -> str:
        """As a page."""
        lines = [f"# {_line(self.question)}", ""]
        if self.plan is None:
            return "\n".join([*lines, f"Not planned: {'; '.join(self.unfinished.values())}", ""])
        lines += [f"Hypothesis: {_line(self.plan.hypothesis)}", "", f"**{self.verdict}**", ""]
        if self.effects:
            lines += ["| group | measure | control | group | difference, 95 % | Welch p | rank p | |", "|" + "---|" * 8]
        units = {each.name: each.unit for each in self.plan.measures}
        for each in self.effects:
            unit = units[each.measure]
            ends = " to ".join(f"{end:.4g}" for end in each.interval)
            cells = [each.group, f"{each.measure} {unit}".strip(), f"{each.control_mean:.5g}", f"{each.mean:.5g}"]
            cells += [f"{each.difference:+.4g} [{ends}]", f"{each.welch_p:.2g}", f"{each.rank_p:.2g}", each.direction]
            lines.append("| " + " | ".join(map(_cell, cells)) + " |")
        lines += ["", f"Held alike: {', '.join(f'{k} {v}' for k, v in self.plan.constants.items()) or 'nothing'}.", ""]
        lines += [f"- not done: {key}: {_line(why)}" for key, why in self.unfinished.items()]
        lines += [f"- refused: {key}: {_line(str(each))}" for key, found in self.findings.items() for each in found]
        lines += [
            f"- {sum(self.attempts.values())} hand-overs, {self.steps} answers, record {self.store_hash[:12]}",
            "",
        ]
        return "\n".join(lines)


def _line(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|")
