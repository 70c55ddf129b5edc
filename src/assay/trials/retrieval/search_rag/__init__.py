"""SearchRAG without a model: does a search for many short queries find what a search for the whole story does not?

Stories of `assay.testbed.tasks.makers` name nine things of computing and ask who made one of them. All of FOLDOC is
searched by BM25. In place of a model's queries stand two to four words in a row of the story, drawn at random: a writer
who knows nothing of what is asked. The figure is how often the sentence that tells the maker is among the finds; the
trend is the claim's, whose own figure is accuracy, which `pretrained` measures. The story as one query, five finds as
for each of the others, is the baseline beside it; so is the story with as many finds as the union has, since a union is
longer than five.

Budget: no model; some seconds.
"""

import re
from collections.abc import Sequence
from functools import cache
from random import Random
from statistics import mean

from assay.methods.retrieval.search_rag import LocalIndex, Snippet, distinct_queries, search_all
from assay.testbed.tasks.makers import MakerQuestion, maker_questions, passages
from assay.trials import Bench, trial

TOP = 5
"""Finds of a query."""
GROUPS = 10
"""Into which questions are dealt: what differs between them is luck, and gives intervals."""
UNION, STORY, LONGER = "union of short queries", "the story as one query", "the story, as many finds as the union"


@trial("2502.13233", claim="more-queries")
def drawn_words(bench: Bench) -> None:
    """How often the sentence that is needed is found, along the number of queries."""
    number, counts = bench.pick(
        quick=(30, (1, 2, 4)), cpu=(200, (1, 2, 4, 8, 16, 32)), cuda=(200, (1, 2, 4, 8, 16, 32))
    )
    bench.setting(
        "simulated",
        differs=f"{number} questions on who made a thing of computing, over FOLDOC by BM25 instead of medical "
        "questions over the web; queries are words drawn from the story; how often the sentence that is needed is "
        "found, instead of accuracy",
    )
    questions = ask_about(bench, number)
    found: dict[str, list[list[float]]] = {UNION: [], LONGER: []}
    sizes = []
    for count in bench.progress(counts, "queries"):
        unions = [find(drawn_queries(each, count, seed=bench.seed)) for each in questions]
        found[UNION].append(by_group([tells(each, union) for each, union in zip(questions, unions, strict=True)]))
        longer = [tells(each, index()(each.story, len(union))) for each, union in zip(questions, unions, strict=True)]
        found[LONGER].append(by_group(longer))
        sizes.append(mean(map(len, unions)))
    bench.claim(bench.trend("needed sentence found", along=counts, values=found[UNION], unit="%"))
    story = by_group([tells(each, index()(each.story, TOP)) for each in questions])
    arms = {**found, STORY: [story for _ in counts]}
    bench.curve("needed sentence found, by queries", arms, candidate=UNION, along="queries", at=counts, unit="%")
    bench.score("needed sentence found at the most queries", {arm: values[-1] for arm, values in arms.items()},
                candidate=UNION, better="higher", unit="%")  # fmt: skip
    bench.score("finds to choose from at the most queries", sizes[-1], better="lower", unit="snippets")


def ask_about(bench: Bench, number: int) -> list[MakerQuestion]:
    """So many questions; the end of the trial where the dictionary is not to be had."""
    try:
        return maker_questions(number, seed=bench.seed)
    except ValueError as error:
        bench.not_testable(str(error))


def drawn_queries(question: MakerQuestion, count: int, *, seed: int) -> list[str]:
    """Two to four words in a row of the story, drawn so often: a larger number begins with those of a smaller."""
    random = Random(f"{seed} {question.story}")  # noqa: S311 - a draw, not a secret
    words = [word for word in re.findall(r"[\w*/+#.-]+", question.story) if len(word) > 2]
    drawn = []
    for _ in range(count):
        length = random.randint(2, 4)
        start = random.randrange(len(words) - length + 1)
        drawn.append(" ".join(words[start : start + length]))
    return distinct_queries(drawn)


@cache
def index() -> LocalIndex:
    """All of FOLDOC, a snippet an entry."""
    return LocalIndex(passages())


def find(queries: Sequence[str]) -> list[Snippet]:
    """What the queries find together."""
    return [each.snippet for each in search_all(index(), queries, top=TOP)[0]]


def tells(question: MakerQuestion, snippets: Sequence[Snippet]) -> bool:
    """Whether the sentence that names the maker is among them."""
    return any(each.text == question.made.text for each in snippets)


def by_group(right: Sequence[bool]) -> list[float]:
    """Per cent in each group of questions."""
    groups = [right[start::GROUPS] for start in range(GROUPS)]
    return [100 * mean(group) for group in groups if group]
