"""`ndjson`: the log, a fact a line, for `import ndjson --restore`; or a view, an incident a line."""

from typing import BinaryIO, Final
from uuid import UUID

import orjson

from domain import catalogue
from domain.facts.encoding import encode
from domain.history.history import History
from domain.ledger.canonical import canonical, digest_of
from domain.reading import Document, View
from domain.values.time.clocks import format_instant
from service.eventstore.archive.log_lines import LogHeader, format_fact, format_head
from service.eventstore.erasures import Erasures
from service.formats.exporter import Export, Exporter, Unwritable

_SEALED: Final = (
    "left out (erased ones are counted too): an export holds commitments alone, and a restored log lacks these"
)


def _write(export: Export, file: BinaryIO) -> None:
    if export.log is None:
        message = "The log has no name."
        raise Unwritable(message)
    if export.view is None:
        _write_log(export, export.log, file)
        return
    view = catalogue.view(export.view)
    log = export.log
    file.writelines(_envelope(export, log, view, folded.history) + b"\n" for folded in export.incidents())


def _write_log(export: Export, log: UUID, file: BinaryIO) -> None:
    if export.only or export.reading.reported_until:
        message = "The log is exported whole, up to a position; name a --view to export incidents at a reading."
        raise Unwritable(message)
    if not export.is_whole:
        message = "The log is exported whole, and the token does not see all collections; name a --view."
        raise Unwritable(message)
    file.write(format_head(LogHeader(log, export.position)))
    for row in export.facts():
        if row.sealed_commitment is not None:
            export.count_gap("sealed part", _SEALED)
        file.write(format_fact(row))


def _envelope(export: Export, log: UUID, view: View, history: History) -> bytes:
    """Return the envelope that HTTP answers for the incident at the position; `data` is the same byte for byte."""
    reading = export.reading
    document = view.finish(history, reading)
    data = canonical(document)
    last = max(history.journal, key=lambda each: each.position)
    until = reading.reported_until
    coordinates = {
        "log": str(log),
        "position": last.position,
        "recorded_at": format_instant(last.recorded_at),
        "version": history.own.version,
        "closed": True,  # the position is fixed
        "reported_until": format_instant(until) if until else None,
        "policy": reading.policy.id,
        "view": view.id,
    }
    pieces = {
        b"data": data,
        b"text": orjson.dumps(_texts(export, view, document, history)),
        b"coordinates": orjson.dumps(coordinates),
        b"digest": orjson.dumps(digest_of(data)),
    }
    return b"{" + b",".join(b'"%b":%b' % piece for piece in pieces.items()) + b"}"


def _texts(export: Export, view: View, document: Document, history: History) -> dict[str, object]:
    """Return the free text by commitment; `{"erased": position}` for what was erased."""
    wanted = set(view.texts(document))
    texts = [(each, encode(each.fact).text) for each in history.journal if each.text_commitment in wanted]
    gone = {each.stream for each, text in texts if text is None}
    erased = export.erasures(sorted(gone)) if gone else Erasures()
    found: dict[str, object] = {}
    for each, text in texts:
        position = erased.text_at(each.position)
        if text is not None:
            found[each.text_commitment or ""] = orjson.loads(text)
        elif position is not None:
            found[each.text_commitment or ""] = {"erased": position}
    return found


EXPORTER = Exporter(
    name="ndjson",
    summary="The log, a fact a line, for `import ndjson --restore`; with --view, a view's document of each incident.",
    suffix=".ndjson",
    write=_write,
)
