"""Finds the names in English or Korean prose: of models, benchmarks, data sets and methods.

A name is recognised by its spelling: capitals inside a word (``ImageNet``, ``VBench``), letters with digits
(``GPT-4o``, ``AIME24``, ``o1-mini``), a word all in capitals that is no acronym of the field (``MATH``, but not
``LLM``). Names spelt like any word, such as Mochi, are not recognised, except those of model families before a version
(``Llama 3.1``).
"""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final, NamedTuple

from assay.claims.naming.coined import Token, coined_slip, presented, tokens
from assay.claims.naming.families import family_slips
from assay.claims.naming.lists import listed, slip_in_list
from assay.claims.naming.misspelt import Spellings
from assay.claims.naming.slips import FULL_WIDTH, closest, is_own_misspelt, nearest_name, same, slip_of
from assay.claims.proposal import introduced


class Name(NamedTuple):
    """A name and where it stands: ``text[start:end]``."""

    start: int
    end: int
    text: str


def names(text: str) -> list[Name]:
    """Every name in ``text``, in order; one that is written twice is there twice.

    A version or a further word that belongs to the name comes with it: ``Qwen 2.5-VL``, ``SWE-bench Verified``.
    """
    spans = []
    for match in _TOKEN.finditer(text.translate(FULL_WIDTH)):
        word = match[0]
        if "://" in word:
            continue
        word = word.rstrip("-./+:")
        plain = _PLURAL.sub("", word)
        if _is_name(plain):
            start, end = match.start(), match.start() + len(plain)
            spans.append(Name(start, end, text[start:end]))
    return spans


def compounds(text: str) -> list[Name]:
    """Every word of several pieces, with a capital and a digit, that is spelt as no name by itself: ``Tern-S1``."""
    found = []
    for match in _COMPOUND.finditer(text.translate(FULL_WIDTH)):
        word = match[0].rstrip(".-")
        first = re.split(r"[-.]", word)[0]
        is_mixed = any(map(str.isupper, word)) and any(map(str.isdigit, word)) and re.search(r"[-.]", word) is not None
        if is_mixed and first.upper() not in _NUMBERED_WORDS and not _AMOUNT.fullmatch(word) and not _is_name(word):
            found.append(Name(match.start(), match.start() + len(word), word))
    return found


_COMPOUND = re.compile(r"(?<![A-Za-z0-9\\])[A-Z][A-Za-z0-9]*(?:[-.][A-Za-z0-9]+)+")


