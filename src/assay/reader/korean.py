"""Korean words of phrases that readers follow, each with the English words of which any will do.

They add to the dictionary for sentences, `assay.claims.meanings.lexicon`, which leaves to other tables what is counted,
measured or a topic.
"""

from typing import Final

ROWS: Final = """
2d | 2차원
3d | 3차원 입체
acceleration, accelerate | 가속
action | 행동 동작 액션
adversarial | 적대적 적대
agent | 에이전트
alignment, aligned | 정렬 얼라인먼트
animation, animated | 애니메이션
attention | 어텐션 주의
audio, sound | 오디오 음향 소리
automatic | 자동
autonomous driving | 자율주행
avatar | 아바타
benchmark | 벤치마크 평가지표
bias | 편향
calibration, calibrated | 보정
chain of thought | 사고의사슬 사고사슬 사고연쇄
classification, classifier | 분류 분류기
code, coding | 코드
compression, compressed | 압축
computer | 컴퓨터
consistency, consistent | 일관성
context | 문맥 맥락 컨텍스트
control, controllable | 제어
convergence | 수렴
conversation, dialogue | 대화
creative, creativity | 창작 창의성
cross | 교차 크로스
curriculum | 커리큘럼 교육과정
customization, customized | 맞춤형
data | 데이터 자료
decoding, decoder | 디코딩
deep | 딥 심층
denoising | 노이즈제거 잡음제거 디노이징
depth | 깊이 심도
detection | 탐지 검출 감지
document | 문서
domain | 도메인 분야
driving | 주행 운전
dynamic | 동적
economic, financial | 금융
editing, edit | 편집
education, educational | 교육
efficient, efficiency | 효율적 효율
embodied | 체화 임바디드
emotion, emotional | 감정
encoding, encoder | 인코딩
entropy | 엔트로피
error | 오류
estimation | 추정
evaluation | 평가
expert | 전문가
explanation, explainable | 설명가능
exploration | 탐색 탐험
face, facial | 얼굴
failure | 실패
fairness | 공정성
federated | 연합
feedback | 피드백
few shot | 퓨샷
fine grained | 세밀한
fine tuning | 미세조정 파인튜닝
flow | 플로 플로우 흐름
forecasting, forecast | 예측
foundation | 기반 파운데이션
game | 게임
gaussian | 가우시안
generalization | 일반화
generation, generative | 생성형 생성적 생성
geometry, geometric | 기하 기하학적
graph | 그래프
group | 그룹 집단
guidance, guided | 안내
hand | 손
hidden, latent | 은닉
history, historical | 역사
human | 인간 사람
human feedback | 인간피드백
humanoid | 휴머노이드
hybrid | 하이브리드 혼합
image | 이미지
image to video | 이미지비디오
in context | 문맥내 컨텍스트내 인컨텍스트
instruction | 지시 명령 지시문
interaction, interactive | 상호작용 대화형
interpretability, interpretable | 해석 해석가능성
jailbreak, jailbreaking | 탈옥
knowledge | 지식
language | 언어
large | 대형 대규모 거대
law, legal | 법률
learning | 학습 러닝
light, lighting | 조명
localization | 위치 국소화
long | 긴 장기
long context | 긴문맥 장문맥
loop | 루프
low rank | 저랭크
machine | 기계 머신
manipulation | 조작
matching | 매칭 정합
material | 소재
mathematical, math, mathematics | 수학적 수학
mechanism | 메커니즘 기제
medical | 의료 의학
memory | 메모리 기억
mesh | 메시
metric | 지표 척도
molecule, molecular | 분자
motion | 모션 움직임
multi | 다중 멀티
multi agent | 다중에이전트 멀티에이전트
multilingual | 다국어
multimodal | 다중모달
music | 음악
navigation | 내비게이션 항법
network | 네트워크 신경망 망
news | 뉴스
noise | 노이즈 잡음
object | 객체 물체
off policy | 오프폴리시
offline | 오프라인
on policy | 온폴리시
online | 온라인
open source | 오픈소스
optical flow | 광학흐름 옵티컬플로
optimization | 최적화
parallel | 병렬
perception | 지각 인지
performance | 성능
personalized, personalization | 개인화
physics, physical | 물리 물리적
planning, plan | 계획 계획수립
point cloud | 점군 포인트클라우드
policy | 폴리시
pose | 자세 포즈
post training | 사후학습 사후훈련
pre training, pretraining | 사전학습 사전훈련
preference | 선호도
privacy | 프라이버시 개인정보
process | 과정 프로세스
program, programming | 프로그램 프로그래밍
proof, proving | 증명
protein | 단백질
quality | 품질
question | 질문
question answering | 질의응답 질문답변
ranking, reranking | 순위 재순위화
real time | 실시간
reasoning | 리즈닝
recognition | 인식
recommendation | 추천
reconstruction | 복원 재구성
relative | 상대
rendering | 렌더링
representation | 표현
retrieval | 리트리벌
reward | 보상 리워드
robot, robotic | 로보틱스 로봇
robustness, robust | 강건성 강건 견고성
rollout | 롤아웃
safety, safe | 안전성 안전
sampling, sample | 샘플링 표본
satellite | 위성
scaling | 스케일링 확장
scene | 장면 씬
scientific, science | 과학 과학적
search | 서치
security | 보안
segmentation | 분할 세그멘테이션
self | 자기 셀프 자체
sensor | 센서
sentiment | 감성
shape | 형상
simulation, simulator | 시뮬레이션 시뮬레이터 모의실험
single | 단일
social | 사회 사회적 소셜
software | 소프트웨어
sparse | 희소성
spatial | 공간 공간적
speculative | 추측 투기적
speech, voice | 음성
speed | 속도
splatting | 스플래팅
state | 상태
state space | 상태공간
steering | 조향
story | 이야기 스토리
structure | 구조
student | 학생
style | 스타일 화풍
summarization | 요약
super resolution | 초해상도
surgery, surgical | 수술
survey | 설문 서베이
synthesis | 합성
table | 표
task | 과제 작업 태스크
teacher | 교사
temporal | 시간적 시계열
test | 테스트 시험
test time | 추론시점 테스트시점
text | 텍스트 글 문자
text to image | 텍스트이미지
text to speech | 음성합성
text to video | 텍스트비디오 텍스트영상
theorem | 정리
theory | 이론
time series | 시계열
tokenization, tokenizer | 토큰화
tool | 도구 툴
toxic, toxicity | 유해 유해성
trace | 흔적 자취
tracking | 추적 트래킹
training | 훈련
trajectory | 궤적
transfer | 전이
transformer | 트랜스포머
translation | 번역
transparency | 투명성
travel | 여행
tree | 트리
trust, trustworthy | 신뢰
uncertainty | 불확실성
understanding | 이해
unlearning | 언러닝 망각
use | 사용 활용
user | 사용자
verifiable | 검증가능한
verification, verifier, verify | 검증 검증기
video | 비디오 동영상 영상
view | 뷰 시점
vision language | 비전언어 시각언어
vision, visual | 시각 비전 시각적
voice | 목소리
watermark, watermarking | 워터마크
weather, climate | 날씨 기후
web | 웹
workflow | 워크플로
world | 월드 세계
zero shot | 제로샷
"""
