"""The statement of totals over incidents, in parts."""

from collections.abc import Mapping
from typing import Final, LiteralString

from service.api.lists.sql_conditions import OFFSET_AT_OCCURRED

# A merged incident is not counted by itself: its figures are counted in the incident that it was merged into.
CHOSEN: Final = """
    SELECT i.incident, {grouped} FROM {incidents} AS i {further_tables}
    WHERE {incidents_valid} AND i.status <> 'merged' AND {restriction}
"""
# The figures of a measure and population in an incident, by `place`: its own (0), those of incidents merged into it
# (1), and those that are not added: of single events (2), of other scopes or one manner (3), in words (4). A key whose
# claims are all rated out has none.
SAID: Final = """
    SELECT e.incident, e.measure, e.population, NULL::text AS origin, e.teller, e.whole_event, {homes} AS of_home,
        e.lower, CASE WHEN NOT e.upper_open THEN e.upper END AS upper,
        CASE WHEN e.lower IS NULL AND e.upper IS NULL THEN 4 ELSE {place} END AS place
    FROM {estimates} AS e
    WHERE {estimates_valid} AND {such} AND e.incident IN (SELECT incident FROM chosen)
        AND (e.lower IS NOT NULL OR e.upper IS NOT NULL OR cardinality(e.origins) > 0)
"""
# The same for each source by itself; for single events, only whether it gave a figure for any is known.
SAID_BY_EACH: Final = """
    SELECT e.incident, e.measure, e.population, said.origin, said.origin AS teller,
        CASE WHEN e.teller = said.origin THEN e.whole_event END AS whole_event, {homes} AS of_home,
        said.lower, said.upper,
        CASE WHEN e.part = 'event' AND said.origin = ANY(e.figured) THEN 2
            WHEN said.lower IS NULL AND said.upper IS NULL THEN 4 ELSE {place} END AS place
    FROM {estimates} AS e, LATERAL (
        SELECT * FROM unnest(e.origins, e.lowers, e.uppers) AS each (origin, lower, upper)
    ) AS said
    WHERE {estimates_valid} AND {such} AND e.incident IN (SELECT incident FROM chosen)
"""
PLACE: Final = """
    CASE WHEN e.part = 'event' THEN 2 WHEN e.part = 'other' OR e.manner IS NOT NULL THEN 3
        WHEN e.part = 'merged' THEN 1 ELSE 0 END
"""
# Whether a toll is of a whole incident: of this one, or of one that was merged into it or whose report was moved here.
OF_HOME: Final = (
    "e.manner IS NULL AND (e.part IN ('own', 'merged') OR (e.part = 'other' AND e.scope LIKE '%%/incident'))"
)
# The figures of one source for several events of an incident, from a whole statement on each. It distinguishes them,
# so it counts nobody twice, and its figures are added as they were before they were merged or moved.
APART: Final = """
    SELECT DISTINCT ON (incident, measure, population, origin)
        incident, measure, population, origin, lower, upper, figures
    FROM (
        SELECT incident, measure, population, origin, teller, sum(lower) AS lower,
            CASE WHEN count(upper) = count(*) THEN sum(upper) END AS upper, sum(figures) AS figures
        FROM (
            SELECT incident, measure, population, origin, teller, whole_event, max(lower) AS lower,
                CASE WHEN count(upper) = count(*) THEN max(upper) END AS upper, count(*) AS figures
            FROM said
            WHERE of_home AND whole_event IS NOT NULL
                AND incident IN (SELECT incident FROM said WHERE of_home AND place > 0)
            GROUP BY incident, measure, population, origin, teller, whole_event
        ) AS of_event
        GROUP BY incident, measure, population, origin, teller
    ) AS of_teller
    ORDER BY incident, measure, population, origin, lower DESC
"""
# An incident into which others were merged has as lower end the greatest of their figures, its own, and the sum of
# those that a source distinguishes. The upper end is its own, or the sum of all figures where a source distinguishes
# them all; there is none where a part of the incident has more.
FIGURES: Final = """
    SELECT whole.incident, whole.measure, whole.population, whole.origin, greatest(whole.lower, apart.lower) AS lower,
        CASE WHEN apart.figures = whole.figures THEN apart.upper
            WHEN whole.most <= whole.upper AND coalesce(apart.lower, 0) <= whole.upper THEN whole.upper END AS upper,
        place, merged
    FROM (
        SELECT incident, measure, population, origin,
            greatest(min(lower) FILTER (WHERE place = 0), max(lower) FILTER (WHERE place = 1)) AS lower,
            max(upper) FILTER (WHERE place = 0) AS upper,
            coalesce(max(lower) FILTER (WHERE place = 1), 0) AS most,
            count(*) FILTER (WHERE of_home) AS figures,
            min(place) AS place, count(*) FILTER (WHERE place = 1) AS merged
        FROM said
        GROUP BY incident, measure, population, origin
    ) AS whole
    LEFT JOIN apart ON (apart.incident, apart.measure, apart.population)
        = (whole.incident, whole.measure, whole.population) AND apart.origin IS NOT DISTINCT FROM whole.origin
"""
TOTALS: Final = """
    WITH chosen AS ({chosen}), said AS ({said}), apart AS ({apart}), figures AS ({figures}),
    sizes AS (SELECT of, count(*) AS incidents FROM chosen GROUP BY of),
    added AS (
        SELECT chosen.of, measure, population, count(*) FILTER (WHERE place < 2) AS counted, sum(lower) AS lower,
            CASE WHEN count(upper) = count(*) FILTER (WHERE place < 2) THEN sum(upper) END AS upper,
            count(*) FILTER (WHERE merged > 0) AS with_merged,
            count(*) FILTER (WHERE place = 2) AS in_events,
            count(*) FILTER (WHERE place = 3) AS in_other_scopes,
            count(*) FILTER (WHERE place = 4) AS in_words
        FROM chosen JOIN figures ON figures.incident = chosen.incident AND {same}
        GROUP BY chosen.of, measure, population
    )
    SELECT sizes.of, incidents, measure, population, counted, lower::bigint, upper::bigint,
        with_merged, in_events, in_other_scopes, in_words
    FROM sizes LEFT JOIN added ON added.of IS NOT DISTINCT FROM sizes.of
    ORDER BY sizes.of COLLATE "C" NULLS LAST, measure COLLATE "C", population COLLATE "C"
"""
MEASURED: Final = "e.measure = ANY(%(measure)s::text[])"
COUNTED: Final = "e.population = ANY(%(population)s::text[])"
SAME_SOURCE: Final = "figures.origin = chosen.of"

GROUPS: Final[Mapping[str, LiteralString]] = {
    "": "NULL::text AS of",
    "country": "nullif(array_to_string(i.countries, ' '), '') AS of",
    "admin1": "nullif(array_to_string(i.admin1s, ' + '), '') AS of",
    "month": f"to_char(i.occurred_from AT TIME ZONE 'UTC' + {OFFSET_AT_OCCURRED}, 'YYYY-MM') AS of",
    "source": "named.origin AS of",
}
"""The group of an incident. Several countries or areas together are one group, so that nothing counts twice."""
