"""What both trials of thought templates share: plans written in a line, and a library in which chance chooses."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import Any

from assay.methods._models import TransformersModel
from assay.methods.reasoning.thought_templates import Hit, TemplateLibrary

CHAIN, DIRECT = "chain of thought", "answer at once"
PLANNED, RANDOM, BARE = "planned, retrieved templates", "planned, random templates", "planned, no templates"
BEST = "right plan, right templates"


@dataclass(frozen=True, eq=False)
class LineNavigator:
    """A model that plans in a line, with names of methods: the line is put into JSON, which it cannot write."""

    inner: TransformersModel
    between: str | None = None
    """What stands between two names; spaces if not given."""
    lines: dict[str, str] = field(default_factory=dict)
    """What the model wrote for each plan."""

    @property
    def name(self) -> str:
        """The model's."""
        return self.inner.name

    @property
    def tokenizer(self) -> Any:
        """The model's."""
        return self.inner.tokenizer

    def answer(self, prompts: Sequence[str], **how: Any) -> list[str]:
        """See `Model.answer`."""
        texts = self.inner.answer(prompts, **how)
        plans = [plan_text(first_line(text).split(self.between)) for text in texts]
        self.lines.update(zip(plans, texts, strict=True))
        return plans


@dataclass(frozen=True, eq=False)
class RandomLibrary(TemplateLibrary):
    """The same library, in which a search comes back with any other template."""

    seed: int = 0

    def search_many(self, queries: Sequence[tuple[str, str, str]], **how: Any) -> list[Hit]:
        """See `TemplateLibrary.search_many`."""
        draw, templates = random.Random(f"{self.seed} {len(queries)}"), list(self)  # noqa: S311 - chance, not a secret
        hits = super().search_many(queries, **how)
        return [replace(hit, template=draw.choice([t for t in templates if t is not hit.template])) for hit in hits]


def plan_text(methods: Sequence[str]) -> str:
    """A plan in JSON, each step of which looks for its template by name alone."""
    steps = [{"category": each.strip(), "direction": each.strip(), "method": each.strip()} for each in methods]
    return json.dumps({"category": "steps", "direction": "steps", "method": "one by one", "steps": steps})


def first_line(text: str) -> str:
    """The first line of a text, without what surrounds it."""
    return text.strip().partition("\n")[0].strip(" .")


def shares(right: Sequence[float], parts: int) -> list[float]:
    """Per cent right of each part, neighbours together."""
    size = max(1, len(right) // parts)
    return [100 * fmean(right[at : at + size]) for at in range(0, len(right) - size + 1, size)]
