"""SearchRAG on a pretrained model: what many queries and the filter are worth, and what false snippets do to it.

Stories of `assay.testbed.tasks.makers` name nine things of computing and ask who made one of them; wrong options are
the makers of the others. The model writes the queries itself, behind two examples, since so small a model writes none
without; all of FOLDOC is searched by BM25, and the finds that most queries share are weighed. Every arm gives the
same model as many snippets of the same finds at most, and the answer is the likeliest option, by its own words.

The arms are no search (the claim's baseline, without the chain of thought that so small a model makes no use of); the
story as one query; of the finds of all queries those that most queries found, or any; and the filter's. The sentence
that tells the maker is given beside them: a reader who could not use that would tell nothing of the rest, which is
the condition. False sentences of the same form, that name the maker of another thing, are then mixed among true ones:
the filter goes by how sure the model becomes, so it is to be expected that it takes them for as good.

Budget on two quiet cores: 48 questions, 8 queries of up to 24 tokens each (9,000 sampled), 10 finds of each weighed:
about 250,000 tokens read, some seven minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from assay.methods._models import TransformersModel
from assay.methods._prompts_once import PromptsOnce, read_prompts_once
from assay.methods.retrieval.search_rag import EntropyFilter, Snippet, Weighed, sample_queries, search_all
from assay.testbed.answers import ask_once
from assay.testbed.pretrained import LanguageModel
from assay.testbed.tasks.makers import MakerQuestion, maker_questions
from assay.trials import Bench, trial
from assay.trials.retrieval.search_rag import TOP, ask_about, by_group, index, tells

NONE, STORY, HITS, RANDOM, FILTER = (
    "no search",
    "the story as one query",
    "finds of most queries",
    "finds at random",
    "filter by entropy",
)
NEEDED = "the needed sentence itself"
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_FORMS = (
    "{thing} was {verb} by {maker}.",
    "{maker} is the one to whom {thing} is owed.",
    "It was {maker} whose work {thing} was.",
    "{thing}, the work of {maker}, is well documented.",
)
_EXAMPLES = (
    "Question: We moved into the new library with boxes on Fortran, chess and tides. One book is on the steam engine. "
    "Who built the steam engine?\nSearch: steam engine inventor\n\n"
    "Question: My notes mention Berlin, glass and Bach, and then a line on the telephone that I cannot read. Who "
    "invented the telephone?\nSearch: telephone invented by\n\nQuestion: {question}\nSearch:"
)
_TEMPERATURE = 0.7
"""At 1.1, which large models are sampled at, this one writes no words."""


@dataclass(frozen=True)
class _Size:
    questions: int
    queries: tuple[int, ...]
    weighed: int
    """Finds of a question that are weighed, those that most queries found."""
    kept: int
    """Snippets that an answer is given."""
    mixed: int
    """Questions that false sentences are mixed into."""


def _size(bench: Bench) -> _Size:
    return bench.pick(
        quick=_Size(3, (1, 2, 3), 3, 2, 1),
        cpu=_Size(48, (1, 2, 4, 8), 10, 3, 24),
        cuda=_Size(200, (1, 2, 4, 8, 16), 20, 3, 100),
    )


@trial("2502.13233", claim="accuracy-gain-8b", pretrained=True)
def told_makers(bench: Bench) -> None:
    """Accuracy with what each way of choosing puts before the question."""
    size = _size(bench)
    lm = bench.on_pretrained(_differs(size))
    rows = _rows(bench, lm, size)
    rights = {arm: by_group([row["right"][arm] for row in rows]) for arm in (NONE, STORY, RANDOM, HITS, FILTER, NEEDED)}
    bench.claim(bench.compare("accuracy", rights, candidate=FILTER, baseline=NONE, unit="%", better="higher"))
    bench.score("accuracy with the needed sentence", rights[NEEDED], better="higher", unit="%", at_least=80.0,
                binds="measurement")  # fmt: skip
    told = {arm: by_group([row["told"][arm] for row in rows]) for arm in (STORY, RANDOM, HITS, FILTER)}
    bench.score("needed sentence among what is read", told, candidate=FILTER, better="higher", unit="%")
    among = by_group([row["found"] for row in rows])
    bench.score("needed sentence among what is weighed", among, better="higher", unit="%")
    kept = [row["kept"] for row in rows]
    bench.score("snippets that the filter keeps", sum(kept) / len(kept), better="lower", unit="snippets")
    _show_false(bench, lm, size)


@trial("2502.13233", claim="more-queries", pretrained=True)
def more_queries(bench: Bench) -> None:
    """Accuracy of filtered answers along the number of queries."""
    size = _size(bench)
    rows = _rows(bench, bench.on_pretrained(_differs(size)), size)
    right = [by_group([row["right_by_queries"][place] for row in rows]) for place in range(len(size.queries))]
    bench.claim(bench.trend("accuracy", along=size.queries, values=right, unit="%"))
    found = [by_group([row["found_by_queries"][place] for row in rows]) for place in range(len(size.queries))]
    bench.curve("by queries", {"accuracy": right, "needed sentence found": found}, candidate="accuracy",
                along="queries", at=size.queries, unit="%")  # fmt: skip


def _differs(size: _Size) -> str:
    return (
        f"{size.questions} questions with four options on who made a thing of computing, over FOLDOC by BM25, instead "
        "of three medical benchmarks over the web; options told by their words instead of letters; no chain of thought"
    )


def _reader(lm: LanguageModel) -> PromptsOnce:
    return read_prompts_once(TransformersModel(lm.model, lm.tokenizer, lm.name, chat=False))


def _filter(model: PromptsOnce, size: _Size, **settings: Any) -> EntropyFilter:
    return EntropyFilter(model, by="text", most=size.kept, **settings)


def _rows(bench: Bench, lm: LanguageModel, size: _Size) -> list[dict[str, Any]]:
    """What came of each question, kept question by question, since both trials look at it."""
    places = bench.progress(range(len(ask_about(bench, size.questions))), "questions")
    return [ask_once(lm, {}, partial(_ask, size=size, place=place, seed=bench.seed)) for place in places]


def _ask(lm: LanguageModel, *, size: _Size, place: int, seed: int) -> dict[str, Any]:
    question = maker_questions(size.questions, seed=seed)[place]
    reader = _reader(lm)
    chooser = _filter(reader, size)
    queries = sample_queries(
        reader, question.story, size.queries[-1], temperature=_TEMPERATURE, seed=seed, prompt=_EXAMPLES
    )
    pools = {count: _pool(queries[:count], size) for count in size.queries}
    every = list({each: None for pool in pools.values() for each in pool})
    weighed = dict(zip(every, chooser.weigh(question.story, question.options, every), strict=True))
    pool = pools[size.queries[-1]]
    random = Random(f"{seed} {question.story}")  # noqa: S311 - a draw, not a secret
    filtered = [_kept(chooser, [weighed[each] for each in pools[count]]) for count in size.queries]
    read = {
        NONE: [],
        STORY: index()(question.story, size.kept),
        RANDOM: random.sample(pool, min(size.kept, len(pool))),
        HITS: pool[: size.kept],
        FILTER: filtered[-1],
        NEEDED: [Snippet(question.made.text)],
    }
    contexts = [*read.values(), *filtered[:-1]]
    right = [_is_right(question, each) for each in chooser.probabilities(question.story, question.options, contexts)]
    return {
        "right": dict(zip(read, right, strict=False)),
        "told": {arm: tells(question, snippets) for arm, snippets in read.items()},
        "found": tells(question, pool),
        "kept": len(filtered[-1]),
        "right_by_queries": [*right[len(read) :], right[list(read).index(FILTER)]],
        "found_by_queries": [tells(question, pools[count]) for count in size.queries],
    }


def _pool(queries: Sequence[str], size: _Size) -> list[Snippet]:
    """The finds of these queries, those that most queries found first, as many as are weighed."""
    if not queries:
        return []
    found, _ = search_all(index(), queries, top=TOP)
    return [each.snippet for each in sorted(found, key=lambda each: (-each.hits, each.rank))[: size.weighed]]


def _kept(chooser: EntropyFilter, weighed: Sequence[Weighed]) -> list[Snippet]:
    """What is kept, the most telling next to the question."""
    return [each.snippet for each in reversed(chooser.choose(weighed))]


def _is_right(question: MakerQuestion, probabilities: Sequence[float]) -> bool:
    return max(range(len(probabilities)), key=probabilities.__getitem__) == question.answer


def _show_false(bench: Bench, lm: LanguageModel, size: _Size) -> None:
    """Accuracy along the share of sentences that are false, among finds that are beside the point."""
    places = bench.progress(range(size.mixed), "false sentences")
    rows = [ask_once(lm, {}, partial(_mix, size=size, place=place, seed=bench.seed)) for place in places]
    arms = {arm: [by_group([row[arm][place] for row in rows]) for place in range(len(SHARES))] for arm in rows[0]}
    at = [100 * share for share in SHARES]
    name = "accuracy by the share of false sentences, % of those on the thing"
    bench.curve(name, arms, candidate=FILTER, along="% false", at=at, unit="%")
    bench.score("accuracy where all sentences on the thing are false", {arm: each[-1] for arm, each in arms.items()},
                candidate=FILTER, better="higher", unit="%")  # fmt: skip


def _mix(lm: LanguageModel, *, size: _Size, place: int, seed: int) -> dict[str, list[bool]]:
    """Whether each arm is right at each share of false sentences."""
    question = maker_questions(size.mixed, seed=seed)[place]
    reader = _reader(lm)
    random = Random(f"{seed} {question.story} false")  # noqa: S311 - a draw, not a secret
    made = question.made
    liar = random.choice([each for place, each in enumerate(question.options) if place != question.answer])
    fields = {"thing": made.thing, "verb": made.verb}
    true, false = ([Snippet(form.format(maker=who, **fields)) for form in _FORMS] for who in (made.maker, liar))
    beside = [each for each in index()(question.story, 2 * len(_FORMS)) if not tells(question, [each])][: len(_FORMS)]
    every = [*true, *false, *beside]
    chooser = _filter(reader, size)
    weighed = dict(zip(every, chooser.weigh(question.story, question.options, every), strict=True))
    agreeing = _filter(reader, size, agreeing=2)
    contexts: list[list[Snippet]] = [[]]
    for share in SHARES:
        lies = round(share * len(_FORMS))
        mixed = [*true[lies:], *false[:lies], *beside]
        told = [weighed[each] for each in mixed]
        contexts += [_kept(chooser, told), _kept(agreeing, told), random.sample(mixed, size.kept)]
    none, *rest = (
        _is_right(question, each) for each in chooser.probabilities(question.story, question.options, contexts)
    )
    return {
        FILTER: rest[0::3],
        "filter, two that agree": rest[1::3],
        RANDOM: rest[2::3],
        NONE: [none for _ in SHARES],
    }
