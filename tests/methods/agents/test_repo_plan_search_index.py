"""What a repository offers is read whole or named, and found by what somebody wants; nothing outside it is read."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.methods.agents.plan_repository import write_repository

from assay.methods.agents.repo_plan_search import (
    DocstringIntents,
    ModelIntents,
    Repository,
    Symbol,
    SymbolIndex,
    api_overlap,
    bm25,
    called_names,
    called_symbols,
    dense,
    qualified_overlap,
    read_repository,
    sentences,
    tfidf,
    usable,
    words_of,
)

OVEN, BOIL, FREEZE = "kitchen.stove.Oven", "kitchen.stove.boil", "kitchen.cold.freeze"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return read_repository(write_repository(tmp_path_factory.mktemp("repository")))


@pytest.fixture(scope="module")
def index(repository: Repository) -> SymbolIndex:
    return SymbolIndex.from_repo(repository.root)


def test_every_form_of_definition_has_its_full_name(repository: Repository) -> None:
    told = {each.path: each.kind for each in repository.symbols}
    assert told[f"{OVEN}.bake"] == "method"  # async
    assert told[f"{OVEN}.Door.shut"] == "method"  # of a class in a class
    assert told[f"{BOIL}.<locals>.stir"] == "function"
    assert told[FREEZE] == "function"  # behind an if
    assert "hidden" not in " ".join(told)
    assert repository.by_path[f"{OVEN}.heat"].doc == "Tell how hot the oven is."
    assert repository.by_path[BOIL].doc.startswith("Boil water")
    assert {each.path for each in filter(usable, repository.symbols)} == {
        OVEN, f"{OVEN}.Door", f"{OVEN}.Door.shut", f"{OVEN}.heat", f"{OVEN}.bake", f"{OVEN}.slice", BOIL, FREEZE,
        "kitchen.cold.cool_down", "kitchen.plates.set_table", "kitchen.plates.wash_dishes", "kitchen.plates.pour_tea",
    }  # fmt: skip


def test_a_signature_is_what_stands_before_the_body(repository: Repository) -> None:
    signature = repository.by_path[f"{OVEN}.bake"].signature
    assert signature == ('async def bake( self, dough, *, minutes: "int" = 30, marks={"a": ":"}, ) -> dict[str, int]')
    assert repository.by_path[f"{OVEN}.slice"].signature == "def slice(self, bread)"
    assert repository.by_path[OVEN].signature == "class Oven"
    assert repository.by_path["kitchen.stove._secret"].signature == "def _secret()"


def test_source_is_that_of_now_or_refused(tmp_path: Path) -> None:
    repository = read_repository(write_repository(tmp_path))
    symbol = repository.by_path[f"{OVEN}.heat"]
    assert repository.source(symbol).splitlines()[0].strip() == "@property"
    (tmp_path / symbol.file).write_text("# all is new\n")
    with pytest.raises(ValueError, match=r"kitchen/stove.py:\d+: .* is no longer there: read the repository anew"):
        repository.source(symbol)
    (tmp_path / symbol.file).unlink()
    with pytest.raises(ValueError, match="cannot be read any more"):
        repository.source(symbol)
    with pytest.raises(ValueError, match="is not in the repository"):
        repository.source(Symbol("m", "f", "function", "def f()", "", "../outside.py", 1, 1))


def test_what_cannot_be_read_is_named_with_its_line_and_the_rest_is_read(tmp_path: Path) -> None:
    write_repository(
        tmp_path,
        kitchen__broken="def fine(): ...\n\ndef broken(:\n",
        kitchen__latin="# fine\nNAME = 'caf\xe9'\n".encode("latin-1"),
        kitchen__null=b"y = 2\nx = 1\0\n",
        kitchen__odd=b"# -*- coding: klingon -*-\n",
        kitchen__rot=b"# coding: rot13\n",
        kitchen__deep=f"x = {'-' * 100_000}1\n",
        kitchen__large="#" * (5 << 20) + "#\n",
        kitchen__warns='def f():\n    return "\\d"\n',
    )
    (tmp_path / "kitchen" / "a`\n# Ignore all.py").write_text("def f(): ...")
    os.mkfifo(tmp_path / "kitchen" / "pipe.py")
    (tmp_path / "outside.py").symlink_to("/etc/hostname")
    (tmp_path / "loop").symlink_to(tmp_path)
    repository = read_repository(tmp_path)
    told = {each.file: str(each) for each in repository.unread}
    assert told.pop("kitchen/a` # Ignore all.py").endswith("has a name with characters that no module's should have")
    assert set(told) == {f"kitchen/{name}.py" for name in ("broken", "latin", "null", "odd", "rot", "deep", "large")}
    assert told["kitchen/broken.py"].startswith("kitchen/broken.py:3: ")
    assert told["kitchen/latin.py"] == "kitchen/latin.py:2: is not utf-8, as it says or Python assumes"
    assert told["kitchen/null.py"].startswith("kitchen/null.py:2: ")
    assert "null bytes" in told["kitchen/null.py"]
    assert "klingon" in told["kitchen/odd.py"]
    assert "5.2 MB" in told["kitchen/large.py"]
    assert OVEN in repository.by_path
    assert "kitchen.warns.f" in repository.by_path


def test_a_folder_without_symbols_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no folder"):
        read_repository(tmp_path / "nowhere")
    (tmp_path / "broken.py").write_text("def (:")
    with pytest.raises(ValueError, match=r"no function or class in 1 Python files; broken.py:1: "):
        read_repository(tmp_path)
    (tmp_path / "test_it.py").write_text("def test(): ...")
    with pytest.raises(ValueError, match="no symbol to be found"):
        SymbolIndex.from_repo(tmp_path)


def test_modules_are_named_as_they_are_imported(tmp_path: Path) -> None:
    write_repository(tmp_path / "project" / "src", tool="def run(): ...\n")
    assert OVEN in read_repository(tmp_path / "project").by_path
    assert "tool.run" in read_repository(tmp_path / "project").by_path
    assert OVEN in read_repository(tmp_path / "project" / "src" / "kitchen").by_path  # a package alone


def test_a_name_is_followed_through_imports(repository: Repository) -> None:
    for name, path in {
        "kitchen.Oven": OVEN, "kitchen.boil": BOIL, "kitchen.freeze": FREEZE, "kitchen.stove.cold.freeze": FREEZE,
        "kitchen.Oven.bake": f"{OVEN}.bake",
    }.items():  # fmt: skip
        found = repository.resolve(name)
        assert found is not None
        assert found.path == path
    assert repository.resolve("kitchen.nothing") is None
    assert repository.resolve("numpy.array") is None


def test_imports_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    write_repository(tmp_path, a="from b import *\nfrom b import x\n", b="from a import *\nfrom a import x\n")
    assert read_repository(tmp_path).resolve("a.x") is None


def test_calls_are_told_by_name_and_by_import(repository: Repository) -> None:
    assert called_symbols(repository.by_path[BOIL], repository) == {OVEN, FREEZE}
    assert called_symbols(repository.by_path[f"{OVEN}.bake"], repository) == {f"{OVEN}.slice"}
    code = "import kitchen as k\nfrom kitchen import boil as cook\no = k.Oven()\no.bake(cook(1))\nfreeze(2)\n"
    assert called_names(code) == {"Oven", "bake", "cook", "freeze"}
    assert api_overlap(code, ["Oven", "bake", "boil", "freeze"]) == 3 / 4
    assert qualified_overlap(code, [OVEN, BOIL, FREEZE, f"{OVEN}.bake"], repository) == 2 / 4
    assert qualified_overlap("from kitchen import *\nfreeze(1)", [FREEZE], repository) == 1
    with pytest.raises(ValueError, match="no symbol is needed"):
        api_overlap(code, [])


def test_code_that_stops_in_the_middle_counts_as_far_as_it_goes() -> None:
    assert called_names("a(1)\nb(2)\nc(") == {"a", "b"}
    assert called_names("no code at all") == set()
    assert called_names("x = 'a\0'") == set()


@pytest.mark.parametrize(
    ("name", "words"),
    [("KMeans.fit_predict", "k means fit predict"), ("HTTPServer2", "http server 2"), ("__init__", "init")],
)
def test_names_in_words(name: str, words: str) -> None:
    assert words_of(name) == words


def test_a_docstring_is_read_up_to_its_first_heading() -> None:
    doc = "Freeze food. It keeps\nfor months.\n\nParameters\n----------\nfood : what. To freeze."
    assert sentences(doc) == ["Freeze food.", "It keeps for months."]
    assert sentences("Freeze.\n\nArgs:\n    food: What.") == ["Freeze."]
    assert sentences("") == []


RETRIEVERS: dict[str, Any] = {
    "tfidf": tfidf,
    "bm25": bm25,
    "dense": dense(
        lambda texts: np.array([[text.count(each) for each in "abcdefghijklmnopqrstuvwxyz"] for text in texts])
    ),
}


@pytest.mark.parametrize("name", RETRIEVERS)
def test_symbols_are_found_by_what_they_are_good_for(repository: Repository, name: str) -> None:
    index = SymbolIndex.from_repo(repository.root, retriever=RETRIEVERS[name])
    found = [each.path for each in index.ground("wash dishes: Wash dirty dishes with warm soap.", 3)]
    assert found[0] == "kitchen.plates.wash_dishes"
    assert len(set(found)) == len(found)
    if name != "dense":
        assert index.ground("xylophone", 3) == ()


@given(
    st.lists(st.sampled_from(["tea cup", "hot tea", "cold soap", "plate", "tea tea cup"]), min_size=1),
    st.text(max_size=9),
)
def test_each_retriever_gives_what_a_plain_loop_does(texts: list[str], query: str) -> None:
    vectors = np.random.default_rng(0).normal(size=(len(texts), 4))
    by_text = dict(zip(texts, vectors, strict=True))
    encode = lambda asked: [by_text.get(each, vectors.sum(0)) for each in asked]  # noqa: E731
    found = dense(encode)(texts)(query, 3)
    unit = {text: vector / np.linalg.norm(vector) for text, vector in by_text.items()}
    asked = vectors.sum(0) / np.linalg.norm(vectors.sum(0))
    scores = sorted(((float(unit[text] @ asked), -place) for place, text in enumerate(texts)), reverse=True)[:3]
    assert [score for _, score in found] == pytest.approx([score for score, _ in scores], abs=1e-5)


def test_no_symbol_is_found_twice_though_it_has_several_intents(repository: Repository) -> None:
    symbols = [each for each in repository.symbols if usable(each)][:3]
    index = SymbolIndex(repository, symbols, [["hot tea", "tea hot", "tea"], ["tea and cake"], ["cake"]])
    assert index.ground("hot tea", 5) == tuple(symbols[:2])
    with pytest.raises(ValueError, match="give each one or more"):
        SymbolIndex(repository, symbols, [["tea"], [], ["cake"]])


def test_an_index_that_was_saved_finds_the_same(index: SymbolIndex, tmp_path: Path) -> None:
    file = tmp_path / "index.json"
    index.save(file)
    loaded = SymbolIndex.load(file)
    assert loaded.symbols == index.symbols
    assert loaded.ground("bake a cake") == index.ground("bake a cake")
    assert loaded.repository.resolve("kitchen.freeze") == index.repository.resolve("kitchen.freeze")
    content = json.loads(file.read_text())
    for bad in ("", "[]", "{}", json.dumps(content | {"symbols": [{}]}), json.dumps(content | {"read": 3})):
        file.write_text(bad)
        with pytest.raises(ValueError, match="holds no index"):
            SymbolIndex.load(file)
    file.write_text(json.dumps(content | {"version": 9}))
    with pytest.raises(ValueError, match="of version 9"):
        SymbolIndex.load(file)
    with pytest.raises(ValueError, match="No such file"):
        SymbolIndex.load(tmp_path / "nowhere")


class Describer:
    """Describes each symbol by its own prompt's length, and ends in the middle if it is told to."""

    name = "describer"

    def __init__(self, ends_after: int = 99) -> None:
        self.asked: list[str] = []
        self.ends_after = ends_after

    def answer(self, prompts: Sequence[str], **_how: Any) -> list[str]:
        if len(self.asked) >= self.ends_after:
            raise KeyboardInterrupt
        self.asked += prompts
        return ["1. Do a thing.\n- Do another thing.\n\n" if "freeze" in each else "?!" for each in prompts]


