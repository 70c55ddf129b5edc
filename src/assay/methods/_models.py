"""The one shape in which a method takes a model that it asks: it answers, and may say how likely a continuation is.

`as_model` makes one of a callable, of an OpenAI-compatible endpoint, or of a model of transformers with its tokenizer::

    as_model(lambda prompt: my_client(prompt))
    Endpoint("http://127.0.0.1:8000/v1", "my-model", key="...")
    as_model(model, tokenizer)

Answers come in the order of the prompts. Whatever cannot be done is refused: an endpoint gives no likelihood of a
continuation, a callable only what it was made for.
"""

import base64
import io
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import sleep
from typing import Any, Protocol, TypeVar, cast, runtime_checkable

T = TypeVar("T")

_FAILURES_TO_RETRY = {408, 409, 425, 429, 500, 502, 503, 504}
_LONGEST_WORDS = 300


class ModelError(ValueError):
    """A model gave no answer; the message says why, in a line."""


@runtime_checkable
class Model(Protocol):
    """What answers prompts."""

    @property
    def name(self) -> str:
        """What reports call it."""
        ...

    def answer(
        self,
        prompts: Sequence[str],
        *,
        tokens: int = 256,
        temperature: float = 0.0,
        seed: int = 0,
        images: Sequence[Any] | None = None,
    ) -> list[str]:
        """The text that the model answers to each prompt.

        Args:
            prompts: For several samples of one prompt, give it several times.
            tokens: Of an answer, at most.
            temperature: 0 takes the likeliest token each time.
            seed: Of the sampling; the same seed, prompts and order give the same answers, if the model can do that.
            images: One for each prompt, as Pillow's images, for models that see.

        Raises:
            ModelError: There is no answer, or the model cannot do what is asked.
        """
        ...


@runtime_checkable
class LikelihoodModel(Model, Protocol):
    """A model that also tells how likely a continuation of a prompt is."""

    def log_likelihoods(self, prompts: Sequence[str], continuations: Sequence[str]) -> list[tuple[float, int]]:
        """The log-likelihood in nats of each continuation given its prompt, and the tokens that it has.

        Args:
            prompts: One for each continuation.
            continuations: With the space that they begin with, if they do.
        """
        ...


def as_model(model: Any, tokenizer: Any = None, *, name: str = "", **how: Any) -> Model:
    """Take a model in whatever form there is.

    Args:
        model: A `Model`; a callable that answers one prompt (and, for models that see, an image behind it); or a causal
            language model of transformers. What has both in ``.model`` and ``.tokenizer`` is taken apart.
        tokenizer: Of the transformers model.
        name: What reports call it.
        how: Fields of `TransformersModel`.

    Raises:
        ValueError: It is none of these.
    """
    if isinstance(model, TransformersModel) and not (name or how):
        return model  # with its own settings
    if tokenizer is None and hasattr(model, "tokenizer") and hasattr(model, "model"):
        name, model, tokenizer = name or str(getattr(model, "name", "")), model.model, model.tokenizer
    if hasattr(model, "generate") and hasattr(model, "config"):
        if tokenizer is None:
            raise ValueError(f"{type(model).__name__} comes without its tokenizer: as_model(model, tokenizer)")
        return TransformersModel(
            model, tokenizer, name or str(model.config.name_or_path or type(model).__name__), **how
        )
    if isinstance(model, Model):
        return model
    if callable(model):
        return _Callable(model, name or str(getattr(model, "__name__", type(model).__name__)))
    raise ValueError(
        f"{type(model).__name__} is no model: give a callable, an Endpoint, or a transformers model with its tokenizer"
    )


def can_tell_likelihoods(model: Model) -> bool:
    """Whether the model tells how likely a continuation is."""
    return isinstance(model, LikelihoodModel)


def likelihoods_of(model: Model) -> LikelihoodModel:
    """The model, seen to tell how likely a continuation is.

    Raises:
        ModelError: It does not.
    """
    if isinstance(model, LikelihoodModel):
        return model
    raise ModelError(f"{model.name} tells no likelihoods: score by letter, or give a model of transformers")


