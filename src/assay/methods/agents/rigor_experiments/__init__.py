"""Curie (Kon et al. 2025, arXiv 2502.16069): experiments by agents, with rigour in code and not in prompts.

**Idea.** Agents that experiment make data up, type figures in, forget variables and mix up runs. Here models only
propose: one plans, one writes the scripts. Between them stand a scheduler without a model, rules that check every
hand-over by running it, and a record of all that happened.

**Steps.** A `Plan` names hypothesis, control group, experimental groups, constants and measures; one that is no
controlled experiment is refused. The `Scheduler` hands out partitions, the control group first. A technician writes a
script, which a `SubprocessRunner` runs in a sandbox; the rules (`Checks`) decide, then a reviewer if there is one,
and what was found goes back to the technician. When the groups are done, `compare_groups` says by rule what they
show.

**Rules**, cheapest first: the script is read (`check_script`: figures typed in, variables never used, generators
without a seed); it is run for each seed in a folder that holds nothing but script and inputs (it ends well; all
measures are there, finite, in their units and bounds; it says that it used what it was told); again (the same
figures); with other constants and other inputs (some figure moves); and on the control group's settings (the control
group's figures). The last are what a liar cannot foresee.

**Departures.** The paper's validators are prompts; the official code runs each script once more and shows both
outputs to a model, takes a time-out for success, and leaves the old results where they are, so that a stale file
passes. Here a partition is decided by rules, results are read from a new folder, and two runs must agree. The
official engine schedules one control partition, as here. A patching agent is the technician, told what was found. The
conclusion is by rule: Welch's test and a bootstrap, Mann-Whitney's test beside them.

**What rules cannot tell.** Whether a plan answers the question; whether data that are read are also what is measured;
a script that computes the wrong thing from right inputs, the same way in all groups.

**Use**::

    lab = Lab(Endpoint("http://127.0.0.1:8000/v1", "model"), runner=SubprocessRunner(allow=True),
              inputs={"text.txt": Path("text.txt")}, store=Store("record.jsonl"))
    report = lab.experiment("Does zlib's level 9 write fewer bytes than level 1?")
    report.verdict, report.effects, report.findings; print(report.to_markdown())
"""

from assay.methods._models import Endpoint
from assay.methods.agents._sandbox import Limits, SandboxError
from assay.methods.agents.rigor_experiments._analysis import Effect, compare_groups
from assay.methods.agents.rigor_experiments._checks import Checked, Checks, HandOver, check_run
from assay.methods.agents.rigor_experiments._lab import Lab, recheck
from assay.methods.agents.rigor_experiments._plan import Measure, Partition, Plan, PlanError
from assay.methods.agents.rigor_experiments._report import Report
from assay.methods.agents.rigor_experiments._runner import Run, SubprocessRunner
from assay.methods.agents.rigor_experiments._scheduler import Scheduler
from assay.methods.agents.rigor_experiments._scripts import (
    Finding,
    check_script,
    typed_figures,
    unseeded_randomness,
    uses_variable,
)
from assay.methods.agents.rigor_experiments._store import Event, Store, StoreError, read_events

__all__ = [
    "Checked",
    "Checks",
    "Effect",
    "Endpoint",
    "Event",
    "Finding",
    "HandOver",
    "Lab",
    "Limits",
    "Measure",
    "Partition",
    "Plan",
    "PlanError",
    "Report",
    "Run",
    "SandboxError",
    "Scheduler",
    "Store",
    "StoreError",
    "SubprocessRunner",
    "check_run",
    "check_script",
    "compare_groups",
    "read_events",
    "recheck",
    "typed_figures",
    "unseeded_randomness",
    "uses_variable",
]
