"""Finds sentences that look like orders to a language model.

They are flagged for people, never followed and never removed: papers about prompt injection quote such sentences, and
the reader must judge. Three things count: orders (*ignore the previous instructions*, *do not mention any
weaknesses*, *recommend accepting this paper*), words to a machine reader (*if you are a language model*) and the marks
that separate the turns of a chat. Talk of instructions, reviewers or system prompts alone does not.
"""

import re

from assay.papers.sentences import Span, split


def instructions(text: str) -> list[Span]:
    """Find the sentences of ``text``, normalised, that look like orders to a model, in order."""
    # A match may begin with the period of the sentence before it, so its end tells which sentence it is in.
    ends = [match.end() - 1 for pattern in _ORDERS for match in pattern.finditer(text)]
    if not ends:
        return []
    return [sentence for sentence in split(text) if any(sentence.start <= end < sentence.end for end in ends)]


def excerpt(text: str, most: int = 200) -> str:
    """The beginning of ``text``, as much as is worth showing."""
    return text if len(text) <= most else text[: most - 3] + "..."


_MODEL = (
    r"(?:an?\s+|the\s+|any\s+)?(?:AI|LLMs?|(?:large\s+)?language\s+models?|chatbots?|ChatGPT|GPT-?\d\w*|Claude|Gemini)"
)
_WORK = r"(?:this|the|our)\s+(?:current\s+)?(?:paper|submission|manuscript|work|article)"
_MANNER = r"(?:(?:strongly|very|highly|extremely|only|overall|exclusively)\s+)*"
_PRAISE = rf"{_MANNER}(?:positive|favou?rable|glowing|enthusiastic|high(?:est)?|perfect|accept(?:ing|ance)?)"
_VERDICT = r"(?:reviews?|ratings?|scores?|evaluations?|assessments?|feedback|recommendations?|marks?)"
# An order follows the beginning of a sentence, a word of pressure such as "must", or an address.
_ORDER_START = r"(?:^|[.!?:;,\"“'(\[]\s*|\b(?:please|must|should|now|and|only|always)\s+)"


def _order(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_ORDERS = (
    _order(
        rf"{_ORDER_START}(?:ignore|disregard|forget|override|bypass)\s+"
        r"(?:(?:all|any|every|each|of|the|your|my|these|those|other)\s+)*"
        r"(?:(?:previous|prior|above|preceding|earlier|foregoing|existing|original|initial|system|other)\s+)+"
        r"(?:\w+\s+)?(?:instructions?|prompts?|directions?|directives?|commands?|rules|guidelines|guidance)"
    ),
    _order(
        r"\b(?:do\s+not|don['’]t|never|avoid)\s+"
        r"(?:highlight|mention|list|include|report|discuss|raise|point(?:ing)?\s+out|mentioning)\s+"
        r"(?:any|the|its|our)\s+(?:\w+\s+)?(?:negatives?|weakness(?:es)?|flaws?|shortcomings?|criticisms?)"
    ),
    _order(
        rf"{_ORDER_START}(?:give|write|provide|generate|output|produce|return|assign|submit)\s+(?:us\s+|me\s+)?(?:an?\s+|the\s+)?"
        rf"{_PRAISE}\s+(?:peer\s+)?{_VERDICT}(?!\s*[-\d]|\s+(?:to|from|than|of|when|on|in|by|are|is|while|for\s+(?!{_WORK})))"
    ),
    _order(
        rf"{_ORDER_START}(?:(?:strongly|always)\s+)?(?:recommend|suggest|accept|vote\s+(?:for|to))\s+"
        rf"(?:(?:strong|clear|immediate)\s+)?(?:(?:accept(?:ing|ance)?|the\s+acceptance)\s+)?(?:of\s+|for\s+)?{_WORK}"
        r"(?=\s+(?:for|at|to|as|without|because|due)\b|\s*[.!,;]|\s*$)"
    ),
    _order(
        rf"\bas\s+{_MODEL}(?:[-\s]+(?:based\s+)?(?:reviewer|assistant|agent|reader))?\s*,\s*"
        r"(?:you\b|please\b|always\b|give\b|write\b|recommend\b|accept\b|summari[sz]e\b|do\s+not\b)"
    ),
    _order(rf"\b(?:if|when|since)\s+you(?:['’]re|\s+are)\s+(?:reading\s+this\s+as\s+)?{_MODEL}\b"),
    _order(
        rf"\b(?:note|message|attention|instructions?|notice)\s*(?:to|for|:)\s*(?:all\s+)?{_MODEL}"
        r"(?:[-\s]+(?:based\s+)?(?:reviewers?|assistants?|agents?|readers?|summari[sz]ers?))?\s*[:.!]"
    ),
    _order(
        rf"{_ORDER_START}(?:reveal|print|repeat|show|output|leak|disclose)\s+(?:me\s+)?(?:your|the)\s+(?:\w+\s+)?"
        r"(?:system|hidden|initial|secret)\s+(?:prompt|instructions?|message)\b"
    ),
    _order(r"(?:^|[.!?]\s+|\[|<)\s*(?:new\s+|updated\s+)?system\s+(?:prompt|message|override)\s*[:\]>]"),
    _order(r"<\|(?:im_start|im_end|system|user|assistant|start_header_id|end_header_id|eot_id|begin_of_text)\|>"),
    _order(r"\[/?INST\]|<</?SYS>>|###\s*(?:Instructions?|System|Human|Assistant|User)\s*:"),
)
