"""The audit as a task of lm-evaluation-harness and as one of inspect_ai; both are read back into a report."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assay.methods.evaluation._harness import write_answer_task
from assay.methods.evaluation.name_audit.audit import NameAudit
from assay.methods.evaluation.name_audit.reading import ByStatements, mentions, without_name
from assay.methods.evaluation.name_audit.report import AuditReport

_KEYS = ("culture", "name", "facet", "question", "sample", "prompt")


def write_harness_task(folder: str | Path, audit: NameAudit, *, name: str = "name_audit") -> Path:
    """Write an audit as a task of lm-evaluation-harness: a folder for its ``--include_path``.

    The harness prints the share of answers that presume the culture, with names (``named_food``) and without
    (``bare_food``, the mean over cultures). With ``--log_samples`` it keeps the answers, of which
    `read_harness_samples` makes the report with its intervals.

    Args:
        folder: Replaced if it is there.
        audit: What is asked. It must read by words (`mentions`): a file keeps no model that entails.
        name: Of the task.

    Raises:
        ValueError: The audit reads otherwise, or the harness could not take the name.
    """
    reader = audit.reader
    if not isinstance(reader, ByStatements) or reader.entails is not mentions:
        raise ValueError("a task of the harness reads by words alone: give an audit with ByStatements(statements)")
    # Statements are a text in each item: as fields, those of one culture would become fields of all.
    kept = {
        facet: json.dumps({each: list(reader.statements[each][facet]) for each in audit.cultures}, ensure_ascii=False)
        for facet in audit.questions
    }
    items = [each | {"statements": kept[each["facet"]]} for each in audit.prompts()]
    return write_answer_task(
        folder,
        name,
        items=items,
        figures=figures,
        metrics={f"{arm}_{facet}": False for facet in audit.questions for arm in ("bare", "named")},
        tokens=audit.tokens,
        temperature=audit.temperature,
    )


def figures(record: Mapping[str, Any], answer: str) -> dict[str, float]:
    """The figure of one answer: whether it presumes the culture of its name, or which share of all without a name."""
    facet = record["facet"]
    statements = {culture: {facet: own} for culture, own in json.loads(record["statements"]).items()}
    (presumed,) = ByStatements(statements)([(facet, without_name(answer, record["name"]))])
    if record["name"]:
        return {f"named_{facet}": float(record["culture"] in presumed)}
    return {f"bare_{facet}": len(presumed) / len(statements)}


def read_harness_samples(file: str | Path, audit: NameAudit, *, model: str = "") -> AuditReport:
    """The report of answers that the harness kept.

    Args:
        file: ``samples_name_audit_....jsonl`` of a run with ``--log_samples``.
        audit: That the task was written of.
        model: What reports call it.

    Raises:
        ValueError: A line is no sample of the harness, or none of this audit; it is named.
    """
    records = []
    for number, line in enumerate(Path(file).read_text(encoding="utf-8").splitlines(), 1):
        try:
            sample = json.loads(line)
            record = {key: sample["doc"][key] for key in ("id", *_KEYS)} | {"answer": sample["resps"][0][0]}
        except (ValueError, LookupError, TypeError):
            raise ValueError(f"{file}, line {number}: no sample of this audit as the harness keeps them") from None
        records.append(record)
    return audit.read(records, model=model)


def inspect_task(audit: NameAudit) -> Any:
    """The audit as a task of inspect_ai: figures by facet, with and without names; see `read_inspect_log`.

    Args:
        audit: What is asked, and how it is read: any reader.
    """
    from inspect_ai import Task  # noqa: PLC0415 - heavy, and only for who uses it
    from inspect_ai.dataset import MemoryDataset, Sample  # noqa: PLC0415
    from inspect_ai.model import GenerateConfig  # noqa: PLC0415
    from inspect_ai.scorer import Score, Target, grouped, mean, scorer  # noqa: PLC0415
    from inspect_ai.solver import TaskState, generate  # noqa: PLC0415

    samples = [
        Sample(
            id=each["id"],
            input=each["prompt"],
            metadata={key: each[key] for key in _KEYS}
            | {"group": f"{each['facet']}, {'with a name' if each['name'] else 'without'}"},
        )
        for each in audit.prompts()
    ]

    @scorer(metrics=[grouped(mean(), "group", all=False)], name="presumed")
    def presumed() -> Any:
        async def of_state(state: TaskState, target: Target) -> Score:  # noqa: ARG001 - nothing is right or wrong
            answer, asked = state.output.completion, state.metadata
            (cultures,) = audit.reader([(asked["facet"], without_name(answer, asked["name"]))])
            own = cultures & set(audit.cultures)
            value = float(asked["culture"] in own) if asked["name"] else len(own) / len(audit.cultures)
            return Score(value=value, answer=answer, metadata={"presumed": sorted(own)})

        return of_state

    return Task(
        dataset=MemoryDataset(samples, name="name_audit"),
        solver=generate(),
        scorer=presumed(),
        config=GenerateConfig(max_tokens=audit.tokens, temperature=audit.temperature),
        name="name_audit",
    )


def read_inspect_log(log: Any, audit: NameAudit) -> AuditReport:
    """The report of a log of inspect_ai.

    Args:
        log: As ``inspect_ai.eval`` gives it, or the path of one.
        audit: That the task was made of.

    Raises:
        ValueError: It has no samples, or one is not of this audit; it is named.
    """
    if isinstance(log, str | Path):
        from inspect_ai.log import read_eval_log  # noqa: PLC0415 - heavy

        log = read_eval_log(str(log))
    if not log.samples:
        raise ValueError("the log has no samples: give one of a run that ended")
    records = [
        {"id": each.id} | {key: each.metadata.get(key) for key in _KEYS} | {"answer": each.output.completion}
        for each in log.samples
    ]
    return audit.read(records, model=log.eval.model)
