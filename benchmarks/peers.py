"""FastKV beside kvpress, each in its own environment: ``python benchmarks/peers.py [FOLDER]``.

kvpress wants an older transformers than ours, so that it gets an environment of its own in FOLDER (a temporary one by
default) and answers there over a pipe. Both sides load one model from one folder and read the same prompts. The first
table is of the made-up task and its model, in turns, since times are compared; the second one is of SmolLM2 and
numbers hidden in prose. ``--questions N`` asks fewer of those, ``--real`` prints the second table alone.
"""

import argparse
import json
import subprocess
import venv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import torch
import transformers

from assay.methods.attention.fastkv import FastKV
from assay.testbed.pretrained import load_language_model
from assay.testbed.prose import foldoc
from assay.testbed.tasks import held_out_generator
from assay.testbed.tasks.hidden_number import first_number, hide_numbers
from assay.trials import Bench
from assay.trials.attention import fastkv

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

READER = """
import json, sys, importlib.metadata as metadata
import torch, transformers
from transformers import AutoModelForCausalLM, DynamicCache
import kvpress

transformers.utils.logging.disable_progress_bar()
model = AutoModelForCausalLM.from_pretrained(sys.argv[1]).eval()
prompts, new, end = torch.load(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4])
print(json.dumps({name: metadata.version(name) for name in ("kvpress", "transformers", "torch")}), flush=True)
for line in sys.stdin:
    name, share, options = json.loads(line)
    press = getattr(kvpress, name)(compression_ratio=1 - share, **options)
    answers = []
    for ids in prompts:
        cache = DynamicCache()
        with torch.no_grad():
            with press(model):
                logits = model(ids[None], past_key_values=cache, logits_to_keep=1).logits
            written = [int(logits[0, -1].argmax())]
            while len(written) < new and written[-1] not in end:
                place = torch.tensor([[len(ids) + len(written) - 1]])
                logits = model(torch.tensor([written[-1:]]), past_key_values=cache, position_ids=place).logits
                written.append(int(logits[0, -1].argmax()))
        answers.append(written)
    print(json.dumps(answers), flush=True)
"""
SHARES = (0.1, 0.2, 0.5)
NEW = 16
"""Tokens of an answer."""
PRESSES: dict[str, dict[str, Any]] = {
    "SnapKVPress": {"window_size": 8, "kernel_size": 7},
    "PyramidKVPress": {"window_size": 8, "kernel_size": 7},
    "TOVAPress": {},
    "StreamingLLMPress": {"n_sink": 4},
    "ExpectedAttentionPress": {},
    "KnormPress": {},
    "KeyDiffPress": {},
}


def environment(folder: Path) -> Path:
    """Python of an environment with kvpress in it; made if it is not there."""
    python = folder / "bin" / "python"
    if not python.is_file():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *NEEDS], check=True)
    return python


