"""Items of an audit by groups: questions that belong to groups and clusters, and questions for the origin of things."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random
from typing import Any

from assay.methods._choices import ChoiceItem, Record, name_of

DISTRACTORS = 3


@dataclass(frozen=True)
class GroupedItem:
    """A question, the groups that it counts in, and what it hangs together with."""

    id: str
    question: str
    answers: tuple[str, ...]
    """All that are right; of a question with options, the right one's text."""
    groups: tuple[str, ...]
    """Such as regions; it counts in each."""
    cluster: str
    """What other questions are about as well, such as an event: clusters are what was drawn, questions are not."""
    choices: tuple[str, ...] = ()
    title: str = ""
    """Names what is asked about, where the question itself does not."""
    image: Any = field(default=None, compare=False, repr=False)
    """Pillow's, for models that see."""
    hints: Mapping[str, str] = field(default_factory=dict, compare=False)
    """What may be told, by the kind of hint: ``{"region": "Africa"}``."""

    def as_choice(self, question: str) -> ChoiceItem:
        """The item as a question with options, asked in these words."""
        return ChoiceItem(question, self.choices, self.choices.index(self.answers[0]), self.id)


def grouped_items(  # noqa: PLR0913 - all but one are keywords
    records: Iterable[Record],
    *,
    question: str = "question",
    answer: str = "answer",
    choices: str | None = None,
    groups: str = "groups",
    cluster: str | None = None,
    title: str | None = None,
    image: str | None = None,
    hints: Mapping[str, str] | None = None,
) -> list[GroupedItem]:
    """Read the items of an audit out of records.

    Args:
        records: Mappings, a ``datasets.Dataset`` among them.
        question: The field of the question.
        answer: The field of the answer, a text or a list of texts that are all right; with options, one of these.
        choices: The field of the options, if there are any.
        groups: The field of the groups, a text or a list of texts.
        cluster: The field of what a question is about; each is its own if left out.
        title: The field of what names the thing that is asked about.
        image: The field of its picture.
        hints: For each kind of hint the field that has it.

    Raises:
        ValueError: A record lacks a field or a group, or its answer is none of its options; it is named.
    """
    items = []
    for place, record in enumerate(records):
        named = name_of(record, place)
        needed = [question, answer, groups, *filter(None, (choices, cluster, title, image)), *(hints or {}).values()]
        for name in needed:
            if record.get(name) is None or record[name] == "":
                raise ValueError(f"{named} has no {name!r}: it has {', '.join(map(repr, record)) or 'nothing'}")
        answers, belongs = _texts(record[answer]), _texts(record[groups])
        options = tuple(map(str, record[choices])) if choices else ()
        if not answers or not all(each.strip() for each in answers):
            raise ValueError(f"{named} has an empty answer: any text would match it")
        if not belongs:
            raise ValueError(f"{named} belongs to no group")
        if options and (len(answers) != 1 or options.count(answers[0]) != 1):
            raise ValueError(f"{named} has the answer {record[answer]!r}, which is not one of its options")
        items.append(
            GroupedItem(
                id=str(record.get("id", place)),
                question=str(record[question]),
                answers=answers,
                groups=belongs,
                cluster=str(record[cluster]) if cluster else f"item {place}",
                choices=options,
                title=str(record[title]) if title else "",
                image=record[image] if image else None,
                hints={kind: ", ".join(_texts(record[name])) for kind, name in (hints or {}).items()},
            )
        )
    return items


def origin_items(  # noqa: PLR0913 - all but two are keywords
    records: Iterable[Record],
    regions: Mapping[str, str],
    *,
    level: str = "country",
    hard: bool = False,
    question: str = "Which {level} does this come from?",
    origins: str = "countries",
    title: str = "title",
    image: str | None = None,
    cluster: str | None = None,
    seed: int = 0,
) -> list[GroupedItem]:
    """Ask for the origin of things: the right place among three that are none of its origins.

    A thing of several origins is asked for once for each; all of them are kept from the wrong options, and share the
    thing's cluster.

    Args:
        records: One for each thing.
        regions: The hierarchy: for each country its region.
        level: ``country`` or ``region``: what is asked for.
        hard: Whether wrong countries are of the thing's own regions, as far as there are three (paper); else of all.
        question: With ``{level}`` where that stands.
        origins: The field of the countries that a thing comes from.
        title: The field that names it.
        image: The field of its picture.
        cluster: The field of what it belongs to; each is its own if left out.
        seed: Of the options. Each item's are drawn from this and its id.

    Raises:
        ValueError: A record has no origin or one that the hierarchy does not know, or too few places are left; it is
            named.
    """
    if level not in {"country", "region"}:
        raise ValueError(f"level is {level!r}: choose country or region")
    if hard and level == "region":
        raise ValueError("regions have no region of their own: hard options are for level='country'")
    items = []
    for place, record in enumerate(records):
        named = name_of(record, place)
        countries = _texts(record.get(origins) or ())
        if not countries:
            raise ValueError(f"{named} has no {origins!r}")
        if unknown := [each for each in countries if each not in regions]:
            raise ValueError(
                f"{named} is from {unknown[0]!r}, which is not among the {len(regions)} places of regions="
            )
        if not record.get(title) and not (image and record.get(image) is not None):
            raise ValueError(f"{named} has neither {title!r} nor an image: nothing says what is asked about")
        own = tuple(dict.fromkeys(regions[each] for each in countries))
        right = own if level == "region" else countries
        for target in right:
            key = f"{record.get('id', place)}: {target}"
            everywhere = sorted(set(regions.values() if level == "region" else regions) - set(right))
            near = [each for each in everywhere if hard and regions[each] in own]
            random = Random(sha256(f"{seed}\n{key}".encode()).digest())  # noqa: S311 - a draw, not a secret
            options = _draw_options(target, near if len(near) >= DISTRACTORS else everywhere, random, named)
            items.append(
                GroupedItem(
                    id=key,
                    question=question.replace("{level}", level),
                    answers=(target,),
                    groups=(target,) if level == "region" else (regions[target],),
                    cluster=str(record[cluster]) if cluster else f"thing {place}",
                    choices=options,
                    title=str(record.get(title) or ""),
                    image=record.get(image) if image else None,
                    hints={} if level == "region" else {"region": ", ".join(own)},
                )
            )
    return items


def _draw_options(target: str, others: Sequence[str], random: Random, named: str) -> tuple[str, ...]:
    if len(others) < DISTRACTORS:
        raise ValueError(
            f"{named} leaves {len(others)} places that it is not from: {DISTRACTORS} wrong options are needed"
        )
    options = random.sample(others, DISTRACTORS)
    options.insert(random.randrange(DISTRACTORS + 1), target)
    return tuple(options)


def _texts(value: Any) -> tuple[str, ...]:
    return (
        (value,) if isinstance(value, str) else tuple(map(str, value)) if isinstance(value, Iterable) else (str(value),)
    )
