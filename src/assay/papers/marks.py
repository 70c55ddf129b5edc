r"""Tells what a mark in prose means that LaTeX, Markdown and plain typing all use: ``~``, ``--``, ``\"``, braces."""

import re


def is_tie(text: str, at: int) -> bool:
    """Whether ``~`` holds two words together: ``Table~2``, and neither ``~40%`` nor ``10~20`` nor ``2B~7B``."""
    before, after = before_and_after(text, at, at + 1)
    if not after.strip() or not after.isascii() or not before.isascii():
        return False
    if not (before.isalnum() or before in {*".,:;)}]$"}):
        return False
    starts_with_digit = re.search(r"(?<![A-Za-z0-9])\d[A-Za-z0-9]*$", text[max(0, at - 30) : at]) is not None
    return not (starts_with_digit and (after.isdigit() or after == "$"))


def is_dash(text: str, start: int, end: int) -> bool:
    """Whether hyphens are a dash: with a space on both sides or none, so no option such as ``--json``."""
    before, after = before_and_after(text, start, end)
    return bool(before) and bool(after) and before.isspace() == after.isspace()


def opens_quotation(text: str, start: int) -> bool:
    """Whether a quotation begins here: after a space or an opening bracket."""
    return not text[max(0, start - 1) : start].strip("([ \n\t")


def is_quotation_mark(text: str, sign: str, start: int) -> bool:
    r"""Whether ``\"`` is a quotation mark and no accent: at the end of a word, or at its beginning with another."""
    before, after = before_and_after(text, start, start + 2)
    if before.isalnum() or before in {*".,!?"}:
        return not after.isalpha() and after not in {"{", "\\"}
    closing = re.compile(rf"\\{sign}(?![A-Za-z{{\\])").search(text, start + 2, start + 200)
    return after != "{" and closing is not None


def is_mere_group(text: str, start: int, closing: int) -> bool:
    r"""Whether braces only group: ``{\deg}``, ``10{,}000``, ``{G}PT``. Others may be a set, or code."""
    inside = text[start + 1 : closing]
    if inside[:1] == "\\" or inside == ",":
        return True
    before, after = before_and_after(text, start, closing + 1)
    is_word = re.fullmatch(r"[\w-]+", inside) is not None
    return is_word and (after.isalpha() or not (before.isalnum() or before in {*")}/"}))


def is_inside_word(text: str, start: int, end: int) -> bool:
    """Whether letters stand on both sides."""
    before, after = before_and_after(text, start, end)
    return before.isalpha() and after.isalpha()


def before_and_after(text: str, start: int, end: int) -> tuple[str, str]:
    """The characters on both sides; empty at the ends of the text."""
    return text[max(0, start - 1) : start], text[end : end + 1]
