"""Hierarchy Drafting beside llama.cpp's n-gram speculation: ``python benchmarks/llama_cpp.py [FOLDER]``.

llama.cpp comes as the package xllamacpp, MIT, in an environment of its own in FOLDER (a temporary one by default), and
answers over a pipe. Both engines read the token ids of the same requests, those of the trial, and draft up to eight
tokens a pass; the arms take turns. One computes with the four-bit weights of the file and the other with what they
de-quantise to in 32 bits, so that each is compared with its own plain decoding.
"""

import json
import subprocess
import sys
import venv
from functools import partial
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import torch

from assay.methods.decoding.hierarchy_drafting import HierarchyConfig
from assay.testbed.pretrained import load_language_model
from assay.testbed.prose import foldoc
from assay.testbed.resources import resource
from assay.trials import Bench
from assay.trials.decoding.hierarchy_drafting import pretrained as trials
from assay.trials.decoding.hierarchy_drafting._writing import write_answer

if TYPE_CHECKING:
    from collections.abc import Callable

NEEDS = "xllamacpp==2026.10.11549"
DRAFTED = 8
SIZES = trials._Sizes(pairs=6, tuning_pairs=1, budgets=(DRAFTED,), new=48, tuning_new=0, answers=48, entries=1500)
PLAIN, OURS = "plain", "Hierarchy Drafting"

# An arm is a kind of speculation, the length of the n-gram that is looked for, and how many tokens are drafted behind
# it; without the two it is as it comes. The n-gram cache always drafts up to eight. It also keeps what it learnt from
# one request and then misses the next (ggml-org/llama.cpp, issue 27852), and so gets a new server for each.
WORKER = """
import json, sys, time
import xllamacpp as llama

file, threads = sys.argv[1], int(sys.argv[2])

def serve(kind, found=None, drafted=None):
    params = llama.CommonParams()
    params.model.path, params.n_ctx, params.n_parallel, params.verbosity = file, 1024, 1, -1
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    speculative = params.speculative
    speculative.types = [getattr(llama.common_speculative_type, "COMMON_SPECULATIVE_TYPE_" + kind)]
    if found:
        for each in (speculative.ngram_simple, speculative.ngram_map_k):
            each.size_n, each.size_m = found, drafted
        mod = speculative.ngram_mod
        mod.n_match, mod.n_min, mod.n_max = found, 1, drafted
    return llama.Server(params)

arms = json.loads(sys.argv[3])
servers = {name: serve(*how) for name, how in arms.items()}
print(json.dumps("ready"), flush=True)
for line in sys.stdin:
    arm, ids, new = json.loads(line)
    if arms[arm][0] == "NGRAM_CACHE":
        servers[arm] = None
        servers[arm] = serve(*arms[arm])
    began = time.perf_counter()
    answer = servers[arm].handle_completions(
        {"prompt": ids, "n_predict": new, "max_tokens": new, "temperature": 0, "cache_prompt": False}
    )
    seconds = time.perf_counter() - began
    timings = answer["timings"]
    written = timings["predicted_n"]
    passes = written - timings.get("draft_n_accepted", 0)
    print(json.dumps([answer["choices"][0]["text"], written, seconds, passes]), flush=True)
"""
PEERS: dict[str, tuple[str, int, int] | tuple[str]] = {
    PLAIN: ("NONE",),
    "ngram-simple, as it comes": ("NGRAM_SIMPLE",),
    "ngram-simple, n-grams of 3": ("NGRAM_SIMPLE", 3, DRAFTED),
    "ngram-map-k, n-grams of 3": ("NGRAM_MAP_K", 3, DRAFTED),
    "ngram-mod, n-grams of 3": ("NGRAM_MOD", 3, DRAFTED),
    "ngram-cache": ("NGRAM_CACHE",),
}


def environment(folder: Path) -> Path:
    """Python of an environment with llama.cpp in it; made if it is not there."""
    python = folder / "bin" / "python"
    if not python.is_file():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", NEEDS], check=True)
    return python


def main(folder: Path, sizes: trials._Sizes = SIZES) -> None:
    """Print the table."""
    bench = Bench(torch.device("cpu"))
    lm = load_language_model()
    known, requests = trials._split(lm, foldoc(), sizes)
    tables = trials._tables(bench, lm, known, sizes)
    ours: dict[str, trials.Arm] = {
        PLAIN: {},
        f"{OURS}, 2 drafts of 4": tables.arm(OURS, DRAFTED),
        f"{OURS}, as published": {"custom_generate": tables.drafter(HierarchyConfig()).generate},
        "prompt lookup of transformers": tables.arm(trials._LOOKUP, DRAFTED),
        "n-gram speculation": tables.arm(trials._NGRAMS, DRAFTED),
    }
    (file,) = resource("smollm2-135m-instruct").fetch()
    worker = subprocess.Popen(
        [environment(folder), "-c", WORKER, str(file), str(torch.get_num_threads()), json.dumps(PEERS)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert worker.stdin is not None
    assert worker.stdout is not None
    assert json.loads(worker.stdout.readline()) == "ready"

    def ask(arm: str, ids: torch.Tensor) -> dict[str, Any]:
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(json.dumps([arm, ids.tolist(), sizes.new]) + "\n")
        worker.stdin.flush()
        text, written, seconds, passes = json.loads(worker.stdout.readline())
        return {"text": text, "tokens": [0] * written, "seconds": seconds, "passes": passes}

    def write(arm: str, ids: torch.Tensor) -> dict[str, Any]:
        answer = write_answer(lm, ids, sizes.new, **ours[arm])
        return answer | {"text": answer["tokens"]}

    calls: dict[tuple[str, str], Callable[[torch.Tensor], dict[str, Any]]] = {
        **{("ours", arm): partial(write, arm) for arm in ours},
        **{("llama.cpp", arm): partial(ask, arm) for arm in PEERS},
    }
    answers: dict[tuple[str, str], list[dict[str, Any]]] = {arm: [] for arm in calls}
    for call in calls.values():
        call(requests[0][1])  # a warm-up; the first pair is not measured
    arms = list(calls)
    for turn, (_, ids) in enumerate(requests[2:]):
        for arm in arms[turn:] + arms[:turn]:
            answers[arm].append(calls[arm](ids))
    worker.stdin.close()
    worker.wait()

    print(f"Ours: torch {torch.__version__}, transformers {metadata.version('transformers')}. Peer: {NEEDS}.\n")
    print("| engine | arm | tokens/s | by its own plain decoding | tokens a pass | the same answers |")
    print("|---|---|---|---|---|---|")
    for (engine, name), its in answers.items():
        plain = answers[engine, PLAIN]
        times, base = (trials._by_pair(each, "seconds") for each in (its, plain))
        ratios = sorted(theirs / own for own, theirs in zip(times, base, strict=True))
        written = sum(len(each["tokens"]) for each in its)
        seconds, own_plain = (sum(each["seconds"] for each in group) for group in (its, plain))
        ratio = f"{own_plain / seconds:.2f}x ({ratios[0]:.2f} to {ratios[-1]:.2f})" if name != PLAIN else "1.00x"
        same = sum(each["text"] == other["text"] for each, other in zip(its, plain, strict=True))
        passes = sum(each["passes"] for each in its)
        print(
            f"| {engine} | {name} | {written / seconds:.1f} | {ratio} | {written / passes:.2f} | {same} of {len(its)} |"
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with TemporaryDirectory() as temporary:
            main(Path(temporary))
