"""Finds the names in a sentence, and tells data sets from methods by how the paper speaks of each."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property

from assay.claims.naming.names import names
from assay.claims.naming.slips import nearest_name
from assay.claims.span import Span

OWN = "="
"""The key of the paper's own method, by whatever name or pronoun."""

VARIANT = "/"
"""What the key of a variant begins with where it is listed by its full name."""

_WORD_OF_NAME = r"(?:[A-Z][A-Za-z0-9_@+'’*-]*(?:\.\d+[A-Za-z0-9]*)?|[a-z]{1,6}[A-Z][A-Za-z0-9+-]*|o[134](?:-[a-z]+)?)"
_PROPER = re.compile(
    rf"(?<![\w$\\-]){_WORD_OF_NAME}(?:(?:\s|-)(?:{_WORD_OF_NAME}|v?(?!0\.)(?:\d(?:\.\d+)?|\d\d|20\d\d)(?![\w%]|[.,]\d)))*"
)
_NO_NAME = frozenset(
    """
    a an the we our it its this that these those in on for with to by at from of as and or but while when where
    whereas although however moreover furthermore notably specifically additionally finally compared using under
    across over both all each despite given since through during after before results experiments evaluation
    evaluations extensive code data also ai llm llms lm lms mllm mllms lmm lmms vlm vlms lvlm lvlms slm slms rl
    sft rag moe gpu gpus cpu api kv nlp cv ml dl 2d 3d 4d vit cnn rnn gan vae dit peft lora qa vqa ocr asr tts
    sota state-of-the-art cot fid fvd psnr ssim bleu rouge map miou auc wer cer f1 human humans english korean
    chinese figure table section appendix theorem i ii iii unlike even they there here such other existing
    recent large first second third one two three four five six evaluated tested trained based primary key main
    importantly surprisingly empirically overall interestingly remarkably thus hence then so if can only gpt-
    based ppo dpo grpo rlhf trained no not more most many some several flops vram ram usd
    kb mb gb tb ms fps hz db ar ssm
    """.split()
)
_OURS = re.compile(
    r"\b[Tt]he\s(?:method|approach|model|framework|system)\b(?!['’-])|\b(?:[Oo]ur|[Tt]he\sproposed|[Tt]his)\s(?:[\w-]+\s)?(?:method|approach|model|framework|system|algorithm|pipeline|technique|agent|"
    r"architecture|strategy)s?\b|\b(?:[Ww]e|[Ii]t|[Oo]urs)\b(?=\s(?:also\s|further\s|consistently\s|significantly\s|even\s|then\s)?"
    r"(?:achiev|outperform|reach|attain|improv|surpass|exceed|reduc|gain|obtain|beat|rais|cut|boost|lower|increas|sav|decreas|lag|"
    r"get|score|run|need|us|requir|answer|match|deliver|yield|perform|bring|speed|accelerat|is|does|can|has|takes))"
    r"|제안(?:한|하는|된)?\s?(?:방법|기법|모델|방식|접근법)|(?:본|이)\s?(?:방법|기법|모델|연구의\s?모델|논문의\s?방법)|우리(?:의)?\s?(?:방법|모델|기법)?"
)
_DATASET_AFTER = re.compile(
    r"\)?,?\s?(?:-\w+\s)?(?:[a-z]+\s)?(?:benchmarks?|data\s?sets?|test\s?sets?|leaderboards?|suite|corpus|splits?|tasks?|problems?|questions?|puzzles?|challenge)\b"
    r"|\s?(?:벤치마크|데이터\s?(?:셋|세트)|과제|태스크|문제|에서)"
)
_DATASET_BEFORE = re.compile(
    r"(?:\b(?:on|across|from|in|at)|\b(?:benchmarks?|data\s?sets?|test\s?sets?)(?:\s(?:called|named|such\sas|like))?)\s\(?(?:the\s|both\s|our\s)?$"
)
_METHOD_BEFORE = re.compile(
    r"\b(?:outperform\w*|surpass\w*|exceed\w*|beat(?:s|ing|en\sby)?|over|than|that\sof|versus|vs\.?|compared\s(?:to|with)|against|relative\sto|"
    r"behind|baselines?(?:\s(?:such\sas|like))?|(?:models?|LLMs|methods?|agents?|systems?)(?:,?\s(?:such\sas|like|including))?|applied\sto|match\w*|rivals?)\s"
    r"\(?(?:the\s|both\s|even\s)?$"
)
_IMPROVED = re.compile(r"\b(?:improv\w+|buil[dt]\w*|based)\s(?:up)?on\s(?:the\s)?$")
_METHOD_AFTER = re.compile(
    r"\)?,?\s(?:also\s|further\s|consistently\s|significantly\s|only\s|even\s)?(?:achiev\w+|outperform\w*|improv\w+|surpass\w*|reduc\w+|attain\w*|"
    r"reach\w*|obtain\w*|exceed\w*|gains?|boosts?|increas\w+|accelerat\w+|scor(?:es(?!\sof)|ed|ing)|solves?|lags?|beats?|models?|algorithms?|agents?|frameworks?|methods?|approach|policy|systems?|cuts?|raises?|gets?|trails?|"
    r"runs|needs|uses|saves|is|does|baseline|answers|takes|falls|drops|matches)\b|['’]s\b"
    r"|(?:은|는|이|가|보다|을|를|에\s?비해|\s?대비|의)(?![가-힣])"
)
MODEL = re.compile(
    r"(?:Chat)?GPT|Llama|LLaMA|Qwen|Mistral|Mixtral|Gemini|Claude|DeepSeek|Gemma|Phi-|OpenAI|o[134](?:-|$)|InternVL|LLaVA|BERT|CLIP|SigLIP|"
    r"Stable Diffusion|FLUX|SDXL|Whisper"
)


