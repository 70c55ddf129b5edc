"""Reads from the words around a figure with which model, hardware or protocol it was measured."""

import re

from assay.claims.wording.changes import VERBS_ON
from assay.claims.wording.phrases import PROPER, Around, models_named

_MODEL = (
    r"(?:(?:GPT(?=[-\d])|Llama|LLaMA|Qwen|Mistral|Mixtral|Gemini|Claude|DeepSeek|Gemma|Phi(?=[-\d])|LLaVA|InternVL|InternLM|OLMo(?![A-Za-z])|SDXL|FLUX|"
    r"Kimi|GLM-|Grok|Vicuna|SmolLM|SmolVLM|Nemotron|Wan-?\d|CogVideoX|HunyuanVideo|Stable\sDiffusion|SD-?(?:1\.|2|3)|PixArt|o\d(?=-mini|\b)|SiT\b|DiT\b)"
    r"[\w.-]*(?:\s(?:\d|[KRV]\d|Opus|Sonnet|Haiku|Pro|Flash)[\w.]*)*|[A-Z][\w.-]*-\d+(?:\.\d+)?[BM]\b[\w-]*)"
)
_IN_CLAUSE = (
    re.compile(
        r"(?<!than\s)(?<!over\s)(?<!versus\s)(?<!vs\s)(?<!NVIDIA\s)(?P<phrase>(?:\b\d+\s?x?\s)?(?:\bNVIDIA\s)?\b(?:A100|H100|H200|H800|A800|L40S?|RTX\s\d{4}|V100|T4|GB200|AMD\sMI\d+\w*|Jetson(?:\s[A-Z]\w+)+|[A-Z]\d{3,4}[A-Z]?(?=\sGPU))s?\b(?:\sGPUs?)?)"
    ),
    re.compile(r"(?:\(|\b(?:[Aa]t|[Uu]nder|[Ww]ith)\s)(?P<phrase>(?:[Pp]ass|[Mm]aj|[Bb]est|[Aa]vg)@\d+)"),
    re.compile(
        r"\b(?:[Uu]sing|[Ww]ith)\s(?P<phrase>(?:only\s|just\s|merely\s)?(?:\d[\d.]*%|[a-z]+)\sof\sthe\s(?:[\w-]+\s)?"
        r"(?:data|samples|labels|tokens|parameters|compute|budget|examples))\b"
    ),
    re.compile(
        r"\b[Aa]t\s(?P<phrase>(?:an?\s)?[\d.]+(?:%|x|×)\s(?:compression|sparsity|pruning|dropout|masking|quantization|retention)(?:\s(?:ratio|rate)s?)?)\b"
    ),
    re.compile(
        r"\b(?P<phrase>(?:budget\sforcing|self-consistency|chain-of-thought|majority\svoting|test-time\s\w+))\b"
    ),
    re.compile(
        r"\b(?:[Ff]or|[Ww]ith|[Oo]n|[Uu]sing)\s(?P<phrase>(?:an?\s)?(?:[a-z-]+\s){0,2}?(?:model|LLM|VLM|backbone)s?\s(?:with|of)\s[\d.]+\s?(?:billion|B|M|million)"
        r"(?:\sparameters)?|(?:an?\s)?[\d.]+[BM]\s(?:parameter\s)?(?:model|LLM|VLM|backbone)s?)\b"
    ),
    re.compile(
        r"\b(?:[Aa]t|[Oo]n|[Ff]or|[Ww]ith|[Uu]nder|[Ii]n)\s(?:the\s|an?\s)?(?P<phrase>(?:(?:sequence|context)\slengths?\sof\s\d[\d.,]*[kKM]?\b(?:\stokens)?|\d[\d.,]*[kKM]?(?:-token)?\s(?:tokens|contexts?(?:\slengths?)?|sequences?|inputs?)))\b"
    ),
)
"""Settings that hold for all of the clause that names them."""
_BESIDE = (
    re.compile(r"\b(?:zero|few|one|\d+)-shot\b(?!\s(?:baseline|model|method|prompting\sbaseline))|\bin\s\d+\ssteps?\b"),
    re.compile(
        r"\b[Uu]nder\s(?:the\s|an?\s)?(?P<phrase>[A-Za-z][\w\s-]{3,40}?)(?=[,.;()]|\s(?:with|on|in|by|while|and|to)\b|$)"
    ),
    re.compile(
        r"\b(?:on|for|across)\s(?P<phrase>(?!(?:(?:all|the|these|both|average|general|other|tasks)\s|(?:two|three|four|five|six|seven|eight|nine|ten|several|multiple|many|diverse|various|different)\s(?:tasks|domains|scenarios|settings)\b))[a-z][\w-]*\s(?:[\w-]+\s){0,3}?(?:tasks|scenarios|settings|domains))\b"
    ),
    re.compile(
        r"(?<!ompared\s)(?<!arison\s)(?<!consistent\s)\b(?:[Ww]ith|[Uu]sing|[Vv]ia|[Tt]hrough)\s(?:the\s|an?\s)?"
        r"(?P<phrase>(?:(?!(?:and|or|of|to|the|an?|in|on|no|by|that|our|its|respect)\b)[\w.%-]+\s){1,3}?"
        r"(?:guidance|hints?|layers|tools?|prompts?|instructions?|(?:access\sto\s(?:the\s)?)[a-z]+|decoding|sampling|prompting|voting|feedback|supervision|augmentation|distillation|fine-tuning|post-training|pre-?training|quantization"
        r"|pruning|retrieval|search|demonstrations?|budgets?|labels|examples|rollouts|precision|reasoning|parallelism))\b(?!-)(?!\s(?:performance|accuracy|methods?|baselines?|models?|speed|quality|cost))"
    ),
    re.compile(
        r"\b(?:[Aa]t|[Ii]n|[Uu]sing|[Ww]ith)\s(?:the\s)?(?P<phrase>\d(?:\.\d+)?(?:-\d)?(?:-bit|\sbits)(?:\s(?:regime|precision|settings?|weights|quantization|setup|level))?)\b"
    ),
    re.compile(
        r"\b[Aa]t\s(?P<phrase>(?:both\s)?\d+(?:\.\d+)?B(?:(?:,\s|\sand\s|,\sand\s)\d+(?:\.\d+)?B)*(?:\s(?:scales?|parameters))?)(?![\w-])"
    ),
    re.compile(
        r"\b(?:for|on|with|at)\s(?:(?:an?|the|our|its)\s)?(?P<phrase>\d+(?:\.\d+)?[BM](?:\s?/\s?\d+(?:\.\d+)?[BM]|(?:\sand|,)\s\d+(?:\.\d+)?[BM])*(?:[\s-](?:parameter|scale|dense|base|student))*"
        r"(?:\s(?:models?|LLMs?|VLMs?|variants?|backbones?))?)(?![\w-])"
    ),
    re.compile(
        r"\b(?:at|after|with|in|within|using)\s(?:only\s|just\s|over\s)?(?P<phrase>(?:\d[\d.,]*[kKM]?\+?|one|two|three|four|five|six|eight)\s(?:[a-z-]+\s){0,2}?"
        r"(?:steps|iterations|epochs|NFEs?|samples|shots|layers|GPUs|turns|rounds|views|labels))\b"
    ),
    re.compile(r"\bdepending\son\s(?:the\s)?(?P<phrase>[a-z][\w\s-]{3,40}?)(?=[,.;()]|\s(?:and|while|with)\b|\s?$)"),
    re.compile(
        r"\bin\s(?P<phrase>(?!(?:different|various|many|all|most|several|both|some|other|certain)\b)(?:(?!the\b)[\w-]+\s){1,3}?(?:settings?|scenarios?|environments?|modes?|regimes?))\b"
    ),
    re.compile(
        r"\bon\s(?:our\s|the\s)?(?P<phrase>(?:(?!(?:the|all|both|these|those|our|on|in|and)(?![\w-]))[\w-]+\s){0,4}(?:networks?|CNNs?|GPUs?|CPUs?|NPUs?|devices?|phones?|laptops?|hardware|backbones?"
        r"|(?<!\bon\s)(?:systems?|clusters?|servers?|workstations?|platforms?|robots?)))\b"
    ),
)
"""Settings of the figure that they stand beside."""
_WITH_A_MODEL = re.compile(
    rf"(?<!par\s)(?<!competitive\s)(?<!comparable\s)(?<!compared\s)(?<!consistent\s)\b(?:[Oo]n|[Ww]ith|[Uu]sing|[Ff]or|of)\s(?:(?:an?|the|both)\s)?(?:single\s|(?:[\w-]+\s){{1,3}}model\s)?(?P<phrase>{_MODEL}(?:\sand\s{_MODEL})?)"
)
"""Holds for the clause, but where it follows a figure at once it is that figure's: ``8% on GPT-4 and 5% on Qwen3``."""
_OPENING = re.compile(
    r"(?:^\s?(?:[Ff]or|[Ww]ith|[Uu]sing|[Ww]hen)|,\s(?:using|when))\s(?:applied\s(?:to|on)\s)?(?P<phrase>(?!(?:example|instance|an?\saverage|respect|compared|evaluated|tested|it|this|that)\b)"
    r"(?:(?!\b(?:compared|and|while)\b)[^,;:()%]){3,60}),\s"
)
"""What a clause begins with and is parted from by a comma: ``With 4-bit weights, ...``."""
_CLAUSE_BEGINS = r"(?:^\s?|\|\s|[;:]\s|\bthat,?\s|,\sand\s)(?:[A-Z][a-z]+,\s)?"
_CONDITIONS = (
    re.compile(
        rf"{_CLAUSE_BEGINS}(?:[Uu]nder|[Gg]iven|[Dd]uring)\s(?:the\s|an?\s)?(?P<phrase>(?!(?:inference|training|this|these|our)\b)[^,;:()%]{{3,60}}),\s"
    ),
    re.compile(rf"{_CLAUSE_BEGINS}(?P<phrase>[Ww]ithout\s(?!(?:this|these)\b)[^,;:()%]{{3,60}}),\s"),
    re.compile(
        rf"{_CLAUSE_BEGINS}(?:[Ii]n|[Aa]t|[Oo]n)\s(?:the\s|an?\s|our\s)?(?P<phrase>(?!(?:this|these|our|all)\b)(?:[\w.-]+\s){{0,4}}?"
        r"(?:setups?|settings?|regimes?|scenarios?|systems|environments?|modes?|levels?|stages?|budgets?|starts?|conditions?"
        r"|resolutions?|GPUs?|CPUs?|devices?|hardware|dialogues?)(?:\s(?:with|of)\s[^,;:()%]{3,40})?),\s"
    ),
)
"""A condition that opens a clause: ``In the single-agent setup, ...``, ``Under peak demand, ...``."""
_WHEN = re.compile(
    r"^[^,;()]{0,60}?\bwhen\s(?P<phrase>\w+(?:ing|ed)\s(?:on|from|with|to|by)\s(?:the\s|an?\s)?(?:(?!(?:and|while|is|are)\b)[^,;:()%]){3,50}?)(?=\s?[,.;()]|\s(?:and|while|is|are)\b|\s?$)"
)
"""``when relying on old tides``."""
_BEHIND = re.compile(
    r"^[^,;()]{0,60}?\b(?:using|through|when(?=\s\w+(?:ing|ed)\s\w)(?:\susing)?)\s(?P<phrase>(?!compared\b|an?\saverage)(?:(?!\b(?:and|while|to|on|by|with|from|is|are)\b)(?:[^,;:()%.]|\.(?=\d))){3,50}?)\s?"
    r"(?=[,.;()]|\b(?:and|while|to|on|by|with|from|is|are)\b|$)"
)
"""How something was done, said behind its figure: ``to 94% through feedback by people``."""
_CHANGED_MODEL = re.compile(
    rf"\b(?:improv\w+|boost\w*|rais\w+|lift\w*)\s(?P<phrase>{_MODEL}(?:\sand\s[A-Z][\w-]+-\d+B)?)(?:\s(?:by|from)\b|,)",
    re.IGNORECASE,
)
_APPLIED_TO = re.compile(
    rf"\b(?:[Aa]ppl(?:y|ying|ied)|[Ii]ntegrat(?:e|ing|ed)|[Ii]ncorporat(?:e|ing|ed))\s(?:(?:our|the|this)\s[\w-]+\s|it\s|[A-Z][\w.-]*\s|together\s)?(?:in)?to\s(?:the\s|an?\s)?"
    rf"(?P<phrase>(?:(?!(?:and|to|we|the)\b)[\w.+-]+\s?){{1,6}}?)(?=,|\s?\(|\s(?:{VERBS_ON}|achieves|yields|delivers|leads|results)\b)"
    rf"|\b(?:[Aa]ugment|[Ee]quip|[Ee]nhanc|[Tt]rain|[Ff]ine-tun)ing\s(?:the\s)?(?P<base>{PROPER})\s(?:with|on|using)\b"
)
"""What a method is put into: ``Applied to LakeVLA``, ``augmenting LakeVLA with Gullwing``."""
_IN_BRACKETS = re.compile(
    r"\s?\((?P<phrase>\d+[\s-][A-Za-z][\w-]*|(?:\d+(?:\.\d+)?B\s)?[\w.-]*\d+(?:\.\d+)?[BM](?:\smodels?)?|(?:with|at|zero|few|w/)[\s-][^()]{2,30})\)"
)
"""``2.61 (2-step)``."""
_ON_MODEL = re.compile(rf"\b(?:on|with|for|to)\s(?P<name>{PROPER}|[^\sA-Za-z\d]\S*?)(?=[\s,.;)]|$)")
_NEXT_STATEMENT = re.compile(r";|\b(?:while|whereas|but)\b")
_TOPIC = re.compile(r"[;:]|,\s(?:while|whereas|and\s(?:the|it|a)|but)\b|\b(?:while|whereas)\b")


