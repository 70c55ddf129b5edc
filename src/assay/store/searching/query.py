"""The query language: reads what a reader typed as a small tree, which a kind of database turns into its own language.

Words next to each other must all occur. ``OR`` parts a query: ``a b OR c`` is (a and b) or c; parentheses group.
``NOT x`` and ``-x`` leave out, ``"a b"`` is exact, ``atten*`` a beginning. ``author:``, ``org:``, ``keyword:`` and
``title:`` take the words that follow, or those in quotes; ``category:``, ``since:`` and ``until:`` take one.
"""

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from assay.papers.mathematics import as_typed
from assay.papers.text import normalise
from assay.store.searching.cutting import fold
from assay.store.searching.names import name_phrases
from assay.store.searching.terms import FIELD_MARKS, Chunk, Term, bound_terms, marked, read_chunk, term_of

_LEXEME = re.compile(
    r"(?P<minus>(?<!\S)-(?=[^\s-]))?"
    r"(?:(?P<field>[A-Za-z]+):(?=[^\s/:]))?"
    r'(?:"(?P<quoted>[^"]*)"|(?P<open>(?<![^\s(-])\()|(?P<word>[^\s"]+))'
)
_FIELD_TAKES = {
    "author": "a name",
    "category": "a category such as cs.CL",
    "keyword": "a keyword",
    "org": "the name of an organisation",
    "since": "a day such as 2025-02-26, a month or a year",
    "title": "words of a title",
    "until": "a day such as 2025-02-26, a month or a year",
}
FIELDS = tuple(_FIELD_TAKES)
_MOST_TERMS = 32
_DEEPEST = 16
_SHORTEST_BEGINNING = 4


@dataclass(frozen=True)
class All:
    """All of these."""

    parts: tuple["Node", ...]


@dataclass(frozen=True)
class Any:
    """One of these, or more."""

    parts: tuple["Node", ...]


@dataclass(frozen=True)
class Except:
    """The one without the other."""

    wanted: "Node"
    unwanted: "Node"


Node = Term | All | Any | Except


@dataclass(frozen=True)
class Query:
    """What a reader looks for."""

    tree: Node | None
    """``None`` where no word was typed, only since what day or until when."""
    since: date | None = None
    until: date | None = None
    name: Term | None = None
    """The query as an author's name, where it may be one."""


def parse(text: str) -> Query:
    """Read a query.

    Raises:
        ValueError: if it is empty or too long, a quote is not closed, a field is unknown, a day is none, or nothing is
            to be found.
    """
    text = re.sub("[“”„‟«»]", '"', as_typed(normalise(text)))
    if not text:
        raise ValueError(f"nothing to search for: {_WHAT_TO_GIVE}")
    if text.count('"') % 2:
        raise ValueError(f"a quote is not closed: {_cut_short(text[text.rindex(chr(34)) :])}")
    query = _Parser(text).query()
    if query.tree is None and not (query.since or query.until):
        raise ValueError(f"there is no word in {_cut_short(text)!r}: {_WHAT_TO_GIVE}")
    return query


_WHAT_TO_GIVE = 'give a word, a phrase in quotes, author:"a name" or an arXiv id'


def terms_of(node: Node | None) -> Iterator[Term]:
    """The terms to be found, in the order of the query; not those to be left out."""
    match node:
        case Term():
            yield node
        case All(parts) | Any(parts):
            for part in parts:
                yield from terms_of(part)
        case Except(wanted, _):
            yield from terms_of(wanted)


def with_open_end(node: Node | None) -> Node | None:
    """The same tree with its last term as the beginning of a word still being typed; ``None`` if it must stay whole."""
    match node:
        case Term(exact=exact, field="" | "title", is_prefix=False, is_quoted=False) if (
            len(exact[0][-1].removeprefix(FIELD_MARKS["title"])) >= _SHORTEST_BEGINNING
        ):
            return replace(node, phrases=exact, is_prefix=True)
        case All(parts) | Any(parts):
            last = with_open_end(parts[-1])
            return None if last is None else type(node)((*parts[:-1], last))
    return None


