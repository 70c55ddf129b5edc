"""The ways to write a name of a table in a sentence: in full, by its telling words, as what it is short for."""

import re
from collections.abc import Collection, Iterator

from assay.claims.tables.metrics import metric_synonyms
from assay.claims.tables.words import FUNCTION_WORDS, GENERIC, MOST_WORDS, key, tokens

_CITATION = re.compile(
    r"\(?\[?(?:[A-Z][\w’'-]+(?:(?: and [A-Z][\w’'-]+| et al\.?),? ?\(?|(?:, ?| ?\()) ?(?:19|20)\d\d[a-z]? ?\)?)\]?\)?"
)
_VAGUE = frozenset("our ours model system method baseline all other total result best more most less new same".split())
_SPLITS = {
    "test": ("test",),
    "dev": ("dev", "development", "validation"),
    "val": ("validation", "dev", "development"),
    "valid": ("validation",),
    "train": ("train", "training"),
}
_LANGUAGES = {
    code: name
    for code, _, name in (
        pair.partition(":")
        for pair in """
        ar:arabic bg:bulgarian cs:czech da:danish de:german el:greek en:english es:spanish et:estonian fa:persian
        fi:finnish fr:french he:hebrew hi:hindi hu:hungarian id:indonesian it:italian ja:japanese ko:korean nl:dutch
        no:norwegian pl:polish pt:portuguese ro:romanian ru:russian sv:swedish tr:turkish uk:ukrainian vi:vietnamese
        zh:chinese
        """.split()
    )
}


def spellings(label: str, heading: str, caption: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """The word sequences that stand for a name, each with how bold it is to take it for that.

    Args:
        label: the name as it stands in the table.
        heading: what stands above it.
        caption: the table's caption, which may tell what a short name is short for.
    """
    bare = re.sub(r"\(\s?(?:[Oo]urs?|OURS)\s?\)", " ", _CITATION.sub(" ", label))
    bare = re.sub(r"^\s?\d{1,2}\.\s", "", bare)
    for citation in _CITATION.finditer(label):
        authors = key(re.sub(r"(?:19|20)\d\d[a-z]?", "", citation[0]))
        if len(authors) > 1:
            yield authors, 0 if not key(bare) else 1
    wholes: list[tuple[str, ...]] = []
    for boldness, text in enumerate((bare, re.sub(r"\([^)]*\)|\[[^\]]*\]|[↑↓%#:*†‡]", " ", bare))):
        whole = key(text)
        is_base = "baseline" in whole or whole == ("full", "model")
        if whole and whole not in wholes and (is_base or _is_telling(whole)):
            wholes.append(whole)
            if not re.fullmatch(r"\d+(?:\.\d+)?", text.strip()):
                yield whole, boldness
        elif len(whole) > 1 and not set(whole) <= FUNCTION_WORDS and "our" not in whole:  # "all features"
            yield whole, 1
        elif len(whole) == 1 and whole[0] not in FUNCTION_WORDS | _VAGUE:  # "the word-based model"
            yield from (((*whole, noun), 0) for noun in ("based", "level", "model", "system", "only", "setting"))
    part = key(re.sub(r"^\W*(?:w/o|w/out|w/|without|with|no)?[\s+–—-]*(?=\w)", "", bare))
    if part and part not in wholes and _is_telling(part):
        wholes.append(part)
        yield part, 0
    whole = wholes[0] if wholes else key(bare)
    seen = set(wholes)
    for alias in (*_metric_aliases(whole), *_aliases(label, whole, heading), *_told_by(caption, label)):
        if alias and alias not in seen:
            seen.add(alias)
            yield alias, 0
    yield from _parts(bare, seen)


def _is_telling(words: tuple[str, ...]) -> bool:
    """Whether some words tell anything by themselves."""
    return not set(words) <= GENERIC | FUNCTION_WORDS


def _metric_aliases(whole: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """What else a metric is called."""
    joined = " ".join(whole)
    yield from map(key, metric_synonyms(joined))
    if len(whole) > 1 and len(whole[-1]) > 1:  # "Macro F1", "Test Acc."
        synonyms = metric_synonyms(whole[-1])
        for name in synonyms:
            yield (*whole[:-1], *key(name))
            yield key(name)
        if synonyms:
            yield whole[-1:]
        if whole[-2:] in {("f", "1"), ("f", "measure"), ("f", "score")}:
            yield from map(key, ("f1", "f measure", "f score", "f"))
    if whole[:1] in {("micro",), ("macro",)}:
        yield from ((whole[0], word, *whole[1:]) for word in ("averaged", "average"))
    if match := re.fullmatch(r"(p|prec|precision|r|recall|f|ndcg|hit|map|acc|mrr) ?(\d+)", joined):
        yield from ((*key(name), match[2]) for name in metric_synonyms(match[1]))


def _aliases(label: str, whole: tuple[str, ...], heading: str) -> Iterator[tuple[str, ...]]:
    """What else a part of the data, a language or a number under a heading is called."""
    joined = " ".join(whole)
    for name in _SPLITS.get(joined, ()):
        yield from ((name, word) for word in ("set", "data", "split"))
    if joined in _LANGUAGES:
        yield (_LANGUAGES[joined],)
    if re.fullmatch(r"\d+", label.strip()):
        number = label.strip()
        for noun in [word for word in key(heading) if word not in GENERIC][-1:]:
            yield from ((number, noun), (noun, number), (noun, "of", number))


def _told_by(caption: str, label: str) -> Iterator[tuple[str, ...]]:
    """What a caption says that a short name is short for: ``ROUGE-2 (R-2)``."""
    for match in re.finditer(rf"([\w-]+(?: [\w-]+){{0,3}}) \({re.escape(label)}\)", caption):
        last = match[1].split()[-1]
        yield key(last)
        yield key(match[1])
        if "-" in last:
            yield key(last)[:1]


def _parts(label: str, seen: Collection[tuple[str, ...]]) -> Iterator[tuple[tuple[str, ...], int]]:
    """Runs of a name's words that tell which it is; bolder where they are ordinary words."""
    words = [(label[start:end], word) for word, start, end in tokens(label)]
    found = set(seen)
    for start in range(len(words)):
        for end in range(start + 1, min(len(words), start + MOST_WORDS) + 1):
            part = tuple(stem for _, stem in words[start:end])
            written = [word for word, stem in words[start:end] if stem not in GENERIC and not stem[0].isdigit()]
            if part in found or not written or len("".join(written)) < 2:
                continue
            found.add(part)
            is_name = any(not word[1:].islower() and len(word) > 1 for word in written)
            yield part, 1 if is_name else 2
    initials = "".join(word[0] for word, _ in words if word[0].isalpha()).lower()
    if len(initials) >= 3 and (initials,) not in found:
        yield (initials,), 1
