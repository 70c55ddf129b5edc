"""Comments in LaTeX, and signs that only look as if they began one."""

import pytest

from assay.fulltext.tex.comments import strip_comments


@pytest.mark.parametrize(
    "text",
    [
        r"\url{http://lake.example/a%20b} 5.5",
        r"\href{http://lake.example/%7Eheron}{the page} 5.5",
        r"\nolinkurl{a%b} \path{a/b%c} 5.5",
        r"\verb|50% of| 5.5",
        r"\verb*+50% of+ \Verb!5%! 5.5",
        r"\lstinline[language=C]|a % b| \lstinline{a % b} 5.5",
        r"\mintinline{python}|a % b| \mintinline{c}{a % b} 5.5",
        "\\begin{lstlisting}\na % b\n\\end{lstlisting} 5.5",
        "\\begin{verbatim*}\n50% of\n\\end{verbatim*} 5.5",
        r"5\% of \\\% 5.5",
    ],
)
def test_what_is_no_comment_stays(text: str) -> None:
    assert strip_comments(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a % b\nc", "a c"),
        ("a\\\\% b\n  c", "a\\\\c"),
        ("a % b\n\nc", "a \n\nc"),
        ("\\url{http://lake.example/a%\nb} 5.5", "\\url{http://lake.example/ab} 5.5"),
        ("% \\url{a\nb % \\verb|\nc", "b c"),
        ("% \\begin{verbatim}\nb % d\nc", "b c"),
        ("\\begin{verbatim} a % b\nc", "\\begin{verbatim} a c"),
        ("\\verbose{a % b\n}", "\\verbose{a }"),
        ("a \\begin{comment} b \\end{comment} c", "a  c"),
    ],
)
def test_what_is_a_comment_goes(text: str, left: str) -> None:
    assert strip_comments(text) == left


@pytest.mark.parametrize("piece", [r"\verb|", r"\url{", r"\begin{verbatim}", r"\begin{minted}%", r"\lstinline[", "\\"])
def test_what_never_ends_takes_no_time(piece: str) -> None:
    strip_comments(piece * 20_000)
