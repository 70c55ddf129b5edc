"""The fixed words of every output, by language. A language without its own words uses the English ones."""

from collections.abc import Mapping, Sequence
from typing import Final

from assay.papers.models import Day, DayPaper, DayState, Dossier, Origin, Parts, closing_time, utc

_LABELS: Final = {
    "en": {
        "papers_of": "Papers of {date}",
        "as_of": "as of {time}",
        "votes": "{n} votes",
        "one_line": "In one line",
        "objective": "Objective",
        "method": "Method",
        "result": "Result",
        "implication": "Implication",
        "whats_new": "What's new",
        "technical_details": "Technical details",
        "performance": "Performance",
        "prose": "Summary",
        "claims": "Claims",
        "against": "against {baseline}",
        "relative": "relative change",
        "relative_to": "relative to {baseline}",
        "ends_that_differ": "{start} → {end}, which is {change}",
        "conflict": "sources disagree: {others}",
        "added_since": "added since",
        "extractive": "sentences of the abstract, verbatim",
        "digest": "from an archived digest",
        "model": "written by a model and checked",
        "catalogue": "written by us",
        "no_summary": "no summary in this language yet",
        "empty": "No papers",
        "latest_known": "The latest day with papers here is {date}.",
        "seen_day": "listed",
        "seen_by": "by",
        "seen_place": "place",
        "seen_votes": "votes",
        "seen_at": "seen",
        "withdrawn": "withdrawn by its authors",
        "authors": "Authors",
        "figures_checked": "figures: {states}",
        "figures_in_state": "{n} {state}",
        "figure_supported": "supported",
        "figure_contradicted": "contradicted",
        "figure_unsupported": "unsupported",
        "figure_unchecked": "unchecked",
        "unchecked": "figures not checked: no text of the paper is at hand",
        "paper_gives": "the paper has {figure}",
        "crossed": "this summary seems to be of another paper",
        "strange_names": "names that do not stand in {searched}: {names}",
        "title": "title",
        "abstract": "abstract",
        "full_text": "full text",
        "more_claims": "{n} more; `assay claims --paper {paper}` lists all",
        "claim_figure": "figure",
        "claim_what": "of what",
        "claim_paper": "paper",
        "changed_in": "changed in v{version}",
        "changed": "changed",
        "is_now": "{before} is now {after}",
        "appeared": "new: {figure}",
        "vanished": "gone: {figure}",
        "no_errata": "No claim changed, and no two sources disagree.",
        "bound_about": "about {figure}",
        "bound_at_least": "at least {figure}",
        "bound_at_most": "up to {figure}",
        "facts": "Facts",
        "not_testable": "not testable here: {why}",
        "verdict_holds": "holds",
        "verdict_direction_holds": "direction holds",
        "verdict_does_not_hold": "does not hold",
        "verdict_seen": "seen",
        "verdict_direction_seen": "direction seen",
        "verdict_not_seen": "not seen",
        "verdict_undecided": "undecided",
        "verdict_not_judged": "not judged",
        "verdict_not_testable": "not testable here",
        "verdict_or": "{verdict}: {one} or {other}",
        "verdict_unsound": "{verdict}: the measurement cannot tell",
        "evidence_as_claimed": "as claimed",
        "evidence_real_model": "real model",
        "evidence_trained_here": "trained here",
        "evidence_simulated": "simulated",
        "evidence_unknown": "evidence not recorded",
        "paper_claims": "paper {figure}",
    },
    "ko": {
        "papers_of": "{date}의 논문",
        "as_of": "{time} 기준",
        "votes": "{n}표",
        "one_line": "한 줄 요약",
        "objective": "목적",
        "method": "방법",
        "result": "결과",
        "implication": "시사점",
        "whats_new": "새로운 점",
        "technical_details": "기술적 세부 사항",
        "performance": "성능",
        "prose": "요약",
        "claims": "주장",
        "against": "{baseline} 대비",
        "relative": "상대 변화",
        "relative_to": "{baseline} 대비 상대 변화",
        "ends_that_differ": "{start} → {end}, 곧 {change}",
        "conflict": "출처가 엇갈림: {others}",
        "added_since": "나중에 추가됨",
        "extractive": "초록의 문장 그대로",
        "digest": "보관된 다이제스트에서 가져옴",
        "model": "모델이 작성, 검증함",
        "catalogue": "Assay가 직접 작성",
        "no_summary": "한국어 요약 없음",
        "empty": "논문 없음",
        "latest_known": "논문이 있는 가장 최근 날짜는 {date}입니다.",
        "seen_day": "소개된 날",
        "seen_by": "출처",
        "seen_place": "순위",
        "seen_votes": "표",
        "seen_at": "읽은 때",
        "withdrawn": "저자가 철회함",
        "authors": "저자",
        "figures_checked": "수치: {states}",
        "figures_in_state": "{state} {n}",
        "figure_supported": "확인됨",
        "figure_contradicted": "논문과 다름",
        "figure_unsupported": "논문에서 찾지 못함",
        "figure_unchecked": "확인 안 됨",
        "unchecked": "수치를 확인하지 않음: 논문의 글이 없음",
        "paper_gives": "논문에는 {figure}",
        "crossed": "다른 논문의 요약으로 보임",
        "strange_names": "{searched}에 없는 이름: {names}",
        "title": "제목",
        "abstract": "초록",
        "full_text": "본문",
        "more_claims": "{n}개 더 있음; `assay claims --paper {paper}`",
        "claim_figure": "수치",
        "claim_what": "지표",
        "claim_paper": "논문",
        "changed_in": "v{version}에서 바뀜",
        "changed": "바뀜",
        "is_now": "{before} → {after}",
        "appeared": "새로 나옴: {figure}",
        "vanished": "사라짐: {figure}",
        "no_errata": "바뀐 주장도, 엇갈리는 출처도 없습니다.",
        "bound_about": "약 {figure}",
        "bound_at_least": "최소 {figure}",
        "bound_at_most": "최대 {figure}",
        "facts": "사실",
        "not_testable": "여기서는 검증할 수 없음: {why}",
        "verdict_holds": "성립",
        "verdict_direction_holds": "방향은 성립",
        "verdict_does_not_hold": "성립하지 않음",
        "verdict_seen": "관찰됨",
        "verdict_direction_seen": "방향은 관찰됨",
        "verdict_not_seen": "관찰되지 않음",
        "verdict_undecided": "판정 보류",
        "verdict_not_judged": "판정하지 않음",
        "verdict_not_testable": "여기서는 검증할 수 없음",
        "verdict_or": "{verdict}: {one} 또는 {other}",
        "verdict_unsound": "{verdict}: 이 측정으로는 알 수 없음",
        "evidence_as_claimed": "논문과 같은 조건",
        "evidence_real_model": "실제 모델",
        "evidence_trained_here": "여기서 학습한 모델",
        "evidence_simulated": "모의 조건",
        "evidence_unknown": "근거가 기록되지 않음",
        "paper_claims": "논문 {figure}",
    },
}

