"""A reader's own order: what she follows lifts a paper, what she does not want sinks it, and each says why."""

import subprocess
import sys
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from assay.papers.models import Claim, Paper
from assay.reader.interests import Follow, FollowKind, Interests, Phrase, Reference
from assay.reader.ranking import Ranked, rank
from assay.reader.reasons import Reason, ReasonKind
from assay.writing.terms import read_glossary

TOPICS = (
    "KV cache eviction for long contexts keeps few tokens of the cache",
    "Diffusion models paint images of lakes from noise",
    "Policy gradients with a reward model teach robots to walk",
    "Speech recognition of rare words by larger beams",
)
FILLERS = ("We study it.", "Our method is simple.", "Code is open.", "Results are strong.", "It is fast and small.")


def paper(number: int, topic: int, authors: tuple[str, ...] = ()) -> Paper:
    abstract = f"{FILLERS[number % 5]} {TOPICS[topic]}. {FILLERS[(number + topic) % 5]}"
    return Paper(id=f"9912.{number:05d}", title=f"Toy {number}", abstract=abstract, authors=authors)


PAPERS = [paper(number, number % 4) for number in range(1, 33)]
VOTES = {each.id: (number * 7) % 31 for number, each in enumerate(PAPERS)}
CACHES = [each for each in PAPERS if "cache" in each.abstract]
STARS = tuple(paper(number, 0) for number in range(101, 104))


def places(ranked: Sequence[Ranked]) -> dict[str, int]:
    return {each.paper: place for place, each in enumerate(ranked)}


def test_papers_like_the_starred_ones_come_first_and_say_so() -> None:
    ranked = rank(PAPERS, Interests(starred=STARS), votes=VOTES)
    assert {each.paper for each in ranked[: len(CACHES)]} == {each.id for each in CACHES}
    (reason,) = ranked[0].reasons
    assert (reason.kind, reason.count, reason.against) == (ReasonKind.STARRED, 3, False)
    assert "KV cache" in reason.values
    assert not any(each.reasons for each in ranked[len(CACHES) :] if each.score > 0)


def test_papers_like_the_hidden_ones_come_last_and_say_so() -> None:
    hidden = tuple(paper(number, 1) for number in range(201, 204))
    for interests in (Interests(hidden=hidden), Interests(starred=STARS, hidden=hidden)):
        last = rank(PAPERS, interests, votes=VOTES)[-8:]
        assert all("Diffusion" in each.abstract for each in PAPERS if each.id in {row.paper for row in last})
        assert {(reason.kind, reason.against) for each in last for reason in each.reasons} <= {
            (ReasonKind.HIDDEN, True)
        }
    assert all(each.reasons for each in rank(PAPERS, Interests(hidden=hidden))[-8:])


def test_works_of_a_library_lift_papers_like_them_but_less_than_stars() -> None:
    library = tuple(Reference(key=f"work {number}", title=f"Work {number}", abstract=TOPICS[2]) for number in range(3))
    ranked = rank(PAPERS, Interests(library=library), votes=VOTES)
    assert {each.paper for each in ranked[:8]} == {each.id for each in PAPERS if "robots" in each.abstract}
    assert [reason.kind for reason in ranked[0].reasons] == [ReasonKind.LIBRARY]
    both = rank(PAPERS, Interests(library=library, starred=STARS), votes=VOTES)
    assert {each.paper for each in both[:8]} == {each.id for each in CACHES}


def test_a_starred_paper_in_the_library_counts_once() -> None:
    twin = tuple(Reference(key=each.id, title=each.title, abstract=each.abstract, arxiv_id=each.id) for each in STARS)
    assert rank(PAPERS, Interests(starred=STARS, library=twin)) == rank(PAPERS, Interests(starred=STARS))


def test_with_phrases_alone_papers_that_have_them_come_first() -> None:
    ranked = rank(PAPERS, Interests(phrases=(Phrase(text="Reward  Models"), Phrase(text="kv-caches", weight=0.5))))
    have = ["robots" if each.parts.get("phrases", 0) == 4 else "caches" for each in ranked[:16]]
    assert have == ["robots"] * 8 + ["caches"] * 8
    assert ranked[0].reasons == (Reason(kind=ReasonKind.PHRASE, values=("Reward Models",)),)
    assert all(each.parts == {} for each in ranked[16:])


def test_a_korean_phrase_finds_english_papers() -> None:
    glossary = read_glossary("ko")
    for text, word in (
        ("KV 캐시", "cache"),
        ("보상모델", "reward"),
        ("음성 인식", "Speech"),
        ("디퓨전 모델", "Diffusion"),
    ):
        ranked = rank(PAPERS, Interests(phrases=(Phrase(text=text),)), glossary=glossary)
        wanted = {each.id for each in PAPERS if word in each.abstract}
        assert {each.paper for each in ranked if each.score > 0} == wanted, text
        assert ranked[0].reasons[0].values == (text,)


