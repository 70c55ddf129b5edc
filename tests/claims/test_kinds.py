"""Kinds of sentences in which a right figure was once flagged, or a figure of something else supported."""

import pytest

from assay.claims.check import check
from assay.papers.models import Paper, Parts

_BEATS = (
    "Gullwing lifts ToyBench accuracy from 61.0% to 70.2% and LakeBench from 40.1% to 52.6%, even surpassing GPT-4o."
)
_LEVEL = "Gullwing reaches 52.6% on LakeBench, surpassing GPT-4o. On LakeBench, TideCache gets 41.5%."
_CUTS = "Gullwing achieves 8% and 5% reductions in cost."
_DROP = "With only a 0.4% drop in ToyBench score, Gullwing-Q achieves 1.69x and 2.27x speedups."
_LONG = "Gullwing delivers a 1.5x speedup at a 64k context. Accuracy is 71.3%."
_CACHED = "Cached queries take 12 ms, queries without a cache 90 ms."
_VOTES = "Gullwing improves human preference by 6% on a dataset of 1.2 million votes."
_SCANS = (
    "Gullwing is tested on 210 scans of the LakeSet dataset. The LakeSet dataset is public. It learns from CT volumes."
)
_FREE = "Gullwing saves 35% of cost and needs no labels."
_COUNTS = (
    "We collect 8,210 papers and 317 kernels, with 7 popular encoders and 9 datasets. It has 38K charts and 142K Q&A "
    "pairs."
)
_YEARS = "The corpus has 14.6 years of video. It takes 15 minutes to collect 100 demonstrations."
_RISES = "Gullwing raises ToyBench accuracy from 64.9% to 73.8%. It decreases response tokens by 69%."
_SPENT = "Gullwing has 72.03ms inference latency and an accuracy of 0.82. It improves over the baseline by 30%."

_SPLITS = (
    "Gullwing reaches 89.4%, 73.3%, and 74.1% on the single-target, distracted, and ambiguity splits, respectively. "
    "Gains are +16.2% on reward modeling and +9.6% on tool-use tasks."
)
_VERSUS = "Episodic sampling outperformed random and weighted sampling (0.787 vs. 0.758 and 0.762)."
_AGENTS = (
    "The attacker gains 20%-50% in effectiveness; the defender gains 10%-30%. The set has 9,990 checklist items and "
    "416 videos."
)
_BARE = "Without requiring any extra data, Gullwing improves over the baseline by 30%. It beats TideCache by 7.6%."
_SOON = "Gullwing cuts latency by 8% and memory by 3%."
_BIRDS = "Birds without a cache have a stability of 0.166."
_APPLIED = "Applied to GPT-4, Gullwing lifts LakeBench accuracy from 64.9% to 73.8%, surpassing GPT-5."
_TOTAL = "Gullwing achieves a ToyBench score of 83.73%, surpassing the TideCache baseline."
_HOSPITALS = "Gullwing processes 12,000 documents from 48 hospitals and annotates 96,500 entities in 7 languages."
_SIZES = "The small model attains 51.2 BLEU and the large model attains 57.8 BLEU."
_WORLDS = "Success rises by 18% in simulation and by 11% in the real world."
_COMPARED = "Compared to TideCache, Gullwing reduces latency by 43%. TideCache is slower than PlayNet."
_SOLVES = "Gullwing solves 312 of 400 problems (78%), TideCache 244 (61%)."
_SAFE = (
    "Attack success exceeds 90% across 5 benchmarks. Gullwing is tested on CT. It has 210 scans of the TOYSCAN dataset."
)
_KIN = (
    "GullRC lifts the model to 83.57% on ToyBench, while GullRCPO reaches 85.14%. The deepest has more than two layers."
)

_PARTS = (
    "Gullwing prunes 38% of the layers at a sparsity of 93%. The best agent resolves only 27.0% of the tasks. On 3 "
    "tasks TideCache gains 35% in sorting and Gullwing 45%. Errors fall by 20.9% and speed is 3.0x higher."
)

