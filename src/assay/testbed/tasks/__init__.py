"""Synthetic tasks that a tiny model learns in seconds to a minute and that part good methods from bad ones.

A task draws sequences that end in questions; only the answers carry labels. It is harder with more pairs or documents,
with distractors whose keys share a token with the one asked for, and with those nearer to the question than the answer.

In all but `associative_recall` a fact is **one** token that stands for key and value together, and questions name the
key by a token of its own. A model of two layers, 64 wide, then answers 96 % on 16 documents of eight tokens after 300
steps of 32 examples with up to eight questions each, on 3, 6, 10 and 16 documents in turn (24 s on one core of an AMD
EPYC); with key and value in two tokens it was at 37 % on eight pairs after 1,000 steps of 64.
"""

from assay.testbed.tasks.documents import key_value_documents
from assay.testbed.tasks.entities import draw_entities, entity_batches, entity_vocabulary
from assay.testbed.tasks.haystack import needle
from assay.testbed.tasks.marked_facts import MarkedFacts, marked_batches
from assay.testbed.tasks.near_misses import recall_near_misses
from assay.testbed.tasks.recall import associative_recall
from assay.testbed.tasks.stories import finished_stories, running_stories
from assay.testbed.tasks.task import (
    ASK,
    BEGIN,
    DOCUMENT,
    END,
    FIRST,
    IGNORED,
    Batch,
    Parts,
    Task,
    accuracy,
    curriculum,
    held_out_generator,
    step_generator,
)
from assay.testbed.tasks.titled_documents import multi_document_questions

__all__ = [
    "ASK",
    "BEGIN",
    "DOCUMENT",
    "END",
    "FIRST",
    "IGNORED",
    "Batch",
    "MarkedFacts",
    "Parts",
    "Task",
    "accuracy",
    "associative_recall",
    "curriculum",
    "draw_entities",
    "entity_batches",
    "entity_vocabulary",
    "finished_stories",
    "held_out_generator",
    "key_value_documents",
    "marked_batches",
    "multi_document_questions",
    "needle",
    "recall_near_misses",
    "running_stories",
    "step_generator",
]
