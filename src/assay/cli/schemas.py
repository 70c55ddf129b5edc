"""The JSON Schemas of what ``--json`` prints, generated from the models: ``python -m assay.cli.schemas FOLDER``."""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from assay.claims.errata import Errata
from assay.claims.report import CheckedText
from assay.cli.add import AddReport
from assay.cli.check import Checked
from assay.cli.embed import EmbedReport
from assay.cli.evaluate import EvaluationReport
from assay.cli.export import ExportReport
from assay.cli.fulltext import FulltextReport
from assay.cli.library import LibraryReport
from assay.cli.models import ModelRow
from assay.cli.search import FoundPaper
from assay.cli.show import Shown
from assay.cli.trials import Durations, MethodRow
from assay.cli.watch import WatchReport
from assay.digest.ingest import ImportReport
from assay.digest.refresh import RefreshReport
from assay.digest.write import RunReport
from assay.papers.files import write_whole
from assay.papers.models import Attempt, Day
from assay.papers.period import Period
from assay.publish.results import ResultRow
from assay.publish.site import Built
from assay.reader.day import OwnDay, Started
from assay.reader.interests import Followed, Reference
from assay.reader.mine import MyPaper
from assay.sending.chat import PostReport
from assay.sending.mailing import MailReport
from assay.store import LedgerLine
from assay.store.backup import BackupReport
from assay.store.copying import CopyReport
from assay.store.holdings import Stored
from assay.store.restoring import Restored

OUTPUTS: dict[str, Any] = {
    "add": AddReport,
    "backup": BackupReport,
    "check": Checked | CheckedText,
    "claims": list[LedgerLine],
    "collect": list[Attempt],
    "digest": Day | OwnDay,
    "digest 2025-W09": Period,
    "embed": EmbedReport,
    "errata": Errata,
    "evaluate": EvaluationReport,
    "export": ExportReport,
    "fulltext": list[FulltextReport],
    "follow": Followed,
    "import": ImportReport,
    "library import": LibraryReport,
    "library list": list[Reference],
    "mail": list[MailReport],
    "methods": list[MethodRow],
    "mine": list[MyPaper],
    "models": list[ModelRow],
    "post": dict[str, list[PostReport]],
    "refresh": RefreshReport,
    "restore": Restored,
    "results": list[ResultRow],
    "results --durations": Durations,
    "run": list[ResultRow],
    "search": list[FoundPaper],
    "show": Shown,
    "site build": Built,
    "start": Started,
    "store copy": CopyReport,
    "store info": list[Stored],
    "summarise": RunReport,
    "watch": WatchReport,
}
"""By command, the type of its output."""


class _WithNoNumbers(GenerateJsonSchema):
    """Says of figures that they may be no number, which JSON then has as a text."""

    def float_schema(self, schema: Any) -> JsonSchemaValue:
        number = super().float_schema(schema)
        if self._config.ser_json_inf_nan != "strings":
            return number
        return {"anyOf": [number, {"enum": ["NaN", "Infinity", "-Infinity"]}]}


def schemas() -> dict[str, str]:
    """The schema of each command's output, as the text of its file."""
    texts = {}
    for command, output in OUTPUTS.items():
        schema = TypeAdapter(output).json_schema(mode="serialization", schema_generator=_WithNoNumbers)
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"assay {command} --json"} | {
            key: value for key, value in schema.items() if key != "title"
        }
        texts[f"{command.replace(' --', '-').replace(' ', '-')}.json"] = (
            json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        )
    return texts


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/schemas")
    for name, text in schemas().items():
        write_whole(folder / name, text)
