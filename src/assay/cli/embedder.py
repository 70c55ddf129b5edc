"""The model of sentences that the setting ``embeddings`` names, loaded only where something is to be embedded.

It is one that a package carries, a folder, or the id of a model on a hub: any that sentence-transformers loads.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.cli import Session

if TYPE_CHECKING:
    from assay.reader.nearness import Nearness, Rows

NEEDS = "embeddings need sentence-transformers: pip install 'assay-papers[embeddings]'"
_KIND = "sentence encoder"
_PLAIN_E5 = re.compile(r"(^|/)(multilingual-)?e5-(small|base|large)(-v2)?$")


def embedder_name(model: str) -> str:
    """The name under which the vectors of a model are kept; a folder has another one once its files have changed."""
    folder = Path(model).expanduser()
    if not folder.is_dir():
        return model
    files = sorted([*folder.glob("*.json"), *folder.glob("*.safetensors"), *folder.glob("*.bin")])
    states = "".join(f"{path.name} {path.stat().st_size} {path.stat().st_mtime_ns}\n" for path in files)
    return f"{folder.resolve().name} {sha256(states.encode()).hexdigest()[:16]}"


class SentenceModel:
    """A model of sentences, which is loaded when it first reads something."""

    def __init__(self, model: str, *, say: Callable[[str], None]) -> None:
        """Args: ``model`` is what the setting says; ``say`` shows what is fetched and how much.

        Raises:
            ValueError: if sentence-transformers is not installed.
        """
        if find_spec("sentence_transformers") is None:
            raise ValueError(NEEDS)
        self.name = embedder_name(model)
        self._model = model
        self._say = say

    def read_papers(self, texts: Sequence[str]) -> "Rows":
        """Vectors of titles with abstracts.

        Raises:
            ValueError: if there is no such model.
        """
        return self._read(self._loaded.encode_document, texts)

    def read_phrases(self, texts: Sequence[str]) -> "Rows":
        """Vectors of what people look for; errors as in `read_papers`."""
        return self._read(self._loaded.encode_query, texts)

    @staticmethod
    def _read(encode: Any, texts: Sequence[str]) -> "Rows":
        rows: Rows = encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return rows

    @cached_property
    def _loaded(self) -> Any:
        place = _locate(self._model, self._say)
        from sentence_transformers import SentenceTransformer

        from assay.testbed.pretrained import quietly

        prompts = {"query": "query: ", "document": "passage: "} if _PLAIN_E5.search(self._model) else None
        with quietly():
            try:
                return SentenceTransformer(place, prompts=prompts)
            except Exception as error:  # each library beneath has kinds of its own
                why = next(iter(str(error).splitlines()), type(error).__name__)
                raise ValueError(f"{self._model} cannot be loaded for embeddings: {why}") from error


def _locate(model: str, say: Callable[[str], None]) -> str:
    """Where sentence-transformers is to load a model from."""
    from assay.testbed.pretrained import check_hub
    from assay.testbed.resources import resources

    folder = Path(model).expanduser()
    known = resources().get(model)
    if folder.is_dir():
        if not any((folder / name).is_file() for name in ("modules.json", "config.json")):
            raise ValueError(f"{model} is no model: the folder has neither modules.json nor config.json")
        return str(folder)
    if known is None:
        if folder.is_absolute() or model.startswith((".", "~")) or model.count("/") > 1:
            raise ValueError(f"{model} is not there")
        check_hub(model)
        return model
    if known.kind != _KIND:
        names = ", ".join(each.name for each in resources().values() if each.kind == _KIND)
        raise ValueError(f"{known.name} is a {known.kind}: embeddings are made by {names}, a folder or a hub's model")
    from assay.testbed.sentence_encoder import find_sentence_encoder

    return str(find_sentence_encoder(say=say))


@contextmanager
def nearness_of(here: Session) -> "Iterator[Nearness | None]":
    """How near papers are to phrases, as the model of the settings sees it; ``None`` where they name none."""
    if not here.settings.embeddings:
        yield None
        return
    from assay.reader.nearness import Nearness
    from assay.reader.vectors import open_vectors

    here.settings.home.mkdir(parents=True, exist_ok=True)
    with open_vectors(here.settings.vectors_database) as vectors:
        yield Nearness(vectors, embedder_name(here.settings.embeddings))


def tell_lacking(here: Session, near: "Nearness | None") -> None:
    """Say how vectors are made, where some were looked for that are not there."""
    from assay.publish.labels import label

    if near is not None and near.lacking:
        here.say(label("ranked.not_embedded", here.settings.languages[0], n=near.lacking))
        if find_spec("sentence_transformers") is None:
            here.say(NEEDS)
