"""A library of thought templates: chapters, sections, templates, and the search from the one down to the other."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.methods._files import written_whole
from assay.methods.reasoning.thought_templates._template import Template, TemplateError

Encoder = Callable[[Sequence[str]], Any]
"""Texts [n] as a matrix [n, width]: an array, or a tensor of torch."""
_FEATURES = 20_000
"""Of tf-idf, at most, so that a library of ten thousand templates still fits into memory."""
EMBEDDED = ("name", "kind", "tags", "description", "scenarios")
"""What of a template may be compared with a query."""


@dataclass(frozen=True)
class Hit:
    """What a search comes to."""

    template: Template
    chapter: str
    section: str
    confidence: float
    """The weighted cosine: of the template's with the method, and of the section's with the direction."""
    comparisons: int
    """Cosines that were computed for it."""


@dataclass(frozen=True, eq=False)
class TemplateLibrary:
    """Templates by chapter and section, which a query of three texts finds."""

    chapters: Mapping[str, Mapping[str, Sequence[Template]]]
    """The templates of each section of each chapter."""
    encoder: Encoder | str = "tfidf"
    """``tfidf``, over the letters of the library's own words (scikit-learn), or a function: a sentence encoder."""
    embedded: tuple[str, ...] = ("name",)
    """What of a template is compared with the method that is looked for (official code: its name)."""
    source: str = "library"
    """The file it is of, for messages."""

    def __post_init__(self) -> None:
        # Not to be altered, or the rows would be those of another library.
        chapters = MappingProxyType(
            {
                chapter: MappingProxyType({section: tuple(templates) for section, templates in sections.items()})
                for chapter, sections in self.chapters.items()
            }
        )
        object.__setattr__(self, "chapters", chapters)
        if not (callable(self.encoder) or self.encoder == "tfidf"):
            raise ValueError(f"encoder is {self.encoder!r}: give 'tfidf' or a function from texts to a matrix")
        if not self.embedded or not set(self.embedded) <= set(EMBEDDED):
            raise ValueError(f"embedded is {self.embedded}: choose among {', '.join(EMBEDDED)}")
        if not chapters:
            raise TemplateError(f"{self.source}: there is no chapter")
        for chapter, sections in chapters.items():
            if not chapter.strip() or not sections:
                raise TemplateError(
                    f"{self.source}, chapter {chapter!r}: it has no name, or no section: name or drop it"
                )
            for section, templates in sections.items():
                self._check_section(f"{self.source}, chapter {chapter!r}, section {section!r}", section, templates)

    @staticmethod
    def _check_section(where: str, section: str, templates: Sequence[Template]) -> None:
        if not section.strip() or not templates:
            raise TemplateError(f"{where}: it has no name, or no template: name or drop it")
        names = [" ".join(template.name.casefold().split()) for template in templates]
        for at, (name, template) in enumerate(zip(names, templates, strict=True)):
            if name in names[:at]:
                raise TemplateError(
                    f"{where}, template {template.name!r}: there are two of this name: rename or drop one"
                )

    @classmethod
    def load(cls, path: str | Path, **how: Any) -> "TemplateLibrary":
        """Read a library from a file of JSON: ``{chapter: {section: [template, ...]}}``; see `Template` for its fields.

        Args:
            path: Of the file.
            how: Other fields of the library: ``encoder``, ``embedded``.

        Raises:
            TemplateError: The file is no JSON or no library, or a template contradicts the schema.
        """
        path = Path(path)
        try:
            content = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_without_twins)
        except ValueError as error:
            raise TemplateError(f"{path.name}: {error}") from None
        chapters: dict[str, dict[str, list[Template]]] = {}
        for chapter, sections in _items(path.name, content, "chapters"):
            chapters[chapter] = {}
            for section, records in _items(f"{path.name}, chapter {chapter!r}", sections, "sections"):
                where = f"{path.name}, chapter {chapter!r}, section {section!r}"
                if not isinstance(records, list):
                    raise TemplateError(f"{where}: it is {type(records).__name__}: give a list of templates")
                chapters[chapter][section] = [_template(f"{where}, ", at, each) for at, each in enumerate(records, 1)]
        return cls(chapters, **{"source": path.name} | how)

    def save(self, path: str | Path) -> None:
        """Write the library to a file that `load` reads; whole or not at all."""
        content = {
            chapter: {section: [each.to_record() for each in templates] for section, templates in sections.items()}
            for chapter, sections in self.chapters.items()
        }
        with written_whole(path) as file:
            file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def __iter__(self) -> Iterator[Template]:
        for sections in self.chapters.values():
            for templates in sections.values():
                yield from templates

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Texts as rows [n, width] of length 1; one that has nothing in common with the library is a row of zeros.

        Raises:
            ValueError: The encoder gives no matrix of finite numbers, a row for each text.
        """
        rows = self._encoder(texts)
        rows = rows.detach().cpu().float().numpy() if hasattr(rows, "detach") else rows
        matrix = np.asarray(rows, dtype=np.float32)
        if matrix.ndim != 2 or len(matrix) != len(texts) or not np.isfinite(matrix).all():
            raise ValueError(
                f"the encoder gives an array of shape {matrix.shape} for {len(texts)} texts: it takes a row of finite "
                "numbers for each"
            )
        lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
        # Cosines are products only of rows of length 1, and encoders need not give such.
        unit: NDArray[np.float32] = np.divide(matrix, lengths, out=np.zeros_like(matrix), where=lengths > 0)
        return unit

    def search(
        self,
        category: str,
        direction: str,
        method: str,
        *,
        chapters: int = 2,
        sections: int = 2,
        weights: tuple[float, float] = (0.9, 0.1),
    ) -> Hit:
        """The best template of the best sections of the best chapters.

        Args:
            category: Compared with names of chapters.
            direction: Compared with names of sections.
            method: Compared with templates.
            chapters: That are opened (official code: 1, from which no wrong chapter is recovered; 2 is ours).
            sections: Of each chapter, that are opened (official code: 2).
            weights: Of the template's cosine and of its section's (official code).

        Raises:
            ValueError: No chapter or section is to be opened, or the encoder gives something else than rows.
        """
        return self.search_many([(category, direction, method)], chapters=chapters, sections=sections, weights=weights)[
            0
        ]

    def search_many(
        self,
        queries: Sequence[tuple[str, str, str]],
        *,
        chapters: int = 2,
        sections: int = 2,
        weights: tuple[float, float] = (0.9, 0.1),
    ) -> list[Hit]:
        """`search` for many queries, whose texts are encoded in one batch."""
        if chapters < 1 or sections < 1:
            raise ValueError(f"{chapters} chapters and {sections} sections are to be opened: open 1 or more of each")
        if not np.isfinite(weights).all():
            raise ValueError(f"weights are {weights}: give two finite numbers")
        shelves = self._shelves
        hits = []
        for category, direction, method in self._encode_queries(queries):
            near = shelves.chapter_rows @ category
            comparisons, best, choice = len(near), -np.inf, 0
            for chapter in _largest(near, chapters):
                of_chapter = shelves.sections_of[chapter]
                aims = shelves.section_rows[of_chapter] @ direction
                comparisons += len(aims)
                for place in _largest(aims, sections):
                    of_section = shelves.templates_of[of_chapter[place]]
                    fits = shelves.template_rows[of_section] @ method
                    comparisons += len(fits)
                    at = int(fits.argmax())
                    score = weights[0] * float(fits[at]) + weights[1] * float(aims[place])
                    if score > best:
                        best, choice = score, int(of_section[at])
            hits.append(self._hit(choice, float(best), comparisons))
        return hits

    def search_flat(
        self, category: str, direction: str, method: str, *, weights: tuple[float, float] = (0.9, 0.1)
    ) -> Hit:
        """The best template of all, each one compared: the plain reference of `search`, which opens everything.

        The category has no say in it.
        """
        ((_, aim, way),) = self._encode_queries([(category, direction, method)])
        shelves = self._shelves
        best, choice = -np.inf, 0
        aims = [float(row @ aim) for row in shelves.section_rows]
        for section, templates in enumerate(shelves.templates_of):
            for template in templates:
                score = weights[0] * float(shelves.template_rows[template] @ way) + weights[1] * aims[section]
                if score > best:
                    best, choice = score, int(template)
        return self._hit(choice, best, len(aims) + len(self))

    def _hit(self, choice: int, confidence: float, comparisons: int) -> Hit:
        chapter, section, template = self._shelves.templates[choice]
        return Hit(template, chapter, section, min(confidence, 1.0), comparisons)  # rounding may leave a little more

    def _encode_queries(self, queries: Sequence[tuple[str, str, str]]) -> Iterator[NDArray[np.float32]]:
        """The three rows of each query."""
        if not queries:
            return
        rows = self.encode([text for query in queries for text in query])
        yield from rows.reshape(len(queries), 3, -1)

    @cached_property
    def _encoder(self) -> Encoder:
        if callable(self.encoder):
            return self.encoder
        from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped] # noqa: PLC0415

        # Pieces of words, since a model does not write a name as the library does: "quadratics", "quadratic equation".
        vectoriser = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), max_features=_FEATURES)
        vectoriser.fit(self._texts)
        return lambda texts: vectoriser.transform(texts).toarray()

    @cached_property
    def _texts(self) -> list[str]:
        """Of chapters, sections and templates, in this order."""
        sections = [section for sections in self.chapters.values() for section in sections]
        return [*self.chapters, *sections, *(_embedded_text(template, self.embedded) for template in self)]

    @cached_property
    def _shelves(self) -> "_Shelves":
        return _Shelves.arrange(self.chapters, self.encode(self._texts))


@dataclass(frozen=True, eq=False)
class _Shelves:
    """A library laid out in rows."""

    templates: list[tuple[str, str, Template]]
    """Each with its chapter and section."""
    sections_of: list[NDArray[np.intp]]
    """Rows of each chapter's sections."""
    templates_of: list[NDArray[np.intp]]
    """Rows of each section's templates."""
    chapter_rows: NDArray[np.float32]
    section_rows: NDArray[np.float32]
    template_rows: NDArray[np.float32]

    @classmethod
    def arrange(cls, chapters: Mapping[str, Mapping[str, Sequence[Template]]], rows: NDArray[np.float32]) -> "_Shelves":
        """Lay a library out, whose texts are encoded as `rows`: chapters, then sections, then templates."""
        placed: list[tuple[str, str, Template]] = []
        sections_of: list[NDArray[np.intp]] = []
        templates_of: list[NDArray[np.intp]] = []
        for chapter, sections in chapters.items():
            sections_of.append(np.arange(len(templates_of), len(templates_of) + len(sections)))
            for section, templates in sections.items():
                templates_of.append(np.arange(len(placed), len(placed) + len(templates)))
                placed += [(chapter, section, each) for each in templates]
        ends = np.cumsum([len(chapters), len(templates_of)])
        return cls(placed, sections_of, templates_of, *np.split(rows, ends))


