"""Papers like one are found by the rare words that they share, and a new day changes nothing for the days before."""

from datetime import date

from assay.papers.models import Dossier
from assay.publish.site.similar import similar_papers
from tests.publish.site.sample import dossier

DAYS = [date(2099, 12, day) for day in (1, 2, 3)]
CACHE = dossier(1, "Evicting the key-value cache", DAYS[0], abstract="Eviction of cached keys and values.")
MUSIC = dossier(2, "Songs from a diffusion transformer", DAYS[0], abstract="Music is generated with lyrics.")
EVICTION = dossier(3, "Cache eviction by attention sinks", DAYS[1], abstract="We evict the key-value cache early.")
LATER = dossier(4, "Eviction, revisited: key-value cache budgets", DAYS[2], abstract="Eviction budgets of a cache.")


def titles(papers: list[Dossier]) -> list[str]:
    return [paper.paper.title for paper in papers]


def test_papers_that_share_rare_words_are_alike() -> None:
    found = similar_papers([LATER, EVICTION, MUSIC, CACHE])
    assert set(titles(found["9912.00004"])) == {CACHE.paper.title, EVICTION.paper.title}
    assert found["9912.00002"] == []


def test_only_what_was_listed_by_then_counts() -> None:
    before = similar_papers([CACHE, MUSIC, EVICTION])
    after = similar_papers([CACHE, MUSIC, EVICTION, LATER])
    assert titles(before["9912.00003"]) == [CACHE.paper.title]
    assert {key: after[key] for key in before} == before
