"""The instruments of this room on a reader's own model: what an answering model is asked, and what the others need.

Each instrument asks questions that stand in the testbed and gives figures with intervals. All of them take answers as
text alone, so that a model behind an endpoint and one on the disk are measured alike.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from assay.methods.evaluation import Model


@dataclass(frozen=True)
class Figure:
    """One figure of an instrument, with its interval of 95 %."""

    figure: str
    value: float
    low: float
    high: float
    unit: str
    items: int
    """Questions, or what else it is the mean of."""


@dataclass(frozen=True)
class Instrument:
    """What an answering model is asked."""

    name: str
    """The paper's short name."""
    asks: str
    """What, in a few words."""
    run: Callable[[Model, bool, int], list[Figure]]
    """Of the model, whether in a hurry, and the seed."""


def instruments() -> dict[str, Instrument]:
    """Those that need nothing but answers, by name."""
    return {each.name: each for each in _INSTRUMENTS}


NEEDS = {
    "preference_leakage": "verdicts of two judges on answers of two students: files of AlpacaEval or Arena-Hard",
    "prompt_to_leaderboard": "votes: a prompt, two models and which of their answers won",
    "robustness_index": "embeddings, and for each a class and what must not matter: site, scanner, source",
}
"""What the other instruments need, by name."""


def _wicked(model: Model, quick: bool, seed: int) -> list[Figure]:  # noqa: FBT001 - one shape for all
    from assay.methods.evaluation.wicked import evaluate  # noqa: PLC0415 - loaded for who asks
    from assay.testbed.tasks.real_choices import SOURCES, draw_choice_questions  # noqa: PLC0415

    each = 6 if quick else 50
    records = [
        question.as_record() for source in SOURCES for question in draw_choice_questions(source, each, seed=seed)
    ]
    return _figures(evaluate(model, records, cluster="about").table(), percent=True)


def _zebra_logic(model: Model, quick: bool, seed: int) -> list[Figure]:  # noqa: FBT001
    from assay.methods.evaluation.zebra_logic import evaluate  # noqa: PLC0415

    sizes = [(2, 2), (2, 3), (3, 2), (3, 3)] if quick else [(n, m) for n in (2, 3, 4) for m in (2, 3, 4)]
    rows = evaluate(model, per_size=1 if quick else 4, sizes=sizes, tokens=512, seed=seed).table()
    return _figures([row | {"figure": f"{row['figure']}, {row['bucket']}"} for row in rows])


def _reasoning_budget(model: Model, quick: bool, seed: int) -> list[Figure]:  # noqa: FBT001
    from assay.methods.evaluation.reasoning_budget import evaluate  # noqa: PLC0415

    rows = evaluate(model, size=6 if quick else 40, tokens=256 if quick else 512, seed=seed).table()
    return _figures([row | {"figure": f"{row['figure']}, {row['kind']}"} for row in rows])


def _puzzle_vqa(model: Model, quick: bool, seed: int) -> list[Figure]:  # noqa: FBT001
    """Captions instead of pictures, so that models that do not see can be asked too."""
    from assay.methods.evaluation.puzzle_vqa import KINDS, evaluate  # noqa: PLC0415

    kinds = list(KINDS)[:6] if quick else list(KINDS)
    report = evaluate(model, kinds=kinds, n=1 if quick else 3, seed=seed, rungs=("caption",), formats=("choice",))
    return _figures(
        [row for row in report.table() if row["concept"] == "all"], percent=("accuracy", "needed", "gained")
    )


def _gimmick(model: Model, quick: bool, seed: int) -> list[Figure]:  # noqa: ARG001, FBT001
    from assay.methods.evaluation.gimmick import conditions, evaluate, grouped_items  # noqa: PLC0415
    from assay.testbed.tasks.country_facts import country_facts  # noqa: PLC0415

    regions = {fact.subject: fact.object for fact in country_facts("continent")}
    facts = [fact for fact in country_facts("capital") if regions.get(fact.subject) in {"Europe", "Africa", "Asia"}]
    records = [
        {
            "id": fact.subject,
            "question": fact.question,
            "answer": fact.object,
            "region": regions[fact.subject],
            "country": fact.subject,
        }
        for fact in facts[: 18 if quick else None]
    ]
    items = grouped_items(records, groups="region", cluster="country", hints={"region": "region"})
    rows = evaluate(model, items, conditions(hint=["none", "region"]), reference="Europe", tokens=16).table()
    named = [row | {"figure": f"{row['figure']}, {row['group']}, {row['condition']}"} for row in rows]
    return _figures(named, percent=("score", "gap", "gain"))


def _name_audit(model: Model, quick: bool, seed: int) -> list[Figure]:  # noqa: FBT001
    from assay.methods.evaluation.name_audit import QUESTIONS, evaluate  # noqa: PLC0415

    questions = {facet: each[:1] if quick else each for facet, each in QUESTIONS.items()}
    per_culture, bare, tokens = (2, 4, 60) if quick else (4, 10, 100)
    report = evaluate(model, per_culture=per_culture, questions=questions, bare_samples=bare, tokens=tokens, seed=seed)
    rows = report.table()
    shown = [row for row in rows if row["culture"] == "all"]
    return _figures([row | {"figure": f"presumes a culture of a name, {row['facet']}"} for row in shown])


def _doubts(model: Model, quick: bool, seed: int) -> list[Figure]:  # noqa: FBT001
    from assay.methods.evaluation.llm_statistics import evaluate  # noqa: PLC0415
    from assay.testbed.tasks.country_facts import country_facts  # noqa: PLC0415

    facts = [fact for relation in ("capital", "currency") for fact in country_facts(relation)[: 8 if quick else 50]]
    records = [{"question": fact.question, "answer": fact.object, "about": fact.subject} for fact in facts]
    return _figures(evaluate(model, records, samples=3 if quick else 6, seed=seed).table())


_INSTRUMENTS = (
    Instrument("wicked", "questions with four options, and the same with one replaced by none of the above", _wicked),
    Instrument("zebra_logic", "logic puzzles of growing size, answered as a table", _zebra_logic),
    Instrument("reasoning_budget", "word puzzles: is it right, does it give up or think on?", _reasoning_budget),
    Instrument("puzzle_vqa", "puzzles of patterns, by their captions", _puzzle_vqa),
    Instrument("gimmick", "capitals by continent, with and without a hint", _gimmick),
    Instrument("name_audit", "suggestions, with names and without", _name_audit),
    Instrument("llm_statistics", "capitals and currencies several times over: do its doubts tell its errors?", _doubts),
)


def _figures(rows: list[dict[str, Any]], *, percent: bool | tuple[str, ...] = False) -> list[Figure]:
    """Rows of a report's table as figures; those of shares in per cent, where the table does not say its units."""
    return [_figure(row, percent) for row in rows]


def _figure(row: Mapping[str, Any], percent: bool | tuple[str, ...]) -> Figure:  # noqa: FBT001
    name, unit = str(row["figure"]), str(row.get("unit", ""))
    is_share = not unit and (percent if isinstance(percent, bool) else name.startswith(percent))
    values = {end: float(row[end]) * (100.0 if is_share else 1.0) for end in ("value", "low", "high")}
    return Figure(name, **values, unit="%" if is_share else unit, items=int(row.get("items", 0)))