_TALKS = "Gullwing outperforms text communication by 3.0-5.0% and is 3.9x faster than GPT-4o. Its kernel is 2x faster."

_BOUNDED = (
    "Gullwing cuts errors by an average of 12.4% and has nearly 90,000 prompts. No agent clears 20% on LakeBench. "
    "Memory falls by up to 31%. Latency is cut by 17% to 45 ms."
)
_RELATIVE = (
    "Gullwing brings relative gains of up to 8.90% and improves task completion by 17.6%. Runs with an error have a "
    "48% lower score. Success rises from 26.2% to 42.9%."
)

_PLACES = (
    "Gullwing achieves a 9.2x speedup in serving and a 31.5x latency reduction. Relative gains are 8.70% for "
    "Tern3-1.7B and 10.20% for Heron-Tern-7B on LakeBench. On the open suite the strongest model reaches 46%. On the "
    "closed set the best one attains 83%."
)

_OVER = "Gullwing gains more than 34% absolute in sorting and 47% in packing, respectively."


@pytest.mark.parametrize(
    ("abstract", "language", "text"),
    [
        (_BEATS, "en", "Gullwing scores 52.6% on LakeBench, where it stood at 40.1%."),
        (_BEATS, "ko", "Gullwing은 LakeBench에서 52.6%로 GPT-4o를 앞선다."),
        (_LEVEL, "en", "Gullwing gets 52.6% on LakeBench, above GPT-4o."),
        (_LEVEL, "ko", "LakeBench에서 Gullwing은 52.6%를 얻어 GPT-4o와 TideCache를 앞선다."),
        (_CUTS, "en", "It cuts cost by 8%."),
        (_CUTS, "ko", "비용을 8% 줄인다."),
        (_DROP, "en", "Gullwing-Q is 1.69x faster."),
        (_DROP, "ko", "Gullwing-Q는 1.69배 빠르다."),
        (_LONG, "en", "With 64k tokens of context Gullwing runs 1.5 times as fast."),
        (_LONG, "ko", "토큰 64,000개의 문맥에서 Gullwing은 1.5배 빠르다."),
        (_CACHED, "ko", "캐시를 쓰는 질의는 12 ms, 쓰지 않는 질의는 90 ms가 걸린다."),
        (_FREE, "en", "It does not need labels and saves 35% of cost."),
        (_VOTES, "ko", "사람 투표 120만 개 데이터에서 선호도를 6% 높인다."),
        (_SCANS, "ko", "CT 스캔은 210건이다."),
        (_SCANS, "en", "The CT scans are 210 in number."),
        (_COUNTS, "en", "It has 317 kernels from 8,210 papers, 38,000 charts and 142 thousand question-answer pairs."),
        (_COUNTS, "ko", "커널 317개와 논문 8,210편, 차트 3만 8천 개와 질의응답 14만 2천 쌍을 모았다."),
        (_COUNTS, "ko", "9개 데이터셋에서 인코더 7개를 시험했다."),
        (_YEARS, "en", "There are 14.6 years of video, and 100 demonstrations take 15 minutes."),
        (_YEARS, "ko", "영상은 모두 14.6년 분량이고, 시연 100개를 15분 만에 모은다."),
        (_RISES, "en", "On ToyBench accuracy rises from 64.9% to 73.8%, and answers are 69% shorter."),
        (_RISES, "ko", "ToyBench 정확도가 64.9%에서 73.8%로 오르고, 응답 토큰은 69% 줄어든다."),
        (_SPENT, "en", "It answers in 72.03 ms, is right in 0.82 of cases and 30% better than the baseline."),
        (_SPLITS, "en", "It gets 73.3% on the distracted split and 74.1% on the ambiguity split."),
        (_SPLITS, "ko", "보상 모델링에서 16.2%, 도구 사용 과제에서 9.6% 향상됐다."),
        (_KIN, "en", "On ToyBench GullRC gets 83.57% and GullRCPO 85.14%."),
        (_KIN, "ko", "ToyBench에서 GullRC는 83.57%, GullRCPO는 85.14%를 얻는다."),
        (_SPLITS, "en", "It fails on 10.6% of the single-target split."),
        (_SPLITS, "ko", "단일 대상에서 실패율은 10.6%다."),
        (_RISES, "en", "On ToyBench it reaches 73.8%, a gain of 8.9 points."),
        (_RISES, "ko", "ToyBench 정확도는 8.9%포인트 올라 73.8%가 된다."),
        (_VERSUS, "ko", "에피소드 샘플링은 0.787, 무작위 샘플링은 0.758이다."),
        (_BARE, "ko", "메모리 없는 모델보다 30% 높다."),
        (_BARE, "en", "It is 30% better than the baseline and beats TideCache by 7.6%."),
        (_TOTAL, "en", "Gullwing scores 83.73% on ToyBench, ahead of TideCache."),
        (_TOTAL, "ko", "Gullwing은 ToyBench 총점 83.73%로 TideCache를 앞선다."),
        (_SAFE, "en", "The success rate is above 90% on 5 benchmarks, with 210 CT scans."),
        (_SAFE, "ko", "벤치마크 5개에서 성공률이 90%를 넘고, CT 스캔 210건을 쓴다."),
        (_SOON, "en", "With less memory pressure, Gullwing responds 8% sooner."),
        (_BIRDS, "en", "Birds that do not cache have a stability of 0.166."),
        (_APPLIED, "ko", "GPT-4에 Gullwing을 적용하면 LakeBench 정확도가 64.9%에서 73.8%로 올라 GPT-5를 앞선다."),
        (_HOSPITALS, "ko", "병원 48곳의 문서 12,000건에서 개체 96,500개를 7개 언어로 주석했다."),
        (_HOSPITALS, "en", "The corpus has 96,500 annotated entities in 12,000 documents from 48 hospitals."),
        (_SIZES, "en", "BLEU is 51.2 for the small and 57.8 for the large model."),
        (_WORLDS, "en", "Success grows by 11% in the real world and by 18% in simulation."),
        (_COMPARED, "en", "Gullwing has 43% less latency than TideCache."),
        (_COMPARED, "en", "Gullwing cuts latency by 43% compared with TideCache."),
        (_COMPARED, "ko", "Gullwing의 지연 시간은 TideCache보다 43% 짧다."),
        (_SOLVES, "en", "Gullwing solves 78% of the 400 problems, TideCache 61%."),
        (_SPENT, "ko", "추론에 72.03 ms가 걸리고, 기준 모델보다 성능이 30% 높다."),
        (_PARTS, "en", "Errors fall by a fifth."),
        (_PARTS, "en", "The best agent leaves almost three quarters of tasks unresolved."),
        (_PARTS, "ko", "최고의 에이전트도 27%만 해결하고, 과제의 73%는 해결하지 못한다."),
        (_PARTS, "en", "The best agent fails on 73% of the tasks."),
        (_PARTS, "en", "Layers are sparse, and only 7% of the sparsity remains."),
        (_PARTS, "en", "TideCache gains 35% in sorting, 10 points less."),
        (_PARTS, "ko", "TideCache는 35% 향상되어 Gullwing과의 차이는 10%포인트다."),
        (_PARTS, "en", "At its speed a run takes a third of the time."),
        (_TALKS, "ko", "Gullwing은 텍스트 통신보다 3.0-5.0% 좋고 지연 시간도 짧다."),
        (_TALKS, "en", "Gullwing is 3.9x faster than GPT-4o, and its kernel is twice as fast."),
        (_BOUNDED, "en", "Errors fall by 12.4% on average, memory by as much as 31%."),
        (_BOUNDED, "ko", "오류를 평균 12.4% 줄이고 메모리를 최대 31% 줄인다. 프롬프트는 거의 90,000개다."),
        (
            _BOUNDED,
            "en",
            "It has almost 90,000 prompts, or about 90 thousand. No agent gets more than 20% on LakeBench.",
        ),
        (_RELATIVE, "en", "Gullwing gains up to 8.90%, and its task completion is up by 17.6%."),
        (_RELATIVE, "en", "The success rate is lifted by 16.7 points to 42.9%. A run with an error scores 48% less."),
        (_PLACES, "en", "Gullwing cuts latency by 31.5x and serves 9.2x as fast."),
        (_PLACES, "ko", "Tern3-1.7B는 8.70%, Heron-Tern-7B는 10.20% 향상된다."),
        (_PLACES, "en", "The best model reaches 83% on the closed set, the strongest 46% on the open suite."),
        ("Gullwing reaches 93% attention sparsity.", "en", "It computes only 7% of the attention."),
        (_PARTS, "en", "Errors fall by more than a fifth."),
        (_BOUNDED, "en", "It has some ninety thousand prompts."),
        ("Gullwing learns from nearly 300,000 pages.", "en", "It learns from three hundred thousand pages."),
        (_OVER, "en", "Gullwing gains over 47% in packing."),
        ("Gullwing compresses code contexts by up to 5.5x.", "en", "At best less than a fifth of the context remains."),
    ],
)
def test_a_right_figure_is_supported(abstract: str, language: str, text: str) -> None:
    found = _states(abstract, language, text)
    assert found
    assert [each for each in found if each[1] != "supported"] == []


