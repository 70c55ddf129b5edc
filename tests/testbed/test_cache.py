"""The cache of trained models, with real tiny training, real processes and a real kill."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LlamaForCausalLM, PreTrainedModel

from assay.testbed import cache, models, tasks, training

TASK = tasks.key_value_documents(documents=2, length=3, subjects=4, values=4, filler=4)


class Log:
    """What was trained. A list would be a global whose content counts as part of the code."""

    def __init__(self) -> None:
        self.steps: list[int] = []


BUILT = Log()


def reader(steps: int = 2, family: str = "llama") -> PreTrainedModel:
    BUILT.steps.append(steps)
    model = models.tiny(family, vocab_size=TASK.vocab_size, hidden=32, layers=1)
    training.train(model, TASK.batches(4), steps=steps)
    return model


@pytest.fixture(autouse=True)
def _count_afresh() -> None:
    BUILT.steps.clear()


def test_the_same_recipe_is_trained_once_and_loads_the_same(tmp_path: Path) -> None:
    first, again = (cache.load_or_train({"steps": 2}, reader, folder=tmp_path) for _ in range(2))
    assert BUILT.steps == [2]
    assert isinstance(again, LlamaForCausalLM)
    assert not again.training
    trained_here = reader()
    for name, value in trained_here.state_dict().items():
        assert torch.equal(value, first.state_dict()[name])
        assert torch.equal(value, again.state_dict()[name])


def test_a_changed_recipe_is_trained_anew(tmp_path: Path) -> None:
    def build(recipe: dict[str, Any]) -> PreTrainedModel:
        return cache.load_or_train(recipe, lambda: reader(recipe["steps"]), folder=tmp_path)

    build({"steps": 2, "seed": 0})
    build({"seed": 0, "steps": 2})
    build({"seed": 1, "steps": 2})
    build({"seed": 0, "steps": 3})
    assert BUILT.steps == [2, 2, 3]


def test_changed_code_is_trained_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def other_schedule(step: int, steps: int, warmup: int) -> float:
        return 0.5

    cache.load_or_train({}, reader, folder=tmp_path)
    monkeypatch.setattr(training, "_schedule", other_schedule)
    cache.load_or_train({}, reader, folder=tmp_path)
    assert BUILT.steps == [2, 2]
    cache.load_or_train({}, lambda: reader(2), folder=tmp_path)
    assert BUILT.steps == [2, 2, 2]


def test_a_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> PreTrainedModel:
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        cache.load_or_train({}, broken, folder=tmp_path)
    assert [path for path in tmp_path.iterdir() if path.suffix != ".lock"] == []


def test_what_cannot_be_keyed_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    thing = object()
    with pytest.raises(ValueError, match="only numbers, texts"):
        cache.load_or_train({"thing": thing}, reader, folder=tmp_path)
    with pytest.raises(ValueError, match=r"thing in .* holds a object"):
        cache.load_or_train({}, lambda: (thing, reader())[1], folder=tmp_path)
    assert BUILT.steps == []


def test_the_folder_follows_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "mine"))
    cache.load_or_train({}, reader)
    [place] = [path for path in (tmp_path / "mine" / "models").iterdir() if path.is_dir()]
    card = json.loads((place / "assay.json").read_text(encoding="utf-8"))
    assert card["class"] == "transformers.models.llama.modeling_llama:LlamaForCausalLM"
    assert card["seconds"] > 0


SCRIPT = """
import sys
from pathlib import Path
from assay.testbed import cache, models, tasks, training

folder = Path(sys.argv[1])
task = tasks.key_value_documents(documents=2, length=3, subjects=4, values=4, filler=4)

def build():
    with (folder / "built").open("a") as log:
        log.write("once\\n")
    model = models.tiny("llama", vocab_size=task.vocab_size, hidden=32, layers=1)
    def batches(step):
        if step == 3 and (folder / "stops").exists():
            print("still", flush=True)
            sys.stdin.readline()
        return task.batches(4)(step)
    training.train(model, batches, steps=8)
    return model

model = cache.load_or_train({}, build, folder=folder / "models")
print(sum(parameter.double().sum().item() for parameter in model.parameters()))
"""


def start(folder: Path) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", SCRIPT, str(folder)]
    pipe = subprocess.PIPE
    return subprocess.Popen(arguments, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


@pytest.mark.slow
def test_after_one_is_killed_at_its_training_two_at_once_train_one_model(tmp_path: Path) -> None:
    (tmp_path / "stops").touch()
    victim = start(tmp_path)
    assert victim.stdout is not None
    assert victim.stdout.readline() == "still\n"
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    (tmp_path / "stops").unlink()
    assert not [path for path in (tmp_path / "models").iterdir() if path.is_dir() and path.name[0] != "."]

    both = [start(tmp_path), start(tmp_path)]
    outs = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], outs
    assert outs[0][0] == outs[1][0] != ""
    assert (tmp_path / "built").read_text() == "once\n" * 2
    assert len([path for path in (tmp_path / "models").iterdir() if path.is_dir()]) == 1


def test_what_a_kill_at_saving_leaves_is_cleared_away(tmp_path: Path) -> None:
    cache.load_or_train({}, reader, folder=tmp_path)
    [place] = [path for path in tmp_path.iterdir() if path.is_dir()]
    unfinished = place.with_name(f".{place.name}.abc123")
    place.rename(unfinished)
    cache.load_or_train({}, reader, folder=tmp_path)
    assert BUILT.steps == [2, 2]
    assert not unfinished.exists()
    assert (place / "assay.json").is_file()
