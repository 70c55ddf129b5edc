"""A library of 400 techniques, searched from chapter to section to template, and flat."""

from collections.abc import Sequence
from functools import partial
from statistics import fmean
from typing import Any

import numpy as np

from assay.methods.reasoning.thought_templates import Template, TemplateLibrary
from assay.testbed.sentence_encoder import load_sentence_encoder
from assay.testbed.tasks.technique_library import draw_library_queries, technique_names
from assay.trials import Bench

ONE, TWO, FLAT = "one chapter opened", "two chapters opened", "flat, all compared"
_NOISE = (0.0, 0.1, 0.2, 0.3, 0.5)


def show_search(bench: Bench) -> None:
    """Hits and comparisons of the search by shelves against the flat one, along noise, by both encoders."""
    number, encoders = bench.pick(quick=(10, ("tfidf",)), cpu=(200, ("tfidf", "all-MiniLM")))
    noise = bench.pick(quick=_NOISE[::2], cpu=_NOISE)
    for encoder in encoders:
        figures = bench.once(f"search by {encoder}", partial(_search, encoder, number, noise, bench.seed))
        bench.curve(f"right template found, by {encoder}", {arm: figures[arm]["right"] for arm in (TWO, ONE, FLAT)},
                    candidate=TWO, along="share of words and chapters that are wrong", at=noise, unit="%")  # fmt: skip
        clean = {arm: figures[arm]["right"][0] for arm in (TWO, ONE, FLAT)}
        bench.compare(f"right template found without noise, by {encoder}", clean, candidate=TWO, baseline=FLAT,
                      better="higher", unit="%")  # fmt: skip
        if encoder == encoders[0]:
            compared = {arm: figures[arm]["comparisons"] for arm in (TWO, ONE, FLAT)}
            bench.compare("cosines a search, of 400 templates", compared, candidate=TWO, baseline=FLAT, better="lower")


def _search(encoder: str, number: int, noise: Sequence[float], seed: int) -> dict[str, dict[str, Any]]:
    """Right templates in per cent at each level of noise, and comparisons of a query, of each way to search."""
    chapters = {
        chapter: {
            section: [Template(name, ("Do as it says",)) for name in names] for section, names in sections.items()
        }
        for chapter, sections in technique_names().items()
    }
    library = TemplateLibrary(chapters, encoder=_Remembering() if encoder != "tfidf" else "tfidf")
    figures: dict[str, dict[str, Any]] = {arm: {"right": []} for arm in (ONE, TWO, FLAT)}
    for level in noise:
        queries = draw_library_queries(number, noise=level, seed=seed)
        asked = [(each.category, each.direction, each.method) for each in queries]
        hits = {
            ONE: library.search_many(asked, chapters=1),
            TWO: library.search_many(asked, chapters=2),
            FLAT: [library.search_flat(*each) for each in asked],
        }
        for arm, row in hits.items():
            right = [hit.template.name == each.name for hit, each in zip(row, queries, strict=True)]
            figures[arm]["right"].append(100 * fmean(right))
            figures[arm]["comparisons"] = fmean(hit.comparisons for hit in row)
    return figures


class _Remembering:
    """A sentence encoder that codes each text once: every query is searched for three times."""

    def __init__(self) -> None:
        self.encoder, self.rows = load_sentence_encoder(), dict[str, Any]()

    def __call__(self, texts: Sequence[str]) -> Any:
        if new := [each for each in dict.fromkeys(texts) if each not in self.rows]:
            self.rows |= dict(zip(new, self.encoder.encode(new).numpy(), strict=True))
        return np.stack([self.rows[each] for each in texts])
