"""Finds what a sentence says its figures are of: metrics and counted things, in English and Korean, and names."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from assay.claims.ties import Span

_METRICS: Final[Mapping[str, tuple[str, str]]] = {
    # In both languages; what stands first is tried first, so that a training time is no other time.
    "attack success": (r"attack[- ]success(?: rates?)?|\bASRs?\b|jailbreak(?:ing)? (?:success )?rates?", r"공격\s?성공률?|탈옥\s?(?:성공)?률"),
    "win rate": (r"win(?:ning)?[- ]?rates?", r"승률"),
    "success rate": (r"(?:task )?success(?:[- ]rates?)?|succeed\w*|sol(?:ve|ving) rates?|pass rates?|resol(?:ve|ution) rates?", r"성공률|해결률|통과율|합격률"),
    "error": (r"error(?: rates?|s)?", r"오류율?|에러율?|오답률|오차율?"),
    "false positives": (r"false[- ]positive(?: rates?|s)?|false alarms?", r"오탐률?|위양성률?|거짓\s?양성"),
    "accuracy": (r"accurac(?:y|ies)|correctness", r"정확도|정답률|정확성"),
    "F1": (r"(?:macro-|micro-)?F-?1(?:[- ]scores?)?\b|F-scores?|F-measure", r"(?:F1|에프원)\s?(?:점수|스코어)?"),
    "precision": (r"(?<!-)precision\b(?! (?:training|weights|format|arithmetic))", r"정밀도"),
    "recall": (r"recall(?:@\d+)?", r"재현율"),
    "perplexity": (r"perplexit(?:y|ies)|\bPPL\b", r"퍼플렉시티|당혹도|혼란도|펄플렉서티"),
    "training time": (r"(?:pre-?)?training (?:time|duration|hours)", r"(?:사전\s?)?(?:학습|훈련)\s?(?:시간|소요)"),
    "training cost": (r"(?:pre-?)?training (?:cost|budget|expense|compute)s?", r"(?:사전\s?)?(?:학습|훈련)\s?(?:비용|연산량)"),
    "inference cost": (r"inference costs?", r"추론\s?비용"),
    "latency": (r"latenc(?:y|ies)|delay|time[- ]to[- ]first[- ]token|\bTTFT\b|response time", r"지연\s?(?:시간)?|레이턴시|응답\s?시간"),
    "throughput": (r"throughput|tokens per second|tokens/s", r"처리량|스루풋|처리율"),
    "speed": (r"(?:(?:training|inference|decoding|generation) )?speed(?:-?ups?)?|speeds? up|(?<=[%x×s] )(?:faster|slower)|accelerat\w+", r"속도|빠르[가-힣]*|빨라[가-힣]*|빠른|가속[가-힣]*|느리[가-힣]*|느려[가-힣]*"),
    "time": (r"(?:wall-?clock |run-?|inference |decoding |prefill(?:ing)? |generation |computation |processing )?time\b(?!s|step)|runtime|durations?", r"(?:추론|실행|생성|처리|소요|계산)?\s?시간"),
    "communication": (r"communication(?: (?:cost|overhead|volume|traffic)s?)?|bandwidth", r"통신(?:량|\s?비용)?|대역폭"),
    "memory": (r"(?:GPU |peak |cache )*memory(?: (?:usage|footprint|consumption|cost|use))?|VRAM|KV[- ]cache(?: size)?", r"메모리|기억\s?용량|KV\s?캐시"),
    "storage": (r"storage|disk(?: space)?", r"저장\s?(?:공간|용량)|스토리지"),
    "energy efficiency": (r"energy[- ]efficien\w+", r"에너지\s?효율성?"),
    "energy": (r"energy(?: (?:use|usage|consumption|cost))?|power consumption|electricity", r"에너지|전력|소비\s?전력"),
    "carbon": (r"carbon(?: emissions?| footprint)?|CO2(?: emissions?)?", r"탄소"),
    "compute": (r"FLOPs?\b|comput(?:e|ation)(?:al)?(?: (?:cost|overhead|budget)s?)?", r"연산량?|계산량|계산\s?비용|연산\s?비용|컴퓨팅"),
    "parameters": (r"(?:trainable |activated )?param(?:eter)?s?\b", r"파라미터|매개\s?변수"),
    "cost": (r"costs?\b|expens\w+|prices?|cheaper|budgets?|spending", r"비용|가격|예산|저렴[가-힣]*"),
    "token count": (r"tokens?\b", r"토큰"),
    "hallucination": (r"hallucinat\w+", r"환각"),
    "toxicity": (r"toxicit\w*|toxic", r"독성|유해성"),
    "safety": (r"safety", r"안전성?"),
    "refusal": (r"refus\w+|rejection rates?", r"거부율?|거절율?"),
    "bias": (r"bias(?:es)?\b", r"편향"),
    "robustness": (r"robust\w*", r"강건성?|견고성?"),
    "diversity": (r"diversity", r"다양성"),
    "consistency": (r"consistency", r"일관성"),
    "coherence": (r"coherence", r"응집성"),
    "fluency": (r"fluency", r"유창성"),
    "faithfulness": (r"faithful\w*|factuality", r"충실도|충실성|사실성"),
    "interpretability": (r"interpretab\w+|explainab\w+", r"해석\s?가능성|설명\s?가능성|해석성"),
    "reliability": (r"reliab\w+", r"신뢰성|신뢰도"),
    "efficiency": (r"efficien\w+", r"효율성?"),
    "relevance": (r"relevance", r"관련성|연관성"),
    "agreement": (r"(?:inter-annotator )?agreement|kappa", r"일치(?:도|율)|합의도"),
    "correlation": (r"correlations?|Spearman|Pearson|Kendall", r"상관(?:계수|관계)?|스피어만|피어슨"),
    "similarity": (r"similarit(?:y|ies)", r"유사도|유사성"),
    "coverage": (r"coverage", r"커버리지|포괄\s?범위"),
    "compression": (r"compression(?: rat(?:io|e)s?)?", r"압축률?|압축비"),
    "utilization": (r"utili[sz]ation|\bMFU\b", r"활용률|이용률"),
    "sparsity": (r"sparsity", r"희소성|희소도"),
    "acceptance": (r"acceptance(?: rates?| lengths?)?", r"수락률|수용률|채택률"),
    "detection": (r"detection(?: rates?)?", r"탐지율?|검출률?|감지율?"),
    "collision": (r"collisions?(?: rates?)?", r"충돌률?"),
    "preference": (r"prefer\w*", r"선호도?"),
    "quality": (r"(?:image |video |audio |visual |generation )?quality|fidelity", r"품질|화질|음질"),
    "resolution": (r"resolution\b", r"해상도"),
    "score": (r"scores?\b|scored|scoring", r"점수|스코어"),
    "performance": (r"performance", r"성능"),
    "reward": (r"rewards?\b", r"보상(?!\s?모델)"),
    "size": (r"(?:model |cache |index )?size\b|(?<=[%x×s] )(?:smaller|larger|bigger)", r"크기|용량"),
    "length": (r"lengths?\b|(?<=[%x×s] )(?:longer|shorter)", r"길이"),
    "data": (r"(?:training |annotated |labell?ed )?data(?=[,.;)]|\s(?:by|to|from|used|required|needed|than|and)\b|$)|annotations?\b", r"(?:학습|훈련)?\s?데이터(?!셋|\s?세트)|레이블|라벨|주석"),
}  # fmt: skip
"""Metrics by name, with the words for each in English and in Korean."""
_ACRONYMS = (
    r"[rg]?FID|FVD|KID|PSNR|SSIM|LPIPS|BLEU(?:-\d)?|ROUGE(?:-\w)?|METEOR|CIDEr|SPICE|BERTScore|COMET|chrF(?:\+\+)?|CLIP[- ]?(?:Score|score|sim)|"
    r"mAP(?:@[\d.]+)?|AP\d*|mIoU|IoU|AUROC|AUPRC|AUC|NDCG(?:@\d+)?|MRR(?:@\d+)?|MSE|MAE|RMSE|WER|CER|EER|Elo|ELO|MOS|DSC|Dice|MCC|EM|"
    r"FPS|PESQ|STOI|SI-SDR|NFE|GPU[- ]hours"
)
_AT = re.compile(
    r"\b(?P<name>[Pp]ass|[Aa]cc|[Ee]xact|[Hh]its?|[Mm]aj|[Bb]est|[Aa]vg|[Cc]ons|[Aa]verage|[Mm]ean|[Rr]ecall|[Pp]recision|R|P)\s?(?P<sign>@|\^)\s?(?P<k>\d+|k)\b",
    re.ASCII,
)

_NOUNS: Final[Mapping[str, tuple[str, str]]] = {
    "question": (r"questions?|QAs?\b|question-answer pairs?", r"질문|문항|질의응답"),
    "problem": (r"problems?|puzzles?", r"문제|퍼즐"),
    "video": (r"videos?|clips?|movies?", r"비디오|동영상|영상|클립"),
    "image": (r"images?|photos?|pictures?", r"이미지|사진|그림"),
    "task": (r"tasks?", r"태스크|과제|작업|과업"),
    "model": (r"models?|[MV]*LL?Ms?|LVLMs?|[VL]LMs?", r"모델|LLM|VLM|MLLM"),
    "dataset": (r"data\s?sets?", r"데이터\s?(?:셋|세트)"),
    "benchmark": (r"benchmarks?", r"벤치마크"),
    "language": (r"languages?", r"언어"),
    "sample": (r"samples?|instances?|examples?", r"샘플|표본|예제|예시|인스턴스"),
    "token": (r"tokens?", r"토큰"),
    "hour": (r"hours?", r"시간"),
    "paper": (r"papers?|articles?|publications?", r"논문|기사"),
    "user": (r"users?|participants?|people|persons?|humans?|subjects?|annotators?|workers?|raters?|volunteers?", r"사용자|참가자|참여자|사람|피험자|주석자|평가자|자원자"),
    "category": (r"categor(?:y|ies)|classes|types?|topics?", r"범주|카테고리|유형|종류|주제|클래스"),
    "domain": (r"domains?|fields?|disciplines?|subjects areas?", r"도메인|분야|영역"),
    "dialogue": (r"dialog(?:ue)?s?|conversations?|chats?", r"대화"),
    "turn": (r"turns?", r"턴"),
    "sentence": (r"sentences?|utterances?", r"문장|발화"),
    "document": (r"documents?|pages?|reports?|books?|stor(?:y|ies)", r"문서|페이지|보고서|책|권|이야기"),
    "agent": (r"agents?", r"에이전트"),
    "environment": (r"environments?|worlds?", r"환경"),
    "frame": (r"frames?", r"프레임"),
    "scene": (r"scenes?|scenarios?|rooms?", r"장면|시나리오|씬|방"),
    "object": (r"objects?|assets?|shapes?|meshes", r"객체|물체|사물|에셋"),
    "prompt": (r"prompts?|instructions?|quer(?:y|ies)|requests?", r"프롬프트|지시(?:문|어)?|명령|쿼리|질의|요청"),
    "pair": (r"pairs?|triplets?|triples?", r"쌍"),
    "trajectory": (r"trajector(?:y|ies)|demonstrations?|episodes?|rollouts?", r"궤적|시연|에피소드|롤아웃"),
    "function": (r"functions?|tools?|APIs?|apps?|applications?", r"함수|도구|API|앱"),
    "repository": (r"repositor(?:y|ies)|repos?|projects?|codebases?", r"저장소|리포지토리|프로젝트|코드베이스"),
    "issue": (r"issues?|bugs?|vulnerabilit(?:y|ies)|commits?", r"이슈|버그|취약점|커밋"),
    "game": (r"games?|levels?", r"게임|레벨"),
    "robot": (r"robots?|embodiments?", r"로봇"),
    "step": (r"steps?|iterations?|epochs?|rounds?", r"단계|스텝|반복|에폭|라운드|회"),
    "layer": (r"layers?|blocks?", r"층|레이어|계층|블록"),
    "head": (r"heads?", r"헤드"),
    "parameter": (r"param(?:eter)?s?", r"파라미터|매개\s?변수"),
    "GPU": (r"GPUs?|TPUs?|devices?|nodes?|servers?|machines?", r"GPU|장치|노드|서버|기기"),
    "city": (r"cit(?:y|ies)|countr(?:y|ies)|towns?|regions?|cultures?", r"도시|국가|나라|지역|문화"),
    "patient": (r"patients?|scans?|studies", r"환자|스캔"),
    "word": (r"words?|characters?|terms?", r"단어|글자|문자|용어"),
    "species": (r"species|genes?|proteins?|molecules?|cells?|compounds?", r"종|유전자|단백질|분자|세포|화합물"),
    "method": (r"methods?|algorithms?|approaches|baselines?|techniques?|strateg(?:y|ies)", r"방법|기법|알고리즘|베이스라인|전략"),
    "metric": (r"metrics?|dimensions?|aspects?|criteria|factors?|skills?|abilities|capabilities", r"지표|차원|측면|기준|요소|능력"),
    "track": (r"songs?|tracks?|recordings?|audios?|voices?|speakers?", r"노래|곡|트랙|녹음|오디오|음성|화자"),
    "review": (r"reviews?|comments?|posts?|tweets?|messages?|ratings?", r"리뷰|댓글|게시물|트윗|메시지|평점"),
    "edge": (r"edges?|relations?|links?", r"간선|관계|링크"),
    "sensor": (r"sensors?(?: types?)?", r"센서"),
    "error": (r"errors?|mistakes?|failures?", r"오류|에러|실패"),
    "case": (r"cases?", r"사례|케이스|증례"),
    "rubric": (r"rubrics?", r"루브릭|채점\s?기준"),
    "subtask": (r"sub-?tasks?", r"하위\s?(?:작업|과제|태스크)|세부\s?(?:작업|과제)"),
    "microcontroller": (r"microcontrollers?(?: units?)?", r"마이크로컨트롤러"),
    "perturbation": (r"perturbations?", r"섭동|교란"),
    "reference": (r"references?|citations?", r"참고\s?문헌|인용"),
    "student": (r"students?|learners?", r"학생|학습자"),
    "author": (r"authors?|researchers?", r"저자|연구자"),
    "point": (r"data points?", r"데이터\s?포인트"),
    "modality": (r"modalit(?:y|ies)|views?|cameras?", r"모달리티|양식|시점|카메라"),
    "expert": (r"experts?", r"전문가"),
    "variant": (r"variants?|versions?|configurations?|settings?", r"변형|버전|구성|설정"),
    "answer": (r"answers?|responses?|candidates?", r"답변|응답|후보|선택지"),
    "solution": (r"solutions?|proofs?|theorems?", r"풀이|해답|증명|정리"),
    "website": (r"websites?|sites?|pages?", r"웹\s?사이트|사이트"),
    "action": (r"actions?|operations?|skills?|moves?", r"동작|행동|연산|조작"),
    "entity": (r"entit(?:y|ies)|facts?|concepts?", r"개체|사실|개념"),
}  # fmt: skip
"""What may be counted, with the words for each in English and in Korean."""


_TOPICS: Final[Mapping[str, tuple[str, str]]] = {
    "supervised": (r"supervised|SFT", r"지도|SFT"),
    "reinforcement": (r"reinforcement|\bRL\b", r"강화|RL"),
    "unsupervised": (r"(?:un|self-)supervised", r"비지도|자기\s?지도"),
    "training": (r"(?:pre-?)?training", r"학습|훈련"),
    "inference": (r"inference", r"추론"),
    "encoding": (r"encod(?:ing|ers?)", r"인코딩|인코더|부호화"),
    "decoding": (r"decod(?:ing|ers?)|generation", r"디코딩|디코더|복호화|생성"),
    "prefill": (r"pre-?fill(?:ing)?", r"프리필(?:링)?|사전\s?채움"),
    "test": (r"test(?:-time)?", r"테스트|시험"),
    "validation": (r"validation", r"검증"),
    "segmentation": (r"segmentation", r"분할|세그멘테이션"),
    "detection": (r"detection", r"탐지|검출"),
    "classification": (r"classification", r"분류"),
    "counting": (r"counting", r"계수|세기|개수"),
    "retrieval": (r"retrieval|search", r"검색"),
    "translation": (r"translation", r"번역"),
    "summarization": (r"summari[sz]ation", r"요약"),
    "planning": (r"planning", r"계획"),
    "navigation": (r"navigation", r"내비게이션|항법|길\s?찾기"),
    "manipulation": (r"manipulation", r"조작"),
    "grasping": (r"grasp\w*", r"파지|잡기"),
    "editing": (r"editing", r"편집"),
    "math": (r"math\w*", r"수학"),
    "algebra": (r"algebra\w*", r"대수"),
    "geometry": (r"geometr\w+", r"기하"),
    "code": (r"cod(?:e|ing)\b|programming", r"코드|코딩|프로그래밍"),
    "science": (r"scien\w+", r"과학"),
    "physics": (r"physics", r"물리"),
    "chemistry": (r"chemi\w+", r"화학"),
    "biology": (r"biolog\w+", r"생물"),
    "medicine": (r"medic\w+|clinical", r"의료|의학|임상"),
    "law": (r"legal|law\b", r"법률"),
    "finance": (r"financ\w+", r"금융|재무"),
    "language": (r"language", r"언어"),
    "multimodal": (r"multi-?modal", r"멀티\s?모달|다중\s?모달"),
    "overall": (r"overall|in total|\ball\b", r"전체|종합|전반"),
    "multi-app": (r"multi-?app", r"다중\s?앱"),
    "single-app": (r"single-?app", r"단일\s?앱"),
    "spatial": (r"spatial", r"공간"),
    "temporal": (r"temporal", r"시간\s?축|시간적"),
    "basic": (r"basic|simple", r"기본|단순"),
    "complex": (r"complex", r"복잡"),
    "image": (r"images?|visual|vision", r"이미지|시각|비전"),
    "video": (r"videos?", r"비디오|동영상"),
    "audio": (r"audio|sound|music", r"오디오|소리|음악"),
    "speech": (r"speech|voice", r"음성"),
    "text": (r"text\w*", r"텍스트|문자"),
    "English": (r"English", r"영어"),
    "Korean": (r"Korean", r"한국어"),
    "Chinese": (r"Chinese", r"중국어"),
    "Japanese": (r"Japanese", r"일본어"),
    "multilingual": (r"multilingual|non-English", r"다국어|비영어"),
    "human": (r"humans?|people", r"인간|사람"),
    "single-turn": (r"single[- ]turn", r"단일\s?턴|싱글\s?턴"),
    "multi-turn": (r"multi[- ]turn", r"다중\s?턴|멀티\s?턴|다회"),
    "short": (r"short(?:er)?\b", r"짧은|단문|단기"),
    "long": (r"long(?:er)?(?=[- ])", r"긴|장문|장기"),
    "easy": (r"eas(?:y|ier|iest)", r"쉬운|쉬움"),
    "hard": (r"hard(?:er|est)?\b|difficult|challenging", r"어려운|어려움|난이도\s?높은"),
    "in-distribution": (r"in[- ](?:domain|distribution)|(?<!un)seen", r"도메인\s?내|분포\s?내"),
    "out-of-distribution": (r"out[- ]of[- ](?:domain|distribution)|\bOOD\b|unseen|cross-domain", r"도메인\s?외|분포\s?외|미학습|처음\s?보는"),
    "zero-shot": (r"zero[- ]shot", r"제로\s?샷"),
    "few-shot": (r"few[- ]shot", r"퓨\s?샷|소수\s?예시"),
    "layer-wise": (r"layer-?wise|per[- ]layer", r"층별|레이어별|계층별"),
    "end-to-end": (r"end-to-end", r"종단\s?간|엔드\s?투\s?엔드"),
    "simulation": (r"simulat\w+", r"시뮬레이션|모의"),
    "real world": (r"real[- ]world|real robots?|physical", r"실제|실세계|현실"),
    "indoor": (r"indoor", r"실내"),
    "outdoor": (r"outdoor", r"실외|야외"),
    "base": (r"base(?:line)?s?\b", r"기반|기본|기준|베이스(?:라인)?"),
    "state of the art": (r"SOTA|state-of-the-art", r"SOTA|최신|최첨단"),
    "small": (r"small(?:er|est)?\b", r"작은|소형"),
    "large": (r"large(?:r|st)?\b", r"큰|대형"),
    "open": (r"open[- ](?:source|weights?)", r"오픈\s?소스|공개"),
    "closed": (r"closed[- ]source|proprietary|commercial", r"비공개|독점|상용|폐쇄형"),
    "question": (r"questions?", r"질문|질의"),
    "answer": (r"answers?", r"답변|응답|정답"),
    "attention": (r"attention", r"어텐션|주의"),
    "weight": (r"weights?", r"가중치"),
    "activation": (r"activations?", r"활성화?"),
    "input": (r"input", r"입력"),
    "output": (r"output", r"출력"),
    "online": (r"online", r"온라인"),
    "offline": (r"offline", r"오프라인"),
    "reflection": (r"reflect\w*", r"성찰|반성"),
    "perception": (r"perception", r"지각|인식"),
    "knowledge": (r"knowledge", r"지식"),
    "tool": (r"tools?", r"도구"),
    "female": (r"female|women", r"여성"),
    "male": (r"\bmale|\bmen\b", r"남성"),
}  # fmt: skip
"""What else a figure may be of: a task, a field, a language, a phase."""
_TABLES: Final = {"metric": _METRICS, "noun": _NOUNS, "topic": _TOPICS}


@cache
def _scanner(kind: str) -> re.Pattern[str]:
    table = _TABLES[kind]
    parts = []
    for n, (english, korean) in enumerate(table.values()):
        parts.append(rf"(?P<k{n}>(?<![\w-])(?i:{english})(?![\w])|{korean})")
    return re.compile("|".join(parts), re.ASCII)


def metrics(text: str, start: int, end: int) -> Iterator[Span]:
    """The metrics that a sentence names, by word or by acronym."""
    spans = list(acronyms(text, start, end))
    taken = [(span.start, span.end) for span in spans]
    for span in _scan("metric", text, start, end):
        if all(span.end <= a or b <= span.start for a, b in taken):
            spans.append(span)
    yield from sorted(spans)


_ACRONYM = re.compile(rf"(?<![\w-])(?:{_ACRONYMS})(?:s|(?=\s?(?:[-가-힣]|scores?)))?(?![A-Za-z0-9])")


def _key(acronym: str) -> str:
    return re.sub(r"\W", "", acronym).removesuffix("s").upper()


def counted(text: str, start: int, end: int) -> Iterator[Span]:
    """The things that a sentence may count."""
    yield from _scan("noun", text, start, end)


def topics(text: str, start: int, end: int) -> Iterator[Span]:
    """The tasks, fields, languages and phases that a sentence names."""
    yield from _scan("topic", text, start, end)


def acronyms(text: str, start: int, end: int) -> Iterator[Span]:
    """The metrics that a sentence names as names are spelt: ``FID``, ``pass@1``."""
    yield from (Span(match.start(), match.end(), _key(match[0])) for match in _ACRONYM.finditer(text, start, end))
    for m in _AT.finditer(text, start, end):
        yield Span(m.start(), m.end(), f"{m['name'].lower()}{m['sign']}{m['k']}")


def _scan(kind: str, text: str, start: int, end: int) -> Iterator[Span]:
    keys = tuple(_TABLES[kind])
    for match in _scanner(kind).finditer(text, start, end):
        yield Span(match.start(), match.end(), keys[int((match.lastgroup or "k0")[1:])])


_LOWER: Final = frozenset(
    (
        "error",
        "false positives",
        "attack success",
        "perplexity",
        "training time",
        "training cost",
        "inference cost",
        "latency",
        "time",
        "communication",
        "memory",
        "storage",
        "energy",
        "carbon",
        "compute",
        "parameters",
        "cost",
        "token count",
        "hallucination",
        "toxicity",
        "bias",
        "collision",
        "size",
        "length",
        "data",
        "FID",
        "RFID",
        "GFID",
        "FVD",
        "KID",
        "LPIPS",
        "MSE",
        "MAE",
        "RMSE",
        "WER",
        "CER",
        "EER",
        "NFE",
        "GPUHOUR",
    )
)
_NEUTRAL: Final = frozenset(("length", "size", "sparsity", "refusal", "data", "token count", "resolution"))


def better(metric: str) -> int:
    """Whether more of a metric is better (1), worse (-1), or neither as far as can be told (0)."""
    return 0 if metric in _NEUTRAL else -1 if metric in _LOWER else 1


_KIN: Final = (
    frozenset(("latency", "throughput", "speed", "time", "training time", "acceptance")),
    frozenset(
        (
            "cost",
            "training cost",
            "inference cost",
            "compute",
            "training time",
            "time",
            "data",
            "token count",
            "energy",
            "length",
            "GPUHOUR",
        )
    ),
    frozenset(("memory", "storage", "size", "parameters", "compression", "compute")),
    frozenset(
        (
            "accuracy",
            "success rate",
            "F1",
            "precision",
            "recall",
            "win rate",
            "pass@1",
            "EM",
            "detection",
            "quality",
            "robustness",
            "agreement",
            "preference",
            "consistency",
            "coverage",
        )
    ),
    frozenset(("error", "accuracy", "hallucination", "WER", "CER", "false positives")),
    frozenset(("safety", "attack success", "toxicity", "refusal", "robustness", "bias")),
    frozenset(
        (
            "quality",
            "FID",
            "FVD",
            "diversity",
            "consistency",
            "coherence",
            "fluency",
            "preference",
            "resolution",
            "LPIPS",
            "PSNR",
            "SSIM",
        )
    ),
    frozenset(("faithfulness", "hallucination", "relevance", "consistency", "accuracy")),
    frozenset(("agreement", "correlation", "similarity", "consistency")),
    frozenset(("data", "parameters", "size", "token count", "length")),
    frozenset(("win rate", "preference", "success rate")),
    frozenset(("speed", "FPS", "throughput")),
)
"""Metrics that one sentence may name for another: they differ only where the paper has figures of both."""


def are_kin(one: str, other: str) -> bool:
    """Whether one metric may stand for the other in a paraphrase."""
    return bool({"efficiency", "score", "performance"} & {one, other}) or any(
        one in kin and other in kin for kin in _KIN
    )


ALL: Final = frozenset((*_METRICS, *_NOUNS))
"""The keys that are words and no names."""
