"""How a puzzle is asked and what an answer comes to: with options in two stages, or without and graded."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import ascii_uppercase
from typing import Any, Literal

from assay.methods._choices import find_letter
from assay.methods._models import Model, ModelError
from assay.methods.evaluation.puzzle_vqa.puzzle import Puzzle

Format = Literal["choice", "open"]
Rung = Literal["image", "caption", "explanation", "deduction"]
FORMATS: tuple[Format, ...] = ("choice", "open")
RUNGS: tuple[Rung, ...] = ("image", "caption", "explanation", "deduction")
"""What a model is told: the picture alone; or in words what is seen, the rule too, and what follows but its end."""


@dataclass(frozen=True)
class Reply:
    """What a model answered to one puzzle."""

    puzzle: Puzzle
    format: Format
    rung: Rung
    prompt: str
    text: str
    """Of the first stage."""
    second_prompt: str = ""
    """Empty where the first stage named an option, and where there are none."""
    second_text: str = ""
    chosen: int | None = None
    """The option, from 0; ``None`` where none is named."""
    right: bool | None = None
    """``None`` where a grader gave no verdict."""

    @property
    def right_at_once(self) -> bool:
        """Whether the first stage alone names the right option."""
        return bool(self.right) and not self.second_prompt


@dataclass(frozen=True)
class TwoStage:
    """Free reasoning first; where that names no single option, its own words again and the question for a letter."""

    stages: int = 2
    """1 leaves the second one out."""
    tokens: int = 512
    """Of the reasoning, at most; ours."""
    extraction_tokens: int = 16
    """Of the second stage; ours."""
    think: bool = True
    """Whether the prompt ends in "Let's think step by step", as for all models of the paper but o1."""

    def __post_init__(self) -> None:
        if self.stages not in (1, 2):
            raise ValueError(f"stages is {self.stages}: give 1 or 2")
        for name in ("tokens", "extraction_tokens"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}: give 1 or more")

    def choose(
        self, model: Model, puzzles: Sequence[Puzzle], *, rung: Rung = "image", images: Sequence[Any] | None = None
    ) -> list[Reply]:
        """Ask with options.

        Args:
            model: Any `Model`; one that sees, if there are images.
            puzzles: What is asked.
            rung: What it is told besides.
            images: One for each puzzle; ``None`` for a model of text.
        """
        prompts = [prompt_of(puzzle, "choice", rung=rung, think=self.think) for puzzle in puzzles]
        texts = model.answer(prompts, tokens=self.tokens, images=images)
        replies = [
            _chosen(Reply(puzzle, "choice", rung, prompt, text), named_option(text, len(puzzle.choices)))
            for puzzle, prompt, text in zip(puzzles, prompts, texts, strict=True)
        ]
        unclear = [place for place, reply in enumerate(replies) if reply.chosen is None and self.stages == 2]
        again = [extraction_prompt(replies[place]) for place in unclear]
        pictures = None if images is None else [images[place] for place in unclear]
        seconds = model.answer(again, tokens=self.extraction_tokens, images=pictures) if again else []
        for place, prompt, text in zip(unclear, again, seconds, strict=True):
            reply = replace(replies[place], second_prompt=prompt, second_text=text)
            options = reply.puzzle.choices
            named = named_option(text, len(options))
            replies[place] = _chosen(
                reply, find_letter(text, len(options), choices=options) if named is None else named
            )
        return replies

    def answer(
        self,
        model: Model,
        puzzles: Sequence[Puzzle],
        *,
        rung: Rung = "image",
        images: Sequence[Any] | None = None,
        grader: Model | None = None,
    ) -> list[Reply]:
        """Ask without options.

        Args:
            model: Any `Model`; one that sees, if there are images.
            puzzles: What is asked.
            rung: What it is told besides.
            images: One for each puzzle; ``None`` for a model of text.
            grader: Says whether an answer is right, as in the paper. Without one, `ends_in` does.
        """
        prompts = [prompt_of(puzzle, "open", rung=rung, think=self.think) for puzzle in puzzles]
        texts = model.answer(prompts, tokens=self.tokens, images=images)
        rights: list[bool | None] = [ends_in(text, puzzle.answer) for puzzle, text in zip(puzzles, texts, strict=True)]
        if grader is not None:
            questions = [grading_prompt(puzzle, text) for puzzle, text in zip(puzzles, texts, strict=True)]
            rights = [graded(verdict) for verdict in grader.answer(questions, tokens=self.extraction_tokens)]
        return [
            Reply(puzzle, "open", rung, prompt, text, right=right)
            for puzzle, prompt, text, right in zip(puzzles, prompts, texts, rights, strict=True)
        ]


def prompt_of(puzzle: Puzzle, form: Format, *, rung: Rung = "image", think: bool = True) -> str:
    """The first stage's prompt."""
    hints = {
        "caption": f"What the picture shows: {puzzle.caption}",
        "explanation": f"Its rule: {puzzle.explanation}",
        "deduction": f"What follows: {puzzle.deduction.partition('should be')[0]}should be",
    }
    lines = [hints[each] for each in RUNGS[1 : RUNGS.index(rung) + 1]]
    lines.append(f"Question: {puzzle.question}")
    if form == "choice":
        options = [f"({letter}) {option}" for letter, option in zip(ascii_uppercase, puzzle.choices, strict=False)]
        lines += ["Options:", *options]
    return "\n".join([*lines, "", "Answer: Let's think step by step." if think else "Answer:"])


