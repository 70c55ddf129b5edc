"""Finds the name that was probably meant where a summary has one that its paper has not: a slip of a key or of the eye.

What counts is how two names differ: in signs that look alike (``GPT-40`` and ``GPT-4o``), in one letter of a part
(``ToyBench-Dew`` and ``ToyBench-Dev``), in one digit that looks like the other (``AMC28`` and ``AMC23``). Two versions,
years or sizes of one family are otherwise two names and no slip: which one a figure is of is a question to the figure.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

from assay.claims.naming.known import is_known

FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


@lru_cache(maxsize=4096)
def same(text: str) -> str:
    """One spelling for all ways to write a name: no case, no hyphens and spaces, no full-width letters."""
    return re.sub(r"[-_\s‐‑–]+", "", text.translate(FULL_WIDTH)).lower()


def nearest_name(name: str, candidates: Iterable[str]) -> str:
    """The one of ``candidates`` that ``name`` was probably meant to be, or a well-known model; empty if there is none.

    Near are names that `slip_of` finds, or, where the name is long enough for that to be no accident, those that
    differ in one letter. ``Llama``, ``LLaMA`` and ``LLAMA``, or ``GPT4o`` and ``GPT-4o``, are one name and not near
    ones; so are two versions of one family.
    """
    candidates = list(candidates)
    return slip_of(name, candidates) or _first(name, candidates, _is_one_letter_off)


def slip_of(
    name: str, candidates: Iterable[str], *, beside: str = "", complete: bool = False, year: int | None = None
) -> str:
    """The candidate, or the well-known model, that ``name`` is a slip for, even where the family it is of is there.

    Args:
        name: a name that the paper does not have.
        candidates: the names that the paper has.
        beside: the text that ``name`` stands in: one that names the candidate too means two things by the two names.
        year: when the paper was written; no benchmark of a later year can stand in it.
        complete: whether the candidates are those of a full text, so that a number which none of them has is wrong.
    """
    candidates = list(candidates)
    slip = _lookalike(name, candidates) or _lookalike(name, _FAMOUS) or _first(name, candidates, _has_sign_exchanged)
    if slip:
        return slip
    others = [
        other for other in candidates if same(other) not in same(beside) and not _is_by_another_known(name, other)
    ]
    digits = _has_digit_exchanged if complete else _has_digit_misread
    fits = (
        _has_part_misspelt,
        _has_letters_swapped,
        _has_variant_swapped,
        _has_letter_wrong,
        _has_letter_changed,
        _has_letter_doubled,
        has_plural_moved,
        _is_known_misspelt,
        _is_spelt_by_ear,
        digits,
    )
    slip = next(filter(None, (_first(name, others, each) for each in fits)), "")
    return slip or (_first(name, others, _is_of_another_year) if year and _latest_year(name) > year else "")


def _first(name: str, candidates: Sequence[str], fits: Callable[[str, str], bool]) -> str:
    return closest(name, [other for other in candidates if fits(name, other)])


def closest(name: str, candidates: Sequence[str]) -> str:
    """The one of some names that has most in common with ``name``, the first of several; empty for none."""
    if len(candidates) < len(("one", "other")):
        return "".join(candidates)
    spelt = same(name)
    return max(candidates, key=lambda other: SequenceMatcher(None, same(other), spelt, autojunk=False).ratio())


_FAMOUS: Final = (
    "ChatGPT-4o",
    "GPT-4o-mini",
    "GPT-4o",
    "GPT-4.1",
    "o1-mini",
    "o1-preview",
    "o1-pro",
    "o3-mini",
    "o4-mini",
    "OpenAI-o1",
    "OpenAI-o3",
    "LLaVA-1.5",
    "Qwen2.5-VL",
)
_LOOKALIKES: Final = str.maketrans("01i", "oll")


def looks_like(spelt: str) -> str:
    """One spelling for all that look alike, of a name as `same` spells it."""
    return spelt.translate(_LOOKALIKES)


def _lookalike(name: str, candidates: Iterable[str]) -> str:
    """The candidate that ``name``, or a run of its pieces, equals when signs that look alike count as one."""
    pieces = [piece for piece in re.split(r"[-_\s]+", name) if piece]
    runs = {
        same("".join(pieces[start:end])) for start in range(len(pieces)) for end in range(start + 1, len(pieces) + 1)
    }
    whole = same(name)
    best = ""
    for other in candidates:
        theirs = same(other)
        if not any(ch.isdigit() for ch in theirs + whole) or len(theirs) < _SHORTEST or theirs in whole:
            continue
        looks = looks_like(theirs)
        if len(theirs) > len(same(best)) and any(run != theirs and looks_like(run) == looks for run in runs):
            best = other
    return best


_SHORTEST: Final = 4
# A digit and the letters that it is taken for.
_LETTERS_LIKE: Final = {"0": "od", "1": "li", "2": "z", "5": "s", "6": "gb", "8": "b", "9": "gq"}
_MOST_EXCHANGED: Final = 2


def _has_sign_exchanged(name: str, other: str) -> bool:
    """Whether they differ only in signs that look alike: ``DiT-30`` and ``DiT-3D``, ``ToyQA`` and ``ToyOA``."""
    ours, theirs = same(name), same(other)
    if min(len(ours), len(theirs)) < _SHORTEST:
        return False
    if len(ours) != len(theirs):
        return ours.replace("rn", "m") == theirs.replace("rn", "m")
    pairs = [pair for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1]]
    return 0 < len(pairs) <= _MOST_EXCHANGED and all(_look_alike(a, b, name, other) for a, b in pairs)


def _look_alike(sign: str, other: str, name: str, other_name: str) -> bool:
    if sign.isalpha() and other.isalpha():
        odd = _odd_parts(name, other_name)  # a letter by itself tells variants apart: ToyNet-M
        is_long = odd is not None and len(odd[0]) >= _SHORTEST and len(name) >= _LONG_ENOUGH
        return is_long and {sign, other} in ({"i", "l"}, {"o", "q"}, {"m", "n"})
    return other in _LETTERS_LIKE.get(sign, "") or sign in _LETTERS_LIKE.get(other, "")


# Words by which makers tell the members of a family apart: whoever writes one means it.
_VARIANTS: Final = frozenset(
    """
    agent air alpha audio base bench beta chat code coder codes core cot data dense dev distill dpo easy eval fast
    flash full gold grpo hard hd high image images instruct it large lite live llm long low math max medium mini
    mix mllm mobile model models moe nano new next old omni one open plus ppo pre pro pt rl rm sd sft short small
    speech super task tasks test text think thinking tiny tool tools train turbo two ultra val video vision vl vlm
    wild xl zero zeros
    """.split()
)
_PARTS: Final = re.compile(r"[A-Za-z]+|\d+")
_SHORTEST_PART: Final = 3


@lru_cache(maxsize=4096)
def _parts(name: str) -> list[str]:
    """The runs of letters and of digits in a name."""
    return _PARTS.findall(name.translate(FULL_WIDTH))


def _odd_parts(name: str, other: str) -> tuple[str, str] | None:
    """The only part of two names that they do not share, as each has it; ``None`` where they differ in more."""
    ours, theirs = _parts(name), _parts(other)
    if len(ours) != len(theirs):
        return None
    odd = [(a, b) for a, b in zip(ours, theirs, strict=True) if a.lower() != b.lower()]
    return odd[0] if len(odd) == 1 else None


def _is_by_another_known(name: str, other: str) -> bool:
    """Whether the part in which two names differ is a name that many papers have: ``MMMU-Pro`` and ``MMLU-Pro``."""
    odd = _odd_parts(name, other)
    return odd is not None and len(odd[0]) >= _SHORTEST_PART and is_known(odd[0])


def _has_part_misspelt(name: str, other: str) -> bool:
    """Whether one of several parts differs in one letter: ``ToyBench-Dew`` and ``ToyBench-Dev``."""
    odd = _odd_parts(name, other)
    is_of_several = odd is not None and len(_parts(name)) > 1
    if odd is not None and is_of_several and odd[1].lower() in _VARIANTS and _has_capital_wrong(*odd):
        return True
    if odd is None or len(same(name)) - len(odd[0]) < _SHORTEST_PART or odd[0].lower() in _VARIANTS:
        return False
    shorter = min(map(len, odd))
    is_telling = odd[1].lower() in _VARIANTS or shorter > _SHORTEST
    return shorter >= _SHORTEST_PART and is_telling and _is_one_small_letter_off(*odd)


def _has_letters_swapped(name: str, other: str) -> bool:
    """Whether two neighbouring letters of one part have changed places: ``SEED-GPRO`` and ``SEED-GRPO``."""
    odd = _odd_parts(name, other)
    if odd is None or not all(map(str.isalpha, odd)) or len(odd[0]) != len(odd[1]) or len(odd[0]) < _SHORTEST_PART:
        return False
    at, ours, theirs = _difference(*(each.lower() for each in odd))
    return (
        ours is not None
        and len(ours) == len(theirs) == len("ab")
        and (at > 0 or is_known(odd[1]))
        and odd[0].lower() not in _VARIANTS
    )


def _is_known_misspelt(name: str, other: str) -> bool:
    """Whether one letter inside of a longer name that many papers have is another, missing or too many: ``ImagNet``."""
    stem = _COMMON_ENDS.sub("", "".join(filter(str.isalpha, _parts(other))))
    is_long = len(stem) > _SHORTEST and len(same(other)) >= _LONG_ENOUGH
    has_more_capitals = sum(map(str.isupper, name)) > sum(map(str.isupper, other))  # another word: ModernVBERT
    is_theirs = is_long and is_known(other) and not is_known(name) and not has_more_capitals
    return is_theirs and is_letter_off_inside(same(name), same(other)) and _letters(name) != _letters(other)


_BY_EAR: Final = (("ph", "f"), ("ck", "k"), ("x", "ks"), ("ight", "ite"))


def _is_spelt_by_ear(name: str, other: str) -> bool:
    """Whether two longer names are one but for two ways to write a sound: ``AlfaTide`` and ``AlphaTide``."""
    if min(len(same(name)), len(same(other))) < _LONG_ENOUGH:
        return False
    ours, theirs = same(name), same(other)
    return any(ours.replace(*each) == theirs.replace(*each) for each in _BY_EAR)


def _has_capital_wrong(ours: str, theirs: str) -> bool:
    """Whether one letter of a longer word in capitals that tells the members of a family apart is another: ``EVAR``."""
    if len(ours) != len(theirs) or len(ours) < _SHORTEST or not ours.isupper() or not theirs.isupper():
        return False
    at, letters, _ = _difference(ours, theirs)
    return letters is not None and at > 0 and ours.lower() not in _VARIANTS


def _has_variant_swapped(name: str, other: str) -> bool:
    """Whether the two capitals of a variant have changed places: ``ToyNet2-LV`` and ``ToyNet2-VL``."""
    odd = _odd_parts(name, other)
    if odd is None or len(odd[0]) != len("VL") or len(same(name)) < _SHORTEST + len("VL"):
        return False
    ours, theirs = (each.lower() for each in odd)
    return ours == theirs[::-1] and theirs in _VARIANTS and ours not in _VARIANTS and odd[0].isupper()


def _has_letter_doubled(name: str, other: str) -> bool:
    """Whether one part of a long name has a letter single that the other has double: ``Tiddal-2B`` and ``Tidal-2B``."""
    odd = _odd_parts(name, other)
    if odd is None or min(map(len, odd)) < _SHORTEST or len(same(name)) - len(odd[0]) < _SHORTEST_PART - 1:
        return False
    return DOUBLE.sub(r"\1", odd[0].lower()) == DOUBLE.sub(r"\1", odd[1].lower()) and not all(map(str.isupper, odd))


_CAMEL: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def has_plural_moved(name: str, other: str) -> bool:
    """Whether one ``s`` has gone from the end of one part of a name to that of another: ``ToysQA``, ``ToyViews``.

    At the end of the whole it makes the plural of one.
    """
    ours, theirs = (_CAMEL.findall(each.translate(FULL_WIDTH)) for each in (name, other))
    if len(ours) != len(theirs) or len(ours) < len(("Toy", "QA")) or len(same(other)) < _LONG_ENOUGH:
        return False
    odd = [(a.lower(), b.lower()) for a, b in zip(ours, theirs, strict=True) if a.lower() != b.lower()]
    is_plural = all(a.removesuffix("s") == b.removesuffix("s") and len(a) > _SHORTEST_PART for a, b in odd)
    return bool(odd) and is_plural and same(name).removesuffix("s") != same(other).removesuffix("s")


def is_own_misspelt(name: str, own: str) -> bool:
    """Whether a name is what a paper calls its own work but for one letter, capital or small: ``MyPSBench``."""
    ours, theirs = ("".join(filter(str.isalpha, _parts(each))) for each in (name, own))
    if min(len(ours), len(theirs)) <= _SHORTEST or _is_inflected(ours.lower(), theirs.lower()):
        return False
    if [part for part in _parts(name) if part.isdigit()] != [part for part in _parts(own) if part.isdigit()]:
        return False
    at, letters, _ = _difference(ours.lower(), theirs.lower())
    if letters is None:
        is_moved = ours != theirs and ours[:1].lower() == theirs[:1].lower()
        return is_moved and sorted(ours.lower()) == sorted(theirs.lower())
    is_inside = 0 < at < max(len(ours), len(theirs)) - 1  # a letter before or behind a short one makes a variant
    return is_inside or min(len(ours), len(theirs)) >= _LONG_ENOUGH - 1


def _has_letter_wrong(name: str, other: str) -> bool:
    """Whether one letter of a long part in one case is wrong, dropped or added: ``CONSCENTIA``."""
    odd = _odd_parts(name, other)
    if odd is None or min(map(len, odd)) <= _LONG_ENOUGH or not all(each.isupper() for each in odd):
        return False
    return _difference(*(each.lower() for each in odd))[1] is not None and not _is_inflected(*odd)


_ALIKE_DIGITS: Final = frozenset({"17", "38", "56", "08", "06", "49"})
_OF_A_SERIES: Final = frozenset({"gtx", "rtx", "vgg", "yolov", "yolo"})


def _has_digit_misread(name: str, other: str) -> bool:
    """Whether one digit of a longer number or of a version differs from one that looks like it; no two years."""
    pair = _odd_number(name, other) or _odd_version(name, other)
    if pair is None:
        return False
    odd = ["".join(sorted(signs)) for signs in zip(*pair, strict=True) if signs[0] != signs[1]]
    swapped = sorted(pair[0]) == sorted(pair[1])
    return swapped or (len(odd) == 1 and odd[0] in _ALIKE_DIGITS)


def _has_digit_exchanged(name: str, other: str) -> bool:
    """Whether one digit of a longer number differs, or two are swapped, and both cannot be years."""
    pair = _odd_number(name, other)
    if pair is None:
        return False
    return sorted(pair[0]) == sorted(pair[1]) or sum(a != b for a, b in zip(*pair, strict=True)) == 1


def _odd_number(name: str, other: str) -> tuple[str, str] | None:
    """The one number of two digits or more that two names of equal letters do not share, as each has it."""
    odd = _odd_parts(name, other)
    if odd is None or not all(map(str.isdigit, odd)) or _letters(name) in _OF_A_SERIES:
        return None
    is_long = len(odd[0]) == len(odd[1]) >= 2
    return odd if is_long and not all(map(_is_year, odd)) else None


def _odd_version(name: str, other: str) -> tuple[str, str] | None:
    """The digit in which two versions differ, as in ``ToyNet-v8`` and ``ToyNet-v3``; no size such as ``7B``."""
    odd = _odd_parts(name, other)
    if odd is None or not all(each.isdigit() and len(each) == 1 for each in odd) or _letters(name) in _OF_A_SERIES:
        return None
    is_size = re.search(rf"{odd[0]}\s?[BMK]\b", name) is not None
    is_next = abs(int(odd[0]) - int(odd[1])) == 1 or "0" in odd
    return None if is_size or is_next or len(_letters(name)) < _SHORTEST else odd


def _is_of_another_year(name: str, other: str) -> bool:
    odd = _odd_parts(name, other)
    return odd is not None and all(map(_is_year, odd)) and len(odd[0]) == len(odd[1])


def _latest_year(name: str) -> int:
    """The latest year that a number in a name may be, as ``AIME26`` has it; 0 for none."""
    years = [int(part) for part in _parts(name) if part.isdigit() and _is_year(part)]
    return max((year if year > _CENTURY else 2000 + year for year in years), default=0)


_CENTURY: Final = 100


def _is_year(number: str) -> bool:
    return re.fullmatch(r"(?:19|20)[0-2]\d|[01]\d|2[0-6]", number) is not None and not number.startswith("00")


def _has_letter_changed(name: str, other: str) -> bool:
    """Whether one letter inside a part is another, missing or too many: ``OSWold``, ``RekNet50``, ``ATLAAS``.

    What begins or ends a part, or stands before an ending that many names share, tells two names of a kind apart.
    """
    odd = _odd_parts(name, other)
    if odd is None or not all(map(str.isalpha, odd)) or odd[0].lower() in _VARIANTS or _is_inflected(*odd):
        return False
    stems = [_COMMON_ENDS.sub("", each) for each in odd]
    at, letters, lost = _difference(*(each.lower() for each in stems))
    is_cut = [len(stem) < len(part) for stem, part in zip(stems, odd, strict=True)]
    is_inside = letters is not None and 0 < at < max(map(len, stems)) - 1
    if is_inside and len(odd[0]) != len(odd[1]) and all(map(str.isupper, odd)) and min(map(len, odd)) == _SHORTEST:
        return len(same(name)) - len(odd[0]) >= _SHORTEST_PART and not is_cut[0] and not is_cut[1]
    if not is_inside or min(map(len, stems)) <= _SHORTEST or is_cut[0] != is_cut[1]:
        return False
    ours, theirs = stems
    if ours.isupper() and theirs.isupper():
        return len(ours) != len(theirs) or len(ours) > _SHORTEST + 1
    written = ours[at : at + len(letters or "")], theirs[at : at + len(lost)]
    if written[0] == "" and written[1].isupper():
        return theirs[at + 1 : at + 2].islower()  # with a capital a word is lost: Metaamera
    return not all(each.isupper() for each in written if each)


_LONG_ENOUGH: Final = 7
_COMMON_ENDS: Final = re.compile(
    r"(?:bench(?:mark)?|based|eval|world|agent|net|bert|gpt|qa|pro|llm|former|mark|set)s?$", re.IGNORECASE
)
_SHORTEST_STEM: Final = 4
DOUBLE: Final = re.compile(r"([a-z])\1")
"""Small letters: capitals tell names apart that were made alike, as ``ToyLM`` and ``ToyLLM``."""
OPENING: Final = re.compile(r"(?:^|[.!?:;]\s|\n)[\"'(*#\s-]*$")
"""What stands before a word that opens a sentence."""


def _is_one_letter_off(name: str, other: str) -> bool:
    """Whether two long names differ in one small letter: ``GulwingNet`` and ``GullwingNet``.

    Capitals are what tells apart names that were made alike: ``MMMU-Pro`` and ``MMLU-Pro``.
    """
    ours, theirs = ("".join(filter(str.isalpha, _parts(each))) for each in (name, other))
    if min(len(ours), len(theirs)) < _LONG_ENOUGH or len(_parts(name)) != len(_parts(other)):
        return False
    if same(DOUBLE.sub(r"\1", name)) == same(DOUBLE.sub(r"\1", other)):
        return True
    stems = [_COMMON_ENDS.sub("", each) for each in (ours, theirs)]
    have_common_ends = len(stems[0]) < len(ours) and len(stems[1]) < len(theirs)
    return (
        not (have_common_ends and min(map(len, stems)) <= _SHORTEST_STEM)
        and re.findall(r"\d", name) == re.findall(r"\d", other)
        and _is_one_small_letter_off(ours, theirs)
    )


def _is_one_small_letter_off(one: str, other: str) -> bool:
    """Whether one small letter added, dropped or replaced, or two neighbours swapped, makes one word the other."""
    if not one.isalpha() or not other.isalpha() or _is_inflected(one.lower(), other.lower()):
        return False
    at, ours, theirs = _difference(one.lower(), other.lower())
    if ours is None:
        return False
    changed = one[at : at + len(ours)] + other[at : at + len(theirs)]
    return changed.islower()


def is_swapped(one: str, other: str) -> bool:
    """Whether two neighbouring letters of two words have changed places, and nothing else."""
    _, ours, theirs = _difference(one.lower(), other.lower())
    return ours is not None and len(ours) == len(theirs) == len("ab")


def is_letter_off_inside(one: str, other: str) -> bool:
    """Whether one letter that neither begins nor ends two words of one case is another, missing or too many."""
    at, letters, _ = _difference(one.lower(), other.lower())
    is_inside = letters is not None and 0 < at < max(len(one), len(other)) - 1
    return is_inside and not _is_inflected(one, other)


def _is_inflected(one: str, other: str) -> bool:
    short, long = sorted((one.lower(), other.lower()), key=len)
    if short.rstrip("s") == long.rstrip("s"):
        return True
    return long == f"{short}er" or (long == f"{short}r" and short.endswith("e"))


def _letters(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.translate(FULL_WIDTH).lower())


def _difference(one: str, other: str) -> tuple[int, str | None, str]:
    """Where two words differ and in what, if in one letter or in the order of two; ``None`` for what if in more."""
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    left, right = one[start:], other[start:]
    if left == right:
        return start, None, ""
    for ours, theirs in ((1, 1), (1, 0), (0, 1)):
        if left[ours:] == right[theirs:]:
            return start, left[:ours], right[:theirs]
    if left[:2] == right[1::-1] and left[2:] == right[2:]:
        return start, left[:2], right[:2]
    return start, None, ""
