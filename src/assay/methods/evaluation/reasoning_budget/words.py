"""Lists of common words by what they name, for puzzles; any other lists will do as well."""

LISTS: dict[str, tuple[str, ...]] = {
    name: tuple(words.split())
    for name, words in {
        "country": (
            "Albania Algeria Angola Armenia Austria Bahrain Belgium Belize Benin Bolivia Brazil Bulgaria Burundi "
            "Cameroon Canada Chad Chile China Colombia Croatia Cuba Cyprus Denmark Ecuador Egypt Estonia Fiji Finland "
            "France Gabon Georgia Germany Ghana Greece Guinea Guyana Haiti Hungary Iceland India Indonesia Iran Iraq "
            "Ireland Israel Italy Jamaica Japan Jordan Kenya Kuwait Laos Latvia Lebanon Libya Lithuania Malawi "
            "Malaysia Mali Malta Mexico Moldova Mongolia Morocco Namibia Nepal Niger Nigeria Norway Oman Pakistan "
            "Panama Paraguay Peru Poland Portugal Qatar Romania Russia Rwanda Samoa Senegal Serbia Singapore Slovakia "
            "Slovenia Somalia Spain Sudan Sweden Syria Thailand Togo Tonga Tunisia Turkey Uganda Ukraine Uruguay "
            "Vietnam Yemen Zambia Zimbabwe"
        ),
        "animal": (
            "adder ant ape bat bear beaver bee bison boar buffalo bull calf camel carp cat cobra cod cow coyote crab "
            "crane cricket crow cub deer dingo dog dolphin donkey dove duck eagle eel elk emu ewe falcon ferret finch "
            "flea fly fox frog gecko giraffe gnat goat goose gorilla grouse gull hare hawk hen heron hornet horse "
            "hyena ibex iguana jackal jaguar kiwi koala lamb lark lemur leopard lion lizard llama lobster lynx magpie "
            "mole monkey moose moth mouse mule newt octopus orca oriole otter owl ox panda panther parrot pig pigeon "
            "pike pony puma python quail rabbit ram rat raven rhino robin salmon seal shark sheep shrew shrimp skunk "
            "sloth slug snail snake sparrow spider squid stag stork swan tapir termite tern tiger toad trout tuna "
            "turkey turtle viper vole wasp weasel whale wolf wombat worm wren yak zebra"
        ),
        "food": (
            "almond apple bacon bagel banana bean beef beet berry biscuit bread broth bun butter cabbage cake candy "
            "carrot celery cereal cheese cherry chili chip chive clove cocoa cookie corn crab cream curry date egg "
            "fig flan flour fudge garlic grape gravy ham honey jam jelly kale lamb leek lemon lentil lettuce lime "
            "mango maple meat melon milk mint muffin mustard nut oat olive onion orange oyster pasta pastry pea peach "
            "pear pecan pepper pickle pie pizza plum pork potato radish raisin rice roll salad salt sauce soup "
            "spinach squash steak stew sugar syrup taco tea thyme toast tomato tuna turnip veal waffle walnut wheat "
            "yam yeast"
        ),
        "part of the body": (
            "ankle arm back beard bone brain brow calf cheek chest chin ear elbow eye face finger foot gum hair hand "
            "head heart heel hip iris jaw kidney knee knuckle lap lash leg lip liver lung mouth nail navel neck nerve "
            "nose palm pore rib scalp shin shoulder skin skull sole spine spleen stomach temple thigh throat thumb "
            "toe tongue tooth torso trunk vein waist wrist"
        ),
        "colour": (
            "amber beige black blue brown coral cream crimson gold green grey indigo ivory lilac maroon mauve navy "
            "ochre olive orange pink plum purple red rose ruby rust silver tan teal violet white yellow"
        ),
        "piece of clothing": (
            "apron belt blazer blouse boot bow bra cap cape cloak coat collar cuff dress gloves gown hat heel hood "
            "jacket jeans kilt lace mask mitten pants parka robe sandal sari sash scarf shawl shirt shoe shorts skirt "
            "slip sock suit sweater tie tights toga tunic tuxedo veil vest"
        ),
        "thing at home": (
            "bath bed bell bin blind book bowl box broom brush bucket can candle carpet chair clock couch cup curtain "
            "desk dish door drawer fan fork glass iron jar kettle key knife ladder lamp lid lock mat mirror mop mug "
            "nail oven pan pen pillow pin plate plug pot rack radio rug sheet shelf shower sink soap sofa spoon stair "
            "stool stove switch table tap tile toaster towel tray tub vase wall window"
        ),
        "tool or vehicle": (
            "anvil axe barge bike boat bolt bus cab canoe car cart chain chisel clamp crane cutter drill ferry file "
            "glider hammer hoe jeep jet kayak lathe lever lorry mallet moped nut oar pick plane plough pump raft rake "
            "saw scooter screw ship shovel sled spade spanner tank taxi tongs train tram truck van wagon wedge wrench "
            "yacht"
        ),
    }.items()
}
