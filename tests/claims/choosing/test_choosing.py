"""Fields are chosen among what stands around a figure; what the rules read stays unless it is unlikely."""

import pytest

from assay.claims.choosing import choose_fields
from assay.claims.choosing.candidates import Candidate, candidates, find_phrases
from assay.claims.choosing.chooser import Learnt, look_again, look_first, pick
from assay.claims.choosing.context import FIELDS, Context
from assay.claims.choosing.second_look import LIKELIHOOD
from assay.claims.extract import extract, read_abstract
from assay.papers.models import Paper
from assay.papers.passages import Passage

ABSTRACT = (
    "We introduce Gullwing, a cache that forgets by tides. We evaluate it on five reading benchmarks. Gullwing raises "
    "accuracy by 3.2% over TideCache, and it holds 12,000 questions. With Llama-3-8B, it answers 2.1x faster than "
    "LakeKV."
)


def paper(abstract: str = ABSTRACT, title: str = "Gullwing: a cache of tides") -> Paper:
    return Paper(id="9912.99901", title=title, abstract=abstract)


def context(abstract: str = ABSTRACT) -> Context:
    return read_abstract(paper(abstract))


def test_phrases_are_cut_out_whole_and_none_holds_a_figure() -> None:
    phrases = find_phrases(context())
    texts = {phrase.text for phrase in phrases}
    assert {"Gullwing", "five reading benchmarks", "TideCache", "LakeKV", "accuracy"} <= texts
    assert not any("3.2" in text or "12,000" in text for text in texts)
    for phrase in phrases:
        assert ABSTRACT[phrase.start : phrase.end] == phrase.text
        assert "(" not in phrase.text or ")" in phrase.text


def test_an_owner_and_a_word_that_opens_a_sentence_are_left_off() -> None:
    texts = {
        phrase.text for phrase in find_phrases(context("Applying TideVL-3 beats PlayNet's 93.2%, although Gull lost."))
    }
    assert {"TideVL-3", "PlayNet"} <= texts
    assert not texts & {"Applying TideVL-3", "PlayNet's", "Applying"}


def test_the_verb_of_a_pronoun_is_no_noun() -> None:
    texts = {phrase.text for phrase in find_phrases(context("It decodes 12,500 tokens per second, and we batch them."))}
    assert not any("decodes" in text or "batch" in text for text in texts)


def test_a_metric_that_stands_nowhere_is_nothing_else() -> None:
    (claim,) = extract(paper("It decodes 12,500 tokens per second.", title="On tides"))
    assert (claim.metric, claim.subject, claim.dataset) == ("throughput", "", "")


def test_candidates_are_phrases_the_papers_own_name_the_readings_of_the_rules_and_nothing() -> None:
    around = context()
    figure = around.figures[0]
    offered = {each.text: each for each in candidates(around, figure, find_phrases(around))}
    assert {"", "Gullwing", "TideCache", "five reading benchmarks", "performance"} <= set(offered)
    assert "own" in offered["Gullwing"].forms
    assert "rule_baseline" in offered["TideCache"].forms
    assert len({text.lower() for text in offered}) == len(offered)


def test_without_weights_everything_stays_as_the_rules_read_it() -> None:
    around = context()
    for figure, claim in zip(around.figures, choose_fields(around, Learnt({}, {})), strict=True):
        assert {name: getattr(claim, name) for name in FIELDS if figure.field(name)} == {
            name: figure.field(name) for name in FIELDS if figure.field(name)
        }


@pytest.mark.parametrize(
    ("scores", "rule", "picked"),
    [
        ([0.0, 9.0, 1.0], "TideCache", "LakeKV"),  # far likelier
        ([0.0, 1.0, 0.5], "TideCache", "TideCache"),  # hardly likelier: the rules are believed
        ([3.0, 1.0, 0.5], "", ""),
        ([0.0, 1.0, 0.5], "", "LakeKV"),
        ([9.0, 0.0, 0.0], "TideCache", ""),
    ],
)
def test_what_the_rules_read_stays_unless_another_is_far_likelier(scores: list[float], rule: str, picked: str) -> None:
    offered = [Candidate(""), Candidate("LakeKV"), Candidate("TideCache")]
    assert pick(offered, scores, rule) == picked


def test_of_two_wordings_of_one_thing_that_of_the_rules_stays() -> None:
    offered = [Candidate("the LakeKV cache"), Candidate("LakeKV")]
    assert pick(offered, [9.0, 0.0], "LakeKV") == "LakeKV"


def test_the_second_look_goes_by_what_was_chosen_for_the_other_fields_and_the_results_beside() -> None:
    around = context()
    results = [figure for figure in around.figures if figure.claim.kind != "count"]
    looked = look_first(around, results, Learnt({}, {}))
    assert list(look_again(looked, {})) == [each.chosen for each in looked]
    likely = {LIKELIHOOD: [1.0] * len(FIELDS)}
    first, last = looked[0].chosen, looked[-1].chosen
    assert first["baseline"] == "TideCache" != last["baseline"]
    # A baseline that is the subject as well is none, whatever the rules read.
    clash = likely | {"subjects": [0.0, 0.0, -9.0, 0.0, 0.0]}
    clashing = [each._replace(chosen={**each.chosen, "subject": "TideCache"}) for each in looked]
    assert next(look_again(clashing, clash))["baseline"] != "TideCache"
    # One that the result before has is believed.
    follow = likely | {"before baselines": [0.0, 0.0, 9.0, 0.0, 0.0]}
    assert list(look_again(looked, follow))[1]["baseline"] == "TideCache"


def test_counts_are_not_chosen_and_an_abstract_reads_the_same_every_time() -> None:
    claims = extract(paper())
    rules = {figure.claim.ends: figure.claim for figure in context().figures}
    [count] = [claim for claim in claims if claim.kind == "count"]
    assert {name: getattr(count, name) for name in FIELDS} == {
        name: getattr(rules[count.ends], name) for name in FIELDS
    }
    assert claims == extract(paper())


@pytest.mark.parametrize(
    ("title", "abstract", "datasets"),
    [
        (
            "TideBench: tides to be reasoned about",
            "We introduce TideBench, a benchmark for tides. The best model, TideGPT-4, achieves only 41.2% accuracy.",
            ["TideBench"],
        ),
        (
            "Gullwing: a cache of tides",
            "Tests on five reading benchmarks show that it improves accuracy by 3.2% while reducing latency by 40%.",
            ["five reading benchmarks", "five reading benchmarks"],
        ),
    ],
)
def test_data_sets_that_the_rules_do_not_see_are_found(title: str, abstract: str, datasets: list[str]) -> None:
    source = paper(abstract, title)
    assert [figure.claim.dataset for figure in read_abstract(source).figures] != datasets
    assert [claim.dataset for claim in extract(source)] == datasets


def test_full_texts_are_read_by_the_rules_alone() -> None:
    text = "Tests on five reading benchmarks show that it improves accuracy by 3.2% while reducing latency by 40%."
    assert [claim.dataset for claim in extract(paper(text))] == ["five reading benchmarks"] * 2
    in_text = extract(paper("We introduce Gullwing."), [Passage("Results", text)])
    assert [claim.dataset for claim in in_text] == [figure.claim.dataset for figure in context(text).figures]


def test_a_quote_is_the_sentence_of_its_figure() -> None:
    for claim, figure in zip(extract(paper()), context().figures, strict=True):
        assert claim.place is not None
        assert claim.place.start <= figure.start < claim.place.end
