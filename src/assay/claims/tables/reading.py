"""A sentence beside a table: its clauses, the names of the table in it, and the verdicts that may come of it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from assay.claims.tables.comparisons import Clause, clauses
from assay.claims.tables.names import Mention, key, names_of
from assay.claims.tables.table import Cell, Table

TableState = Literal["supported", "contradicted", "misattributed"]


@dataclass(frozen=True)
class Verdict:
    """What a table says of a sentence, or of a part of it."""

    state: TableState | None
    """None where it cannot be told."""
    cells: tuple[Cell, ...] = ()
    """The cells that were compared."""
    why: str = ""
    boldness: int = 0
    """0 where names stand in full and all cells agree, up to 6 where much is guessed."""
    quote: str = ""
    """The header and the rows of the cells."""
    pairs: tuple[tuple[Cell, Cell], ...] = ()
    """The cells that were compared with each other, ours first."""
    clause: int = -1
    """Where the part of the sentence begins that it is on."""


UNDECIDED: Final = Verdict(None)


def are_close(pairs: Sequence[tuple[Cell, Cell]]) -> bool:
    """Whether figures differ so little that a difference may be none to speak of."""
    return all(
        abs(first.value - second.value) * 20 < max(abs(first.value), abs(second.value)) for first, second in pairs
    )


class Reading:
    """A sentence beside a table."""

    def __init__(self, sentence: str, table: Table, own: str) -> None:
        self.sentence = sentence
        self.table = table
        self.clauses = clauses(sentence)
        self.mentions = [_doubted(each, sentence) for each in names_of(table).find(sentence)]
        self.own = own

    def inside(self, start: int, end: int) -> list[Mention]:
        """The mentions in a part of the sentence."""
        return [mention for mention in self.mentions if start <= mention.start < end]

    def said(self, clause: Clause) -> str:
        """The text of a clause without the negations that are part of names: ``no pretraining`` in a row's name."""
        text = clause.text
        for mention in self.inside(clause.start, clause.end):
            start, end = mention.start - clause.start, mention.end - clause.start
            text = text[:start] + _NEGATION.sub(lambda match: "_" * len(match[0]), text[start:end]) + text[end:]
        return text

    def mean(self, mention: Mention, label: str) -> None:
        """Take a mention for a longer name than stands there, because its figure shows that this is meant."""
        at = self.mentions.index(mention)
        self.mentions[at] = replace(mention, labels=frozenset({label}), boldness=max(mention.boldness, 1))

    def own_mentions(self, start: int, end: int) -> list[Mention]:
        """The paper's own rows or columns, where this part of the sentence says *our model*."""
        match = _OUR_WORK.search(self.sentence, start, end)
        if match is None:
            return []
        for boldness, labels in ((0, self._marked_own()), (1, self._named_own()), (2, self._bold_labels())):
            if labels:
                dimension = labels[0][0]
                found = frozenset(label for at, label in labels if at == dimension)
                return [Mention(match.start(), match.end(), dimension, found, boldness)]
        return []

    def own_labels(self) -> list[tuple[str, str]]:
        """The dimension and the names of the paper's own rows or columns; none where the table does not tell."""
        return self._marked_own() or self._named_own()

    def _marked_own(self) -> list[tuple[str, str]]:
        return [each for each in self._labels() if OURS.search(each[1])]

    def _named_own(self) -> list[tuple[str, str]]:
        name = key(self.own)
        if not name:
            return []
        labels = [each for each in self._labels() if each[0] != "section"]
        return [each for each in labels if key(each[1]) == name] or [
            each for each in labels if set(name) <= set(key(each[1]))
        ]

    def _bold_labels(self) -> list[tuple[str, str]]:
        """The names under which nearly everything is bold, and outside of which nearly nothing is."""
        cells = self.table.cells
        bold = sum(cell.bold for cell in cells)
        for dimension in self.table.dimensions:
            if dimension in {self.table.metric_dimension, "section"}:
                continue
            found = []
            for label in self.table.dimensions[dimension]:
                own = [cell.bold for cell in cells if cell.labels.get(dimension) == label]
                if sum(own) >= _NEARLY_ALL * len(own):
                    found.append((dimension, label))
            covered = sum(cell.bold for cell in cells if (dimension, cell.labels.get(dimension)) in found)
            if found and covered >= _NEARLY_ALL * bold and len(found) < len(self.table.dimensions[dimension]):
                return found
        return []

    def _labels(self) -> Iterator[tuple[str, str]]:
        for dimension, labels in self.table.dimensions.items():
            if dimension != self.table.metric_dimension:
                yield from ((dimension, label) for label in labels)


def _doubted(mention: Mention, sentence: str) -> Mention:
    """A name, too bold to take for it where it is only a part of another word: LSTM of *LSTM-CRF*."""
    is_glued = _GLUED_BEFORE.search(sentence[: mention.start]) or _GLUED_AFTER.match(sentence, mention.end)
    return replace(mention, boldness=mention.boldness + _ANOTHER) if is_glued else mention


_NEGATION = re.compile(r"\b(?:[Nn]o|[Nn]ot|[Nn]on|NO|NOT)\b")
_GLUED_BEFORE = re.compile(r"[A-Za-z0-9][-–_/+]$")
_GLUED_AFTER = re.compile(
    r"[-–_+](?!(?:based|style|like|level|free|only|trained|model|fold|way|specific|tuned|size|wise)\b)[A-Za-z0-9]"
)
_ANOTHER = 6
_NEARLY_ALL = 0.75
_CLOSE = 20
_WORK = (
    r"(?:models?|systems?|methods?|approach(?:es)?|framework|architecture|network|parser|algorithm|technique|strategy)"
)
_OUR_WORK = re.compile(
    rf"\b(?:[Oo]ur (?:[\w-]+ ){{0,4}}?{_WORK}|[Oo]urs|[Tt]he proposed (?:[\w-]+ ){{0,3}}?{_WORK})\b|"
    r"^\W*(?:The (?:method|approach|framework|technique|system)\b|[Ww]e|"
    r"[Ii]t(?! (?:is|was|can be|should be|has been) (?:\w+ )?(?:worth|important|clear|seen|not(?:ed|able|iceable)|"
    r"interesting|observed|evident|obvious|possible|likely|expected|shown|found|known|surprising)))\b"
)
OURS = re.compile(r"\b(?:[Oo]urs?|OURS?|[Pp]roposed|[Tt]his (?:work|paper))\b|Ours\b")
