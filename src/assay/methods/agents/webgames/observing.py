"""What an agent sees of a page: BrowserGym's trees and properties, and the same as a text with a number a line.

Elements get their numbers (``bid``) anew each time; those in frames have a letter before, as in BrowserGym.
"""

from collections.abc import Iterator, Mapping
from typing import Any

MARK = r"""
async prefix => {
  if (window.settled) await window.settled();
  const left = {x: 0, y: 0};
  for (let view = window; view !== view.top; view = view.parent) {
    const frame = view.frameElement, box = frame.getBoundingClientRect();
    left.x += box.x + frame.clientLeft; left.y += box.y + frame.clientTop;
  }
  const marks = {};
  let number = 0, focused = "";
  for (const e of document.querySelectorAll("*")) {
    const bid = prefix + number++;
    e.setAttribute("bid", bid);
    if (e === document.activeElement && e !== document.body) focused = bid;
    const box = e.getBoundingClientRect();
    const wide = Math.max(0, Math.min(box.right, innerWidth) - Math.max(box.x, 0));
    const high = Math.max(0, Math.min(box.bottom, innerHeight) - Math.max(box.y, 0));
    const area = box.width * box.height;
    const seen = area > 0 && e.checkVisibility({visibilityProperty: true}) ? wide * high / area : 0;
    const clickable = e.matches(
      "a[href], button, input, select, textarea, summary, [role=button], [onclick], [data-do], [data-drag]");
    marks[bid] = {
      visibility: seen, clickable, set_of_marks: clickable && seen > 0.5,
      bbox: area > 0 ? [box.x + left.x, box.y + left.y, box.width, box.height] : null,
    };
  }
  return {marks, focused};
}
"""
"""Numbers the elements of a frame, once all that was done there has been answered; returns their properties."""

_BARE = {"generic", "none", "InlineTextBox", "LineBreak", "StaticText", "paragraph", "LabelText", "listitem", "list"}


def number_nodes(trees: Mapping[str, list[dict[str, Any]]], snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """The accessibility trees of all frames as one, with each element's number, as BrowserGym has it.

    Args:
        trees: Nodes of each frame's tree, by its id, as Chrome's ``Accessibility.getFullAXTree`` gives them.
        snapshot: What ``DOMSnapshot.captureSnapshot`` gives, of a page whose elements are marked.
    """
    strings = snapshot["strings"]
    numbers: dict[int, str] = {}
    frames: dict[int, str] = {}
    for document in snapshot["documents"]:
        nodes = document["nodes"]
        for backend, attributes in zip(nodes["backendNodeId"], nodes["attributes"], strict=True):
            for name, value in zip(attributes[::2], attributes[1::2], strict=True):
                if strings[name] == "bid":
                    numbers[backend] = strings[value]
        inner = nodes["contentDocumentIndex"]
        for node, child in zip(inner["index"], inner["value"], strict=True):
            frames[nodes["backendNodeId"][node]] = strings[snapshot["documents"][child]["frameId"]]
    merged = []
    for nodes in trees.values():
        for node in nodes:
            backend = node.get("backendDOMNodeId")
            if backend in numbers:
                node["browsergym_id"] = numbers[backend]
            if backend in frames and trees.get(frames[backend]):
                node["childIds"] = [*node.get("childIds", []), trees[frames[backend]][0]["nodeId"]]
            merged.append(node)
    return {"nodes": merged}


def describe(tree: Mapping[str, Any], *, marks: Mapping[str, Any] | None = None, longest: int = 20_000) -> str:
    """The page as a text: a line for each element or text, indented, with its number in brackets.

    Args:
        tree: An observation's ``axtree_object``.
        marks: An observation's ``extra_element_properties``; with it, what is not in view is left out.
        longest: Characters, at most; what is beyond is cut off, and the text says so.
    """
    text = "\n".join(_lines(tree, marks))
    return text if len(text) <= longest else f"{text[:longest]}\n(cut off)"


def interactive(tree: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Role, number and name of each element that can be used, in the order of the page."""
    for node, _, _ in _walk(tree):
        role = _value(node, "role")
        if node.get("browsergym_id") and role in _USABLE:
            yield role, node["browsergym_id"], _value(node, "name")


_USABLE = set(
    "button link textbox searchbox combobox checkbox radio slider spinbutton menuitem image tab option".split()
)


def texts(tree: Mapping[str, Any]) -> str:
    """All of the page's text, names of elements among it."""
    return "\n".join(_value(node, "name") for node, _, _ in _walk(tree) if _value(node, "name"))


def _lines(tree: Mapping[str, Any], marks: Mapping[str, Any] | None) -> Iterator[str]:
    for node, depth, parent in _walk(tree):
        role, name, number = _value(node, "role"), _value(node, "name"), node.get("browsergym_id")
        if role == "InlineTextBox" or (role == "StaticText" and name.strip() in _value(parent, "name")):
            continue
        if number and marks is not None and not marks.get(number, {}).get("visibility", 1.0):
            continue
        if role in _BARE:
            if role == "StaticText" and name.strip():
                yield f"{'  ' * depth}{name.strip()}"
            continue
        value = _value(node, "value")
        states = [
            f"{each['name']}={each['value'].get('value')}"
            for each in node.get("properties", [])
            if each["name"] in {"checked", "selected", "expanded", "disabled", "focused"}
            and each["value"].get("value") not in {False, None, ""}
        ]
        parts = [f"{role} {name!r}", *([f"value={value!r}"] if value else []), *states]
        yield f"{'  ' * depth}{f'[{number}] ' if number else ''}{', '.join(parts)}"


def _walk(tree: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], int, dict[str, Any]]]:
    """Each node that is not ignored, how deep it is shown, and the one that it is shown within."""
    nodes = {node["nodeId"]: node for node in tree["nodes"]}
    children = {child for node in nodes.values() for child in node.get("childIds", [])}
    stack: list[tuple[dict[str, Any], int, dict[str, Any]]] = [
        (node, 0, {}) for name, node in reversed(nodes.items()) if name not in children
    ]
    while stack:
        node, depth, parent = stack.pop()
        shown = not node.get("ignored", False)
        if shown:
            yield node, depth, parent
        plain = not shown or _value(node, "role") in _BARE
        within, deeper = (parent, depth) if plain else (node, depth + 1)
        stack += [(nodes[name], deeper, within) for name in reversed(node.get("childIds", [])) if name in nodes]


def _value(node: Mapping[str, Any], name: str) -> str:
    return str(node.get(name, {}).get("value", ""))
