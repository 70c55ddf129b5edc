"""The search finds the right papers in the right order, and no query can break it."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.postgres import Databases
from tests.store.search_cases import FOUND, LISTED, PAPERS, REFUSED

from assay.papers.models import Origin, Paper, Parts, Sighting, Summary
from assay.store import Store, open_store
from assay.store.searching.query import parse, terms_of
from assay.store.searching.snippets import MARK, UNMARK, snippet

DAY = date(2099, 12, 2)
TITLES = {
    "9912.00001": "Sparse Attention for Long Prompts",
    "9912.00002": "Attention Is Sparse, They Say",
    "9912.00003": "Quantization-Aware Training of GPT-4o",
    "9912.00004": "A Naïve Approach to Déjà Vu",
    "9912.00005": "Nothing of the Kind",
}
KOREAN = {
    "9912.00001": "희소어텐션으로 벤치마크에서 두 배 빠르다.",
    "9912.00002": "LLM은 강화학습 없이 정렬된다. 벤치마크",
    "9912.00003": "대규모언어모델을 양자화한다.",
    "9912.00004": "정 렬을 벤치 마크로 잰다.",
    "9912.00005": "언어의 모델링.",
}


@pytest.fixture(scope="module")
def library(make_database: Databases) -> Iterator[Store]:
    with open_store(make_database()) as store:
        for place, (key, title) in enumerate(TITLES.items(), 1):
            names = ("Ada Example", "Bo Sämple") if place % 2 else ("Bo Ada", "Kim Ng")
            abstract = "Attention is all the abstract talks about. " * 3 if place == 5 else f"Words of paper {place}."
            store.add(
                source="arxiv",
                papers=[Paper(id=key, title=title, authors=names, abstract=abstract)],
                sightings=[
                    Sighting(paper=key, source="huggingface", day=DAY + timedelta(days=place), rank=1),
                    Sighting(paper=key, source="catalogue" if place < 3 else "arxiv", day=DAY, rank=place),
                ],
                summaries=[
                    Summary(
                        paper=key,
                        origin=Origin.MODEL,
                        source="m",
                        languages={"ko": Parts(one_line=KOREAN[key])} | ({"en": Parts()} if place == 1 else {}),
                    )
                ],
                rooms={key: "attention"} if place < 3 else {},
            )
        yield store


def find_numbers(store: Store, query: str, **filters: object) -> list[int]:
    """The papers found, by the last digit of their id, in order."""
    return [int(hit.id[-1]) for hit in store.search(query, **filters)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "papers"),
    [
        ("sparse attention", {1, 2}),
        ("attention sparse", {1, 2}),
        ('"sparse attention"', {1}),
        ("SPARSE", {1, 2}),
        ("naive deja", {4}),
        ("NAÏVE", {4}),
        ("gpt-4o", {3}),
        ("4o gpt", {3}),
        ('"4o gpt"', set()),
        ("quantiz", {3}),  # the last word may be unfinished
        ("quantiz training", set()),  # others may not
        ('"quantiz"', set()),  # nor one in quotes
        ("qu", set()),  # two letters are no beginning
        ("벤치마크", {1, 2}),
        ("벤치마크에서", {1, 2}),  # a particle is no part of the word
        ('"벤치마크에서"', {1}),  # but in quotes
        ("치마", {1, 2}),  # inside a word
        ("정렬", {2}),  # two syllables
        ("어텐션", {1}),  # inside a compound
        ("모델", {3, 5}),
        ("언어모델", {3}),
        ("언어 모델", {3, 5}),
        ('"언어의 모델"', {5}),
        ("델을", {3}),
        ("렬", {2, 4}),  # one syllable
        ("LLM", {2}),  # before a particle
        ("llm은 강화", {2}),
        (unicodedata.normalize("NFD", "벤치마크"), {1, 2}),
        ("벤치마크 sparse", {1, 2}),  # scripts mixed
        ("example", {1, 3, 5}),
        ('"example bo"', set()),  # not across two names
        ('"ada example"', {1, 3, 5}),
        ("zebra", set()),
        ("attention zebra", set()),
        ("https://arxiv.org/abs/9912.00003v2", {3}),
    ],
)
def test_what_is_found(library: Store, query: str, papers: set[int]) -> None:
    assert set(find_numbers(library, query)) == papers


def test_a_title_says_more_than_an_abstract(library: Store) -> None:
    assert find_numbers(library, "attention")[-1] == 5
    assert len(find_numbers(library, "attention")) == 3
    hits = library.search("attention")
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(hit.score > 0 for hit in hits)
    assert find_numbers(library, "attention", limit=1) == find_numbers(library, "attention")[:1]


def test_an_id_finds_its_paper_first(library: Store) -> None:
    library.add(source="arxiv", papers=[Paper(id="9912.00006", title="A Reply to 9912.00005")])
    for query in ("9912.00005", "arXiv:9912.00005v3", " 9912.00005 "):
        hit, *others = library.search(query)
        assert (hit.id, hit.title, hit.day) == ("9912.00005", TITLES["9912.00005"], DAY + timedelta(days=5))
        assert [other.id for other in others] in (["9912.00006"], [])
        assert all(hit.score > other.score for other in others)
    assert find_numbers(library, "9912.00005")[1:] == [6]
    assert find_numbers(library, "9912.00005", limit=1) == [5]
    assert find_numbers(library, "9912.00005", room="attention") == []
    assert find_numbers(library, "9912.00005", author="kim") == []
    assert find_numbers(library, "9912.00099") == []


@pytest.mark.parametrize(
    ("filters", "papers"),
    [
        ({}, {1, 2, 3, 4, 5}),
        ({"since": DAY + timedelta(days=3)}, {3, 4, 5}),
        ({"until": DAY}, {1, 2, 3, 4, 5}),
        ({"since": DAY + timedelta(days=2), "until": DAY + timedelta(days=3)}, {2, 3}),
        ({"until": DAY - timedelta(days=1)}, set()),
        ({"source": "catalogue"}, {1, 2}),
        ({"source": "catalogue", "since": DAY + timedelta(days=1)}, set()),
        ({"room": "attention"}, {1, 2}),
        ({"room": "diffusion"}, set()),
        ({"author": "sample"}, {1, 3, 5}),
        ({"author": "Bo SÄMPLE"}, {1, 3, 5}),
        ({"author": "sample, bo"}, {1, 3, 5}),
        ({"author": "B. Sample"}, {1, 3, 5}),
        ({"author": "samp"}, set()),  # whole names only
        ({"author": "Ada Sample"}, set()),  # of one author
        ({"author": "ng"}, {2, 4}),
        ({"author": "ada bo"}, {2, 4}),  # the family name first
        ({"author": "kim", "room": "attention"}, {2}),
        ({"language": "ko"}, {1, 2, 3, 4, 5}),
        ({"language": "en"}, {1}),
        ({"language": "k"}, set()),
    ],
)
@pytest.mark.parametrize("few", [5_000, 0])
def test_filters(
    library: Store, monkeypatch: pytest.MonkeyPatch, filters: dict[str, object], papers: set[int], few: int
) -> None:
    monkeypatch.setattr("assay.store.search._FEW", few)  # both ways of filtering say the same
    both = {*find_numbers(library, "words of paper", **filters), *find_numbers(library, "kind", **filters)} - {6}
    assert both == papers
    if filters:  # a filter alone is a query
        assert set(find_numbers(library, "", **filters)) - {6} == papers


def test_titles_come_first_and_the_newest_among_equals(store: Store) -> None:
    old = Paper(id="9811.00001", title="Common in the Title", abstract="common")
    papers = [Paper(id=f"9912.{n:05d}", title=f"Paper {n}", abstract="common words") for n in range(1, 40)]
    store.add(source="arxiv", papers=[*papers[:20], old, *papers[20:]])
    ids = [hit.id for hit in store.search("common", limit=50)]
    assert ids == [old.id, *(paper.id for paper in reversed(papers))]
    assert [hit.id for hit in store.search("common", limit=10)] == ids[:10]


def test_newer_months_have_higher_numbers_whatever_came_first(store: Store) -> None:
    ids = ["2502.18137", "hep-ph/9901001", "math/0601001", "0704.0001", "2502.00001", "9912.99901", "cs/9901001"]
    store.add(source="arxiv", papers=[Paper(id=key, title="Same") for key in ids])
    order = [hit.id for hit in store.search("same")]
    assert order == [
        "9912.99901",
        "2502.00001",
        "2502.18137",
        "0704.0001",
        "math/0601001",
        "cs/9901001",
        "hep-ph/9901001",
    ]


def test_changed_text_is_found_and_former_text_is_not(store: Store) -> None:
    key = "9912.00001"
    store.add(source="digest-table", papers=[Paper(id=key, title="Aardvark")])
    store.add(source="arxiv", papers=[Paper(id=key, title="Buffalo")])
    assert find_numbers(store, "aardvark") == []
    assert find_numbers(store, "buffalo") == [1]


@pytest.mark.parametrize("query", ["", "   ", "\n\t", "\x00", "\ud800"])
def test_an_empty_query_is_refused_in_words(library: Store, query: str) -> None:
    with pytest.raises(ValueError, match="nothing to search for: give a word"):
        library.search(query)


@pytest.fixture(scope="module")
def archive(make_database: Databases) -> Iterator[Store]:
    """The papers of the cases that the archive and the site share."""
    sightings = [Sighting(paper=key, source="arxiv", day=day, rank=1) for key, day in LISTED.items()]
    with open_store(make_database()) as store:
        store.add(source="arxiv", papers=PAPERS, sightings=sightings)
        yield store


@pytest.mark.parametrize(("query", "papers"), FOUND)
def test_every_way_to_write_it_finds_it(archive: Store, query: str, papers: list[int]) -> None:
    assert [int(hit.id[-2:]) for hit in archive.search(query)] == papers


@pytest.mark.parametrize(("query", "message"), REFUSED)
def test_what_cannot_be_read_is_refused_in_one_line(archive: Store, query: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as refusal:
        archive.search(query)
    assert "\n" not in str(refusal.value)


def test_what_was_found_by_no_word_shows_how_its_abstract_begins(archive: Store) -> None:
    [hit] = archive.search("category:cs.CL")
    assert hit.snippet == "Finetuning a transformer on one benchmark. GPT-4o and Llama 3 in 4-bit."
    [hit] = archive.search("author:Geoffrey Specimen")
    assert hit.snippet == "For mat and lake: a new format of the state of the …"
    hits = archive.search("author:S. Han")
    assert [hit.snippet for hit in hits] == [
        f"Đặng Văn Muster, {MARK}S. Han{UNMARK}",
        f"Łukasz Example, {MARK}Song Han{UNMARK}",
    ]


def test_a_limit_below_one_is_refused(library: Store) -> None:
    with pytest.raises(ValueError, match="at least 1, not"):
        library.search("attention", limit=0)


@given(
    query=st.text(min_size=1, max_size=40)
    | st.lists(st.sampled_from(['"', "*", "NEAR(", "-", "AND", "title :", "^", "a", "벤치", "\x00", "\ud800", "ー"]))
    .map(" ".join)
    .filter(bool),
    author=st.none() | st.text(min_size=1, max_size=8),
)
@example(query='"" "', author=None)
@example(query="NEAR(attention sparse, 2) OR NOT title:x", author='"')
@example(query="word " * 20_000, author=None)
@example(query="한" * 50_000, author=None)
@example(query="a'; DROP TABLE papers; --", author="'")
@example(query="½ ² ß İ ﬁ ａ", author=None)
@example(query="(" * 5_000 + "toys" + ")" * 5_000, author=None)
@example(query="NOT " * 5_000 + "toys", author=None)
@example(query="a OR " * 5_000 + "toys", author=None)
@example(query="a1b2c3d4e5f6g7h8" * 100, author=None)
@example(query="-".join("abcdefghij") * 100, author=None)
def test_no_query_can_hurt(library: Store, query: str, author: str | None) -> None:
    try:
        hits = library.search(query, author=author)
    except ValueError as error:
        assert "\n" not in str(error)  # noqa: PT017 - what is refused is refused in one line
    else:
        assert all(hit.title for hit in hits)


@given(st.text("가나 a-", min_size=1, max_size=12), st.data())
def test_every_piece_of_a_hangul_word_finds_it(text: str, data: st.DataObject) -> None:
    words = re.findall("[가나]+", text)
    if not words:
        return
    word = data.draw(st.sampled_from(words))
    start = data.draw(st.integers(0, len(word) - 1))
    piece = word[start : data.draw(st.integers(start + 1, len(word)))]
    with open_store("sqlite://") as store:
        store.add(source="arxiv", papers=[Paper(id="9912.00001", title=f"T {text}")])
        assert find_numbers(store, piece) == [1]
        assert find_numbers(store, word + "다") == []


def test_the_snippet_shows_what_was_found() -> None:
    text = " ".join(f"w{n}" for n in range(40)).replace("w30", "Sparse-Attention").replace("w33", "벤치마크에서")
    for query, expected in (
        ("w0", "\x02w0\x03 w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 w11 …"),
        ("attention", "… w27 w28 w29 Sparse-\x02Attention\x03 w31 w32 벤치마크에서 w34 w35 w36 w37 w38 …"),
        (
            '"sparse attention" 치마',
            "… w27 w28 w29 \x02Sparse-Attention\x03 w31 w32 벤\x02치마\x03크에서 w34 w35 w36 w37 w38 …",
        ),
        ("w39", "… w28 w29 Sparse-Attention w31 w32 벤치마크에서 w34 w35 w36 w37 w38 \x02w39\x03"),
        ("마", "… w28 w29 Sparse-Attention w31 w32 벤치\x02마\x03크에서 w34 w35 w36 w37 w38 w39"),
        ("zebra", ""),
    ):
        assert snippet([text], list(terms_of(parse(query).tree))) == expected
    assert (
        snippet(["one attention", "sparse attention"], list(terms_of(parse("sparse attention").tree)))
        == "\x02sparse\x03 \x02attention\x03"
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("CO2", ["CO₂"]),
        ("CO₂", ["CO₂"]),
        ("dollars α", ["dollars", "α"]),
        ("erdos", ["Erdős"]),
        ("log n", ["n", "log", "n"]),
        ("O(n log n)", ["O(n", "log", "n"]),
        ("h2o", ["H₂O"]),
        (r"Reaching $O(n\log n)$", ["Reaching", "O(n", "log", "n"]),
        ("ＧＰＴ－４", ["GPT-4"]),
    ],
)
def test_latex_is_found_as_it_is_typed(store: Store, query: str, found: list[str]) -> None:
    title = r"Reaching $\mathcal{O}(n\log n)$ with H$_2$O"
    abstract = r"It cuts CO$_2$ by $>$90\% and costs $3\times10^{-4}$ dollars for $\alpha$-Softmax by Erd\H{o}s."
    papers = [Paper(id="9912.00001", title=title, abstract=abstract), Paper(id="9912.00002", title="GPT-4")]
    store.add(source="arxiv", papers=papers)
    [hit] = store.search(query)
    assert re.findall(f"{MARK}(.*?){UNMARK}", hit.snippet) == found
    assert not re.search(r"[\\$]", hit.snippet)
    assert hit.title in {title, "GPT-4"}  # the record is as it was


def test_a_snippet_is_a_piece_of_a_text_of_the_paper(library: Store) -> None:
    for query in ("attention", "naive", "벤치", "모", "bo ada", "words of paper", "4o"):
        for hit in library.search(query):
            bare = hit.snippet.replace(MARK, "").replace(UNMARK, "").strip("… ")
            assert bare
            assert MARK in hit.snippet
            paper = library.paper(hit.id)
            assert paper is not None
            texts = [paper.title, paper.abstract, ", ".join(paper.authors), KOREAN.get(hit.id, "")]
            assert any(bare in text for text in texts)


def test_the_korean_seed_is_searched_as_a_reader_would(store: Store, shared: Path) -> None:
    """Every paper whose text holds the word, by a plain look at the text, and no other."""
    (seed,) = (path for path in (shared / "seeds").iterdir() if path.name.startswith("001"))
    blocks = seed.read_text(encoding="utf-8").split("\n### ")[1:]
    texts = {re.search(r"abs/(\S+?)\)", block)[1]: block.partition("Authors:")[2] for block in blocks}  # type: ignore[index]
    store.add(
        source="digest-sections",
        papers=[Paper(id=key, title="T") for key in texts],
        summaries=[
            Summary(paper=key, origin=Origin.DIGEST, source="s", languages={"ko": Parts(prose=text)})
            for key, text in texts.items()
        ],
    )
    for word in ("벤치마크", "정렬", "모델", "추론", "주의", "델을", "이터", "학습 모델"):
        pieces = word.split()
        holding = {key for key, text in texts.items() if all(piece in text for piece in pieces)}
        assert holding
        assert {hit.id for hit in store.search(word, limit=100)} == holding, word
