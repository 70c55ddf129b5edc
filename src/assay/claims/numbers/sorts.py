"""Sorts the numbers in prose (figure, size, year, label and so on) by the words and signs around them, rule by rule."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Sort(StrEnum):
    """What a number is there for."""

    FIGURE = "figure"
    """It says how much, how many, how fast, how often."""
    SIZE = "size"
    """The parameters of a model: ``7B``, ``1.5 billion parameters``."""
    LENGTH = "length"
    """The length of an input: ``128K``, ``a context of 1M tokens``."""
    SETTING = "setting"
    """A property of how something was done: ``8-step``, ``512x512``, ``8xA100``."""
    LABEL = "label"
    """It only tells things apart, or is part of a term: ``(1)``, ``Table 2``, ``4-bit``, ``3D``, ``top-5``."""
    YEAR = "year"
    VERSION = "version"
    """It is a name's last word: ``Claude 3.5``, ``HippoRAG 2``, ``RTX 4090``."""
    NAME = "name"
    """It is part of a word: ``GPT-4o``, ``MATH-500``."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number and what stands around it."""

    digits: str
    """The number as written, without sign, scale and unit."""
    scale: str
    """``k``, ``million`` and so on, in lower case; empty for none."""
    unit: str
    """In the spelling of `Quantity.unit`."""
    hyphen: bool
    """Whether a hyphen stands between number and unit."""
    before: str
    """Up to forty characters before it, its sign left out."""
    after: str
    """Up to sixty characters after it and its unit."""

    @property
    def bare(self) -> bool:
        """Whether it has neither scale nor unit."""
        return not self.scale and not self.unit

    @property
    def whole(self) -> bool:
        """Whether it is a bare whole number."""
        return self.bare and "." not in self.digits and "," not in self.digits


def sort_of(number: Number) -> Sort:
    """The sort of a number by the first rule that fits; a figure where none does."""
    return next((sort for sort, fits in _RULES if fits(number)), Sort.FIGURE)


_HYPHENATED_WORD = re.compile(
    r"(?<![\w.-])(?!(?:sub|pre|post|non|over|under|about|near|multi|up)-)[A-Za-z][\w.]*(?:-[\w.]+)*-$", re.IGNORECASE
)


def _is_inside_a_word(number: Number) -> bool:
    """``Llama3``, ``GPT-4o``, ``Qwen2.5-7B``, ``V2/V3``; but not ``sub-10B``, nor the ``16`` of ``8x16``."""
    if _after_cross(number) or re.search(r"(?<![A-Za-z])[\d.]+(?:[BMKpx]|ms|s|%)/$", number.before):
        return False
    return (
        re.search(r"[A-Za-z_]/?$|[가-힣]/$|\d[eE]-$", number.before) is not None
        or _HYPHENATED_WORD.search(number.before) is not None
    )


def _after_cross(number: Number) -> bool:
    return re.search(r"\d\s?(?:[x×]|times)\s?$", number.before) is not None


_CROSS = re.compile(r"\s?[x×*]\s?\d")
_HARDWARE = re.compile(r"\s?[x×*]\s?(?:NVIDIA\s)?[A-Z]{1,3}\d{2,}|\s(?:NVIDIA\s|Nvidia\s)?[AHVL]\d{2,3}\b|\s[GTN]PU\b")


def _is_product(number: Number) -> bool:
    """``512x512``, ``64 times 64``, ``8xA100``, ``4 A100 GPUs``."""
    if number.unit == "x":
        return re.match(r"\s?\d", number.after) is not None and not re.match(
            r"\s?\d+\s(?:more|fewer|faster)", number.after
        )
    if _CROSS.match(number.after) or _after_cross(number):
        return True
    return not number.unit and _HARDWARE.match(number.after) is not None


def _is_suffixed(number: Number) -> bool:
    """``4o``, ``2nd``, ``3DGS``: letters follow at once."""
    return number.bare and re.match(r"[A-Za-z]", number.after) is not None


