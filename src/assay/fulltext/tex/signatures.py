"""Which arguments of LaTeX's commands and environments are no text, so that no length, colour or key is read as one.

A signature has a letter for each argument: ``m`` in braces, ``o`` in square brackets that may be absent, ``p`` in
round brackets that may be absent, and ``n`` a number or length without any.
"""

import re
from typing import Final

CITATIONS: Final = re.compile(r"[Cc]ite|(?:paren|foot|text|auto|full|short|no)cite|Parencite|Textcite|Autocite")

_RULES = {
    "cline": "m", "cmidrule": "opm", "specialrule": "mmm", "addlinespace": "o", "toprule": "o", "midrule": "o",
    "bottomrule": "o", "Xhline": "m", "Xcline": "mm", "hhline": "m", "cdashline": "mo", "hdashline": "o",
    "noalign": "m", "hlineB": "m", "clineB": "mm", "arrayrulecolor": "om",
    "doublerulesepcolor": "om", "rowcolor": "omoo", "rowcolors": "ommm", "cellcolor": "om",
    "columncolor": "omoo", "tabucline": "om", "firsthline": "o", "lasthline": "o", "SetHline": "om", "SetVline": "om",
    "SetRow": "om", "SetRows": "om", "SetColumn": "om", "hborder": "m", "vborder": "m", "RowStyle": "om",
    "arraycolor": "om", "Hline": "o", "specialcell": "o", "extracolsep": "m",
}  # fmt: skip
_CELLS = {
    "multicolumn": "mm", "multirow": "omomo", "multirowcell": "moo", "multirowthead": "moo", "makecell": "o",
    "thead": "o", "shortstack": "o", "rothead": "o", "Block": "omo", "SetCell": "om", "makebox": "oo", "framebox": "oo",
    "parbox": "ooom", "raisebox": "moo", "resizebox": "mm", "rotatebox": "om", "adjustbox": "m", "trimbox": "m",
    "clipbox": "m", "scalebox": "mo", "smash": "o", "tnote": "m", "tmark": "o", "tablenotemark": "m",
    "tablefootmark": "m", "fcolorbox": "ommm", "colorbox": "om", "turnbox": "m",
}  # fmt: skip
_REFERENCES = {
    "ref": "m", "cref": "m", "Cref": "m", "autoref": "m", "eqref": "m", "pageref": "m", "nameref": "m", "subref": "m",
    "vref": "m", "Vref": "m", "crefrange": "mm", "Crefrange": "mm", "labelcref": "m", "labelcpageref": "m",
    "cpageref": "m", "namecref": "m", "nameCref": "m", "namecrefs": "m", "fullref": "m", "Autoref": "m",
    "label": "m", "hypertarget": "m", "hyperlink": "m", "hyperref": "o", "href": "om", "index": "m",
    "bibliography": "m", "bibliographystyle": "m", "addbibresource": "om", "printbibliography": "o",
    "setcitestyle": "m", "defcitealias": "mm", "citestyle": "m", "phantomsection": "",
}  # fmt: skip
_LAYOUT = {
    "includegraphics": "oom", "graphicspath": "m", "input": "m", "include": "m", "includepdf": "om", "vspace": "m",
    "rule": "omm", "setlength": "mm", "addtolength": "mm", "settowidth": "mm", "settoheight": "mm", "setstretch": "m",
    "linespread": "m", "stepcounter": "m", "refstepcounter": "m", "newlength": "m", "newdimen": "m", "newskip": "m",
    "newcount": "m", "newsavebox": "m", "newcounter": "mo", "counterwithin": "omm", "counterwithout": "omm",
    "numberwithin": "omm", "captionsetup": "om", "hypersetup": "m", "usepackage": "omo", "RequirePackage": "omo",
    "PassOptionsToPackage": "mm", "documentclass": "omo", "pagestyle": "m", "thispagestyle": "m", "pagenumbering": "m",
    "fancyhf": "om", "fancyhead": "om", "fancyfoot": "om", "addcontentsline": "mmm", "addtocontents": "mm",
    "pagecolor": "om", "linebreak": "o", "nolinebreak": "o", "pagebreak": "o", "nopagebreak": "o",
    "enlargethispage": "m", "needspace": "m", "Needspace": "m", "balance": "", "selectfont": "", "usefont": "mmmm",
    "fontfamily": "m", "fontseries": "m", "fontshape": "m", "hyphenation": "m", "geometry": "m", "newgeometry": "m",
    "setlist": "om", "setenumerate": "om", "setitemize": "om", "titleformat": "momm", "titlespacing": "mmmm",
    "floatname": "mm", "floatstyle": "m", "newfloat": "mmm", "DeclareCaptionFormat": "mm", "newtheorem": "momo",
    "declaretheorem": "om", "theoremstyle": "m", "newtheoremstyle": "mmmmmmmmm", "crefname": "mmm", "Crefname": "mmm",
    "creflabelformat": "mm", "selectlanguage": "om", "foreignlanguage": "om", "CJKfamily": "m", "setCJKmainfont": "om",
    "setmainfont": "omo", "setsansfont": "omo", "setmonofont": "omo", "usetikzlibrary": "m", "tikzset": "m",
    "pgfplotsset": "m", "tcbset": "m", "tcbuselibrary": "m", "newtcolorbox": "omoom", "newmdenv": "om",
    "mdfsetup": "m", "lstset": "m", "lstdefinestyle": "mm", "lstdefinelanguage": "omom", "lstinputlisting": "om",
    "inputminted": "omm", "usemintedstyle": "om", "setminted": "om", "algrenewcommand": "mm", "SetKwInput": "mm",
    "SetKwInOut": "mm", "SetKw": "mm", "SetKwFunction": "mm", "SetKwComment": "mmm", "SetKwProg": "mmmm",
    "SetAlFnt": "m", "algdef": "m", "makeatletter": "", "makeatother": "", "footnotemark": "o", "tag": "m",
    "todo": "om", "missingfigure": "om", "DeclareGraphicsExtensions": "m", "DeclareGraphicsRule": "mmmm",
    "DeclareUnicodeCharacter": "mm", "DeclareFontShape": "mmmmmm", "SetSymbolFont": "mmmmm",
    "DeclareSymbolFont": "mmmmm", "DeclareMathSymbol": "mmmm", "DeclareMathAlphabet": "mmmmm", "urlstyle": "m",
    "newacro": "mom", "acro": "mom", "acrodef": "mom", "newacronym": "ommm", "newabbreviation": "ommm",
    "DeclareAcronym": "mm", "newglossaryentry": "mm", "acroplural": "momm", "acresetall": "", "glsresetall": "",
    "glsreset": "m", "glsunset": "m", "acreset": "m", "acused": "m", "glsadd": "m", "printglossary": "o",
    "printglossaries": "", "printacronyms": "o", "printnomenclature": "o", "setacronymstyle": "m", "acsetup": "m",
    "makeglossaries": "", "glsdisablehyper": "", "verbatiminput": "m", "newunicodechar": "mm",
    "subfileinclude": "m", "includeonly": "m", "AtBeginDocument": "m", "AtEndDocument": "m", "AtBeginEnvironment": "mm",
    "AtEndEnvironment": "mm", "BeforeBeginEnvironment": "mm", "AfterEndEnvironment": "mm", "pretocmd": "mmmm",
    "apptocmd": "mmmm", "patchcmd": "mmmmm", "allowdisplaybreaks": "o", "sethlcolor": "m", "setul": "mm",
    "NiceMatrixOptions": "m", "SetTblrInner": "om", "SetTblrOuter": "om", "UseTblrLibrary": "m",
    "SetTblrTemplate": "mm", "DefTblrTemplate": "mmm",
    "tablewidth": "m", "tabletypesize": "m", "tablecolumns": "m", "setcopyright": "m",
    "copyrightyear": "m", "acmYear": "m", "acmDOI": "m", "acmISBN": "m", "acmConference": "ommm", "acmBooktitle": "m",
    "acmPrice": "m", "acmJournal": "m", "acmVolume": "m", "acmNumber": "m", "acmArticle": "m", "acmMonth": "m",
    "acmSubmissionID": "m", "ccsdesc": "om", "received": "om", "orcid": "m", "orcidlink": "m", "authornote": "m",
    "vldbdoi": "m", "vldbpages": "m", "vldbvolume": "m", "vldbissue": "m", "vldbyear": "m", "vldbauthors": "m",
    "vldbtitle": "m", "vldbpagestyle": "m", "vldbavailabilityurl": "m", "value": "m", "pgfmathsetmacro": "mm",
    "pdfinfo": "m", "pdfoutput": "n", "pdfbookmark": "omm", "belowpdfbookmark": "mm", "markboth": "mm",
    "markright": "m", "titlerunning": "m", "authorrunning": "m", "shorttitle": "m", "runningtitle": "m",
    "runningauthor": "m", "icmltitlerunning": "m", "mlsystitlerunning": "m", "keywords": "om", "newblock": "",
    "bibitem": "om", "arraybackslash": "", "columnbreak": "o", "shortcites": "m", "minitoc": "", "dominitoc": "",
}  # fmt: skip
_AUTHORS = {
    "author": "om", "date": "m", "icmlauthor": "mm", "icmlaffiliation": "mm", "icmlcorrespondingauthor": "mm",
    "mlsysauthor": "mm", "mlsysaffiliation": "mm", "mlsyscorrespondingauthor": "mm", "affiliation": "om", "email": "om",
    "institute": "om", "address": "om", "affil": "om", "IEEEauthorblockN": "m", "IEEEauthorblockA": "m",
    "aistatsauthor": "m", "aistatsaddress": "m", "icmlkeywords": "m", "mlsyskeywords": "m", "inst": "m",
}  # fmt: skip

