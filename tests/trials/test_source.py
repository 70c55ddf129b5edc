"""The source hash of a trial: which code makes a kept result stale, and which does not."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assay.trials import discover, source
from assay.trials.declaration import Trial
from assay.trials.source import source_hash, source_hashes, sources, timed

FILES = {
    "methods/__init__.py": '"""Methods."""\n',
    "methods/_patching.py": "def altered(): return 1\n",
    "methods/attention/__init__.py": '"""The room."""\n',
    "methods/attention/sparge_attn/__init__.py": (
        "from assay.methods.attention.sparge_attn.masks import mask\n"
        "from assay.methods.attention.sparge_attn.unused import A\n"
    ),
    "methods/attention/sparge_attn/masks.py": (
        "from ..._patching import altered\ndef mask(x):\n    return altered() + 1  # why\n"
    ),
    "methods/attention/sparge_attn/unused.py": "A = 1\n",
    "testbed/tasks.py": (
        "from assay.testbed.cache import load_or_train\n"
        "from assay.testbed.training import train\n"
        "def easy(): return load_or_train({}, train)\n"
        "def hard(): return 2\n"
    ),
    "testbed/training.py": (
        "from assay.testbed.progress import track\ndef train():\n    'Trains.'\n    return track(1)\n"
    ),
    "testbed/progress.py": "def track(x): return x\n",
    "testbed/cache.py": "def load_or_train(recipe, build): return build()\n",
    "trials/__init__.py": "from assay.trials.bench import Bench\n",
    "trials/bench.py": (
        "from assay.papers.comparison import Comparison, ratio\n"
        "from assay.trials.memory import peak_memory\n"
        "class Bench:\n"
        "    def memory(self): return Comparison(ratio(peak_memory()))\n"
        "    def flops(self): return 7\n"
        "    def claim(self): return 8\n"
    ),
    "trials/memory.py": "def peak_memory(): return 9\n",
    "papers/comparison.py": "class Comparison: pass\ndef ratio(x): return x\n",
    "trials/attention/_fields.py": "F = 1\nG = 1\n",
    "trials/attention/sparge_attn.py": (
        "from assay.testbed import tasks\n"
        "from assay.trials import Bench, trial\n"
        "from assay.trials.attention._fields import F\n"
        "@trial('2502.18137', claim='operator-speedup')\n"
        "def run(bench: Bench):\n"
        '    """Compares."""\n'
        "    from assay.methods.attention import sparge_attn\n"
        "    bench.claim(bench.memory(sparge_attn.mask(tasks.easy(), F)))\n"
        "@trial('2502.18137', claim='llama-throughput')\n"
        "def other(bench: Bench):\n"
        "    bench.claim(bench.flops(tasks.hard()))\n"
    ),
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, content in FILES.items():
        file = tmp_path / "assay" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    monkeypatch.setattr(source, "PACKAGE", tmp_path / "assay")
    return tmp_path / "assay"


@pytest.fixture
def trial(package: Path) -> Trial:
    file = package / "trials/attention/sparge_attn.py"
    return Trial("2502.18137", "operator-speedup", "assay.trials.attention.sparge_attn", "run", file, "")


def test_the_hash_covers_what_the_trial_reaches(trial: Trial) -> None:
    assert sources(trial) == [
        "assay.methods._patching:altered",
        "assay.methods.attention.sparge_attn.masks:mask",
        "assay.papers.comparison:ratio",
        "assay.testbed.tasks:easy",
        "assay.testbed.training:train",
        "assay.trials.attention._fields:F",
        "assay.trials.attention.sparge_attn:run",
        "assay.trials.bench:Bench.memory",
        "assay.trials.memory:peak_memory",
    ]


def edit(package: Path, name: str, change: Callable[[str], str]) -> None:
    file = package / name
    before = file.read_text(encoding="utf-8")
    file.write_text(change(before), encoding="utf-8")
    assert file.read_text(encoding="utf-8") != before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("methods/_patching.py", "1", "2"),
        ("methods/attention/sparge_attn/masks.py", "+ 1", "+ 2"),
        ("methods/attention/sparge_attn/__init__.py", ".masks import mask", ".unused import A as mask"),
        ("testbed/training.py", "track(1)", "track(2)"),
        ("trials/attention/_fields.py", "F = 1", "F = 2"),
        ("trials/attention/sparge_attn.py", "bench.memory(", "bench.flops("),
        ("trials/memory.py", "9", "10"),  # it computes a figure
        ("papers/comparison.py", "return x", "return 1 / x"),  # so does this
    ],
)
def test_what_decides_the_figure_makes_it_stale(package: Path, trial: Trial, name: str, old: str, new: str) -> None:
    before = source_hash(trial)
    edit(package, name, lambda text: text.replace(old, new))
    assert source_hash(trial) != before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("methods/attention/sparge_attn/unused.py", "1", "2"),
        ("methods/attention/__init__.py", "room", "same room"),
        ("methods/attention/sparge_attn/masks.py", "  # why", "\n\n    # because"),
        ("testbed/tasks.py", "return 2", "return 3"),  # another task of the same file
        ("testbed/training.py", "'Trains.'", '"""Trains\n\n    well.\n    """'),
        ("testbed/progress.py", "return x", "return iter(x)"),  # it only shows
        ("testbed/cache.py", "return build()", "return (build)()"),  # it only keeps
        ("trials/bench.py", "return 7", "return 8"),  # a figure that this trial does not have
        ("trials/bench.py", "return 8", "return 9"),  # it only keeps
        ("papers/comparison.py", "class Comparison: pass", "class Comparison: x = 1"),  # a record
        ("trials/attention/_fields.py", "G = 1", "G = 2"),
        ("trials/attention/sparge_attn.py", '"""Compares."""', '"""Compares fairly."""'),
        ("trials/attention/sparge_attn.py", "tasks.hard()", "tasks.hard(1)"),  # another trial of the same file
    ],
)
def test_what_does_not_decide_it_does_not(package: Path, trial: Trial, name: str, old: str, new: str) -> None:
    before = source_hash(trial)
    edit(package, name, lambda text: text.replace(old, new))
    assert source_hash(trial) == before


@pytest.mark.parametrize(
    ("name", "old", "new", "is_timed"),
    [
        ("testbed/training.py", "'Trains.'", "from time import perf_counter; perf_counter()", True),
        (
            "methods/_patching.py",
            "def altered(): return 1",
            "import time\ndef altered(): return time.monotonic_ns()",
            True,
        ),
        ("trials/attention/_fields.py", "F = 1", "from time import process_time as clock\nF = clock()", True),
        ("trials/attention/_fields.py", "G = 1", "import time\nG = time.time()", False),  # it does not reach that
        (
            "testbed/progress.py",
            "def track(x)",
            "import time\nBEGAN = time.time()\ndef track(x)",
            False,
        ),  # nor counts this
        ("testbed/training.py", "'Trains.'", "from time import sleep; sleep(1)", False),
    ],
)
def test_a_trial_reads_a_clock_where_what_decides_its_figure_does(
    package: Path, trial: Trial, name: str, old: str, new: str, is_timed: bool
) -> None:
    other = replace(trial, claim="llama-throughput", function="other")
    edit(package, name, lambda text: text.replace(old, new, 1))
    assert timed([trial, other]) == ({trial.id} if is_timed else set())


def test_of_the_trials_there_are_those_that_time_are_known() -> None:
    by_function = {(trial.entry.name, trial.function): trial for trial in discover()}
    clocks = {("soft_moe_ffn", "throughput"), ("fastkv", "decoding"), ("compute_optimal_tts", "searched_sums")}
    others = {("ape", "quality_kept"), ("loram", "storage_llama31"), ("wicked", "rare_option")}
    trials = [by_function[each] for each in sorted(clocks | others)]
    assert timed(trials) == {by_function[each].id for each in clocks}


def test_line_ends_do_not_count(package: Path, trial: Trial) -> None:
    before = source_hash(trial)
    for file in package.rglob("*.py"):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert source_hash(trial) == before


def test_a_trial_before_its_method_is_there_has_a_hash(package: Path, trial: Trial) -> None:
    for file in (package / "methods/attention/sparge_attn").iterdir():
        file.unlink()
    assert len(source_hash(trial)) == 64


def test_a_trial_in_no_file_is_refused(trial: Trial) -> None:
    trial.file.unlink()
    with pytest.raises(ValueError, match="trial run is in no file"):
        source_hash(trial)


def test_of_the_trials_there_are_each_has_its_own_and_what_computes_its_figures_counts() -> None:
    trials = {trial.id.removeprefix("assay.trials."): trial for trial in discover()}
    hashes = source_hashes(trials.values())
    assert len(set(hashes.values())) == len(trials)
    covered = sources(trials["compression.loram:training_memory"])
    assert {"assay.trials.memory:peak_memory", "assay.trials.intervals:confidence_interval"} <= set(covered)
    assert {"assay.trials.bench:Bench.compare", "assay.papers.comparison:ratio"} <= set(covered)
    assert not [each for each in covered if "attention" in each or "testbed.tasks" in each]
    assert "assay.trials.bench:Bench.time" in sources(trials["attention.fastkv:first_token"])
    only_shows_or_keeps = {"assay.testbed.progress:track", "assay.testbed.cache:load_or_train"}
    assert not [each.id for each in trials.values() if only_shows_or_keeps & set(sources(each))]
