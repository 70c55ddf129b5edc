r"""What an OpenAI-compatible server goes on with behind a text, and how likely it found each token of that.

Chats hide where the model's turn begins and what stands in it. What cuts a chain of thought and forces an answer, or
looks for steps at which a model hesitates, needs plain completions with log-probabilities::

    complete(Endpoint("http://127.0.0.1:8000/v1", "my-model"), ["2 + 2 ="], tokens=4, stop=["\n"])
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assay.methods._models import Endpoint, ModelError

_LETTERS = 4
"""That tokens which share letters make up, at most, before a whole one comes."""


@dataclass(frozen=True)
class Completion:
    """What a server wrote behind one text."""

    text: str
    tokens: tuple[str, ...]
    """Their texts; a letter that several tokens share may be missing from them."""
    log_probs: tuple[float, ...]
    """Of each token, in nats, as the server tells them."""
    ended: str
    """``stop`` at a stop string or the end token, ``length`` where the budget was used up."""

    def beginning(self, count: int) -> tuple[str, int]:
        """The text of the first `count` tokens, and their number: fewer, where a letter would be split."""
        kept = end = 0
        for number, token in enumerate(self.tokens[:count], 1):
            # Behind tokens that share a letter the text goes on a letter or a few later.
            begins = end if number == kept + 1 else self.text.find(token, end + 1, end + _LETTERS + len(token))
            if begins >= 0 and self.text.startswith(token, begins):
                kept, end = number, begins + len(token)
        return self.text[:end], kept


def complete(
    endpoint: Endpoint,
    prompts: Sequence[str],
    *,
    tokens: int,
    temperature: float = 0.0,
    stop: Sequence[str] = (),
    seed: int = 0,
) -> list[Completion]:
    """Let a server go on with texts.

    Args:
        endpoint: Where; its system message has no place here.
        prompts: As the model reads them, marks of a chat included.
        tokens: Of a completion, at most.
        temperature: 0 takes the likeliest token each time.
        stop: Strings that end a completion; they are left out of its text, by servers that do as OpenAI's.
        seed: Of the sampling.

    Raises:
        ModelError: There is no answer, or the server tells no log-probabilities.
    """
    bodies = [
        {"prompt": prompt, "max_tokens": tokens, "temperature": temperature, "logprobs": 1}
        | ({"stop": list(stop)} if stop else {})
        | ({"seed": seed + index} if temperature else {})
        for index, prompt in enumerate(prompts)
    ]
    return endpoint.ask("completions", bodies, _completion)


def _completion(url: str, response: Any) -> Completion:
    if response.status_code != 200:
        raise ModelError(f"{url} answers {response.status_code}: {' '.join(response.text.split())[:300]}")
    try:
        choice = response.json()["choices"][0]
        text, ended = str(choice["text"]), str(choice["finish_reason"])
    except (ValueError, LookupError, TypeError):
        raise ModelError(f"{url} answers no completion: {' '.join(response.text.split())[:300]}") from None
    logs = choice.get("logprobs") or {}
    tokens, log_probs = logs.get("tokens"), logs.get("token_logprobs")
    if isinstance(logs.get("content"), list):  # as chats have them, and llama.cpp here too
        tokens, log_probs = (
            [each.get("token") for each in logs["content"]],
            [each.get("logprob") for each in logs["content"]],
        )
    if not isinstance(tokens, list) or not isinstance(log_probs, list) or len(tokens) != len(log_probs):
        raise ModelError(f"{url} tells no log-probabilities of tokens: start the server so that it does")
    if not all(isinstance(each, int | float) and math.isfinite(each) for each in log_probs):
        raise ModelError(f"{url} tells log-probabilities that are no numbers: {log_probs[:5]}")
    return Completion(text, tuple(map(str, tokens)), tuple(map(float, log_probs)), ended)