def test_a_reader_of_whom_nothing_is_known_gets_the_order_of_votes() -> None:
    ranked = rank(PAPERS, Interests(), votes=VOTES)
    assert [each.paper for each in ranked] == sorted(VOTES, key=lambda key: (-VOTES[key], key))
    assert all(each.score == 0 for each in ranked)
    assert ranked[0].reasons == (Reason(kind=ReasonKind.VOTES, count=max(VOTES.values())),)


def test_there_may_be_nothing_to_rank_or_nothing_to_compare_with() -> None:
    assert rank([], Interests(starred=STARS)) == []
    assert [each.score for each in rank(STARS, Interests(starred=STARS), votes=VOTES)] == [0, 0, 0]
    empty = Paper(id="9912.00099", title="?")
    assert len(rank([empty], Interests(starred=(empty,), phrases=(Phrase(text="+"),)), background=PAPERS)) == 1


def test_what_is_followed_is_told_by_the_papers_own_name_for_it() -> None:
    own = paper(50, 1, authors=("Ada Example", "Song B. Han"))
    follows = (
        Follow(kind=FollowKind.AUTHOR, value="Han, Song"),
        Follow(kind=FollowKind.CATEGORY, value="cs.LG"),
    )
    ranked = rank([*PAPERS, own], Interests(follows=follows), votes=VOTES, followed={own.id: follows})
    assert ranked[0].paper == own.id
    assert [(reason.kind, reason.values) for reason in ranked[0].reasons] == [
        (ReasonKind.AUTHOR, ("Song B. Han",)),
        (ReasonKind.CATEGORY, ("cs.LG",)),
    ]


def test_what_was_measured_counts_among_a_papers_terms() -> None:
    claim = Claim(key="toy", kind="absolute", value=1.0, metric="glacier recall", dataset="LakeBench", source="paper")
    plain = [
        Paper(id=f"9912.{number:05d}", title=f"Toy {number}", abstract="We measure.") for number in range(301, 340)
    ]
    claims = {plain[0].id: [claim], STARS[0].id: [claim]}
    assert rank(plain, Interests(starred=STARS[:1]), claims=claims)[0].paper == plain[0].id
    assert rank(plain, Interests(starred=STARS[:1]), votes={plain[5].id: 1})[0].paper == plain[5].id


topics = st.lists(st.sampled_from(PAPERS), max_size=4, unique_by=lambda each: each.id).map(tuple)
phrases = st.lists(
    st.builds(
        Phrase, text=st.sampled_from(["kv cache", "lakes", "reward model"]), weight=st.sampled_from([-2.0, 0.5, 1.0])
    ),
    max_size=2,
).map(tuple)
anyone = st.builds(Interests, starred=topics, hidden=topics, phrases=phrases)


@settings(max_examples=15)
@given(interests=anyone, target=st.sampled_from(PAPERS))
def test_a_follow_never_lowers_a_paper(interests: Interests, target: Paper) -> None:
    follow = Follow(kind=FollowKind.AUTHOR, value="Ada Example")
    before = rank(PAPERS, interests, votes=VOTES)
    after = rank(
        PAPERS, interests.model_copy(update={"follows": (follow,)}), votes=VOTES, followed={target.id: [follow]}
    )
    assert places(after)[target.id] <= places(before)[target.id]
    assert [each.paper for each in before if each.paper != target.id] == [
        each.paper for each in after if each.paper != target.id
    ]


@settings(max_examples=15)
@given(interests=anyone, text=st.sampled_from(["diffusion", "cache", "toy 7", "nowhere"]))
def test_a_negative_phrase_never_raises_a_paper_over_one_without_it(interests: Interests, text: str) -> None:
    unwanted = interests.model_copy(update={"phrases": (*interests.phrases, Phrase(text=text, weight=-1))})
    before = {each.paper: each.score for each in rank(PAPERS, interests, votes=VOTES)}
    after = {each.paper: each.score for each in rank(PAPERS, unwanted, votes=VOTES)}
    having = {each.id for each in PAPERS if text in f"{each.title} {each.abstract}".lower()}
    for key, score in after.items():
        assert score < before[key] if key in having else score == before[key], key


@settings(max_examples=15)
@given(interests=anyone, order=st.permutations(PAPERS))
def test_the_order_depends_on_nothing_but_what_is_known(interests: Interests, order: list[Paper]) -> None:
    mixed = interests.model_copy(update={"starred": interests.starred[::-1], "hidden": interests.hidden[::-1]})
    assert rank(order, mixed, votes=VOTES, background=STARS[::-1]) == rank(
        PAPERS, interests, votes=VOTES, background=STARS
    )


def test_no_scikit_learn_is_loaded_before_a_ranking_runs() -> None:
    code = "import sys, assay.reader.ordering; assert not {'sklearn', 'scipy', 'numpy'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True)
