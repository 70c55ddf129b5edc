"""``assay methods``, ``run`` and ``results`` as a reader meets them, on trials small enough for a test."""

import importlib.util
import json
import shutil
from pathlib import Path

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

from assay.cli import trials as commands
from assay.cli.documents import documents
from assay.cli.schemas import schemas
from assay.papers.catalogue import catalogue
from assay.trials import Bench, declaration, trial
from assay.trials import restamp as restamp_module
from assay.trials import results as results_module
from assay.trials.declaration import Trial, trial_of
from tests.cli.conftest import Run

SHAPE = ["paper", "name", "claim", "metric", "unit", "claimed", "claimed_effect", "measured_effect", "baseline_name"]
SHAPE += ["baseline", "candidate", "ratio", "ratio_interval", "better", "verdict", "verdict_between", "verdict_reason"]
SHAPE += ["evidence", "model", "differs", "machine", "device", "size", "quick", "pretrained", "stale", "seconds"]
ROOT = Path(__file__).parents[2]


@trial("2502.18137", claim="operator-speedup")
def small(bench: Bench) -> None:
    """Nine against three."""
    bench.setting("simulated", differs="numbers in place of a model")
    costs = {"dense": 9.0, "sparse": 3.0}
    bench.claim(bench.compare("cost", costs, candidate="sparse", baseline="dense", unit="FLOP", better="lower"))
    bench.score("error", float("nan") if bench.seed else 0.01, better="lower", at_most=0.06)


@trial("2502.18137", claim="mochi-end-to-end")
def missing(bench: Bench) -> None:
    """A large model."""
    bench.not_testable("a large model")


@trial("2502.01068", claim="throughput")
def broken(bench: Bench) -> None:
    """Breaks."""
    raise RuntimeError("no such kernel")


@trial("2502.01068", claim="decoding-speedup")
def diverged(bench: Bench) -> None:
    """Refuses what it was given."""
    raise ValueError("the loss is nan at step 3")


@trial("2502.01068", claim="throughput")
def interrupted(bench: Bench) -> None:
    """Ctrl-C."""
    raise KeyboardInterrupt


@trial("2502.18137", claim="operator-speedup", pretrained=True)
def handed(bench: Bench) -> None:
    """Parameters against three times as many."""
    lm = bench.on_pretrained("its parameters are counted")
    if lm.parameters > 200_000:
        raise ValueError("it has more parameters than can be counted")
    costs = {"dense": 3.0 * lm.parameters, "sparse": 1.0 * lm.parameters}
    bench.claim(bench.compare("cost", costs, candidate="sparse", baseline="dense", better="lower"))


@trial("2502.18137", claim="operator-speedup", long=True)
def trained(bench: Bench) -> None:
    """More steps, more to gain."""
    bench.setting("trained here", differs="numbers in place of a training")
    costs = {"dense": bench.pick(quick=2.0, cpu=3.0, long=4.0), "sparse": 1.0}
    bench.claim(bench.compare("cost", costs, candidate="sparse", baseline="dense", better="lower"))


def use(monkeypatch: pytest.MonkeyPatch, *functions: object) -> None:
    trials = tuple(trial_of(function) for function in functions)  # type: ignore[arg-type]

    def discover(paper: str | None = None) -> tuple[Trial, ...]:
        return tuple(each for each in trials if paper in (None, each.paper))

    for module in (declaration, results_module, restamp_module):
        monkeypatch.setattr(module, "discover", discover)
    monkeypatch.setattr("assay.trials.discover", discover)


@pytest.fixture(autouse=True)
def _only_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use(monkeypatch, small, missing, broken)
    monkeypatch.setattr(commands, "RESULTS", tmp_path / "results")


def test_run_prints_claimed_beside_measured(assay: Run) -> None:
    result = assay("run", "sparge_attn")
    assert result.code == 0
    for text in ("2.5–5x", "3x", "dense 9 FLOP", "seen", "not testable here", "numbers in place of a model"):
        assert text in result.out
    text_of_show = assay("show", "2502.18137").out
    assert "cost 3x as small as dense (paper 2.5–5x)" in " ".join(text_of_show.split())
    assert "not testable here: " in text_of_show  # of the claims that say so in the catalogue


