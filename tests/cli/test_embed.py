"""Embeddings, end to end: made by a command, kept, used by the order for a reader, and never in anybody's way."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import jsonschema
import pytest

from assay.cli.schemas import schemas
from assay.reader.nearness import embed
from assay.reader.vectors import open_vectors
from assay.store import open_store
from tests.cli.conftest import Run, environment_of
from tests.cli.fixtures import listing
from tests.reader.meanings import Thesaurus

DAY = "2099-12-02"
TOPICS = (
    "We teach robots to grasp cups with two arms.",
    "Songs are composed from a few bars of melody.",
    "Proteins fold as predicted from their sequence.",
    "The weather of next week is forecast from satellites.",
    "Long documents are answered from a small cache.",
)
PICTURE = "We remove noise step by step from a canvas until a photo emerges."
PHRASE = "making pictures by taking noise away"


@pytest.fixture
def day(assay: Run, tmp_path: Path) -> str:
    """The id of the one paper about pictures, among forty of a day."""
    records = json.loads(listing(*range(99901, 99941), votes=100))
    for place, record in enumerate(records):
        record["paper"]["summary"] = f"{PICTURE if place == 30 else TOPICS[place % 5]} It is study {place}."
    (tmp_path / f"{DAY}.json").write_text(json.dumps(records), encoding="utf-8")
    assert assay("import", tmp_path / f"{DAY}.json").code == 0
    return str(records[30]["paper"]["id"])


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model of sentences of random weights."""
    models = pytest.importorskip("sentence_transformers.models", reason="the extra embeddings is not installed")
    from sentence_transformers import SentenceTransformer
    from transformers import BertConfig, BertModel, BertTokenizer

    folder = tmp_path_factory.mktemp("tiny")
    words = [*"[PAD] [UNK] [CLS] [SEP] [MASK]".split(), *"abcdefghijklmnopqrstuvwxyz0123456789."]
    words += [f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz0123456789"]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    config = BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    BertModel(config).save_pretrained(folder)
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    transformer = models.Transformer(str(folder), max_seq_length=64)
    SentenceTransformer(modules=[transformer, models.Pooling(32)], device="cpu").save(str(folder / "whole"))
    return folder / "whole"


@pytest.fixture(scope="module")
def minilm() -> str:
    """The folder of all-MiniLM-L6-v2."""
    pytest.importorskip("sentence_transformers", reason="the extra embeddings is not installed")
    from assay.testbed.resources import NotFetchedError
    from assay.testbed.sentence_encoder import find_sentence_encoder

    try:
        return str(find_sentence_encoder())
    except NotFetchedError as error:
        pytest.skip(str(error))


def order(text: str) -> list[str]:
    return [paper["id"] for paper in json.loads(text)["papers"]]


def test_a_real_model_finds_what_a_phrase_means(assay: Run, day: str, minilm: str) -> None:
    assay("follow", "phrase", PHRASE)
    assay("follow", "phrase", "사진 찍는 로봇 강아지")
    by_votes = assay("digest", DAY, "--json")
    before = assay("digest", DAY, "--for", "me", "--json", ASSAY_EMBEDDINGS=minilm)
    assert order(before.out) == order(by_votes.out)
    # 40 papers and 2 phrases.
    assert "42 texts have no embeddings yet to tell by meaning: `assay embed` makes them" in before.err

    done = assay("embed", DAY, ASSAY_EMBEDDINGS=minilm)
    assert done.out == "embedded: 40 papers, 1 phrase\n"
    assert "knows no Korean, so that these phrases are looked for by words alone: 사진 찍는 로봇 강아지" in done.err
    after = assay("digest", DAY, "--for", "me", "--json", ASSAY_EMBEDDINGS=minilm)
    assert after.err == ""
    assert order(after.out)[0] == day
    assert [each for each in order(after.out) if each != day] == [each for each in order(by_votes.out) if each != day]
    (reason,) = json.loads(after.out)["ranked"][day]["reasons"]
    assert (reason["kind"], reason["values"]) == ("meaning", [PHRASE])
    for language, words in (("en", f"close in meaning to “{PHRASE}”"), ("ko", f"‘{PHRASE}’에 가까운 뜻")):
        shown = assay("digest", DAY, "--for", "me", "--lang", language, COLUMNS="300", ASSAY_EMBEDDINGS=minilm)
        assert words in shown.out
    again = assay("embed", DAY, ASSAY_EMBEDDINGS=minilm)
    assert (again.out, again.err) == ("embedded: 0 papers, 0 phrases\n", "")


def test_each_text_is_read_once_by_each_model(assay: Run, day: str, tiny: Path) -> None:
    assay("follow", "phrase", PHRASE)
    assay("follow", "phrase", "robots", "--weight", "-1")  # sinks papers by its words alone
    reports = [
        json.loads(assay("embed", *words, "--json", ASSAY_EMBEDDINGS=str(tiny)).out)
        for words in ([DAY], [DAY], [day], [])
    ]
    jsonschema.Draft202012Validator(json.loads(schemas()["embed.json"])).validate(reports[0])
    assert [(each["papers"], each["phrases"]) for each in reports[:3]] == [(40, 1), (0, 0), (0, 0)]
    assert reports[3]["papers"] > 0  # those of the catalogue's days
    assert reports[0]["model"] == str(tiny)
    # Other weights in the same folder are another model.
    (tiny / "note.json").write_text("{}", encoding="utf-8")
    assert json.loads(assay("embed", day, "--json", ASSAY_EMBEDDINGS=str(tiny)).out)["papers"] == 1


def test_killed_while_it_embeds_it_goes_on_where_it_was(
    assay: Run, day: str, tiny: Path, home: Path, tmp_path: Path
) -> None:
    variables = environment_of(home, tmp_path) | {"ASSAY_EMBEDDINGS": str(tiny)}
    command = [sys.executable, "-c", "from assay.cli import main; main()", "embed"]
    process = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not kept(home):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = kept(home)
    report = json.loads(assay("embed", "--json", ASSAY_EMBEDDINGS=str(tiny)).out)
    assert before > 0
    assert report["papers"] == kept(home) - before
    assert json.loads(assay("embed", "--json", ASSAY_EMBEDDINGS=str(tiny)).out)["papers"] == 0


def kept(home: Path) -> int:
    """How many vectors are kept."""
    if not (home / "vectors.db").is_file():
        return 0
    connection = sqlite3.connect(home / "vectors.db")
    try:
        return int(connection.execute("SELECT COUNT(*) FROM vectors").fetchone()[0])
    except sqlite3.OperationalError:  # not made yet
        return 0
    finally:
        connection.close()


def test_ranking_never_loads_the_model(assay: Run, day: str, home: Path, tmp_path: Path) -> None:
    assay("follow", "phrase", "pictures of hills")
    with open_store(home / "assay.db") as store, open_vectors(home / "vectors.db") as vectors:
        papers = list(store.papers(sighting.paper for sighting in store.sightings(date.fromisoformat(DAY))).values())
        embed(papers, ["pictures of hills"], Thesaurus("toy/thesaurus"), vectors)
    code = (
        "import sys; sys.modules['torch'] = sys.modules['sentence_transformers'] = None\n"
        "from assay.cli import main; main()"
    )
    command = [sys.executable, "-c", code, "digest", DAY, "--for", "me", "--json"]
    variables = environment_of(home, tmp_path) | {"ASSAY_EMBEDDINGS": "toy/thesaurus"}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert order(done.stdout)[0] == day
    assert json.loads(done.stdout)["ranked"][day]["parts"].keys() == {"meaning"}


def test_without_the_extra_one_line_says_what_to_install(assay: Run, day: str, home: Path, tmp_path: Path) -> None:
    assay("follow", "phrase", PHRASE)
    code = "import sys; sys.modules['sentence_transformers'] = None; from assay.cli import main; main()"
    variables = environment_of(home, tmp_path) | {"ASSAY_EMBEDDINGS": "all-minilm-l6-v2"}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)

    needs = "embeddings need sentence-transformers: pip install 'assay-papers[embeddings]'\n"
    done = run("embed")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"assay: {needs}")
    ranked = run("digest", DAY, "--for", "me", "--json")
    assert ranked.returncode == 0
    assert needs in ranked.stderr
    assert order(ranked.stdout) == order(assay("digest", DAY, "--for", "me", "--json").out)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("", 'embeddings need a model: set embeddings = "all-minilm-l6-v2", or a folder, or a hub\'s id'),
        ("smollm2-135m-instruct", "smollm2-135m-instruct is a causal language model: embeddings are made by all-"),
        ("no/such/folder", "no/such/folder is not there"),
        (".", ". is no model: the folder has neither modules.json nor config.json"),
        ("broken", "broken cannot be loaded for embeddings: "),
    ],
)
def test_a_mistake_gets_one_line_and_exit_code_2(assay: Run, day: str, tmp_path: Path, model: str, words: str) -> None:
    pytest.importorskip("sentence_transformers", reason="the extra embeddings is not installed")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("{", encoding="utf-8")
    done = assay("embed", ASSAY_EMBEDDINGS=model)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"assay: {words}")
    assert done.err.count("\n") == 1


def test_with_no_model_nothing_is_made(assay: Run, day: str, home: Path) -> None:
    assay("follow", "phrase", PHRASE)
    assert assay("digest", DAY, "--for", "me").code == 0
    assert not (home / "vectors.db").exists()
