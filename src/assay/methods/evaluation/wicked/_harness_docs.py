"""Any multiple-choice task of lm-evaluation-harness as its WiCkeD: its config stays, its documents are rewritten.

A task says by templates how a document becomes a prompt, options and an answer. What the options are is read off by
filling these in as the harness does. Two fields then come with each document, ``wicked_choices`` and ``wicked_answer``,
by which the harness scores. Where the prompt shows the options, the fields that they stand in are rewritten as well,
and the prompt is filled in again: it must show the new option, or the task is refused.
"""

import ast
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from string import ascii_uppercase
from typing import Any

from assay.methods._choices import ChoiceItem
from assay.methods.evaluation.wicked._items import Wicked, WickedItem, turn

Doc = dict[str, Any]
Place = tuple[str, ...]
"""A field of a document, and the key within it if it is a mapping."""

CHOICES, ANSWER = "wicked_choices", "wicked_answer"

_LABEL = re.compile(r"\s*[(\[]?([A-Z]|\d{1,2})[)\].:]?\s*")
_QUESTIONS = ("question", "question_stem", "query", "Question", "problem", "input", "ctx", "stem")


def wicked_config(
    config: Mapping[str, Any],
    settings: Wicked | None = None,
    *,
    options: str | Sequence[str] | None = None,
    question: str | None = None,
) -> dict[str, Any]:
    """The config of a task's WiCkeD, for ``lm_eval.simple_evaluate(tasks=[...])`` and the like.

    Args:
        config: Of any task with ``output_type: multiple_choice``, as the harness loads it.
        settings: Of the transform.
        options: The field of the documents that has the options' texts, or the fields, one for each; found if left out.
        question: The field that has the question, by whose words it may be one for the best answer; found if left out.

    Raises:
        ValueError: The task is none with options. What is wrong with a document is said when the task is loaded.
    """
    name = str(config.get("task", "the task"))
    if config.get("output_type") != "multiple_choice" or config.get("doc_to_choice") is None:
        raise ValueError(f"{name} is no multiple-choice task of the harness: it has nothing to choose from")
    fewshot = config.get("fewshot_config") or {}
    fewshot = dict(fewshot) if isinstance(fewshot, Mapping) else {k: v for k, v in vars(fewshot).items() if v}
    if own := [each for each in ("doc_to_text", "doc_to_choice", "doc_to_target") if fewshot.get(each)]:
        raise ValueError(f"{name} shows its examples otherwise than its questions ({', '.join(own)}): not supported")
    turn_docs = _Turning(name, dict(config), settings or Wicked(), options, question)
    changed = dict(config) | {
        "task": f"{name}_wicked",
        "process_docs": turn_docs.behind(config.get("process_docs")),
        "doc_to_choice": CHOICES,
        "doc_to_target": ANSWER,
    }
    if fewshot.get("process_docs"):
        fewshot["process_docs"] = turn_docs.behind(fewshot["process_docs"])
    if fewshot.get("samples"):
        shown = fewshot["samples"]
        fewshot["samples"] = lambda: turn_docs(shown() if callable(shown) else shown)
    return changed | ({"fewshot_config": fewshot} if fewshot else {})