def test_run_and_results_have_the_promised_shape(assay: Run) -> None:
    rows = json.loads(assay("run", "2502.18137", "--json").out)
    assert [list(row) for row in rows] == [SHAPE, SHAPE]
    assert all(row["seconds"] >= 0 for row in rows)
    expected = {
        "claimed": [2.5, 5.0],
        "claimed_effect": "2.5–5x",
        "measured_effect": "3x",
        "baseline": 9.0,
        "candidate": 3.0,
        "ratio": 3.0,
        "verdict": "seen",
        "evidence": "simulated",
        "stale": False,
    }
    assert expected.items() <= rows[0].items()
    assert rows[1]["candidate"] is None
    results = json.loads(assay("results", "--json").out)
    assert sorted(results, key=str) == sorted(rows, key=str)
    outputs = {
        "run": rows,
        "results": results,
        "results-durations": json.loads(assay("results", "--durations", "--json").out),
        "methods": json.loads(assay("methods", "--json").out),
    }
    for command, output in outputs.items():
        jsonschema.Draft202012Validator(json.loads(schemas()[f"{command}.json"])).validate(output)


def test_a_figure_that_is_no_number_is_valid_json(assay: Run) -> None:
    result = assay("run", "2502.18137", "--seed", "1", "--json")
    assert "NaN" not in result.out.replace('"NaN"', "")
    assert json.loads(result.out)[0]["verdict"] == "not seen"


def test_a_trial_that_breaks_takes_no_other_with_it(assay: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, broken, diverged, small, missing)
    result = assay("run", "--all", "--json")
    assert result.code == 1
    assert "fastkv" not in {row["name"] for row in json.loads(result.out)}
    assert len(json.loads(result.out)) == 2
    assert "broken broke: RuntimeError: no such kernel" in " ".join(result.err.split())
    assert "fastkv (decoding-speedup) broke: the loss is nan at step 3" in " ".join(result.err.split())
    assert len(json.loads(assay("results", "--json").out)) == 2


def test_a_method_is_tried_on_models_of_ones_own(
    assay: Run, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, small, handed)
    other = tmp_path / "other"
    shutil.copytree(tiny_model, other)
    (row,) = json.loads(assay("run", "sparge_attn", "--model", tiny_model, "--json").out)
    assert (row["evidence"], row["ratio"], row["size"]) == ("real model", 3.0, "cpu")
    assert row["pretrained"].startswith("tiny-float32-")
    assert row["model"].startswith("tiny, ")
    assert assay("run", "sparge_attn", "--model", other, "--dtype", "bfloat16").code == 0
    assert assay("run", "sparge_attn", "--model", tiny_model).code == 0  # takes the place of the first
    rows = json.loads(assay("results", "--json").out)
    assert sorted(row["pretrained"].rpartition("-")[0] for row in rows) == ["other-bfloat16", "tiny-float32"]
    methods = {row["name"]: row for row in json.loads(assay("methods", "--json").out)}
    assert len(methods["sparge_attn"]["verdicts"]["operator-speedup"]) == 2  # one for each model
    shown = assay("results", "--by-model", COLUMNS="200").out
    assert [word.rpartition("-")[0] for word in shown.splitlines()[0].split()[3:]] == ["other-bfloat16", "tiny-float32"]
    assert shown.count("direction seen") + shown.count("seen") >= 2
    assert assay("results", "--export", "out").code == 0
    (file,) = (tmp_path / "out").rglob("2502.18137.json")
    assert len(json.loads(file.read_bytes())) == 2


def test_what_cannot_be_tried_is_said_in_a_line(
    assay: Run, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, small, handed)
    for arguments, message in {
        ("--model", str(tmp_path / "nowhere")): "nowhere is not there",
        ("--model", str(tmp_path)): "the folder has neither config.json nor a GGUF file",
        ("--model", "all-minilm-l6-v2"): "is a sentence encoder: give a causal language model",
        ("--model", str(tiny_model), "--dtype", "int8"): "--dtype is 'int8': choose auto, float32, bfloat16, float16",
        ("--long",): "no trial of sparge_attn has a size of up to an hour",
        ("--long", "--quick"): "two sizes of a trial",
    }.items():
        result = assay("run", "sparge_attn", *arguments, COLUMNS="500")
        assert (result.code, result.err.count("\n")) == (2, 1), arguments
        assert message in result.err
    use(monkeypatch, small)
    assert "no trial of sparge_attn is tried on a pretrained model" in assay("run", "sparge_attn", "--real").err


