"""A model's attention, intercepted for a while: each call of its layers goes past a method first.

A method that looks at attention, or computes some of it another way, is written around `intercept_attention`. What it
does not know it hands on with ``call.stock()``, which is what the model computes without it: with its sinks, its
soft-capped scores, its kind of mask, its flash kernel.
"""

import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Self

from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from assay.methods._patching import swap

Output = tuple[Tensor, Tensor | None]
"""What an attention implementation returns: (B, m, Hq, D), and weights (B, Hq, m, n) or none."""

_HARMLESS = frozenset(
    """attention_mask cache_position dropout is_causal logits_to_keep max_length_k max_length_q num_items_in_batch
    output_attentions output_hidden_states output_router_logits position_ids return_dict scaling sliding_window
    token_type_ids mm_token_type_ids use_cache""".split()
)
"""Options of a call that leave the result what queries, keys, values, scaling and mask make it."""


@dataclass(frozen=True, eq=False)
class AttentionCall:
    """One call of a layer's attention, as transformers makes it."""

    module: Any
    """The layer's attention."""
    query: Tensor
    """(B, Hq, m, D), rotated and normalised, whatever the architecture does to it."""
    key: Tensor
    """(B, Hkv, n, D)."""
    value: Tensor
    """(B, Hkv, n, Dv)."""
    mask: Any
    """(B, 1, m, n) or ``None``, or what the method's own mask function made."""
    options: dict[str, Any]
    """The keywords of the call: ``scaling``, ``dropout``, and what the architecture adds."""
    inner: str
    """The implementation that the model has without the method."""

    @property
    def layer(self) -> int:
        """The number of the layer."""
        number: int = self.module.layer_idx
        return number

    @property
    def scaling(self) -> float:
        """What scores are multiplied with."""
        scaling: float | None = self.options.get("scaling")
        return self.query.shape[-1] ** -0.5 if scaling is None else scaling

    @property
    def dropout(self) -> float:
        """The share of weights that is dropped."""
        return float(self.options.get("dropout") or 0.0)

    @property
    def alterations(self) -> list[str]:
        """Options that change the result in ways that a method may not know: sinks, soft caps, biases of position."""
        return sorted(
            name
            for name, value in self.options.items()
            if name not in _HARMLESS and value is not None and value is not False
        )

    def stock(self, mask: Any = ...) -> Output:
        """What the model's own attention puts out; with another mask in the place of the call's, if one is given."""
        with ExitStack() as undo:
            # Flash attention looks up its own name while it runs.
            swap(undo, self.module.config, "_attn_implementation_internal", self.inner)
            output: Output = _implementation(self.inner, self.module)(
                self.module, self.query, self.key, self.value, self.mask if mask is ... else mask, **self.options
            )
        return output


Attend = Callable[[AttentionCall], Output]
MakeMask = Callable[..., Any]
"""Gets the model's own mask function and the keywords of the call; returns the mask."""


def intercept_attention(
    undo: ExitStack, layers: Iterable[Any], method: str, attend: Attend, *, make_mask: MakeMask | None = None
) -> None:
    """Have `attend` called in the place of these layers' attention, until `undo` is closed.

    Each part of a model keeps the implementation that it has, and has it again afterwards; a part whose layers are not
    named is left alone. Several methods can be nested: the inner one's ``stock`` is the outer one.

    Args:
        undo: What `assay.methods._patching.altered` yields.
        layers: Attention modules, from `assay.methods._decoders.attention_layers`.
        method: Its short name, which goes into the name of the implementation.
        attend: The method's own attention; ``call.stock()`` is the model's.
        make_mask: ``make_mask(stock, **keywords)`` makes the masks of these parts; theirs if not given.
    """
    layers = list(layers)
    hooks: dict[int, str] = {}
    for config in {id(layer.config): layer.config for layer in layers}.values():
        inner = config._attn_implementation  # noqa: SLF001 - there is no public name for it
        name = _Name(f"{method}_{inner}", inner)  # flash attention is recognised by what the name holds
        hooks[id(config)] = hook = f"_{name}_attend"  # another one for a method within itself
        # Under a plain text: these tables are the whole process's, and torch.compile looks into them.
        AttentionInterface.register(str(name), _intercepted(inner, hook))
        mask = ALL_MASK_ATTENTION_FUNCTIONS[inner]
        AttentionMaskInterface.register(str(name), _masked(make_mask, mask) if make_mask else mask)
        swap(undo, config, "_attn_implementation_internal", name)
    names = {key: hook[1:].removesuffix("_attend") for key, hook in hooks.items()}

    def check(layer: Any, _: Any) -> None:
        current = layer.config._attn_implementation  # noqa: SLF001
        if current != names[id(layer.config)]:
            raise ValueError(
                f"the attention implementation of this model became {str(current)!r} inside the block of {method}: set "
                "it before you enter the block"
            )

    for layer in layers:
        swap(undo, layer, hooks[id(layer.config)], attend)
        undo.callback(layer.register_forward_pre_hook(check).remove)


class _Name(str):
    """The name of an intercepted implementation, which also equals the name of the model's own.

    It is looked up as itself; but some architectures compare names (``== "eager"``) and compute something else for
    others.
    """

    inner: str

    def __new__(cls, name: str, inner: str) -> Self:
        self = super().__new__(cls, name)
        self.inner = inner
        return self

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override] # for `__new__`, which takes two
        return str(self), self.inner  # a configuration is copied, also within the block

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other) is True or self.inner == other

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


def _intercepted(inner: str, hook: str) -> Callable[..., Output]:
    def run(
        module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Any, **options: Any
    ) -> Output:
        call = AttentionCall(module, query, key, value, attention_mask, options, inner)
        # Another model that shares the configuration comes through here too.
        attend: Attend | None = getattr(module, hook, None)
        return call.stock() if attend is None else attend(call)

    return run


def _masked(make_mask: MakeMask, stock: Callable[..., Any]) -> Callable[..., Any]:
    def mask(**keywords: Any) -> Any:
        return make_mask(stock, **keywords)

    return mask


def _implementation(name: str, module: nn.Module) -> Callable[..., Any]:
    """The function of this name; the eager one stands in the file of each architecture."""
    if name in ALL_ATTENTION_FUNCTIONS:
        function: Callable[..., Any] = ALL_ATTENTION_FUNCTIONS[name]
        return function
    for cls in type(module).__mro__:
        if eager := getattr(sys.modules[cls.__module__], "eager_attention_forward", None):
            return eager  # type: ignore[no-any-return]
    raise ValueError(f"{type(module).__name__} has no attention implementation {name!r}: load the model with 'sdpa'")
