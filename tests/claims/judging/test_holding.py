"""Whose figure it is by the grammar of both sentences: pairs of right and wrong summaries, labelled before any verdict.

In a wrong one the figures in braces are of somebody else.
"""

import re

import pytest

from assay.claims.check import check
from assay.papers.findings import FigureFinding, State
from assay.papers.models import Paper, Parts

ABSTRACTS = {
    "semi": "We study reasoning. Quartz reaches 81.4 % on MMLU; Granite reaches 76.2 %.",
    "where": "Quartz reaches 81.4 % on MMLU, where Granite reaches 76.2 %.",
    "from": "On MMLU, Quartz improves on Granite from 76.2 to 81.4.",
    "two": "We evaluate on MMLU. Quartz reaches 81.4 % there. Granite reaches 76.2 %.",
    "resp": "On MMLU, Quartz and Granite reach 81.4 % and 76.2 %, respectively.",
    "for": "Accuracy on MMLU is 81.4 % for Quartz, 76.2 % for Granite and 70.9 % for Basalt.",
    "brackets": "On MMLU, Quartz (81.4 %) beats Granite (76.2 %).",
    "compared": "Quartz reaches an accuracy of 81.4 % on MMLU, compared with 76.2 % of Granite.",
    "by": "Quartz reaches 81.4 % and outperforms Granite (76.2 %) by 5.2 points.",
    "passive": "On MMLU, 81.4 % is reached by Quartz and 76.2 % by Granite.",
    "our": (
        "We propose Quartz, a new method for reasoning. Our method reaches 81.4 % on MMLU. Granite, the "
        "strongest baseline, reaches 76.2 %."
    ),
    "it": "We propose Quartz. It reaches 81.4 % on MMLU, while the accuracy of Granite is 76.2 %.",
    "alias": "We propose Quantised Zones (QZ), a way to prune. QZ reaches 81.4 % on MMLU; Granite reaches 76.2 %.",
    "alias2": "We compare Quartz (QZ) with Granite (GR). On MMLU, QZ gets 81.4 % and GR 76.2 %.",
    "family": "Quartz-7B reaches 81.4 % on MMLU; Granite-8B reaches 76.2 %.",
    "sizes": "Quartz-7B reaches 81.4 % on MMLU, and Quartz-1B reaches 66.3 %.",
    "kocomp": "On MMLU, Quartz obtains 81.4 %, more than the 76.2 % of Granite.",
    "code": (
        "With a budget of 2K tokens, TideCache keeps 92.7 % of the accuracy on LongBench, whereas SnapKV "
        "keeps 88.1 % and H2O keeps 79.5 %."
    ),
    "time": (
        "Quartz needs 12 ms per token, whereas Granite needs 31 ms; in memory they take 4.2 GB and 6.8 GB, "
        "respectively."
    ),
    "bench": (
        "We introduce PebbleBench, a benchmark of 1,250 tasks. GPT-4o solves 44.6 % of them, Claude 3.5 "
        "Sonnet 51.3 %, and the best open model, Llama-3.1-70B, only 28.9 %."
    ),
    "colon": "Results on MMLU: Quartz 81.4 %, Granite 76.2 %, Basalt 70.9 %.",
    "with": "With Quartz, accuracy on MMLU is 81.4 %; with Granite, it is 76.2 %. Without either it is 61.7 %.",
    "gen": "Quartz's accuracy on MMLU is 81.4 %, exceeding Granite's 76.2 % by a wide margin.",
    "only": "Quartz solves 47.3 % of SWE-bench issues, while Granite solves only 31.8 %.",
    "second": "Quartz achieves 81.4 % on MMLU and 62.5 % on GPQA, second only to Granite with 83.9 % and 66.0 %.",
    "gains": "Applied to Granite, Quartz raises accuracy by 4.6 points; applied to Basalt, by 7.1 points.",
    "over": "Quartz improves accuracy by 5.2 points over Granite and 10.5 points over Basalt.",
    "teacher": "The student, Quartz, reaches 81.4 % on MMLU, close to the 83.0 % of the teacher.",
    "twice": "Quartz reaches 81.4 % on MMLU and Granite 76.2 %. On GPQA, Granite reaches 81.4 % too.",
    "built": "Built on Granite, Quartz reaches 81.4 % on MMLU. Basalt reaches 76.2 %.",
    "trained": "Trained on OreSet, Quartz reaches 81.4 % on MMLU, up from 76.2 % without it.",
    "appos": "Our best model, Quartz, gets 81.4 % on MMLU. The previous best one, Granite, got 76.2 %.",
    "twoby": (
        "Quartz reaches 81.4 % on MMLU and 62.5 % on GPQA, whereas Granite reaches 76.2 % and 55.1 %, respectively."
    ),
    "bare": "On WMT, Quartz has a BLEU of 34.7, Granite one of 31.2.",
    "we": "We achieve 81.4 % on MMLU. Prior work such as Granite achieves 76.2 %.",
    "error": (
        "Quartz lowers the word error rate of Granite from 9.8 % to 6.3 %. Basalt has a word error rate of 7.7 %."
    ),
    "comp": "Quartz combines Mica with Talc. It reaches 81.4 % on MMLU; without Mica it drops to 74.4 %.",
    "data": (
        "Quartz is scored on three sets: MMLU 81.4 %, GPQA 62.5 % and MATH 70.3 %; Granite gets 76.2 %, 55.1 "
        "% and 68.8 % there."
    ),
    "human": "On PebbleBench, humans reach 92.3 %, while the best model, GPT-4o, reaches 58.7 %.",
}
TITLES = {"alias": "Pruning by zones", "bench": "PebbleBench: a benchmark", "human": "PebbleBench: a benchmark"}
RIGHT = {
    "semi": [
        "Quartz reaches 81.4 % on MMLU.",
        "Granite gets 76.2 %.",
        "Quartz는 MMLU에서 81.4 %를 달성한다.",
        "MMLU 점수는 Granite가 76.2 %다.",
        "81.4 % is reached by Quartz on MMLU.",
        "MMLU에서 81.4 %는 Quartz가 얻은 점수다.",
        "An accuracy of 81.4 % on MMLU is the best so far.",
        "MMLU에서 81.4 %를 달성했다.",
        "It is 5.2 points above Granite, with 81.4 %.",
        "기준 모델은 76.2 %에 머문다.",
    ],
    "where": [
        "On MMLU, Quartz attains 81.4 %.",
        "Quartz의 MMLU 정확도는 81.4 %다.",
        "Granite도 76.2 %를 얻는다.",
        "Quartz에서는 81.4 %가 나온다.",
        "Granite(76.2 %)와 Quartz(81.4 %)를 비교했다.",
        "정확도는 Quartz 81.4 %, Granite 76.2 %다.",
    ],
    "from": [
        "Quartz scores 81.4 on MMLU.",
        "Granite scores 76.2 on MMLU.",
    ],
    "two": [
        "Quartz reaches 81.4 % on MMLU.",
        "MMLU에서 Quartz가 81.4 %에 도달한다.",
        "Granite는 76.2 %에 그친다.",
    ],
    "resp": [
        "Quartz reaches 81.4 %.",
        "Quartz와 Granite는 각각 81.4 %와 76.2 %를 얻는다.",
        "Granite는 76.2 %를 기록했다.",
    ],
    "for": [
        "Quartz has an accuracy of 81.4 %.",
        "Basalt has 70.9 % and Granite 76.2 %.",
        "Basalt의 정확도는 70.9 %, Quartz는 81.4 %다.",
    ],
    "brackets": [
        "Quartz reaches 81.4 %.",
        "Quartz는 81.4 %로 Granite를 앞선다.",
    ],
    "compared": [
        "The accuracy of Quartz is 81.4 %.",
        "Granite의 정확도는 76.2 %다.",
    ],
    "by": [
        "Quartz beats Granite by 5.2 points.",
        "Granite stands at 76.2 %.",
        "Quartz는 81.4 %로 Granite를 5.2포인트 앞선다.",
    ],
    "passive": [
        "Quartz reaches 81.4 %.",
        "Quartz는 81.4 %다.",
    ],
    "our": [
        "Quartz reaches 81.4 % on MMLU.",
        "The proposed model reaches 81.4 %.",
        "제안 방법은 MMLU에서 81.4 %를 얻는다.",
        "Granite는 76.2 %를 얻는다.",
    ],
    "it": [
        "It reaches 81.4 %.",
        "이 방법의 MMLU 정확도는 81.4 %다.",
        "Quartz is accurate to 81.4 %, Granite to 76.2 %.",
    ],
    "alias": [
        "Quantised Zones reaches 81.4 %.",
        "QZ는 81.4 %를 얻는다.",
    ],
    "alias2": [
        "Quartz gets 81.4 %, Granite 76.2 %.",
        "Granite는 76.2 %, Quartz는 81.4 %다.",
    ],
    "family": [
        "Quartz reaches 81.4 %.",
        "Granite는 76.2 %다.",
    ],
    "sizes": [
        "Quartz-7B reaches 81.4 %.",
        "Quartz는 최대 81.4 %에 이른다.",
        "Quartz reaches 81.4 %, its small model 66.3 %.",
    ],
    "kocomp": [
        "Granite의 76.2 %보다 높은 81.4 %를 Quartz가 얻었다.",
        "Quartz는 Granite(76.2 %)보다 높은 81.4 %를 보인다.",
        "Quartz는 81.4 %로, 76.2 %인 Granite보다 낫다.",
        "Quartz의 81.4 %는 Granite의 76.2 %를 웃돈다.",
        "Quartz has 81.4 %, against 76.2 % of Granite.",
    ],
    "code": [
        "TideCache keeps 92.7 % of the accuracy.",
        "SnapKV retains 88.1 %, H2O 79.5 %.",
        "TideCache는 92.7 %를 유지한다.",
    ],
    "time": [
        "Quartz needs 12 ms per token.",
        "Quartz는 토큰당 12 ms가 걸린다.",
        "Granite takes 6.8 GB of memory.",
    ],
    "bench": [
        "GPT-4o solves 44.6 % of the tasks.",
        "Claude 3.5 Sonnet leads with 51.3 %.",
        "Llama-3.1-70B는 28.9 %만 푼다.",
        "GPT-4o는 44.6 %, Claude 3.5 Sonnet은 51.3 %를 해결한다.",
    ],
    "colon": [
        "Basalt gets 70.9 %.",
        "Granite는 76.2 %를 얻는다.",
    ],
    "with": [
        "Accuracy is 81.4 % with Quartz.",
        "Granite를 쓰면 정확도는 76.2 %다.",
    ],
    "gen": [
        "Granite's accuracy is 76.2 %.",
        "Quartz의 정확도는 81.4 %다.",
    ],
    "only": [
        "Quartz resolves 47.3 % of the issues.",
        "Granite는 SWE-bench 이슈의 31.8 %만 해결한다.",
    ],
    "second": [
        "Quartz gets 62.5 % on GPQA.",
    ],
    "gains": [
        "Basalt gains 7.1 points.",
        "Granite에서는 4.6포인트, Basalt에서는 7.1포인트 오른다.",
    ],
    "over": [
        "Quartz is 10.5 points better than Basalt.",
        "Quartz는 Granite보다 5.2포인트, Basalt보다 10.5포인트 높다.",
    ],
    "teacher": [
        "Quartz reaches 81.4 %.",
        "교사 모델은 83.0 %다.",
    ],
    "twice": [
        "Granite reaches 81.4 % on GPQA.",
        "Quartz는 MMLU에서 81.4 %를 얻는다.",
    ],
    "built": [
        "Quartz, which builds on Granite, reaches 81.4 %.",
        "Granite에 적용하면 81.4 %가 된다.",
        "With Granite as a base, 81.4 % is reached.",
    ],
    "trained": [
        "OreSet lifts Quartz from 76.2 % to 81.4 %.",
        "OreSet으로 학습한 Quartz는 81.4 %를 얻는다.",
    ],
    "appos": [
        "The best so far, Granite, had 76.2 %.",
        "이전 최고 모델 Granite는 76.2 %, Quartz는 81.4 %다.",
    ],
    "twoby": [
        "On GPQA, Granite gets 55.1 % and Quartz 62.5 %.",
        "MMLU에서 Quartz는 81.4 %, Granite는 76.2 %다.",
        "GPQA에서 Granite는 55.1 %에 그친다.",
    ],
    "bare": [
        "Granite's BLEU is 31.2.",
        "Quartz의 BLEU는 34.7이다.",
    ],
    "we": [
        "Granite achieves 76.2 %.",
        "이 연구는 81.4 %를 달성한다.",
    ],
    "error": [
        "With Quartz the word error rate is 6.3 %.",
        "Basalt의 단어 오류율은 7.7 %다.",
    ],
    "comp": [
        "Mica and Talc together give 81.4 %; 74.4 % remain without Mica.",
    ],
    "data": [
        "On MATH, Quartz has 70.3 % and Granite 68.8 %.",
        "GPQA에서 Quartz는 62.5 %다.",
    ],
    "human": [
        "GPT-4o reaches 58.7 %, humans 92.3 %.",
        "사람은 92.3 %, GPT-4o는 58.7 %다.",
    ],
}
WRONG = {
    "semi": [
        "Quartz reaches {76.2 %} on MMLU.",
        "Granite gets {81.4 %}.",
        "Quartz는 MMLU에서 {76.2 %}를 달성한다.",
        "MMLU 점수는 Granite가 {81.4 %}다.",
        "{76.2 %} is reached by Quartz on MMLU.",
        "MMLU에서 {76.2 %}는 Quartz가 얻은 점수다.",
    ],
    "where": [
        "On MMLU, Quartz attains {76.2 %}.",
        "Quartz의 MMLU 정확도는 {76.2 %}다.",
        "Granite도 {81.4 %}를 얻는다.",
        "Granite({81.4 %})와 Quartz({76.2 %})를 비교했다.",
        "정확도는 Quartz {76.2 %}, Granite {81.4 %}다.",
    ],
    "from": [
        "Quartz scores {76.2} on MMLU.",
        "Granite scores {81.4} on MMLU.",
    ],
    "two": [
        "Quartz reaches {76.2 %} on MMLU.",
        "MMLU에서 Quartz가 {76.2 %}에 도달한다.",
        "Granite는 {81.4 %}에 그친다.",
    ],
    "resp": [
        "Quartz reaches {76.2 %}.",
        "Quartz와 Granite는 각각 {76.2 %}와 {81.4 %}를 얻는다.",
        "Granite는 {81.4 %}를 기록했다.",
    ],
    "for": [
        "Quartz has an accuracy of {70.9 %}.",
        "Basalt has {76.2 %} and Granite {70.9 %}.",
        "Basalt의 정확도는 {76.2 %}다.",
    ],
    "brackets": [
        "Quartz reaches {76.2 %}.",
        "Quartz는 {76.2 %}로 Granite를 앞선다.",
    ],
    "compared": [
        "The accuracy of Quartz is {76.2 %}.",
        "Granite의 정확도는 {81.4 %}다.",
    ],
    "by": [
        "Granite beats Quartz by {5.2 points}.",
        "Granite stands at {81.4 %}.",
        "Quartz는 {76.2 %}를 얻는다.",
    ],
    "passive": [
        "Quartz reaches {76.2 %}.",
        "Granite는 {81.4 %}다.",
    ],
    "our": [
        "Quartz reaches {76.2 %} on MMLU.",
        "The proposed model reaches {76.2 %}.",
        "제안 방법은 MMLU에서 {76.2 %}를 얻는다.",
        "Granite는 {81.4 %}를 얻는다.",
    ],
    "it": [
        "It reaches {76.2 %}.",
        "이 방법의 MMLU 정확도는 {76.2 %}다.",
        "Quartz is accurate to {76.2 %}, Granite to {81.4 %}.",
    ],
    "alias": [
        "Quantised Zones reaches {76.2 %}.",
        "QZ는 {76.2 %}를 얻는다.",
    ],
    "alias2": [
        "Granite는 {81.4 %}다.",
    ],
    "family": [
        "Quartz reaches {76.2 %}.",
        "Granite는 {81.4 %}다.",
    ],
    "sizes": [
        "Quartz-7B reaches {66.3 %}.",
        "Quartz-1B는 {81.4 %}에 이른다.",
    ],
    "kocomp": [
        "Granite의 {81.4 %}보다 낮은 {76.2 %}를 Quartz가 얻었다.",
        "Quartz는 Granite({81.4 %})보다 낮은 {76.2 %}를 보인다.",
        "Granite는 {81.4 %}로, {76.2 %}인 Quartz보다 낫다.",
        "Granite의 {81.4 %}는 Quartz의 {76.2 %}를 웃돈다.",
        "Granite has {81.4 %}, against {76.2 %} of Quartz.",
    ],
    "code": [
        "TideCache keeps {88.1 %} of the accuracy.",
        "SnapKV retains {79.5 %}, H2O {88.1 %}.",
        "LongBench 정확도를 H2O는 {88.1 %}, SnapKV는 {79.5 %} 유지한다.",
        "H2O는 {92.7 %}를 유지한다.",
    ],
    "time": [
        "Granite needs {12 ms} per token.",
        "Quartz는 토큰당 {31 ms}가 걸린다.",
    ],
    "bench": [
        "GPT-4o solves {51.3 %} of the tasks.",
        "Claude 3.5 Sonnet leads with {28.9 %}.",
        "Llama-3.1-70B는 {44.6 %}만 푼다.",
        "GPT-4o는 {51.3 %}, Claude 3.5 Sonnet은 {44.6 %}를 해결한다.",
    ],
    "colon": [
        "Basalt gets {81.4 %}.",
        "Granite는 {70.9 %}를 얻는다.",
    ],
    "with": [
        "Granite를 쓰면 정확도는 {81.4 %}다.",
    ],
    "gen": [
        "Granite's accuracy is {81.4 %}.",
        "Quartz의 정확도는 {76.2 %}다.",
    ],
    "only": [
        "Quartz resolves {31.8 %} of the issues.",
        "Granite는 SWE-bench 이슈의 {47.3 %}를 해결한다.",
    ],
    "second": [
        "Quartz gets {66.0 %} on GPQA.",
        "Granite는 MMLU에서 {81.4 %}를 얻는다.",
    ],
    "gains": [
        "Basalt gains {4.6 points}.",
        "Granite에서는 {7.1포인트}, Basalt에서는 {4.6포인트} 오른다.",
    ],
    "over": [
        "Quartz is {5.2 points} better than Basalt.",
        "Quartz는 Granite보다 {10.5포인트}, Basalt보다 {5.2포인트} 높다.",
    ],
    "teacher": [
        "Quartz reaches {83.0 %}.",
        "Quartz는 {83.0 %}다.",
    ],
    "built": [
        "Quartz, which builds on Granite, reaches {76.2 %}.",
        "Quartz는 {76.2 %}를 얻는다.",
    ],
    "appos": [
        "The best so far, Granite, had {81.4 %}.",
        "이전 최고 모델 Granite는 {81.4 %}, Quartz는 {76.2 %}다.",
    ],
    "twoby": [
        "On GPQA, Granite gets {62.5 %} and Quartz {55.1 %}.",
        "MMLU에서 Quartz는 {76.2 %}, Granite는 {81.4 %}다.",
        "GPQA에서 Granite는 {62.5 %}를 얻는다.",
    ],
    "bare": [
        "Granite's BLEU is {34.7}.",
    ],
    "we": [
        "Granite achieves {81.4 %}.",
    ],
    "error": [
        "With Quartz the word error rate is {7.7 %}.",
        "Basalt의 단어 오류율은 {6.3 %}다.",
    ],
    "comp": [
        "Without Mica, Quartz reaches {81.4 %}.",
    ],
    "data": [
        "On MATH, Quartz has {68.8 %} and Granite {70.3 %}.",
        "GPQA에서 Quartz는 {55.1 %}다.",
    ],
    "human": [
        "GPT-4o reaches {92.3 %}.",
        "GPT-4o는 {92.3 %}다.",
    ],
}


