"""n-gram speculation of llama.cpp, which comes as the package xllamacpp in an environment of its own.

It answers over a pipe, token ids in. It computes with the four-bit weights of the file, and so is held against its own
plain decoding.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor

from assay.testbed import model_server

ARMS: dict[str, list[Any]] = {
    "llama.cpp, token by token": ["NONE"],
    "llama.cpp, n-gram speculation": ["NGRAM_SIMPLE", 3, 8],
}
"""A kind of speculation, the length of the n-gram that is looked for, and the most tokens drafted behind it."""

_WORKER = """
import json, sys, time
import xllamacpp as llama

def serve(kind, length=None, drafted=None):
    params = llama.CommonParams()
    params.model.path, params.n_ctx, params.n_parallel, params.verbosity = sys.argv[1], 1024, 1, -1
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = int(sys.argv[2])
    params.speculative.types = [getattr(llama.common_speculative_type, "COMMON_SPECULATIVE_TYPE_" + kind)]
    if length:
        params.speculative.ngram_simple.size_n, params.speculative.ngram_simple.size_m = length, drafted
    return llama.Server(params)

servers = {name: serve(*how) for name, how in json.loads(sys.argv[3]).items()}
print("ready", flush=True)
for line in sys.stdin:
    arm, ids, new = json.loads(line)
    began = time.perf_counter()
    answer = servers[arm].handle_completions(
        {"prompt": ids, "n_predict": new, "max_tokens": new, "temperature": 0, "cache_prompt": False}
    )
    seconds, timings = time.perf_counter() - began, answer["timings"]
    written = timings["predicted_n"]
    passes = written - timings.get("draft_n_accepted", 0)
    print(json.dumps({"tokens": [0] * written, "seconds": seconds, "passes": passes}), flush=True)
"""


class Ask(Protocol):
    """Has an arm answer a prompt (n,); how many tokens, seconds and passes that took."""

    def __call__(self, arm: str, prompt: Tensor, new: int) -> dict[str, Any]: ...


@contextmanager
def llama_cpp(file: Path, threads: int) -> Iterator[Ask]:
    """A process that answers with the model of a GGUF file, by each of the `ARMS`."""
    command = [str(model_server.PYTHON), "-c", _WORKER, str(file), str(threads), json.dumps(ARMS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdin is not None  # noqa: S101
        assert process.stdout is not None  # noqa: S101
        into, out = process.stdin, process.stdout
        if out.readline().strip() != "ready":
            raise RuntimeError("llama.cpp did not start")

        def ask(arm: str, prompt: Tensor, new: int) -> dict[str, Any]:
            into.write(json.dumps([arm, prompt.tolist(), new]) + "\n")
            into.flush()
            answer: dict[str, Any] = json.loads(out.readline())
            return answer

        yield ask
        into.close()