_TERM = re.compile(
    r"\s?-?(?:[dD]|shots?|hops?|dim(?:ensional)?|st|nd|rd|th|px|p)(?![A-Za-z])|-ways?\b|-bits?\b|\s?bits?\s(?=[a-z]{4,})(?!per\b|when\b|with\b|while\b|from\b)"
    r"|\s?(?:°|차원|비트(?!\s?(?:이하|이상|미만|까지|에서|[가이은는로]\s)))"
)
_NUMBERED_THING = re.compile(
    r"(?:\b(?:figs?|figures?|tables?|tab|sections?|sec|appendix|eqs?|equations?|algorithms?|theorems?|lemmas?|definitions?"
    r"|chapters?|steps?|stages?|phases?|levels?|types?|systems?|tasks?|tracks?|versions?|no|layer|round|part|rq)\.?|#|표|그림)"
    r"\s?$",
    re.IGNORECASE,
)
_VARIABLE = re.compile(
    r"(?:\b(?:top|pass|recall|precision|acc|ndcg|mrr|hits?|best|maj|cons|map|seed|lambda|alpha|beta|tau|epsilon|[a-z])\s?"
    r"[-@=_^]\s?|@|\^|_|(?<![A-Za-z])[A-CE-QS-Za-ce-qs-z]\s?=\s?|(?<![A-Za-z\s{}()<>])\s?=\s?|(?<![A-Za-z])O\()$",
    re.IGNORECASE,
)
_STATISTIC = re.compile(r"(?<![\w.-])(?:r|d|I|ρ|κ)\s?=\s?$")
"""A letter that stands for a result: a correlation, an effect."""
_LIST_BEFORE = re.compile(r"(?:^|[\s:;,.—-])\(?$")


# A sample size, and how many things it counts: "n=640 prompts".
_SAMPLE_SIZE = re.compile(r"(?<![\w-])[nN]\s?=\s?$")
_SET_OF_VALUES = re.compile(r"\{\s?(?:[-−+]?[\d.]+,\s?)*[-−+]?$")  # "values in {-1, 0, 1}"


_RAISED = re.compile(r"[⁰¹²³⁴-⁹]")  # "2¹⁰"; powers of ten are read before


def _is_sample(number: Number) -> bool:
    return _SAMPLE_SIZE.search(number.before) is not None and _COUNT_NOUN.match(number.after) is not None


def _is_denominator(number: Number) -> bool:
    """The ``24`` of ``1/24th``."""
    return (
        re.search(r"(?<![\d/])\d/$", number.before) is not None
        and re.match(r"(?:th|rd|nd)s?\b", number.after) is not None
    )


def _is_label(number: Number) -> bool:
    if not number.bare:
        return False
    if _SET_OF_VALUES.search(number.before) or _RAISED.match(number.after):
        return True
    if _TERM.match(number.after):
        return True
    if number.digits.startswith("0.") and _STATISTIC.search(number.before):
        return False
    if _VARIABLE.search(number.before) or (number.whole and _NUMBERED_THING.search(number.before)):
        return True
    in_list = number.whole and len(number.digits) < 3 and int(number.digits) < 21 and number.after[:1] == ")"
    return in_list and _LIST_BEFORE.search(number.before) is not None


_YEAR = re.compile(r"19[5-9]\d|20[0-4]\d")
_DATE_WORD = re.compile(
    r"(?:\b(?:in|since|until|by|of|year|during|before|after|from|early|late|mid)|[A-Z]{3,}\w*|[a-z]{3}\.?)[ -]$"
)
_PLURAL = re.compile(r"\s(?:[a-z-]+ ){0,2}?[a-z]{3,}s\b")
_VERB = re.compile(r"\s(?:is|was|has|models?|outperforms|achieves|shows|extends|builds|uses|[a-z]+s\s(?:a|an|the)\b)")


def _is_year(number: Number) -> bool:
    if number.unit == "s" and re.fullmatch(r"1[89]\d0|20\d0", number.digits):
        return True  # the 1990s
    if not (number.whole and _YEAR.fullmatch(number.digits)):
        return False
    if re.match(r"\s?년", number.after):
        return True
    if _DATE_WORD.search(number.before):
        return re.search(r"\b(?:[A-Z]{3,}|year)[ -]$", number.before) is not None or not _PLURAL.match(number.after)
    return re.match(r"\s?(?:[,.;)]|$)", number.after) is not None