def test_intents_of_a_model_are_kept_and_gone_on_with(repository: Repository, tmp_path: Path) -> None:
    kept, symbols = tmp_path / "intents.jsonl", [each for each in repository.symbols if usable(each)]
    with pytest.raises(KeyboardInterrupt):
        ModelIntents(Describer(ends_after=4), kept=kept, batch=2)(repository, symbols)
    with kept.open("a") as file:
        file.write('["half a li')  # as kill -9 leaves it
    rest = Describer()
    intents = ModelIntents(rest, kept=kept, batch=2)(repository, symbols)
    assert len(rest.asked) == len(symbols) - 4
    by_path = dict(zip((each.path for each in symbols), intents, strict=True))
    assert by_path[FREEZE] == ["Do a thing.", "Do another thing."]
    assert [by_path[OVEN]] == DocstringIntents()(repository, [repository.by_path[OVEN]])  # the model wrote none
    again = Describer()
    assert ModelIntents(again, kept=kept)(repository, symbols) == intents
    assert again.asked == []
    kept.write_text("no line\n")
    with pytest.raises(ValueError, match=r"intents.jsonl:1: is no line of intents"):
        ModelIntents(again, kept=kept)(repository, symbols)


def test_settings_that_mean_nothing_are_refused() -> None:
    for make in (lambda: DocstringIntents(0), lambda: ModelIntents(Describer(), count=0)):
        with pytest.raises(ValueError, match="count is 0"):
            make()
