"""FastKV beside kvpress, each in its own environment, interleaved: ``python benchmarks/peers.py [FOLDER]``.

kvpress wants an older transformers than ours, so that it gets an environment of its own in FOLDER (a temporary one by
default) and answers there over a pipe. Both sides load one model from one folder and read one prompt.
"""

import json
import subprocess
import sys
import venv
from contextlib import nullcontext
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch
import transformers

from assay.methods.attention.fastkv import FastKV
from assay.testbed.tasks import held_out_generator
from assay.trials import Bench
from assay.trials.attention import fastkv

if TYPE_CHECKING:
    from collections.abc import Callable

NEEDS = ("kvpress==0.5.5", "torch==2.13.0")
ROUNDS = 7

WORKER = """
import json, sys, time, importlib.metadata as metadata
import torch, transformers
from transformers import AutoModelForCausalLM, DynamicCache
from kvpress import SnapKVPress, StreamingLLMPress, ExpectedAttentionPress

folder, share, window = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
timed, taught = (AutoModelForCausalLM.from_pretrained(f"{folder}/{name}").eval() for name in ("timed", "taught"))
data = torch.load(f"{folder}/data.pt")
presses = {
    "kvpress SnapKV": SnapKVPress(compression_ratio=1 - share, window_size=window, kernel_size=7),
    "kvpress StreamingLLM": StreamingLLMPress(compression_ratio=1 - share, n_sink=4),
    "kvpress Expected Attention": ExpectedAttentionPress(compression_ratio=1 - share),
}

def read(model, ids, press):
    cache = DynamicCache()
    with torch.no_grad(), press(model):
        return model(ids, past_key_values=cache, logits_to_keep=1), cache

def accuracy(press):
    right = 0
    for prompt, answer in zip(data["prompts"], data["answers"]):
        out, cache = read(taught, prompt[None], press)
        first = out.logits[0, -1].argmax()
        place = torch.tensor([[len(prompt)]])
        with torch.no_grad():
            out = taught(first.view(1, 1), past_key_values=cache, position_ids=place)
        right += [int(first), int(out.logits[0, -1].argmax())] == answer.tolist()
    return 100.0 * right / len(data["prompts"])

print(json.dumps({name: metadata.version(name) for name in ("kvpress", "transformers", "torch")}), flush=True)
for line in sys.stdin:
    what, name = line.rstrip().split(" ", 1)
    began = time.perf_counter()
    value = accuracy(presses[name]) if what == "accuracy" else read(timed, data["prompt"], presses[name]) and None
    print(json.dumps(time.perf_counter() - began if value is None else value), flush=True)
"""
PEERS = ("kvpress SnapKV", "kvpress StreamingLLM", "kvpress Expected Attention")


def environment(folder: Path) -> Path:
    """Python of an environment with kvpress in it; made if it is not there."""
    python = folder / "bin" / "python"
    if not python.is_file():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *NEEDS], check=True)
    return python


def main(folder: Path) -> None:
    """Print the table."""
    bench = Bench(torch.device("cpu"))
    setting = fastkv._Prompt.random(bench)  # noqa: SLF001 - the trial's own setting, so that both speak of the same
    task = fastkv._task(bench)  # noqa: SLF001
    taught = fastkv._train(task, bench.seed)  # noqa: SLF001
    prompts, answers = task.draw(100, held_out_generator(0))
    press = FastKV(tsp_rate=0.2, retain_rate=0.1, tsp_layer=1)
    snapkv = FastKV(tsp_rate=1.0, retain_rate=0.1)

    def accuracy(method: FastKV | None) -> float:
        def is_right(ids: torch.Tensor, answer: torch.Tensor) -> bool:
            return bool((fastkv._answer(taught, ids[None]) == answer).all())  # noqa: SLF001

        with method(taught) if method else nullcontext():
            return float(100 * sum(map(is_right, prompts, answers)) / len(prompts))

    ours: dict[str, tuple[Callable[[], Any], FastKV | None]] = {
        "full cache": (setting.read, None),
        "SnapKV (ours)": (lambda: setting.read(snapkv), snapkv),
        "FastKV (ours)": (lambda: setting.read(setting.press), press),
    }
    with TemporaryDirectory() as shared:
        setting.model.save_pretrained(f"{shared}/timed")
        taught.save_pretrained(f"{shared}/taught")
        torch.save({"prompt": setting.ids, "prompts": prompts, "answers": answers}, f"{shared}/data.pt")
        worker = subprocess.Popen(
            [environment(folder), "-c", WORKER, shared, "0.1", str(press.window)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert worker.stdin is not None
        assert worker.stdout is not None
        versions = json.loads(worker.stdout.readline())

        def ask(what: str, peer: str) -> float:
            assert worker.stdin is not None
            assert worker.stdout is not None
            worker.stdin.write(f"{what} {peer}\n")
            worker.stdin.flush()
            return float(json.loads(worker.stdout.readline()))

        seconds: dict[str, list[float]] = {}
        for round_ in range(ROUNDS + 1):
            for name, (call, _) in ours.items():
                began = perf_counter()
                call()
                seconds.setdefault(name, []).append(perf_counter() - began)
            for peer in PEERS:
                seconds.setdefault(peer, []).append(ask("time", peer))
            if round_ == 0:
                seconds.clear()  # warm-up
        right = {name: accuracy(how) for name, (_, how) in ours.items()} | {
            peer: ask("accuracy", peer) for peer in PEERS
        }
        worker.stdin.close()
        worker.wait()

    print(f"Ours: torch {torch.__version__}, transformers {transformers.__version__}.", end=" ")
    print(f"Peers: {', '.join(f'{name} {version}' for name, version in versions.items())}.\n")
    print("| arm | cache stored | time to first token, 8,192 tokens | by that of the full cache | right answers |")
    print("|---|---|---|---|---|")
    full = seconds["full cache"]
    for name, taken in seconds.items():
        ratios = sorted(base / own for base, own in zip(full, taken, strict=True))
        stored = "100 %" if name == "full cache" else "10 %"
        spread = "" if name == "full cache" else f" ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        print(
            f"| {name} | {stored} | {median(taken):.2f} s | {median(full) / median(taken):.2f}x{spread} "
            f"| {right[name]:.0f} % |"
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with TemporaryDirectory() as temporary:
            main(Path(temporary))
