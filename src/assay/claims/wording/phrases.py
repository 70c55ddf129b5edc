"""The noun phrases and names of English prose, as far as the rules about figures need them."""

import re
from typing import Final, NamedTuple

from assay.papers.sentences import Span


class Around(NamedTuple):
    """A figure's surroundings within its sentence."""

    left: str
    right: str
    near_left: str
    """What stands between the figure before this one and this one; all of ``left`` for the first."""
    near_right: str
    """What stands between this one and the next; all of ``right`` for the last."""
    opening: str = ""
    """What stands before the first figure of the sentence, which may hold for all of them."""


REACH: Final = 900
"""Characters on either side of a figure that are read for it; as many as the longest sentence of 2,800 abstracts."""


def reach(sentence: Span, start: int, end: int) -> Span:
    """What of a sentence is read for the figures from ``start`` to ``end``, however long the sentence is."""
    return Span(max(sentence.start, start - REACH), min(sentence.end, end + REACH))


STOP = (
    r"on|for|across|over|compared|while|when|whereas|with|and|or|to|by|than|at|from|in|using|under|without|against|as|that|"
    r"which|who|whose|is|are|was|were|be|has|have|had|can|could|may|will|but|relative\sto|versus|vs|via|through|during|of|if|after|before|"
    r"respectively|averaged|per|where|both|we|it|its|our|their|this|these|those|only|even|achieves?|outperforms?|among|within|"
    r"demonstrating|showing|surpassing|exceeding|indicating|covering|spanning|comprising|collected|including|paired|designed|"
    r"sourced|generated|drawn|derived|annotated|ranging|enabling|making"
)
_WORD = r"[A-Za-z][\w@.'’/+-]*\w|[A-Za-z]"
PHRASE = rf"(?:(?!(?:{STOP})(?![\w-]))(?:{_WORD})\s?){{1,5}}"
_LEAD = r"(?:(?:a|an|the|its|their|our|this|all|other|average|overall|mean|total|up|consistent|significant)\s)*"


def phrase(text: str) -> str:
    """The noun phrase at the beginning of ``text``, articles left out; empty if there is none."""
    match = re.match(rf"\s*{_LEAD}(?P<phrase>{PHRASE})", text)
    return "" if match is None else match["phrase"].strip()


PROPER = (
    r"(?<![\w-])(?!(?:Our|The|We|This|These|It|In|On|For|With|To|A|An|Its|Their|All|Each|Both|Across|Using|Over|By|While|When|Under|At|From|However|Moreover|Notably|Overall|Compared|LLMs?|AI)\b)"
    r"(?:[A-Z][\w@.+'*^-]*|[a-z]+[A-Z][\w.+-]*|[a-z]+\d[\w.+-]*|[α-ω](?:[\^_\d]|-(?=[A-Za-z]))[\w^{}.-]*)"
    r"(?:(?:\s|-)(?:[A-Z][\w@.+'-]*|\d+(?:\.\d+)?[A-Z]?(?:-[A-Za-z][\w.-]*)?(?![\w%])|v\d+(?:\.\d+)?|o\d[\w-]*)){0,7}"
)
MODEL_NAME = re.compile(
    r"(?:GPT|Llama|LLaMA|Qwen|Mistral|Gemini|Claude|DeepSeek|Gemma|Phi|LLaVA|InternVL|InternLM|OLMo|SDXL|FLUX|"
    r"OpenAI|o\d|Stable Diffusion|M?LLM|VLM|LMM)"
    r"|[\w.-]*(?:VLA|LLM|VLM|GPT|BERT|ViT|CNN|MoE|former|Former|ResNet|UNet|Diffusion|Mixture-of-Experts)\b"
    r"|[\w.-]+[- ]\d+(?:\.\d+)?B\b"
)
"""How a name begins, or ends, that is a model's and no data set's."""
_LIST = rf"{PROPER}(?:(?:,\s{PROPER}){{0,4}},?\s(?:and|or|&)\s(?P<last>{PROPER}|[^\sA-Za-z]\S*))?"
_MODELS_NAMED = re.compile(
    rf"\b(?:architectures?|models?|LLMs?|V?LMs?|VLAs?|backbones?|polic(?:y|ies))(?:,|:|,?\ssuch\sas|,?\slike|,?\sincluding|\s\()\s?(?P<names>{_LIST})"
)
_OF_MODELS = re.compile(
    rf"(?P<names>{_LIST})(?:\s\([^()]{{1,20}}\))?\s(?:models?|LLMs?|VLMs?|backbones?|architectures?|agents?|GPUs?)\b"
)


def models_named(text: str) -> frozenset[str]:
    """The names in ``text`` that it calls models: ``two architectures, OpenToy and PlayNet``, ``PlayNet backbones``."""
    found = [match["names"] for pattern in (_MODELS_NAMED, _OF_MODELS) for match in pattern.finditer(text)]
    return frozenset(name.rstrip(".") for names in found for name in re.split(r",?\s(?:and|or|&)\s|,\s", names))