def extraction_prompt(reply: Reply) -> str:
    """The second stage's prompt: what was asked and answered, and the letters that there are."""
    letters = " ".join(f"({letter})" for letter in ascii_uppercase[: len(reply.puzzle.choices)])
    return f"{reply.prompt} {reply.text}\n\nTherefore, among {letters}, the answer is:"


def named_option(text: str, count: int) -> int | None:
    """The option whose letter stands in brackets, if exactly one does and once; the paper's reading."""
    found = re.findall(rf"\(([A-{ascii_uppercase[count - 1]}])\)", text)
    return ascii_uppercase.index(found[0]) if len(found) == 1 else None


def ends_in(text: str, answer: str) -> bool:
    """Whether an answer without options comes to the right one.

    Of numbers and of times the last one counts; words have to stand in the last line, whole and in any case.
    """
    pattern = r"\d+:\d\d" if ":" in answer else r"(?<![\d:.])\d+(?![\d:]|\.\d)" if answer.isdigit() else ""
    if pattern:
        return re.findall(pattern, text)[-1:] == [answer]
    lines = [line for line in text.casefold().splitlines() if line.strip()]
    return bool(lines) and re.search(rf"(?<!\w){re.escape(answer.casefold())}(?!\w)", lines[-1]) is not None


def grading_prompt(puzzle: Puzzle, text: str) -> str:
    """What a grader is asked."""
    return (
        f"Question: {puzzle.question}\nAnswer of a student: {text}\nRight answer: {puzzle.answer}\n"
        "Does the student's final answer say the same as the right one? Write [correct] or [incorrect]."
    )


def graded(verdict: str) -> bool | None:
    """A grader's verdict; ``None`` where it gives neither or both."""
    right, wrong = "[correct]" in verdict.casefold(), "[incorrect]" in verdict.casefold()
    return None if right == wrong else right


def check_sees(model: Model) -> None:
    """Refuse a function of text alone where pictures are to be shown.

    Raises:
        ModelError: It takes a prompt and no image.
    """
    from inspect import signature  # noqa: PLC0415

    function = getattr(model, "function", None)
    if function is None:
        return
    try:
        signature(function).bind("prompt", "image")
    except TypeError:
        raise ModelError(
            f"{model.name} takes no image: give a function of (prompt, image), or ask with captions"
        ) from None
    except ValueError:
        return  # built in, without a signature


def _chosen(reply: Reply, chosen: int | None) -> Reply:
    options = reply.puzzle.choices
    # Options are compared whole: "1" is not what "12" says.
    return replace(reply, chosen=chosen, right=chosen is not None and options[chosen] == reply.puzzle.answer)
