"""Forms of agents and workflows: all that is wrong is told at once, by kind and line, and nothing else is let in."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.methods.agents.zero_code_agents import (
    KINDS,
    FormError,
    Key,
    Known,
    Output,
    read_agents,
    read_forms,
    read_workflow,
)
from assay.methods.agents.zero_code_agents._samples import AGENTS, WORKFLOW
from assay.methods.agents.zero_code_agents._xml import find_form

KNOWN = Known({"librarian": "finds books"}, {"look_up": "Look a word up."}, ("large",))
TOOL = "<description>checks"


def with_tool(name: str, arguments: str, category: str = "new") -> str:
    """An agent's tool, before its description."""
    example = f"<example><arguments>{arguments}</arguments></example>" if arguments else ""
    tool = f"<name>{name}</name><description>x</description>{example}"
    return f'<tools><tool category="{category}">{tool}</tool></tools>{TOOL}'


FAULTS = (
    ("xml", "</events>", "</event>", "</events>", "it is no XML: mismatched tag"),
    ("xml", "writes answers", "writes &answers;", "writes answers", "it is no XML: undefined entity"),
    ("xml", "writes answers", "\ud800", "writes answers", "half a letter"),
    ("xml", "writes answers", "<a>" * 20, "writes answers", "more than 16 deep"),
    ("doctype", "<workflow>", "<!DOCTYPE workflow><workflow>", "<workflow>", "it has a document type"),
    ("missing", "<task>Check the answer.</task>", "<task> </task>", "<task>Check", "<task> of <event> is empty"),
    ("missing", "<listen><event>write</event></listen>", "", "<name>check</name>", "<event> lacks <listen>"),
    ("missing", TOOL, with_tool("zap", ""), TOOL, "at least one <example>"),
    ("missing", TOOL, with_tool("zap", "[1"), TOOL, "is no JSON"),
    ("missing", TOOL, with_tool("zap", "[1]"), TOOL, "is a JSON object"),
    ("unknown", "<task>Check", "<note/><task>Check", "<task>Check", "<event> has no <note>"),
    ("unknown", "<inputs><input><key>draft", "<inputs>x<input><key>draft", "<key>draft</key></input>", "no text"),
    ("unknown", 'new">\n<name>checker', 'big">\n<name>checker', "<name>checker<", "and not 'big'"),
    ("unknown", "<listen><event>write", '<listen retrigger="no"><event>write', "<event>write<", "all or any"),
    ("unknown", "<listen><event>write", '<listen at="1"><event>write', "<event>write<", "no attribute 'at'"),
    ("name", "<name>write</name>", "<name>to write</name>", "<name>write<", "'to write' is no name of an event"),
    ("name", "<key>draft</key><des", "<key>input</key><des", "<key>draft</key><des", "'input' is no name"),
    ("name", "<name>checked_answer", '<name>a"""\nimport os', "<workflow>", "is no name of a form"),
    ("duplicate", "<name>check</name>", "<name>write</name>", "<name>check<", "there are two called write"),
    ("start", "<name>on_start</name>", "<name>start</name>", "<name>on_start<", "there is no event on_start"),
    ("start", "<inputs>", "<task>x</task><inputs>", "<inputs>", "on_start has no <task>"),
    ("listen", "<listen><event>on_start", "<listen><event>check", "<name>write<", "listens to check"),
    ("inputs", "<listen>", "<listen><event>on_start</event>", "<name>write<", "has 1 inputs and listens to 2"),
    ("inputs", "<input><key>draft", "<input><key>text", "<key>draft</key></input>", "none of what write gives"),
    ("results", "<type>GOTO</type><value>write</value>", "<type>RESULT</type>", "<key>trouble<", "has 2 outputs"),
    ("condition", "<condition>the answer is good</condition>", "", "<key>answer</key>\n<desc", "no condition"),
    ("action", "<type>GOTO</type>", "<type>GO_TO</type>", "<key>trouble<", "is RESULT, GOTO or ABORT"),
    ("action", "<value>write</value>", "<value>on_start</value>", "<key>trouble<", "goes to on_start"),
    ("action", "<value>write</value>", "", "<key>trouble<", "goes to no event"),
    ("action", "<type>GOTO</type>", "<type>ABORT</type>", "<key>trouble<", "goes nowhere"),
    ("agent", "<agent><name>writer", "<agent><name>poet", "<name>write<", "done by poet"),
    ("agent", TOOL, f"<model>huge</model>{TOOL}", "<name>checker<", "no model huge: there are large"),
    ("tool", TOOL, with_tool("look_up", "{}"), TOOL, "has the name of one that there is"),
    ("tool", TOOL, with_tool("zap", "", "existing"), TOOL, "there is no tool zap: there are look_up"),
    ("variable", "You check the", "You check for {whom} the", "<name>checker<", "a place for whom"),
    ("variable", "Check the answer.", "Check {answer}.", "<name>check<", "a place for answer"),
    ("output", "<system_output><key>answer", "<system_output><key>reply", "<system_output>", "no event has"),
)
"""Kind, what stands in the form, what is put there, where it is told, and words of that."""