class Vocabulary:
    """The names and words of a paper's texts, to decide whether a name of a summary stands there."""

    def __init__(self, texts: Iterable[str], *, year: int | None = None, own: str = "") -> None:
        """Read the texts of a paper: when it was written and what it calls its own work, where that is known."""
        self._text = "\n".join(texts)
        self._year = year
        self._own = own.rstrip(":")

    @cached_property
    def names(self) -> list[str]:
        """The names in the texts, each once."""
        return list(dict.fromkeys(name.text for name in names(self._text)))

    @cached_property
    def _own_names(self) -> list[str]:
        """What the paper calls its own work, and what of it: the names that begin alike, and those in its title."""
        own = same(self._own)
        title = self._text.partition("\n")[0] if own else ""
        titled = [name.text for name in (*names(title), *compounds(title))]
        return [self._own, *titled, *(each for each in self.names if own and same(each).startswith(own))]

    @cached_property
    def _coined(self) -> list[str]:
        """The names that nobody but the paper has: of its own work, and what its first pages introduce."""
        text = self._text[:_FULL_TEXT]
        found = [*self._own_names, *introduced(text), *presented(text)]
        words = (each for each in found if each and len(each.split()) == 1 and not _is_acronym(each))
        return list(dict.fromkeys(words))

    @cached_property
    def _lists(self) -> list[list[str]]:
        return [[token.text for token in each] for each in listed(self._text)]

    @cached_property
    def _candidates(self) -> list[str]:
        """The names in the texts, and what stands before an ending that makes a word of one: ``GRPO-based``."""
        heads = (_ENDING.sub("", name) for name in self.names if _ENDING.search(name))
        acronyms = (word for word in _WORD.findall(self._text) if word in _ACRONYMS and len(word) >= _SPELT_OUT)
        return [*self.names, *dict.fromkeys(heads), *dict.fromkeys(acronyms)]

    @cached_property
    def _compounds(self) -> list[str]:
        return list(dict.fromkeys(each.text for each in compounds(self._text)))

    @cached_property
    def _runs(self) -> frozenset[str]:
        """The letters of its words, in lower case, without digits and signs."""
        return frozenset(run.lower() for word in _TOKEN.findall(self._text) for run in _PARTS.findall(word))

    @cached_property
    def _spellings(self) -> Spellings:
        return Spellings(self._text)

    @cached_property
    def _compact(self) -> str:
        return same(self._text)

    @cached_property
    def _initials(self) -> str:
        """The first letters of all words in a row, those of a hyphenated word one by one."""
        return "".join(word[0].lower() for word in _WORD.findall(self._text))

    def spells(self, name: str) -> bool:
        """Whether the name itself stands in the texts, however its parts are joined and its letters are set."""
        return same(name) in self._compact

    def has(self, name: str) -> bool:
        """Whether the name, or a longer or shorter form of it, stands in the texts.

        ``Qwen2.5-7B`` stands where ``Qwen2.5`` does, ``MLGym-Bench`` where ``MLGym`` does, and ``GRPO`` where the
        words do whose initials it is. Two versions of one family are not told apart: which size or version a figure
        belongs to is a question to the figure.
        """
        spelt = same(name)
        if len(spelt) >= 3 and spelt in self._compact:
            return True
        for part in _PARTS.findall(name):
            run = part.lower()
            if run in _GENERIC:
                continue
            if run in self._runs or (len(run) >= 4 and run in self._compact):
                return True
            if part.isupper() and len(run) >= 3 and run in self._initials:
                return True
        return False

    def foreign(self, text: str) -> Iterator[tuple[Name, str]]:
        """The names in ``text`` that do not stand in the texts, each with the one that was probably meant.

        A slip such as ``GPT-40`` counts also where the family it belongs to is there, unless the texts spell it so.
        """
        misspelt: list[tuple[Name, str]] = []
        for at, run, meant in self._spellings.misspelt(text):
            name = Name(at, at + len(run), run)
            if not _is_among(name, misspelt):
                misspelt.append((name, meant))
        misspelt.extend(each for each in self._coined_misspelt(text) if not _is_among(each[0], misspelt))
        others = [each for each in self._foreign(text) if not _is_among(each[0], misspelt)]
        yield from sorted(misspelt + others)

    def _coined_misspelt(self, text: str) -> Iterator[tuple[Name, str]]:
        """The words of a text that are one of the coined names but for a slip, unless it names that too."""
        found = list(tokens(text))
        foreign = [token for token in found if not self._has_word(token.text) and not _is_acronym(token.text)]
        lists = listed(text) if foreign and self._lists else []
        for token in foreign:
            taken = {same(other.text) for other in found if other.text != token.text}
            meant = coined_slip(token, [each for each in self._coined if same(each) not in taken])
            meant = meant or self._slip_in_list(token, lists)
            if meant:
                yield Name(token.start, token.end, text[token.start : token.end]), meant
        for start, end, meant in family_slips(text):
            if not self.spells(text[start:end]):
                yield Name(start, end, text[start:end]), meant

    def _slip_in_list(self, token: Token, lists: list[list[Token]]) -> str:
        own = next((each for each in lists if token in each), [])
        return slip_in_list(token.text, [each.text for each in own if each != token], self._lists)

    def _has_word(self, name: str) -> bool:
        """Whether a name stands in the texts as a word of its own: not in ``using proofs``, as GPRO does."""
        if not self.spells(name) or len(same(name)) > _MAY_HIDE:
            return self.spells(name)
        signs = r"[-_\s]*".join(map(re.escape, same(name)))
        begins = r"(?:(?<![A-Za-z0-9])|(?-i:(?<=[a-z])(?=[A-Z])))"
        return re.search(rf"{begins}{signs}(?![a-rt-z])", self._text, re.IGNORECASE) is not None

    def _own_slip(self, name: str) -> str:
        """The name of the paper's own work that a name is a slip for; one that it begins with has a variant."""
        own = (each for each in self._own_names if not name.lower().startswith(f"{each.lower()}-"))
        return closest(name, [each for each in own if is_own_misspelt(name, each)])

    def _foreign(self, text: str) -> Iterator[tuple[Name, str]]:
        complete = len(self._text) > _FULL_TEXT
        for name in names(text):
            if self._has_word(name.text):
                continue
            slip = slip_of(name.text, self._candidates, beside=text, complete=complete, year=self._year)
            slip = slip or self._own_slip(name.text)
            if slip:
                yield name, slip
            elif not self.has(name.text):
                yield name, nearest_name(name.text, self.names)
        for word in compounds(text):
            if not self.spells(word.text):
                slip = slip_of(word.text, [*self._compounds, *self.names], beside=text, complete=complete)
                slip = slip or self._own_slip(word.text)
                if slip:
                    yield word, slip


