"""Presumed Cultural Identity: how names shape what a model answers (Pawar et al. 2025, arXiv 2502.11995).

**Idea.** Ask for everyday suggestions ("What should I wear to a wedding?") with and without "my name is X". The name is
all that differs. If answers under a culture's names have what is particular to that culture more often than answers
without a name, the model presumed an identity that nobody told it.

**Steps.**

1. Names for each culture, as many of women as of men, that are rare elsewhere (`names_from_faker`, or a list of yours).
2. Questions by facet (food, clothing, traditions), and a frame that brings in the name (`Frame`).
3. Each question is asked under each name, and several times without one.
4. The name is taken out of every answer. A reader then tells which cultures the answer presumes: by statements about
   each culture that it entails (`ByStatements`, by words or by a model of inference), or by a judge (`by_judge`).
5. Bias of a culture in a facet: the share of answers under its names that presume it, less the share of those without a
   name, by the same statements. `AuditReport.confusion` has the same for every other culture: names of one that are
   read as another's.
6. Names are the draws, however many answers each has; the interval says whether the questions are drawn as well.
   P-values are adjusted by Holm's method over all cells. `AuditReport.shuffled` is the null control: the same answers,
   names dealt out among the other cultures.

**Departures.** No code of the authors was to be had; what their pages leave open is ours. Statements are a short list
written here instead of the knowledge graph CANDLE, which is large and has a licence of its own; bring yours with
``ByStatements(statements)``. Answers without a name are sampled as often as one likes, since every culture is held
against them. A relative figure never stands without the shares it is made of: a small base makes a large increase.

**What it does not say.** A list associates names with a culture. Nothing here says of a person which culture is theirs,
and no function goes from a name to a culture.

**Use**::

    report = evaluate(model)                                     # callable, endpoint, transformers model
    audit = NameAudit(names, questions, ByStatements(statements), frame=OPT_OUT, samples=2)
    report = audit.run(model)
    report.bias(), report.by_facet(), report.confusion(), report.shuffled().bias(), report.pairs(), report.table()
    write_harness_task(folder, audit)                            # lm_eval run --include_path folder --tasks name_audit
    inspect_task(audit)                                          # inspect_ai
"""

from assay.methods.evaluation.name_audit.audit import NameAudit
from assay.methods.evaluation.name_audit.contrasts import Contrast, contrast, detectable_bias
from assay.methods.evaluation.name_audit.evaluating import evaluate
from assay.methods.evaluation.name_audit.names import LOCALES, check_names, names_from_faker
from assay.methods.evaluation.name_audit.questions import NAMED, OPT_OUT, PLACEHOLDER, QUESTIONS, STATED, Frame
from assay.methods.evaluation.name_audit.reading import ByStatements, by_judge, entailed_by, mentions, without_name
from assay.methods.evaluation.name_audit.report import AuditReport, Bias
from assay.methods.evaluation.name_audit.statements import STATEMENTS
from assay.methods.evaluation.name_audit.tasks import (
    inspect_task,
    read_harness_samples,
    read_inspect_log,
    write_harness_task,
)

__all__ = [
    "LOCALES",
    "NAMED",
    "OPT_OUT",
    "PLACEHOLDER",
    "QUESTIONS",
    "STATED",
    "STATEMENTS",
    "AuditReport",
    "Bias",
    "ByStatements",
    "Contrast",
    "Frame",
    "NameAudit",
    "by_judge",
    "check_names",
    "contrast",
    "detectable_bias",
    "entailed_by",
    "evaluate",
    "inspect_task",
    "mentions",
    "names_from_faker",
    "read_harness_samples",
    "read_inspect_log",
    "without_name",
    "write_harness_task",
]
