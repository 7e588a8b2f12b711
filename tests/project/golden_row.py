"""Prints the golden row of a kind: its example as the log stores it, for tests/domain/golden/facts.json.

    make golden KIND=attack_launched

A row of a released kind is never changed; the next version of the kind gets a row of its own.
"""

import json
import sys
from datetime import UTC
from uuid import UUID

from domain.facts.encoding import encode
from domain.facts.union import ReportFiled
from domain.reports.registry import KINDS, REPORTS
from domain.values.text_types import nearest
from domain.values.time.clocks import parse_occurred, parse_reported

REPORT_ID = UUID("2f7d0c1a-5f5c-5e0e-9a61-0b9f6d6b4c0b")
"""The id that golden reports share."""


def main(name: str) -> None:
    """Print the row; the program ends with a sentence where there is no such kind."""
    if name not in KINDS:
        near = nearest(name, KINDS)
        sys.exit(f"There is no kind “{name}”; " + (f"did you mean “{near}”?" if near else "see docs/kinds.md."))
    sys.stdout.write(json.dumps(row(name), indent=1, ensure_ascii=False) + "\n")


def row(name: str) -> dict[str, str | None]:
    """Return topic, state and text of the example, filed in UTC."""
    report = REPORTS.validate_python(dict(KINDS[name].example))
    fact = ReportFiled(
        report_id=REPORT_ID,
        report=report,
        reported=parse_reported(report.reported_at or "2025-03-09", UTC),
        occurred=None if report.occurred is None else parse_occurred(report.occurred, UTC),
    )
    parts = encode(fact)
    text = None if parts.text is None else parts.text.decode()
    return {"topic": parts.topic, "state": parts.state.decode(), "text": text}


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
