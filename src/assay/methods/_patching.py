"""Altering a model for a while: what a method changes is undone when its block ends, whatever happened inside.

A method that alters models is written around `altered`::

    with altered(model, "fastkv") as undo:
        swap(undo, layer, "forward", new_forward)
        undo.callback(layer.register_forward_hook(hook).remove)
        yield model

Nothing else is needed for its undoing, nor for refusing to enter it twice.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial, update_wrapper
from typing import Any

from torch import nn

_MARK = "_assay_altered_by"
_ABSENT = object()


@contextmanager
def altered(model: nn.Module, by: str) -> Iterator[ExitStack]:
    """Claim `model` for the method named `by` and yield the stack of what will undo its changes.

    Push an undo for each change, best right before or after it is made (`swap` does both at once); they run in
    reverse order when the block ends, also after an error. Two methods that alter different things may be nested.

    Raises:
        ValueError: The model is already altered by this method: a second layer of the same change would make
            neither of them what it says.
    """
    holders: list[str] = model.__dict__.setdefault(_MARK, [])
    if by in holders:
        raise ValueError(
            f"this {type(model).__name__} is already altered by {by}: leave that `with` block before entering it again"
        )
    holders.append(by)
    try:
        with ExitStack() as undo:
            if len(holders) == 1:
                swap(undo, model, "__deepcopy__", _refuse_copy)
            yield undo
    finally:
        holders.remove(by)
        if not holders:
            model.__dict__.pop(_MARK, None)


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """The model in eval mode, for a while."""
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)


def _refuse_copy(_: Any) -> Any:
    raise ValueError(
        "a model that is altered by a method would be copied with the alteration: leave the `with` block first"
    )


def swap(undo: ExitStack, owner: object, name: str, value: Any) -> None:
    """Set ``owner.name = value`` until `undo` is closed; a submodule may be swapped for another module.

    What was there comes back as it was: an attribute that `owner` only had from its class is deleted from the
    instance again.
    """
    before = _own(owner, name)
    undo.callback(_restore, owner, name, before)
    setattr(owner, name, value)


def wrap(owner: object, name: str, function: Callable[..., Any]) -> None:
    """Have ``owner.name(...)`` call ``function(stock, ...)`` until `unwrap`, where `stock` is the method as it was.

    For changes that stay: unlike what `swap` does, it goes along when the owner is copied or pickled.
    """
    stock = getattr(owner, name)
    vars(owner)[name] = update_wrapper(partial(function, stock), stock)


def unwrap(owner: object, name: str) -> None:
    """Take the outermost wrapper of a method away again."""
    stock = vars(owner).pop(name).args[0]
    if isinstance(stock, partial):
        vars(owner)[name] = stock


def _own(owner: object, name: str) -> Any:
    tables = [vars(owner)]
    if isinstance(owner, nn.Module):
        tables += [owner._modules, owner._parameters, owner._buffers]  # noqa: SLF001 - there is no public way to ask
    return next((table[name] for table in tables if name in table), _ABSENT)


def _restore(owner: object, name: str, before: Any) -> None:
    if before is not _ABSENT:
        setattr(owner, name, before)
    elif name in vars(owner):
        delattr(owner, name)
