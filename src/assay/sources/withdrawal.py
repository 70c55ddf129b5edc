"""Tells from arXiv's words that a paper has been withdrawn: its record has no field for that, only a comment."""

import re


def says_withdrawn(*, comment: str = "", abstract: str = "") -> bool:
    """Whether the comment or the abstract of a paper says that this very paper has been withdrawn.

    A comment is about its paper, so that ``Withdrawn due to an error`` says enough. An abstract may tell of other
    papers: there it must be ``this`` paper, or the abstract must begin with it. Withdrawn from a conference is not
    withdrawn from arXiv, and an earlier version or a theorem is not the paper.
    """
    if _TAKEN_BACK.search(comment):
        return False
    sentences = _sentences(abstract)
    return any(map(_withdraws, _sentences(comment))) or any(
        _withdraws(sentence) for number, sentence in enumerate(sentences) if number == 0 or _THIS.match(sentence)
    )


def _sentences(text: str) -> list[str]:
    """The sentences and clauses of a text, each without the words that only introduce it."""
    return [_INTRODUCTION.sub("", part.strip()) for part in _END.split(" ".join(text.split()))]


def _withdraws(sentence: str) -> bool:
    match = _PAPER_IS_WITHDRAWN.match(sentence) or _AUTHORS_WITHDREW.match(sentence)
    return match is not None and not _FROM_ELSEWHERE.match(sentence, match.end())


_END = re.compile(r"(?<=[.;:!?]) | [-–—]+ |(?<=\bpages), |(?<=\bfigures), |(?<=\btables), ")
_INTRODUCTION = re.compile(
    r"(?i)^[\W_]*(?:(?:arxiv\s+admin\s+note|comments?|note|notice|important|warning|update|please\s+note|we\s+regret)\b"
    r"[:,]?\s*)?(?:that\s+)?(?:unfortunately|regrettably)?,?\s*"
)
_PAPER = (
    r"(?:paper|article|submission|manuscript|preprint|pre-print|e-print|eprint|work|document|version|report|note|"
    r"thesis|draft|entry)"
)
_GONE = r"(?:withdrawn|retracted|removed\s+(?=(?:from|by)\s+(?:the\s+)?arxiv))"
_ADVERB = r"(?:now|hereby|since|also|[a-z]{2,20}ly)"
_THIS_ONE = r"(?:this|the|our|my)\s+(?:arxiv\s+|(?:current|present|latest|entire|whole)\s+)?"
_SUBJECT = rf"(?:{_THIS_ONE})?{_PAPER}(?:\s?\([^()]{{0,60}}\))?\s+"
_HAS_BEEN = rf"(?:(?:has|have|had)\s+(?:{_ADVERB}\s+)?been|is|was|is\s+being|was\s+being)"
_AUTHORS = r"(?:(?:the|all|both|all\s+the|all\s+of\s+the)\s+)?(?:(?:first|lead|corresponding)\s+)?(?:authors?|i|we)"
_WITHDREW = r"(?:withdr[ae]wn?|withdrew|withdrawing|withdraws|retract(?:ed|ing)?)"
_AUXILIARY = rf"(?:has|have|had|am|are|is|wish\s+to|would\s+like\s+to|decided\s+to|{_ADVERB})"
# What may follow where no verb comes before: "Withdrawn due to ...", but not "Withdrawn submission of ...".
_REASON = (
    r"(?=\s*(?:$|[.,;:!()\[\]]|[-–—]|(?:by|due|because|for|since|as|at|on|after|until|pending|from|owing|in|"
    r"upon|per|following|temporarily|voluntarily|and\s+(?:replaced|superseded|resubmitted|merged))\b))"
)
_PAPER_IS_WITHDRAWN = re.compile(
    rf"(?i)(?:{_SUBJECT})?(?:{_HAS_BEEN}\s+(?:{_ADVERB}\s+){{0,2}}{_GONE}\b|(?:{_ADVERB}\s+)?{_GONE}\b{_REASON})"
)
_AUTHORS_WITHDREW = re.compile(rf"(?i){_AUTHORS}\s+(?:{_AUXILIARY}\s+){{0,3}}{_WITHDREW}\s+{_THIS_ONE}{_PAPER}\b(?!-)")
_FROM_ELSEWHERE = re.compile(r"(?i)\s*,?\s*from\s+(?!(?:publication\s+on\s+)?(?:the\s+)?arxiv\b)")
_THIS = re.compile(r"(?i)(?:this|(?:the\s+)?authors?\b|we\b|i\b)")
_TAKEN_BACK = re.compile(r"(?i)\b(?:reinstat|restor|un-?withdr|no\s+longer\s+withdrawn)")
