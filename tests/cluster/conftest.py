"""A Ray cluster of two workers on this machine, of one and of two CPUs, which the tests of a module share."""

import os
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from assay.cluster import Cluster, connect
from assay.testbed.folders import cache_folder
from tests.cluster import small

ROOT = Path(__file__).parents[2]
NO_RAY = "ray is not installed: the extra `ray`"


class Workers:
    """The nodes of the cluster of the tests, which may be added to and taken from."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster as Nodes

        self._nodes: Any = Nodes(initialize_head=True, head_node_args=self._arguments(num_cpus=1))
        self.add(num_cpus=2)
        self.address: str = self._nodes.address

    def add(self, **resources: Any) -> Any:
        """Add a node, in the environment of now."""
        return self._nodes.add_node(**self._arguments(**resources))

    def kill(self, node: Any) -> None:
        """End a node without a word of farewell."""
        self._nodes.remove_node(node, allow_graceful=False)

    def kill_id(self, node: str) -> None:
        """End the node of an id."""
        self.kill(next(each for each in self._nodes.list_all_nodes() if each.node_id == node))

    def close(self) -> None:
        self._nodes.shutdown()

    @staticmethod
    def _arguments(**resources: Any) -> dict[str, Any]:
        return {"include_dashboard": False, "object_store_memory": 80 * 2**20} | resources


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    """Two nodes; their trials write into `small.folder()`."""
    if find_spec("ray") is None:
        pytest.skip(NO_RAY)
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(dir="/tmp", prefix="assay-") as folder:
        for name in ("home", "cache", "ray"):
            (Path(folder) / name).mkdir()
        for name in ("resources", "converted"):
            cache_folder(name).mkdir(parents=True, exist_ok=True)
            (Path(folder) / "cache" / name).symlink_to(cache_folder(name))
        patch.setenv("ASSAY_CACHE", f"{folder}/cache")
        patch.setenv(small.FOLDER, f"{folder}/home")
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "src")]))
        patch.setenv("RAY_TMPDIR", folder)
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        patch.setenv("RAY_DEDUP_LOGS_SKIP_REGEX", ".*")
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", "0123456789abcdef" * 4)
        if "ray" in sys.modules:  # loaded before, it has read these variables already
            from ray import _raylet

            _raylet.Config.initialize("")  # type: ignore[attr-defined]  # it is compiled
        started = Workers()
        try:
            yield started
        finally:
            started.close()


@pytest.fixture(scope="module")
def cluster(workers: Workers) -> Iterator[Cluster]:
    """The cluster, connected."""
    with connect(workers.address) as connected:
        yield connected
