"""The recursive solver: from outside, by division, or directly; verified, tried again, remembered, within limits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from assay.methods._models import Model, as_model
from assay.methods.reasoning.lottery_llm._decisions import Decisions, Desk, Request, Schedule
from assay.methods.reasoning.lottery_llm._memory import Entry, Memory, Verdict, normalised
from assay.methods.reasoning.lottery_llm._together import answer_together
from assay.methods.reasoning.lottery_llm._tools import Tool, ToolError, as_tools
from assay.methods.reasoning.lottery_llm._trace import Cost, How, Limits, Node, Solution, SolverError, select

Retriever = Callable[[str], Sequence[str]]
"""Documents for a query, best first."""
_LAST_RESORT = "a limit was reached: what is known was answered from directly"


class _SpentError(Exception):
    """No more calls, or no more time."""


@dataclass(frozen=True)
class RecursiveSolver:
    """Answers questions by looking up, calling tools, dividing and verifying."""

    model: Any
    """See `assay.methods._models.as_model`: a callable, an endpoint, or a model of transformers with `tokenizer`."""
    tokenizer: Any = None
    retriever: Retriever | None = None
    tools: Sequence[Callable[..., Any] | Tool] = ()
    memory: Memory = field(default_factory=Memory)
    """Grows with each question."""
    decisions: Decisions = field(default_factory=Decisions)
    limits: Limits = field(default_factory=Limits)
    trials: int = 1
    """T: attempts at the whole question, of which the best is chosen (the paper gives no value)."""
    retries: int = 1
    """Of a sub-question that did not pass (paper: one more)."""
    tokens: int = 256
    """Of a reply, at most."""
    temperature: float = 0.7
    """Of a second attempt and further ones; the first takes the likeliest token each time."""
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("trials", 1), ("retries", 0), ("tokens", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}: give {least} or more")
        if self.temperature < 0:
            raise ValueError(f"temperature is {self.temperature}: give 0 or more")
        if self.retriever is not None and not callable(self.retriever):
            raise ValueError(f"the retriever is a {type(self.retriever).__name__}: give a function of a query")
        as_tools(self.tools)
        as_model(self.model, self.tokenizer)

    def __call__(self, question: str) -> Solution:
        """Answer one question; what is found goes into `memory`.

        Raises:
            SolverError: The model or a decision broke. What was found is on the error.
        """
        model = as_model(self.model, self.tokenizer)

        def ask(prompt: str, temperature: float, seed: int) -> str:
            return model.answer([prompt], tokens=self.tokens, temperature=temperature, seed=seed)[0]

        return _Run(self, model, ask, self.memory).solve(question)

    def solve_all(self, questions: Sequence[str]) -> list[Solution]:
        """Answer many questions side by side: what they ask the model at one time is one batch.

        Each begins with the memory as it is now, and does not see what the others find. That goes into `memory` behind
        it, in the order of the questions.

        Raises:
            SolverError: As for one question, once all have ended; `solutions` has what each came to.
        """
        model = as_model(self.model, self.tokenizer)
        before = len(self.memory)
        errors: list[SolverError] = []

        def work(question: str) -> Callable[[Callable[[str, float, int], str]], Solution]:
            def solve(ask: Callable[[str, float, int], str]) -> Solution:
                try:
                    return _Run(self, model, ask, self.memory.fork()).solve(question)
                except SolverError as error:
                    errors.append(error)
                    return error.partial

            return solve

        def answer(prompts: Sequence[str], temperature: float, seed: int) -> list[str]:
            return model.answer(prompts, tokens=self.tokens, temperature=temperature, seed=seed)

        solutions = answer_together([work(question) for question in questions], answer)
        for solution in solutions:
            for entry in list(solution.memory)[before:]:
                self.memory.store(entry)
        if errors:
            raise SolverError(str(errors[0]), errors[0].partial, solutions)
        return solutions


@dataclass
class _Run:
    """One question being solved."""

    solver: RecursiveSolver
    model: Model
    send: Callable[[str, float, int], str]
    memory: Memory
    cost: Cost = field(default_factory=Cost)
    truncated: str = ""
    trees: list[Node] = field(default_factory=list)
    began: float = field(default_factory=monotonic)
    at_last: bool = False
    """Whether the answer is asked for with the one call that is kept for it, whatever time it is."""

    @property
    def tools(self) -> Mapping[str, Tool]:
        return as_tools(self.solver.tools)

    def solve(self, question: str) -> Solution:
        if not question.strip():
            raise SolverError("the question is empty: give a text", self._solution(question, Node(question)))
        try:
            self._try(question)
            best = select(self.trees)
        except Exception as error:
            message = f"{type(error).__name__} after {self.cost.calls} calls: {error}"
            raise SolverError(message, self._solution(question, select(self.trees))) from error
        return self._solution(question, best)

    def _try(self, question: str) -> None:
        try:
            for trial in range(self.solver.trials):
                self.trees.append(node := Node(question, 0, trial))
                self.cost.nodes += 1
                self._attempt(node, (normalised(question),), _reasons(self.trees[:-1]))
        except _SpentError as spent:
            self.truncated = str(spent)
            if not any(node.how != "unfinished" for node in self.trees):
                self._answer_last(question)

    def _answer_last(self, question: str) -> None:
        """The one call that is kept for when a limit is reached."""
        self.at_last = True
        self.trees.append(node := Node(question, 0, len(self.trees), notes=[_LAST_RESORT]))
        try:
            node.answer = str(self.solver.decisions.solve(question, self._desk(node, ()), ()))
            node.how = "direct"
        except _SpentError:
            node.notes.append("no call was left to answer with")
        node.verdict = Verdict(passed=False, reason="not verified: a limit was reached")
        self._store(node)

    def _attempt(self, node: Node, path: tuple[str, ...], feedback: Sequence[str]) -> None:
        """One attempt at a question, stored with its verdict."""
        decide, desk = self.solver.decisions, self._desk(node, feedback)
        outside = self.solver.retriever is not None or self.solver.tools
        if outside and decide.can_use_external(node.question, desk):
            self._gather(node, decide.requests(node.question, desk))
            node.answer = str(decide.solve(node.question, desk, tuple(node.evidence)))
            how: How = "external"
        elif decide.need_divide(node.question, desk) and self._divide(node, path, desk):
            how = "divided"
        else:
            node.answer = str(decide.solve(node.question, desk, ()))
            how = "direct"
        verdict = decide.verify(node.question, node.answer, desk)
        if isinstance(verdict, bool):
            verdict = Verdict(verdict, float(verdict))
        if not isinstance(verdict, Verdict):
            raise ValueError(f"verify gives {type(verdict).__name__}: give a Verdict, or true or false")
        node.verdict, node.how = verdict, how
        self._store(node)

    def _divide(self, node: Node, path: tuple[str, ...], desk: Desk) -> bool:
        """Solve the parts of a question and put them together; false where it has to be answered directly."""
        if node.depth >= self.solver.limits.depth:
            self._cut(node, f"depth {self.solver.limits.depth}")
            return False
        schedule = self.solver.decisions.schedule(node.question, desk)
        if not isinstance(schedule, Schedule):
            raise ValueError(f"schedule gives {type(schedule).__name__}: give a Schedule")
        found: list[Entry] = []
        for question in schedule.parts:
            part = self._part(node, question, path)
            if part is None:
                return False
            if schedule.kind == "any" and part.verdict.passed:
                node.answer = part.answer
                return True
            found.append(_entry(part))
        if not any(part.how != "refused" for part in node.parts):
            node.notes.append("nothing to divide it into")
            return False
        node.answer = str(self.solver.decisions.aggregate(node.question, desk, tuple(found)))
        return True

    def _part(self, parent: Node, question: str, path: tuple[str, ...]) -> Node | None:
        """The best attempt at a sub-question; nothing once there are no more nodes."""
        if normalised(question) in path:
            refused = Node(question, parent.depth + 1, how="refused", notes=["it is being answered already: a cycle"])
            refused.verdict = Verdict(passed=False, reason="refused: a cycle")
            parent.parts.append(refused)
            return refused
        if known := self.memory.find(question):
            node = Node(question, parent.depth + 1, how="remembered", answer=known.value, verdict=known.verdict)
            parent.parts.append(node)
            return node
        tries: list[Node] = []
        for trial in range(1 + self.solver.retries):
            if self.cost.nodes >= self.solver.limits.nodes:
                self._cut(parent, f"{self.solver.limits.nodes} nodes")
                break
            tries.append(node := Node(question, parent.depth + 1, trial))
            parent.parts.append(node)
            self.cost.nodes += 1
            self._attempt(node, (*path, normalised(question)), _reasons(tries[:-1]))
            if node.verdict.passed:
                break
        return select(tries) if tries else None

    def _gather(self, node: Node, requests: Sequence[Request]) -> None:
        """Documents and results of tools; what fails is kept as failed."""
        for request in requests:
            self._check_time()
            if not isinstance(request, Request):
                raise ValueError(f"requests gives {type(request).__name__}: give a Request for each")
            for entry in self._retrieve(request, node) if request.query else [self._call(request, node)]:
                self.memory.store(entry)
                node.evidence.append(entry)

    def _retrieve(self, request: Request, node: Node) -> list[Entry]:
        self.cost.retrievals += 1
        passed, failed = Verdict(passed=True), Verdict(passed=False)
        try:
            documents = self.solver.retriever(request.query) if self.solver.retriever else None
        except Exception as error:  # noqa: BLE001 - a source that fails is a failed entry, and solving goes on
            documents, why = None, f"{type(error).__name__}: {error}"
        else:
            why = "it gives no list of texts" if self.solver.retriever else "there is no retriever"
        if documents is None or isinstance(documents, str) or not all(isinstance(each, str) for each in documents):
            return [Entry(request.key, "call", f"retrieval failed: {why}", failed, node.trial, node.depth)]
        return [Entry(request.key, "document", each, passed, node.trial, node.depth) for each in documents]

    def _call(self, request: Request, node: Node) -> Entry:
        self.cost.tools += 1
        if request.tool not in self.tools:
            value = f"there is no tool {request.tool}; there are {', '.join(self.tools) or 'none'}"
            return Entry(request.key, "call", value, Verdict(passed=False), node.trial, node.depth)
        try:
            value = self.tools[request.tool].call(request.arguments, seconds=self.solver.limits.tool_seconds)
        except ToolError as error:
            return Entry(request.key, "call", str(error), Verdict(passed=False), node.trial, node.depth)
        return Entry(request.key, "call", value, Verdict(passed=True), node.trial, node.depth)

    def _desk(self, node: Node, feedback: Sequence[str]) -> Desk:
        warm = bool(node.trial)

        def ask(prompt: str) -> str:
            return self._ask(prompt, self.solver.temperature if warm else 0.0)

        return Desk(
            self.memory,
            self.tools,
            self.solver.retriever is not None,
            node.depth,
            node.trial,
            tuple(feedback),
            ask,
            node.notes.append,
        )

    def _ask(self, prompt: str, temperature: float) -> str:
        self._check_time()
        if self.cost.calls >= self.solver.limits.calls - (not self.at_last):
            raise _SpentError(f"{self.solver.limits.calls} calls")
        self.cost.calls += 1
        reply = self.send(prompt, temperature, self.solver.seed + self.cost.calls)
        self._count(prompt, reply)
        return reply

    def _check_time(self) -> None:
        if not self.at_last and monotonic() - self.began > self.solver.limits.seconds:
            raise _SpentError(f"{self.solver.limits.seconds:g} seconds")

    def _count(self, prompt: str, reply: str) -> None:
        tokenizer = getattr(self.model, "tokenizer", None)
        if tokenizer is not None:
            text = self.model.prompt_text(prompt) if hasattr(self.model, "prompt_text") else prompt
            self.cost.read = (self.cost.read or 0) + len(tokenizer(text)["input_ids"])
            self.cost.written = (self.cost.written or 0) + len(tokenizer(reply)["input_ids"])

    def _cut(self, node: Node, limit: str) -> None:
        self.truncated = self.truncated or limit
        node.notes.append(f"cut short at {limit}")

    def _store(self, node: Node) -> None:
        self.memory.store(_entry(node))

    def _solution(self, question: str, best: Node) -> Solution:
        self.cost.seconds = monotonic() - self.began
        return Solution(question, best.answer, best.verdict, tuple(self.trees), self.memory, self.cost, self.truncated)


def _entry(node: Node) -> Entry:
    return Entry(node.question, "answer", node.answer, node.verdict, node.trial, node.depth)


def _reasons(nodes: Sequence[Node]) -> list[str]:
    """Why attempts did not pass."""
    return [
        node.verdict.reason or f"{node.answer!r} did not pass"
        for node in nodes
        if node.how not in ("unfinished", "refused") and not node.verdict.passed
    ]
