"""Adds the bundles of new views and policies: `python -m tests.golden_bundles.make`. A bundle that is there stays."""

import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from domain import catalogue
from domain.ledger.canonical import canonical, digest_of
from domain.reading import Reading
from domain.values.time.clocks import parse_instant
from domain.verification.assembly import assemble
from domain.verification.bundle import Bundle, compress, format_bundle
from tests.domain.signed_logs import SignedLog, published_log

FOLDER = Path(__file__).parent
UNTIL = "2025-03-12T20:59:59Z"
PUBLISHED = "published"
SUMS = FOLDER / "sums.json"


def path_of(view: str, policy: str) -> Path:
    """Return where the bundle of a view by a policy is kept."""
    return FOLDER / f"{view.replace('/', '-')}_{policy.replace('/', '-')}.kw.json.gz"


def wanted() -> Iterator[tuple[str, str]]:
    """Yield every view with every policy of this release."""
    for view in catalogue.VIEWS:
        for policy in catalogue.POLICIES:
            yield view, policy


def bundle_of(log: SignedLog, position: int, view: str, policy: str) -> Bundle:
    """Return the bundle of an answer by a policy that is named."""
    receipt, _ = log.receipt(position, view, UNTIL)
    history = log.book.history(receipt.position)
    reading = Reading(parse_instant(UNTIL), catalogue.policy(policy))
    document = canonical(catalogue.view(view).finish(history, reading))
    receipt = replace(receipt, policy=policy, digest=digest_of(document))
    rows = [log.facts[each.position - 1] for each in log.inputs(receipt.position)]
    return assemble(receipt, document, rows, None, log.tree())


def main() -> None:
    """Write what is missing."""
    log, position = published_log()
    made = {path_of(*each): bundle_of(log, position - 1, *each) for each in wanted() if not path_of(*each).exists()}
    if not (path := FOLDER / f"{PUBLISHED}.kw.json.gz").exists():
        made[path] = log.bundle(position - 1, publication=position)
    for path, bundle in made.items():
        path.write_bytes(compress(format_bundle(bundle)))
        sys.stdout.write(f"{path.name}\n")
    sums = json.loads(SUMS.read_text("utf-8")) if SUMS.exists() else {}
    sums |= {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in made}
    SUMS.write_text(json.dumps(sums, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
