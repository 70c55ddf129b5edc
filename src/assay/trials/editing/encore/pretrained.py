"""ENCORE against MEMIT and AlphaEdit on a pretrained model: one stream of true facts that the model gets wrong.

The model is asked for the capital, the currency and the continent of every country (GeoNames). What it gets wrong of
capitals and currencies is corrected, the countries of most people first; of the capitals and continents that it gets
right, others shall stay, among them the continents of the very countries whose capital is corrected. The plain model
has 61 % of these two relations right (SmolLM2: 166 of 271), and by this choice no edit and all of what shall stay.

Every arm edits the same projections of the same weights in the same batches, with the same covariance, contexts and
steps at most. What differs is what the papers say differs: early stopping, and the rule of the update. The blocks are
those at the depth where the paper edits Llama3-8B. Settings are tried alike, three an arm, on a batch of edits that is
in no stream. The arms write in turns and each batch is timed, so that a machine that slows down slows all of them.

Budget on two quiet cores: seven minutes for all trials together, which share one stream in a process. It is about 1,000
gradient steps on four short texts each; 12,544 tokens of prose are read once for a covariance that the cache keeps.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from assay.methods.editing.encore import Edit, are_stated
from assay.methods.editing.encore.sites import find_sites
from assay.testbed.code import content_hash
from assay.testbed.evaluation import split_windows
from assay.testbed.pretrained import LanguageModel
from assay.testbed.prose import foldoc, gcide
from assay.testbed.tasks.country_facts import CountryFact, country_facts
from assay.trials import Bench, trial
from assay.trials.editing.encore import _LOSS, _lasted
from assay.trials.editing.encore._corrections import (
    ALPHA,
    MEMIT,
    OURS,
    SETTINGS,
    Subjects,
    layers_of,
    make_arms,
    perplexity,
)

_PLAIN = "not edited"
_STREAMS: dict[str, dict[str, Any]] = {}
"""What was measured in this process, by what decides it: the trials share a stream."""


@dataclass(frozen=True)
class _Size:
    blocks: int
    """That are edited: so many of the paper's five, the upper ones first."""
    edits: int
    batch: int
    look: int
    """Batches after which is looked what the model states."""
    tuning: int
    """Edits that settings are tried on; with none the first setting is taken."""
    countries: int
    kept: int
    """Facts that shall stay, of each relation."""
    contexts: int
    passes: int
    tokens: int
    """Of the covariance, by width of a key."""
    windows: int
    """Of held-out prose."""
    margin: float
    """Points of efficacy by which an editor may be behind and still edit as well."""


@trial("2502.01636", claim="speed-over-memit", pretrained=True)
def speed_over_memit(bench: Bench) -> None:
    """Time of a batch of true facts: MEMIT against ENCORE, and AlphaEdit beside them."""
    _speed(bench, MEMIT)


@trial("2502.01636", claim="speed-over-alphaedit", pretrained=True)
def speed_over_alphaedit(bench: Bench) -> None:
    """Time of a batch of true facts: AlphaEdit against ENCORE, and MEMIT beside them."""
    _speed(bench, ALPHA)


@trial("2502.01636", claim="sequential-edits", pretrained=True)
def sequential(bench: Bench) -> None:
    """True facts in a row before what the model knew is lost: MEMIT against ENCORE, and AlphaEdit beside them."""
    size, runs = _size(bench), _runs(bench)
    every = size.batch * size.look
    name = f"edits in a row before known facts fall by {_LOSS:g} points, in one stream of {size.edits}"
    lasted = {arm: _lasted(run["retentions"], every) for arm, run in runs["arms"].items()}
    bench.claim(bench.compare(name, lasted, candidate=OURS, baseline=MEMIT, unit="edits", better="higher"))
    _show(bench, runs, MEMIT)
    at = range(every, size.edits + 1, every)
    for figure, name, first in (("efficacies", "efficacy on all edits so far", 0), ("retentions", "facts kept", 1)):
        curves = {arm: run[figure][first:] for arm, run in runs["arms"].items()}
        bench.curve(f"{name}, in one stream", curves, candidate=OURS, along="edits", at=at, unit="%")


def _speed(bench: Bench, baseline: str) -> None:
    size, runs = _size(bench), _runs(bench)
    seconds = {arm: run["seconds"] for arm, run in runs["arms"].items()}
    name = f"time of a batch of {size.batch} edits"
    bench.claim(bench.compare(name, seconds, candidate=OURS, baseline=baseline, unit="s", better="lower"))
    _show(bench, runs, baseline)


def _show(bench: Bench, runs: dict[str, Any], baseline: str) -> None:
    """What the arms did to the model, and the condition: speed is worth nothing to who does not edit as well."""
    arms: dict[str, dict[str, Any]] = runs["arms"]

    def figures(name: str) -> dict[str, Any]:
        return {arm: run[name] for arm, run in arms.items()}

    least = arms[baseline]["efficacy"] - _size(bench).margin
    bench.score("efficacy on all edits", figures("efficacy"), candidate=OURS, unit="%", better="higher", at_least=least)
    bench.score("edits in other words", figures("paraphrase"), candidate=OURS, unit="%", better="higher")
    bench.score("facts kept", figures("kept"), candidate=OURS, unit="%", better="higher")
    bench.score("gradient steps of an edit", figures("steps"), candidate=OURS, better="lower")
    perplexities = figures("perplexity") | {_PLAIN: runs["perplexity"]}
    bench.score("perplexity of held-out prose", perplexities, candidate=OURS, better="lower")
    name = "norm of the edited weights, in unedited ones"
    bench.score(name, figures("growth"), candidate=OURS, unit="x", better="lower")
    # A model that knew next to nothing would have nothing to lose.
    name = "capitals and continents that the unedited model states"
    bench.score(name, {_PLAIN: runs["known"]}, candidate=_PLAIN, unit="%", better="higher",
                at_least=30.0, binds="measurement")  # fmt: skip


