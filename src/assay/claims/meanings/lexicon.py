"""A small dictionary of the words of abstracts, English to Korean, so that sentences of both can be compared.

It holds what is neither a metric nor counted nor a topic (`assay.claims.meanings.terms` has those): what systems do,
what they are made of, where and on whom they were tried. Words that are one another's paraphrase share a row.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from assay.claims.span import Span

ROWS: Final = """
abstract, abstraction | 추상
accept, acceptance | 수락 수용 채택
acoustic | 음향
activate, activated, activation | 활성
active | 능동
adapt, adaptation, adaptive, adapter | 적응 어댑터
add, additional, extra | 추가
adult | 성인
agent | 에이전트
agentic | 에이전트형 에이전틱
aggregate, aggregation | 집계 통합
aggressive, extreme | 극단
align, aligned, alignment | 정렬 정합
ambiguous, ambiguity | 모호
analysis, analyze, analyse | 분석
animal | 동물
anomaly, anomalous, abnormal | 이상
annotate, annotated, annotation, label, labeled, labelled | 주석 레이블 라벨
answer, response, reply, respond | 답변 응답 대답
architecture | 아키텍처 구조
asynchronous | 비동기
attribute, attribution | 속성 귀속
augment, augmented, augmentation | 증강
autonomous | 자율
autoregressive | 자기회귀 자동회귀
background | 배경
backbone | 백본
bird | 새 조류
block | 블록
body | 신체 몸
brain, neural | 뇌 신경
budget | 예산
build, construct, building, construction | 구축 구성
cache, cached, caching | 캐시 캐싱 저장하는
calibrate, calibrated, calibration | 보정 교정
call, invoke, trigger, triggering, invocation | 호출 유발
camera | 카메라
caption, captioned, captioning | 캡션 설명문
causal | 인과
chain, chain-of-thought, CoT | 사고 연쇄
character | 인물 캐릭터 문자
chart | 차트
child, children | 아동 어린이
citation, cite | 인용
clean | 깨끗 정제
client | 클라이언트
cluster, clustering | 군집 클러스터
coarse | 거친 조악
color, colour | 색
combine, combined, combination | 결합 조합
command | 명령
commonsense, common-sense | 상식
compare, comparison | 비교
compile, compilation | 컴파일
complete, completion | 완성 완료
component, module | 구성요소 컴포넌트 모듈
compose, composition, compositional | 구성 합성
comprehend, comprehension, understand, understanding | 이해
compress, compressed, compression | 압축
concept | 개념
concurrent, parallel | 병렬 동시
condition, conditional, conditioned | 조건
confidence, confident | 신뢰 확신
conflict | 충돌 상충
connect, connected, connection | 연결
constraint, constrained | 제약
content | 내용 콘텐츠
context, contextual | 문맥 맥락 컨텍스트
continual, continuous | 지속 연속
control, controllable, controlled | 제어 통제
correct, correction | 정정 수정 교정
cross-lingual, crosslingual | 교차언어 언어간
crop | 작물
cultural, culture | 문화
curate, curated, curation, select, selected, selection | 선별 선택
cycle | 주기 순환
deceive, deception, deceptive | 기만 속임
decade | 연대 십년
decompose, decomposition | 분해
deep | 깊은 심층
defect | 결함
dense | 밀집 조밀
degradation, degrade, degraded | 열화
deploy, deployment, production, deployed | 배포 실서비스 운영
describe, description | 설명 묘사
design | 설계 디자인
develop, developer, development | 개발
diagnosis, diagnose, diagnostic | 진단
diffuse, diffusion | 확산 디퓨전
direct, directly | 직접
disease | 질환 질병 병해
distill, distillation, distilled | 증류
distract, distracted, distraction, distractor | 방해 산만
draft, drafting | 초안 드래프트
drift | 표류 드리프트
drive, driving | 주행 운전
drop, dropping | 제거
day, daily | 하루 일일
minute | 분당
year, yearly | 연도
house | 하우스
early | 초기 조기
economic, economy | 경제
education, educational | 교육
embed, embedded, embedding | 임베딩
emotion, emotional | 감정 정서
encode, encoding, encoder | 인코딩 인코더 부호화
engine, engineering, engineer | 엔진 공학
entropy | 엔트로피
evaluate, evaluation, judge, assess, assessment | 평가
evict, eviction | 퇴출 축출
evolve, evolution, evolutionary | 진화
execute, execution, run | 실행
expand, expansion, extend, extension | 확장
expert, experts | 전문가
explore, exploration | 탐색 탐험
external | 외부
extract, extraction | 추출
extrapolate, extrapolation | 외삽
face, facial | 얼굴 안면
factual, fact | 사실
fail, failed, failing, failure | 실패
fast | 빠른 고속
feature | 특징 피처
federated | 연합
feedback | 피드백
filter, filtered, filtering | 필터 걸러
fine-grained | 세밀 세분 미세
fine-tune, fine-tuned, fine-tuning, finetuning | 미세조정 미세 파인튜닝 튜닝
first | 첫 처음 최초
follow, following, instruction-following | 따르 이행 추종
forecast, forecasting | 예보 예측
forget, forgetting | 망각
formal, formally | 형식 정형
forward | 순방향
frequency, frequent | 빈도 주파수
frozen, freeze | 동결 고정
fusion, fuse | 융합
gate, gated, gating | 게이트
gaze | 시선
general, generalization, generalize, generalisation | 일반
generate, generated, generation, generative | 생성
gesture | 제스처
goal | 목표
gradient | 기울기 그래디언트
graph | 그래프
ground, grounded, grounding | 근거 접지 그라운딩
group | 그룹 집단
guard, guardrail | 가드 방어막
guide, guided, guidance | 안내 유도 가이던스
hand | 손
hardware | 하드웨어
harm, harmful | 유해
health, healthcare | 건강 보건
hidden | 은닉 숨은
hierarchical, hierarchy | 계층
hippocampus | 해마
hospital | 병원
household | 가정 가사
hybrid | 하이브리드 혼합
identify, identification, identity | 식별 신원 정체성
ignore, ignored | 무시
implicit | 암묵
index, indexing | 색인 인덱스
individual | 개별 개인
initial, initially | 초기
insert, insertion | 삽입
integer | 정수
integrate, integrated, integration | 통합
intent, intention | 의도
interact, interaction, interactive | 상호작용 상호
interface | 인터페이스
intermediate | 중간
internal | 내부
interval | 구간 간격
irrelevant | 무관
item | 항목 아이템
iterate, iteration, iterative | 반복
job | 작업
joint, jointly | 공동 결합
judgment, judgement | 판단 판정
kernel | 커널
label | 라벨 레이블
lab, laboratory | 실험실
latent | 잠재
law, scaling | 법칙
learn, learned, learning | 학습
legged, locomotion | 보행
library | 라이브러리
lightweight, light | 경량 가벼운
linear | 선형
listen, listener | 청자 듣는
local | 지역 국소 로컬
logic, logical | 논리
loop | 루프 순환
loss | 손실
low-resource | 저자원
main | 주요 본
majority, plurality | 다수결 과반
manual, manually, human-written | 수작업 사람이
map, mapping | 지도 매핑
mask, masked, masking | 마스크 마스킹
match, matched, matching | 매칭 일치 맞춘
mathematical, math, mathematics | 수학
max, maximum, peak | 최대 최고
mean, average, averaged, avg | 평균
mechanism | 기제 메커니즘
median | 중앙값 중위
medical | 의료 의학
memorize, memorization | 암기 기억
memory | 기억 메모리
merge, merged, merging | 병합
min, minimum | 최소
mix, mixed, mixture | 혼합
mobile | 모바일
monocular | 단안
modify, modification | 변경
molecule, molecular | 분자
monitor, monitoring | 감시 모니터링
motion, movement | 동작 움직임 모션
multi-agent | 다중에이전트 다중
music, musical | 음악
native | 원어민 네이티브
natural | 자연
negative | 음성 부정
neuron, neuronal | 뉴런
noise, noisy | 잡음 노이즈
non-caching | 저장하지 않는
novel, new | 새 신규
novice, beginner | 초보
object | 객체 물체
observe, observation | 관찰 관측
odd, outlier | 이상치
optimal | 최적
optimize, optimization, optimizer | 최적화
order, ordering | 순서
original, originally | 원래 원본
overhead | 오버헤드 부담
overlap | 중첩 겹침
page | 쪽 페이지
pair, paired, pairwise | 쌍
partial, partially | 부분
pass, passing, passed | 통과
patch | 패치
pattern | 패턴 양상
persona, personality, personalized, personalization | 페르소나 성격 개인화
photo, photograph, image | 사진 이미지
plan, planner, planning | 계획
point, pointing | 점 가리키
policy | 정책
population | 인구 집단
pose | 자세 포즈
position, positional | 위치
positive | 양성 긍정
post-training | 사후 후훈련
predict, prediction, predictive, predictor | 예측
prefix | 접두
pretrain, pretraining, pre-training, pretrained, pre-trained | 사전
previous, prior, earlier | 이전 기존 앞선
privacy, private | 개인정보 비공개 프라이버시
process, processing | 처리
product | 제품 상품
program | 프로그램
prompt, prompting | 프롬프트
proof, prove, theorem | 증명 정리
propose, proposed, proposal | 제안
protein | 단백질
prune, pruned, pruning | 가지치기 프루닝
quantize, quantized, quantization | 양자화
query | 질의 쿼리
rank, ranking, reranking | 순위 재순위
rate, ratio, share, proportion, fraction | 비율 비중
raw | 원시
reason, reasoning | 추론 사고
recall, remember | 회상 기억
recommend, recommendation | 추천
reconstruct, reconstruction | 복원 재구성
record, recorded, recording | 기록 녹화
redundant, redundancy | 중복
refine, refined, refinement | 정제 다듬
region, regional | 영역 지역
regular, regularization | 규칙 정규화
reject, rejection | 거부 기각
relation, relational | 관계
release, released | 공개
remote | 원격
render, rendering | 렌더링
repair | 수리 복구
replace, replacement | 대체 교체
represent, representation | 표현 표상
reproduce, reproduction, reproducibility | 재현
request | 요청
rescue | 구조
reverse | 역
review, reviewer | 심사 검토 리뷰
rigid | 강체 단단
risk, risky | 위험
role, role-playing | 역할
rotate, rotation | 회전
route, routed, router, routing | 라우팅 라우터 경로
rule | 규칙
sample, sampled, sampler, sampling | 샘플링 표집 표본
satellite | 위성
scene | 장면
schedule, scheduling, scheduler | 일정 스케줄
schema | 스키마
second | 두번째
secure, security | 보안
self-play | 자가대국 자기대국
semantic, semantics | 의미
sentiment | 감성
sequence, sequential | 순차 시퀀스
serve, serving | 서빙 제공
session | 세션
shape | 형태 모양
shared, sharing | 공유
signal | 신호
single, single-target | 단일
skill | 기술 기능
skip, skipping | 건너뛰
slow | 느린
social | 사회
software | 소프트웨어
solution, solve, solver, solving | 풀이 해결 해법
song | 노래 곡
source | 출처 원천
sparse | 희소
speaker | 화자
specialist, specialized, domain-specific | 특화 전문
speculate, speculative | 추측 투기
split | 분할
stable, stability | 안정
stage, staged | 단계
standard | 표준
state | 상태
static | 정적
statistic, statistical | 통계
stop, stopping, halt | 중단 정지
store, storage | 저장
strategy, strategic | 전략
stream, streaming | 스트리밍
strong, stronger, strongest | 강한 강력
structure, structured, structural | 구조
style, stylistic | 스타일 문체
subject, subjective | 주관
submit, submission | 제출
subset | 부분집합 하위집합
supervise, supervision | 감독
support, supported | 지원
survey | 설문 조사
swarm | 군집
switch, switching | 전환
symbol, symbolic | 기호 심볼
synthesize, synthesis, synthetic | 합성
system | 시스템
table, tabular | 표
target | 목표 대상 타깃
taxonomy | 분류체계
teach, teacher, teaching | 교사
template | 템플릿
tempo, temporal | 시간적
texture | 질감 텍스처
think, thinking | 사고 생각
three-dimensional | 입체 삼차원
threshold | 임계
tool, tool-use | 도구
total | 총 전체
track, tracked, tracking | 추적
transfer, transferred | 전이
transform, transformation | 변환
translate, translated, translator | 번역
tree | 트리 나무
trust, trustworthy | 신뢰
tumor, tumour, cancer | 종양 암
turn, multi-turn | 턴
uncertain, uncertainty | 불확실
unique | 고유
unit | 단위
update, updated, updating | 갱신 업데이트
valid, validity, validate | 유효 타당
variance, variation | 분산 변동
vehicle, car | 차량 자동차
verify, verified, verification, verifier | 검증
vertebra, spine | 척추
view, viewpoint | 시점
virtual | 가상
visual | 시각
vocabulary | 어휘
voice | 목소리 음성
vote, voting | 투표
vulnerable, vulnerability | 취약
walk, walking | 보행 걷
warm, warmup | 예열
watermark, watermarking | 워터마크
weather | 날씨 기상
weight, weighting | 가중
window, windowed | 창 윈도
worker | 작업자
workflow | 워크플로 작업흐름
worst | 최악
write, written, writing | 쓰기 글쓰기 작문 작성
wrong, incorrect | 틀린 오답 잘못
young | 젊은
"""
"""A row a line: English words, each in every form that counts, then Korean stems."""


def concepts(text: str, start: int, end: int) -> Iterator[Span]:
    """The words of a sentence that the dictionary has, each by one key for all that may stand for one another."""
    keys, pattern = _read()
    return (Span(match.start(), match.end(), keys[match[0].lower()]) for match in pattern.finditer(text, start, end))


@cache
def _read() -> tuple[dict[str, str], re.Pattern[str]]:
    """The key of each word, and a pattern that finds the words, the longest first.

    Rows that have a word in common are one: 사고 is reasoning and thinking, so both have one key.
    """
    key_of: dict[str, str] = {}
    words_of: dict[str, list[str]] = {}
    for row in ROWS.strip().lower().splitlines():
        english, _, korean = row.partition(" | ")
        words = english.split(", ")
        words += [f"{word}s" for word in words] + korean.split()
        members = words_of[words[0]] = words_of.get(words[0], [])
        for key in {key_of[word] for word in words if word in key_of} - {words[0]}:
            members += words_of.pop(key)
        members += words
        key_of |= dict.fromkeys(members, words[0])
    longest = sorted(key_of, key=len, reverse=True)
    latin = "|".join(re.escape(word) for word in longest if word.isascii())
    hangul = "|".join(re.escape(word) for word in longest if not word.isascii())
    return key_of, re.compile(rf"(?<!\w)(?:{latin})(?!\w)|(?<![가-힣])(?:{hangul})", re.IGNORECASE)
