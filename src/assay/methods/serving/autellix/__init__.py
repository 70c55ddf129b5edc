"""Autellix (Luo et al. 2025, arXiv 2502.13965): LLM calls are scheduled by the program that they belong to.

**Idea.** An agent is a program of calls, one after the other or branching, with tools between them. A server that knows
calls only sees each as new: the thirtieth call of a long program stands in one line with the first call of a short one.
Here a process table keeps what each program's finished calls have received, and a program that has received little goes
first.

**Priority** p of a call, in seconds of service, lower being earlier:

- ``plas`` (one thread): the sum of the run times of its program's finished calls.
- ``atlas`` (branching): 0 without parents, else the maximum over its parents of p(parent) + t(parent), t being run
  time; where parents are not known, the maximum of p + t over the program's finished calls. On a chain the two agree.

**Queues.** A call with b_{i-1} <= p < b_i begins in queue i, first come first served; the batch is filled from the
first queue down. A call that has run for the queue's quantum moves one down, and may lose its place. Where
(W_program + W_call) / (S_program + S_call) >= beta, with W waiting and S service, the program's waiting calls are
lifted to the first queue. ``mlfq``, the baseline, differs only in that every call begins in the first queue; ``fcfs``
has one queue.

**Balancing.** Over several engines, calls up to 2,048 tokens go to the least used, longer ones to the one that holds
their program's keys and values.

**Ours, since the paper publishes none:** the boundaries (2, 4, ... 64 s), the quanta (2, 4, ... 64 s), beta (8),
service below one quantum counting as one in the ratio, waiting counted as forgiven once a call was lifted, ties by who
came first. The 2,048 tokens are those of an implementation by others.

**Three things to use**: `simulate` serves workloads on simulated engines; `ProgramGateway` stands before any
OpenAI-compatible servers; ``on_ray.ProgramRouter`` is a request router of Ray Serve.

**Departures.** From outside, a gateway cannot take a place from a call that runs: quanta have no effect there, and
calls are ordered as they arrive at its queues. What is counted as service is the time at the backend, which is the
engine's own as long as ``max_inflight`` calls are no more than it computes at once. Batched swapping and multi-step
scheduling are the engine's affair and are not here. A program's end is nowhere said: its row is forgotten after an
hour.

**Use**::

    ProgramGateway(["http://127.0.0.1:8000"], max_inflight=4, port=9000).serve()
    client = OpenAI(base_url="http://127.0.0.1:9000/v1", default_headers=program_headers("job-17"))
    simulate(read_programs("workload.jsonl"), policy="plas", engines=4, batch=16).mean
"""

from assay.methods.serving.autellix._balancer import Balancer
from assay.methods.serving.autellix._gateway import ProgramGateway
from assay.methods.serving.autellix._policy import POLICIES, Policy, ProcessTable
from assay.methods.serving.autellix._programs import Program, Step, read_programs
from assay.methods.serving.autellix._requests import program_headers
from assay.methods.serving.autellix._scheduler import Call, Scheduler
from assay.methods.serving.autellix._simulator import Prefix, Simulation, simulate

__all__ = [
    "POLICIES",
    "Balancer",
    "Call",
    "Policy",
    "Prefix",
    "ProcessTable",
    "Program",
    "ProgramGateway",
    "Scheduler",
    "Simulation",
    "Step",
    "program_headers",
    "read_programs",
    "simulate",
]
