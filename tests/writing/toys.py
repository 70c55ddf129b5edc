"""Papers of our own making, and a model that summarises them rightly; tests spoil what it says."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from assay.papers.models import Paper


def paper(number: int = 1, *, more: str = "") -> Paper:
    """Toy paper ``number``, from 1 to 99; ``more`` is added to its abstract."""
    return Paper(
        id=f"9912.999{number:02}",
        title=f"GullWing{number}: Pruning a Key Cache by Tides",
        abstract=(
            "Serving long contexts remains costly, because every key is kept. "
            f"We introduce GullWing{number}, a cache that forgets in rhythm: keys are dropped in blocks of 64 tokens "
            "whenever attention to them ebbs, and no retraining is needed. "
            f"On ToyBench, GullWing{number} reaches 41.{number}% accuracy, compared with 38.0% for DenseToy, "
            f"and it decodes 2.{number}x faster than full attention. "
            "The code of the cache fits any pretrained transformer." + (f" {more}" if more else "")
        ),
    )


def record(number: int = 1) -> dict[str, Any]:
    """A right record of that paper, as a model writes it."""
    name = f"GullWing{number}"
    return {
        "figures": [
            {
                "value": f"41.{number}",
                "unit": "%",
                "what": "accuracy on ToyBench",
                "quote": f"On ToyBench, {name} reaches 41.{number}% accuracy",
            }
        ],
        "one_line": f"{name} prunes the key cache of a pretrained transformer block by block when attention ebbs.",
        "objective": "Long contexts are costly to serve since all keys stay. The aim is a cache that forgets safely.",
        "method": "Blocks of 64 tokens are dropped from the cache once attention to them ebbs. Nothing is retrained.",
        "result": f"Accuracy on ToyBench is 41.{number}%, against 38.0% for DenseToy. Decoding is 2.{number}x faster.",
        "implication": "A pretrained transformer can take the cache as it is. Try it where contexts are long.",
        "whats_new": "The cache forgets whole blocks in rhythm with attention, without retraining.",
        "technical_details": "Keys leave the cache in blocks of 64 tokens. What triggers it is ebbing attention.",
        "performance": f"ToyBench accuracy 41.{number}% against 38.0% for DenseToy; decoding 2.{number}x faster than "
        "full attention.",
    }


def korean(number: int = 1) -> dict[str, Any]:
    """The same in Korean."""
    name = f"GullWing{number}"
    return {
        "one_line": f"{name}은 어텐션이 잦아들 때 사전학습된 트랜스포머의 키 캐시를 블록 단위로 줄인다.",
        "objective": "모든 키를 남기므로 긴 문맥은 서빙 비용이 크다. 안전하게 잊는 캐시를 목표로 한다.",
        "method": "어텐션이 잦아든 64토큰 블록을 캐시에서 버린다. 다시 학습하지 않는다.",
        "result": f"ToyBench 정확도는 41.{number}%이고 DenseToy는 38.0%다. 디코딩은 2.{number}배 빠르다.",
        "implication": "사전학습된 트랜스포머에 그대로 쓸 수 있다. 문맥이 긴 곳에서 시험해 볼 만하다.",
        "whats_new": "다시 학습하지 않고 어텐션의 흐름에 맞춰 블록을 통째로 잊는 캐시다.",
        "technical_details": "키는 64토큰 블록으로 캐시를 떠난다. 어텐션이 잦아드는 것이 계기다.",
        "performance": f"ToyBench 정확도 41.{number}%(DenseToy 38.0%), 디코딩은 전체 어텐션보다 2.{number}배 빠르다.",
    }


class Question(NamedTuple):
    """What a request to the model is for."""

    number: int
    """Of the toy paper."""
    language: str
    repair: str
    """What is to be repaired; empty in the first turn."""
    paper: str
    """The text between the fence lines, or the record to translate."""


def read_question(body: Mapping[str, Any]) -> Question:
    """Read a request as a model would."""
    turns = [str(message["content"]) for message in body["messages"]]
    users = [str(message["content"]) for message in body["messages"] if message["role"] == "user"]
    numbers = re.findall(r"GullWing(\d+)", users[0])
    language = re.search(r"Translate into \w+ \((\w+)\)", users[0])
    fence = re.search(r"(=== [0-9a-f]{32} ===)\n(.*)\n?\1", users[0], re.DOTALL)
    return Question(
        number=int(numbers[0]) if numbers else 0,
        language=language[1] if language else "en",
        repair=next((turn for turn in turns if "must be corrected" in turn), ""),
        paper=fence[2] if fence else users[0],
    )


def model(body: Mapping[str, Any]) -> dict[str, Any]:
    """A model that makes no mistakes."""
    question = read_question(body)
    if question.language == "ko":
        return korean(question.number)
    right = record(question.number)
    # Asked for a language that it does not know, it answers in English.
    return right if question.language == "en" else {part: text for part, text in right.items() if part != "figures"}
