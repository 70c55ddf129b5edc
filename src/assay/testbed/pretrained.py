"""Real language models that others trained: one that a package carries, or the reader's own.

What a trial is handed is a `LanguageModel`: the model of transformers, its tokenizer, and what tells it from any other.
A GGUF file is converted once and kept in the cache, since transformers takes long to de-quantise it.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from hashlib import file_digest, sha256
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedModel
from transformers.utils import logging

from assay.testbed.folders import cache_folder, make_once
from assay.testbed.resources import Say, resources, to_stderr

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

DEFAULT = "smollm2-135m-instruct"
"""The model that trials are run on unless the reader names another."""

DTYPES = ("auto", "float32", "bfloat16", "float16")
_WRITERS = ("ForCausalLM", "LMHeadModel")
_NOTE = "assay-converted.json"


@dataclass(frozen=True, eq=False)
class LanguageModel:
    """A pretrained causal language model with its tokenizer, in eval mode."""

    model: PreTrainedModel
    tokenizer: "PreTrainedTokenizerBase"
    name: str
    """A hub id, or the name of a folder or file."""
    fingerprint: str
    """SHA-256 of its weights."""
    quantisation: str = ""
    """Of the GGUF file that it was de-quantised from, such as ``Q4_1``."""

    @property
    def parameters(self) -> int:
        """How many it has; shared ones count once."""
        return sum(each.numel() for each in self.model.parameters())

    @property
    def dtype(self) -> str:
        """Of its weights: ``float32``, ``bfloat16`` ..."""
        return str(self.model.dtype).removeprefix("torch.")

    @property
    def description(self) -> str:
        """``SmolLM2-135M-Instruct, 135 M parameters, float32, de-quantised from Q4_1``."""
        count, unit = (self.parameters / 1e6, "M") if self.parameters < 1e9 else (self.parameters / 1e9, "B")
        words = [self.name.rpartition("/")[2], f"{count:.3g} {unit} parameters", self.dtype]
        return ", ".join(words + ([f"de-quantised from {self.quantisation}"] if self.quantisation else []))

    def ids(self, text: str) -> Tensor:
        """Token ids [n] of a text, on the model's device, without the tokens that begin or end one."""
        return torch.tensor(self.tokenizer(text, add_special_tokens=False)["input_ids"], device=self.model.device)

    def prompt(self, text: str) -> Tensor:
        """Token ids [n] of a request in the model's chat format, up to where the answer begins.

        A model without such a format is given the text alone.
        """
        if self.tokenizer.chat_template is None:
            return torch.tensor(self.tokenizer(text)["input_ids"], device=self.model.device)
        messages = [{"role": "user", "content": text}]
        words = cast("str", self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
        return self.ids(words)

    @torch.no_grad()
    def answer(self, prompt: Tensor, *, new: int, **how: Any) -> str:
        """The text that the model goes on with, the likeliest token each time.

        Args:
            prompt: Token ids [n].
            new: At most so many tokens.
            how: Anything else that ``generate`` takes.
        """
        ids = prompt.unsqueeze(0)
        generate: Any = self.model.generate
        how = {"do_sample": False, "max_new_tokens": new, "attention_mask": torch.ones_like(ids)} | how
        if self.model.generation_config.pad_token_id is None:
            how.setdefault("pad_token_id", self.tokenizer.eos_token_id)
        out: Tensor = generate(ids, **how)
        return cast("str", self.tokenizer.decode(out[0, len(prompt) :], skip_special_tokens=True))


def load_language_model(
    source: str | Path = DEFAULT,
    *,
    dtype: str = "auto",
    device: torch.device | str = "cpu",
    say: Say | None = None,
) -> LanguageModel:
    """Load a pretrained causal language model with its tokenizer.

    Args:
        source: A name that `assay models` lists, a folder in the format of transformers, a GGUF file or a folder with
            one, or the id of a model on a hub.
        dtype: One of `DTYPES`; ``auto`` is what the weights were saved in.
        device: Where it is put.
        say: Shows what is fetched and how much; standard error by default.

    Raises:
        NotFetchedError: It is one that a package carries, not here yet and not to be fetched.
        ValueError: There is no such model, its files are not whole, it is of another kind, or lacks a tokenizer.
    """
    if dtype not in DTYPES:
        raise ValueError(f"dtype is {dtype!r}: choose {', '.join(DTYPES)}")
    place, name, quantisation = _locate(source, say)
    with quietly():
        _check_writes(place)
        tokenizer = _reading(place, "a tokenizer", lambda: AutoTokenizer.from_pretrained(place))
        model, info = _reading(
            place,
            "a causal language model",
            lambda: AutoModelForCausalLM.from_pretrained(place, dtype=dtype, output_loading_info=True),
        )
    if missing := sorted(info["missing_keys"]):
        raise ValueError(f"{source}: its weights lack {len(missing)} tensors, {missing[0]} among them")
    model.eval()
    return LanguageModel(model.to(device), tokenizer, name, _fingerprint(model), quantisation)


def find_language_model(source: str | Path, *, say: Say | None = None) -> str:
    """Where a pretrained causal language model can be loaded from, once it is seen to be one: a folder or a hub's id.

    Its weights are not loaded; a GGUF file is converted.

    Raises:
        NotFetchedError: It is one that a package carries, not here yet and not to be fetched.
        ValueError: There is no such model, or it is of another kind.
    """
    place, _, _ = _locate(source, say)
    with quietly():
        _check_writes(place)
    return place


def _locate(source: str | Path, say: Say | None) -> tuple[str, str, str]:
    """Where a model is to be loaded from, its name, and the quantisation of the GGUF file it comes from."""
    known = resources().get(str(source).lower())
    path = Path(source).expanduser()
    if known is not None and not path.exists():
        if known.kind != "causal language model":
            raise ValueError(f"{known.name} is a {known.kind}: give a causal language model")
        (file,) = known.fetch(say=say)
        return _converted(file, say)
    if path.is_file():
        if path.suffix != ".gguf":
            raise ValueError(f"{path} is no model: give a folder in the format of transformers, or a GGUF file")
        return _converted(path, say)
    if path.is_dir():
        name = path.resolve().name
        if (path / "config.json").is_file():
            return str(path), name, _note(path)
        files = sorted(path.glob("*.gguf"))
        if len(files) == 1:
            return _converted(files[0], say)
        content = f"{len(files)} GGUF files: name one" if files else "neither config.json nor a GGUF file"
        raise ValueError(f"{path} is no model: the folder has {content}")
    if path.is_absolute() or str(source).startswith((".", "~")) or str(source).count("/") > 1:
        raise ValueError(f"{path} is not there")
    check_hub(str(source))
    return str(source), str(source), ""


def check_hub(name: str) -> None:
    """Refuse an id at once that is neither in the hub's cache nor to be had from it: each file would be tried long.

    Raises:
        ValueError: It is neither.
    """
    from huggingface_hub import HfApi, try_to_load_from_cache  # noqa: PLC0415 - for who names a hub's model alone

    if isinstance(try_to_load_from_cache(name, "config.json"), str):
        return
    try:
        HfApi().model_info(name, timeout=10)
    except Exception as error:  # noqa: BLE001 - the client has a dozen kinds, and each means that it is not to be had
        status = getattr(getattr(error, "response", None), "status_code", None)
        why = f"the hub answers {status}" if status else "no hub can be reached"
        raise ValueError(f"{name} is neither a file or folder here nor in the hub's cache, and {why}") from None


def _check_writes(place: str) -> None:
    """Refuse a model that writes no text from left to right."""
    config = _reading(place, "a configuration", lambda: AutoConfig.from_pretrained(place))
    classes = config.architectures or []
    if classes and not any(each.endswith(_WRITERS) for each in classes):
        raise ValueError(f"{place} is a model of another kind, {classes[0]}: give a causal language model")


def _reading(place: str, what: str, read: Any) -> Any:
    """What `read` gives; where it fails, the reason in a line."""
    try:
        return read()
    except Exception as error:  # noqa: BLE001 - each library beneath has kinds of its own for a file that is not whole
        why = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise ValueError(f"{place} gives no {what.removeprefix('a ')}: {why}") from None


def _converted(file: Path, say: Say | None) -> tuple[str, str, str]:
    """The folder that a GGUF file was converted into, in the precision it de-quantises to; made if it is not there."""
    with file.open("rb") as content:
        key = file_digest(content, "sha256").hexdigest()[:32]

    def convert(folder: Path) -> None:
        (say or to_stderr)(f"converting {file.name}, once")
        _convert(file, folder)

    place = make_once(cache_folder("converted") / key, convert)
    quantisation = _note(place)
    return str(place), re.sub(rf"[.-]{quantisation}$", "", file.stem), quantisation


def _convert(file: Path, folder: Path) -> None:
    """De-quantise a GGUF file and save the model with its tokenizer, in the format of transformers."""
    how: dict[str, Any] = {"gguf_file": file.name}
    with quietly(), redirect_stderr(StringIO()):  # of the bars, one heeds no setting
        tokenizer = _reading(str(file), "a tokenizer", lambda: AutoTokenizer.from_pretrained(file.parent, **how))
        read: Any = _reading(
            str(file),
            "a causal language model",
            lambda: AutoModelForCausalLM.from_pretrained(file.parent, dtype=torch.float32, **how),
        )
        config = read.config
        config.__dict__.pop("quantization_config", None)  # the weights are plain numbers now
        model: Any = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
        model.load_state_dict(read.state_dict())
        model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    note = {"from": file.name, "quantisation": _quantisation(file)}
    (folder / _NOTE).write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")


def _quantisation(file: Path) -> str:
    """The type that most weights of a GGUF file have."""
    from gguf import GGUFReader  # noqa: PLC0415 - for who converts alone

    sizes: Counter[str] = Counter()
    for tensor in GGUFReader(file).tensors:
        sizes[tensor.tensor_type.name] += int(tensor.n_elements)
    return sizes.most_common(1)[0][0]


def _note(folder: Path) -> str:
    """The quantisation that a converted model was saved with."""
    file = folder / _NOTE
    return str(json.loads(file.read_text(encoding="utf-8"))["quantisation"]) if file.is_file() else ""


def _fingerprint(model: PreTrainedModel) -> str:
    """SHA-256 over the names, shapes and values of the weights."""
    digest = sha256()
    for name, weight in sorted(model.named_parameters(remove_duplicate=True)):
        digest.update(f"{name} {tuple(weight.shape)} {weight.dtype}\n".encode())
        digest.update(weight.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


@contextmanager
def quietly() -> Iterator[None]:
    """Keep transformers' own bars and advice out of whatever is shown; errors still come through."""
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
