"""How fast the store stores and finds: ``python benchmarks/store.py [--papers 10000 100000]``; and with ``--pairs``,
whether the search finds the same papers however a word is written, among the recorded ones.

With ``--store postgresql://…`` the papers go into that database and stay there: what a run that was interrupted stored
is not stored again, and where all papers are there, only the searches are timed. CPU seconds are those of this
process and of the server's processes, where they are of the same machine.

Papers are made up, always the same ones: English abstracts, and summaries in English and Korean. Their English words
are those of the recorded papers, as often as they stand there; without the recordings, made-up words as unevenly
frequent as in real text.
"""

import argparse
import os
import random
import re
import sqlite3
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from corpus import CORPUS, read_corpus

from assay.papers.models import Origin, Paper, Parts, Sighting, Summary
from assay.store import Store, open_store

FIRST_DAY = date(2090, 1, 1)
PAPERS_A_COMMIT = 50
MOST_DAYS = 3_500
"""So that the ids, whose years have two digits, are those of ten years."""
ENGLISH = """the of we a to and in model for with on that is attention data training by language models as method which
learning from this token results are show our large performance inference it reasoning policy reward sparse quantization
diffusion retrieval benchmark cache decoding gradient alignment transformer image agent memory"""
CATEGORIES = ("cs.CL", "cs.LG", "cs.CV", "cs.AI", "stat.ML", "cs.RO", "eess.AS", "math.OC")
LISTINGS = ("hf_evening", "hf_morning", "hf_year")
KOREAN = """모델 학습 데이터 방법 성능 언어 추론 정확도 실험 결과 벤치마크 토큰 속도 정렬 강화학습 양자화 어텐션
트랜스포머 검색 증강 생성 이미지 디퓨전 캐시 보상 정책 추출 증류 대규모 희소 에이전트 메모리 프롬프트 임베딩"""
PARTICLES = ("", "", "을", "를", "의", "에서", "은", "는", "이", "가", "으로", "와")
GIVEN = ("Ada", "Bo", "Cy", "Dee", "Eli", "Fay", "Gus", "Hal", "Ivy", "Jo", "Kit", "Lou", "Mae", "Ned", "Ora", "Pia")
FAMILY = ("Example", "Sample", "Specimen", "Muster", "Esempio", "Vzorek", "Näyte", "Örnek", "Kim", "Lee", "Park")
LATIN_SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "on")]
HANGUL_SYLLABLES = "가나다라마바사아자차카타파하고노도로모보소오조초코토포호"


class Vocabulary:
    """Words that are drawn as often as they weigh."""

    def __init__(self, chance: random.Random, weights: Mapping[str, float]) -> None:
        self._words = list(weights)
        self._weights = list(accumulate(weights.values()))
        self._chance = chance

    def draw(self, count: int) -> list[str]:
        return self._chance.choices(self._words, cum_weights=self._weights, k=count)


def made_up_words(chance: random.Random, known: Sequence[str], syllables: Sequence[str], size: int) -> dict[str, float]:
    """Known words and made-up ones, of which the n-th most frequent weighs about 1/n of the first."""
    made_up = ("".join(chance.choices(syllables, k=chance.randint(2, 4))) for _ in range(size))
    words = dict.fromkeys([*known, *made_up])
    return {word: 1 / (place + 3) for place, word in enumerate(words)}


def recorded_papers() -> list[Paper]:
    """Every recorded paper; none where there are no recordings."""
    return list(read_corpus(CORPUS, listings=LISTINGS, days="*").values())


def recorded_words() -> Counter[str]:
    """The English words of the recorded papers, with how often each stands there."""
    texts = (f"{paper.title} {paper.abstract}" for paper in recorded_papers())
    return Counter(word for text in texts for word in re.findall("[A-Za-z][A-Za-z-]+", text.lower()))


class Listed(NamedTuple):
    """What one day brings."""

    papers: list[Paper]
    sightings: list[Sighting]
    summaries: list[Summary]


