"""The class that lm-evaluation-harness makes of a YAML file that `write_wicked_task` wrote; nothing else imports it."""

from functools import cache
from pathlib import Path
from typing import Any

from lm_eval.api.task import ConfigurableTask  # type: ignore[import-untyped]
from lm_eval.tasks import TaskManager  # type: ignore[import-untyped]
from lm_eval.tasks._yaml_loader import load_yaml  # type: ignore[import-untyped]

from assay.methods.evaluation.wicked._harness_docs import wicked_config
from assay.methods.evaluation.wicked._items import Wicked

OF, SETTINGS, FIELDS = "wicked_of", "wicked", "wicked_fields"
"""What the YAML has besides the harness's own: the task, how it is turned, and the fields of its documents."""


class WickedTask(ConfigurableTask):  # type: ignore[misc]
    """Another task of the harness, turned into its WiCkeD."""

    def __init__(self, config: dict[str, Any]) -> None:
        """Take a config with the fields `OF`, `SETTINGS` and `FIELDS`; what else it has goes before the task's own."""
        own = {key: value for key, value in config.items() if key not in {"class", OF, SETTINGS, FIELDS}}
        turned = wicked_config(
            load_config(config[OF]), Wicked(**config.get(SETTINGS) or {}), **config.get(FIELDS) or {}
        )
        metadata = (turned.get("metadata") or {}) | (own.pop("metadata", None) or {})
        super().__init__(config=turned | own | {"metadata": metadata})


def load_config(source: str) -> dict[str, Any]:
    """The config of a task, by the harness's name for it or by its YAML file.

    Raises:
        ValueError: There is no such task, or it is a group of tasks.
    """
    path = Path(source)
    if path.suffix not in {".yaml", ".yml"}:
        entry = _manager().task_index.get(source)
        if entry is None or entry.yaml_path is None or "group" in (entry.cfg or {}):
            raise ValueError(f"the harness has no single task {source!r}: name one that `lm_eval ls subtasks` shows")
        path = entry.yaml_path
    elif not path.is_file():
        raise ValueError(f"there is no file {source}")
    config: dict[str, Any] = load_yaml(path)
    return {key: value for key, value in config.items() if key not in {"tag", "group", "task_list"}}


@cache
def _manager() -> Any:
    return TaskManager()
