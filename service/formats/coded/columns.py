"""Columns of ACLED's and UCDP's files in order, and the matching of a file's header to them."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

ACLED: Final = (
    "event_id_cnty", "event_date", "year", "time_precision", "disorder_type", "event_type", "sub_event_type",
    "actor1", "assoc_actor_1", "inter1", "actor2", "assoc_actor_2", "inter2", "interaction", "civilian_targeting",
    "iso", "region", "country", "admin1", "admin2", "admin3", "location", "latitude", "longitude", "geo_precision",
    "source", "source_scale", "notes", "fatalities", "tags", "timestamp",
)  # fmt: skip
"""The columns of ACLED's files in their order (ACLED Codebook 2023)."""

GED: Final = (
    "id", "relid", "year", "active_year", "code_status", "type_of_violence", "conflict_dset_id", "conflict_new_id",
    "conflict_name", "dyad_dset_id", "dyad_new_id", "dyad_name", "side_a_dset_id", "side_a_new_id", "side_a",
    "side_b_dset_id", "side_b_new_id", "side_b", "number_of_sources", "source_article", "source_office",
    "source_date", "source_headline", "source_original", "where_prec", "where_coordinates", "where_description",
    "adm_1", "adm_2", "latitude", "longitude", "geom_wkt", "priogrid_gid", "country", "country_id", "region",
    "event_clarity", "date_prec", "date_start", "date_end", "deaths_a", "deaths_b", "deaths_civilians",
    "deaths_unknown", "best", "high", "low", "gwnoa", "gwnob",
)  # fmt: skip
"""The columns of UCDP GED in their order (GED Codebook 24.1), and of Candidate."""

GED_BEFORE: Final[Mapping[str, tuple[str, ...]]] = {
    "best": ("best_est",), "high": ("high_est",), "low": ("low_est",), "country_id": ("gwno",),
}  # fmt: skip
"""Names of columns in GED before version 17, by present name."""


@lru_cache(maxsize=4096)
def comparable_name(name: str) -> str:
    """Return a column's name for comparison: casefolded, without spaces, hyphens and underscores."""
    return re.sub(r"[\W_]+", "", name).casefold()


def canonical_names(known: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return the names of a header, variants replaced by the `known` name, unless two columns would get one name."""
    by_bare = {comparable_name(name): name for name in known}
    found = [by_bare.get(comparable_name(name), name) if name else name for name in names]
    return [new if found.count(new) == 1 else old for old, new in zip(names, found, strict=True)]
