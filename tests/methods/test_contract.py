"""The contract that every method keeps on every family: exact at its neutral setting, or refused in words; never wrong.

Each method's test module declares a `CONTRACT`; it is put on the tiny families of ``families.py``. In `make test` that
is the sample, with `make families` all of them, and the counts are printed at the end. Where a family's stock model
does not have a property itself (rows that do not depend on padding, a static cache that gives what a dynamic one
gives), the method is not asked for it either.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from traceback import walk_tb
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, PreTrainedModel, StaticCache

from assay.methods import load
from tests.methods import families
from tests.methods.contract import Contract, Decoding, ForAWhile, ForGood, contracts
from tests.methods.families import DECODERS, FAMILIES, TABLE, family_model, ids, inputs

METHODS = Path(__file__).parents[2] / "src" / "assay" / "methods"
LENGTH, PADDING, NEW = 24, 7, 5
TOLERANCE = 1e-4
"""Relative to the largest logit."""

pytestmark = [
    # peft and accelerate ask transformers and torch for things under old names.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


class Wrong(AssertionError):  # noqa: N818 - it is a verdict
    """A method gave something else than it must."""


CONTRACTS = contracts()


# What is compared


def batch(row: int | None = None) -> dict[str, Tensor]:
    """Two rows of a prompt, the second padded on the left; or one of them alone, without padding."""
    tokens, mask = ids(2, LENGTH), torch.ones(2, LENGTH, dtype=torch.long)
    tokens[1, :PADDING], mask[1, :PADDING] = 0, 0
    if row is None:
        return {"input_ids": tokens, "attention_mask": mask}
    start = PADDING if row else 0
    return {"input_ids": tokens[row : row + 1, start:], "attention_mask": mask[row : row + 1, start:]}


def whole(model: Any, tokens: Tensor) -> Tensor:
    """The logits of one pass without a cache."""
    with torch.no_grad():
        logits: Tensor = model(input_ids=tokens, use_cache=False).logits
    return logits


def written(model: Any, prompt: dict[str, Tensor], **options: Any) -> tuple[Tensor, Tensor]:
    """Greedy decoding: the sequences, and the logits (rows, NEW, vocabulary) that they were chosen by."""
    output = model.generate(
        **prompt, max_new_tokens=NEW, do_sample=False, output_logits=True, return_dict_in_generate=True,
        disable_compile=True, **options,
    )  # fmt: skip
    return output.sequences, torch.stack(output.logits, 1)


def stepwise(model: Any, tokens: Tensor, cache: Any = None) -> Tensor:
    """The logits of a loop of one's own: half of the text at once, then token by token on the cache."""
    half, logits = tokens.shape[1] // 2, []
    name = "past_key_values"
    with torch.no_grad():
        given = {} if cache is None else {name: cache}
        output = model(input_ids=tokens[:, :half], use_cache=True, **given)
        if getattr(output, "cache_params", None) is not None:
            name = "cache_params"
        logits.append(output.logits[:, -1:])
        for place in range(half, tokens.shape[1]):
            output = model(input_ids=tokens[:, place : place + 1], use_cache=True, **{name: output[name]})
            logits.append(output.logits)
    return torch.cat(logits, 1)


def same(actual: Tensor, expected: Tensor, what: str, tolerance: float = TOLERANCE) -> None:
    """Refuse logits that differ.

    Raises:
        Wrong: They do.
    """
    if actual.shape != expected.shape:
        raise Wrong(f"{what}: shape {tuple(actual.shape)} instead of {tuple(expected.shape)}")
    difference = float((actual.float() - expected.float()).abs().max() / expected.float().abs().max())
    if not difference <= tolerance:
        raise Wrong(f"{what}: off by {difference:.2g} of the largest logit")


def same_rows(actual: Tensor, alone: Callable[[int], Tensor], what: str) -> None:
    """Refuse rows of a padded batch that differ from the rows alone."""
    for row in range(2):
        same(actual[row : row + 1], alone(row), f"{what}, row {row}")


def on_disk(model: PreTrainedModel) -> dict[str, str]:
    """A device map as accelerate makes it where a model does not fit: its last block on disk."""
    lists = [(path, module) for path, module in model.named_modules() if isinstance(module, torch.nn.ModuleList)]
    path, blocks = max(lists, key=lambda each: len(each[1]))
    last = f"{path}.{len(blocks) - 1}"

    def places(module: torch.nn.Module, prefix: str) -> dict[str, str]:
        if not f"{last}.".startswith(prefix):
            return {prefix.rstrip("."): "cpu"}
        if prefix == f"{last}.":
            return {last: "disk"}
        own = {f"{prefix}{name}": "cpu" for name, _ in module.named_parameters(recurse=False)}
        return own | {
            k: v for name, child in module.named_children() for k, v in places(child, f"{prefix}{name}.").items()
        }

    return places(model, "")


