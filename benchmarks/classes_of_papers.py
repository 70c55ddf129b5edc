r"""The classes of documents that the invented papers of `corpus_of_tables` are set in.

Three are imitations of what conferences and publishers hand out, made of ``article``: one column as NeurIPS has it, two
columns as ACL has them, and Springer's journals. The others are the classes themselves, out of TeX Live.
"""

from collections.abc import Callable
from dataclasses import dataclass

_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV", "XVI")


@dataclass(frozen=True)
class Style:
    """A class of documents: how it looks, and the frame around the body of a paper."""

    name: str
    columns: int
    captions_above: bool
    frame: str
    """LaTeX with TITLE, ABSTRACT and BODY to be replaced."""
    number: Callable[[int], str] = str
    """The number that a table's caption gets."""

    def document(self, title: str, abstract: str, body: str, *, small: bool = False) -> str:
        """A whole source; a small one is set in Times, which every reader of PDFs has and the PDF need not."""
        frame = self.frame.replace("PACKAGES", _PACKAGES + (_TIMES if small else ""))
        return frame.replace("TITLE", title).replace("ABSTRACT", abstract).replace("BODY", body)


_PACKAGES = r"\usepackage{booktabs,multirow,amssymb,wrapfig,graphicx,adjustbox}"

_TIMES = r"""
\pdfcompresslevel=9 \pdfobjcompresslevel=2
\usepackage{times}
\pdfmapline{=ptmr8r Times-Roman <8r.enc}\pdfmapline{=ptmb8r Times-Bold <8r.enc}
\pdfmapline{=ptmri8r Times-Italic <8r.enc}\pdfmapline{=ptmbi8r Times-BoldItalic <8r.enc}
\pdfmapline{=pcrr8r Courier <8r.enc}"""

_AUTHOR = r"\author{Ada Example\\ Toy Institute\\ \texttt{ada@toy.example}}"

