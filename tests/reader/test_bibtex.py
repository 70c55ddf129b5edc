"""Works out of BibTeX, as reference managers write it."""

import pytest

from assay.reader.bibtex import read_bibtex
from assay.reader.interests import Reference


def test_a_work_is_read() -> None:
    (work,) = read_bibtex(
        r"""@article{toy,
          title = {{KV} Caches f{\"u}r Toys:   $O(n)$ {LLM}s},
          author = {Han, Song and J{\"o}rg {van der Berg} and {OpenAI}},
          abstract = {We fly.}, year = 2099, doi = {https://doi.org/10.1/ToyX}, keywords = {caches; toys},
        }"""
    ).references
    assert work == Reference(
        key="10.1/toyx",
        title="KV Caches für Toys: $O(n)$ LLMs",
        authors=("Song Han", "Jörg van der Berg", "OpenAI"),
        abstract="We fly.",
        year=2099,
        doi="10.1/ToyX",
        tags=("caches", "toys"),
    )


@pytest.mark.parametrize(
    "fields",
    [
        "eprint={2502.18137}, archiveprefix={arXiv}",
        "eprint={2502.18137v2}",
        "eprint={2502.18137}, eprinttype={arxiv}",
        "journal={arXiv preprint arXiv:2502.18137}",
        "url={https://arxiv.org/abs/2502.18137v1}",
        "doi={10.48550/arXiv.2502.18137}",
        "note={arXiv:2502.18137 [cs]}",
    ],
)
def test_the_id_stands_in_any_field(fields: str) -> None:
    (work,) = read_bibtex(f"@misc{{a, title={{A Toy}}, {fields}}}").references
    assert (work.key, work.arxiv_id) == ("2502.18137", "2502.18137")


@pytest.mark.parametrize(
    "fields", ["", "eprint={2502.18137}, archiveprefix={hal}", "note={see arXiv:2502.18137 and more}"]
)
def test_what_has_no_id_has_its_title_as_key(fields: str) -> None:
    (work,) = read_bibtex(f"@misc{{a, title={{A  {{Toy}}: Work!}}, {fields}}}").references
    assert (work.key, work.arxiv_id) == ("a toy work", "")


def test_what_cannot_be_read_is_refused_by_its_line(capfd: pytest.CaptureFixture[str]) -> None:
    text = "@misc{a, title={A}}\n@misc{b, author={Nobody}}\n@misc{a, title={Again}}\n@misc{c, title={C}}\n@broken{\n"
    works = read_bibtex(text)
    assert [work.title for work in works.references] == ["A", "C"]
    assert works.refused == {
        2: "it has no title",
        3: "Duplicate entry key 'a'",
        5: "Unexpectedly reached end of file",
    }
    assert capfd.readouterr() == ("", "")  # the parser has a log of its own


def test_our_own_bibtex_is_read() -> None:
    from assay.papers.catalogue import catalogue
    from assay.publish.bibtex import bibtex_entries

    papers = [entry.paper() for entry in catalogue().values()]
    works = read_bibtex(bibtex_entries(papers))
    assert works.refused == {}
    assert {work.arxiv_id for work in works.references} == {paper.id for paper in papers}
