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
from assay.store.searching.cutting import ACRONYM, PAIR_RUN, cut, fold
from assay.store.searching.forms import Phrase, forms, singulars, spellings
from assay.store.searching.lexicon import COMBINING_ENDS, COMBINING_FORMS, COMPOUNDS, FUNCTION_WORDS
from assay.store.searching.names import name_phrases

FIELDS = ("author", "category", "keyword", "org", "since", "title", "until")
FIELD_MARKS = {"title": "t:", "keyword": "k:", "org": "o:", "category": "c:"}
"""What the tokens of a field begin with, so that each has its own place in the index."""

_LEXEME = re.compile(
    r"(?P<minus>(?<!\S)-(?=[^\s-]))?"
    r"(?:(?P<field>[A-Za-z]+):(?=[^\s/:]))?"
    r'(?:"(?P<quoted>[^"]*)"|(?P<open>(?<![^\s(-])\()|(?P<word>[^\s"]+))'
)
_EMPTY_FIELDS = frozenset(f"{field}:" for field in FIELDS)
_MOST_TERMS = 32
_DEEPEST = 16
_SHORTEST_BEGINNING = 4
_HYPHENS = frozenset("-_‐‒–")
_VERSION = re.compile(r"\d{1,2}(?:\.\d+)*o?")
_LONGEST_ACRONYM = 6
_LONGEST_COMPOUND = max(map(len, COMPOUNDS))


@dataclass(frozen=True)
class Term:
    """Something to find: any of some phrases."""

    exact: tuple[Phrase, ...]
    """As it was typed."""
    phrases: tuple[Phrase, ...]
    """All ways to write it, the exact ones among them."""
    field: str = ""
    """The field that it must stand in; empty for any."""
    is_prefix: bool = False
    """Whether the last token is the beginning of a word."""
    is_quoted: bool = False


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
    """``None`` where no word was typed."""
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
        raise ValueError('nothing to search for: give a word, a phrase in quotes, author:"a name" or an arXiv id')
    if text.count('"') % 2:
        raise ValueError(f"a quote is not closed: {_cut_short(text[text.rindex(chr(34)) :])}")
    return _Parser(text).query()


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
    elif (chunk := _read_chunk(text)) is not None:
        term = _marked(_term(chunk), field)
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


class _Chunk(NamedTuple):
    """A word as it was typed, in its smallest parts."""

    atoms: tuple[str, ...]
    joints: tuple[str, ...]
    is_prefix: bool = False
    is_quoted: bool = False

    @property
    def word(self) -> str:
        """The word itself, where it is one plain word; else empty."""
        return self.atoms[0] if len(self.atoms) == 1 and not self.is_quoted and not self.is_prefix else ""


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
        chunks: list[_Chunk] = []

        def end_words() -> None:
            wanted.extend(self._count(_bound_terms(chunks)))
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
                chunk = _read_chunk(lexeme.quoted if lexeme.quoted is not None else lexeme.word, is_quoted=is_quoted)
                if chunk is not None and is_negative:
                    target.extend(self._count([_term(chunk)]))
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
                chunks = [chunk for word in words if (chunk := _read_chunk(word))]
                if not chunks:
                    raise _without_word(field, " ".join(words))
                return [_marked(term, field) for term in _bound_terms(chunks)]
            value = " ".join(words)
        elif field == "title":
            chunk = _read_chunk(value, is_quoted=True)
            if chunk is None:
                raise _without_word(field, value)
            return [_marked(_term(chunk), field)]
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
        raise ValueError(f"{field}: takes a day such as 2025-02-26, a month or a year, not {text!r}") from None


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
        if typed in _EMPTY_FIELDS and quoted is None:
            raise ValueError(f"{typed} is empty: put what to find right behind the colon, or quotes around {typed!r}")
        if word or quoted is not None:
            yield _Lexeme(word, field, quoted, bool(match["minus"]))
        for _ in range(ends):
            yield _Lexeme(")")


