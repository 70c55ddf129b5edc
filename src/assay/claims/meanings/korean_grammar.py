"""Reads the grammar of a Korean sentence by endings and particles: clauses, predicates, and what names are there for.

No dictionary and no morphological analyser: a particle tells a subject (은, 는, 이, 가) from a data set (에서) and from
what something is compared with (보다, 대비), and an ending tells where a clause ends.
"""

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

__all__ = ["Clause", "Mention", "Predicate", "clauses", "is_adnominal", "mentions", "predicates"]

Part = Literal["subject", "dataset", "baseline", "setting", ""]


class Clause(NamedTuple):
    """A clause: ``text[start:end]``."""

    start: int
    end: int


class Predicate(NamedTuple):
    """A verb, adjective or noun of change, or one that says where something stands."""

    start: int
    end: int
    """Where its word ends, ending and all."""
    way: Literal["up", "down", "better", "worse", "is"]
    text: str


class Mention(NamedTuple):
    """A name, or a noun that stands for a method, and what it is there for."""

    start: int
    end: int
    text: str
    part: Part
    after: int
    """Where its particle ends."""


# --- clauses

_ENDING = re.compile(
    r"(?:(?<=[가-힣])(?:고도?|며|면서도?|지만|으나|거나|는데도?|은데|인데|하여|도록|으면|[했됐였았었][으]?나)"
    r"|[가-힣](?:해|려|면)|[높줄보]여|켜|춰|돼|되어|[늘줄얻]어"
    r"|떨어져|올라|[해어아여와라]서|없이도?|반면|한편|대신|동시에)(?=[,:\s])|[;:](?=\s)|(?<=\s)(?:그러나|하지만)(?=[,\s])"
)
_NO_ENDING = re.compile(
    r"(?:.*(?:[최참재사경광창권다라]고도?|그리고|[통위대비의인더관피저오]해|[비대위통의관인]하여|[독고우격]려|[화측장전평표단도비대]면|비하면"
    r"|대해서|통해서|에서|더불어))$"
)
_NOUN_OF_CHANGE = re.compile(
    r"(?:향상|개선|증가|감소|절감|하락|상승|단축|절약|축소|가속|저하|악화|달성|기록|유지|확보)(?=,\s)"
)


def clauses(text: str, start: int, end: int) -> list[Clause]:
    """The clauses of the sentence ``text[start:end]``, in order."""
    result, since = [], start
    breaks = sorted({match.end() for match in _ENDING.finditer(text, start, end) if not _is_no_ending(text, match)})
    breaks = sorted({*breaks, *(match.end() for match in _NOUN_OF_CHANGE.finditer(text, start, end))})
    for at in breaks:
        if text[since:at].strip(" ,"):
            result.append(Clause(since, at))
            since = at
    if text[since:end].strip(" ,.)"):
        result.append(Clause(since, end))
    return result


def _is_no_ending(text: str, match: re.Match[str]) -> bool:
    word = re.search(r"[가-힣]+$", text[max(0, match.end() - 14) : match.end()])
    return word is not None and _NO_ENDING.fullmatch(word[0]) is not None


def is_adnominal(predicate: Predicate) -> bool:
    """Whether a predicate describes the noun that follows: 높은, 기록한, 앞서는."""
    last = predicate.text[-1:]
    return "가" <= last <= "힣" and (ord(last) - ord("가")) % _FINALS == _NIEUN


_FINALS: Final = 28
_NIEUN: Final = 4


# --- predicates