class _Turning:
    """Turns the documents of one task."""

    def __init__(
        self,
        task: str,
        config: Mapping[str, Any],
        settings: Wicked,
        options: str | Sequence[str] | None,
        question: str | None,
    ) -> None:
        self.task, self.config, self.settings, self.question = task, config, settings, question
        self.options = (options,) if isinstance(options, str) else options

    def behind(self, process: Callable[[Any], Any] | None) -> Callable[[Any], Any]:
        """What the harness calls with a split: the task's own processing, then ours."""

        def process_docs(docs: Any) -> Any:
            from datasets import Dataset  # type: ignore[import-untyped] # noqa: PLC0415 - slow to load

            return Dataset.from_list(self(process(docs) if process else docs))

        return process_docs

    def __call__(self, docs: Iterable[Mapping[str, Any]]) -> list[Doc]:
        """The documents with two fields more, and with the options rewritten where the prompt shows them."""
        return [self._turned(dict(doc), place) for place, doc in enumerate(docs)]

    def _turned(self, doc: Doc, place: int) -> Doc:
        named = f"document {place} of {self.task}"
        prompt = self._rendered_prompt(doc, named)
        scored = self._rendered_choices(doc, named)
        right = self._rendered_answer(doc, scored, named)
        labels = self._labels(doc, scored, prompt)
        if labels or self.options:
            texts, places = self._find_texts(doc, labels or scored, prompt, named)
        else:
            texts, places = scored, _places_of(doc, scored) if _all_in(scored, prompt) else []
        item = ChoiceItem(self._question(doc, prompt, texts), tuple(texts), right, record=doc)
        turned = turn(item, self.settings, named)
        new = doc | {CHOICES: scored if labels else list(turned.item.choices), ANSWER: turned.item.answer}
        if turned.kind != "unchanged":
            new |= _with_texts(doc, places, turned.item.choices)
            self._check(turned, new, prompt, labels=bool(labels), named=named)
        return new

    def _check(self, turned: WickedItem, new: Doc, before: str, *, labels: bool, named: str) -> None:
        """What the prompt showed of the options it must show of the new ones."""
        if not labels and not _all_in(turned.original.choices, before):
            return
        prompt = self._rendered_prompt(new, named)
        if missing := [each for each in turned.item.choices if each not in prompt]:
            raise ValueError(
                f"{named} shows its options in its prompt, and the prompt has no place for {missing[0]!r}: name the "
                "field, or the fields, of the options' texts with options="
            )

    def _labels(self, doc: Doc, scored: Sequence[str], prompt: str) -> list[str]:
        """The labels, A, B or 1, 2, that are scored in the place of options' texts; none if the texts are."""
        labels = [match[1] for each in scored if (match := _LABEL.fullmatch(each))]
        if labels == [str(i + 1) for i in range(len(scored))]:
            # Numbers may be answers by themselves: they are labels where the prompt has as many other texts.
            return labels if any(texts != list(scored) for texts, _ in _candidates(doc, labels, prompt)) else []
        return labels if labels == list(ascii_uppercase[: len(scored)]) else []

    def _find_texts(
        self, doc: Doc, labels: Sequence[str], prompt: str, named: str
    ) -> tuple[list[str], Sequence[Place]]:
        """The options' texts behind labels, and where they stand."""
        candidates = [_read(doc, self.options, named)] if self.options else _candidates(doc, labels, prompt)
        candidates = [each for each in candidates if each[0] != list(labels)] or candidates
        if len(candidates) != 1 or len(candidates[0][0]) != len(labels):
            numbers = [len(texts) for texts, _ in candidates]
            raise ValueError(
                f"{named} has {len(labels)} options, and fields for {numbers or 'none'} of them: name the field, or "
                "the fields, of the options' texts with options="
            )
        return candidates[0]

    def _question(self, doc: Doc, prompt: str, texts: Sequence[str]) -> str:
        fields = [self.question] if self.question else [each for each in _QUESTIONS if isinstance(doc.get(each), str)]
        if fields:
            return str(doc[fields[0]])
        for text in texts:
            prompt = prompt.replace(text, "")
        return prompt

    def _rendered_prompt(self, doc: Doc, named: str) -> str:
        prompt = _filled_in(self.config.get("doc_to_text"), doc)
        if not isinstance(prompt, str) or prompt.isdigit():
            raise ValueError(f"{named} has its options in the place of the question: such tasks cannot be turned")
        return prompt

    def _rendered_choices(self, doc: Doc, named: str) -> list[str]:
        template = self.config["doc_to_choice"]
        if isinstance(template, Mapping):
            template = list(template.values())
        choices = template if isinstance(template, list) else _filled_in(template, doc)
        choices = ast.literal_eval(choices) if isinstance(choices, str) else choices
        if not isinstance(choices, Sequence) or not all(isinstance(each, str) for each in choices):
            raise ValueError(f"{named} has no list of options: {choices!r}")
        return list(choices)

    def _rendered_answer(self, doc: Doc, choices: Sequence[str], named: str) -> int:
        template = self.config.get("doc_to_target")
        answer = _filled_in(template, doc)
        # Digits that a template gives are a number to the harness; those of a field are an option's text.
        if isinstance(answer, str) and answer.isdigit() and isinstance(template, str) and template not in doc:
            answer = int(answer)
        elif isinstance(answer, str) and answer in choices:
            answer = choices.index(answer)
        if isinstance(answer, list) or (isinstance(answer, str) and answer.startswith("[")):
            raise ValueError(f"{named} has several right options: WiCkeD needs one")
        if isinstance(answer, bool) or not isinstance(answer, int) or not 0 <= answer < len(choices):
            raise ValueError(f"{named} has the answer {answer!r}, which is none of its {len(choices)} options")
        return answer


