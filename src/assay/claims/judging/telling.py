"""How a summary tells a figure: as a change, as a distance, as what is left, as what fails, as so many to each."""

import re

from assay.claims.context import Figure


def is_told_as_change(figure: Figure) -> bool:
    """Whether a figure is told as what something changed by, or is apart by."""
    return figure.is_change or _BY.search(figure.before) is not None


_BY = re.compile(
    r"\b(?:is|are|go|goes|went)\s(?:up|down)\s$|\b(?:up|down|lower|higher|ahead|behind|better|worse|apart)\sby\s(?:about\s|some\s)?$"
)


def is_told_as_distance(figure: Figure) -> bool:
    """Whether a figure is told as how far two others are apart: ``11 points above``, ``두 점수의 차는 8.7%포인트``."""
    return (
        is_told_as_change(figure)
        or _APART.match(figure.after) is not None
        or _GAP.search(figure.before) is not None
        or _AHEAD.search(figure.before) is not None
    )


def is_told_as_gap(figure: Figure) -> bool:
    """Whether it is told as what lies between two others, and not as a change: ``0.3 points apart``."""
    return _BETWEEN.match(figure.after) is not None or _GAP.search(figure.before) is not None


_BETWEEN = re.compile(r"\s(?:[a-z]+\s)?apart\b|\s?(?:정도\s?)?의?\s?(?:차이|격차)|\s차[로가]\s")
_APART = re.compile(
    r"\s(?:[a-z]+\s)?(?:above|below|ahead|behind|over|under|apart|off|more|less|fewer|lower|higher|better|worse)\b"
    r"|\s?(?:정도\s?)?의?\s?(?:차이|격차)|\s차[로가]\s|\s?(?:점|포인트)?\s?(?:만큼|정도|쯤|나)?\s(?:더|덜)\s"
)
_GAP = re.compile(
    r"(?:차이|격차|(?<![가-힣])차)[는가도]?\s(?:[가-힣]+\s)?$"
    r"|\b(?:a|by\sa)\s(?:fall|rise|drop|gap|difference|lead)\sof\s$"
)
_AHEAD = re.compile(
    r"\b(?:trail|lag|lead|ahead|behind)\w*\s(?:of\s|behind\s)?(?:(?:the|an?)\s)?(?:[\w.-]+\s){0,4}?by\s(?:about\s)?$"
)


def is_told_of_each(figure: Figure) -> bool:
    """Whether a figure is told as so many to each: ``3.7 per video``, ``영상마다 약 2.6개``, ``다섯 개꼴``."""
    return _EACH_AFTER.match(figure.after) is not None or _EACH_BEFORE.search(figure.before) is not None


_EACH_AFTER = re.compile(
    r"\s(?:[\w-]+\s){0,3}?(?:per|for\s(?:each|every)|to\s(?:an?|each|every)|apiece|each)\b|\s(?:[\w-]+\s)?[a-z-]+s\san?\s[a-z]+"
    r"|\s?(?:개|명|건|장|편|문항|가지|곳|쌍|번|회)?\s?(?:쯤|정도)?(?:꼴|씩)"
    r"|\s?(?:개|명|건|장|편|번)에\s하나"
)
_EACH_BEFORE = re.compile(
    r"(?:마다|당|[가-힣]\s하나에)\s(?:[가-힣]+\s){0,3}$|\bfor\seach\s(?:about\s)?$|\beach\b[^.;,:]{0,60}$",
    re.IGNORECASE,
)


def is_rest(figure: Figure) -> bool:
    """Whether it is told as what is left, or as what goes wrong."""
    if figure.amount.role == "saved":
        return False  # what is cut may be errors
    return figure.amount.role in {"remains", "missed"} or is_named_rest(figure)


def is_named_rest(figure: Figure) -> bool:
    """Whether a word near it says that it is left, or goes wrong."""
    return _REST.search(_around(figure)) is not None


def is_told_only(figure: Figure, reference: Figure) -> bool:
    """Whether the summary tells it as what is left: it may call that little where the paper does not."""
    is_little = _ONLY.search(_around(figure)) is not None and _ONLY.search(_around(reference)) is None
    return is_little or is_rest(figure)