_WAYS: Final = {
    "up": (
        "증가|늘[어었려렸리린릴]|늘(?=고|며|지|다)|높[이였인은다고아았으지여]|높게|상승|올라|올랐|올리|올린|올렸|올려|오른|오르|끌어올"
        r"|치솟|급증|확대|커[졌지진져]|많아|많(?=다|고|지만|으며)|더\s(?:쓰|쓴|썼|드|든|들|걸|사용|필요)"
    ),
    "down": (
        r"감소|줄[이였인어었일여]|줄(?=고|며|지|다)|낮[추췄은다고아았으춘춰지출]|낮게|하락|떨어|내려|내렸|내린|급감|절감|절약|단축"
        r"|짧[은다고아게지]|작아|적어[졌지진]|적(?=다|고|지만|으며)|축소|아끼|아낀|아꼈|무너|(?:덜|적게)\s?(?:쓰|쓴|썼|드|든|들|걸|사용|필요)|압축"
    ),
    "better": (
        r"향상|개선|능가|앞[서선섰질]|제[치친쳤]|웃[도돈돌]|상회|뛰어넘|뛰어나|우수|우세|우위|낫[다고지]|나은(?=\s)|나아|좋[다고은아았지]|빠르|빠른|빨라|빨리|빠릅|빨랐|가속|저렴"
    ),
    "worse": (
        r"악화|저하|늦[추춘춰췄]|나빠|느리|느린|느려|느립|뒤[처쳐지진졌떨]|밀[리린렸]|못\s?미[치친쳤]|밑[도돈돌]|손실"
    ),
    "is": (
        r"기록|달성|도달|이르[러렀다고며]|이른다|이른(?=\s)|달[하한했]|보[이인였]|보여|보입|얻|그[치친쳤침]|머[무문물]|머물|차지|유지|나타"
        r"|불과|필요|소요|회복|되찾|이긴|이겼|걸리|걸린|걸렸|사용|쓰인|쓰며|쓴다|지키|지킨|풀[지었어]|맞[히혔힌]|해결(?!률)|성공(?!률)|통과(?!율)|포함|구성"
        r"|수집|제공|공개|평가|학습했|분석|다룬|다루|담[고은아]|처리(?!량|율)|남[기긴는]|가능|내는|낸다|냈"
    ),
}
_PREDICATE = re.compile("|".join(rf"(?P<{way}>{stems})" for way, stems in _WAYS.items()))
_ADJECTIVE = re.compile(
    r"(?:\s?(?:만큼|이상|가까이|가량|정도|더|나|이나|만))*\s?(?:(?P<up>많[은다고아]|크[다고며지]|큰|커[졌진지]|길[다고지어]|긴)|(?P<down>적[은다고지]|작[은다고지아]))[가-힣]*"
)
_REST = re.compile(r"[가-힣]*")


def predicates(text: str, start: int, end: int) -> Iterator[Predicate]:
    """The words of ``text[start:end]`` that say which way something goes, or where it stands."""
    for match in _PREDICATE.finditer(text, start, end):
        if match.start() and re.match(r"[가-힣]", text[match.start() - 1]) and match.lastgroup != "is":
            joined = text[match.start() - 1]
            if match[0] in {"손실", "압축"} or joined in "재최":
                continue
        rest = _REST.match(text, match.end(), end)
        to = rest.end() if rest else match.end()
        yield Predicate(match.start(), to, match.lastgroup or "is", text[match.start() : to])  # type: ignore[arg-type]


def adjective_after(text: str, at: int, end: int) -> Predicate | None:
    """A short adjective right after a figure: ``4배 작다``."""
    match = _ADJECTIVE.match(text, at, end)
    if match is None:
        return None
    way: Literal["up", "down"] = "up" if match["up"] else "down"
    start = match.start("up") if match["up"] else match.start("down")
    return Predicate(start, match.end(), way, text[start : match.end()])


# --- names

