"""`knownwhen verify`: checks a bundle, with no database, no network, and no code of the service but this file.

    python -m service.console.verify BUNDLE [--key KEY]… [--entries FILE] [--witness KEY]… [--need NUMBER] [--json]

Exit status: 0 everything held; 1 it does not hold; 2 wrong use; 3 a file cannot be read.
"""

import argparse
import json
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domain.ledger.signed_note import COSIGNATURE, ED25519, NoteError, VerifierKey, parse_key
from domain.ledger.tiles import TileError, parse_path
from domain.ledger.tiles import parse_bundle as parse_entries
from domain.verification.bundle import Bundle, BundleError, is_page, parse_bundle
from domain.verification.checks import Trust, Verification, verify_bundle

EXIT_OK, EXIT_FAILED, EXIT_WRONG_USE, EXIT_COULD_NOT_RUN = range(4)
_CONSISTENT: Final = (
    "It is consistent in itself. Whether it is of the log that it names, only a key that you trust can show: --key."
)
_WORDS_OF_PAGE: Final = (
    "That the words of the page are those of the answer: only the bundle within it was read. Its digest is above;"
    " compare it with that which the page cites."
)
FORM: Final = "form"
"""The step that fails where a file is no bundle."""


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """Options of `verify`: a bundle, trusted keys as files or as text; `entries` is a folder or a file of them."""

    bundle: Path
    keys: Sequence[str] = ()
    witnesses: Sequence[str] = ()
    needed: int = 0
    entries: Path | None = None
    json: bool = False


class WrongUse(Exception):
    """An option cannot be used; the sentence says why."""


def verify(options: VerifyOptions) -> int:
    """Verify a bundle, print what was shown and what was not, and return the exit status."""
    try:
        trust = Trust(
            read_public_keys(options.keys, ED25519), read_public_keys(options.witnesses, COSIGNATURE), options.needed
        )
        data = options.bundle.read_bytes()
        entries = list(_entries(options.entries)) if options.entries else None
    except WrongUse as problem:
        _say(f"{problem}")
        return EXIT_WRONG_USE
    except OSError as problem:
        _say(f"{problem.filename} cannot be read: {problem.strerror}.")
        return EXIT_COULD_NOT_RUN
    try:
        bundle = parse_bundle(data)
    except BundleError as error:
        found = Verification(failed=(FORM, str(error)))
        bundle = None
    else:
        found = verify_bundle(bundle, trust, entries)
        if is_page(data):
            found.not_shown.append(_WORDS_OF_PAGE)
    _tell_json(found, bundle) if options.json else _tell(found, bundle)
    return EXIT_OK if found.holds else EXIT_FAILED


def _tell(found: Verification, bundle: Bundle | None) -> None:
    """Print the verdict in sentences."""
    if bundle is not None:
        receipt = bundle.receipt
        until = f", by what sources had said until {receipt.reported_until}" if receipt.reported_until else ""
        _print(
            f"Claimed: this is the answer of {receipt.view} about “{receipt.incident}” at position {receipt.position:,}"
            f" of the log {receipt.log}{until}."
        )
    for sentence in found.shown:
        _print(f"  ✓ {sentence}")
    if found.failed:
        step, why = found.failed
        _print(f"  ✗ {why}\n\nIT DOES NOT HOLD ({step}). Do not rely on it.")
        return
    for sentence in found.not_shown:
        _print(f"  – Not shown: {sentence}")
    _print("\nIt holds." if found.trusted else f"\n{_CONSISTENT}")


def _tell_json(found: Verification, bundle: Bundle | None) -> None:
    receipt = bundle.receipt if bundle else None
    document = {
        "holds": found.holds,
        "trusted": found.trusted,
        "failed": {"step": found.failed[0], "why": found.failed[1]} if found.failed else None,
        "shown": found.shown,
        "not_shown": found.not_shown,
        "incident": receipt and receipt.incident,
        "digest": receipt and receipt.digest,
        "position": receipt and receipt.position,
        "checkpoint": {"origin": found.checkpoint.origin, "size": found.checkpoint.size} if found.checkpoint else None,
    }
    _print(json.dumps(document, ensure_ascii=False, indent=2))


def read_public_keys(given: Sequence[str], kind: int) -> list[VerifierKey]:
    """Read keys that are given as text or as the names of files, one a line."""
    keys: list[VerifierKey] = []
    for each in given:
        for line in [each] if "+" in each and not Path(each).is_file() else Path(each).read_text("utf-8").splitlines():
            if line.strip() and not line.startswith("#"):
                keys += [_key(line.strip(), kind)]
    return keys


def _key(text: str, kind: int) -> VerifierKey:
    try:
        key = parse_key(text)
    except NoteError as error:
        raise WrongUse(f"“{text[:80]}” is no public key: {error}.") from None
    if key.kind != kind:
        raise WrongUse(f"“{key.name}” is the key of a {'witness' if kind == ED25519 else 'log'}: give it as the other.")
    return key


def _entries(path: Path) -> Iterator[bytes]:
    """Yield the entries of a file, or of the folder that a log publishes (its `tile/entries/…`), in order."""
    for file in _bundles(path) if path.is_dir() else [path]:
        try:
            yield from parse_entries(file.read_bytes())
        except TileError as error:
            raise WrongUse(f"{file} holds no entries: {error}.") from None


def _bundles(folder: Path) -> list[Path]:
    """Return the bundles of entries that a log published into a folder, in order; of an incomplete one the largest."""
    found: dict[int, tuple[int, Path]] = {}
    for file in (folder / "tile" / "entries").rglob("*"):
        try:
            tile = parse_path(file.relative_to(folder).as_posix())
        except TileError:
            continue
        if file.is_file():
            found[tile.number] = max(found.get(tile.number, (0, file)), (tile.width, file))
    return [file for _, (_, file) in sorted(found.items())]


def _say(text: str) -> None:
    sys.stderr.write(f"{_clean(text)}\n")


def _print(text: str) -> None:
    sys.stdout.write(f"{_clean(text)}\n")


def _clean(text: str) -> str:
    """Return a text without the controls and changes of direction that a hostile bundle may hold."""
    return "".join(
        each
        if each == "\n" or unicodedata.category(each) not in {"Cc", "Cf", "Zl", "Zp"}
        else "\N{REPLACEMENT CHARACTER}"
        for each in text
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify as the arguments say; returns the exit status."""
    parser = argparse.ArgumentParser(prog="knownwhen verify", description="Check a bundle without trusting its sender.")
    parser.add_argument("bundle", type=Path, help="The file: .kw.json, .kw.json.gz, or a page that holds one.")
    parser.add_argument(
        "--key", action="append", default=[], help="A key of the log that you trust, or a file of them."
    )
    parser.add_argument("--witness", action="append", default=[], help="A key of a witness that you trust, or a file.")
    parser.add_argument("--need", type=int, default=0, help="How many of these witnesses must have signed.")
    parser.add_argument("--entries", type=Path, help="All entries of the log: a file, or the folder that it publishes.")
    parser.add_argument("--json", action="store_true", help="Print the verdict as JSON.")
    given = parser.parse_args(arguments)
    return verify(VerifyOptions(given.bundle, given.key, given.witness, given.need, given.entries, given.json))


if __name__ == "__main__":
    sys.exit(main())