# A capitalised word that is no sentence opener may carry a version number.
_NAME_BEFORE = re.compile(r"(?<![\w-])(?P<name>[A-Za-z][A-Za-z0-9.+-]*)\)?(?P<joint>[ -])$")
_METRICS: Final = frozenset(
    "fid fvd psnr ssim lpips bleu rouge cider meteor map miou iou auc auroc mse mae rmse wer cer elo clip dino f1 mcc "
    "bleurt bertscore chrf comet spice is kid ndcg mrr acc em flops ppl perplexity accuracy asr map50 ap ap50 nmi ari "
    "vbench geneval mmlu gsm8k".split()
)
_OPENERS: Final = frozenset(
    "a about above across after all also an and approximately around as at averaging because before below between both "
    "but by contains covering covers due during each even every existing first for from given has have having however "
    "if in including instead into is it its just leveraging like more most moreover nearly notably of on only or our "
    "out over overall per reaching requiring since some spanning such than that the their then these they this those "
    "through to total trained training two under up use used uses using we when where which while with within without "
    "yet achieves achieving comprising containing additionally furthermore finally specifically among collecting "
    "curating releasing roughly almost merely offering featuring includes evaluating comparing combining".split()
)


_COUNTER = re.compile("대|개|장|명|회|번|종|건|층|단계|가지|편|권|쌍")  # of things, in Korean


def _is_version(number: Number) -> bool:
    """Whether it belongs to the name before it: ``Claude 3.5``, ``HippoRAG 2``, ``MATH 500``, ``RTX 4090``."""
    match = _NAME_BEFORE.search(number.before)
    if match is None or not number.bare or _COUNTER.match(number.after):
        return False
    name = match["name"]
    if name in {"RTX", "GTX"}:
        return True
    if name == name.lower() or name.lower() in _METRICS | _OPENERS:
        return False
    opens_sentence = re.search(r"(?:^|[.!?:]\s)$", number.before[: match.start()]) is not None
    if opens_sentence and number.whole and name[1:] == name[1:].lower() and not any(map(str.isdigit, name)):
        return False
    if number.whole and _PLURAL.match(number.after) and not _VERB.match(number.after):
        return False
    return re.fullmatch(r"\d(?:\.\d)?|1\d|[1-9]00|24|25", number.digits) is not None


def _is_compound(number: Number) -> bool:
    """``8-step``, ``12-layer``, ``a 5-second clip``, ``16K-token generation``, ``20B-level``."""
    if number.unit in {"bits", "p"}:
        return True
    if _OF_DATA.match(number.after):
        return False
    if (
        number.scale
        and not number.unit
        and re.match(r"-(?:tokens?|levels?|scale|class|steps?|frames?)\b", number.after)
    ):
        return True
    if number.hyphen and number.unit not in {"", "%", "points", "x"}:
        return True
    return not number.unit and not number.scale and re.match(r"-(?!odd\b|plus\b)[a-z]{3,}", number.after) is not None


def counts_things(after: str) -> bool:
    """Whether what follows a bare number is what it counts: ``1B images``, ``10억 개``; no parameters."""
    if _PARAMETERS.match(after) or _MODEL.match(after) or re.match(r"\s?개?의?\s?(?:파라미터|매개변수)", after):
        return False
    return _COUNT_NOUN.match(after) is not None or re.match(rf"\s?(?:{_COUNTER.pattern}|토큰)", after) is not None


