"""Keeps what a model answered, so that a long evaluation that was stopped goes on where it was.

Each answer is one line of a JSONL file, written through to the disk as soon as it is there; a line that a kill left
half written is passed over. A question is known again by the model's name, the prompt and how it was asked.
"""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from assay.methods._models import Model, ModelError


@dataclass
class Recorded:
    """A model whose answers are kept in a file, and asked for once."""

    model: Model
    file: Path
    """Of JSONL; made where there is none."""
    step: int = 16
    """Questions that are asked before their answers are kept."""
    progress: Callable[[str, int, int], None] | None = None
    """Told what is asked, and how many answers of how many are there."""
    what: str = "answers"
    """What is asked, in a word."""
    asked: int = 0
    """Answers that the model was asked for."""
    reused: int = 0
    """Answers that came out of the file."""
    empty: int = 0
    """Answers, of both, without a word."""
    _answers: dict[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        if self.file.is_file():
            self._answers = dict(_read(self.file))

    @property
    def name(self) -> str:
        """The model's."""
        return self.model.name

    def answer(
        self,
        prompts: Sequence[str],
        *,
        tokens: int = 256,
        temperature: float = 0.0,
        seed: int = 0,
        images: Sequence[Any] | None = None,
    ) -> list[str]:
        """See `Model.answer`. The n-th sample of one prompt is told from the others by its number."""
        if images is not None:
            raise ModelError("answers about images are not recorded: ask the model itself")
        times: dict[str, int] = {}
        keys = []
        for prompt in prompts:
            number = times[prompt] = times.get(prompt, -1) + 1
            keys.append(_key(self.name, prompt, tokens, temperature, seed, number if temperature else 0))
        missing = [index for index, key in enumerate(keys) if key not in self._answers]
        self.reused += len(keys) - len(missing)
        for start in range(0, len(missing), self.step):
            part = missing[start : start + self.step]
            texts = self.model.answer(
                [prompts[i] for i in part],
                tokens=tokens,
                temperature=temperature,
                # A seed of its own for each part: else what is asked after an interruption would repeat what is kept.
                seed=int(keys[part[0]][:7], 16) if temperature else seed,
            )
            self._keep({keys[index]: text for index, text in zip(part, texts, strict=True)})
            self.asked += len(part)
            if self.progress:
                self.progress(self.what, len(keys) - len(missing) + start + len(part), len(keys))
        answers = [self._answers[key] for key in keys]
        self.empty += sum(not answer.strip() for answer in answers)
        return answers

    def _keep(self, answers: dict[str, str]) -> None:
        with self.file.open("ab+") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    file.write(b"\n")  # a kill left half a line
            lines = [json.dumps({"key": key, "answer": text}) for key, text in answers.items()]
            file.write(("\n".join(lines) + "\n").encode())
            file.flush()
            os.fsync(file.fileno())
        self._answers |= answers


def _read(file: Path) -> list[tuple[str, str]]:
    """The whole lines of a file."""
    pairs = []
    for line in file.read_bytes().split(b"\n"):
        try:
            record = json.loads(line)
            pairs.append((str(record["key"]), str(record["answer"])))
        except (ValueError, LookupError, TypeError):
            continue
    return pairs


def _key(*parts: Any) -> str:
    return sha256(json.dumps(parts).encode()).hexdigest()[:32]
