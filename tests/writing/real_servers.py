"""Starts real model servers on loopback: llama.cpp's with SmolLM2, and LiteLLM's proxy with answers of its own.

They live in an environment of their own, which ``make model-servers`` makes; tests are skipped where there is none.
``ASSAY_MODEL_SERVERS`` names another folder.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(os.environ.get("ASSAY_MODEL_SERVERS", Path(sys.prefix) / "model-servers"))
PYTHON = FOLDER / "bin" / "python"
KEY = "sk-toy-master"
_PATIENCE = 120  # seconds, on however busy a machine

# One thread: several wait for each other in a loop, and starve on a busy machine.
_LLAMA = """
import sys
import xllamacpp as llama

params = llama.CommonParams()
params.model.path, params.n_ctx, params.n_parallel, params.verbosity = sys.argv[1], int(sys.argv[2]), 1, -1
params.hostnames, params.port = ["127.0.0.1"], 0
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
server = llama.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


@contextmanager
def llama_server(context: int = 2048) -> Iterator[str]:
    """The base URL of llama.cpp's server with SmolLM2, started with a context of so many tokens."""
    _need("xllamacpp")
    from assay.testbed.resources import NotFetchedError, resource

    try:
        (file,) = resource("smollm2-135m-instruct").fetch()
    except NotFetchedError as error:
        pytest.skip(str(error))
    with _process([str(PYTHON), "-c", _LLAMA, str(file), str(context)]) as process:
        assert process.stdout is not None
        yield f"{process.stdout.readline().strip()}/v1"


@contextmanager
def litellm_proxy(folder: Path, answers: Mapping[str, str]) -> Iterator[str]:
    """The base URL of LiteLLM's proxy, which wants `KEY` and has a model for each answer.

    Args:
        folder: for its configuration.
        answers: by the name of the model, what it says; the name of one of LiteLLM's exceptions raises it.
    """
    _need("litellm")
    models: list[dict[str, Any]] = [
        {"model_name": name, "litellm_params": {"model": f"openai/{name}", "api_key": "none", "mock_response": answer}}
        for name, answer in answers.items()
    ]
    config = folder / "litellm.yaml"
    # JSON is YAML. Nobody is told of failures, and none is tried again: what comes is what the model said.
    settings = {"general_settings": {"master_key": KEY}, "router_settings": {"num_retries": 0}}
    config.write_text(json.dumps({"model_list": models} | settings), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(FOLDER / "bin" / "litellm"), "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    with _process(command, LITELLM_LOCAL_MODEL_COST_MAP="True", LITELLM_TELEMETRY="False") as process:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + _PATIENCE
        while not _is_alive(f"{url}/health/liveliness"):
            assert process.poll() is None, "LiteLLM's proxy did not start"
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield f"{url}/v1"


def _need(package: str) -> None:
    if not any(FOLDER.glob(f"lib/python3.*/site-packages/{package}")):
        pytest.skip(f"no {package} here: `make model-servers` installs it")


@contextmanager
def _process(command: list[str], **environment: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        command,
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _is_alive(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
