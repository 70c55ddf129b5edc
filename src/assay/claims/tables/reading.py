"""A sentence beside a table: its clauses, the names of the table in it, and the verdicts that may come of it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from assay.claims.tables.clauses import Clause, clauses
from assay.claims.tables.metrics import find_metrics
from assay.claims.tables.names import Mention, names_of
from assay.claims.tables.table import Cell, Table
from assay.claims.tables.words import key

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
        self.own = own
        self.mentions = [_doubted(each, sentence) for each in names_of(table).find(sentence)]
        ours = self._own_mentions()
        named = [each for each in self.mentions if not any(one.start <= each.start < one.end for one in ours)]
        self.mentions = sorted((*named, *ours), key=lambda each: each.start)

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

    def metrics(self, start: int, end: int) -> list[str]:
        """The metrics that a part of the sentence names, other than what the table has as somebody's name: ``AP``."""
        text = self.sentence
        for mention in self.inside(start, end):
            if mention.dimension != self.table.metric_dimension:
                text = text[: mention.start] + "_" * (mention.end - mention.start) + text[mention.end :]
        return find_metrics(text[start:end])

    def sentence_start(self, clause: Clause) -> int:
        """Where the sentence of a clause begins, if there are several."""
        ends = [match.end() for match in _ENDS.finditer(self.sentence, 0, clause.start)]
        return ends[-1] if ends else 0

    def mean(self, mention: Mention, label: str) -> None:
        """Take a mention for a longer name than stands there, because its figure shows that this is meant."""
        at = self.mentions.index(mention)
        self.mentions[at] = replace(mention, labels=frozenset({label}), boldness=max(mention.boldness, 1))

    def _own_mentions(self) -> list[Mention]:
        """The paper's own rows or columns, where the sentence says *our model* without naming one."""
        found: list[Mention] = []
        for match in _OUR_WORK.finditer(self.sentence):
            if any(
                each.start < match.end() + _CLOSE and match.start() < each.end and each.boldness < _ORDINARY
                for each in self.mentions
            ):
                continue
            for boldness, labels in (
                (0, self._marked_own()),
                (1, self._named_own()),
                (1, self._captioned_own()),
                (2, self._bold_labels()),
            ):
                if labels:
                    dimension = labels[0][0]
                    own = frozenset(label for at, label in labels if at == dimension)
                    found.append(Mention(match.start(), match.end(), dimension, own, boldness))
                    break
        return found

    def own_labels(self) -> list[tuple[str, str]]:
        """The dimension and the names of the paper's own rows or columns; none where the table does not tell."""
        return self._marked_own() or self._named_own() or self._captioned_own()

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

    def _captioned_own(self) -> list[tuple[str, str]]:
        """The names that the caption calls the paper's own: ``our Gullwing model``."""
        own = [match.span() for match in _OUR_NAME.finditer(self.table.caption)]
        return [
            (each.dimension, label)
            for each in names_of(self.table).find(self.table.caption)
            if any(start <= each.start < end for start, end in own) and each.dimension != self.table.metric_dimension
            for label in sorted(each.labels)
            if not each.boldness
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
_ENDS = re.compile(r"[.;]\s")
_GLUED_BEFORE = re.compile(r"[A-Za-z0-9][-–_/+]$")
_GLUED_AFTER = re.compile(
    r"[-–_+](?!(?:based|averaged|style|like|level|free|only|trained|model|fold|way|specific|tuned|size|wise)\b)[A-Za-z0-9]"
)
_ANOTHER = 6
_NEARLY_ALL = 0.75
_CLOSE = 1
_ORDINARY = 2
_WORK = (
    r"(?:models?|systems?|methods?|approach(?:es)?|frameworks?|architectures?|networks?|parsers?|algorithms?|"
    r"techniques?|strategy|classifiers?|encoders?|decoders?|pipeline|variants?|agents?|policy|solution|results?|"
    r"performance|work|embeddings?|representations?)"
)
_DOES = r"(?:achiev|outperform|improv|obtain|gain|reach|surpass|beat|exceed|perform)(?:s|es?|ed)?\b"
NO_EXPLETIVE = (
    r"(?! (?:is|was|can be|should be|has been) (?:\w+ )?(?:worth|important|clear|seen|not(?:ed|able|iceable)|"
    r"interesting|observed|evident|obvious|possible|likely|expected|shown|found|known|surprising))"
)
_OUR_WORK = re.compile(
    rf"\b(?:[Oo]ur (?:[\w-]+ ){{0,4}}?{_WORK}\b|[Oo]ur [A-Z][\w+-]*|[Oo]urs\b|"
    rf"[Tt]he proposed (?:[\w-]+ ){{0,4}}?{_WORK}\b|[Tt]he {_WORK} (?:that )?we (?:propose|introduce|present)\b|"
    rf"[Ww]e(?= (?:also |can |still |even |thus |further |significantly )*{_DOES}))|^\W*(?:[Ww]e|"
    rf"[Ii]t{NO_EXPLETIVE})\b"
)
_OUR_NAME = re.compile(r"\b(?:[Oo]ur|[Pp]roposed)\s(?:[\w-]+\s){0,3}?[A-Z][\w+-]*[^\s.,;:]*")
OURS = re.compile(r"\b(?:[Oo]urs?|OURS?|[Pp]roposed|[Tt]his (?:work|paper))\b|Ours\b")