def papers_a_day(count: int) -> int:
    """How many papers each day lists, of so many in all: whole commits."""
    return PAPERS_A_COMMIT * -(-count // (PAPERS_A_COMMIT * MOST_DAYS))


def made_up_days(count: int, *, of: int = 0) -> Iterator[Listed]:
    """``count`` papers, the first ones ``of`` so many, a commit at a time."""
    chance = random.Random(20250226)
    words = recorded_words() or made_up_words(chance, ENGLISH.split(), LATIN_SYLLABLES, 60_000)
    english = Vocabulary(chance, words)
    korean = Vocabulary(chance, made_up_words(chance, KOREAN.split(), HANGUL_SYLLABLES, 5_000))

    def in_english(words: int) -> str:
        return " ".join(english.draw(words)) + "."

    def in_korean(words: int) -> str:
        return " ".join(noun + chance.choice(PARTICLES) for noun in korean.draw(words)) + "."

    daily = papers_a_day(of or count)
    for start in range(0, count, PAPERS_A_COMMIT):
        day = FIRST_DAY + timedelta(days=start // daily)
        listed = Listed([], [], [])
        for rank in range(start % daily + 1, start % daily + min(PAPERS_A_COMMIT, count - start) + 1):
            key = f"{day:%y%m}.{day.day * 1000 + rank:05d}"
            authors = tuple(f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}" for _ in range(chance.randint(2, 9)))
            categories = tuple(dict.fromkeys(chance.choices(CATEGORIES, k=2)))
            listed.papers.append(
                Paper(id=key, title=in_english(10), authors=authors, abstract=in_english(170), categories=categories)
            )
            seen_at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
            votes = chance.randint(0, 90)
            listed.sightings.append(
                Sighting(paper=key, source="huggingface", day=day, rank=rank, votes=votes, seen_at=seen_at)
            )
            languages = {
                "en": Parts(one_line=in_english(15), result=in_english(40)),
                "ko": Parts(one_line=in_korean(12), result=in_korean(35)),
            }
            listed.summaries.append(Summary(paper=key, origin=Origin.MODEL, source="made-up", languages=languages))
        yield listed


def rare_words(count: int) -> list[str]:
    """Words that were really drawn, from far down the vocabulary."""
    texts = (paper.abstract for listed in made_up_days(500) for paper in listed.papers)
    drawn = Counter(word for text in texts for word in text.removesuffix(".").split())
    seen = [word for word, times in drawn.items() if times == 1]
    return seen[:: max(1, len(seen) // count)][:count]


class Clock:
    """Seconds of the processors that a store takes: this process's, and its server's if that is of this machine."""

    def __init__(self, store: Store) -> None:
        self._backend = self._postmaster = ""
        engine = store._engine
        if engine.dialect.name == "postgresql":
            with engine.connect() as connection:
                backend = str(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar())
            if Path(f"/proc/{backend}/stat").exists():
                self._backend, self._postmaster = backend, _stat(Path(f"/proc/{backend}/stat"))[1]

    def of_searches(self) -> float:
        """Seconds of this process and of the one that serves it, to the microsecond."""
        served = int(Path(f"/proc/{self._backend}/schedstat").read_text().split()[0]) if self._backend else 0
        return time.process_time() + served / 1e9

    def of_server(self) -> float:
        """Seconds of all processes of the server, those that have ended too."""
        ticks = 0
        for status in Path("/proc").glob("[0-9]*/stat") if self._postmaster else ():
            with suppress(FileNotFoundError, ProcessLookupError):
                fields = _stat(status)
                if status.parent.name == self._postmaster:
                    ticks += sum(map(int, fields[11:15]))
                elif fields[1] == self._postmaster:
                    ticks += sum(map(int, fields[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")


def _stat(status: Path) -> list[str]:
    return status.read_text().rpartition(")")[2].split()


def store_all(store: Store, count: int, clock: Clock) -> None:
    """Store the papers that are not there yet, and tell how long it took."""
    there = store.counts()["papers"]
    if there >= count:
        print(f"{there} papers are there")
        return
    rows, seconds, wall, served = 0, 0.0, 0.0, clock.of_server()
    for number, listed in enumerate(made_up_days(count)):
        if (number + 1) * PAPERS_A_COMMIT > there:
            before = time.process_time(), time.perf_counter()
            added = store.add(
                source="huggingface", papers=listed.papers, sightings=listed.sightings, summaries=listed.summaries
            )
            seconds += time.process_time() - before[0]
            wall += time.perf_counter() - before[1]
            rows += sum(added)
            if number % 1_000 == 999:
                print(f"  {(number + 1) * PAPERS_A_COMMIT} papers, {rows} rows in {wall:.0f} s", flush=True)
    served = clock.of_server() - served
    print(
        f"{count} papers: {rows / (seconds + served):.0f} rows a CPU second stored "
        f"({rows / 3 / (seconds + served):.0f} papers); {seconds:.0f} s of this process, {served:.0f} s of the server; "
        f"{rows / wall:.0f} rows a second of the clock"
    )


def time_searches(store: Store, days: int, clock: Clock) -> None:
    last = FIRST_DAY + timedelta(days=days - 1)
    frequent = ["the", "model", "attention", "memory", "cache"]
    kinds: list[tuple[str, list[str], dict[str, object]]] = [
        ("rare word", rare_words(20), {}),
        ("frequent word", frequent, {}),
        ("two frequent words", ["sparse attention", "the model", "policy reward", "cache memory", "we show"], {}),
        ("three frequent words", ["language model training", "the data of", "image diffusion model"], {}),
        ("frequent and rare", [f"model {word}" for word in rare_words(10)], {}),
        ("phrase", ['"sparse attention"', '"language model"', '"the model"', '"we propose"'], {}),
        ("OR", ["attention OR memory", "cache OR reward", "the OR of", "zzzqqq OR model"], {}),
        ("NOT", ["model -language", "the -of", "attention NOT the"], {}),
        ("joined and split", ["multi-modal", "finetuning", "pre training", "state-of-the-art", "benchmarks"], {}),
        ("unfinished word", ["attent*", "quanti*", "mod*", "ba*", "transforme"], {}),
        ("nothing", ["zzzqqq", "model zzzqqq", '"zzzqqq model"'], {}),
        ("Hangul, 1 syllable", ["학", "모", "률"], {}),
        ("Hangul, 2 syllables", ["모델", "정렬", "습을"], {}),
        ("Hangul, 3 syllables", ["양자화", "어텐션", "텐션을"], {}),
        ("Hangul, 4 syllables", ["벤치마크", "강화학습", "프롬프트"], {}),
        ("author", ["author:Ada Example", "Bo Kim", "author:Örnek", "Park, Gus", "author:P. Muster"], {}),
        ("category", ["category:cs.CL", "category:cs model", "category:math.OC attention"], {}),
        ("word and author", frequent, {"author": "örnek"}),
        ("one day", frequent, {"since": last, "until": last}),
        ("last tenth of days", frequent, {"since": last - timedelta(days=days // 10)}),
        ("first half of days", frequent, {"until": FIRST_DAY + timedelta(days=days // 2)}),
        ("source", frequent, {"source": "huggingface"}),
        ("language", frequent, {"language": "ko"}),
    ]
    print(f"  {'search':22} {'hits':>5} {'median ms':>10} {'p95 ms':>8}  (CPU)")
    for name, queries, filters in kinds:
        times, hits = [], []
        for query in queries * max(5, 30 // len(queries)):
            start = clock.of_searches()
            hits.append(len(store.search(query, **filters)))  # type: ignore[arg-type]
            times.append(1000 * (clock.of_searches() - start))
        print(
            f"  {name:22} {statistics.mean(hits):5.1f} {statistics.median(times):10.1f} "
            f"{statistics.quantiles(times, n=20)[-1]:8.1f}"
        )


def sizes(store: Store) -> tuple[int, int]:
    """Bytes that a store takes, and its full-text index alone."""
    engine = store._engine
    if engine.dialect.name == "sqlite":
        file = Path(engine.url.database or "")
        return file.stat().st_size, index_size(file)
    with engine.connect() as connection:
        whole = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar()
        tables = "SELECT pg_total_relation_size('search') + pg_total_relation_size('search_words')"
        return int(whole or 0), int(connection.exec_driver_sql(tables).scalar() or 0)


def index_size(file: Path) -> int:
    """Bytes that the full-text index takes in a file."""
    connection = sqlite3.connect(file)
    try:
        tables = "search_data search_content search_idx search_docsize".split()
        return sum(
            connection.execute(f"SELECT total(length({column})) FROM {table}").fetchone()[0]
            for table in tables
            for (column,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
        )
    finally:
        connection.close()


SPELLINGS = """multimodal, multi-modal, multi modal; fine-tuning, finetuning, fine tuning; transformer, transformers;
pretraining, pre-training, pre training; benchmark, benchmarks; study, studies; loss, losses; bias, biases;
matrix, matrices; cache, caches; analysis, analyses; LLM, LLMs; GPT4o, GPT-4o, GPT 4o; 4bit, 4-bit, 4 bit;
Llama3, Llama-3, Llama 3; Qwen2.5, Qwen-2.5, Qwen 2.5; 3D, 3-D, 3 D; dataset, data-set, data set, datasets;
zero-shot, zeroshot, zero shot; open-source, opensource, open source; text-to-image, text to image;
state-of-the-art, state of the art; chain-of-thought, chain of thought; real-time, realtime, real time;
self-attention, self attention; long-context, long context; non-linear, nonlinear, non linear;
cross-modal, crossmodal, cross modal; re-ranking, reranking, re ranking; codebase, code-base, code base;
k-means, kmeans; time-series, time series; token-level, token level; large language model, large language models;
don't, dont; let's, lets; Schrödinger, Schroedinger"""
"""Words that are one, each in the ways that people write it."""


def compare_spellings() -> None:
    """Whether each way to write a word finds the same of the recorded papers."""
    papers = recorded_papers()
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "assay.db") as store:
        store.add(source="huggingface", papers=papers)
        groups = [re.split(r",\s+", group) for group in re.split(r";\s+", SPELLINGS)]
        same = 0
        for group in groups:
            found = [{hit.id for hit in store.search(word, limit=len(papers))} for word in group]
            same += all(ids == found[0] for ids in found)
            print(f"  {' = '.join(group):50} {' '.join(str(len(ids)) for ids in found)}")
        print(f"{same} of {len(groups)} words find the same papers in every way to write them ({len(papers)} papers)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--papers", type=int, nargs="+", default=[10_000], help="how many papers to store")
    parser.add_argument("--store", default="", help="a database to store them in for good, in place of a file")
    parser.add_argument("--pairs", action="store_true", help="compare the ways to write a word instead")
    arguments = parser.parse_args()
    if arguments.pairs:
        compare_spellings()
        return
    for count in arguments.papers:
        with tempfile.TemporaryDirectory() as folder, open_store(arguments.store or Path(folder) / "assay.db") as store:
            clock = Clock(store)
            store_all(store, count, clock)
            again = next(made_up_days(PAPERS_A_COMMIT, of=count))
            start = clock.of_searches()
            store.add(source="huggingface", papers=again.papers, sightings=again.sightings)
            print(f"  the same day again: {1000 * (clock.of_searches() - start):.1f} ms")
            time_searches(store, -(-count // papers_a_day(count)), clock)
            whole, index = sizes(store)
            print(f"  {whole / count / 1000:.1f} kB a paper on the disk, {index / count / 1000:.1f} of it the index")


if __name__ == "__main__":
    main()
