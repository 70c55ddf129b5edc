r"""Takes the comments out of LaTeX, and leaves a ``%`` that begins none: in ``\url{a%20b}``, ``\verb|5%|``, code."""

import re


def strip_comments(text: str) -> str:
    """``text`` without its comments, each with the end of its line, as in TeX."""
    return _without_comment_environments(_without_marked(text.replace("\r\n", "\n").replace("\r", "\n")))


def _without_marked(text: str) -> str:
    """Without what follows a ``%``, where that begins a comment."""
    pieces: list[str] = []
    after = 0
    unclosed: set[str] = set()
    while match := _MARK.search(text, after):
        end = match.end()
        if match["comment"] is not None:
            pieces.append(text[after : match.start("comment")])
        else:
            code = match["code"]
            if code is not None and code not in unclosed:
                closing = text.find(f"\\end{{{code}", end)
                end = max(end, closing)
                if closing < 0:
                    unclosed.add(code)  # looked for only once, lest many of them take long
            pieces.append(text[after:end])
        after = end
    return "".join([*pieces, text[after:]])


def _without_comment_environments(text: str) -> str:
    pieces: list[str] = []
    after = 0
    for begin in _BEGIN.finditer(text):
        if begin.start() < after:
            continue
        end = _END.search(text, begin.end())
        if end is None:
            break
        pieces.append(text[after : begin.start()])
        after = end.end()
    return "".join([*pieces, text[after:]])


VERBATIM = frozenset("verbatim Verbatim lstlisting minted alltt BVerbatim LVerbatim code tcblisting".split())
"""The environments that show their text as it is written."""

_ADDRESS = r"(?:url|nolinkurl|burl|href|path)\s{0,9}\{[^\s{}]{0,2000}\}"  # a line that ends with % goes on in the next
_INLINE = (
    r"(?:(?:verb|Verb)(?![A-Za-z])\*?|(?:lstinline|mintinline)(?![A-Za-z])(?:\[[^\]\n]{0,200}\])?(?:\{\w{1,30}\}(?=\S))?)"
    r"(?:\{[^{}\n]{0,500}\}|(?P<quote>[^\sA-Za-z*{\[])[^\n]{0,500}?(?P=quote))"
)
_MARK = re.compile(
    rf"\\begin\s{{0,9}}\{{(?P<code>{'|'.join(sorted(VERBATIM))})\*?\}}|\\{_ADDRESS}|\\{_INLINE}"
    r"|\\.|(?P<comment>%[^\n]*(?:\n[ \t]*(?=\S))?)",
    re.DOTALL,
)
_BEGIN = re.compile(r"\\begin\s*\{comment\}")
_END = re.compile(r"\\end\s*\{comment\}")
