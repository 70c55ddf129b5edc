"""The hash of code: what must change it, and what must not."""

import functools
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import pytest
import torch

from assay.testbed import models
from assay.testbed.code import code_hash, content_hash
from assay.testbed.text import byte_tokenizer

ORIGINAL = """
from assay.testbed import models
LAYERS = 2
class Recipe:
    width = 64
    def layers(self): return LAYERS
def inner(seed=0):
    return models.tiny("llama", vocab_size=9, seed=seed)
def build():
    def nested(): return inner(seed=1)
    return nested(), Recipe().layers()
def unrelated(): return 1
"""


def hash_of(source: str) -> str:
    scope: dict[str, Any] = {"__name__": "somewhere.recipe"}
    exec(compile(source, "recipe.py", "exec"), scope)
    return code_hash(scope["build"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("seed=1", "seed=2"),  # a constant in a nested function
        ("seed=0", "seed=3"),  # a default of what is called
        ('"llama"', '"qwen2"'),  # a constant of what is called
        ("LAYERS = 2", "LAYERS = 3"),  # a global
        ("width = 64", "width = 32"),  # an attribute of a class
        ("return LAYERS", "return LAYERS + 0"),  # a method
        ("models.tiny", "models.FAMILIES"),  # another name
    ],
)
def test_a_change_that_counts_changes_the_hash(old: str, new: str) -> None:
    assert ORIGINAL.replace(old, new) != ORIGINAL
    assert hash_of(ORIGINAL.replace(old, new)) != hash_of(ORIGINAL)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def build():", "\n\n# why\ndef build():\n    'What it does.'"),
        ("def inner(seed=0):", "def inner(seed=0):\n    '''Makes it.'''"),
        ("return 1", "return 2"),
    ],
)
def test_a_change_that_does_not_count_leaves_it(old: str, new: str) -> None:
    assert hash_of(ORIGINAL.replace(old, new)) == hash_of(ORIGINAL)


def test_our_own_code_that_is_called_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = hash_of(ORIGINAL)
    monkeypatch.setitem(models.FAMILIES, "llama", "Mistral")
    assert hash_of(ORIGINAL) != before


@dataclass(frozen=True)
class Options:
    steps: int
    rate: float = 0.1


def make(value: Any, more: int = 0) -> Callable[[], Any]:
    return lambda: (value, more)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2),
        (1, 1.5),
        ([1, {"a": 2}], [1, {"a": 3}]),
        (torch.zeros(3), torch.zeros(4)),
        (torch.zeros(3), torch.ones(3)),
        (torch.zeros(3), torch.zeros(3, dtype=torch.bfloat16)),
        (Options(1), Options(1, rate=0.2)),
        (frozenset("ab"), frozenset("abc")),
        (functools.partial(max, 1), functools.partial(max, 2)),
        (max, min),
        (torch.float32, torch.float64),
    ],
)
def test_what_a_closure_holds_counts(one: Any, other: Any) -> None:
    assert code_hash(make(one)) == code_hash(make(one))
    assert code_hash(make(one)) != code_hash(make(other))
    assert code_hash(functools.partial(make, one)) != code_hash(functools.partial(make, other))


def test_what_has_no_content_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"value in make.<locals>.<lambda> holds a object, whose content"):
        code_hash(make(object()))
    with pytest.raises(ValueError, match="only numbers, texts, lists"):
        content_hash({"model": object()})


def test_a_tokeniser_counts_by_its_vocabulary() -> None:
    assert code_hash(make(byte_tokenizer())) == code_hash(make(byte_tokenizer()))


@pytest.mark.parametrize("wrapper", ["functools.cache", "torch.no_grad()"])
def test_wrapped_functions_count_by_what_they_wrap(wrapper: str) -> None:
    source = f"import functools, torch\n@{wrapper}\ndef inner():\n    return 1\ndef build():\n    return inner()\n"
    assert hash_of(source) == hash_of(source)
    assert hash_of(source) != hash_of(source.replace("return 1", "return 2"))


def recursive(n: int) -> int:
    return other_half(n - 1) if n else 0


def other_half(n: int) -> int:
    return recursive(n)


def test_functions_that_call_one_another_come_to_an_end() -> None:
    assert code_hash(recursive) != code_hash(other_half)
    assert isinstance(recursive, FunctionType)


def test_the_hash_is_the_same_in_every_process() -> None:
    code = (
        "from assay.testbed.code import code_hash\n"
        "def build(kinds=frozenset('abcdef')):\n"
        "    return {'x', 'y', 'z'} | kinds, build.__name__ in {'one', 'two', 'three'}\n"
        "found = code_hash(build)"
    )
    here: dict[str, Any] = {"__name__": "__main__"}
    exec(code, here)
    there = subprocess.run([sys.executable, "-c", f"{code}\nprint(found)"], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == here["found"]


class Noted:
    width = 64


def test_what_is_noted_on_a_class_later_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries keep what they found out on the classes that they are handed."""

    def make() -> int:
        return Noted.width

    before = code_hash(make)
    monkeypatch.setattr(Noted, "_found_out", True, raising=False)
    assert code_hash(make) == before
    monkeypatch.setattr(Noted, "width", 32)
    assert code_hash(make) != before
