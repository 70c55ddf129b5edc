"""``assay post``: posts a day, week or month to a chat, each paper once."""

from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli import Json, Reader, Session, app, session
from assay.cli.issue import Issue, Whose, is_trouble, patience_of, read_issue
from assay.papers.text import counted

if TYPE_CHECKING:
    from assay.publish.letter import Letter
    from assay.sending.chat import Chat, PostReport


@app.command()
def post(
    context: typer.Context,
    day: Annotated[
        str, typer.Argument(metavar="[DAY]", help="2025-02-26, today, yesterday; a week 2025-W09, a month 2025-02.")
    ] = "today",
    to: Annotated[list[str] | None, typer.Option("--to", help="Chat, by its name in the settings.")] = None,
    lang: Annotated[
        list[str] | None, typer.Option("--lang", "-l", help="Language to write in; may be given again.")
    ] = None,
    whose: Whose = None,
    again: Annotated[bool, typer.Option("--again", help="Post also what was posted, or may have been.")] = False,
    _reader: Reader = None,
    as_json: Json = False,
) -> None:
    """Post the papers of a day, a week or a month to a chat: Slack, Discord, Matrix, a webhook, and what apprise knows.

    The addresses of chats have secrets in them. They are settings, ``team = "slack://..."`` under ``[chat]``, or
    variables, ASSAY_CHAT_TEAM. A day is cut between papers into posts of the length that the chat takes. No paper is
    posted twice: after a failure the same command goes on with those that were not, and later with those that were
    added since. Exit code 1 says that a post did not arrive, or may not have.
    """
    import json

    here = session(context)
    chats = [_chat(here, name) for name in dict.fromkeys(to or ())]
    if not chats:
        known = ", ".join(sorted(here.settings.chat)) or "none; add one under [chat] in config.toml, or ASSAY_CHAT_TEAM"
        raise ValueError(f"to which chat? give --to NAME (there are: {known})")
    issue = read_issue(here, day, lang, whose)
    if issue.letter is None:
        here.say(f"{issue.empty}, so there is nothing to post")
        if as_json:
            here.json("{}")
        raise typer.Exit(issue.code)
    reports = {chat.name: _post(here, chat, issue, issue.letter, again=again) for chat in chats}
    if as_json:
        fields = {name: [each.model_dump(mode="json") for each in own] for name, own in reports.items()}
        here.json(json.dumps(fields, ensure_ascii=False))
    else:
        for name, own in reports.items():
            for each in own:
                here.out.print(f"{issue.key} to {name}: {_line(each)}", markup=False, soft_wrap=True)
    if any(is_trouble(each.outcome) for own in reports.values() for each in own):
        raise typer.Exit(1)


def _chat(here: Session, name: str) -> "Chat":
    """The chat of that name in the settings.

    Raises:
        ValueError: if there is none, or it cannot be used.
    """
    from assay.sending.chat import Chat

    chats = here.settings.chat
    if name not in chats:
        known = ", ".join(sorted(chats)) or "none"
        # Somebody may have typed an address: it is not repeated, with its secrets.
        shown = f"is called {name!r}" if name.isidentifier() else "goes by what --to was given"
        raise ValueError(f"no chat {shown} (there are: {known}); its address stands under [chat] in config.toml")
    return Chat(name, chats[name], here.settings.timeout)


def _post(here: Session, chat: "Chat", issue: Issue, letter: "Letter", *, again: bool) -> "list[PostReport]":
    from assay.publish.chat import write_posts
    from assay.sending.chat import post_issue

    with here.shelf() as shelf:
        return post_issue(
            shelf,
            chat,
            issue.key,
            issue.languages,
            lambda fits, but: write_posts(letter, fits, but),
            patience_of(here),
            again=again,
        )


def _line(report: "PostReport") -> str:
    """What came of a post, in words."""
    words = [f"{counted(len(report.papers), 'paper')} {report.outcome.value}"] if report.papers else []
    words += ["one was too long and is shortened"] if report.shortened else []
    return "; ".join([*words, *filter(None, [report.message])])
