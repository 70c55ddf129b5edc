"""A page says each sentence of a summary once, and below an extractive one only the rest of the abstract."""

from assay.digest.extractive import extract
from assay.papers.findings import Check
from assay.papers.models import ALL_PARTS, Dossier, Origin, Paper, Parts
from assay.publish.once import each_once, rest_of_abstract, summary_once

ABSTRACT = (
    "Serving long contexts remains costly. Caches are everywhere. "
    "We introduce Gullwing, a cache that forgets in rhythm. "
    "It drops keys in blocks, based on a learned table. Experiments show that Gullwing is 2.1x faster."
)
PAPER = Paper(id="9912.99901", title="Gullwing: a cache of tides", abstract=ABSTRACT)
SUMMARY = extract(PAPER).languages["en"]


def dossier(parts: Parts, origin: Origin, language: str = "en") -> Dossier:
    return Dossier(paper=PAPER, summary={language: parts}, summary_origin={language: origin})


def test_what_the_five_parts_say_the_three_leave_out() -> None:
    assert SUMMARY.whats_new == SUMMARY.one_line != ""
    shown = each_once(SUMMARY)
    assert (shown.one_line, shown.whats_new) == (SUMMARY.one_line, "")
    texts = [getattr(shown, part) for part in ALL_PARTS if getattr(shown, part)]
    assert len(texts) == len(set(texts)) == 4


def test_of_a_part_that_is_said_in_half_the_other_half_is_left() -> None:
    parts = Parts(
        result="Gullwing is faster. It keeps every answer.", performance="It keeps every answer. It needs 3 GB."
    )
    assert each_once(parts).performance == "It needs 3 GB."


def test_a_part_that_findings_point_into_is_whole_or_not_there() -> None:
    parts = Parts(result="Gullwing is faster. It needs 3 GB.", performance="It needs 3 GB. It costs 2 USD.")
    assert each_once(parts, checked=True) == parts
    same = Parts(result="It needs 3 GB.", performance="It needs 3 GB.")
    assert each_once(same, checked=True) == Parts(result="It needs 3 GB.")


def test_the_page_of_an_extractive_summary_adds_the_rest_of_the_abstract() -> None:
    page = dossier(SUMMARY, Origin.EXTRACTIVE)
    said = summary_once(page, "en")
    rest = rest_of_abstract(page, "en")
    assert rest == "Caches are everywhere."
    everything = " ".join([*(getattr(said, part) for part in ALL_PARTS), rest])
    for sentence in ABSTRACT.split(". "):
        assert everything.count(sentence.rstrip(".")) == 1


def test_a_gap_in_the_rest_is_seen() -> None:
    one = Parts(one_line="We introduce Gullwing, a cache that forgets in rhythm.")
    assert " … It drops keys" in rest_of_abstract(dossier(one, Origin.EXTRACTIVE), "en")


def test_below_other_summaries_stands_the_whole_abstract_also_in_another_language() -> None:
    assert rest_of_abstract(dossier(SUMMARY, Origin.MODEL), "en") == ABSTRACT
    assert rest_of_abstract(Dossier(paper=PAPER), "en") == ABSTRACT
    assert rest_of_abstract(dossier(SUMMARY, Origin.EXTRACTIVE), "ko") == "Caches are everywhere."


def test_a_checked_summary_is_known_by_its_check() -> None:
    parts = Parts(result="Gullwing is faster. It needs 3 GB.", performance="It needs 3 GB. It costs 2 USD.")
    page = dossier(parts, Origin.DIGEST).model_copy(update={"checks": {"en": Check(paper=PAPER.id, language="en")}})
    assert summary_once(page, "en") == parts