_LATIN = r"[A-Za-z][A-Za-z0-9]*(?:[-+._/@][A-Za-z0-9]+)*\+?"
_NAME = re.compile(
    rf"(?<![A-Za-z0-9@._-])(?=[a-z]{{0,6}}[A-Z]|[a-z]+\d){_LATIN}(?:[\s](?=[A-Z0-9]){_LATIN}|\s\d+(?:\.\d+)?(?=[\s가-힣)]))*"
)
_NO_NAME = re.compile(
    r"(?:LLMs?|VLMs?|MLLMs?|GPU|CPU|TPU|KV|API|FLOPs?|FLOPS|QA|VQA|AI|RL|SFT|RAG|MoE|VRAM|HBM|USD|GB|MB|TB|ms|OCR|ASR|TTS|GPT|TTFT|[A-Z])s?"
)
_HARDWARE = re.compile(r"(?:NVIDIA\s)?(?:[AHBLTV]\d{1,3}0?|RTX\s?\d*|TPU\S*|CPU|GPU)(?:\s?GPU)?|H100|A100")
_FAMILY = re.compile(r"(?:Chat)?GPT|Llama|LLaMA|Qwen|Mistral|Mixtral|Gemini|Claude|DeepSeek|Gemma|Phi-|o[134](?:-|$)")
_LOOKS_LIKE_DATA = re.compile(
    r"(?:[Bb]ench(?:-?\w{1,6})?|Eval|QA|Set|Arena|Corpus|Suite|MATH|Net-?\w{0,3}|K)$|^MATH|^(?:[A-Z]{3,5}-?\d{2,4}[A-Za-z]?)$"
)
_HEAD_NOUN = (
    r"(?:\s?\([^()]{1,30}\))?(?:(?:\s[가-힣]{1,4})?\s?(?:벤치마크|데이터\s?(?:셋|세트)|모델|방법|기법|방식|프레임워크|시스템|테스트|과제|태스크|작업|분할|세트"
    r"|기준선|베이스라인|에이전트|계열|상황|설정|문제|질문))?"
)
_DESCRIBED = (
    r"(?:(?:제안(?:한|하는|된)?|본|이|우리|기존|기준|이전|최고|최신|최상위|최대|단일|전체|원래|사람|인간|상용|공개|오픈소스|작은|큰|다른|강력한|베이스|밀집|희소|사전\s학습"
    r"|지도\s학습)(?:의)?\s){0,3}"
)
_NOUN = re.compile(
    rf"(?<![가-힣A-Za-z0-9])(?:{_DESCRIBED}(?:\d+(?:\.\d+)?[BM]\s)?(?:방법|기법|방식|모델|시스템|프레임워크|접근법|알고리즘|에이전트|전문가|사람|인간|참가자|기준선|베이스라인"
    r"|캐시|어텐션|기록|SOTA))(?:들)?(?=은|는|이|가|의|보다|도|조차|을|를|에|\s?대비|과|와)(?!에서|의\s?경우|와\s?함께)"
)
_PARTS: Final[tuple[tuple[Part, re.Pattern[str]], ...]] = (
    (
        "baseline",
        re.compile(_HEAD_NOUN + r"(?:의\s)?\s?(?:보다|대비|에\s비해|에\s비하[여면]|[와과]\s비교|를\s기준|을\s기준)"),
    ),
    (
        "dataset",
        re.compile(_HEAD_NOUN + r"\s?(?:상)?(?:에서(?:는|도|의|만)?|에\s대(?:해|한|하여)|기준(?:으로)?)(?![가-힣])"),
    ),
    ("subject", re.compile(_HEAD_NOUN + r"(?:이?라는)?(?:은|는|이|가|도|조차|마저|만이)(?![가-힣])")),
)
_OBJECT = re.compile(_HEAD_NOUN + r"(?:을|를|에|에게|에는)(?![가-힣])")
_OF = re.compile(_HEAD_NOUN + r"의(?=\s)")
_WHOSE_IS_BEATEN = re.compile(
    r"의\s(?:[가-힣]+\s)?[\d.,]+[^\s\d]{0,3}?(?:의?\s(?:[가-힣]+\s)?[가-힣]{2,5}?)?(?:[와과]\s(?:\S+\s){0,2}?[\d.,]+\S{0,2})?(?:보다|\s?대비|에\s비해"
    r"|[을를]\s(?:[가-힣]+\s)?(?:능가|앞[서선섰질]|웃[도돈돌]|상회))"
)
_LISTED = re.compile(_HEAD_NOUN + r"\s?(?:,|와|과|및|·|/|,?\s그리고)\s?$")
_BEATS = re.compile(
    r"능가|앞[서선섰질]|제[치친쳤]|웃[도돈돌]|상회|뛰어넘|이[겼긴]|넘어서|뒤[처쳐지진졌떨]|밀[리린렸]|못\s?미|미치지|밑[도돈돌]"
)
_THAN = re.compile(r"\s?(?:보다|대비(?!책)|에\s비해|에\s비하[여면]|[와과]\s비교)")
_PHRASE = re.compile(r"(?:[가-힣A-Za-z0-9.+-]+\s){0,2}[가-힣A-Za-z0-9.+-]+$")
_STOPS = re.compile(r"(?:[은는을를]|에서|에게|으로|[가-힣]{2,}[이가로와과도며고서]|%p?|\d+배|이며)$")
_KEEPS = re.compile(r"최고|기존|이전|강력한|기본|단일|전체|가장|더|큰|작은|기준|정도|밀도|속도|난이도|지도|자기")


