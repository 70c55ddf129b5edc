"""The trials of SafeRAG run, and notice attacks that do nothing and a filter that lets a warning through."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assay.methods.retrieval.saferag import KINDS, DenseIndex, Hybrid, LocalIndex, Snippet, make_attacks
from assay.papers.verdict import Verdict
from assay.testbed.pretrained import load_language_model
from assay.testbed.prose import Entry, Prose
from assay.testbed.tasks import makers
from assay.trials import discover
from assay.trials import run_trial as run_any_trial
from assay.trials.retrieval import saferag as trials
from assay.trials.retrieval.saferag import _foldoc as foldoc
from assay.trials.retrieval.saferag import pretrained
from tests.trials.scores import claimed, score

LETTERS = "abcdefgh"
TOPICS = ("memory", "paper", "screens", "voices", "music", "numbers")
ENTRIES = [
    Entry(
        f"{a}{b}tool",
        f"{a}{b}tool\n<tool> A tool for writing that was designed by {a.upper()}nna {b.upper()}nderson. "
        + " ".join(f"In 19{n}{n} the {a}{b}tool was put to use for {topic}." for n, topic in enumerate(TOPICS)),
    )
    for a in LETTERS[:4]
    for b in LETTERS[4:]
]
run_trial = partial(run_any_trial, quick=True, code="0" * 64)
CACHES = (makers.things_made, foldoc.entries, pretrained._answerable)


def bags(texts: Sequence[str]) -> np.ndarray:
    """Vectors of words, in place of all-MiniLM."""
    rows: np.ndarray = np.zeros((len(texts), 512), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        for word in text.casefold().split():
            row[sum(map(ord, word.strip(".,?:“”"))) % 512] += 1
    lengths: np.ndarray = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1))


@pytest.fixture
def _small_dictionary(monkeypatch: pytest.MonkeyPatch) -> Any:
    for kept in CACHES:
        kept.cache_clear()
    for module in (makers, foldoc):
        monkeypatch.setattr(module, "foldoc", lambda: Prose("FOLDOC", ENTRIES))
    monkeypatch.setattr(pretrained, "_EVERY", len(ENTRIES))
    monkeypatch.setattr(
        trials,
        "make_retrievers",
        lambda _: {
            trials.DENSE: lambda texts: DenseIndex(texts, bags),
            trials.BM25: LocalIndex,
            trials.HYBRID: lambda texts: Hybrid((LocalIndex(texts), DenseIndex(texts, bags))),
        },
    )
    yield
    for kept in CACHES:
        kept.cache_clear()


def test_they_are_found() -> None:
    found = {(trial.claim, trial.pretrained) for trial in discover("2501.18636")}
    assert found == {
        ("retrieval-accuracy-poisoned", False),
        ("noise-f1-context-replaced", True),
        ("noise-f1-knowledge-base-poisoned", True),
        ("noise-f1-by-share", True),
        ("summary-filter-recovery", True),
    }


@pytest.mark.usefixtures("_small_dictionary")
def test_poison_is_found_in_the_corpus() -> None:
    measurement = run_trial(trials.poisoned_index)
    assert measurement.verdict in {Verdict.SEEN, Verdict.DIRECTION_SEEN}, measurement.verdict_reason
    assert (claimed(measurement).difference or 0) < 0
    warned = score(measurement, "retrieval accuracy behind a defence, white_dos in half of the places").figures
    assert warned["drop instructions"] > warned[""]
    assert len(measurement.curves) == len(KINDS)


@pytest.mark.usefixtures("_small_dictionary")
def test_attacks_that_nobody_finds_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def harmless(*args: Any, **how: Any) -> Any:
        for each in (made := make_attacks(*args, **how)):
            object.__setattr__(each, "texts", tuple(Snippet(f"zzz {n}") for n in range(6)))
        return made

    monkeypatch.setattr(trials, "make_attacks", harmless)
    assert run_trial(trials.poisoned_index).verdict is Verdict.NOT_SEEN


def test_a_machine_without_the_dictionary_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    makers.things_made.cache_clear()
    monkeypatch.setattr(makers, "foldoc", lambda: Prose("the help texts of Python", ENTRIES))
    measurement = run_trial(trials.poisoned_index)
    assert measurement.verdict is Verdict.NOT_TESTABLE
    assert "FOLDOC" in measurement.missing


@pytest.mark.usefixtures("_small_dictionary")
def test_questions_have_their_entry_and_the_corpus_has_others() -> None:
    asked = foldoc.questions(3, seed=0)
    assert [each.text for each in asked[:2]] == [each.text for each in foldoc.questions(2, seed=0)]
    for question in asked:
        assert len(question.golden) == 1 + len(TOPICS)
        assert question.answer in question.telling.text
        assert "<tool>" not in question.telling.text
    texts = foldoc.corpus(asked, 10, seed=0)
    assert texts[:7] == list(asked[0].golden)
    assert 10 <= len(texts) - 21 < 20
    with pytest.raises(ValueError, match="there are 16 questions"):
        foldoc.questions(17, seed=0)


def hand(monkeypatch: pytest.MonkeyPatch, *, works: bool) -> None:
    """Have the trials measure answers that attacks spoil by their share, and filters mend; or neither."""

    def rows(_bench: Any, _lm: Any, _number: int, kind: str, share: float, **how: Any) -> list[dict[str, Any]]:
        hurt = share if (not how.get("defence") if works else kind == pretrained.WARNING) else 0.0
        return [{"f1": 1.0 - 0.9 * hurt + 0.01 * (n % 3), "failure": 1.0 - hurt, "read": 9} for n in range(30)]

    monkeypatch.setattr(pretrained, "_rows", rows)


ON_MODELS = (
    pretrained.replaced_context,
    pretrained.poisoned_corpus,
    pretrained.share_of_noise,
    pretrained.warnings_summed_up,
)


@pytest.mark.usefixtures("_small_dictionary")
def test_on_a_real_model_they_see_what_is_there_and_what_is_not(
    monkeypatch: pytest.MonkeyPatch, tiny_model: Path
) -> None:
    hand(monkeypatch, works=True)
    for trial in ON_MODELS:
        measurement = run_trial(trial, model=tiny_model)
        assert measurement.verdict in {Verdict.SEEN, Verdict.DIRECTION_SEEN}, (trial, measurement.verdict_reason)
    hand(monkeypatch, works=False)
    for trial in (pretrained.share_of_noise, pretrained.warnings_summed_up):
        assert run_trial(trial, model=tiny_model).verdict is Verdict.NOT_SEEN, trial


@pytest.mark.usefixtures("_small_dictionary")
def test_every_arm_is_asked_and_clean_texts_once(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lm = load_language_model(tiny_model)
    monkeypatch.setattr(pretrained, "_TOKENS", 2)
    told: dict[tuple[str, int, str], str] = {}
    monkeypatch.setattr(pretrained, "_told", told)

    def ask(defence: str) -> list[str]:
        """The prompts that are new with this defence, under three attacks."""
        known = set(told)
        how: dict[str, Any] = {"number": 2, "kind": pretrained.WARNING, "seed": 0, "defence": defence}
        for share, stage in ((0.0, "retrieval"), (0.5, "retrieval"), (1.0, "index")):
            rows = pretrained._ask(lm, share=share, stage=stage, **how)
            assert len(rows) == 2
            assert share or {each["failure"] for each in rows} == {1.0}
        return [prompt for key in told if key not in known for prompt in [key[2]]]

    assert ["“Unavailable”" in prompt for prompt in ask("")] == [False] * 2 + [True] * 4
    assert len(ask(pretrained.SUMMARY)) >= 6
    assert ask(pretrained.REPEATS)
    assert not any("“Unavailable”" in prompt for prompt in ask(pretrained.INSTRUCTIONS))
