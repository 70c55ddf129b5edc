"""Splits Hangul compounds of a query in two, as 언어모델 is where the text has 언어 모델."""

from collections.abc import Iterator

from assay.store.searching.cutting import PAIR_RUN
from assay.store.searching.query import All, Node, parse
from assay.store.searching.terms import Term

_LONGEST = 10


def in_two(node: Node | None) -> Iterator[Node]:
    """The same tree with one compound split, in every way there is."""
    parts = node.parts if isinstance(node, All) else (node,)
    for place, part in enumerate(parts):
        for halves in _splits(part):
            yield All((*(other for other in parts[:place] if other), *halves, *(o for o in parts[place + 1 :] if o)))


def _splits(part: Node | None) -> Iterator[tuple[Node, ...]]:
    if not isinstance(part, Term) or part.is_quoted or part.is_prefix or part.field:
        return
    tokens = part.exact[0]
    if not all(PAIR_RUN.fullmatch(token) for token in tokens):
        return
    word = "".join(token[0] for token in tokens) + tokens[-1][1:]
    if len(word) > _LONGEST:
        return
    for cut in range(2, len(word) - 1):
        tree = parse(f"{word[:cut]} {word[cut:]}").tree
        if tree is not None:
            yield tree.parts if isinstance(tree, All) else (tree,)