def _filled_in(template: Any, doc: Doc) -> Any:
    """What a field of the config comes to for a document, as the harness has it."""
    if callable(template):
        return template(doc)
    if isinstance(template, str):
        if template in doc:
            return doc[template]
        from lm_eval.utils import apply_template  # type: ignore[import-untyped] # noqa: PLC0415

        return apply_template(template, doc)
    return template


def _candidates(doc: Doc, labels: Sequence[str], prompt: str) -> list[tuple[list[str], list[Place]]]:
    """Where in a document as many texts stand as there are labels, all of them in the prompt."""
    found: list[tuple[list[str], list[Place]]] = []
    for field, value in doc.items():
        inner = value if isinstance(value, Mapping) else {"": value}
        for key, texts in inner.items():
            if isinstance(texts, list) and len(texts) == len(labels) and all(isinstance(x, str) for x in texts):
                found.append((texts, [(field, key) if key else (field,)]))
    for ends in {tuple(labels), tuple(each.lower() for each in labels)}:  # A, opa, option_1
        for begins in [field.removesuffix(ends[0]) for field in doc if field.endswith(ends[0])]:
            fields = [begins + each for each in ends]
            if all(isinstance(doc.get(each), str) for each in fields):
                found.append(([doc[each] for each in fields], [(each,) for each in fields]))
    return [(texts, places) for texts, places in found if _all_in(texts, prompt)]


def _all_in(texts: Iterable[str], prompt: str) -> bool:
    return all(each.strip() and each.strip() in prompt for each in texts)


def _places_of(doc: Doc, texts: Sequence[str]) -> list[Place]:
    """Where in a document these very texts stand: in one list, or each in a field of its own; empty if they do not."""
    for field, value in doc.items():
        for key, inner in (value if isinstance(value, Mapping) else {"": value}).items():
            if isinstance(inner, list) and inner == list(texts):
                return [(field, key) if key else (field,)]
    fields = [[field for field, value in doc.items() if value == each] for each in texts]
    return [(each[0],) for each in fields] if all(len(each) == 1 for each in fields) else []


def _read(doc: Doc, fields: Sequence[str], named: str) -> tuple[list[str], list[Place]]:
    """The options' texts from the fields that the caller names: ``choices``, ``choices.text``, or one for each."""
    places = [tuple(each.split(".")) for each in fields]
    values = []
    for place in places:
        value: Any = doc
        for key in place:
            if not isinstance(value, Mapping) or key not in value:
                raise ValueError(f"{named} has no {'.'.join(place)!r}: it has {', '.join(map(repr, doc))}")
            value = value[key]
        values.append(value)
    texts = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    if not all(isinstance(each, str) for each in texts):
        raise ValueError(f"{named} has no texts in {', '.join(fields)}: {texts!r}")
    return list(texts), places


def _with_texts(doc: Doc, places: Sequence[Place], texts: Sequence[str]) -> Doc:
    """The fields of a document that have the options, with others in them."""
    if not places:
        return {}
    values = [list(texts)] if len(places) == 1 else list(texts)
    new: Doc = {}
    for place, value in zip(places, values, strict=False):
        field, *inner = place
        new[field] = dict(doc[field]) | {inner[0]: value} if inner else value
    return new
