"""The WiCkeD of a data set of inspect_ai, and a task of it."""

from collections.abc import Iterable
from string import ascii_uppercase
from typing import Any

from assay.methods._choices import Record
from assay.methods.evaluation.wicked._items import Wicked, make_wicked


def wicked_samples(samples: Iterable[Any], settings: Wicked | None = None) -> list[Any]:
    """Samples of inspect_ai with their options turned, ready for ``MemoryDataset``.

    "None of the above" stands last: do not shuffle the choices behind this, and do so before it if at all.

    Args:
        samples: A dataset of inspect_ai, or a list of samples; each with ``choices`` and one letter as its ``target``.
        settings: Of the transform.

    Returns:
        Copies; each has what became of it as ``wicked`` in its metadata.

    Raises:
        ValueError: A sample has no choices, several targets, or cannot be turned; it is named.
    """
    listed = list(samples)
    items = make_wicked([_record(each, place) for place, each in enumerate(listed)], settings)
    return [
        sample.model_copy(
            update={
                "choices": list(item.item.choices),
                "target": item.item.letter,
                "metadata": (sample.metadata or {}) | {"wicked": item.kind},
            }
        )
        for sample, item in zip(listed, items, strict=True)
    ]


def _record(sample: Any, place: int) -> dict[str, Any]:
    named = f"sample {place if sample.id is None else repr(sample.id)}"
    if not sample.choices:
        raise ValueError(f"{named} has no choices")
    target = sample.target if isinstance(sample.target, str) else "".join(sample.target)
    letters = ascii_uppercase[: len(sample.choices)]
    if len(target) != 1 or target not in letters:
        raise ValueError(f"{named} has the target {target!r}: WiCkeD needs one letter of {letters}")
    question = sample.input if isinstance(sample.input, str) else sample.input_text
    return {"id": sample.id, "question": question, "choices": list(sample.choices), "answer": letters.index(target)}


def inspect_task(records: Iterable[Record], settings: Wicked | None = None, *, turned: bool = True) -> Any:
    """A task of inspect_ai from records: their WiCkeD, or with ``turned=False`` the same questions as they are.

    Raises:
        ValueError: A record cannot be turned.
    """
    from inspect_ai import Task  # noqa: PLC0415 - slow to load
    from inspect_ai.dataset import MemoryDataset, Sample  # noqa: PLC0415
    from inspect_ai.scorer import choice  # noqa: PLC0415
    from inspect_ai.solver import multiple_choice  # noqa: PLC0415

    items = make_wicked(records, settings)
    samples = [
        Sample(
            id=each.original.id,
            input=(item := each.item if turned else each.original).question,
            choices=list(item.choices),
            target=item.letter,
            metadata={"wicked": each.kind},
        )
        for each in items
    ]
    return Task(dataset=MemoryDataset(samples), solver=multiple_choice(), scorer=choice())
