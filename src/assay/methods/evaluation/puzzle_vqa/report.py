"""Evaluates a model on puzzles: accuracy by concept and format, what options are worth, and where it fails."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from assay.methods._intervals import Estimate, mean_interval
from assay.methods._models import as_model
from assay.methods.evaluation.puzzle_vqa.making import KINDS, make
from assay.methods.evaluation.puzzle_vqa.protocol import FORMATS, RUNGS, Format, Reply, Rung, TwoStage, check_sees
from assay.methods.evaluation.puzzle_vqa.puzzle import Puzzle


@dataclass(frozen=True)
class PuzzleReport:
    """What a model answered, and what that comes to."""

    model: str
    replies: tuple[Reply, ...]

    def accuracy(self, form: Format, *, rung: Rung | None = None, concept: str | None = None) -> Estimate:
        """Share of right answers; what a grader gave no verdict on is left out."""
        some = self._some(form, rung, concept)
        if not some:
            raise ValueError(f"no answers of the format {form!r} have a verdict")
        return mean_interval([bool(reply.right) for reply in some])

    def gap(self, *, rung: Rung | None = None, concept: str | None = None) -> Estimate:
        """How much higher the accuracy is with options than without, over puzzles that were asked both ways."""
        both = [{(reply.puzzle.id, reply.rung): bool(reply.right) for reply in self._some(form, rung, concept)}
                for form in FORMATS]  # fmt: skip
        asked = [key for key in both[0] if key in both[1]]
        if not asked:
            raise ValueError("no puzzle was asked both with options and without")
        return mean_interval([float(both[0][key]) - float(both[1][key]) for key in asked], [name for name, _ in asked])

    def second_stage(self) -> tuple[Estimate, Estimate]:
        """How often the second stage was needed, and by how much it raises the accuracy with options."""
        some = self._some("choice", None, None)
        if not some:
            raise ValueError("nothing was asked with options")
        names = [reply.puzzle.id for reply in some]
        gains = [float(bool(reply.right)) - float(reply.right_at_once) for reply in some]
        return mean_interval([bool(reply.second_prompt) for reply in some], names), mean_interval(gains, names)

    @property
    def ungraded(self) -> int:
        """Answers on which a grader gave no verdict."""
        return sum(reply.right is None for reply in self.replies)

    def table(self) -> list[dict[str, Any]]:
        """Rows by concept, rung and format, then the gaps, the second stage, and words written (the cost)."""
        rows: list[dict[str, Any]] = []
        rungs = [rung for rung in RUNGS if any(reply.rung == rung for reply in self.replies)]
        formats = [form for form in FORMATS if self._some(form, None, None)]
        concepts = dict.fromkeys(reply.puzzle.concept for reply in self.replies)
        for concept in (None, *concepts):
            for rung in rungs:
                at = {"concept": concept or "all", "told": rung}
                kinds = [form for form in formats if self._some(form, rung, concept)]
                for form in kinds:
                    accuracy = self.accuracy(form, rung=rung, concept=concept)
                    rows.append(at | {"figure": f"accuracy, {form}"} | accuracy.as_record())
                if len(kinds) == 2:
                    gap = self.gap(rung=rung, concept=concept)
                    rows.append(at | {"figure": "choice above open"} | gap.as_record())
        told = {"concept": "all", "told": ", ".join(rungs)}
        if "choice" in formats:
            for name, each in zip(("needed the second stage", "gained by it"), self.second_stage(), strict=True):
                rows.append(told | {"figure": name} | each.as_record())
        for form in formats:
            words = [len(f"{each.text} {each.second_text}".split()) for each in self.replies if each.format == form]
            rows.append(told | {"figure": f"words of an answer, {form}"} | mean_interval(words).as_record())
        if self.ungraded:
            count = {"value": self.ungraded, "low": None, "high": None, "items": len(self.replies), "clusters": None}
            rows.append(told | {"figure": "answers without a verdict"} | count)
        return rows

    def _some(self, form: Format, rung: Rung | None, concept: str | None) -> list[Reply]:
        return [
            reply
            for reply in self.replies
            if reply.format == form
            and reply.right is not None
            and rung in (None, reply.rung)
            and concept in (None, reply.puzzle.concept)
        ]


def evaluate(  # noqa: PLR0913 - all but the first are keywords
    model: Any,
    *,
    items: Sequence[Puzzle] | None = None,
    kinds: Iterable[str] | str = KINDS,
    n: int = 5,
    seed: int = 0,
    formats: Sequence[Format] = FORMATS,
    rungs: Sequence[Rung] = ("image",),
    protocol: TwoStage | None = None,
    grader: Any = None,
    size: int = 512,
    progress: Callable[[int, int], None] | None = None,
) -> PuzzleReport:
    """Ask a model puzzles, with options and without.

    Args:
        model: Whatever `as_model` takes.
        items: Puzzles; made new if left out.
        kinds: Of what is made.
        n: Puzzles of each kind.
        seed: Of what is made.
        formats: ``choice`` and ``open``.
        rungs: What the model is told. ``image`` is the picture alone, and needs a model that sees; all others are words
            alone.
        protocol: How it is asked.
        grader: A model that grades answers without options; by their end, if left out.
        size: Of pictures, in pixels.
        progress: Told how many rounds of how many are done.

    Raises:
        ValueError: A format or rung is none, or there are no puzzles.
        ModelError: The model does not answer, or is to see and cannot.
    """
    for what, given, known in (("format", formats, FORMATS), ("rung", rungs, RUNGS)):
        if not given or (unknown := [each for each in given if each not in known]):
            raise ValueError(f"no {what} is {unknown[0]!r}" if given else f"give a {what}: {', '.join(known)}")
    puzzles = list(make(kinds, n, seed=seed) if items is None else items)
    if not puzzles:
        raise ValueError("there are no puzzles to ask")
    for puzzle in puzzles:
        _check(puzzle)
    asked, judge = as_model(model), None if grader is None else as_model(grader)
    how = protocol or TwoStage()
    replies: list[Reply] = []
    rounds = [(rung, form) for rung in rungs for form in formats]
    for done, (rung, form) in enumerate(rounds, 1):
        images = None
        if rung == "image":
            check_sees(asked)
            images = [puzzle.image(size) for puzzle in puzzles]
        if form == "choice":
            replies += how.choose(asked, puzzles, rung=rung, images=images)
        else:
            replies += how.answer(asked, puzzles, rung=rung, images=images, grader=judge)
        if progress:
            progress(done, len(rounds))
    return PuzzleReport(asked.name, tuple(replies))


def _check(puzzle: Puzzle) -> None:
    """Refuse what cannot be asked."""
    if not 2 <= len(puzzle.choices) <= 4:
        raise ValueError(f"puzzle {puzzle.id!r} has {len(puzzle.choices)} options: give 2 to 4")
    if len(set(puzzle.choices)) != len(puzzle.choices):
        raise ValueError(f"puzzle {puzzle.id!r} has an option twice")
    if puzzle.answer not in puzzle.choices:
        raise ValueError(f"puzzle {puzzle.id!r} has the answer {puzzle.answer!r}, which is none of its options")