def setting(around: Around, metric: str = "", others: str = "") -> str:
    """Model, hardware, tasks or protocol that the figure's own clause names, in order; not what the others say."""
    settings = (each for each in _settings(around) if each not in metric and each not in others)
    return ", ".join(dict.fromkeys(settings))


def _said_before(around: Around, left: str) -> str:
    """The words before a figure that may hold for it: not what stands right behind the figure before it."""
    if around.near_left == around.left or len(left) <= len(around.left) - len(around.opening):
        return left
    joint = _JOINT.search(around.near_left)
    return f"{around.opening} | {around.near_left[joint.end() :] if joint else ''}"


def _said_behind(around: Around) -> str:
    """The words behind a figure up to the next, which a bracket may part from it: ``70 (+5) with LakeLM``."""
    bracket = _BRACKET.match(around.right) if around.near_right.endswith("(") else None
    return bracket["behind"] if bracket else around.near_right


_BRACKET = re.compile(r"[^,;()]{0,20}\([^()]*\)(?P<behind>(?:(?!\s[~+$]?\d[\d.]*%?(?:[\s,;.)]|$))[^,;])*)")
_JOINT = re.compile(r",\s|\s(?:and|to|versus|vs\.?)\s")


def _settings(around: Around) -> list[str]:
    breaks = list(_TOPIC.finditer(around.left))
    left = around.left[breaks[-1].end() if breaks else 0 :]
    clause = f"{left} | {_TOPIC.split(around.right)[0]}"
    own = f"{_said_before(around, left)} | {_TOPIC.split(_said_behind(around))[0]}"
    # What stands between two figures is the first one's.
    joint = _JOINT.search(around.near_left)
    own_left = around.near_left[joint.end() :] if joint else ""
    before = (around.near_left if around.near_left == around.left else own_left)[-60:]
    near = f"{before} | {_NEXT_STATEMENT.split(around.near_right[:80])[0]}"

    # What opens the sentence holds for all its statements.
    head = re.match(r"[^,;]{3,80},\s", around.opening)
    patterns = [(each, clause) for each in _IN_CLAUSE] + [(each, near) for each in _BESIDE]
    follows = _WITH_A_MODEL.search(re.split(r"[,;(]", _said_behind(around)[:50])[0])
    # One model may hold for all figures of the clause, of several each has its own.
    is_of_several = len({match["phrase"] for match in _WITH_A_MODEL.finditer(clause)}) > 1
    patterns += [
        (_WITH_A_MODEL, _said_behind(around) if follows else own if is_of_several else clause),
        (_OPENING, left),
        (_WHEN, around.near_right),
        (_APPLIED_TO, left),
        (_BEHIND, around.near_right),
    ]
    opens = f"{head[0]} | {left}" if head and not left.startswith(head[0]) else left
    patterns += [(each, opens) for each in _CONDITIONS]
    found = [
        (
            clause.find(match[0]),
            (match.groupdict().get("phrase") or match.groupdict().get("base") or match[0]).strip(" ."),
        )
        for pattern, where in patterns
        for match in pattern.finditer(where)
    ]
    if match := _CHANGED_MODEL.search(around.near_left) or _IN_BRACKETS.match(around.right):
        found.append((clause.find(match["phrase"]), match["phrase"].strip()))
    found = [(at, each) for at, each in found if not re.fullmatch(r"[a-z]+ing", each)]
    models = models_named(f"{around.left} | {around.right}")
    for text in (around.near_right[:80], near):
        named = [name for match in _ON_MODEL.finditer(text) if (name := match["name"].rstrip(".")) in models]
        if named and not any(each in said for each in named for _, said in found):
            found += [(clause.find(each), each) for each in named]
            break
    return [each for _, each in sorted(found) if not any(each != other and each in other for _, other in found)]


def contrasted(behind: str, behind_next: str) -> tuple[str, str]:
    """The settings of two figures that the same word sets against each other: ``2x in clouds and 3x in phones``."""
    one, other = _WHERE.match(behind), _WHERE.match(behind_next)
    if one is None or other is None or one["by"] != other["by"] or one["phrase"] == other["phrase"]:
        return "", ""
    return one["phrase"], other["phrase"]


_JOINS = "and|or|but|while|with|without|over|than|by|compared|on|in|at|for|from|to|is|are|respectively"
_WHERE = re.compile(
    rf"\)?(?:\s(?!(?:{_JOINS}|under|during|agreement|consistency|correlation)\b)[\w%+-]+){{0,4}}\s(?P<by>in|at|under|for|with|without|during)\s(?:(?:the|an?|our)\s)?"
    rf"(?P<phrase>(?!(?:{_JOINS}|only|respect|average|total)\b)[\w.+-]*\w(?:\s(?!(?:{_JOINS})\b)[\w.+-]*\w){{0,3}})(?=[,.;)]|\s\(|\s(?:{_JOINS})\b|\s?$)"
)
"""What stands right behind a figure and its noun, up to the next word that joins."""
