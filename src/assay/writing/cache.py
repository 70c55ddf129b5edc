"""Keeps answers in a folder, one file each: no question is paid for twice, and a run can be replayed offline."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from assay.papers.files import write_whole
from assay.writing.answers import Usage


@dataclass(frozen=True)
class Recording:
    """An answer of an earlier request."""

    text: str
    model: str
    usage: Usage
    created: datetime
    address: str = ""
    """Where the model answered; empty in recordings of an older edition, which do not say."""


@dataclass(frozen=True)
class Recordings:
    """A folder of recorded answers; what is not there is asked for and added.

    Only answers of the right shape are recorded, and never the key. A question is known by its words and its model, not
    by the address, so that recordings can be replayed anywhere; the address stands in them, so that whoever asks
    the same of another server can be told.
    """

    folder: Path
    """Made when the first answer is recorded."""
    replay: bool = False
    """Whether only recorded answers are used and the network is never touched."""

    def find(self, question: str) -> Recording | None:
        """The answer to the question with this hash; ``None`` if there is none, or none that can be read."""
        try:
            record = json.loads(self._file(question).read_bytes())
            tokens_in, tokens_out, estimated = (record["usage"][name] for name in Usage._fields)
            recording = Recording(
                json.dumps(record["answer"], ensure_ascii=False),
                str(record["model"]),
                Usage(int(tokens_in), int(tokens_out), bool(estimated)),
                datetime.fromisoformat(record["created"]),
                str(record.get("address", "")),
            )
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return recording if record.get("question") == question and recording.created.tzinfo is not None else None

    def add(self, question: str, request: Mapping[str, Any], answer: Recording) -> None:
        """Record an answer, whole or not at all.

        Args:
            question: its hash.
            request: what was hashed.
            answer: what came back; its text is one JSON object.
        """
        record = {
            "question": question,
            "model": answer.model,
            "address": answer.address,
            "created": answer.created.isoformat(),
            "usage": answer.usage._asdict(),
            "answer": json.loads(answer.text),
            "asked": request,
        }
        # Half of a surrogate pair, which a model can write and JSON can hold, is kept as its escape.
        data = json.dumps(record, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace")
        write_whole(self._file(question), data + b"\n")

    def _file(self, question: str) -> Path:
        return self.folder / f"{question}.json"


def hash_question(request: Mapping[str, Any]) -> str:
    """SHA-256 of what is asked, in hexadecimal; the order of keys does not matter."""
    return sha256(json.dumps(request, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