def test_a_method_that_refuses_a_model_says_why(assay: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from assay.testbed.models import tiny
    from assay.testbed.text import byte_tokenizer

    use(monkeypatch, handed)
    folder = tmp_path / "wide"
    tiny("llama", vocab_size=259, hidden=128, layers=2).save_pretrained(folder)
    byte_tokenizer().save_pretrained(folder)
    result = assay("run", "sparge_attn", "--model", folder, COLUMNS="500")
    assert result.code == 1
    expected = "sparge_attn (operator-speedup) cannot be tried on TMP/wide: it has more parameters than can be counted"
    assert expected in result.err


def test_without_a_pretrained_model_the_others_are_run(assay: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, small, handed)
    result = assay("run", "sparge_attn", "--json", ASSAY_OFFLINE="1", COLUMNS="500")
    assert result.code == 0
    assert [row["evidence"] for row in json.loads(result.out)] == ["simulated"]
    expected = (
        "smollm2-135m-instruct is not here and cannot be fetched: ASSAY_OFFLINE is set; the 1 trials on it are left"
    )
    assert expected in result.err
    alone = assay("run", "sparge_attn", "--real", ASSAY_OFFLINE="1", COLUMNS="500")
    assert (alone.code, alone.err.count("\n")) == (2, 1)


def test_a_long_size_stands_beside_the_usual_one(assay: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, small, trained)
    for size, ratio in {"cpu": 3.0, "long": 4.0}.items():
        flags = ["--long"] if size == "long" else []
        rows = json.loads(assay("run", "sparge_attn", *flags, "--json").out)
        assert (rows[-1]["size"], rows[-1]["ratio"]) == (size, ratio)
        assert len(rows) == (1 if flags else 2)
    results = json.loads(assay("results", "--json").out)
    assert [row["size"] for row in results if row["evidence"] == "trained here"] == ["long", "cpu"]


def test_models_are_listed_fetched_and_removed(assay: Run, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    rows = {row["name"]: row for row in json.loads(assay("models", "--json").out)}
    schema = json.loads(schemas()["models.json"])
    jsonschema.Draft202012Validator(schema).validate(list(rows.values()))
    assert rows["smollm2-135m-instruct"]["kept"] == 0
    assert rows["smollm2-135m-instruct"]["download"] == 92_871_040
    assert assay("models", COLUMNS="160") == snapshot
    folder = tmp_path / "cache" / "assay" / "resources" / "foldoc-20230119-1"
    folder.mkdir(parents=True)
    (folder / "foldoc.index").write_bytes(bytes(100))
    rows = {row["name"]: row for row in json.loads(assay("models", "--json").out)}
    assert rows["foldoc"]["kept"] == 100
    assert assay("models", "fetch", "foldoc", ASSAY_OFFLINE="1").code == 0  # it is here
    assert assay("models", "remove", "foldoc").err == "foldoc is removed\n"
    assert not folder.exists()
    assert assay("models", "remove", "foldoc").err == "foldoc is not here\n"
    assert "there are: smollm2-135m-instruct," in " ".join(assay("models", "remove", "webster").err.split())
    refused = assay("models", "fetch", "foldoc", ASSAY_OFFLINE="1", COLUMNS="500")
    assert (refused.code, refused.err) == (
        2,
        "assay: foldoc is not here and cannot be fetched: ASSAY_OFFLINE is set\n",
    )


def test_methods_tell_what_is_built_and_found(assay: Run) -> None:
    assert assay("run", "sparge_attn").code == 0
    rows = {row["name"]: row for row in json.loads(assay("methods", "--json").out)}
    assert rows["sparge_attn"]["module"] == "assay.methods.attention.sparge_attn"
    assert rows["sparge_attn"]["verdicts"] == {"operator-speedup": ["seen"], "mochi-end-to-end": ["not testable here"]}
    assert set(rows["sparge_attn"]["not_testable"]) == {"mochi-end-to-end", "llama-throughput"}
    assert rows["ape"]["verdicts"] == {}
    everything = json.loads(assay("methods", "--all", "--json").out)
    assert len(everything) == 80
    decoding = json.loads(assay("methods", "--room", "decoding", "--json").out)
    assert {row["room"] for row in decoding} == {"decoding"}
    printed = " ".join(assay("methods").out.split())
    assert "operator-speedup: seen" in printed
    assert "2 more claims not testable here" in printed


def test_results_go_out_come_in_and_are_compared(assay: Run, tmp_path: Path) -> None:
    assert assay("results").out.startswith("Nothing has been measured yet")
    assert assay("run", "sparge_attn", "--quick").code == 0
    assert assay("results", "--export", "out").code == 0
    assert not (tmp_path / "out").exists(), "quick runs are not results"
    assert assay("run", "sparge_attn").code == 0
    assert assay("results", "--export", "out").code == 0
    (file,) = (tmp_path / "out").rglob("2502.18137.json")
    elsewhere = json.loads(file.read_bytes())
    for each in elsewhere:
        each["machine"]["name"] = "another-box"
    other = tmp_path / "others" / "another-box" / file.name
    other.parent.mkdir(parents=True)
    other.write_text(json.dumps(elsewhere), encoding="utf-8")
    assert "new: 2 measurements" in assay("results", "--import", "others").err
    assert "new: 0 measurements" in assay("results", "--import", "others").err
    compared = assay("results", "--compare", "another-box")
    assert compared.code == 0
    assert "another-box" in compared.out
    assert assay("results", "--compare", "a-third").code == 2


def test_results_of_one_paper(assay: Run) -> None:
    assert assay("run", "sparge_attn").code == 0
    assert len(json.loads(assay("results", "2502.18137", "--json").out)) == 2
    assert json.loads(assay("results", "fastkv", "--json").out) == []
    assert "Nothing has been measured yet of fastkv" in assay("results", "fastkv").out
    assert assay("results", "sparge_attn", "--export", "out").code == 0
    assert assay("results", "no_such_paper").code == 2


def test_run_takes_what_fits_into_the_time_and_lists_what_does_not(
    assay: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, missing, small)
    none = assay("run", "--all", "--minutes", "0")
    assert none.code == 0
    assert none.out.strip() == ""
    warning = "2 of 2 trials did not fit into 0 min: sparge_attn (operator-speedup), sparge_attn (mochi-end-to-end)"
    assert warning in " ".join(none.err.split())
    some = assay("run", "sparge_attn", "--minutes", "3", "--json")  # one of unknown duration counts as two minutes
    assert [row["claim"] for row in json.loads(some.out)] == ["operator-speedup", "mochi-end-to-end"]
    assert "did not fit" not in some.err
    assert assay("run", "--all", "--minutes", "-1").code == 2
    assert assay("results", "--export", "out").code == 0
    (file,) = (tmp_path / "out").rglob("*.json")
    assert [each["quick_run"] is not None for each in json.loads(file.read_bytes())] == [True, True]


def test_a_trial_that_breaks_is_no_trial_that_did_not_fit(assay: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, broken, small)
    result = assay("run", "--all", "--minutes", "10", "--json")
    assert result.code == 1
    assert len(json.loads(result.out)) == 1
    assert "did not fit" not in result.err


def test_an_interrupted_run_keeps_what_is_done(assay: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, small, interrupted)
    result = assay("run", "--all")
    assert result.code == 130
    assert [row["name"] for row in json.loads(assay("results", "--json").out)] == ["sparge_attn"]


def test_durations_are_added_up_by_paper(assay: Run, tmp_path: Path) -> None:
    assert assay("run", "sparge_attn").code == 0
    assert assay("results", "--export", "results").code == 0
    (file,) = (tmp_path / "results").rglob("*.json")
    records = json.loads(file.read_bytes())
    records[0]["seconds"], records[1]["seconds"] = 90.0, None
    for each in records:
        each["taken_at"] = "2099-01-01T00:00:00Z"
    file.write_text(json.dumps(records), encoding="utf-8")
    durations = json.loads(assay("results", "--durations", "--json").out)
    assert (durations["seconds"], durations["not_recorded"]) == (90.0, 1)
    (row,) = durations["papers"]
    assert (row["name"], row["trials"], row["seconds"], row["not_recorded"]) == ("sparge_attn", 2, 90.0, 1)
    printed = [" ".join(line.split()) for line in assay("results", "--durations").out.splitlines()]
    assert printed[-1] == "in total 2 1.5 min, 1 not recorded"
    assert printed[1].startswith("sparge_attn 2 1.5 min, 1 not recorded")


def test_results_are_restamped_where_the_figures_are_equal(assay: Run, tmp_path: Path) -> None:
    def stamp(**changes: object) -> None:
        records = [each | changes for each in json.loads(file.read_bytes())]
        file.write_text(json.dumps(records), encoding="utf-8")

    assert assay("run", "sparge_attn").code == 0
    assert assay("results", "--export", "results").code == 0
    (file,) = (tmp_path / "results").rglob("*.json")
    whole = file.read_bytes()
    assert assay("results", "--restamp").out.count("is up to date") == 2
    stamp(source_hash="1" * 64)
    result = assay("results", "--restamp", "sparge_attn")
    assert (result.code, file.read_bytes()) == (0, whole)
    assert "figures are equal" in result.out
    stamp(source_hash="1" * 64, quick_run={"figures": {"cost": 4.0}})
    changed = file.read_bytes()
    result = assay("results", "--restamp")
    assert (result.code, file.read_bytes()) == (1, changed)
    assert "cost: 4.0 became 3.0" in result.out
    assert assay("results", "--restamp", "fastkv").code == 2
    assert assay("results", "--against", "HEAD").code == 2
    assert assay("results", "--restamp", "--against", "no-such-commit").code == 2


def test_another_version_of_a_library_is_warned_of(assay: Run, tmp_path: Path) -> None:
    assert assay("run", "sparge_attn").code == 0
    assert assay("results").err == ""
    assert assay("results", "--export", "results").code == 0
    (file,) = (tmp_path / "results").rglob("*.json")
    records = json.loads(file.read_bytes())
    for each in records:
        each["versions"]["torch"] = "1.0.0"
        each["taken_at"] = "2099-01-01T00:00:00Z"
    file.write_text(json.dumps(records), encoding="utf-8")
    result = assay("results")
    assert result.code == 0
    assert "warning: 2 results were measured with torch 1.0.0; " in " ".join(result.err.split())


def test_results_are_drawn(assay: Run, tmp_path: Path) -> None:
    for name, begins in (("plot.svg", b"<?xml"), ("plot.png", b"\x89PNG")):
        assert assay("run", "sparge_attn", "--plot", name).code == 0
        assert (tmp_path / name).read_bytes().startswith(begins)
    assert assay("results", "--plot", "plot.gif").code == 2


@pytest.mark.parametrize(
    "command",
    [
        ("run",),
        ("run", "no_such_paper"),
        ("run", "2502.05431"),
        ("run", "--room", "kitchen"),
        ("run", "sparge_attn", "--device", "abacus"),
        ("run", "sparge_attn", "--repeats", "0"),
        ("results", "--import", "no/such/folder"),
    ],
    ids=" ".join,
)
def test_a_mistake_gets_one_line_and_exit_code_2(
    assay: Run, command: tuple[str, ...], snapshot: SnapshotAssertion
) -> None:
    result = assay(*command)
    assert result.code == 2
    assert repr(result) == snapshot


def test_without_torch_one_line_says_how_to_get_it(assay: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "torch" else find(name, *rest))
    result = assay("run", "sparge_attn")
    assert result.code == 2
    assert result.err.count("\n") == 1
    assert "pip install '.[run]' in a clone" in result.err


def test_documents_show_the_committed_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    texts = documents(ROOT)
    assert set((ROOT / "docs/results").iterdir()) == {path for path in texts if path.parent.name == "results"}
    for path, text in texts.items():
        if path.suffix == ".svg":  # drawn alike by one version of matplotlib only
            assert path.read_bytes().startswith(b"<?xml"), path
        else:
            current = path.read_text(encoding="utf-8")
            assert without_age(current) == without_age(text), f"{path.relative_to(ROOT)}: make documents"


def without_age(text: str) -> str:
    """A page without the mark that says that a GPU's result lags behind the code, which is no reason to fail."""
    return text.replace("- measured with earlier code\n", "")


def test_no_committed_result_of_the_cpu_size_is_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a GPU only show their age: not everyone who changes code has one."""
    monkeypatch.undo()
    committed = results_module.read_results(commands.RESULTS)
    assert committed
    stale = results_module.stale(each for each in committed if each.size == "cpu")
    assert [f"{each.trial}: {why}" for each, why in stale] == []
    assert {each.trial for each in committed} == {each.id for each in declaration.discover()}


def test_a_claim_is_tried_or_says_why_it_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the papers that have trials, no claim is both, and every trial is of one that can be tested."""
    monkeypatch.undo()
    tried = {(each.paper, each.claim) for each in declaration.discover()}
    for entry in catalogue().values():
        for claim in entry.claims:
            assert not (claim.not_testable and (entry.id, claim.key) in tried), f"{entry.name}: {claim.key}"