def _size(bench: Bench) -> _Size:
    return bench.pick(
        quick=_Size(blocks=1, edits=2, batch=1, look=1, tuning=0, countries=10, kept=4, contexts=1, passes=6, tokens=1,
                    windows=1, margin=50.0),
        cpu=_Size(blocks=5, edits=30, batch=3, look=2, tuning=6, countries=200, kept=30, contexts=3, passes=25,
                  tokens=8, windows=8, margin=5.0),
        cuda=_Size(blocks=5, edits=100, batch=5, look=2, tuning=10, countries=200, kept=40, contexts=6, passes=25,
                   tokens=32, windows=32, margin=5.0),
    )  # fmt: skip


def _tries(size: _Size) -> int:
    return len(SETTINGS[OURS]) if size.tuning else 1


def _runs(bench: Bench) -> dict[str, Any]:
    """By arm what a stream came to, beside what holds of the unedited model."""
    size, lm = _size(bench), bench.pretrained
    layers = layers_of(lm.model)[-size.blocks :]
    bench.on_pretrained(
        f"{size.edits} capitals and currencies that it gets wrong, corrected in batches of {size.batch}, instead of "
        f"10,000 edits of Llama3-8B in batches of 100; edited blocks {', '.join(map(str, layers))}; contexts: "
        f"{size.contexts}; settings an arm, tried on other edits: {_tries(size)}; "
        "facts that it knew and the perplexity of prose instead of downstream tasks"
    )
    key = content_hash([lm.fingerprint, lm.dtype, str(bench.device), asdict(size)])
    if key not in _STREAMS:
        _STREAMS[key] = _measure(bench, lm, size, layers)
    return _STREAMS[key]


def _measure(bench: Bench, lm: LanguageModel, size: _Size, layers: Sequence[int]) -> dict[str, Any]:
    facts = {relation: country_facts(relation)[: size.countries] for relation in ("capital", "currency", "continent")}
    known = bench.once(
        "what the unedited model states",
        lambda: {kind: are_stated(lm.model, lm.tokenizer, list(map(_edit, each))) for kind, each in facts.items()},
    )
    stream, tuning = _choose(facts, known, size)
    if len(stream.edits) < size.edits or not (stream.kept and (tuning.kept or not size.tuning)):
        bench.not_testable(f"a model that gets {size.edits + size.tuning} such facts wrong and others right")
    # The dictionary that is read in a second does for a quick run.
    rest, held_out = (foldoc() if bench.quick else gcide()).split(400)
    prose = split_windows(lm.ids(held_out.text(2_000 * size.windows)), length=256, count=size.windows)
    width = max(site.width for site in find_sites(lm.model, layers))
    tokens = 256 * (size.tokens * width // 256 + 1)
    text = rest.text(8 * tokens)
    arms = make_arms(lm, text, layers=layers, tokens=tokens, contexts=size.contexts, passes=size.passes)
    settings = {arm: each[0] for arm, each in SETTINGS.items()}
    if size.tuning:
        settings = bench.once("settings of the arms", lambda: arms.tune(tuning))
    right = [each for kind in ("capital", "continent") for each in known[kind]]
    groups = max(1, len(right) // 20)
    return {
        "known": [100.0 * sum(right[n::groups]) / len(right[n::groups]) for n in range(groups)],
        "perplexity": bench.once("perplexity of the unedited model", lambda: perplexity(lm.model, prose)),
        "arms": bench.once(
            "streams of all arms",
            lambda: arms.run(stream, settings, batch=size.batch, look=size.look, prose=prose),
        ),
    }


def _choose(
    facts: dict[str, tuple[CountryFact, ...]], known: dict[str, list[bool]], size: _Size
) -> tuple[Subjects, Subjects]:
    """What the stream is about, and what settings are tried on; they have no fact in common."""

    def those(relation: str, *, right: bool) -> list[CountryFact]:
        return [fact for fact, states in zip(facts[relation], known[relation], strict=True) if states is right]

    pairs = zip(those("capital", right=False), those("currency", right=False), strict=False)
    wrong = [fact for pair in pairs for fact in pair]
    parts = (wrong[: size.edits], wrong[size.edits : size.edits + size.tuning])
    stays = [those(relation, right=True) for relation in ("capital", "continent")]
    return tuple(  # type: ignore[return-value]
        Subjects(
            [_edit(fact) for fact in part],
            [Edit(fact.paraphrase, fact.subject, fact.object) for fact in part],
            [_edit(fact) for kind in stays for fact in kind[half::2][: size.kept]],
        )
        for half, part in enumerate(parts)
    )


def _edit(fact: CountryFact) -> Edit:
    return Edit(fact.prompt, fact.subject, fact.object)