def _read_chunk(text: str, *, is_quoted: bool = False) -> _Chunk | None:
    """A word, or the words in quotes, in their smallest parts; ``None`` if no word is in it."""
    runs = list(cut(text))
    if not runs:
        return None
    atoms: list[str] = []
    joints: list[str] = []
    for number, run in enumerate(runs):
        if number:
            between = text[runs[number - 1].end : run.start]
            joints.append("-" if between in _HYPHENS else ".")
        whole = is_quoted or not run.text.isascii() or not run.text.isalnum() or run.tokens[0].endswith(ACRONYM)
        parts = run.tokens if whole else re.findall(r"\d+|\D+", run.tokens[0])
        atoms += parts
        joints += ["." if whole else ""] * (len(parts) - 1)
    last = runs[-1].text
    # The text may go on where the query ends, so the single last syllable of a run is left out. A run of one syllable
    # is a prefix of the pair that it stands in.
    is_prefix = text.endswith("*") and not is_quoted and len(last) > 1
    if PAIR_RUN.fullmatch(last):
        is_prefix = len(last) == 1
        if not is_prefix:
            del atoms[-1], joints[-1]
    return _Chunk(tuple(atoms), tuple(joints), is_prefix, is_quoted)


def _bound_terms(chunks: Sequence[_Chunk]) -> list[Term]:
    """The terms of words that stand next to each other; those that belong together make one term."""
    bound: list[_Chunk] = []
    rest = list(chunks)
    while rest:
        count = _count_together(rest, is_first=not bound)
        together, rest = rest[:count], rest[count:]
        atoms = tuple(atom for chunk in together for atom in chunk.atoms)
        joints = tuple(joint for chunk in together for joint in (" ", *chunk.joints))[1:]
        bound.append(_Chunk(atoms, joints, together[-1].is_prefix, together[-1].is_quoted))
    terms = [_term(chunk) for chunk in bound]
    for place in range(len(bound) - 1):
        one, other = bound[place].word, bound[place + 1].word
        if _may_be_half(one) and _may_be_half(other):
            as_one_word = tuple((form,) for form in forms(one + other))
            for at in (place, place + 1):
                terms[at] = replace(terms[at], phrases=terms[at].phrases + as_one_word)
    return terms


def _may_be_half(word: str) -> bool:
    return len(word) > 2 and word.isalpha() and word.isascii() and word not in FUNCTION_WORDS


def _count_together(chunks: Sequence[_Chunk], *, is_first: bool) -> int:
    """How many of the words, from the first on, make one term."""
    words = [_as_typed(chunk) for chunk in chunks[:_LONGEST_COMPOUND] if not chunk.is_quoted]
    for count in range(len(words), 1, -1):
        *before, last = words[:count]
        if any((*before, form) in COMPOUNDS for form in (last, *singulars(last))):
            return count
    if len(words) < 2 or chunks[0].is_prefix or chunks[1].is_quoted:
        return 1
    one, other = chunks[0].word, words[1]
    if one in COMBINING_FORMS:
        return 2 if other[:1].isalpha() else 1
    is_word = one.isalpha() and one not in FUNCTION_WORDS
    if is_word and (other in COMBINING_ENDS or _VERSION.fullmatch(other)):
        return 2
    is_unit = other.isalpha() and (len(other) == 1 or other not in FUNCTION_WORDS)
    return 2 if is_first and is_unit and re.fullmatch(r"\d{1,2}", words[0]) else 1


def _as_typed(chunk: _Chunk) -> str:
    return "".join(atom + joint for atom, joint in zip(chunk.atoms, (*chunk.joints, ""), strict=True))


def _term(chunk: _Chunk) -> Term:
    if chunk.is_quoted:
        typed = tuple(_twins(chunk.atoms))
        return Term(typed, typed, is_prefix=chunk.is_prefix, is_quoted=True)
    phrases = spellings(chunk.atoms, chunk.joints)
    if chunk.is_prefix:
        return Term(phrases[:1], phrases[:1], is_prefix=True)
    ending = chunk.atoms[-1][-1]
    every = dict.fromkeys(
        twin for phrase in phrases for twin in (_twins(phrase) if phrase[-1].endswith(ending) else (phrase,))
    )
    return Term(tuple(_twins(phrases[0])), tuple(every))


def _twins(phrase: Phrase) -> Iterator[Phrase]:
    """A phrase, and beside it the same with its last word as an acronym that ends in S, or not as one."""
    yield phrase
    *before, last = phrase
    if last.endswith(ACRONYM):
        yield (*before, last.removesuffix(ACRONYM))
    elif len(last) <= _LONGEST_ACRONYM and singulars(last):
        yield (*before, last + ACRONYM)


def _marked(term: Term, field: str) -> Term:
    return replace(term, field=field, exact=mark(term.exact, field), phrases=mark(term.phrases, field))


def mark(phrases: Sequence[Phrase], field: str) -> tuple[Phrase, ...]:
    """The phrases as they stand in a field."""
    return tuple(tuple(FIELD_MARKS[field] + token for token in phrase) for phrase in phrases)


def _cut_short(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"