def structure_records(library: TemplateLibrary) -> list[dict[str, str]]:
    """What a navigator learns the library from (stage 1): by name and tags it says what a template is, and is for.

    Returns:
        Records with ``prompt`` and ``completion``, as TRL's `SFTTrainer` takes them.
    """
    return [
        {
            "prompt": f"Template: {template.name}\nTags: {', '.join(template.tags)}\n",
            "completion": f"{template.description}\nUse it when: {'; '.join(template.scenarios)}",
        }
        for template in library
    ]


def _largest(values: NDArray[np.float32], count: int) -> list[int]:
    """Places of the largest values; of equals the first."""
    return [int(at) for at in np.argsort(-values, kind="stable")[:count]]


def _embedded_text(template: Template, fields: Sequence[str]) -> str:
    values = (getattr(template, field) for field in fields)
    return ". ".join(text for value in values for text in ([value] if isinstance(value, str) else value) if text)


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A mapping of JSON; a name that stands there twice is refused, since the first would be lost."""
    names = [name for name, _ in pairs]
    for at, name in enumerate(names):
        if name in names[:at]:
            raise ValueError(f"the name {name!r} stands twice in one mapping: rename or drop one")
    return dict(pairs)


def _items(where: str, value: Any, what: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        raise TemplateError(f"{where}: it is {type(value).__name__}: give a mapping of {what}")
    yield from value.items()


def _template(where: str, at: int, record: Any) -> Template:
    try:
        return Template.from_record(record)
    except TemplateError as error:
        named = str(error).startswith("template ")
        raise TemplateError(f"{where}{'' if named else f'template {at}, '}{error}") from None
