"""`knownwhen keys log`: makes, lists and replaces the keys that sign the log."""

from pathlib import Path

from domain.ledger.receipt import origin_of
from domain.ledger.signed_note import SigningKey, format_key
from service import wiring
from service.console.command import EXIT_OK, CannotRun, Misuse, announce
from service.console.database import expect_migrated, on_database
from service.console.sign import NO_KEYS
from service.console.terminal import print_json
from service.settings import Settings
from service.transparency.log_keys import LogKeysUnreadable, read_log_keys, write_log_keys

_PUBLISH_IT = (
    "Publish this line where those who verify can find it, apart from this service: on your web site, in a bulletin,"
    " with those who watch the log.\n"
)


def create(settings: Settings) -> int:
    """Make the first key of this log, and print its public half. Raises Misuse, CannotRun and PostgresProblem."""
    path, origin = _file(settings), _origin(settings)
    if path.exists():
        raise CannotRun(f"There is a key in {path} already; `knownwhen keys log rotate` adds another.")
    key = wiring.make_log_key(origin)
    write_log_keys(path, [key])
    announce(f"{format_key(key.verifier)}\n{_PUBLISH_IT}The private half is in {path}. Keep a copy in a safe.\n")
    return EXIT_OK


def list_(settings: Settings, *, json: bool) -> int:
    """Print the public halves of the keys that sign. Raises Misuse, CannotRun and PostgresProblem."""
    keys = [format_key(key.verifier) for key in _keys(settings)]
    if json:
        print_json({"ok": True, "keys": keys})
        return EXIT_OK
    for key in keys:
        announce(f"{key}\n")
    return EXIT_OK


def rotate(settings: Settings) -> int:
    """Add a key: from now on both sign. Raises Misuse, CannotRun and PostgresProblem."""
    keys = _keys(settings)
    key = wiring.make_log_key(keys[0].name)
    write_log_keys(_file(settings), [*keys, key])
    announce(
        f"{format_key(key.verifier)}\n{_PUBLISH_IT}The older keys sign too, from the next start of the signer on, until"
        " `knownwhen keys log retire` takes the oldest away.\n"
    )
    return EXIT_OK


def retire(settings: Settings) -> int:
    """Take the oldest key away, so that it signs no more. Raises Misuse, CannotRun and PostgresProblem."""
    oldest, *others = _keys(settings)
    if not others:
        raise CannotRun(
            "There is one key only, and nothing is signed without it; `knownwhen keys log rotate` adds another."
        )
    write_log_keys(_file(settings), others)
    announce(f"{oldest.verifier.key_id.hex()} signs no more, from the next start of the signer on.\n")
    return EXIT_OK


def _file(settings: Settings) -> Path:
    if settings.log_keys is None:
        raise Misuse(NO_KEYS)
    return settings.log_keys


def _keys(settings: Settings) -> list[SigningKey]:
    path = _file(settings)
    try:
        keys = read_log_keys(path, _origin(settings))
    except LogKeysUnreadable as problem:
        raise CannotRun(str(problem)) from problem
    if not keys:
        raise CannotRun(f"There is no key in {path} yet; `knownwhen keys log create` makes one.")
    return keys


def _origin(settings: Settings) -> str:
    def on_url(url: str) -> str:
        expect_migrated(url)
        return origin_of(wiring.log_id(url))

    return on_database(settings, on_url)
