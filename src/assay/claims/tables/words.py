"""The words of names and sentences as they are compared with each other: in lower case and in the singular."""

import re

_TOKEN = re.compile(r"[A-Za-z]+|\d+(?:\.\d+)?|(?<=\w)[+−](?![\w])|[^\W\d_a-zA-Z]+")
GENERIC = frozenset(
    """
    model models system systems method methods approach approaches baseline baselines our ours the of for with and in
    on w o wo without plus all other others data dataset datasets set feature features based average avg mean best full
    base training train test number total result results performance score scores task tasks to from by a an is are no
    not yes type mode setting settings new same different single multi multiple both only using use used ratio rate time
    value values domain domains language languages corpus corpora word words level original more most less
    """.split()
)
"""Words that name nothing by themselves, such as *model* and *new*."""
FUNCTION_WORDS = frozenset(
    """
    that this these those it its we he she they them you i my me him her would could can will on in at of to for from by
    as is are was were be been has have had do does did not no never still yet why when where how more most less than
    then and or but if so very really great good all any some each both there here now up out back after before while
    over need
    """.split()
)
MOST_WORDS = 7
"""How many words a name has at most."""
_NUMBERS = {word: str(at) for at, word in enumerate("one two three four five six seven eight nine ten".split(), 1)}


def tokens(text: str) -> list[tuple[str, int, int]]:
    """The words of a text in lower case and in the singular, with their places."""
    return [(_stem(match[0]), match.start(), match.end()) for match in _TOKEN.finditer(text)]


def _stem(word: str) -> str:
    if word.lower() == "accuracies":
        return "accuracy"
    lower = word.lower().replace("−", "-")
    if len(lower) > 4 and lower.endswith(("xes", "ches", "shes", "sses")):
        return lower[:-2]
    lower = lower[:-1] if len(lower) > 3 and lower.endswith("s") and not lower.endswith("ss") else lower
    return _NUMBERS.get(lower, lower)


def key(text: str) -> tuple[str, ...]:
    """A text as its words alone, without the number of a list."""
    return tuple(word for word, _, _ in tokens(re.sub(r"^\s?\d{1,2}\.\s", "", text)))
