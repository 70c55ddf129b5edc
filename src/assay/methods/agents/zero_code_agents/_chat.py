"""Asks models on behalf of agents: by calls of functions as OpenAI's protocol has them, or by calls written in text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assay.methods._models import Endpoint, ModelError, as_model
from assay.methods.agents.zero_code_agents._agents import Call, Message, Reply, Tool
from assay.methods.agents.zero_code_agents._calls import call_of, written_calls


@dataclass(frozen=True)
class Voice:
    """A model as agents ask it."""

    model: Any
    """A callable that answers a prompt, an `Endpoint`, or any other `Model`."""
    tokens: int = 1_024
    """Of an answer, at most."""
    temperature: float = 0.0
    seed: int = 0
    """Voters that sample need different ones."""
    calls: Literal["", "native", "written"] = ""
    """How tools are called: as the protocol has it, which only an endpoint can and does by itself, or in text."""

    def __post_init__(self) -> None:
        if self.calls not in ("", "native", "written"):
            raise ValueError(f"calls is {self.calls!r}: give native or written")
        if self.calls == "native" and not isinstance(self.model, Endpoint):
            raise ValueError("only an Endpoint calls tools natively: leave calls out, or give written")

    def __call__(self, messages: Sequence[Message], tools: Sequence[Tool]) -> Reply:
        """Ask, as `Ask` has it."""
        if isinstance(self.model, Endpoint) and self.calls != "written":
            (reply,) = self.model.ask("chat/completions", [self._body(messages, tools)], _reply)
            return reply
        return written_calls(self.complete)(messages, tools)

    def complete(self, prompt: str) -> str:
        """What the model answers to a text."""
        (answer,) = as_model(self.model).answer(
            [prompt], tokens=self.tokens, temperature=self.temperature, seed=self.seed
        )
        return answer

    def _body(self, messages: Sequence[Message], tools: Sequence[Tool]) -> dict[str, Any]:
        told = [{"role": "system", "content": self.model.system}, *messages]
        told = [each for each in told if each["role"] != "system" or each["content"]]
        body: dict[str, Any] = {"messages": told, "max_tokens": self.tokens, "temperature": self.temperature}
        if self.temperature:
            body["seed"] = self.seed
        if tools:
            body["tools"] = [
                {
                    "type": "function",
                    "function": {"name": each.name, "description": each.description, "parameters": each.parameters},
                }
                for each in tools
            ]
        return body


def as_voice(model: Any) -> Voice:
    """A model as agents ask it, with the usual settings unless it brings its own."""
    return model if isinstance(model, Voice) else Voice(model)


def _reply(url: str, response: Any) -> Reply:
    shown = " ".join(response.text.split())[:300]
    if response.status_code != 200:
        raise ModelError(f"{url} answers {response.status_code}: {shown}")
    try:
        message = response.json()["choices"][0]["message"]
        calls = tuple(map(_call, message.get("tool_calls") or ()))
        return Reply(message.get("content") or "", calls)
    except (ValueError, LookupError, TypeError, AttributeError):
        raise ModelError(f"{url} answers no chat completion: {shown}") from None


def _call(told: dict[str, Any]) -> Call:
    function = told["function"]
    return call_of(str(function["name"]), function["arguments"], str(told.get("id", "")))
