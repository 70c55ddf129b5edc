"""GIMMICK's protocol on a pretrained model: capitals by continent, with and without the continent as a hint.

The model is asked in chat for the capital of every country that GeoNames has one clear one for; an answer is right that
has its words. Then the other way round: which country has this capital, options ranked by likelihood, wrong ones from
anywhere or, as hard ones, from the same continent. The claim's gap is that between Europe and Africa, which come
nearest to the paper's Western and Sub-Saharan contexts; the interval is over countries, each of which is asked once.

Budget on two quiet cores: 246 answers of at most 16 tokens, 984 options of 15 tokens read: about a minute and a half.
"""

from functools import partial

from assay.methods.evaluation import TransformersModel
from assay.methods.evaluation.gimmick import ALL, Condition, GroupedItem, GroupReport, ask, grouped_items, origin_items
from assay.testbed.tasks.country_facts import country_facts
from assay.trials import Bench, trial
from assay.trials.evaluation.gimmick import HINTED, PLAIN, show_coverage, show_gap

_WEST, _SOUTH = "Europe", "Africa"
_FROM_ANYWHERE, _HARD = "wrong ones from anywhere", "wrong ones from the same continent"
_FEWEST = 5
"""Countries of a continent: one of fewer is not shown by itself."""


@trial("2502.13766", claim="regional-gap", pretrained=True)
def capitals(bench: Bench) -> None:
    """Capitals that a real model knows: of Europe's countries and of Africa's."""
    each = bench.pick(quick=2, cpu=200, cuda=200)
    lm = bench.on_pretrained(
        "capitals of countries, without images, instead of cultural events and practices with them; Europe and Africa "
        "instead of UNESCO's Western and Sub-Saharan groups; one question for each country"
    )
    items, origins = _capitals(each), {name: _origins(each, hard=name == _HARD) for name in (_FROM_ANYWHERE, _HARD)}
    chat = TransformersModel(lm.model, lm.tokenizer, lm.name)
    plain = TransformersModel(lm.model, lm.tokenizer, lm.name, chat=False)
    scores = {
        condition: bench.once(f"capitals, {condition}", partial(_ask, chat, items, condition))
        for condition in (PLAIN, HINTED)
    }
    report = GroupReport(tuple(items), scores, _WEST)
    figures = {group: 100 * report.score(group, PLAIN).value for group in (_WEST, _SOUTH)}
    figures |= {
        group: 100 * report.score(group, PLAIN).value
        for group in report.groups
        if group not in figures and report.score(group, PLAIN).items >= _FEWEST
    }
    name = "capitals known, without a hint"
    bench.claim(bench.compare(name, figures, candidate=_SOUTH, baseline=_WEST, unit="%", better="higher"))
    show_gap(bench, report, _SOUTH, PLAIN)
    known = 100 * report.score(ALL, PLAIN).value
    bench.score("capitals known of all", known, unit="%", better="higher", at_least=20.0, binds="measurement")
    _show_hint(bench, report)
    _show_origins(bench, plain, origins)
    show_coverage(bench)


def _show_hint(bench: Bench, report: GroupReport) -> None:
    hinted = {group: 100 * report.score(group, HINTED).value for group in (_SOUTH, _WEST)}
    bench.score("capitals known, with the continent as a hint", hinted, candidate=_SOUTH, unit="%", better="higher")
    closed = report.gap_closed(_SOUTH, HINTED, PLAIN).scaled(100)
    shown = {"closed": closed.value, "low end of its 95 % interval": closed.low, "high end": closed.high}
    bench.score("of the gap, closed by the hint", shown, candidate="closed", unit="points", better="higher")


def _show_origins(bench: Bench, model: TransformersModel, origins: dict[str, list[GroupedItem]]) -> None:
    for name, items in origins.items():
        right = bench.once(f"countries, {name}", partial(_ask, model, items, PLAIN))
        report = GroupReport(tuple(items), {PLAIN: right}, _WEST)
        figures = {group: 100 * report.score(group, PLAIN).value for group in (_SOUTH, _WEST)}
        bench.score(f"countries found by their capital, {name}", figures, candidate=_SOUTH, unit="%", better="higher")


def _ask(model: TransformersModel, items: list[GroupedItem], condition: Condition) -> list[float]:
    """Scores, item by item; options are ranked, which a small model does better than it names letters."""
    scores = ask(model, items, [condition], ranked=True, tokens=16)
    return next(iter(scores.values()))


def _capitals(each: int) -> list[GroupedItem]:
    """The capital of every country, or of so many of each continent."""
    return grouped_items(_records(each), groups="continent", hints={"region": "continent"})


def _origins(each: int, *, hard: bool) -> list[GroupedItem]:
    records = _records(each)
    everywhere = {record["id"]: record["continent"] for record in _records(200)}
    question = "This is the capital of which country?"
    things = [record | {"title": record["answer"], "countries": [record["id"]]} for record in records]
    return origin_items(things, everywhere, hard=hard, question=question, cluster="id")


def _records(each: int) -> list[dict[str, str]]:
    """So many countries of each continent, those of most people first."""
    continents = {fact.subject: fact.object for fact in country_facts("continent")}
    counts: dict[str, int] = {}
    records = []
    for fact in country_facts("capital"):
        continent = continents.get(fact.subject, "")
        counts[continent] = counts.get(continent, 0) + 1
        if continent and counts[continent] <= each:
            record = {"id": fact.subject, "question": fact.question, "answer": fact.object, "continent": continent}
            records.append(record)
    return records
