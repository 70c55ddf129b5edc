"""A small model with more around it, and what compression must leave of it (Tang et al. 2025, arXiv 2502.17535).

**Idea.** The lottery LLM hypothesis: for a model f and a task there is a smaller model g that does at least as well
inside a program A that may look things up in a knowledge base D with a retriever R, call tools C, keep results in a
memory M, and divide a question: P(f(q), truth) <= P(A_{g, D, R, C, M}(q), truth). It is stated, not shown. What follows
from it is that compression should be judged by the abilities that such a program needs, and not by perplexity.

**The solver** (Algorithm 1). A(q) tries T times and chooses; an attempt, DC(q), is

1. from outside, if that helps: for each request, documents of the retriever or the result of a tool; then an answer;
2. or by division: a schedule of sub-questions, each an attempt of its own, tried once more if it does not pass; then
   an answer made of theirs;
3. or the model's answer, with what memory has. In the end the answer is verified, and kept with its verdict.

**Use**::

    solver = RecursiveSolver(model, tokenizer, retriever=search, tools=[calculate], limits=Limits(depth=4, calls=200))
    out = solver("How many more people live in A than in B?")       # .answer .passed .trace .cost .truncated .memory
    outs = solver.solve_all(questions)                              # side by side: what they ask at one time is a batch
    RecursiveSolver(model, tokenizer, decisions=Decisions(verify=check))     # each of the seven decisions is a function

**The ability report**: five probes (retrieval from the prompt, knowing which resource is needed, planning, precise
basic operations, reasoning over what stands apart), item by item, with 95 % intervals over contexts.

    report = ability_report(original=model, compressed=smaller, tokenizer=tokenizer, text=prose)
    print(report); report.lost(points=10); report.hidden(points=10, perplexity=1.05); report.save("report.json")

**Departures.** There is no official code, and the printed algorithm leaves open or contradicts itself:

- It returns the first sub-answer that passes as the parent's answer. That is right where any of several ways will do
  (`Schedule.kind` "any"), and wrong where all parts are needed ("all", the default).
- It stores a sub-answer under the parent's question, where siblings overwrite each other: here each has its own key.
- It tries a failed sub-question again with no new information: here the verdict's reason is told, and the second
  attempt is drawn at a temperature.
- It has no end: here depth, attempts, calls and seconds are limited (`Limits`). A limit marks the result `truncated`,
  and what is left is answered directly. A question that is being answered already is refused as a part of itself.
- Its selection gets no candidates: here those of memory, by verdict, score, votes, order.
- A tool's error is a failed entry and never an answer. Nothing that a model writes is executed: it names a tool that
  was given, and arguments that fit its annotations.
- A model that verifies itself is biased: give `Decisions.verify` an exact check where there is one.

The paper names abilities and no probes: all of these are ours, and no tasks of lm-evaluation-harness. Long-context
reasoning is a chain over facts that stand apart, as far as the model's context reaches. A probe by likelihood reads
through `Branches`: contexts once, exact on decoders whose cache can be rearranged, others refused; a model that only
writes, or whose cache is compressed, is probed with ``scoring="written"``.
"""

from assay.methods.reasoning.lottery_llm._abilities import (
    Ability,
    AbilityError,
    AbilityReport,
    Scores,
    ability_report,
    compare,
    probe,
    text_loss,
)
from assay.methods.reasoning.lottery_llm._decisions import Decisions, Desk, Request, Schedule
from assay.methods.reasoning.lottery_llm._memory import Entry, Memory, Verdict
from assay.methods.reasoning.lottery_llm._probes import ABILITIES, Item, Probes, Step
from assay.methods.reasoning.lottery_llm._solver import RecursiveSolver
from assay.methods.reasoning.lottery_llm._tools import Tool, ToolError, as_tool, calculate
from assay.methods.reasoning.lottery_llm._trace import Cost, Limits, Node, Solution, SolverError, select

__all__ = [
    "ABILITIES",
    "Ability",
    "AbilityError",
    "AbilityReport",
    "Cost",
    "Decisions",
    "Desk",
    "Entry",
    "Item",
    "Limits",
    "Memory",
    "Node",
    "Probes",
    "RecursiveSolver",
    "Request",
    "Schedule",
    "Scores",
    "Solution",
    "SolverError",
    "Step",
    "Tool",
    "ToolError",
    "Verdict",
    "ability_report",
    "as_tool",
    "calculate",
    "compare",
    "probe",
    "select",
    "text_loss",
]
