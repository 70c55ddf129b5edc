"""Authors in BibTeX's form: who is a person and what is a team, where a family name begins, who else there is."""

import pytest

from assay.publish.bibtex.authors import author_field, family_name


@pytest.mark.parametrize(
    ("names", "field"),
    [
        (["Ada Example", "Ben Sample"], "Ada Example and Ben Sample"),
        (["Toy Team", ":", "Ada Example"], "{Toy Team} and Ada Example"),
        (["Toy Team: Ada Example"], "{Toy Team} and Ada Example"),
        (["Toy Team:", "Ada Example"], "{Toy Team} and Ada Example"),
        (["Gullwing Contributors"], "{Gullwing Contributors}"),
        (["The Lake"], "{The Lake}"),
        (["Lake AI", "Bo Ai"], "{Lake AI} and Bo Ai"),
        (["Institute of Toys and Lakes"], "{Institute of Toys and Lakes}"),
        (["Toys & Lakes"], r"{Toys \& Lakes}"),
        (["Toys, Lakes, and Gulls"], "{Toys, Lakes, and Gulls}"),
        (["And Toy Jr.", "Ada AND"], "{And Toy Jr.} and {Ada AND}"),
        (["Toy Lab (Lake City)"], "{Toy Lab (Lake City)}"),
        (["장난감 연구팀"], "{장난감 연구팀}"),
        (["Ada Example and Ben Sample"], "Ada Example and Ben Sample"),
        (["Ada Example", "et al."], "Ada Example and others"),
        (["Ada Example et al"], "Ada Example and others"),
        (["Ada Example", "and others", "Ben Sample"], "Ada Example and Ben Sample and others"),
        (["Ada Example, et al."], "Ada Example and others"),
        (["et al."], ""),
        (["others"], ""),
        (["Ada Example", "others"], "Ada Example and others"),
        (["Ada Others"], "Ada Others"),
        (["Ada Example (Toy Lab)", "Hai (Helen) Example"], "Ada Example and Hai (Helen) Example"),
        ([], ""),
        (["Ada Brothers"], "Ada Brothers"),
        (["Ludwig van der Toy"], "Ludwig van der Toy"),
        (["Ludwig van der Toy Jr."], "van der Toy, Jr., Ludwig"),
        (["Ada Example, Jr."], "Example, Jr., Ada"),
        (["Ada B. Example III"], "Example, III, Ada B."),
        (["Example, Ada"], "Example, Ada"),
        (["van der Toy, Ada"], "van der Toy, Ada"),
        (["Ada Example, Ben Sample"], "{Ada Example, Ben Sample}"),
        (["jing Example"], "{jing} Example"),
        (["von Toy"], "von Toy"),
        (["Gullwing"], "Gullwing"),
        (["Émile Łapiński", r"Erd\H{o}s~Toy"], r"{\'E}mile {\L}api{\'n}ski and Erd{\H{o}}s Toy"),
        (["Đặng Ếch"], r"{\DJ}{\d{ă}}ng {\'{Ê}}ch"),
        (["김철수", "김 철수", "例 子"], "김철수 and {김 철수} and {例 子}"),
        (["Ада Пример"], "Ада Пример"),
    ],
)
def test_authors(names: list[str], field: str) -> None:
    assert author_field(names) == field


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Ada Example", "example"),
        ("Ada Example Jr.", "example"),
        ("Example, Ada", "example"),
        ("van der Toy, Ada", "toy"),
        ("Ludwig van der Toy", "toy"),
        ("Łukasz Łapiński-Øre", "lapinskiore"),
        ("Jürgen Groß", "gross"),
        (r"Paul Erd\H{o}s", "erdos"),
        ("Marc O'Toy", "otoy"),
        ("Toy Team", "toyteam"),
        ("김철수", ""),
        ("例子", ""),
        ("Ада Пример", ""),
        ("عادل مثال", ""),
        (":", ""),
    ],
)
def test_family_names_in_keys(name: str, key: str) -> None:
    assert family_name([name]) == key
