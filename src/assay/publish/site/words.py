"""The words of the site's frame, by language; those of papers and days are in `assay.publish.labels`."""

from typing import Final

_WORDS: Final = {
    "en": {
        "language": "English",
        "tagline": "The day's AI papers, and what they claim",
        "today": "Latest",
        "archive": "Archive",
        "search": "Search",
        "claims": "Claims",
        "all_claims": "What papers claim",
        "claims_hint": "Every figure that the papers here claim, and where it stands. A claim is not a fact: "
        "see what was measured.",
        "claims_count": "{n} claims",
        "errata": "Errata",
        "errata_hint": "Claims that changed with a new version of a paper, and claims for which sources give different "
        "figures.",
        "disagreements": "Sources disagree",
        "no_errata": "Nothing yet.",
        "filter": "Filter",
        "unit": "Unit",
        "kind": "Kind",
        "least": "At least",
        "since": "Listed since",
        "any": "any",
        "paper": "Paper",
        "words_hint": "speed, speedup, faster, throughput and latency find one another",
        "skip": "To the content",
        "papers": "{n} papers",
        "newer": "Next day",
        "older": "Previous day",
        "recent": "Recent days",
        "read_more": "Details and claims",
        "figure": "Figure",
        "metric": "Of what",
        "baseline": "Compared",
        "setting": "Setting",
        "stands": "Where it stands",
        "abstract": "Abstract",
        "measured": "Claimed and measured",
        "claimed": "Claimed",
        "found": "Measured",
        "missing": "Missing",
        "machine": "Machine",
        "listed": "Listed",
        "code": "Code",
        "project": "Project page",
        "cite": "Cite",
        "search_papers": "Search papers",
        "search_hint": "A title, a method, an author, a word in any of the site's languages",
        "no_js": "Search runs in your browser and needs JavaScript. The archive lists every paper without it.",
        "no_index": "The search index of this site could not be loaded. It needs the site to be served by a web "
        "server; opened as a file, the archive still lists every paper.",
        "hits": "{n} papers found",
        "no_hits": "Nothing found",
        "more": "Show more",
        "no_days": "No day has been collected yet.",
        "last_empty": "The last day collected, {date}, is empty: {reason}.",
        "read_by": "Made with Assay. Metadata from arXiv and Hugging Face; summaries are our own unless they "
        "say otherwise.",
    },
    "ko": {
        "language": "한국어",
        "tagline": "오늘의 AI 논문, 그리고 그 주장",
        "today": "최신",
        "archive": "보관함",
        "search": "검색",
        "claims": "주장",
        "all_claims": "논문이 주장하는 수치",
        "claims_hint": "여기 있는 논문이 주장하는 모든 수치와 그 출처입니다. 주장은 사실이 아니니, 측정한 결과를 "
        "보세요.",
        "claims_count": "주장 {n}개",
        "errata": "정정",
        "errata_hint": "논문의 새 판에서 바뀐 주장과, 출처마다 수치가 다른 주장입니다.",
        "disagreements": "출처가 엇갈림",
        "no_errata": "아직 없습니다.",
        "filter": "거르기",
        "unit": "단위",
        "kind": "종류",
        "least": "최소",
        "since": "이날부터",
        "any": "모두",
        "paper": "논문",
        "words_hint": "speed, speedup, faster, throughput, latency는 서로를 찾습니다",
        "skip": "본문으로",
        "papers": "논문 {n}편",
        "newer": "다음 날",
        "older": "이전 날",
        "recent": "최근 날짜",
        "read_more": "자세히 보기",
        "figure": "수치",
        "metric": "지표",
        "baseline": "비교",
        "setting": "조건",
        "stands": "출처",
        "abstract": "초록",
        "measured": "주장과 측정",
        "claimed": "주장",
        "found": "측정",
        "missing": "없는 것",
        "machine": "기계",
        "listed": "소개된 날",
        "code": "코드",
        "project": "프로젝트 페이지",
        "cite": "인용",
        "search_papers": "논문 검색",
        "search_hint": "제목, 방법, 저자, 어느 언어의 낱말이든",
        "no_js": "검색은 브라우저에서 실행되며 JavaScript가 필요합니다. 보관함에서는 JavaScript 없이 모든 "
        "논문을 볼 수 있습니다.",
        "no_index": "이 사이트의 검색 색인을 불러오지 못했습니다. 웹 서버로 열어야 하며, 파일로 열었을 때는 "
        "보관함에서 모든 논문을 볼 수 있습니다.",
        "hits": "논문 {n}편을 찾았습니다",
        "no_hits": "찾은 논문이 없습니다",
        "more": "더 보기",
        "no_days": "아직 수집한 날이 없습니다.",
        "last_empty": "마지막으로 수집한 {date}에는 논문이 없습니다: {reason}.",
        "read_by": "Assay로 만들었습니다. 메타데이터는 arXiv와 Hugging Face에서 왔으며, 따로 밝히지 않은 "
        "요약은 직접 쓴 것입니다.",
    },
}
_MONTHS = "January February March April May June July August September October November December".split()


def word(name: str, language: str, /, **values: object) -> str:
    """The words for ``name`` in a language, with ``values`` put in; English where a language has none."""
    if name == "language" and language not in _WORDS:
        return language
    return _WORDS.get(language, _WORDS["en"])[name].format(**values)


def month_name(year: int, month: int, language: str) -> str:
    """A month of a year in words."""
    return f"{year}년 {month}월" if language == "ko" else f"{_MONTHS[month - 1]} {year}"
