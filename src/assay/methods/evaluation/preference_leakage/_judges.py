"""Judges that are asked here: which of two answers is better, as text, by letter or by likelihood."""

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from assay.methods._intervals import Estimate, mean_interval
from assay.methods._models import LikelihoodModel, Model, as_model, likelihoods_of
from assay.methods.evaluation.preference_leakage._score import Judgment

FIRST, SECOND, TIE = (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)
_WINS = {
    "A>>B": FIRST, "A>B": FIRST, "A": FIRST, "B>>A": SECOND, "B>A": SECOND, "B": SECOND, "A=B": TIE, "TIE": TIE
}  # fmt: skip
_VERDICT = re.compile(r"\[\[\s*([AB](?:\s*[><=]+\s*[AB])?|tie)\s*\]\]", re.IGNORECASE)

QUESTION = (
    "Which of two answers to the question below is better? Judge correctness, helpfulness and clarity, not length or "
    "order.\n\nQuestion: {prompt}\n\nAnswer A: {first}\n\nAnswer B: {second}\n\n"
)
VERDICT_WANTED = "Give your reasons in a sentence, then your verdict as [[A>B]], [[B>A]] or [[A=B]]."
_LETTER_WANTED = "Answer with the letter of the better answer, A or B, and nothing else."


class AnswerPair(NamedTuple):
    """What a judge is shown: a prompt and two answers, A and B."""

    prompt: str
    first: str
    second: str


Judge = Callable[[Sequence[AnswerPair]], Sequence[str | float]]
"""Gives of each pair a verdict (``A>>B``, ``A>B``, ``A``, ``A=B``, ``tie``), or the probability that A is better."""


def wins_of(verdict: str | float | None) -> tuple[float, float]:
    """How far A and B win by a verdict.

    Raises:
        ValueError: It is none.
    """
    if isinstance(verdict, str):
        wins = _WINS.get(verdict.strip().strip("[]").replace(" ", "").upper())
        if wins is not None:
            return wins
    elif verdict is not None and not isinstance(verdict, bool) and 0 <= verdict <= 1:
        return float(verdict), 1 - float(verdict)
    raise ValueError(f"the verdict is {verdict!r}: give one of {', '.join(_WINS)}, or a probability that A is better")


def settle(once: tuple[float, float], again: tuple[float, float], *, weighed: bool = False) -> tuple[float, float]:
    """How far each student wins over two games: wholly where both agree, else it is a tie.

    Args:
        once: Wins of the first student and the second.
        again: The same, in the game with the order swapped.
        weighed: They are probabilities: take the mean.
    """
    if weighed:
        return (once[0] + again[0]) / 2, (once[1] + again[1]) / 2
    return once if once == again else TIE


def compare_answers(
    judge: Judge,
    prompts: Sequence[str],
    answers: Mapping[str, Sequence[str]],
    *,
    name: str,
    swap: bool = True,
    categories: Sequence[str] | None = None,
    clusters: Sequence[str] | None = None,
) -> list[Judgment]:
    """Have a judge compare two students' answers to the same prompts.

    Args:
        judge: See `Judge`.
        prompts: No two alike.
        answers: By student, an answer to each prompt; two students.
        name: What the judge is called.
        swap: Show each pair in both orders. A student wins where both games agree; probabilities are averaged. Leave it
            out only for a judge to which order is nothing.
        categories: Of the prompts.
        clusters: Of the prompts.

    Raises:
        ValueError: There are not two students, not an answer to each prompt, or a verdict is none.
    """
    if len(answers) != 2:
        raise ValueError(f"there are answers of {len(answers)} students, {', '.join(answers)}: give two")
    for student, texts in answers.items():
        if len(texts) != len(prompts):
            raise ValueError(f"{student!r} has {len(texts)} answers to {len(prompts)} prompts")
    (one, firsts), (two, seconds) = answers.items()
    pairs = [AnswerPair(*each) for each in zip(prompts, firsts, seconds, strict=True)]
    games, weighed = [], False
    for turned in (False, True)[: 1 + swap]:
        shown = [AnswerPair(prompt, second, first) for prompt, first, second in pairs] if turned else pairs
        verdicts = judge(shown)
        weighed |= any(not isinstance(verdict, str) for verdict in verdicts)
        wins = _wins_of_all(verdicts, shown, name)
        games.append([(win[1], win[0]) for win in wins] if turned else wins)
    return [
        Judgment(
            prompt, name, (one, two), settle(games[0][at], games[-1][at], weighed=weighed),
            categories[at] if categories else "", clusters[at] if clusters else "",
        )
        for at, prompt in enumerate(prompts)
    ]  # fmt: skip


