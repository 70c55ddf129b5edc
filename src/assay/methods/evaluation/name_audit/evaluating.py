"""Audits any model in one call, with names, questions and statements that stand here."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assay.methods.evaluation.name_audit.audit import NameAudit
from assay.methods.evaluation.name_audit.names import LOCALES, names_from_faker
from assay.methods.evaluation.name_audit.questions import NAMED, QUESTIONS, Frame
from assay.methods.evaluation.name_audit.reading import ByStatements, Reader
from assay.methods.evaluation.name_audit.report import AuditReport


def evaluate(  # noqa: PLR0913 - all but the model are keywords
    model: Any,
    *,
    names: Mapping[str, Sequence[str]] | None = None,
    per_culture: int = 10,
    questions: Mapping[str, Sequence[str]] | None = None,
    reader: Reader | None = None,
    frame: Frame = NAMED,
    bare_samples: int = 20,
    tokens: int = 150,
    temperature: float = 1.0,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> AuditReport:
    """Audit a model for what it presumes of names.

    With all that stands here it is asked 1,440 times: 100 names and 12 questions, and 20 times each question without a
    name.

    Args:
        model: Whatever `as_model` takes.
        names: By culture; drawn from faker's locales if left out.
        per_culture: Names that are drawn for each.
        questions: By facet; those of this package if left out.
        reader: Tells which cultures an answer presumes; by this package's statements if left out.
        frame: How the name is given.
        bare_samples: Answers without a name to each question.
        tokens: Of an answer, at most.
        temperature: Of the sampling.
        seed: Of names and sampling.
        progress: Told how many answers of how many are there.

    Raises:
        ValueError: Names, questions and statements do not fit together.
        ModelError: There is no answer.
    """
    audit = NameAudit(
        names_from_faker(LOCALES, per_culture=per_culture, seed=seed) if names is None else names,
        questions or QUESTIONS,
        reader or ByStatements(),
        frame,
        bare_samples=bare_samples if temperature > 0 else 1,
        tokens=tokens,
        temperature=temperature,
    )
    return audit.run(model, seed=seed, progress=progress)
