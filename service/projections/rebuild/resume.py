"""How a building begins, or is gone on with: by the same read models in the same versions, if none of them failed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from psycopg import Connection, Cursor
from psycopg.rows import tuple_row

from service.eventstore import sync_reader
from service.projections.catalogue import MODELS
from service.projections.engine.scheduler import INPUTS
from service.projections.rebuild import planning, work_items
from service.projections.rebuild.cutover import drop
from service.projections.rebuild.work_items import Building
from service.projections.registry import Generation, begin_generation, generations, live


def resumed(connection: Connection[Any], names: frozenset[str]) -> Building:
    """Return the building to go on with, or a new one; others that were left off are given up.

    `inputs` is built along where there is none of this release. Raises psycopg.Error.
    """
    with _plain(connection) as cursor:
        found = generations(cursor)
        if not is_current(INPUTS, live(found)):
            names |= {INPUTS}
        begun = work_items.buildings(cursor, found)
    same = next((each for each in reversed(begun) if _is_whole(each, names)), None)
    kept = {each.schema for each in same.generations} if same else set[str]()
    of_use = [each for each in found if each.status == "live" or each.schema in kept]
    of_others = [each for each in found if each not in of_use and not _is_anothers(each, names, begun)]
    drop(connection, of_others)
    with connection.transaction(), _plain(connection) as cursor:
        for each in begun:
            if each != same:
                work_items.forget(cursor, each.number)
        return same or _begun(cursor, sorted(names))


def _begun(cursor: Cursor[Any], names: Sequence[str]) -> Building:
    target = sync_reader.head(cursor)
    made = [begin_generation(cursor, name, MODELS[name].version, 0, target) for name in names]
    for each in made:
        cursor.execute(MODELS[each.name].create_table(each.schema))
    subjects = {MODELS[name].subject for name in names}
    work = planning.planned(planning.sizes(cursor, target), subjects)
    indexes = [(name, len(MODELS[name].create_indexes(""))) for name in names]
    return work_items.begin(cursor, made, target, [*work, *planning.finishing(indexes, len(work) + 1)])


def _is_whole(building: Building, names: frozenset[str]) -> bool:
    """Say whether a building that was left off can be gone on with: of the same read models, none of which failed."""
    return frozenset(each.name for each in building.generations) == names and all(
        each.status == "building" and each.stopped is None and each.version == MODELS[each.name].version
        for each in building.generations
    )


def _is_anothers(generation: Generation, names: frozenset[str], begun: Iterable[Building]) -> bool:
    """Say whether a generation is being built by whoever follows the log: not by pieces, and of another name."""
    by_pieces = any(generation in each.generations for each in begun)
    return generation.status == "building" and not by_pieces and generation.name not in names


def is_current(name: str, answering: Mapping[str, Generation]) -> bool:
    """Say whether a read model answers by a generation of this release's version."""
    return name in answering and answering[name].version == MODELS[name].version


def _plain(connection: Connection[Any]) -> Cursor[Any]:
    return connection.cursor(binary=True, row_factory=tuple_row)