def _wins_of_all(verdicts: Sequence[str | float], pairs: Sequence[AnswerPair], name: str) -> list[tuple[float, float]]:
    if len(verdicts) != len(pairs):
        raise ValueError(f"the judge {name!r} gives {len(verdicts)} verdicts on {len(pairs)} pairs")
    wins = []
    for pair, verdict in zip(pairs, verdicts, strict=True):
        try:
            wins.append(wins_of(verdict))
        except ValueError as error:
            raise ValueError(f"the judge {name!r} on {str(pair.prompt)[:60]!r}: {error}") from None
    return wins


def read_verdict(text: str) -> str:
    """The last verdict in double brackets of a judge's text, such as ``A>B``; empty if there is none."""
    marks = [mark for mark in _VERDICT.findall(text) if mark.replace(" ", "").upper() in _WINS]
    return marks[-1] if marks else ""


def ask_for_verdicts(model: Model, *, tokens: int = 256, question: str = QUESTION + VERDICT_WANTED) -> Judge:
    """A judge that is asked in words and writes ``[[A>B]]``; what it does not write so is refused.

    Args:
        model: Anything that `as_model` makes one of.
        tokens: Of its answer.
        question: With ``{prompt}``, ``{first}`` and ``{second}``.
    """

    def judge(pairs: Sequence[AnswerPair]) -> list[str | float]:
        texts = as_model(model).answer([question.format(**pair._asdict()) for pair in pairs], tokens=tokens)
        verdicts: list[str | float] = []
        for pair, text in zip(pairs, texts, strict=True):
            if not (verdict := read_verdict(text)):
                raise ValueError(f"the judge {model.name!r} gives no verdict on {pair.prompt[:60]!r}: {text[:80]!r}")
            verdicts.append(verdict)
        return verdicts

    return judge


def compare_letters(model: Model, *, question: str = QUESTION + _LETTER_WANTED) -> Judge:
    """A judge by the likelihood of the letters A and B as its answer: the probability that A is better.

    That is how AlpacaEval 2.0 weighs its verdicts. It needs a model that tells likelihoods.
    """
    likely = likelihoods_of(model)

    def judge(pairs: Sequence[AnswerPair]) -> list[str | float]:
        prompts = [question.format(**pair._asdict()) for pair in pairs for _ in "AB"]
        logs = [total for total, _ in likely.log_likelihoods(prompts, ["A", "B"] * len(pairs))]
        return [float(1 / (1 + np.exp(logs[at + 1] - logs[at]))) for at in range(0, len(logs), 2)]

    return judge


def compare_likelihoods(model: LikelihoodModel) -> Judge:
    """A judge by which answer is likelier to it, token by token; it knows no order, so that ``swap=False`` will do."""

    def judge(pairs: Sequence[AnswerPair]) -> list[str | float]:
        prompts = [pair.prompt for pair in pairs for _ in "AB"]
        answers = [answer for pair in pairs for answer in (pair.first, pair.second)]
        means = [total / count for total, count in model.log_likelihoods(prompts, answers)]
        return [
            "A=B" if means[at] == means[at + 1] else "A>B" if means[at] > means[at + 1] else "B>A"
            for at in range(0, len(means), 2)
        ]

    return judge


def tell_students_apart(
    answers: Mapping[str, Sequence[str]], *, folds: int = 5, seed: int = 0, clusters: Sequence[Hashable] | None = None
) -> Estimate:
    """How often a plain text classifier tells which student wrote an answer, on prompts that it was not taught with.

    The paper's is a BERT; this is a logistic regression on words and pairs of words.

    Args:
        answers: By student, an answer to each of the same prompts.
        folds: Into which the prompts are dealt.
        seed: Of the dealing.
        clusters: Of the prompts; each is its own if left out.

    Raises:
        ValueError: There is one student only, or answers are missing.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped] # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped] # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # type: ignore[import-untyped] # noqa: PLC0415

    counts = {student: len(texts) for student, texts in answers.items()}
    prompts = min(counts.values(), default=0)
    if len(answers) < 2 or set(counts.values()) != {prompts} or prompts < folds:
        raise ValueError(f"answers are {counts}: give two or more students, each with an answer to {folds} prompts")
    texts = np.array([text for each in answers.values() for text in each], dtype=object)
    writers = np.repeat(list(answers), prompts)
    fold = np.tile(np.random.default_rng(seed).permutation(prompts) % folds, len(answers))
    right = np.zeros(len(texts))
    for held_out in range(folds):
        classifier = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), tokenizer=str.split, token_pattern=None), LogisticRegression()
        )
        classifier.fit(texts[fold != held_out], writers[fold != held_out])
        unseen = fold == held_out
        right[unseen] = classifier.predict(texts[unseen]) == writers[unseen]
    return mean_interval(right, list(clusters or range(prompts)) * len(answers))
