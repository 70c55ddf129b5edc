"""Texts that break a writer which does not escape, as examples and as hypothesis strategies."""

from datetime import date

from hypothesis import strategies as st

from assay.papers.models import Day, DayPaper, DayState, Parts
from assay.papers.text import normalise

_LINKS = "[arXiv](https://arxiv.org/abs/9912.99998) or [HuggingFace](https://huggingface.co/papers/9912.99998)"
TITLES = [
    "Questions \\& Answers, LaTeX style",
    "Earning $1 a day, or $\\pi_0$ and $P(y|x)$",
    "<think> twice, </think> once",
    "S* search: *emphasis*, **bold**, __init__ and ~~nothing~~",
    "A `code | span` in a title, and a lone ` tick",
    "π_RL at 360° in 3D\n  on two lines",
    "GPT-[n]: brackets ] and [ more](https://arxiv.org/abs/9912.99999)",
    "![pixel](https://example.org/p.png) [link](javascript:alert)",
    "<script>alert('x')</script><img src=x onerror=y> &lt;b&gt; &amp;amp; &#60;",
    "Ends in a backslash \\",
    "\\| already | escaped \\\\| twice",
    "| a | row | of its own |",
    f"X (Read more on {_LINKS})| y | z |",
    f"X - read more on {_LINKS} | y",
    "## Papers for 2099-12-03",
    "## Daily Papers (2099-12-03)",
    "### [Another](https://arxiv.org/abs/9912.99997)",
    "- ***What's New***: not a bullet",
    "{'a': 'dict'}",
    "['a', 'list']",
    "Vote: 7",
    "1. one",
    "2) two",
    "- dash",
    "+ plus",
    "=== rule",
    "--- | ---",
    "#hash",
    "> quote",
    "{% raw %} {{ template }}",
    "@misc{key, title = {unbalanced}",
    "ends with } and starts with {",
    "100% & more_less #1 ~home ^up",
    "한글 제목: 2.5배 빠른 | 주의",
    "ünïcödé — “quotes” … 𝔸𝕀 👩‍🔬",
    "zero\u200bwidth, bidi \u202eevil\u202c, nul \x00, escape \x1b[31mred",
    "line\u2028separator and next\x85line",
]
"""Each is our own; the kinds are those that real digests have broken on, and those that an attacker would send."""

hostile_text = st.one_of(
    st.sampled_from(TITLES),
    st.text(max_size=40),
    st.text(alphabet="\\|`*_[](){}<>&#$~!-+=:;.,0aA \n", max_size=30),
    st.tuples(st.sampled_from(TITLES), st.text(max_size=5), st.sampled_from(TITLES)).map("".join),
)
"""Any text, most of it made to break something."""

line = hostile_text.map(normalise)
ids = st.integers(1, 99999).map(lambda number: f"9912.{number:05}")
dates = st.dates(date(2099, 1, 1), date(2099, 12, 31))

parts = st.builds(
    Parts,
    one_line=line,
    objective=line,
    method=line,
    result=line,
    implication=line,
    whats_new=line,
    technical_details=line,
    performance=line,
    prose=line,
    other=st.dictionaries(line.filter(bool), line, max_size=2),
)
day_papers = st.builds(
    DayPaper,
    id=ids,
    title=line.filter(bool),
    authors=st.lists(line.filter(bool), max_size=7).map(tuple),
    votes=st.none() | st.integers(0, 10**6),
    rank=st.just(1),
    summary=st.just({}) | st.builds(lambda en: {"en": en}, parts),
    thumbnail_url=st.sampled_from(["", "https://example.org/t.png", "bad) ![x](y", "two words"]),
)
days = st.builds(Day, date=dates, state=st.just(DayState.CLOSED), papers=st.lists(day_papers, max_size=4).map(tuple))