def field_term(field: str, text: str) -> Term:
    """A text to be found in a field: a whole name, a category, or words in their order.

    Raises:
        ValueError: if it has no word in it.
    """
    text = as_typed(normalise(text))
    term: Term | None = None
    if field == "author":
        exact, others = name_phrases(text)
        term = Term(exact, (*exact, *others), field) if exact else None
    elif field == "category":
        category = fold(text.strip()).removesuffix("*").removesuffix(".")
        phrases = ((FIELD_MARKS[field] + category,),)
        term = Term(phrases, phrases, field) if re.fullmatch(r"\w[\w.-]*", category) else None
    elif (chunk := read_chunk(text)) is not None:
        term = marked(term_of(chunk), field)
    if term is None:
        raise _without_word(field, text)
    return term


def _without_word(field: str, text: str) -> ValueError:
    return ValueError(f"{field}: has no word in it: {_cut_short(text)!r}")


class _Lexeme(NamedTuple):
    word: str
    field: str = ""
    quoted: str | None = None
    is_negative: bool = False


class _Parser:
    """Reads a query from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lexemes = list(_lexemes(text))
        self._place = 0
        self._terms = 0
        self._days: dict[str, date] = {}

    def query(self) -> Query:
        tree = self._any(0)
        since, until = self._days.get("since"), self._days.get("until")
        if since and until and until < since:
            raise ValueError(f"the first day is after the last: {since} to {until}")
        return Query(tree, since, until, self._name())

    def _any(self, depth: int) -> Node | None:
        parts = [self._all(depth)]
        while self._next_is("OR"):
            self._place += 1
            parts.append(self._all(depth))
        if len(parts) == 1:
            return parts[0]
        if self._days:
            raise ValueError("since: and until: hold for the whole search: they cannot stand beside OR")
        there = tuple(part for part in parts if part is not None)
        if len(there) < len(parts):
            raise ValueError("OR stands between two things to find: give both, or put it in quotes")
        return Any(tuple(dict.fromkeys(there)))

    def _all(self, depth: int) -> Node | None:
        wanted: list[Node] = []
        unwanted: list[Node] = []
        chunks: list[Chunk] = []

        def end_words() -> None:
            wanted.extend(self._count(bound_terms(chunks)))
            chunks.clear()

        while self._place < len(self._lexemes) and not self._next_is("OR"):
            lexeme = self._lexemes[self._place]
            if lexeme.word == ")" and depth and lexeme.quoted is None:
                break
            self._place += 1
            if lexeme.word == "AND" and not lexeme.field:
                continue
            is_negative = lexeme.is_negative
            while lexeme.word == "NOT" and not lexeme.field and self._place < len(self._lexemes):
                is_negative, lexeme = True, self._lexemes[self._place]
                self._place += 1
            target = unwanted if is_negative else wanted
            if lexeme.word == "(" and lexeme.quoted is None:
                end_words()
                group = self._group(depth)
                if group is not None:
                    target.append(group)
            elif lexeme.field:
                end_words()
                target.extend(self._count(self._field(lexeme, is_negative=is_negative)))
            else:
                is_quoted = lexeme.quoted is not None
                chunk = read_chunk(lexeme.quoted if lexeme.quoted is not None else lexeme.word, is_quoted=is_quoted)
                if chunk is not None and is_negative:
                    target.extend(self._count([term_of(chunk)]))
                elif chunk is not None:
                    chunks.append(chunk)
        end_words()
        return self._joined(wanted, unwanted)

    def _joined(self, wanted: Sequence[Node], unwanted: Sequence[Node]) -> Node | None:
        flat = (each for part in wanted for each in (part.parts if isinstance(part, All) else (part,)))
        parts = tuple(dict.fromkeys(flat))
        if not parts:
            if unwanted:
                raise ValueError("only what to leave out is given: add what to find")
            return None
        node = parts[0] if len(parts) == 1 else All(parts)
        return Except(node, unwanted[0] if len(unwanted) == 1 else Any(tuple(unwanted))) if unwanted else node

    def _group(self, depth: int) -> Node | None:
        if depth >= _DEEPEST:
            return None
        group = self._any(depth + 1)
        if self._place < len(self._lexemes) and self._lexemes[self._place].word == ")":
            self._place += 1
        return group

    def _field(self, lexeme: _Lexeme, *, is_negative: bool) -> list[Node]:
        field = lexeme.field
        if field in {"since", "until"}:
            if is_negative:
                raise ValueError(f"{field}: holds for the whole search: it cannot be left out")
            self._days[field] = parse_bound(field, lexeme.word or lexeme.quoted or "")
            return []
        value = lexeme.quoted
        if value is None:
            words = [lexeme.word]
            while field != "category" and not is_negative and self._place < len(self._lexemes):
                follower = self._lexemes[self._place]
                if follower.field or follower.is_negative or follower.quoted is not None or follower.word in _STOPS:
                    break
                words.append(follower.word)
                self._place += 1
            if field == "title":
                chunks = [chunk for word in words if (chunk := read_chunk(word))]
                if not chunks:
                    raise _without_word(field, " ".join(words))
                return [marked(term, field) for term in bound_terms(chunks)]
            value = " ".join(words)
        elif field == "title":
            chunk = read_chunk(value, is_quoted=True)
            if chunk is None:
                raise _without_word(field, value)
            return [marked(term_of(chunk), field)]
        return [field_term(field, value)]

    def _count(self, terms: Sequence[Node]) -> Sequence[Node]:
        """The same terms, if there is room for them."""
        self._terms += len(terms)
        if self._terms > _MOST_TERMS:
            raise ValueError(f"a query has at most {_MOST_TERMS} words")
        return terms

    def _next_is(self, word: str) -> bool:
        if self._place >= len(self._lexemes):
            return False
        lexeme = self._lexemes[self._place]
        return lexeme.word == word and not lexeme.field

    def _name(self) -> Term | None:
        """The whole query as a name: two to four words and no more."""
        plain = all(
            not (lexeme.field or lexeme.is_negative or lexeme.quoted is not None or lexeme.word in _STOPS)
            for lexeme in self._lexemes
        )
        if not plain or not 2 <= len(self._lexemes) <= 4 or re.search(r"[^\w\s.,'’-]|\d|_", self._text):
            return None
        exact, others = name_phrases(self._text)
        return Term(exact, (*exact, *others), "author") if exact else None


_STOPS = frozenset(("OR", "AND", "NOT", "(", ")"))


def parse_bound(field: str, text: str) -> date:
    """The first day of a year, a month or a day as it is typed; for ``until``, its last day.

    Raises:
        ValueError: if it is none of them.
    """
    parts = re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", text)
    try:
        if parts is None:
            raise ValueError  # noqa: TRY301 - told below, like a day that does not exist
        year, month, day = (int(part) if part else 0 for part in parts.groups())
        if field == "since":
            return date(year, month or 1, day or 1)
        return date(year, month or 12, day or calendar.monthrange(year, month or 12)[1])
    except ValueError:
        raise ValueError(f"{field}: takes {_FIELD_TAKES[field]}, not {text!r}") from None


def _lexemes(text: str) -> Iterator[_Lexeme]:
    closing = 0
    for match in _LEXEME.finditer(text):
        field = (match["field"] or "").lower()
        word, quoted = match["word"] or "", match["quoted"]
        if field and field not in FIELDS:
            if match["field"].islower():
                names = ", ".join(FIELDS)
                raise ValueError(
                    f"no field is called {field!r} (there are: {names}); put it in quotes to find the words"
                )
            word, field = match["field"] + ":" + word, ""
        if match["open"]:
            closing += 1
            yield _Lexeme("(", is_negative=bool(match["minus"]))
            continue
        # A parenthesis ends a group only where one is open: `O(n log n)` has none.
        stem = word.rstrip(")")
        ends = min(closing, len(word) - len(stem)) if "(" not in stem else 0
        word = word[: len(word) - ends]
        closing -= ends
        typed = f"{field}:{word}" if field else word
        empty = typed.removesuffix(":")
        if empty in FIELDS and typed != empty and quoted is None:
            takes = _FIELD_TAKES[empty]
            raise ValueError(f"{typed} takes {takes}, right behind the colon; in quotes, {typed!r} is a word to find")
        if word or quoted is not None:
            yield _Lexeme(word, field, quoted, bool(match["minus"]))
        for _ in range(ends):
            yield _Lexeme(")")


def _cut_short(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"