def _findings(key: str, text: str) -> list[FigureFinding]:
    paper = Paper(id="9912.99904", title=TITLES.get(key, "Quartz: a study"), abstract=ABSTRACTS[key])
    language = "ko" if re.search("[가-힣]", text) else "en"
    return list(check(Parts(result=text), paper, language=language).figures)


@pytest.mark.parametrize(("key", "text"), [(key, text) for key, texts in RIGHT.items() for text in texts])
def test_a_figure_of_its_subject_is_supported(key: str, text: str) -> None:
    found = _findings(key, text)
    assert found
    assert [each.text for each in found if each.state is not State.SUPPORTED] == []


@pytest.mark.parametrize(("key", "text"), [(key, text) for key, texts in WRONG.items() for text in texts])
def test_a_figure_of_another_subject_is_misattributed(key: str, text: str) -> None:
    planted = re.findall(r"\{([^}]+)\}", text)
    states = {each.text: each.state for each in _findings(key, re.sub("[{}]", "", text))}
    assert {states[figure] for figure in planted} == {State.MISATTRIBUTED}


def test_what_it_is_of_is_said_with_the_quote() -> None:
    [figure] = _findings("semi", "Quartz reaches 76.2 % on MMLU.")
    assert (figure.given, figure.quote) == (
        "Granite, not the paper's own (which has 81.4 %)",
        "Quartz reaches 81.4 % on MMLU; Granite reaches 76.2 %.",
    )


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("semi", "Feldspar reaches 81.4 % on MMLU."),
        ("semi", "It is a strong baseline. Granite is its name. It reaches 76.2 %."),
        ("family", "The Granite family stands at 76.2 %."),
    ],
)
def test_what_a_sentence_leaves_open_is_not_flagged(key: str, text: str) -> None:
    assert [each.state for each in _findings(key, text)] == [State.SUPPORTED]