def _is_acronym(word: str) -> bool:
    """Whether a word is an acronym of the field, or made of one: ``LLM-based``."""
    return _ENDING.sub("", word).upper() in _ACRONYMS


_SPELT_OUT: Final = 4
"""Shorter acronyms differ in a letter without being slips of each other."""
_MAY_HIDE: Final = 12
_ENDING: Final = re.compile(r"-(?:based|style|like|trained|tuned|driven|guided|aware|enhanced|powered|family)$")


def _is_among(name: Name, found: Iterable[tuple[Name, str]]) -> bool:
    return any(_overlap(name, other) for other, _ in found)


def _overlap(one: Name, other: Name) -> bool:
    return one.start < other.end and other.start < one.end


_FULL_TEXT: Final = 15_000
"""From how many characters on the texts are a paper's full text, and not title and abstract only."""

# A word with what may stand inside a name; not a piece of LaTeX, nor what follows a digit or a letter.
_FAMILIES = "Claude|DeepSeek|Gemini|Gemma|GPT|Grok|InternLM|Kimi|LLaMA|Llama|LLaVA|Mistral|Mixtral|OLMo|Phi|Qwen|Yi"
_TOKEN = re.compile(
    rf"(?<![A-Za-z0-9\\])(?:(?:{_FAMILIES}) \d+(?:\.\d+)?[a-z]?\b(?:-[A-Za-z0-9.]+)*"
    r"|[A-Za-z0-9][A-Za-z0-9+/_.:-]*(?: Verified| Lite| Sonnet| Haiku| Opus)?)"
)
_WORD = re.compile(r"[A-Za-z]+")
_PARTS = re.compile(r"[A-Za-z]+")
_PLURAL = re.compile(r"(?<=[A-Z0-9])s$")

