"""Starts real model servers on loopback: llama.cpp's with SmolLM2, and LiteLLM's proxy with answers of its own.

They live in an environment of their own, which ``make model-servers`` makes; tests are skipped where there is none.
``ASSAY_MODEL_SERVERS`` names another folder.
"""

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from assay.testbed import model_server
from assay.testbed.resources import NotFetchedError

KEY = "sk-toy-master"
_PATIENCE = 120  # seconds, on however busy a machine


@contextmanager
def llama_server(context: int = 2048) -> Iterator[str]:
    """The base URL of llama.cpp's server with SmolLM2, started with a context of so many tokens."""
    _need("xllamacpp")
    try:
        with model_server.llama_server(context) as url:
            yield url
    except NotFetchedError as error:
        pytest.skip(str(error))


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
    command = [
        str(model_server.FOLDER / "bin" / "litellm"),
        "--config",
        str(config),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    with _process(command, LITELLM_LOCAL_MODEL_COST_MAP="True", LITELLM_TELEMETRY="False") as process:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + _PATIENCE
        while not _is_alive(f"{url}/health/liveliness"):
            assert process.poll() is None, "LiteLLM's proxy did not start"
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield f"{url}/v1"


def _need(package: str) -> None:
    if missing := model_server.lacks(package):
        pytest.skip(missing)


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
