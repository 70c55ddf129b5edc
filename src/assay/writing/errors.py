"""The ways in which a question to a language model can stay without an answer.

Each is an `EndpointError`: `NoAnswer` for this question alone, by kind, `BudgetSpent` if it would cost too much,
`Denied` if no question will ever be answered.
"""


class EndpointError(ValueError):
    """A question has no answer. The message is one line: address, model, what happened, what to do.

    Attributes:
        reason: what happened and what to do, without address and model, for those who have named them already.
    """

    def __init__(self, reason: str, *, where: str = "") -> None:
        super().__init__(f"{where}: {reason}" if where else reason)
        self.reason = reason


class Denied(EndpointError):  # noqa: N818 - it says what is the matter, as do those below
    """Key, address, model or account are wrong. No question to this endpoint will be answered: stop."""


class BudgetSpent(EndpointError):  # noqa: N818
    """The request was not sent, because it might have cost more than is left."""


class NoAnswer(EndpointError):  # noqa: N818
    """This question has no answer; another may have one.

    Attributes:
        text: what the model wrote, so that a second try can show it its mistake; empty if nothing.
    """

    def __init__(self, reason: str, text: str = "", *, where: str = "") -> None:
        super().__init__(reason, where=where)
        self.text = text


class CutOff(NoAnswer):
    """The model was stopped by the limit on its output, also when it was given more room."""


class Refused(NoAnswer):
    """The model, or a filter before or behind it, would not answer."""


class Empty(NoAnswer):
    """The model ended without an answer, as reasoning models do that only think."""


class WrongShape(NoAnswer):
    """The model wrote something that is not a JSON object of the schema."""


class TooLong(NoAnswer):
    """Question and room for the answer do not fit into the model's context."""


class Unreachable(NoAnswer):
    """The network or the server failed, or the server was busy, for longer than there is patience.

    Attributes:
        busy: whether the server asked for patience.
        wait: seconds that it asked for; ``None`` if it did not say.
        own_fault: whether the server failed over this very question, as far as can be told; it may answer another.
        down: whether it has answered nobody for as long as there is patience, so that nobody should ask any more.
    """

    def __init__(
        self,
        reason: str,
        *,
        where: str = "",
        busy: bool = False,
        wait: float | None = None,
        own_fault: bool = False,
        down: bool = False,
    ) -> None:
        super().__init__(reason, where=where)
        self.busy = busy
        self.wait = wait
        self.own_fault = own_fault
        self.down = down


class NotUnderstood(NoAnswer):
    """The endpoint sent something that is no chat completion, or it did not understand the request."""


class NotRecorded(NoAnswer):
    """Only recorded answers are to be used, and this one is not there."""
