"""Searches for a plan: goes on from the most promising one, within a budget of plans."""

import heapq
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from assay.methods._models import ModelError
from assay.methods.agents.repo_plan_search._index import SymbolIndex
from assay.methods.agents.repo_plan_search._plans import Plan, Step
from assay.methods.agents.repo_plan_search._proposers import ProposalError, Proposer
from assay.methods.agents.repo_plan_search._scorers import Score, Scorer, diversity

Order = Literal["best", "depth", "breadth"]

USED_UP, ALL_EXPANDED = "the budget is used up", "no plan is left to go on from"


@dataclass(frozen=True, eq=False)
class Node:
    """A plan in the tree of those that were tried."""

    plan: Plan
    score: Score
    parent: "Node | None" = field(default=None, repr=False)
    level: int = 0
    """Mutations from the empty plan to it."""


@dataclass(frozen=True)
class Result:
    """What a search came to."""

    nodes: tuple[Node, ...]
    """All plans in the order in which they were made, the empty one first."""
    ended: str
    """Why it went no further."""
    barren: int
    """Plans from which the proposer found no way on."""

    @property
    def best(self) -> Node:
        """The plan with the highest score; of equal ones the first."""
        return self.best_within(len(self.nodes))

    def best_within(self, budget: int) -> Node:
        """The best of the first so many plans: what the same search gives on that budget."""
        return max(self.nodes[1:budget] or self.nodes[:1], key=lambda node: node.score.final)

    @property
    def plan(self) -> Plan:
        """The best one's."""
        return self.best.plan


@dataclass(frozen=True)
class PlanSearch:
    """Searches for a plan whose steps the repository has something for."""

    index: SymbolIndex
    proposer: Proposer
    scorer: Scorer = diversity
    order: Order = "best"
    """``best`` goes on from the best-scored plan, ``depth`` from the latest, ``breadth`` from the oldest."""
    branching: int = 3
    """Plans that are proposed on each (paper, section 4)."""
    depth: int = 20
    """Mutations in a row, at most (paper, section 4)."""
    budget: int = 80
    """Plans that are made, the empty one included (paper: 80; it says "nodes expanded", its code counts nodes made)."""
    k: int = 5
    """Symbols that are found for a step (paper, section 3.1)."""
    most_steps: int = 20
    """Steps of a plan; what stands behind them is left out, since diversity would grow plans for ever (ours)."""
    on_node: Callable[[Node, int], None] | None = None
    """Told of each plan that is made, and how many there are."""

    def __post_init__(self) -> None:
        for name in ("branching", "depth", "k", "most_steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}: give 1 or more")
        if self.budget < 2:
            raise ValueError(f"budget is {self.budget}: give 2 or more, since the empty plan counts")
        if self.order not in ("best", "depth", "breadth"):
            raise ValueError(f"order is {self.order!r}: go on from 'best', 'depth' or 'breadth'")
        if self.k > len(self.index):
            warnings.warn(f"k is {self.k}, and the index has {len(self.index)} symbols", stacklevel=2)

    def run(self, request: str) -> Result:
        """Search for a plan.

        A model that fails when there are plans already ends the search: what was found is returned, and ``ended`` says
        so.

        Raises:
            ValueError: The request is empty.
            ProposalError: The model wrote no plan to begin with.
            ModelError: It gave no answer to begin with.
        """
        if not request.strip():
            raise ValueError("the request is empty")
        root = Plan(request)
        nodes = [Node(root, self.scorer([root])[0])]
        open_nodes = _Open(self.order)
        open_nodes.push(nodes[0])
        barren, ended = 0, ""
        while not ended and len(nodes) < self.budget:
            node = open_nodes.pop()
            if node is None:
                ended = ALL_EXPANDED
            elif node.level < self.depth:
                try:
                    for child in self._expand(node, min(self.branching, self.budget - len(nodes))):
                        nodes.append(child)
                        open_nodes.push(child)
                        if self.on_node:
                            self.on_node(child, len(nodes))
                except ProposalError:
                    if len(nodes) == 1:
                        raise
                    barren += 1
                except ModelError as error:
                    if len(nodes) == 1:
                        raise
                    ended = f"the model failed: {error}"
        return Result(tuple(nodes), ended or USED_UP, barren)

    def _expand(self, node: Node, count: int) -> list[Node]:
        """The plans that follow on a node's: proposed, grounded, scored."""
        proposed = [intents for intents in self.proposer(node.plan, count)[:count] if intents]
        if not proposed:
            raise ProposalError("nothing was proposed that is a plan")
        plans = [Plan(node.plan.request, tuple(self._ground(intents))) for intents in proposed]
        return [Node(plan, score, node, node.level + 1) for plan, score in zip(plans, self.scorer(plans), strict=True)]

    def _ground(self, intents: Sequence[str]) -> Iterator[Step]:
        for intent in intents[: self.most_steps]:
            yield Step(intent, self.index.ground(intent, self.k))


class _Open:
    """The plans from which the search may go on; of equally good ones the oldest."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._heap: list[tuple[float, int, Node]] = []
        self._count = 0

    def push(self, node: Node) -> None:
        self._count += 1
        priority = {"best": -node.score.search, "depth": -self._count, "breadth": self._count}[self._order]
        heapq.heappush(self._heap, (float(priority), self._count, node))

    def pop(self) -> Node | None:
        return heapq.heappop(self._heap)[2] if self._heap else None
