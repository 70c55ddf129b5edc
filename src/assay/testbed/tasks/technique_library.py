"""A made-up library of techniques, by chapter and section, and queries for it that are more or less wrong.

20 chapters of 4 sections of 5 techniques, 400 in all. A technique stands in every section, so that its name does not
say where it is. Queries say it in other words; with noise, words are lost or come from elsewhere, and the chapter is
another one.
"""

import random
from dataclasses import dataclass

_SECTIONS = {
    "Linear algebra": ("matrices", "determinants", "eigenvalues", "vector spaces"),
    "Number theory": ("divisibility", "congruences", "prime numbers", "Diophantine equations"),
    "Plane geometry": ("triangles", "circles", "quadrilaterals", "similar figures"),
    "Solid geometry": ("spheres", "pyramids", "prisms", "cones"),
    "Trigonometry": ("sine identities", "cosine laws", "sums of angles", "periodic graphs"),
    "Sequences": ("arithmetic progressions", "geometric progressions", "recurrences", "telescoping sums"),
    "Functions": ("inverse functions", "functional equations", "compositions", "monotone functions"),
    "Polynomials": ("polynomial roots", "factorisations", "coefficients", "remainders"),
    "Inequalities": ("inequalities of means", "rearrangements", "convexity", "absolute values"),
    "Combinatorics": ("permutations", "combinations", "partitions", "pigeonholes"),
    "Probability": ("conditional chances", "independent events", "expectations", "random walks"),
    "Statistics": ("averages", "variances", "samples", "regressions"),
    "Calculus": ("derivatives", "integrals", "limits", "tangents"),
    "Conic sections": ("parabolas", "ellipses", "hyperbolas", "foci"),
    "Complex numbers": ("moduli", "arguments of numbers", "roots of unity", "conjugates"),
    "Logic": ("propositions", "quantifiers", "contradictions", "truth tables"),
    "Graph theory": ("trees", "cycles", "colourings", "matchings"),
    "Set theory": ("unions", "intersections", "subsets", "cardinalities"),
    "Optimisation": ("linear programs", "extremal values", "constraints", "multipliers"),
    "Differential equations": ("separable equations", "growth models", "oscillations", "boundary values"),
}
_TECHNIQUES = {
    "Substitution": "substitute new variables",
    "Symmetry": "make use of what is symmetric",
    "Case analysis": "tell the cases apart",
    "Induction": "prove it inductively",
    "Bounding": "find lower and upper bounds",
}


@dataclass(frozen=True)
class LibraryQuery:
    """What is looked for, and what would be right."""

    category: str
    direction: str
    method: str
    name: str
    """Of the technique, as it stands in the library."""


def technique_names() -> dict[str, dict[str, list[str]]]:
    """The names of all techniques, by chapter and section."""
    return {
        chapter: {section.capitalize(): [f"{each} for {section}" for each in _TECHNIQUES] for section in sections}
        for chapter, sections in _SECTIONS.items()
    }


def draw_library_queries(number: int, *, noise: float, seed: int = 0) -> list[LibraryQuery]:
    """Queries, the same for the same seed and noise.

    Args:
        number: How many.
        noise: The chance that a word is lost or comes from elsewhere, and that the chapter is another one.
        seed: Of everything random.
    """
    draw = random.Random(seed)  # noqa: S311 - a task, not a secret
    words = [word for sections in _SECTIONS.values() for section in sections for word in section.split()]
    queries = []
    for _ in range(number):
        chapter = draw.choice(list(_SECTIONS))
        section, technique = draw.choice(_SECTIONS[chapter]), draw.choice(list(_TECHNIQUES))
        other = draw.choice([each for each in _SECTIONS if each != chapter])
        said = other if draw.random() < noise else chapter
        method = f"{_TECHNIQUES[technique]} with {section}"
        queries.append(
            LibraryQuery(
                f"a problem of {said.lower()}",
                _spoil(f"about {section}", words, noise, draw),
                _spoil(method, words, noise, draw),
                f"{technique} for {section}",
            )
        )
    return queries


def _spoil(text: str, words: list[str], noise: float, draw: random.Random) -> str:
    """A text, of which some words are lost, and as many replaced."""
    spoilt = []
    for word in text.split():
        chance = draw.random()
        if chance >= noise:
            spoilt.append(word)
        elif chance < noise / 2:
            spoilt.append(draw.choice(words))
    return " ".join(spoilt) or "something"