CLASSES = (
    Style(
        "neurips",
        1,
        captions_above=True,
        frame=r"""\documentclass[10pt]{article}
PACKAGES
\usepackage{times}
\usepackage[letterpaper,textwidth=5.5in,textheight=9in]{geometry}
\makeatletter
\renewcommand{\section}{\@startsection{section}{1}{0pt}{-2ex}{1.5ex}{\large\bfseries\raggedright}}
\renewcommand{\subsection}{\@startsection{subsection}{2}{0pt}{-1.8ex}{0.8ex}{\normalsize\bfseries\raggedright}}
\makeatother
\setlength{\parindent}{0pt}\setlength{\parskip}{5.5pt}\setlength{\abovecaptionskip}{7pt}\setlength{\belowcaptionskip}{7pt}
\begin{document}
\begin{center}\rule{\textwidth}{4pt}\\[12pt]{\LARGE\bfseries TITLE\par}\vspace{10pt}\rule{\textwidth}{1pt}\\[14pt]
\textbf{Ada Example}\\ Toy Institute\end{center}
\begin{center}{\large\bfseries Abstract}\end{center}
\begin{quote}ABSTRACT\end{quote}
BODY
\clearpage
\end{document}
""",
    ),
    Style(
        "acl",
        2,
        captions_above=False,
        frame=r"""\documentclass[11pt,twocolumn]{article}
PACKAGES
\usepackage{times}
\usepackage[a4paper,margin=2.5cm,columnsep=0.6cm]{geometry}
\makeatletter
\renewcommand{\section}{\@startsection{section}{1}{0pt}{-2ex}{1.5ex}{\large\bfseries\raggedright}}
\renewcommand{\subsection}{\@startsection{subsection}{2}{0pt}{-1.8ex}{0.8ex}{\normalsize\bfseries\raggedright}}
\renewcommand{\abstract}{\begin{center}\large\textbf{Abstract}\end{center}\begin{list}{}{\leftmargin12pt\rightmargin12pt}
\item[]\small}
\renewcommand{\endabstract}{\end{list}}
\long\def\@makecaption#1#2{\vskip10pt\small\setbox0\hbox{#1: #2}\ifdim\wd0>\hsize #1: #2\par\else\hbox
to\hsize{\hfil\box0\hfil}\fi}
\makeatother
\title{\textbf{TITLE}}
AUTHOR
\date{}
\begin{document}
\maketitle
\begin{abstract}ABSTRACT\end{abstract}
BODY
\clearpage
\end{document}
""".replace("AUTHOR", _AUTHOR),
    ),
    Style(
        "llncs",
        1,
        captions_above=True,
        frame=r"""\documentclass[runningheads]{llncs}
PACKAGES
\begin{document}
\title{TITLE}
\author{Ada Example\inst{1}\and Ben Sample\inst{2}}
\institute{Toy Institute \email{ada@toy.example}\and Lake Institute}
\maketitle
\begin{abstract}ABSTRACT\keywords{Caches \and Wings}\end{abstract}
BODY
\clearpage
\end{document}
""",
    ),
    Style(
        "ieee",
        2,
        captions_above=True,
        number=lambda number: _ROMAN[number - 1],
        frame=r"""\documentclass[conference]{IEEEtran}
PACKAGES
\begin{document}
\title{TITLE}
\author{\IEEEauthorblockN{Ada Example}\IEEEauthorblockA{Toy Institute\\ ada@toy.example}}
\maketitle
\begin{abstract}ABSTRACT\end{abstract}
BODY
\clearpage
\end{document}
""",
    ),
    Style(
        "springer",
        1,
        captions_above=True,
        frame=r"""\documentclass[10pt]{article}
PACKAGES
\usepackage[a4paper,textwidth=13.5cm,textheight=21cm]{geometry}
\usepackage[font=footnotesize,labelfont=bf,labelsep=space,singlelinecheck=false,skip=3pt]{caption}
\captionsetup[figure]{name=Fig.}
\makeatletter
\renewcommand{\section}{\@startsection{section}{1}{0pt}{-21dd}{10.5dd}{\normalsize\bfseries\boldmath}}
\renewcommand{\subsection}{\@startsection{subsection}{2}{0pt}{-21dd}{10.5dd}{\normalsize\upshape}}
\makeatother
\begin{document}
\noindent{\LARGE\bfseries TITLE\par}\bigskip
\noindent{\bfseries Ada Example}\bigskip

\noindent\textbf{Abstract} ABSTRACT\medskip

\noindent\textbf{Keywords} Caches, wings
BODY
\clearpage
\end{document}
""",
    ),
    Style(
        "acm",
        2,
        captions_above=True,
        frame=r"""\documentclass[sigconf,nonacm]{acmart}
\usepackage{multirow,wrapfig,adjustbox}
\begin{document}
\title{TITLE}
\author{Ada Example}\affiliation{\institution{Toy Institute}\city{Lake}\country{Nowhere}}
\begin{abstract}ABSTRACT\end{abstract}
\maketitle
BODY
\clearpage
\end{document}
""",
    ),
    Style(
        "elsevier",
        1,
        captions_above=True,
        frame=r"""\documentclass[preprint,11pt]{elsarticle}
PACKAGES
\begin{document}
\begin{frontmatter}
\title{TITLE}
\author{Ada Example}\address{Toy Institute}
\begin{abstract}ABSTRACT\end{abstract}
\begin{keyword}caches \sep wings\end{keyword}
\end{frontmatter}
BODY
\clearpage
\end{document}
""",
    ),
    Style(
        "thesis",
        1,
        captions_above=False,
        frame=r"""\documentclass[12pt]{article}
PACKAGES
\usepackage[margin=3cm]{geometry}
\linespread{1.3}
\title{TITLE}
AUTHOR
\begin{document}
\maketitle
\begin{abstract}ABSTRACT\end{abstract}
BODY
\clearpage
\end{document}
""".replace("AUTHOR", _AUTHOR),
    ),
    Style(
        "computer-vision",
        2,
        captions_above=False,
        frame=r"""\documentclass[10pt,twocolumn,letterpaper]{article}
PACKAGES
\usepackage{times}
\usepackage[letterpaper,textwidth=6.875in,textheight=8.875in,columnsep=0.3125in]{geometry}
\usepackage[font=small,labelsep=period]{caption}
\makeatletter
\renewcommand{\section}{\@startsection{section}{1}{0pt}{10pt plus 2pt}{7pt}{\large\bfseries\raggedright}}
\renewcommand{\@seccntformat}[1]{\csname the#1\endcsname.\hskip 0.5em}
\makeatother
\title{\textbf{TITLE}}
AUTHOR
\date{}
\begin{document}
\maketitle
\begin{abstract}ABSTRACT\end{abstract}
BODY
\clearpage
\end{document}
""".replace("AUTHOR", _AUTHOR),
    ),
    Style(
        "mathematics",
        1,
        captions_above=True,
        frame=r"""\documentclass[11pt]{amsart}
PACKAGES
\begin{document}
\title{TITLE}
\author{Ada Example}
\begin{abstract}ABSTRACT\end{abstract}
\maketitle
BODY
\clearpage
\end{document}
""",
    ),
    Style(
        "elsevier-columns",
        2,
        captions_above=True,
        frame=r"""\documentclass[final,5p,times]{elsarticle}
PACKAGES
\begin{document}
\begin{frontmatter}
\title{TITLE}
\author{Ada Example}\address{Toy Institute}
\begin{abstract}ABSTRACT\end{abstract}
\begin{keyword}caches \sep wings\end{keyword}
\end{frontmatter}
BODY
\clearpage
\end{document}
""",
    ),
)

SET_ASIDE = frozenset({"computer-vision", "mathematics", "elsevier-columns"})
"""Classes that the reader of PDFs was not made with in view; it is only measured on them."""