_PARAMETERS = re.compile(
    r"(?:,?\s(?:and\s|or\s|to\s)?[\d.]+\s?(?:billion|million|[BM])|(?:부터|에서|~|와|과|,)\s?[\d.,]+(?:천|백)?억)*"
    r"[\s-]*(?:activated |active |total |trainable |learnable |model )*(?:param(?:eter)?s?\b|파라미터|매개변수)"
)
_MODEL = re.compile(
    r"[\s-]*(?:and \S+ )?(?:[a-z-]+ )?(?:models?|LLMs?|MLLMs?|VLMs?|LMMs?|LMs?|backbones?|versions?|variants?|scales?|"
    r"baselines?|counterparts?|students?|teachers?|policy|policies|ones?\b|transformers?|networks?|DiTs?|MoEs?|dense|base|instruct|(?:en|de)coders?|모델|버전|규모)(?![a-z])",
    re.IGNORECASE,
)
_SIZED_NAME = re.compile(r"[A-Za-z][\w.]*-[\d.]+[BM](?:,|/|,?\s(?:and|or)|와|과)\s?$")  # "Qwen2.5-7B and 32B"
_COUNT_NOUN = re.compile(r"[+\s]*(?:of )?(?:[\w-]+,? ){0,4}?(?!is\b|was\b|has\b|this\b|across\b|its\b)[a-z-]{3,}s\b")
_OF_DATA = re.compile(r"-scale\s(?:[\w-]+\s){0,3}?(?:corpus|corpora|data\s?sets?|data|collection)\b|\s(?:that|which)\s")
_GOES_ON = re.compile(r"\b[a-z]{3,}s:\s$")
"""It is a part of what was counted: ``87M samples: 25M for training``."""
_CLAUSE = re.compile(r"\s?[,.;:)]|\s(?:and|or|to|on|with|in)\b")
_LONG = re.compile(r"context|lengths?\b|window|sequence|input|long[- ]|컨텍스트|길이|문맥", re.IGNORECASE)
_TOKENS = re.compile(r"[\s-]*(?:tokens?|토큰)")


def _is_length(number: Number) -> bool:
    """Thousands or millions that tell how long an input is, not how many things were counted."""
    if number.unit or number.scale not in {"k", "m", "thousand", "million"}:
        return False
    tokens = _TOKENS.match(number.after)
    rest = number.after[tokens.end() if tokens else 0 :]
    if re.match(r"[\s-]*(?:effective\s)?(?:context|window|length|sequence|input|컨텍스트|문맥)", rest):
        return True
    if _LONG.search(number.before[-26:]) and (tokens or not _COUNT_NOUN.match(rest)):
        return True
    alone = re.match(r"\s?(?:[,.;:)]|to\b|and\b|$)", rest) and not tokens
    return (
        number.scale == "k"
        and alone is not None
        and re.search(r"(?:\bat|\bto|\bfrom|\bbeyond) $|\($", number.before) is not None
    )


def _is_size(number: Number) -> bool:
    """Millions or billions of parameters: what is not said to be counted in anything else."""
    if number.unit or number.scale not in {"m", "b", "million", "billion", "백만", "십억", "억"}:
        return False
    if _OF_DATA.match(number.after) or _GOES_ON.search(number.before):
        return False
    if _PARAMETERS.match(number.after) or _MODEL.match(number.after) or _SIZED_NAME.search(number.before):
        return True
    if number.scale == "b" and re.search(r"\b[Aa]t\s$", number.before):
        return True  # "at 7B it reaches"
    if number.scale not in {"m", "b"} or _TOKENS.match(number.after):
        return False
    return _COUNT_NOUN.match(number.after) is None or _CLAUSE.match(number.after) is not None


_RULES: Final[tuple[tuple[Sort, Callable[[Number], bool]], ...]] = (
    (Sort.FIGURE, _is_sample),
    (Sort.FIGURE, _is_denominator),
    (Sort.NAME, _is_inside_a_word),
    (Sort.SETTING, _is_product),
    (Sort.YEAR, _is_year),
    (Sort.LABEL, _is_label),
    (Sort.NAME, _is_suffixed),
    (Sort.VERSION, _is_version),
    (Sort.LENGTH, _is_length),
    (Sort.SIZE, _is_size),
    (Sort.SETTING, _is_compound),
    (Sort.NAME, lambda number: not number.unit and re.match(r"-[A-Z]", number.after) is not None),
)
"""The first that fits decides; what fits none is a figure."""