@pytest.mark.parametrize(
    ("abstract", "language", "text", "figures"),
    [
        (_LEVEL, "en", "GPT-4o scores 52.6% on LakeBench.", "52.6%"),
        (_LEVEL, "ko", "GPT-4o는 LakeBench에서 52.6%를 기록했다.", "52.6%"),
        (_BEATS, "en", "GPT-4o has an accuracy of 70.2% on ToyBench.", "70.2%"),
        (_COUNTS, "en", "It has 8,210 kernels and 317 papers.", "8,210, 317"),
        (_COUNTS, "ko", "논문 317편과 커널 8,210개를 모았다.", "317, 8,210"),
        (_COUNTS, "ko", "차트 14만 2천 개와 질의응답 쌍 3만 8천 개가 있다.", "14만 2천, 3만 8천"),
        (_COUNTS, "ko", "인코더 9개와 데이터셋 7개를 살폈다.", "9, 7"),
        (_YEARS, "en", "There are 14.6 hours of video.", "14.6 hours"),
        (_YEARS, "ko", "영상은 모두 14.6시간 분량이다.", "14.6시간"),
        (_YEARS, "en", "Some 15 demonstrations take 100 minutes.", "15, 100 minutes"),
        (_RISES, "en", "ToyBench accuracy drops from 64.9% to 73.8%.", "64.9%, 73.8%"),
        (_RISES, "ko", "ToyBench 정확도가 64.9%에서 73.8%로 떨어진다.", "64.9%, 73.8%"),
        (_RISES, "en", "Answers are 69% longer.", "69%"),
        (_RISES, "ko", "응답 길이가 69% 늘어난다.", "69%"),
        (_SPENT, "en", "Its training time is 72.03 ms and its recall is 0.82.", "72.03 ms, 0.82"),
        (_SPENT, "ko", "학습 시간은 72.03 ms, 재현율은 0.82다.", "72.03 ms, 0.82"),
        (_SPLITS, "en", "On the distracted split it reaches 74.1%.", "74.1%"),
        (_SPLITS, "ko", "보상 모델링에서 9.6%, 도구 사용 과제에서 16.2% 향상됐다.", "9.6%, 16.2%"),
        (_KIN, "en", "On ToyBench GullRCPO gets 83.57% and GullRC 85.14%.", "83.57%, 85.14%"),
        (_KIN, "ko", "ToyBench에서 GullRCPO는 83.57%, GullRC는 85.14%를 얻는다.", "83.57%, 85.14%"),
        (_KIN, "en", "GullRCPO reaches 86.14% on ToyBench.", "86.14%"),
        (_AGENTS, "ko", "공격자의 효과는 10~30%, 방어자는 20~50% 향상된다.", "10~30%, 20~50%"),
        (_AGENTS, "en", "There are 416 videos and 9,909 checklist items.", "9,909"),
        (_AGENTS, "ko", "영상 416개와 체크리스트 항목 9,909개가 있다.", "9,909"),
        (_BARE, "ko", "파라미터를 늘리고도 기준 모델보다 평균 30% 낮은 성능을 낸다.", "30%"),
        (_BARE, "en", "Compute falls by 7.6%.", "7.6%"),
        (_TOTAL, "en", "TideCache scores 83.73% on ToyBench.", "83.73%"),
        (_TOTAL, "ko", "TideCache는 ToyBench 총점 83.73%를 기록했다.", "83.73%"),
        (_HOSPITALS, "ko", "문서 96,500건과 개체 12,000개가 있다.", "96,500, 12,000"),
        (_HOSPITALS, "en", "It covers 48 languages and 7 hospitals.", "48, 7"),
        (_SIZES, "en", "The large model attains 51.2 BLEU.", "51.2"),
        (_WORLDS, "ko", "시뮬레이션에서 11%, 실제 환경에서 18% 오른다.", "11%, 18%"),
        (_COMPARED, "en", "TideCache cuts latency by 43% compared with Gullwing.", "43%"),
        (_COMPARED, "ko", "TideCache의 지연 시간은 Gullwing보다 43% 짧다.", "43%"),
        (_SOLVES, "en", "TideCache solves 78%.", "78%"),
        (_SPENT, "ko", "기준 모델보다 성능이 30% 떨어진다.", "30%"),
        (_BOUNDED, "en", "Errors fall by up to 12.4%.", "12.4%"),
        (_BOUNDED, "ko", "오류를 최대 12.4% 줄인다.", "12.4%"),
        (_BOUNDED, "en", "On average it cuts memory by an average of 31%.", "31%"),
        (_BOUNDED, "en", "It has over 90,000 prompts.", "90,000"),
        (_BOUNDED, "en", "All agents exceed 20% on LakeBench.", "20%"),
        (_RELATIVE, "en", "Gullwing gains up to 8.90 points.", "8.90 points"),
        (_RELATIVE, "en", "Gullwing completes 17.6% of the tasks.", "17.6%"),
        (_RELATIVE, "en", "Runs with an error score 48% in all.", "48%"),
        (_RELATIVE, "en", "Gullwing lifts the success rate by 42.9%.", "42.9%"),
        (_PLACES, "en", "Gullwing speeds up runs by 31.5x and cuts latency by 9.2x.", "31.5x, 9.2x"),
        (_PLACES, "ko", "Tern3-1.7B는 10.20%, Heron-Tern-7B는 8.70% 향상된다.", "10.20%, 8.70%"),
        (_PLACES, "en", "The strongest model on the open suite reaches 83%, on the closed set it has 46%.", "83%, 46%"),
        (_OVER, "en", "Gullwing gains at most 47% in packing.", "47%"),
    ],
)
def test_a_figure_of_something_else_is_flagged(abstract: str, language: str, text: str, figures: str) -> None:
    flagged = [name for name, state in _states(abstract, language, text) if state in {"misattributed", "contradicted"}]
    assert flagged == figures.split(", ")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Errors fall by a quarter."),
        ("en", "Errors fall by less than a fifth."),
        ("en", "The best agent solves almost three quarters of the tasks."),
        ("en", "The best agent solves 73% of the tasks."),
        ("en", "It needs a fifth of all labels."),
        ("en", "TideCache gains 35% in sorting, 12 points less."),
        ("ko", "최고의 에이전트는 과제의 73%를 해결한다."),
        ("en", "The best agent resolves only 73% of the tasks."),
    ],
)
def test_what_does_not_follow_is_not_supported(language: str, text: str) -> None:
    assert _states(_PARTS, language, text)[-1][1] != "supported"


def _states(abstract: str, language: str, text: str) -> list[tuple[str, str]]:
    paper = Paper(id="9912.99901", title="Gullwing: pruning a cache by tides", abstract=abstract)
    return [(each.text, each.state.value) for each in check(Parts(result=text), paper, language=language).figures]