def test_forms_are_read_as_they_are_written() -> None:
    assert read_workflow(WORKFLOW).to_xml() == WORKFLOW
    assert read_agents(AGENTS).to_xml() == AGENTS
    answer = f"Here it is:\n```xml\n{WORKFLOW}\n```\nDone."
    assert read_workflow(find_form(answer, "workflow")) == read_workflow(WORKFLOW)


@pytest.mark.parametrize(("kind", "old", "new", "at", "words"), FAULTS)
def test_a_fault_is_told_by_kind_and_line(kind: str, old: str, new: str, at: str, words: str) -> None:
    assert old in WORKFLOW
    line = WORKFLOW[: WORKFLOW.index(at) + 1].count("\n") + 1
    with pytest.raises(FormError) as raised:
        read_workflow(WORKFLOW.replace(old, new, 1), known=KNOWN, file="form.xml")
    matching = [each for each in raised.value.faults if each.kind == kind and words in each.words]
    assert matching, raised.value
    assert abs(matching[0].line - line) <= 1  # of an element that holds the words, or the line itself
    assert f"form.xml:{matching[0].line}: " in str(raised.value)


def test_every_kind_of_fault_is_tried_and_all_are_told_at_once() -> None:
    assert {case[0] for case in FAULTS} == set(KINDS)
    wrong = (
        WORKFLOW.replace("<name>writer</name>", "<name></name>", 1).replace("GOTO", "JUMP").replace(">answer<", ">a b<")
    )
    with pytest.raises(FormError) as raised:
        read_workflow(wrong)
    assert {"missing", "action", "name", "agent"} <= {each.kind for each in raised.value.faults}
    assert [each.line for each in raised.value.faults] == sorted(each.line for each in raised.value.faults)


def test_a_goto_to_an_event_whose_inputs_may_not_be_there_is_refused() -> None:
    form = read_workflow(WORKFLOW)
    write, check = form.events[1:]
    other = replace(write, name="other", outputs=(Output("second"),))
    ways = (Output("third", condition="it is so"), Output("jump", "", "GOTO", "check", "it is not"))
    both = replace(check, listen=("write", "other"), inputs=(Key("draft"), Key("second")))
    early = replace(write, name="early", outputs=ways)
    with pytest.raises(FormError, match="goes to check, but other, which that needs, may not have run"):
        read_workflow(replace(form, events=(form.events[0], write, other, early, both)).to_xml())


def test_entities_are_not_defined_and_nothing_is_fetched(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hidden")
    for entity in ('<!ENTITY a "aaaa">', f'<!ENTITY a SYSTEM "file://{tmp_path}/secret">'):
        text = f"<!DOCTYPE workflow [{entity}]>{WORKFLOW.replace('writes answers', '&a;')}"
        with pytest.raises(FormError, match="document type") as raised:
            read_workflow(text)
        assert "hidden" not in str(raised.value)
    with pytest.raises(FormError, match="has at most"):
        read_workflow(" " * (1 << 20) + WORKFLOW)


def test_of_a_folder_what_is_right_is_read_and_the_rest_is_told(tmp_path: Path) -> None:
    (tmp_path / "good.xml").write_text(WORKFLOW)
    (tmp_path / "team.xml").write_text(AGENTS)
    (tmp_path / "bad.xml").write_text(WORKFLOW.replace("GOTO", "JUMP"))
    (tmp_path / "bytes.xml").write_bytes(b"\xff\xfe\xff")
    (tmp_path / "other.xml").write_text("<html/>")
    forms, refused = read_forms(tmp_path)
    assert set(forms) == {"good.xml", "team.xml"}
    assert [Path(each.file).name for each in refused] == ["bad.xml", "bytes.xml", "other.xml"]
    assert f"{tmp_path}/bad.xml:44: the action of output trouble" in str(refused[0])


@given(st.text(max_size=60), st.integers(0, len(WORKFLOW)), st.integers(0, 40))
def test_whatever_is_changed_a_form_is_read_or_refused_in_words(text: str, start: int, length: int) -> None:
    try:
        form = read_workflow(WORKFLOW[:start] + text + WORKFLOW[start + length :])
    except FormError as error:
        refused = error.faults
    else:
        refused = ()
        assert read_workflow(form.to_xml()) == form
    assert all(each.kind in KINDS and each.line >= 1 and each.words for each in refused)