# Acronyms that any paper of the field may use without naming anything.
_ACRONYMS = frozenset(
    """
    AB AGI AI ANN API APIS AR ASIC ASR AUC AUROC BCE BERT BF16 BLEU BPE CAD CCTV CE CFG CI CLI CLIP CNN COT CPU CSV CT
    CTC CV DDIM DDPM DL DM DNA DNN DPO DSL EEG EHR EM ETL EU FFN FFT FID FLOP FLOPS FN FP FP16 FP32 FP4 FP8 FPS FSDP
    GAN GAT GB GCN GDPR GELU GFLOPS GNN GPU GRU GUI HCI HPC HTML HTTP IC ICL ID IDS IMU INT4 INT8 IO IOT IOU IP IR IT
    JSON KD KG KL KNN KV LAION LATEX LDM LIDAR LLM LM LMM LORA LPIPS LR LSTM LVLM MAE MAP MB MCMC MCQ MCTS MDP MHA ML
    MLE MLLM MLM MLP MMLM MOE MRI MRR MSE MT NAS NER NERF NLG NLI NLP NLU NN NP OCR ODE OOD OS PC PCA PDE PDF PEFT PII
    POMDP PPO PR PRM PSNR PTQ PYTHON QA QAT RAG RAM RBF RELU RGB RGBD RL RLAIF RLHF RLVR RM RMS RMSE RNN ROC ROI ROPE
    ROUGE RPC SDE SDF SDK SE SFT SGD SLAM SLM SMT SNR SOTA SQL SR SSIM SSL SSM STEM SVD SVG SVM TB TFLOPS TFLOP TOPS TP
    TPU TTS TTFT TV UAV UI UK UMAP UN URL US USA USD UV UX VAE VIT VL VLA VLM VQA VR VRAM WER XML YAML DIT
    """.split()
)
# Parts of names that say nothing about whose name it is.
_GENERIC = frozenset(
    """
    a b k m t x v s base bench bert chat distill eval flash hard high instruct it large lite llm lm low medium
    mini ml mllm mm moe nano net of on open plus preview pro rl sft small sonnet thinking tiny turbo verified vl vlm
    vqa xl xs net with to in the and for qa
    """.split()
)
_NUMERAL = re.compile(r"[IVX]+(?:[.-][A-Za-z0-9]+)?")
# What looks like a name and is an amount, or a form: 7B, 128K, 4-bit, 10x, 3D, 2.5-fold, 16GB, 5-shot, 1e-4.
_AMOUNT = re.compile(r"[\d.,:/x+-]+(?:[A-Za-z%°]{1,3}s?|-?[a-z][A-Za-z/-]*)?|\d+[eE][+-]?\d+|\d+[DdHh](?:-.*)?|@?k")
_SYMBOL = re.compile(r"[A-Za-z](?:[_\d.]+[a-z\d]*)?|[a-z]{1,2}\d{0,2}|[A-Z]\d?(?:/[A-Z]\d?)+")


def _is_name(word: str) -> bool:
    """Whether a word is spelt as names are, and not as an amount, a numeral, a symbol or an acronym is."""
    if word.isalpha() and (word[1:].islower() or len(word) == 1):  # nearly all words
        return False
    if _O_SERIES.fullmatch(word):
        return True
    if _AMOUNT.fullmatch(word) or _NUMERAL.fullmatch(word) or _SYMBOL.fullmatch(word):
        return False
    pieces = [piece for piece in re.split(r"[-_/.+: ]+", word) if piece]
    if not pieces or "/" in word or "_" in word:
        return False
    if any(map(_has_name_spelling, pieces)):
        return True
    # GPT-4, Llama-3, MATH-500, Gullwing-2B: a capitalised word, or a family's name, and a number
    word, following = pieces[0], "".join(pieces[1:2])
    is_capitalised = word[0].isupper() and len(word) > 1 and word.upper() not in _NUMBERED_WORDS
    return _VERSION.fullmatch(following) is not None and (is_capitalised or word in _FAMILIES.lower().split("|"))


_O_SERIES = re.compile(r"[oO][1-9](?:-[a-z]+)*|(?:01|ol|03)-(?:mini|preview|pro)")
_VERSION = re.compile(r"[vV]?\d+[A-Za-z]?[\d.]*")
_NUMBERED_WORDS = frozenset(
    "FIGURE TABLE SECTION STAGE STEP PHASE LEVEL TOP PASS TYPE HIT RECALL COVID RANK ROUGE".split()
)


def _has_name_spelling(piece: str) -> bool:
    """Whether a piece between hyphens is by itself spelt as only names are."""
    bare = _PLURAL.sub("", piece)
    if bare.upper() in _ACRONYMS or _AMOUNT.fullmatch(bare):
        return False
    letters = re.sub(r"[^A-Za-z]", "", bare)
    if len(letters) >= 2 and letters[1:].lower() != letters[1:] and not letters.isupper():
        return True  # a capital inside
    if any(ch.isdigit() for ch in bare):
        return len(letters) >= 2 and bare[0].isalpha()
    return len(bare) >= 3 and bare.isupper()
