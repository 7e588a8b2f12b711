"""Actors as the source names them, never a finding about their identity."""

from domain.values.statement import Statement
from domain.values.text_types import Label, Slug


class Actor(Statement, frozen=True, kw_only=True):
    """A group or a person in what is reported.

    `slug` is the name by which other fields (parties, initiator, targets, by) mean this actor.
    `type` is free; the words of a population's status (`state_forces`, `armed_group`,
    `civilian`) are understood, and tell UCDP's type of violence. `side` groups actors
    for a reader; `role` is what the actor did here.
    """

    name: Label
    slug: Slug | None = None
    type: Label | None = None
    side: Label | None = None
    role: Label | None = None
