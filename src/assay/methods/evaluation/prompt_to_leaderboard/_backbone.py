"""The paper's encoder: a model of transformers reads the prompt, and its state is taken at a token behind it."""

from collections.abc import Iterator, Sequence
from typing import Any

CLS, PAD = "<|cls|>", "<|pad|>"
_INSTEAD = "<cls>"


class Backbone:
    """A model without its output head, as an encoder of prompts.

    Args:
        model: Of transformers; of a causal language model, the decoder is taken.
        tokenizer: Its own. Tokens to end and to pad with are added where it has none, and the embeddings grow.
        max_length: Tokens that are read; of longer prompts the end, as in the paper.
        batch: Prompts at once.

    Raises:
        ValueError: The model gives no hidden states.
    """

    def __init__(self, model: Any, tokenizer: Any, *, max_length: int = 1_024, batch: int = 32) -> None:
        if max_length < 2 or batch < 1:
            raise ValueError(f"max_length is {max_length} and batch {batch}: give at least 2 and 1")
        self.model = model.get_decoder() if getattr(model, "lm_head", None) is not None else model
        self.tokenizer, self.max_length, self.batch = tokenizer, max_length, batch
        missing = {
            name: token for name, token in (("cls_token", CLS), ("pad_token", PAD)) if not getattr(tokenizer, name)
        }
        if missing:
            tokenizer.add_special_tokens(missing)
        if len(tokenizer) > self.model.get_input_embeddings().num_embeddings:
            self.model.resize_token_embeddings(len(tokenizer), mean_resizing=False)

    def parameters(self) -> Iterator[Any]:
        """What `Tuning` trains along with the head."""
        parameters: Iterator[Any] = self.model.parameters()
        return parameters

    def __call__(self, prompts: Sequence[str]) -> Any:
        """States (prompts, width) at the token behind each prompt, without gradients, from the model in eval mode."""
        import torch  # noqa: PLC0415

        training = self.model.training
        self.model.eval()
        try:
            with torch.no_grad():
                parts = [self.states(prompts[at : at + self.batch]) for at in range(0, len(prompts), self.batch)]
            return torch.cat(parts).float().cpu()
        finally:
            self.model.train(training)

    def states(self, prompts: Sequence[str]) -> Any:
        """The same of one batch, with gradients, as the model is."""
        import torch  # noqa: PLC0415

        rows = [self._ids(prompt) for prompt in prompts]
        longest = max(map(len, rows))
        device = self.model.device
        # Padding stands on the right: the state of a token does not depend on what comes behind it.
        ids = torch.tensor([row + [self.tokenizer.pad_token_id] * (longest - len(row)) for row in rows], device=device)
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows], device=device)
        states = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        last = torch.tensor([len(row) - 1 for row in rows], device=device)
        return states[torch.arange(len(rows), device=device), last]

    def _ids(self, prompt: str) -> list[int]:
        text = prompt.replace(self.tokenizer.cls_token, _INSTEAD)
        if self.tokenizer.chat_template is not None:
            turns = [{"role": "user", "content": text}]
            text = self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=False)
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        own = self.tokenizer.cls_token_id
        if own in ids:
            raise ValueError(f"the prompt {prompt[:60]!r} has the token {self.tokenizer.cls_token} that ends a prompt")
        return [*ids[-(self.max_length - 1) :], own]