_INTRODUCTION = re.compile(
    r"\b(?:introduc|propos|present|develop|call|nam|dub|term)(?:es?|ed|ing|s|bed)?\s(?:[a-z][\w-]*,?\s|[A-Z][a-z]+\s){0,8}?"
    r"(?:[A-Z][a-z]+\s){0,6}\(?(?P<name>[a-z]?[A-Z][\w-]*[A-Z0-9][\w-]*)\b"
)
_PLAIN_INTRODUCTION = re.compile(
    r"\b[Ww]e\s(?:\w+\s)?(?:introduce|propose|present)\s(?P<name>[A-Z][a-z]{3,})(?=\sto\b|,\s|\s?\()(?!,?\s(?:\(?[A-Z]))"
)
"""A name spelt like any word, right behind the verb: ``we propose Bridge to``."""
_LIST = re.compile(
    r"(?:\s?\([^()]{1,20}\))?(?:\s(?:benchmarks?|data\s?sets?|test\s?sets?))?\s?(?:,|/|,?\s?and|,?\s?or|&)\s?"
)

_OPENING = re.compile(r"(?:^|[.!?]\s)(?:On|In|Across|Under|With|For|At|From)\s(?:the\s)?[\w.-]+(?:\s[\w.-]+)?,\s$")
"""What a sentence opens with goes with no name behind it: ``On LakeBench, Gullwing``."""

_STEM = 4


def same(name: str) -> str:
    """One spelling for all ways to write a name."""
    return re.sub(r"[-_\s‐‑–’']+", "", name).lower()


