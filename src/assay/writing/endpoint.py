"""Where a language model is, and how it may be asked: any endpoint that speaks OpenAI's chat protocol."""

import math
import re
from dataclasses import dataclass, field

import httpx2
from pydantic import SecretStr

from assay.writing.budget import Prices


@dataclass(frozen=True)
class Endpoint:
    """Where a model is, its name, and how to ask it. All times are in seconds.

    Raises:
        ValueError: if a value makes no sense.
    """

    base_url: str
    """As the provider's pages give it, with or without a slash at its end. ``/v1`` is added to a bare host, and
    ``/chat/completions`` where it is missing."""
    model: str
    """As the endpoint calls it."""
    key: SecretStr | None = field(default=None, repr=False)
    """Sent as a bearer token; most local servers need none."""
    timeout: float = 300
    """For one answer from first to last byte: 2048 tokens at the 7 a second of a small model without a GPU."""
    concurrency: int = 4
    """Requests that are open at one time: as many as small local servers answer side by side."""
    requests_per_minute: float | None = None
    """As the provider's account page says."""
    tokens_per_minute: float | None = None
    """Read and written together; as the provider's account page says."""
    patience: float = 300
    """For asking a busy or broken endpoint again, from its first failure on; the same as for sources of papers."""
    retry_wait: float = 1
    """Before the first retry, if the endpoint does not say; it doubles with each, up to a minute."""
    max_output_tokens: int = 2048
    """Room for an answer, the model's thoughts included: a long Korean summary and as much again. An answer that is
    cut off is asked for once more with twice the room, if the context has it."""
    context_tokens: int = 8192
    """Question and answer together. What servers of small models are started with; some cut a longer question without
    a word, so that it is refused here."""
    temperature: float = 0
    """The likeliest words: summaries are to be the same tomorrow."""
    seed: int | None = 0
    """For the same reason, where the endpoint knows about seeds."""
    prices: Prices | None = None
    """For a million tokens; a budget in money needs them."""

    def __post_init__(self) -> None:
        url = _address(self.base_url)
        if not self.model.strip() or not self.model.isprintable():
            raise ValueError(f"{url}: the model needs a name in one line, not {self.model!r}")
        counts = [self.concurrency, self.max_output_tokens, self.context_tokens]
        rates = [rate for rate in (self.requests_per_minute, self.tokens_per_minute) if rate is not None]
        if not (min(counts) >= 1 and all(rate > 0 for rate in rates)):
            raise ValueError(f"{self}: concurrency, rates, output and context are above zero")
        waits = [self.timeout, self.patience, self.retry_wait, self.temperature, *(self.prices or ())]
        if not (min(waits) >= 0 and self.timeout > 0 and all(map(math.isfinite, waits))):
            raise ValueError(f"{self}: times, temperature and prices are not below zero, and the timeout is above it")
        if self.max_output_tokens >= self.context_tokens:
            raise ValueError(
                f"{self}: {self.max_output_tokens} tokens of output leave no room for a question in a context of"
                f" {self.context_tokens}"
            )
        key = self.key.get_secret_value().strip() if self.key else ""
        if not re.fullmatch(r"[!-~]*", key):
            raise ValueError(f"{self}: the key goes into a header, so it must be one word of ASCII")
        object.__setattr__(self, "key", SecretStr(key) if key else None)

    @property
    def url(self) -> str:
        """Where requests go."""
        return _address(self.base_url)

    def __str__(self) -> str:
        return f"{self.url} ({self.model})"


def _address(base_url: str) -> str:
    """Where requests go, from what people write.

    Raises:
        ValueError: if it is no web address, or holds what belongs elsewhere.
    """
    try:
        url = httpx2.URL(base_url.strip())
    except httpx2.InvalidURL:
        url = httpx2.URL("")
    if url.userinfo or url.query or url.fragment:
        raise ValueError(f"{url.host}: the endpoint's address has no user, query or fragment; a key is given apart")
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError(f"not a web address: {base_url!r} (it starts with https:// or http://)")
    path = url.path.rstrip("/")
    if not path.endswith("/chat/completions"):
        path = f"{path or '/v1'}/chat/completions"
    return f"{url.scheme}://{url.netloc.decode('ascii')}{path}"
