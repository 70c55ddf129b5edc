"""Reads from the words around a figure with which model, hardware or protocol it was measured."""

import re
from collections.abc import Sequence

from assay.claims.wording.phrases import Around

_SETTING = re.compile(
    r"\b[Pp]ass@\d+|\b(?:on|with|using|for)\s(?:a\s|an\s|the\s)?(?:single\s)?(?P<model>(?:GPT|Llama|LLaMA|Qwen|Mistral|Gemini|"
    r"Claude|DeepSeek|Gemma|Phi)[\w.-]*(?:\s[\d.]+\w*)?)"
    r"|\b\d*x?(?:NVIDIA\s)?(?:A100|H100|H200|H800|L40S?|RTX\s\d{4}|V100)s?\b(?:\sGPUs?)?"
    r"|\b(?:zero|few|\d+)-shot\b|\bin\s\d+\ssteps?\b|\b(?:on|across)\s(?P<tasks>[a-z][\w\s-]{3,40}?\stasks?)\b"
    r"|\bunder\s(?P<under>[a-z][\w\s-]{3,40}?)(?=[,.;]|\swith\b|$)"
)


def setting(around: Around, sizes: Sequence[str]) -> str:
    """Model, hardware, length, tasks or protocol that the sentence names beside a figure."""
    settings = [
        match["model"] or match["tasks"] or match["under"] or match[0]
        for match in _SETTING.finditer(f"{around.left} | {around.right}")
    ]
    return ", ".join(dict.fromkeys([*settings, *sizes]))
