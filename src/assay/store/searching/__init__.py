"""How texts are cut into tokens, what a reader may type, and which other forms of a word are looked for."""
