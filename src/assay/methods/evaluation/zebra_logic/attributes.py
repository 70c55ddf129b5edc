"""What the people in a puzzle have: for each attribute its values, and how a clue speaks of who has one.

No value stands twice, so that each says by itself which attribute is meant. The first six of an attribute are dealt to
houses; of the names and pets, three more are kept for the example that stands before a puzzle.
"""

ATTRIBUTES: dict[str, tuple[tuple[str, ...], str]] = {
    "Name": (
        ("Alice", "Bruno", "Carla", "David", "Elena", "Felix", "Greta", "Hugo", "Ivan"),
        "{value}",
    ),
    "Pet": (
        ("cat", "dog", "hamster", "parrot", "rabbit", "tortoise", "goldfish", "pony", "ferret"),
        "the person who keeps the {value}",
    ),
    "Drink": (("cocoa", "coffee", "lemonade", "milk", "tea", "water"), "the person who drinks {value}"),
    "Job": (("baker", "lawyer", "nurse", "painter", "pilot", "plumber"), "the person who works as a {value}"),
    "Door": (("blue", "green", "purple", "red", "white", "yellow"), "the person with the {value} door"),
    "Sport": (("cycling", "golf", "hockey", "judo", "rowing", "tennis"), "the person whose sport is {value}"),
    "Music": (("blues", "folk", "jazz", "opera", "soul", "techno"), "the person who listens to {value}"),
    "Month": (("April", "August", "January", "July", "March", "October"), "the person who was born in {value}"),
    "Fruit": (("cherry", "kiwi", "mango", "orange", "pear", "plum"), "the person who likes the {value} best"),
    "Instrument": (("cello", "drum", "flute", "harp", "trumpet", "violin"), "the person who plays the {value}"),
}
