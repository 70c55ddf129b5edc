r"""What the commands of LaTeX stand for as Unicode: symbols, accents, alphabets, raised and lowered characters.

Only what titles, abstracts and summaries use, in the form that prose gives it: ``\sim`` is the ``~`` of "about".
"""

from typing import Final

ACCENTS: Final = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323", "c": "\u0327", "k": "\u0328",
    "b": "\u0331",
}  # fmt: skip
"""The combining characters of accents in prose."""

HATS: Final = {
    "hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303", "bar": "\u0304", "dot": "\u0307",
    "ddot": "\u0308", "vec": "\u20d7", "acute": "\u0301", "grave": "\u0300", "check": "\u030c", "breve": "\u0306",
    "overline": "\u0305", "mathring": "\u030a",
}  # fmt: skip
"""The combining characters of accents in formulas."""

LETTERS: Final = {
    "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "o": "ø", "O": "Ø", "aa": "å", "AA": "Å", "l": "ł", "L": "Ł",
    "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "dj": "đ", "DJ": "Đ", "th": "þ", "TH": "Þ", "ng": "ŋ", "NG": "Ŋ",
}  # fmt: skip
"""Letters of names."""

SYMBOLS: Final = {
    "times": "×", "pm": "±", "mp": "∓", "div": "÷", "cdot": "·", "cdots": "⋯", "ldots": "...", "dots": "...",
    "leq": "≤", "le": "≤", "leqslant": "≤", "lesssim": "≲", "geq": "≥", "ge": "≥", "geqslant": "≥", "gtrsim": "≳",
    "neq": "≠", "ne": "≠", "approx": "≈", "sim": "~", "thicksim": "~", "simeq": "≃", "cong": "≅", "equiv": "≡",
    "propto": "∝", "ll": "≪", "gg": "≫", "infty": "∞", "to": "→", "rightarrow": "→", "longrightarrow": "→",
    "leftarrow": "←", "gets": "←", "Rightarrow": "⇒", "Leftarrow": "⇐", "leftrightarrow": "↔",
    "Leftrightarrow": "⇔", "iff": "⇔", "implies": "⇒", "mapsto": "↦", "uparrow": "↑", "downarrow": "↓",
    "nearrow": "↗", "searrow": "↘", "in": "∈", "notin": "∉", "ni": "∋", "subset": "⊂", "subseteq": "⊆", "supset": "⊃",
    "supseteq": "⊇", "cup": "∪", "cap": "∩", "setminus": "∖", "emptyset": "∅", "varnothing": "∅", "forall": "∀",
    "exists": "∃", "neg": "¬", "lnot": "¬", "land": "∧", "lor": "∨", "wedge": "∧", "vee": "∨", "oplus": "⊕",
    "otimes": "⊗", "odot": "⊙", "circ": "∘", "degree": "°", "textdegree": "°", "star": "⋆", "ast": "*", "dagger": "†",
    "ddagger": "‡", "sum": "∑", "prod": "∏", "int": "∫", "partial": "∂", "nabla": "∇", "ell": "ℓ", "hbar": "ℏ",
    "langle": "⟨", "rangle": "⟩", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "mid": "|", "vert": "|",
    "lvert": "|", "rvert": "|", "Vert": "‖", "lVert": "‖", "rVert": "‖", "parallel": "∥", "perp": "⊥", "prime": "′",
    "colon": ":", "lbrace": "{", "rbrace": "}", "lbrack": "[", "rbrack": "]", "checkmark": "✓", "cmark": "✓",
    "xmark": "✗", "bullet": "•", "textbullet": "•", "S": "§", "P": "¶", "copyright": "©", "textregistered": "®",
    "texttrademark": "™", "pounds": "£", "textsterling": "£", "texteuro": "€", "euro": "€", "textyen": "¥",
    "textdollar": "$", "textpm": "±", "texttimes": "×", "textmu": "µ", "percent": "%", "textpercent": "%",
    "textasciitilde": "~", "textasciicircum": "^", "textbackslash": "\\", "textbar": "|", "textless": "<",
    "textgreater": ">", "lt": "<", "gt": ">", "textquotesingle": "'", "textquoteleft": "‘", "textquoteright": "’",
    "textquotedblleft": "“", "textquotedblright": "”", "textendash": "–", "textemdash": "—", "textunderscore": "_",
    "textbraceleft": "{", "textbraceright": "}", "textbardbl": "‖", "textquotedbl": '"', "textparagraph": "¶",
    "textcopyright": "©", "textperiodcentered": "·", "textexclamdown": "¡", "textquestiondown": "¿", "textcent": "¢",
    "textwon": "₩", "textonequarter": "¼", "textthreequarters": "¾", "textonesuperior": "¹", "texttwosuperior": "²",
    "textthreesuperior": "³", "textellipsis": "...", "LaTeX": "LaTeX", "TeX": "TeX",
    "textminus": "-", "shortminus": "-", "minus": "-", "textdagger": "†", "textdaggerdbl": "‡", "textrightarrow": "→",
    "textleftarrow": "←", "textuparrow": "↑", "textdownarrow": "↓", "textasteriskcentered": "*", "textdiv": "÷",
    "textonehalf": "½", "textperthousand": "‰", "permil": "‰", "textsection": "§", "Uparrow": "⇑", "Downarrow": "⇓",
    "updownarrow": "↕", "blacktriangle": "▲", "blacktriangledown": "▼", "triangledown": "▽", "vartriangle": "△",
    "bigtriangleup": "△", "bigtriangledown": "▽", "triangle": "△", "blacksquare": "■", "bigstar": "★",
    "Checkmark": "✓", "faCheck": "✓", "faTimes": "✗", "XSolidBrush": "✗", "textnumero": "№", "textcelsius": "°C",
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "vartheta": "ϑ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ",
    "pi": "π", "varpi": "ϖ", "rho": "ρ", "varrho": "ϱ", "sigma": "σ", "varsigma": "ς", "tau": "τ", "upsilon": "υ",
    "phi": "ϕ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ",
    "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
"""Signs and Greek letters, by the command's name."""

ABBREVIATIONS: Final = {
    "eg": "e.g.", "ie": "i.e.", "etal": "et al.", "etc": "etc.", "vs": "vs.", "wrt": "w.r.t.", "cf": "cf.",
}  # fmt: skip
"""Commands that the styles of conferences define for every author."""

SPACES: Final = {
    ",": "\u202f", "thinspace": "\u202f", ";": " ", ":": " ", ">": " ", " ": " ", "\\": " ", "quad": " ",
    "qquad": " ", "space": " ", "enspace": " ", "enskip": " ", "newline": " ", "linebreak": " ", "par": " ",
}  # fmt: skip
"""Commands that are white space; the thin one may part the digits of one number."""

NOTHING: Final = frozenset(
    """! / - @ xspace left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr limits nolimits displaystyle
    textstyle scriptstyle nobreakdash nobreak noindent centering small footnotesize tiny large Large bf it em tt sc sl
    rm sf bfseries itshape scshape ttfamily normalfont protect allowbreak""".split()
)
"""Commands that only change how something looks."""

OPERATORS: Final = frozenset(
    """log ln lg exp min max arg argmin argmax sup inf lim sin cos tan cot sec tanh sinh cosh arcsin arccos arctan det
    dim ker Pr gcd mod bmod softmax""".split()
)
"""Functions that formulas set upright."""

STYLES: Final = frozenset(
    """textbf textit textsc textsf texttt textsl textup textrm textmd textnormal text emph mbox hbox underline uline
    uwave ul sout fbox boxed mathrm mathbf mathit mathsf mathtt mathcal mathscr mathfrak mathbb mathds boldsymbol bm
    pmb operatorname mathop mathbin mathrel mathord ensuremath underbrace overbrace textcolor textsuperscript
    textsubscript""".split()
)
"""Commands that show their argument, whatever they make of its looks."""

PROSE_STYLES: Final = frozenset(name for name in STYLES if name.startswith("text")) | {"mbox", "hbox", "emph", "fbox"}
"""Those whose argument is prose even in a formula."""

DOUBLE_STRUCK: Final = {"R": "ℝ", "N": "ℕ", "Z": "ℤ", "Q": "ℚ", "C": "ℂ", "P": "ℙ", "H": "ℍ"}
"""Sets of numbers and the like, as blackboards write them."""

RAISED: Final = dict(
    zip("0123456789+-−=()niTabcdefghjklmoprstuvwxyz", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱᵀᵃᵇᶜᵈᵉᶠᵍʰʲᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻ", strict=True)
)
"""Characters that Unicode has as superscripts."""

LOWERED: Final = dict(zip("0123456789+-−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
"""Characters that Unicode has as subscripts."""
