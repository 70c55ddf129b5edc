"""Judgments out of the files that AlpacaEval and Arena-Hard write."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assay.methods.evaluation.preference_leakage._judges import TIE, settle, wins_of
from assay.methods.evaluation.preference_leakage._score import Judgment


def read_arena_hard(
    path: str | Path,
    *,
    baseline: str = "",
    judge: str = "",
    categories: Mapping[str, str] | None = None,
    unread_as_tie: bool = False,
) -> list[Judgment]:
    """Judgments of Arena-Hard: a JSONL file with the two games of each question.

    In its first game the baseline's answer is A, in its second the other model's. A student wins where it wins both.

    Args:
        path: The file.
        baseline: The student that ``model`` was compared with, where the records do not name it themselves.
        judge: What to call the judge, other than the records do.
        categories: By question id.
        unread_as_tie: Take a game without a verdict for a tie, as the paper's code does, instead of refusing it.

    Raises:
        ValueError: A record lacks something, has one game only, or a verdict that is none.
    """
    judgments = []
    for number, record in _records(Path(path)):
        where = f"{path}, line {number}:"
        prompt, model = _text(record, ("question_id", "uid"), where), _text(record, ("model",), where)
        against = baseline or _text(record, ("baseline",), f"{where} give baseline=, for")
        games = record.get("games")
        if not isinstance(games, list) or len(games) != 2:
            count = len(games) if isinstance(games, list) else "no"
            raise ValueError(f"{where} question {prompt} has {count} games: both orders are needed")
        verdicts = [game.get("score") if isinstance(game, Mapping) else None for game in games]
        for game, verdict in enumerate(verdicts):
            if not isinstance(verdict, str):
                if not unread_as_tie:
                    raise ValueError(f"{where} game {game} of question {prompt} has no verdict but {verdict!r}")
                verdicts[game] = "A=B"
        try:
            wins = settle(wins_of(verdicts[0]), wins_of(verdicts[1])[::-1])
        except ValueError as error:
            raise ValueError(f"{where} question {prompt}: {error}") from None
        by = judge or _text(record, ("judge",), where)
        category = (categories or {}).get(prompt, str(record.get("category") or ""))
        try:
            judgments.append(Judgment(prompt, by, (against, model), wins, category))
        except ValueError as error:
            raise ValueError(f"{where} {error}") from None
    return judgments


def read_alpaca_eval(
    path: str | Path, *, judge: str = "", field: str = "preference", categories: Mapping[str, str] | None = None
) -> list[Judgment]:
    """Judgments of AlpacaEval: a JSON file of annotations, in which 1 prefers the first output and 2 the second.

    Args:
        path: The file.
        judge: What to call the judge, other than its annotator's name.
        field: The column to read. A value between 1 and 2 is a share of a win for each. Where a file has whole
            verdicts only, 1.5, and 0 as older versions write it, is a tie. ``glm_preference``, within [0, 1], is what
            length control makes of it.
        categories: By instruction.

    Raises:
        ValueError: It is no list of annotations, or a record lacks something or has a preference that is none.
    """
    judgments = []
    records = _records(Path(path))
    # Weighed verdicts lie anywhere between 1 and 2, and 1.5 is then half a win for each.
    weighed = not all(record.get(field) in (0, 1, 1.5, 2) for _, record in records)
    for number, record in records:
        where = f"{path}, record {number}:"
        prompt = _text(record, ("instruction",), where)
        students = (_text(record, ("generator_1",), where), _text(record, ("generator_2",), where))
        by = judge or _text(record, ("annotator",), where)
        value = record.get(field)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{where} {_start(prompt)!r} has the {field} {value!r}: give a number")
        second = float(value) if field == "glm_preference" else {0.0: 1.5}.get(float(value), float(value)) - 1
        if not 0 <= second <= 1:
            raise ValueError(f"{where} {_start(prompt)!r} has the {field} {value}: 1 to 2 is needed, or 0 for a tie")
        wins = (1 - second, second) if weighed or second != 0.5 else TIE
        category = (categories or {}).get(prompt, str(record.get("category") or ""))
        try:
            judgments.append(Judgment(prompt, by, students, wins, category))
        except ValueError as error:
            raise ValueError(f"{where} {error}") from None
    return judgments


def _records(path: Path) -> list[tuple[int, Mapping[str, Any]]]:
    """The records of a JSON list or a JSONL file, counted from 1."""
    text = path.read_text(encoding="utf-8")
    if text.lstrip().startswith("["):
        try:
            parsed = list(enumerate(json.loads(text), 1))
        except ValueError as error:
            raise ValueError(f"{path} is no JSON: {error}") from None
    else:
        parsed = []
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                try:
                    parsed.append((number, json.loads(line)))
                except ValueError as error:
                    raise ValueError(f"{path}, line {number} is no JSON: {error}") from None
    if not parsed:
        raise ValueError(f"{path} has no records")
    for number, record in parsed:
        if not isinstance(record, Mapping):
            raise ValueError(f"{path}, record {number} is {type(record).__name__}: a record is needed")
    return parsed


def _text(record: Mapping[str, Any], names: tuple[str, ...], where: str) -> str:
    """The first of these fields that is there, as text."""
    for name in names:
        if (value := record.get(name)) not in (None, ""):
            return str(value)
    raise ValueError(f"{where} the record has no {' or '.join(names)}")


def _start(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:60]}..."
