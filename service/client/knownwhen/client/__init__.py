"""Client of a Knownwhen service: views at any reading, lists, archives of series, and writes that are safe to retry."""

from knownwhen.client.answers import Answer, Table, Written
from knownwhen.client.archive import Archive, Snapshot, Step
from knownwhen.client.clients import AsyncKnownwhen, Knownwhen
from knownwhen.client.exchange import Retries
from knownwhen.client.problems import KnownwhenError, Problem, Unreachable

__all__ = [
    "Answer",
    "Archive",
    "AsyncKnownwhen",
    "Knownwhen",
    "KnownwhenError",
    "Problem",
    "Retries",
    "Snapshot",
    "Step",
    "Table",
    "Unreachable",
    "Written",
]
