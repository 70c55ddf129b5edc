"""The ability report: five abilities of a model before and after compression, beside its perplexity."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import exp
from pathlib import Path
from typing import Any, Literal

from assay.methods._files import written_whole
from assay.methods._intervals import Estimate, mean_interval, paired_interval
from assay.methods._models import Model, as_model
from assay.methods.reasoning.lottery_llm._probes import ABILITIES, Item, Probes

Scoring = Literal["auto", "chosen", "written"]
_GO_ON = "Go on with this text. Write what comes next, and nothing else.\n\n"


@dataclass(frozen=True)
class Scores:
    """Which items of each ability a model got right, and how well it predicts a text."""

    right: Mapping[str, Sequence[bool]]
    """By ability, in the order of its items."""
    items: Mapping[str, Sequence[Item]]
    skipped: Mapping[str, str]
    """Why an ability, or some of its items, were not asked."""
    loss: float | None = None
    """Of a token of the text, in nats."""
    read: int = 0
    """Tokens that the probes cost; nothing of models that write."""


@dataclass(frozen=True)
class Ability:
    """One ability, before and after."""

    name: str
    original: Estimate
    compressed: Estimate
    change: Estimate
    """Compressed - original, over the same items."""
    chance: float
    skipped: str = ""

    @property
    def ratio(self) -> float | None:
        """Accuracy compressed to original; nothing where the original has none."""
        return self.compressed.value / self.original.value if self.original.value else None

    @property
    def at_chance(self) -> bool:
        """Whether the original cannot be told from guessing: such a model has no ability to lose."""
        return self.original.low <= self.chance


@dataclass(frozen=True)
class AbilityReport:
    """What compression left of a model."""

    abilities: tuple[Ability, ...]
    skipped: Mapping[str, str]
    losses: tuple[float, float] | None = None
    """Of a token of the text, in nats: original, compressed."""

    @property
    def perplexity_ratio(self) -> float | None:
        """Compressed to original; nothing where there was no text."""
        return exp(self.losses[1] - self.losses[0]) if self.losses else None

    def table(self) -> list[dict[str, Any]]:
        """One row for each ability, in shares from 0 to 1."""
        return [
            {
                "ability": each.name,
                "original": each.original.value,
                "compressed": each.compressed.value,
                "change": each.change.value,
                "change low": each.change.low,
                "change high": each.change.high,
                "ratio": each.ratio,
                "chance": each.chance,
                "at chance": each.at_chance,
                "items": each.original.items,
                "perplexity ratio": self.perplexity_ratio,
            }
            for each in self.abilities
        ]

    def lost(self, points: float = 10.0) -> list[str]:
        """Abilities that fell by more than so many points, as far as their intervals tell."""
        return [each.name for each in self.abilities if 100 * each.change.high < -points]

    def hidden(self, points: float = 10.0, *, perplexity: float = 1.05) -> list[str]:
        """Those that are lost though the perplexity has risen by less than so much: 1.05 is 5 %.

        Raises:
            ValueError: The report has no perplexity.
        """
        if self.perplexity_ratio is None:
            raise ValueError("the report has no perplexity to hide a loss: give a text")
        return self.lost(points) if self.perplexity_ratio < perplexity else []

    def save(self, path: str | Path) -> None:
        """Write it as JSON, whole or not at all."""
        record = {"abilities": [asdict(each) for each in self.abilities], "skipped": dict(self.skipped),
                  "losses": self.losses, "table": self.table()}  # fmt: skip
        with written_whole(path) as unfinished:
            unfinished.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")

    def __str__(self) -> str:
        lines = [f"{'ability':<12} original  compressed  change (95 % interval)   chance"]
        lines += [
            f"{each.name:<12} {each.original.value:8.3f}  {each.compressed.value:10.3f}  {each.change.value:+.3f} "
            f"({each.change.low:+.3f} to {each.change.high:+.3f})  {each.chance:.3f}"
            + (" (no better than chance before)" if each.at_chance else "")
            for each in self.abilities
        ]
        if self.perplexity_ratio is not None:
            lines.append(f"perplexity {self.perplexity_ratio:.3f} times the original's")
        return "\n".join(lines + [f"{name}: {why}" for name, why in self.skipped.items()])


class AbilityError(ValueError):
    """A model broke off; `scores` has the abilities that it was asked about before."""

    def __init__(self, message: str, scores: Scores) -> None:
        super().__init__(message)
        self.scores = scores


def ability_report(
    *,
    original: Any,
    compressed: Any,
    tokenizer: Any = None,
    probes: Sequence[str] | Literal["all"] = "all",
    settings: Probes | None = None,
    text: str | None = None,
    scoring: Scoring = "auto",
    context: int | None = None,
) -> AbilityReport:
    """Ask a model and its compressed copy the same items.

    Args:
        original: A causal language model of transformers; or what `as_model` takes, such as an endpoint, which is
            asked to write.
        compressed: Likewise.
        tokenizer: Of both: perplexities under different tokenizers cannot be compared.
        probes: The abilities, ``all`` of them by default.
        settings: How many items, how long, and their seed.
        text: Whose perplexity is shown beside the abilities; for models of transformers.
        scoring: ``chosen``: the likeliest of each step's options. ``written``: what the model writes, which shows what
            a compressed cache does too. ``auto`` chooses where the model can be read.
        context: Tokens that the models take; that of their configuration if not given.

    Raises:
        AbilityError: A model broke; what it answered before is on the error.
        ValueError: There is no such ability, the models do not fit the tokenizer, or cannot be scored so.
    """
    names = list(ABILITIES) if probes == "all" else list(probes)
    how: dict[str, Any] = {"abilities": names, "settings": settings, "text": text, "scoring": scoring}
    contexts = [limit for model in (original, compressed) if (limit := _context_of(model, context)) is not None]
    how["context"] = min(contexts, default=None)
    return compare(probe(original, tokenizer, **how), probe(compressed, tokenizer, **how))


def probe(
    model: Any,
    tokenizer: Any = None,
    *,
    abilities: Sequence[str] = ABILITIES,
    settings: Probes | None = None,
    text: str | None = None,
    scoring: Scoring = "auto",
    context: int | None = None,
    batch: int = 16,
) -> Scores:
    """Ask one model; `compare` takes what two of them give. Arguments are those of `ability_report`.

    Raises:
        AbilityError: The model broke; what it answered before is on the error.
        ValueError: There is no such ability, or the model cannot be scored so.
    """
    from assay.methods._branches import Usage  # noqa: PLC0415 - the solver works without torch
    from assay.methods.reasoning.lottery_llm._choosing import choose  # noqa: PLC0415

    readable = hasattr(model, "config") and hasattr(model, "generate")
    if readable and tokenizer is None:
        raise ValueError(f"{type(model).__name__} comes without its tokenizer: pass tokenizer=")
    if scoring not in ("auto", "chosen", "written"):
        raise ValueError(f"scoring is {scoring!r}: choose auto, chosen or written")
    if scoring == "chosen" and not readable:
        raise ValueError(f"{type(model).__name__} tells no likelihoods of options: let it write, scoring='written'")
    if text is not None and not readable:
        raise ValueError(f"{type(model).__name__} tells no perplexity: leave text out")
    settings, limit = settings or Probes(), _context_of(model, context)
    writer = as_model(model, tokenizer) if scoring == "written" or not readable else None
    items: dict[str, list[Item]] = {}
    skipped: dict[str, str] = {}
    for name in abilities:
        drawn = settings.draw(name)
        fitting = [item for item in drawn if limit is None or _length(tokenizer, item) <= limit]
        if len(fitting) < len(drawn):
            longest = max(_length(tokenizer, item) for item in drawn)
            skipped[name] = (
                f"{len(drawn) - len(fitting)} of {len(drawn)} items left out: up to {longest:,} tokens do not go into "
                f"a context of {limit:,}"
            )
        if fitting:
            items[name] = fitting
    right: dict[str, list[bool]] = {}
    usage, loss = Usage(), None
    try:
        if text is not None:
            loss = text_loss(model, tokenizer, text, limit)
        for name, asked in items.items():
            if writer is None:
                chosen = choose(model, tokenizer, asked, batch=batch, usage=usage)
                right[name] = [words == item.answers for words, item in zip(chosen, asked, strict=True)]
            else:
                right[name] = [_is_written(item, said) for item, said in zip(asked, _write(writer, asked), strict=True)]
    except Exception as error:
        part = Scores(right, {name: items[name] for name in right}, skipped, loss, usage.read)
        raise AbilityError(f"{type(error).__name__}: {error}", part) from error
    return Scores(right, items, skipped, loss, usage.read)


def compare(original: Scores, compressed: Scores) -> AbilityReport:
    """Put what two models got right side by side, item by item.

    Raises:
        ValueError: They were not asked the same items.
    """
    abilities = []
    for name, items in original.items.items():
        if list(compressed.items.get(name, ())) != list(items):
            raise ValueError(f"the two were not asked the same items of {name}: give both the same settings")
        groups = [item.group for item in items]
        before, after = original.right[name], compressed.right[name]
        abilities.append(
            Ability(
                name,
                mean_interval([float(each) for each in before], groups),
                mean_interval([float(each) for each in after], groups),
                paired_interval([float(each) for each in after], [float(each) for each in before], groups),
                sum(item.chance for item in items) / len(items),
                original.skipped.get(name, ""),
            )
        )
    losses = None if original.loss is None or compressed.loss is None else (original.loss, compressed.loss)
    return AbilityReport(tuple(abilities), dict(original.skipped), losses)


def text_loss(model: Any, tokenizer: Any, text: str, context: int | None = None, *, window: int = 512) -> float:
    """The mean loss of a text's next tokens in nats, in windows that are each read by themselves.

    Raises:
        ValueError: The text has fewer than two tokens.
    """
    import torch  # noqa: PLC0415
    from torch.nn.functional import cross_entropy  # noqa: PLC0415

    from assay.methods._patching import evaluating  # noqa: PLC0415
    from assay.methods.reasoning.lottery_llm._choosing import context_ids  # noqa: PLC0415

    ids = context_ids(tokenizer, text)
    size = min(window, context or window)
    total, count = 0.0, 0
    with torch.no_grad(), evaluating(model):
        for start in range(0, len(ids) - 1, size):
            part = torch.tensor([ids[start : start + size]], device=model.device)
            if part.shape[1] < 2:
                break
            logits = model(input_ids=part).logits[0, :-1].float()
            total += float(cross_entropy(logits, part[0, 1:], reduction="sum"))
            count += part.shape[1] - 1
    if not count:
        raise ValueError(f"a text of {len(ids)} tokens has no next token to predict: give a longer one")
    return total / count


def _write(writer: Model, items: Sequence[Item]) -> list[str]:
    """What a model writes behind each item; a chat is told what to do."""
    return writer.answer([_GO_ON + item.prompt for item in items], tokens=max(8, 8 * len(items[0].steps)))


def _is_written(item: Item, text: str) -> bool:
    """Whether the first words in a text that are options at all are the right ones."""
    options = {option for step in item.steps for option in step.options}
    words = ["".join(filter(str.isalnum, word)).casefold() for word in text.split()]
    said = [word for word in words if word in options]
    # Leads name words of earlier steps again: "leads from A to B. B leads to C".
    wanted = _with_leads(item, options)
    return said[: len(wanted)] == wanted


def _with_leads(item: Item, options: Iterable[str]) -> list[str]:
    """The options that occur from the first answer to the last one, those in leads included."""
    words: list[str] = []
    for number, step in enumerate(item.steps):
        lead = step.lead if number else ""
        words += [word for each in lead.split() if (word := each.strip(".,:").casefold()) in set(options)]
        words.append(step.answer)
    return words


def _length(tokenizer: Any, item: Item) -> int:
    """Tokens of an item; words and marks where there is no tokenizer."""
    from assay.methods.reasoning.lottery_llm._choosing import item_tokens  # noqa: PLC0415

    if tokenizer is None:
        return len((item.prompt + " ".join(item.answers)).split())
    return item_tokens(tokenizer, item)


def _context_of(model: Any, given: int | None) -> int | None:
    """Tokens that a model takes, as far as is known."""
    own = getattr(getattr(model, "config", None), "max_position_embeddings", None)
    limits = [limit for limit in (given, own) if isinstance(limit, int) and limit > 0]
    return min(limits, default=None)
