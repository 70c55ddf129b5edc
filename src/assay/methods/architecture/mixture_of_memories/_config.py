"""The configuration of a model with a mixture of memories."""

from typing import Any, NamedTuple

from transformers import PreTrainedConfig

from assay.methods._changes import HOME


class Rule(NamedTuple):
    """How a state is updated."""

    decays: bool
    """It fades by a factor that each token sets."""
    erases: bool
    """What it holds under a key is taken out before something else is written there."""


RULES = {
    "gated_delta": Rule(decays=True, erases=True),
    "delta": Rule(decays=False, erases=True),
    "gated_linear": Rule(decays=True, erases=False),
    "linear": Rule(decays=False, erases=False),
}
"""Update rules by name; the paper's reported models have the first."""

FORMS = ("dense", "gather", "recurrent")
"""What computes them over more than one token: all memories masked, each on its own tokens, or a loop."""


class MomConfig(PreTrainedConfig):
    """Sizes and memories of a decoder; the defaults are the paper's 340M model where nothing else is said.

    Raises:
        ValueError: A number is out of its range, or there is no such rule or form.
    """

    model_type = "mixture_of_memories"
    keys_to_ignore_at_inference = ["past_key_values"]  # noqa: RUF012 - transformers' own

    vocab_size: int = 32_000
    hidden_size: int = 1024
    num_hidden_layers: int = 24
    num_heads: int = 4
    head_dim: int = 256
    """Of queries and keys: d_k."""
    expand_v: float = 1.0
    """d_v by d_k."""
    intermediate_size: int | None = None
    """Inside the MLPs; four times two thirds of `hidden_size`, rounded up to 32, if not given."""
    hidden_act: str = "silu"
    mlp_bias: bool = False
    num_memories: int = 4
    """M, without the shared one."""
    topk: int = 2
    """k: memories that a token is sent to."""
    shared_memory: bool = True
    single_kv_proj: bool = False
    """All memories write the same key, value, strength and decay; only the router tells them apart."""
    rule: str = "gated_delta"
    """One of `RULES`."""
    form: str = "dense"
    """One of `FORMS`. Ours."""
    chunk_size: int = 64
    """Tokens of one triangular system. That of the authors' kernel."""
    conv_size: int = 4
    """Tokens that the convolution sees, the present one included."""
    aux_loss_weight: float = 0.001
    """Of the balance loss; the best of the paper's ablation. The code's own default is 0.01."""
    initializer_range: float = 0.02
    rms_norm_eps: float = 1e-5
    use_cache: bool = True
    tie_word_embeddings: bool = False
    pad_token_id: int | None = None
    bos_token_id: int | None = None
    eos_token_id: int | list[int] | None = None

    def __post_init__(self, **kwargs: Any) -> None:
        if self.intermediate_size is None:
            self.intermediate_size = -(-self.hidden_size * 8 // 3 // 32) * 32
        for name in ("num_heads", "head_dim", "num_hidden_layers"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}: at least one is needed")
        check_memories(self)
        width = self.head_dim * self.expand_v
        if width != round(width):
            raise ValueError(
                f"expand_v is {self.expand_v}: {width:g} is no width of a value head; d_k is {self.head_dim}"
            )
        super().__post_init__(**kwargs)
        setattr(self, HOME, "architecture.mixture_of_memories")

    @property
    def value_head_dim(self) -> int:
        """d_v."""
        return round(self.head_dim * self.expand_v)

    @property
    def states(self) -> int:
        """States of a head, the shared one included."""
        return self.num_memories + self.shared_memory

    @property
    def state_size(self) -> int:
        """Numbers that a layer keeps of a sequence, without the tail of the convolution."""
        return self.states * self.num_heads * self.head_dim * self.value_head_dim

    @property
    def active_state_size(self) -> int:
        """Numbers of these that one token updates and reads."""
        return (self.topk + self.shared_memory) * self.num_heads * self.head_dim * self.value_head_dim


def check_memories(memories: Any) -> None:
    """Refuse settings of memories, of a configuration or of `MixtureOfMemories`, that no model could have.

    Raises:
        ValueError: A number is out of its range, or there is no such rule or form.
    """
    for name in ("num_memories", "topk", "chunk_size", "conv_size"):
        if getattr(memories, name) < 1:
            raise ValueError(f"{name} is {getattr(memories, name)}: at least one is needed")
    if memories.conv_size < 2:
        raise ValueError("conv_size is 1: without a token before it the convolution is none")
    if memories.topk > memories.num_memories:
        raise ValueError(
            f"topk is {memories.topk}: a token cannot be sent to more than the {memories.num_memories} memories"
        )
    if memories.rule not in RULES:
        raise ValueError(f"there is no rule {memories.rule!r}; there are {', '.join(RULES)}")
    if memories.form not in FORMS:
        raise ValueError(f"there is no form {memories.form!r}; there are {', '.join(FORMS)}")
    if memories.expand_v <= 0:
        raise ValueError(f"expand_v is {memories.expand_v}: values have a width above 0")
    if memories.aux_loss_weight < 0:
        raise ValueError(f"aux_loss_weight is {memories.aux_loss_weight}: it pays for imbalance and cannot be negative")