def mentions(text: str, start: int, end: int, taken: list[tuple[int, int]]) -> list[Mention]:
    """The names in ``text[start:end]`` with what each is there for.

    Args:
        text: the text.
        start: where the sentence begins.
        end: where it ends.
        taken: what is something else: figures and metrics.
    """
    spans = [(match.start(), _trim(match), match[0]) for match in _NAME.finditer(text, start, end)]
    spans = [(at, to, text[at:to]) for at, to, _ in spans if to > at and not _NO_NAME.fullmatch(text[at:to])]
    spans += list(_compared(text, start, end, spans))
    spans += [(match.start(), match.end(), match[0]) for match in _NOUN.finditer(text, start, end)]
    spans = [span for span in spans if all(span[1] <= at or to <= span[0] for at, to in taken)]
    spans.sort(key=lambda span: (span[0], -span[1]))
    found: list[Mention] = []
    for at, to, name in spans:
        if found and at < found[-1].end:
            continue
        found.append(_mention(text, at, to, name, end))
    return _share(text, found)


def _trim(match: re.Match[str]) -> int:
    return match.start() + len(match[0].rstrip(" .-_/"))


def _compared(text: str, start: int, end: int, names: list[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """What something is compared with where that is no name: ``밀집 어텐션보다``, ``이전 최고 기록 대비``."""
    for match in _THAN.finditer(text, start, end):
        phrase = _PHRASE.search(text, max(start, match.start() - 40), match.start())
        if phrase is None or any(at < match.start() <= to + 1 for at, to, _ in names):
            continue
        words = [(word.start(), word.end()) for word in re.finditer(r"\S+", text[: match.start()])][-3:]
        kept = words[-1:]
        for word in reversed(words[:-1]):
            spelt = text[word[0] : word[1]]
            if word[0] < phrase.start() or (_STOPS.search(spelt) and not _KEEPS.fullmatch(spelt)):
                break
            kept.insert(0, word)
        if kept and not re.fullmatch(r"[\d.,%]+p?|그|이|이것|그것", text[kept[0][0] : match.start()].strip()):
            yield kept[0][0], match.start(), text[kept[0][0] : match.start()]


def _mention(text: str, at: int, to: int, name: str, end: int) -> Mention:
    part, after = _marked(text, to, name, end) or _of(text, to, name, end) or (_unmarked(text, at, to, name), to)
    return Mention(at, to, name, part, after)


def _marked(text: str, to: int, name: str, end: int) -> tuple[Part, int] | None:
    """What a name is there for by its particle, and where that ends."""
    for part, pattern in _PARTS:
        match = pattern.match(text, to, end)
        if match is not None:
            is_thing = _HARDWARE.fullmatch(name) or _FAMILY.match(name) or _NOUN.fullmatch(name)
            return ("setting" if part == "dataset" and is_thing else part), match.end()
    match = _OBJECT.match(text, to, end)
    if match is not None and _BEATS.search(text, match.end(), min(end, match.end() + 60)):
        return "baseline", match.end()
    return None


def _of(text: str, to: int, name: str, end: int) -> tuple[Part, int] | None:
    """What a name with the particle of an owner is there for: ``TideCache의 66.5%보다``, ``ToyBench의 정확도``."""
    if _WHOSE_IS_BEATEN.match(text, to, end):
        return "baseline", to + 1
    match = _OF.match(text, to, end)
    if match is None:
        return None
    return ("dataset" if _LOOKS_LIKE_DATA.search(name) else "subject"), match.end()


def _unmarked(text: str, at: int, to: int, name: str) -> Part:
    """What a name without a particle is there for: ``ToyBench 정확도``, ``(ToyBench)``, or what opens a line."""
    following = text[to : to + 1]
    is_bracketed = text[at - 1 : at] == "(" and following == ")"
    if _LOOKS_LIKE_DATA.search(name) and (following in {" ", ")", ",", ":"} or is_bracketed):
        return "dataset"
    return "subject" if following in {",", ":"} and not text[:at].strip(" -*•·") else ""


def _share(text: str, found: list[Mention]) -> list[Mention]:
    """The members of a list are there for what its last one is."""
    for n in range(len(found) - 2, -1, -1):
        here, after = found[n], found[n + 1]
        between = text[here.end : after.start]
        if _LISTED.fullmatch(between) and here.part in {"", "subject", "dataset"} and after.part:
            found[n] = here._replace(part=after.part, after=here.end)
        elif between == "의 " and after.part == "dataset":
            found[n] = here._replace(part="")  # a part of a data set
    return found
