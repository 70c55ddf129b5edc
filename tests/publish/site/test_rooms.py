"""The methods that are built, and the measurements of them, room by room."""

from assay.papers.catalogue import FOLDER
from assay.publish.site.rooms import measurements_by_room, methods_by_room, room_of, slug
from tests.publish.site.sample import AS_CLAIMED, NOT_SEEN, RISING, SEEN_HERE


def test_every_method_that_is_built_stands_in_its_room() -> None:
    rooms = dict(methods_by_room({"2502.18137": [SEEN_HERE, NOT_SEEN]}))
    assert list(rooms) == sorted(rooms)
    for room, methods in rooms.items():
        folder = FOLDER.parent / "methods" / room
        built = {path.stem for path in folder.iterdir() if not path.stem.startswith("_")}
        assert {method.entry.name for method in methods} == built
    [sparge] = [method for method in rooms["attention"] if method.entry.name == "sparge_attn"]
    assert sparge.module == "assay.methods.attention.sparge_attn"
    assert sparge.measurements == (SEEN_HERE, NOT_SEEN)


def test_measurements_stand_in_the_room_of_their_trial() -> None:
    rooms = measurements_by_room([RISING, SEEN_HERE, AS_CLAIMED, NOT_SEEN])
    assert rooms == [("attention", [SEEN_HERE, NOT_SEEN]), ("reasoning", [RISING, AS_CLAIMED])]
    assert room_of(RISING) == "reasoning"


def test_a_word_in_an_address() -> None:
    assert slug("DIRECTION_SEEN") == slug("direction seen") == "direction-seen"