_REASONS: Final = {
    "ko": {
        DayState.PROVISIONAL: "{closing}까지 논문이 더해질 수 있음",
        DayState.CLOSED: "{closing} 마감 전에 마지막으로 읽음: 나중에 더해진 논문이 빠졌을 수 있음",
        DayState.WEEKEND: "주말에는 소개되는 논문이 없음",
        DayState.HOLIDAY: "휴일에는 소개되는 논문이 없음",
        DayState.LATE: "아직 소개된 논문이 없음",
        DayState.STALE_SOURCE: "평일인데 출처가 빈 목록으로 답함",
        DayState.UNCOLLECTED: "아직 아무 출처도 읽지 않음: `assay collect {date}`",
    }
}
_UNREAD: Final = {"ko": "카탈로그와 보관된 다이제스트에서 가져옴: 이 날짜에 대해 읽은 출처가 없음"}


def label(name: str, language: str, /, **values: object) -> str:
    """The words for ``name`` in a language, with ``values`` put in."""
    words = _LABELS.get(language, _LABELS["en"])
    return words[name].format(**values)


def origin_line(paper: DayPaper | Dossier, language: str) -> str:
    """How a summary came about, and what else has to be said of it; empty for one of ours."""
    origin = paper.summary_origin.get(language)
    words = label(origin.value, language) if origin not in {None, Origin.CATALOGUE} else ""
    return ": ".join(filter(None, [words, paper.summary_note.get(language, "")]))


def languages_shown(summary: Mapping[str, Parts], wanted: Sequence[str]) -> list[str]:
    """The languages asked for; and where the summary is in none of them, one that it is in as well."""
    there = [language for language in wanted if language in summary]
    return [*wanted, *([] if there else sorted(summary)[:1])]


def reason(day: Day, language: str) -> str:
    """In words, why the day is in its state. What a source said stays as it said it."""
    words = _REASONS.get(language, {}).get(day.state)
    if day.state is DayState.CLOSED and day.as_of is None:
        words = _UNREAD.get(language)
    if words is None or not day.reason:
        return day.reason
    return words.format(date=day.date, closing=utc(closing_time(day.date)))


def state(name: str, language: str) -> str:
    """A day's state in words."""
    korean = {
        "provisional": "잠정",
        "closed": "마감",
        "partial": "일부만",
        "weekend": "주말",
        "holiday": "휴일",
        "late": "아직 없음",
        "stale source": "출처 멈춤",
        "broken": "오류",
        "uncollected": "수집 전",
    }
    return korean[name] if language == "ko" else name
