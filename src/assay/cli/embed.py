"""``assay embed``: makes the embeddings by which phrases find papers that do not have their words."""

from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli import Json, Session, app, session
from assay.papers.models import Noun
from assay.papers.text import counted

if TYPE_CHECKING:
    from assay.papers.models import Paper
    from assay.store import Store


class EmbedReport(Noun):
    """What was embedded."""

    model: str
    """The setting ``embeddings``."""
    papers: int
    """How many papers were read that the model had not read before, or not as they are now."""
    phrases: int
    """The same of the phrases that readers follow."""
    unread: tuple[str, ...] = ()
    """Phrases in Korean, which the model turns out not to know: they are looked for by words alone."""


@app.command()
def embed(
    context: typer.Context,
    papers: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PAPER]...", help="Days, spans of days, ids or links; default all, the latest first."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make embeddings of papers and of the phrases that readers follow, with the model of the setting `embeddings`.

    `--for me` then finds papers by meaning for a phrase whose words no paper has. Each text is read once. Interrupt it
    as you like: what was made is kept, and the next run goes on.
    """
    from assay.cli.embedder import SentenceModel
    from assay.cli.progress import bar
    from assay.reader.nearness import embed as embed_texts
    from assay.reader.vectors import open_vectors

    here = session(context)
    model = here.settings.embeddings
    if not model:
        raise ValueError('embeddings need a model: set embeddings = "all-minilm-l6-v2", or a folder, or a hub\'s id')
    embedder = SentenceModel(model, say=here.say)
    with here.store() as store:
        chosen = _papers(here, store, papers or [])
    with open_vectors(here.settings.vectors_database) as vectors, bar(here, "embed") as progress:
        done = embed_texts(chosen, _phrases(here), embedder, vectors, progress=progress)
    if as_json:
        here.json(EmbedReport(model=model, **done._asdict()).model_dump_json())
        return
    here.out.print(f"embedded: {counted(done.papers, 'paper')}, {counted(done.phrases, 'phrase')}")
    if done.unread:
        known = f"{model} knows no Korean, so that these phrases are looked for by words alone"
        here.say(f"{known}: {', '.join(done.unread)}; a multilingual model would find papers for them")


def _papers(here: Session, store: "Store", words: list[str]) -> "list[Paper]":
    """The papers that are meant, those of the latest days first."""
    from assay.cli.choosing import named_papers

    if words:
        ids = named_papers(here, store, words)
    else:
        days = (day for day, count in reversed(store.days()) if count)
        ids = [sighting.paper for day in days for sighting in store.sightings(day)]
    known = store.papers(dict.fromkeys(ids))
    return [known[key] for key in dict.fromkeys(ids) if key in known]


def _phrases(here: Session) -> list[str]:
    """The phrases of all readers that are wanted."""
    from assay.reader.shelf import open_shelf, reader_names

    found: dict[str, None] = {}
    for name in reader_names(here.settings.readers_database):
        with open_shelf(here.settings.readers_database, name) as shelf:
            found |= dict.fromkeys(phrase.text for phrase in shelf.phrases() if phrase.weight > 0)
    return list(found)
