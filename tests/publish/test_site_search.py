"""The site's search, run by node, finds what the archive's search finds."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.papers.models import Dossier, Parts, Sighting
from assay.publish.site import Site, render
from assay.publish.site.search import search_files
from assay.store.searching.cutting import tokens
from assay.store.searching.forms import forms, spellings
from assay.store.searching.writings import other_writings
from tests.store.search_cases import FOUND, LISTED, PAPERS, REFUSED

NODE = shutil.which("node")
DOSSIERS = [
    Dossier(paper=paper, sightings=(Sighting(paper=paper.id, source="arxiv", day=LISTED[paper.id], rank=1),))
    for paper in PAPERS
]


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts of a site, as modules that node runs."""
    if NODE is None:
        pytest.skip("no node on this machine: the site's search was not run")
    folder = tmp_path_factory.mktemp("assets")
    (folder / "package.json").write_text('{"type": "module"}')
    for name, content in render(Site(days=[], papers=DOSSIERS, languages=("en",))):
        if name.startswith(("assets/search", "search-index/")):
            (folder / Path(name).name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def run(assets: Path, script: str, argument: object) -> object:
    """What a script prints as JSON; it has ``input`` and the site's modules."""
    modules = (
        'import * as words from "./search-words.js"; import * as query from "./search-query.js";'
        'import * as excerpts from "./search-excerpt.js"; import * as writings from "./search-writings.js";'
        'import * as site from "./search-papers.js"; import { readFileSync } from "node:fs";'
        'const input = JSON.parse(readFileSync(0, "utf8"));'
        'const read = (name) => JSON.parse(readFileSync(name, "utf8"));'
        'const papers = site.makeIndex(read("parts.json").flatMap(read));'
    )
    (assets / "run.js").write_text(f"{modules}\nconsole.log(JSON.stringify({script}))", encoding="utf-8")
    done = subprocess.run(
        [str(NODE), "run.js"],
        cwd=assets,
        input=json.dumps(argument),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_finds_what_the_archive_finds_in_the_same_order(assets: Path) -> None:
    script = "input.map((typed) => site.search(papers, typed).found.map((paper) => Number(paper.id.slice(-2))))"
    found = run(assets, script, [query for query, _ in FOUND])
    assert isinstance(found, list)
    for (query, papers), numbers in zip(FOUND, found, strict=True):
        assert numbers == papers, query


def test_it_refuses_what_the_archive_refuses_in_the_same_words(assets: Path) -> None:
    script = """input.map((typed) => {
        try { site.search(papers, typed); return "nothing was refused"; } catch (error) { return error.message; }
    })"""
    messages = run(assets, script, [query for query, _ in REFUSED])
    assert isinstance(messages, list)
    for (query, message), line in zip(REFUSED, messages, strict=True):
        assert line.startswith(message), query


def test_it_cuts_and_folds_as_the_archive_does(assets: Path) -> None:
    texts = [text for paper in PAPERS for text in (paper.title, paper.abstract, *paper.authors)]
    texts += [
        "naïve café ﬁne ½ H₂O ＡＢＣ İstanbul ΣΊΣΥΦΟΣ ǿre ẞ ŁÓDŹ",
        "LOSS CLIPS GPUS of LLMs",
        "ALL CLIPS",
        "a_b c--d ++",
    ]
    texts += ["シャープ ﾊﾟｲ 벤치마크에서 x²+y² नमस्ते שָׁלוֹם قَلَم", "C++17 F# J♯ .NET asp.net PointNet++ node.js"]
    assert run(assets, "input.map((text) => words.tokens(text).join(' '))", texts) == [tokens(text) for text in texts]


def test_it_knows_the_same_forms_and_spellings(assets: Path) -> None:
    words = """study studies cases case caches batches losses loss biases bias viruses uses use matrix matrices lms its
    gpus corpus analyses axis axes hypotheses quizzes lenses areas movies heroes boxes finetuning multimodal reranking
    format together gpt4 x""".split()
    assert run(assets, "input.map(words.forms)", words) == [list(forms(word)) for word in words]
    compounds = [
        (["gpt", "4", "o"], ["-", ""]),
        (["qwen", "2", "5"], ["", "."]),
        (["a", "b", "c", "d", "e", "f"], ["-"] * 5),
    ]
    compounds += [([word], []) for word in words]
    script = "input.map(([atoms, joints]) => words.spellings(atoms, joints).map((phrase) => phrase.join(' ')).sort())"
    assert run(assets, script, compounds) == [
        sorted(" ".join(phrase) for phrase in spellings(atoms, joints)) for atoms, joints in compounds
    ]


@settings(max_examples=5)
@given(st.lists(st.text("모델결과정확도만을를의에서는이가으로들漢A4-o'’üöuecks", max_size=9), min_size=60, max_size=60))
def test_no_word_has_other_writings_than_in_the_archive(assets: Path, texts: list[str]) -> None:
    texts += ["모델들에서만", "정확도", "5만", "Müller의", "DON'T", "dont", "Michael", "queues", "Oezguer"]
    script = "input.map((text) => writings.otherWritings(text).map(({ text, isWhole }) => [text, isWhole]))"
    assert run(assets, script, texts) == [[list(other) for other in other_writings(text)] for text in texts]


@settings(max_examples=5)
@given(st.lists(st.text("abcSLOŁøßéİς가나漢かＡ①²½_-+#.'^ \u0301", max_size=12), min_size=40, max_size=40))
def test_no_text_is_cut_in_two_ways(assets: Path, texts: list[str]) -> None:
    assert run(assets, "input.map((text) => words.tokens(text).join(' '))", texts) == [tokens(text) for text in texts]


def test_an_excerpt_shows_what_was_found(assets: Path) -> None:
    text = " ".join(f"w{n}" for n in range(40)).replace("w30", "Sparse-Attention").replace("w33", "벤치마크에서")
    script = """input.map(([text, typed]) => {
        const pieces = excerpts.excerpt([text], query.termsOf(query.parse(typed).tree));
        return pieces.map(([piece, isMatch]) => (isMatch ? `[${piece}]` : piece)).join("");
    })"""
    queries = ["w0", '"sparse attention" 치마', "마", "zebra", "attentions"]
    shown = run(assets, script, [(text, query) for query in queries])
    assert shown == [
        "[w0] " + " ".join(f"w{n}" for n in range(1, 24)) + " …",
        "… "
        + text[text.index("w16") : text.index("Sparse")]
        + "[Sparse-Attention] w31 w32 벤[치마]크에서 "
        + " ".join(f"w{n}" for n in range(34, 40)),
        "… " + text[text.index("w16") : text.index("마크")] + "[마]크에서 " + " ".join(f"w{n}" for n in range(34, 40)),
        " ".join(f"w{n}" for n in range(24)) + " …",
        "… " + text[text.index("w16") : text.index("Attention")] + "[Attention]" + text[text.index(" w31") :],
    ]


def test_the_index_holds_text_as_a_reader_sees_it() -> None:
    paper = PAPERS[0].model_copy(update={"title": r"H$_2$O Toys", "abstract": r"It costs $\sim$3."})
    dossier = DOSSIERS[0].model_copy(
        update={"paper": paper, "summary": {"ko": Parts(one_line="물", other={"note": "더"})}, "name": "toy_water"}
    )
    files = {file.path: file.write() for file in search_files([dossier, *DOSSIERS[1:]], ["en", "ko"])}
    assert json.loads(files["search-index/parts.json"]) == ["2099-12.json"]
    records = json.loads(files["search-index/2099-12.json"])
    assert [record["id"][-2:] for record in records] == [f"{n:02}" for n in range(len(PAPERS), 0, -1)]
    assert records[-1] == {
        "id": "9912.00001",
        "name": "toy_water",
        "title": "H₂O Toys",
        "authors": ["Łukasz Example", "Song Han"],
        "organisation": "Gullwing Labs",
        "keywords": ["cache eviction", "long context"],
        "links": [],
        "categories": ["cs.CL", "cs.LG"],
        "days": ["2099-12-01"],
        "leads": {"ko": "물"},
        "withdrawn": {},
        "abstract": "It costs ~3.",
        "texts": ["물", "더"],
    }
