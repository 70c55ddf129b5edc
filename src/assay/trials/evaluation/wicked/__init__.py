"""WiCkeD on models trained here: does "None of the above" cost them what it costs the paper's, and is it the cause?

A small Llama learns the values of entities by heart, from questions with options behind letters
(`assay.testbed.tasks.entity_choices`). One met "none" in 3 % of its questions, as a reader of the web meets it seldom;
the other in 25 %. Both answer the same new questions as they are and as their WiCkeD. If the transform were what is
hard, both would fall; if it is the use of a rare option, only the first does, and where "none" is right. That is the
condition: a fall of the second above three points would say that nothing can be told from the first.

Training ends where the first model has about nine of ten questions right as they are. Five times as long, and it has
learnt the rare option as well as any other: it is at 100 %, and falls by less than a point (seen with 200 entities).

Budget on two quiet cores: two models of about 10 s of one core for each of two seeds, kept in the cache.
"""

from dataclasses import dataclass
from typing import Any

from assay.methods._choices import Choice
from assay.methods.evaluation.wicked import Wicked, WickedReport, compare, make_wicked
from assay.testbed.models import tiny
from assay.testbed.tasks.entity_choices import NONE, EntityChoices
from assay.testbed.training import one_thread, train_once
from assay.trials import Bench, trial

ORIGINAL, WICKED = "the questions as they are", "WiCkeD"
RARE, COMMON = "none in 3 % of the training", "none in 25 % of the training"
_SHARES = {RARE: 0.03, COMMON: 0.25}


@dataclass(frozen=True)
class _Size:
    entities: int
    values: int
    hidden: int
    layers: int
    steps: int
    batch: int
    rate: float
    questions: int


@trial("2502.18316", claim="mean-accuracy-drop")
def rare_option(bench: Bench) -> None:
    """Accuracy on questions and on their WiCkeD, of models that met "none" seldom and often."""
    size = bench.pick(
        quick=_Size(16, 8, 48, 2, 100, 40, 6e-3, 1_000),
        cpu=_Size(100, 16, 64, 2, 300, 64, 3e-3, 2_000),
        cuda=_Size(20_000, 64, 512, 8, 6_000, 256, 5e-4, 4_000),
    )
    bench.setting(
        "trained here",
        model=f"Llama, {size.hidden} wide, {size.layers} layers",
        differs=f"{size.questions:,} questions with four options on {size.entities:,} made-up entities instead of six "
        "benchmarks and 18 pretrained models; letters, without examples",
    )
    reports = {arm: [_report(bench, size, arm, seed) for seed in bench.seeds(cpu=2)] for arm in _SHARES}
    rare, common = reports[RARE], reports[COMMON]
    figures = {
        ORIGINAL: [100 * each.original.value for each in rare],
        WICKED: [100 * each.wicked.value for each in rare],
    }
    bench.claim(bench.compare("accuracy", figures, candidate=WICKED, baseline=ORIGINAL, unit="%", better="higher"))
    least = [100 * each.original.value for each in (*rare, *common)]
    name = "least accuracy on the questions as they are, of all models"
    bench.score(name, min(least), unit="%", better="higher", at_least=80.0, binds="measurement")
    falls = {arm: [100 * each.drop.value for each in those] for arm, those in reports.items()}
    bench.score("fall of accuracy", falls, candidate=RARE, unit="points", better="lower")
    name = "fall of accuracy of the model that met none often"
    bench.score(name, 100 * max(each.drop.value for each in common), unit="points", better="lower", at_most=3.0,
                binds="measurement")  # fmt: skip
    for kind in ("none is right", "wrong one removed"):
        lost = {arm: [_fall(each, kind) for each in those] for arm, those in reports.items()}
        bench.score(f"fall where {kind}", lost, candidate=RARE, unit="points", better="lower")
    chosen = {
        arm: [100 * each.picks_none.value if each.picks_none else 0.0 for each in those]
        for arm, those in reports.items()
    }
    chosen["how often it is right"] = [100 * each.none_is_right for each in rare]
    bench.score("none chosen", chosen, candidate=RARE, unit="%", better="higher")


def _fall(report: WickedReport, kind: str) -> float:
    """Points lost where this became of a question; nothing where it became of none."""
    if kind not in report.by_kind:
        return 0.0
    before, after = report.by_kind[kind]
    return 100 * (before.value - after.value)


def _report(bench: Bench, size: _Size, arm: str, seed: int) -> WickedReport:
    task = EntityChoices(size.entities, size.values, seed=seed)
    model = _train(size, task, _SHARES[arm], seed, str(bench.device))
    items = make_wicked(task.records(size.questions, seed=1), Wicked(seed=seed, text=NONE))
    sides = [[each.original for each in items], [each.item for each in items]]
    before, after = (
        [
            Choice(item, chosen)
            for item, chosen in zip(
                side, task.choose(model, [(item.question, item.choices) for item in side]), strict=True
            )
        ]
        for side in sides
    )
    return compare(items, before, after)


def _train(size: _Size, task: EntityChoices, share: float, seed: int, device: str) -> Any:
    with one_thread():
        return train_once(
            {"task": repr(task), "share": share, "size": repr(size), "seed": seed},
            lambda: tiny("llama", vocab_size=task.vocab_size, hidden=size.hidden, layers=size.layers, seed=seed),
            task.batches(size.batch, share, seed=seed),
            device=device,
            steps=size.steps,
            lr=size.rate,
            seed=seed,
            what=f"none in {share:.0%}",
        )