@contextmanager
def worker(folder: Path, code: str, *arguments: str) -> Iterator[tuple[dict[str, str], Callable[[str], Any]]]:
    """A process in kvpress's environment: the versions there, and what answers a line with a line."""
    with subprocess.Popen(
        [environment(folder), "-c", code, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        write, read = process.stdin, process.stdout
        assert write is not None
        assert read is not None

        def ask(line: str) -> Any:
            write.write(f"{line}\n")
            write.flush()
            return json.loads(read.readline())

        yield json.loads(read.readline()), ask
        write.close()


def compare_recall(folder: Path) -> None:
    """Print the table of the made-up task: time to the first token, and right answers."""
    bench = Bench(torch.device("cpu"))
    setting = fastkv._Prompt.random(bench)
    task = fastkv._task(bench)
    taught = fastkv._train(task, bench.seed)
    prompts, answers = task.draw(100, held_out_generator(0))
    press = FastKV(tsp_rate=0.2, retain_rate=0.1, tsp_layer=1)
    snapkv = FastKV(tsp_rate=1.0, retain_rate=0.1)

    def accuracy(method: FastKV | None) -> float:
        def is_right(ids: torch.Tensor, answer: torch.Tensor) -> bool:
            return bool((fastkv._answer(taught, ids[None]) == answer).all())

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
        with worker(folder, WORKER, shared, "0.1", str(press.window)) as (versions, ask):
            seconds: dict[str, list[float]] = {}
            for round_ in range(ROUNDS + 1):
                for name, (call, _) in ours.items():
                    began = perf_counter()
                    call()
                    seconds.setdefault(name, []).append(perf_counter() - began)
                for peer in PEERS:
                    seconds.setdefault(peer, []).append(ask(f"time {peer}"))
                if round_ == 0:
                    seconds.clear()  # warm-up
            right = {name: accuracy(how) for name, (_, how) in ours.items()} | {
                peer: ask(f"accuracy {peer}") for peer in PEERS
            }

    say_versions(versions)
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


def compare_reading(folder: Path, count: int) -> None:
    """Print the table of SmolLM2: how many numbers hidden in prose each press leaves to be found, and whether alike."""
    lm = load_language_model()
    hidden = hide_numbers(foldoc(), lambda text: len(lm.ids(text)), count=count, tokens=(1_000, 1_400))
    prompts = [lm.prompt(each.request) for each in hidden]
    end = lm.model.generation_config.eos_token_id
    layer = lm.model.config.num_hidden_layers // 2 - 1
    ours = {
        "SnapKV (ours)": FastKV(tsp_rate=1.0, pooling="avg"),  # kvpress knows no other
        "FastKV (ours)": FastKV(tsp_layer=layer, pooling="avg"),
    }

    def texts(press: FastKV | None) -> list[str]:
        with press(lm.model) if press else nullcontext():
            return [lm.answer(ids, new=NEW) for ids in prompts]

    def cell(answers: Sequence[str]) -> str:
        right = sum(first_number(answer) == each.number for each, answer in zip(hidden, answers, strict=True))
        return f"{right} of {count}"

    rows = {"full cache": [cell(texts(None))] + [""] * (len(SHARES) - 1)}
    answers = {name: [texts(replace(press, retain_rate=share)) for share in SHARES] for name, press in ours.items()}
    with TemporaryDirectory() as shared:
        torch.save(prompts, f"{shared}/prompts.pt")
        place = str(lm.model.config.name_or_path)
        ends = json.dumps(end if isinstance(end, list) else [end])
        with worker(folder, READER, place, f"{shared}/prompts.pt", str(NEW), ends) as (versions, ask):
            for name, options in PRESSES.items():
                tokens = [ask(json.dumps([name, share, options])) for share in SHARES]
                answers[f"kvpress {name.removesuffix('Press')}"] = [
                    [str(lm.tokenizer.decode(row, skip_special_tokens=True)) for row in each] for each in tokens
                ]
    rows |= {name: list(map(cell, each)) for name, each in answers.items()}
    say_versions(versions)
    print("| arm |" + "".join(f" {share:.0%} stored |" for share in SHARES))
    print("|---|" + "---|" * len(SHARES))
    for name, cells in rows.items():
        print(f"| {name} | {' | '.join(cells)} |")
    for share, mine, theirs in zip(SHARES, answers["SnapKV (ours)"], answers["kvpress SnapKV"], strict=True):
        same = sum(map(str.__eq__, mine, theirs))
        print(f"\nSnapKV at {share:.0%}: {same} of {count} answers are the same text in both.", end="")
    print()


def say_versions(theirs: dict[str, str]) -> None:
    """Print what both sides ran on."""
    print(f"Ours: torch {torch.__version__}, transformers {transformers.__version__}.", end=" ")
    print(f"Peers: {', '.join(f'{name} {version}' for name, version in theirs.items())}.\n")


def main(folder: Path, *, real: bool, questions: int) -> None:
    """Print the tables."""
    if not real:
        compare_recall(folder)
        print()
    compare_reading(folder, questions)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="FastKV beside kvpress.")
    parser.add_argument("folder", nargs="?", type=Path, help="kvpress's environment; made if it is not there")
    parser.add_argument("--real", action="store_true", help="the table of SmolLM2 alone")
    parser.add_argument("--questions", type=int, default=12, help="numbers to be found by SmolLM2")
    options = parser.parse_args()
    with TemporaryDirectory() as temporary:
        main(options.folder or Path(temporary), real=options.real, questions=options.questions)