def are_one(one: str, other: str) -> bool:
    """Whether two names, in one spelling, may be of one thing: one is the other or a part of it."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if re.fullmatch(r"v?\d[\d.]*", long.removeprefix(short)):
        return False  # another version
    return (
        len(short) >= 2
        and short in long
        and not (short[-1:].isdigit() and long[long.index(short) + len(short) :][:1].isdigit())
    )


def are_kin(one: str, other: str) -> bool:
    """Whether two names, in one spelling, are of one family: ``qwen2.57b`` and ``qwen2.5coder``."""
    letters = re.match(r"[a-z]{4,}", one)
    return letters is not None and other.startswith(letters[0])


class Named:
    """The names of a paper, and what each of them is."""

    def __init__(self, texts: Sequence[str], own: str) -> None:
        self.texts = texts
        self._own = same(own)
        introductions = (_INTRODUCTION, _PLAIN_INTRODUCTION)
        named = {same(match["name"]) for each in introductions for text in texts for match in each.finditer(text)}
        self.aliases = (named | {self._own}) - {""}
        self._mentioned: dict[tuple[str, int, int], list[tuple[int, int, str]]] = {}
        self._own_name = re.compile(rf"(?<![A-Za-z0-9]){re.escape(own)}(?![A-Za-z0-9])") if own else None

    @cached_property
    def _found(self) -> list[tuple[str, list[tuple[int, int, str]]]]:
        """Each text of the paper with its names."""
        return [(text, _candidates(text)) for text in self.texts]

    @cached_property
    def known(self) -> frozenset[str]:
        """All names in the paper, in one spelling."""
        return frozenset(map(same, self._spellings))

    @cached_property
    def _spellings(self) -> list[str]:
        return list(dict.fromkeys(name for _, found in self._found for _, _, name in found))

    @cached_property
    def _lexicon(self) -> re.Pattern[str] | None:
        """The paper's names as a summary may write them, whatever its capitals."""
        spellings = {name for name in self._spellings if len(name) > 2}
        if not spellings:
            return None
        longest = sorted(spellings, key=lambda name: (-len(name), name))[:200]
        return re.compile(r"(?<![\w-])(?:" + "|".join(re.escape(name) for name in longest) + r")(?![A-Za-z0-9])")

    @cached_property
    def _lists(self) -> list[set[str]]:
        """The names that the paper lists together."""
        lists: list[set[str]] = []
        for text, found in self._found:
            end = 0
            for start, stop, name in found:
                if not end or _LIST.fullmatch(text[end:start]) is None:
                    lists.append(set())
                lists[-1].add(same(name))
                end = stop
        return [names for names in lists if len(names) > 1]

    def are_listed_together(self, one: str, other: str) -> bool:
        """Whether the paper lists two names side by side, so that they are two of one sort."""
        return any({one, other} <= names for names in self._lists)

    @cached_property
    def _votes(self) -> dict[str, Counter[str]]:
        votes: dict[str, Counter[str]] = {}
        for text, found in self._found:
            previous: tuple[int, str] | None = None
            for start, end, name in found:
                here = votes.setdefault(same(name), Counter())
                here.update(_cues(text, start, end, name))
                # The members of a list are of one sort.
                is_list = previous is not None and _LIST.fullmatch(text[previous[0] : start])
                if previous is not None and is_list and not _OPENING.search(text[:start]):
                    before = votes[previous[1]]
                    if not here:
                        here.update(before)
                    elif not before:
                        before.update(here)
                previous = end, same(name)
        return votes

    def sort_of(self, key: str, text: str, start: int, end: int) -> str:
        """Whether a name is of a ``dataset`` or a ``method``, by the paper, else by the words beside it; or empty."""
        votes = self._votes.get(key)
        if votes is None:
            votes = next((self._votes[each] for each in self._votes if are_one(each, key)), None)
        votes = votes or Counter(_cues(text, start, end, text[start:end]))
        [*ranks] = votes.most_common(2)
        if not ranks or (len(ranks) == 2 and ranks[0][1] == ranks[1][1]):
            return ""
        return ranks[0][0]

    def _is_doubtful(self, key: str) -> bool:
        """Whether the paper speaks of a name as a data set once at most: ``from CT scans``."""
        return key in self._votes and self._votes[key]["dataset"] < 2

    @cached_property
    def rivals(self) -> frozenset[str]:
        """The names of what the paper compares its own work with."""
        return frozenset(key for key, votes in self._votes.items() if votes["method"] >= 2)

    @cached_property
    def datasets(self) -> frozenset[str]:
        """The names that the paper plainly speaks of as data sets."""
        return frozenset(key for key, votes in self._votes.items() if votes["dataset"] >= 2 > votes["method"])

    def in_sentence(self, text: str, start: int, end: int) -> tuple[list[Span], list[Span], list[Span]]:
        """The data sets, the methods and the other names of a sentence; the paper's own is `OWN` by all its names."""
        found: dict[str, list[Span]] = {"dataset": [], "method": [], "": []}
        for at, to, name in self.mentions(text, start, end):
            key = self.key(name)
            sort = self.sort_of(key, text, at, to)
            if sort == "dataset" and self._is_doubtful(key) and "dataset" not in _cues(text, at, to, name):
                sort = ""
            is_own = any(key.startswith(alias) for alias in self.aliases)
            found["method" if is_own and key not in self.datasets else sort].append(
                Span(at, to, OWN if is_own else key)
            )
        for match in _OURS.finditer(text, start, end):
            found["method"].append(Span(match.start(), match.end(), OWN))
        return found["dataset"], sorted(found["method"]), found[""]

    @cached_property
    def _variants(self) -> frozenset[str]:
        """The names in the paper of which one begins with the other, and of which both are spelt as names are."""
        names = [key for key in self.known if len(key) >= _STEM and not key[-1:].isdigit()]
        pairs = ((one, other) for one in names for other in names if one != other and other.startswith(one))
        return frozenset(name for pair in pairs if len(pair[1]) - len(pair[0]) <= _STEM for name in pair)

    def variants(self, text: str, start: int, end: int) -> list[Span]:
        """The variants of a sentence, each by its own name."""
        if not self._variants:
            return []
        spans = (Span(at, to, same(name)) for at, to, name in self.mentions(text, start, end))
        return [span for span in spans if span.key in self._variants]

    def is_spoken_of_as_method(self, key: str) -> bool:
        """Whether the paper speaks of a name as a method, and never as a data set."""
        votes = self._votes.get(key, Counter())
        return votes["method"] > 0 == votes["dataset"]

    def key(self, name: str) -> str:
        """A name in one spelling; one of several words by its acronym, where the paper has that."""
        if same(name) not in self.known and (meant := nearest_name(name, self._spellings)):
            name = meant
        initials = "".join(word[0] for word in re.split(r"[\s-]", name) if word).lower()
        return initials if len(initials) >= 3 and initials in self.known else same(name)

    def _parted(self, start: int, end: int, name: str) -> list[tuple[int, int, str]]:
        """Two names that stand side by side: ``on ToyBench Gullwing gets``."""
        words = name.split(" ")
        if len(words) != 2 or same(name) in self.known or not all(same(word) in self.known for word in words):
            return [(start, end, name)]
        return [(start, start + len(words[0]), words[0]), (end - len(words[1]), end, words[1])]

    def mentions(self, text: str, start: int, end: int) -> Sequence[tuple[int, int, str]]:
        """The names of a sentence, each with its place, in order."""
        place = text, start, end
        if place not in self._mentioned:
            self._mentioned[place] = self._read_mentions(text, start, end)
        return self._mentioned[place]

    def _read_mentions(self, text: str, start: int, end: int) -> list[tuple[int, int, str]]:
        spans = [
            part for at, to, name in _candidates(text[start:end]) for part in self._parted(at + start, to + start, name)
        ]
        for pattern in filter(None, (self._own_name, self._lexicon)):
            for match in pattern.finditer(text, start, end):
                if all(match.end() <= at or to <= match.start() for at, to, _ in spans):
                    spans.append((match.start(), match.end(), match[0]))
        return sorted(spans)