# What a stock model does itself


@lru_cache(maxsize=4)
def stock(family: str) -> "Stock":
    return Stock(family)


class Stock:
    """What the stock model of a family computes, and which properties it has itself."""

    def __init__(self, family: str) -> None:
        self.family = family
        model = family_model(family)
        self.tokens = ids(2, LENGTH, seed=1)
        self.whole = whole(model, self.tokens)
        self.padded = written(model, batch())
        self.has_cache = self.holds(lambda: same(stepwise(model, self.tokens), self.whole[:, LENGTH // 2 - 1 :], ""))
        self.has_rows = self.holds(lambda: same_rows(self.padded[1], lambda row: written(model, batch(row))[1], ""))
        self.has_static = self.holds(
            lambda: same(written(model, batch(), cache_implementation="static")[1], self.padded[1], "")
        )
        self.has_static_loop = self.holds(
            lambda: same(
                stepwise(model, self.tokens, StaticCache(config=model.config, max_cache_len=40)),
                self.whole[:, LENGTH // 2 - 1 :], "",
            )
        )  # fmt: skip
        self.has_chunks = self.holds(
            lambda: same(written(model, batch(0), prefill_chunk_size=7)[1], written(model, batch(0))[1], "")
        )
        self.has_places = self.holds(lambda: self.spread(model))
        self.bfloat16 = self.rounded(model)

    def model(self) -> Any:
        """A new one."""
        return family_model(self.family)

    def spread(self, model: Any) -> None:
        """Load the model over two devices and compare."""
        with tempfile.TemporaryDirectory() as folder:
            model.save_pretrained(folder)
            spread(model, self.whole, self, Path(folder))

    def rounded(self, model: Any) -> float | None:
        """How far bfloat16 is off, relative to the largest logit; ``None`` if the family does not run in it."""
        try:
            half = whole(deepcopy(model).bfloat16(), self.tokens)
        except Exception:  # noqa: BLE001 - whatever it cannot do, the method need not
            return None
        return float((half.float() - self.whole).abs().max() / self.whole.abs().max())

    @staticmethod
    def holds(check: Callable[[], None]) -> bool:
        try:
            check()
        except Exception:  # noqa: BLE001 - whatever it cannot do, the method need not
            return False
        return True


# What is checked


def of_a_while(contract: ForAWhile, stock: Stock) -> Iterator[tuple[str, Callable[[], None]]]:
    def inside(method: Callable[[Any], AbstractContextManager[Any]], compute: Callable[[Any], Tensor]) -> Tensor:
        model = stock.model()
        with method(model):
            return compute(model)

    def neutral() -> None:
        same(inside(contract.neutral, lambda model: whole(model, stock.tokens)), stock.whole, "neutral, one pass")
        same(inside(contract.neutral, lambda model: written(model, batch())[1]), stock.padded[1], "neutral, decoding")

    yield "neutral", neutral
    if stock.has_static:
        yield "neutral on a static cache", lambda: same(
            inside(contract.neutral, lambda model: written(model, batch(), cache_implementation="static")[1]),
            stock.padded[1], "neutral, static cache",
        )  # fmt: skip
        yield "static cache", lambda: same(
            inside(contract.active, lambda model: written(model, batch(), cache_implementation="static")[1]),
            inside(contract.active, lambda model: written(model, batch())[1]), "static cache against dynamic",
        )  # fmt: skip
    if (rounding := stock.bfloat16) is not None:
        yield (
            "bfloat16",
            lambda: same(
                half(stock, contract.neutral),
                half(stock, nullcontext),
                "neutral in bfloat16",
                2 * rounding + 1e-3,
            ),
        )
    if stock.has_rows:
        yield (
            "rows",
            lambda: same_rows(
                inside(contract.active, lambda model: written(model, batch())[1]),
                lambda row: inside(contract.active, lambda model: written(model, batch(row))[1]),
                "padded rows against rows alone",
            ),
        )
    yield "undone", lambda: undone(contract, stock)
    yield "not entered twice", lambda: not_twice(contract, stock)


def half(stock: Stock, method: Callable[[Any], AbstractContextManager[Any]]) -> Tensor:
    model = stock.model().bfloat16()
    with method(model):
        return whole(model, stock.tokens)


def state(model: Any) -> Any:
    """All that a method could leave behind: classes, attributes and hooks of modules, implementations of attention."""
    return {
        path: (type(module), sorted(vars(module)), len(module._forward_hooks), len(module._forward_pre_hooks))
        for path, module in model.named_modules()
    }, [getattr(module.config, "_attn_implementation", "") for module in model.modules() if hasattr(module, "config")]


def undone(contract: ForAWhile, stock: Stock) -> None:
    model, twin = stock.model(), stock.model()
    written(twin, batch())  # some families note things down in a pass, such as angles for this length
    with contract.active(model):
        written(model, batch())
    if state(model) != state(twin):
        raise Wrong("something of it is left in the model")
    if not torch.equal(whole(model, stock.tokens), whole(twin, stock.tokens)):
        raise Wrong("other logits after the block")


def not_twice(contract: ForAWhile, stock: Stock) -> None:
    model = stock.model()
    with contract.active(model):
        try:
            with contract.active(model):
                pass
        except ValueError:
            return
    raise Wrong("it was entered twice")


def of_good(contract: ForGood, stock: Stock, folder: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    def changed() -> Any:
        torch.manual_seed(0)
        model = contract.apply(stock.model())
        contract.stir(model)
        return model

    model = changed()
    expected = whole(model, stock.tokens)
    if contract.keeps_logits:
        yield "neutral", lambda: same(whole(contract.apply(stock.model()), stock.tokens), stock.whole, "applied")
    yield "deterministic", lambda: same(whole(changed(), stock.tokens), expected, "the same seed", 0.0)
    if stock.has_cache:
        yield "cache", lambda: same(stepwise(model, stock.tokens), expected[:, LENGTH // 2 - 1 :], "step by step")
        yield "decoding", lambda: decoded(model)
    if stock.has_static:
        yield (
            "static cache",
            lambda: same(
                written(model, batch(0), cache_implementation="static")[1], written(model, batch(0))[1], "static cache"
            ),
        )
    if stock.has_static_loop:
        yield "static cache in a loop", lambda: same(
            stepwise(model, stock.tokens, StaticCache(config=model.config, max_cache_len=40)),
            expected[:, LENGTH // 2 - 1 :], "static cache in a loop of one's own",
        )  # fmt: skip
    if stock.has_rows:
        yield (
            "rows",
            lambda: same_rows(
                written(model, batch())[1], lambda row: written(model, batch(row))[1], "padded rows against rows alone"
            ),
        )
    if stock.has_chunks:
        yield (
            "chunks",
            lambda: same(
                written(model, batch(0), prefill_chunk_size=7)[1],
                written(model, batch(0))[1],
                "a prompt read in chunks",
            ),
        )
    if (rounding := stock.bfloat16) is not None:
        yield (
            "bfloat16",
            lambda: rounded(deepcopy(model).bfloat16(), expected, stock, 4 * rounding + 0.03),
        )
    yield "saved", lambda: saved(model, expected, stock, folder)
    if stock.has_places:
        yield "over two devices", lambda: spread(model, expected, stock, folder)
    yield "not applied twice", lambda: not_applied_twice(contract, model)
    if contract.revert:
        yield "reverted", lambda: reverted(contract, stock)


def rounded(model: Any, expected: Tensor, stock: Stock, tolerance: float) -> None:
    """Refuse a model in bfloat16 that is far off; of routed ones by the median token, as rounding changes experts."""
    off = (whole(model, stock.tokens).float() - expected).abs().amax(-1) / expected.abs().max()
    worst = float(off.median() if "moe" in TABLE[stock.family].traits else off.max())
    if not worst <= tolerance:
        raise Wrong(f"bfloat16: off by {worst:.2g} of the largest logit")


def decoded(model: Any) -> None:
    sequences, logits = written(model, batch(0))
    same(logits, whole(model, sequences[:, :-1])[:, LENGTH - 1 :], "decoding against one pass")


def saved(model: Any, expected: Tensor, stock: Stock, folder: Path) -> None:
    model.save_pretrained(folder)
    loaded: Any = load(folder)
    same(whole(loaded, stock.tokens), expected, "saved and loaded", 1e-6)
    if type(loaded) is not type(model):
        raise Wrong(f"saved as {type(model).__name__}, loaded as {type(loaded).__name__}")
    automatic = AutoModelForCausalLM.from_pretrained(folder)
    same(whole(automatic.eval(), stock.tokens), expected, "loaded by the Auto class", 1e-6)
    again = folder / "again"
    loaded.save_pretrained(again)
    same(whole(load(again), stock.tokens), expected, "saved and loaded again", 1e-6)


def spread(model: Any, expected: Tensor, stock: Stock, folder: Path) -> None:
    if not (folder / "config.json").is_file():
        model.save_pretrained(folder)
    with tempfile.TemporaryDirectory() as offload:
        dispatched = load(folder, device_map=on_disk(model), offload_folder=offload)
        same(whole(dispatched, stock.tokens), expected, "with a block on disk", 1e-5)


def not_applied_twice(contract: ForGood, model: Any) -> None:
    try:
        contract.apply(deepcopy(model))
    except ValueError:
        return
    raise Wrong("it was applied twice")


def reverted(contract: ForGood, stock: Stock) -> None:
    assert contract.revert
    model = stock.model()
    whole(model, stock.tokens)
    before = state(model)
    back = contract.revert(contract.apply(model))
    if contract.restores_logits:
        same(whole(back, stock.tokens), stock.whole, "reverted", 0.0)
        if state(back) != before:
            raise Wrong("something of it is left in the model")
    elif back.state_dict().keys() != stock.model().state_dict().keys():
        raise Wrong("the reverted model is not of the stock architecture")


def of_decoding(contract: Decoding, stock: Stock) -> Iterator[tuple[str, Callable[[], None]]]:
    def tokens(prompt: dict[str, Tensor], model: Any = None, length: int = 12) -> None:
        model = stock.model() if model is None else model
        expected = model.generate(**prompt, max_new_tokens=length, do_sample=False)
        actual = contract.generate(model, **prompt, max_new_tokens=length)
        if not torch.equal(actual, expected):
            raise Wrong(f"other tokens than greedy decoding: {actual.tolist()} instead of {expected.tolist()}")

    yield "greedy", lambda: tokens(batch(0))
    yield "long", lambda: tokens({"input_ids": ids(1, 60), "attention_mask": torch.ones(1, 60).long()}, length=30)
    if stock.has_rows:
        yield "rows", lambda: tokens(batch())


def checks(contract: Contract, stock: Stock, folder: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    if isinstance(contract, ForAWhile):
        yield from of_a_while(contract, stock)
    elif isinstance(contract, ForGood):
        yield from of_good(contract, stock, folder)
    else:
        yield from of_decoding(contract, stock)


# What came of it


def outcome(check: Callable[[], None]) -> tuple[str, str]:
    """``exact``, ``refused``, ``wrong`` or ``unclear``, and why."""
    try:
        check()
    except Wrong as error:
        return "wrong", str(error)
    except Exception as error:  # noqa: BLE001 - any kind of error is a finding
        frames = [Path(frame.f_code.co_filename) for frame, _ in walk_tb(error.__traceback__)]
        text = str(error)
        if isinstance(error, ValueError) and METHODS in frames[-1].parents and text and "\n" not in text:
            return "refused", text
        return "unclear", f"{type(error).__name__} in {frames[-1].name}: {text[:300]}"
    return "exact", ""


@pytest.mark.parametrize("family", families.each(DECODERS))
@pytest.mark.parametrize("method", CONTRACTS)
def test_exact_or_refused(method: str, family: str, tmp_path: Path, record_property: Any) -> None:
    torch.manual_seed(0)
    pending: list[tuple[str, Callable[[], None]]] = []
    # A method for good is applied before its first check.
    results = {"applied": outcome(lambda: pending.extend(checks(CONTRACTS[method], stock(family), tmp_path)))}
    results |= {name: outcome(check) for name, check in pending}
    for name, (kind, _) in results.items():
        record_property("contract", f"{method} {kind} {name}")
    amiss = {name: result for name, result in results.items() if result[0] in ("wrong", "unclear")}
    assert not amiss, f"{method} on {family}: " + "; ".join(
        f"{name} is {kind}: {why}" for name, (kind, why) in amiss.items()
    )


@pytest.mark.parametrize("family", families.each([name for name in FAMILIES if name not in DECODERS]))
@pytest.mark.parametrize("method", CONTRACTS)
def test_models_that_are_no_decoders(method: str, family: str) -> None:
    """Refused in words, or exact where the method takes them: entering, applying or decoding does not err."""
    contract, model, batch = CONTRACTS[method], family_model(family), inputs(family)
    with torch.no_grad():
        before = model(**batch)[0]

    def use() -> None:
        if isinstance(contract, ForAWhile):
            with torch.no_grad(), contract.neutral(model):
                same(model(**batch)[0], before, "neutral")
        elif isinstance(contract, ForGood):
            with torch.no_grad():
                contract.apply(model)(**batch)
        else:
            contract.generate(model, batch.get("input_ids", ids(1, 5)), max_new_tokens=2)

    kind, why = outcome(use)
    assert kind in ("exact", "refused"), f"{method} on {family} is {kind}: {why}"


def test_every_method_declares_a_contract() -> None:
    rooms = [room for room in METHODS.iterdir() if room.is_dir() and not room.name.startswith(("_", "."))]
    names = {path.stem for room in rooms for path in room.iterdir() if not path.name.startswith(("_", "."))}
    assert set(CONTRACTS) <= names
    without = {name for name in names - set(CONTRACTS) if not _changes_no_model(name)}
    assert not without


def _changes_no_model(name: str) -> bool:
    """Whether a method's module never mentions models: generators, scorers and estimators have no contract."""
    (path,) = METHODS.glob(f"*/{name}*")
    files = [path] if path.is_file() else list(path.glob("*.py"))
    return not any("PreTrainedModel" in file.read_text(encoding="utf-8") for file in files)
