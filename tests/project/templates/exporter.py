"""`new_name`: a line for each estimate: incident, measure, population, lower end."""

from typing import BinaryIO

from domain.summary.incident_projection import IncidentProjection
from service.formats.export.incident_at_reading import figure
from service.formats.exporter import Export, Exporter


def _write(export: Export, out: BinaryIO) -> None:
    out.write(b"incident\tmeasure\tpopulation\tlower\n")
    for folded in export.incidents():
        present = IncidentProjection.at(folded.history, export.reading)
        if not present.estimates:
            export.count_gap("incident", "without a figure of the whole, which have no line")
        for key in sorted(present.estimates, key=lambda each: each.canonical):
            lower = figure(present.estimates[key], "lower")
            cells = (folded.slug, key.measure, key.population.noun_phrase(), "" if lower is None else str(lower))
            out.write(("\t".join(cells) + "\n").encode())


EXPORTER = Exporter(
    name="new_name",
    summary="A line for each estimate: incident, measure, population and lower end",
    suffix=".tsv",
    write=_write,
)
