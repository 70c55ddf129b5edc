"""Writes small PDFs byte by byte: text at a place, in one of two fonts, drawn by given operators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """Words on a page, with their lower left corner in points."""

    words: str
    x: float
    y: float
    size: float
    bold: bool = False
    style: str = "0 g"
    """PDF operators for its looks: ``1 1 1 rg`` for white, ``3 Tr`` for invisible."""


def pdf(
    pages: Sequence[Sequence[Text]], *, grounds: Mapping[int, Sequence[str]] | None = None, trailer: str = ""
) -> bytes:
    """A PDF with a page for each list of texts; ``grounds`` are drawn under the texts of a page."""
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{' '.join(f'{5 + 2 * n} 0 R' for n in range(len(pages)))}] >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
    ]
    for number, texts in enumerate(pages):
        content_stream = "\n".join([*(grounds or {}).get(number, ()), *map(_operators, texts)])
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {6 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(content_stream.encode('cp1252'))} >>\nstream\n{content_stream}\nendstream")
    out = bytearray(b"%PDF-1.5\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n".encode("cp1252")
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += "".join(f"{offset:010} 00000 n \n" for offset in offsets).encode()
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def _operators(text: Text) -> str:
    words = text.words.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    font = "F2" if text.bold else "F1"
    return f"q {text.style} BT /{font} {text.size} Tf {text.x} {text.y} Td ({words}) Tj ET Q"