_IS_SET = re.compile(r"\s?=\s?\d")
"""It names a setting: ``(IPC=10)``."""


def _candidates(text: str) -> list[tuple[int, int, str]]:
    """What is spelt like a name: signs of `names`, and capitalised words that do not open a sentence."""
    spans: list[tuple[int, int, str]] = []
    for match in _PROPER.finditer(text):
        start, phrase = match.start(), match[0]
        while phrase and phrase.split()[0].strip("'’").lower() in _NO_NAME:
            word = phrase.split()[0]
            rest = phrase[len(word) :].lstrip()
            start += len(phrase) - len(rest)
            phrase = rest
        words = phrase.split()
        while words and words[-1].lower() in _NO_NAME:
            words.pop()
            phrase = " ".join(words)
        phrase = re.sub(r"['’]s?$", "", phrase.rstrip("-"))
        if len(phrase) < 2 or re.fullmatch(r"\d[\d.]*[A-Z]?", phrase) or _IS_SET.match(text, start + len(phrase)):
            continue
        opens = re.search(r"(?:^|[.!?:]\s|\n|\()$", text[max(0, start - 2) : start]) is not None
        if (
            opens
            and phrase[1:].islower()
            and re.match(r"\s[a-z]", text[start + len(phrase) :][:2])
            and _is_word(phrase, text)
        ):
            continue
        spans.append((start, start + len(phrase), phrase))
    for name in names(text):
        if all(name.end <= at or to <= name.start for at, to, _ in spans) and name.text.lower() not in _NO_NAME:
            spans.append((name.start, name.end, name.text))
    return sorted(spans)


def _is_word(word: str, text: str) -> bool:
    """Whether a capitalised word that opens a sentence is any word: it is not a capitalised one elsewhere."""
    return (
        re.search(rf"[a-z,;]\s{re.escape(word)}\b", text) is None and re.search(rf"\b{re.escape(word)}:", text) is None
    )


def _cues(text: str, start: int, end: int, name: str) -> Iterator[str]:
    before, after = text[max(0, start - 45) : start], text[end : end + 45]
    if MODEL.match(name):
        yield from ("method",) * 4
    if _DATASET_AFTER.match(after):
        yield from ("dataset",) * 2
    elif _METHOD_AFTER.match(after):
        yield "method"
    if _IMPROVED.search(before):
        yield from ("method",) * 2
    elif _DATASET_BEFORE.search(before):
        yield from ("dataset",) * (2 if re.search(r"\bon\s", before[-12:]) else 1)
    elif _METHOD_BEFORE.search(before):
        yield from ("method",) * 2