@dataclass(frozen=True)
class _Callable:
    """A function that answers one prompt."""

    function: Callable[..., str]
    name: str

    def answer(
        self,
        prompts: Sequence[str],
        *,
        tokens: int = 256,  # noqa: ARG002 - the function has its own settings
        temperature: float = 0.0,  # noqa: ARG002
        seed: int = 0,  # noqa: ARG002
        images: Sequence[Any] | None = None,
    ) -> list[str]:
        arguments = [(prompt,) for prompt in prompts] if images is None else zip(prompts, images, strict=True)
        answers = [self.function(*each) for each in arguments]
        for prompt, answer in zip(prompts, answers, strict=True):
            if not isinstance(answer, str):
                raise ModelError(f"{self.name} answers {type(answer).__name__}, not text, to {_shorten(prompt)!r}")
        return answers


@dataclass(frozen=True)
class Endpoint:
    """A model behind an OpenAI-compatible server, asked for chat completions."""

    base_url: str
    """Up to and with ``/v1``."""
    model: str
    key: str = field(default="", repr=False)
    parallel: int = 4
    """Questions at once."""
    timeout: float = 120.0
    """Seconds for one answer."""
    attempts: int = 4
    """Of one question, while the server is busy or broken."""
    wait: float = 0.5
    """Seconds before the second attempt; doubled before each further one."""
    system: str = ""
    """The system message; none if empty."""

    def __post_init__(self) -> None:
        if not self.base_url.startswith(("http://", "https://")):
            raise ValueError(f"base_url is {self.base_url!r}: give an address that begins with http:// or https://")
        for name, least in (("parallel", 1), ("attempts", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}: give {least} or more")
        if not self.timeout > 0:
            raise ValueError(f"timeout is {self.timeout}: give seconds above 0")

    @property
    def name(self) -> str:
        """The model's, as the server knows it."""
        return self.model

    def answer(
        self,
        prompts: Sequence[str],
        *,
        tokens: int = 256,
        temperature: float = 0.0,
        seed: int = 0,
        images: Sequence[Any] | None = None,
    ) -> list[str]:
        """See `Model.answer`; the first prompt that fails for good ends the rest."""
        pictures = list(images) if images is not None else [None] * len(prompts)
        bodies = [
            {"messages": self._messages(prompt, picture), "max_tokens": tokens, "temperature": temperature}
            | ({"seed": seed + index} if temperature else {})
            for index, (prompt, picture) in enumerate(zip(prompts, pictures, strict=True))
        ]
        return self.ask("chat/completions", bodies, _message)

    def ask(self, path: str, bodies: Sequence[dict[str, Any]], read: Callable[[str, Any], T]) -> list[T]:
        """Post requests, `parallel` at once; the first that fails for good ends the rest.

        Args:
            path: Behind the base, such as ``completions``.
            bodies: What is sent as JSON, beside the model's name.
            read: Makes an answer of the address and the server's response.

        Raises:
            ModelError: Nobody answers, or the server stays busy or broken.
        """
        import httpx2  # noqa: PLC0415 - for who asks an endpoint alone

        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        with (
            httpx2.Client(headers=headers, timeout=self.timeout) as http,
            ThreadPoolExecutor(max_workers=self.parallel) as pool,
        ):

            def post(body: dict[str, Any]) -> T:
                return read(*self._post(http, path, {"model": self.model} | body))

            futures = [pool.submit(post, body) for body in bodies]
            try:
                return [each.result() for each in futures]
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _messages(self, prompt: str, picture: Any) -> list[dict[str, Any]]:
        before = [{"role": "system", "content": self.system}] if self.system else []
        if picture is None:
            return [*before, {"role": "user", "content": prompt}]
        parts = [{"type": "image_url", "image_url": {"url": data_url(picture)}}, {"type": "text", "text": prompt}]
        return [*before, {"role": "user", "content": parts}]

    def _post(self, http: Any, path: str, body: dict[str, Any]) -> tuple[str, Any]:
        """The address that was asked, and its response; while it is busy or broken it is asked again."""
        import httpx2  # noqa: PLC0415

        url = f"{self.base_url.rstrip('/')}/{path}"
        for attempt in range(1, self.attempts + 1):
            try:
                response = http.post(url, json=body)
            except httpx2.ConnectError as error:
                why = _shorten(str(error)) or type(error).__name__
                raise ModelError(
                    f"{url} does not answer: {why}; is the server running, and the address right?"
                ) from None
            except httpx2.TransportError as error:
                failure = _shorten(str(error)) or type(error).__name__
            else:
                if response.status_code not in _FAILURES_TO_RETRY:
                    return url, response
                failure = f"{response.status_code} {_shorten(response.text)}"
            if attempt < self.attempts:
                sleep(self.wait * 2 ** (attempt - 1))
        raise ModelError(f"{url} does not answer, asked {self.attempts} times: {failure}")


def _message(url: str, response: Any) -> str:
    """The text of a chat completion."""
    if response.status_code != 200:
        raise ModelError(f"{url} answers {response.status_code}: {_shorten(response.text)}")
    try:
        message = response.json()["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError):
        raise ModelError(f"{url} answers no chat completion: {_shorten(response.text)}") from None
    return message if isinstance(message, str) else ""


@dataclass(frozen=True, eq=False)
class TransformersModel:
    """A causal language model of transformers with its tokenizer."""

    model: Any
    tokenizer: Any
    name: str
    chat: bool = True
    """Whether prompts are put into the model's chat format, if it has one."""
    batch: int = 16
    """Prompts at once, at most."""
    batch_tokens: int = 8_192
    """Tokens of a batch with its padding, at most; a single prompt may have more."""

    def answer(
        self,
        prompts: Sequence[str],
        *,
        tokens: int = 256,
        temperature: float = 0.0,
        seed: int = 0,
        images: Sequence[Any] | None = None,
        **generate: Any,
    ) -> list[str]:
        """See `Model.answer`; `generate` is handed to the model's own ``generate``."""
        if images is not None:
            raise ModelError(f"{self.name} reads no images: give a model that sees, or ask with captions")
        rows = [self._prompt_ids(prompt) for prompt in prompts]
        answers = [""] * len(rows)
        from assay.methods._patching import evaluating  # noqa: PLC0415 - it needs torch

        with evaluating(self.model), _seeded(self.model, seed):
            for batch in self._batches([len(row) + tokens for row in rows]):
                for index, answer in zip(
                    batch, self._generate(batch, rows, tokens, temperature, generate), strict=True
                ):
                    answers[index] = answer
        return answers

    def log_likelihoods(self, prompts: Sequence[str], continuations: Sequence[str]) -> list[tuple[float, int]]:
        """See `LikelihoodModel.log_likelihoods`.

        Prompt and continuation are told apart by the characters that each token covers, so that a token which the two
        share counts to the continuation. One that has no token of its own is refused.
        """
        import torch  # noqa: PLC0415

        from assay.methods._patching import evaluating  # noqa: PLC0415

        pairs = list(zip(prompts, continuations, strict=True))
        rows = [self._continued_ids(*pair) for pair in pairs]
        # The last token is not read, so letters behind one question are told by a single reading of it.
        readers: dict[tuple[int, ...], list[int]] = {}
        for index, (whole, _) in enumerate(rows):
            readers.setdefault(tuple(whole[:-1]), []).append(index)
        read = list(readers)
        results: list[tuple[float, int]] = [(0.0, 0)] * len(rows)
        with torch.no_grad(), evaluating(self.model):
            for batch in self._batches([len(ids) for ids in read]):
                longest = max(len(read[number]) for number in batch)
                ids = torch.tensor([[*read[n], *[0] * (longest - len(read[n]))] for n in batch])
                mask = torch.tensor([[1] * len(read[n]) + [0] * (longest - len(read[n])) for n in batch])
                device = self.model.device
                logits = self.model(input_ids=ids.to(device), attention_mask=mask.to(device)).logits
                for row, number in enumerate(batch):
                    for index in readers[read[number]]:
                        whole, start = rows[index]
                        targets = torch.tensor(whole[start:], device=device)
                        logs = logits[row, start - 1 : len(whole) - 1].float().log_softmax(-1)
                        results[index] = (float(logs.gather(-1, targets[:, None]).sum()), len(targets))
        return results

    def prompt_text(self, prompt: str) -> str:
        """The prompt as the model reads it: in its chat format, if it has one and `chat` is set."""
        if not self.chat or self.tokenizer.chat_template is None:
            return prompt
        messages = [{"role": "user", "content": prompt}]
        return cast("str", self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))

    def _prompt_ids(self, prompt: str) -> list[int]:
        text = self.prompt_text(prompt)
        ids: list[int] = self.tokenizer(text, add_special_tokens=text == prompt)["input_ids"]
        return ids or [self._beginning()]

    def _continued_ids(self, prompt: str, continuation: str) -> tuple[list[int], int]:
        """Token ids of both, and where the continuation's begin."""
        text = self.prompt_text(prompt)
        coded = self.tokenizer(text + continuation, add_special_tokens=text == prompt, return_offsets_mapping=True)
        ids: list[int] = coded["input_ids"]
        begins = [i for i, (start, end) in enumerate(coded["offset_mapping"]) if end > len(text) and end > start]
        if not begins:
            raise ModelError(f"{self.name} has no token for the continuation {continuation!r} of {_shorten(prompt)!r}")
        first = begins[0]
        return (ids, first) if first else ([self._beginning(), *ids], 1)

    def _beginning(self) -> int:
        token = self.tokenizer.bos_token_id
        return int(self.tokenizer.eos_token_id if token is None else token)

    def _batches(self, lengths: Sequence[int]) -> Iterator[list[int]]:
        """Indices of what is read together: alike in length, within `batch` and `batch_tokens`."""
        batch: list[int] = []
        for index in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
            longest = lengths[batch[0]] if batch else lengths[index]
            if batch and (len(batch) == self.batch or longest * (len(batch) + 1) > self.batch_tokens):
                yield batch
                batch = []
            batch.append(index)
        if batch:
            yield batch

    def _generate(
        self, batch: Sequence[int], rows: Sequence[Sequence[int]], tokens: int, temperature: float, more: dict[str, Any]
    ) -> list[str]:
        import torch  # noqa: PLC0415

        longest = max(len(rows[index]) for index in batch)
        pad = self.tokenizer.pad_token_id
        pad = self.tokenizer.eos_token_id if pad is None else pad
        ids = torch.tensor([[pad] * (longest - len(rows[i])) + list(rows[i]) for i in batch], device=self.model.device)
        mask = torch.tensor([[0] * (longest - len(rows[i])) + [1] * len(rows[i]) for i in batch], device=ids.device)
        how: dict[str, Any] = {"do_sample": temperature > 0, "max_new_tokens": tokens, "pad_token_id": pad}
        if temperature > 0:
            how |= {"temperature": temperature, "top_k": 0, "top_p": 1.0}
        with torch.no_grad():
            out = self.model.generate(ids, attention_mask=mask, **how | more)
        return [str(text) for text in self.tokenizer.batch_decode(out[:, longest:], skip_special_tokens=True)]


def mean_log_likelihood(total: float, tokens: int) -> float:
    """The log-likelihood of a token, on the average."""
    return total / tokens if tokens else -math.inf


@contextmanager
def _seeded(model: Any, seed: int) -> Iterator[None]:
    """Random numbers of torch from a seed; the state that was there comes back."""
    import torch  # noqa: PLC0415

    devices = [model.device] if model.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


def data_url(picture: Any) -> str:
    """An image of Pillow's as an address that holds it, as endpoints take images."""
    file = io.BytesIO()
    picture.save(file, format="PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_WORDS else f"{line[:_LONGEST_WORDS]}..."
