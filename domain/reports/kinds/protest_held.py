"""Protests and riots; the case is the form."""

from typing import Annotated, Literal

from domain.reports.kind import Codes, CrosswalkRow, Kind, Report, SlugList
from domain.values.text_types import ClosedList, Label, Slug

ProtestForm = Annotated[str, ClosedList("form of protest", ("peaceful", "intervention", "excessive_force", "violent"))]


class ProtestHeld(Report, frozen=True, kw_only=True):
    """People gathered to protest, peacefully or not."""

    kind: Literal["protest_held"]
    form: ProtestForm | None = None
    """Peaceful; met with an intervention; met with excessive force; or violent itself."""
    by: SlugList = ()
    against: Slug | None = None
    demand: Label | None = None


# ACLED Codebook (2023), "Protests" and "Riots"; CAMEO 1.1b3 §2.14; PLOVER: CAMEO2PLOVER-2021.
KIND = Kind(
    title="Protest held",
    meaning="People gathered to protest.",
    model=ProtestHeld,
    case_field="form",
    cases={
        None: CrosswalkRow("tension", Codes("Protests", None, "14", "PROTEST")),
        "peaceful": CrosswalkRow("tension", Codes("Protests", "Peaceful protest", "141", "PROTEST")),
        "intervention": CrosswalkRow("tension", Codes("Protests", "Protest with intervention", "141", "PROTEST")),
        "excessive_force": CrosswalkRow(
            "tension", Codes("Protests", "Excessive force against protesters", "141", "PROTEST")
        ),
        "violent": CrosswalkRow("tension", Codes("Riots", "Violent demonstration", "145", "PROTEST")),
    },
    example={
        "kind": "protest_held",
        "form": "peaceful",
        "by": ["families-of-the-missing"],
        "against": "syrian-government",
        "demand": "an end to the killings",
        "occurred": "2025-03-09",
        "reported_at": "2025-03-09",
        "source": "afp",
        "places": [{"name": "Marjeh Square, Damascus", "country": "SY"}],
    },
)