SKIPPED: Final = _RULES | _CELLS | _REFERENCES | _LAYOUT | _AUTHORS
"""The arguments of a command that are no text; what follows them is text again."""

RULES: Final = frozenset(_RULES)
"""Commands between the rows of a table."""

AUTHORS: Final = re.compile(r"[a-z]{3,}(?:author|authors|address|affiliation|affil|email|institution)")
"""Commands of conferences' styles that have the authors."""

TITLES: Final = re.compile(
    r"(?!make|sub|short|running|section|chapter|page|part|alt|toc|the(?!sis)|old|book)[A-Za-z]{2,}title"
)
"""Commands of conferences' styles that have the title."""

REGISTERS: Final = frozenset(
    """vskip hskip kern mkern mskip penalty parskip parindent baselineskip lineskip tabcolsep arraycolsep textwidth
    textheight columnwidth columnsep linewidth hsize vsize topmargin oddsidemargin evensidemargin headheight headsep
    footskip topskip abovecaptionskip belowcaptionskip abovedisplayskip belowdisplayskip abovedisplayshortskip
    belowdisplayshortskip textfloatsep floatsep intextsep dbltextfloatsep dblfloatsep leftskip rightskip parfillskip
    looseness tolerance pretolerance emergencystretch hyphenpenalty exhyphenpenalty widowpenalty clubpenalty
    displaywidowpenalty interlinepenalty brokenpenalty hfuzz vfuzz hbadness vbadness hangindent hangafter
    arrayrulewidth doublerulesep extrarowheight aboverulesep belowrulesep heavyrulewidth lightrulewidth cmidrulewidth
    fboxsep fboxrule itemsep parsep topsep partopsep leftmargin rightmargin labelsep labelwidth listparindent
    dashlinedash dashlinegap interfootnotelinepenalty binoppenalty relpenalty predisplaypenalty postdisplaypenalty
    everypar marginparwidth marginparsep footnotesep jot delimitershortfall multicolsep columnseprule
    algomargin skip footins bibsep LTpre LTpost LTleft LTright tabrowsep spaceskip xspaceskip""".split()
)
"""Lengths and numbers of TeX, which stand there with a value: ``\\parskip=4pt``, ``\\vskip 6pt``."""