def is_failure(figure: Figure) -> bool:
    """Whether a word near it says that so much goes wrong."""
    return _FAILS.search(_around(figure)) is not None


def are_opposed(one: Figure, other: Figure) -> bool:
    """Whether of one it is said that so much is lost, and of the other that so much is kept."""
    signs = [
        (_LOST.search(_around(each)) is not None, _KEPT.search(_around(each)) is not None) for each in (one, other)
    ]
    return signs in ([(True, False), (False, True)], [(False, True), (True, False)])


_LOST = re.compile(
    r"\b(?:los(?:es?|s|t|ing|ses)|drops?|degrad\w+|sacrific\w+|forget\w*|give[sn]?\sup)\b|잃|손실|잊|망각|떨어|저하|깎"
)
_KEPT = re.compile(
    r"\b(?:retain\w*|retention|keep(?:s|ing)?|kept|preserv\w+|maintain\w*|recover\w*|remain\w*)\b|유지|보존|지키|지킨|지켜|남[는은기긴]|회복"
)


def is_success(figure: Figure) -> bool:
    """Whether a word near it says that so much succeeds."""
    return _SUCCEEDS.search(_around(figure)) is not None


def is_left_of_cost(figure: Figure) -> bool:
    """Whether it is told as what is left of a time or a price: ``a third of the time``."""
    return _IS_LEFT.search(_around(figure)) is not None


def _around(figure: Figure) -> str:
    """The words of its clause near it, up to the figures on either side."""
    figures = figure.sentence.figures
    at = figures.index(figure)
    start = figures[at - 1].quantity.end if at else figure.sentence.start
    end = figures[at + 1].quantity.start if at + 1 < len(figures) else figure.sentence.end
    before = figure.sentence.text[max(start, figure.quantity.start - 50) : figure.quantity.start]
    after = figure.sentence.text[figure.quantity.end : min(end, figure.quantity.end + 40)]
    return f"{re.split(_CLAUSE, before)[-1]} # {re.split(_CLAUSE, after)[0]}"


_CLAUSE = re.compile(r"[,;.]\s|:\s(?!$)|\b(?:and|while|whereas|but)\b|[가-힣](?:고|며|지만)\s")
_FAILS = re.compile(
    r"\b(?:fail\w*|wrong\w*|miss(?:es|ed|ing)?|mis[a-z]+(?:es|ed|s)|errors?|los(?:es?|s|t)|un(?:solved|resolved|answered)|violat\w+|disagree\w*)\b"
    r"|실패|위반|불일치|오답|오류|놓[치친]|틀[리린]|못하|못한|못했|잃"
)
_SUCCEEDS = re.compile(
    r"\b(?:succe(?:ss|ssful|ssfully|eds?|eded)|solv(?:es?|ed|ing)|correct(?:ly)?|accuracy|accurate|pass(?:es|ed)?|resolv(?:es?|ed)"
    r"|complet(?:es?|ed)|answers?|answered|right)\b|성공|정확도|맞[히혔힌춘추]|맞는|[푼풀]|해결|통과|정답"
)
_REST = re.compile(
    _FAILS.pattern
    + r"|\b(?:leav(?:es?|ing)|left|remain\w*|the\srest|keep(?:s|ing)?|kept|retain\w*|instead\sof|is\snot|are\snot"
    r"|as\slittle\sas)(?!\w)|#[^#]{0,6}(?:만\s|만으로|만을|에\s그[치친]|뿐)|남[는은기긴고아]|나머지|없[었는다을이]|않[았는은]|뺀|제외"
)
_IS_LEFT = re.compile(
    r"\b(?:remain\w*|leav(?:es?|ing)|left)\b|남[는은기긴고아]"
    r"|#\s+(?:of\s)?(?:the\s|its\s)?(?:time|cost|bill|price)\b|#\s+(?:의\s)?(?:시간|비용)|(?:시간|비용)[은이]\s+#"
)
_ONLY = re.compile(r"\b(?:only|just|merely)\s+#")
