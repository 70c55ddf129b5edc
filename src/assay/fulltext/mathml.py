"""Reads MathML that has no TeX with it: ``<msup><mn>10</mn><mn>6</mn></msup>`` is ``10^6``."""

from collections.abc import Callable, Iterator, Mapping

from selectolax.lexbor import LexborNode

from assay.fulltext.scripts import LOOK_BACK, ends_in_number, is_interval, lowered, raised, term, two_sided


def read_mathml(node: LexborNode, before: str = "") -> str:
    """A formula in plain characters; ``before`` is the text before it."""
    written = before[-LOOK_BACK:]
    start = len(written)
    for child in _children(node):
        written += _read(child, written)
    return written[start:]


def _read(node: LexborNode, before: str) -> str:
    tag = node.tag or ""
    if tag == "-text":
        return " ".join((node.text_content or "").split())
    if tag.startswith(("annotation", "-")) or tag in _SKIPPED:
        return ""
    parts = [child for child in _children(node) if child.tag is not None and not child.tag.startswith("-")]
    read = _READERS.get(tag)
    if read is not None and len(parts) >= _LEAST.get(tag, 2):
        return read([read_mathml(part, before) if part == parts[0] else read_mathml(part) for part in parts], before)
    text = read_mathml(node, before)
    return f" {text} " if tag in {"mtr", "mtd", "mspace"} else text


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.first_child
    while child is not None:
        yield child
        child = child.next


def _power(parts: list[str], before: str) -> str:
    base, script = parts[:2]
    return base + (_low(base or before, script, raised, "^") if script.strip() else "")


def _index(parts: list[str], before: str) -> str:
    base, script = parts[:2]
    return base + (_low(base or before, script, lowered, "_") if script.strip() else "")


def _low(base: str, script: str, write: Callable[[str, str], str], mark: str) -> str:
    script = script.strip()
    if script.startswith("±") or (ends_in_number(base) and (mark == "_" or not script.isalnum())):
        return write(base, script)
    return mark + (term(script) if len(script) > 1 else script)


def _both(parts: list[str], before: str) -> str:
    if is_interval(base := parts[0] or before, parts[2], parts[1]):
        return parts[0] + two_sided(base, parts[2], parts[1])
    return _index(parts[:2], before) + _power(["", parts[2]], parts[0])


_SKIPPED = frozenset({"mphantom", "none", "mprescripts"})
_LEAST = {"msqrt": 1, "msubsup": 3, "munderover": 3}
_READERS: Mapping[str, Callable[[list[str], str], str]] = {
    "msup": _power,
    "mover": _power,
    "msub": _index,
    "munder": _index,
    "msubsup": _both,
    "munderover": _both,
    "mfrac": lambda parts, before: f"{' ' if before[-1:].isdigit() else ''}{term(parts[0])}/{term(parts[1])}",
    "msqrt": lambda parts, _: f"√{term(''.join(parts))}",
    "mroot": lambda parts, _: f"{parts[1]}√{term(parts[0])}",
}
