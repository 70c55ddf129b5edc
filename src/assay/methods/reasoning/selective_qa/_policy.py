"""Policies: what was learnt about a threshold, as a function that answers or keeps silent."""

from dataclasses import dataclass

ABSTAIN = None
"""What a policy gives in place of an answer."""


@dataclass(frozen=True)
class Policy:
    """Answers where confidence is at least the threshold; made by `SelectiveReport.to_policy`."""

    threshold: float
    """Infinite, where it is best never to answer."""
    odds: float
    """What a wrong answer costs, of what a right one earns."""
    budget: int
    """Tokens of thinking that the threshold was chosen for: confidence under another budget is another one."""
    utility: float
    """By question, where it was chosen: a little more than what new questions will give."""

    def __call__(self, answer: str, confidence: float) -> str | None:
        """The answer, or `ABSTAIN`.

        Raises:
            ValueError: The confidence is no probability.
        """
        if not 0 <= confidence <= 1:
            raise ValueError(f"confidence is {confidence}: give a probability within [0, 1]")
        return answer if answer and confidence >= self.threshold else ABSTAIN
