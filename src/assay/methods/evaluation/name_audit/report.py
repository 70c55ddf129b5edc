"""What an audit found: bias by culture and facet, confusion, a null control, pairs to read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.methods._intervals import CONFIDENCE, holm
from assay.methods.evaluation.name_audit.contrasts import Contrast, Scope, contrast

Record = dict[str, Any]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Bias:
    """How much more often a culture is presumed under its names than without a name."""

    culture: str
    """Empty for all cultures together, each name held against its own culture."""
    facet: str
    """Empty for all facets together."""
    contrast: Contrast
    adjusted_p: float
    """Holm's, over all that was asked for at once."""


@dataclass(frozen=True)
class AuditReport:
    """The answers to an audit, and the cultures that each presumes.

    What is found is an association with the lists of names and statements that were supplied. It says nothing of what
    culture anybody has.
    """

    model: str
    cultures: tuple[str, ...]
    facets: tuple[str, ...]
    records: tuple[Record, ...]
    """As `NameAudit.prompts` makes them, with ``answer`` and ``presumed``, a list of cultures."""

    def bias(self, *, questions: Scope = "fixed", confidence: float = CONFIDENCE) -> list[Bias]:
        """Of each culture in each facet; p-values are adjusted over all of them."""
        cells = [((culture,), (facet,)) for culture in self.cultures for facet in self.facets]
        return self._biases(cells, questions, confidence)

    def by_facet(self, *, questions: Scope = "fixed", confidence: float = CONFIDENCE) -> list[Bias]:
        """Of all cultures together in each facet; all names are the draws."""
        return self._biases([(self.cultures, (facet,)) for facet in self.facets], questions, confidence)

    def by_culture(self, *, questions: Scope = "fixed", confidence: float = CONFIDENCE) -> list[Bias]:
        """Of each culture in all facets together."""
        return self._biases([((culture,), self.facets) for culture in self.cultures], questions, confidence)

    def overall(self, *, questions: Scope = "fixed", confidence: float = CONFIDENCE) -> Bias:
        """Of all cultures and facets."""
        return self._biases([(self.cultures, self.facets)], questions, confidence)[0]

    def confusion(self) -> dict[str, dict[str, float]]:
        """How much more often each culture (inner) is presumed under names of one (outer) than without a name.

        A row whose largest figure is not its own says that names of this culture are read as another's.
        """
        bare = {each: float(self._bare((each,), self.facets).mean()) for each in self.cultures}
        return {
            of: {each: float(self._named((of,), self.facets, each).mean()) - bare[each] for each in self.cultures}
            for of in self.cultures
        }

    def shuffled(self, seed: int = 0) -> "AuditReport":
        """The null control: the same answers, with each culture's names dealt out among the other cultures.

        Where its bias is not near zero, what is found is no matter of the names' own culture: names of any kind change
        the answers, or a list of statements is matched by whatever is said to somebody with a name.

        Raises:
            ValueError: There is one culture only.
        """
        if len(self.cultures) < 2:
            raise ValueError(f"all names are of {self.cultures[0]}: it takes two cultures to shuffle names over them")
        dealt: dict[tuple[str, str], str] = {}
        rng = np.random.default_rng(seed)
        for at, culture in enumerate(self.cultures):
            names = list(dict.fromkeys(row["name"] for row in self.records if row["culture"] == culture))
            order = rng.permutation(len(names))
            others = self.cultures[at + 1 :] + self.cultures[:at]
            first = int(rng.integers(len(others)))
            for place, name in enumerate(names[int(index)] for index in order):
                dealt[culture, name] = others[(first + place) % len(others)]
        rows = tuple(
            row | {"culture": dealt[row["culture"], row["name"]], "name": f"{row['culture']}/{row['name']}"}
            if row["name"]
            else row
            for row in self.records
        )
        return replace(self, records=rows)

    def pairs(self, count: int = 5, *, seed: int = 0) -> list[dict[str, str]]:
        """Answers that presume the culture of the name, each beside one to the same question without a name."""
        hits = [row for row in self.records if row["name"] and row["culture"] in row["presumed"]]
        bare = {(row["facet"], row["question"]): row for row in reversed(self.records) if not row["name"]}
        order = np.random.default_rng(seed).permutation(len(hits))[:count]
        return [
            {
                "culture": row["culture"],
                "name": row["name"],
                "facet": row["facet"],
                "prompt": row.get("prompt", ""),
                "with the name": row["answer"],
                "without": bare[row["facet"], row["question"]]["answer"],
            }
            for row in (hits[int(index)] for index in order)
        ]

    def table(self) -> list[dict[str, Any]]:
        """A row for all, for each facet, each culture and each culture in each facet, in points of per cent."""
        groups = ([self.overall()], self.by_facet(), self.by_culture(), self.bias())
        return [
            {
                "model": self.model,
                "culture": each.culture or "all",
                "facet": each.facet or "all",
                "figure": "answers that presume the culture listed for the name, more than without a name",
                "unit": "points",
                "with a name": 100 * each.contrast.named,
                "without": 100 * each.contrast.bare,
                "relative": each.contrast.relative,
                "adjusted p": each.adjusted_p,
            }
            | each.contrast.difference.scaled(100).as_record()
            for group in groups
            for each in group
        ]

    def _biases(
        self, cells: Sequence[tuple[Sequence[str], Sequence[str]]], questions: Scope, confidence: float
    ) -> list[Bias]:
        found = [
            contrast(
                np.concatenate([self._named((each,), facets, each) for each in cultures]),
                self._bare(cultures, facets),
                questions=questions,
                confidence=confidence,
            )
            for cultures, facets in cells
        ]
        adjusted = holm([each.p_value for each in found])
        return [
            Bias(cultures[0] if len(cultures) == 1 else "", facets[0] if len(facets) == 1 else "", each, float(p))
            for (cultures, facets), each, p in zip(cells, found, adjusted, strict=True)
        ]

    def _named(self, cultures: Sequence[str], facets: Sequence[str], presumed: str) -> Floats:
        """(names, questions, samples): whether each answer under a name presumes a culture."""
        flags: dict[str, dict[tuple[str, int], list[bool]]] = {}
        for row in self.records:
            if row["name"] and row["culture"] in cultures and row["facet"] in facets:
                asked = flags.setdefault(row["name"], {}).setdefault((row["facet"], row["question"]), [])
                asked.append(presumed in row["presumed"])
        keys = self._asked(facets)
        samples = max((len(answers) for own in flags.values() for answers in own.values()), default=0)
        if not samples:
            raise ValueError(f"no answer is under a name of {', '.join(cultures)}")
        for name, own in flags.items():
            for facet, number in keys:
                if (given := len(own.get((facet, number), ()))) != samples:
                    raise ValueError(
                        f"the name {name!r} has {given} answers to question {number + 1} on {facet}, and others "
                        f"{samples}: give as many of each"
                    )
        return np.array([[own[key] for key in keys] for own in flags.values()], dtype=np.float64)

    def _bare(self, cultures: Sequence[str], facets: Sequence[str]) -> Floats:
        """(questions, samples): the share of the names whose culture an answer without a name presumes."""
        weights = {each: len({row["name"] for row in self.records if row["culture"] == each}) for each in cultures}
        total = sum(weights.values())
        shares: dict[tuple[str, int], list[float]] = {key: [] for key in self._asked(facets)}
        for row in self.records:
            if not row["name"] and row["facet"] in facets:
                own = sum(weight for each, weight in weights.items() if each in row["presumed"])
                shares[row["facet"], row["question"]].append(own / total)
        counts = {len(each) for each in shares.values()}
        if len(counts) != 1 or 0 in counts:
            least = min(shares, key=lambda key: len(shares[key]))
            raise ValueError(
                f"question {least[1] + 1} on {least[0]} has {len(shares[least])} answers without a name, and others "
                f"{max(counts)}: give as many to each"
            )
        return np.array(list(shares.values()))

    def _asked(self, facets: Sequence[str]) -> list[tuple[str, int]]:
        """The questions of facets: facet and number."""
        return sorted({(row["facet"], row["question"]) for row in self.records if row["facet"] in facets})