COMPUTED: Final = {
    "fpeval": "m", "inteval": "m", "numexpr": "n", "dimexpr": "n", "pgfmathparse": "m", "pgfmathprintnumber": "om",
    "pgfmathresult": "", "csvautotabular": "om", "csvautobooktabular": "om", "csvautolongtable": "om",
    "csvreader": "ommm", "pgfplotstabletypeset": "om", "DTLdisplaydb": "om", "DTLforeach": "omm", "directlua": "m",
    "Sexpr": "m", "arabic": "m", "Alph": "m", "alph": "m", "roman": "m", "Roman": "m",
}  # fmt: skip
"""Commands whose text TeX would compute, or fetch out of a data file."""

ENVIRONMENTS: Final = {
    "minipage": "ooom", "wrapfigure": "omom", "wraptable": "omom", "figure": "o", "figure*": "o", "table": "o",
    "table*": "o", "sidewaystable": "o", "sidewaystable*": "o", "sidewaysfigure": "o", "SCfigure": "oo",
    "SCtable": "oo",
    "adjustbox": "m", "multicols": "m", "multicols*": "m", "paracol": "om", "array": "om", "tabular": "om",
    "tabular*": "mom", "tabularx": "mom", "itemize": "o", "enumerate": "o", "description": "o", "compactitem": "o",
    "compactenum": "o", "tcolorbox": "o", "mdframed": "o", "subfigure": "om", "subtable": "om", "subfigure*": "om",
    "subtable*": "om", "algorithm": "o", "algorithm*": "o", "algorithmic": "o", "algorithm2e": "o", "alignat": "m",
    "alignat*": "m", "alignedat": "m", "list": "mm", "spacing": "m", "CJK": "omm", "CJK*": "omm", "otherlanguage": "m",
    "otherlanguage*": "m", "threeparttable": "o", "measuredfigure": "o", "tablenotes": "o", "sideways": "",
    "turn": "m", "rotate": "m", "landscape": "", "subequations": "", "adjustwidth": "mm", "lrbox": "m",
    "acronym": "o", "thebibliography": "m", "strip": "o", "refsection": "o",
    "floatrow": "o", "subfloatrow": "o", "wrapfloat": "momom", "addmargin": "om", "overpic": "om", "resizebox": "mm",
    "scaletab": "m", "aligned": "o", "split": "", "gathered": "o", "cases": "", "frame": "o", "fminipage": "om",
    "colorbox": "om", "varwidth": "om", "minted": "om", "lstlisting": "o", "Verbatim": "o", "tabbing": "",
    "appendices": "", "ThreePartTable": "o", "TableNotes": "o", "shaded": "o", "keywords": "", "restatable": "omm",
}  # fmt: skip
"""The arguments of an environment that are no text."""
