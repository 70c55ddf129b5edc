"""What is sent once, and when it may be sent again."""

from collections.abc import Iterator

import pytest

from assay.reader.deliveries import AlreadySentError, PerhapsSentError
from assay.reader.records import DeliveryState
from assay.reader.shelf import Shelf, open_shelf

ISSUE = ("mail", "ada@example.org", "2099-12-02", ("en", "ko"))


@pytest.fixture
def shelf(database: str) -> Iterator[Shelf]:
    with open_shelf(database) as shelf:
        yield shelf


def test_what_was_confirmed_is_sent(shelf: Shelf) -> None:
    with shelf.deliver(*ISSUE) as sending:
        sending.begin()
        sending.confirm()
    (sent,) = shelf.deliveries()
    assert (sent.channel, sent.recipient, sent.issue, sent.languages) == ISSUE
    assert (sent.state, sent.message_id) == (DeliveryState.SENT, sending.message_id)
    with pytest.raises(AlreadySentError), shelf.deliver(*ISSUE):
        pytest.fail("it was sent")


@pytest.mark.parametrize("place", range(4), ids=["channel", "recipient", "issue", "languages"])
def test_another_issue_is_another_delivery(shelf: Shelf, place: int) -> None:
    others = ("chat", "bo@example.org", "2099-W49", ("en",))
    other = [*ISSUE[:place], others[place], *ISSUE[place + 1 :]]
    for each in (ISSUE, other):
        with shelf.deliver(*each) as sending:  # type: ignore[misc,arg-type]
            sending.confirm()
    assert len({each.message_id for each in shelf.deliveries()}) == 2


def test_another_reader_is_sent_her_own(shelf: Shelf, database: str) -> None:
    with shelf.deliver(*ISSUE) as sending:
        sending.confirm()
    with open_shelf(database, "bo") as bo:
        with bo.deliver(*ISSUE) as sending:
            sending.confirm()
        assert len(bo.deliveries()) == 1
    assert len(shelf.deliveries()) == 1


def test_what_fails_before_it_leaves_is_free_again(shelf: Shelf) -> None:
    with pytest.raises(OSError, match="no connection"), shelf.deliver(*ISSUE):
        raise OSError("no connection")
    assert shelf.deliveries() == []
    with shelf.deliver(*ISSUE) as sending:
        sending.confirm()


def test_what_was_refused_is_free_again(shelf: Shelf) -> None:
    with shelf.deliver(*ISSUE) as sending:
        sending.begin()
        sending.release()
    assert shelf.deliveries() == []
    with shelf.deliver(*ISSUE) as sending:
        sending.confirm()


def test_what_broke_off_may_have_arrived(shelf: Shelf) -> None:
    with shelf.deliver(*ISSUE) as sending:
        sending.begin()
    with pytest.raises(PerhapsSentError), shelf.deliver(*ISSUE):
        pytest.fail("it may have arrived")


@pytest.mark.parametrize("state", [DeliveryState.LEAVING, DeliveryState.SENT])
def test_a_second_try_that_is_refused_leaves_what_is_known_of_the_first(shelf: Shelf, state: DeliveryState) -> None:
    with shelf.deliver(*ISSUE) as sending:
        sending.begin()
        if state is DeliveryState.SENT:
            sending.confirm()
    before = shelf.deliveries()
    with shelf.deliver(*ISSUE, again=True):
        pass
    assert shelf.deliveries() == before
    with shelf.deliver(*ISSUE, again=True) as sending:
        sending.begin()
        sending.release()
    assert shelf.deliveries() == before


def test_what_was_sent_is_kept_in_a_file() -> None:
    with (
        open_shelf("sqlite://") as shelf,
        pytest.raises(ValueError, match="a database in memory cannot keep other processes out: give it a file"),
        shelf.deliver(*ISSUE),
    ):
        pytest.fail("nobody keeps others from sending it too")


def test_a_delivery_needs_a_recipient(shelf: Shelf) -> None:
    with pytest.raises(ValueError, match="recipient"):
        shelf.deliver("mail", "", "2099-12-02")
