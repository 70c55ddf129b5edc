"""Connects to a Ray cluster, or starts one of its own on this machine; what was started is ended again.

Ray tells nobody of its use, opens no dashboard and keeps its own words to itself here.
"""

import os
import re
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex
from typing import Any

from assay.cluster.working import Cluster

LOCAL = "ray"
"""The address that means: start one on this machine."""
_ADDRESS = re.compile(r"(?:ray://)?(?P<host>[^/\s:]+|\[[0-9a-fA-F:]+\]):(?P<port>\d{1,5})")
_SECONDS = 5.0
"""So long may an address take to answer."""
_PING = b"\x08\x06"
"""The request of a client's sign of life, as protobuf writes it: its first field is 6."""
_OBJECTS = 256 * 2**20
"""Bytes of the store of objects of a cluster of our own: results are small."""
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".*",  # what a raylet says of lost workers: we say it
    "GRPC_VERBOSITY": "NONE",
}


@contextmanager
def connect(address: str = LOCAL, *, cpus: int | None = None) -> Iterator[Cluster]:
    """Connect to a cluster as long as the block lasts; no task of ours runs any longer.

    Args:
        address: ``ray`` starts one on this machine and ends it afterwards; ``ray://HOST:10001`` is one elsewhere,
            ``HOST:6379`` one that this machine is a node of, ``auto`` the one that was started here.
        cpus: Of one that is started: those of the machine unless it is told fewer.

    Raises:
        ValueError: Ray is not installed, nothing or something else answers at the address, or the cluster's Ray or
            Python is another version than here.
    """
    check_address(address)
    if find_spec("ray") is None:
        raise ValueError("--on needs Ray: pip install 'assay-papers[ray]'")
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    if address == LOCAL and not _token():
        # Nobody else on this machine is to run code in our cluster; without it Ray writes a token into the home folder.
        os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=token_hex(32))
    _check_answer(address)
    import ray  # noqa: PLC0415 - an extra, and slow to load

    with tempfile.TemporaryDirectory(prefix="assay-", dir=_short_folder(), ignore_cleanup_errors=True) as folder:
        try:
            _start(address, folder, cpus)
        except (RuntimeError, ConnectionError, ValueError, OSError) as error:
            raise ValueError(f"--on {address}: {_reason(error)}") from error
        try:
            yield Cluster(is_local=address == LOCAL)
        except ConnectionError as error:  # what a client says whose cluster has gone
            raise ValueError(
                f"--on {address}: the connection was lost; what had arrived is stored, the same command goes on"
            ) from error
        finally:
            ray.shutdown()


def check_address(address: str) -> None:
    """Make sure that a text can be the address of a cluster.

    Raises:
        ValueError: It cannot.
    """
    match = _ADDRESS.fullmatch(address)
    if address not in (LOCAL, "auto") and (match is None or not 0 < int(match["port"]) < 2**16):
        raise ValueError(f"--on is {address!r}: give ray (this machine alone), ray://HOST:PORT, HOST:PORT or auto")


def _start(address: str, folder: str, cpus: int | None) -> None:
    import ray  # noqa: PLC0415 - see above

    quiet: dict[str, Any] = {"logging_level": "ERROR", "log_to_driver": False}
    if address == LOCAL:
        own: dict[str, Any] = {
            "num_cpus": cpus,
            "include_dashboard": False,
            "object_store_memory": _OBJECTS,
            "_temp_dir": folder,
        }
        ray.init(address="local", **own, **quiet)
    else:
        ray.init(address=address, **quiet)


def _short_folder() -> str | None:
    """Where the folder of a cluster of our own stands: sockets in it have names of at most 107 bytes."""
    return "/tmp" if sys.platform != "win32" else None  # noqa: S108 - the folder in it is ours alone


def _check_answer(address: str) -> None:
    """Refuse an address at once at which no server of Ray's kind answers; Ray itself would try for minutes."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        return
    host, port = match["host"].strip("[]"), int(match["port"])
    try:
        socket.create_connection((host, port), timeout=_SECONDS).close()
    except OSError as error:
        raise ValueError(f"--on {address}: nothing answers there ({error.strerror or 'no answer in time'})") from None
    if os.environ.get("RAY_USE_TLS", "0").lower() not in ("1", "true"):
        _check_protocol(address, f"{match['host']}:{port}")


def _check_protocol(address: str, server: str) -> None:
    """Ask a question that only Ray answers: a client's server for a sign of life, any other whether it is alive."""
    import grpc  # noqa: PLC0415 - comes with the extra

    is_for_clients = address.startswith("ray://")
    method = "/ray.rpc.RayletDriver/ClusterInfo" if is_for_clients else "/ray.rpc.NodeInfoGcsService/CheckAlive"
    request = _PING if is_for_clients else b""
    closed = (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED)

    def answer(*metadata: tuple[str, str]) -> Any:
        try:
            channel.unary_unary(method)(request, timeout=_SECONDS, metadata=metadata)
        except grpc.RpcError as error:
            return error.code()
        return None

    with grpc.insecure_channel(server) as channel:
        code = answer()
        if code in closed:
            token = _token()
            if not token:
                raise ValueError(f"--on {address}: it wants a token: set RAY_AUTH_TOKEN, or RAY_AUTH_TOKEN_PATH")
            os.environ.setdefault("RAY_AUTH_MODE", "token")
            code = answer(("authorization", f"Bearer {token}"))
            if code in closed:
                raise ValueError(f"--on {address}: it refuses the token of this machine")
    if code is not None:
        kind = "no server for Ray's clients" if is_for_clients else "no Ray"
        raise ValueError(f"--on {address}: what answers there is {kind}")


def _token() -> str:
    """The token that this machine has for clusters, where Ray looks for it; an empty text if it has none."""
    if token := os.environ.get("RAY_AUTH_TOKEN", "").strip():
        return token
    file = Path(os.environ.get("RAY_AUTH_TOKEN_PATH") or "~/.ray/auth_token").expanduser()
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ""


def _reason(error: Exception) -> str:
    """What Ray says, on one line, as far as a reader can do something about it."""
    words = " ".join(str(error).split())
    if "Could not find any running Ray" in words:
        return "no Ray runs on this machine: `ray start --head` starts one"
    if "ersion mismatch" in words or "version" in words.lower():
        return f"the cluster has another version: {words}"
    return words.split(". ")[0] if len(words) > 300 else words
